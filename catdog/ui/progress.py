"""How far a task in the background is, as a panel that looks for itself and goes away when the task has ended."""

import streamlit as st

from catdog.background import BackgroundTask

LOOK = 0.5  # seconds


@st.fragment(run_every=LOOK)
def show_progress(task: BackgroundTask, missing: str) -> None:
    """What is missing, as a sentence, and how far the task is that brings it."""
    if not task.running:
        st.rerun()
    if task.progress:
        with st.container(border=True):
            st.markdown(missing)
            st.progress(task.progress.share, text=task.progress.sentence())
    else:
        st.status(missing, state="running")

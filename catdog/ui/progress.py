"""How far a task in the background is, as a panel that looks for itself and goes away when the task has ended."""

import streamlit as st
from streamlit.elements import spinner

from catdog.background import BackgroundTask
from catdog.numbers import in_minutes

LOOK = 0.5  # seconds
WORTH_COUNTING = 2.0  # seconds: what takes longer shows that it goes on

spinner.DELAY_SECS = 0.1  # Streamlit's half a second is long enough to click again; it has no setting for it


@st.fragment(run_every=LOOK)
def show_progress(task: BackgroundTask, missing: str) -> None:
    """What is missing, as a sentence, and how far the task is that brings it."""
    if not task.running:
        st.rerun()
    passed = so_far(task.seconds)
    if task.progress is None:
        st.status(" ".join(filter(None, (missing, passed))), state="running")
        return
    sentence = task.progress.sentence()
    if passed and task.progress.seconds_left is None:
        sentence += f" · {passed}"
    with st.container(border=True):
        st.markdown(missing)
        st.progress(task.progress.share, text=sentence)


def so_far(seconds: float) -> str:
    """For how long something has been going on already: "12 s so far"; empty where that is not worth a word."""
    return f"{in_minutes(seconds)} so far" if seconds >= WORTH_COUNTING else ""

"""What a server says on every page while another one works in the same home."""

import streamlit as st

from catdog.ui.shared import board
from catdog.ui.words import told

LOOK = 2.0  # seconds: as often as the server itself tries to take over


def tell_who_writes() -> None:
    """Say that this server only reads, and what to do; nothing where it may write. Goes away by itself."""
    if board().only_reads:
        st.fragment(_notice, run_every=LOOK)()


def _notice() -> None:
    sentence = board().only_reads
    if not sentence:
        st.rerun()
    st.warning(told(sentence), icon=":material/visibility:")

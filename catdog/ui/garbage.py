"""Keeps the garbage collector away from what stays."""

import gc

import streamlit as st

OFTEN = 1.0  # seconds: what the visitors' sessions hold by then is out of the way
SELDOM = 60.0  # seconds: by then some of that has become garbage itself


def settle() -> None:
    """Take all that lives by now out of the garbage collector's sight; call it at the end of what runs often.

    Streamlit collects all garbage after every run of a script, and each visitor's live page runs one every second: the
    modules of Plotly, Keras and Streamlit itself and all visitors' sessions, looked through each time, were half of
    what the server did for thirty of them.
    """
    _look_at_all()
    _freeze()


@st.cache_resource(ttl=OFTEN, max_entries=1, show_spinner=False)
def _freeze() -> None:
    gc.collect()
    gc.freeze()


@st.cache_resource(ttl=SELDOM, max_entries=1, show_spinner=False)
def _look_at_all() -> None:
    gc.unfreeze()
    gc.collect()
    gc.freeze()

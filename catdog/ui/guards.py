"""The one place where an error becomes a sentence on the page."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from catdog.errors import CatdogError
from catdog.ui.words import readable, told, without_paths

REMEMBERED = 64  # sentences that the terminal has shown


@contextmanager
def guard() -> Iterator[None]:
    """Show a CatdogError as one line and end the page there; anything else is a bug and keeps its traceback.

    The page names no folder of this machine; where the sentence does, the terminal shows all of it.
    """
    try:
        yield
    except CatdogError as error:
        sentence = str(error)
        if without_paths(sentence) != sentence:
            _in_terminal(readable(sentence))
        st.error(told(sentence), icon=":material/error:")
        st.stop()


@st.cache_resource(show_spinner=False, max_entries=REMEMBERED)
def _in_terminal(sentence: str) -> None:
    """Once, although the page is drawn again and again."""
    print(sentence, file=sys.stderr, flush=True)

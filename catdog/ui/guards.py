"""The one place where an error becomes a sentence on the page."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

from catdog.errors import CatdogError
from catdog.ui.words import plain


@contextmanager
def guard() -> Iterator[None]:
    """Show a CatdogError as one line and end the page there; anything else is a bug and keeps its traceback."""
    try:
        yield
    except CatdogError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()

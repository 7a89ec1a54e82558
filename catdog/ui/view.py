"""How a visitor looks at the pages: from the back of a room, or with only what a lesson needs. The address says so."""

from collections.abc import Iterator
from contextlib import contextmanager

import streamlit as st

PROJECTOR, LEAN = "projector", "lean"  # in an address


def projector() -> bool:
    """Whether this visitor shows the page to a room: larger type, thicker lines, fewer controls."""
    return bool(st.session_state.get(PROJECTOR))


def lean() -> bool:
    """Whether only what the lesson needs is shown."""
    return projector() or bool(st.session_state.get(LEAN))


@contextmanager
def aside(name: str) -> Iterator[None]:
    """What is drawn in here is hidden where the view is lean. It keeps its values: hidden, not left out.

    `name` is the page's and the thing's, as in a widget's key: "training.settings".
    """
    with st.container(key=f"aside.{name}"):
        yield

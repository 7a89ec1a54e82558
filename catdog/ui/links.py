"""What a page's address holds, so that it can be shared: bound widgets, and the seed that chance starts from."""

import random
from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from catdog.recipes.augmentation import PREVIEW_SEED
from catdog.settings import whole_number
from catdog.ui.glossary import meaning

BOUND = {"bind": "query-params", "persist_state": "session"}  # a widget that writes its value into the address
MODEL = "classify.model"  # in an address: which network answers
SET = "photos"  # in an address: which set of photos
PHOTO = "augmentation.photo"  # in an address: the photo's number in its set
WATCHED = "run"  # in an address: which run the Training page shows
RUN = "results.run"  # in an address: which run the Results page looks at closely
LOW, HIGH = PREVIEW_SEED.low, PREVIEW_SEED.high
PAGE, OPENED = "links.page", "links.opened"  # in a visit's state: the page, and how many were opened


def arrive(page: str) -> None:
    """At the beginning of every page: notice when it has just been opened, by whichever way."""
    if st.session_state.get(PAGE) != page:
        st.session_state[OPENED] = st.session_state.get(OPENED, 0) + 1
    st.session_state[PAGE] = page


def begin(key: str, first: Mapping[str, str | int] = MappingProxyType({})) -> None:
    """When a page is opened, take the seed from the address; at the first time draw one where it has none to use.

    Every address that this page has written holds the seed. Where there is none, `first` says what the page's other
    widgets begin with, as far as the address does not say it.
    """
    here, opened, begun = key in st.session_state, st.session_state.get(OPENED), f"{key}.begun"
    # After that the address follows the seed: it may lag behind someone who clicks quickly.
    if here and st.session_state.get(begun) == opened:
        return
    st.session_state[begun] = opened
    given = whole_number(st.query_params.get(key, ""))
    if given is not None and LOW <= given <= HIGH:
        st.session_state[key] = given
        return
    if here:
        return
    draw(key)
    for name, value in first.items():
        if name not in st.query_params:
            # Both: the widget takes its value from the state, which alone would not show in the address.
            st.session_state[name] = st.query_params[name] = value


def nth_seed(seed: int, further: int) -> int:
    """The seed so many further on; after the highest comes the lowest again."""
    return LOW + (seed - LOW + further) % (HIGH - LOW + 1)


def draw(key: str) -> None:
    """Draw another seed; for a button's callback."""
    st.session_state[key] = random.randint(LOW, HIGH)


def seed_input(key: str) -> int:
    """The seed as a number that can be read out, typed and shared. It always stands in the address."""
    seed = st.number_input(
        "Seed",
        LOW,
        HIGH,
        value=None,
        key=key,
        persist_state="session",
        on_change=_never_empty,
        args=[key],
        help=f"{meaning('seed')} It is the same on any other screen.",
    )
    if st.query_params.get(key) != str(seed):
        # Not bound to the address by Streamlit, which would leave one that it cannot read without any.
        st.query_params[key] = seed
    return seed


def _never_empty(key: str) -> None:
    if st.session_state[key] is None:
        draw(key)

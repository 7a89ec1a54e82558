"""A seed in the address: chance that can be shared."""

import random
from collections.abc import Mapping
from types import MappingProxyType

import streamlit as st

from catdog.recipes.augmentation import PREVIEW_SEED

LOW, HIGH = int(PREVIEW_SEED.low), int(PREVIEW_SEED.high)


def begin(key: str, first: Mapping[str, str | int] = MappingProxyType({})) -> None:
    """Take the seed from the address; where neither it nor this visit has one that can be used, draw one.

    Every address that this page has written holds the seed. Where there is none, `first` says what the page's other
    widgets begin with, as far as the address does not say it.
    """
    given = st.query_params.get(key, "")
    usable = given.isascii() and given.isdigit() and len(given) < 10 and LOW <= int(given) <= HIGH
    if usable and int(given) != st.session_state.get(_written(key)):  # not our own: someone followed a link
        st.session_state[key] = int(given)
    elif key not in st.session_state:
        draw(key)
        for name, value in first.items():
            if name not in st.query_params:
                # Both: the widget takes its value from the state, which alone would not show in the address.
                st.session_state[name] = st.query_params[name] = value


def _written(key: str) -> str:
    return f"{key}.written"


def any_seed() -> int:
    return random.randint(LOW, HIGH)


def nth_seed(seed: int, further: int) -> int:
    """The seed so many further on; after the highest comes the lowest again."""
    return LOW + (seed - LOW + further) % (HIGH - LOW + 1)


def draw(key: str) -> None:
    """Draw another seed; for a button's callback."""
    st.session_state[key] = any_seed()


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
        help="The number that chance starts from: the same seed shows the same pictures, here and on any other screen.",
    )
    if st.session_state.get(_written(key)) != seed or key not in st.query_params:
        # Not bound to the address by Streamlit, which would leave one that it cannot read without any.
        st.query_params[key] = st.session_state[_written(key)] = seed
    return seed


def _never_empty(key: str) -> None:
    if st.session_state[key] is None:
        draw(key)

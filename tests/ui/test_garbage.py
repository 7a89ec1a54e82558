"""What is kept out of the garbage collector's sight, and for how long."""

import gc
import weakref

import pytest
import streamlit as st

from catdog.ui import garbage


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so; no entry of a cache from before."""
    st.cache_resource.clear()
    now = [1_000.0]
    monkeypatch.setattr("streamlit.runtime.caching.cache_utils.TTLCACHE_TIMER", lambda: now[0])
    yield now
    st.cache_resource.clear()
    gc.unfreeze()


class Circle:
    """What only the garbage collector can free."""

    def __init__(self) -> None:
        self.itself = self


def test_what_lives_is_taken_out_of_the_collections_and_not_again_at_once(clock):
    garbage.settle()
    held = gc.get_freeze_count()
    assert held > 0
    kept = [Circle() for _ in range(1_000)]
    garbage.settle()
    assert gc.get_freeze_count() <= held
    clock[0] += garbage.OFTEN
    garbage.settle()
    assert gc.get_freeze_count() >= held + len(kept)


def test_what_has_become_garbage_meanwhile_is_freed_after_a_while(clock):
    one = Circle()
    gone = weakref.ref(one)
    garbage.settle()
    del one
    clock[0] += garbage.OFTEN
    garbage.settle()
    assert gone() is not None  # out of sight
    clock[0] += garbage.SELDOM
    garbage.settle()
    assert gone() is None

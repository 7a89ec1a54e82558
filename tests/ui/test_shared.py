"""What all visitors share."""

import sys
import types

import streamlit as st

from catdog.ui import shared


def test_what_was_loaded_since_last_time_is_taken_out_of_the_collections(monkeypatch):
    st.cache_resource.clear()
    frozen = []
    monkeypatch.setattr("catdog.ui.shared.gc.freeze", lambda: frozen.append(len(sys.modules)))
    shared.settle()
    shared.settle()
    assert len(frozen) == 1
    monkeypatch.setitem(sys.modules, "loaded_later", types.ModuleType("loaded_later"))
    shared.settle()
    assert len(frozen) == 2
    st.cache_resource.clear()

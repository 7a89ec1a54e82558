"""What all visitors share: one board, one set of photos, one fetch of the weights. Cached, and bounded by nature."""

import gc
from pathlib import Path

import streamlit as st

from catdog.background import BackgroundTask
from catdog.models.pretrained import fetch_weights
from catdog.photos import PreparedPhotos, ready_photos
from catdog.settings import Settings, settings
from catdog.training import Board


@st.cache_resource(show_spinner=False)
def where() -> Settings:
    """The settings, read once."""
    return settings()


@st.cache_resource(show_spinner=False)
def board() -> Board:
    """The server's board, which from now on looks after the runs by itself."""
    made = Board(where().runs)
    made.watch()
    return made


@st.cache_resource(show_spinner=False)
def settle() -> None:
    """Take all that is loaded by now out of the garbage collector's sight; only the first call does anything.

    Streamlit collects all garbage after every run of a script, and a live page runs one every second: the modules of
    Plotly and Streamlit themselves, looked through each time, were most of what the server did.
    """
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False)
def photos_task() -> BackgroundTask[PreparedPhotos]:
    """Fetching and decoding the photos; begins with the first visitor."""
    task = BackgroundTask(lambda report: ready_photos(where(), report))
    task.start()
    return task


@st.cache_resource(show_spinner=False)
def weights_task() -> BackgroundTask[Path]:
    """Fetching the pretrained weights, where they are not there; begins with the first visitor."""
    task = BackgroundTask(fetch_weights)
    task.start()
    return task

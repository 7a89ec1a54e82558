"""What all visitors share: one board, one set of photos, one fetch of the weights. Cached, and bounded by nature."""

import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from catdog.background import BackgroundTask
from catdog.models.drawn import Drawn
from catdog.models.loading import load_keras_on_cpu
from catdog.models.pretrained import ready_weights
from catdog.photos import PreparedPhotos, ready_photos
from catdog.progress import Report
from catdog.recipes import Augmentation
from catdog.settings import IMAGE_SIZE, PHOTO_SETS, Settings, settings
from catdog.training import Board

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

MODELS = 8  # networks that are kept in memory, 10 to 100 MB each

Augment = Callable[[np.ndarray, Augmentation, int], tuple[np.ndarray, tuple[Drawn, ...]]]


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


def settle() -> None:
    """Take all that is loaded by now out of the garbage collector's sight, where something was loaded since last time.

    Streamlit collects all garbage after every run of a script, and a live page runs one every second: the modules of
    Plotly, Keras and Streamlit itself, looked through each time, were most of what the server did.
    """
    _freeze(len(sys.modules))


@st.cache_resource(show_spinner=False, max_entries=1)
def _freeze(modules: int) -> None:
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner=False, max_entries=len(PHOTO_SETS))
def photos_task(kind: str) -> BackgroundTask[PreparedPhotos]:
    """Getting one set of photos ready: fetched or drawn, and decoded. Whoever needs it lets it begin."""
    return BackgroundTask(lambda report: ready_photos(where(), report, kind))


@st.cache_resource(show_spinner=False)
def weights_task() -> BackgroundTask[Path]:
    """Fetching and verifying the pretrained weights. Whoever needs them lets it begin."""
    return BackgroundTask(lambda report: ready_weights(where(), report))


def fetch_weights_again() -> None:
    """After a failure, or where the file has gone that was there; for a button's callback."""
    if weights_task().done:
        weights_task.clear()
    weights_task().start()


@st.cache_resource(show_spinner=False)
def augment_task() -> BackgroundTask[Augment]:
    """Loading Keras for `catdog.models.augment.augmented`; begins with the first visitor who needs it."""
    task = BackgroundTask(_load_augment, brief=True)
    task.start()
    return task


@st.cache_resource(show_spinner=False, max_entries=MODELS)
def classifier_task(name: str) -> "BackgroundTask[Classifier]":
    """Loading one network, by its name, so that all visitors can ask it; begins with the first who needs it."""
    task = BackgroundTask(lambda report: _load_classifier(name), brief=True)
    task.start()
    return task


def _load_classifier(name: str) -> "Classifier":
    load_keras_on_cpu()
    from catdog.training.trained import load_classifier

    return load_classifier(where().runs, name)


def _load_augment(report: Report) -> Augment:
    load_keras_on_cpu()
    from catdog.models.augment import augmented

    blank = np.zeros((1, *IMAGE_SIZE, 3), np.uint8)
    augmented(blank, Augmentation("horizontal", turn=1), 0)  # the first time each layer is set up takes the longest
    return augmented

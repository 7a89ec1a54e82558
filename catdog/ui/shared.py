"""What all visitors share: one board, one set of photos, one fetch of the weights. Cached, and bounded by nature."""

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from catdog.background import BackgroundTask
from catdog.errors import RunError, WeightsError
from catdog.models.drawn import Drawn
from catdog.models.loading import load_keras_on_cpu
from catdog.models.pretrained import damaged_weights, missing_weights, ready_weights, weights_file
from catdog.photos import PreparedPhotos, photos_here, ready_photos
from catdog.progress import Report
from catdog.recipes import Augmentation
from catdog.settings import IMAGE_SIZE, PHOTO_SETS, Settings, settings
from catdog.training import Board, Snapshot
from catdog.training.engine import open_board
from catdog.training.folder import RunFolder
from catdog.training.seat import Seat

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

SHARED = 1.0  # seconds for which all visitors are shown the same: thirty of them cost little more than one
MODELS = 8  # networks that are kept in memory, 10 to 100 MB each

Augment = Callable[[np.ndarray, Augmentation, int], tuple[np.ndarray, tuple[Drawn, ...]]]


@st.cache_resource(show_spinner=False)
def where() -> Settings:
    """The settings, read once."""
    return settings()


@st.cache_resource(show_spinner=False)
def board() -> Board:
    """The server's board, which from now on looks after the runs by itself.

    Where another server does so already, it only reads until that one has gone, and the terminal is told once.
    """
    made = open_board(where(), Seat(where().home, _address()))
    if not made.seat.take():
        print(f"catdog: {made.only_reads}", file=sys.stderr, flush=True)
    made.watch()
    return made


@st.cache_resource(ttl=SHARED, max_entries=1, show_spinner=False)
def under_way_now() -> list[Snapshot]:
    """The runs that train or wait, in their order, as they stood a moment ago: for what all visitors see tick."""
    return board().under_way()


def _address() -> str:
    name, port = st.get_option("server.address"), st.get_option("server.port")
    return f"port {port}" if name in (None, "", "0.0.0.0", "::") else f"http://{name}:{port}"


def photos_task(kind: str) -> BackgroundTask[PreparedPhotos]:
    """Getting one set of photos ready: fetched or drawn, and decoded. Whoever needs it lets it begin.

    A server that only reads opens what is there; once it may write, this is another task.
    """
    return _photos_task(kind, not board().only_reads)


@st.cache_resource(show_spinner=False, max_entries=2 * len(PHOTO_SETS))
def _photos_task(kind: str, may_write: bool) -> BackgroundTask[PreparedPhotos]:
    if may_write:
        return BackgroundTask(lambda report: ready_photos(where(), report, kind))
    return BackgroundTask(lambda report: photos_here(where(), kind))


def weights_task() -> BackgroundTask[Path]:
    """Fetching and verifying the pretrained weights. Whoever needs them lets it begin.

    A server that only reads verifies what is there; once it may write, this is another task.
    """
    return _weights_task(not board().only_reads)


@st.cache_resource(show_spinner=False, max_entries=2)
def _weights_task(may_write: bool) -> BackgroundTask[Path]:
    if may_write:
        return BackgroundTask(lambda report: ready_weights(where(), report))
    return BackgroundTask(_weights_here)


def _weights_here(report: Report) -> Path:
    if wrong := missing_weights() or damaged_weights(report):
        raise WeightsError(wrong)
    return weights_file()


def fetch_weights_again() -> None:
    """After a failure, or where the file has gone that was there; for a button's callback."""
    if weights_task().done:
        _weights_task.clear()
    weights_task().start()


@st.cache_resource(show_spinner=False)
def augment_task() -> BackgroundTask[Augment]:
    """Loading Keras for `catdog.models.augment.augmented`; begins with the first visitor who needs it."""
    task = BackgroundTask(_load_augment, brief=True)
    task.start()
    return task


def classifier_task(name: str) -> "BackgroundTask[Classifier]":
    """Loading one network, by its name, so that all visitors can ask it; begins with the first who needs it."""
    return _classifier_task(name, weights_of(name))


def weights_of(name: str) -> int:
    """A mark of a run's weights, which are others after the run was resumed; 0 where there are none."""
    with suppress(RunError, OSError):
        return RunFolder.open(where().runs, name).best_weights.stat().st_mtime_ns
    return 0


@st.cache_resource(show_spinner=False, max_entries=MODELS)
def _classifier_task(name: str, weights: int) -> "BackgroundTask[Classifier]":
    task = BackgroundTask(lambda report: _load_classifier(name), brief=True)
    task.start()
    return task


def _load_classifier(name: str) -> "Classifier":
    load_keras_on_cpu()
    from catdog.training.trained import load_classifier

    return load_classifier(where().runs, name, keep=not board().only_reads)


def _load_augment(report: Report) -> Augment:
    load_keras_on_cpu()
    from catdog.models.augment import augmented

    blank = np.zeros((1, *IMAGE_SIZE, 3), np.uint8)
    augmented(blank, Augmentation("horizontal", turn=1), 0)  # the first time each layer is set up takes the longest
    return augmented

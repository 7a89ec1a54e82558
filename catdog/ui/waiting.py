"""Panels for what takes a while: the photos, the weights. They poll while something runs and not at all otherwise."""

from typing import TYPE_CHECKING

import streamlit as st

from catdog.background import BackgroundTask
from catdog.models.pretrained import missing_weights
from catdog.photos import PreparedPhotos
from catdog.ui.shared import Augment, augment_task, classifier_task, photos_task, weights_task
from catdog.ui.words import plain

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

LOOK = 0.5  # seconds


def photos_or_panel() -> PreparedPhotos | None:
    """The photos; until they are there, a panel that shows how far they are, or why they are not to be had."""
    task = photos_task()
    if not task.done:
        _panel(task, "The photos are not ready yet.", "photos.retry")
    return task.result


def weights_or_panel() -> bool:
    """Whether the pretrained weights are there; if not, at once a panel with the reason and what to do."""
    missing = missing_weights()
    if missing:
        _panel(weights_task(), missing, "weights.retry")
    return missing is None


def augment_or_panel() -> Augment | None:
    """What makes augmented copies; until Keras is loaded, a panel that says so."""
    task = augment_task()
    if task.error:
        _panel(task, "Keras cannot be loaded.", "augmentation.retry")
    elif not task.done:
        _panel(task, "Loading Keras, which draws the copies: some seconds, once.", "augmentation.retry")
    return task.result


def classifier_or_panel(name: str, place: str) -> "Classifier | None":
    """The network with this name; until it is loaded, a panel that says so, at one `place` of the page or another."""
    task, key = classifier_task(name), f"classify.retry.{place}.{name}"
    if task.error:
        _panel(task, "This network cannot be loaded.", key)
    elif not task.done:
        _panel(task, "The network is being loaded: some seconds, once.", key)
    return task.result


def _panel(task: BackgroundTask, missing: str, key: str) -> None:
    if task.running:
        _progress(task, missing)
    elif task.error:
        reason = task.error if task.error.startswith(missing) else f"{missing} {task.error}"
        st.error(plain(reason), icon=":material/cloud_off:")
        st.button("Try again", key=key, on_click=task.start)


@st.fragment(run_every=LOOK)
def _progress(task: BackgroundTask, missing: str) -> None:
    if not task.running:
        st.rerun()
    if task.progress:
        with st.container(border=True):
            st.markdown(missing)
            st.progress(task.progress.share, text=task.progress.sentence())
    else:
        st.status(missing, state="running")

"""Panels for what takes a while: the photos, the weights. They poll while something runs and not at all otherwise."""

from typing import TYPE_CHECKING

import streamlit as st

from catdog.background import BackgroundTask
from catdog.models.pretrained import missing_weights
from catdog.photos import PreparedPhotos
from catdog.recipes import Recipe
from catdog.settings import EMBEDDED, IMAGENET
from catdog.ui.acting import fetch_pressed
from catdog.ui.links import SET
from catdog.ui.photo_set import photo_set, photos_now
from catdog.ui.progress import show_progress
from catdog.ui.rights import may_change
from catdog.ui.shared import Augment, augment_task, classifier_task, fetch_weights_again, weights_task
from catdog.ui.words import told

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

INSTEAD = (
    "**Embedded base, not the post's.** A run that is started now builds on the small network that comes with catdog, "
    "which has learned from cats and dogs, in the place of MobileNetV2, which has learned from over a million photos "
    "of everything. It shows the same idea; its figures are not the post's."
)


def photos_or_panel(in_address: bool = True) -> PreparedPhotos | None:
    """The photos in use; until they are there, a panel that shows how far they are, or why they are not to be had.

    Which set it is then stands in the address, for those to whom it is sent.
    """
    task = photos_now()
    if in_address and st.query_params.get(SET) != photo_set():
        st.query_params[SET] = photo_set()
    if not task.done:
        _panel(task, "The photos are not ready yet.", "photos.retry", fetches=True)
    return task.result


def base_or_panel(chosen: Recipe) -> str:
    """Which frozen base a run that starts now works with, one of BASES.

    Where MobileNetV2's weights are not to be had, the embedded base takes its place, and a panel says so and why.
    """
    task = weights_task()
    if chosen.has_frozen_base or missing_weights():
        task.begin()  # fetched ahead; but only looked at by loading them, which takes Keras, where they are needed
    if not chosen.has_frozen_base or not weights_trouble():
        return IMAGENET
    with st.container(border=True):
        st.markdown(INSTEAD)
        if task.running:
            show_progress(task, "MobileNetV2's weights are not here yet.")
        else:
            with st.container(horizontal=True):
                if may_change():
                    st.button(
                        "Try again",
                        key="weights.retry",
                        icon=":material/download:",
                        on_click=fetch_pressed,
                        args=[fetch_weights_again],
                    )
                with st.popover("Why, and what to do", icon=":material/cloud_off:"):
                    st.markdown(told(weights_trouble()))
    return EMBEDDED


def weights_trouble() -> str:
    """Why the pretrained weights cannot be used; empty where they are here and nothing speaks against them."""
    return weights_task().error or missing_weights() or ""


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


def _panel(task: BackgroundTask, missing: str, key: str, fetches: bool = False) -> None:
    if task.running:
        show_progress(task, missing)
    elif task.error:
        reason = task.error if task.error.startswith(missing) else f"{missing} {task.error}"
        st.error(told(reason), icon=":material/cloud_off:")
        if not fetches:
            st.button("Try again", key=key, on_click=task.start)
        elif may_change():
            st.button("Try again", key=key, on_click=fetch_pressed, args=[task.start])

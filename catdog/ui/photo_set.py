"""Which photos are in use: one choice of each visitor, the same on every page, and what becomes of the real ones."""

import streamlit as st

from catdog.background import BackgroundTask
from catdog.photos import PreparedPhotos, known_sets, real_photos_here, set_in_use
from catdog.settings import DATASET_MB, DATASET_PHOTOS, OWN, REAL, SAMPLE, SAMPLE_PHOTOS
from catdog.training import Snapshot
from catdog.ui.acting import fetch_pressed
from catdog.ui.links import PHOTO, SET
from catdog.ui.progress import show_progress
from catdog.ui.rights import may_change
from catdog.ui.shared import photos_task, where
from catdog.ui.words import readable, told

AT_ONCE = 1.0  # seconds: opening a set that is prepared takes less, on a slow machine too; then no panel should flash
REAL_COUNT, SAMPLE_COUNT = (sum(photos.values()) for photos in (DATASET_PHOTOS, SAMPLE_PHOTOS))
TITLES = {
    REAL: f"The {REAL_COUNT:,} real photos",
    OWN: "Your own folder",
    SAMPLE: f"The drawn sample of {SAMPLE_COUNT:,}",
}


def photos_of(run: Snapshot) -> str:
    """The photos that a run has learned from, in words."""
    named = {REAL: "the real photos", SAMPLE: "the drawn sample"}
    return named.get(run.photo_set) or f"the folder {readable(str(run.photos.get('name', '')))}"


def photo_set() -> str:
    """The set that this visitor uses: what was chosen, else what the address names, else what is ready."""
    if SET not in st.session_state:
        asked = st.query_params.get(SET)
        st.session_state[SET] = asked if asked in _offered() else _to_begin_with()
    return st.session_state[SET]


def _offered() -> tuple[str, ...]:
    """What an address may ask for: an address alone does not make the server fetch what it was told not to."""
    told_otherwise = where().wanted_photos in (OWN, SAMPLE) and not real_photos_here(where())
    return tuple(kind for kind in known_sets(where()) if kind != REAL or not told_otherwise)


def _to_begin_with() -> str:
    """The set in use; the sample while the real photos, which nobody asked for by name, are being read or cannot be."""
    kind = set_in_use(where())
    if kind != REAL or where().wanted_photos:
        return kind
    real = real_photos()
    _wait(real)
    return REAL if real.done else SAMPLE


def _wait(task: BackgroundTask[PreparedPhotos]) -> None:
    with st.spinner("Opening the photos …"):
        task.wait(AT_ONCE)


def use_photos(kind: str) -> None:
    """Use another set from now on; for a button's callback."""
    st.session_state[SET] = kind
    st.query_params.pop(SET, None)  # the page writes it anew
    st.query_params.pop(PHOTO, None)  # a photo's number is another photo in another set


def photos_now() -> BackgroundTask[PreparedPhotos]:
    """The task of the set in use, under way or done."""
    task = photos_task(photo_set())
    if task.begin():
        _wait(task)
    return task


def real_photos() -> BackgroundTask[PreparedPhotos]:
    """The task of the real photos. They are fetched by themselves, unless others were asked for, and read if here."""
    task = photos_task(REAL)
    if where().wanted_photos is None or real_photos_here(where()):
        task.begin()
    if task.error and real_photos_here(where(), since=task.failed):  # someone has fetched them in a terminal meanwhile
        task.start()
    return task


def real_photos_wait() -> bool:
    """Whether the real photos are ready and this visitor still works on the sample."""
    return photo_set() == SAMPLE and real_photos().done


def choose_photos(place: str) -> None:
    """The sets that can be used now as one choice, and what becomes of the real photos. `place` names the page."""
    real, used = real_photos(), photo_set()
    key = f"{place}.photos"
    st.session_state[key] = used
    sets = [kind for kind in known_sets(where()) if kind in (used, OWN, SAMPLE) or real.done]
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        st.segmented_control(
            "Photos in use",
            sets,
            format_func=TITLES.get,
            required=True,
            key=key,
            on_change=lambda: use_photos(st.session_state[key]),
            help="What the pages show, and what a run that is started now learns from. The sample is drawn by catdog, "
            "so that a lesson needs no network. What a network learns from drawings says nothing about photos.",
        )
        if real_photos_wait():
            st.button(
                f"Use the {REAL_COUNT:,} real photos: they are ready",
                type="primary",
                key=f"{key}.use",
                on_click=use_photos,
                args=[REAL],
            )
        elif used != REAL and not real.running and not real.done and may_change():
            label = "Try again" if real.error else f"Get the real photos: {DATASET_MB} MB"
            st.button(label, key=f"{key}.get", icon=":material/download:", on_click=fetch_pressed, args=[real.start])
    if used != REAL and real.running:
        show_progress(real, "The real photos are on their way. The lesson goes on meanwhile.")
    elif used != REAL and real.error:
        st.caption(f":material/cloud_off: The lesson goes on without the real photos. {told(real.error)}")

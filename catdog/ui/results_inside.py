"""Inside a network: the patterns that its first layer looks for, and what each layer makes of a photo."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from catdog.insight.overlay import painted
from catdog.numbers import counted
from catdog.photos import PreparedPhotos, another_of
from catdog.training import Snapshot
from catdog.ui.pictures import contact_sheet, jpeg, label_of
from catdog.ui.results_scores import photos_of
from catdog.ui.waiting import classifier_or_panel

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

PHOTO = "results.photo"
MOST_MAPS = 32
TILE = 150  # pixels a side at least: a map of 5 × 5 places is enlarged


def show_inside(run: Snapshot) -> None:
    """First-layer filters, and the activation maps of a photo that can be chosen, layer by layer."""
    if not run.over:
        st.info("It is still training. When it is done, the weights of its best epoch can be looked at.")
        return
    if not run.best:
        st.info("It has finished no epoch yet: there is nothing inside to be seen.")
        return
    classifier, photos = classifier_or_panel(run.id, "results.inside"), photos_of(run)
    if classifier is None:
        return
    _filters(classifier)
    if photos is not None:
        _maps(classifier, photos)


def _filters(classifier: "Classifier") -> None:
    with st.spinner("Opening the network …", show_time=True):
        filters = classifier.filters()
    count, height, width, _ = filters.shape
    st.markdown(
        f"**What the first layer looks for.** Its {counted(count, 'filter')} are patterns of {height} × {width} pixels "
        f"in colour: where a photo looks like the pattern, the filter answers. Grey counts for nothing."
    )
    contact_sheet(
        [enlarged(one) for one in filters],
        [f"filter {number}" for number in range(1, count + 1)],
        [f"The pattern of filter {number}" for number in range(1, count + 1)],
        "results.filters",
    )


def _maps(classifier: "Classifier", photos: PreparedPhotos) -> None:
    st.markdown("**What each layer makes of a photo.** Bright is where a pattern was found; the map is ever coarser.")
    picture, layer = st.columns([1, 3], gap="medium", vertical_alignment="bottom")
    choices = photos.held_out
    with picture:
        if PHOTO not in st.session_state:
            st.session_state[PHOTO] = 1
        number = st.number_input("Photo", 1, len(choices), key=PHOTO, persist_state="session")
        st.button("Another photo", on_click=_another, args=[len(choices)], icon=":material/casino:")
        position = int(choices[number - 1])
        st.image(
            jpeg(photos.photos[position]),
            width=160,
            caption=label_of(photos, position),
            alt=f"The photo shown to it: a {label_of(photos, position)}",
        )
    from catdog.insight.inside import strongest_maps  # needs Keras, which is there now that a network is

    with layer, st.spinner("The network looks at the photo, layer by layer …", show_time=True):
        maps = classifier.maps(photos.photos[position])
    with layer:
        name = st.segmented_control(
            "Layer", list(maps), default=next(iter(maps)), required=True, key=f"results.layer.{'.'.join(maps)}"
        )
        height, width, count = maps[name].shape
        shown, numbers = strongest_maps(maps[name], MOST_MAPS)
        st.caption(
            f"{counted(count, 'map')} of {height} × {width} places"
            + (f"; the {len(numbers)} that answer most:" if count > len(numbers) else ", the strongest first:")
        )
    contact_sheet(
        [enlarged(painted(one)) for one in shown],
        [f"map {number + 1}" for number in numbers],
        [f"Where map {number + 1} of {name} answers" for number in numbers],
        "results.maps",
    )


def _another(count: int) -> None:
    st.session_state[PHOTO] = another_of(np.arange(1, count + 1), st.session_state[PHOTO])


def enlarged(picture: np.ndarray) -> np.ndarray:
    """A small picture, uint8 (height, width, 3), with each pixel as a square, so that it stays sharp."""
    times = -(-TILE // min(picture.shape[:2]))
    return picture.repeat(times, axis=0).repeat(times, axis=1)

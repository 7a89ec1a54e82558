"""Which photo is augmented: one of the training photos, or one that the visitor brings."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from catdog.errors import PhotoError, SettingError
from catdog.photos import PreparedPhotos, another_of, named_photo, read_photo
from catdog.settings import PHOTO_MAX_BYTES, whole_number
from catdog.ui.links import PHOTO
from catdog.ui.pictures import label_of
from catdog.ui.words import told

BROUGHT = "augmentation.brought"  # how many pictures were put away again: each gets a fresh place to drop it


@dataclass(frozen=True)
class Chosen:
    """A photo as the networks receive it, uint8 (160, 160, 3), and what it is."""

    pixels: np.ndarray
    what: str


def choose_photo(photos: PreparedPhotos | None) -> Chosen | None:
    """The buttons for another photo and for one's own, and what is chosen by now; None where there is no photo yet."""
    with st.grid(2, min_column_width=120, gap="xsmall"):
        st.button(
            "Another photo",
            key="augmentation.another",
            width="stretch",
            disabled=photos is None,
            on_click=_another,
            args=[photos],
        )
        with st.popover("Your own picture", width="stretch"):
            brought = _brought()
    if brought is not None:
        return brought
    if photos is None:
        return None
    position = _position(photos)
    return Chosen(photos.photos[position], f"{label_of(photos, position)} · photo {position}")


def _position(photos: PreparedPhotos) -> int:
    """The photo that the address names; any of the training photos where it names none."""
    if PHOTO in st.query_params:
        try:
            return named_photo(photos, st.query_params[PHOTO])
        except SettingError as error:
            st.warning(told(str(error)))
    st.query_params[PHOTO] = position = another_of(photos.positions("training"))
    return position


def _another(photos: PreparedPhotos) -> None:
    """Put the visitor's own picture away, and name another photo in the address."""
    st.session_state[BROUGHT] = st.session_state.get(BROUGHT, 0) + 1
    st.query_params[PHOTO] = another_of(photos.positions("training"), whole_number(st.query_params.get(PHOTO, "")))


def _brought() -> Chosen | None:
    turn = st.session_state.get(BROUGHT, 0)
    megabytes = PHOTO_MAX_BYTES // 1024**2
    file = st.file_uploader(f"A picture of up to {megabytes} MB", type="image", key=f"augmentation.upload.{turn}")
    # Off at first, because the browser asks for the camera as soon as it is shown.
    if st.toggle("Use the camera", key=f"augmentation.camera.on.{turn}"):
        file = st.camera_input("Take a picture", key=f"augmentation.camera.{turn}") or file
    st.caption("It goes to the computer that catdog runs on and no further, and is forgotten with this page.")
    if file is None:
        return None
    try:
        return Chosen(read_photo(file.getvalue()), "your picture")
    except PhotoError as error:
        st.error(told(str(error)))
        return None

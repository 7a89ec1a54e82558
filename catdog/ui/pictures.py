"""Photos as pictures on a page: as small JPEGs, each with words for those who do not see it."""

import io
from collections.abc import Sequence

import numpy as np
import streamlit as st
from PIL import Image

from catdog.errors import PhotoError
from catdog.photos import PreparedPhotos, own_shape
from catdog.settings import CLASSES, IMAGE_SIZE
from catdog.ui.words import told

LONGEST = 640  # pixels: sharp in the widest cell of a row of three, on a projector
QUALITY = 92  # of 100: no difference to be seen, a quarter of the bytes of a PNG


def jpeg(picture: np.ndarray | Image.Image) -> bytes:
    """A picture, uint8 (height, width, 3) or Pillow's own, as the bytes of a JPEG file."""
    image = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def label_of(photos: PreparedPhotos, position: int) -> str:
    """ "cat" or "dog"."""
    return CLASSES[photos.labels[position]]


def own_picture(photos: PreparedPhotos, position: int) -> None:
    """One photo in its own shape; where its file has gone, the sentence that says so in its place."""
    label = label_of(photos, position)
    width, height = photos.sizes[position]
    try:
        data = _own_jpeg(photos.fingerprint, position, photos)
    except PhotoError as error:
        st.warning(told(f"{photos.files[position].rpartition('/')[2]}: {error}"))
        return
    st.image(data, caption=f"{label} · {width} × {height}", width="stretch", alt=f"A {label}, in its own shape")


def network_picture(photos: PreparedPhotos, position: int) -> None:
    """The same photo as every network of the posts receives it."""
    label = label_of(photos, position)
    height, width = IMAGE_SIZE
    st.image(
        jpeg(photos.photos[position]),
        caption=f"{width} × {height}",
        width="stretch",
        alt=f"The same {label}, squeezed to {width} by {height} pixels",
    )


def unbroken(caption: str) -> str:
    """The caption with line breaks allowed only between its parts, at the dots."""
    return " · ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in caption.split(" · "))


def contact_sheet(pictures: Sequence[np.ndarray], captions: Sequence[str], alts: Sequence[str], key: str) -> None:
    """Many small pictures, uint8 (height, width, 3), side by side: eight in a row, four on a phone."""
    with st.container(key=f"{key}.sheet"):
        st.image([jpeg(picture) for picture in pictures], caption=[unbroken(one) for one in captions], alt=list(alts))


@st.cache_data(max_entries=512, show_spinner=False)
def _own_jpeg(fingerprint: str, position: int, _photos: PreparedPhotos) -> bytes:
    return jpeg(own_shape(_photos, position, LONGEST))

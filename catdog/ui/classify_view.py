"""One picture closely: the answer, the reason why, what the network received, and what the others say."""

import io
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

from catdog.figures import probabilities_figure
from catdog.figures.in_words import probabilities_in_words
from catdog.insight.answer import Answer
from catdog.insight.calibration import SURE
from catdog.insight.overlay import evidence, overlay
from catdog.numbers import percent
from catdog.settings import CLASSES, IMAGE_SIZE
from catdog.ui.classify_pictures import Brought, mark
from catdog.ui.live_chart import chart
from catdog.ui.pictures import jpeg
from catdog.ui.words import plain

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

STRENGTH = 60  # percent


def in_words(answer: Answer) -> str:
    """ "Cat, 97 %", or that the network does not know."""
    # Rounded up, 79.9 % would look like a sure answer.
    share = answer.probability if answer.sure else min(answer.probability, SURE - 0.01)
    probability = "over 99 %" if share > 0.99 else percent(share)
    probability = probability.replace(" ", "\N{NO-BREAK SPACE}")
    return f"{answer.label.capitalize()}, {probability}" if answer.sure else f"Not sure: {answer.label}, {probability}"


def show_picture(picture: Brought, answer: Answer | None, classifier: "Classifier | None") -> None:
    """The picture, its answer and the reason why, side by side."""
    own, said, why = st.columns(3, gap="medium")
    width, height = picture.size
    with own.container(key="classify.picture.own"):
        st.image(
            picture.shown,
            caption=plain(f"{picture.name} · {width} × {height}"),
            width="stretch",
            alt=f"The picture {picture.name}, upright",
        )
    with said:
        if answer and classifier:
            _answer(answer, classifier)
        mark(picture, "picture")
        _received(picture)
    if answer and classifier:
        with why:
            _why(picture, answer, classifier)


def _answer(answer: Answer, classifier: "Classifier") -> None:
    st.header(in_words(answer), anchor=False)
    chart(
        probabilities_figure(answer.cat, answer.dog, SURE),
        key="classify.bars",
        alt=probabilities_in_words(answer.cat, answer.dog, SURE),
    )
    if classifier.calibration:
        claimed, calibrated = answer.claimed_in_words, answer.probability_in_words
        makes = f"makes that {calibrated}" if claimed != calibrated else "hardly changes that"
        st.caption(f"The network itself says {claimed}; its temperature of {answer.temperature:.2f} {makes}.")
    else:
        st.caption("As the network says it: not calibrated.")


def _received(picture: Brought) -> None:
    height, width = IMAGE_SIZE
    st.caption(f"What it received: {width} × {height} pixels")
    st.image(jpeg(picture.pixels), width=width, alt="The same picture, squeezed to the square that networks receive")


@st.fragment
def _why(picture: Brought, answer: Answer, classifier: "Classifier") -> None:
    choice = f"classify.for.{picture.number}.{answer.label}"  # another network may answer otherwise
    label = st.session_state.get(choice) or answer.label
    strength = st.session_state.get("classify.strength", STRENGTH)
    with st.spinner("Asking it why …", show_time=True):
        signed = classifier.heat(picture.pixels)
    heat = evidence(signed, label)
    with st.container(key="classify.picture.why"):
        st.image(
            jpeg(overlay(own_image(picture), heat, strength / 100)),
            caption=_where(heat, label),
            width="stretch",
            alt=f"The picture under a map. {_where(heat, label)}",
        )
    st.segmented_control("Why? What spoke for", CLASSES, default=answer.label, required=True, key=choice)
    st.slider("Strength of the map", 0, 100, STRENGTH, format="%d %%", key="classify.strength", persist_state="session")
    rows, columns = signed.shape
    st.caption(
        f"Grad-CAM: of the last {rows} × {columns} places that the network looks at, those are bright where what it "
        f"found speaks for this answer. It tells where, not what."
    )


def own_image(picture: Brought) -> Image.Image:
    """The picture in its own shape."""
    return Image.open(io.BytesIO(picture.shown)).convert("RGB")


def _where(heat: np.ndarray, label: str) -> str:
    """In words where the map is brightest, for those who do not see it."""
    if not heat.any():
        return f"Nothing in this picture spoke for {label}."
    row, column = np.unravel_index(int(heat.argmax()), heat.shape)
    # By the middle of the place, so that the thirds mirror each other.
    vertical = ("top", "middle", "bottom")[3 * (2 * row + 1) // (2 * heat.shape[0])]
    horizontal = ("left", "centre", "right")[3 * (2 * column + 1) // (2 * heat.shape[1])]
    where = "centre" if (vertical, horizontal) == ("middle", "centre") else f"{vertical} {horizontal}"
    return f"What spoke most for {label}: {where}"

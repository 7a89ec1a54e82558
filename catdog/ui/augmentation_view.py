"""What augmentation makes of a photo: the copies, a whole batch, the pixels before and after scaling, the code."""

from contextlib import nullcontext

import numpy as np
import streamlit as st

from catdog.figures import pixels_figure
from catdog.figures.in_words import pixels_in_words
from catdog.numbers import counted
from catdog.photos import PreparedPhotos, first_batch
from catdog.recipes import ARCHITECTURES, augmentation_of, keras_code, lesson_recipe
from catdog.recipes.augmentation import PIXELS
from catdog.recipes.recipe import rescaled, scale_pixels
from catdog.settings import IMAGE_SIZE
from catdog.ui import places
from catdog.ui.augmentation_choice import TICK, Choice
from catdog.ui.augmentation_photo import Chosen
from catdog.ui.dataset import photos_in_batch
from catdog.ui.links import nth_seed
from catdog.ui.live_chart import chart
from catdog.ui.pictures import contact_sheet, jpeg, label_of, unbroken
from catdog.ui.shared import Augment

COLUMNS = {4: 2, 6: 3, 9: 3, 12: 4, 16: 4}
NARROWEST = 78  # pixels: four in a row on a phone
EVERY = 1.0  # second, between two redraws of the demonstration


def show_original(chosen: Chosen | None) -> None:
    """The photo as the network receives it, large; while there is none, what one can do meanwhile."""
    if chosen is None:
        st.info("Meanwhile, try it with a picture of your own.", icon=":material/add_photo_alternate:")
        return
    height, width = IMAGE_SIZE
    st.image(
        jpeg(chosen.pixels),
        caption=unbroken(f"{chosen.what} · {width} × {height}, as the network sees it"),
        width="stretch",
        alt=f"The original: {chosen.what}",
    )


def show_copies(chosen: Chosen, choice: Choice, augment: Augment) -> None:
    """The copies beside it, redrawn every second where that is switched on."""
    every = st.session_state.get("augmentation.every")
    st.session_state[TICK] = 0
    st.fragment(_copies, run_every=EVERY if every else None)(chosen, choice, augment, every)


def _copies(chosen: Chosen, choice: Choice, augment: Augment, every: bool) -> None:
    pixels = np.repeat(chosen.pixels[np.newaxis], choice.copies, axis=0)
    # While it goes on by itself, the copies before stand there meanwhile.
    with nullcontext() if every else st.spinner("Drawing the copies …"):
        copies, drawn = augment(pixels, choice.augmentation, nth_seed(choice.seed, st.session_state[TICK]))
    with (
        st.container(key="augmentation.copies.all"),
        st.grid(COLUMNS[choice.copies], min_column_width=NARROWEST, gap="xsmall"),
    ):
        for number, (copy, one) in enumerate(zip(copies, drawn, strict=True), 1):
            st.image(
                jpeg(copy), caption=unbroken(one.caption()), width="stretch", alt=f"Copy {number}: {one.in_words()}"
            )
    if every:
        st.session_state[TICK] += 1


@st.fragment
def show_batch(photos: PreparedPhotos, choice: Choice, augment: Augment) -> None:
    """The same augmentation over one whole training batch: each photo gets its own."""
    size = photos_in_batch(photos)
    panel = st.expander(f"A whole batch: {counted(size, 'photo')}", key="augmentation.batch", bind="query-params")
    if not panel.open:
        return
    positions = first_batch(photos, size, choice.seed)
    with panel, st.spinner("Drawing a whole batch …", show_time=True):
        copies, drawn = augment(photos.photos[positions], choice.augmentation, choice.seed)
    with panel:
        st.markdown(
            "In training every photo of a batch gets a flip and a turn of its own, and other ones at each epoch: after "
            "20 epochs the network has seen 20 versions of each photo, and hardly any of them twice."
        )
        contact_sheet(
            copies,
            [one.caption() for one in drawn],
            [
                f"A {label_of(photos, position)}, {one.in_words()}"
                for position, one in zip(positions, drawn, strict=True)
            ],
            key="augmentation.batch",
        )


@st.fragment
def show_scaling(chosen: Chosen) -> None:
    """The photo's pixels before and after the formula that networks 3 and 4 begin with."""
    panel = st.expander("Before and after scaling", key="augmentation.scaling", bind="query-params")
    if not panel.open:
        return
    scale = scale_pixels()
    before = chosen.pixels.astype(np.float32)
    ranges = (PIXELS, tuple(rescaled(scale, value) for value in PIXELS))
    with panel:
        st.markdown(
            "Networks 3 and 4 begin with a fixed formula: **x / 127.5 − 1**. The photo stays the same; only the scale "
            "changes, from 0 to 255 into −1 to 1. Numbers around zero suit a network's first weights, which are small "
            "and around zero as well: learning becomes far steadier."
        )
        titles, arrays = ("Before", "After"), (before, rescaled(scale, before))
        for column, title, pixels, (low, high) in zip(st.columns(2), titles, arrays, ranges, strict=True):
            words = f"{title}: from {pixels.min():.3g} to {pixels.max():.3g}, mean {pixels.mean():.3g}".replace(
                "-", "−"
            )
            with column:
                st.markdown(f"**{words}**")
                chart(
                    pixels_figure(pixels, low, high),
                    key=f"augmentation.pixels.{title.lower()}",
                    height=300,
                    alt=f"{title} scaling. {pixels_in_words(pixels)}",
                )


@st.fragment
def show_code(choice: Choice) -> None:
    """Plain Keras that makes these very copies, ready to copy."""
    panel = st.expander("The Keras code", key="augmentation.code", bind="query-params")
    if not panel.open:
        return
    with panel:
        st.markdown(
            f"It makes the very copies of seed {choice.seed}. `photo` is an array of height × width × 3 numbers, 0 to "
            f"255."
        )
        st.code(keras_code(choice.augmentation, choice.seed, choice.copies), language="python")


def use_in_training(choice: Choice) -> None:
    """Links that carry these settings into a training run of networks 2, 3 or 4."""
    st.header("Use it in training", anchor=False)
    augmented = [one for one in ARCHITECTURES.values() if augmentation_of(lesson_recipe(one.key))]
    for column, architecture in zip(st.columns(len(augmented)), augmented, strict=True):
        recipe = lesson_recipe(architecture.key)
        own = augmentation_of(recipe) == choice.augmentation
        words = f"Exactly as in post {recipe.post}" if own else f"As in post {recipe.post}, but with your augmentation"
        with column:
            st.page_link(
                places.TRAINING,
                label=f"Train network {architecture.number}, {architecture.title}",
                icon=":material/arrow_forward:",
                query_params={"recipe": recipe.key, "augmentation": choice.augmentation.text},
            )
            st.caption(words)

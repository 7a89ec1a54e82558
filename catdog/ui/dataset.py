"""The panels of the Dataset page: random photos, how many there are, what a batch is, sizes, where they come from."""

from dataclasses import dataclass

import numpy as np
import streamlit as st

from catdog.figures import class_counts_figure, sizes_figure
from catdog.figures.in_words import counts_in_words, sizes_in_words
from catdog.numbers import counted, percent
from catdog.photos import SPLITS, PreparedPhotos, as_batch, first_batch, random_photos
from catdog.recipes import Recipe
from catdog.settings import CLASSES
from catdog.ui.glossary import meaning
from catdog.ui.links import BOUND, begin, draw, seed_input
from catdog.ui.live_chart import chart
from catdog.ui.pictures import contact_sheet, label_of, network_picture, own_picture
from catdog.ui.view import aside

PER_ROW, FIRST_ROW = (2, 3, 4, 5, 6, 8), 3
PAIR_WIDTH = 260  # pixels: below this two pictures side by side are too small to compare
PHOTO_WIDTH = 96
BATCH_SEED = 0  # a run's own default

SPLIT_USE = {
    "training": "The network learns from these.",
    "validation": "It is asked about these after every epoch, and never learns from them.",
    "test": "It meets these once, when everything is over.",
}


@dataclass(frozen=True)
class View:
    """What a visitor chose to see."""

    split: str
    per_row: int
    seed: int
    as_network: bool


def choose_view() -> View:
    """The button for another batch and, beside it, how many of which photos, and how."""
    begin("dataset.seed")
    button, split, per_row, seed = st.columns([1.3, 2, 2, 1], vertical_alignment="bottom")
    button.button(
        "Another batch", type="primary", key="dataset.again", width="stretch", on_click=draw, args=["dataset.seed"]
    )
    with split, aside("dataset.split"):
        chosen = st.segmented_control(
            "Photos for",
            SPLITS,
            default=SPLITS[0],
            required=True,
            key="dataset.split",
            help="  \n".join(f"**{split.capitalize()}**: {meaning(split)}" for split in SPLITS),
            **BOUND,
        )
    with per_row, aside("dataset.row"):
        each = st.segmented_control("In a row", PER_ROW, default=FIRST_ROW, required=True, key="dataset.row", **BOUND)
    with seed, aside("dataset.seed"):
        number = seed_input("dataset.seed")
    as_network = st.toggle("Beside each, what the network sees", key="dataset.network", **BOUND)
    # Streamlit lets an empty value in the address through.
    return View(chosen or SPLITS[0], each or FIRST_ROW, number, as_network)


def show_photos(photos: PreparedPhotos, view: View) -> None:
    """A row of cats and a row of dogs, each photo in its own shape and, if wanted, as the network sees it."""
    rows = random_photos(photos, view.split, view.per_row, view.seed)
    for name, positions in zip(CLASSES, rows, strict=True):
        with st.container(key=f"dataset.photos.{name}"), st.spinner("Opening the photos …"):
            st.markdown(f"**{name.capitalize()}s**")
            narrowest = PAIR_WIDTH if view.as_network else PHOTO_WIDTH
            with st.grid(view.per_row, min_column_width=narrowest, gap="xsmall"):
                for position in positions:
                    _photo(photos, int(position), view.as_network)


def _photo(photos: PreparedPhotos, position: int, as_network: bool) -> None:
    if not as_network:
        own_picture(photos, position)
        return
    with st.grid(2, wrap=False, min_column_width=60, gap="xxsmall"):
        own_picture(photos, position)
        network_picture(photos, position)


def show_counts(photos: PreparedPhotos) -> None:
    """How many photos of each class in each split, as bars and in words, and what guessing would reach."""
    counts = photos.counts()
    bars, words = st.columns([3, 2], gap="large", vertical_alignment="center")
    with bars:
        chart(class_counts_figure(counts), key="dataset.counts", height=340, alt=counts_in_words(counts))
    with words:
        for split in SPLITS:
            st.markdown(f"**{_counted(split, counts[split])}** {SPLIT_USE[split]}")
        label, share = most_frequent(counts["validation"])
        st.info(
            f"Always answering “{label}” would be right **{percent(share)}** of the time on the validation photos: the "
            f"baseline to beat. A network that reaches no more has learned nothing."
        )


def most_frequent(counts: dict[str, int]) -> tuple[str, float]:
    """The class with the most photos, and its share of all of them: what always answering it would reach."""
    label = max(counts, key=counts.__getitem__)
    return label, counts[label] / sum(counts.values())


def _counted(split: str, counts: dict[str, int]) -> str:
    listed = " and ".join(counted(count, name) for name, count in counts.items())
    return f"{split.capitalize()}: {listed}."


def photos_in_batch(photos: PreparedPhotos) -> int:
    """How many photos a batch has: as many as in the posts, or all where there are fewer."""
    return min(Recipe.batch_size, len(photos.positions("training")))


@st.fragment
def show_batch(photos: PreparedPhotos) -> None:
    """One whole training batch as a contact sheet, and what it is to a computer."""
    size = photos_in_batch(photos)
    panel = st.expander(f"What a batch is: {counted(size, 'photo')} at once", key="dataset.batch", bind="query-params")
    if not panel.open:
        return
    positions = first_batch(photos, size, BATCH_SEED)
    pixels, labels = as_batch(photos, positions)
    count, height, width, colours = pixels.shape
    steps = -(-len(photos.positions("training")) // size)
    with panel:
        st.markdown(
            f"A network does not look at one photo after the other: it takes **{count}** at once, a batch, and "
            f"corrects itself once for all of them. To the computer this batch is one block of numbers, a tensor of "
            f"shape **{pixels.shape}** and kind **{pixels.dtype}**: {count} photos, {height} pixels high, {width} "
            f"wide, {colours} colours each. That makes {pixels.size:,} numbers between 0 and 255, in "
            f"{pixels.nbytes / 1e6:.1f} MB. The answers come with it: {labels.size} numbers, 0 for a cat and 1 for a "
            f"dog. All training photos together make {counted(steps, 'batch')}: one epoch."
        )
        names = [label_of(photos, position) for position in positions]
        contact_sheet(
            photos.photos[positions],
            [f"{label} · {name}" for label, name in zip(labels, names, strict=True)],
            [f"A {name}" for name in names],
            key="dataset.batch",
        )
        st.caption(f"The very first batch of a run with seed {BATCH_SEED}.")


@st.fragment
def show_sizes(photos: PreparedPhotos) -> None:
    """How large the photos are before they become squares."""
    panel = st.expander("Sizes before resizing", key="dataset.sizes", bind="query-params")
    if not panel.open:
        return
    width, height = photos.sizes.T
    pixels = width.astype(np.int64) * height
    largest, smallest = int(pixels.argmax()), int(pixels.argmin())
    low, high = (f"{width[one]} × {height[one]}" for one in (smallest, largest))
    with panel:
        st.markdown(
            f"{f'From {low} to {high}' if low != high else f'All are {low}'} pixels; "
            f"{percent(np.mean(width > height))} are wider than high. A network takes photos of one size only, so "
            f"every one of them is squeezed to it, whatever its shape was."
        )
        chart(
            sizes_figure(photos.sizes, photos.labels),
            key="dataset.sizes.chart",
            height=460,
            alt=sizes_in_words(photos.sizes),
            tools=True,
        )

"""The panels of the first page: some photos, the way on, and what is ready."""

from itertools import chain

import streamlit as st

from catdog.models.device import cpu_name, installed_gpu
from catdog.models.pretrained import missing_weights
from catdog.photos import PreparedPhotos, random_photos
from catdog.recipes import ARCHITECTURES, RECIPES, lesson_recipe
from catdog.settings import CLASSES
from catdog.ui.links import draw
from catdog.ui.pictures import jpeg, label_of
from catdog.ui.shared import board, photos_task, weights_task
from catdog.ui.waiting import photos_or_panel
from catdog.ui.words import counted, plain

STRIP = 6  # photos, cats and dogs in turn


def in_words(photos: PreparedPhotos | None) -> str:
    """How many photos are ready, and how many files could not be read."""
    if photos is None:
        return "not ready yet"
    skipped = f", {counted(len(photos.unreadable), 'file')} could not be read" if photos.unreadable else ""
    return f"{len(photos.files):,} ready{skipped}"


def photo_strip() -> None:
    """Six training photos, other ones at each visit; until the photos are there, how far they are."""
    photos = photos_or_panel()
    if photos is None:
        return
    if "home.strip" not in st.session_state:
        draw("home.strip")
    rows = random_photos(photos, "training", STRIP // len(CLASSES), st.session_state["home.strip"])
    with st.container(key="home.strip.photos"):
        columns = st.columns(STRIP)
    for column, position in zip(columns, chain.from_iterable(zip(*rows, strict=False)), strict=False):
        label = label_of(photos, position)
        column.image(jpeg(photos.photos[position]), caption=label, width="stretch", alt=f"A {label}")


STEPS = (
    ("1 Look", "Which photos a network learns from, how many there are, and what a batch is.", "pages/1_Dataset.py"),
    ("2 Augment", "How flips and turns make a hundred pictures out of one.", "pages/2_Augmentation.py"),
    ("3 Train", "Start one of the four networks and watch it learn.", "pages/3_Training.py"),
    ("4 Compare", "Which network learned, which one only memorised, and what did it get wrong?", "pages/4_Results.py"),
    ("5 Ask", "Drop a picture of your own: cat or dog, and why?", "pages/5_Classify.py"),
)


def lesson() -> None:
    """The pages in the order of a lesson, a card each."""
    for column, (title, does, path) in zip(st.columns(len(STEPS)), STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{title}**")
            st.caption(does)
            st.page_link(path, label="Open", icon=":material/arrow_forward:")


def next_steps() -> None:
    """The four networks, a card each."""
    st.subheader("The four networks", anchor=False)
    st.markdown(
        f"A network starts by guessing: right every second time. Show it photos, tell it each time whether that was a "
        f"cat or a dog, and watch what it makes of it. Five blog posts did that with four networks each; all "
        f"{len(RECIPES)} recipes are here."
    )
    for column, one in zip(st.columns(len(ARCHITECTURES)), ARCHITECTURES.values(), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{one.number} {one.title}**")
            st.caption(one.adds)
            st.page_link(
                "pages/3_Training.py",
                label="Train it",
                icon=":material/play_arrow:",
                query_params={"recipe": lesson_recipe(one.key).key},
            )


def readiness() -> None:
    """Photos, weights, device, runs: what is there, and what to do where something is missing."""
    missing = missing_weights()
    if missing:
        weights_task()  # begins to fetch them beside the page
    finished = board().count("finished")
    cards = (
        ("Photos", in_words(photos_task().result)),
        ("Pretrained weights", plain(missing) if missing else "ready"),
        ("Device", installed_gpu() or cpu_name()),
        ("Runs", f"{finished} finished" if finished else "none yet: train the first one"),
    )
    st.subheader("What is ready", anchor=False)
    for column, (title, words) in zip(st.columns(len(cards)), cards, strict=True):
        column.caption(title)
        column.markdown(words)

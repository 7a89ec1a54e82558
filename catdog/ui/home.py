"""The panels of the first page: some photos, the way on, and what is ready."""

from collections.abc import Callable
from itertools import chain

import streamlit as st

from catdog.photos import random_photos
from catdog.readiness import COMING, MISSING, READY, STAND_IN, device_card, models_card, photos_card, weights_card
from catdog.recipes import ARCHITECTURES, RECIPES, lesson_recipe
from catdog.settings import CLASSES, REAL, SAMPLE
from catdog.ui.acting import fetch
from catdog.ui.guards import guard
from catdog.ui.links import draw
from catdog.ui.photo_set import AT_ONCE, photo_set, photos_now, real_photos, real_photos_wait, use_photos
from catdog.ui.pictures import jpeg, label_of
from catdog.ui.progress import LOOK
from catdog.ui.rights import may_change
from catdog.ui.shared import board, fetch_weights_again, weights_task
from catdog.ui.waiting import photos_or_panel, weights_trouble
from catdog.ui.words import told

STRIP = 6  # photos, cats and dogs in turn
MARKS = {
    READY: (":material/check_circle:", "green"),
    STAND_IN: (":material/swap_horiz:", "orange"),
    COMING: (":material/hourglass_top:", "gray"),
    MISSING: (":material/error:", "red"),
}


def photo_strip() -> None:
    """Six training photos, other ones at each visit; until the photos are there, how far they are."""
    photos = photos_or_panel(in_address=False)
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


def five_pages() -> None:
    """The pages in their order, a card each."""
    st.subheader("The five pages", anchor=False)
    for column, (title, does, path) in zip(st.columns(len(STEPS)), STEPS, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{title}**")
            st.caption(does)
            st.page_link(path, label="Open", icon=":material/arrow_forward:")


def four_networks() -> None:
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
    """Photos, weights, device, models: what is there of each, and the one next step."""
    st.subheader("What is ready", anchor=False)
    task = weights_task()
    if weights_trouble() and task.begin():
        task.wait(AT_ONCE)
    st.fragment(_cards, run_every=LOOK if task.running else None)(task.running)


def _cards(fetching: bool) -> None:
    if fetching and not weights_task().running:
        st.rerun()
    cards = (
        (photos_card(photos_now().result, photos_now().error), _photos_step),
        (weights_card(weights_trouble(), weights_task().running), _weights_step),
        (device_card(), lambda: _to("pages/3_Training.py", "Train on it")),
        (models_card(board().count("finished")), lambda: _to("pages/5_Classify.py", "Ask one")),
    )
    for column, (card, next_step) in zip(st.columns(len(cards)), cards, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{card.title}**")
            icon, colour = MARKS[card.state]
            st.badge(card.state, icon=icon, color=colour)
            st.caption(told(card.words))
            next_step()


def _photos_step() -> None:
    real = real_photos()
    if real_photos_wait():
        _do("Use the real ones", "use", lambda: use_photos(REAL))
    elif photo_set() == SAMPLE and not real.running and may_change():
        _do("Fetch the real ones", "fetch", lambda: fetch(real.start))
    else:
        _to("pages/1_Dataset.py", "Look at them")


def _weights_step() -> None:
    if not weights_trouble():
        _to("pages/3_Training.py", "Train network 4", recipe=lesson_recipe("transfer").key)
    elif weights_task().running:
        progress = weights_task().progress
        st.progress(progress.share if progress else 0.0, text=progress.sentence() if progress else "Asking for them")
    elif may_change():
        _do("Fetch them", "weights", lambda: fetch(fetch_weights_again))


def _do(label: str, name: str, act: Callable[[], None]) -> None:
    """A button after which the whole page is drawn anew, not only the cards."""
    if st.button(label, key=f"home.card.{name}"):
        with guard():
            act()
        st.rerun()


def _to(page: str, label: str, **address: str) -> None:
    st.page_link(page, label=label, icon=":material/arrow_forward:", query_params=address)

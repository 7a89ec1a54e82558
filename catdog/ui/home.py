"""The first page: some photos, the way on, and what is ready. Everything that is read is in `home_reading`."""

from collections.abc import Callable
from itertools import chain

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from catdog.photos import random_photos
from catdog.readiness import COMING, MISSING, READY, STAND_IN, device_card, models_card, photos_card, weights_card
from catdog.recipes import ARCHITECTURES, RECIPES, lesson_recipe
from catdog.settings import CLASSES, REAL, SAMPLE
from catdog.ui.acting import fetch
from catdog.ui.guards import guard
from catdog.ui.links import draw
from catdog.ui.photo_set import AT_ONCE, choose_photos, photo_set, photos_now, real_photos, real_photos_wait, use_photos
from catdog.ui.pictures import jpeg, label_of
from catdog.ui.places import AUGMENTATION, CLASSIFY, DATASET, RESULTS, TRAINING
from catdog.ui.progress import LOOK
from catdog.ui.rights import may_change
from catdog.ui.shared import board, fetch_weights_again, weights_task, where
from catdog.ui.waiting import photos_or_panel, weights_trouble
from catdog.ui.words import told

STRIP = 6  # photos, cats and dogs in turn
NARROWEST, NARROW = 190, 150  # pixels of a tile; where fewer fit, tiles stand below each other
# On a phone a tile is a row of a list with little around it, and the networks are told closely on Training.
STYLE = """<style>
[class*="st-key-home-tiles-"] [data-testid="stPageLink"] a { padding-left: 0; }
.st-key-lesson-steps p { line-height: 1.5; }
@media (max-width: 640px) {
  .stMainBlockContainer > [data-testid="stVerticalBlock"] { gap: 0.75rem; }
  .st-key-home-strip-photos [data-testid="stImageCaption"] p { font-size: 0.9rem; margin: 0; }
  .st-key-lesson-steps [data-testid="stGrid"] { gap: 0.5rem; }
  .st-key-lesson-steps p { line-height: 1.4; }
  [class*="st-key-home-tiles-"] [data-testid="stGrid"] { gap: 0.4rem; }
  [class*="st-key-home-tiles-"] [data-testid="stVerticalBlock"] { padding: 0.3rem 0.8rem; }
  .st-key-home-tiles-pages [data-testid="stVerticalBlock"] { flex-direction: row; align-items: center; }
  .st-key-home-tiles-pages [data-testid="stVerticalBlock"] > :first-child { flex: none; width: 8.4rem; }
  .st-key-home-tiles-pages [data-testid="stVerticalBlock"] > :last-child { flex: 1; min-width: 0; }
  .st-key-home-tiles-networks [data-testid="stCaptionContainer"] { display: none; }
  .st-key-home-tiles-ready [data-testid="stVerticalBlock"] { flex-flow: row wrap; align-items: center; }
  .st-key-home-tiles-ready [data-testid="stVerticalBlock"] > * { width: auto; flex: none; margin-right: 0.6rem; }
  .st-key-home-tiles-ready [data-testid="stVerticalBlock"] > :nth-child(2) { order: 1; flex: 1 0 100%; }
}
</style>"""
MARKS = {
    READY: (":material/check_circle:", "green"),
    STAND_IN: (":material/swap_horiz:", "orange"),
    COMING: (":material/hourglass_top:", "gray"),
    MISSING: (":material/error:", "red"),
}


def photo_strip() -> None:
    """Six training photos, other ones at each visit; until the photos are there, how far they are."""
    st.html(STYLE)  # for all that stands below as well
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


FIVE = (
    ("Dataset", "What a network learns from, and how small it gets.", DATASET),
    ("Augmentation", "How flips and turns make many pictures out of one.", AUGMENTATION),
    ("Training", "Start one of the four networks and watch it learn.", TRAINING),
    ("Results", "Which network learned, and which one memorised?", RESULTS),
    ("Classify", "Bring a picture of your own: cat or dog, and why?", CLASSIFY),
)


def five_pages() -> None:
    """The pages in their order, a tile each."""
    st.header("The five pages", anchor=False)
    with _tiles("pages", len(FIVE)):
        for number, (title, does, path) in enumerate(FIVE, 1):
            with st.container(border=True, height="stretch", gap="xxsmall"):
                _to(path, f"**{number} {title}**")
                st.caption(does)


def four_networks() -> None:
    """The four networks, a tile each."""
    st.header("The four networks", anchor=False)
    st.markdown(
        f"A network begins by guessing, right every second time. Five blog posts taught it cats and dogs, with four "
        f"networks each; all {len(RECIPES)} recipes are here."
    )
    with _tiles("networks", len(ARCHITECTURES), NARROW):
        for one in ARCHITECTURES.values():
            with st.container(border=True, height="stretch", gap="xxsmall"):
                _to(TRAINING, f"**{one.number} {one.title}**", recipe=lesson_recipe(one.key).key)
                st.caption(one.adds)


def _tiles(name: str, count: int, narrowest: int = NARROWEST) -> DeltaGenerator:
    """So many tiles beside each other, on a phone below each other with little around them."""
    with st.container(key=f"home.tiles.{name}"):
        return st.grid(count, min_column_width=narrowest, gap="small")


def readiness() -> None:
    """Photos, weights, device, models: what is there of each, and the one next step; and which photos are used."""
    st.header("What is ready", anchor=False)
    choose_photos("home")
    task = weights_task()
    if weights_trouble() and task.begin():
        with st.spinner("Looking for the weights …"):
            task.wait(AT_ONCE)
    st.fragment(_cards, run_every=LOOK if task.running else None)(task.running)


def _cards(fetching: bool) -> None:
    if fetching and not weights_task().running:
        st.rerun()
    cards = (
        (photos_card(photos_now().result, photos_now().error), _photos_step),
        (weights_card(weights_trouble(), weights_task().running), _weights_step),
        (device_card(cluster=bool(where().cluster), trouble=board().trouble), lambda: _to(TRAINING, "Train on it")),
        (models_card(board().count("finished")), lambda: _to(CLASSIFY, "Ask one")),
    )
    with _tiles("ready", len(cards)):
        for card, next_step in cards:
            with st.container(border=True, height="stretch", gap="xxsmall"):
                icon, colour = MARKS[card.state]
                st.markdown(f"**{card.title}** :{colour}-badge[{icon} {card.state}]")
                st.caption(told(card.words))
                next_step()


def _photos_step() -> None:
    real = real_photos()
    if real_photos_wait():
        _do("Use the real ones", "use", lambda: use_photos(REAL))
    elif photo_set() == SAMPLE and not real.running and may_change():
        _do("Fetch the real ones", "fetch", lambda: fetch(real.start))
    else:
        _to(DATASET, "Look at them")


def _weights_step() -> None:
    if not weights_trouble():
        _to(TRAINING, "Train network 4", recipe=lesson_recipe("transfer").key)
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

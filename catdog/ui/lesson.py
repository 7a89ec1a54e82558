"""The first lesson: four clicks from Home to a network of one's own that answers."""

from contextlib import suppress

import streamlit as st

from catdog.errors import RunError
from catdog.recipes import ARCHITECTURES, lesson_recipe
from catdog.training import Snapshot
from catdog.ui import places
from catdog.ui.links import MODEL, WATCHED
from catdog.ui.shared import board

LESSON = "lesson"  # whether this visitor follows it
NETWORK = "preprocessing"  # of ARCHITECTURES: it learns steadily, soon, and still makes mistakes to talk about
STEP_WIDTH = 200  # pixels; where fewer fit, the steps stand below each other
STEPS = (
    ("Look", "Photos of cats and dogs, and for each the answer: that is all a network ever gets."),
    ("Choose", f"Network {ARCHITECTURES[NETWORK].number}: small, and it learns in a minute or two."),
    ("Start", "Watch its curves: right answers on photos that it learns from, and on photos that it does not."),
    ("Ask", "Show it a picture. Cat or dog, how sure, and why?"),
)


def first_lesson() -> None:
    """The four steps, and the button that takes the first one."""
    with st.container(border=True, key="lesson.steps"):
        st.header("Your first lesson: four clicks", anchor=False)
        with st.grid(len(STEPS), min_column_width=STEP_WIDTH, gap="small"):
            for number, (title, does) in enumerate(STEPS, 1):
                st.markdown(f"**{number} {title}**  \n{does}")
        if st.button("Begin: look at the photos", type="primary", key="lesson.begin", icon=":material/play_arrow:"):
            st.session_state[LESSON] = True
            st.switch_page(places.DATASET)


def lesson_bar(page: str) -> None:
    """What comes next in the lesson, on the pages that it leads through, for those who follow it."""
    if not st.session_state.get(LESSON) or page not in BARS:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="lesson.bar"):
        BARS[page]()
        st.button("End the lesson", key="lesson.end", type="tertiary", on_click=st.session_state.pop, args=[LESSON])


def _dataset() -> None:
    _say(1, "A network is shown such pictures, and for each it is told: cat, or dog. Nothing else.")
    if st.button("Choose a network", type="primary", key="lesson.choose"):
        st.switch_page(places.TRAINING, query_params={"recipe": lesson_recipe(NETWORK).key})


def _training() -> None:
    run = _watched()
    if run is None:
        _say(2, "This network is chosen. Press **Start training** and watch it learn.")
    elif not run.over:
        _say(3, "Thin: right answers on photos that it learns from. Bold: on photos that it does not. Do they part?")
    else:
        _say(3, "It has learned. Now ask it about a picture.")
        if st.button("Ask it", type="primary", key="lesson.ask", disabled=run.best is None):
            st.switch_page(places.CLASSIFY, query_params={MODEL: run.id})


def _watched() -> Snapshot | None:
    """The run that the address names; where there is none of that name, the page itself says so."""
    with suppress(RunError):
        return board().snapshot(st.query_params.get(WATCHED, ""))
    return None


def _classify() -> None:
    _say(4, "Press **An example**, or drop a picture of your own. Then try the other networks, and compare them.")


def _say(step: int, words: str) -> None:
    st.markdown(f"**First lesson, {step} of {len(STEPS)}.** {words}", width="stretch")


BARS = {"Dataset": _dataset, "Training": _training, "Classify": _classify}

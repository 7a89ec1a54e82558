"""Which network answers, what is known of it, and how far its probabilities can be believed."""

import streamlit as st

from catdog.embedded.stored import card
from catdog.insight.calibration import Calibration
from catdog.numbers import percent
from catdog.recipes import ARCHITECTURES
from catdog.settings import SAMPLE
from catdog.training import Snapshot
from catdog.training.choices import STARTER, trained_runs
from catdog.ui import places
from catdog.ui.calibration import show_calibration
from catdog.ui.links import MODEL, WATCHED
from catdog.ui.shared import board
from catdog.ui.training_runs import when
from catdog.ui.words import plain, readable

HERE = "classify.camera"  # a widget whose state is forgotten on other pages: without it, someone just comes here
GONE = "classify.gone"  # the name of a model that was asked for and is not there; told until another one is chosen


def models() -> dict[str, Snapshot | None]:
    """What can be asked, by name, in the order of the list: the best run, the starter, the other runs.

    Where all have learned from drawings, the starter comes first: it is photos that people bring.
    """
    runs = trained_runs(board())
    first = [run for run in runs[:1] if run.photo_set != SAMPLE]
    return {run.id: run for run in first} | {STARTER: None} | {run.id: run for run in runs[len(first) :]}


def choose_model(known: dict[str, Snapshot | None]) -> str:
    """The name of the network that is asked. It always stands in the address."""
    arriving = HERE not in st.session_state
    asked = (st.query_params.get(MODEL) if arriving else None) or st.session_state.get(MODEL)
    if asked not in known:
        st.session_state[GONE], asked = asked, next(iter(known))
    if st.session_state.get(MODEL) != asked:
        st.session_state[MODEL] = asked
    if gone := st.session_state.get(GONE):
        st.warning(plain(f"There is no model '{readable(gone[:80])}' here, or not any more. Another one answers."))
    chosen = st.selectbox(
        "Who answers",
        list(known),
        format_func=_labels(known).get,
        key=MODEL,
        persist_state="session",
        on_change=lambda: st.session_state.pop(GONE, None),
    )
    if st.query_params.get(MODEL) != chosen:
        st.query_params[MODEL] = chosen
    return chosen


def _labels(known: dict[str, Snapshot | None]) -> dict[str, str]:
    """A line for each model, no two alike: Streamlit tells by the line which one was chosen."""
    labels: dict[str, str] = {}
    for name, run in known.items():
        line = in_short(run)
        labels[name] = f"{line} ({name})" if line in labels.values() else line
    return labels


def in_short(run: Snapshot | None) -> str:
    """A model in one line."""
    if run is None:
        return "the starter that comes with catdog"
    return f"{run.title}, {percent(run.best[1])} on validation, {when(run)}"


def show_model(name: str, run: Snapshot | None, calibration: Calibration | None) -> None:
    """What is known of the network, and the temperature that makes it honest."""
    panel = st.expander("About this network, and how sure is sure", key="classify.about", bind="query-params")
    if not panel.open:
        return
    with panel:
        if run is None:
            _show_card()
        else:
            _show_run(name, run)
        show_calibration(calibration, "classify.reliability")


def _show_run(name: str, run: Snapshot) -> None:
    architecture = ARCHITECTURES[run.recipe.architecture]
    st.markdown(
        f"**{run.title}**, network {architecture.number} ({architecture.title}), trained here for "
        f"{run.epochs_done} epochs. It answers with the weights of epoch {run.best[0]}, its best: "
        f"{run.best[1]:.1%} on validation."
    )
    if run.photo_set == SAMPLE:
        st.markdown("**It has seen drawings only**, so that what it says about a photo is little more than a guess.")
    st.page_link(places.TRAINING, label="Its training", query_params={WATCHED: name})


def _show_card() -> None:
    about = card()
    exam, photos = about["exam"], about["photos"]
    st.markdown(
        f"**The starter** is a small network of catdog's own: {about['parameters'] / 1e6:.1f} million numbers in "
        f"{about['bytes'] / 1e6:.1f} MB. It learned from {photos['training']:,} photos of cats and dogs at 112 × 112 "
        f"pixels, with MobileNetV2 as its teacher. Asked once about {exam['photos']:,} photos that had no part in "
        f"anything, it was right {exam['right'] / exam['photos']:.1%} of the time: {exam['cats_right']} cats and "
        f"{exam['dogs_right']} dogs."
    )
    hard = ", ".join(f"{name} {percent(right)}" for name, right in about["hardships"].items())
    st.markdown(
        f"**What it cannot do.** It knows two words: shown a horse, a drawing or a teacher it still answers cat or "
        f"dog, often surely. And it learned from ordinary photos of pets. Of {photos['choosing']:,} others it names "
        f"{percent(about['choosing_accuracy'])} rightly; made harder on purpose, these were left: {hard}."
    )

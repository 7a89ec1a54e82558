"""A run while it trains: what it does just now, its curves, its figures. Every visitor who watches sees the same."""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

import plotly.graph_objects as go
import streamlit as st

from catdog.figures import accuracy_figure, loss_figure
from catdog.figures.in_words import curves_in_words
from catdog.numbers import in_minutes, in_percent, in_tenths, percent
from catdog.recipes import published
from catdog.training import Snapshot
from catdog.training.state import WAITING, State
from catdog.ui.frame import in_short
from catdog.ui.glossary import bare, meaning
from catdog.ui.lesson_texts import WHY_VALIDATION_LEADS
from catdog.ui.live_chart import Chart, plot_of
from catdog.ui.progress import so_far
from catdog.ui.shared import SHARED, board, under_way_now
from catdog.ui.words import plain

TICK = 1.2  # seconds between two looks at a run that is under way
WAITING_TICK = 3.0  # at one that waits: nothing of it changes but its place
EAGER_TICK = 0.3  # someone has just pressed a button and waits for what comes of it


@dataclass(frozen=True)
class Moment:
    """A run at one moment, with its curves drawn."""

    run: Snapshot
    accuracy: Chart
    loss: Chart


def live_run(run: Snapshot) -> None:
    """What it does and its curves, anew at every tick, until the run is over; then the page is drawn anew."""
    tick = EAGER_TICK if _awaited(run) else WAITING_TICK if run.phase in WAITING else TICK
    st.fragment(_live, run_every=tick)(run.id, run.phase, _awaited(run))


def moment_of(run: Snapshot) -> Moment:
    """Draw a run's curves as they stand."""
    facts, epochs = published(run.recipe.key), run.request.epochs
    tail = () if run.over else run.steps

    def drawn(what: str, figure: go.Figure, post: Sequence[float], height: int) -> Chart:
        told = f"{run.title}. {curves_in_words(what, run.history, epochs, post)}"
        return Chart(plot_of(figure), f"training.{what}.{run.id}", height, told, tools=True)

    accuracy, loss = facts.val_accuracy, facts.loss
    return Moment(
        run,
        drawn("accuracy", accuracy_figure(run.history, tail, epochs, accuracy), accuracy, 430),
        drawn("loss", loss_figure(run.history, tail, epochs, loss), loss, 270),
    )


@st.cache_resource(ttl=SHARED, max_entries=8, show_spinner=False)
def _shared_moment(run_id: str) -> Moment:
    return moment_of(board().snapshot(run_id))


def _awaited(run: Snapshot) -> bool:
    """Whether the very next thing is what a visitor waits for: the first point, or the end after a stop."""
    return run.phase == "stopping" or (run.active and not run.last)


def _live(run_id: str, shown_phase: str, awaited: bool) -> None:
    moment = moment_of(board().snapshot(run_id)) if awaited else _shared_moment(run_id)
    run = moment.run
    if (run.phase, _awaited(run)) != (shown_phase, awaited):
        st.rerun()
    share = run.state.share if run.phase == "starting" else None
    st.progress(run.progress if share is None else share, text=_progress_sentence(run))
    show_curves(moment)


def _progress_sentence(run: Snapshot) -> str:
    if run.phase == "queued":
        return _queue_sentence(run)
    if run.phase == "stopping":
        return "Stopping: the best weights so far are kept."
    if run.phase == "starting" or not run.last:
        return _activity(run.state)
    if run.epochs_done == run.request.epochs:
        return _activity(run.state)
    parts = [f"Epoch {run.epochs_done + 1} of {run.request.epochs}"]
    if run.steps:
        step = run.steps[-1]
        checking = step.get("stage") == "validation"
        parts.append("checking the validation photos" if checking else f"step {step['step']} of {step['steps']}")
    if run.last.get("seconds_left") is not None:
        parts.append(f"{in_minutes(run.last['seconds_left'])} left")
    if run.last.get("photos_per_second"):
        parts.append(f"{run.last['photos_per_second']:,.0f} photos/s")
    return " · ".join((*parts, plain(run.state.device), plain(run.state.precision)))


def _activity(state: State) -> str:
    """What happens before the first step and after the last, how far it is or since when it has been going on."""
    words = plain(state.activity) or "Starting"
    if state.share is not None:
        left = "" if state.seconds_left is None else f" · {in_minutes(state.seconds_left)} left"
        return f"{words}: {percent(state.share)}{left}"
    return " ".join((words, "…", so_far(time.time() - (state.since or math.inf)))).strip()


def _queue_sentence(run: Snapshot) -> str:
    """Its place, and what it waits for where that is not only its turn."""
    told = (plain(board().trouble), f"{plain(run.state.activity)}." if run.state.activity else "", _place(run))
    return " ".join(filter(None, told))


def _place(run: Snapshot) -> str:
    before = [*takewhile(lambda one: one.id != run.id, under_way_now())]
    if not before:
        return "It is the next one."
    runs = "1 run is" if len(before) == 1 else f"{len(before)} runs are"
    now = f" Training now: {in_short(before[0])}." if before[0].active else ""
    return f"{runs} before this one.{now}"


def show_curves(moment: Moment) -> None:
    """Accuracy with its figures beside it, and loss below, in a page that has Plotly."""
    curves, figures = st.columns([5, 1], gap="medium")
    with curves:
        moment.accuracy.show()
    with figures, st.container(key="training.figures"):
        _figures(moment.run)
    moment.loss.show()


def _figures(run: Snapshot) -> None:
    facts = published(run.recipe.key)
    now = run.history["val_accuracy"][-1] if run.epochs_done else None
    live = run.steps[-1:] if run.active else ()
    training = live[0].get("accuracy") if live else (run.history["accuracy"] or [None])[-1]
    st.metric("validation", in_tenths(now), help=meaning("validation"))
    st.metric("best", in_tenths(run.best[1] if run.best else None))
    st.metric(f"post {run.recipe.post}", in_percent(facts.claimed_low, facts.claimed_high))
    st.metric("training", in_tenths(training), help=meaning("training"))
    st.metric(
        "gap in points",
        in_tenths(run.gap, unit=""),
        help=f"{meaning('gap')} {bare(WHY_VALIDATION_LEADS)}",
    )

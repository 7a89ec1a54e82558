"""A run while it trains: what it does just now, its curves, its figures. Every visitor who watches sees the same."""

from dataclasses import dataclass
from itertools import takewhile

import streamlit as st

from catdog.figures import accuracy_figure, loss_figure
from catdog.recipes import published
from catdog.training import Snapshot
from catdog.training.folder import WAITING
from catdog.ui.frame import in_short
from catdog.ui.live_chart import Plot, live_chart, plot_of
from catdog.ui.shared import SHARED, board, under_way_now
from catdog.ui.training_choice import in_percent
from catdog.ui.words import in_minutes, in_tenths, plain

TICK = 1.2  # seconds between two looks at a run that is under way
WAITING_TICK = 3.0  # at one that waits: nothing of it changes but its place
EAGER_TICK = 0.3  # someone has just pressed a button and waits for what comes of it


@dataclass(frozen=True)
class Moment:
    """A run at one moment, with its curves drawn."""

    run: Snapshot
    accuracy: Plot
    loss: Plot


def live_run(run: Snapshot) -> None:
    """What it does and its curves, anew at every tick, until the run is over; then the page is drawn anew."""
    tick = EAGER_TICK if _awaited(run) else WAITING_TICK if run.phase in WAITING else TICK
    st.fragment(_live, run_every=tick)(run.id, run.phase, _awaited(run))


def moment_of(run: Snapshot) -> Moment:
    """Draw a run's curves as they stand."""
    facts, epochs = published(run.recipe.key), run.request.epochs
    tail = () if run.over else run.steps
    return Moment(
        run,
        plot_of(accuracy_figure(run.history, tail, epochs, facts.val_accuracy)),
        plot_of(loss_figure(run.history, tail, epochs, facts.loss)),
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
    st.progress(run.progress, text=_progress_sentence(run))
    show_curves(moment)


def _progress_sentence(run: Snapshot) -> str:
    if run.phase == "queued":
        return _queue_sentence(run)
    if run.phase == "stopping":
        return "Stopping: the best weights so far are kept."
    if run.phase == "starting" or not run.last:
        return f"{plain(run.state.activity) or 'Starting'} …"
    if run.epochs_done == run.request.epochs:
        return f"{plain(run.state.activity)} …"
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


def _queue_sentence(run: Snapshot) -> str:
    before = [*takewhile(lambda one: one.id != run.id, under_way_now())]
    if not before:
        return "It is the next one."
    runs = "1 run is" if len(before) == 1 else f"{len(before)} runs are"
    return f"{runs} before this one. Training now: {in_short(before[0])}."


def show_curves(moment: Moment) -> None:
    """Accuracy with its figures beside it, and loss below."""
    run = moment.run
    best = f", best {run.best[1]:.1%} in epoch {run.best[0]}" if run.best else ""
    alt = f"{run.title} after {run.epochs_done} of {run.request.epochs} epochs"
    chart, figures = st.columns([5, 1], gap="medium")
    with chart:
        live_chart(
            moment.accuracy,
            key=f"training.accuracy.{run.id}",
            height=430,
            alt=f"Accuracy of {alt}{best}. Dotted: the post.",
        )
    with figures:
        _figures(run)
    live_chart(moment.loss, key=f"training.loss.{run.id}", height=270, alt=f"Loss of {alt}. Dotted: the post.")


def _figures(run: Snapshot) -> None:
    facts = published(run.recipe.key)
    now = run.history["val_accuracy"][-1] if run.epochs_done else None
    live = run.steps[-1:] if run.active else ()
    training = live[0].get("accuracy") if live else (run.history["accuracy"] or [None])[-1]
    st.metric("validation", in_tenths(now), help="Right answers on photos that it does not learn from.")
    st.metric("best", in_tenths(run.best[1] if run.best else None))
    st.metric(f"post {run.recipe.post}", in_percent(facts.claimed_low, facts.claimed_high))
    st.metric("training", in_tenths(training), help="Right answers on the photos that it learns from.")
    st.metric(
        "gap in points",
        in_tenths(run.gap, unit=""),
        help="Training minus validation, in percentage points: how much was learned by heart. Below zero, training is "
        "the harder part: its photos are flipped and turned, and dropout hides some of what it sees.",
    )

"""The chosen runs over each other in one figure: live while they train, and once more for a class without the time."""

import time
from collections.abc import Sequence, Set
from contextlib import suppress
from dataclasses import dataclass
from math import inf

import streamlit as st

from catdog.errors import RunError
from catdog.figures import SPLITS, RunCurves, comparison_figure
from catdog.figures.in_words import comparison_in_words
from catdog.numbers import in_minutes, in_tenths
from catdog.recipes import published
from catdog.training import Snapshot
from catdog.training.verdicts import MEANINGS, did, last_five
from catdog.ui.links import BOUND
from catdog.ui.live_chart import Plot, chart, plot_of
from catdog.ui.live_run import TICK
from catdog.ui.results_table import HERE, names, warn_of_mixed_photos
from catdog.ui.shared import SHARED, board
from catdog.ui.view import aside
from catdog.ui.words import plain

REPLAY = "results.replay"  # since when it plays by the clock that is never set back, from which second, how fast
SPEED = "results.speed"
REPLAY_TICK = 0.25  # seconds between two looks
SPEEDS = (1, 5, 20, 60, 200)  # times as fast as it was
HEIGHT = 460  # pixels


@dataclass(frozen=True)
class Shown:
    """What a visitor chose to see of the runs."""

    what: str  # "accuracy" or "loss"
    splits: tuple[str, ...]
    by_time: bool
    smoothing: float
    posts: bool


@dataclass(frozen=True)
class Look:
    """The chosen runs at one moment, drawn; `runs` are those that are still there."""

    runs: list[Snapshot]
    plot: Plot
    alt: str


def compare(runs: Sequence[Snapshot]) -> None:
    """The figure of the chosen runs with everything that can be set about it."""
    st.header("Side by side", anchor=False)
    warn_of_mixed_photos(runs)
    _compare([run.id for run in runs], {run.id for run in runs if not run.over})


@st.fragment
def _compare(ids: Sequence[str], under_way: Set[str]) -> None:
    shown = _controls()
    runs = _read(ids)
    if not any(run.epochs_done or not run.over for run in runs):
        st.markdown("Choose runs in the table: their curves will be drawn over each other here.")
        return
    replaying = _replay_control(runs)
    tick = REPLAY_TICK if replaying else TICK if under_way else None
    st.fragment(_draw, run_every=tick)(ids, shown, under_way)
    st.caption(
        "Bold: validation. Thin: training. Dotted: the post's validation, on the real photos."
        + (" The posts' seconds are another machine's, so that by time only your own runs are drawn." * shown.by_time)
    )


def _controls() -> Shown:
    with aside("results.controls"), st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        what = st.segmented_control("Show", ("accuracy", "loss"), default="accuracy", required=True, key=HERE)
        splits = st.pills(
            "Curves", list(SPLITS), selection_mode="multi", default=list(SPLITS), key="results.splits", **BOUND
        )
        axis = st.segmented_control("By", ("epoch", "time"), default="epoch", required=True, key="results.by", **BOUND)
        smoothing = st.slider(
            "Smoothing",
            0.0,
            0.95,
            0.0,
            0.05,
            key="results.smoothing",
            width=200,
            help="How much of the epochs before goes into each point: jumps get smaller, and the curve lags behind.",
            **BOUND,
        )
        posts = st.toggle("The posts", value=True, key="results.posts", **BOUND)
    chosen = tuple(one for one in SPLITS if one in splits) or ("validation",)
    return Shown(what or "accuracy", chosen, axis == "time", smoothing, posts)


def _replay_control(runs: Sequence[Snapshot]) -> bool:
    """Start and end of a replay; returns whether one is going on."""
    if not any(run.over and run.seconds for run in runs):
        return False
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Replay",
            SPEEDS,
            index=SPEEDS.index(20),
            format_func=lambda speed: f"{speed} times as fast" if speed > 1 else "as fast as it was",
            key=SPEED,
            on_change=_other_speed,
            width=220,
            help="Watch the chosen runs learn once more, from their first step, as they did when they trained.",
            **BOUND,
        )
        going = REPLAY in st.session_state
        st.button(
            "End the replay" if going else "Play",
            icon=":material/stop:" if going else ":material/play_arrow:",
            key="results.play",
            on_click=_toggle_replay,
        )
    return REPLAY in st.session_state


def _toggle_replay() -> None:
    if REPLAY in st.session_state:
        del st.session_state[REPLAY]
    else:
        _play_from(0.0)


def _other_speed() -> None:
    if REPLAY in st.session_state:
        _play_from(_passed())


def _play_from(second: float) -> None:
    st.session_state[REPLAY] = (time.monotonic(), second, st.session_state[SPEED])


def _passed() -> float:
    """How many seconds of the runs' own time the replay has come to."""
    since, second, speed = st.session_state[REPLAY]
    return second + (time.monotonic() - since) * speed


def _read(ids: Sequence[str], until: float = inf) -> list[Snapshot]:
    """The runs that are still there: someone else may delete one between two looks."""
    runs = []
    for run_id in ids:
        with suppress(RunError):
            runs.append(board().snapshot(run_id, until))
    return runs


def _draw(ids: Sequence[str], shown: Shown, under_way: Set[str]) -> None:
    if REPLAY in st.session_state:
        _replay(ids, shown, under_way)
        return
    look = _shared_look(tuple(ids), shown) if under_way else _look(_read(ids), shown)
    if not look.runs:
        st.markdown("These runs are no longer there.")
        return
    _notice_an_end(look.runs, under_way)
    _show(look, ids, shown)
    called = names(look.runs)
    for run in look.runs:
        st.markdown(f"**{plain(called[run.id])}**: {_what_it_did(run)}")


def _notice_an_end(runs: Sequence[Snapshot], under_way: Set[str]) -> None:
    if any(run.over for run in runs if run.id in under_way):
        st.rerun()  # the table and the tabs still show it under way


def _replay(ids: Sequence[str], shown: Shown, under_way: Set[str]) -> None:
    """The runs as they stood when so much of their own time had passed."""
    runs, passed = _read(ids), _passed()
    _notice_an_end(runs, under_way)
    longest = max((run.seconds for run in runs), default=0.0)
    if passed >= longest:
        del st.session_state[REPLAY]
        st.rerun()
    st.progress(passed / longest, text=f"Replay: {in_minutes(passed)} of {in_minutes(longest)}")
    _show(_look(_read(ids, until=passed), shown, longest), ids, shown)


def _show(look: Look, ids: Sequence[str], shown: Shown) -> None:
    chart(
        look.plot,
        key=f"results.overlay.{shown.what}.{shown.by_time}.{'.'.join(ids)}",
        height=HEIGHT,
        alt=look.alt,
        tools=True,
    )


@st.cache_resource(ttl=SHARED, max_entries=16, show_spinner=False)
def _shared_look(ids: tuple[str, ...], shown: Shown) -> Look:
    return _look(_read(ids), shown)


def _look(runs: list[Snapshot], shown: Shown, replayed: float | None = None) -> Look:
    """Draw the runs as they stand; `replayed` is how many seconds the longest of them took, while they are replayed."""
    called = names(runs)
    curves = [_curves(called[run.id], run, replayed is not None or not run.over) for run in runs]
    facts = {run.recipe.key: published(run.recipe.key) for run in runs} if shown.posts else {}
    longest = replayed or max((run.seconds for run in runs), default=0.0)
    figure = comparison_figure(
        curves,
        {key: one.val_accuracy if shown.what == "accuracy" else one.val_loss for key, one in facts.items()},
        shown.what,
        shown.splits,
        longest if shown.by_time else None,
        shown.smoothing,
    )
    return Look(runs, plot_of(figure), comparison_in_words(curves, shown.what))


def _curves(name: str, run: Snapshot, live: bool) -> RunCurves:
    return RunCurves(name, run.recipe.key, run.history, run.steps if live else (), run.request.epochs)


def _what_it_did(run: Snapshot) -> str:
    word = did(run)
    training, validation = (last_five(run.history[name]) for name in ("accuracy", "val_accuracy"))
    figures = f" Last five epochs: training {in_tenths(training)}, validation {in_tenths(validation)}."
    return f"**{word}**. {MEANINGS[word]}{figures if validation is not None else ''}"

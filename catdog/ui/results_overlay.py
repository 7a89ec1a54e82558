"""The chosen runs over each other in one figure: live while they train, and once more for a class without the time."""

import time
from collections.abc import Sequence, Set
from contextlib import suppress
from math import inf

import streamlit as st

from catdog.errors import RunError
from catdog.figures import SPLITS, RunCurves, comparison_figure
from catdog.recipes import published
from catdog.training import Snapshot
from catdog.training.verdicts import MEANINGS, did, last_five
from catdog.ui.links import BOUND
from catdog.ui.live_chart import live_chart, plot_of, plotly_bundle
from catdog.ui.live_run import TICK
from catdog.ui.results_table import HERE, names, warn_of_mixed_photos
from catdog.ui.shared import board
from catdog.ui.words import in_minutes, in_tenths, plain

REPLAY = "results.replay"  # since when it plays by the clock that is never set back, from which second, how fast
SPEED = "results.speed"
REPLAY_TICK = 0.25  # seconds between two looks
SPEEDS = (1, 5, 20, 60, 200)  # times as fast as it was
HEIGHT = 460  # pixels


def compare(runs: Sequence[Snapshot]) -> None:
    """The figure of the chosen runs with everything that can be set about it."""
    st.subheader("Side by side", anchor=False)
    warn_of_mixed_photos(runs)
    plotly_bundle()
    _compare([run.id for run in runs], {run.id for run in runs if not run.over})


@st.fragment
def _compare(ids: Sequence[str], under_way: Set[str]) -> None:
    what, splits, by_time, smoothing, posts = _controls()
    runs = _read(ids)
    if not any(run.epochs_done or not run.over for run in runs):
        st.markdown("Choose runs in the table: their curves will be drawn over each other here.")
        return
    replaying = _replay_control(runs)
    tick = REPLAY_TICK if replaying else TICK if under_way else None
    st.fragment(_draw, run_every=tick)(ids, what, splits, by_time, smoothing, posts, under_way)
    st.caption(
        "Bold: validation. Thin: training. Dotted: the post's validation, on the real photos."
        + (" The posts' seconds are another machine's, so that by time only your own runs are drawn." * by_time)
    )


def _controls() -> tuple[str, list[str], bool, float, bool]:
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
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
    return (
        what or "accuracy",
        [one for one in SPLITS if one in splits] or ["validation"],
        axis == "time",
        smoothing,
        posts,
    )


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


def _draw(
    ids: Sequence[str],
    what: str,
    splits: Sequence[str],
    by_time: bool,
    smoothing: float,
    posts: bool,
    under_way: Set[str],
) -> None:
    runs, replaying = _read(ids), REPLAY in st.session_state
    if not runs:
        st.markdown("These runs are no longer there.")
        return
    if any(run.over for run in runs if run.id in under_way):
        st.rerun()  # the table and the tabs still show it under way
    longest = max(run.seconds for run in runs)
    shown = runs
    if replaying:
        passed = _passed()
        if passed >= longest:
            del st.session_state[REPLAY]
            st.rerun()
        st.progress(passed / longest, text=f"Replay: {in_minutes(passed)} of {in_minutes(longest)}")
        shown = _read([run.id for run in runs], until=passed)
    called = names(runs)
    curves = [_curves(called[run.id], run, replaying or not run.over) for run in shown]
    facts = {run.recipe.key: published(run.recipe.key) for run in runs} if posts else {}
    figure = comparison_figure(
        curves,
        {key: one.val_accuracy if what == "accuracy" else one.val_loss for key, one in facts.items()},
        what,
        splits,
        longest if by_time else None,
        smoothing,
    )
    live_chart(
        plot_of(figure),
        key=f"results.overlay.{what}.{by_time}.{'.'.join(ids)}",
        height=HEIGHT,
        alt=f"{what.capitalize()} of {', '.join(_sentence(called[run.id], run) for run in shown)}",
    )
    if not replaying:
        for run in runs:
            st.markdown(f"**{plain(called[run.id])}**: {_what_it_did(run)}")


def _curves(name: str, run: Snapshot, live: bool) -> RunCurves:
    return RunCurves(name, run.recipe.key, run.history, run.steps if live else (), run.request.epochs)


def _sentence(name: str, run: Snapshot) -> str:
    best = f" best validation {run.best[1]:.1%}" if run.best else " no epoch yet"
    return f"{name} after {run.epochs_done} epochs,{best}"


def _what_it_did(run: Snapshot) -> str:
    word = did(run)
    training, validation = (last_five(run.history[name]) for name in ("accuracy", "val_accuracy"))
    figures = f" Last five epochs: training {in_tenths(training)}, validation {in_tenths(validation)}."
    return f"**{word}**. {MEANINGS[word]}{figures if validation is not None else ''}"

"""Watching one run: live while it trains, and what came out when it is over."""

import streamlit as st

from catdog.models.device import cpu_name, installed_gpu
from catdog.numbers import in_minutes, in_tenths
from catdog.recipes import ARCHITECTURES, Augmentation, Recipe, recipes_of
from catdog.settings import REAL
from catdog.training import Snapshot
from catdog.ui import places
from catdog.ui.acting import resume, stop
from catdog.ui.links import MODEL, RUN
from catdog.ui.live_chart import bring_plotly
from catdog.ui.live_run import live_run, moment_of, show_curves
from catdog.ui.photo_set import photos_of
from catdog.ui.rights import may_resume, may_stop
from catdog.ui.shared import board
from catdog.ui.training_effort import BASES, way_in_words
from catdog.ui.words import plain, told, without_paths

LOG_LINES = 40

PHASES = {
    "queued": "waiting",
    "starting": "starting",
    "running": "training",
    "stopping": "stopping",
    "finished": "finished",
    "stopped": "stopped",
    "failed": "failed",
}


def watch_run(run_id: str) -> None:
    """Everything about one run: its figures and curves, live while it is under way, and the button that stops it.

    Raises RunError where there is no such run.
    """
    run = board().snapshot(run_id)
    heading, button = st.columns([5, 1], vertical_alignment="center")
    heading.header(f"{run.title}: {PHASES[run.phase]}", anchor=False)
    with button:
        _stop_or_resume(run)
    bring_plotly("training")
    if run.over:
        _outcome(run)
        show_curves(moment_of(run))
    else:
        live_run(run)
    _details(run)


def _stop_or_resume(run: Snapshot) -> None:
    """In the main script, not in the polling fragment, so that it always answers."""
    if run.resumable and may_resume(run):
        pressed = st.button(
            "Resume",
            key="training.resume",
            icon=":material/resume:",
            width="stretch",
            help=f"Goes on after the last epoch that was backed up, to the {run.request.epochs} that were asked for.",
        )
        act = resume
    elif not run.over and may_stop(run):
        stopping = run.phase == "stopping"
        pressed = st.button("Stop", key="training.stop", icon=":material/stop:", disabled=stopping, width="stretch")
        act = stop
    else:
        return
    if pressed:
        act(run.id)
        st.rerun()


def _outcome(run: Snapshot) -> None:
    if run.phase == "failed":
        st.error(told(run.state.error) or "The run failed, and its worker left no reason.", icon=":material/error:")
    elif run.phase == "stopped":
        kept = (
            f"The weights of epoch {run.best[0]} are kept." if run.best else "No epoch was finished: nothing to keep."
        )
        st.info(
            f"Stopped after {run.epochs_done} of {run.request.epochs} epochs. {kept}", icon=":material/stop_circle:"
        )
    elif run.test_accuracy is not None:
        figure = in_tenths(run.test_accuracy)
        pace = f", {run.seconds_per_epoch:.1f} s an epoch" if run.seconds_per_epoch else ""
        st.success(
            f"On {run.test['photos']:,} photos it has never seen: **{figure}** right, with the weights of its best "
            f"epoch. {in_minutes(run.seconds)} on {plain(run.state.device)}{pace}.",
            icon=":material/check_circle:",
        )
    with st.container(horizontal=True):
        _ways_on(run)
    if run.epochs_done and run.history["loss"][-1] is None:
        st.warning("The loss is no longer a number: it ran away. A smaller learning rate keeps it in hand.")


def _ways_on(run: Snapshot) -> None:
    if run.best and run.phase != "failed":
        st.page_link(
            places.CLASSIFY,
            label="Classify with it",
            icon=":material/image_search:",
            query_params={MODEL: run.id},
        )
        st.page_link(
            places.RESULTS, label="See its mistakes", icon=":material/compare_arrows:", query_params={RUN: run.id}
        )
    following = next_recipe(run.recipe)
    if following:
        st.page_link(
            places.TRAINING,
            label=f"Train the next: {ARCHITECTURES[following.architecture].title}",
            icon=":material/arrow_forward:",
            query_params={"recipe": following.key},
        )


def next_recipe(done: Recipe) -> Recipe | None:
    """The same post's next architecture, or None after the last."""
    order = list(ARCHITECTURES)
    later = order[order.index(done.architecture) + 1 :]
    return next((one for key in later[:1] for one in recipes_of(key) if one.post == done.post), None)


def _details(run: Snapshot) -> None:
    differ_from_post(run)
    if run.photo_set != REAL:
        st.caption(f"It learned from {plain(photos_of(run))}. The dotted curves are the post's, on the real photos.")
    if installed_gpu() and run.state.device == cpu_name():
        st.caption(f"{installed_gpu()} was not used: `pip install -r requirements-gpu.txt` lets TensorFlow use it.")
    with st.expander("Log"):
        show_log(run.id)


def differ_from_post(run: Snapshot) -> None:
    """Where the run's settings are not its recipe's own; nothing where they are."""
    words = ", ".join(
        f"{_NAMES[name]} {_value(name, mine)} instead of {_value(name, own)}"
        for name, (own, mine) in run.request.differences().items()
        if name in _NAMES
    )
    if words:
        st.caption(f"This run differs from the post: {words}.")


def show_log(run_id: str) -> None:
    """The last lines that the run's worker printed."""
    st.code(without_paths(board().log_tail(run_id, LOG_LINES)) or "Nothing was printed.", language=None)


_NAMES = {  # all but the precision: what it became stands beside the device
    "epochs": "epochs",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "seed": "seed",
    "limit": "training photos",
    "augmentation": "augmentation",
    "base": "frozen base",
    "copies": "use of the base",
    "all_devices": "devices",
}


def _value(name: str, value: Augmentation | float | str | None) -> str:
    if name == "all_devices":
        return "all together" if value else "one"
    if name == "base":
        return f"“{BASES[value][0]}”"
    if name == "copies":
        return f"“{way_in_words(value)}”"
    if isinstance(value, Augmentation):
        return f"“{value.in_words()}”"
    return "all" if value is None else f"{value:g}"

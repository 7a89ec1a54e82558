"""Watching one run: live while it trains, and what came out when it is over."""

import streamlit as st

from catdog.figures import accuracy_figure, loss_figure
from catdog.models.device import cpu_name, installed_gpu
from catdog.recipes import ARCHITECTURES, Augmentation, Recipe, published, recipes_of
from catdog.settings import REAL
from catdog.training import Snapshot
from catdog.ui.frame import in_short
from catdog.ui.links import MODEL, RUN
from catdog.ui.live_chart import live_chart, plotly_bundle
from catdog.ui.photo_set import photos_of
from catdog.ui.shared import board, settle
from catdog.ui.training_choice import in_percent
from catdog.ui.training_effort import BASES, way_in_words
from catdog.ui.words import plain

TICK = 1.0  # seconds between two looks at a run that is under way
EAGER_TICK = 0.3  # someone has just pressed a button and waits for what comes of it
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
    heading.subheader(f"{run.title}: {PHASES[run.phase]}", anchor=False)
    # In the main script, not in the polling fragment, so that it always answers.
    if not run.over and button.button(
        "Stop", key="training.stop", icon=":material/stop:", disabled=run.phase == "stopping", width="stretch"
    ):
        board().stop(run_id)
        st.rerun()
    plotly_bundle()
    if run.over:
        _outcome(run)
        _curves(run)
    else:
        st.fragment(_live, run_every=EAGER_TICK if _awaited(run) else TICK)(run_id, run.phase, _awaited(run))
    _details(run)


def _awaited(run: Snapshot) -> bool:
    """Whether the very next thing is what a visitor waits for: the first point, or the end after a stop."""
    return run.phase == "stopping" or (run.active and not run.last)


def _live(run_id: str, shown_phase: str, awaited: bool) -> None:
    run = board().snapshot(run_id)
    if (run.phase, _awaited(run)) != (shown_phase, awaited):
        st.rerun()
    st.progress(run.progress, text=_progress_sentence(run))
    _curves(run)
    settle()


def _progress_sentence(run: Snapshot) -> str:
    if run.phase == "queued":
        return _queue_sentence(run)
    if run.phase == "stopping":
        return "Stopping: the best weights so far are kept."
    if run.phase == "starting" or not run.last:
        return f"{run.state.activity or 'Starting'} …"
    if run.epochs_done == run.request.epochs:
        return f"{run.state.activity} …"
    parts = [f"Epoch {run.epochs_done + 1} of {run.request.epochs}"]
    if run.steps:
        step = run.steps[-1]
        checking = step.get("stage") == "validation"
        parts.append("checking the validation photos" if checking else f"step {step['step']} of {step['steps']}")
    if run.last.get("seconds_left") is not None:
        parts.append(f"{in_minutes(run.last['seconds_left'])} left")
    if run.last.get("photos_per_second"):
        parts.append(f"{run.last['photos_per_second']:,.0f} photos/s")
    return " · ".join((*parts, run.state.device, run.state.precision))


def _queue_sentence(run: Snapshot) -> str:
    before = board().under_way()[: board().place(run.id)]
    if not before:
        return "It is the next one."
    runs = "1 run is" if len(before) == 1 else f"{len(before)} runs are"
    return f"{runs} before this one. Training now: {in_short(before[0])}."


def _curves(run: Snapshot) -> None:
    facts, epochs = published(run.recipe.key), run.request.epochs
    tail = () if run.over else run.steps
    best = f", best {run.best[1]:.1%} in epoch {run.best[0]}" if run.best else ""
    alt = f"{run.title} after {run.epochs_done} of {epochs} epochs"
    chart, figures = st.columns([5, 1], gap="medium")
    with chart:
        live_chart(
            accuracy_figure(run.history, tail, epochs, facts.val_accuracy),
            key=f"training.accuracy.{run.id}",
            height=430,
            alt=f"Accuracy of {alt}{best}. Dotted: the post.",
        )
    with figures:
        _figures(run)
    live_chart(
        loss_figure(run.history, tail, epochs, facts.loss),
        key=f"training.loss.{run.id}",
        height=270,
        alt=f"Loss of {alt}. Dotted: the post.",
    )


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


def _outcome(run: Snapshot) -> None:
    if run.phase == "failed":
        st.error(plain(run.state.error) or "The run failed, and its worker left no reason.", icon=":material/error:")
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
            f"epoch. {in_minutes(run.seconds)} on {run.state.device}{pace}.",
            icon=":material/check_circle:",
        )
    with st.container(horizontal=True):
        _ways_on(run)
    if run.epochs_done and run.history["loss"][-1] is None:
        st.warning("The loss is no longer a number: it ran away. A smaller learning rate keeps it in hand.")


def _ways_on(run: Snapshot) -> None:
    if run.best and run.phase != "failed":
        st.page_link(
            "pages/5_Classify.py",
            label="Classify with it",
            icon=":material/image_search:",
            query_params={MODEL: run.id},
        )
        st.page_link(
            "pages/4_Results.py", label="See its mistakes", icon=":material/compare_arrows:", query_params={RUN: run.id}
        )
    following = next_recipe(run.recipe)
    if following:
        st.page_link(
            "pages/3_Training.py",
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
    st.code(board().log_tail(run_id, LOG_LINES) or "Nothing was printed.", language=None)


_NAMES = {  # all but the precision: what it became stands beside the device
    "epochs": "epochs",
    "batch_size": "batch size",
    "learning_rate": "learning rate",
    "seed": "seed",
    "limit": "training photos",
    "augmentation": "augmentation",
    "base": "frozen base",
    "copies": "use of the base",
}


def _value(name: str, value: Augmentation | float | str | None) -> str:
    if name == "base":
        return f"“{BASES[value][0]}”"
    if name == "copies":
        return f"“{way_in_words(value)}”"
    if isinstance(value, Augmentation):
        return f"“{value.in_words()}”"
    return "all" if value is None else f"{value:g}"


def in_tenths(value: float | None, unit: str = " %") -> str:
    """A share as "71.4 %", a dash where there is none yet."""
    return "–" if value is None else f"{100 * value:.1f}{unit}".replace("-", "\N{MINUS SIGN}")


def in_minutes(seconds: float) -> str:
    """A duration as one would say it: "48 s", "1 min 12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"

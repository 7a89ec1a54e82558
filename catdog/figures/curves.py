"""A run's curves while it learns: accuracy and loss by epoch, beside what the post published."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from catdog.figures.style import (
    BASELINE,
    MUTED,
    PUBLISHED,
    RUN_COLOURS,
    TRAINING,
    VALIDATION,
    Trace,
    Values,
    axis,
    new_figure,
    plain_layout,
    trace,
)

LOG_LOSS_FROM = 3.0  # a loss above this (raw pixels: the first epoch) would flatten the rest of the curve
NOISY_SHARE = 0.1  # of an epoch's steps
PERCENT, NUMBER = "%{y:.1%}", "%{y:.3f}"  # what hovering shows
ACCURACY_AXIS = axis("accuracy") | {"range": [0.38, 1.01], "tickformat": ".0%", "dtick": 0.1}


def accuracy_figure(
    history: Mapping[str, Values],
    steps: Sequence[Mapping[str, Any]],
    epochs: int,
    published: Values,
    colour: str = RUN_COLOURS[0],
) -> go.Figure:
    """Accuracy by epoch; an epoch's value stands at its end.

    `history` has "accuracy" and "val_accuracy" (0 to 1, one value an epoch), `steps` the events of the epoch under way,
    `published` the post's validation accuracy.
    """
    traces = [
        *_curves("accuracy", history, steps, colour),
        _published(published, "the post, validation", PERCENT),
        guessing(epochs),
    ]
    return new_figure(traces, _layout(epochs, ACCURACY_AXIS))


def loss_figure(
    history: Mapping[str, Values],
    steps: Sequence[Mapping[str, Any]],
    epochs: int,
    published: Values,
    colour: str = RUN_COLOURS[0],
) -> go.Figure:
    """Loss by epoch, arguments as in `accuracy_figure`; on a logarithmic axis where the post's first loss is large."""
    traces = [*_curves("loss", history, steps, colour), _published(published, "the post, training", NUMBER)]
    return new_figure(traces, _layout(epochs, loss_axis(published)))


def loss_axis(values: Values) -> dict[str, Any]:
    """An axis from zero, or a logarithmic one where one of these losses would flatten the rest."""
    if max((value for value in values if value is not None), default=0) > LOG_LOSS_FROM:
        return axis("loss (log)") | {"type": "log"}
    return axis("loss") | {"rangemode": "tozero"}


def guessing(end: float) -> Trace:
    """The line that tossing a coin reaches, up to this end of the axis."""
    return trace(
        "scatter",
        x=[0, end],
        y=[0.5, 0.5],
        name="guessing, 50 %",
        mode="lines",
        line=BASELINE | {"color": MUTED},
        hoverinfo="skip",
    )


def _curves(
    name: str, history: Mapping[str, Values], steps: Sequence[Mapping[str, Any]], colour: str
) -> tuple[Trace, Trace]:
    """Training (thin, with the epoch under way as a fine tail) and validation (bold)."""
    training, validation = list(history[name]), list(history[f"val_{name}"])
    form = PERCENT if name == "accuracy" else NUMBER
    done = len(training)
    tail = tail_of(steps, done)
    return (
        trace(
            "scatter",
            x=[*range(1, done + 1), *(x for x, _ in tail)],
            y=[*training, *(step.get(name) for _, step in tail)],
            name="training",
            mode="lines+markers" if done == 1 and not tail else "lines",  # a line through one point would not be seen
            marker={"size": 7},
            line=TRAINING | {"color": colour},
            hovertemplate=form,
        ),
        trace(
            "scatter",
            x=list(range(1, len(validation) + 1)) or [None],  # a trace without any point would be missing in the legend
            y=validation or [None],
            name="validation",
            mode="lines+markers",
            marker={"size": 9},
            line=VALIDATION | {"color": colour},
            hovertemplate=form,
        ),
    )


def tail_of(steps: Sequence[Mapping[str, Any]], epochs_done: int) -> list[tuple[float, Mapping[str, Any]]]:
    """The steps of the epoch under way that are worth a point, each with its place on the axis of epochs.

    Over an epoch's first photos the running mean only jumps about; in the very first epoch there is nothing else yet.
    """
    return [
        (epochs_done + step["step"] / step["steps"], step)
        for step in steps
        if epochs_done == 0 or step["step"] > step["steps"] * NOISY_SHARE
    ]


def _published(values: Values, name: str, form: str) -> Trace:
    return trace(
        "scatter",
        x=list(range(1, len(values) + 1)),
        y=list(values),
        name=name,
        mode="lines",
        line=PUBLISHED | {"color": MUTED},
        hovertemplate=form,
    )


def _layout(epochs: int, y_axis: dict[str, Any]) -> dict[str, Any]:
    return plain_layout() | {"hovermode": "x unified", "xaxis": epoch_axis(epochs), "yaxis": y_axis}


def epoch_axis(epochs: int) -> dict[str, Any]:
    """From the beginning to the end of so many epochs."""
    said = {"text": "epoch %{x:.3~g}"}  # over what hovering shows
    return axis("epoch") | {"range": [0, epochs + 0.15], "dtick": epoch_tick(epochs), "unifiedhovertitle": said}


def epoch_tick(epochs: int) -> int:
    """A whole number of epochs between two marks, at most about 10 marks."""
    return next(step for step in (1, 2, 5, 10, 20) if epochs / step <= 10.5)

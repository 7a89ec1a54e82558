"""Plotly figures: data in, figure out. Every colour and dash of the project is decided here.

Colour says which class or run, dash says which split: training thin, validation bold, published dotted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go

from catdog.settings import CLASSES, IMAGE_SIZE

CAT, DOG = "#E69F00", "#0072B2"
CLASS_COLOURS = dict(zip(CLASSES, (CAT, DOG), strict=True))
# Okabe and Ito's palette without cat and dog: told apart by colour-blind eyes. https://jfly.uni-koeln.de/color/
RUN_COLOURS = ("#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000")
MUTED = "#7A8590"  # readable on the light and on the dark background: 3.6:1 and 4.6:1
GRID = "rgba(128, 140, 150, 0.25)"

TRAINING = {"width": 2, "dash": "solid"}
VALIDATION = {"width": 4, "dash": "solid"}
PUBLISHED = {"width": 2.5, "dash": "dot"}
BASELINE = {"width": 1.5, "dash": "solid"}

FONT_SIZE = 16  # px
LOG_LOSS_FROM = 3.0  # a loss above this (raw pixels: the first epoch) would flatten the rest of the curve

BINS = 64  # of a histogram: four of the 256 brightnesses each
NOISY_SHARE = 0.1  # of an epoch's steps
PERCENT, NUMBER = "%{y:.1%}", "%{y:.3f}"  # what hovering shows

Values = Sequence[float | None]


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
    figure = _curves("accuracy", history, steps, colour)
    _add_published(figure, published, "the post, validation", PERCENT)
    figure.add_scatter(
        x=[0, epochs],
        y=[0.5, 0.5],
        name="guessing, 50 %",
        mode="lines",
        line=BASELINE | {"color": MUTED},
        hoverinfo="skip",
    )
    figure.update_layout(_layout(epochs, "accuracy"))
    figure.update_yaxes(range=[0.38, 1.01], tickformat=".0%", dtick=0.1)
    return figure


def loss_figure(
    history: Mapping[str, Values],
    steps: Sequence[Mapping[str, Any]],
    epochs: int,
    published: Values,
    colour: str = RUN_COLOURS[0],
) -> go.Figure:
    """Loss by epoch, arguments as in `accuracy_figure`; on a logarithmic axis where the post's first loss is large."""
    figure = _curves("loss", history, steps, colour)
    _add_published(figure, published, "the post, training", NUMBER)
    figure.update_layout(_layout(epochs, "loss"))
    if max(published, default=0) > LOG_LOSS_FROM:
        figure.update_yaxes(type="log", title_text="loss (log)")
    else:
        figure.update_yaxes(rangemode="tozero")
    return figure


def class_counts_figure(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Bars of photos per class, one group a split; `counts[split][label]` is a number of photos."""
    figure = go.Figure()
    for label, colour in CLASS_COLOURS.items():
        values = [of_split[label] for of_split in counts.values()]
        figure.add_bar(
            x=list(counts),
            y=values,
            name=f"{label}s",
            marker={"color": colour},
            text=[f"{value:,}" for value in values],
            textposition="outside",
            textfont={"size": FONT_SIZE},
            hovertemplate="%{y:,} %{fullData.name}<extra></extra>",
        )
    highest = max(value for of_split in counts.values() for value in of_split.values())
    figure.update_layout(_plain(), barmode="group", bargap=0.3, xaxis=_axis("") | {"fixedrange": True})
    figure.update_yaxes(_axis("photos"), range=[0, 1.15 * highest], fixedrange=True)
    return figure


def sizes_figure(sizes: np.ndarray, labels: np.ndarray) -> go.Figure:
    """One point a photo at its width and height before resizing; `sizes` is (photos, 2), `labels` class numbers."""
    figure = go.Figure()
    for number, (label, colour) in enumerate(CLASS_COLOURS.items()):
        width, height = sizes[labels == number].T
        figure.add_scatter(
            x=width,
            y=height,
            name=f"{label}s",
            mode="markers",
            marker={"color": colour, "size": 6, "opacity": 0.45, "symbol": ("circle", "diamond")[number]},
            hovertemplate="%{x} × %{y}<extra>" + label + "</extra>",
        )
    height, width = IMAGE_SIZE
    figure.add_scatter(
        x=[width],
        y=[height],
        name=f"what the network sees: {width} × {height}",
        mode="markers",
        marker={"color": RUN_COLOURS[0], "size": 16, "symbol": "x"},
        hoverinfo="skip",
    )
    figure.update_layout(_plain())
    figure.update_xaxes(_axis("width in pixels"), rangemode="tozero")
    figure.update_yaxes(_axis("height in pixels"), rangemode="tozero")
    return figure


def pixels_figure(pixels: np.ndarray, low: float, high: float) -> go.Figure:
    """How often each brightness occurs among `pixels`, of any shape, whose values lie between `low` and `high`."""
    share, edges = np.histogram(pixels, bins=BINS, range=(low, high))
    figure = go.Figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=share / pixels.size,
        width=(high - low) / BINS,
        marker={"color": RUN_COLOURS[0]},
        hovertemplate="around %{x:.3~g}: %{y:.1%}<extra></extra>",
    )
    figure.update_layout(_plain(), bargap=0)
    figure.update_xaxes(_axis("value of a pixel"), tickvals=[low, (low + high) / 2, high])
    figure.update_yaxes(_axis("share of the values"), tickformat=".0%", rangemode="tozero")
    return figure


def _curves(name: str, history: Mapping[str, Values], steps: Sequence[Mapping[str, Any]], colour: str) -> go.Figure:
    """Training (thin, with the epoch under way as a fine tail) and validation (bold)."""
    training, validation = list(history[name]), list(history[f"val_{name}"])
    form = PERCENT if name == "accuracy" else NUMBER
    done = len(training)
    tail = [(done + step["step"] / step["steps"], step.get(name)) for step in steps if _telling(step, done)]
    figure = go.Figure()
    figure.add_scatter(
        x=[*range(1, done + 1), *(x for x, _ in tail)],
        y=[*training, *(y for _, y in tail)],
        name="training",
        mode="lines+markers" if done == 1 and not tail else "lines",  # a line through one point would not be seen
        marker={"size": 7},
        line=TRAINING | {"color": colour},
        hovertemplate=form,
    )
    figure.add_scatter(
        x=list(range(1, len(validation) + 1)) or [None],  # a trace without any point would be missing in the legend
        y=validation or [None],
        name="validation",
        mode="lines+markers",
        marker={"size": 9},
        line=VALIDATION | {"color": colour},
        hovertemplate=form,
    )
    return figure


def _telling(step: Mapping[str, Any], epochs_done: int) -> bool:
    """Whether a step's running mean is worth a point: over an epoch's first photos it only jumps about."""
    return epochs_done == 0 or step["step"] > step["steps"] * NOISY_SHARE


def _add_published(figure: go.Figure, values: Values, name: str, form: str) -> None:
    figure.add_scatter(
        x=list(range(1, len(values) + 1)),
        y=list(values),
        name=name,
        mode="lines",
        line=PUBLISHED | {"color": MUTED},
        hovertemplate=form,
    )


def _plain() -> dict[str, Any]:
    """Clear background and no template: text colours come from the page's theme."""
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": FONT_SIZE},
        "margin": {"l": 64, "r": 12, "t": 8, "b": 56},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": FONT_SIZE}},
    }


def _axis(title: str) -> dict[str, Any]:
    # Each size in words of its own: Streamlit's theme has smaller ones that would win over the figure's font.
    size = {"size": FONT_SIZE}
    return {
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": True,
        "tickfont": size,
        "title": {"text": title, "font": size},
    }


def _layout(epochs: int, what: str) -> dict[str, Any]:
    return _plain() | {
        "hovermode": "x unified",
        "xaxis": _axis("epoch") | {"range": [0, epochs + 0.15], "dtick": _tick(epochs)},
        "yaxis": _axis(what),
    }


def _tick(epochs: int) -> int:
    """A whole number of epochs between two marks, at most about 10 marks."""
    return next(step for step in (1, 2, 5, 10, 20) if epochs / step <= 10.5)

"""A network's answers in figures: one answer, the right and the wrong ones, how far they can be believed."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from catdog.figures.style import (
    BASELINE,
    CLASS_MARKS,
    FONT_SIZE,
    MUTED,
    RUN_COLOURS,
    Trace,
    Values,
    axis,
    new_figure,
    plain_layout,
    trace,
)
from catdog.settings import CLASSES

ALMOST = 0.999
STANDOFF = 6  # px between a class's name and what belongs to it


def probabilities_figure(cat: float, dog: float, sure: float) -> go.Figure:
    """Two bars, P(cat) and P(dog), and the line that one of them must reach for a sure answer."""
    bars = [
        trace(
            "bar",
            x=[probability],
            y=[label],
            orientation="h",
            marker=CLASS_MARKS[label],
            text=[never_certain(probability)],
            textposition="outside",
            textfont={"size": FONT_SIZE},
            hoverinfo="skip",
            showlegend=False,
        )
        for label, probability in zip(CLASSES, (cat, dog), strict=True)
    ]
    threshold = {"type": "line", "x0": sure, "x1": sure, "y0": 0, "y1": 1, "yref": "paper"}
    words = {"x": sure, "y": 1, "yref": "paper", "yanchor": "bottom", "text": f"sure from {sure:.0%}"}
    layout = plain_layout() | {
        "height": 180,
        "margin": {"l": 0, "r": 0, "t": 30, "b": 0},
        "bargap": 0.35,
        "shapes": [threshold | {"line": {"color": MUTED, "width": 1.5, "dash": "dot"}}],
        "annotations": [words | {"showarrow": False, "font": {"size": FONT_SIZE}}],
        "xaxis": axis("") | {"range": [0, 1.25], "tickformat": ".0%", "tickvals": [0, 0.5, 1], "fixedrange": True},
        "yaxis": axis("") | {"autorange": "reversed", "fixedrange": True, "ticklabelstandoff": STANDOFF},
    }
    return new_figure(bars, layout)


def never_certain(probability: float) -> str:
    """A tenth of a percent, but never 0 or 100: no network knows that."""
    if probability > ALMOST:
        return f">{ALMOST:.1%}"
    return f"<{1 - ALMOST:.1%}" if probability < 1 - ALMOST else f"{probability:.1%}"


def confusion_figure(counts: Sequence[Sequence[int]]) -> go.Figure:
    """A confusion matrix: `counts[truth][answer]` photos, in the order of CLASSES."""
    numbers = np.array(counts)
    cells = trace(
        "heatmap",
        z=numbers / np.maximum(numbers.sum(axis=1, keepdims=True), 1),
        x=[f"says {label}" for label in CLASSES],
        y=[f"is a {label}" for label in CLASSES],
        text=numbers,
        texttemplate="%{text:,}",
        textfont={"size": 2 * FONT_SIZE},
        colorscale=[[0, "rgba(0, 158, 115, 0.04)"], [1, "rgba(0, 158, 115, 0.55)"]],
        zmin=0,
        zmax=1,
        showscale=False,
        hoverinfo="skip",
        xgap=4,
        ygap=4,
    )
    bare = {"fixedrange": True, "showgrid": False, "ticks": "", "ticklabelstandoff": STANDOFF}
    layout = plain_layout() | {
        "height": 320,
        "margin": {"l": 0, "r": 0, "t": 0, "b": 0},
        "xaxis": axis("") | {"side": "top"} | bare,
        "yaxis": axis("") | {"autorange": "reversed"} | bare,
    }
    return new_figure([cells], layout)


def reliability_figure(curves: Mapping[str, tuple[Values, Values, Sequence[int]]]) -> go.Figure:
    """How far probabilities can be believed. Each curve: what was claimed, what share was right, and of how many."""
    perfect = trace(
        "scatter",
        x=[0.5, 1],
        y=[0.5, 1],
        name="as often right as claimed",
        mode="lines",
        line=BASELINE | {"color": MUTED},
        hoverinfo="skip",
    )
    styles = (("circle-open", RUN_COLOURS[1], "dot"), ("circle", RUN_COLOURS[0], "solid"))
    drawn = [_reliability(name, curves[name], *style) for name, style in zip(curves, styles, strict=True)]
    between = {"tickformat": ".0%", "fixedrange": True}
    layout = plain_layout() | {
        "height": 380,
        "xaxis": axis("what it claims") | {"range": [0.49, 1.01]} | between,
        "yaxis": axis("how often that is right") | {"range": [0, 1.03]} | between,
    }
    return new_figure([perfect, *drawn], layout)


def _reliability(name: str, curve: tuple[Values, Values, Sequence[int]], symbol: str, colour: str, dash: str) -> Trace:
    known = [row for row in zip(*curve, strict=True) if row[2]]
    x, y, counts = zip(*known, strict=True) if known else ((), (), ())
    return trace(
        "scatter",
        x=x,
        y=y,
        name=name,
        mode="lines+markers",
        line={"color": colour, "width": 2, "dash": dash},
        marker={"symbol": symbol, "size": 10},
        customdata=counts,
        hovertemplate="claimed %{x:.0%}, right %{y:.0%}, %{customdata} photos<extra></extra>",
    )

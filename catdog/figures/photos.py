"""The photos in figures: how many, how large, how bright."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from catdog.figures.style import CLASS_MARKS, FONT_SIZE, RUN_COLOURS, axis, new_figure, plain_layout, trace
from catdog.settings import IMAGE_SIZE

BINS = 64  # of a histogram: four of the 256 brightnesses each


def class_counts_figure(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Bars of photos per class, one group a split; `counts[split][label]` is a number of photos."""
    bars = []
    for label, mark in CLASS_MARKS.items():
        values = [of_split[label] for of_split in counts.values()]
        bars.append(
            trace(
                "bar",
                x=list(counts),
                y=values,
                name=f"{label}s",
                marker=mark,
                text=[f"{value:,}" for value in values],
                textposition="outside",
                textfont={"size": FONT_SIZE},
                hovertemplate="%{y:,} %{fullData.name}<extra></extra>",
            )
        )
    highest = max(value for of_split in counts.values() for value in of_split.values())
    layout = plain_layout() | {
        "barmode": "group",
        "bargap": 0.3,
        "xaxis": axis("") | {"fixedrange": True},
        "yaxis": axis("photos") | {"range": [0, 1.15 * highest], "fixedrange": True},
    }
    return new_figure(bars, layout)


def sizes_figure(sizes: np.ndarray, labels: np.ndarray) -> go.Figure:
    """One point a photo at its width and height before resizing; `sizes` is (photos, 2), `labels` class numbers."""
    traces = []
    for number, (label, mark) in enumerate(CLASS_MARKS.items()):
        width, height = sizes[labels == number].T
        traces.append(
            trace(
                "scatter",
                x=width,
                y=height,
                name=f"{label}s",
                mode="markers",
                marker=mark | {"size": 6, "opacity": 0.45, "symbol": ("circle", "diamond")[number]},
                hovertemplate="%{x} × %{y}<extra>" + label + "</extra>",
            )
        )
    height, width = IMAGE_SIZE
    square = trace(
        "scatter",
        x=[width],
        y=[height],
        name=f"what the network sees: {width} × {height}",
        mode="markers",
        marker={"color": RUN_COLOURS[0], "size": 16, "symbol": "x"},
        hoverinfo="skip",
    )
    from_zero = {"rangemode": "tozero"}
    x_axis, y_axis = axis("width in pixels") | from_zero, axis("height in pixels") | from_zero
    layout = plain_layout() | {"xaxis": x_axis, "yaxis": y_axis}
    layout["legend"]["itemsizing"] = "constant"  # the points themselves are too small and too pale for a legend
    return new_figure([*traces, square], layout)


def pixels_figure(pixels: np.ndarray, low: float, high: float) -> go.Figure:
    """How often each brightness occurs among `pixels`, of any shape, whose values lie between `low` and `high`."""
    share, edges = np.histogram(pixels, bins=BINS, range=(low, high))
    bars = trace(
        "bar",
        x=(edges[:-1] + edges[1:]) / 2,
        y=share / pixels.size,
        width=(high - low) / BINS,
        marker={"color": RUN_COLOURS[0]},
        hovertemplate="around %{x:.3~g}: %{y:.1%}<extra></extra>",
    )
    layout = plain_layout() | {
        "bargap": 0,
        "xaxis": axis("value of a pixel") | {"tickvals": [low, (low + high) / 2, high]},
        "yaxis": axis("share of the values") | {"tickformat": ".0%", "rangemode": "tozero"},
    }
    return new_figure([bars], layout)

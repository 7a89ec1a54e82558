"""The photos in figures: how many, how large, how bright."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from catdog.figures.style import CLASS_COLOURS, FONT_SIZE, RUN_COLOURS, axis, new_figure, plain_layout
from catdog.settings import IMAGE_SIZE

BINS = 64  # of a histogram: four of the 256 brightnesses each


def class_counts_figure(counts: Mapping[str, Mapping[str, int]]) -> go.Figure:
    """Bars of photos per class, one group a split; `counts[split][label]` is a number of photos."""
    figure = new_figure()
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
    figure.update_layout(plain_layout(), barmode="group", bargap=0.3, xaxis=axis("") | {"fixedrange": True})
    figure.update_yaxes(axis("photos"), range=[0, 1.15 * highest], fixedrange=True)
    return figure


def sizes_figure(sizes: np.ndarray, labels: np.ndarray) -> go.Figure:
    """One point a photo at its width and height before resizing; `sizes` is (photos, 2), `labels` class numbers."""
    figure = new_figure()
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
    figure.update_layout(plain_layout())
    figure.update_xaxes(axis("width in pixels"), rangemode="tozero")
    figure.update_yaxes(axis("height in pixels"), rangemode="tozero")
    return figure


def pixels_figure(pixels: np.ndarray, low: float, high: float) -> go.Figure:
    """How often each brightness occurs among `pixels`, of any shape, whose values lie between `low` and `high`."""
    share, edges = np.histogram(pixels, bins=BINS, range=(low, high))
    figure = new_figure()
    figure.add_bar(
        x=(edges[:-1] + edges[1:]) / 2,
        y=share / pixels.size,
        width=(high - low) / BINS,
        marker={"color": RUN_COLOURS[0]},
        hovertemplate="around %{x:.3~g}: %{y:.1%}<extra></extra>",
    )
    figure.update_layout(plain_layout(), bargap=0)
    figure.update_xaxes(axis("value of a pixel"), tickvals=[low, (low + high) / 2, high])
    figure.update_yaxes(axis("share of the values"), tickformat=".0%", rangemode="tozero")
    return figure

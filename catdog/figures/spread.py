"""Several seeds of one setting as one curve: their mean, and a band from the lowest to the highest of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import ceil, floor
from typing import Any

import plotly.graph_objects as go

from catdog.figures.curves import ACCURACY_AXIS, epoch_axis, guessing, loss_axis
from catdog.figures.style import (
    RUN_COLOURS,
    RUN_SYMBOLS,
    VALIDATION,
    Trace,
    Values,
    new_figure,
    plain_layout,
    trace,
)

MEAN = VALIDATION | {"width": 2.5}  # finer than a single run's: the band is what one is to see
BAND_OPACITY, EDGE_OPACITY = 0.18, 0.5  # several lie over each other
EDGE = 1  # px: of one epoch the band would be nothing but its edge
MARK = 8  # px


@dataclass(frozen=True)
class Band:
    """One setting, a value an epoch: the mean of its seeds, the lowest and the highest, and how many `seeds` they are.

    An epoch without any number has None for all three, and 0 seeds. `number` is the setting's place in the figure: it
    decides colour and mark.
    """

    name: str
    number: int
    mean: Values
    low: Values
    high: Values
    seeds: Sequence[int]


def spread_figure(bands: Sequence[Band], epochs: int, what: str = "accuracy") -> go.Figure:
    """Each setting's mean as a curve with a mark of its own, over its band; one of a single seed has none and says so.

    `what` is "accuracy" (0 to 1) or "loss", both of validation; `epochs` is how many the axis has.
    """
    drawn = [band for band in bands if max(band.seeds, default=0) > 1]
    traces = [*(_area(band) for band in drawn), *(_mean(band, what) for band in bands)]
    values = [value for band in bands for value in (*band.low, *band.high) if value is not None]
    if what == "accuracy":
        traces.append(guessing(epochs))
    y_axis = _accuracy_axis(values) if what == "accuracy" else loss_axis(values)
    layout = plain_layout() | {"hovermode": "x unified", "xaxis": epoch_axis(epochs), "yaxis": y_axis}
    return new_figure(traces, layout)


def _area(band: Band) -> Trace:
    """There along the highest, and back along the lowest."""
    edge = zip(range(1, len(band.low) + 1), band.low, band.high, band.seeds, strict=True)
    known = [(epoch, low, high) for epoch, low, high, seeds in edge if seeds > 1]
    back = known[::-1]
    return trace(
        "scatter",
        x=[epoch for epoch, _, _ in (*known, *back)],
        y=[*(high for _, _, high in known), *(low for _, low, _ in back)],
        mode="lines",
        fill="toself",
        fillcolor=_clear(_colour(band), BAND_OPACITY),
        line={"width": EDGE, "color": _clear(_colour(band), EDGE_OPACITY)},
        name=_said(band),
        legendgroup=band.name,
        showlegend=False,
        hoverinfo="skip",
    )


def _mean(band: Band, what: str) -> Trace:
    form = ".1%" if what == "accuracy" else ".3f"
    ranges = zip(band.low, band.high, band.seeds, strict=True)
    return trace(
        "scatter",
        x=list(range(1, len(band.mean) + 1)) or [None],  # a trace without any point would be missing in the legend
        y=list(band.mean) or [None],
        text=[_over_seeds(low, high, seeds, form) for low, high, seeds in ranges],
        name=_said(band),
        legendgroup=band.name,
        mode="lines+markers",
        marker={"size": MARK, "symbol": RUN_SYMBOLS[band.number % len(RUN_SYMBOLS)]},
        line=MEAN | {"color": _colour(band)},
        hovertemplate=f"%{{y:{form}}} %{{text}}",
    )


def _over_seeds(low: float | None, high: float | None, seeds: int, form: str) -> str:
    """ "(61.2% to 64.0%, 3 seeds)"."""
    if seeds < 2 or low is None or high is None:
        return "(1 seed, no band)" if seeds else ""
    return f"({low:{form}} to {high:{form}}, {seeds} seeds)"


def _said(band: Band) -> str:
    """Its name in the legend; Plotly reads some HTML there."""
    alone = " (1 seed, no band)" if max(band.seeds, default=0) == 1 else ""
    return f"{escape(band.name, quote=False)}{alone}"


def _colour(band: Band) -> str:
    return RUN_COLOURS[band.number % len(RUN_COLOURS)]


def _clear(colour: str, opacity: float) -> str:
    """A "#RRGGBB" through which one sees what is behind it."""
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, {opacity})"


def _accuracy_axis(values: Sequence[float]) -> dict[str, Any]:
    """Around what there is and guessing, in steps of 5 %: on the whole scale narrow bands would be lost."""
    low, high = min([0.48, *values]), max([0.62, *values])
    return ACCURACY_AXIS | {"range": [floor(20 * low) / 20, min(ceil(20 * high) / 20, 1.01)]}

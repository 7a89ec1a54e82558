"""Several runs in one figure, and this machine's runs beside what the posts published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from catdog.figures.curves import LOG_LOSS_FROM, NUMBER, PERCENT, epoch_tick, tail_of
from catdog.figures.style import (
    BASELINE,
    MUTED,
    PUBLISHED,
    RUN_COLOURS,
    RUN_SYMBOLS,
    TRAINING,
    VALIDATION,
    Values,
    axis,
    new_figure,
    plain_layout,
)

SPLITS = {"training": ("", TRAINING), "validation": ("val_", VALIDATION)}  # prefix in the history, line
IN_MINUTES_FROM = 180.0  # seconds
NARROWEST = 0.004  # of the accuracy axis: a claim of one single number must still be seen
ROW_HEIGHT, HEAD = 30, 110  # pixels


@dataclass(frozen=True)
class RunCurves:
    """One run to be drawn: its `history` and `steps` as in a snapshot, and the `epochs` that were asked for."""

    name: str
    recipe: str
    history: Mapping[str, Values]
    steps: Sequence[Mapping[str, Any]]
    epochs: int


@dataclass(frozen=True)
class PostRow:
    """One recipe: the range that its post claims, the mean of the post's last five epochs, and `own` such means."""

    recipe: str
    low: float
    high: float
    post: float
    own: Mapping[str, float]  # by the run's name


def smoothed(values: Values, weight: float) -> list[float | None]:
    """Each value as a mean of itself and those before it, which fade by `weight` (0 to below 1) an epoch."""
    mean, total, result = 0.0, 0.0, []
    for value in values:
        if value is not None:
            mean, total = weight * mean + (1 - weight) * value, weight * total + 1 - weight
        result.append(None if value is None else mean / total)  # the first ones are not pulled towards 0
    return result


def comparison_figure(
    runs: Sequence[RunCurves],
    published: Mapping[str, Values],
    what: str = "accuracy",
    splits: Sequence[str] = tuple(SPLITS),
    seconds: float | None = None,
    smoothing: float = 0.0,
) -> go.Figure:
    """Runs over each other, a colour and a mark each; training thin, validation bold, the posts dotted.

    `what` is "accuracy" or "loss"; `published` has the posts' validation values by recipe, an epoch each. Epochs are
    the axis, or time where it is given how many `seconds` of it; then the posts are left out, whose seconds are
    another machine's.
    """
    by_time = seconds is not None
    unit = 60.0 if seconds and seconds >= IN_MINUTES_FROM else 1.0
    figure = new_figure()
    for number, run in enumerate(runs):
        for split in splits:
            _add(figure, run, number, what, split, (unit if by_time else None), smoothing, len(splits) > 1)
    longest = max((run.epochs for run in runs), default=1)
    if not by_time:
        _add_posts(figure, runs, published, what)
    if what == "accuracy":
        end = seconds / unit if seconds is not None else longest
        figure.add_scatter(
            x=[0, end],
            y=[0.5, 0.5],
            name="guessing, 50 %",
            mode="lines",
            line=BASELINE | {"color": MUTED},
            hoverinfo="skip",
        )
    figure.update_layout(plain_layout(), hovermode="x unified")
    figure.update_xaxes(_x_axis(longest, seconds, unit))
    figure.update_yaxes(_y_axis(what, figure))
    return figure


def posts_figure(rows: Sequence[PostRow]) -> go.Figure:
    """One row a recipe: the post's claim as a bar, its last five epochs as a diamond, this machine's runs as dots."""
    names = [row.recipe for row in rows]
    figure = new_figure()
    figure.add_bar(
        x=[max(row.high - row.low, NARROWEST) for row in rows],
        base=[row.low for row in rows],
        y=names,
        orientation="h",
        name="what the post claims",
        marker={"color": MUTED, "opacity": 0.45},
        width=0.5,
        customdata=[(row.low, row.high) for row in rows],
        hovertemplate="claimed %{customdata[0]:.0%} to %{customdata[1]:.0%}<extra></extra>",
    )
    figure.add_scatter(
        x=[row.post for row in rows],
        y=names,
        name="the post's last five epochs",
        mode="markers",
        marker={"symbol": "diamond-open", "size": 12, "color": MUTED, "line": {"width": 2}},
        hovertemplate="the post's last five: %{x:.1%}<extra></extra>",
    )
    dots = [(value, row.recipe, name) for row in rows for name, value in row.own.items()]
    figure.add_scatter(
        x=[value for value, _, _ in dots] or [None],
        y=[recipe for _, recipe, _ in dots] or [None],
        text=[escape(name, quote=False) for _, _, name in dots],
        name="your runs' last five epochs",
        mode="markers",
        marker={"symbol": "circle", "size": 12, "color": RUN_COLOURS[0]},
        hovertemplate="%{text}: %{x:.1%}<extra></extra>",
    )
    figure.update_layout(plain_layout(), height=HEAD + ROW_HEIGHT * len(rows), bargap=0)
    lowest = min([0.5, *(row.low for row in rows), *(value for value, _, _ in dots)])
    figure.update_xaxes(axis("validation accuracy"), range=[lowest - 0.02, 1.0], tickformat=".0%", fixedrange=True)
    figure.update_yaxes(axis(""), autorange="reversed", fixedrange=True, type="category")
    return figure


def _add(
    figure: go.Figure,
    run: RunCurves,
    number: int,
    what: str,
    split: str,
    unit: float | None,
    smoothing: float,
    both: bool,
) -> None:
    """One split's curve of one run; where `both` are drawn, the bold one stands in the legend for the two."""
    prefix, line = SPLITS[split]
    y = smoothed(run.history[prefix + what], smoothing)
    done = len(y)
    x = (
        [second / unit if second is not None else None for second in run.history["seconds"]]
        if unit
        else [*range(1, done + 1)]
    )
    if split == "training" and not smoothing:
        tail = [(step.get("seconds") if unit else place, step) for place, step in tail_of(run.steps, done)]
        x += [place / (unit or 1) if place is not None else None for place, _ in tail]
        y += [step.get(what) for _, step in tail]
    colour, name = RUN_COLOURS[number % len(RUN_COLOURS)], escape(run.name, quote=False)  # Plotly reads some HTML
    marked = split == "validation" or len(y) == 1 or not both
    figure.add_scatter(
        x=x or [None],  # a trace without any point would be missing in the legend
        y=y or [None],
        name=name if split == "validation" or not both else f"{name}, training",
        legendgroup=run.name,
        showlegend=split == "validation" or not both,
        mode="lines+markers" if marked else "lines",
        marker={
            "size": [9] * done + [0] * (len(y) - done) if len(y) > max(done, 1) else 9,  # a mark an epoch, not a step
            "symbol": RUN_SYMBOLS[number % len(RUN_SYMBOLS)],
        },
        line=line | {"color": colour},
        hovertemplate=PERCENT if what == "accuracy" else NUMBER,
    )


def _add_posts(figure: go.Figure, runs: Sequence[RunCurves], published: Mapping[str, Values], what: str) -> None:
    form = PERCENT if what == "accuracy" else NUMBER
    colours = {run.recipe: RUN_COLOURS[number % len(RUN_COLOURS)] for number, run in reversed(list(enumerate(runs)))}
    for recipe in dict.fromkeys(run.recipe for run in runs if run.recipe in published):
        values = published[recipe]
        figure.add_scatter(
            x=list(range(1, len(values) + 1)),
            y=list(values),
            name="the posts",
            legendgroup="the posts",
            showlegend=not any(trace.name == "the posts" for trace in figure.data),
            mode="lines",
            line=PUBLISHED | {"color": colours[recipe]},
            hovertemplate=f"{form}<extra>{recipe} in the post</extra>",
        )


def _x_axis(epochs: int, seconds: float | None, unit: float) -> dict[str, Any]:
    if seconds is None:
        return axis("epoch") | {"range": [0, epochs + 0.15], "dtick": epoch_tick(epochs)}
    shown = max(seconds, 1.0) / unit  # before the first step there would be no axis
    return axis(f"{'seconds' if unit == 1 else 'minutes'} since the first step") | {"range": [0, 1.01 * shown]}


def _y_axis(what: str, figure: go.Figure) -> dict[str, Any]:
    if what == "accuracy":
        return axis("accuracy") | {"range": [0.38, 1.01], "tickformat": ".0%", "dtick": 0.1}
    values = [value for trace in figure.data for value in trace.y if value is not None]
    if max(values, default=0) > LOG_LOSS_FROM:
        return axis("loss (log)") | {"type": "log"}
    return axis("loss") | {"rangemode": "tozero"}

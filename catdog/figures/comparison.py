"""Several runs in one figure, and this machine's runs beside what the posts published."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import plotly.graph_objects as go

from catdog.figures.curves import ACCURACY_AXIS, NUMBER, PERCENT, epoch_axis, guessing, loss_axis, tail_of
from catdog.figures.style import (
    MUTED,
    PUBLISHED,
    RUN_COLOURS,
    RUN_SYMBOLS,
    TRAINING,
    VALIDATION,
    Trace,
    Values,
    axis,
    new_figure,
    plain_layout,
    trace,
)

SPLITS = {"training": ("", TRAINING), "validation": ("val_", VALIDATION)}  # prefix in the history, line
IN_MINUTES_FROM = 180.0  # seconds
NARROWEST = 0.004  # of the accuracy axis: a claim of one single number must still be seen
ROW_HEIGHT, HEAD = 30, 110  # pixels
MARK = 9  # pixels


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
    traces = [
        _curve(run, number, what, split, (unit if by_time else None), smoothing, len(splits) > 1)
        for number, run in enumerate(runs)
        for split in splits
    ]
    longest = max((run.epochs for run in runs), default=1)
    if not by_time:
        traces += _posts(runs, published, what)
    y_axis = ACCURACY_AXIS if what == "accuracy" else loss_axis([value for one in traces for value in one["y"]])
    if what == "accuracy":
        traces.append(guessing(seconds / unit if seconds is not None else longest))
    x_axis = _time_axis(seconds, unit) if seconds is not None else epoch_axis(longest)
    return new_figure(traces, plain_layout() | {"hovermode": "x unified", "xaxis": x_axis, "yaxis": y_axis})


def posts_figure(rows: Sequence[PostRow]) -> go.Figure:
    """One row a recipe: the post's claim as a bar, its last five epochs as a diamond, this machine's runs as dots."""
    names = [row.recipe for row in rows]
    dots = [(value, row.recipe, name) for row in rows for name, value in row.own.items()]
    lowest = min([0.5, *(row.low for row in rows), *(value for value, _, _ in dots)])
    layout = plain_layout() | {
        "height": HEAD + ROW_HEIGHT * len(rows),
        "bargap": 0,
        "xaxis": axis("validation accuracy") | {"range": [lowest - 0.02, 1.0], "tickformat": ".0%", "fixedrange": True},
        "yaxis": axis("") | {"autorange": "reversed", "fixedrange": True, "type": "category"},
    }
    return new_figure([_claims(rows, names), _last_epochs(rows, names), _own_runs(dots)], layout)


def _claims(rows: Sequence[PostRow], names: Sequence[str]) -> Trace:
    return trace(
        "bar",
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


def _last_epochs(rows: Sequence[PostRow], names: Sequence[str]) -> Trace:
    return trace(
        "scatter",
        x=[row.post for row in rows],
        y=names,
        name="the post's last five epochs",
        mode="markers",
        marker={"symbol": "diamond-open", "size": 12, "color": MUTED, "line": {"width": 2}},
        hovertemplate="the post's last five: %{x:.1%}<extra></extra>",
    )


def _own_runs(dots: Sequence[tuple[float, str, str]]) -> Trace:
    return trace(
        "scatter",
        x=[value for value, _, _ in dots] or [None],
        y=[recipe for _, recipe, _ in dots] or [None],
        text=[escape(name, quote=False) for _, _, name in dots],
        name="your runs' last five epochs",
        mode="markers",
        marker={"symbol": "circle", "size": 12, "color": RUN_COLOURS[0]},
        hovertemplate="%{text}: %{x:.1%}<extra></extra>",
    )


def _curve(
    run: RunCurves,
    number: int,
    what: str,
    split: str,
    unit: float | None,
    smoothing: float,
    both: bool,
) -> Trace:
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
    marked = split == "validation" or not both
    return trace(
        "scatter",
        x=x or [None],  # a trace without any point would be missing in the legend
        y=y or [None],
        name=name if split == "validation" or not both else f"{name}, training",
        legendgroup=run.name,
        showlegend=split == "validation" or not both,
        mode="lines+markers",
        marker={
            "size": _marks(done, len(y)) if marked else _last_mark(len(y)),
            "symbol": RUN_SYMBOLS[number % len(RUN_SYMBOLS)],
            "opacity": 1,  # marks of several sizes would be faint
        },
        line=line | {"color": colour},
        hovertemplate=PERCENT if what == "accuracy" else NUMBER,
    )


def _marks(epochs: int, points: int) -> int | list[int]:
    """The size of each point's mark: one an epoch, not one a step."""
    return [MARK] * epochs + [0] * (points - epochs) if points > max(epochs, 1) else MARK


def _last_mark(points: int, shown: int | None = None) -> list[int]:
    """One mark at the end of what is shown of a curve says whose it is, also to those who see no colours."""
    last = min(points, shown or points)
    return [0] * (last - 1) + [MARK] + [0] * (points - last)


def _posts(runs: Sequence[RunCurves], published: Mapping[str, Values], what: str) -> list[Trace]:
    form = PERCENT if what == "accuracy" else NUMBER
    longest = max((run.epochs for run in runs), default=1)
    first = {run.recipe: number for number, run in reversed(list(enumerate(runs)))}
    recipes = dict.fromkeys(run.recipe for run in runs if run.recipe in published)
    return [
        trace(
            "scatter",
            x=list(range(1, len(published[recipe]) + 1)),
            y=list(published[recipe]),
            name="the posts",
            legendgroup="the posts",
            showlegend=number == 0,
            mode="lines+markers",
            marker={
                "size": _last_mark(len(published[recipe]), longest),
                "symbol": RUN_SYMBOLS[first[recipe] % len(RUN_SYMBOLS)],
                "opacity": 1,
            },
            line=PUBLISHED | {"color": RUN_COLOURS[first[recipe] % len(RUN_COLOURS)]},
            hovertemplate=f"{form}<extra>{recipe} in the post</extra>",
        )
        for number, recipe in enumerate(recipes)
    ]


def _time_axis(seconds: float, unit: float) -> dict[str, Any]:
    shown = max(seconds, 1.0) / unit  # before the first step there would be no axis
    return axis(f"{'seconds' if unit == 1 else 'minutes'} since the first step") | {"range": [0, 1.01 * shown]}

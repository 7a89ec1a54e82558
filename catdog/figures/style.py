"""Every colour, dash and size of the figures.

Colour says which class or run, dash says which split: training thin, validation bold, published dotted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go

from catdog.settings import CLASSES

CAT, DOG = "#E69F00", "#0072B2"
CLASS_COLOURS = dict(zip(CLASSES, (CAT, DOG), strict=True))
# Okabe and Ito's palette without cat and dog: told apart by colour-blind eyes. https://jfly.uni-koeln.de/color/
# Its yellow cannot be seen on white, its black not on the dark background, and its purple and its sky are darker here:
# every line stands out by 3:1 in light and in dark. The fifth run has the first colour again and a mark of its own.
RUN_COLOURS = ("#009E73", "#D55E00", "#C96FA3", "#5688FC")
RUN_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "circle-open", "square-open", "diamond-open", "star")
MUTED = "#7A8590"  # readable on the light and on the dark background: 3.6:1 and 4.6:1
# A cat's orange is too light for the light page alone: its shape is seen by its outline.
CLASS_MARKS = {label: {"color": one, "line": {"color": MUTED, "width": 1}} for label, one in CLASS_COLOURS.items()}
GRID = "rgba(128, 140, 150, 0.25)"

TRAINING = {"width": 2, "dash": "solid"}
VALIDATION = {"width": 4, "dash": "solid"}
PUBLISHED = {"width": 2.5, "dash": "dot"}
BASELINE = {"width": 1.5, "dash": "solid"}

FONT_SIZE = 16  # px
PROJECTOR_LETTERS = 22  # px, in the place of FONT_SIZE
PROJECTOR_LINES, PROJECTOR_MARKS, PROJECTOR_MARGINS, PROJECTOR_HEIGHT = 1.5, 1.4, 1.3, 1.15  # times

Values = Sequence[float | None]
Trace = dict[str, Any]


def trace(kind: str, **values: Any) -> Trace:
    """One trace of a figure, of Plotly's kinds ("scatter", "bar"), before Plotly looks at it; see `new_figure`."""
    return {"type": kind, **values}


def new_figure(traces: Sequence[Trace] = (), layout: Mapping[str, Any] | None = None) -> go.Figure:
    """A figure of these traces and this layout. All are made here, so that pandas is whole before Plotly looks for it.

    Plotly takes a module that another visitor's thread is just loading for one that is there, and stumbles: hence a
    trace is plain data until then. A layout that is given here takes a tenth of the time of `update_layout`.
    """
    import pandas  # noqa: F401 - waits for the other thread; not above, because Home shows no figure and would load it

    return go.Figure(list(traces), layout)


def plain_layout() -> dict[str, Any]:
    """Clear background and no template: text colours come from the page's theme."""
    return {
        "template": "none",
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"size": FONT_SIZE},
        "margin": {"l": 64, "r": 12, "t": 8, "b": 56},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "font": {"size": FONT_SIZE}},
    }


def axis(title: str) -> dict[str, Any]:
    # Each size in words of its own: Streamlit's theme has smaller ones that would win over the figure's font.
    size = {"size": FONT_SIZE}
    return {
        "gridcolor": GRID,
        "zeroline": False,
        "automargin": True,
        "tickfont": size,
        "title": {"text": title, "font": size},
    }


def for_projector(plot: Mapping[str, Any]) -> dict[str, Any]:
    """The same drawn figure for the back of a room: larger letters and marks, thicker lines, wider margins.

    `plot` is a figure as plain data, as in Plotly's JSON, and is left as it is: others may be looking at it.
    """
    return {name: _enlarged(part, ()) for name, part in plot.items()}


def _enlarged(part: Any, names: tuple[str, ...]) -> Any:
    """A part of a figure, which stands below these names in it; only numbers that are a size in pixels change."""
    if isinstance(part, Mapping):
        return {name: _enlarged(one, (*names, name)) for name, one in part.items()}
    if isinstance(part, list):
        return [_enlarged(one, names) for one in part]
    times = _times(names) if isinstance(part, int | float) and not isinstance(part, bool) else 1
    return part if times == 1 else round(times * part, 1)


def _times(names: tuple[str, ...]) -> float:
    holder, name = names[-2:] if len(names) > 1 else ("", "")
    if name == "size" and holder.endswith("font"):
        return PROJECTOR_LETTERS / FONT_SIZE
    if name == "size" and holder == "marker":
        return PROJECTOR_MARKS
    if name == "width" and holder == "line":
        return PROJECTOR_LINES
    return PROJECTOR_MARGINS if holder == "margin" else 1

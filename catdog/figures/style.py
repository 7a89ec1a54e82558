"""Every colour, dash and size of the figures.

Colour says which class or run, dash says which split: training thin, validation bold, published dotted.
"""

from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go

from catdog.settings import CLASSES

CAT, DOG = "#E69F00", "#0072B2"
CLASS_COLOURS = dict(zip(CLASSES, (CAT, DOG), strict=True))
# Okabe and Ito's palette without cat and dog: told apart by colour-blind eyes. https://jfly.uni-koeln.de/color/
# Its yellow cannot be seen on white, its black not on the dark background; the fifth run has the first colour again and
# a mark of its own.
RUN_COLOURS = ("#009E73", "#D55E00", "#CC79A7", "#56B4E9")
RUN_SYMBOLS = ("circle", "square", "diamond", "triangle-up", "circle-open", "square-open", "diamond-open", "star")
MUTED = "#7A8590"  # readable on the light and on the dark background: 3.6:1 and 4.6:1
GRID = "rgba(128, 140, 150, 0.25)"

TRAINING = {"width": 2, "dash": "solid"}
VALIDATION = {"width": 4, "dash": "solid"}
PUBLISHED = {"width": 2.5, "dash": "dot"}
BASELINE = {"width": 1.5, "dash": "solid"}

FONT_SIZE = 16  # px

Values = Sequence[float | None]


def new_figure(*traces: Any) -> go.Figure:
    """A figure with these traces. Everyone begins one here, so that pandas is whole before Plotly looks for it.

    Plotly takes a module that another visitor's thread is just loading for one that is there, and stumbles.
    """
    import pandas  # noqa: F401 - waits for the other thread; not above, because Home shows no figure and would load it

    return go.Figure(*traces)


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

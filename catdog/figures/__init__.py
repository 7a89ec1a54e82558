"""Plotly figures: data in, figure out. Every colour and dash of the project is decided in `style`."""

from catdog.figures.answers import confusion_figure, probabilities_figure, reliability_figure
from catdog.figures.architecture import architecture_figure
from catdog.figures.comparison import SPLITS, PostRow, RunCurves, comparison_figure, posts_figure, smoothed
from catdog.figures.curves import accuracy_figure, loss_figure
from catdog.figures.photos import BINS, class_counts_figure, pixels_figure, sizes_figure
from catdog.figures.spread import Band, spread_figure
from catdog.figures.style import CAT, DOG, RUN_COLOURS, RUN_SYMBOLS

__all__ = [
    "BINS",
    "CAT",
    "DOG",
    "RUN_COLOURS",
    "RUN_SYMBOLS",
    "SPLITS",
    "Band",
    "PostRow",
    "RunCurves",
    "accuracy_figure",
    "architecture_figure",
    "class_counts_figure",
    "comparison_figure",
    "confusion_figure",
    "loss_figure",
    "pixels_figure",
    "posts_figure",
    "probabilities_figure",
    "reliability_figure",
    "sizes_figure",
    "smoothed",
    "spread_figure",
]

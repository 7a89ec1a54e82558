"""Plotly figures: data in, figure out. Every colour and dash of the project is decided in `style`."""

from catdog.figures.answers import confusion_figure, probabilities_figure, reliability_figure
from catdog.figures.curves import accuracy_figure, loss_figure
from catdog.figures.photos import BINS, class_counts_figure, pixels_figure, sizes_figure
from catdog.figures.style import CAT, DOG, RUN_COLOURS

__all__ = [
    "BINS",
    "CAT",
    "DOG",
    "RUN_COLOURS",
    "accuracy_figure",
    "class_counts_figure",
    "confusion_figure",
    "loss_figure",
    "pixels_figure",
    "probabilities_figure",
    "reliability_figure",
    "sizes_figure",
]

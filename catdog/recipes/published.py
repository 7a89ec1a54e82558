"""What the posts published for each recipe. The figures lie in published.json, as copied from the posts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from statistics import fmean
from types import MappingProxyType

from catdog.recipes.catalogue import recipe

Curve = tuple[float, ...]  # one value an epoch


@dataclass(frozen=True)
class Published:
    """The published outcome of one recipe: 20 epochs, and what the author said of it. Accuracies are fractions of 1."""

    claim_text: str  # validation accuracy in the author's words: "56-64%, best 63.74%"
    claimed_low: float
    claimed_high: float
    loss: Curve
    accuracy: Curve
    val_loss: Curve
    val_accuracy: Curve
    ms_per_step: float  # median, on a Colab GPU
    claimed_best: float | None = None
    test_accuracy: float | None = None
    test_loss: float | None = None
    test_photos: int | None = None
    total_parameters: int | None = None  # as printed by Keras in the post
    trainable_parameters: int | None = None

    @property
    def last_five_mean(self) -> float:
        """Mean validation accuracy of the last five epochs, which jumps less than the last epoch alone."""
        return fmean(self.val_accuracy[-5:])


def published(key: str) -> Published:
    """What the post says about the recipe of this key; raises SettingError for an unknown key."""
    return _all_published()[recipe(key).key]


@cache
def _all_published() -> Mapping[str, Published]:
    entries = json.loads(files("catdog.recipes").joinpath("published.json").read_text(encoding="utf-8"))
    return MappingProxyType({key: _from_json(entry) for key, entry in entries.items()})


def _from_json(entry: Mapping[str, object]) -> Published:
    return Published(**{name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()})

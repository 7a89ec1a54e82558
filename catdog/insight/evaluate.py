"""Score a network on photos it was not trained on."""

from dataclasses import dataclass

import keras
import numpy as np

from catdog.insight.calibration import Calibration, calibrate
from catdog.models.feed import PhotoBatches
from catdog.models.outputs import dog_probability, log_odds
from catdog.photos import PreparedPhotos
from catdog.recipes import Recipe

SCORING_BATCH = 64  # photos a step: any size gives the same answers; this one is quick on a CPU


@dataclass(frozen=True)
class Evaluation:
    """The answers to one split. `odds` is the log odds of a dog for each photo, as the network gave them; `truth` its
    label (0 cat, 1 dog); both in `positions`' order.

    `confusion[truth][answer]` counts photos; its sum is their number.
    """

    split: str
    positions: tuple[int, ...]
    truth: tuple[int, ...]
    odds: tuple[float, ...]

    @property
    def photos(self) -> int:
        return len(self.truth)

    @property
    def confusion(self) -> list[list[int]]:
        counts = [[0, 0], [0, 0]]
        for truth, odds in zip(self.truth, self.odds, strict=True):
            counts[truth][int(odds > 0)] += 1
        return counts

    @property
    def accuracy(self) -> float:
        """Right answers, as a share of all photos."""
        confusion = self.confusion
        return (confusion[0][0] + confusion[1][1]) / self.photos

    @property
    def calibration(self) -> Calibration:
        """The temperature that fits these answers, and what it changes."""
        return calibrate(np.array(self.odds), np.array(self.truth))

    def as_json(self) -> dict:
        return {
            "split": self.split,
            "photos": self.photos,
            "accuracy": self.accuracy,
            "confusion": self.confusion,
            "positions": self.positions,
            "truth": self.truth,
            "dog": [round(float(dog), 6) for dog in dog_probability(np.array(self.odds))],
        }


def evaluate(
    model: keras.Model, recipe: Recipe, photos: PreparedPhotos, split: str, callbacks: list[keras.callbacks.Callback]
) -> Evaluation:
    """Ask the network about every photo of a split, augmentation off, each photo once."""
    positions = photos.positions(split)
    batches = PhotoBatches(photos, positions, SCORING_BATCH)
    outputs = model.predict(batches, verbose=0, callbacks=callbacks)
    return Evaluation(
        split=split,
        positions=tuple(int(position) for position in positions),
        truth=tuple(int(label) for label in photos.labels[positions]),
        odds=tuple(float(odds) for odds in log_odds(outputs, recipe.from_logits)),
    )


def scored(
    model: keras.Model, recipe: Recipe, photos: PreparedPhotos, callbacks: list[keras.callbacks.Callback]
) -> dict:
    """What evaluation.json holds: the answers to validation and test photos, and the calibration by the former."""
    validation, test = (evaluate(model, recipe, photos, split, callbacks) for split in ("validation", "test"))
    return {
        "weights": "best",
        "validation": validation.as_json(),
        "test": test.as_json(),
        "calibration": validation.calibration.as_json(),
    }

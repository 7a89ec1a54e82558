"""Score a network on photos it was not trained on."""

from dataclasses import dataclass

import keras

from catdog.models.feed import PhotoBatches
from catdog.models.outputs import probabilities
from catdog.photos import PreparedPhotos
from catdog.recipes import Recipe

SCORING_BATCH = 64  # photos a step: any size gives the same answers; this one is quick on a CPU


@dataclass(frozen=True)
class Evaluation:
    """The answers to one split. `dog` is P(dog) of each photo, `truth` its label (0 cat, 1 dog), in `positions`' order.

    `confusion[truth][answer]` counts photos; its sum is their number.
    """

    split: str
    positions: tuple[int, ...]
    truth: tuple[int, ...]
    dog: tuple[float, ...]

    @property
    def photos(self) -> int:
        return len(self.truth)

    @property
    def confusion(self) -> list[list[int]]:
        counts = [[0, 0], [0, 0]]
        for truth, dog in zip(self.truth, self.dog, strict=True):
            counts[truth][int(dog > 0.5)] += 1
        return counts

    @property
    def accuracy(self) -> float:
        """Right answers, as a share of all photos."""
        confusion = self.confusion
        return (confusion[0][0] + confusion[1][1]) / self.photos

    def as_json(self) -> dict:
        return {
            "split": self.split,
            "photos": self.photos,
            "accuracy": self.accuracy,
            "confusion": self.confusion,
            "positions": self.positions,
            "truth": self.truth,
            "dog": [round(value, 6) for value in self.dog],
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
        dog=tuple(float(dog) for dog in probabilities(outputs, recipe)[:, 1]),
    )

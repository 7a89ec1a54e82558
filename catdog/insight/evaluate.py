"""Score a network on photos it was not trained on."""

import keras

from catdog.insight.scores import Evaluation, Scores
from catdog.models.feed import PhotoBatches
from catdog.models.outputs import log_odds
from catdog.photos import PreparedPhotos
from catdog.recipes import Recipe

SCORING_BATCH = 64  # photos a step: any size gives the same answers; this one is quick on a CPU


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
) -> Scores:
    """The network's answers to all validation and test photos."""
    return Scores.of(*(evaluate(model, recipe, photos, split, callbacks) for split in ("validation", "test")))

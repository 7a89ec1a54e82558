"""Score a network on photos it was not trained on."""

from collections.abc import Callable, Sequence

import keras

from catdog.insight.scores import Evaluation, Scores
from catdog.models.feed import LOOKING_BATCH, Batches, feed, photo_batches
from catdog.models.outputs import log_odds
from catdog.photos import PreparedPhotos
from catdog.recipes import Recipe


def evaluate(
    model: keras.Model,
    recipe: Recipe,
    photos: PreparedPhotos,
    split: str,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    batches: Batches | None = None,
) -> Evaluation:
    """Ask the network about every photo of a split, augmentation off, each photo once.

    `batches` is given where the model takes something else than the photos, such as what a frozen base says of them.
    """
    positions = photos.positions(split)
    given = photo_batches(photos, positions, LOOKING_BATCH) if batches is None else batches
    outputs = model.predict(feed(given), verbose=0, callbacks=list(callbacks))
    return Evaluation(
        split=split,
        positions=tuple(int(position) for position in positions),
        truth=tuple(int(label) for label in photos.labels[positions]),
        odds=tuple(float(odds) for odds in log_odds(outputs, recipe.from_logits)),
    )


def scored(
    model: keras.Model,
    recipe: Recipe,
    photos: PreparedPhotos,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    held_out: Callable[[str], Batches] = lambda split: None,
) -> Scores:
    """The network's answers to all validation and test photos; `held_out` gives the batches of a split, as above."""
    asked = (evaluate(model, recipe, photos, split, callbacks, held_out(split)) for split in ("validation", "test"))
    return Scores.of(*asked)

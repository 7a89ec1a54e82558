"""Augmented copies of photos, made by the very Keras layers that a recipe trains with, and what those layers drew."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from catdog.models.affine import BORDERS, moved
from catdog.models.build import PLAIN_LAYERS
from catdog.models.drawn import Drawn
from catdog.recipes import Augmentation, Layer
from catdog.recipes.augmentation import PIXELS, seed_of

GEOMETRY = (keras.layers.RandomFlip, keras.layers.RandomRotation)


class Augment:
    """Draws anew at each call what is to happen to each photo of a batch, and does it.

    `generators` are the sources of chance, one for each layer of the augmentation. Called with uint8 (batch, height,
    width, 3), it gives copies of the same shape and kind; `drawn` tells what was drawn for them.

    The layers' `get_random_transformation` draws, their `transform_images` applies it: the two halves of what a Keras
    layer does when it is called. https://keras.io/api/layers/preprocessing_layers/image_augmentation/
    Flip and turn are applied in one pass, which gives the same pictures in a tenth of the time.
    """

    def __init__(self, augmentation: Augmentation, generators: Sequence[keras.random.SeedGenerator]) -> None:
        self.augmentation = augmentation
        self.steps = list(zip(map(_layer, augmentation.layers()), generators, strict=True))
        self.transformations: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        given = keras.ops.convert_to_tensor(photos)  # only its shape counts
        self.transformations = [
            (type(layer).__name__, layer.get_random_transformation(given, training=True, seed=generator))
            for layer, generator in self.steps
        ]
        left = [(layer, told) for (layer, _), (_, told) in zip(self.steps, self.transformations, strict=True)]
        geometry = [(layer, told) for layer, told in left if isinstance(layer, GEOMETRY)]
        if geometry and self.augmentation.fill in BORDERS:
            left = left[len(geometry) :]  # they are the first
            photos = self._moved(photos.astype(np.float32) if left else photos, dict(self.transformations))
        if not left:
            return photos
        copies: Any = keras.ops.convert_to_tensor(photos, dtype="float32")
        for layer, told in left:
            copies = layer.transform_images(copies, told, training=True)
        return keras.ops.convert_to_numpy(copies).clip(*PIXELS).round().astype(np.uint8)

    def _moved(self, photos: np.ndarray, told: dict[str, dict[str, Any]]) -> np.ndarray:
        flip, turn = told.get("RandomFlip"), told.get("RandomRotation")
        flips = _numbers(flip["flips"]).ravel() if flip else np.zeros(len(photos), bool)
        turns = _numbers(turn["rotation_matrix"]) if turn else None
        return moved(photos, self.augmentation.flip, flips, turns, self.augmentation.fill)

    def drawn(self, shape: Sequence[int]) -> tuple[Drawn, ...]:
        """What the last call drew for each photo of a batch of this shape."""
        told: list[dict[str, Any]] = [{} for _ in range(shape[0])]
        for kind, transformation in self.transformations:
            fields = _read(kind, transformation, self.augmentation, shape)
            told = [one | field for one, field in zip(told, fields, strict=True)]
        return tuple(Drawn(**one) for one in told)


def augmented(photos: np.ndarray, augmentation: Augmentation, seed: int) -> tuple[np.ndarray, tuple[Drawn, ...]]:
    """One copy of each photo, uint8 (batch, height, width, 3), and what was drawn for each; the same for the same seed.

    This is what a page shows. What a network learns from comes from the same `Augment`.
    """
    augment = seeded_augment(augmentation, seed)
    return augment(photos), augment.drawn(photos.shape)


def seeded_augment(augmentation: Augmentation, seed: int) -> Augment:
    """An `Augment` that draws the same for the same seed."""
    return Augment(augmentation, [keras.random.SeedGenerator(seed_of(one, seed)) for one in augmentation.layers()])


@lru_cache(maxsize=64)
def _layer(recipe_layer: Layer) -> keras.Layer:
    """The Keras layer. Making one takes longer than using it, and with a seed from outside it keeps nothing in mind."""
    return PLAIN_LAYERS[recipe_layer.kind](**recipe_layer.arguments)


def _read(
    kind: str, transformation: dict[str, Any], augmentation: Augmentation, shape: Sequence[int]
) -> list[dict[str, Any]]:
    """What one layer drew for each photo of the batch, as fields of Drawn."""

    def values(name: str) -> np.ndarray:
        return _numbers(transformation[name]).reshape(count, -1)

    count, height, width, _ = shape
    match kind:
        case "RandomFlip":
            # Keras throws one coin: with both ways on, a photo is flipped both ways or not at all.
            return [{"flip": augmentation.flip if flipped else "none"} for (flipped,) in values("flips")]
        case "RandomRotation":
            return [{"turn": float(angle)} for (angle,) in values("angle")]
        case "RandomZoom":
            return [{"zoom": float(seen)} for (seen,) in values("height_zoom")]
        case "RandomTranslation":
            return [{"shift": (float(x) / width, float(y) / height)} for x, y in values("translations")]
        case "RandomBrightness":
            return [{"brightness": float(added) / (PIXELS[1] - PIXELS[0])} for (added,) in values("rgb_delta")]
        case "RandomContrast":
            return [{"contrast": float(factor)} for (factor,) in values("contrast_factor")]
    raise ValueError(f"What {kind} draws cannot be read yet; add it to _read.")


def _numbers(tensor: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)

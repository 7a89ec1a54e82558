"""Augmented copies of photos, made by the very Keras layers that a recipe trains with, and what those layers drew."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import keras
import numpy as np

from catdog.models.build import PLAIN_LAYERS
from catdog.models.drawn import Drawn
from catdog.recipes import Augmentation, Layer
from catdog.recipes.augmentation import PIXELS, seed_of


def augmented(photos: np.ndarray, augmentation: Augmentation, seed: int) -> tuple[np.ndarray, tuple[Drawn, ...]]:
    """One copy of each photo, uint8 (batch, height, width, 3), and what was drawn for each; the same for the same seed.

    The layers' `get_random_transformation` draws, their `transform_images` applies it: the two halves of what a Keras
    layer does when it is called. https://keras.io/api/layers/preprocessing_layers/image_augmentation/
    """
    copies: Any = keras.ops.convert_to_tensor(photos, dtype="float32")
    drawn: list[dict[str, Any]] = [{} for _ in photos]
    for recipe_layer in augmentation.layers():
        layer, generator = _layer(recipe_layer), keras.random.SeedGenerator(seed_of(recipe_layer, seed))
        transformation = layer.get_random_transformation(copies, training=True, seed=generator)
        copies = layer.transform_images(copies, transformation, training=True)
        fields = _read(recipe_layer.kind, transformation, augmentation, photos.shape)
        drawn = [one | field for one, field in zip(drawn, fields, strict=True)]
    pixels = keras.ops.convert_to_numpy(copies).clip(*PIXELS).round().astype(np.uint8)
    return pixels, tuple(Drawn(**one) for one in drawn)


@lru_cache(maxsize=64)
def _layer(recipe_layer: Layer) -> keras.Layer:
    """The Keras layer. Making one takes longer than using it, and with a seed from outside it keeps nothing in mind."""
    return PLAIN_LAYERS[recipe_layer.kind](**recipe_layer.arguments)


def _read(
    kind: str, transformation: dict[str, Any], augmentation: Augmentation, shape: Sequence[int]
) -> list[dict[str, Any]]:
    """What one layer drew for each photo of the batch, as fields of Drawn."""

    def values(name: str) -> np.ndarray:
        return keras.ops.convert_to_numpy(transformation[name]).reshape(count, -1)

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

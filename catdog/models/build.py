"""One function that turns any recipe into a Keras model, and one that makes it ready to train."""

from collections.abc import Mapping
from types import MappingProxyType

import keras

from catdog.embedded.base import embedded_base
from catdog.errors import WeightsError
from catdog.models.pretrained import missing_weights, weights_file
from catdog.recipes import Layer, Recipe, named_layers
from catdog.recipes.recipe import ANSWERS
from catdog.settings import FLOAT32

PLAIN_LAYERS = {
    "Conv2D": keras.layers.Conv2D,
    "Dense": keras.layers.Dense,
    "Dropout": keras.layers.Dropout,
    "Flatten": keras.layers.Flatten,
    "GlobalAveragePooling2D": keras.layers.GlobalAveragePooling2D,
    "GlobalMaxPooling2D": keras.layers.GlobalMaxPooling2D,
    "MaxPooling2D": keras.layers.MaxPooling2D,
    "RandomBrightness": keras.layers.RandomBrightness,
    "RandomContrast": keras.layers.RandomContrast,
    "RandomFlip": keras.layers.RandomFlip,
    "RandomRotation": keras.layers.RandomRotation,
    "RandomTranslation": keras.layers.RandomTranslation,
    "RandomZoom": keras.layers.RandomZoom,
    "Rescaling": keras.layers.Rescaling,
}


def build(
    recipe: Recipe,
    pretrained: bool = True,
    precision: str = FLOAT32,
    others: Mapping[str, type[keras.Layer]] = MappingProxyType({}),
) -> keras.Model:
    """The network of a recipe, not yet compiled: float32 (batch, 160, 160, 3), 0-255, to (batch, recipe.outputs).

    `pretrained=False` leaves the frozen base with random numbers, for weights that are loaded afterwards.
    `precision` is Keras' name of a dtype policy; augmentation, and all layers from the answer on, are float32 in each.
    `others` are layers, by their kind, that take the place of Keras' own.
    Raises WeightsError where the pretrained weights are needed and not on this machine.
    """
    photo = keras.Input((*recipe.image_size, 3), name="photo")
    x = photo
    answered = False
    for name, layer in named_layers(recipe):
        answered = answered or name in ANSWERS
        dtype = FLOAT32 if answered or layer.random else precision
        if layer.frozen:
            # The posts call the frozen base with training=False, which holds its batch normalisation still.
            x = _frozen_base(name, layer, recipe.image_size, pretrained, dtype)(x, training=False)
        else:
            kind = others.get(layer.kind) or PLAIN_LAYERS[layer.kind]
            x = kind(**layer.arguments, name=name, dtype=dtype)(x)
    return keras.Model(photo, x, name=recipe.key.replace("-", "_").replace(".", "_"))


def compile_for_training(model: keras.Model, recipe: Recipe, learning_rate: float, steps_at_once: int = 1) -> None:
    """Give the model the recipe's loss, Adam with `learning_rate`, and accuracy between 0 and 1.

    `steps_at_once` is how many steps Keras makes between two calls of the callbacks.
    """
    if recipe.loss == "binary_crossentropy":
        loss = keras.losses.BinaryCrossentropy(from_logits=recipe.from_logits)
        # Keras' "accuracy" would compare a logit with 0.5; 50 % lies at logit 0.
        accuracy = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0 if recipe.from_logits else 0.5)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=recipe.from_logits)
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    adam = keras.optimizers.Adam(learning_rate)
    model.compile(optimizer=adam, loss=loss, metrics=[accuracy], steps_per_execution=steps_at_once)


def _frozen_base(name: str, layer: Layer, image_size: tuple[int, int], pretrained: bool, precision: str) -> keras.Model:
    make = embedded_base if layer.kind == "EmbeddedBase" else _mobilenet_v2
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(precision)  # the one way to tell a ready-made network
    try:
        return make(name, image_size, pretrained)
    finally:
        keras.config.set_dtype_policy(before)


def _mobilenet_v2(name: str, image_size: tuple[int, int], pretrained: bool) -> keras.Model:
    missing = missing_weights() if pretrained else None
    if missing:
        raise WeightsError(missing)
    shape, weights = (*image_size, 3), "imagenet" if pretrained else None
    try:
        base = keras.applications.MobileNetV2(input_shape=shape, include_top=False, weights=weights, name=name)
    except OSError as error:
        raise WeightsError(f"{weights_file()} is damaged ({error}). Delete it, then try again.") from error
    base.trainable = False
    return base

"""One function that turns any recipe into a Keras model, and one that makes it ready to train."""

import keras

from catdog.errors import WeightsError
from catdog.models.pretrained import missing_weights, weights_file
from catdog.recipes import Recipe, named_layers

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


def build(recipe: Recipe, pretrained: bool = True) -> keras.Model:
    """The network of a recipe, not yet compiled: float32 (batch, 160, 160, 3), 0-255, to (batch, recipe.outputs).

    `pretrained=False` leaves the frozen base with random numbers, for weights that are loaded afterwards.
    Raises WeightsError where the pretrained weights are needed and not on this machine.
    """
    photo = keras.Input((*recipe.image_size, 3), name="photo")
    x = photo
    for name, layer in named_layers(recipe):
        if layer.kind == "MobileNetV2":
            # The posts call the frozen base with training=False, which holds its batch normalisation still.
            x = _frozen_base(name, recipe, pretrained)(x, training=False)
        else:
            x = PLAIN_LAYERS[layer.kind](**layer.arguments, name=name)(x)
    return keras.Model(photo, x, name=recipe.key.replace("-", "_").replace(".", "_"))


def compile_for_training(model: keras.Model, recipe: Recipe, learning_rate: float) -> None:
    """Give the model the recipe's loss, Adam with `learning_rate`, and accuracy between 0 and 1."""
    if recipe.loss == "binary_crossentropy":
        loss = keras.losses.BinaryCrossentropy(from_logits=recipe.from_logits)
        # Keras' "accuracy" would compare a logit with 0.5; 50 % lies at logit 0.
        accuracy = keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0 if recipe.from_logits else 0.5)
    else:
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=recipe.from_logits)
        accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")
    model.compile(optimizer=keras.optimizers.Adam(learning_rate), loss=loss, metrics=[accuracy])


def _frozen_base(name: str, recipe: Recipe, pretrained: bool) -> keras.Model:
    missing = missing_weights() if pretrained else None
    if missing:
        raise WeightsError(missing)
    shape, weights = (*recipe.image_size, 3), "imagenet" if pretrained else None
    try:
        base = keras.applications.MobileNetV2(input_shape=shape, include_top=False, weights=weights, name=name)
    except OSError as error:
        raise WeightsError(f"{weights_file()} is damaged ({error}). Delete it, then try again.") from error
    base.trainable = False
    return base

"""A notebook's way: post 4's networks trained as TensorFlow's own tutorials do it, nothing added, nothing held back.

https://www.tensorflow.org/tutorials/images/transfer_learning
"""

from collections.abc import Callable
from pathlib import Path

import keras
import tensorflow as tf
from keras import layers

IMAGE_SIZE = (160, 160)  # height, width in pixels
BATCH_SIZE = 32


def datasets(folder: Path, seed: int) -> tuple[tf.data.Dataset, tf.data.Dataset]:
    """The photos of `folder`/train and `folder`/validation, decoded anew at each pass, shuffled, in batches.

    Photos are float32 (batch, 160, 160, 3), 0-255; labels int32 (batch,), 0 for the folder "cats".
    """

    def load(name: str) -> tf.data.Dataset:
        return keras.utils.image_dataset_from_directory(
            folder / name, shuffle=True, batch_size=BATCH_SIZE, image_size=IMAGE_SIZE, seed=seed
        ).prefetch(tf.data.AUTOTUNE)

    return load("train"), load("validation")


def model1() -> keras.Sequential:
    """Two convolutions on raw pixels."""
    return keras.Sequential(
        [
            keras.Input((*IMAGE_SIZE, 3)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(32, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )


def model2() -> keras.Sequential:
    """Wider, on photos that are mirrored and turned at random."""
    return keras.Sequential(
        [
            keras.Input((*IMAGE_SIZE, 3)),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )


def model3() -> keras.Sequential:
    """Pixels from -1 to 1, and no hidden Dense."""
    return keras.Sequential(
        [
            keras.Input((*IMAGE_SIZE, 3)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.2),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )


def model4(weights: str | None = "imagenet") -> keras.Sequential:
    """A frozen MobileNetV2 with a small head; `weights=None` leaves the base with random numbers."""
    base = keras.applications.MobileNetV2(input_shape=(*IMAGE_SIZE, 3), include_top=False, weights=weights)
    base.trainable = False
    photo = keras.Input((*IMAGE_SIZE, 3))
    return keras.Sequential(
        [
            keras.Input((*IMAGE_SIZE, 3)),
            layers.Rescaling(1 / 127.5, offset=-1),
            layers.RandomFlip("horizontal"),
            layers.RandomRotation(0.2),
            keras.Model(photo, base(photo, training=False)),
            layers.GlobalMaxPooling2D(),
            layers.Dropout(0.2),
            layers.Dense(2, activation="softmax"),
        ]
    )


NETWORKS: dict[str, Callable[[], keras.Sequential]] = {
    "post4-model1": model1,
    "post4-model2": model2,
    "post4-model3": model3,
    "post4-model4": model4,
}


def compiled(model: keras.Sequential) -> keras.Sequential:
    """The model, ready to be trained."""
    model.compile(
        optimizer=keras.optimizers.Adam(), loss=keras.losses.SparseCategoricalCrossentropy(), metrics=["accuracy"]
    )
    return model

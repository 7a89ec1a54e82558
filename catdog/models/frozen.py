"""The part of a network that never learns, and what it says of photos: computed apart from the part that does."""

import warnings
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from catdog.models.device import cpu_cores, on_gpu
from catdog.models.feed import LOOKING_BATCH
from catdog.recipes import Recipe, named_layers

AT_ONCE = 8  # photos that LiteRT is asked about together: more of them leave the processor's cache

WITHOUT_WEIGHTS = ("Rescaling", "GlobalMaxPooling2D", "GlobalAveragePooling2D", "Flatten")


def split(whole: keras.Model, recipe: Recipe) -> tuple[keras.Model | None, keras.Model]:
    """The frozen part of a network and the part that learns, made of the network's own layers; augmentation is in none.

    The frozen part takes photos and ends where learning begins: the second part takes what it says. It is None for a
    network that learns from its first layer on; then the second part takes the photos.
    """
    layers = [(name, layer) for name, layer in named_layers(recipe) if not layer.random]
    frozen_until = 0
    if recipe.has_frozen_base:
        learns = (place for place, (_, layer) in enumerate(layers) if not never_learns(layer))
        frozen_until = next(learns)
    frozen = _chain(whole, layers[:frozen_until], (*recipe.image_size, 3)) if frozen_until else None
    shape = frozen.output_shape[1:] if frozen else (*recipe.image_size, 3)
    return frozen, _chain(whole, layers[frozen_until:], shape)


def never_learns(layer: Any) -> bool:
    """Whether a recipe's layer gives the same for a photo in each epoch."""
    return layer.frozen or layer.kind in WITHOUT_WEIGHTS


def _chain(whole: keras.Model, layers: list, shape: tuple[int, ...]) -> keras.Model:
    entrance = x = keras.Input(shape)
    for name, layer in layers:
        x = whole.get_layer(name)(x, training=False) if layer.frozen else whole.get_layer(name)(x)
    return keras.Model(entrance, x)


def asked_quickly(frozen: keras.Model) -> Callable[[np.ndarray], np.ndarray]:
    """A function from uint8 photos (batch, 160, 160, 3) to what the frozen part says of them, float32.

    On a CPU it computes in LiteRT, which comes with TensorFlow and takes less than half of its time; the answers differ
    by rounding alone (below 0.001). On a GPU, and on Keras' other backends, the network itself is asked.
    """
    if keras.backend.backend() != "tensorflow" or on_gpu():
        return lambda photos: np.asarray(frozen.predict(photos, batch_size=LOOKING_BATCH, verbose=0), np.float32)
    return _Lite(frozen)


class _Lite:
    def __init__(self, frozen: keras.Model) -> None:
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

        entrance = tf.TensorSpec((AT_ONCE, *frozen.input_shape[1:]), tf.float32)
        traced = tf.function(lambda photos: frozen(photos, training=False)).get_concrete_function(entrance)
        # With its weights as constants the network needs no detour over a folder on disk, which takes seconds.
        content = tf.lite.TFLiteConverter.from_concrete_functions([convert_variables_to_constants_v2(traced)]).convert()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # it will move to a package of its own; TensorFlow is pinned
            self.interpreter = tf.lite.Interpreter(model_content=content, num_threads=cpu_cores())
        self.interpreter.allocate_tensors()
        self.entrance = self.interpreter.get_input_details()[0]["index"]
        self.exit = self.interpreter.get_output_details()[0]["index"]

    def __call__(self, photos: np.ndarray) -> np.ndarray:
        return np.concatenate([self._ask(photos[at : at + AT_ONCE]) for at in range(0, len(photos), AT_ONCE)])

    def _ask(self, photos: np.ndarray) -> np.ndarray:
        filled = np.zeros((AT_ONCE, *photos.shape[1:]), np.float32)
        filled[: len(photos)] = photos
        self.interpreter.set_tensor(self.entrance, filled)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.exit)[: len(photos)]

"""Which parts of a picture spoke for an answer: Grad-CAM.

R. Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization", 2016,
https://arxiv.org/abs/1610.02391.
"""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf

Halves = tuple[keras.Model, keras.Model]  # from the photo to the last map of features, and from there to the logits


def halves(model: keras.Model) -> Halves:
    """Cut a network whose layers form one chain behind its last convolution, or behind its frozen base.

    Both halves share the network's weights, but for those of a last softmax, which are copied: it is left out, because
    behind it a sure answer leaves no gradient to follow. So is what only acts while training.
    """
    layers = [layer for layer in model.layers[1:] if not only_in_training(layer)]
    last = max(place for place, layer in enumerate(layers) if isinstance(layer, keras.layers.Conv2D | keras.Model))
    features = _chain(model.input, layers[: last + 1])
    given = keras.Input(features.shape[1:])
    return keras.Model(model.input, features), keras.Model(given, _chain(given, layers[last + 1 :]))


def heat_function(parts: Halves) -> Callable[[np.ndarray], np.ndarray]:
    """A function from one photo, (160, 160, 3), 0-255, to its map: float32 (height, width) of the last features.

    Above 0 is what speaks for "dog", below 0 what speaks for "cat"; the size is that of the network's log odds.
    """
    seeing, deciding = parts

    @tf.function(reduce_retracing=True)
    def signed_map(photo):
        features = seeing(photo, training=False)
        with tf.GradientTape() as tape:
            tape.watch(features)
            logits = deciding(features, training=False)
            odds = logits[:, 0] if logits.shape[1] == 1 else logits[:, 1] - logits[:, 0]
        weights = tf.reduce_mean(tape.gradient(odds, features), axis=(1, 2), keepdims=True)
        return tf.reduce_sum(weights * features, axis=-1)[0]

    return lambda photo: signed_map(photo[None].astype(np.float32)).numpy()


def only_in_training(layer: keras.Layer) -> bool:
    """Whether it does nothing once the network is asked: augmentation, dropout."""
    return isinstance(layer, keras.layers.Dropout) or type(layer).__name__.startswith("Random")


def _chain(x, layers: list[keras.Layer]):
    for layer in layers:
        if isinstance(layer, keras.Model):
            x = layer(x, training=False)
        elif getattr(layer, "activation", None) is keras.activations.softmax:
            x = _without_activation(layer, x)
        else:
            x = layer(x)
    return x


def _without_activation(layer: keras.layers.Dense, x):
    plain = keras.layers.Dense(layer.units, name=layer.name)
    answer = plain(x)
    plain.set_weights(layer.get_weights())
    return answer

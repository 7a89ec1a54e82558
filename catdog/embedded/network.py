"""The embedded network: a small residual CNN, and the way it answers, as the starter, about a 160×160 photo.

The blocks are those of K. He et al., "Deep Residual Learning for Image Recognition", 2015,
https://arxiv.org/abs/1512.03385, with averaging instead of skipping where a shortcut halves its size, as in T. He et
al., "Bag of Tricks for Image Classification with Convolutional Neural Networks", 2018, https://arxiv.org/abs/1812.01187.
"""

import keras

from catdog.settings import IMAGE_SIZE

SIZE = 112  # pixels: the photos it learned from are no larger
STAGES = ((24, 1), (64, 1), (128, 2), (256, 1))  # channels, blocks; each stage after the first halves the picture
STAGE_NAMES = tuple(f"stage_{number}" for number in range(1, len(STAGES) + 1))  # of each stage's last layer
BODY = "starter_body"


def body() -> keras.Model:
    """Photos of any size, (batch, height, width, 3), 0-255, to a map of 256 features for every 16×16 pixels."""
    photo = keras.Input((None, None, 3), name="pixels")
    return keras.Model(photo, convolutions(keras.layers.Rescaling(1 / 127.5, offset=-1)(photo)), name=BODY)


def convolutions(x: keras.KerasTensor) -> keras.KerasTensor:
    """Photos scaled to -1..1, (batch, height, width, 3), to the map of features: all layers that have weights."""
    x = _convolution(x, STAGES[0][0], 3, stride=2)
    for stage, (channels, blocks) in enumerate(STAGES):
        for block in range(blocks):
            last = STAGE_NAMES[stage] if block == blocks - 1 else None
            x = _block(x, channels, stride=2 if stage and not block else 1, name=last)
    return x


def classifier(trained_body: keras.Model, dog: keras.layers.Dense) -> keras.Model:
    """The network that answers: (batch, 160, 160, 3), 0-255, to one logit for "dog", (batch, 1).

    It looks at each photo and at its mirror image, and takes the mean of what it sees.
    """
    photo = keras.Input((*IMAGE_SIZE, 3), name="photo")
    pooling = keras.layers.GlobalAveragePooling2D()
    small = keras.layers.Resizing(SIZE, SIZE, antialias=True, name="smaller")(photo)
    mirrored = keras.ops.flip(small, axis=2)
    features = keras.layers.Average()([pooling(trained_body(one)) for one in (small, mirrored)])
    return keras.Model(photo, dog(features), name="starter")


def dog_layer() -> keras.layers.Dense:
    """The last layer: one logit, in float32 whatever the rest computes in."""
    return keras.layers.Dense(1, name="dog", dtype="float32")


def _block(x, channels: int, stride: int, name: str | None):
    shortcut = x
    if stride > 1:
        shortcut = keras.layers.AveragePooling2D(stride, padding="same")(shortcut)
    if x.shape[-1] != channels:
        shortcut = _convolution(shortcut, channels, 1, activation=False)
    x = _convolution(x, channels, 3, stride)
    x = _convolution(x, channels, 3, activation=False)
    return keras.layers.ReLU(name=name)(keras.layers.Add()([x, shortcut]))


def _convolution(x, channels: int, size: int, stride: int = 1, activation: bool = True):
    x = keras.layers.Conv2D(channels, size, strides=stride, padding="same", use_bias=False)(x)
    x = keras.layers.BatchNormalization()(x)
    return keras.layers.ReLU()(x) if activation else x

"""Post 5, "Image Classification": three networks of 64 answers, and a borrowed one that learns ten times more slowly.

Models 1 to 3 have no layer of two answers: as published, their 64 units are trained as logits of 64 classes, of which
only 0 and 1 ever occur. Being ReLU, those logits are never below zero.
"""

from catdog.recipes.recipe import (
    Recipe,
    conv,
    dense,
    derive,
    dropout,
    flatten,
    flip,
    global_max_pool,
    mobilenet_v2,
    pool,
    rotation,
    scale_pixels,
)

AUGMENT = (flip("horizontal_and_vertical"), rotation(0.2, "reflect"))

MODEL1 = Recipe(
    key="post5-model1",
    post=5,
    post_title="Image Classification",
    model="model1",
    architecture="cnn",
    layers=(conv(32), pool(), conv(32), pool(), conv(64), flatten(), dense(64), dropout(0.1)),
    outputs=64,
    loss="sparse_categorical_crossentropy",
    from_logits=True,
)

WIDENING = (
    conv(16, padding="same"),
    pool(),
    conv(32, padding="same"),
    pool(),
    conv(64, padding="same"),
    pool(),
    flatten(),
)

MODEL2 = derive(
    MODEL1,
    key="post5-model2",
    architecture="augmentation",
    layers=(*AUGMENT, *WIDENING, dense(128), dense(64), dropout(0.1)),
)

MODEL3 = derive(
    MODEL2,
    key="post5-model3",
    architecture="preprocessing",
    layers=(scale_pixels(), *AUGMENT, *WIDENING, dropout(0.2), dense(128), dense(64)),
)

MODEL4 = derive(
    MODEL3,
    key="post5-model4",
    architecture="transfer",
    layers=(
        scale_pixels(),
        *AUGMENT,
        mobilenet_v2(),
        global_max_pool(),
        dropout(0.1),
        dense(1, activation="linear"),
    ),
    outputs=1,
    loss="binary_crossentropy",
    learning_rate=0.0001,
)

MODELS = (MODEL1, MODEL2, MODEL3, MODEL4)

"""Post 2, "Dog Cat Image Classification": one small network in three models, then a borrowed one."""

from catdog.recipes.recipe import (
    Recipe,
    conv,
    dense,
    derive,
    dropout,
    flatten,
    flip,
    mobilenet_v2,
    pool,
    rotation,
    scale_pixels,
)

HEAD = (flatten(), dense(64), dense(2, activation="linear"))

MODEL1 = Recipe(
    key="post2-model1",
    post=2,
    post_title="Dog Cat Image Classification",
    model="model1",
    architecture="cnn",
    layers=(
        conv(32),
        pool(),
        dropout(0.2),
        conv(32),
        pool(),
        dropout(0.2),
        conv(64),
        pool(),
        *HEAD,
    ),
    outputs=2,
    loss="sparse_categorical_crossentropy",
    from_logits=True,
)

# Half a turn either way: a photo may end upside down.
MODEL2 = derive(
    MODEL1,
    key="post2-model2",
    architecture="augmentation",
    layers=(flip("horizontal_and_vertical"), rotation(0.5, "nearest"), *MODEL1.layers),
)

PREPARE = (scale_pixels(), flip("horizontal_and_vertical"), rotation(0.2, "reflect"))

MODEL3 = derive(
    MODEL2,
    key="post2-model3",
    architecture="preprocessing",
    layers=(*PREPARE, *MODEL1.layers),
)

# The only transfer model that flattens the base's 5×5 maps, so its head alone has two million weights to learn.
MODEL4 = derive(
    MODEL3,
    key="post2-model4",
    architecture="transfer",
    layers=(*PREPARE, mobilenet_v2(), dropout(0.2), *HEAD),
)

MODELS = (MODEL1, MODEL2, MODEL3, MODEL4)

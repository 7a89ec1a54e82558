"""Post 1, "Cat or dog": each model keeps what helped and adds one idea; the last borrows a trained network."""

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

# Raw pixels of 0..255 go in, so that the first epoch's loss is huge: that is the lesson of models 1 and 2.
MODEL1 = Recipe(
    key="post1-model1",
    post=1,
    post_title="Cat or dog",
    model="model1",
    architecture="cnn",
    layers=(
        conv(32),
        pool(),
        conv(64),
        pool(),
        dropout(0.2),
        flatten(),
        dense(128),
        dropout(0.2),
        dense(2, activation="linear"),
    ),
    outputs=2,
    loss="sparse_categorical_crossentropy",
    from_logits=True,
)

MODEL2 = derive(
    MODEL1,
    key="post1-model2",
    architecture="augmentation",
    layers=(*AUGMENT, *MODEL1.layers),
)

# Scaled, and one stage of convolution deeper.
MODEL3 = derive(
    MODEL2,
    key="post1-model3",
    architecture="preprocessing",
    layers=(scale_pixels(), *AUGMENT, conv(32), pool(), *MODEL1.layers),
)

MODEL4 = derive(
    MODEL3,
    key="post1-model4",
    architecture="transfer",
    layers=(
        scale_pixels(),
        *AUGMENT,
        mobilenet_v2(),
        global_max_pool(),
        dropout(0.2),
        dense(2, activation="linear"),
    ),
)

MODELS = (MODEL1, MODEL2, MODEL3, MODEL4)

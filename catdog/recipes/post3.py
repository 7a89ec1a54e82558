"""Post 3, "TensorFlow for Image Classification": first how far dropout alone helps, then the other ideas."""

from catdog.recipes.recipe import (
    Recipe,
    conv,
    dense,
    derive,
    dropout,
    flatten,
    flip,
    global_average_pool,
    mobilenet_v2,
    pool,
    rotation,
    scale_pixels,
)

TWO_STAGES = (conv(32), pool(), conv(32), pool())
LAST_STAGE = (conv(64), flatten(), dense(64), dense(2, activation="linear"))

MODEL1 = Recipe(
    key="post3-model1",
    post=3,
    post_title="TensorFlow for Image Classification",
    model="model1",
    architecture="cnn",
    layers=(*TWO_STAGES, *LAST_STAGE),
    outputs=2,
    loss="sparse_categorical_crossentropy",
    from_logits=True,
)

MODEL1_1 = derive(
    MODEL1,
    key="post3-model1.1",
    layers=(*TWO_STAGES, dropout(0.2), *LAST_STAGE),
)

# Dropout wherever it fits.
MODEL1_2 = derive(
    MODEL1_1,
    key="post3-model1.2",
    layers=(
        conv(32),
        pool(),
        dropout(0.2),
        conv(32),
        pool(),
        dropout(0.2),
        conv(64),
        flatten(),
        dropout(0.2),
        dense(64),
        dropout(0.2),
        dense(2, activation="linear"),
    ),
)

# Back to the first model, to see what augmentation does without any dropout.
MODEL2 = derive(
    MODEL1,
    key="post3-model2",
    architecture="augmentation",
    layers=(flip("horizontal_and_vertical"), rotation(0.2, "reflect"), *MODEL1.layers),
)

MODEL3 = derive(
    MODEL2,
    key="post3-model3",
    architecture="preprocessing",
    layers=(scale_pixels(), flip("horizontal_and_vertical"), rotation(0.4, "reflect"), *MODEL1_1.layers),
)

# One logit instead of two: above zero means dog.
MODEL4 = derive(
    MODEL3,
    key="post3-model4",
    architecture="transfer",
    layers=(
        scale_pixels(),
        flip("horizontal"),
        rotation(0.3, "reflect"),
        mobilenet_v2(),
        global_average_pool(),
        dropout(0.2),
        dense(1, activation="linear"),
    ),
    outputs=1,
    loss="binary_crossentropy",
)

MODELS = (MODEL1, MODEL1_1, MODEL1_2, MODEL2, MODEL3, MODEL4)

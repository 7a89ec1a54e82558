"""Post 4, "Dog or Not-Dog (Cat)": smaller networks that answer in probabilities, and no flip upside down."""

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

AUGMENT = (flip("horizontal"), rotation(0.2, "reflect"))
ANSWER = (dropout(0.2), dense(2, activation="softmax"))

MODEL1 = Recipe(
    key="post4-model1",
    post=4,
    post_title="Dog or Not-Dog (Cat)",
    model="model1",
    architecture="cnn",
    layers=(conv(16), pool(), conv(16), pool(), flatten(), dense(32), *ANSWER),
    outputs=2,
    loss="sparse_categorical_crossentropy",
    from_logits=False,
)

WIDER = (conv(32), pool(), conv(32), pool(), flatten())

MODEL2 = derive(
    MODEL1,
    key="post4-model2",
    architecture="augmentation",
    layers=(*AUGMENT, *WIDER, dense(64), *ANSWER),
)

# Without the hidden Dense about a thirtieth of the weights is left; with scaled pixels they do better.
MODEL3 = derive(
    MODEL2,
    key="post4-model3",
    architecture="preprocessing",
    layers=(scale_pixels(), *AUGMENT, *WIDER, *ANSWER),
)

MODEL4 = derive(
    MODEL3,
    key="post4-model4",
    architecture="transfer",
    layers=(scale_pixels(), *AUGMENT, mobilenet_v2(), global_max_pool(), *ANSWER),
)

MODELS = (MODEL1, MODEL2, MODEL3, MODEL4)

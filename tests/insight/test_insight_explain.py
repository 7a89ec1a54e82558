"""Grad-CAM on a network whose reasons are known: red speaks for a dog, blue for a cat, wherever they are."""

import numpy as np
import pytest

from catdog.recipes import RECIPES, recipe, with_base
from catdog.settings import EMBEDDED

EMBEDDED_TRANSFER = "post4-model4 on the embedded base"
NETWORKS = {**RECIPES, EMBEDDED_TRANSFER: with_base(recipe("post4-model4"), EMBEDDED)}
HEADS = {"one logit": 1, "two logits": 2, "softmax": 2, "64 logits": 64}
BIAS = 0.25


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make_model(keras, head, size=1.0):
    """Two features, how red and how blue each 16×16 square is, then their means, then the head. `size` scales it."""
    photo = keras.Input((160, 160, 3))
    seen = keras.layers.RandomFlip(seed=1)(photo)
    seen = keras.layers.Rescaling(1 / 255)(seen)
    look = keras.layers.Conv2D(2, 16, strides=16, activation="relu", use_bias=False)
    means = keras.layers.GlobalAveragePooling2D()(look(seen))
    activation = "softmax" if head == "softmax" else None
    decide = keras.layers.Dense(HEADS[head], activation=activation)
    model = keras.Model(photo, keras.layers.Dropout(0.5)(decide(keras.layers.Dropout(0.5)(means))))
    kernel = np.zeros((16, 16, 3, 2), np.float32)
    kernel[..., 0, 0] = kernel[..., 2, 1] = 1 / 256
    look.set_weights([kernel])
    weights, bias = np.zeros((2, HEADS[head]), np.float32), np.zeros(HEADS[head], np.float32)
    if head == "one logit":
        weights[:, 0], bias[0] = [size, -size], BIAS
    else:
        weights[0, 1] = weights[1, 0] = size  # class 0 is cat, class 1 dog; of 64 the others must not count
        weights[:, 2:], bias[1] = 50.0, BIAS
    decide.set_weights([weights, bias])
    return model


def photo(red=None, blue=None):
    """Black, with one 16×16 square of red and one of blue, at (row, column) of 10×10."""
    pixels = np.zeros((160, 160, 3), np.uint8)
    for place, channel in ((red, 0), (blue, 2)):
        if place:
            row, column = place
            pixels[16 * row : 16 * row + 16, 16 * column : 16 * column + 16, channel] = 255
    return pixels


def heat_of(model, pixels):
    from catdog.insight.explain import halves, heat_function

    return heat_function(halves(model))(pixels)


@pytest.mark.parametrize("head", HEADS)
def test_the_map_shows_the_corner_that_counted_and_for_which_label(keras, head):
    heat = heat_of(make_model(keras, head), photo(red=(0, 9), blue=(7, 2)))
    wanted = np.zeros((10, 10))
    wanted[0, 9], wanted[7, 2] = 0.01, -0.01  # each the hundredth part of a mean
    np.testing.assert_allclose(heat, wanted, atol=1e-7)
    assert heat.dtype == np.float32


@pytest.mark.parametrize("head", HEADS)
def test_of_a_network_that_takes_means_the_whole_map_is_the_log_odds(keras, head):
    """Without the bias, which belongs to no place."""
    from catdog.models.outputs import log_odds

    model = make_model(keras, head, size=30)
    pixels = np.random.default_rng(0).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    outputs = model.predict_on_batch(pixels[None].astype(np.float32))
    (odds,) = log_odds(outputs, from_logits=head != "softmax")
    assert heat_of(model, pixels).sum() == pytest.approx(odds - BIAS, rel=1e-3, abs=1e-4)


@pytest.mark.parametrize("pixels", [photo(red=(5, 5)), photo(blue=(5, 5))], ids=["dog", "cat"])
def test_a_softmax_that_is_certain_has_reasons_all_the_same(keras, pixels):
    model = make_model(keras, "softmax", size=1e6)
    assert set(model.predict_on_batch(pixels[None].astype(np.float32))[0]) == {0.0, 1.0}
    assert abs(heat_of(model, pixels)[5, 5]) == pytest.approx(1e4, rel=1e-3)


def test_a_network_that_does_not_care_gives_an_empty_map(keras):
    assert not heat_of(make_model(keras, "two logits", size=0), photo(red=(1, 1))).any()


def test_a_photo_may_be_whole_numbers_or_not(keras):
    model = make_model(keras, "one logit")
    pixels = photo(red=(3, 3), blue=(4, 4))
    np.testing.assert_array_equal(heat_of(model, pixels), heat_of(model, pixels.astype(np.float64)))


def with_random_weights(keras, key):
    """A recipe's network; with random biases as well, because without them a random base gives next to nothing."""
    from catdog.models.build import build

    keras.utils.set_random_seed(1)
    model = build(NETWORKS[key], pretrained=False)
    for weight in model.weights:
        if weight.path.endswith(("bias", "beta")):
            weight.assign(keras.random.uniform(weight.shape, 0, 1))
    return model


@pytest.fixture(scope="module", params=NETWORKS, ids=list(NETWORKS))
def cut(request, keras):
    """A recipe's network with random weights, and its two halves."""
    from catdog.insight.explain import halves

    model = with_random_weights(keras, request.param)
    return NETWORKS[request.param], model, halves(model)


def test_the_two_halves_together_are_the_whole_network(cut):
    entry, model, (seeing, deciding) = cut
    pixels = np.random.default_rng(2).integers(0, 256, (2, *entry.image_size, 3)).astype(np.float32)
    whole = np.asarray(model(pixels, training=False))
    logits = np.asarray(deciding(seeing(pixels, training=False), training=False))
    if not entry.from_logits:
        logits = np.exp(logits - logits.max(axis=1, keepdims=True))
        logits /= logits.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(logits, whole, rtol=1e-4, atol=1e-5)
    assert np.abs(whole - (0 if entry.from_logits else 0.5)).max() > 1e-3


def test_nothing_random_is_left_and_the_cut_lies_behind_the_last_map_of_features(cut):
    entry, model, parts = cut
    left = [type(layer).__name__ for part in parts for layer in part.layers]
    assert not [name for name in left if name.startswith("Random") or name == "Dropout"]
    last = "base" if entry.has_frozen_base else [one.name for one in model.layers if one.name.startswith("conv")][-1]
    assert parts[0].layers[-1] is model.get_layer(last)
    assert "softmax" not in [layer.get_config().get("activation") for layer in parts[1].layers]


@pytest.mark.parametrize("key", ["post2-model3", "post4-model4", "post5-model3", EMBEDDED_TRANSFER])
def test_a_recipe_s_map_is_the_same_each_time(keras, key):
    """With augmentation, dropout, a pretrained base, a softmax and 64 logits among them."""
    from catdog.insight.explain import halves, heat_function

    heat = heat_function(halves(with_random_weights(keras, key)))
    pixels = np.random.default_rng(3).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    first = heat(pixels)
    np.testing.assert_allclose(heat(pixels), first, rtol=1e-5)
    assert np.isfinite(first).all()
    assert first.std() > 0

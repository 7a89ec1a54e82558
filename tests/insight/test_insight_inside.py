"""What is inside a network: on weights that were set by hand, on every kind of recipe, on one whose training failed."""

import warnings

import numpy as np
import pytest

from catdog.recipes import RECIPES, recipe, with_base
from catdog.settings import EMBEDDED

CONVOLUTIONS = [key for key in RECIPES if recipe(key).architecture != recipe("post4-model4").architecture]


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


@pytest.fixture(scope="module")
def transfer(keras):
    """post4-model4 with random weights."""
    from catdog.models.build import build

    keras.utils.set_random_seed(1)
    return build(recipe("post4-model4"), pretrained=False)


def photo(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (160, 160, 3)).astype(np.uint8)


def filters(model):
    from catdog.insight.inside import first_filters

    return first_filters(model)


def maps_of(model, picture):
    from catdog.insight.inside import activation_maps

    return activation_maps(model, picture)


def strongest(maps, count):
    from catdog.insight.inside import strongest_maps

    return strongest_maps(maps, count)


def small_model(keras, kernel):
    """A flip that would turn everything round, one convolution, a pooling, an answer."""
    given = keras.Input((160, 160, 3))
    seen = keras.layers.RandomFlip("horizontal", seed=1)(given)
    look = keras.layers.Conv2D(kernel.shape[-1], kernel.shape[0], use_bias=False, name="look")
    pooled = keras.layers.MaxPooling2D(name="pool")(keras.layers.Dropout(0.5)(look(seen)))
    answer = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(pooled))
    model = keras.Model(given, answer)
    look.set_weights([kernel.astype(np.float32)])
    return model


def kernel_of(*filters_):
    """Filters of 1×1 places, each given as its weights for red, green and blue."""
    return np.array(filters_, np.float64).T[None, None]


def test_a_filter_is_grey_at_zero_bright_above_and_dark_below(keras):
    pictures = filters(small_model(keras, kernel_of((0.5, 0, -0.5), (0, 0.001, 0))))
    assert (pictures.shape, pictures.dtype) == ((2, 1, 1, 3), np.uint8)
    assert pictures[0, 0, 0].tolist() == [255, 128, 0]
    assert pictures[1, 0, 0].tolist() == [128, 255, 128]  # stretched to its own strongest weight


def test_a_filter_stands_the_right_way_round(keras):
    kernel = np.zeros((3, 3, 3, 1))
    kernel[0, 2, 1, 0] = 1  # upper right, green
    picture = filters(small_model(keras, kernel))[0]
    assert np.argwhere(picture == 255).tolist() == [[0, 2, 1]]


def test_a_filter_of_zeros_is_grey(keras):
    with warnings.catch_warnings(action="error"):
        assert (filters(small_model(keras, np.zeros((3, 3, 3, 2)))) == 128).all()


def test_each_map_is_what_its_layer_makes_of_the_photo_and_augmentation_and_dropout_are_off(keras):
    picture = photo()
    maps = maps_of(small_model(keras, kernel_of((1, 0, 0), (0, 0, 2))), picture)
    assert list(maps) == ["look", "pool"]
    assert (maps["look"].shape, maps["look"].dtype) == ((160, 160, 2), np.float32)
    np.testing.assert_allclose(maps["look"][..., 0], picture[..., 0], rtol=1e-6)
    np.testing.assert_allclose(maps["look"][..., 1], 2.0 * picture[..., 2], rtol=1e-6)
    np.testing.assert_allclose(maps["pool"][5, 7], maps["look"][10:12, 14:16].max(axis=(0, 1)), rtol=1e-6)


@pytest.mark.parametrize("key", CONVOLUTIONS)
def test_every_recipe_of_one_s_own_shows_its_filters_and_each_of_its_convolutions_and_poolings(keras, key):
    from catdog.models.build import build

    keras.utils.set_random_seed(2)
    model = build(recipe(key), pretrained=False)
    seeing = (keras.layers.Conv2D, keras.layers.MaxPooling2D)
    wanted = [layer.name for layer in model.layers if isinstance(layer, seeing)]
    maps = maps_of(model, photo())
    assert list(maps) == wanted
    for name, one in maps.items():
        assert one.shape == tuple(model.get_layer(name).output.shape[1:])
        assert np.isfinite(one).all()
        assert (one >= 0).all()  # behind relu
    first = model.get_layer(wanted[0])
    assert filters(model).shape == (first.filters, *first.kernel_size, 3)


def test_the_last_map_leads_to_the_answer_that_the_whole_network_gives(keras):
    """So nothing between the shown layers was left out: scaling neither."""
    from catdog.models.build import build

    keras.utils.set_random_seed(3)
    model = build(recipe("post4-model3"), pretrained=False)
    picture = photo()
    name, last = list(maps_of(model, picture).items())[-1]
    x = keras.ops.convert_to_tensor(last[None])
    for layer in model.layers[model.layers.index(model.get_layer(name)) + 1 :]:
        x = layer(x, training=False) if isinstance(layer, keras.layers.Dropout) else layer(x)
    wanted = model(picture[None].astype(np.float32), training=False)
    np.testing.assert_allclose(np.asarray(x), np.asarray(wanted), atol=1e-5)


def test_a_pretrained_base_shows_one_layer_of_each_size(transfer, keras):
    from catdog.insight.inside import BASE_LAYERS

    picture = photo()
    maps = maps_of(transfer, picture)
    assert list(maps) == list(BASE_LAYERS)
    assert [one.shape[:2] for one in maps.values()] == [(side, side) for side in (80, 40, 20, 10, 5)]
    base = next(layer for layer in transfer.layers if isinstance(layer, keras.Model))
    wanted = base((picture[None] / 127.5 - 1).astype(np.float32), training=False)
    np.testing.assert_allclose(maps["out_relu"], np.asarray(wanted)[0], rtol=1e-3, atol=1e-4)
    assert filters(transfer).shape == (32, 3, 3, 3)


def test_the_embedded_base_shows_the_end_of_each_of_its_stages(keras):
    from catdog.models.build import build

    model = build(with_base(recipe("post4-model4"), EMBEDDED))
    picture = photo()
    maps = maps_of(model, picture)
    assert list(maps) == ["stage_1", "stage_2", "stage_3", "stage_4"]
    assert [one.shape for one in maps.values()] == [(80, 80, 24), (40, 40, 64), (20, 20, 128), (10, 10, 256)]
    wanted = model.get_layer("base")((picture[None] / 127.5 - 1).astype(np.float32), training=False)
    np.testing.assert_allclose(maps["stage_4"], np.asarray(wanted)[0], rtol=1e-3, atol=1e-3)
    assert filters(model).shape == (24, 3, 3, 3)


def test_to_ask_twice_gives_the_same_and_another_photo_something_else(transfer):
    once, again, other = (maps_of(transfer, photo(seed)) for seed in (0, 0, 1))
    for name in once:
        np.testing.assert_array_equal(once[name], again[name])
        assert not np.array_equal(once[name], other[name])


def test_the_maps_that_answer_most_come_first_and_their_numbers_are_kept():
    maps = np.zeros((4, 5, 3), np.float32)
    maps[..., 0], maps[1, 2, 1], maps[..., 2] = 1, 8, -50  # what is below zero is no answer
    shown, numbers = strongest(maps, 2)
    assert numbers == [0, 1]
    assert shown.shape == (2, 4, 5)
    assert (shown[0] == 1 / 8).all()  # of the strongest place of the whole layer
    assert (shown[1].max(), np.argwhere(shown[1]).tolist()) == (1, [[1, 2]])


@pytest.mark.parametrize("count", [1, 3, 7])
def test_no_more_maps_are_shown_than_there_are(count):
    shown, numbers = strongest(np.ones((2, 2, 3), np.float32), count)
    assert len(shown) == len(numbers) == min(count, 3)
    assert numbers == sorted(numbers)  # of equal ones the first


@pytest.mark.parametrize("value", [0.0, -3.0])
def test_a_layer_that_does_not_answer_is_dark(value):
    with warnings.catch_warnings(action="error"):
        shown, _ = strongest(np.full((2, 2, 3), value, np.float32), 3)
    assert not shown.any()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
def test_a_network_whose_training_has_failed_shows_grey_filters_and_dark_maps(keras, value):
    from catdog.insight.overlay import painted

    model = small_model(keras, kernel_of((value, value, value)))
    with warnings.catch_warnings(action="error"):
        assert (filters(model) == 128).all()
        for one in maps_of(model, photo()).values():
            shown, _ = strongest(one, 32)
            assert not shown.any()
            assert (painted(shown[0]) == (0, 0, 4)).all()


def test_one_broken_map_does_not_darken_the_others():
    maps = np.ones((2, 2, 3), np.float32)
    maps[0, 0, 1] = np.nan
    shown, numbers = strongest(maps, 3)
    assert numbers == [0, 2, 1]
    assert (shown[:2] == 1).all()


def test_answers_near_the_end_of_float32_are_still_sorted():
    maps = np.full((4, 4, 2), 1e38, np.float32)
    maps[..., 1] = 3e38
    with warnings.catch_warnings(action="error"):
        shown, numbers = strongest(maps, 2)
    assert numbers == [1, 0]
    assert shown[0].max() == 1


def test_a_network_without_a_convolution_is_named(keras):
    given = keras.Input((4,))
    model = keras.Model(given, keras.layers.Dense(2)(given), name="flat")
    with pytest.raises(ValueError, match="flat has no convolution"):
        filters(model)

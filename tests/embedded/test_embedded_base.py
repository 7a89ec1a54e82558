"""The embedded network's convolutions as a frozen base: what the starter sees, and nothing that learns."""

import numpy as np
import pytest

from catdog.embedded.stored import load_weights


@pytest.fixture(scope="module")
def base():
    from catdog.embedded.base import embedded_base

    return embedded_base("base", (160, 160))


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (2, 160, 160, 3)).astype(np.float32)


def test_it_sees_in_scaled_pixels_what_the_starter_sees_in_pixels(base, pictures):
    from catdog.embedded.network import body

    whole = body()
    whole.set_weights(load_weights()[:-2])
    wanted = np.asarray(whole(pictures))
    assert wanted.std() > 0.01
    np.testing.assert_allclose(np.asarray(base(pictures / 127.5 - 1)), wanted, rtol=1e-3, atol=1e-3)


def test_its_weights_are_the_stored_ones_without_those_of_the_answer(base):
    stored = load_weights()
    assert len(base.weights) == len(stored) - 2
    for one, other in zip(base.get_weights(), stored, strict=False):
        np.testing.assert_array_equal(one, other)
    assert [one.shape for one in stored[-2:]] == [(256, 1), (1,)]


def test_none_of_it_learns_and_its_batch_normalisation_stands_still(base, pictures):
    assert base.trainable_weights == []
    assert not any(layer.trainable for layer in base.layers)
    before = base.get_weights()
    once, again = (np.asarray(base(pictures / 127.5 - 1, training=training)) for training in (True, False))
    np.testing.assert_array_equal(once, again)
    for one, other in zip(base.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)


def test_without_its_weights_it_is_the_same_network_with_random_numbers(base):
    from catdog.embedded.base import embedded_base

    random = embedded_base("base", (160, 160), pretrained=False)
    assert [one.shape for one in random.weights] == [one.shape for one in base.weights]
    assert not np.allclose(random.get_weights()[0], base.get_weights()[0])
    assert random.trainable_weights == []


@pytest.mark.parametrize(("size", "places"), [((160, 160), (10, 10)), ((96, 128), (6, 8)), ((100, 161), (7, 11))])
def test_it_gives_256_features_for_every_16_pixels(size, places):
    from catdog.embedded.base import embedded_base

    base = embedded_base("any", size, pretrained=False)
    assert base.name == "any"
    assert base.input_shape == (None, *size, 3)
    assert base.output_shape == (None, *places, 256)

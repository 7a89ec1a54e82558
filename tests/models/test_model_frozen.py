"""The part of a network that never learns, apart from the part that does: together they are the network."""

import numpy as np
import pytest

from catdog.recipes import RECIPES, named_layers, recipe, with_base
from catdog.settings import EMBEDDED

TRANSFER = [key for key, entry in RECIPES.items() if entry.needs_imagenet]
ON_EMBEDDED = {f"{key} on the embedded base": with_base(recipe(key), EMBEDDED) for key in TRANSFER}
NETWORKS = {**RECIPES, **ON_EMBEDDED}
ROUNDING = 1e-3  # of answers about 1 large


class Parts:
    """A recipe's network with random numbers, and its two parts."""

    def __init__(self, entry):
        import keras

        from catdog.models.build import build
        from catdog.models.frozen import split

        keras.utils.set_random_seed(2)
        self.entry = entry
        self.whole = build(entry, pretrained=False)
        self.frozen, self.learner = split(self.whole, entry)


@pytest.fixture(scope="module", params=NETWORKS, ids=list(NETWORKS))
def parts(request):
    return Parts(NETWORKS[request.param])


@pytest.fixture(scope="module")
def pooled():
    """A network on a frozen base, as four of the five are."""
    return Parts(recipe("post4-model4"))


def pictures(count=3):
    return np.random.default_rng(1).integers(0, 256, (count, 160, 160, 3), dtype=np.uint8)


def names(model):
    return [layer.name for layer in model.layers[1:]]  # the first is where photos come in


def test_only_a_network_on_a_frozen_base_has_a_frozen_part(parts):
    assert (parts.frozen is not None) == parts.entry.has_frozen_base


def test_the_part_that_learns_has_the_network_s_own_variables_and_all_that_learn(parts):
    learning = [id(variable) for variable in parts.learner.trainable_variables]
    assert learning == [id(variable) for variable in parts.whole.trainable_variables]
    assert learning
    assert parts.learner.non_trainable_weights == []


def test_the_frozen_part_has_the_other_variables_and_none_that_learns(parts):
    left = {id(variable) for variable in parts.whole.weights} - {id(one) for one in parts.learner.weights}
    frozen = {id(variable) for variable in parts.frozen.weights} if parts.frozen else set()
    assert frozen == left
    assert parts.frozen is None or parts.frozen.trainable_variables == []


def test_each_layer_but_augmentation_is_in_one_of_the_parts_in_the_network_s_order(parts):
    together = (names(parts.frozen) if parts.frozen else []) + names(parts.learner)
    assert together == [name for name, layer in named_layers(parts.entry) if not layer.random]
    for part in filter(None, (parts.frozen, parts.learner)):
        assert all(layer is parts.whole.get_layer(layer.name) for layer in part.layers[1:])


def test_one_part_after_the_other_answers_as_the_network_does(parts):
    photos = pictures().astype(np.float32)
    wanted = np.array(parts.whole(photos, training=False))
    seen = parts.frozen(photos, training=False) if parts.frozen else photos
    np.testing.assert_allclose(np.array(parts.learner(seen, training=False)), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("key", [*TRANSFER, *ON_EMBEDDED])
def test_the_frozen_part_ends_where_learning_begins(key):
    """Post 2 drops out before it flattens, so its base's answers stay maps: 5 × 5 places, of the embedded base 10."""
    parts = Parts(NETWORKS[key])
    side, features = (10, 256) if key in ON_EMBEDDED else (5, 1280)
    if key.startswith("post2-model4"):
        assert names(parts.frozen) == ["scale_pixels", "base"]
        assert parts.frozen.output_shape == parts.learner.input_shape == (None, side, side, features)
    else:
        assert names(parts.frozen) == ["scale_pixels", "base", "global_pool"]
        assert parts.frozen.output_shape == parts.learner.input_shape == (None, features)


def test_the_frozen_part_is_the_same_while_the_other_trains(pooled):
    """Its batch normalisation, above all."""
    photos = pictures().astype(np.float32)
    once, again = (np.array(pooled.frozen(photos, training=training)) for training in (True, False))
    np.testing.assert_array_equal(once, again)
    assert np.ptp(once, axis=0).max() > 0


# Asked quickly


@pytest.fixture(scope="module")
def answers(pooled):
    """What the base says of 40 photos, asked by Keras; and the quick way to ask it."""
    from catdog.models.frozen import asked_quickly

    photos = pictures(40)
    return photos, pooled.frozen.predict(photos, verbose=0), asked_quickly(pooled.frozen)


@pytest.mark.parametrize("size", [1, 7, 8, 9, 40])
def test_the_quick_way_gives_the_answers_of_keras_for_any_number_of_photos(size, answers):
    photos, wanted, ask = answers
    given = ask(photos[:size])
    assert (given.shape, given.dtype) == ((size, 1280), np.float32)
    np.testing.assert_allclose(given, wanted[:size], atol=ROUNDING)


def test_a_photo_is_told_the_same_whatever_photos_it_is_asked_with(answers):
    """What was left of the batch before must not show."""
    photos, _, ask = answers
    alone = ask(photos[:1])
    ask(photos[8:24])
    np.testing.assert_array_equal(ask(photos[:1]), alone)
    np.testing.assert_array_equal(ask(photos[:9])[:1], alone)


def test_what_was_said_stays_when_the_next_photos_are_asked_about(answers):
    photos, wanted, ask = answers
    first = ask(photos[:8])
    ask(photos[8:16])
    np.testing.assert_allclose(first, wanted[:8], atol=ROUNDING)


@pytest.mark.parametrize(
    ("key", "shape"), [("post2-model4", (5, 5, 1280)), ("post2-model4 on the embedded base", (10, 10, 256))]
)
def test_answers_that_are_maps_are_given_as_maps(key, shape):
    from catdog.models.frozen import asked_quickly

    parts = Parts(NETWORKS[key])
    photos = pictures(2)
    given = asked_quickly(parts.frozen)(photos)
    assert given.shape == (2, *shape)
    np.testing.assert_allclose(given, parts.frozen.predict(photos, verbose=0), atol=ROUNDING)


def test_on_a_gpu_the_network_itself_is_asked(pooled, monkeypatch):
    from catdog.models import frozen

    monkeypatch.setattr(frozen, "on_gpu", lambda: True)
    monkeypatch.setattr(frozen, "_Lite", None)
    photos = pictures(3)
    given = frozen.asked_quickly(pooled.frozen)(photos)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, pooled.frozen.predict(photos, verbose=0), atol=1e-6)


@pytest.mark.parametrize("key", ["post4-model4", "post4-model4 on the embedded base"])
def test_the_quick_way_keeps_up_with_real_weights(key):
    """Random numbers give small answers; learned ones give larger."""
    from catdog.models.build import build
    from catdog.models.frozen import asked_quickly, split
    from catdog.models.pretrained import missing_weights
    from tests.conftest import skip_or_fail

    if NETWORKS[key].needs_imagenet and (missing := missing_weights()):
        skip_or_fail(missing)
    frozen, _ = split(build(NETWORKS[key]), NETWORKS[key])
    photos = pictures(9)
    wanted = frozen.predict(photos, verbose=0)
    assert wanted.max() > 1
    np.testing.assert_allclose(asked_quickly(frozen)(photos), wanted, atol=ROUNDING)

"""The table reckoned without Keras, against Keras itself and against what the posts printed."""

import os
from dataclasses import replace
from math import prod

import pytest

from catdog.recipes import RECIPES, layer_table, named_layers, output_shape, published, recipe, with_base
from catdog.recipes import total_parameters as total
from catdog.recipes import trainable_parameters as trainable
from catdog.settings import EMBEDDED

PRINTED = [key for key in RECIPES if published(key).total_parameters is not None]


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    import keras

    return keras


@pytest.fixture(scope="module")
def base(keras):
    """MobileNetV2 with random weights, which has the shapes and counts of the trained one; built once."""
    base = keras.applications.MobileNetV2(input_shape=(160, 160, 3), include_top=False, weights=None)
    base.trainable = False
    return base


def rows_of_the_table(entry):
    return [
        (row.name, row.output_shape, row.parameters, row.parameters if row.trainable else 0)
        for row in layer_table(entry)
    ]


def keras_rows(keras, base, entry):
    """Name, output shape without batch, parameters and trainable parameters of each layer, as Keras has them."""
    tensor = keras.Input((*entry.image_size, 3))
    for name, layer in named_layers(entry):
        kind = getattr(keras.layers, layer.kind, None)
        built = kind(**layer.arguments, name=name) if kind else base
        tensor = built(tensor)
        learned = sum(prod(weight.shape) for weight in built.trainable_weights)
        yield name, tuple(tensor.shape[1:]), built.count_params(), learned


@pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)
def test_the_table_equals_keras_own_shapes_and_counts(keras, base, entry):
    assert rows_of_the_table(entry) == list(keras_rows(keras, base, entry))


@pytest.mark.parametrize("size", [(160, 160), (96, 128), (100, 161)])
@pytest.mark.parametrize("key", [key for key, entry in RECIPES.items() if entry.needs_imagenet])
def test_so_it_does_on_the_embedded_base(keras, key, size):
    from catdog.embedded.base import embedded_base

    entry = replace(with_base(recipe(key), EMBEDDED), image_size=size)
    own = embedded_base("base", size, pretrained=False)
    assert rows_of_the_table(entry) == list(keras_rows(keras, own, entry))


@pytest.mark.parametrize("key", PRINTED)
def test_the_totals_equal_those_printed_in_the_post(key):
    printed = published(key)
    assert total(recipe(key)) == printed.total_parameters
    assert trainable(recipe(key)) == printed.trainable_parameters


def test_the_totals_equal_a_few_typed_by_hand():
    assert (total(recipe("post2-model4")), trainable(recipe("post2-model4"))) == (4_306_178, 2_048_194)
    assert (total(recipe("post4-model3")), trainable(recipe("post4-model3"))) == (102_562, 102_562)
    assert len(PRINTED) == 7


@pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)
def test_the_answer_has_as_many_values_as_the_recipe_says(entry):
    assert output_shape(entry) == (entry.outputs,)


def test_each_layer_says_in_words_what_it_does():
    words = {row.name: row.what for row in layer_table(recipe("post5-model2"))}
    assert words["flip"] == "flip left-right and up-down at once"
    assert words["rotation"] == "turn up to ±72°, gaps filled by mirroring"
    assert words["conv_1"] == "16 filters of 3×3, ReLU, padded to keep the size"
    assert words["pool_1"] == "keep the largest of each 2×2"
    assert words["dropout_1"] == "drop 10 %"
    transfer = {row.name: row.what for row in layer_table(recipe("post3-model4"))}
    assert transfer["scale_pixels"] == "fixed x / 127.5 − 1"
    assert transfer["logits"] == "1 unit"

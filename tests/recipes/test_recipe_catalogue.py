"""The 22 recipes as data: keys, ancestry, names of layers."""

from dataclasses import FrozenInstanceError, replace

import pytest

from catdog.errors import SettingError
from catdog.recipes import ARCHITECTURES, RECIPES, Layer, derive, named_layers, previous, recipe, recipes_of
from catdog.recipes.catalogue import by_key

EVERY_RECIPE = pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)


def names(key: str) -> list[str]:
    return [name for name, _ in named_layers(recipe(key))]


def test_there_are_22_recipes_in_the_order_of_the_posts():
    assert len(RECIPES) == 22
    order = [(entry.post, entry.model) for entry in RECIPES.values()]
    assert order == sorted(order)
    assert order[8:14] == [(3, f"model{model}") for model in ("1", "1.1", "1.2", "2", "3", "4")]


def test_the_catalogue_cannot_be_changed():
    with pytest.raises(TypeError):
        RECIPES["post6-model1"] = recipe("post1-model1")
    with pytest.raises(FrozenInstanceError):
        recipe("post1-model1").epochs = 5


def test_a_duplicate_key_is_a_loud_error():
    first = recipe("post1-model1")
    with pytest.raises(ValueError, match="'post1-model1'"):
        by_key((first, replace(first, epochs=5)))


def test_an_unknown_key_is_answered_with_the_nearest_one():
    with pytest.raises(SettingError) as error:
        recipe("post4-modle3")
    assert str(error.value) == (
        "There is no recipe 'post4-modle3'. Did you mean 'post4-model3'? `python -m catdog recipes` lists all 22."
    )


def test_a_key_like_no_other_is_answered_without_a_guess():
    with pytest.raises(SettingError, match=r"^There is no recipe 'xyz'\. `python"):
        recipe("xyz")


@EVERY_RECIPE
def test_the_key_is_made_of_post_and_model(entry):
    assert entry.key == f"post{entry.post}-{entry.model}"
    assert RECIPES[entry.key] is entry


@EVERY_RECIPE
def test_only_the_first_model_of_a_post_has_no_ancestor(entry):
    before = previous(entry)
    assert (before is None) == (entry.model == "model1")
    if before is not None:
        assert (before.post, before.post_title) == (entry.post, entry.post_title)
        assert list(RECIPES).index(before.key) < list(RECIPES).index(entry.key)


@EVERY_RECIPE
def test_layer_names_are_unique_and_one_of_them_gives_the_answer(entry):
    layers = dict(named_layers(entry))
    assert len(layers) == len(entry.layers)
    (answer,) = layers.keys() & {"logits", "probabilities"}
    assert layers[answer].get("units") == entry.outputs
    assert (answer == "logits") == entry.from_logits


@EVERY_RECIPE
def test_only_transfer_needs_imagenet(entry):
    assert entry.needs_imagenet == (entry.architecture == "transfer")


def test_layers_are_named_by_kind_and_number():
    assert names("post4-model2") == [
        *("flip", "rotation", "conv_1", "pool_1", "conv_2", "pool_2", "flatten", "dense_1", "dropout_1"),
        "probabilities",
    ]
    assert names("post2-model4") == [
        "scale_pixels",
        "flip",
        "rotation",
        "base",
        "dropout_1",
        "flatten",
        "dense_1",
        "logits",
    ]
    assert names("post5-model1")[-3:] == ["flatten", "logits", "dropout_1"]


def test_a_recipe_of_ones_own_keeps_all_that_is_not_named():
    entry = derive(recipe("post5-model4"), key="post5-model5", epochs=3)
    assert (entry.model, entry.based_on, entry.epochs) == ("model5", "post5-model4", 3)
    assert (entry.layers, entry.learning_rate) == (recipe("post5-model4").layers, 0.0001)


def test_a_layer_gives_its_options_as_keras_takes_them():
    layer = Layer("Dense", (("units", 2), ("activation", "relu")))
    assert layer.arguments == {"units": 2, "activation": "relu"}
    assert (layer.get("units"), layer.get("rate")) == (2, None)


def test_the_four_architectures_hold_all_recipes():
    assert [(idea.number, idea.key, idea.title) for idea in ARCHITECTURES.values()] == [
        (1, "cnn", "Plain"),
        (2, "augmentation", "Augmented"),
        (3, "preprocessing", "Scaled"),
        (4, "transfer", "Transfer"),
    ]
    assert {idea: len(recipes_of(idea)) for idea in ARCHITECTURES} == {
        "cnn": 7,
        "augmentation": 5,
        "preprocessing": 5,
        "transfer": 5,
    }
    with pytest.raises(KeyError):
        recipes_of("transformer")

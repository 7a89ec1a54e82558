"""A recipe on another frozen base: the base alone is another one, and it says so."""

import pytest

from catdog.errors import SettingError
from catdog.recipes import RECIPES, changes, in_words, layer_table, named_layers, recipe, with_base
from catdog.recipes.code import network_code
from catdog.settings import BASES, EMBEDDED, IMAGENET

TRANSFER = [key for key, entry in RECIPES.items() if entry.architecture == "transfer"]
OTHERS = [key for key in RECIPES if key not in TRANSFER]
OWN = "catdog's own embedded base, not the post's: it has learned from cats and dogs, frozen"


@pytest.mark.parametrize("key", RECIPES)
def test_only_transfer_has_a_frozen_base(key):
    assert recipe(key).has_frozen_base == (key in TRANSFER)


@pytest.mark.parametrize("key", TRANSFER)
def test_on_the_embedded_base_only_the_base_is_another_one_and_imagenet_is_not_needed(key):
    entry = with_base(recipe(key), EMBEDDED)
    assert (entry.has_frozen_base, entry.needs_imagenet) == (True, False)
    assert (entry.key, entry.based_on, entry.epochs) == (key, recipe(key).based_on, recipe(key).epochs)
    pairs = list(zip(named_layers(recipe(key)), named_layers(entry), strict=True))
    assert [(was, now) for was, now in pairs if was != now] == [
        (("base", dict(named_layers(recipe(key)))["base"]), ("base", dict(named_layers(entry))["base"]))
    ]
    base = dict(named_layers(entry))["base"]
    assert (base.kind, base.frozen, in_words(base)) == ("EmbeddedBase", True, OWN)


@pytest.mark.parametrize("key", TRANSFER)
def test_a_recipe_goes_to_the_embedded_base_and_back(key):
    embedded = with_base(recipe(key), EMBEDDED)
    assert with_base(embedded, EMBEDDED) == embedded
    assert with_base(embedded, IMAGENET) == recipe(key)


@pytest.mark.parametrize("key", RECIPES)
def test_on_the_base_of_the_posts_a_recipe_is_itself(key):
    assert with_base(recipe(key), IMAGENET) == recipe(key)


@pytest.mark.parametrize("key", OTHERS)
def test_a_recipe_without_a_frozen_base_refuses_one(key):
    with pytest.raises(SettingError, match=f"^{key} has no frozen base, and catdog's embedded one was asked for"):
        with_base(recipe(key), EMBEDDED)


@pytest.mark.parametrize("base", ["", "Embedded", "mobilenet", None, 5, [], "x" * 1000], ids=lambda one: repr(one)[:9])
@pytest.mark.parametrize("key", ["post4-model1", "post4-model4"])
def test_a_base_that_does_not_exist_is_refused_with_those_that_do(key, base):
    with pytest.raises(SettingError, match=r"must be one of imagenet, embedded; .* was given\.$") as error:
        with_base(recipe(key), base)
    assert len(str(error.value)) < 120


def test_the_exchange_is_told_as_a_change():
    entry = with_base(recipe("post4-model4"), EMBEDDED)
    assert changes(entry, recipe("post4-model4")) == (
        f"Changed base: MobileNetV2, trained on ImageNet, frozen → {OWN}.",
    )
    assert changes(entry) == (
        f"Replaced conv_1 to flatten by base ({OWN}) and global_pool (the largest value of each map).",
    )


@pytest.mark.parametrize("key", TRANSFER)
def test_plain_keras_code_is_refused_for_a_base_that_plain_keras_has_not(key):
    with pytest.raises(ValueError, match=f"Plain Keras has no embedded base; give {key} on the base of the post"):
        network_code(with_base(recipe(key), EMBEDDED))
    assert "MobileNetV2" in network_code(with_base(with_base(recipe(key), EMBEDDED), BASES[0]))


def test_the_table_tells_the_embedded_base_from_what_learns():
    rows = {row.name: row for row in layer_table(with_base(recipe("post4-model4"), EMBEDDED))}
    assert (rows["base"].what, rows["base"].trainable, rows["base"].output_shape) == (OWN, False, (10, 10, 256))
    assert rows["probabilities"].parameters == 2 * 256 + 2

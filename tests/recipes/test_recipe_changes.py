"""What a recipe changed against its ancestor, in sentences."""

import pytest

from catdog.recipes import (
    RECIPES,
    Augmentation,
    changes,
    layer_changes,
    named_layers,
    previous,
    recipe,
    with_augmentation,
)


@pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)
def test_every_derived_recipe_and_no_first_one_names_a_change(entry):
    assert bool(changes(entry)) == (entry.based_on is not None)
    assert all(sentence.endswith(".") for sentence in changes(entry))


def test_added_dropout_is_named_with_its_place():
    assert changes(recipe("post3-model1.1")) == ("Added after pool_2: dropout_1 (drop 20 %).",)


def test_scaling_is_named_first_beside_what_else_changed():
    assert changes(recipe("post3-model3")) == (
        "Added first: scale_pixels (fixed x / 127.5 − 1).",
        "Changed rotation: turn up to ±72°, gaps filled by mirroring → turn up to ±144°, gaps filled by mirroring.",
        "Added after pool_2: dropout_1 (drop 20 %).",
    )


def test_a_new_stage_is_named_where_it_was_added():
    assert changes(recipe("post1-model3"))[1:] == (
        "Added after rotation: conv_1 (32 filters of 3×3, ReLU) and pool_1 (keep the largest of each 2×2).",
    )


def test_a_removed_layer_keeps_its_old_name():
    assert changes(recipe("post4-model3"))[1:] == ("Removed after flatten: dense_1 (64 units, ReLU).",)


def test_transfer_replaces_the_whole_network_and_keeps_what_stays():
    assert changes(recipe("post2-model4")) == (
        "Replaced conv_1 to pool_3 by base (MobileNetV2, trained on ImageNet, frozen) and dropout_1 (drop 20 %).",
    )


def test_a_new_answer_loss_and_learning_rate_are_named_last():
    assert changes(recipe("post5-model4"))[1:] == (
        "Changed logits: 64 units, ReLU → 1 unit.",
        "Loss sparse_categorical_crossentropy → binary_crossentropy.",
        "Learning rate 0.001 → 0.0001.",
    )


@pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)
def test_sentences_and_names_tell_of_the_same_layers(entry):
    told, changed = " ".join(changes(entry)), layer_changes(entry)
    assert changed.added | changed.altered <= {name for name, _ in named_layers(entry)}
    assert all(name in told for name in changed.added | changed.altered)
    old = {name for name, _ in named_layers(previous(entry))} if previous(entry) else set()
    assert changed.removed <= old
    assert len(old) - len(changed.removed) == (len(entry.layers) - len(changed.added) if old else 0)


def test_layers_are_added_altered_or_removed():
    changed = layer_changes(recipe("post5-model3"))
    assert (changed.added, changed.altered) == ({"scale_pixels", "dropout_1"}, set())
    assert changed.removed == {"dropout_1"}  # the one behind the answer, by its old name
    assert layer_changes(recipe("post3-model3")).altered == {"rotation"}


def test_a_network_can_be_compared_with_any_other():
    assert layer_changes(recipe("post4-model3"), recipe("post4-model3")) == layer_changes(recipe("post4-model1"))
    assert layer_changes(recipe("post3-model2"), recipe("post3-model1.1")).removed == {"dropout_1"}


def test_an_augmentation_that_does_the_same_behind_a_scaling_has_not_changed():
    brighter = Augmentation("horizontal", brightness=20)
    scaled, plain = (with_augmentation(recipe(f"post4-{model}"), brighter) for model in ("model3", "model2"))
    assert layer_changes(scaled, plain).altered == set()
    assert not [sentence for sentence in changes(scaled, plain) if "brightness" in sentence]

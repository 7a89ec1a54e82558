"""A recipe as blocks: all of its layers are in them, in order, and what differs from the network before is marked."""

import pytest

from catdog.recipes import (
    RECIPES,
    Augmentation,
    Recipe,
    blocks,
    blocks_changed_in_words,
    blocks_in_words,
    layer_changes,
    layer_table,
    previous,
    recipe,
    total_parameters,
    trainable_parameters,
    with_augmentation,
    with_base,
)
from catdog.settings import EMBEDDED

OWN = Augmentation("horizontal", turn=10, zoom=10, shift=10, brightness=20, contrast=30)
CHANGED_ONES = {
    f"{entry.key} with an own augmentation": with_augmentation(entry, OWN)
    for entry in RECIPES.values()
    if entry.architecture != "cnn"
}
OTHERS = {
    f"{entry.key} on the embedded base": with_base(entry, EMBEDDED)
    for entry in RECIPES.values()
    if entry.has_frozen_base
}
ALL = dict(RECIPES) | CHANGED_ONES | OTHERS


def titles(entry: Recipe, change: str) -> list[str]:
    return [block.title for block in blocks(entry) if block.change == change]


@pytest.mark.parametrize("entry", ALL.values(), ids=ALL)
def test_the_blocks_hold_every_layer_once_and_in_order(entry):
    photo, *others = blocks(entry)
    assert (photo.kind, photo.rows, photo.shape) == ("photo", (), (160, 160, 3))
    assert tuple(row for block in others for row in block.rows) == layer_table(entry)
    assert all(block.rows and block.shape == block.rows[-1].output_shape for block in others)


@pytest.mark.parametrize("entry", ALL.values(), ids=ALL)
def test_the_blocks_account_for_every_parameter(entry):
    found = blocks(entry)
    assert sum(block.parameters for block in found) == total_parameters(entry)
    learns = trainable_parameters(entry)
    assert sum(block.parameters for block in found if not block.frozen) == learns
    assert sum(block.parameters for block in found if block.frozen) == total_parameters(entry) - learns


@pytest.mark.parametrize("entry", ALL.values(), ids=ALL)
def test_a_class_sees_few_blocks(entry):
    assert 6 <= sum(block.kind != "dropout" for block in blocks(entry)) <= 9


@pytest.mark.parametrize("entry", ALL.values(), ids=ALL)
def test_what_is_marked_is_what_was_added_or_altered_and_nothing_else(entry):
    changed = layer_changes(entry)
    marked = {row.name for block in blocks(entry) if block.change for row in block.rows}
    new = {row.name for block in blocks(entry) if block.change == "new" for row in block.rows}
    assert new <= changed.added
    assert changed.added | changed.altered <= marked
    for block in blocks(entry):
        touched = {row.name for row in block.rows} & (changed.added | changed.altered)
        assert bool(block.change) == bool(touched)


def test_the_first_network_of_a_post_has_nothing_new():
    assert blocks_changed_in_words(recipe("post2-model1")) == ""
    assert not [block for block in blocks(recipe("post2-model1")) if block.change]


@pytest.mark.parametrize(
    ("key", "new", "changed"),
    [
        ("post1-model3", ["scaling", "convolution + pooling"], []),
        ("post3-model1.2", ["dropout", "dropout", "dropout"], []),
        ("post3-model3", ["scaling", "dropout"], ["augmentation"]),
        ("post3-model4", ["MobileNetV2", "global pooling", "dropout"], ["augmentation", "answer"]),
        ("post4-model2", ["augmentation"], ["convolution + pooling", "convolution + pooling", "dense"]),
        ("post5-model2", ["augmentation", "dense"], ["convolution + pooling"] * 3),  # a new pooling in an old stage
    ],
)
def test_a_block_is_new_where_all_of_it_is_and_else_changed(key, new, changed):
    assert titles(recipe(key), "new") == new
    assert titles(recipe(key), "changed") == changed


def test_blocks_can_be_compared_with_another_network_than_the_one_before():
    entry = with_augmentation(recipe("post4-model3"), OWN)
    assert titles(entry, "changed") == ["augmentation"]
    before = with_augmentation(previous(entry), OWN)
    assert [block.title for block in blocks(entry, before) if block.change] == ["scaling"]
    assert blocks_changed_in_words(entry, before) == (
        "New against network 2: scaling to −1..1. No longer there: dense."
    )


def test_an_augmentation_says_what_it_does_and_none_is_no_block():
    entry = with_augmentation(recipe("post2-model3"), OWN)
    assert blocks(entry)[2].detail == "flip, turn, zoom, shift, brightness, contrast"
    without = with_augmentation(recipe("post2-model3"), Augmentation())
    assert "augmentation" not in [block.kind for block in blocks(without)]


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("post3-model1", "2 logits"),
        ("post3-model4", "1 logit (dog?)"),
        ("post4-model1", "2 probabilities"),
        ("post5-model1", "64 logits"),
    ],
)
def test_the_answer_is_told_as_what_it_is(key, answer):
    assert f" → {answer}" in blocks_in_words(recipe(key))


def test_a_network_is_told_in_one_paragraph():
    assert blocks_in_words(recipe("post4-model3")) == (
        "Photo (160 × 160 × 3) → scaling to −1..1 → augmentation (flip, turn) → convolution + pooling (79 × 79 × 32) "
        "→ convolution + pooling (38 × 38 × 32) → flatten (46,208 values) → dropout 20 % → 2 probabilities. "
        "102,562 parameters, all learn. New against network 2: scaling to −1..1. No longer there: dense."
    )


def test_a_frozen_base_is_told_with_what_it_replaces():
    told = blocks_in_words(with_base(recipe("post3-model4"), EMBEDDED))
    assert "embedded base (10 × 10 × 256) → global pooling (256 values)" in told
    assert "1,511,977 parameters, 1,511,720 of them frozen." in told
    assert "New against network 3: embedded base (10 × 10 × 256), global pooling (256 values), dropout 20 %." in told
    assert "Changed against network 3: augmentation (flip, turn), 1 logit (dog?)." in told
    assert told.endswith("No longer there: convolution + pooling, dropout 20 %, convolution, flatten, dense.")

"""What the posts published: whole, within bounds, and equal to the figures in the posts."""

import json
import os
from pathlib import Path

import pytest

from catdog.errors import SettingError
from catdog.recipes import RECIPES, published, recipe

EVERY_KEY = pytest.mark.parametrize("key", RECIPES)


@EVERY_KEY
def test_every_curve_has_twenty_sane_epochs(key):
    record = published(key)
    for losses in (record.loss, record.val_loss):
        assert len(losses) == 20
        assert all(0 < value < 150 for value in losses)
    for accuracies in (record.accuracy, record.val_accuracy):
        assert len(accuracies) == 20
        assert all(0.4 < value <= 1 for value in accuracies)
    assert 50 < record.ms_per_step < 100


@EVERY_KEY
def test_every_claim_is_a_range_that_the_curve_comes_near(key):
    record = published(key)
    assert 0.5 < record.claimed_low <= record.claimed_high < 1
    assert record.claimed_low - 0.05 < record.last_five_mean < record.claimed_high + 0.05


def test_the_mean_of_the_last_five_epochs_equals_one_reckoned_by_hand():
    assert published("post1-model4").last_five_mean == pytest.approx(0.97274)
    assert published("post4-model3").last_five_mean == pytest.approx(0.74604)


def test_claims_are_read_as_fractions():
    ranged, single, best = published("post1-model1"), published("post2-model1"), published("post5-model1")
    assert (ranged.claimed_low, ranged.claimed_high, ranged.claimed_best) == (0.55, 0.58, None)
    assert (single.claimed_low, single.claimed_high) == (0.62, 0.62)
    assert (best.claimed_low, best.claimed_high, best.claimed_best) == (0.56, 0.64, 0.6374)


def test_a_test_score_is_given_only_where_the_post_has_one():
    tested = {key: published(key).test_photos for key in RECIPES if published(key).test_accuracy is not None}
    assert tested == {
        "post1-model4": 192,
        "post2-model4": 192,
        "post3-model4": 32,
        "post4-model4": 192,
        "post5-model4": 192,
    }


def test_an_unknown_key_has_nothing_published():
    with pytest.raises(SettingError, match="Did you mean 'post1-model1'"):
        published("post1-modle1")


def facts():
    """The external facts by key. Without the file there is nothing to compare, which only CI may not accept."""
    named = os.environ.get("CATDOG_POSTS")
    if not named:
        missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        missing("CATDOG_POSTS does not name the posts' facts file")
    return {stated["key"]: stated for stated in json.loads(Path(named).read_text(encoding="utf-8"))["recipes"]}


def layer_as_stated(layer, image_size):
    """The layer in the notation of the facts: a kind and its arguments."""
    if layer.arguments == {"scale": 1 / 127.5, "offset": -1.0}:
        return ["Preprocess", {"formula": "x / 127.5 - 1"}]
    if layer.kind != "MobileNetV2":
        assert not layer.frozen
        return [layer.kind, layer.arguments]
    frozen = {"trainable": not layer.frozen, "called_with_training": not layer.frozen}
    return [layer.kind, {**layer.arguments, "input": [*image_size, 3], **frozen}]


def recipe_as_stated(entry):
    return {
        "key": entry.key,
        "post": f"post{entry.post}",
        "post_title": entry.post_title,
        "model": entry.model,
        "architecture": entry.architecture,
        "layers": [layer_as_stated(layer, entry.image_size) for layer in entry.layers],
        "outputs": entry.outputs,
        "loss": entry.loss,
        "from_logits": entry.from_logits,
        "optimizer": "adam",
        "learning_rate": entry.learning_rate,
        "batch_size": entry.batch_size,
        "epochs": entry.epochs,
        "image_size": list(entry.image_size),
    }


def outcome_as_stated(record):
    curves = {name: list(getattr(record, name)) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    parameters = {"total": record.total_parameters, "trainable": record.trainable_parameters}
    test = {"accuracy": record.test_accuracy, "loss": record.test_loss, "images": record.test_photos}
    optional = {"printed_parameters": given(parameters), "published_test": given(test)}
    return {
        "claimed_validation_accuracy": record.claim_text,
        "published": {"median_ms_per_step": record.ms_per_step, **curves},
        **{name: part for name, part in optional.items() if part},
    }


def given(figures):
    return {name: value for name, value in figures.items() if value is not None}


def test_every_field_of_all_recipes_equals_the_posts():
    stated = facts()
    assert list(stated) == list(RECIPES)
    for key, expected in stated.items():
        expected.get("published_test", {}).pop("note", None)
        assert {**recipe_as_stated(recipe(key)), **outcome_as_stated(published(key))} == expected

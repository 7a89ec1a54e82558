"""What may be asked of a run, and what is refused with a sentence."""

import json
import math

import pytest
from training_stand_ins import KEY, asked

from catdog.errors import SettingError
from catdog.recipes import RECIPES, recipe
from catdog.training import RunRequest


@pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)
def test_a_request_takes_the_settings_of_its_recipe(entry):
    request = RunRequest.of(entry)
    assert (request.recipe, request.epochs, request.batch_size) == (entry.key, entry.epochs, entry.batch_size)
    assert (request.learning_rate, request.seed, request.limit) == (entry.learning_rate, 0, None)
    assert request.differences() == {}


def test_given_settings_replace_those_of_the_recipe_and_none_leaves_them():
    request = asked(epochs=3, batch_size=None, learning_rate=0.5, seed=7, limit=16)
    assert request == RunRequest(KEY, epochs=3, batch_size=32, learning_rate=0.5, seed=7, limit=16)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("epochs", value) for value in (0, -1, 201, True, "5", 2.5, 5.0, math.nan, [5], 10**400)],
        *[("batch_size", value) for value in (0, -32, 257, True, "32", 1.5)],
        *[("seed", value) for value in (-1, 2**31, False, 0.0, "0")],
        *[("limit", value) for value in (1, 0, -2, 1_000_001, True, "16", 16.0)],
        *[("learning_rate", value) for value in (-1, math.nan, math.inf, -math.inf, 0, 0.0, 9.9e-7, 1.01, True, "0.1")],
        ("learning_rate", 10**400),
    ],
    ids=lambda value: repr(value)[:12],
)
def test_a_value_outside_its_limits_is_refused_with_a_sentence(name, value):
    with pytest.raises(SettingError, match=r"must (lie between|be a).*given\.$"):
        asked(**{name: value})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("epochs", 1), ("epochs", 200), ("batch_size", 1), ("batch_size", 256), ("seed", 0), ("seed", 2**31 - 1)],
        *[("limit", 2), ("limit", 1_000_000), ("learning_rate", 1e-6), ("learning_rate", 1.0), ("learning_rate", 1)],
    ],
)
def test_a_limit_itself_is_allowed(name, value):
    assert getattr(asked(**{name: value}), name) == value


def test_an_unknown_recipe_is_refused_and_the_nearest_is_named():
    with pytest.raises(SettingError, match=r"no recipe 'post4-modell1'\. Did you mean 'post4-model1'\?"):
        RunRequest("post4-modell1", epochs=1, batch_size=1, learning_rate=0.1)


def test_a_setting_that_does_not_exist_is_an_error_of_the_caller():
    with pytest.raises(TypeError, match="dropout"):
        asked(dropout=0.5)


def test_a_request_survives_json():
    request = asked(epochs=3, learning_rate=1, limit=16)
    assert RunRequest.from_json(json.loads(json.dumps(request.as_json()))) == request


@pytest.mark.parametrize("field", ["recipe", "epochs", "batch_size", "learning_rate"])
def test_a_missing_field_is_named(field):
    given = asked().as_json()
    del given[field]
    with pytest.raises(SettingError, match=field):
        RunRequest.from_json(given)


def test_an_unknown_field_is_named():
    with pytest.raises(SettingError, match="dropout"):
        RunRequest.from_json(asked().as_json() | {"dropout": 0.5})


@pytest.mark.parametrize("given", [{"recipe": 5}, {"recipe": None}, {"recipe": [KEY]}, {"epochs": {}}, {"limit": []}])
def test_a_field_of_another_kind_is_refused(given):
    with pytest.raises(SettingError):
        RunRequest.from_json(asked().as_json() | given)


@pytest.mark.parametrize("given", [[], None, "post4-model1", 5])
def test_anything_but_an_object_is_refused(given):
    with pytest.raises(SettingError, match="not complete"):
        RunRequest.from_json(given)


def test_the_differences_name_what_departs_from_the_recipe_with_its_own_value_first():
    own = recipe(KEY)
    request = asked(epochs=own.epochs + 1, learning_rate=own.learning_rate, seed=4, limit=16)
    assert request.differences() == {"epochs": (own.epochs, own.epochs + 1), "seed": (0, 4), "limit": (None, 16)}

"""What may be asked of a run, and what is refused with a sentence."""

import json
import math

import pytest
from hypothesis import given as drawn
from hypothesis import strategies as st
from training_stand_ins import KEY, asked

from catdog.errors import SettingError
from catdog.recipes import RECIPES, Augmentation, augmentation_of, recipe, with_augmentation, with_base
from catdog.settings import AUTO, BASES, COPIES, EMBEDDED, IMAGENET, PRECISIONS
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


# Augmentation of its own

AUGMENTED = [key for key, entry in RECIPES.items() if augmentation_of(entry)]
OTHER = Augmentation("vertical", 10, "wrap", zoom=5, shift=4, brightness=3, contrast=2)


def augmented(augmentation, key="post4-model3", **overrides):
    return RunRequest.of(recipe(key), augmentation=augmentation, **overrides)


def written_and_read(request):
    return RunRequest.from_json(json.loads(json.dumps(request.as_json())))


@pytest.mark.parametrize("key", AUGMENTED)
@pytest.mark.parametrize("augmentation", [OTHER, Augmentation()], ids=lambda one: one.text)
def test_a_run_with_its_own_augmentation_survives_json_and_builds_that_network(key, augmentation):
    request = augmented(augmentation, key)
    assert request.as_json()["augmentation"] == augmentation.text
    assert written_and_read(request) == request
    assert request.network == with_augmentation(recipe(key), augmentation)
    assert request.network != recipe(key)


@pytest.mark.parametrize("key", RECIPES)
def test_a_run_without_its_own_augmentation_builds_its_recipe(key):
    request = RunRequest.of(recipe(key))
    assert request.augmentation is None
    assert request.as_json()["augmentation"] is None
    assert request.network == recipe(key)
    assert written_and_read(request) == request


@pytest.mark.parametrize("key", AUGMENTED)
def test_the_recipe_s_own_augmentation_counts_as_none_given(key):
    own = Augmentation.from_text(augmentation_of(recipe(key)).text)
    assert augmented(own, key) == RunRequest.of(recipe(key))
    assert augmented(own, key).differences() == {}


@pytest.mark.parametrize("key", AUGMENTED)
def test_the_recipe_s_own_augmentation_written_out_in_a_file_is_no_difference(key):
    own = augmentation_of(recipe(key))
    request = RunRequest.from_json(RunRequest.of(recipe(key)).as_json() | {"augmentation": own.text})
    assert request.differences() == {}
    assert request.network == recipe(key)


def test_none_is_an_augmentation_and_not_the_recipe_s_own():
    request = augmented(Augmentation())
    assert request.as_json()["augmentation"] == "none"
    assert not [layer for layer in request.network.layers if layer.random]
    assert request.differences() == {"augmentation": (augmentation_of(recipe("post4-model3")), Augmentation())}


def test_another_augmentation_is_a_difference_beside_the_others_with_the_recipe_s_own_first():
    own = augmentation_of(recipe("post4-model3"))
    request = augmented(OTHER, epochs=3)
    assert request.differences() == {"epochs": (20, 3), "augmentation": (own, OTHER)}
    assert augmented(None, epochs=3).differences() == {"epochs": (20, 3)}
    assert written_and_read(request).differences() == request.differences()


@pytest.mark.parametrize("key", [key for key in RECIPES if key not in AUGMENTED])
@pytest.mark.parametrize("augmentation", [OTHER, Augmentation()], ids=lambda one: one.text)
def test_a_recipe_without_augmentation_refuses_one(key, augmentation):
    with pytest.raises(SettingError, match=f"^{key} has no augmentation that could be changed"):
        augmented(augmentation, key)
    with pytest.raises(SettingError, match=f"^{key} has no augmentation that could be changed"):
        RunRequest.from_json(RunRequest.of(recipe(key)).as_json() | {"augmentation": augmentation.text})


@pytest.mark.parametrize("key", RECIPES)
def test_a_run_from_before_there_was_augmentation_to_choose_is_still_read(key):
    given = RunRequest.of(recipe(key), epochs=3).as_json()
    del given["augmentation"]
    request = RunRequest.from_json(given)
    assert request == RunRequest.of(recipe(key), epochs=3)
    assert request.network == recipe(key)


@pytest.mark.parametrize("given", ["", "spin=3", "turn=181", "flip=horizontal,", 5, 0, True, False, [], {}, ["none"]])
def test_an_augmentation_in_a_file_that_is_none_is_refused_with_a_sentence(given):
    with pytest.raises(SettingError, match=r"\.$"):
        RunRequest.from_json(augmented(OTHER).as_json() | {"augmentation": given})


def test_reading_a_request_leaves_what_was_read_as_it_was():
    given = augmented(OTHER).as_json()
    before = dict(given)
    RunRequest.from_json(given)
    assert given == before


def test_a_network_with_other_augmentation_keeps_the_key_under_which_it_was_published():
    network = augmented(OTHER).network
    assert (network.key, network.based_on) == ("post4-model3", "post4-model2")


# Precision, and the frozen base's features

WITH_BASE = [key for key, entry in RECIPES.items() if entry.needs_imagenet]
TRANSFER = "post4-model4"
WHOLE = st.integers(int(COPIES.low), int(COPIES.high))
NOTHING_MEANT = st.none() | st.booleans() | st.text() | st.integers() | st.floats() | st.lists(st.text(), max_size=2)


@pytest.mark.parametrize("key", RECIPES)
def test_every_recipe_is_trained_the_exact_way_in_the_precision_of_the_machine_unless_asked_otherwise(key):
    request = RunRequest.of(recipe(key))
    assert (request.precision, request.copies) == (AUTO, None)
    told = request.as_json()
    assert (told["precision"], told["copies"]) == ("auto", None)


@pytest.mark.parametrize("key", RECIPES)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_every_recipe_may_be_asked_for_in_each_precision(key, precision):
    request = RunRequest.of(recipe(key), precision=precision)
    assert written_and_read(request) == request
    assert request.precision == precision


@drawn(value=NOTHING_MEANT.filter(lambda value: value not in PRECISIONS))
def test_anything_but_a_precision_is_refused_with_those_that_there_are(value):
    with pytest.raises(SettingError, match=r"must be one of auto, float32, mixed_bfloat16; .* was given\.$") as error:
        RunRequest.from_json(asked().as_json() | {"precision": value})
    assert len(str(error.value)) < 250


@drawn(key=st.sampled_from(WITH_BASE), copies=WHOLE, precision=st.sampled_from(PRECISIONS), bare=st.booleans())
def test_a_run_on_kept_features_survives_json_and_says_how_it_departs(key, copies, precision, bare):
    augmentation = Augmentation() if bare else None
    request = RunRequest.of(recipe(key), copies=copies, precision=precision, augmentation=augmentation)
    assert request.copies == copies  # 0 as well, which is not the same as None
    assert written_and_read(request) == request
    differences = request.differences()
    assert differences.pop("copies") == (None, copies)
    assert differences.pop("precision", (AUTO, AUTO)) == (AUTO, precision)
    assert set(differences) == ({"augmentation"} if bare else set())


@drawn(value=st.integers().filter(lambda value: not COPIES.low <= value <= COPIES.high))
def test_copies_beyond_their_limits_are_refused(value):
    with pytest.raises(SettingError, match=r"^The number of augmented copies must lie between 0 and 16; .* was given"):
        RunRequest.of(recipe(TRANSFER), copies=value)


@drawn(value=NOTHING_MEANT.filter(lambda value: value is not None and type(value) is not int))
def test_copies_that_are_no_whole_number_are_refused(value):
    with pytest.raises(SettingError, match=r"^The number of augmented copies must be a whole number; "):
        RunRequest.from_json(RunRequest.of(recipe(TRANSFER)).as_json() | {"copies": value})


@pytest.mark.parametrize("key", [key for key in RECIPES if key not in WITH_BASE])
@pytest.mark.parametrize("copies", [0, 2])
def test_a_network_without_a_frozen_base_has_no_features_to_keep(key, copies):
    with pytest.raises(SettingError, match=f"^{key} has no frozen base whose features could be kept, and {copies} aug"):
        RunRequest.of(recipe(key), copies=copies)
    with pytest.raises(SettingError, match="Leave the copies out"):
        RunRequest.from_json(RunRequest.of(recipe(key)).as_json() | {"copies": copies})


@pytest.mark.parametrize("key", RECIPES)
def test_a_run_from_before_there_was_a_precision_to_choose_is_still_read(key):
    given = RunRequest.of(recipe(key), epochs=3, seed=2).as_json()
    del given["precision"], given["copies"]
    assert RunRequest.from_json(given) == RunRequest.of(recipe(key), epochs=3, seed=2)


# The frozen base


@pytest.mark.parametrize("key", RECIPES)
def test_every_recipe_is_trained_on_the_base_of_its_post_unless_asked_otherwise(key):
    request = RunRequest.of(recipe(key))
    assert request.base == request.as_json()["base"] == IMAGENET
    assert RunRequest.of(recipe(key), base=None) == request
    assert RunRequest.of(recipe(key), base=IMAGENET) == request


@pytest.mark.parametrize("key", WITH_BASE)
@pytest.mark.parametrize("copies", [None, 2])
@pytest.mark.parametrize("augmentation", [None, OTHER], ids=str)
def test_a_run_on_the_embedded_base_survives_json_and_says_how_it_departs(key, copies, augmentation):
    request = RunRequest.of(recipe(key), base=EMBEDDED, copies=copies, augmentation=augmentation)
    assert written_and_read(request) == request
    own = with_base(recipe(key), EMBEDDED)
    assert request.network == (with_augmentation(own, augmentation) if augmentation else own)
    differences = request.differences()
    assert differences.pop("base") == (IMAGENET, EMBEDDED)
    assert set(differences) == ({"copies"} if copies else set()) | ({"augmentation"} if augmentation else set())


@drawn(value=NOTHING_MEANT.filter(lambda value: value not in BASES))
def test_anything_but_a_base_is_refused_with_those_that_there_are(value):
    with pytest.raises(SettingError, match=r"must be one of imagenet, embedded; .* was given\.$") as error:
        RunRequest.from_json(RunRequest.of(recipe(TRANSFER)).as_json() | {"base": value})
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("key", [key for key in RECIPES if key not in WITH_BASE])
def test_a_network_that_learns_from_its_first_layer_on_has_no_base_to_exchange(key):
    with pytest.raises(SettingError, match=f"^{key} has no frozen base, and catdog's embedded one was asked for"):
        RunRequest.of(recipe(key), base=EMBEDDED)
    with pytest.raises(SettingError, match="Leave the base out"):
        RunRequest.from_json(RunRequest.of(recipe(key)).as_json() | {"base": EMBEDDED})


@pytest.mark.parametrize("key", RECIPES)
def test_a_run_from_before_there_was_a_base_to_choose_had_the_post_s(key):
    given = RunRequest.of(recipe(key), epochs=3).as_json()
    del given["base"]
    assert RunRequest.from_json(given) == RunRequest.of(recipe(key), epochs=3)


# All devices together

ALONE = [key for key, entry in RECIPES.items() if not entry.has_frozen_base]


@pytest.mark.parametrize("key", ALONE)
def test_a_run_on_all_devices_survives_json_and_says_how_it_departs(key):
    request = RunRequest.of(recipe(key), all_devices=True)
    assert request.as_json()["all_devices"] is True
    assert written_and_read(request) == request
    assert request.differences() == {"all_devices": (False, True)}
    assert request.network == recipe(key)


@pytest.mark.parametrize("key", RECIPES)
def test_a_run_from_before_there_were_several_devices_had_one(key):
    given = RunRequest.of(recipe(key), epochs=3).as_json()
    assert given.pop("all_devices") is False
    assert RunRequest.from_json(given) == RunRequest.of(recipe(key), epochs=3)


@drawn(value=NOTHING_MEANT.filter(lambda value: not isinstance(value, bool)))
def test_all_devices_is_yes_or_no_and_nothing_else(value):
    with pytest.raises(SettingError, match=r"must be true or false; .* was given\.$") as error:
        RunRequest.from_json(asked().as_json() | {"all_devices": value})
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("key", [key for key in RECIPES if key not in ALONE])
@pytest.mark.parametrize("how", [{}, {"copies": 0}, {"copies": 2}, {"base": EMBEDDED}], ids=str)
def test_devices_do_not_share_a_head_that_takes_a_millisecond(key, how):
    with pytest.raises(SettingError, match=f"^{key} has a frozen base, and only the head .* Leave that out, or choose"):
        RunRequest.of(recipe(key), all_devices=True, **how)
    with pytest.raises(SettingError, match="millisecond"):
        RunRequest.from_json(RunRequest.of(recipe(key), **how).as_json() | {"all_devices": True})

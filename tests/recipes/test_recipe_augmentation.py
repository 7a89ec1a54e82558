"""Augmentation as data: its limits, its one line of text, its layers, and its place in a recipe."""

import ast
import re
from dataclasses import FrozenInstanceError, replace
from itertools import product

import numpy as np
import pytest

from catdog.errors import SettingError
from catdog.recipes import (
    RECIPES,
    Augmentation,
    Layer,
    augmentation_of,
    changes,
    in_words,
    keras_code,
    layer_table,
    named_layers,
    output_shape,
    recipe,
    total_parameters,
    trainable_parameters,
    with_augmentation,
)
from catdog.recipes.augmentation import FILLS, FLIPS, LIMITS, PREVIEW_SEED, seeded

EVERYTHING = Augmentation("horizontal_and_vertical", 30, "constant", zoom=20, shift=10, brightness=25, contrast=40)
KINDS = [
    "RandomFlip",
    "RandomRotation",
    "RandomZoom",
    "RandomTranslation",
    "RandomBrightness",
    "RandomContrast",
]
OWN = [key for key, entry in RECIPES.items() if augmentation_of(entry)]
PLAIN = [key for key in RECIPES if key not in OWN]

# Each amount at nothing, in the middle and at its limit, with every flip and every fill.
MANY = [
    Augmentation(flip, fill=fill, **amounts)
    for flip, fill, amounts in product(
        FLIPS,
        FILLS,
        (
            {},
            {"turn": 180},
            {"zoom": 50},
            {"shift": 50},
            {"brightness": 100},
            {"contrast": 100},
            {"turn": 1, "zoom": 1, "shift": 1, "brightness": 1, "contrast": 1},
            {"turn": 7, "shift": 33, "contrast": 58},
        ),
    )
]


def options(augmentation: Augmentation, *between: float) -> dict[str, dict]:
    """The layers' arguments by their kind."""
    return {layer.kind: layer.arguments for layer in augmentation.layers(*between)}


# Limits


@pytest.mark.parametrize(
    ("name", "high"), [("turn", 180), ("zoom", 50), ("shift", 50), ("brightness", 100), ("contrast", 100)]
)
def test_an_amount_may_reach_its_limits_and_not_go_beyond(name, high):
    for allowed in (0, 1, high):
        assert getattr(Augmentation(**{name: allowed}), name) == allowed
    what = LIMITS[name].what
    for refused in (-1, high + 1, 10**400):
        with pytest.raises(SettingError) as error:
            Augmentation(**{name: refused})
        assert str(error.value) == f"{what} must lie between 0 and {high}; {str(refused)[:40]} was given."


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("value", [True, False, 1.0, 0.5, float("nan"), "5", "", None, [5], {}], ids=repr)
def test_an_amount_that_is_no_whole_number_is_refused_with_a_sentence(name, value):
    with pytest.raises(SettingError) as error:
        Augmentation(**{name: value})
    assert str(error.value) == f"{LIMITS[name].what} must be a whole number; {str(value)!r} was given."


@pytest.mark.parametrize("value", ["", "Horizontal", "both", "black", None, True, 0, ["none"], "x" * 10_000], ids=str)
def test_a_flip_and_a_fill_that_do_not_exist_are_answered_with_those_that_do(value):
    with pytest.raises(SettingError, match=r"^The flip must be one of none, horizontal, vertical, horizontal_and_"):
        Augmentation(flip=value)
    with pytest.raises(SettingError, match=r"^The fill must be one of reflect, constant, nearest, wrap; .* given\.$"):
        Augmentation(fill=value)
    with pytest.raises(SettingError) as error:
        Augmentation(flip=value)
    assert len(str(error.value)) < 150


def test_it_cannot_be_changed_once_it_was_checked():
    with pytest.raises(FrozenInstanceError):
        EVERYTHING.turn = 1_000


def test_a_changed_copy_is_checked_again():
    with pytest.raises(SettingError, match="181 was given"):
        replace(EVERYTHING, turn=181)


def test_nothing_is_on_unless_given():
    assert Augmentation().layers() == ()
    assert Augmentation().in_words() == "no augmentation"


@pytest.mark.parametrize("name", ["turn", "zoom", "shift"])
def test_what_moves_the_photo_leaves_gaps(name):
    assert Augmentation(**{name: 1}).leaves_gaps is True


def test_flips_and_colours_leave_no_gaps():
    assert Augmentation("horizontal_and_vertical", fill="wrap", brightness=100, contrast=100).leaves_gaps is False
    assert Augmentation().leaves_gaps is False


# Its one line of text


@pytest.mark.parametrize(
    ("augmentation", "text"),
    [
        (Augmentation(), "none"),
        (Augmentation("horizontal", 72), "flip=horizontal,turn=72"),
        (Augmentation(fill="wrap"), "none"),
        (Augmentation("vertical", fill="wrap", contrast=3), "flip=vertical,contrast=3"),
        (Augmentation(fill="nearest", shift=3), "fill=nearest,shift=3"),
        (EVERYTHING, "flip=horizontal_and_vertical,turn=30,fill=constant,zoom=20,shift=10,brightness=25,contrast=40"),
    ],
)
def test_the_text_names_what_is_on_and_the_fill_only_where_it_means_something(augmentation, text):
    assert augmentation.text == text


def test_the_text_is_read_back_to_what_does_the_same():
    for augmentation in MANY:
        again = Augmentation.from_text(augmentation.text)
        assert again.layers() == augmentation.layers(), augmentation
        assert again.text == augmentation.text
        if augmentation.leaves_gaps or augmentation.fill == "reflect":
            assert again == augmentation


def test_the_text_can_stand_in_an_address_as_it_is():
    assert all(re.fullmatch(r"[a-z0-9_=,]+", augmentation.text) for augmentation in MANY)


def test_two_that_differ_in_what_they_do_differ_in_their_text():
    by_text = {augmentation.text: augmentation.layers() for augmentation in MANY}
    assert len(by_text) == len(set(by_text.values())) == len({augmentation.layers() for augmentation in MANY})


@pytest.mark.parametrize(
    ("text", "augmentation"),
    [
        ("turn=72,flip=horizontal", Augmentation("horizontal", 72)),
        (" turn = 72 , flip = horizontal ", Augmentation("horizontal", 72)),
        ("flip=none", Augmentation()),
        ("turn=0", Augmentation()),
        ("turn=0072", Augmentation(turn=72)),
        ("contrast=100", Augmentation(contrast=100)),
    ],
)
def test_what_is_given_in_another_order_or_with_spaces_is_read(text, augmentation):
    assert Augmentation.from_text(text) == augmentation


NO_AUGMENTATION = ["", " ", ",", "=", "=5", "None", "NONE", " none", "horizontal", "72", "spin=3", "Flip=horizontal"]
NO_AUGMENTATION += ["flip=horizontal,", ",flip=horizontal", "none,turn=5", "turn=5,turn=5", "turn=5, turn =6"]
NO_AUGMENTATION += ["__class__=1", "leaves_gaps=1", "text=none", "layers=1", "self=1", "cls=1", "turn\0=5", "turn5"]
NO_AUGMENTATION += ["flip:horizontal", "flip horizontal", "?flip=horizontal", "ｔurn=5", "\udcff=1", "x" * 10_000]


@pytest.mark.parametrize("text", NO_AUGMENTATION, ids=ascii)
def test_a_text_that_is_no_augmentation_is_answered_with_how_to_write_one(text):
    with pytest.raises(SettingError) as error:
        Augmentation.from_text(text)
    assert str(error.value) == (
        f"{text[:80]!r} is no augmentation. Write it like 'flip=horizontal,turn=72', or 'none'; there are "
        "flip, turn, fill, zoom, shift, brightness, contrast, each at most once."
    )


NO_AMOUNT = ["", " ", "-5", "+5", "1.5", "1e2", "0x10", "1_0", "5%", "5 6", "½", "²", "５", "٥", "5=5", "nan", "None"]
NO_AMOUNT += ["True", "\0", "9" * 5_000, "5;zoom=5", "5&zoom=5", "[5]", "__import__('os')"]


@pytest.mark.parametrize("amount", NO_AMOUNT, ids=lambda amount: ascii(amount[:12]))
def test_an_amount_that_is_no_whole_number_in_the_text_is_refused(amount):
    with pytest.raises(SettingError) as error:
        Augmentation.from_text(f"flip=horizontal,turn={amount}")
    sentence = str(error.value)
    assert sentence.startswith("The turn in degrees must ")
    assert sentence.endswith(" was given.")
    assert len(sentence) < 200


@pytest.mark.parametrize("name", LIMITS)
def test_an_amount_beyond_its_limit_in_the_text_is_named_with_the_limit(name):
    high = int(LIMITS[name].high)
    assert getattr(Augmentation.from_text(f"{name}={high}"), name) == high
    for beyond in (high + 1, 999_999_999):
        with pytest.raises(SettingError, match=rf"^{LIMITS[name].what} must lie between 0 and {high}; {beyond} was"):
            Augmentation.from_text(f"{name}={beyond}")


@pytest.mark.parametrize("text", ["flip=", "flip", "flip=Horizontal", "flip=5", "fill=black", "fill=none", "fill"])
def test_a_flip_or_a_fill_in_the_text_that_does_not_exist_is_named(text):
    name, _, value = text.partition("=")
    with pytest.raises(SettingError, match=rf"^The {name} must be one of .*; '{value}' was given\.$"):
        Augmentation.from_text(text)


# Its layers


def test_the_layers_flip_first_then_move_then_change_the_light():
    assert [layer.kind for layer in EVERYTHING.layers()] == KINDS
    assert all(layer.random and not layer.frozen for layer in EVERYTHING.layers())


@pytest.mark.parametrize(
    ("given", "kind"), list(zip(({"flip": "vertical"}, *({name: 1} for name in LIMITS)), KINDS, strict=True))
)
def test_each_setting_alone_is_one_layer(given, kind):
    assert [layer.kind for layer in Augmentation(**given).layers()] == [kind]


def test_raw_pixels_need_nothing_but_the_amounts():
    assert options(EVERYTHING) == {
        "RandomFlip": {"mode": "horizontal_and_vertical"},
        "RandomRotation": {"factor": 30 / 360, "fill_mode": "constant"},
        "RandomZoom": {"height_factor": 0.2, "fill_mode": "constant"},
        "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1, "fill_mode": "constant"},
        "RandomBrightness": {"factor": 0.25},
        "RandomContrast": {"factor": (0.4, 0.4)},
    }


def test_scaled_pixels_are_filled_with_their_own_black_and_cut_at_their_own_limits():
    raw, scaled = options(EVERYTHING), options(EVERYTHING, -1.0, 1.0)
    added = {kind: dict(scaled[kind].items() - raw[kind].items()) for kind in KINDS}
    black, cut = {"fill_value": -1.0}, {"value_range": (-1.0, 1.0)}
    assert added == dict(zip(KINDS, ({}, black, black, black, cut, cut), strict=True))


@pytest.mark.parametrize("fill", ["reflect", "nearest", "wrap"])
def test_a_fill_that_takes_the_photo_s_own_pixels_needs_no_black(fill):
    scaled = options(replace(EVERYTHING, fill=fill), -1.0, 1.0)
    assert not any("fill_value" in arguments for arguments in scaled.values())
    assert {arguments["fill_mode"] for arguments in scaled.values() if "fill_mode" in arguments} == {fill}


def test_every_turn_is_said_in_whole_degrees():
    for degrees in range(1, 181):
        (layer,) = Augmentation(turn=degrees).layers()
        assert in_words(layer) == f"turn up to ±{degrees}°, gaps filled by mirroring"


def test_every_percentage_is_said_as_it_was_given():
    for percent in range(1, 51):
        moved = Augmentation(fill="wrap", zoom=percent, shift=percent).in_words()
        assert moved == f"zoom up to ±{percent} %, gaps filled from the other side, shift up to ±{percent} %"
    for percent in range(1, 101):
        light = Augmentation(brightness=percent, contrast=percent).in_words()
        assert light == f"brightness up to ±{percent} %, contrast up to ±{percent} %"


def test_the_words_say_once_how_gaps_are_filled():
    assert EVERYTHING.in_words() == (
        "flip left-right and up-down at once, turn up to ±30°, gaps filled with black, zoom up to ±20 %, "
        "shift up to ±10 %, brightness up to ±25 %, contrast up to ±40 %"
    )


@pytest.mark.parametrize(
    ("flip", "words"),
    [
        ("horizontal", "flip left-right"),
        ("vertical", "flip up-down"),
        ("horizontal_and_vertical", "flip left-right and up-down at once"),
    ],
)
def test_each_flip_has_words_that_are_alone_where_it_is(flip, words):
    assert Augmentation(flip, fill="wrap").in_words() == words


# In a recipe


def test_fifteen_recipes_have_augmentation_and_seven_have_not():
    assert (len(OWN), len(PLAIN)) == (15, 7)
    assert {RECIPES[key].architecture for key in PLAIN} == {"cnn"}


@pytest.mark.parametrize("key", RECIPES)
def test_the_augmentation_of_a_recipe_is_what_its_layers_say(key):
    own = augmentation_of(recipe(key))
    drawn = [layer for layer in recipe(key).layers if layer.random]
    if not drawn:
        assert own is None
        return
    flipping, turning = drawn
    assert own == Augmentation(flipping.get("mode"), round(turning.get("factor") * 360), turning.get("fill_mode"))


def test_the_augmentation_of_a_few_recipes_equals_what_was_typed_by_hand():
    typed = {
        "post1-model1": None,
        "post2-model2": "flip=horizontal_and_vertical,turn=180,fill=nearest",
        "post3-model3": "flip=horizontal_and_vertical,turn=144",
        "post3-model4": "flip=horizontal,turn=108",
        "post4-model3": "flip=horizontal,turn=72",
    }
    found = {key: augmentation_of(recipe(key)) for key in typed}
    assert {key: own and own.text for key, own in found.items()} == typed


@pytest.mark.parametrize("key", OWN)
def test_a_recipe_with_its_own_augmentation_is_itself(key):
    own = augmentation_of(recipe(key))
    assert with_augmentation(recipe(key), own) == recipe(key)
    assert with_augmentation(recipe(key), Augmentation.from_text(own.text)) == recipe(key)


@pytest.mark.parametrize("key", PLAIN)
@pytest.mark.parametrize("augmentation", [Augmentation(), EVERYTHING], ids=lambda one: one.text)
def test_a_plain_recipe_has_no_place_for_augmentation(key, augmentation):
    with pytest.raises(SettingError) as error:
        with_augmentation(recipe(key), augmentation)
    assert str(error.value) == f"{key} has no augmentation that could be changed; models 2, 3 and 4 have."


def test_the_sentence_for_plain_recipes_is_true_of_all_recipes():
    assert {recipe(key).model for key in OWN} == {"model2", "model3", "model4"}
    assert not {recipe(key).model for key in PLAIN} & {"model2", "model3", "model4"}


@pytest.mark.parametrize("key", OWN)
def test_other_augmentation_takes_the_very_place_of_the_recipe_s_own(key):
    entry = recipe(key)
    scaled = entry.layers[0].kind == "Rescaling"
    before, after = entry.layers[:scaled], entry.layers[scaled + 2 :]
    changed = with_augmentation(entry, EVERYTHING)
    assert changed.layers == (*before, *EVERYTHING.layers(*((-1.0, 1.0) if scaled else ())), *after)
    assert replace(changed, layers=entry.layers) == entry


@pytest.mark.parametrize("key", OWN)
def test_none_takes_the_augmentation_out_and_nothing_else(key):
    entry = recipe(key)
    still = with_augmentation(entry, Augmentation())
    assert still.layers == tuple(layer for layer in entry.layers if not layer.random)
    assert augmentation_of(still) is None


@pytest.mark.parametrize("key", OWN)
@pytest.mark.parametrize("augmentation", [Augmentation(), EVERYTHING, Augmentation(contrast=100)], ids=lambda a: a.text)
def test_tables_and_sums_stay_those_of_the_recipe(key, augmentation):
    entry, changed = recipe(key), with_augmentation(recipe(key), augmentation)
    assert total_parameters(changed) == total_parameters(entry)
    assert trainable_parameters(changed) == trainable_parameters(entry)
    assert output_shape(changed) == output_shape(entry)
    added = {"flip", "rotation", "zoom", "shift", "brightness", "contrast"}
    rows = [row for row in layer_table(changed) if row.name not in added]
    assert rows == [row for row in layer_table(entry) if row.name not in added]
    mine = [row for row in layer_table(changed) if row.name in added]
    assert [row.name for row in mine] == [row.name for row in layer_table(changed)][
        (at := entry.layers[0].kind == "Rescaling") : at + len(mine)
    ]
    assert {row.output_shape for row in mine} <= {(160, 160, 3)}
    assert [row.kind for row in mine] == [layer.kind for layer in augmentation.layers()]


@pytest.mark.parametrize("key", OWN)
def test_the_names_stay_unique_and_the_answer_keeps_its_own(key):
    names = [name for name, _ in named_layers(with_augmentation(recipe(key), EVERYTHING))]
    assert len(names) == len(set(names))
    expected = ["flip", "rotation", "zoom", "shift", "brightness", "contrast"]
    assert [name for name in names if name in expected] == expected
    assert {"logits", "probabilities"} & set(names)


@pytest.mark.parametrize("key", OWN)
def test_what_a_run_changed_in_its_augmentation_is_told_beside_the_recipe_s_own_changes(key):
    sentences = changes(with_augmentation(recipe(key), EVERYTHING))
    told = " ".join(sentences)
    assert all(sentence.endswith(".") for sentence in sentences)
    for words in ("zoom up to ±20 %", "shift up to ±10 %", "brightness up to ±25 %", "contrast up to ±40 %"):
        assert words in told
    assert "turn up to ±30°, gaps filled with black" in told


def test_augmentation_that_was_taken_out_is_told_as_gone():
    without = with_augmentation(recipe("post4-model3"), Augmentation())
    assert changes(without) == (
        "Replaced flip to rotation by scale_pixels (fixed x / 127.5 − 1).",
        "Removed after flatten: dense_1 (64 units, ReLU).",
    )


# Seeds and code


def test_no_two_layers_share_a_seed_whatever_the_seed_of_the_whole():
    most = int(PREVIEW_SEED.high)
    seeds = [layer.get("seed") for seed in (*range(200), most - 1, most) for layer in seeded(EVERYTHING.layers(), seed)]
    assert len(seeds) == len(set(seeds)) == 202 * len(KINDS)
    assert all(isinstance(seed, int) and 0 <= seed < 2**31 for seed in seeds)


def test_a_seed_changes_nothing_else_in_a_layer():
    layers = EVERYTHING.layers(-1.0, 1.0)
    for bare, with_seed in zip(layers, seeded(layers, 3), strict=True):
        assert with_seed == Layer(bare.kind, (*bare.options, ("seed", with_seed.get("seed"))))


@pytest.mark.parametrize("augmentation", MANY[5::9], ids=lambda one: one.text)
def test_the_code_names_every_layer_and_argument_as_keras_spells_them(augmentation):
    code = keras_code(augmentation, seed=12, copies=9)
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    built = [
        (call.func.attr, {word.arg: ast.literal_eval(word.value) for word in call.keywords})
        for call in calls
        if isinstance(call.func, ast.Attribute) and ast.unparse(call.func).startswith("keras.layers.")
    ]
    assert built == [(layer.kind, layer.arguments) for layer in seeded(augmentation.layers(), 12)]


def test_the_code_reads_as_a_person_would_write_it():
    assert keras_code(Augmentation("horizontal", 72, contrast=20), seed=3, copies=6) == (
        "import keras\n"
        "import numpy as np\n"
        "\n"
        "augment = keras.Sequential(\n"
        "    [\n"
        "        keras.Input(photo.shape),\n"
        "        # flip left-right\n"
        '        keras.layers.RandomFlip(mode="horizontal", seed=30),\n'
        "        # turn up to ±72°, gaps filled by mirroring\n"
        '        keras.layers.RandomRotation(factor=0.2, fill_mode="reflect", seed=31),\n'
        "        # contrast up to ±20 %\n"
        "        keras.layers.RandomContrast(factor=(0.2, 0.2), seed=35),\n"
        "    ]\n"
        ")\n"
        'photos = np.repeat(photo[np.newaxis].astype("float32"), 6, axis=0)\n'
        "copies = augment(photos, training=True)"
    )


def test_one_thing_can_be_changed_without_drawing_the_others_anew():
    alone, together = Augmentation(turn=72), Augmentation("horizontal", 72, zoom=20)
    (turn,) = seeded(alone.layers(), 7)
    assert turn in seeded(together.layers(), 7)


def test_the_code_of_nothing_runs_and_leaves_the_photo_as_it_is():
    names = {"photo": np.full((8, 9, 3), 7, np.uint8)}
    exec(keras_code(Augmentation(), 1, 2), names)
    assert names["copies"].shape == (2, 8, 9, 3)
    assert (names["copies"] == 7).all()


@pytest.mark.parametrize("value", [-5, 181, 10**9])
def test_an_amount_beyond_its_limits_is_told_the_limits(value):
    with pytest.raises(SettingError, match=f"must lie between 0 and 180; {value} was given"):
        Augmentation.from_text(f"turn={value}")


def test_a_text_of_several_lines_is_answered_in_one():
    with pytest.raises(SettingError, match="no augmentation") as error:
        Augmentation.from_text("turn\nspin=5")
    assert "\n" not in str(error.value)


def test_what_fills_gaps_that_cannot_be_makes_no_difference():
    assert Augmentation("horizontal", fill="wrap") == Augmentation("horizontal")
    assert Augmentation("horizontal", turn=1, fill="wrap") != Augmentation("horizontal", turn=1)


@pytest.mark.parametrize("augmentation", [Augmentation("horizontal", zoom=10), Augmentation(contrast=30), EVERYTHING])
def test_what_was_put_into_a_recipe_can_be_read_from_it(augmentation):
    for key in ("post1-model2", "post4-model3"):
        assert augmentation_of(with_augmentation(RECIPES[key], augmentation)) == augmentation

"""Networks as Keras source text. That the text builds the very network, tests/training/test_run_script.py shows."""

import ast
from dataclasses import replace

import pytest

from catdog.recipes import RECIPES, Augmentation, Layer, augmentation_of, in_words, named_layers, with_augmentation
from catdog.recipes.code import constructor, network_code
from catdog.settings import BFLOAT16, FLOAT32

EVERYTHING = Augmentation("horizontal_and_vertical", 7, "constant", zoom=33, shift=33, brightness=58, contrast=58)


def test_a_layer_is_the_call_that_makes_it():
    assert constructor(Layer("Flatten")) == "keras.layers.Flatten()"
    assert constructor(Layer("Dense", (("units", 2), ("activation", "softmax")))) == (
        'keras.layers.Dense(units=2, activation="softmax")'
    )


def test_the_code_reads_as_a_person_would_write_it():
    chosen = with_augmentation(RECIPES["post4-model3"], Augmentation("horizontal", 72))
    conv = 'x = keras.layers.Conv2D(filters=32, kernel_size=3, activation="relu", padding="valid", name="conv_{}")(x)\n'
    pool = 'x = keras.layers.MaxPooling2D(pool_size=2, name="pool_{}")(x)  # keep the largest of each 2×2\n'
    assert network_code(chosen) == (
        'photo = keras.Input(shape=(160, 160, 3), name="photo")\n'
        "x = photo\n"
        'x = keras.layers.Rescaling(scale=1 / 127.5, offset=-1.0, name="scale_pixels")(x)  # fixed x / 127.5 − 1\n'
        "# Only while training: flip left-right\n"
        'x = keras.layers.RandomFlip(mode="horizontal", name="flip")(x)\n'
        "# Only while training: turn up to ±72°, gaps filled by mirroring\n"
        'x = keras.layers.RandomRotation(factor=0.2, fill_mode="reflect", name="rotation")(x)\n'
        + "".join(conv.format(number) + pool.format(number) for number in (1, 2))
        + 'x = keras.layers.Flatten(name="flatten")(x)  # all values in one row\n'
        'x = keras.layers.Dropout(rate=0.2, name="dropout_1")(x)  # drop 20 %\n'
        'x = keras.layers.Dense(units=2, activation="softmax", name="probabilities")(x)\n'
        "model = keras.Model(photo, x)"
    )


def test_a_frozen_base_is_named_frozen_and_called_as_in_prediction():
    assert (
        'base = keras.applications.MobileNetV2(input_shape=(160, 160, 3), weights="imagenet", include_top=False, '
        'name="base")\n'
        "base.trainable = False\n"
        "x = base(x, training=False)\n"
    ) in network_code(RECIPES["post5-model4"])


@pytest.mark.parametrize("key", RECIPES)
def test_the_code_names_every_layer_in_order_and_no_other(key):
    calls = [node for node in ast.walk(ast.parse(network_code(RECIPES[key]))) if isinstance(node, ast.Call)]
    words = [(call.lineno, word.value.value) for call in calls for word in call.keywords if word.arg == "name"]
    assert [name for _, name in sorted(words)] == ["photo", *(name for name, _ in named_layers(RECIPES[key]))]


@pytest.mark.parametrize("key", [key for key, entry in RECIPES.items() if augmentation_of(entry)])
@pytest.mark.parametrize("augmentation", [Augmentation(), Augmentation(contrast=100), EVERYTHING], ids=str)
def test_a_run_s_own_augmentation_is_told_in_words_and_no_line_is_too_long(key, augmentation):
    chosen = with_augmentation(RECIPES[key], augmentation)
    lines = network_code(chosen).splitlines()
    told = [line for line in lines if line.startswith("# Only while training: ")]
    assert told == [f"# Only while training: {in_words(layer)}" for layer in chosen.layers if layer.random]
    assert max(map(len, lines)) <= 120


def test_photos_of_another_size_are_taken_over_by_photo_and_base():
    code = network_code(replace(RECIPES["post1-model4"], image_size=(96, 128)))
    assert "shape=(96, 128, 3)" in code.splitlines()[0]
    assert "input_shape=(96, 128, 3)" in code


# Precision


def dtypes(code: str) -> dict[str, str]:
    """The variable that each layer takes its dtype from, by the layer's name; only of those that have one."""
    calls = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)]
    words = [{word.arg: word.value for word in call.keywords} for call in calls]
    return {given["name"].value: given["dtype"].id for given in words if "dtype" in given}


@pytest.mark.parametrize("key", RECIPES)
def test_in_float32_no_layer_is_told_a_dtype(key):
    assert network_code(RECIPES[key]) == network_code(RECIPES[key], FLOAT32)
    assert "dtype" not in network_code(RECIPES[key])
    assert "float" not in network_code(RECIPES[key])


@pytest.mark.parametrize("key", RECIPES)
def test_in_mixed_precision_every_layer_before_the_answer_is_told_so_but_augmentation(key):
    layers = named_layers(RECIPES[key])
    answer = next(place for place, (name, _) in enumerate(layers) if name in ("logits", "probabilities"))
    told = {name: "mixed" for name, layer in layers[:answer] if not layer.random and not layer.frozen}
    code = network_code(RECIPES[key], BFLOAT16)
    assert dtypes(code) == told
    assert max(map(len, code.splitlines())) <= 120
    assert code.count('mixed = "mixed_bfloat16"') == 1


@pytest.mark.parametrize("key", RECIPES)
def test_without_its_dtypes_the_code_in_mixed_precision_is_that_of_float32(key):
    lines = network_code(RECIPES[key], BFLOAT16).replace(", dtype=mixed", "").splitlines()
    assert [line for line in lines[3:] if "set_dtype_policy" not in line] == network_code(RECIPES[key]).splitlines()


def test_a_base_is_built_in_mixed_precision_and_what_follows_is_not():
    code = network_code(RECIPES["post4-model4"], BFLOAT16)
    before, _, behind = code.partition("base = ")
    assert before.endswith("keras.config.set_dtype_policy(mixed)\n")
    assert behind.splitlines()[1] == 'keras.config.set_dtype_policy("float32")'

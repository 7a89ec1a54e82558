"""Layers and networks as Keras source text, as a person would write them."""

from typing import Any

from catdog.recipes.recipe import ANSWERS, Layer, Recipe, named_layers
from catdog.recipes.words import in_words
from catdog.settings import BFLOAT16, FLOAT32

SPEAKS_FOR_ITSELF = ("Conv2D", "Dense")  # their arguments say all that words could
LINE = 120  # characters
MIXED = (
    "# Most layers compute with numbers of 16 bits, which takes less time where a processor or a GPU is made for them.",
    "# What has no dtype here keeps 32 bits: augmentation, the answer, and in every layer the weights.",
    f'mixed = "{BFLOAT16}"',
)


def constructor(layer: Layer) -> str:
    """The call that makes the layer, such as `keras.layers.Dropout(rate=0.2)`."""
    return f"keras.layers.{layer.kind}({_arguments(layer.arguments)})"


def network_code(recipe: Recipe, precision: str = FLOAT32) -> str:
    """The lines that build the recipe's network as `model`, layer by layer, with each layer's name.

    `precision` is what the network computes with, as Keras spells it: "float32" or "mixed_bfloat16".
    Raises ValueError for catdog's embedded base, which plain Keras does not have: write the post's own network instead.
    """
    if recipe.has_frozen_base and not recipe.needs_imagenet:
        raise ValueError(f"Plain Keras has no embedded base; give {recipe.key} on the base of the post.")
    photo = _arguments({"shape": (*recipe.image_size, 3), "name": "photo"})
    mixed = precision == BFLOAT16
    lines = [*(MIXED if mixed else ()), f"photo = keras.Input({photo})", "x = photo"]
    for name, layer in named_layers(recipe):
        mixed = mixed and name not in ANSWERS
        if layer.kind == "MobileNetV2":
            lines += _frozen_base_lines(name, layer, recipe, mixed)
        else:
            lines += _layer_lines(name, layer, ", dtype=mixed" if mixed and not layer.random else "")
    return "\n".join((*lines, "model = keras.Model(photo, x)"))


def _layer_lines(name: str, layer: Layer, dtype: str) -> tuple[str, ...]:
    # Nobody would write 1 / 127.5 with all its digits.
    arguments = _arguments(layer.arguments | {"name": name}).replace(repr(1 / 127.5), "1 / 127.5") + dtype
    call = f"x = keras.layers.{layer.kind}({arguments})(x)"
    whole = (call,) if len(call) <= LINE else (f"x = keras.layers.{layer.kind}(", f"    {arguments}", ")(x)")
    if layer.random:
        return f"# Only while training: {in_words(layer)}", *whole
    return whole if layer.kind in SPEAKS_FOR_ITSELF else (f"{call}  # {in_words(layer)}",)


def _frozen_base_lines(name: str, layer: Layer, recipe: Recipe, mixed: bool) -> tuple[str, ...]:
    arguments = _arguments({"input_shape": (*recipe.image_size, 3)} | layer.arguments | {"name": name})
    base: tuple[str, ...] = (f"base = keras.applications.{layer.kind}({arguments})",)
    if mixed:  # a ready-made network cannot be told otherwise
        base = ("keras.config.set_dtype_policy(mixed)", *base, f'keras.config.set_dtype_policy("{FLOAT32}")')
    return (
        "# A network that has learned from over a million photos. Frozen: its weights stay as they are, and",
        "# training=False also holds its batch normalisation still.",
        *base,
        "base.trainable = False",
        "x = base(x, training=False)",
    )


def _arguments(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in given.items()).replace("'", '"')

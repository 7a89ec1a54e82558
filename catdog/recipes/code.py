"""Layers and networks as Keras source text, as a person would write them."""

from typing import Any

from catdog.recipes.recipe import Layer, Recipe, named_layers
from catdog.recipes.words import in_words

SPEAKS_FOR_ITSELF = ("Conv2D", "Dense")  # their arguments say all that words could
LINE = 120  # characters


def constructor(layer: Layer) -> str:
    """The call that makes the layer, such as `keras.layers.Dropout(rate=0.2)`."""
    return f"keras.layers.{layer.kind}({_arguments(layer.arguments)})"


def network_code(recipe: Recipe) -> str:
    """The lines that build the recipe's network as `model`, layer by layer, with each layer's name."""
    photo = _arguments({"shape": (*recipe.image_size, 3), "name": "photo"})
    lines = [f"photo = keras.Input({photo})", "x = photo"]
    for name, layer in named_layers(recipe):
        lines += _frozen_base_lines(name, layer, recipe) if layer.kind == "MobileNetV2" else _layer_lines(name, layer)
    return "\n".join((*lines, "model = keras.Model(photo, x)"))


def _layer_lines(name: str, layer: Layer) -> tuple[str, ...]:
    # Nobody would write 1 / 127.5 with all its digits.
    arguments = _arguments(layer.arguments | {"name": name}).replace(repr(1 / 127.5), "1 / 127.5")
    call = f"x = keras.layers.{layer.kind}({arguments})(x)"
    if layer.random:
        told = f"# Only while training: {in_words(layer)}"
        if len(call) > LINE:
            return told, f"x = keras.layers.{layer.kind}(", f"    {arguments}", ")(x)"
        return told, call
    return (call if layer.kind in SPEAKS_FOR_ITSELF else f"{call}  # {in_words(layer)}",)


def _frozen_base_lines(name: str, layer: Layer, recipe: Recipe) -> tuple[str, ...]:
    arguments = _arguments({"input_shape": (*recipe.image_size, 3)} | layer.arguments | {"name": name})
    return (
        "# A network that has learned from over a million photos. Frozen: its weights stay as they are, and",
        "# training=False also holds its batch normalisation still.",
        f"base = keras.applications.{layer.kind}({arguments})",
        "base.trainable = False",
        "x = base(x, training=False)",
    )


def _arguments(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in given.items()).replace("'", '"')

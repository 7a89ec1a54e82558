"""What a recipe is: layers and training settings as frozen data, which `catdog.models` turns into a network."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Any

from catdog.errors import SettingError
from catdog.settings import BASES, EMBEDDED


@dataclass(frozen=True)
class Layer:
    """One layer: its Keras class name and the arguments that Keras builds it with.

    A frozen layer keeps the weights it came with and always runs as in prediction.
    """

    kind: str
    options: tuple[tuple[str, Any], ...] = ()
    frozen: bool = False

    @property
    def arguments(self) -> dict[str, Any]:
        """A new dictionary of the options, ready to be passed to Keras."""
        return dict(self.options)

    @property
    def random(self) -> bool:
        """Whether it draws something anew for each photo, and only while training: augmentation."""
        return self.kind.startswith("Random")

    def get(self, name: str, default: Any = None) -> Any:
        return self.arguments.get(name, default)


def scale_pixels() -> Layer:
    """From 0..255 to -1..1 by x / 127.5 - 1, the range that MobileNetV2 was trained on."""
    return Layer("Rescaling", (("scale", 1 / 127.5), ("offset", -1.0)))


def rescaled(layer: Layer, values: Any) -> Any:
    """What a Rescaling layer makes of a number or an array of numbers."""
    return values * layer.get("scale") + layer.get("offset")


def flip(mode: str) -> Layer:
    """Mirrors photos at random while training; the mode as Keras spells it, such as "horizontal_and_vertical"."""
    return Layer("RandomFlip", (("mode", mode),))


def rotation(factor: float, fill_mode: str) -> Layer:
    """Turns photos at random while training, by up to `factor` of a full turn either way: 0.2 is 72 degrees."""
    return Layer("RandomRotation", (("factor", factor), ("fill_mode", fill_mode)))


def conv(filters: int, padding: str = "valid") -> Layer:
    """Looks for `filters` patterns of 3×3 pixels; "valid" loses one pixel at each border, "same" keeps the size."""
    return Layer("Conv2D", (("filters", filters), ("kernel_size", 3), ("activation", "relu"), ("padding", padding)))


def pool() -> Layer:
    """Halves height and width: of each 2×2 values the largest stays."""
    return Layer("MaxPooling2D", (("pool_size", 2),))


def dropout(rate: float) -> Layer:
    """Silences this fraction of the values, picked anew at each training step."""
    return Layer("Dropout", (("rate", rate),))


def flatten() -> Layer:
    return Layer("Flatten")


def dense(units: int, activation: str = "relu") -> Layer:
    return Layer("Dense", (("units", units), ("activation", activation)))


def mobilenet_v2() -> Layer:
    """Google's network of 2018 without its last layer (Sandler et al., arXiv 1801.04381), trained on ImageNet."""
    return Layer("MobileNetV2", (("weights", "imagenet"), ("include_top", False)), frozen=True)


def embedded_base() -> Layer:
    """The network that comes with catdog without its last layer, where ImageNet's weights cannot be had."""
    return Layer("EmbeddedBase", frozen=True)


def global_max_pool() -> Layer:
    return Layer("GlobalMaxPooling2D")


def global_average_pool() -> Layer:
    return Layer("GlobalAveragePooling2D")


@dataclass(frozen=True)
class Recipe:
    """One model of the five posts. It takes photos of shape (batch, height, width, 3), RGB, 0..255.

    `outputs` is the width of the answer: 1 is a single logit for "dog"; otherwise class 0 is cat and class 1 is dog.
    """

    key: str  # "post4-model3"
    post: int  # 1..5
    post_title: str
    model: str  # "model3", "model1.1"
    architecture: str  # a key of catalogue.ARCHITECTURES
    layers: tuple[Layer, ...]
    outputs: int
    loss: str  # as Keras spells it
    from_logits: bool
    learning_rate: float = 0.001  # Adam; Keras' own default
    batch_size: int = 32  # photos a step
    epochs: int = 20
    image_size: tuple[int, int] = (160, 160)  # height, width in pixels
    based_on: str | None = None  # key of the recipe that this one was derived from

    @property
    def needs_imagenet(self) -> bool:
        """Whether pretrained weights must be at hand before this recipe can be built."""
        return any(layer.kind == "MobileNetV2" for layer in self.layers)

    @property
    def has_frozen_base(self) -> bool:
        """Whether a part of it never learns: MobileNetV2, or catdog's embedded base in its place."""
        return any(layer.frozen for layer in self.layers)


def derive(previous: Recipe, *, key: str, **changes: Any) -> Recipe:
    """The previous recipe with a new key of the form "post4-model3" and only the named fields changed."""
    return replace(previous, key=key, model=key.partition("-")[2], based_on=previous.key, **changes)


def with_base(recipe: Recipe, base: str) -> Recipe:
    """The recipe on this frozen base, one of catdog.settings.BASES; the recipe itself where it is on it already.

    Raises SettingError for a base that does not exist, and where a recipe without a frozen base is to have the embedded
    one.
    """
    if base not in BASES:
        raise SettingError(f"The frozen base must be one of {', '.join(BASES)}; {str(base)[:40]!r} was given.")
    if base == EMBEDDED and not recipe.has_frozen_base:
        raise SettingError(
            f"{recipe.key} has no frozen base, and catdog's embedded one was asked for. Leave the base out, or choose "
            f"a recipe with a frozen base."
        )
    frozen = embedded_base() if base == EMBEDDED else mobilenet_v2()
    layers = tuple(frozen if layer.frozen else layer for layer in recipe.layers)
    return recipe if layers == recipe.layers else replace(recipe, layers=layers)


ANSWERS = ("logits", "probabilities")  # the names that the layer with the answer may have

_NAMES = {
    "Rescaling": "scale_pixels",
    "RandomFlip": "flip",
    "RandomRotation": "rotation",
    "RandomZoom": "zoom",
    "RandomTranslation": "shift",
    "RandomBrightness": "brightness",
    "RandomContrast": "contrast",
    "MobileNetV2": "base",
    "EmbeddedBase": "base",
    "Conv2D": "conv",
    "MaxPooling2D": "pool",
    "Dropout": "dropout",
    "Flatten": "flatten",
    "Dense": "dense",
    "GlobalMaxPooling2D": "global_pool",
    "GlobalAveragePooling2D": "global_pool",
}
_NUMBERED = {"conv", "pool", "dropout", "dense"}


def named_layers(recipe: Recipe) -> tuple[tuple[str, Layer], ...]:
    """Each layer with the name that it bears in Keras, in tables and in figures: "conv_1", "pool_1", "base".

    The last Dense gives the answer and is called "logits", or "probabilities" behind a softmax. In the first three
    models of post 5 that is the Dense of 64 units, even where a dropout follows it.
    """
    answer = max(place for place, layer in enumerate(recipe.layers) if layer.kind == "Dense")
    counts: Counter[str] = Counter()
    named = []
    for place, layer in enumerate(recipe.layers):
        name = _NAMES[layer.kind]
        if place == answer:
            name = ANSWERS[0] if recipe.from_logits else ANSWERS[1]
        elif name in _NUMBERED:
            counts[name] += 1
            name = f"{name}_{counts[name]}"
        named.append((name, layer))
    return tuple(named)

"""Augmentation as data: what is drawn anew for each photo while a network trains, and the Keras layers that do it."""

from dataclasses import dataclass, fields, replace
from typing import Any

from catdog.errors import SettingError
from catdog.recipes.code import constructor
from catdog.recipes.recipe import Layer, Recipe, flip, rescaled
from catdog.recipes.words import in_words
from catdog.settings import Limits, whole_number

FLIPS = ("none", "horizontal", "vertical", "horizontal_and_vertical")  # as Keras spells them, and "none"
FILLS = ("reflect", "constant", "nearest", "wrap")  # as Keras spells them

LIMITS = {
    "turn": Limits(0, 180, "The turn in degrees"),
    "zoom": Limits(0, 50, "The zoom in percent"),
    "shift": Limits(0, 50, "The shift in percent"),
    "brightness": Limits(0, 100, "The brightness in percent"),
    "contrast": Limits(0, 100, "The contrast in percent"),
}
PREVIEW_SEED = Limits(0, 9_999, "The seed")  # few digits: it stands in addresses and is read out in class
PIXELS = (0.0, 255.0)  # a photo's darkest and brightest value
FULL_TURN = 360  # degrees
KINDS = ("RandomFlip", "RandomRotation", "RandomZoom", "RandomTranslation", "RandomBrightness", "RandomContrast")

Options = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Augmentation:
    """What may happen to a photo; nothing, unless given. All amounts are whole numbers and mean "up to, either way".

    `turn` is in degrees; `fill` says what fills the gaps at the borders; `zoom` is in percent of the photo's side that
    is seen more or less of, `shift` in percent of its side, `brightness` in percent of the whole range of pixel values,
    `contrast` in percent of the distance between each pixel and the photo's mean. Where nothing leaves gaps, `fill` is
    "reflect" whatever was given. Raises SettingError for anything outside FLIPS, FILLS and LIMITS.
    """

    flip: str = "none"
    turn: int = 0
    fill: str = "reflect"
    zoom: int = 0
    shift: int = 0
    brightness: int = 0
    contrast: int = 0

    def __post_init__(self) -> None:
        _one_of("flip", self.flip, FLIPS)
        _one_of("fill", self.fill, FILLS)
        for name, limits in LIMITS.items():
            limits.check_whole(getattr(self, name))
        if not self.leaves_gaps:  # two that do the same are equal
            object.__setattr__(self, "fill", "reflect")

    @property
    def leaves_gaps(self) -> bool:
        """Whether a copy may have borders that the photo does not reach: only then `fill` means something."""
        return bool(self.turn or self.zoom or self.shift)

    @property
    def text(self) -> str:
        """All of it in one short line, for addresses and the terminal: "flip=horizontal,turn=72"; "none" for nothing.

        `from_text` reads it back.
        """
        given = [(field.name, getattr(self, field.name), field.default) for field in fields(self)]
        return ",".join(f"{name}={value}" for name, value, default in given if value != default) or "none"

    @classmethod
    def from_text(cls, text: str) -> "Augmentation":
        """Read what `text` gives, in any order. Raises SettingError, saying what may be written."""
        if text == "none":
            return cls()
        pairs = [part.partition("=") for part in text.split(",")]
        given: dict[str, Any] = {name.strip(): value.strip() for name, _, value in pairs}
        known = [field.name for field in fields(cls)]
        if not set(given) <= set(known) or len(given) != len(pairs):
            raise SettingError(
                f"{text[:80]!r} is no augmentation. Write it like 'flip=horizontal,turn=72', or 'none'; "
                f"there are {', '.join(known)}, each at most once."
            )
        for name in given.keys() & LIMITS.keys():
            number = whole_number(given[name])
            given[name] = given[name] if number is None else number  # what is none is named by the check
        return cls(**given)

    def layers(self, low: float = PIXELS[0], high: float = PIXELS[1]) -> tuple[Layer, ...]:
        """The Keras layers that do it, to photos whose pixels lie between `low` and `high`."""
        gaps: Options = (("fill_mode", self.fill),)
        cut: Options = ()
        if (low, high) != PIXELS:  # where Keras would fill with 0 and cut at 0 and 255
            gaps += (("fill_value", low),) if self.fill == "constant" else ()
            cut = (("value_range", (low, high)),)
        turn, shift, contrast = self.turn / FULL_TURN, self.shift / 100, self.contrast / 100
        possible = (
            (self.flip != "none", flip(self.flip)),
            (self.turn, Layer("RandomRotation", (("factor", turn), *gaps))),
            (self.zoom, Layer("RandomZoom", (("height_factor", self.zoom / 100), *gaps))),
            (self.shift, Layer("RandomTranslation", (("height_factor", shift), ("width_factor", shift), *gaps))),
            (self.brightness, Layer("RandomBrightness", (("factor", self.brightness / 100), *cut))),
            # One number would only ever raise the contrast, because Keras takes it as the pair (0, factor).
            (self.contrast, Layer("RandomContrast", (("factor", (contrast, contrast)), *cut))),
        )
        return tuple(layer for on, layer in possible if on)

    def in_words(self) -> str:
        """Such as "flip left-right, turn up to ±72°, gaps filled by mirroring"; how gaps are filled is said once."""
        phrases = ", ".join(in_words(layer) for layer in self.layers()).split(", ")
        return ", ".join(dict.fromkeys(phrases)) or "no augmentation"


def augmentation_of(recipe: Recipe) -> Augmentation | None:
    """What the recipe does to its photos; None for a network that learns from the photos as they are."""
    given: dict[str, Any] = {}
    for layer in recipe.layers:
        match layer.kind:
            case "RandomFlip":
                given["flip"] = layer.get("mode")
            case "RandomRotation":
                given |= {"turn": round(layer.get("factor") * FULL_TURN), "fill": layer.get("fill_mode")}
            case "RandomZoom":
                given |= {"zoom": round(layer.get("height_factor") * 100), "fill": layer.get("fill_mode")}
            case "RandomTranslation":
                given |= {"shift": round(layer.get("height_factor") * 100), "fill": layer.get("fill_mode")}
            case "RandomBrightness":
                given["brightness"] = round(layer.get("factor") * 100)
            case "RandomContrast":
                given["contrast"] = round(layer.get("factor")[0] * 100)
    return Augmentation(**given) if given else None


def with_augmentation(recipe: Recipe, augmentation: Augmentation) -> Recipe:
    """The recipe with other augmentation in the very place of its own.

    Raises SettingError for a recipe without any: there is no place to put it, and model 2 is that network.
    """
    places = [place for place, layer in enumerate(recipe.layers) if layer.random]
    if not places:
        raise SettingError(f"{recipe.key} has no augmentation that could be changed; models 2, 3 and 4 have.")
    before, after = recipe.layers[: places[0]], recipe.layers[places[-1] + 1 :]
    low, high = PIXELS
    for layer in before:
        if layer.kind == "Rescaling":
            low, high = rescaled(layer, low), rescaled(layer, high)
    return replace(recipe, layers=(*before, *augmentation.layers(low, high), *after))


def seeded(layers: tuple[Layer, ...], seed: int) -> tuple[Layer, ...]:
    """The layers with a seed each, as in `seed_of`, so that they draw the same again."""
    return tuple(replace(layer, options=(*layer.options, ("seed", seed_of(layer, seed)))) for layer in layers)


def seed_of(layer: Layer, seed: int) -> int:
    """The layer's own seed where the page's is `seed`; no two kinds share theirs for any `seed`.

    With one seed for all, flips and turns would come from the same random numbers. A kind's own seed does not depend on
    what else is switched on, so that a class can change one thing at a time.
    """
    return 10 * seed + KINDS.index(layer.kind)


def keras_code(augmentation: Augmentation, seed: int, copies: int) -> str:
    """Plain Keras, ready to run, that gives the same copies of a `photo` (height, width, 3), 0-255."""
    lines = [
        f"        {line}"
        for layer in seeded(augmentation.layers(), seed)
        for line in (f"# {in_words(layer)}", f"{constructor(layer)},")
    ]
    repeated = f'photos = np.repeat(photo[np.newaxis].astype("float32"), {copies}, axis=0)'
    if not lines:
        return f"import numpy as np\n\n{repeated}\ncopies = photos  # nothing is switched on"
    sequence = ("augment = keras.Sequential(", "    [", "        keras.Input(photo.shape),", *lines, "    ]", ")")
    applied = (repeated, "copies = augment(photos, training=True)")
    return "\n".join(("import keras", "import numpy as np", "", *sequence, *applied))


def _one_of(name: str, value: Any, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise SettingError(f"The {name} must be one of {', '.join(allowed)}; {str(value)[:40]!r} was given.")

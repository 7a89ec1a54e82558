"""A recipe as the few blocks that a class sees: what belongs together is one, and what is new in it is known."""

from collections.abc import Iterator
from dataclasses import dataclass

from catdog.recipes.catalogue import previous
from catdog.recipes.changes import LayerChanges, layer_changes
from catdog.recipes.recipe import ANSWERS, Layer, Recipe, named_layers, rescaled
from catdog.recipes.shapes import LayerRow, Shape, layer_table

NEW, CHANGED = "new", "changed"
COLOURS = 3  # red, green and blue of a photo
DARKEST, BRIGHTEST = 0, 255  # values of a photo's pixel

_KINDS = {
    "Rescaling": "scaling",
    "Conv2D": "convolution",
    "MaxPooling2D": "pooling",
    "MobileNetV2": "base",
    "EmbeddedBase": "base",
    "GlobalMaxPooling2D": "global pooling",
    "GlobalAveragePooling2D": "global pooling",
    "Flatten": "flatten",
    "Dense": "dense",
    "Dropout": "dropout",
}
_TOGETHER = {("augmentation", "augmentation"), ("convolution", "pooling")}
_BASES = {"MobileNetV2": "MobileNetV2", "EmbeddedBase": "embedded base"}
_UNITS = {"logits": ("logit", "logits"), "probabilities": ("probability", "probabilities")}


@dataclass(frozen=True)
class Block:
    """Some layers in a row that are one step of thought. The photo is the block without any.

    `shape` is what leaves it: (height, width, maps) or (values,). `change` says how it differs from the network before:
    NEW where all of it is, CHANGED where part of it is or where a setting is another one, else "".
    """

    kind: str  # "photo", "augmentation", "answer", or one of _KINDS
    title: str  # "convolution + pooling", "MobileNetV2"
    detail: str  # what there is to say besides: "flip, turn", "to −1..1", "20 %", "dog?"; mostly nothing
    rows: tuple[LayerRow, ...]
    shape: Shape
    change: str = ""

    @property
    def parameters(self) -> int:
        """Those of its layers together, frozen or not."""
        return sum(row.parameters for row in self.rows)

    @property
    def frozen(self) -> bool:
        """Whether it has parameters and none of them learns."""
        return self.parameters > 0 and not any(row.trainable for row in self.rows)

    @property
    def flat(self) -> bool:
        """Whether its values stand in one row and no longer in maps."""
        return len(self.shape) == 1

    @property
    def shape_in_words(self) -> str:
        """Such as "79 × 79 × 32", "82,944 values" or "2 logits"."""
        if not self.flat:
            return " × ".join(f"{side:,}" for side in self.shape)
        one, several = _UNITS[self.rows[-1].name] if self.kind == "answer" else ("value", "values")
        return f"{self.shape[0]:,} {one if self.shape[0] == 1 else several}"

    @property
    def parameters_in_words(self) -> str:
        """Such as "9,248 learn" or "2,257,984 frozen"; nothing where it has none."""
        return f"{self.parameters:,} {'frozen' if self.frozen else 'learn'}" if self.parameters else ""


def blocks(recipe: Recipe, before: Recipe | None = None) -> tuple[Block, ...]:
    """The recipe from the photo to the answer, and how each block differs from the network before.

    `before` is the recipe to compare with, the one that it was derived from if not given.
    """
    changed = layer_changes(recipe, before)
    photo = Block("photo", "photo", "", (), (*recipe.image_size, COLOURS))
    return (photo, *(_block(kind, members, changed) for kind, members in _grouped(recipe)))


def blocks_in_words(recipe: Recipe, before: Recipe | None = None) -> str:
    """All of it in one paragraph: every block in order, how much of it learns, and what differs."""
    now = blocks(recipe, before)
    chain = " → ".join(map(_told, now))
    return f"{chain[0].upper()}{chain[1:]}. {_parameters_told(now)}. {blocks_changed_in_words(recipe, before)}".strip()


def blocks_changed_in_words(recipe: Recipe, before: Recipe | None = None) -> str:
    """What is new, changed or gone since the network before; nothing for a post's first model."""
    before = before or previous(recipe)
    if before is None:
        return ""
    now, removed = blocks(recipe, before), layer_changes(recipe, before).removed
    gone = [block for block in blocks(before) if block.rows and {row.name for row in block.rows} <= removed]
    network = before.model.removeprefix("model")
    parts = (
        (f"New against network {network}", [_told(block) for block in now if block.change == NEW]),
        (f"Changed against network {network}", [_told(block) for block in now if block.change == CHANGED]),
        ("No longer there", [_named(block) for block in gone]),
    )
    return " ".join(f"{start}: {', '.join(dict.fromkeys(told))}." for start, told in parts if told)


def _grouped(recipe: Recipe) -> Iterator[tuple[str, list[tuple[LayerRow, Layer]]]]:
    group: list[tuple[LayerRow, Layer]] = []
    kind = ""
    for row, (name, layer) in zip(layer_table(recipe), named_layers(recipe), strict=True):
        own = "answer" if name in ANSWERS else "augmentation" if layer.random else _KINDS[layer.kind]
        if group and (kind, own) not in _TOGETHER:
            yield kind, group
            group = []
        kind = kind if group else own
        group.append((row, layer))
    yield kind, group


def _block(kind: str, members: list[tuple[LayerRow, Layer]], changed: LayerChanges) -> Block:
    rows, layers = zip(*members, strict=True)
    names = {row.name for row in rows}
    change = ""
    if names <= changed.added:
        change = NEW
    elif names & (changed.added | changed.altered):
        change = CHANGED
    title = " + ".join(_BASES.get(row.kind, _KINDS.get(row.kind, "")) for row in rows)
    title = kind if kind in ("augmentation", "answer") else title
    return Block(kind, title, _detail(kind, rows, layers), rows, rows[-1].output_shape, change)


def _detail(kind: str, rows: tuple[LayerRow, ...], layers: tuple[Layer, ...]) -> str:
    if kind == "scaling":
        low, high = (rescaled(layers[0], value) for value in (DARKEST, BRIGHTEST))
        return f"to {low:g}..{high:g}".replace("-", "−")
    if kind == "augmentation":
        return ", ".join("turn" if row.name == "rotation" else row.name for row in rows)
    if kind == "dropout":
        return f"{100 * layers[0].get('rate'):g} %"
    return "dog?" if kind == "answer" and rows[0].output_shape == (1,) else ""


def _named(block: Block) -> str:
    return f"{block.title} {block.detail}" if block.kind in ("scaling", "dropout") else block.title


def _told(block: Block) -> str:
    match block.kind:
        case "scaling" | "dropout":
            return _named(block)
        case "augmentation":
            return f"{block.title} ({block.detail})"
        case "answer":
            return block.shape_in_words + (f" ({block.detail})" if block.detail else "")
    return f"{block.title} ({block.shape_in_words})"


def _parameters_told(now: tuple[Block, ...]) -> str:
    total = sum(block.parameters for block in now)
    frozen = sum(block.parameters for block in now if block.frozen)
    return f"{total:,} parameters, " + (f"{frozen:,} of them frozen" if frozen else "all learn")

"""What a recipe changed against the one it was derived from, as sentences."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from catdog.recipes.catalogue import previous
from catdog.recipes.recipe import Layer, Recipe, named_layers
from catdog.recipes.words import in_words

Named = Sequence[tuple[str, Layer]]

_SETTINGS = {
    "loss": "Loss",
    "learning_rate": "Learning rate",
    "batch_size": "Photos a step",
    "epochs": "Epochs",
}


def changes(recipe: Recipe, before: Recipe | None = None) -> tuple[str, ...]:
    """One sentence a change, such as "Added after pool_2: dropout_1 (drop 20 %)."; none for a post's first model.

    `before` is the recipe to compare with, the one that it was derived from if not given.
    Layers are called as in `named_layers`: those added or altered by their new name, those removed by their old one.
    """
    before = before or previous(recipe)
    if before is None:
        return ()
    return (*_layer_changes(named_layers(before), named_layers(recipe)), *_setting_changes(before, recipe))


def _layer_changes(old: Named, new: Named) -> Iterator[str]:
    was_roles, now_roles = _roles(old), _roles(new)
    # A dropout beside a new base must not be taken for one inside the network that the base replaces.
    loose = {"dropout"} if "base" in now_roles and "base" not in was_roles else set()
    matcher = SequenceMatcher(loose.__contains__, was_roles, now_roles, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        gone, come = old[old_start:old_end], new[new_start:new_end]
        match tag:
            case "insert":
                yield f"Added {_place(new, new_start)}: {_listed(come)}."
            case "delete":
                yield f"Removed {_place(old, old_start)}: {_listed(gone)}."
            case "replace":
                yield f"Replaced {_span(gone)} by {_listed(come)}."
            case "equal":
                for (_, was), (name, now) in zip(gone, come, strict=True):
                    if was != now:
                        yield f"Changed {name}: {in_words(was)} → {in_words(now)}."


def _setting_changes(before: Recipe, after: Recipe) -> Iterator[str]:
    for field, title in _SETTINGS.items():
        was, now = getattr(before, field), getattr(after, field)
        if was != now:
            yield f"{title} {was} → {now}."


def _roles(layers: Named) -> list[str]:
    """The names without their numbers: "conv", "pool", "logits"."""
    return [re.sub(r"_\d+$", "", name) for name, _ in layers]


def _place(layers: Named, start: int) -> str:
    return f"after {layers[start - 1][0]}" if start else "first"


def _span(layers: Named) -> str:
    first, last = layers[0][0], layers[-1][0]
    return first if first == last else f"{first} to {last}"


def _listed(layers: Named) -> str:
    *rest, last = [f"{name} ({in_words(layer)})" for name, layer in layers]
    return f"{', '.join(rest)} and {last}" if rest else last

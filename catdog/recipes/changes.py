"""What a recipe changed against the one it was derived from: layer by layer, and as sentences."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from catdog.recipes.catalogue import previous
from catdog.recipes.recipe import Layer, Recipe, named_layers
from catdog.recipes.words import in_words

Named = Sequence[tuple[str, Layer]]
Span = tuple[str, slice, slice]  # what happened (insert, delete, replace, equal), where in the old, where in the new

_SETTINGS = {
    "loss": "Loss",
    "learning_rate": "Learning rate",
    "batch_size": "Photos a step",
    "epochs": "Epochs",
}


@dataclass(frozen=True)
class LayerChanges:
    """Names of layers as in `named_layers`: `added` and `altered` in the new network, `removed` in the old one."""

    added: frozenset[str] = frozenset()
    altered: frozenset[str] = frozenset()  # there before, with another setting
    removed: frozenset[str] = frozenset()


def layer_changes(recipe: Recipe, before: Recipe | None = None) -> LayerChanges:
    """Which layers are new, altered or gone; none for a post's first model.

    `before` is the recipe to compare with, the one that it was derived from if not given.
    """
    before = before or previous(recipe)
    if before is None:
        return LayerChanges()
    old, new = named_layers(before), named_layers(recipe)
    added, altered, removed = set(), set(), set()
    for tag, gone, come in _compared(old, new):
        if tag == "equal":
            altered |= {name for name, _, _ in _altered(old[gone], new[come])}
        else:
            removed |= {name for name, _ in old[gone]}
            added |= {name for name, _ in new[come]}
    return LayerChanges(frozenset(added), frozenset(altered), frozenset(removed))


def changes(recipe: Recipe, before: Recipe | None = None) -> tuple[str, ...]:
    """One sentence a change, such as "Added after pool_2: dropout_1 (drop 20 %)."; none for a post's first model.

    `before` is the recipe to compare with, the one that it was derived from if not given.
    Layers are called as in `named_layers`: those added or altered by their new name, those removed by their old one.
    """
    before = before or previous(recipe)
    if before is None:
        return ()
    return (*_layer_sentences(named_layers(before), named_layers(recipe)), *_setting_sentences(before, recipe))


def _compared(old: Named, new: Named) -> Iterator[Span]:
    """The two networks side by side, by what their layers are for, whatever their settings."""
    was_roles, now_roles = _roles(old), _roles(new)
    # A dropout beside a new base must not be taken for one inside the network that the base replaces.
    loose = {"dropout"} if "base" in now_roles and "base" not in was_roles else set()
    matcher = SequenceMatcher(loose.__contains__, was_roles, now_roles, autojunk=False)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        yield tag, slice(old_start, old_end), slice(new_start, new_end)


def _altered(gone: Named, come: Named) -> Iterator[tuple[str, str, str]]:
    """The name of each layer that does something else than before, with what it did and what it does.

    Behind a scaling, augmentation is given other limits so that it does the same: that is no change.
    """
    for (_, was), (name, now) in zip(gone, come, strict=True):
        if in_words(was) != in_words(now):
            yield name, in_words(was), in_words(now)


def _layer_sentences(old: Named, new: Named) -> Iterator[str]:
    for tag, was_there, is_there in _compared(old, new):
        gone, come = old[was_there], new[is_there]
        match tag:
            case "insert":
                yield f"Added {_place(new, is_there.start)}: {_listed(come)}."
            case "delete":
                yield f"Removed {_place(old, was_there.start)}: {_listed(gone)}."
            case "replace":
                yield f"Replaced {_span(gone)} by {_listed(come)}."
            case "equal":
                for name, was, now in _altered(gone, come):
                    yield f"Changed {name}: {was} → {now}."


def _setting_sentences(before: Recipe, after: Recipe) -> Iterator[str]:
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

"""All recipes by key, and the four architectures that they belong to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from catdog.errors import SettingError
from catdog.recipes import post1, post2, post3, post4, post5
from catdog.recipes.recipe import Recipe


@dataclass(frozen=True)
class Architecture:
    """One of the four ideas that every post goes through, in the order of their numbers."""

    key: str
    number: int  # 1..4
    title: str
    adds: str  # one sentence for a sixteen-year-old


_IDEAS = (
    Architecture(
        key="cnn",
        number=1,
        title="Plain",
        adds="A small network learns from the raw pixels alone, and soon knows the training photos by heart.",
    ),
    Architecture(
        key="augmentation",
        number=2,
        title="Augmented",
        adds="Photos are mirrored and turned at random, so that the network hardly ever sees the same one twice.",
    ),
    Architecture(
        key="preprocessing",
        number=3,
        title="Scaled",
        adds="Pixels are brought from 0..255 to -1..1 before anything else, which makes learning far steadier.",
    ),
    Architecture(
        key="transfer",
        number=4,
        title="Transfer",
        adds="A network that has learned from over a million photos does the seeing; only the last step is new.",
    ),
)
ARCHITECTURES: Mapping[str, Architecture] = MappingProxyType({idea.key: idea for idea in _IDEAS})


def by_key(recipes: Iterable[Recipe]) -> Mapping[str, Recipe]:
    """A read-only mapping in the given order; raises ValueError where two recipes bear the same key."""
    mapping: dict[str, Recipe] = {}
    for entry in recipes:
        if entry.key in mapping:
            raise ValueError(f"Two recipes bear the key {entry.key!r}; give one of them another.")
        mapping[entry.key] = entry
    return MappingProxyType(mapping)


LESSON_POST = 4  # its networks are small, and each differs from the one before by little more than the idea

RECIPES = by_key((*post1.MODELS, *post2.MODELS, *post3.MODELS, *post4.MODELS, *post5.MODELS))


def recipe(key: str) -> Recipe:
    """The recipe of this key, such as "post4-model3"; raises SettingError with the nearest key otherwise."""
    if key in RECIPES:
        return RECIPES[key]
    nearest = get_close_matches(key, RECIPES, n=1)
    hint = f" Did you mean {nearest[0]!r}?" if nearest else ""
    raise SettingError(f"There is no recipe {key!r}.{hint} `python -m catdog recipes` lists all {len(RECIPES)}.")


def lesson_recipe(architecture: str) -> Recipe:
    """The recipe of an architecture that a lesson begins with; raises KeyError for an unknown architecture."""
    return next(entry for entry in recipes_of(architecture) if entry.post == LESSON_POST)


def previous(derived: Recipe) -> Recipe | None:
    """The recipe that this one was derived from; None for the first model of a post."""
    return recipe(derived.based_on) if derived.based_on else None


def recipes_of(architecture: str) -> tuple[Recipe, ...]:
    """The recipes of one architecture, by its key, in the order of the posts; raises KeyError for an unknown key."""
    wanted = ARCHITECTURES[architecture].key
    return tuple(entry for entry in RECIPES.values() if entry.architecture == wanted)

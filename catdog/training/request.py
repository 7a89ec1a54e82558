"""What a person asks of a training run, checked before anything is started."""

from dataclasses import MISSING, asdict, dataclass, fields, replace
from typing import Any

from catdog.errors import SettingError
from catdog.recipes import Augmentation, Recipe, augmentation_of, recipe, with_augmentation, with_base
from catdog.settings import (
    AUTO,
    BATCH_SIZE,
    COPIES,
    EPOCHS,
    IMAGENET,
    LEARNING_RATE,
    PHOTO_LIMIT,
    PRECISIONS,
    SEED,
)


@dataclass(frozen=True)
class RunRequest:
    """One run as it was asked for. `limit` is the largest number of training photos, None for all of them.

    `augmentation` takes the place of the recipe's own; None leaves that as it is.
    The seed decides the first weights, the order of the photos, what augmentation draws and what dropout drops.
    `precision` is one of PRECISIONS. `copies` is for recipes with a frozen base: None is the exact way, in which the
    base looks at freshly augmented photos in each epoch; a number is the features way, in which it looks once at each
    photo and at so many augmented copies of it, and only the head trains. `base` is one of BASES: the post's own
    MobileNetV2, or catdog's embedded base in its place. With `all_devices` all devices that the worker finds train the
    network together, each on `batch_size` photos a step, so that a step takes `batch_size` times their number.
    """

    recipe: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int = 0
    limit: int | None = None
    augmentation: Augmentation | None = None
    precision: str = AUTO
    copies: int | None = None
    base: str = IMAGENET
    all_devices: bool = False

    def __post_init__(self) -> None:
        recipe(self.recipe)  # an unknown key is a SettingError of its own
        EPOCHS.check_whole(self.epochs)
        BATCH_SIZE.check_whole(self.batch_size)
        SEED.check_whole(self.seed)
        LEARNING_RATE.check(_number("learning_rate", self.learning_rate))
        if self.limit is not None:
            PHOTO_LIMIT.check_whole(self.limit)
        if self.augmentation is not None:
            with_augmentation(recipe(self.recipe), self.augmentation)  # a recipe without any is a SettingError
        _check_precision(self.precision)
        if self.copies is not None:
            _check_copies(recipe(self.recipe), self.copies)
        with_base(recipe(self.recipe), self.base)  # one that does not exist, or is not for this recipe, is refused
        _check_all_devices(recipe(self.recipe), self.all_devices)

    @classmethod
    def of(cls, chosen: Recipe, **overrides: Any) -> "RunRequest":
        """The recipe's own settings, with those replaced that are given and not None.

        Raises SettingError where a value lies outside its limits.
        """
        if overrides.get("augmentation") == augmentation_of(chosen):
            overrides["augmentation"] = None
        own = {"epochs": chosen.epochs, "batch_size": chosen.batch_size, "learning_rate": chosen.learning_rate}
        return cls(recipe=chosen.key, **own | {name: value for name, value in overrides.items() if value is not None})

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "RunRequest":
        """Read back what `as_json` wrote. Raises SettingError where a field is missing, unknown or out of limits."""
        if not isinstance(given, dict):
            raise SettingError(f"The run's settings are not complete: {str(given)[:40]!r} is no table of them.")
        needed = {field.name for field in fields(cls) if field.default is MISSING}
        if misfits := (needed - given.keys()) | (given.keys() - {field.name for field in fields(cls)}):
            named = ", ".join(sorted(map(str, misfits)))
            raise SettingError(f"The run's settings are not complete, or too many: see {named[:80]}.")
        augmentation = given.get("augmentation")
        if not isinstance(augmentation, str | None):
            raise SettingError(f"The run's settings are not complete: {str(augmentation)[:40]!r} is no augmentation.")
        own = None if augmentation is None else Augmentation.from_text(augmentation)
        try:
            return cls(**given | {"augmentation": own})
        except (TypeError, AttributeError) as error:  # such as a recipe that is no text
            raise SettingError(f"The run's settings are not complete: one is of another kind ({error}).") from error

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"augmentation": self.augmentation.text if self.augmentation else None}

    @property
    def network(self) -> Recipe:
        """The recipe as this run builds it: on the run's base, with its own augmentation, where it has one."""
        chosen = with_base(recipe(self.recipe), self.base)
        return with_augmentation(chosen, self.augmentation) if self.augmentation else chosen

    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Where the run departs from its recipe: `{"epochs": (20, 5)}`, the recipe's value first."""
        own = replace(RunRequest.of(recipe(self.recipe)), augmentation=augmentation_of(recipe(self.recipe)))
        mine = self if self.augmentation else replace(self, augmentation=own.augmentation)
        names = (field.name for field in fields(self))
        pairs = {name: (getattr(own, name), getattr(mine, name)) for name in names}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _check_precision(value: Any) -> None:
    if value not in PRECISIONS:
        raise SettingError(f"The precision must be one of {', '.join(PRECISIONS)}; {str(value)[:40]!r} was given.")


def _check_copies(chosen: Recipe, value: Any) -> None:
    COPIES.check_whole(value)
    if not chosen.has_frozen_base:
        raise SettingError(
            f"{chosen.key} has no frozen base whose features could be kept, and {value} augmented copies were asked "
            f"for. Leave the copies out, or choose a recipe with a frozen base."
        )


def _check_all_devices(chosen: Recipe, value: Any) -> None:
    if not isinstance(value, bool):
        raise SettingError(f"Whether all devices train together must be true or false; {str(value)[:40]!r} was given.")
    if value and chosen.has_frozen_base:
        raise SettingError(
            f"{chosen.key} has a frozen base, and only the head behind it learns, in about a millisecond a step: "
            f"devices that share one would mostly wait for each other, and all of them were asked for. Leave that out, "
            f"or choose a recipe without a frozen base."
        )


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingError(f"{name} must be a number; {value!r} was given.")
    return value

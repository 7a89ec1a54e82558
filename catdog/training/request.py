"""What a person asks of a training run, checked before anything is started."""

from dataclasses import asdict, dataclass
from typing import Any

from catdog.errors import SettingError
from catdog.recipes import Recipe, recipe
from catdog.settings import BATCH_SIZE, EPOCHS, LEARNING_RATE, PHOTO_LIMIT, SEED


@dataclass(frozen=True)
class RunRequest:
    """One run as it was asked for. `limit` is the largest number of training photos, None for all of them.

    The seed decides the first weights, the order of the photos, what augmentation draws and what dropout drops.
    """

    recipe: str
    epochs: int
    batch_size: int
    learning_rate: float
    seed: int = 0
    limit: int | None = None

    def __post_init__(self) -> None:
        recipe(self.recipe)  # an unknown key is a SettingError of its own
        EPOCHS.check(_whole("epochs", self.epochs))
        BATCH_SIZE.check(_whole("batch_size", self.batch_size))
        SEED.check(_whole("seed", self.seed))
        LEARNING_RATE.check(_number("learning_rate", self.learning_rate))
        if self.limit is not None:
            PHOTO_LIMIT.check(_whole("limit", self.limit))

    @classmethod
    def of(cls, chosen: Recipe, **overrides: Any) -> "RunRequest":
        """The recipe's own settings, with those replaced that are given and not None.

        Raises SettingError where a value lies outside its limits.
        """
        own = {"epochs": chosen.epochs, "batch_size": chosen.batch_size, "learning_rate": chosen.learning_rate}
        return cls(recipe=chosen.key, **own | {name: value for name, value in overrides.items() if value is not None})

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "RunRequest":
        """Read back what `as_json` wrote. Raises SettingError where a field is missing, unknown or out of limits."""
        try:
            return cls(**given)
        except TypeError as error:
            raise SettingError(f"The run's settings are not complete: {error}.") from error

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def differences(self) -> dict[str, tuple[Any, Any]]:
        """Where the run departs from its recipe: `{"epochs": (20, 5)}`, the recipe's value first."""
        own = RunRequest.of(recipe(self.recipe)).as_json()
        return {name: (own[name], value) for name, value in self.as_json().items() if value != own[name]}


def _whole(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingError(f"{name} must be a whole number; {value!r} was given.")
    return value


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SettingError(f"{name} must be a number; {value!r} was given.")
    return value

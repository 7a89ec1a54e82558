"""What a network answered to every validation and test photo: kept with the run, so that nobody has to ask again."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from catdog.insight.calibration import Calibration, calibrate


@dataclass(frozen=True)
class Evaluation:
    """The answers to one split. `odds` is the log odds of a dog for each photo, as the network gave them; `truth` its
    label (0 cat, 1 dog); both in `positions`' order.

    `confusion[truth][answer]` counts photos; its sum is their number.
    """

    split: str
    positions: tuple[int, ...]
    truth: tuple[int, ...]
    odds: tuple[float, ...]

    @property
    def photos(self) -> int:
        return len(self.truth)

    @property
    def confusion(self) -> list[list[int]]:
        counts = [[0, 0], [0, 0]]
        for truth, odds in zip(self.truth, self.odds, strict=True):
            counts[truth][int(odds > 0)] += 1
        return counts

    @property
    def accuracy(self) -> float:
        """Right answers, as a share of all photos."""
        confusion = self.confusion
        return (confusion[0][0] + confusion[1][1]) / self.photos

    @cached_property
    def losses(self) -> np.ndarray:
        """-ln P(truth) of each photo, float64 (photos,), by the network's own probabilities; above ln 2 is wrong."""
        odds, truth = np.array(self.odds), np.array(self.truth)
        return np.logaddexp(0, np.where(truth == 1, -odds, odds))

    def right(self, place: int) -> bool:
        """Whether the answer at this place is right."""
        return int(self.odds[place] > 0) == self.truth[place]

    def worst_mistakes(self, count: int) -> list[int]:
        """The places of the wrong answers with the largest losses, the worst first."""
        return [place for place in self._by_loss(-1) if not self.right(place)][:count]

    def surest_right(self, count: int) -> list[int]:
        """The places of the right answers with the smallest losses, the surest first."""
        return [place for place in self._by_loss(1) if self.right(place)][:count]

    def _by_loss(self, sign: int) -> list[int]:
        return np.argsort(sign * self.losses, kind="stable").tolist()

    def as_json(self) -> dict[str, Any]:
        return {
            "split": self.split,
            "photos": self.photos,
            "accuracy": self.accuracy,
            "confusion": self.confusion,
            "positions": self.positions,
            "truth": self.truth,
            # As probabilities the surest mistakes would all be 1; and rounded to 0, a dog's odds would become a cat's.
            "odds": [round(odds, 6) or odds for odds in self.odds],
        }

    @classmethod
    def from_json(cls, given: Any) -> "Evaluation":
        """Read back what `as_json` wrote. Raises ValueError where it was changed and no longer fits."""
        try:
            positions, truth = (tuple(map(int, given[name])) for name in ("positions", "truth"))
            odds = tuple(map(float, given["odds"]))
            read = cls(str(given["split"]), positions, truth, odds)
        except (KeyError, TypeError, OverflowError) as error:
            raise ValueError(f"The answers are not complete: {error}.") from error
        if not len(positions) == len(truth) == len(odds) > 0:
            raise ValueError(f"There are {len(positions)} photos, {len(truth)} labels and {len(odds)} answers.")
        if not (set(truth) <= {0, 1} and min(positions) >= 0 and np.isfinite(odds).all()):
            raise ValueError("A label, a position or an answer is none.")
        return read


@dataclass(frozen=True)
class Scores:
    """The answers to the validation and to the test photos, and the calibration by the former."""

    validation: Evaluation
    test: Evaluation
    calibration: Calibration

    @classmethod
    def of(cls, validation: Evaluation, test: Evaluation) -> "Scores":
        return cls(validation, test, calibrate(np.array(validation.odds), np.array(validation.truth)))

    def as_json(self) -> dict[str, Any]:
        """What evaluation.json holds."""
        return {
            "weights": "best",
            "validation": self.validation.as_json(),
            "test": self.test.as_json(),
            "calibration": self.calibration.as_json(),
        }

    @classmethod
    def from_json(cls, given: Any) -> "Scores":
        """Read evaluation.json. Raises ValueError where it is missing, not complete or was changed."""
        if not isinstance(given, dict):
            raise ValueError("There are no answers.")
        validation, test = (Evaluation.from_json(given.get(split)) for split in ("validation", "test"))
        return cls(validation, test, Calibration.from_json(given.get("calibration")))

"""What a network says about one picture."""

from dataclasses import dataclass

from catdog.insight.calibration import SURE
from catdog.models.outputs import dog_probability
from catdog.settings import CLASSES

Row = dict[str, str | float | bool | None]


@dataclass(frozen=True)
class Answer:
    """One answer: the network's log odds of a dog, and the temperature that makes them believable (1: as they are)."""

    odds: float
    temperature: float = 1.0

    @property
    def dog(self) -> float:
        """P(dog), calibrated; P(cat) is the rest."""
        return float(dog_probability(self.odds, self.temperature))

    @property
    def cat(self) -> float:
        return float(dog_probability(-self.odds, self.temperature))

    @property
    def label(self) -> str:
        """ "cat" or "dog": the more probable of the two."""
        return CLASSES[int(self.odds > 0)]

    @property
    def probability(self) -> float:
        """Of the label, calibrated: never below a half."""
        return max(self.cat, self.dog)

    @property
    def claimed(self) -> float:
        """Of the label, as the network itself would have it."""
        return float(dog_probability(abs(self.odds)))

    @property
    def claimed_in_words(self) -> str:
        """ "97.3 %" of it; never as certain."""
        return _never_certain(self.claimed)

    @property
    def probability_in_words(self) -> str:
        """The same of the calibrated one."""
        return _never_certain(self.probability)

    @property
    def sure(self) -> bool:
        return self.probability >= SURE


def _never_certain(probability: float) -> str:
    return "over 99.9 %" if probability > 0.999 else f"{100 * probability:.1f} %"


def as_row(file: str, answer: Answer | None, error: str = "") -> Row:
    """One line of a table: what a file was answered, or why it was not. The same for CSV, JSON and the page."""
    return {
        "file": file,
        "label": answer.label if answer else None,
        "probability_cat": round(answer.cat, 4) if answer else None,
        "probability_dog": round(answer.dog, 4) if answer else None,
        "sure": answer.sure if answer else None,
        "error": error or None,
    }

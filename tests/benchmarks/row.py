"""One measured figure beside what it has to reach."""

from dataclasses import dataclass
from typing import Any

DIRECTIONS = ("at least", "at most")
DECIMALS = ((100, 0), (10, 1), (1, 2))  # from this size on, so many decimals; smaller figures keep three


@dataclass(frozen=True)
class Row:
    """A figure with its unit and its target. `value` is rounded for people; `met` was decided before the rounding."""

    name: str
    value: float
    unit: str
    target: str  # "at least 2.0"
    met: bool
    note: str = ""

    @classmethod
    def at_least(cls, name: str, value: float, unit: str, bound: float, note: str = "") -> "Row":
        """A figure that should be as large as `bound` or larger; one that is no number does not meet it."""
        return cls(name, rounded(value), unit, f"{DIRECTIONS[0]} {bound}", value >= bound, note)

    @classmethod
    def at_most(cls, name: str, value: float, unit: str, bound: float, note: str = "") -> "Row":
        """A figure that should be as small as `bound` or smaller; one that is no number does not meet it."""
        return cls(name, rounded(value), unit, f"{DIRECTIONS[1]} {bound}", value <= bound, note)

    def as_json(self) -> dict[str, Any]:
        """Name, value, unit, target and met; the note where there is one."""
        plain = {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "target": self.target,
            "met": self.met,
        }
        return plain | ({"note": self.note} if self.note else {})


def rounded(value: float) -> float:
    """Three figures that a person reads, whole numbers from a hundred on: 1234.6 is 1235.0, 0.01234 is 0.012."""
    for size, decimals in DECIMALS:
        if abs(value) >= size:
            return round(value, decimals)
    return round(value, 3)

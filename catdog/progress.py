"""How far a long task is: fetching, unpacking, reading photos. One shape for the page and the terminal."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Progress:
    """How far a long task is. `done` and `total` count `unit` ("bytes" or "photos"); `total` is 0 where unknown."""

    what: str
    done: int
    total: int
    unit: str
    seconds_left: float | None = None

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def sentence(self) -> str:
        """For the page and the terminal: what happens, how far it is and how long it will take."""
        scale, unit = (1e6, "MB") if self.unit == "bytes" else (1, self.unit)
        of = f" of {self.total / scale:,.0f}" if self.total else ""
        left = f", {self.seconds_left:,.0f} s left" if self.seconds_left is not None else ""
        return f"{self.what}: {self.done / scale:,.0f}{of} {unit}{left}"


Report = Callable[[Progress], None]


class Pace:
    """Turns counts into Progress with seconds left, from the mean speed since it was made."""

    def __init__(self, what: str, unit: str, already: int = 0) -> None:
        self.what, self.unit, self.already = what, unit, already
        self.started = time.monotonic()

    def at(self, done: int, total: int) -> Progress:
        speed = (done - self.already) / max(time.monotonic() - self.started, 1e-6)
        left = (total - done) / speed if total and speed > 0 else None
        return Progress(self.what, done, total, self.unit, left)

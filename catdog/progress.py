"""How far a long task is: fetching, unpacking, reading photos. One shape for the page and the terminal."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from catdog.numbers import percent

Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Progress:
    """How far a long task is. `done` and `total` count `unit` ("bytes" or "photos"); `total` is 0 where unknown.

    `speed` is the mean so far, in units a second.
    """

    what: str
    done: int
    total: int
    unit: str
    seconds_left: float | None = None
    speed: float | None = None

    @property
    def share(self) -> float:
        """Between 0 and 1; 0 where the total is unknown."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def sentence(self) -> str:
        """For the page and the terminal: what happens, how far it is, how fast bytes come and how long it will take."""
        in_bytes = self.unit == "bytes"
        scale, unit = (1e6, "MB") if in_bytes else (1, self.unit)
        of = f" of {self.total / scale:,.0f}" if self.total else ""
        share = f" ({percent(self.share)})" if in_bytes and self.total else ""
        speed = f", {_bytes_a_second(self.speed)}" if in_bytes and self.speed is not None else ""
        left = f", {self.seconds_left:,.0f} s left" if self.seconds_left is not None else ""
        return f"{self.what}: {self.done / scale:,.0f}{of} {unit}{share}{speed}{left}"


Report = Callable[[Progress], None]


class Pace:
    """Turns counts into Progress with speed and seconds left, from the mean speed since it was made."""

    def __init__(self, what: str, unit: str, already: int = 0) -> None:
        self.what, self.unit, self.already = what, unit, already
        self.started = time.monotonic()

    def at(self, done: int, total: int) -> Progress:
        speed = (done - self.already) / max(time.monotonic() - self.started, 1e-6)
        if speed <= 0:
            return Progress(self.what, done, total, self.unit)
        left = (total - done) / speed if total else None
        return Progress(self.what, done, total, self.unit, left, speed)


def paced(things: Sequence[Thing], what: str, unit: str, report: Report) -> Iterator[Thing]:
    """The things one after another; `report` hears before each how far that is."""
    pace = Pace(what, unit)
    for done, thing in enumerate(things):
        report(pace.at(done, len(things)))
        yield thing


def _bytes_a_second(speed: float) -> str:
    megabytes = speed / 1e6
    if megabytes < 0.1:
        return f"{speed / 1e3:.0f} kB/s"
    return f"{megabytes:,.0f} MB/s" if megabytes >= 10 else f"{megabytes:.1f} MB/s"

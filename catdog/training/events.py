"""What a run tells while it trains: one JSON line an event, appended by the worker, read by everyone."""

import errno
import functools
import json
import math
import os
import time
from pathlib import Path
from typing import Any

from catdog.disk import replace_text
from catdog.errors import RunError

LARGEST = 1e15  # any number in an event: one beyond it is no measure of anything, and no page could show it
STEP_INTERVAL = 0.2  # seconds between two events within an epoch: 5 a second is as much as an eye follows
DECIMALS = 5  # of what is told

EVENT, EPOCH = b'\n{"kind": "', b'\n{"kind": "epoch"'  # how a worker's lines begin, after the end of the one before
LINES = 8_192  # that are remembered once read, about 1 kB each: ten minutes of a training have 3,000


class EventLog:
    """The worker's side: appends whole lines. `step` holds back what comes too soon, `epoch` never."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.last_step = -math.inf

    def step(self, **values: Any) -> None:
        """One step within an epoch, at most 5 a second."""
        now = time.monotonic()
        if now - self.last_step >= STEP_INTERVAL:
            self.last_step = now
            self._append({"kind": "step", **values})

    def epoch(self, **values: Any) -> None:
        """A finished epoch."""
        self._append({"kind": "epoch", **values})

    def _append(self, event: dict[str, Any]) -> None:
        line = json.dumps({name: _plain(value) for name, value in event.items()}, allow_nan=False) + "\n"
        with self.path.open("ab", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            # One call. In the middle of it a reader leaves out the line that has no end yet; a full disk keeps none.
            if file.write(line.encode()) < len(line):
                file.truncate(end)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def read_events(path: Path) -> tuple[dict[str, Any], ...]:
    """All whole events of a run, oldest first; a torn last line and anything that is no event are left out."""
    try:
        told = path.stat()
        return _parsed(path, told.st_size, told.st_mtime_ns)
    except OSError:
        return ()


@functools.lru_cache(maxsize=64)  # thirty visitors of one live page read the file once a tick, not thirty times
def _parsed(path: Path, size: int, changed: int) -> tuple[dict[str, Any], ...]:
    with path.open("rb") as file:
        lines = file.read(size).split(b"\n")[:-1]
    return tuple(event for event in map(_event, lines) if event)


def read_ended_events(path: Path) -> tuple[dict[str, Any], ...]:
    """The events of a run that is over, without the steps of the epochs that it finished: they tell nothing more."""
    try:
        text = b"\n" + path.read_bytes()
    except OSError:
        return ()
    text = text[: text.rfind(b"\n")]  # without a torn last line; each of the others now follows a line end
    if text.count(b"\n") != text.count(EVENT):  # someone has edited it
        return read_events(path)
    first, *epochs = text.split(EPOCH)
    under_way = (epochs or [first])[-1].split(b"\n")[1:]
    lines = [EPOCH[1:] + one.split(b"\n", 1)[0] for one in epochs] + under_way
    return tuple(event for event in map(_event, lines) if event)


def cut_events(path: Path, epochs: int) -> list[dict[str, Any]]:
    """Leave the events of the first so many epochs, in one stroke: what came after them is going to happen again.

    Returns what was told at those epochs' ends. Raises RunError, and leaves the file, where it knows fewer of them.
    """
    kept, known = [], []
    for line in path.read_bytes().split(b"\n")[:-1] if path.exists() else []:
        event = _event(line)
        if event and len(known) < epochs:
            kept.append(line.decode() + "\n")
            known += [event] if event["kind"] == "epoch" else []
    if [event["epoch"] for event in known] != list(range(1, epochs + 1)):
        raise RunError(
            f"The backup was made after epoch {epochs}, and {path.name} tells of {len(known)} epochs before it: it was "
            f"changed or has gone. Start a new run."
        )
    replace_text(path, "".join(kept))
    return known


@functools.lru_cache(maxsize=LINES)  # of a growing file only the new lines are work
def _event(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if (
        not isinstance(event, dict)
        or event.get("kind") not in ("step", "epoch")
        or not isinstance(event.get("epoch"), int)
    ):
        return None
    numbers = (value for name, value in event.items() if name not in {"kind", "stage"} and value is not None)
    if not all(isinstance(value, int | float) and abs(value) <= LARGEST for value in numbers):
        return None
    return event if event["epoch"] >= 1 and 0 <= (event.get("epoch_done") or 0) <= 1 else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")  # NaN and Infinity, which Python would read and a browser would not


def _plain(value: Any) -> Any:
    """JSON knows no NaN or infinity (a loss that ran away): they become null, which the page names."""
    if isinstance(value, float):
        return round(value, DECIMALS) if math.isfinite(value) else None
    return value

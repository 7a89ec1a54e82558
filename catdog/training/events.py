"""What a run tells while it trains: one JSON line an event, appended by the worker, read by everyone."""

import functools
import json
import math
import time
from pathlib import Path
from typing import Any

STEP_INTERVAL = 0.2  # seconds between two events within an epoch: 5 a second is as much as an eye follows


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
        line = json.dumps({name: _plain(value) for name, value in event.items()}, allow_nan=False)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")  # one write call, so that a reader never sees half a line of ours


def read_events(path: Path) -> tuple[dict[str, Any], ...]:
    """All whole events of a run, oldest first; a torn last line and anything that is no event are left out."""
    try:
        return _parsed(path, path.stat().st_size)
    except OSError:
        return ()


@functools.lru_cache(maxsize=64)  # thirty visitors of one live page read the file once a tick, not thirty times
def _parsed(path: Path, size: int) -> tuple[dict[str, Any], ...]:
    with path.open("rb") as file:
        lines = file.read(size).split(b"\n")[:-1]
    return tuple(event for event in map(_event, lines) if event)


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
    numbers = (value for name, value in event.items() if name not in {"kind", "stage"})
    return event if all(value is None or isinstance(value, int | float) for value in numbers) else None


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")  # NaN and Infinity, which Python would read and a browser would not


def _plain(value: Any) -> Any:
    """JSON knows no NaN or infinity (a loss that ran away): they become null, which the page names."""
    if isinstance(value, float):
        return round(value, 5) if math.isfinite(value) else None
    return value

"""Where a run stands: its phase, what its worker is doing, who that worker is."""

from dataclasses import dataclass
from typing import Any

WAITING = ("queued",)
ACTIVE = ("starting", "running", "stopping")
OVER = ("finished", "stopped", "failed")
BROKEN_OFF = ("stopped", "failed")  # of these, the phases in which there may be something left to do
AT_REST = {"activity": "", "since": None, "share": None, "seconds_left": None}  # how a state says it does nothing
_LARGEST = {"since": 1e12, "share": 1.0, "seconds_left": 1e9}  # of the numbers in a state with which pages reckon


@dataclass(frozen=True)
class WorkerId:
    """A process that works on a run. `started` (seconds, see `launcher.identity`) tells it from a later one."""

    pid: int
    started: float


@dataclass(frozen=True)
class State:
    """Where a run stands. `activity` says what it is doing in words, `error` why it failed and what to do.

    `share` is how much of the activity is done, 0 to 1, and `seconds_left` how long it still takes, where known.
    """

    phase: str = "queued"
    activity: str = ""
    worker: WorkerId | None = None
    heartbeat: float = 0.0  # seconds since 1970, written about once a second while the worker lives
    device: str = ""
    precision: str = ""
    error: str = ""
    since: float | None = None  # seconds since 1970, when the activity began
    share: float | None = None
    seconds_left: float | None = None

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "State":
        known = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        if known.get("phase") not in (*WAITING, *ACTIVE, *OVER):
            raise ValueError(f"unknown phase {str(known.get('phase'))[:40]!r}")
        for name, value in known.items():
            number = isinstance(value, int | float)
            if most := _LARGEST.get(name):
                fits = value is None or (number and 0 <= value <= most)
            else:
                fits = name == "worker" or (number if name == "heartbeat" else isinstance(value, str))
            if not fits:
                raise ValueError(f"{name} is {str(value)[:40]!r}")
        worker = known.get("worker")
        return cls(**known | {"worker": WorkerId(int(worker["pid"]), float(worker["started"])) if worker else None})

"""Where a run stands: its phase, what its worker is doing, who that worker is."""

import re
from dataclasses import dataclass
from typing import Any

WAITING = ("queued",)
ACTIVE = ("starting", "running", "stopping")
OVER = ("finished", "stopped", "failed")
BROKEN_OFF = ("stopped", "failed")  # of these, the phases in which there may be something left to do
AT_REST = {"activity": "", "since": None, "share": None, "seconds_left": None}  # how a state says it does nothing
_LARGEST = {
    "since": 1e12,
    "share": 1.0,
    "seconds_left": 1e9,
    "lost": 1e6,
}  # of the numbers in a state with which pages reckon


_JOB = re.compile(r"[\w.-]{0,100}", re.ASCII)  # it comes back from a file, and goes into an address
_PLACE = re.compile(r"[\w:,.-]{0,500}", re.ASCII)


@dataclass(frozen=True)
class WorkerId:
    """Who works on a run: a process of this machine, or an engine's job on whatever machine that has chosen.

    `started` (seconds, see `launcher.identity`) tells a process from a later one. `place` is what it computes on, as
    its launcher names it, `job` the engine's name of the job; both empty where a process has this machine to itself.
    """

    pid: int = 0
    started: float = 0.0
    place: str = ""
    job: str = ""

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "WorkerId":
        """What was written of a worker. Raises ValueError, TypeError or KeyError where it was edited into none."""
        known = {"place": "", "job": ""} | dict(given)
        if not (_PLACE.fullmatch(known["place"]) and _JOB.fullmatch(known["job"])):
            raise ValueError(f"worker is {str(given)[:40]!r}")
        return cls(int(known["pid"]), float(known["started"]), known["place"], known["job"])


@dataclass(frozen=True)
class State:
    """Where a run stands. `activity` says what it is doing in words, `error` why it failed and what to do.

    `share` is how much of the activity is done, 0 to 1, and `seconds_left` how long it still takes, where known.
    `lost` is how often its worker was lost together with its machine, so that another one had to take over.
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
    lost: int = 0

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> "State":
        known = {name: given[name] for name in cls.__dataclass_fields__ if name in given}
        if known.get("phase") not in (*WAITING, *ACTIVE, *OVER):
            raise ValueError(f"unknown phase {str(known.get('phase'))[:40]!r}")
        for name, value in known.items():
            number = isinstance(value, int | float)
            if most := _LARGEST.get(name):
                fits = (value is None and name != "lost") or (number and 0 <= value <= most)
            else:
                fits = name == "worker" or (number if name == "heartbeat" else isinstance(value, str))
            if not fits:
                raise ValueError(f"{name} is {str(value)[:40]!r}")
        worker = known.get("worker")
        return cls(**known | {"worker": WorkerId.from_json(worker) if worker else None})

    @property
    def waits(self) -> bool:
        """Whether nobody has it in hand yet: an engine may keep one waiting that it has taken over."""
        return self.phase in WAITING and self.worker is None

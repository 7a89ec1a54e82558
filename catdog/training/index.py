"""Which runs there are and how they ended, without a question to each folder at each look.

A home may have ten thousand runs, and its folder may lie across a network, where each question takes a millisecond.
So what has ended is remembered, and a look asks only

- when the folder of runs was last changed. Only then are its names read anew, and the runs asked that were stopped or
  failed: one of them may have been resumed, which says so by touching that folder. Clocks of file systems are coarse:
  for a moment after a change was seen, every look counts as the first one;
- the runs that have not ended;
- a few of all others in turn, so that within `ROUND` seconds each was asked: someone may have edited a file by hand.

What is shown is asked each time: a page shows hundreds of runs at most. What is remembered is kept beside the folder as
well, for the next start: otherwise it would begin by opening every run. That file is a cache: it may be deleted, one
that is damaged is ignored, and what it says of a run holds only while the run's state.json is the one that it knew.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from math import inf
from pathlib import Path

from catdog.disk import replace_text
from catdog.errors import RunError
from catdog.training.folder import RunFolder, run_names
from catdog.training.state import BROKEN_OFF, OVER

SECOND = 1_000_000_000  # nanoseconds
SLACK = 0.05  # seconds: five times as long as a change can share its time with another one
COARSE_SLACK = 2.5  # the same where a file system counts whole seconds, or every second one
ROUND = 60.0  # seconds
UNSAVED = 100  # endings that the next start may have to find out by itself
FORMAT = 1

Mark = tuple[int, ...]


class Index:
    """The runs below one folder, shared by all threads of a process.

    `may_write` says whether what is known may be kept on disk. `clock` counts seconds and is never set back.
    """

    def __init__(
        self,
        runs: Path,
        may_write: Callable[[], bool] = lambda: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.runs, self.may_write, self.clock = runs, may_write, clock
        self.kept = runs.with_name(f"{runs.name}.ended.json")
        self._lock = threading.RLock()
        self._names: list[str] = []  # of all runs, oldest first
        self._open: set[str] = set()  # those that have not ended, or cannot be read
        self._ended: dict[str, tuple[Mark, str]] = {}  # mark of the last state.json, and the phase in it
        self._changed = -1  # when the folder was changed, as of the last look
        self._seen = self._listed = -inf  # when that was first seen, when the names were read
        self._asked = clock()  # when some of the ended ones were asked
        self._unsaved: int | None = None  # endings that the file does not know; None until it was read

    def newest(self) -> Iterator[RunFolder]:
        """All runs, newest first."""
        with self._lock:
            self._look()
            return map(self._run, reversed(self._names))

    def over(self) -> Iterator[RunFolder]:
        """The runs that are over, newest first; each is asked when it is its turn."""
        return (run for run in self.newest() if self.phase(run) in OVER)

    def open_runs(self) -> list[RunFolder]:
        """The runs that have not ended, oldest first, as far as their state can be read just now."""
        with self._lock:
            self._look()
            still = [run for run in map(self._run, sorted(self._open)) if self._still_open(run)]
            self._keep()
            return still

    def phase(self, run: RunFolder) -> str:
        """The phase that a run is in, for show; it is read again only where its state was replaced."""
        with self._lock:
            if run.id in self._ended and self._same(run):
                return self._ended[run.id][1]
        return run.state.phase

    def count(self, phase: str) -> int:
        """How many runs are in this phase."""
        with self._lock:
            self.open_runs()  # so that none is read here that has ended
            ended = sum(known == phase for _, known in self._ended.values())
            return ended + sum(self._run(name).state.phase == phase for name in self._open)

    def _run(self, name: str) -> RunFolder:
        return RunFolder(self.runs / name)

    def _look(self) -> None:
        """Learn of what has come, gone or begun anew since the last look."""
        now, changed = self.clock(), self._folder_changed()
        if changed != self._changed:
            self._seen = now
        slack = SLACK if changed % SECOND else COARSE_SLACK
        if self._listed <= self._seen + slack or now - self._listed > ROUND:
            self._list()
            self._changed, self._listed = changed, now
        self._ask_some(now)

    def _folder_changed(self) -> int:
        try:
            return self.runs.stat().st_mtime_ns
        except OSError:
            return 0

    def _list(self) -> None:
        """Read the names of all runs, and ask those that someone may have resumed."""
        self._names = run_names(self.runs)
        if self._unsaved is None:
            self._ended, self._unsaved = self._read_kept(), 0
        self._open = set(self._names) - self._ended.keys()
        for name in self._ended.keys() - set(self._names):
            del self._ended[name]
        for name in [name for name, (_, phase) in self._ended.items() if phase in BROKEN_OFF]:
            self._same(self._run(name))

    def _ask_some(self, now: float) -> None:
        """Ask so many of the runs that have ended that all have their turn within a round."""
        due = int(len(self._ended) * min((now - self._asked) / ROUND, 1.0))
        for name in [*islice(self._ended, due)]:
            if self._same(self._run(name)):
                self._ended[name] = self._ended.pop(name)  # to the end of the row
        if due:
            self._asked = now

    def _same(self, run: RunFolder) -> bool:
        """Whether the state with which a run ended is still there; otherwise the next look will read it."""
        if self._ended[run.id][0] == run.changed:
            return True
        del self._ended[run.id]
        self._open.add(run.id)
        return False

    def _still_open(self, run: RunFolder) -> bool:
        """Whether a run has not ended; one that has is remembered, one that cannot be read will be read again."""
        with suppress(RunError):
            mark, phase = run.changed, run.read_state().phase
            if phase not in OVER:
                return True
            if mark:
                self._ended[run.id] = mark, phase
                self._open.discard(run.id)
                self._unsaved += 1
        return False

    def _keep(self) -> None:
        """Write down what is known, once in a while. A disk that does not take it is no trouble: it is only a cache."""
        if self._unsaved < UNSAVED or not self.may_write():
            return
        self._unsaved = 0
        with suppress(OSError):
            replace_text(self.kept, json.dumps({"format": FORMAT, "ended": self._ended}))

    def _read_kept(self) -> dict[str, tuple[Mark, str]]:
        """What was written down before; nothing where there is nothing, or something else."""
        try:
            told = json.loads(self.kept.read_text(encoding="utf-8"))
            ended = {name: (tuple(mark), phase) for name, (mark, phase) in told["ended"].items()}
            whole = told["format"] == FORMAT and all(phase in OVER for _, phase in ended.values())
        except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return {}
        return ended if whole else {}

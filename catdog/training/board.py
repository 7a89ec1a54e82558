"""The board: who trains now, who waits, who has died. The run folders are its only memory.

One run at a time for each device, or as many as an engine on other machines takes: its launcher knows. Any number of
boards (the page's and the terminal's) may look after the same runs: a lock lets one of them act at a time.
"""

import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import metadata
from itertools import islice
from math import inf
from pathlib import Path

from filelock import FileLock, Timeout

from catdog import __version__
from catdog.disk import cannot_write
from catdog.errors import RunError
from catdog.settings import RUNS_OF_ONE, SPLIT_SEED, TEST_SHARE
from catdog.training.folder import RunFolder
from catdog.training.index import Index
from catdog.training.launcher import Launcher, LocalLauncher
from catdog.training.lookout import Lookout
from catdog.training.request import RunRequest
from catdog.training.seat import Seat
from catdog.training.snapshot import Snapshot, ended, readable, snapshot
from catdog.training.state import ACTIVE, OVER, WAITING, State

TICK = 0.2  # seconds between two looks at the workers while there is something to look after
LOCK_TIMEOUT = 10.0  # seconds; the lock is held for milliseconds


class Board:
    """Queues runs, starts them one after another, stops them, and finds out when a worker has died.

    `runs` is the folder of run folders. `clock` counts seconds and is never set back. A server's board has a `seat`:
    while another server has taken it, this board only reads, and says so where it is asked to change something.
    """

    def __init__(
        self,
        runs: Path,
        launcher: Launcher | None = None,
        clock: Callable[[], float] = time.monotonic,
        seat: Seat | None = None,
    ) -> None:
        self.seat = seat
        self.runs, self.launcher = runs, launcher or LocalLauncher()
        self.lookout = Lookout(self.launcher, clock)
        self.lock = FileLock(runs.parent / "runs.lock", timeout=LOCK_TIMEOUT)
        self.wake = threading.Event()
        self.watching: threading.Thread | None = None
        self.index = Index(runs, lambda: not self.only_reads, clock)
        self._troubles: set[str] = set()  # that the terminal was told: they come back at every look

    @property
    def only_reads(self) -> str:
        """Why this board changes nothing and what to do, as a sentence; empty where it may write."""
        return self.seat.only_reads if self.seat else ""

    def _require_seat(self) -> None:
        if self.only_reads:
            raise RunError(self.only_reads)

    def submit(self, request: RunRequest, photos: dict[str, str], visitor: str = "", limited: bool = True) -> str:
        """Queue a run on a prepared set (its `reference`) and return its id; it starts at once where there is a place.

        `visitor` is the mark of whose run it is, where it is not everyone's. With `limited` no more may be under way
        than a class may have; the terminal's own sweeps may be longer. Raises RunError where as many runs are
        under way as may be, of this visitor or in total, DiskError where the run cannot be written.
        """
        self._require_seat()
        about = {
            "visitor": visitor,
            "photos": photos,
            "split": {"seed": SPLIT_SEED, "test_share": TEST_SHARE},
            "versions": {"catdog": __version__} | {name: metadata.version(name) for name in ("keras", "tensorflow")},
        }
        try:
            self.runs.mkdir(parents=True, exist_ok=True)
            with self.lock:  # of thirty who press at once none takes the place of another
                if limited:
                    self._check_room(visitor)
                run = RunFolder.create(self.runs, request, about)
            self.tick()
        except OSError as error:
            raise cannot_write(self.runs, error) from error
        self.wake.set()
        return run.id

    def _check_room(self, visitor: str) -> None:
        under_way = self.under_way()
        own = sum(run.visitor == visitor for run in under_way) if visitor else 0
        if own >= RUNS_OF_ONE:
            raise RunError(
                f"{own} runs of yours train or wait, and a visitor may have {RUNS_OF_ONE} under way at a time. Wait "
                f"until one has ended, or stop one."
            )
        most = self.launcher.most_runs
        if len(under_way) >= most:
            raise RunError(
                f"{len(under_way):,} runs train or wait, and {most:,} may be under way at a time. Wait until some have "
                f"ended."
            )

    def stop(self, run_id: str) -> None:
        """Ask a run to stop. A waiting one is stopped at once; one that has ended stays as it is.

        Raises RunError where there is no such run, DiskError where the wish cannot be written.
        """
        self._require_seat()
        run = RunFolder.open(self.runs, run_id)
        if run.state.phase in OVER:
            return
        try:
            run.ask_to_stop()
            self.tick()
        except OSError as error:
            raise cannot_write(run.path, error) from error
        self.wake.set()

    def resume(self, run_id: str, visitor: str = "") -> None:
        """Queue a stopped or failed run again, which then goes on from its backup.

        `visitor` is as for `submit`, and so is the room that there must be. Raises RunError where there is no such run,
        it is not over, has finished, has no backup or cannot be read, DiskError where it cannot be written.
        """
        self._require_seat()
        run = RunFolder.open(self.runs, run_id)
        try:
            with self.lock:
                self._check_room(visitor)
                run.queue_again()
            self.tick()
        except OSError as error:
            raise cannot_write(run.path, error) from error
        self.wake.set()

    def rename(self, run_id: str, name: str) -> None:
        """Give a run a name for people. Raises RunError where there is none, DiskError where it cannot be written."""
        self._require_seat()
        run = RunFolder.open(self.runs, run_id)
        try:
            run.rename(name)
        except OSError as error:
            raise cannot_write(run.path, error) from error

    def delete(self, run_id: str) -> None:
        """Remove a run that is over, with all that it has left.

        Raises RunError where there is none or it is not over, DiskError where it cannot be removed.
        """
        self._require_seat()
        run = RunFolder.open(self.runs, run_id)
        if run.state.phase not in OVER:
            raise RunError(f"Run {run_id} trains or waits for its turn. Stop it first, then delete it.")
        try:
            run.delete()
        except OSError as error:
            raise cannot_write(run.path, error) from error

    def snapshot(self, run_id: str, until: float = inf) -> Snapshot:
        """One run as it stands, or stood so many seconds after its first step.

        Raises RunError where there is none or its folder cannot be read.
        """
        return snapshot(RunFolder.open(self.runs, run_id), until)

    def newest_over(self, count: int) -> tuple[list[Snapshot], list[str]]:
        """The newest runs that are over, newest first, and a sentence for each folder that cannot be read."""
        return readable(islice(self.over(), count), ended)

    def newest(self, count: int) -> tuple[list[Snapshot], list[str]]:
        """The newest runs in any phase, as `newest_over`; one that has ended is read once, not at each call."""
        return readable(islice(self.index.newest(), count), self._read_once)

    def over(self) -> Iterator[RunFolder]:
        """The folders of the runs that are over, newest first."""
        return self.index.over()

    def count(self, phase: str) -> int:
        """How many runs are in this phase."""
        return self.index.count(phase)

    def under_way(self) -> list[Snapshot]:
        """The runs that train or wait, in the order in which they have or will have their turn."""
        return sorted(readable(self._open_runs())[0], key=lambda run: (run.phase in WAITING, run.id))

    @property
    def trouble(self) -> str:
        """Why no waiting run can be started just now, as a sentence; empty where one can as soon as it is its turn."""
        return self.launcher.trouble

    @property
    def busy(self) -> bool:
        """Whether a run trains or waits."""
        return bool(self._open_runs())

    def place(self, run_id: str) -> int:
        """How many runs are served before this one: 0 when it trains or has ended."""
        ids = [run.id for run in self.under_way()]
        return ids.index(run_id) if run_id in ids else 0

    def log_tail(self, run_id: str, lines: int) -> str:
        """The last lines that the run's worker printed. Raises RunError where there is no such run."""
        return "\n".join(RunFolder.open(self.runs, run_id).log_tail(lines))

    def watch(self) -> None:
        """Look after the runs from a thread of its own, as long as the process lives. A second call changes nothing."""
        if self.watching is None:
            self.watching = threading.Thread(target=self._watch, name="catdog-board", daemon=True)
            self.watching.start()

    def tick(self) -> bool:
        """Look at every run that has not ended, and start the next where none trains. True while one trains or waits.

        Another board that holds the lock is doing the same: then this one leaves it to it.
        """
        if self.only_reads:
            return self.busy
        self.runs.mkdir(parents=True, exist_ok=True)
        try:
            with self.lock:
                stand = [(run, self.lookout.look_after(run)) for run in self._open_runs()]
                self._start_what_may(stand)
                return any(state.phase not in OVER for _, state in stand)
        except Timeout:
            return True

    def _start_what_may(self, stand: list[tuple[RunFolder, State]]) -> None:
        """Start runs in their order as long as there is a place for the next one: nobody overtakes it."""
        active = [state for _, state in stand if state.phase in ACTIVE]
        for run in (run for run, state in stand if state.waits):
            place = self.launcher.place(run, active)
            if place is None:
                return
            self.lookout.start(run, place)
            active += [state for state in [run.state] if state.phase in ACTIVE]

    def _watch(self) -> None:
        while True:
            # With nothing to do it still looks now and then: the terminal queues runs in the same folder.
            try:
                busy = False
                if self.seat is None or self.seat.take():
                    busy = self.tick()
                    if not busy:
                        self.launcher.prepare()
            except OSError as error:
                self._tell_once(str(cannot_write(self.runs, error)))
            except Exception:  # noqa: BLE001 - whatever it was (a full disk, a bug), the others must not wait for ever
                traceback.print_exc()
            self.wake.wait(TICK if busy else 10 * TICK)
            self.wake.clear()

    def _tell_once(self, sentence: str) -> None:
        if sentence not in self._troubles:
            self._troubles.add(sentence)
            print(f"catdog: {sentence}", file=sys.stderr)

    def _open_runs(self) -> list[RunFolder]:
        """The runs that have not ended, oldest first, as far as their state can be read just now."""
        return self.index.open_runs()

    def _read_once(self, run: RunFolder) -> Snapshot:
        return ended(run) if self.index.phase(run) in OVER else snapshot(run)

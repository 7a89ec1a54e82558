"""Stand-ins for the training tests: workers that exist only in memory, a clock one turns by hand, a bounded wait."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from catdog.recipes import recipe
from catdog.training import Board, RunRequest
from catdog.training.folder import RunFolder
from catdog.training.launcher import Launcher
from catdog.training.state import ACTIVE, State, WorkerId

KEY = "post4-model1"
PHOTOS = {"fingerprint": "0123456789abcdef", "name": "photos"}
ABOUT = {"photos": PHOTOS, "split": {"seed": 0, "test_share": 0.192}, "versions": {"catdog": "1"}}


def asked(**overrides: Any) -> RunRequest:
    """A request for post4-model1."""
    return RunRequest.of(recipe(KEY), **overrides)


def new_run(runs: Path, **overrides: Any) -> RunFolder:
    """A queued run in its folder, without a board."""
    return RunFolder.create(runs, asked(**overrides), ABOUT)


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class MemoryLauncher(Launcher):
    """Workers without processes. `launched` and `ended` are the runs in the order in which it was asked to act.

    `most_at_once` is the largest number of workers that were at work together, `prepared` counts calls of `prepare`.
    """

    def __init__(self) -> None:
        self.living: dict[WorkerId, RunFolder] = {}
        self.launched: list[str] = []
        self.ended: list[str] = []
        self.most_at_once = self.prepared = 0

    def launch(self, run: RunFolder, place: str) -> WorkerId:
        self.most_at_once = max(
            self.most_at_once, 1 + sum(one.state.phase in ACTIVE for one in list(self.living.values()))
        )
        self.launched.append(run.id)
        worker = WorkerId(pid=50_000 + len(self.launched), started=float(len(self.launched)))
        self.living[worker] = run
        return worker

    def prepare(self) -> None:
        self.prepared += 1

    def stop(self, worker: WorkerId) -> None:
        if worker in self.living:
            self.ended.append(self.living.pop(worker).id)

    def alive(self, worker: WorkerId) -> bool:
        return worker in self.living

    def says(self, run_id: str, **changes: Any) -> None:
        """The worker of a run changes its state.json, as a real one does."""
        run = self.living[self._worker(run_id)]
        run.write_state(replace(run.state, **changes))

    def finishes(self, run_id: str, phase: str = "finished", error: str = "") -> None:
        """The worker says its last word and ends."""
        self.says(run_id, phase=phase, error=error)
        self.dies(run_id)

    def dies(self, run_id: str) -> None:
        """The worker is gone without a word."""
        self.living.pop(self._worker(run_id))

    def _worker(self, run_id: str) -> WorkerId:
        return next(worker for worker, run in list(self.living.items()) if run.id == run_id)


class Room:
    """A board on an empty folder, with workers in memory and a clock that stands still."""

    def __init__(self, home: Path) -> None:
        self.runs, self.launcher, self.clock = home / "runs", MemoryLauncher(), Clock()
        self.board = self.another_board()

    def another_board(self) -> Board:
        """A second board on the same runs, as the terminal's beside the page's, or the server's after a restart."""
        return Board(self.runs, self.launcher, self.clock)

    def submit(self, count: int = 1) -> list[str]:
        return [self.board.submit(asked(), PHOTOS) for _ in range(count)]

    def later(self, seconds: float) -> None:
        """So many seconds pass, then the board looks once."""
        self.clock.now += seconds
        self.board.tick()

    def state(self, run_id: str) -> State:
        return RunFolder.open(self.runs, run_id).state

    def phases(self, ids: list[str]) -> list[str]:
        return [self.state(run_id).phase for run_id in ids]


def until(condition: Callable[[], Any], board: Board | None = None, seconds: float = 30.0) -> float:
    """Wait for a condition, letting `board` look meanwhile; returns the seconds that it took."""
    pause, start = threading.Event(), time.monotonic()
    while not condition():
        assert time.monotonic() - start < seconds, f"Still not so after {seconds} seconds."
        if board:
            board.tick()
        pause.wait(0.05)
    return time.monotonic() - start


def contents(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, byte for byte."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def scratch_files(folder: Path) -> list[str]:
    """What should have been renamed or removed: everything that starts with a dot."""
    return [path.name for path in folder.iterdir() if path.name.startswith(".")]


def edit_json(path: Path, **changes: Any) -> None:
    """Change some fields of a JSON file, as a person with an editor would."""
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")


def write_events(run: RunFolder, *events: dict[str, Any]) -> None:
    """Replace a run's events by these."""
    run.events.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")

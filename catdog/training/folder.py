"""The run folder: the whole truth about a run, readable by anyone, written by one side at a time.

The board writes `run.json` once, and `state.json` until the worker has started and after it has ended; in between
`state.json` is the worker's. Whoever wants a run to end leaves the file `stop`.
"""

import errno
import json
import os
import re
import shutil
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from catdog.disk import replace_text
from catdog.errors import RunError, SettingError
from catdog.training.request import RunRequest
from catdog.training.state import AT_REST, BROKEN_OFF, State

RUN_ID = re.compile(
    r"\d{8}-\d{9}-post\d{1,2}-model\d{1,2}(\.\d{1,2})?", re.ASCII
)  # day, time with milliseconds, recipe
FORMAT = 1  # of run.json; raise it when an older program could misread a newer folder

RESERVE, RESERVED = ".reserve", 16_384  # bytes that are given up for the last state
BACKED_UP = "training_metadata.json"  # in the folder `backup` what Keras writes last; with .bkp the time before
NAME, NAME_LENGTH = "name.txt", 60  # what someone has called a run, in letters


@dataclass(frozen=True)
class RunFolder:
    """A run's folder on disk, addressed by its id; the id never comes into a path unchecked."""

    path: Path

    @classmethod
    def create(cls, runs: Path, request: RunRequest, about: dict[str, Any]) -> "RunFolder":
        """Make a new run, queued. `about` is what else run.json holds: photos, split, versions.

        It appears under its id only when it is whole, so that nobody meets half a run.
        """
        runs.mkdir(parents=True, exist_ok=True)
        scratch = cls(runs / f".new-{uuid4().hex}")
        scratch.path.mkdir()
        try:
            now = datetime.now(UTC)
            created = now.isoformat(timespec="milliseconds")
            scratch._write("run.json", {"format": FORMAT, "created": created, "request": request.as_json(), **about})
            scratch.write_state(State())
            while True:
                path = runs / f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03d}-{request.recipe}"
                try:
                    scratch.path.rename(path)
                    return cls(path)
                except OSError as error:
                    if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                        raise
                    now = datetime.now(UTC)  # another run of this very millisecond has the id
        finally:
            shutil.rmtree(scratch.path, ignore_errors=True)

    @classmethod
    def open(cls, runs: Path, run_id: str) -> "RunFolder":
        """The run with this id. Raises RunError where there is none."""
        if not RUN_ID.fullmatch(run_id) or not _is_run(runs / run_id):
            raise RunError(f"There is no run '{run_id[:80]}'. It may have been deleted; choose one from the list.")
        return cls(runs / run_id)

    @property
    def id(self) -> str:
        return self.path.name

    @property
    def events(self) -> Path:
        return self.path / "events.jsonl"

    @property
    def log(self) -> Path:
        return self.path / "log.txt"

    @property
    def best_weights(self) -> Path:
        return self.path / "best.weights.h5"

    @property
    def model(self) -> Path:
        return self.path / "model.keras"

    @property
    def backup(self) -> Path:
        return self.path / "backup"

    @property
    def has_backup(self) -> bool:
        """Whether there is something that a worker could go on from."""
        return any((self.backup / name).exists() for name in (BACKED_UP, f"{BACKED_UP}.bkp"))

    def drop_backup(self) -> None:
        """Remove the backup: nothing will go on from it."""
        shutil.rmtree(self.backup, ignore_errors=True)

    def forget_progress(self) -> None:
        """Remove what a worker has told and kept that nobody can go on from: another one begins at the beginning."""
        for told in (self.events, self.best_weights):
            told.unlink(missing_ok=True)

    @property
    def name(self) -> str:
        """What someone has called it; empty where nobody has."""
        try:
            return _one_line((self.path / NAME).read_text(encoding="utf-8", errors="replace"))
        except OSError:
            return ""

    def rename(self, name: str) -> None:
        """Call it so; an empty name takes the old one away."""
        replace_text(self.path / NAME, _one_line(name))

    def delete(self) -> None:
        """Remove the folder and all that is in it. It is gone from the list in one stroke, whatever happens then."""
        gone = self.path.with_name(f".deleted-{uuid4().hex}")
        self.path.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def about(self) -> dict[str, Any]:
        """All of run.json. Raises RunError where it was edited so that it cannot be understood."""
        about = self._read("run.json")
        if about.get("format") != FORMAT:
            given = str(about.get("format"))[:20]
            raise RunError(f"Run {self.id} was written in format {given}; this catdog reads {FORMAT}.")
        if not isinstance(about.get("photos"), dict):
            raise RunError(f"run.json of run {self.id} does not name its photos. The folder is left as it is.")
        return about

    @property
    def request(self) -> RunRequest:
        """What was asked. Raises RunError where run.json cannot be understood."""
        try:
            return RunRequest.from_json(self.about()["request"])
        except (KeyError, TypeError, SettingError) as error:
            raise RunError(f"run.json of run {self.id} was changed and no longer fits: {error}") from error

    def read_state(self) -> State:
        """Where it stands. Raises RunError where state.json cannot be understood; it is left as it is."""
        try:
            return State.from_json(self._read("state.json"))
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise RunError(f"state.json of run {self.id} cannot be understood: {error}") from error

    @property
    def state(self) -> State:
        """Where it stands, for show: a state.json that cannot be understood reads as failed, with the reason."""
        try:
            return self.read_state()
        except RunError as error:
            return State(phase="failed", error=str(error))

    def write_state(self, state: State) -> None:
        self._write("state.json", asdict(state))

    def end(self, phase: str, error: str = "") -> None:
        """Write the last state, keeping what is known of the device."""
        self.write_last_state(replace(self.state, phase=phase, error=error, **AT_REST))

    def reserve_last_word(self) -> None:
        """Keep some room for the last state, so that a disk which is full by then cannot hide that the run is over."""
        (self.path / RESERVE).write_bytes(bytes(RESERVED))

    def write_last_state(self, state: State) -> None:
        """Write how the run ended, in the room that was kept for it."""
        (self.path / RESERVE).unlink(missing_ok=True)
        self.write_state(state)

    def queue_again(self) -> None:
        """Let it wait for a worker that takes up its backup.

        What was found out about the weights of the time before goes: they will change. Raises RunError where the run is
        not over, has finished, has no backup or cannot be understood.
        """
        phase = self.read_state().phase
        if phase == "finished":
            raise RunError(f"Run {self.id} has finished: there is nothing left to resume.")
        if phase not in BROKEN_OFF:
            raise RunError(f"Run {self.id} trains or waits for its turn already.")
        if not self.has_backup:
            raise RunError(f"Run {self.id} ended before its first backup. Start a new run with the same settings.")
        self.request  # noqa: B018 - raises where run.json cannot be understood
        for name in ("stop", "evaluation.json"):
            (self.path / name).unlink(missing_ok=True)
        self.write_state(State())
        with suppress(OSError):  # whoever remembers how this run ended (`Index`) sees by this that one goes on
            os.utime(self.path.parent)

    @property
    def changed(self) -> tuple[int, ...]:
        """A mark of state.json that is another one after each time that it was replaced; empty where there is none."""
        try:
            told = os.stat(f"{self.path}/state.json")  # noqa: PTH116 - asked of thousands: a Path takes twice the time
        except OSError:
            return ()
        return told.st_ino, told.st_mtime_ns, told.st_size

    @property
    def stop_asked(self) -> bool:
        return (self.path / "stop").exists()

    def ask_to_stop(self) -> None:
        """Leave the wish to stop; a second time changes nothing."""
        (self.path / "stop").touch()

    def write_evaluation(self, evaluation: dict[str, Any]) -> None:
        self._write("evaluation.json", evaluation)

    def evaluation(self) -> dict[str, Any] | None:
        """What the network answered on the test photos; None where it was not asked, or the file is damaged."""
        try:
            return self._read("evaluation.json")
        except RunError:
            return None

    def log_tail(self, lines: int) -> list[str]:
        """The last lines that the worker printed."""
        try:
            return self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-lines:]
        except OSError:
            return []

    def note(self, line: str) -> None:
        """Add a line to what the worker has printed; on a full disk it is left out."""
        with suppress(OSError), self.log.open("a", encoding="utf-8") as log:
            log.write(f"{line}\n")

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            reason = getattr(error, "strerror", None) or error
            raise RunError(
                f"{name} of run {self.id} cannot be read ({reason}). The folder is left as it is."
            ) from error
        if not isinstance(content, dict):
            raise RunError(f"{name} of run {self.id} does not hold an object. The folder is left as it is.")
        return content

    def _write(self, name: str, content: dict[str, Any]) -> None:
        replace_text(self.path / name, json.dumps(content, indent=1))


def _one_line(text: str) -> str:
    """Letters and single spaces, no more than a name may have; what steers a screen becomes a space."""
    return " ".join("".join(one if one.isprintable() else " " for one in text).split())[:NAME_LENGTH].strip()


def _is_run(path: Path) -> bool:
    """A folder of its own: a link may lead out of CATDOG_HOME, and what it leads to is nobody's to read or delete."""
    return path.is_dir() and not path.is_symlink()


def all_runs(runs: Path) -> list[RunFolder]:
    """Every run folder, oldest first."""
    return [RunFolder(runs / name) for name in run_names(runs)]


def run_names(runs: Path) -> list[str]:
    """The names of all run folders, oldest first."""
    try:
        with os.scandir(runs) as entries:  # tells what is a folder without asking for each one
            named = (one for one in entries if RUN_ID.fullmatch(one.name))
            return sorted(one.name for one in named if one.is_dir(follow_symlinks=False))
    except (FileNotFoundError, NotADirectoryError):
        return []

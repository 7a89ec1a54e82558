"""A sweep: recipes, learning rates and seeds multiplied into runs, which runs those are, and where they stand.

A sweep is one file, `sweeps/<id>.json` beside `runs/`, replaced in one stroke after each run that was queued. Its runs
know nothing of it: they are stopped, resumed and deleted like any others.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from catdog.disk import cannot_write, replace_text
from catdog.errors import RunError, SettingError
from catdog.recipes import recipe
from catdog.settings import EPOCHS, IMAGENET, LEARNING_RATE, PHOTO_LIMIT, SEED
from catdog.training.folder import RUN_ID, RunFolder
from catdog.training.request import RunRequest
from catdog.training.snapshot import KEPT, Snapshot, ended, snapshot
from catdog.training.state import ACTIVE, OVER, WAITING

SWEEP_ID = re.compile(r"\d{8}-\d{9}", re.ASCII)  # day, time with milliseconds
FORMAT = 1  # of the file; raise it when an older program could misread a newer one
MOST_RUNS = 500  # of one sweep: on two cores they take days already
DELETED, UNREADABLE = "deleted", "unreadable"  # in the place of the phase of a run whose folder tells none


class Cell(NamedTuple):
    """One run of a sweep as it was asked for; a `rate` of None is the recipe's own."""

    seed: int
    recipe: str
    rate: float | None


@dataclass(frozen=True)
class Sweep:
    """What was asked, and the ids of the runs that were queued so far, in the order of `cells`.

    `epochs` None: each recipe's own number; `limit` None: all training photos.
    """

    id: str
    recipes: tuple[str, ...]
    seeds: tuple[int, ...]
    learning_rates: tuple[float | None, ...]
    epochs: int | None = None
    limit: int | None = None
    runs: tuple[str, ...] = ()

    @property
    def cells(self) -> tuple[Cell, ...]:
        return cells(self.recipes, self.seeds, self.learning_rates)


def cells(
    recipes: Sequence[str], seeds: Sequence[int], learning_rates: Sequence[float | None] = (None,)
) -> tuple[Cell, ...]:
    """Every combination, the seed outermost, so that each setting has its first result early.

    Raises SettingError where there is none, or more than MOST_RUNS.
    """
    count = len(recipes) * len(seeds) * len(learning_rates)
    if not 1 <= count <= MOST_RUNS:
        raise SettingError(
            f"{count:,} runs would come of that (recipes: {len(recipes):,}, seeds: {len(seeds):,}, learning rates: "
            f"{len(learning_rates):,}); a sweep has 1 to {MOST_RUNS}. Name at least one of each, and not too many."
        )
    return tuple(Cell(seed, key, rate) for seed in seeds for key in recipes for rate in learning_rates)


def requests(asked: Sweep, base: str = IMAGENET, copies: int | None = None, **others: Any) -> tuple[RunRequest, ...]:
    """What is asked for each of the sweep's cells, in their order.

    `base` and `copies` are for the networks with a frozen base among them, `others` for all, as RunRequest has them.
    Raises SettingError where a value lies outside its limits, or no network could use the copies.
    """
    chosen = {key: recipe(key) for key in asked.recipes}
    none_frozen = not any(one.has_frozen_base for one in chosen.values())
    made = []
    for seed, key, rate in asked.cells:
        frozen = chosen[key].has_frozen_base
        given = {"seed": seed, "learning_rate": rate, "epochs": asked.epochs, "limit": asked.limit, **others}
        given |= {"base": base if frozen else None, "copies": copies if frozen or none_frozen else None}
        made.append(RunRequest.of(chosen[key], **given))
    return tuple(made)


def begin(home: Path, asked: Sweep) -> Sweep:
    """Keep a sweep without runs yet under an id of its own. Raises DiskError."""
    while True:
        now = datetime.now(UTC)
        begun = replace(asked, id=f"{now:%Y%m%d-%H%M%S}{now.microsecond // 1000:03d}", runs=())
        if not _file(home, begun.id).exists():  # else another one of this very millisecond has it
            return _kept(home, begun)


def with_run(home: Path, sweep: Sweep, run_id: str) -> Sweep:
    """Keep that the next of its runs was queued. Raises DiskError."""
    return _kept(home, replace(sweep, runs=(*sweep.runs, run_id)))


def _kept(home: Path, sweep: Sweep) -> Sweep:
    file = _file(home, sweep.id)
    told = {"format": FORMAT} | {name: value for name, value in asdict(sweep).items() if name != "id"}
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        replace_text(file, json.dumps(told, indent=1))
    except OSError as error:
        raise cannot_write(file, error) from error
    return sweep


def open_sweep(home: Path, sweep_id: str) -> Sweep:
    """The sweep with this id, which may come from anywhere.

    Raises RunError where there is none, or its file cannot be understood, which is left as it is.
    """
    file = _there(home, sweep_id)
    try:
        seen = file.stat()
        return _read(file, seen.st_ino, seen.st_mtime_ns, seen.st_size)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, SettingError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RunError(
            f"sweeps/{sweep_id}.json cannot be understood ({str(reason)[:120]}). The file is left as it is."
        ) from error


def delete(home: Path, sweep_id: str) -> None:
    """Forget a sweep, which may be damaged; its runs stay.

    Raises RunError where there is none, DiskError where its file cannot be removed.
    """
    file = _there(home, sweep_id)
    try:
        file.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(file, error) from error


def sweeps(home: Path, count: int) -> tuple[list[Sweep], list[str]]:
    """The newest sweeps, newest first, and a sentence for each of them whose file cannot be understood."""
    try:
        ids = sorted((file.stem for file in (home / "sweeps").glob("*.json") if _is_sweep(file)), reverse=True)
    except OSError:
        ids = []
    found, sentences = [], []
    for sweep_id in islice(filter(SWEEP_ID.fullmatch, ids), count):
        try:
            found.append(open_sweep(home, sweep_id))
        except RunError as error:
            sentences.append(str(error))
    return found, sentences


@lru_cache(maxsize=128)  # each redraw of Results asks for the newest ones
def _read(file: Path, *seen: int) -> Sweep:
    """A sweep's file, read again only where it was replaced. Raises one of the errors that `open_sweep` knows."""
    return _checked(file.stem, json.loads(file.read_text(encoding="utf-8")))


def _file(home: Path, sweep_id: str) -> Path:
    return home / "sweeps" / f"{sweep_id}.json"


def _there(home: Path, sweep_id: str) -> Path:
    """The file of the sweep with this id, which may come from anywhere. Raises RunError where there is none."""
    if SWEEP_ID.fullmatch(sweep_id) and _is_sweep(file := _file(home, sweep_id)):
        return file
    raise RunError(f"There is no sweep '{sweep_id[:80]}'. Its file may have been deleted; choose another one.")


def _is_sweep(file: Path) -> bool:
    """A file of its own, as for runs: a link may lead out of CATDOG_HOME."""
    return file.is_file() and not file.is_symlink()


def _checked(sweep_id: str, told: Any) -> Sweep:
    """Read back what `_kept` wrote. Raises one of the errors that `open_sweep` knows."""
    if told["format"] != FORMAT:
        raise ValueError(f"format {str(told['format'])[:20]}; this catdog reads {FORMAT}")
    lists = {name: tuple(told[name]) for name in ("recipes", "seeds", "learning_rates", "runs")}
    sweep = Sweep(sweep_id, epochs=told["epochs"], limit=told["limit"], **lists)
    for key in sweep.recipes:
        recipe(key)
    for seed in sweep.seeds:
        SEED.check_whole(seed)
    for rate in sweep.learning_rates:
        if rate is not None:
            LEARNING_RATE.check(rate)
    for limits, value in ((EPOCHS, sweep.epochs), (PHOTO_LIMIT, sweep.limit)):
        if value is not None:
            limits.check_whole(value)
    asked = sweep.cells
    fits = len(sweep.runs) <= len(asked) and all(map(_is_run_of, sweep.runs, asked))
    if not fits:
        raise ValueError("its runs are not those that were asked for")
    return sweep


def _is_run_of(run_id: Any, cell: Cell) -> bool:
    return bool(RUN_ID.fullmatch(run_id)) and run_id.endswith(f"-{cell.recipe}")


@dataclass(frozen=True)
class Member:
    """One run of a sweep at one moment. `phase` is that of its state, or one of DELETED and UNREADABLE.

    `run` is what is known of it; None while it waits, and where there is nothing to be read.
    """

    id: str
    cell: Cell
    phase: str
    run: Snapshot | None = None

    @property
    def waits(self) -> bool:
        return self.phase in WAITING

    @property
    def over(self) -> bool:
        return self.phase not in (*WAITING, *ACTIVE)


def members(runs: Path, sweep: Sweep) -> tuple[Member, ...]:
    """The runs of a sweep that were queued, as they stand. Of those that wait or have ended hardly anything is read."""
    return tuple(_member(runs, run_id, cell) for run_id, cell in zip(sweep.runs, sweep.cells, strict=False))


def _member(runs: Path, run_id: str, cell: Cell) -> Member:
    try:
        folder = RunFolder.open(runs, run_id)
    except RunError:
        return Member(run_id, cell, DELETED)
    try:
        phase = _phase(folder, folder.changed)
        if phase in WAITING:
            return Member(run_id, cell, phase)
        run = ended(folder) if phase in OVER else snapshot(folder)
        return Member(run_id, cell, run.phase, run)
    except RunError:
        return Member(run_id, cell, UNREADABLE)


@lru_cache(maxsize=2 * KEPT)
def _phase(folder: RunFolder, changed: tuple[int, ...]) -> str:
    return folder.state.phase

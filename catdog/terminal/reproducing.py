"""`reproduce`: the recipes trained one after another as their posts did, and a table of what came of it.

The run folders are the only memory: what has finished there is not trained again.
"""

import argparse
import errno
import json
import os
import platform
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from catdog.disk import cannot_write, replace_text, scratch_beside
from catdog.errors import SettingError
from catdog.models.device import cpu_cores
from catdog.models.pretrained import ready_weights
from catdog.photos import PreparedPhotos
from catdog.recipes import RECIPES, Recipe, recipe
from catdog.settings import EPOCHS, REAL, settings
from catdog.terminal.bar import DONE, FAILED, STOPPED, Bar, photos_with_bar
from catdog.terminal.training import follow, stop
from catdog.training import Board, RunRequest, Snapshot
from catdog.training import reproduction as made
from catdog.training.engine import open_board
from catdog.training.reproduction_words import TITLE, as_markdown, verdict_in_words
from catdog.training.verdicts import COLLAPSED, did

NAME = "reproduction.json"
CPUINFO = Path("/proc/cpuinfo")


@dataclass(frozen=True)
class Work:
    """What stays the same from the first recipe to the last. `file` is the table's JSON; its Markdown lies beside."""

    board: Board
    photos: PreparedPhotos
    epochs: int
    file: Path

    @property
    def markdown(self) -> Path:
        return self.file.with_suffix(".md")


def reproduce(given: argparse.Namespace) -> int:
    """Train what has not finished yet of the recipes that were named, or of all; write the table after each."""
    chosen = [recipe(key) for key in dict.fromkeys(given.keys)] or list(RECIPES.values())
    EPOCHS.check_whole(given.epochs)
    where = settings()
    file = given.json or where.home / NAME
    _require_writable(file, where.home)
    _kept_notes(file)
    _require_own_markdown(file.with_suffix(".md"))
    work = Work(open_board(where), photos_with_bar(otherwise=REAL), given.epochs, file)
    for one in chosen:
        try:
            settled = _settled(work, one)
        finally:
            _write_table(work)
        if settled.run.phase != "finished":
            return _broken_off(settled.run)
        print(_line(made.as_row(settled)), flush=True)
    print(f"catdog: the table is in {work.file} and {work.markdown}", file=sys.stderr)
    return DONE


def _settled(work: Work, chosen: Recipe) -> made.Outcome:
    """The runs of a recipe, trained where there is none; the last of them has not finished where it broke off."""
    tried: list[Snapshot] = []
    for request in made.requests(chosen, work.epochs):
        run = _finished(work, chosen, request)
        tried.append(run)
        if run.phase != "finished" or did(run) != COLLAPSED:
            break
        print(f"{chosen.key:15} collapsed with seed {request.seed}; kept as run {run.id}", flush=True)
    return made.Outcome(tuple(tried))


def _finished(work: Work, chosen: Recipe, request: RunRequest) -> Snapshot:
    """The run of this request: one that has finished, else one that is under way, else a new one, at its end."""
    key = work.photos.fingerprint
    work.board.tick()  # a run whose worker has died meanwhile is not worth following
    # Asked first: a run that ends between the two looks is then found by the second.
    under_way = made.waiting_run(work.board.under_way(), request, key)
    return made.finished_run(work.board.runs, request, key) or _trained(work, chosen, request, under_way)


def _trained(work: Work, chosen: Recipe, request: RunRequest, under_way: Snapshot | None) -> Snapshot:
    """Follow the run that is under way, or a new one, to its end. Ctrl-C stops it and goes through."""
    if under_way is None and chosen.needs_imagenet:
        with Bar() as bar:
            ready_weights(settings(), bar)
    run_id = under_way.id if under_way else work.board.submit(request, work.photos.reference)
    print(f"catdog: run {run_id}", file=sys.stderr)
    try:
        return follow(work.board, run_id)
    except KeyboardInterrupt:
        stop(work.board, run_id)
        raise


def _broken_off(last: Snapshot) -> int:
    reason = last.state.error or "it was stopped."
    print(f"catdog: run {last.id} has not finished: {reason} The same command trains it again.", file=sys.stderr)
    return STOPPED if last.phase == "stopped" else FAILED


def _line(row: dict[str, Any]) -> str:
    figures = "  ".join(
        f"{words} {'none' if row[name] is None else format(row[name], '.1%'):>6}"
        for words, name in (("last five", "last_five"), ("best", "best"), ("test", "test"))
    )
    return f"{row['recipe']:15} {figures}  {row['seconds']:7,.0f} s  {verdict_in_words(row)}"


def _write_table(work: Work) -> None:
    """Replace both files by what all run folders say by now."""
    found = made.outcomes(work.board.runs, work.epochs, work.photos.fingerprint)
    device, precision, versions = made.made_with(found)
    table = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine_facts() | {"device": device, "precision": precision},
        "versions": {"python": platform.python_version()} | versions,
        "photos": {"name": work.photos.name, "counts": work.photos.counts()},
        "epochs": work.epochs,
        "rows": [made.as_row(one) for one in found],
    }
    if notes := _kept_notes(work.file):
        table["notes"] = notes
    _write(work.file, json.dumps(table, indent=1, ensure_ascii=False) + "\n")
    _write(work.markdown, as_markdown(table))


def machine_facts() -> dict[str, Any]:
    return {
        "processor": _processor(),
        "cores": cpu_cores(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9),
    }


def _processor() -> str:
    """The processor's name as the system gives it."""
    with suppress(OSError):  # only Linux has the file
        for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _require_writable(file: Path, home: Path) -> None:
    """Raise DiskError where the table could not be written: said now, not after the first hour of training.

    The home is made where it is missing, another folder is not.
    """
    if file.suffix.lower() == ".md":
        raise SettingError(f"{file} would be the table's Markdown. Name its JSON, such as {file.with_suffix('.json')}.")
    scratch = scratch_beside(file)
    try:
        home.mkdir(parents=True, exist_ok=True)
        if file.is_dir() or file.with_suffix(".md").is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        scratch.touch()
        scratch.unlink()
    except OSError as error:
        raise cannot_write(file, error) from error


def _kept_notes(file: Path) -> list[str]:
    """What a person has written under "notes" in the table that is to be replaced.

    Raises SettingError where the file holds something else than such a table, which would be lost.
    """
    if not file.exists():
        return []
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(file.read_text(encoding="utf-8"))
        notes = found.get("notes", []) if isinstance(found, dict) and "rows" in found else None
        if isinstance(notes, list) and all(isinstance(note, str) for note in notes):
            return notes
    raise SettingError(
        f"{file} holds something else than a table that this command has written, with its notes as a list of texts. "
        "Correct it, or name another file with --json."
    )


def _require_own_markdown(file: Path) -> None:
    """Raise SettingError where another page has the place of the table's: a README must not be lost."""
    if file.exists() and not file.read_text(encoding="utf-8", errors="replace").startswith(TITLE):
        raise SettingError(
            f"{file} is another page than the table's, and would be lost. Name another file with --json."
        )


def _write(path: Path, text: str) -> None:
    """Write a file in one stroke: a break leaves the old or the new one. Raises DiskError."""
    try:
        replace_text(path, text)
    except OSError as error:
        raise cannot_write(path, error) from error

"""`sweep`: recipes, learning rates and seeds multiplied into queued runs, followed to their end; mean and spread."""

import argparse
import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from typing import Any

from tqdm import tqdm

from catdog.disk import cannot_write
from catdog.errors import CatdogError, RunError, SettingError
from catdog.recipes import recipe
from catdog.settings import DEFAULT_COPIES, IMAGENET, PRECISIONS, settings, whole_number
from catdog.terminal.bar import DONE, FAILED, STOPPED, photos_with_bar
from catdog.terminal.training import base_to_be_had
from catdog.training import Board, RunRequest
from catdog.training.engine import open_board
from catdog.training.folder import RunFolder
from catdog.training.spread import FINISHED, Group, groups, name_of, standing, takeaway
from catdog.training.sweep import Member, Sweep, begin, cells, members, open_sweep, requests, with_run
from catdog.training.verdicts import did, last_five

LOOK = 0.5  # seconds between two looks: with hundreds of runs that wait, each takes a while
WIDTH = 32  # letters of a setting's name
FIGURES = ("last five", "best", "test")


def add_sweep(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """The command and what may be typed after it, but for --json and --photos, which others have as well."""
    sweeping = commands.add_parser(
        "sweep", help="train recipes over seeds and learning rates; mean and spread, here and on the Results page"
    )
    sweeping.add_argument("keys", nargs="+", metavar="KEY", help="such as post3-model1 post3-model3")
    sweeping.add_argument(
        "--seeds", default="3", metavar="N|A,B,C", help="how many, from 0 on, or which: 4,7,9; 3 if not given"
    )
    sweeping.add_argument(
        "--learning-rates", nargs="+", type=float, metavar="R", help="Adam's step sizes; each recipe's own if not given"
    )
    sweeping.add_argument("--epochs", type=int, help="passes over the training photos; the recipe's 20 if not given")
    sweeping.add_argument("--limit", type=int, help="train on at most so many photos, evenly by class")
    sweeping.add_argument("--features", nargs="?", type=int, const=DEFAULT_COPIES, metavar="COPIES", help=_FEATURES)
    sweeping.add_argument(
        "--precision", choices=PRECISIONS, help="what to compute with; what is quickest here if not given"
    )
    sweeping.add_argument(
        "--queue", action="store_true", help="only queue the runs: the server that runs, or the next one, trains them"
    )
    sweeping.set_defaults(command=sweep)
    return sweeping


_FEATURES = (
    "the networks with a frozen base look once at each photo and at so many augmented copies, "
    f"{DEFAULT_COPIES} if only --features is given, and train the head alone"
)


def sweep(given: argparse.Namespace) -> int:
    """Queue all runs, follow them to the end, and tell mean and spread of each setting."""
    asked = _asked(given)
    others = {"precision": given.precision, "copies": given.features}
    requests(asked, **others)  # what cannot be is refused before anything is fetched
    frozen = any(recipe(key).has_frozen_base for key in asked.recipes)
    wanted = requests(asked, base_to_be_had() if frozen else IMAGENET, **others)
    photos = photos_with_bar(given.photos)
    board = open_board(settings())
    asked = begin(settings().home, asked)
    print(f"catdog: sweep {asked.id}, {len(wanted)} runs; the Results page shows it", file=sys.stderr)
    try:
        asked = _queue(board, asked, wanted, photos.reference)
        if given.queue:
            return _left_to_the_server(asked, given.json)
        _follow(board, asked)
    except KeyboardInterrupt:
        asked = open_sweep(settings().home, asked.id)  # it may have come while they were being queued
        _stop(board, asked)
        _tell(board, asked, given.json)
        print("catdog: stopped.", file=sys.stderr)
        return STOPPED
    phases = {one.phase for one in _tell(board, asked, given.json)}
    return DONE if phases == {FINISHED} else STOPPED if phases == {FINISHED, "stopped"} else FAILED


def _asked(given: argparse.Namespace) -> Sweep:
    """What was typed. Raises SettingError where it makes no run, too many, or one that cannot be."""
    keys, rates = tuple(dict.fromkeys(given.keys)), tuple(dict.fromkeys(given.learning_rates or (None,)))
    seeds = _seeds(given.seeds)
    cells(keys, seeds, rates)  # of the seeds there may be a billion
    return Sweep("", keys, tuple(seeds), rates, given.epochs, given.limit)


def _seeds(text: str) -> Sequence[int]:
    """`3` is the first three, `4,7,9` are those. Raises SettingError for anything else."""
    numbers = [whole_number(part.strip()) for part in text.removesuffix(",").split(",")]
    if None in numbers:
        raise SettingError(f"The seeds are {text[:40]!r}: say how many, such as 3, or which, such as 4,7,9.")
    return tuple(dict.fromkeys(numbers)) if "," in text else range(max(numbers[0], 0))


def _queue(board: Board, asked: Sweep, wanted: Sequence[RunRequest], photos: dict[str, str]) -> Sweep:
    """Queue all runs; each is noted at once. Where one cannot be queued, those before it are stopped."""
    with tqdm(total=len(wanted), bar_format="queueing |{bar}| {n} of {total} runs", leave=False, disable=None) as bar:
        for request in wanted:
            try:
                with _unbroken():
                    asked = with_run(settings().home, asked, board.submit(request, photos, limited=False))
            except CatdogError:
                _stop(board, asked)
                raise
            bar.update()
    return asked


@contextmanager
def _unbroken() -> Iterator[None]:
    """Let Ctrl-C wait until this is done: a run that is queued and not noted would train, and nobody would know."""
    pressed: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        raise KeyboardInterrupt


def _left_to_the_server(asked: Sweep, as_json: bool) -> int:
    """Say what is to come of runs that nobody follows."""
    if as_json:
        print(json.dumps({"sweep": asked.id, "runs": asked.runs}))
    else:
        print(
            f"{len(asked.runs)} runs are queued as sweep {asked.id}. The server looks after them; where none is open, "
            "those that wait go on with the next `python3 -m catdog run`."
        )
    return DONE


def _follow(board: Board, asked: Sweep) -> None:
    """Show one bar for all runs, and print a line for each that ends, until all have."""
    told: set[str] = set()
    pause = threading.Event()
    with tqdm(total=len(asked.runs), bar_format="{desc} |{bar}| {remaining} left", disable=None) as bar:
        while True:
            board.tick()
            found = members(board.runs, asked)
            for one in found:
                if one.over and one.id not in told:
                    told.add(one.id)
                    bar.write(_line(one))
                    sys.stdout.flush()
            bar.n = sum(1.0 if one.over else one.run.progress if one.run else 0.0 for one in found)
            bar.set_description_str(standing(found, len(found)).removesuffix("."))
            if len(told) == len(found):
                return
            pause.wait(LOOK)


def _stop(board: Board, asked: Sweep) -> None:
    """Ask all that are under way to stop, first those that wait: none is to take a place that becomes free.

    Not one by one through the board, which would look at all the others each time.
    """
    try:
        for one in sorted(members(board.runs, asked), key=lambda one: not one.waits):
            if not one.over:
                with suppress(RunError):  # someone else has deleted it
                    RunFolder.open(board.runs, one.id).ask_to_stop()
    except OSError as error:
        raise cannot_write(board.runs, error) from error
    pause = threading.Event()
    while not all(one.over for one in members(board.runs, asked)):
        board.tick()
        pause.wait(LOOK)


def _line(one: Member) -> str:
    """One run that is over: its setting, its figures, what it did."""
    name = f"{name_of(one.cell.recipe, one.cell.rate):{WIDTH}} seed {one.cell.seed:<4}"
    if one.run is None or one.phase != FINISHED:
        why = one.run.state.error if one.run else ""
        return f"{name} {one.phase}{f': {why}' if why else ''}"
    figures = (last_five(one.run.history["val_accuracy"]), one.run.best and one.run.best[1], one.run.test_accuracy)
    told = "  ".join(f"{words} {_share(value)}" for words, value in zip(FIGURES, figures, strict=True))
    return f"{name} {told}  {one.run.seconds:7,.0f} s  {did(one.run)}"


def _tell(board: Board, asked: Sweep, as_json: bool) -> tuple[Member, ...]:
    """Print what came of each setting, and of how many runs."""
    found = members(board.runs, asked)
    settled = groups(asked, found)
    if as_json:
        print(json.dumps({"sweep": asked.id, "settings": [_as_row(one) for one in settled]}))
        return found
    print(f"\n{'mean over the seeds':{WIDTH}} {'last five':>9}  lowest  highest       ±    best    test  seeds")
    for one in settled:
        print(_row(one))
    print(f"{standing(found, len(asked.cells))} {takeaway(settled)}".strip())
    return found


def _row(one: Group) -> str:
    figures = one.last_five
    told = (figures.mean, figures.lowest, figures.highest) if figures else (None,) * 3
    spread = "none" if figures is None or figures.deviation is None else f"{100 * figures.deviation:.1f}"
    others = (_share(figure and figure.mean) for figure in (one.best, one.test))
    collapsed = f"  {len(one.collapsed)} collapsed" if one.collapsed else ""
    means = f"{_share(told[0]):>9}  {_share(told[1])}  {_share(told[2]):>7}  {spread:>6}  {'  '.join(others)}"
    return f"{one.name:{WIDTH}} {means}  {len(one.finished)} of {one.seeds}{collapsed}"


def _as_row(one: Group) -> dict[str, Any]:
    """A setting as plain values: accuracies are fractions of 1."""
    figures = {"last_five": one.last_five, "best": one.best, "test": one.test}
    return {
        "recipe": one.recipe,
        "learning_rate": one.rate,
        "seeds": one.seeds,
        "runs": [member.id for member in one.members],
        **{name: figure and asdict(figure) for name, figure in figures.items()},
        "did": dict(one.did),
        "collapsed_seeds": [member.cell.seed for member in one.collapsed],
        "unfinished": dict(one.unfinished),
    }


def _share(value: float | None) -> str:
    return f"{'none' if value is None else format(value, '.1%'):>6}"

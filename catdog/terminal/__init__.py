"""The same engine from a terminal: recipes, prepare, train.

Exit codes: 0 done, 1 failed, 2 bad arguments, 130 stopped by Ctrl-C.
"""

import argparse
import json
import sys
import threading
from collections.abc import Callable

from tqdm import tqdm

from catdog.errors import CatdogError, SettingError
from catdog.models.pretrained import fetch_weights
from catdog.photos import PreparedPhotos, ready_photos
from catdog.progress import Progress
from catdog.recipes import RECIPES, Augmentation, Recipe, output_shape, recipe, total_parameters, trainable_parameters
from catdog.settings import settings
from catdog.training import Board, RunRequest, Snapshot

DONE, FAILED, BAD_ARGUMENTS, STOPPED = 0, 1, 2, 130
LOOK = 0.2  # seconds between two looks at a running worker


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code. A CatdogError becomes one line on the error output."""
    given = _parser().parse_args(arguments)
    try:
        return given.command(given)
    except SettingError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return BAD_ARGUMENTS
    except CatdogError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("catdog: stopped.", file=sys.stderr)
        return STOPPED


def recipes(given: argparse.Namespace) -> int:
    """List the 22 recipes."""
    rows = [_row(one) for one in RECIPES.values()]
    if given.json:
        print(json.dumps(rows))
        return DONE
    print(f"{'key':15} {'architecture':14} {'parameters':>11} {'trainable':>11} {'outputs':>7}  learning rate")
    for row in rows:
        print(
            f"{row['key']:15} {row['architecture']:14} {row['total_parameters']:11,} {row['trainable_parameters']:11,} "
            f"{row['output_shape'][-1]:7}  {row['learning_rate']:g}"
        )
    return DONE


def prepare(given: argparse.Namespace) -> int:
    """Fetch and decode the photos."""
    photos = _photos()
    if given.json:
        unreadable = [{"file": file, "reason": reason} for file, reason in photos.unreadable]
        about = {"name": photos.name, "folder": str(photos.root), "fingerprint": photos.fingerprint}
        print(json.dumps(about | {"photos": photos.counts(), "unreadable": unreadable}))
        return DONE
    for split, counts in photos.counts().items():
        print(f"{split:10} {counts['cat']:6,} cats {counts['dog']:6,} dogs")
    for file, reason in photos.unreadable:
        print(f"skipped    {file}: {reason}")
    return DONE


def train(given: argparse.Namespace) -> int:
    """Train one recipe and show how it goes."""
    chosen = recipe(given.key)
    request = RunRequest.of(
        chosen,
        epochs=given.epochs,
        batch_size=given.batch_size,
        learning_rate=given.learning_rate,
        seed=given.seed,
        limit=given.limit,
        augmentation=Augmentation.from_text(given.augmentation) if given.augmentation is not None else None,
    )
    if chosen.needs_imagenet:
        with _Bar() as bar:
            fetch_weights(bar)
    where = settings()
    photos = _photos()
    board = Board(where.runs)
    run_id = board.submit(request, photos.reference)
    print(f"catdog: run {run_id}", file=sys.stderr)
    try:
        last = _follow(board, run_id)
    except KeyboardInterrupt:
        board.stop(run_id)
        last = _wait(board, run_id, lambda _: None)
    return _tell(last, given.json)


def _follow(board: Board, run_id: str) -> Snapshot:
    with tqdm(total=100, bar_format="{desc} |{bar}| {n:3.0f} %{postfix}", disable=None) as bar:

        def show(run: Snapshot) -> None:
            bar.n = 100 * run.progress
            if place := board.place(run_id):
                bar.set_description_str(f"waiting, {place} before this one")
            elif run.phase == "running" and run.last:
                epoch = min(run.epochs_done + 1, run.request.epochs)
                bar.set_description_str(f"epoch {epoch} of {run.request.epochs}")
                bar.set_postfix_str(_figures(run))
            else:
                bar.set_description_str(run.state.activity or run.phase)
            bar.refresh()

        return _wait(board, run_id, show)


def _wait(board: Board, run_id: str, show: Callable[[Snapshot], None]) -> Snapshot:
    """Look after the board until the run is over."""
    pause = threading.Event()
    while True:
        board.tick()
        run = board.snapshot(run_id)
        show(run)
        if run.over:
            return run
        pause.wait(LOOK)


def _figures(run: Snapshot) -> str:
    accuracy, left = run.last.get("accuracy"), run.last.get("seconds_left")
    return ", ".join(
        part
        for part in (
            f" training {accuracy:.1%}" if accuracy is not None else "",
            f"best validation {run.best[1]:.1%}" if run.best else "",
            f"{left:,.0f} s left" if left is not None else "",
        )
        if part
    )


def _tell(run: Snapshot, as_json: bool) -> int:
    """Print what became of the run and return the exit code that says the same."""
    best = run.best
    if as_json:
        outcome = {
            "run": run.id,
            "phase": run.phase,
            "epochs": run.epochs_done,
            "best_val_accuracy": best[1] if best else None,
            "test_accuracy": run.test_accuracy,
            "seconds": run.seconds,
            "photos_per_second": run.photos_per_second,
            "device": run.state.device,
        }
        print(json.dumps(outcome))
    elif best:
        test = f", test {run.test_accuracy:.1%}" if run.test_accuracy is not None else ""
        print(f"{run.phase}: best validation {best[1]:.1%} in epoch {best[0]}{test}, {run.seconds:,.0f} s")
    if run.phase == "failed":
        print(f"catdog: {run.state.error}", file=sys.stderr)
    return {"finished": DONE, "stopped": STOPPED}.get(run.phase, FAILED)


def _photos() -> PreparedPhotos:
    with _Bar() as bar:
        return ready_photos(settings(), bar)


class _Bar:
    """A progress bar on the error output that appears only when there is something to wait for."""

    def __enter__(self) -> "_Bar":
        self.bar: tqdm | None = None
        return self

    def __call__(self, progress: Progress) -> None:
        if self.bar is None:
            self.bar = tqdm(total=100, bar_format="{desc} |{bar}|", leave=False, disable=None)
        self.bar.n = 100 * progress.share
        self.bar.set_description_str(progress.sentence())

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.close()


def _row(one: Recipe) -> dict[str, object]:
    return {
        "key": one.key,
        "post": one.post,
        "architecture": one.architecture,
        "loss": one.loss,
        "learning_rate": one.learning_rate,
        "output_shape": [None, *output_shape(one)],
        "total_parameters": total_parameters(one),
        "trainable_parameters": trainable_parameters(one),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m catdog", description="The same engine from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("recipes", help="list the 22 recipes")
    listing.set_defaults(command=recipes)
    preparing = commands.add_parser("prepare", help="fetch and decode the photos")
    preparing.set_defaults(command=prepare)
    training = commands.add_parser("train", help="train one recipe; Ctrl-C stops it and keeps the best weights")
    training.add_argument("key", metavar="KEY", help="such as post4-model3")
    training.add_argument("--epochs", type=int, help="passes over the training photos; the recipe's 20 if not given")
    training.add_argument("--batch-size", type=int, help="photos a step; the recipe's 32 if not given")
    training.add_argument("--learning-rate", type=float, help="Adam's step size; the recipe's own if not given")
    training.add_argument("--limit", type=int, help="train on at most so many photos, evenly by class")
    training.add_argument("--seed", type=int, help="of weights, order, augmentation and dropout; 0 if not given")
    training.add_argument("--augmentation", metavar="A", help="such as flip=horizontal,turn=36, or none")
    training.set_defaults(command=train)
    for one in (listing, preparing, training):
        one.add_argument("--json", action="store_true", help="print one JSON value as the last line")
    return parser

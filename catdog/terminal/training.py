"""`train` and `resume`: one run, followed to its end; what they do step by step serves `reproduce` and `sweep` too."""

import argparse
import json
import sys
import threading
from collections.abc import Callable
from dataclasses import replace

from tqdm import tqdm

from catdog.errors import WeightsError
from catdog.models.pretrained import ready_weights
from catdog.recipes import Augmentation, recipe
from catdog.settings import EMBEDDED, IMAGENET, settings
from catdog.terminal.bar import DONE, FAILED, STOPPED, Bar, photos_with_bar
from catdog.training import Board, RunRequest, Snapshot
from catdog.training.engine import open_board

LOOK = 0.2  # seconds between two looks at a running worker


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
        precision=given.precision,
        copies=given.features,
        all_devices=given.all_devices,
        augmentation=Augmentation.from_text(given.augmentation) if given.augmentation is not None else None,
    )
    if chosen.has_frozen_base:
        request = replace(request, base=base_to_be_had())
    photos = photos_with_bar(given.photos)
    board = open_board(settings())
    run_id = board.submit(request, photos.reference)
    return _to_its_end(board, run_id, given.json)


def resume(given: argparse.Namespace) -> int:
    """Let a stopped or failed run go on from its backup, and show how it goes."""
    board = open_board(settings())
    board.resume(given.run)
    return _to_its_end(board, given.run, given.json)


def _to_its_end(board: Board, run_id: str, as_json: bool) -> int:
    """Follow a run, stop it at Ctrl-C, and print what became of it; returns the exit code."""
    print(f"catdog: run {run_id}", file=sys.stderr)
    try:
        last = follow(board, run_id)
    except KeyboardInterrupt:
        last = stop(board, run_id)
    return _tell(last, as_json)


def base_to_be_had() -> str:
    """The posts' frozen base; where its weights cannot be had, the embedded one, and a line that says so and why."""
    try:
        with Bar() as bar:
            ready_weights(settings(), bar)
    except WeightsError as error:
        print(f"catdog: the embedded base takes its place, not the post's: {error}", file=sys.stderr)
        return EMBEDDED
    return IMAGENET


def follow(board: Board, run_id: str) -> Snapshot:
    """Show a bar on the error output until the run is over; returns how it ended."""
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
                done = "" if run.state.share is None else f": {run.state.share:.0%}"
                bar.set_description_str(f"{run.state.activity or run.phase}{done}")
            bar.refresh()

        return _wait(board, run_id, show)


def stop(board: Board, run_id: str) -> Snapshot:
    """Ask a run to stop and wait until it is over; returns how it ended."""
    board.stop(run_id)
    return _wait(board, run_id, lambda _: None)


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
            "photos": run.photo_set,
            "base": run.request.base if run.recipe.has_frozen_base else None,
        }
        print(json.dumps(outcome))
    elif best:
        test = f", test {run.test_accuracy:.1%}" if run.test_accuracy is not None else ""
        print(f"{run.phase}: best validation {best[1]:.1%} in epoch {best[0]}{test}, {run.seconds:,.0f} s")
    if run.phase == "failed":
        print(f"catdog: {run.state.error}", file=sys.stderr)
    return {"finished": DONE, "stopped": STOPPED}.get(run.phase, FAILED)

"""Which trained networks there are to ask: the starter, and the runs that left weights behind."""

from collections.abc import Iterable
from itertools import islice

from catdog.settings import SAMPLE
from catdog.training.board import Board
from catdog.training.snapshot import Snapshot, ended, readable

STARTER = "starter"
NEWEST = 50  # runs that are looked at: a list that one can still choose from


def trained_runs(board: Board) -> list[Snapshot]:
    """Finished and stopped runs whose weights are there: the best by `merit`; then the newest first."""
    folders = (run for run in islice(board.over(), NEWEST) if run.best_weights.exists())
    runs = [run for run in readable(folders, ended)[0] if run.phase != "failed" and run.best]
    best = max(runs, key=merit, default=None)
    return [best, *(run for run in runs if run is not best)] if best else []


def merit(run: Snapshot) -> tuple[bool, float, str]:
    """What makes one trained run better than another: photos before drawings, validation accuracy, then newness."""
    return run.photo_set != SAMPLE, run.best[1], run.id


def one_of_each(runs: Iterable[Snapshot]) -> dict[str, Snapshot]:
    """For each architecture that was trained, its best run by `merit`."""
    best: dict[str, Snapshot] = {}
    for run in sorted((run for run in runs if run.best), key=merit):
        best[run.recipe.architecture] = run
    return best

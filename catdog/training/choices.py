"""Which trained networks there are to ask: the starter, and the runs that left weights behind."""

from functools import lru_cache
from itertools import islice

from catdog.errors import RunError
from catdog.training.board import Board
from catdog.training.folder import RunFolder
from catdog.training.snapshot import Snapshot, snapshot

STARTER = "starter"
NEWEST = 50  # runs that are looked at: a list that one can still choose from


def trained_runs(board: Board) -> list[Snapshot]:
    """Finished and stopped runs whose weights are there: the best, of equals the newest; then the newest first."""
    folders = (run for run in islice(board.over(), NEWEST) if run.best_weights.exists())
    runs = [run for run in map(_once, folders) if run and run.phase != "failed" and run.best]
    best = max(runs, key=lambda run: (run.best[1], run.id), default=None)
    return [best, *(run for run in runs if run is not best)] if best else []


@lru_cache(maxsize=2 * NEWEST)
def _once(run: RunFolder) -> Snapshot | None:
    """The run as it ended, read once: every redraw of a page asks. None where its folder cannot be understood."""
    try:
        return snapshot(run)
    except RunError:
        return None

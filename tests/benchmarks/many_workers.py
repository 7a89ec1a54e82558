"""So many runs over one worker of a cluster, then over two: is the time that of the runs, shared?

    python -m tests.benchmarks.many_workers [--runs 8] [--workers 1 2] [--json FILE]

Needs Ray (requirements-cluster.txt), and as many cores as the most workers: each is a process of this machine with one
CPU. Every run is the same: post4-model1 on 64 drawn photos, with one core. Beside each time stands what N runs over W
workers should take, N/W times what one takes alone, and until the first of them begins.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from catdog.photos import ready_photos
from catdog.recipes import recipe
from catdog.settings import SAMPLE, settings
from catdog.training import Board, RunRequest
from catdog.training.engine import open_board
from catdog.training.folder import RunFolder
from catdog.training.state import ACTIVE, WAITING
from tests.training.ray_cluster import free_port, ray_cluster

EPOCHS, PHOTOS = 10, 64  # of each run: some ten seconds on one core, beside those that TensorFlow takes to load
LOOK = 0.05  # seconds


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.many_workers")
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    given = parser.parse_args()
    rows = [measured(workers, given.runs) for workers in given.workers]
    alone = rows[0]["one_run_s"]
    for row in rows:
        row["shared_s"] = round(row["runs"] / row["workers"] * alone + row["first_begins_s"], 1)
        row["over_percent"] = round(100 * (row["all_s"] / row["shared_s"] - 1), 1)
        print(json.dumps(row), flush=True)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    return 0


def measured(workers: int, runs: int) -> dict[str, float]:
    """Queue all runs at once on a new cluster and wait for the last of them."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="catdog-workers-") as home, ray_cluster(port, workers):
        os.environ |= {"CATDOG_HOME": home, "CATDOG_CLUSTER": f"http://127.0.0.1:{port}", "CATDOG_CLUSTER_CPUS": "1"}
        photos = ready_photos(settings(), lambda progress: None, SAMPLE)
        board = open_board(settings())
        asked = [RunRequest.of(recipe("post4-model1"), epochs=EPOCHS, seed=seed, limit=PHOTOS) for seed in range(runs)]
        queued = time.monotonic()
        ids = [board.submit(one, photos.reference, limited=False) for one in asked]
        begun, ended = watched(board, ids)
    assert len(ended) == runs
    return {
        "workers": workers,
        "runs": runs,
        "first_begins_s": round(min(begun.values()) - queued, 1),
        # From one begin to the next on the same worker: what the engine needs between two runs counts as well.
        "one_run_s": round((max(ended.values()) - min(begun.values())) * workers / runs, 1),
        "one_run_training_s": round(statistics.median(ended[one] - begun[one] for one in ids), 1),
        "all_s": round(max(ended.values()) - queued, 1),
    }


def watched(board: Board, ids: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """When each run's worker spoke first, and when it had ended."""
    begun, ended = {}, {}
    while board.tick() or len(ended) < len(ids):
        now = time.monotonic()
        for run_id in ids:
            phase = RunFolder.open(board.runs, run_id).state.phase
            if phase in ACTIVE:
                begun.setdefault(run_id, now)
            elif phase not in WAITING:
                ended.setdefault(run_id, now)
        time.sleep(LOOK)
    return begun, ended


if __name__ == "__main__":
    sys.exit(main())

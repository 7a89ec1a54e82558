"""What a home with thousands of runs costs: listing them, looking after them, and the Results page.

    python -m tests.benchmarks.many_runs [--runs 100 1000 10000] [--json FILE]

It makes that many runs below a temporary folder (10,000 take 3 GB and some minutes), as workers leave them but without
weights, and measures at each of these numbers. A listing is the first in a process of its own; the Results page is
drawn by a real server over the connection that a browser would use, as in `redraw`. All files were just written, so
that the system still has them in memory: a disk that must be asked is not in these figures. What is called processor
is the time that the process itself spent: it says more than the clock where others use the machine as well.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import psutil
from websockets.sync.client import connect

from catdog.insight.scores import Evaluation, Scores
from catdog.photos import ready_photos
from catdog.recipes import RECIPES, recipe
from catdog.settings import REAL, SAMPLE, Settings, settings
from catdog.training import Board, RunRequest
from catdog.training.events import EventLog
from catdog.training.folder import FORMAT, RunFolder
from catdog.training.launcher import identity
from catdog.training.state import State
from tests.benchmarks.child import told
from tests.benchmarks.redraw import Visitor, server_process
from tests.benchmarks.visits import Quiet
from tests.serving import served

TIMES = (100, 1_000, 10_000)  # runs
LISTED = 500  # that the Results page shows
ROUNDS = 15  # of which the median counts
EPOCHS, STEPS, PHOTOS = 20, 60, {"validation": 808, "test": 192}
BEGIN = datetime(2026, 9, 1, 8, tzinfo=UTC)  # of the first run; then one every three minutes
BROKEN_OFF = 10  # every so many runs were stopped or failed, in turn
CURVES = 40  # different ones, copied from run to run
QUEUED = 3


class Results(Visitor):
    """A session on the Results page."""

    def __init__(self, socket, page: str = "Results") -> None:
        super().__init__(socket, page, {})
        self.query = ""

    def draw(self) -> int:
        """Have the whole page drawn; the bytes that came."""
        return sum(message.ByteSize() for message in self._run())


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.many_runs")
    parser.add_argument("--runs", type=int, nargs="+", default=TIMES, help="numbers of runs (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)  # the part that needs a fresh process
    given = parser.parse_args()
    if given.inside:
        print(json.dumps(inside(given.inside)))
        return
    figures = {}
    with tempfile.TemporaryDirectory(prefix="catdog-many-") as home:
        environment = os.environ | {"CATDOG_HOME": home, "CATDOG_PHOTOS": SAMPLE}
        where = settings(environment)
        ready_photos(where, lambda progress: None)
        there = 0
        for count in sorted(given.runs):
            make_runs(where.runs, range(there, count))
            there = count
            figures[count] = measured(where, environment)
            print(f"{count:,} runs: {json.dumps(figures[count])}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


def measured(where: Settings, environment: Mapping[str, str]) -> dict[str, float]:
    """All figures of the runs that are there; milliseconds, unless the name says otherwise."""
    alone = [told("tests.benchmarks.many_runs", "--inside", str(where.runs)) for _ in range(2)]
    rest = alone[1] | {"listing_ever_first": alone[0]["listing_first"]} | under_way(where.runs)
    return rest | pages(where.home, environment)


# In this process's place: one that has read nothing yet


def inside(runs: Path) -> dict[str, float]:
    """Listing and looking after runs of which all have ended."""
    board = Board(runs)
    figures = {"listing_first": _ms(lambda: board.busy)}
    spent = time.process_time()
    figures["newest_first"] = _ms(lambda: board.newest(LISTED))
    figures["newest_first_processor"] = round(1000 * (time.process_time() - spent), 2)
    return figures | {
        "newest_warm": _median(lambda: board.newest(LISTED)),
        "count_warm": _median(lambda: board.count("finished")),
        "tick_idle": _median(board.tick),
    }


def under_way(runs: Path) -> dict[str, float]:
    """A look of the board while a run trains and some wait; its worker is a process that sleeps."""
    worker = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    made = [RunFolder.create(runs, RunRequest.of(recipe("post4-model1")), _about()) for _ in range(QUEUED + 1)]
    try:
        made[0].write_state(State(phase="running", worker=identity(worker.pid)))
        board = Board(runs)
        board.tick()
        return {"tick_under_way": _median(board.tick)}
    finally:
        for run in made:
            run.delete()
        worker.kill()
        worker.communicate()


# On a real server


def pages(home: Path, environment: Mapping[str, str]) -> dict[str, float]:
    """The Results page: the first visit of all, a second visitor's, and redraws."""
    with served(environment, home / "server.log") as address, _stream(address) as socket:
        Results(socket, "Dataset").draw()  # loads what every page needs, and the board begins to look after the runs
        server = server_process()
        Quiet(server).wait(with_spare=True)
        figures = {"server_before_mb": server.memory_info().rss / 1e6}
        with _stream(address) as first, _stream(address) as second:
            visitor, spent = Results(first), [_processor_ms(server)]
            figures["results_first"] = _ms(visitor.draw)
            spent.append(_processor_ms(server))
            figures["results_next_visitor"] = _ms(Results(second).draw)
            spent.append(_processor_ms(server))
            figures["results_redraw"] = _median(visitor.draw)
            spent.append(_processor_ms(server))
            figures["results_first_processor"] = spent[1] - spent[0]
            figures["results_redraw_processor"] = (spent[3] - spent[2]) / ROUNDS
            figures["results_kb"] = visitor.draw() / 1e3
        figures["server_mb"] = server.memory_info().rss / 1e6
    return {name: round(value, 1) for name, value in figures.items()}


def _processor_ms(process: psutil.Process) -> float:
    return 1000 * sum(process.cpu_times()[:2])


def _stream(address: str):
    return connect(f"ws://{urlsplit(address).netloc}/_stcore/stream", max_size=None)


def _ms(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return round(1000 * (time.perf_counter() - begun), 2)


def _median(act: Callable[[], object]) -> float:
    return statistics.median(_ms(act) for _ in range(ROUNDS))


# Runs


def make_runs(runs: Path, numbers: range) -> None:
    """Run folders as workers leave them, without weights; the same number makes the same run."""
    runs.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        curves = [_curves(Path(scratch) / str(seed), seed) for seed in range(min(CURVES, len(numbers)))]
    evaluation = json.dumps(_evaluation(random.Random(0)), indent=1)
    for number in numbers:
        key = list(RECIPES)[number % len(RECIPES)]
        began = BEGIN + timedelta(minutes=3 * number, milliseconds=number % 1_000)
        run = runs / f"{began:%Y%m%d-%H%M%S}{began.microsecond // 1000:03d}-{key}"
        run.mkdir()
        phase = "finished" if number % BROKEN_OFF else ("stopped", "failed")[number // BROKEN_OFF % 2]
        asked = {"format": FORMAT, "created": began.isoformat(), "request": RunRequest.of(recipe(key)).as_json()}
        _write(run / "run.json", asked | _about())
        _write(run / "state.json", asdict(State(phase, device="2 CPU cores", precision="float32")))
        (run / "events.jsonl").write_text(curves[number % len(curves)])
        (run / "log.txt").write_text(f"{key} on 2 CPU cores, float32\n")
        if phase == "finished":
            (run / "evaluation.json").write_text(evaluation)


def _about() -> dict:
    photos = {"fingerprint": "6ef1d11017ef3e81", "kind": REAL, "name": "cats_and_dogs_filtered"}
    versions = {"catdog": "0.1.0", "keras": "3.15.1", "tensorflow": "2.21.0"}
    return {"visitor": "", "photos": photos, "split": {"seed": 0, "test_share": 0.192}, "versions": versions}


def _curves(path: Path, seed: int) -> str:
    """What a worker tells in a run of EPOCHS epochs."""
    chance, seconds = random.Random(seed), 0.0
    for epoch in range(1, EPOCHS + 1):
        level = 0.5 + 0.02 * epoch + chance.uniform(0, 0.03)
        told = {"epoch": epoch, "loss": 1.2 - level, "accuracy": level, "photos_per_second": chance.uniform(380, 420)}
        log = EventLog(path)
        for step in range(1, STEPS + 1):
            seconds += 0.06
            log.last_step = 0.0  # it would hold back what comes so soon
            done = {"step": step, "steps": STEPS, "epoch_done": step / STEPS}
            log.step(**told, **done, stage="training", seconds=seconds, seconds_left=90 - seconds)
        validation = {"val_accuracy": level - 0.05, "val_loss": 1.25 - level}
        log.epoch(**told, **validation, epoch_seconds=3.6, seconds=seconds, seconds_left=90 - seconds)
    return path.read_text()


def _evaluation(chance: random.Random) -> dict:
    def answers(split: str, photos: int) -> Evaluation:
        truth = [number % 2 for number in range(photos)]
        odds = [chance.gauss(3 * label - 1.5, 1.5) for label in truth]
        return Evaluation(split, tuple(range(photos)), tuple(truth), tuple(odds))

    return Scores.of(*(answers(split, photos) for split, photos in PHOTOS.items())).as_json()


def _write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1))


if __name__ == "__main__":
    main()

"""A classroom on the live page: so many visitors watch one training, and in the end all drop a picture at once.

    python -m tests.load [--visitors 30] [--seconds 300] [--json FILE]

It serves the dashboard from a fresh home with this environment (name the photos by CATDOG_DATASET_URL), over real
connections on this machine alone. The training goes on alone first, then before the visitors, then alone again: what
they cost it is said by the middle epochs of one run. Exit code 1 where a visitor missed an epoch or got no answer, or a
target was missed by more than three times: a shared machine is noisy.
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
from PIL import Image

from catdog.photos import ready_photos
from catdog.recipes import recipe
from catdog.settings import EPOCHS, settings
from catdog.training import Board, RunRequest
from catdog.training.events import read_events
from catdog.training.folder import RunFolder
from tests.benchmarks.redraw import server_process
from tests.load.bringer import Bringer
from tests.load.traces import Traces
from tests.load.watcher import Watcher
from tests.serving import served

RECIPE = "post4-model3"
ALONE = 0.2  # of the time before the visitors, and as much after them
FLAT_FROM = 0.2  # of their time: by then what they hold should stay what it is; of five minutes, one
LATE = 6.0  # seconds before they leave: what is told later may not have come to anyone
PATIENCE = 120.0  # seconds that anything may take on a machine that others use as well
LONG_EPOCHS = 400.0  # seconds that so many epochs as a middle is taken of may take there
TARGETS = {"median_s": 1.5, "p95_s": 4.0, "memory_mb": 50.0, "slowed_percent": 15.0}
SLACK = 3.0  # times
FEWEST = 3  # epochs of which a middle is taken


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.load")
    parser.add_argument("--visitors", type=int, default=30)
    parser.add_argument("--seconds", type=float, default=300, help="that they watch (default: %(default)s)")
    parser.add_argument("--photos", type=int, help="that the run learns from (default: all); fewer make short epochs")
    parser.add_argument("--json", type=Path, help="write the figures there as well")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="catdog-load-") as home:
        os.environ["CATDOG_HOME"] = home
        with served(os.environ, Path(home) / "server.log") as address:
            figures = classroom(Path(home), urlsplit(address).netloc, given.visitors, given.seconds, given.photos)
        noise = (Path(home) / "server.log").read_text(encoding="utf-8", errors="replace").count("Traceback")
    figures["tracebacks"] = noise
    for name, value in figures.items():
        print(f"{name}: {value}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0 if held(figures) else 1


def held(figures: dict[str, float]) -> bool:
    """Whether nothing was lost and no target was missed by far."""
    whole = not any(figures[name] for name in ("epochs_missed", "broken_off", "unanswered", "tracebacks"))
    return whole and all(figures[name] <= SLACK * most for name, most in TARGETS.items())


def classroom(home: Path, address: str, visitors: int, seconds: float, limit: int | None = None) -> dict[str, float]:
    """Everything, one after another; the figures by name."""
    photos = ready_photos(settings(), lambda progress: None)
    board = Board(settings().runs)
    run_id = board.submit(RunRequest.of(recipe(RECIPE), epochs=int(EPOCHS.high), limit=limit), photos.reference)
    folder = RunFolder.open(board.runs, run_id)
    server = server_process()
    traces = Traces(folder.events, server)
    try:
        _wait(lambda: traces.told, "the first epoch")
        alone = [_alone(seconds * ALONE, traces)]
        watched = asyncio.run(_watch(address, run_id, visitors, seconds, server, traces))
        alone.append(_alone(seconds * ALONE, traces))
        answers = asyncio.run(_drop(address, visitors))
    finally:
        traces.close()
        board.stop(run_id)
        _wait(lambda: board.tick() is False, "the end of the run")
    return _figures(watched, traces, read_events(folder.events), alone) | answers


def _wait(condition: Callable[[], object], what: str, patience: float = PATIENCE) -> None:
    until = time.monotonic() + patience
    while not condition():
        if time.monotonic() > until:
            raise TimeoutError(f"Waited {patience:.0f} s for {what}.")
        time.sleep(0.05)


def _alone(seconds: float, traces: Traces) -> tuple[float, float]:
    """So long, and longer where the epochs are long."""
    since, told = time.monotonic(), len(traces.told)
    time.sleep(seconds)
    _wait(lambda: len(traces.told) > told + FEWEST, f"{FEWEST} whole epochs", LONG_EPOCHS)
    return since, time.monotonic()


async def _watch(
    address: str, run_id: str, visitors: int, seconds: float, server: psutil.Process, traces: Traces
) -> dict:
    """All at once open the page of the run and watch it."""
    leave, everyone = asyncio.Event(), [Watcher(run_id) for _ in range(visitors)]
    begun = time.monotonic()
    visits = [asyncio.create_task(one.visit(address, leave)) for one in everyone]
    while not all(one.seen for one in everyone) and time.monotonic() - begun < PATIENCE:
        await asyncio.sleep(0.05)
    since, spent, own = time.monotonic(), _processor(server), time.process_time()
    told = len(traces.told)
    await asyncio.sleep(seconds)
    while len(traces.told) <= told + FEWEST and time.monotonic() - since < LONG_EPOCHS:
        await asyncio.sleep(0.05)
    until = time.monotonic()
    spent, own = _processor(server) - spent, time.process_time() - own
    leave.set()
    ended = await asyncio.gather(*visits, return_exceptions=True)
    return {
        "everyone": everyone,
        "broken_off": sum(end is not None for end in ended),
        "opened": since - begun,
        "phase": (since, until),
        "server": spent / (until - since),
        "own": own / (until - since),
    }


def _processor(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


async def _drop(address: str, visitors: int) -> dict[str, float]:
    """All at once drop a photo of two megapixels each, while the training goes on."""
    leave, everyone = asyncio.Event(), [Bringer() for _ in range(visitors + 1)]
    visits = [asyncio.create_task(one.visit(address, leave)) for one in everyone]
    await _within(asyncio.gather(*(one.ready.wait() for one in everyone)), "the Classify page of every visitor")
    first, *others = everyone
    await _within(first.bring(address, "first.jpg", _photo(0)), "the first answer")  # the network is loaded for it
    await _within(asyncio.gather(*(one.loaded.wait() for one in others)), "the network on every visitor's page")
    dropped = [one.bring(address, f"{number}.jpg", _photo(number)) for number, one in enumerate(others)]
    taken = await asyncio.gather(*(asyncio.wait_for(one, PATIENCE) for one in dropped), return_exceptions=True)
    leave.set()
    await asyncio.gather(*visits, return_exceptions=True)
    answered = [seconds for seconds in taken if isinstance(seconds, float)]
    return {
        "uploads": visitors,
        "unanswered": visitors - len(answered),
        "dropped_again": sum(one.drops - 1 for one in others),
        "answer_median_s": round(statistics.median(answered), 2) if answered else -1,
        "answer_slowest_s": round(max(answered), 2) if answered else -1,
    }


async def _within(what: Awaitable[object], named: str) -> None:
    try:
        await asyncio.wait_for(what, PATIENCE)
    except TimeoutError as error:
        raise TimeoutError(f"Waited {PATIENCE:.0f} s for {named}.") from error


def _photo(seed: int) -> bytes:
    coarse = np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    out = io.BytesIO()
    Image.fromarray(coarse).resize((1600, 1200)).save(out, "JPEG", quality=92)
    return out.getvalue()


def _figures(watched: dict, traces: Traces, events: tuple, alone: list[tuple[float, float]]) -> dict[str, float]:
    everyone, (since, until) = watched["everyone"], watched["phase"]
    received = sum(one.received for one in everyone) / len(everyone) / 1e3
    epochs = [epoch for epoch, at in traces.told.items() if since <= at < until - LATE]
    delays = sorted(one.seen[epoch] - traces.told[epoch] for one in everyone for epoch in epochs if epoch in one.seen)
    seconds = {event["epoch"]: event["epoch_seconds"] for event in events if event["kind"] == "epoch"}

    def middle(*phases: tuple[float, float]) -> float:
        """Of the epochs that lie wholly within these times."""
        inside = [
            seconds[epoch]
            for epoch, at in traces.told.items()
            if any(start <= at - seconds[epoch] and at <= end for start, end in phases)
        ]
        return statistics.median(inside)

    with_visitors, without = middle((since, until)), middle(*alone)
    return {
        "visitors": len(everyone),
        "seconds": round(until - since),
        "opened_s": round(watched["opened"], 1),
        "broken_off": watched["broken_off"],
        "epochs": len(epochs),
        "epochs_missed": len(epochs) * len(everyone) - len(delays),
        "median_s": round(statistics.median(delays), 2),
        "p95_s": round(delays[int(0.95 * len(delays))], 2),
        "slowest_s": round(delays[-1], 2),
        "redraws_a_second": round(sum(one.redraws for one in everyone) / (until - since), 1),
        "kB_a_visitor_and_second": round(received / (until - since), 1),
        "memory_mb": round(traces.grown(since + FLAT_FROM * (until - since), until), 1),
        "memory_at_the_end_mb": round(traces.memory[-1][1] / 1e6),
        "epoch_alone_s": round(without, 3),
        "epoch_with_visitors_s": round(with_visitors, 3),
        "slowed_percent": round(100 * (with_visitors / without - 1), 1),
        "server_processor_percent": round(100 * watched["server"]),
        "visitors_processor_percent": round(100 * watched["own"]),
    }


if __name__ == "__main__":
    sys.exit(main())

"""What a set of 21,000 photos costs beside one of 2,000: time for each photo, and memory.

    python -m tests.benchmarks.growth PREPARED_FOLDER FINGERPRINT [--rounds 3] [--steps 0]

trains both by the engine's own feed and fit, in turn and in one process, and prints one line of JSON.
"""

import argparse
import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from catdog.photos import PreparedPhotos, open_prepared
from catdog.terminal.bar import Bar
from tests.benchmarks import grown
from tests.benchmarks.child import told
from tests.benchmarks.row import Row, rounded
from tests.benchmarks.sheet import LEARNER, LeftOut

FEW, MANY = 2_000, 21_000  # training photos
WARM_UP = 5  # steps that are not counted: the first of them builds the network's graph
QUICK_STEPS = 30  # that are counted, of the 63 and 657 of an epoch
PETS = "CATDOG_PETS"
STATUS = Path("/proc/self/status")


def growth(photos: PreparedPhotos, folder: Path, quick: bool, log: Callable[[str], None]) -> Iterator[Row]:
    """Both rows, on a set of MANY photos that is written into the folder."""
    log(f"making a set of {MANY:,} photos")
    large, made_of = large_set(photos, folder, quick)
    log(f"training on {MANY:,} and on {FEW:,} photos in turn")
    rounds, steps = (2, QUICK_STEPS) if quick else (3, 0)
    arguments = (str(folder / "prepared"), large.fingerprint, f"--rounds={rounds}", f"--steps={steps}")
    measured = told("tests.benchmarks.growth", *arguments)
    yield from rows(measured, made_of, rounds, steps)


def large_set(photos: PreparedPhotos, folder: Path, quick: bool) -> tuple[PreparedPhotos, str]:
    """The set, prepared in `folder/prepared`, and what it was made of, in words."""
    count = len(photos.positions("training"))
    if quick:
        large = grown.repeated(photos, folder / "prepared", MANY)
        return large, f"{count:,} prepared photos repeated"
    held_out = grown.labelled_files(photos, photos.held_out)
    if pets := os.environ.get(PETS):
        training = grown.unpacked_pets(Path(pets).expanduser(), folder / "pets")
        words = f"{min(len(training), MANY):,} photos of {PETS}, read by catdog"
    else:
        training = grown.labelled_files(photos, photos.positions("training"))
        words = f"{count:,} photos' files under new names, read by catdog"
    started = time.perf_counter()
    with Bar() as bar:
        large = grown.prepared_anew(training, held_out, folder, MANY, bar)
    return large, f"{words} in {time.perf_counter() - started:.0f} s"


def rows(measured: dict, made_of: str, rounds: int, steps: int) -> Iterator[Row]:
    """The two rows of what the process has printed; `steps` is 0 for whole epochs."""
    few, many = (statistics.median(measured[name]) for name in ("few", "many"))
    percent = 100 * (many / few - 1)
    span = f"{rounds} times {steps} steps each, drawn from all of them" if steps else f"medians of {rounds} epochs"
    note = f"{LEARNER}, {1 / many:,.0f} and {1 / few:,.0f} photos/s at {MANY:,} and {FEW:,}; {span}; {made_of}"
    # In both directions: a large set that seems much quicker is a measurement that went wrong.
    yield Row("growth_percent", rounded(percent), "%", "at most 10", abs(percent) <= 10, note)
    if measured["peak_gb"] is None:
        raise LeftOut("This system does not tell a process's largest memory so far.")
    part = f"it read {measured['photos_read']:,} of the {MANY:,} photos" if steps else "it read all photos"
    own = f"; {measured['own_gb']:.2f} GB at the end without mapped files" if measured["own_gb"] else ""
    note = (
        f"peak resident memory of the process that trained ({measured['peak_by']}), mapped files included; {part}{own}"
    )
    yield Row.at_most("memory_gb", measured["peak_gb"], "GB", 2.5, note)


def trained(folder: Path, key: str, rounds: int, steps: int) -> dict:
    """Seconds for each photo, FEW and MANY in turn, `rounds` of each, and this process's largest memory."""
    from catdog.recipes import recipe
    from catdog.training.request import RunRequest
    from catdog.training.stages import stages_of

    photos, limits = open_prepared(folder, key), {"few": FEW, "many": MANY}
    batch_size = recipe(LEARNER).batch_size
    with tempfile.TemporaryDirectory() as features:
        stages = {
            name: stages_of(RunRequest.of(recipe(LEARNER), limit=limit), photos, Path(features), lambda words: None)
            for name, limit in limits.items()
        }
        seconds: dict[str, list[float]] = {name: [] for name in stages}
        read = 0
        for number in range(rounds):
            # Every second time the other way round: a machine that becomes slower meanwhile harms both.
            for name in sorted(stages, reverse=number % 2 == 1):
                clock = step_clock(steps)
                stages[name].fit(1, [clock])
                read_now = min(clock.steps_done * batch_size, limits[name])
                seconds[name].append(clock.seconds / (read_now - WARM_UP * batch_size))
                read += read_now if name == "many" else 0
    return seconds | memory() | {"photos_read": read}


def step_clock(steps: int):
    """A Keras callback that times the steps after WARM_UP: so many of them, or with 0 the whole epoch's."""
    import keras

    class StepClock(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.steps_done, self.seconds = 0, 0.0

        def on_train_batch_end(self, batch, logs=None):
            self.steps_done = batch + 1
            last = self.steps_done == self.params["steps"] or (steps and self.steps_done == WARM_UP + steps)
            if self.steps_done == WARM_UP or last:
                float(logs["loss"])  # waits for what a GPU may still be computing
            if self.steps_done == WARM_UP:
                self.started = time.perf_counter()
            elif last:
                self.seconds = time.perf_counter() - self.started
                self.model.stop_training = True

    return StepClock()


def memory() -> dict:
    """The most that this process has had in memory and who says so, and what is its own now, without mapped files; GB.

    None where the system does not tell. On Linux not by getrusage, which begins with what the parent had.
    """
    peak, own = (status_bytes(name) for name in ("VmHWM", "RssAnon"))
    by = "VmHWM"
    if peak is None:
        peak, by = getattr(psutil.Process().memory_info(), "peak_wset", None), "peak working set"
    return {"peak_gb": peak and peak / 1e9, "peak_by": by, "own_gb": own and own / 1e9}


def status_bytes(name: str) -> int | None:
    """A line of /proc/self/status; None where the system has no such file or no such line."""
    try:
        found = re.search(rf"^{name}:\s*(\d+) kB$", STATUS.read_text(encoding="utf-8"), re.MULTILINE)
    except OSError:
        return None
    return int(found[1]) * 1024 if found else None


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.growth")
    parser.add_argument("folder", type=Path)
    parser.add_argument("key")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=0, help="that are timed after the first ones; 0 for whole epochs")
    given = parser.parse_args()
    print(json.dumps(trained(given.folder, given.key, given.rounds, given.steps)))


if __name__ == "__main__":
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # as a worker has it
    main()
    sys.stdout.flush()
    os._exit(0)  # all is said; TensorFlow would take seconds to clear up

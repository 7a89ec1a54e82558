"""One side of a race: a process that trains one network one way, and works only when it is its turn.

    python -m tests.benchmarks.side --way notebook --recipe post4-model3 --folder LINKS --epochs 2
    python -m tests.benchmarks.side --way engine --recipe post4-model4 --copies 2 --prepared FOLDER --photos KEY
        --features FOLDER

With `--trace` the network is traced before the first epoch, which then takes as long as any other.

It prints one JSON line when everything is loaded, then waits for a line before each turn and answers each with one JSON
line. The first turn is all that comes before the first epoch; each further turn is an epoch with its validation.
`Side` is the other end, in the process that gives the turns.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from catdog.errors import CatdogError, RunError
from catdog.photos import open_prepared
from catdog.recipes import recipe
from catdog.settings import AUTO, PRECISIONS
from catdog.training import RunRequest

ROOT = Path(__file__).parents[2]
TAIL = 600  # characters of what a side that failed said last
PATIENCE = 3.0  # seconds for a side to end by itself; one in the middle of an epoch does not

Fit = Callable[[int, list[Any]], Any]  # trains so many epochs with these callbacks
Start = Callable[[], tuple[str, Fit]]  # all that comes before the first epoch; returns the precision as well


class Side:
    """A side as its parent sees it: started by its command, loaded once `ready` returns, and one `turn` after another.

    Raises RunError, with what the process said last, where it ended before its time.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self.said = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        self.process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.said, text=True
        )

    def ready(self) -> None:
        self._hear()

    def turn(self) -> dict[str, Any]:
        """Let it work for one turn; returns what it says of it: its `seconds`, and more."""
        with suppress(BrokenPipeError):  # whoever hears nothing then says why
            self.process.stdin.write("\n")
            self.process.stdin.flush()
        return self._hear()

    def close(self) -> None:
        """Let it end, whatever it had still to do."""
        with suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.said.close()

    def _hear(self) -> dict[str, Any]:
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.said.seek(0)
            last = self.said.read().decode("utf-8", "replace").strip()[-TAIL:]
            raise RunError(f"A side of the benchmark ended with code {self.process.returncode} and said: {last}")
        return json.loads(line)


class Turns:
    """The side's own end: waits for each turn, and tells what it took."""

    def __init__(self, say: Callable[..., None]) -> None:
        self.say, self.precision = say, ""
        self.begun = 0.0

    def begin(self) -> None:
        """Wait for the line that gives the turn; where nobody will give one any more, the process ends."""
        if not sys.stdin.readline():
            sys.exit(0)
        self.begun = time.perf_counter()

    def epoch_begins(self, epoch: int, _: Any = None) -> None:
        if epoch == 0:
            self.say(seconds=self._passed(), precision=self.precision)
        self.begin()

    def epoch_ends(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        figures = {name: float(logs[name]) for name in ("accuracy", "val_accuracy")} if logs else {}
        self.say(seconds=self._passed(), epoch=epoch + 1, **figures)

    def _passed(self) -> float:
        return time.perf_counter() - self.begun


def notebook_way(given: argparse.Namespace) -> Start:
    """The notebook's side, loaded, with the photos' files listed."""
    import keras

    from tests.benchmarks import notebook

    train, validation = notebook.datasets(given.folder, given.seed)

    def start() -> tuple[str, Fit]:
        keras.utils.set_random_seed(given.seed)
        model = notebook.compiled(notebook.NETWORKS[given.recipe]())
        if given.trace:
            model.fit(train.take(1), validation_data=validation.take(1), verbose=0)

        def fit(epochs: int, callbacks: list[Any]) -> Any:
            # Without the progress bar, which would only cost this side time.
            return model.fit(train, epochs=epochs, validation_data=validation, callbacks=callbacks, verbose=0)

        return model.dtype_policy.name, fit

    return start


def engine_way(given: argparse.Namespace) -> Start:
    """The engine's side, loaded, with the prepared photos opened."""
    photos = open_prepared(given.prepared, given.photos)  # before Keras: what is wrong is said at once
    request = RunRequest.of(
        recipe(given.recipe),
        seed=given.seed,
        epochs=given.epochs,
        precision=given.precision,
        copies=given.copies,
        limit=given.limit,
    )
    from catdog.models.feed import feed
    from catdog.training.stages import stages_of

    def start() -> tuple[str, Fit]:
        stages = stages_of(request, photos, given.features, lambda done: print(done.sentence(), file=sys.stderr))
        if given.trace:
            feeds = feed(stages.training).take(1), feed(stages.validation).take(1)
            stages.learner.fit(feeds[0], validation_data=feeds[1], verbose=0)
        return stages.precision, stages.fit

    return start


WAYS = {"notebook": notebook_way, "engine": engine_way}
NEEDED = {"notebook": ("folder",), "engine": ("prepared", "photos", "features")}


def asked(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.side")
    parser.add_argument("--way", choices=tuple(WAYS), required=True)
    parser.add_argument("--recipe", required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--trace", action="store_true", help="train on one batch before the first epoch, in the start")
    parser.add_argument("--folder", type=Path, help="notebook: holds train/ and validation/")
    parser.add_argument("--prepared", type=Path, help="engine: the folder of prepared photos")
    parser.add_argument("--photos", help="engine: their fingerprint")
    parser.add_argument("--features", type=Path, help="engine: where the frozen base's features are kept")
    parser.add_argument("--precision", default=AUTO, help="engine: one of " + ", ".join(PRECISIONS))
    parser.add_argument("--copies", type=int, help="engine: of each photo, behind a frozen base; none is the exact way")
    parser.add_argument("--limit", type=int, help="engine: at most so many training photos")
    given = parser.parse_args(arguments)
    missing = [f"--{name}" for name in NEEDED[given.way] if getattr(given, name) is None]
    if missing:
        parser.error(f"--way {given.way} needs {', '.join(missing)} as well")
    return given


def serve(given: argparse.Namespace, say: Callable[..., None]) -> None:
    """Serve the turns that come in by the standard input."""
    start = WAYS[given.way](given)
    import keras

    turns = Turns(say)
    say(ready=True)
    turns.begin()
    turns.precision, fit = start()
    fit(given.epochs, [keras.callbacks.LambdaCallback(turns.epoch_begins, turns.epoch_ends)])


def kept_output() -> Callable[..., None]:
    """A function that prints one JSON line on the standard output; all that anybody else prints goes to the errors."""
    ours = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(**values: Any) -> None:
        print(json.dumps(values), file=ours, flush=True)

    return say


if __name__ == "__main__":
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")  # before TensorFlow is loaded: the sides share a GPU
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    try:
        serve(asked(), kept_output())
    except CatdogError as error:
        sys.exit(str(error))
    os._exit(0)  # all is said; TensorFlow would take seconds to clear up, on the other side's time

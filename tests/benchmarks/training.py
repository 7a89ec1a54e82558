"""The same networks, photos and seed trained a notebook's way and by this engine, in turns, epoch by epoch.

Each way is a process of its own, and only one of them works at a time (see `side`), so that whatever else slows the
machine down slows both. Loading Python's packages is not counted; building the network and each epoch are.
"""

import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from catdog.errors import RunError, WeightsError
from catdog.models.precision import precision_for
from catdog.models.pretrained import missing_weights
from catdog.photos import PreparedPhotos
from catdog.recipes import recipe
from catdog.settings import AUTO, BFLOAT16, DEFAULT_COPIES, FLOAT32, settings
from catdog.terminal.training import follow, stop
from catdog.training import Board, RunRequest
from tests.benchmarks.race import (
    EPOCHS,
    SEED,
    Measured,
    alternate,
    engine_side,
    link_photos,
    loaded,
    middle,
    new_folder,
    notebook_side,
)
from tests.benchmarks.row import Row

QUICK_EPOCHS = 1  # of a network that was traced before
REPEATS = 3  # trainings on features, which take seconds; the middle one counts

CNNS = {"cnn": "post4-model1", "augmentation": "post4-model2", "preprocessing": "post4-model3"}
CNN_BOUNDS = {BFLOAT16: 2.0, FLOAT32: 1.1}  # times, by what the engine computed in
TRANSFER = "post4-model4"
TRANSFER_BOUNDS = {"exact": 1.4, "features": 15, "cached": 60}  # times

OVERHEAD = 3  # percent
OVERHEAD_RECIPE = "post4-model2"
OVERHEAD_PHOTOS = 512  # for training; validation is whole
OVERHEAD_EPOCHS = 6

Log = Callable[[str], None]
Table = dict[str, dict[str, dict[str, Any]]]


@dataclass(frozen=True)
class Race:
    """What the sides of one measurement share: `links` is the notebook's folder of photos, `scratch` for features."""

    photos: PreparedPhotos
    links: Path
    scratch: Path
    epochs: int
    log: Log

    def notebook(self, key: str) -> list[str]:
        return notebook_side(key, self.epochs, self.links, trace=self.epochs < EPOCHS)

    def engine(self, key: str, precision: str = AUTO) -> list[str]:
        """The engine as it trains by itself, with an empty folder for what it keeps."""
        trace = self.epochs < EPOCHS
        return engine_side(self.photos, key, self.epochs, new_folder(self.scratch), trace, precision=precision)

    def on_features(self, folder: Path) -> list[str]:
        """The engine on the frozen base's features, all 20 epochs: they take seconds."""
        return engine_side(self.photos, TRANSFER, EPOCHS, folder, copies=DEFAULT_COPIES)

    def told(self, measured: dict[str, Measured]) -> dict[str, Measured]:
        for way, one in measured.items():
            first, later = one.epochs[0], one.epoch
            self.log(f"  {way}: start {one.start:.2f} s, first epoch {first:.2f} s, then {later:.2f} s an epoch")
        return measured


def measure(quick: bool, photos: PreparedPhotos, log: Log) -> tuple[list[Row], Table]:
    """How many times faster the engine trains: `cnns` and `transfer` together."""
    require_weights()
    rows, table = cnns(quick, photos, log)
    more_rows, more_of_table = transfer(quick, photos, log)
    return rows + more_rows, table | more_of_table


def cnns(quick: bool, photos: PreparedPhotos, log: Log) -> tuple[list[Row], Table]:
    """The plain CNNs' rows, and a table `table[architecture][way]` of what they rest on.

    All 20 epochs are trained, or one where it is to be `quick`. Raises RunError where a side fails.
    """
    rows: list[Row] = []
    table: Table = {}
    with race_of(quick, photos, log) as race:
        for name, key in CNNS.items():
            ways = measure_cnn(race, key, with_float32=not quick)
            rows += cnn_rows(name, ways)
            table[name] = {way: one.as_json() for way, one in ways.items()}
    return rows, table


def transfer(quick: bool, photos: PreparedPhotos, log: Log) -> tuple[list[Row], Table]:
    """The frozen base's rows and table, as `cnns`. Raises WeightsError where the pretrained weights are missing."""
    require_weights()
    with race_of(quick, photos, log) as race:
        ways = measure_transfer(race, 1 if quick else REPEATS)
    return transfer_rows(ways), {"transfer": {way: one.as_json() for way, one in ways.items()}}


def require_weights() -> None:
    """Raises WeightsError where the pretrained weights are missing: better before minutes of measuring than after."""
    if missing := missing_weights():
        raise WeightsError(missing)


@contextmanager
def race_of(quick: bool, photos: PreparedPhotos, log: Log) -> Iterator[Race]:
    """What the sides share, for as long as they race."""
    with tempfile.TemporaryDirectory(prefix="catdog-bench-") as scratch:
        links = link_photos(photos, Path(scratch, "photos"))
        yield Race(photos, links, Path(scratch), QUICK_EPOCHS if quick else EPOCHS, log)


def measure_cnn(race: Race, key: str, with_float32: bool) -> dict[str, Measured]:
    """A plain CNN by each way; the engine in float32 as well where that is asked for and not its own choice."""
    commands = {"notebook": race.notebook(key), "engine": race.engine(key)}
    if with_float32 and precision_for(recipe(key)).name == BFLOAT16:
        commands["engine_float32"] = race.engine(key, FLOAT32)
    race.log(f"{key}: {', '.join(commands)}, {race.epochs} epochs each, in turns")
    with loaded(commands) as sides:
        return race.told(alternate(sides, race.epochs))


def measure_transfer(race: Race, repeats: int) -> dict[str, Measured]:
    """The frozen base by each way: a notebook's, exact, on features for the first time, and on kept features."""
    race.log(f"{TRANSFER}: notebook, exact, {race.epochs} epochs each, in turns")
    with loaded({"notebook": race.notebook(TRANSFER), "exact": race.engine(TRANSFER)}) as sides:
        measured = race.told(alternate(sides, race.epochs))
    tries: dict[str, list[Measured]] = {"features": [], "cached": []}
    for number in range(1, repeats + 1):
        folder = new_folder(race.scratch)
        race.log(f"{TRANSFER}: features, then cached, {EPOCHS} epochs each, {number} of {repeats}")
        with loaded({way: race.on_features(folder) for way in tries}) as sides:
            for way, side in sides.items():
                tries[way].append(race.told(alternate({way: side}, EPOCHS))[way])
    return measured | {way: middle(all_tries) for way, all_tries in tries.items()}


def cnn_rows(name: str, ways: Mapping[str, Measured]) -> list[Row]:
    """The ratio that counts, and the one in float32 where the engine chose something else and both were measured."""
    notebook, chosen, plain = ways["notebook"], ways["engine"], ways.get("engine_float32")
    rows = [ratio(f"{name}_ratio", notebook, chosen, CNN_BOUNDS[chosen.precision])]
    if plain and chosen.precision == BFLOAT16:
        rows.append(ratio(f"{name}_float32_ratio", notebook, plain, CNN_BOUNDS[FLOAT32]))
    return rows


def transfer_rows(ways: Mapping[str, Measured]) -> list[Row]:
    """One ratio for each way that the engine trains behind a frozen base."""
    return [ratio(f"transfer_{way}_ratio", ways["notebook"], ways[way], at) for way, at in TRANSFER_BOUNDS.items()]


def ratio(name: str, notebook: Measured, engine: Measured, bound: float) -> Row:
    """How many times as long a notebook's way takes for 20 epochs."""
    note = (
        f"20 epochs: {notebook.total:.1f} s against {engine.total:.1f} s in {engine.precision}; "
        f"the middle epoch: {notebook.epoch:.2f} s against {engine.epoch:.2f} s; "
        f"measured epochs: {len(notebook.epochs)} against {len(engine.epochs)}"
    )
    return Row.at_least(name, notebook.total / engine.total, "times", bound, note)


def overhead(quick: bool, photos: PreparedPhotos, log: Log = lambda words: None) -> Row:
    """How much longer an epoch takes in a worker of the board than the same training called directly, in percent.

    Short whole runs in turns: one of each where it is to be `quick`, else three. Raises RunError where one fails.
    """
    epochs = OVERHEAD_EPOCHS
    chosen = RunRequest.of(recipe(OVERHEAD_RECIPE), seed=SEED, epochs=epochs, limit=OVERHEAD_PHOTOS)
    taken: dict[str, list[float]] = {"board": [], "direct": []}
    with tempfile.TemporaryDirectory(prefix="catdog-bench-") as scratch:
        home = Path(scratch)
        (home / "prepared").symlink_to(settings().prepared)  # a worker looks for the photos beside its runs
        direct = engine_side(photos, chosen.recipe, epochs, home / "features", limit=chosen.limit)
        with loaded({str(number): direct for number in range(1 if quick else REPEATS)}) as sides:
            for side in sides.values():
                taken["board"] += board_run(Board(home / "runs"), chosen, photos)
                taken["direct"] += alternate({"direct": side}, epochs)["direct"].epochs[1:]
                board, alone = (statistics.median(seconds) for seconds in taken.values())
                log(f"overhead: so far {board:.3f} s an epoch through the board, {alone:.3f} s directly")
    note = f"{board:.3f} s an epoch against {alone:.3f} s; medians of {len(taken['board'])} epochs each"
    return Row.at_most("overhead_percent", (board / alone - 1) * 100, "%", OVERHEAD, note)


def board_run(board: Board, request: RunRequest, photos: PreparedPhotos) -> list[float]:
    """Train through the board to the end; returns the seconds from each epoch's end to the next one's.

    These hold what a run does after an epoch as well: writing it down, keeping the best weights.
    """
    run_id = board.submit(request, photos.reference)
    try:
        run = follow(board, run_id)
    except BaseException:  # a worker outlives whoever started it
        stop(board, run_id)
        raise
    if run.phase != "finished":
        raise RunError(f"The benchmark's run has {run.phase}: {run.state.error or board.log_tail(run_id, 3)}")
    return [after - before for before, after in pairwise(run.history["seconds"])]

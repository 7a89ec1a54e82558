"""Sides that train in turns, and what each of them took."""

import statistics
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catdog.photos import PreparedPhotos
from catdog.settings import settings
from tests.benchmarks.side import Side

EPOCHS = 20  # of the posts; figures of fewer are carried on to so many
LAST = 5  # epochs whose mean validation accuracy counts as the accuracy that a training reached
SEED = 0


@dataclass(frozen=True)
class Measured:
    """What one side took, in seconds, and how well each epoch did; the first epoch holds the tracing as well."""

    start: float
    epochs: tuple[float, ...]
    val_accuracy: tuple[float, ...]
    precision: str

    @classmethod
    def of(cls, turns: list[dict[str, Any]]) -> "Measured":
        """From what a side said of its turns, the start first."""
        start, *epochs = turns
        return cls(
            start=start["seconds"],
            epochs=tuple(turn["seconds"] for turn in epochs),
            val_accuracy=tuple(turn["val_accuracy"] for turn in epochs),
            precision=start["precision"],
        )

    @property
    def epoch(self) -> float:
        """Seconds of an epoch: the median of those after the first."""
        return statistics.median(self.epochs[1:] or self.epochs)

    @property
    def total(self) -> float:
        """Seconds of 20 epochs with all that comes before: their sum, or the first and 19 medians where not all ran."""
        ran = self.epochs if len(self.epochs) >= EPOCHS else (self.epochs[0], *(EPOCHS - 1) * [self.epoch])
        return self.start + sum(ran)

    @property
    def accuracy(self) -> float | None:
        """Mean validation accuracy of the last five of 20 epochs; None where fewer ran."""
        return statistics.mean(self.val_accuracy[-LAST:]) if len(self.epochs) >= EPOCHS else None

    def as_json(self) -> dict[str, Any]:
        """For a table: seconds, accuracy, and what they rest on."""
        return {
            "epoch_seconds": round(self.epoch, 3),
            "total_seconds": round(self.total, 2),
            "accuracy": None if self.accuracy is None else round(self.accuracy, 4),
            "epochs_measured": len(self.epochs),
            "precision": self.precision,
        }


def middle(tries: Iterable[Measured]) -> Measured:
    """The one with the median total."""
    ordered = sorted(tries, key=lambda one: one.total)
    return ordered[len(ordered) // 2]


@contextmanager
def loaded(commands: Mapping[str, list[str]]) -> Iterator[dict[str, Side]]:
    """Start the sides together and wait until all are ready, so that none loads while another one's time is taken."""
    with ExitStack() as stack:
        sides = {}
        for way, command in commands.items():
            sides[way] = Side(command)
            stack.callback(sides[way].close)
        for side in sides.values():
            side.ready()
        yield sides


def alternate(sides: Mapping[str, Side], epochs: int) -> dict[str, Measured]:
    """Give each side its turn, one after another, for the start and then for each epoch."""
    turns: dict[str, list[dict[str, Any]]] = {way: [] for way in sides}
    for _ in range(1 + epochs):
        for way, side in sides.items():
            turns[way].append(side.turn())
    return {way: Measured.of(said) for way, said in turns.items()}


def notebook_side(key: str, epochs: int, links: Path, trace: bool = False) -> list[str]:
    """The command of a notebook's side; `links` is the folder that `link_photos` filled."""
    return _command("notebook", key, epochs, trace, folder=links)


def engine_side(
    photos: PreparedPhotos, key: str, epochs: int, features: Path, trace: bool = False, **options: Any
) -> list[str]:
    """The command of the engine's side. `options` are those of `side`: precision, copies, limit."""
    where = {"prepared": settings().prepared, "photos": photos.fingerprint, "features": features}
    return _command("engine", key, epochs, trace, **where, **options)


def _command(way: str, key: str, epochs: int, trace: bool, **options: Any) -> list[str]:
    given = {"way": way, "recipe": key, "seed": SEED, "epochs": epochs} | options
    flags = [text for name, value in given.items() for text in (f"--{name}", str(value))]
    return [sys.executable, "-m", "tests.benchmarks.side", *flags, *(["--trace"] if trace else [])]


def new_folder(within: Path) -> Path:
    return Path(tempfile.mkdtemp(dir=within))


def link_photos(photos: PreparedPhotos, folder: Path) -> Path:
    """Links to the files of the training and the validation photos, in train/ and validation/ with cats/ and dogs/.

    The photos that catdog keeps for its test are left out, so that both ways learn from and look at the same ones.
    """
    for split in ("training", "validation"):
        for position in photos.positions(split):
            link = folder / photos.files[position]
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(photos.root / photos.files[position])
    return folder

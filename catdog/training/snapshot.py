"""A run at one moment, as pages and the terminal show it: everything read from its folder, nothing remembered."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any

from catdog.errors import RunError
from catdog.recipes import Recipe
from catdog.settings import DATASET_NAME, EMBEDDED, OWN, PHOTO_SETS, REAL, SAMPLE
from catdog.training.events import read_ended_events, read_events
from catdog.training.folder import RunFolder
from catdog.training.request import RunRequest
from catdog.training.state import ACTIVE, BROKEN_OFF, OVER, State

CURVES = ("loss", "accuracy", "val_loss", "val_accuracy", "seconds", "epoch_seconds", "photos_per_second")

KEPT = 512  # runs that have ended and are kept in memory: their curves are some kilobytes each


@dataclass(frozen=True)
class Snapshot:
    """One run at one moment.

    `history` has one value an epoch for each of CURVES (accuracy is the mean over the epoch's steps); None where a
    value was not a number. `steps` are the events of the epoch under way, `last` the newest event of all. `test` is
    evaluation.json's figures. `about` is all of run.json, `name` what someone has called the run, if anyone has.
    `resumable` says that it broke off and could go on from its backup.
    """

    id: str
    name: str
    request: RunRequest
    state: State
    phase: str
    history: dict[str, list[float | None]]
    steps: tuple[dict[str, Any], ...]
    last: dict[str, Any]
    test: dict[str, Any] | None
    about: dict[str, Any]
    resumable: bool = False

    @property
    def photos(self) -> dict[str, Any]:
        """The set that it learns from: its name, kind and fingerprint."""
        return self.about["photos"]

    @property
    def photo_set(self) -> str:
        """The kind of that set, one of PHOTO_SETS; older runs only say its name."""
        kind = self.photos.get("kind")
        if kind in PHOTO_SETS:
            return kind
        return REAL if self.photos.get("name") == DATASET_NAME else OWN

    @property
    def visitor(self) -> str:
        """The mark of the visitor whose run it is; empty where it is everyone's."""
        return str(self.about.get("visitor") or "")

    def same_photos(self, other: "Snapshot") -> bool:
        """Whether both learned from one set; two folders of one's own are two."""
        if self.photo_set != OWN:
            return self.photo_set == other.photo_set
        return other.photo_set == OWN and self.photos.get("fingerprint") == other.photos.get("fingerprint")

    @property
    def title(self) -> str:
        """The recipe's key, and what stood in for something: "post4-model4 (embedded base, drawn sample)"."""
        stand_ins = (("embedded base", self.request.base == EMBEDDED), ("drawn sample", self.photo_set == SAMPLE))
        told = ", ".join(words for words, so in stand_ins if so)
        return f"{self.request.recipe} ({told})" if told else self.request.recipe

    @property
    def recipe(self) -> Recipe:
        """What it trains, with the run's own augmentation where it has one."""
        return self.request.network

    @property
    def active(self) -> bool:
        return self.phase in ACTIVE

    @property
    def over(self) -> bool:
        return self.phase in OVER

    @property
    def epochs_done(self) -> int:
        return len(self.history["accuracy"])

    @property
    def best(self) -> tuple[int, float] | None:
        """The epoch (from 1) with the highest validation accuracy, and that accuracy; None before the first."""
        known = [(value, -epoch) for epoch, value in enumerate(self.history["val_accuracy"], 1) if value is not None]
        return (-max(known)[1], max(known)[0]) if known else None

    @property
    def test_accuracy(self) -> float | None:
        return self.test.get("accuracy") if self.test else None

    @property
    def gap(self) -> float | None:
        """Training minus validation accuracy of the last epoch: how much was learned by heart."""
        training, validation = self.history["accuracy"][-1:], self.history["val_accuracy"][-1:]
        if not training or training[0] is None or validation[0] is None:
            return None
        return training[0] - validation[0]

    @property
    def progress(self) -> float:
        """Share of all the run's steps that are done, 0 to 1."""
        if self.phase == "finished":
            return 1.0
        current = self.steps[-1] if self.steps else None
        within = (current.get("epoch_done") or 0.0) if current else 0.0
        return min((self.epochs_done + within) / self.request.epochs, 1.0)

    @property
    def seconds(self) -> float:
        """Seconds from the first step to the newest event."""
        return self.last.get("seconds") or 0.0

    @property
    def photos_per_second(self) -> float | None:
        """Training photos a second, mean over the finished epochs, validation time left out."""
        known = [value for value in self.history["photos_per_second"] if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def seconds_per_epoch(self) -> float | None:
        """Mean over the finished epochs, validation included."""
        known = [value for value in self.history["epoch_seconds"] if value is not None]
        return sum(known) / len(known) if known else None


def snapshot(run: RunFolder, until: float = inf) -> Snapshot:
    """Read a run's folder. Raises RunError where run.json cannot be understood.

    `until` leaves out what came later than so many seconds after its first step: the curves as they stood then.
    """
    about, state = run.about(), run.state
    told = read_ended_events(run.events) if state.phase in OVER and until == inf else read_events(run.events)
    events = [event for event in told if (event.get("seconds") or 0.0) <= until]
    epochs = [event for event in events if event["kind"] == "epoch"]
    counted = (event for event in events if event["kind"] == "step" and event.get("step") and event.get("steps"))
    steps = tuple(event for event in counted if event["epoch"] > len(epochs))
    stopping = state.phase in ACTIVE and run.stop_asked
    return Snapshot(
        id=run.id,
        name=run.name,
        request=run.request,
        state=state,
        phase="stopping" if stopping else state.phase,
        history={name: [event.get(name) for event in epochs] for name in CURVES},
        steps=steps,
        last=events[-1] if events else {},
        test=_test(run),
        about=about,
        resumable=state.phase in BROKEN_OFF and run.has_backup,
    )


def ended(run: RunFolder) -> Snapshot:
    """A run that has ended, read again only where something in its folder was replaced: its name, its answers.

    Raises RunError where it cannot be understood or has gone.
    """
    try:
        return _ended(run, run.path.stat().st_mtime_ns)
    except OSError as error:
        raise RunError(f"Run {run.id} cannot be read: {error.strerror or error}.") from error


@lru_cache(maxsize=KEPT)
def _ended(run: RunFolder, changed: int) -> Snapshot:
    return snapshot(run)


def readable(
    runs: Iterable[RunFolder], read: Callable[[RunFolder], Snapshot] = snapshot
) -> tuple[list[Snapshot], list[str]]:
    """Snapshots of all runs that can be read, and a sentence for each that cannot."""
    good, sentences = [], []
    for run in runs:
        try:
            good.append(read(run))
        except RunError as error:
            sentences.append(str(error))
    return good, sentences


def _test(run: RunFolder) -> dict[str, Any] | None:
    """The figures of the test photos; None where there are none, or where someone edited them into something else."""
    test = (run.evaluation() or {}).get("test")
    whole = isinstance(test, dict) and isinstance(test.get("accuracy"), float) and isinstance(test.get("photos"), int)
    return test if whole else None

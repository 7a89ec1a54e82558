"""The runs of one setting over several seeds: mean and spread, and what can honestly be said of two settings."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import zip_longest
from math import sqrt
from statistics import fmean

from catdog.numbers import in_tenths
from catdog.training.snapshot import Snapshot
from catdog.training.sweep import Member, Sweep
from catdog.training.verdicts import COLLAPSED, did, last_five

FINISHED = "finished"
FEW = 5  # seeds: with fewer of them even ranges that lie apart may be luck
LEVEL = 0.0005  # a difference that would be told as 0.0 points
NAMED = 3  # settings that are named one by one


@dataclass(frozen=True)
class Spread:
    """Several values of one figure. `deviation` is the sample's standard deviation; None for a single value."""

    mean: float
    lowest: float
    highest: float
    deviation: float | None
    seeds: int

    @property
    def width(self) -> float:
        return self.highest - self.lowest


def spread(values: Iterable[float | None]) -> Spread | None:
    """Mean and spread of the values that are known; None where none is."""
    known = [value for value in values if value is not None]
    if not known:
        return None
    lowest, highest = min(known), max(known)
    mean = min(max(fmean(known), lowest), highest)  # rounding may lead a hair beyond
    squares = sum((value - mean) ** 2 for value in known)
    deviation = sqrt(squares / (len(known) - 1)) if len(known) > 1 else None
    return Spread(mean, lowest, highest, deviation, len(known))


@dataclass(frozen=True)
class Group:
    """The runs of one setting, a recipe and a learning rate (None: the recipe's own), over `seeds` seeds.

    `members` are those that were queued. The end figures are those of the finished ones; a run that collapsed is among
    them, because a network that may collapse is no better than that.
    """

    recipe: str
    rate: float | None
    seeds: int
    members: tuple[Member, ...]

    @property
    def name(self) -> str:
        return name_of(self.recipe, self.rate)

    @property
    def finished(self) -> tuple[Snapshot, ...]:
        return tuple(one.run for one in self.members if one.phase == FINISHED)

    @property
    def collapsed(self) -> tuple[Member, ...]:
        """Those that give every photo the same answer, finished or not."""
        return tuple(one for one in self.members if one.over and one.run and did(one.run) == COLLAPSED)

    @property
    def did(self) -> Counter[str]:
        """What the finished ones did, by its word, and how many."""
        return Counter(map(did, self.finished))

    @property
    def unfinished(self) -> Counter[str]:
        """The phases of the others, and how many."""
        return Counter(one.phase for one in self.members if one.phase != FINISHED)

    def curve(self, name: str) -> tuple[Spread | None, ...]:
        """Mean and spread by epoch, over the seeds that have come so far; `name` is one of a snapshot's CURVES."""
        curves = (one.run.history[name] for one in self.members if one.run)
        return tuple(map(spread, zip_longest(*curves)))

    @property
    def last_five(self) -> Spread | None:
        """Validation accuracy, the mean of each run's last five epochs."""
        return spread(last_five(run.history["val_accuracy"]) for run in self.finished)

    @property
    def best(self) -> Spread | None:
        """Validation accuracy of each run's best epoch."""
        return spread(run.best[1] for run in self.finished if run.best)

    @property
    def test(self) -> Spread | None:
        """Accuracy on the test photos."""
        return spread(run.test_accuracy for run in self.finished)


def groups(sweep: Sweep, found: Sequence[Member]) -> tuple[Group, ...]:
    """The settings of a sweep in the order in which they were asked for, each with its runs."""
    return tuple(
        Group(key, rate, len(sweep.seeds), tuple(one for one in found if one.cell[1:] == (key, rate)))
        for key in sweep.recipes
        for rate in sweep.learning_rates
    )


def name_of(recipe: str, rate: float | None) -> str:
    """A setting's name, with its learning rate in full where it has one of its own: "post3-model1 at 0.00003"."""
    return recipe if rate is None else f"{recipe} at {Decimal(repr(rate)):f}"


def standing(found: Iterable[Member], asked: int) -> str:
    """How many of the runs that were asked for are finished, under way and not to be had: a sentence."""
    count = Counter("waiting" if one.waits else one.phase if one.over else "training" for one in found)
    missing = asked - count.total()
    others = [f"{number} {phase}" for phase, number in count.items() if phase != FINISHED]
    others += [f"{missing} not queued"] if missing else []
    return f"{', '.join((f'{count[FINISHED]} of {asked} runs finished', *others))}."


def takeaway(settings: Sequence[Group]) -> str:
    """What the finished runs say of the best setting and the others, and how far it may be luck; empty for one."""
    known = sorted(((one.last_five, one) for one in settings if one.last_five), key=lambda pair: -pair[0].mean)
    if len(known) < 2:
        return ""
    (best, first), *rest = known
    nearest, second = rest[0]
    if best.mean - nearest.mean < LEVEL:
        return f"{first.name} and {second.name} are level: {_range(best)} and {_range(nearest)}."
    told = f"{first.name} is best on average: {_range(best)}."
    beside = [(figures, one) for figures, one in rest if figures.highest >= best.lowest]
    below = [(figures, one) for figures, one in rest if figures.highest < best.lowest]
    if beside:
        told += f" {_overlap(best, beside[0])}"
        more = [one.name for _, one in beside[1:]]
        told += f" The range of {_listed(more, 'and')} overlaps with the best as well." if more else ""
    if below:
        told += f" {_apart(best, first.name, below)}"
    return told


def _overlap(best: Spread, second: tuple[Spread, Group]) -> str:
    """The nearest of those whose range overlaps that of the best."""
    figures, group = second
    by, widest = best.mean - figures.mean, max(best.width, figures.width)
    told = f"{group.name} reaches {_range(figures)}"
    if min(best.seeds, figures.seeds) < 2:
        return f"{told}: with a single seed nobody can tell whether the difference is luck."
    if by < widest:
        return (
            f"{told}: the ranges overlap, and the difference between the two, {_points(by)}, is smaller than that "
            f"between seeds of one setting, {_points(widest)}. It may be luck."
        )
    return f"{told}: the ranges overlap, so that the difference, {_points(by)}, may be luck."


def _apart(best: Spread, name: str, below: Sequence[tuple[Spread, Group]]) -> str:
    """Those of which no seed comes up to any seed of the best."""
    told = f"No seed of {_listed([one.name for _, one in below], 'or')} comes up to the lowest of {name}"
    if len(below) == 1:
        figures = below[0][0]
        told += f": {_range(figures)}, {_points(best.mean - figures.mean)} less"
    fewest = min(best.seeds, *(figures.seeds for figures, _ in below))
    if fewest < 2:
        return f"{told}; but with a single seed nobody can tell whether that is luck."
    return f"{told}; with {fewest} seeds that is a sign and no proof." if fewest < FEW else f"{told}."


def _range(figures: Spread) -> str:
    if figures.seeds == 1:
        return f"{in_tenths(figures.mean)} (1 seed)"
    return (
        f"{in_tenths(figures.mean)} ({in_tenths(figures.lowest)} to {in_tenths(figures.highest)}, "
        f"{figures.seeds} seeds)"
    )


def _points(value: float) -> str:
    return in_tenths(value, " points")


def _listed(names: Sequence[str], last: str) -> str:
    if len(names) > NAMED:
        return f"{len(names)} others"
    return f" {last} ".join(filter(None, (", ".join(names[:-1]), names[-1])))

"""Every recipe trained as its post trained it: which runs answer for it, and the rows of the table."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from catdog.recipes import RECIPES, Published, Recipe, published
from catdog.training.folder import all_runs
from catdog.training.request import RunRequest
from catdog.training.snapshot import Snapshot, readable
from catdog.training.verdicts import COLLAPSED, RAN_AWAY, against_post, did, last_five

SEEDS = (0, 1, 2)  # the next one only where a run collapsed
STOPPING = "stopping"


@dataclass(frozen=True)
class Outcome:
    """The finished runs of one recipe in the order of their seeds, at least one; all but the last have collapsed."""

    tried: tuple[Snapshot, ...]

    @property
    def run(self) -> Snapshot:
        """The run whose figures stand for the recipe."""
        return self.tried[-1]

    @property
    def collapsed(self) -> tuple[Snapshot, ...]:
        """The runs that collapsed; where every seed did, the one that stands is among them."""
        return tuple(run for run in self.tried if did(run) == COLLAPSED)


def requests(chosen: Recipe, epochs: int) -> tuple[RunRequest, ...]:
    """What is asked for a recipe, one request a seed. Raises SettingError where `epochs` lies outside its limits."""
    return tuple(RunRequest.of(chosen, epochs=epochs, seed=seed) for seed in SEEDS)


def finished_run(runs: Path, request: RunRequest, fingerprint: str) -> Snapshot | None:
    """The newest finished run of this very request on the photos with this fingerprint."""
    found = (run for run in _newest_of(runs, request.recipe) if run.phase == "finished")
    return next((run for run in found if _fits(run, request, fingerprint)), None)


def waiting_run(under_way: Iterable[Snapshot], request: RunRequest, fingerprint: str) -> Snapshot | None:
    """Of the runs that train or wait, the one of this very request; one that is about to stop will not answer."""
    return next((run for run in under_way if run.phase != STOPPING and _fits(run, request, fingerprint)), None)


def outcome(runs: Path, chosen: Recipe, epochs: int, fingerprint: str) -> Outcome | None:
    """What has come of a recipe so far; None where no run of it has finished."""
    tried = []
    for request in requests(chosen, epochs):
        run = finished_run(runs, request, fingerprint)
        tried += [run] if run else []
        if run is None or did(run) != COLLAPSED:
            break
    return Outcome(tuple(tried)) if tried else None


def outcomes(runs: Path, epochs: int, fingerprint: str) -> list[Outcome]:
    """What has come of all recipes so far, in the catalogue's order."""
    found = (outcome(runs, chosen, epochs, fingerprint) for chosen in RECIPES.values())
    return [one for one in found if one]


def made_with(found: Iterable[Outcome]) -> tuple[str, str, dict[str, str]]:
    """What computed the runs that are shown: device, precision, versions; several of one kind stand side by side."""
    runs = [one.run for one in found]
    versions = [run.about.get("versions", {}) for run in runs]
    names = dict.fromkeys(name for one in versions for name in one)
    return (
        _side_by_side(run.state.device for run in runs),
        _side_by_side(run.state.precision for run in runs),
        {name: _side_by_side(one.get(name, "") for one in versions) for name in names},
    )


def as_row(one: Outcome) -> dict[str, Any]:
    """One line of the table as plain values: accuracies are fractions of 1, `points_below` is in percentage points."""
    run, facts = one.run, published(one.run.request.recipe)
    mean, best = last_five(run.history["val_accuracy"]), run.best or (None, None)
    return {
        "recipe": run.request.recipe,
        "architecture": run.recipe.architecture,
        "claim": facts.claim_text,
        "claimed_low": facts.claimed_low,
        "claimed_high": facts.claimed_high,
        "post_last_five": _rounded(facts.last_five_mean),
        "post_test": facts.test_accuracy,
        "seed": run.request.seed,
        "run": run.id,
        "last_five": _rounded(mean),
        "best": best[1],
        "best_epoch": best[0],
        "test": run.test_accuracy,
        "gap": _rounded(run.gap),
        "did": did(run),
        "verdict": _verdict(run, mean, facts),
        "points_below": None if mean is None else round(100 * (facts.last_five_mean - mean), 3),
        "seconds": run.seconds,
        "seconds_per_epoch": _rounded(run.seconds_per_epoch),
        "collapsed": [
            {"seed": run.request.seed, "run": run.id, "last_five": _rounded(last_five(run.history["val_accuracy"]))}
            for run in one.collapsed
        ],
    }


def _newest_of(runs: Path, key: str) -> Iterator[Snapshot]:
    """The runs of one recipe, newest first; a folder that cannot be understood is passed over."""
    for folder in reversed(all_runs(runs)):
        if folder.id.endswith(f"-{key}"):
            yield from readable([folder])[0]


def _fits(run: Snapshot, request: RunRequest, fingerprint: str) -> bool:
    return run.request == request and run.photos.get("fingerprint") == fingerprint


def _side_by_side(texts: Iterable[str]) -> str:
    return " and ".join(dict.fromkeys(text for text in texts if text))


def _verdict(run: Snapshot, mean: float | None, facts: Published) -> str:
    word = did(run)
    if word in (COLLAPSED, RAN_AWAY):
        return word
    return "no figures" if mean is None else against_post(mean, facts)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 5)  # as the events are

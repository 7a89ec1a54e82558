"""How far a network's probabilities can be believed: one number, the temperature, fitted on photos it has not seen."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from catdog.models.outputs import dog_probability

SURE = 0.8  # an answer that is less probable than this is "not sure"
COLDEST, HOTTEST = 0.05, 100.0  # temperatures; a network that knows nothing would otherwise be cooled for ever
STEPS = 60  # of the golden section: each takes a third off the interval
BINS = 10  # of the reliability diagram, from 0.5 to 1


@dataclass(frozen=True)
class Measures:
    """How good probabilities are. `loss` is the mean -ln P(truth), `error` the expected calibration error.

    `claimed` and `right` have one entry a bin of `photos` answers: the mean probability that the network claimed for
    its answer, and the share of those answers that were right; None where the bin is empty.
    """

    loss: float
    error: float
    claimed: tuple[float | None, ...]
    right: tuple[float | None, ...]
    photos: tuple[int, ...]


@dataclass(frozen=True)
class Calibration:
    """What was fitted on how many photos. Of these, `sure` were answered surely, and `sure_right` of those rightly."""

    temperature: float
    photos: int
    before: Measures
    after: Measures
    sure: int
    sure_right: int

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: Any) -> "Calibration":
        """Read back what `as_json` wrote. Raises ValueError where it was changed and no longer fits."""
        try:
            before, after = (_measures(given[name]) for name in ("before", "after"))
            counts = {name: int(given[name]) for name in ("photos", "sure", "sure_right")}
            temperature = float(given["temperature"])
        except (KeyError, TypeError, AttributeError, OverflowError) as error:
            raise ValueError(f"The calibration is not complete: {error}.") from error
        if not COLDEST <= temperature <= HOTTEST:
            raise ValueError(f"The temperature must lie between {COLDEST:g} and {HOTTEST:g}; {temperature:g} is given.")
        if not 0 <= counts["sure_right"] <= counts["sure"] <= counts["photos"]:
            raise ValueError("The calibration counts more sure answers than photos.")
        if not (_possible(before, counts["photos"]) and _possible(after, counts["photos"])):
            raise ValueError("The measures of the calibration do not fit together.")
        return cls(temperature=temperature, before=before, after=after, **counts)


def calibrate(odds: np.ndarray, labels: np.ndarray) -> Calibration:
    """Fit the temperature to finite log odds, (photos,), and the labels of the same photos, 0 cat or 1 dog.

    Guo et al. (2017): the temperature with the smallest mean -ln P(truth). That has one minimum in ln T or none.
    """
    temperature = _coolest(odds, labels)
    sure, sure_right = count_sure(odds, labels, temperature)
    return Calibration(
        temperature=temperature,
        photos=len(labels),
        before=measure(odds, labels),
        after=measure(odds, labels, temperature),
        sure=sure,
        sure_right=sure_right,
    )


def count_sure(odds: np.ndarray, labels: np.ndarray, temperature: float) -> tuple[int, int]:
    """How many photos are answered surely at a temperature, and how many of those rightly."""
    sure = dog_probability(np.abs(odds), temperature) >= SURE
    return int(sure.sum()), int(((odds > 0) == labels)[sure].sum())


def measure(odds: np.ndarray, labels: np.ndarray, temperature: float = 1.0) -> Measures:
    """Compare what finite log odds of a dog, (photos,), claim at a temperature with the truth."""
    claimed, right = dog_probability(np.abs(odds), temperature), (odds > 0) == labels
    bins = np.minimum(((claimed - 0.5) * 2 * BINS).astype(int), BINS - 1)
    photos = np.bincount(bins, minlength=BINS)
    sums = (np.bincount(bins, weights=values, minlength=BINS) for values in (claimed, right.astype(float)))
    claims, rights = (
        tuple(float(total / count) if count else None for total, count in zip(values, photos, strict=True))
        for values in sums
    )
    gaps = [
        count * abs(claim - share)
        for count, claim, share in zip(photos, claims, rights, strict=True)
        if claim is not None and share is not None
    ]
    return Measures(
        loss=_loss(odds, labels, temperature),
        error=float(sum(gaps) / len(labels)),
        claimed=claims,
        right=rights,
        photos=tuple(int(count) for count in photos),
    )


def _coolest(odds: np.ndarray, labels: np.ndarray) -> float:
    """The temperature with the smallest loss, by golden section over its logarithm; 1 where none is better than 1."""

    def loss(log_temperature: float) -> float:
        return _loss(odds, labels, np.exp(log_temperature))

    golden = (np.sqrt(5) - 1) / 2
    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(STEPS):
        span = golden * (high - low)
        if loss(high - span) <= loss(low + span):
            high = low + span
        else:
            low = high - span
    found = (low + high) / 2
    return float(np.exp(found).clip(COLDEST, HOTTEST)) if loss(found) < loss(0) else 1.0


def _loss(odds: np.ndarray, labels: np.ndarray, temperature: float) -> float:
    """The mean -ln P(truth), from the odds themselves: a probability so near 0 or 1 would be rounded to it."""
    against = np.where(labels == 1, -odds, odds)
    return float(np.logaddexp(0, against / temperature).mean())


def _measures(given: dict[str, Any]) -> Measures:
    def shares(name: str) -> tuple[float | None, ...]:
        return tuple(None if value is None else float(value) for value in given[name])

    photos = tuple(int(count) for count in given["photos"])
    return Measures(float(given["loss"]), float(given["error"]), shares("claimed"), shares("right"), photos)


def _possible(one: Measures, photos: int) -> bool:
    empty = [count == 0 for count in one.photos]
    return (
        len(empty) == BINS
        and min(one.photos) >= 0
        and sum(one.photos) == photos
        and all([share is None for share in shares] == empty for shares in (one.claimed, one.right))
        and all(0 <= share <= 1 for share in (*one.claimed, *one.right, one.error) if share is not None)
        and 0 <= one.loss < np.inf
    )

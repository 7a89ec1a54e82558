"""What each figure shows, in a sentence or two with its numbers, for those who do not see it: the takeaway first."""

from collections.abc import Mapping, Sequence

import numpy as np

from catdog.figures.answers import never_certain
from catdog.figures.comparison import PostRow, RunCurves
from catdog.figures.spread import Band
from catdog.figures.style import Values
from catdog.numbers import counted, in_tenths
from catdog.settings import CLASSES

MOST_RUNS = 6  # of this machine that are told one by one


def curves_in_words(what: str, history: Mapping[str, Values], epochs: int, published: Values) -> str:
    """What `accuracy_figure` and `loss_figure` show; `what` is "accuracy" or "loss", the rest as given to them."""
    done = len(history[what])
    if not done:
        return f"{what.capitalize()} by epoch: the first of {counted(epochs, 'epoch')} is not finished yet."
    told = f"{what.capitalize()} after {done} of {counted(epochs, 'epoch')}: {_ends(what, history)}."
    if not published:
        return told
    which = "validation" if what == "accuracy" else "training"
    return f"{told} The post's {which} ends at {_value(what, published[-1])}."


def comparison_in_words(runs: Sequence[RunCurves], what: str) -> str:
    """What `comparison_figure` shows of these runs."""
    ends = {run.name: run.history[f"val_{what}"][-1] for run in runs if run.history[f"val_{what}"]}
    ends = {name: value for name, value in ends.items() if value is not None}
    best = ""
    if len(ends) > 1:
        name = max(ends, key=ends.__getitem__) if what == "accuracy" else min(ends, key=ends.__getitem__)
        extreme = "highest" if what == "accuracy" else "lowest"
        best = f" At the end {name} has the {extreme} validation {what}, {_value(what, ends[name])}."
    each = " ".join(
        f"{run.name} after {len(run.history[what])} of {counted(run.epochs, 'epoch')}: {_ends(what, run.history)}."
        if run.history[what]
        else f"{run.name}: no epoch finished yet."
        for run in runs
    )
    return f"{what.capitalize()} of {counted(len(runs), 'run')}.{best} {each}"


def spread_in_words(bands: Sequence[Band], what: str) -> str:
    """What `spread_figure` shows of these settings."""
    ends = {band.name: band.mean[-1] for band in bands if band.mean and band.mean[-1] is not None}
    first = ""
    if len(ends) > 1:
        name = max(ends, key=ends.__getitem__) if what == "accuracy" else min(ends, key=ends.__getitem__)
        extreme = "highest" if what == "accuracy" else "lowest"
        first = f" At the end {name} is {extreme} on average, {_value(what, ends[name])}."
    each = " ".join(f"{band.name}{_last_of_band(what, band)}." for band in bands)
    return f"Validation {what} of {counted(len(bands), 'setting')}, averaged over seeds.{first} {each}"


def _last_of_band(what: str, band: Band) -> str:
    """ " after 5 epochs: 71.4 % on average, 70.0 % to 72.5 % over 3 seeds"."""
    if not band.mean:
        return ": no epoch finished yet"
    told = f" after {counted(len(band.mean), 'epoch')}: {_value(what, band.mean[-1])}"
    seeds = band.seeds[-1]
    if seeds < 2:
        return f"{told}, a single seed" if seeds else told
    return f"{told} on average, {_value(what, band.low[-1])} to {_value(what, band.high[-1])} over {seeds} seeds"


def _ends(what: str, history: Mapping[str, Values]) -> str:
    """ "validation 71.4 %, training 83.0 %, 11.6 points apart", with the best epoch of the accuracy."""
    validation, training = history[f"val_{what}"], history[what]
    told = f"validation {_value(what, validation[-1])}, training {_value(what, training[-1])}"
    if what == "loss" or validation[-1] is None or training[-1] is None:
        return told
    best = max((value, -epoch) for epoch, value in enumerate(validation, 1) if value is not None)
    apart = f"{100 * abs(training[-1] - validation[-1]):.1f} points apart"
    return f"{told}, {apart}; best validation {in_tenths(best[0])} in epoch {-best[1]}"


def posts_in_words(rows: Sequence[PostRow]) -> str:
    """What `posts_figure` shows: the range of the claims, and each run of this machine beside its own."""
    if not rows:
        return "No recipe to compare."
    low, high = min(row.low for row in rows), max(row.high for row in rows)
    told = f"{counted(len(rows), 'recipe')}, of which the posts claim {low:.0%} to {high:.0%}".replace("%", " %")
    own = [(name, value, row) for row in rows for name, value in row.own.items()]
    if not own:
        return f"{told}; none was trained here."
    each = [
        f"{name} {in_tenths(value)}, claimed {100 * row.low:.0f} to {100 * row.high:.0f} %"
        for name, value, row in own[:MOST_RUNS]
    ]
    more = [f"{len(own) - MOST_RUNS} more"] if len(own) > MOST_RUNS else []
    return f"{told}. Trained here: {'; '.join((*each, *more))}."


def confusion_in_words(counts: Sequence[Sequence[int]], of: str) -> str:
    """What `confusion_figure` shows of the photos that `of` names ("Test")."""
    photos, right = sum(map(sum, counts)), sum(counts[label][label] for label in range(len(CLASSES)))
    rows = [
        f"of {counted(sum(row), label)} {row[number]:,} right and {sum(row) - row[number]:,} wrong"
        for number, (label, row) in enumerate(zip(CLASSES, counts, strict=True))
    ]
    told = f"{in_tenths(right / photos)} right" if photos else "no photos"
    return f"{of}: {told}; {', '.join(rows)}."


def probabilities_in_words(cat: float, dog: float, sure: float) -> str:
    """What `probabilities_figure` shows."""
    shares = [
        f"{label} {never_certain(share)}".replace(">", "over ").replace("<", "under ").replace("%", " %")
        for label, share in zip(CLASSES, (cat, dog), strict=True)
    ]
    reaches = next((label for label, share in zip(CLASSES, (cat, dog), strict=True) if share >= sure), "neither")
    return f"{', '.join(shares).capitalize()}: {reaches} reaches the {100 * sure:.0f} % of a sure answer."


def reliability_in_words(before: tuple[float, Values, Values], after: tuple[float, Values, Values]) -> str:
    """What `reliability_figure` shows; each is the average distance, what was claimed, and what share was right."""
    told = (
        f"What it claims is off from how often it is right by {in_tenths(before[0])} on average before calibration, "
        f"and by {in_tenths(after[0])} after it."
    )
    known = [(claimed, right) for claimed, right in zip(*after[1:], strict=True) if claimed is not None]
    if known:
        claimed, right = known[-1]
        told += f" Its surest answers claim {in_tenths(claimed)} then, and {in_tenths(right)} of them are right."
    return told


def counts_in_words(counts: Mapping[str, Mapping[str, int]]) -> str:
    """What `class_counts_figure` shows."""
    rows = [
        f"{split.capitalize()}: {' and '.join(counted(count, label) for label, count in of_split.items())}."
        for split, of_split in counts.items()
    ]
    even = all(len(set(of_split.values())) == 1 for of_split in counts.values())
    return f"Photos per class and split{', as many cats as dogs in each' * even}. {' '.join(rows)}"


def sizes_in_words(sizes: np.ndarray) -> str:
    """What `sizes_figure` shows; `sizes` is (photos, 2), width and height."""
    width, height = sizes.T
    return (
        f"Width and height of all {len(sizes):,} photos before resizing: from {width.min()} to {width.max()} wide and "
        f"from {height.min()} to {height.max()} high; half of them are at most {np.median(width):.0f} wide and "
        f"{np.median(height):.0f} high."
    )


def pixels_in_words(pixels: np.ndarray) -> str:
    """What `pixels_figure` shows."""
    low, high = np.percentile(pixels, (25, 75))
    told = (
        f"Values of the pixels from {pixels.min():.3g} to {pixels.max():.3g}, mean {pixels.mean():.3g}; half of them "
        f"lie between {low:.3g} and {high:.3g}."
    )
    return told.replace("-", "\N{MINUS SIGN}")


def _value(what: str, value: float | None) -> str:
    if value is None:
        return "no number any more"
    return in_tenths(value) if what == "accuracy" else f"{value:.3f}"

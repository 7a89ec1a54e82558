"""What a run did, in a word, and how it compares with the post that it follows: from its curves alone."""

from collections.abc import Sequence
from math import log
from statistics import fmean

from catdog.recipes import Published
from catdog.training.snapshot import Snapshot

LAST = 5  # epochs whose mean counts: it jumps less than the last epoch alone
FAR_ABOVE = 0.10  # training this much above validation: the photos are learned by heart
BARELY = 0.535  # up to here validation may be luck: 0.5 and two standard errors of 808 photos
DEAD = (-0.0005, 0.002)  # a validation loss this near to that of one answer for all, which cannot lie below it
ONE_PHOTO = 0.001  # of 808 photos not even one
FEWEST = 2  # epochs: after one, every network is still near its beginning
NOISE = 0.02  # validation of equal networks differs by this much from seed to seed

LEARNING, MEMORISING, GUESSING, COLLAPSED = "learning", "memorising", "guessing", "collapsed"
RAN_AWAY, NOT_FINISHED, TRAINING = "ran away", "not finished", "training"

MEANINGS = {
    LEARNING: "What it learned holds for photos that it has not seen.",
    MEMORISING: f"Training lies more than {100 * FAR_ABOVE:.0f} points above validation: it knows its photos by heart.",
    GUESSING: "It is still no better than a coin on photos that it has not seen.",
    COLLAPSED: "It gives every photo the same answer. Raw pixels can do that to a network; another seed, or scaled "
    "pixels, cures it.",
    RAN_AWAY: "Its loss is no longer a number. A smaller learning rate keeps it in hand.",
    NOT_FINISHED: "It was stopped or failed before its last epoch.",
    TRAINING: "It trains or waits for its turn.",
}


def last_five(values: Sequence[float | None]) -> float | None:
    """Mean of the last five known values, or of as many as there are; None where there is none."""
    known = [value for value in values if value is not None][-LAST:]
    return fmean(known) if known else None


def did(run: Snapshot) -> str:
    """One of the words of MEANINGS."""
    if not run.over:
        return TRAINING
    history, validation = run.history, last_five(run.history["val_accuracy"])
    if history["loss"] and history["loss"][-1] is None:
        return RAN_AWAY
    if run.epochs_done >= FEWEST and _dead(history, run.recipe.outputs) and _at_even_odds(history):
        return COLLAPSED
    if run.phase != "finished" or validation is None:
        return NOT_FINISHED
    if (last_five(history["accuracy"]) or 0.0) - validation > FAR_ABOVE:
        return MEMORISING
    return GUESSING if validation <= BARELY else LEARNING


def against_post(accuracy: float, facts: Published) -> str:
    """ "within", "above" or "below" the range that the post claims, give or take NOISE."""
    if accuracy < facts.claimed_low - NOISE:
        return "below"
    return "above" if accuracy > facts.claimed_high + NOISE else "within"


def _dead(history: dict[str, list[float | None]], outputs: int) -> bool:
    """Whether the newest epochs' loss is that of even odds: ln 2.

    Of 64 answers the 62 that never occur fade only slowly: then the loss sinks from ln 64 to ln 2 over many epochs,
    and what tells is that every photo got the same answer, which is right for half of them.
    """
    known = zip(history["val_loss"], history["val_accuracy"], strict=True)
    newest = [(loss, right) for loss, right in [*known][-FEWEST:] if loss is not None and right is not None]
    lowest, even, all_even = log(2) + DEAD[0], log(2) + DEAD[1], log(max(outputs, 2)) + DEAD[1]
    return bool(newest) and all(
        lowest <= loss <= (all_even if abs(right - 0.5) < ONE_PHOTO else even) for loss, right in newest
    )


def _at_even_odds(history: dict[str, list[float | None]]) -> bool:
    return all((history[name][-1] or 0.0) <= BARELY for name in ("accuracy", "val_accuracy"))

"""P(cat), P(dog) from each of the four kinds of answer, against numbers reckoned by hand."""

import math

import numpy as np
import pytest

from catdog.models.outputs import dog_probability, log_odds
from catdog.recipes import RECIPES, recipe

ONE_LOGIT, TWO_LOGITS, TWO_PROBABILITIES, MANY_LOGITS = (
    recipe(key) for key in ("post3-model4", "post2-model1", "post4-model1", "post5-model1")
)


def probabilities(outputs, entry):
    """P(cat), P(dog) of each row."""
    odds = log_odds(outputs, entry.from_logits)
    return np.stack([dog_probability(-odds), dog_probability(odds)], axis=1)


def many(*first):
    """64 logits of which the first two are given; the others are larger and must not count."""
    return [*first, *[50.0] * 62]


@pytest.mark.parametrize(
    ("entry", "answer", "cat", "dog"),
    [
        (ONE_LOGIT, [0.0], 0.5, 0.5),
        (ONE_LOGIT, [math.log(3)], 0.25, 0.75),
        (ONE_LOGIT, [-math.log(9)], 0.9, 0.1),
        (TWO_LOGITS, [0.0, 0.0], 0.5, 0.5),
        (TWO_LOGITS, [7.0, 7.0 + math.log(4)], 0.2, 0.8),
        (TWO_LOGITS, [-2.0, -2.0 - math.log(4)], 0.8, 0.2),
        (TWO_PROBABILITIES, [0.3, 0.7], 0.3, 0.7),
        (TWO_PROBABILITIES, [1.0, 0.0], 1.0, 0.0),
        (TWO_PROBABILITIES, [0.3, 0.3], 0.5, 0.5),
        (MANY_LOGITS, many(0.0, 0.0), 0.5, 0.5),
        (MANY_LOGITS, many(1.0, 1.0 + math.log(3)), 0.25, 0.75),
        (MANY_LOGITS, many(math.log(9), 0.0), 0.9, 0.1),
    ],
)
def test_the_probabilities_equal_those_reckoned_by_hand(entry, answer, cat, dog):
    np.testing.assert_allclose(probabilities(np.array([answer]), entry), [[cat, dog]], rtol=1e-12, atol=1e-30)


@pytest.mark.parametrize("entry", RECIPES.values(), ids=RECIPES)
def test_every_row_is_a_pair_that_adds_up_to_one(entry):
    answers = np.random.default_rng(0).normal(0, 5, (50, entry.outputs)).astype(np.float32)
    if not entry.from_logits:
        answers = np.abs(answers)
    given = probabilities(answers, entry)
    assert (given.shape, given.dtype) == ((50, 2), np.float64)
    np.testing.assert_allclose(given.sum(axis=1), 1, rtol=1e-12)
    assert ((given >= 0) & (given <= 1)).all()
    assert given[:, 1].std() > 0.1


@pytest.mark.parametrize("size", [800.0, 1e5, 3e38])
def test_extreme_logits_are_certain_and_do_not_overflow(size):
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        for entry, answers in (
            (ONE_LOGIT, [[size], [-size]]),
            (TWO_LOGITS, [[-size, size], [size, -size]]),
            (MANY_LOGITS, [many(-size, size), many(size, -size)]),
        ):
            np.testing.assert_array_equal(probabilities(np.array(answers, np.float32), entry), [[0, 1], [1, 0]])


def test_a_larger_logit_never_makes_a_dog_less_likely():
    dog = probabilities(np.linspace(-40, 40, 500)[:, None], ONE_LOGIT)[:, 1]
    assert (np.diff(dog) >= 0).all()
    assert dog[0] < 1e-12 and dog[-1] > 1 - 1e-12


def test_what_the_network_gave_is_not_changed():
    answers = np.array([[0.2, 0.6], [1.0, 3.0]])
    for entry in (TWO_LOGITS, TWO_PROBABILITIES):
        probabilities(answers, entry)
    np.testing.assert_array_equal(answers, [[0.2, 0.6], [1.0, 3.0]])

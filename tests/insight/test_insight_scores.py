"""A network's answers to a split: counted, sorted by how wrong they are, written down and read back."""

import json
from itertools import pairwise
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdog.insight.answer import Answer
from catdog.insight.scores import Evaluation, Scores

ODDS = st.floats(-1000, 1000) | st.sampled_from([0.0, -0.0, 1e-9, -1e-9, 87.3, -87.3])
ANSWERS = st.lists(st.tuples(st.integers(0, 1), ODDS), min_size=1, max_size=40)


def evaluation(answers, split="test"):
    truth, odds = zip(*answers, strict=True)
    return Evaluation(split, tuple(range(100, 100 + len(answers))), truth, odds)


def through_a_file(content):
    return json.loads(json.dumps(content, allow_nan=False))


@given(ANSWERS)
def test_every_photo_is_counted_once_in_the_matrix_under_its_own_class(answers):
    one = evaluation(answers)
    counts = np.array(one.confusion)
    assert counts.sum() == one.photos == len(answers)
    assert counts.sum(axis=1).tolist() == np.bincount(one.truth, minlength=2).tolist()
    assert sum(one.right(place) for place in range(one.photos)) == np.trace(counts)
    assert one.accuracy == np.trace(counts) / len(answers)


@given(ANSWERS, st.integers(0, 45))
def test_the_worst_mistakes_are_the_wrong_answers_with_the_largest_losses(answers, count):
    one = evaluation(answers)
    shown = one.worst_mistakes(count)
    wrong = [place for place, (truth, odds) in enumerate(answers) if (odds > 0) != truth]
    assert len(shown) == len(set(shown)) == min(count, len(wrong))
    assert set(shown) <= set(wrong)
    sizes = [abs(answers[place][1]) for place in shown]  # the surer a wrong answer, the worse it is
    hair = 1e-12  # nearer to each other, two losses are the same number
    assert all(worse >= better - hair for worse, better in pairwise(sizes))
    left = [abs(answers[place][1]) for place in wrong if place not in shown]
    assert not shown or max(left, default=0) <= sizes[-1] + hair


@given(ANSWERS)
def test_the_surest_right_answers_are_right_and_the_surest_come_first(answers):
    one = evaluation(answers)
    shown = one.surest_right(len(answers))
    assert sorted(shown + one.worst_mistakes(len(answers))) == list(range(len(answers)))
    losses = one.losses[shown]
    assert (np.diff(losses) >= 0).all()
    assert all(loss <= log(2) + 1e-12 for loss in losses)


def test_the_loss_is_minus_the_logarithm_of_what_the_truth_was_given():
    odds = (log(0.99 / 0.01), log(0.99 / 0.01), 0.0, -800.0)
    one = Evaluation("test", (0, 1, 2, 3), (0, 1, 1, 1), odds)
    np.testing.assert_allclose(one.losses, [-log(0.01), -log(0.99), log(2), 800.0], rtol=1e-9)


def test_mistakes_that_all_look_certain_are_still_told_apart():
    """As probabilities all three would be exactly 1."""
    one = Evaluation("test", (7, 8, 9), (0, 0, 0), (60.0, 90.0, 75.0))
    assert one.worst_mistakes(2) == [1, 2]
    again = Evaluation.from_json(through_a_file(one.as_json()))
    assert again.worst_mistakes(3) == [1, 2, 0]


def test_of_equal_mistakes_the_first_photo_comes_first():
    assert Evaluation("test", (5, 6, 7), (1, 0, 1), (-2.0, 2.0, -2.0)).worst_mistakes(3) == [0, 1, 2]


@given(ANSWERS)
def test_what_is_read_back_gives_the_same_answers(answers):
    one = evaluation(answers)
    written = through_a_file(one.as_json())
    read = Evaluation.from_json(written)
    assert (read.split, read.positions, read.truth) == (one.split, one.positions, one.truth)
    np.testing.assert_allclose(read.odds, one.odds, rtol=0, atol=5.1e-7)
    assert read.confusion == one.confusion == written["confusion"]
    assert read.accuracy == one.accuracy == written["accuracy"]
    assert [read.right(place) for place in range(read.photos)] == [one.right(place) for place in range(one.photos)]


def test_a_dog_by_a_hair_is_still_a_dog_when_it_is_read_back():
    """A network that has collapsed answers like this; rounded to 0 all its dogs would be cats."""
    one = Evaluation("validation", (0, 1), (0, 1), (3e-8, 3e-8))
    assert one.confusion == [[0, 1], [0, 1]]
    assert Evaluation.from_json(through_a_file(one.as_json())).confusion == [[0, 1], [0, 1]]


@pytest.fixture(scope="module")
def scores():
    random = np.random.default_rng(3)
    truth = np.repeat([0, 1], 20)
    odds = (2 * truth - 1) * 1.5 + random.normal(size=40) * 2
    answers = list(zip(truth.tolist(), odds.tolist(), strict=True))
    return Scores.of(evaluation(answers, "validation"), evaluation(answers[::5], "test"))


def test_both_splits_and_the_calibration_are_read_back(scores):
    read = Scores.from_json(through_a_file(scores.as_json()))
    assert (read.validation.split, read.test.split) == ("validation", "test")
    assert (read.validation.photos, read.test.photos) == (40, 8)
    assert read.calibration == scores.calibration
    assert through_a_file(read.as_json()) == through_a_file(scores.as_json())


def test_the_calibration_is_fitted_on_the_validation_photos_alone(scores):
    other = Scores.of(scores.validation, evaluation([(0, 500.0), (1, -500.0)]))
    assert other.calibration == scores.calibration
    assert scores.calibration.photos == 40


@pytest.mark.parametrize("given", [None, [], 5, "scores", {}, {"validation": None}, {"test": []}], ids=str)
def test_what_is_no_evaluation_at_all_is_refused(given):
    with pytest.raises(ValueError, match=r"."):
        Scores.from_json(given)


@pytest.mark.parametrize("missing", ["validation", "test", "calibration"])
def test_a_part_that_is_missing_is_refused(scores, missing):
    with pytest.raises(ValueError, match="not complete"):
        Scores.from_json(scores.as_json() | {missing: None})


def test_an_evaluation_of_before_the_odds_were_kept_is_refused(scores):
    old = through_a_file(scores.as_json())
    for split in ("validation", "test"):
        old[split]["dog"] = [0.5 for _ in old[split].pop("odds")]
    with pytest.raises(ValueError, match="'odds'"):
        Scores.from_json(old)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("odds", [1.0]),
        ("odds", []),
        ("odds", None),
        ("odds", ["high"] * 8),
        ("odds", [float("nan")] * 8),
        ("odds", [float("inf")] * 8),
        ("odds", [[1.0]] * 8),
        ("odds", [10**400] * 8),
        ("truth", [2] * 8),
        ("truth", [-1] * 8),
        ("truth", ["cat"] * 8),
        ("truth", 5),
        ("positions", [-1] * 8),
        ("positions", [float("inf")] * 8),
        ("positions", {"0": 1}),
    ],
    ids=lambda value: str(value)[:30],
)
def test_answers_that_were_edited_into_something_else_are_refused(scores, name, value):
    edited = through_a_file(scores.as_json())
    edited["test"][name] = value
    with pytest.raises(ValueError, match=r"."):
        Scores.from_json(edited)


def test_a_split_without_a_single_photo_is_refused(scores):
    edited = through_a_file(scores.as_json())
    edited["test"] |= {"positions": [], "truth": [], "odds": []}
    with pytest.raises(ValueError, match="0 photos"):
        Scores.from_json(edited)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.sampled_from(["validation", "test", "calibration"]), st.integers(0, 20), JSON)
def test_whatever_is_put_in_a_fields_place_it_is_read_or_refused(scores, part, number, value):
    edited = through_a_file(scores.as_json())
    names = list(edited[part])
    edited[part][names[number % len(names)]] = value
    try:
        read = Scores.from_json(edited)
    except ValueError:
        return
    for one in (read.validation, read.test):
        assert sum(map(sum, one.confusion)) == one.photos
        assert np.isfinite(one.losses).all()


@pytest.mark.parametrize(
    ("claimed", "words"),
    [(0.5, "50.0 %"), (0.9734, "97.3 %"), (0.9989, "99.9 %"), (0.99901, "over 99.9 %"), (1 - 1e-9, "over 99.9 %")],
)
@pytest.mark.parametrize("side", [1, -1], ids=["dog", "cat"])
def test_how_sure_a_network_was_is_said_in_words_and_never_as_certain(claimed, words, side):
    assert Answer(side * log(claimed / (1 - claimed)), temperature=3.0).claimed_in_words == words


@given(ODDS)
def test_no_odds_are_said_to_be_certain(odds):
    words = Answer(odds).claimed_in_words
    assert "100" not in words
    assert float(words.removeprefix("over ").removesuffix(" %")) >= 50

"""One temperature for a network's odds: against a grid, against odds whose true temperature is known, and by hand."""

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catdog.insight.calibration import BINS, COLDEST, HOTTEST, Calibration, calibrate, measure
from catdog.models.outputs import log_odds


def drawn(seed: int, photos: int, overconfidence: float):
    """Odds that are `overconfidence` times as large as they ought to be, and labels drawn by the true ones."""
    random = np.random.default_rng(seed)
    true = random.normal(0, 2, photos)
    labels = (random.random(photos) < 1 / (1 + np.exp(-true))).astype(np.uint8)
    return overconfidence * true, labels


def rights(measures) -> float:
    """How many answers were right, from the bins."""
    return sum(count * (share or 0) for count, share in zip(measures.photos, measures.right, strict=True))


PAIRS = st.lists(
    st.tuples(st.floats(-1000, 1000), st.integers(0, 1)),
    min_size=1,
    max_size=30,
)


@pytest.mark.parametrize(("seed", "overconfidence"), [(0, 3.0), (1, 1.0), (2, 0.3), (3, 20.0)])
def test_no_temperature_of_a_fine_grid_is_better(seed, overconfidence):
    odds, labels = drawn(seed, 400, overconfidence)
    grid = np.exp(np.linspace(np.log(COLDEST), np.log(HOTTEST), 4001))
    losses = np.array([measure(odds, labels, temperature).loss for temperature in grid])
    fitted = calibrate(odds, labels)
    assert fitted.after.loss <= losses.min() + 1e-12
    assert fitted.temperature == pytest.approx(grid[losses.argmin()], rel=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_true_temperature_of_overconfident_odds_is_recovered(seed):
    odds, labels = drawn(seed, 5000, 3.0)
    fitted = calibrate(odds, labels)
    assert fitted.temperature == pytest.approx(3, rel=0.1)
    assert fitted.before.error > 0.05
    assert fitted.after.error < 0.03


@settings(max_examples=150)
@given(PAIRS)
def test_whatever_the_odds_nothing_gets_worse_and_no_answer_changes(pairs):
    odds, labels = (np.array(column) for column in zip(*pairs, strict=True))
    fitted = calibrate(odds, labels)
    assert COLDEST <= fitted.temperature <= HOTTEST
    assert fitted.after.loss <= fitted.before.loss
    right = int(((odds > 0) == labels).sum())
    assert round(rights(fitted.before), 6) == round(rights(fitted.after), 6) == right
    assert sum(fitted.before.photos) == sum(fitted.after.photos) == fitted.photos == len(pairs)
    assert 0 <= fitted.sure_right <= fitted.sure <= fitted.photos
    assert Calibration.from_json(json.loads(json.dumps(fitted.as_json(), allow_nan=False))) == fitted


def test_one_answer_that_is_certain_and_wrong_counts_in_full():
    """Its probability of the truth is 0 to a float; were that what is measured, cooling would seem to do harm."""
    odds, labels = np.full(1000, 3.0), np.ones(1000, int)
    labels[0], odds[0] = 0, 1000.0
    fitted = calibrate(odds, labels)
    assert fitted.before.loss == pytest.approx((1000 + 999 * math.log1p(math.exp(-3))) / 1000)
    assert fitted.after.loss < fitted.before.loss


def test_a_network_that_has_collapsed_to_even_odds_is_left_as_it_is():
    fitted = calibrate(np.zeros(10), np.repeat([0, 1], 5))
    assert fitted.temperature == 1
    assert fitted.before == fitted.after
    assert fitted.before.loss == pytest.approx(math.log(2))
    assert (fitted.before.photos[0], fitted.before.right[0], fitted.sure) == (10, 0.5, 0)


def test_a_network_that_says_the_same_of_everything_is_cooled_as_far_as_may_be():
    fitted = calibrate(np.full(10, 7.0), np.repeat([0, 1], 5))
    assert fitted.temperature == pytest.approx(HOTTEST)
    assert fitted.after.loss < 0.7 < fitted.before.loss
    assert (fitted.sure, fitted.sure_right) == (0, 0)


def test_a_network_that_says_the_same_of_everything_learns_how_often_that_is_right():
    fitted = calibrate(np.full(10, 7.0), np.array([1] * 8 + [0] * 2))
    assert fitted.temperature == pytest.approx(7 / math.log(4), rel=1e-4)  # then it claims 80 %
    assert fitted.after.error == pytest.approx(0, abs=1e-5)


def test_a_network_that_is_always_right_is_believed_more():
    fitted = calibrate(np.array([-2.0, -1.0, 1.0, 2.0]), np.array([0, 0, 1, 1]))
    assert fitted.temperature == pytest.approx(COLDEST)
    assert (fitted.photos, fitted.sure, fitted.sure_right) == (4, 4, 4)
    assert fitted.after.loss < 1e-8


@pytest.mark.parametrize(("odds", "label", "temperature"), [(2.0, 1, COLDEST), (2.0, 0, HOTTEST), (0.0, 1, 1.0)])
def test_a_single_photo_is_enough(odds, label, temperature):
    fitted = calibrate(np.array([odds]), np.array([label]))
    assert (fitted.temperature, fitted.photos) == (pytest.approx(temperature), 1)


def test_photos_of_one_class_alone_are_enough():
    fitted = calibrate(np.array([1.0, 1.0, 1.0, -1.0]), np.ones(4, int))
    assert fitted.temperature == pytest.approx(1 / math.log(3), rel=1e-4)  # three of four right: it claims 75 %


def test_answers_that_are_no_numbers_pass_as_even_odds_and_endless_ones_as_large():
    odds = log_odds(np.array([[np.nan], [np.inf], [-np.inf], [0.5]]), from_logits=True)
    fitted = calibrate(odds, np.array([0, 1, 0, 0]))
    assert math.isfinite(fitted.before.loss) and math.isfinite(fitted.after.loss)
    assert fitted.before.photos == (1, 0, 1, 0, 0, 0, 0, 0, 0, 2)
    assert fitted.photos == 4


def test_bins_loss_and_error_are_those_reckoned_by_hand():
    """Two dogs claimed with 3.1 to 1, of which one is a cat; two cats claimed with 9.5 to 1, both right."""
    odds = np.array([math.log(3.1), math.log(3.1), -math.log(9.5), -math.log(9.5)])
    found = measure(odds, np.array([1, 0, 0, 0]))
    some, much = 3.1 / 4.1, 9.5 / 10.5  # 76 %, 90 %: the bins from 75 % and from 90 %
    assert found.photos == (0, 0, 0, 0, 0, 2, 0, 0, 2, 0)
    assert found.claimed == (*[None] * 5, pytest.approx(some), None, None, pytest.approx(much), None)
    assert found.right == (*[None] * 5, 0.5, None, None, 1.0, None)
    assert found.loss == pytest.approx(-(math.log(some) + math.log(1 - some) + 2 * math.log(much)) / 4)
    assert found.error == pytest.approx((2 * (some - 0.5) + 2 * (1 - much)) / 4)


def test_a_temperature_divides_the_odds():
    odds, labels = drawn(5, 50, 1.0)
    assert measure(4 * odds, labels, temperature=4) == measure(odds, labels)


def test_certain_answers_lie_in_the_last_bin_and_even_ones_in_the_first():
    found = measure(np.array([1000.0, -1000.0, 0.0]), np.array([1, 0, 0]))
    assert found.photos == (1, *[0] * (BINS - 2), 2)
    assert (found.claimed[-1], found.right[-1], found.right[0]) == (1.0, 1.0, 1.0)  # even odds count as cat


def good() -> dict:
    """A calibration as it comes out of a file."""
    return json.loads(json.dumps(calibrate(*drawn(0, 60, 2.0)).as_json()))


def test_what_was_written_is_read_back():
    fitted = calibrate(*drawn(0, 60, 2.0))
    assert Calibration.from_json(good()) == fitted
    assert Calibration.from_json(good() | {"of a later version": 1}) == fitted


@pytest.mark.parametrize(
    "changes",
    [
        {"temperature": 0},
        {"temperature": -1.0},
        {"temperature": 1e9},
        {"temperature": float("nan")},
        {"temperature": "warm"},
        {"temperature": None},
        {"photos": float("inf")},
        {"photos": 61},
        {"photos": -1},
        {"sure": 61},
        {"sure_right": 61},
        {"sure_right": -1},
        {"before": None},
        {"before": []},
        {"before": {}},
        {"after": "good"},
        {"after": good()["after"] | {"photos": [60]}},
        {"after": good()["after"] | {"photos": 60}},
        {"after": good()["after"] | {"claimed": [None] * 10}},
        {"after": good()["after"] | {"right": [2.0] * 10}},
        {"after": good()["after"] | {"right": good()["after"]["right"][:-1]}},
        {"after": good()["after"] | {"loss": float("nan")}},
        {"after": good()["after"] | {"loss": float("inf")}},
        {"after": good()["after"] | {"loss": -0.1}},
        {"after": good()["after"] | {"loss": 10**400}},
        {"after": good()["after"] | {"error": 1.5}},
    ],
    ids=str,
)
def test_a_damaged_calibration_is_refused(changes):
    with pytest.raises(ValueError):
        Calibration.from_json(good() | changes)


@pytest.mark.parametrize("name", sorted(good()))
def test_a_calibration_that_lacks_a_field_is_refused(name):
    damaged = good()
    del damaged[name]
    with pytest.raises(ValueError, match="not complete"):
        Calibration.from_json(damaged)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just(10**400),
    lambda inner: st.lists(inner, max_size=11) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@given(JSON)
def test_any_other_json_is_refused(anything):
    with pytest.raises(ValueError):
        Calibration.from_json(anything)


@settings(max_examples=200)
@given(st.data())
def test_a_field_that_was_edited_is_refused_or_still_fits(data):
    damaged = copy.deepcopy(good())
    place = damaged
    if data.draw(st.booleans()):
        place = damaged[data.draw(st.sampled_from(["before", "after"]))]
    name = data.draw(st.sampled_from(sorted(place)))
    if isinstance(place[name], list) and data.draw(st.booleans()):
        place, name = place[name], data.draw(st.integers(0, BINS - 1))
    place[name] = data.draw(JSON)
    try:
        read = Calibration.from_json(damaged)
    except ValueError:
        return
    for measures in (read.before, read.after):
        assert len(measures.claimed) == len(measures.right) == len(measures.photos) == BINS
        assert sum(measures.photos) == read.photos
    json.dumps(read.as_json(), allow_nan=False)

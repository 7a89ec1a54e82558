"""What is said about one picture, reckoned by hand from its odds."""

import json
import math

import pytest

from catdog.insight.answer import Answer, as_row


def test_the_probabilities_are_those_of_the_odds():
    answer = Answer(math.log(4))
    assert (answer.dog, answer.cat) == (pytest.approx(0.8), pytest.approx(0.2))
    assert (answer.label, answer.probability, answer.claimed) == ("dog", pytest.approx(0.8), pytest.approx(0.8))


def test_a_temperature_makes_it_less_sure_and_never_another_answer():
    answer = Answer(-math.log(81), temperature=2.0)
    assert (answer.label, answer.probability, answer.claimed) == ("cat", pytest.approx(0.9), pytest.approx(81 / 82))
    assert answer.cat == answer.probability
    assert Answer(-1e-12, temperature=100).label == "cat"
    assert Answer(1e-12, temperature=100).label == "dog"


@pytest.mark.parametrize(("odds", "sure"), [(1.38, False), (1.39, True), (-1.38, False), (-1.39, True), (0, False)])
def test_an_answer_is_sure_from_80_percent(odds, sure):
    """ln 4 is 1.386."""
    assert Answer(odds).sure is sure


def test_even_odds_are_half_a_cat():
    answer = Answer(0.0)
    assert (answer.label, answer.cat, answer.dog, answer.probability, answer.claimed) == ("cat", 0.5, 0.5, 0.5, 0.5)


@pytest.mark.parametrize("odds", [1000.0, -1000.0])
@pytest.mark.parametrize("temperature", [0.05, 1.0, 100.0])
def test_extreme_odds_stay_probabilities(odds, temperature):
    answer = Answer(odds, temperature)
    assert answer.cat + answer.dog == pytest.approx(1)
    assert 0.5 <= answer.probability <= 1
    assert answer.claimed == 1


def test_a_row_names_the_file_and_the_answer():
    row = as_row("a.jpg", Answer(math.log(4.1)))
    assert row == {
        "file": "a.jpg",
        "label": "dog",
        "probability_cat": 0.1961,
        "probability_dog": 0.8039,
        "sure": True,
        "error": None,
    }
    assert json.loads(json.dumps(row)) == row


def test_a_row_without_an_answer_has_the_reason_and_the_same_columns():
    row = as_row("a.jpg", None, "The file is empty.")
    assert list(row) == list(as_row("a.jpg", Answer(0.0)))
    assert {name for name, value in row.items() if value is not None} == {"file", "error"}
    assert row["error"] == "The file is empty."

"""Numbers in words: shares, counts that agree with their nouns, durations."""

import pytest

from catdog.numbers import counted, in_minutes, in_percent, in_tenths, percent


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (1, "cat", "1 cat"),
        (0, "dog", "0 dogs"),
        (2_000, "cat", "2,000 cats"),
        (1, "batch", "1 batch"),
        (63, "batch", "63 batches"),
    ],
)
def test_one_is_one_and_all_others_are_several(number, noun, words):
    assert counted(number, noun) == words


@pytest.mark.parametrize(
    ("share", "whole", "tenths"),
    [(0, "0 %", "0.0 %"), (0.5, "50 %", "50.0 %"), (0.7144, "71 %", "71.4 %"), (1, "100 %", "100.0 %")],
)
def test_a_share_is_told_in_percent_whole_or_in_tenths(share, whole, tenths):
    assert (percent(share), in_tenths(share)) == (whole, tenths)


def test_what_is_not_there_yet_is_a_dash_and_what_is_below_zero_has_a_true_minus():
    assert in_tenths(None) == "–"
    assert in_tenths(-0.031, unit=" points") == "\N{MINUS SIGN}3.1 points"


@pytest.mark.parametrize(("seconds", "words"), [(0.4, "0 s"), (48, "48 s"), (59.6, "1 min 0 s"), (3_661, "61 min 1 s")])
def test_a_duration_is_told_in_minutes_and_seconds(seconds, words):
    assert in_minutes(seconds) == words


def test_a_claim_is_a_range_or_about_one_figure():
    assert in_percent(0.72, 0.77) == "72–77 %"
    assert in_percent(0.58, 0.58) == "about 58 %"

"""Several seeds as one curve with a band, and the same in words."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as some

from catdog.figures import CAT, DOG, RUN_COLOURS, RUN_SYMBOLS, Band, spread_figure
from catdog.figures.in_words import spread_in_words

THREE = Band("plain", 0, [0.55, 0.62], [0.5, 0.6], [0.6, 0.65], [3, 3])
MORE = Band("scaled", 1, [0.65, 0.72], [0.6, 0.7], [0.7, 0.75], [3, 2])
ONE = Band("alone", 2, [0.58, 0.6], [0.58, 0.6], [0.58, 0.6], [1, 1])
NONE = Band("waiting", 3, [], [], [], [])


def mean(figure, name):
    (one,) = (trace for trace in figure.data if trace.legendgroup == name and trace.fill is None)
    return one


def areas(figure):
    return [trace for trace in figure.data if trace.fill == "toself"]


def test_a_setting_is_its_mean_over_a_band_from_the_lowest_to_the_highest_seed():
    figure = spread_figure([THREE, MORE], 5)
    curve = mean(figure, "plain")
    assert (curve.x, curve.y) == ((1, 2), (0.55, 0.62))
    (area, _) = areas(figure)
    assert (area.x, area.y) == ((1, 2, 2, 1), (0.6, 0.65, 0.6, 0.5))
    assert area.legendgroup == curve.legendgroup  # hidden together
    assert not area.showlegend
    assert figure.layout.xaxis.range[1] > 5


def test_who_points_at_a_curve_reads_range_and_number_of_seeds():
    curve = mean(spread_figure([MORE], 5), "scaled")
    assert curve.text == ("(60.0% to 70.0%, 3 seeds)", "(70.0% to 75.0%, 2 seeds)")
    assert "%{text}" in curve.hovertemplate


def test_a_single_seed_has_no_band_and_says_so():
    figure = spread_figure([ONE, NONE], 5)
    assert areas(figure) == []
    assert mean(figure, "alone").name == "alone (1 seed, no band)"
    assert mean(figure, "alone").text == ("(1 seed, no band)",) * 2
    assert mean(figure, "waiting").name == "waiting"
    assert mean(figure, "waiting").x == (None,)  # still in the legend


def test_where_a_second_seed_is_still_to_come_the_band_ends():
    figure = spread_figure([Band("a", 0, [0.55, 0.6], [0.5, 0.6], [0.6, 0.6], [2, 1])], 5)
    assert areas(figure)[0].x == (1, 1)
    assert areas(figure)[0].line.width > 0  # or a band of one epoch would not be seen
    assert mean(figure, "a").text[1] == "(1 seed, no band)"


def test_an_epoch_that_is_no_number_is_a_gap():
    figure = spread_figure([Band("a", 0, [0.5, None, 0.6], [0.4, None, 0.5], [0.6, None, 0.7], [2, 0, 2])], 3, "loss")
    assert mean(figure, "a").y == (0.5, None, 0.6)
    assert mean(figure, "a").text[1] == ""
    assert areas(figure)[0].x == (1, 3, 3, 1)


def test_settings_are_told_apart_by_colour_and_mark_and_by_no_class_s_colour():
    bands = [Band(f"{number}", number, [0.6], [0.5], [0.7], [2]) for number in range(8)]
    figure = spread_figure(bands, 5)
    drawn = [(one.line.color, one.marker.symbol) for one in figure.data if one.marker.symbol]
    assert len(set(drawn)) == 8
    assert {colour for colour, _ in drawn} == set(RUN_COLOURS)
    assert {symbol for _, symbol in drawn} == set(RUN_SYMBOLS)
    assert not {CAT, DOG} & {colour for colour, _ in drawn}
    assert all("rgba(" in area.fillcolor and area.fillcolor.endswith("0.18)") for area in areas(figure))


def test_accuracy_has_the_line_of_guessing_and_loss_an_axis_from_zero():
    accuracy, loss = spread_figure([THREE], 5), spread_figure([THREE], 5, "loss")
    assert [one.name for one in accuracy.data][-1] == "guessing, 50 %"
    assert "guessing, 50 %" not in [one.name for one in loss.data]
    assert loss.layout.yaxis.rangemode == "tozero"
    assert mean(loss, "plain").text[0] == "(0.500 to 0.600, 3 seeds)"


@given(some.lists(some.floats(0, 1), min_size=1, max_size=5))
def test_every_band_and_guessing_lie_on_the_axis(values):
    low, high = spread_figure([Band("a", 0, values, values, values, [2] * len(values))], 5).layout.yaxis.range
    assert low <= min([0.5, *values])
    assert max([0.5, *values]) <= high <= 1.01


def test_a_name_is_shown_letter_by_letter_and_nothing_that_is_given_is_changed():
    bands = [Band("a <b>& b", 0, [0.6], [0.5], [0.7], [2])]
    before = copy.deepcopy(bands)
    first, again = (spread_figure(bands, 5) for _ in range(2))
    assert first.data[-2].name == "a &lt;b&gt;&amp; b"
    assert first == again
    assert bands == before


def test_without_any_setting_there_is_an_empty_figure():
    assert [one.name for one in spread_figure([], 5).data] == ["guessing, 50 %"]


# In words


def test_the_best_on_average_is_said_first_and_each_with_its_range_and_seeds():
    assert spread_in_words([THREE, MORE, ONE, NONE], "accuracy") == (
        "Validation accuracy of 4 settings, averaged over seeds. At the end scaled is highest on average, 72.0 %. "
        "plain after 2 epochs: 62.0 % on average, 60.0 % to 65.0 % over 3 seeds. "
        "scaled after 2 epochs: 72.0 % on average, 70.0 % to 75.0 % over 2 seeds. "
        "alone after 2 epochs: 60.0 %, a single seed. waiting: no epoch finished yet."
    )


@pytest.mark.parametrize(("what", "best"), [("accuracy", "scaled is highest"), ("loss", "plain is lowest")])
def test_of_a_loss_the_lowest_is_best(what, best):
    assert f"At the end {best} on average" in spread_in_words([THREE, MORE], what)


def test_of_a_single_setting_nothing_is_called_best():
    assert spread_in_words([THREE], "loss") == (
        "Validation loss of 1 setting, averaged over seeds. plain after 2 epochs: 0.620 on average, 0.600 to 0.650 "
        "over 3 seeds."
    )
    ran_away = Band("a", 0, [None], [None], [None], [0])
    assert spread_in_words([ran_away], "loss").endswith("a after 1 epoch: no number any more.")

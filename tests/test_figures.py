"""Figures are pure functions: what goes in comes out as curves, colours and dashes."""

import numpy as np
import pytest

from catdog.figures import (
    BINS,
    CAT,
    DOG,
    RUN_COLOURS,
    RUN_SYMBOLS,
    accuracy_figure,
    class_counts_figure,
    confusion_figure,
    loss_figure,
    pixels_figure,
    probabilities_figure,
    reliability_figure,
    sizes_figure,
)

HISTORY = {"accuracy": [0.6, 0.7], "val_accuracy": [0.55, 0.65], "loss": [0.7, 0.6], "val_loss": [0.8, 0.7]}
STEPS = ({"step": 1, "steps": 4, "accuracy": 0.5, "loss": 0.9}, {"step": 2, "steps": 4, "accuracy": 0.75, "loss": 0.5})
PUBLISHED = [0.58, 0.64, 0.68]
DARK = "#0E1117"  # Streamlit's own dark background


def trace(figure, name):
    return next(trace for trace in figure.data if trace.name == name)


def test_an_epochs_value_stands_at_its_end_and_the_epoch_under_way_grows_step_by_step():
    training = trace(accuracy_figure(HISTORY, STEPS, 20, PUBLISHED), "training")
    assert training.x == (1, 2, 2.25, 2.5)
    assert training.y == (0.6, 0.7, 0.5, 0.75)


def test_the_first_steps_of_a_later_epoch_are_left_out_because_they_only_jump_about():
    steps = [{"step": step, "steps": 20, "accuracy": 0.5, "loss": 0.7} for step in (1, 2, 3, 4)]
    assert trace(accuracy_figure(HISTORY, steps, 20, PUBLISHED), "training").x == (1, 2, 2.15, 2.2)
    first_epoch = accuracy_figure({"accuracy": [], "val_accuracy": []}, steps, 20, PUBLISHED)
    assert trace(first_epoch, "training").x == (0.05, 0.1, 0.15, 0.2)


def test_a_single_epoch_is_seen_as_a_point():
    one = {name: values[:1] for name, values in HISTORY.items()}
    assert "markers" in trace(accuracy_figure(one, (), 1, PUBLISHED), "training").mode
    assert trace(accuracy_figure(HISTORY, (), 2, PUBLISHED), "training").mode == "lines"


def test_validation_has_one_point_an_epoch():
    validation = trace(accuracy_figure(HISTORY, STEPS, 20, PUBLISHED), "validation")
    assert (validation.x, validation.y) == ((1, 2), (0.55, 0.65))


def test_validation_stands_in_the_legend_before_its_first_point():
    validation = trace(accuracy_figure({"accuracy": [], "val_accuracy": []}, STEPS, 20, PUBLISHED), "validation")
    assert validation.y == (None,)


def test_the_dash_says_the_split():
    figure = accuracy_figure(HISTORY, (), 20, PUBLISHED)
    assert trace(figure, "the post, validation").line.dash == "dot"
    assert trace(figure, "the post, validation").y == (0.58, 0.64, 0.68)
    assert trace(figure, "validation").line.width > trace(figure, "training").line.width
    assert trace(figure, "validation").line.color == trace(figure, "training").line.color == RUN_COLOURS[0]


def test_the_baseline_of_guessing_spans_all_epochs():
    baseline = trace(accuracy_figure(HISTORY, (), 12, PUBLISHED), "guessing, 50 %")
    assert (baseline.x, baseline.y) == ((0, 12), (0.5, 0.5))


def test_a_large_first_loss_gets_a_logarithmic_axis_and_a_usual_one_does_not():
    assert loss_figure(HISTORY, (), 20, [85.2, 0.6]).layout.yaxis.type == "log"
    assert loss_figure(HISTORY, (), 20, [0.7, 0.6]).layout.yaxis.type is None


def test_a_loss_that_ran_away_leaves_a_gap():
    history = HISTORY | {"loss": [0.7, None], "val_loss": [0.8, None]}
    assert trace(loss_figure(history, (), 20, PUBLISHED), "training").y == (0.7, None)


@pytest.mark.parametrize("epochs", [1, 5, 20, 200])
def test_the_epoch_axis_has_whole_numbers_and_at_most_about_ten_of_them(epochs):
    axis = accuracy_figure(HISTORY, (), epochs, PUBLISHED).layout.xaxis
    assert axis.dtick == int(axis.dtick)
    assert epochs / axis.dtick <= 10.5


def test_runs_never_take_the_colour_of_cat_or_dog():
    assert not {CAT, DOG} & set(RUN_COLOURS)
    assert len(set(RUN_COLOURS)) == len(RUN_COLOURS) == 4


@pytest.mark.parametrize("colour", RUN_COLOURS)
@pytest.mark.parametrize("background", ["#FFFFFF", DARK])
def test_every_run_can_be_seen_on_the_light_and_on_the_dark_background(colour, background):
    light, dark = sorted((luminance(colour), luminance(background)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) > 2  # contrast as WCAG reckons it; yellow on white has 1.3


def test_each_run_up_to_the_most_that_can_be_chosen_has_a_colour_and_a_mark_of_its_own():
    pairs = {(RUN_COLOURS[number % len(RUN_COLOURS)], RUN_SYMBOLS[number]) for number in range(len(RUN_SYMBOLS))}
    assert len(pairs) == len(set(RUN_SYMBOLS)) == len(RUN_SYMBOLS) == 8


def luminance(colour):
    """Relative luminance of "#rrggbb", 0 to 1, by WCAG 2."""
    values = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


COUNTS = {"training": {"cat": 1_000, "dog": 900}, "validation": {"cat": 404, "dog": 3}, "test": {"cat": 96, "dog": 1}}
SIZES = np.array([[500, 375], [80, 60], [1, 9_000], [1_050, 702]], np.uint32)


def test_the_bars_are_the_counts_and_wear_their_classes_colours():
    figure = class_counts_figure(COUNTS)
    cats, dogs = trace(figure, "cats"), trace(figure, "dogs")
    assert cats.x == dogs.x == ("training", "validation", "test")
    assert (cats.y, dogs.y) == ((1_000, 404, 96), (900, 3, 1))
    assert (cats.marker.color, dogs.marker.color) == (CAT, DOG)
    assert figure.layout.barmode == "group"


def test_each_bar_says_its_number_and_there_is_room_for_it_above():
    figure = class_counts_figure(COUNTS)
    assert trace(figure, "cats").text == ("1,000", "404", "96")
    assert {bars.textposition for bars in figure.data} == {"outside"}
    low, high = figure.layout.yaxis.range
    assert low == 0
    assert high >= 1.1 * 1_000


def test_every_photo_is_one_point_at_its_width_and_height():
    figure = sizes_figure(SIZES, np.array([0, 1, 0, 1], np.uint8))
    cats, dogs = trace(figure, "cats"), trace(figure, "dogs")
    assert (list(cats.x), list(cats.y)) == ([500, 1], [375, 9_000])
    assert (list(dogs.x), list(dogs.y)) == ([80, 1_050], [60, 702])
    assert (cats.marker.color, dogs.marker.color) == (CAT, DOG)
    assert cats.marker.symbol != dogs.marker.symbol  # told apart without colours
    assert all(points.mode == "markers" for points in figure.data)


def test_what_the_network_sees_is_marked_among_the_sizes():
    square = trace(sizes_figure(SIZES, np.array([0, 1, 0, 1])), "what the network sees: 160 × 160")
    assert (square.x, square.y) == ((160,), (160,))
    assert square.marker.color not in (CAT, DOG)


def test_a_class_without_photos_still_stands_in_the_legend():
    figure = sizes_figure(SIZES, np.zeros(4, np.uint8))
    assert [points.name for points in figure.data][:2] == ["cats", "dogs"]
    assert len(trace(figure, "dogs").x) == 0


def test_the_bars_of_the_pixels_are_shares_that_make_up_the_whole():
    pixels = np.random.default_rng(1).integers(0, 256, (160, 160, 3)).astype(np.float32)
    (bars,) = pixels_figure(pixels, 0.0, 255.0).data
    assert len(bars.y) == BINS
    assert sum(bars.y) == pytest.approx(1)  # the darkest and the brightest value belong to it
    assert bars.x[0] == pytest.approx(255 / BINS / 2)
    assert bars.x[-1] == pytest.approx(255 - 255 / BINS / 2)


def test_each_pixel_is_counted_where_it_belongs():
    (bars,) = pixels_figure(np.array([[0, 0, 0], [255, 128, 128]], np.float32), 0.0, 255.0).data
    found = {round(float(x)): round(float(y), 3) for x, y in zip(bars.x, bars.y, strict=True) if y}
    assert found == {2: 0.5, 129: 0.333, 253: 0.167}


def test_scaling_moves_the_pixels_and_keeps_their_shape():
    pixels = np.random.default_rng(1).normal(100, 30, (50, 50, 3)).clip(0, 255).round()
    before, after = pixels_figure(pixels, 0.0, 255.0), pixels_figure(pixels / 127.5 - 1, -1.0, 1.0)
    assert list(after.data[0].y) == pytest.approx(list(before.data[0].y))
    assert after.layout.xaxis.tickvals == (-1, 0, 1)
    assert before.layout.xaxis.tickvals == (0, 127.5, 255)


@pytest.mark.parametrize(
    "figure",
    [
        class_counts_figure(COUNTS),
        sizes_figure(SIZES, np.array([0, 1, 0, 1])),
        pixels_figure(np.zeros((2, 2, 3)), 0.0, 255.0),
    ],
    ids=["counts", "sizes", "pixels"],
)
def test_the_page_decides_about_background_and_template(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert not figure.layout.template.layout.to_plotly_json()
    assert figure.layout.yaxis.title.text


def test_the_two_bars_of_an_answer_are_in_the_colours_of_cat_and_dog():
    cat, dog = probabilities_figure(0.25, 0.75, 0.8).data
    assert (list(cat.x), list(cat.y), list(cat.text)) == ([0.25], ["cat"], ["25.0%"])
    assert (list(dog.x), list(dog.y), list(dog.text)) == ([0.75], ["dog"], ["75.0%"])
    assert (cat.marker.color, dog.marker.color) == (CAT, DOG)
    assert cat.orientation == dog.orientation == "h"


def test_the_line_of_a_sure_answer_stands_where_sure_begins():
    layout = probabilities_figure(0.0, 1.0, 0.8).layout
    (line,), (words,) = layout.shapes, layout.annotations
    assert line.x0 == line.x1 == words.x == 0.8
    assert words.text == "sure from 80%"
    assert layout.xaxis.range[0] == 0
    assert layout.xaxis.range[1] > 1  # room for the number behind a whole bar
    assert layout.yaxis.autorange == "reversed"  # cat above dog, as everywhere


def test_a_confusion_matrix_has_the_truth_in_rows_and_the_answer_in_columns():
    (cells,) = confusion_figure([[3, 1], [0, 6]]).data
    assert list(cells.x) == ["says cat", "says dog"]
    assert list(cells.y) == ["is a cat", "is a dog"]
    assert np.array(cells.text).tolist() == [[3, 1], [0, 6]]
    assert np.array(cells.z).tolist() == [[0.75, 0.25], [0, 1]]
    assert (cells.zmin, cells.zmax) == (0, 1)


def test_a_class_of_which_nothing_was_marked_is_empty_and_no_trouble():
    (cells,) = confusion_figure([[0, 0], [1, 1]]).data
    assert np.array(cells.z).tolist() == [[0, 0], [0.5, 0.5]]


def test_how_far_probabilities_can_be_believed_is_drawn_before_and_after_without_empty_bins():
    before = ((0.55, None, 0.95), (0.5, None, 0.75), (2, 0, 8))
    after = ((None, 0.65, 0.85), (None, 0.6, 0.9), (0, 5, 5))
    figure = reliability_figure({"before": before, "after": after})
    old, new = trace(figure, "before"), trace(figure, "after")
    assert (list(old.x), list(old.y), list(old.customdata)) == ([0.55, 0.95], [0.5, 0.75], [2, 8])
    assert (list(new.x), list(new.y), list(new.customdata)) == ([0.65, 0.85], [0.6, 0.9], [5, 5])
    assert old.marker.symbol != new.marker.symbol  # told apart without colours
    assert old.line.dash != new.line.dash
    assert not {old.line.color, new.line.color} & {CAT, DOG}
    perfect = trace(figure, "as often right as claimed")
    assert list(perfect.x) == list(perfect.y) == [0.5, 1]


def test_a_network_that_was_asked_nothing_has_an_empty_curve():
    nothing = ((None,) * 3, (None,) * 3, (0,) * 3)
    figure = reliability_figure({"before": nothing, "after": nothing})
    assert len(figure.data) == 3
    assert not trace(figure, "before").x


@pytest.mark.parametrize(
    "figure",
    [
        probabilities_figure(0.5, 0.5, 0.8),
        confusion_figure([[1, 0], [0, 1]]),
        reliability_figure(dict.fromkeys(("before", "after"), ((0.9,), (0.8,), (3,)))),
    ],
    ids=["probabilities", "confusion", "reliability"],
)
def test_figures_of_answers_leave_background_and_template_to_the_page(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert not figure.layout.template.layout.to_plotly_json()
    assert figure.layout.xaxis.fixedrange  # a finger that scrolls past does not zoom
    assert figure.layout.yaxis.fixedrange


@pytest.mark.parametrize(
    ("cat", "words"),
    [
        (0.4, ("40.0%", "60.0%")),
        (0.9989, ("99.9%", "0.1%")),
        (0.99991, (">99.9%", "<0.1%")),
        (0.0, ("<0.1%", ">99.9%")),
    ],
)
def test_no_answer_is_shown_as_certain(cat, words):
    bars = probabilities_figure(cat, 1 - cat, 0.8).data
    assert tuple(bar.text[0] for bar in bars) == words

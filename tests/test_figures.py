"""Figures are pure functions: what goes in comes out as curves, colours and dashes."""

import pytest

from catdog.figures import CAT, DOG, RUN_COLOURS, accuracy_figure, loss_figure

HISTORY = {"accuracy": [0.6, 0.7], "val_accuracy": [0.55, 0.65], "loss": [0.7, 0.6], "val_loss": [0.8, 0.7]}
STEPS = ({"step": 1, "steps": 4, "accuracy": 0.5, "loss": 0.9}, {"step": 2, "steps": 4, "accuracy": 0.75, "loss": 0.5})
PUBLISHED = [0.58, 0.64, 0.68]


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
    assert len(set(RUN_COLOURS)) == 6

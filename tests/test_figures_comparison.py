"""Several runs in one figure, and runs beside what the posts published."""

import copy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdog.figures import (
    CAT,
    DOG,
    RUN_COLOURS,
    RUN_SYMBOLS,
    PostRow,
    RunCurves,
    comparison_figure,
    posts_figure,
    smoothed,
)
from catdog.figures.curves import epoch_tick, tail_of
from catdog.settings import EPOCHS

MOST_RUNS = 8  # that the Results page lets one choose
NUMBERS = st.floats(-100, 100)


def curves(name="one", recipe="post4-model1", epochs=20, steps=(), **changes):
    history = {
        "accuracy": [0.6, 0.7, 0.8],
        "val_accuracy": [0.55, 0.65, 0.6],
        "loss": [0.7, 0.6, 0.5],
        "val_loss": [0.8, 0.7, 0.9],
        "seconds": [10.0, 20.0, 30.0],
    }
    return RunCurves(name, recipe, history | changes, steps, epochs)


def untrained(**more):
    return curves(accuracy=[], val_accuracy=[], loss=[], val_loss=[], seconds=[], **more)


def step(number, steps=10, **values):
    return {"step": number, "steps": steps, "accuracy": 0.85, "loss": 0.45, "seconds": 30.0 + number} | values


def trace(figure, name):
    (one,) = (trace for trace in figure.data if trace.name == name)
    return one


def names(figure):
    return [trace.name for trace in figure.data]


@given(st.lists(st.none() | NUMBERS))
def test_without_weight_smoothing_changes_nothing(values):
    assert smoothed(values, 0.0) == values


@given(st.lists(st.none() | NUMBERS), st.floats(0, 0.95))
def test_smoothing_keeps_the_length_and_the_gaps_and_stays_among_what_it_has_seen(values, weight):
    result = smoothed(values, weight)
    assert [one is None for one in result] == [one is None for one in values]
    seen = []
    for value, one in zip(values, result, strict=True):
        if value is not None:
            seen.append(value)
            assert min(seen) - 1e-6 <= one <= max(seen) + 1e-6


@given(NUMBERS, st.floats(0, 0.95), st.integers(1, 30))
def test_a_level_curve_stays_where_it_is(value, weight, epochs):
    assert smoothed([value] * epochs, weight) == pytest.approx([value] * epochs)


@given(st.lists(NUMBERS, min_size=1, max_size=12), st.floats(0, 0.95))
def test_each_epoch_fades_by_the_weight(values, weight):
    """Against the weighted mean, worked out in full."""
    for last, one in enumerate(smoothed(values, weight)):
        weights = [weight ** (last - place) for place in range(last + 1)]
        wanted = sum(w * value for w, value in zip(weights, values, strict=False)) / sum(weights)
        assert one == pytest.approx(wanted, abs=1e-9)


def test_the_first_epoch_is_not_pulled_towards_zero():
    assert smoothed([0.5, 0.5], 0.9) == pytest.approx([0.5, 0.5])


def test_a_gap_fades_nothing():
    assert smoothed([1.0, None, 0.0], 0.5) == pytest.approx([1.0, None, 1 / 3])


def test_each_run_has_a_colour_and_the_line_says_the_split():
    figure = comparison_figure([curves("one"), curves("two", "post5-model3")], {})
    for number, name in enumerate(("one", "two")):
        validation, training = trace(figure, name), trace(figure, f"{name}, training")
        assert validation.line.color == training.line.color == RUN_COLOURS[number]
        assert validation.line.width > training.line.width
        assert (validation.marker.size, training.marker.size) == (9, (0, 0, 9))  # one mark at the end says whose it is
        assert validation.marker.symbol == training.marker.symbol == RUN_SYMBOLS[number]
        assert (training.x, training.y) == ((1, 2, 3), (0.6, 0.7, 0.8))
        assert (validation.x, validation.y) == ((1, 2, 3), (0.55, 0.65, 0.6))


def test_only_the_bold_line_of_a_run_stands_in_the_legend_and_takes_the_thin_one_with_it():
    figure = comparison_figure([curves("one")], {})
    assert (trace(figure, "one").showlegend, trace(figure, "one, training").showlegend) == (True, False)
    assert trace(figure, "one").legendgroup == trace(figure, "one, training").legendgroup


@pytest.mark.parametrize("split", ["training", "validation"])
def test_a_split_alone_stands_in_the_legend_under_the_run_s_own_name(split):
    figure = comparison_figure([curves("one")], {}, splits=[split])
    assert names(figure) == ["one", "guessing, 50 %"]
    assert trace(figure, "one").showlegend
    assert trace(figure, "one").y == ((0.6, 0.7, 0.8) if split == "training" else (0.55, 0.65, 0.6))


@pytest.mark.parametrize("splits", [["training"], ["validation"], ["training", "validation"]], ids=str)
def test_as_many_runs_as_can_be_chosen_are_told_apart_by_colour_and_mark(splits):
    figure = comparison_figure([curves(f"run {number}") for number in range(MOST_RUNS)], {}, splits=splits)
    shown = [trace(figure, f"run {number}") for number in range(MOST_RUNS)]
    assert len({(one.line.color, one.marker.symbol) for one in shown}) == MOST_RUNS
    assert all("markers" in one.mode for one in shown)
    assert not {CAT, DOG} & {one.line.color for one in shown}


def test_there_is_no_end_of_colours():
    figure = comparison_figure([curves(f"run {number}") for number in range(20)], {})
    assert trace(figure, "run 19").line.color in RUN_COLOURS
    assert trace(figure, "run 19").marker.symbol in RUN_SYMBOLS


def test_the_steps_of_the_epoch_under_way_lengthen_the_training_line_and_have_no_mark():
    run = curves(steps=(step(1), step(5), step(8)))
    training = trace(comparison_figure([run], {}), "one, training")
    assert training.x == (1, 2, 3, 3.5, 3.8)  # the first step only jumps about
    assert training.y == (0.6, 0.7, 0.8, 0.85, 0.85)
    alone = trace(comparison_figure([run], {}, splits=["training"]), "one")
    assert alone.x == training.x
    assert tuple(alone.marker.size) == (9, 9, 9, 0, 0)
    assert trace(comparison_figure([run], {}), "one").x == (1, 2, 3)


def test_a_smoothed_curve_ends_with_the_last_epoch():
    figure = comparison_figure([curves(steps=(step(5),))], {}, smoothing=0.5)
    assert trace(figure, "one, training").x == (1, 2, 3)
    assert trace(figure, "one, training").y == pytest.approx(smoothed([0.6, 0.7, 0.8], 0.5))
    assert trace(figure, "one").y == pytest.approx(smoothed([0.55, 0.65, 0.6], 0.5))


def test_the_first_point_of_all_is_seen_as_a_mark():
    first = trace(comparison_figure([untrained(steps=(step(1),))], {}), "one, training")
    assert (first.x, first.y, first.mode, first.marker.size) == ((0.1,), (0.85,), "lines+markers", (9,))


def test_a_run_that_waits_stands_in_the_legend_already():
    figure = comparison_figure([untrained()], {})
    assert (trace(figure, "one").x, trace(figure, "one").y) == ((None,), (None,))
    assert trace(figure, "one").showlegend


@pytest.mark.parametrize("seconds", [None, 0.0, 30.0, 600.0])
@pytest.mark.parametrize("what", ["accuracy", "loss"])
def test_no_runs_make_an_empty_figure(what, seconds):
    figure = comparison_figure([], {}, what, seconds=seconds)
    assert set(names(figure)) <= {"guessing, 50 %"}
    assert figure.layout.xaxis.range[1] > figure.layout.xaxis.range[0]


def test_the_axis_of_epochs_reaches_to_the_longest_run_that_was_asked_for():
    figure = comparison_figure([curves("one", epochs=5), curves("two", epochs=12)], {})
    assert figure.layout.xaxis.title.text == "epoch"
    assert 12 < figure.layout.xaxis.range[1] < 13
    assert trace(figure, "guessing, 50 %").x == (0, 12)


@pytest.mark.parametrize(
    ("seconds", "unit", "title"),
    [(40.0, 1, "seconds since the first step"), (180.0, 60, "minutes since the first step")],
)
def test_by_time_each_point_stands_where_it_was_reached(seconds, unit, title):
    run = curves(steps=(step(5),))
    figure = comparison_figure([run], {}, seconds=seconds)
    assert figure.layout.xaxis.title.text == title
    assert trace(figure, "one").x == pytest.approx([10 / unit, 20 / unit, 30 / unit])
    assert trace(figure, "one, training").x == pytest.approx([10 / unit, 20 / unit, 30 / unit, 35 / unit])
    assert figure.layout.xaxis.range[1] == pytest.approx(1.01 * seconds / unit)
    assert trace(figure, "guessing, 50 %").x == (0, seconds / unit)


def test_by_time_a_run_that_has_just_begun_has_an_axis_and_is_no_trouble():
    figure = comparison_figure([untrained(steps=(step(1, seconds=0.0),))], {}, seconds=0.0)
    assert trace(figure, "one, training").x == (0.0,)
    low, high = figure.layout.xaxis.range
    assert (low, high) == (0, pytest.approx(1.01))


def test_by_time_what_has_no_time_has_no_place_and_is_no_trouble():
    timeless = step(8)
    del timeless["seconds"]
    run = curves(steps=(step(5, seconds=None), timeless), seconds=[10.0, None, 30.0])
    figure = comparison_figure([run], {}, seconds=40.0)
    assert trace(figure, "one").x == (10.0, None, 30.0)
    assert trace(figure, "one, training").x == (10.0, None, 30.0, None, None)


def test_by_time_the_posts_are_left_out():
    figure = comparison_figure([curves()], {"post4-model1": [0.5, 0.6]}, seconds=30.0)
    assert "the posts" not in names(figure)


def test_a_recipe_s_post_is_dotted_once_in_the_colour_of_its_first_run():
    runs = [curves("one", "post5-model3"), curves("two"), curves("three"), curves("four", "post5-model3")]
    figure = comparison_figure(runs, {"post4-model1": [0.5, 0.6], "post5-model3": [0.7, 0.8], "post1-model1": [0.9]})
    posts = [trace for trace in figure.data if trace.name == "the posts"]
    assert [(post.line.color, post.y, post.x) for post in posts] == [
        (RUN_COLOURS[0], (0.7, 0.8), (1, 2)),
        (RUN_COLOURS[1], (0.5, 0.6), (1, 2)),
    ]
    assert [(post.marker.symbol, post.marker.size) for post in posts] == [
        (RUN_SYMBOLS[0], (0, 9)),
        (RUN_SYMBOLS[1], (0, 9)),
    ]
    assert {post.line.dash for post in posts} == {"dot"}
    assert [post.showlegend for post in posts] == [True, False]
    assert {post.legendgroup for post in posts} == {"the posts"}
    assert "post4-model1 in the post" in posts[1].hovertemplate


def test_of_the_loss_the_losses_are_shown_and_there_is_no_line_for_guessing():
    figure = comparison_figure([curves(steps=(step(5),))], {"post4-model1": [0.9]}, "loss")
    assert trace(figure, "one").y == (0.8, 0.7, 0.9)
    assert trace(figure, "one, training").y == (0.7, 0.6, 0.5, 0.45)
    assert "guessing, 50 %" not in names(figure)
    assert "%" not in trace(figure, "one").hovertemplate.replace("%{y", "")


@pytest.mark.parametrize(
    ("changes", "published"),
    [
        ({"loss": [25.8, 0.7, 0.6]}, []),
        ({"val_loss": [0.7, 0.7, 3.5]}, []),
        ({"steps": (step(5, loss=80.0),)}, []),
        ({}, [3.2, 2.8]),
    ],
    ids=["training", "validation", "under way", "the post"],
)
def test_a_large_loss_anywhere_makes_the_axis_logarithmic(changes, published):
    figure = comparison_figure([curves("one"), curves("two", **changes)], {"post4-model1": published}, "loss")
    assert (figure.layout.yaxis.type, figure.layout.yaxis.title.text) == ("log", "loss (log)")


def test_usual_losses_have_an_axis_from_zero():
    figure = comparison_figure([curves()], {"post4-model1": [0.9]}, "loss")
    assert (figure.layout.yaxis.type, figure.layout.yaxis.rangemode) == (None, "tozero")


def test_a_loss_that_ran_away_leaves_a_gap():
    run = curves(loss=[0.7, None, None], val_loss=[None] * 3, steps=(step(5, loss=None),))
    figure = comparison_figure([run], {}, "loss")
    assert trace(figure, "one, training").y == (0.7, None, None, None)
    assert trace(figure, "one").y == (None,) * 3
    assert figure.layout.yaxis.type is None


@pytest.mark.parametrize("what", ["accuracy", "loss"])
@pytest.mark.parametrize("seconds", [None, 30.0])
@pytest.mark.parametrize("smoothing", [0.0, 0.6])
def test_what_is_given_is_left_as_it_is(what, seconds, smoothing):
    run, published = curves(steps=(step(5),)), {"post4-model1": [0.5]}
    before = copy.deepcopy((run, published))
    first, again = (comparison_figure([run], published, what, seconds=seconds, smoothing=smoothing) for _ in range(2))
    assert (run, published) == before
    assert first == again


def test_a_name_is_shown_letter_by_letter():
    """Plotly reads some HTML in names."""
    figure = comparison_figure([curves("a <b>& b")], {})
    assert names(figure)[:2] == ["a &lt;b&gt;&amp; b, training", "a &lt;b&gt;&amp; b"]
    dots = trace(posts_figure([PostRow("post4-model1", 0.5, 0.6, 0.55, {"a <br> b": 0.5})]), DOTS)
    assert dots.text == ("a &lt;br&gt; b",)


@pytest.mark.parametrize("figure", [comparison_figure([curves()], {}), posts_figure([])], ids=["runs", "posts"])
def test_the_page_decides_about_background_and_template(figure):
    assert figure.layout.paper_bgcolor == figure.layout.plot_bgcolor == "rgba(0,0,0,0)"
    assert not figure.layout.template.layout.to_plotly_json()


CLAIM, LAST, DOTS = "what the post claims", "the post's last five epochs", "your runs' last five epochs"
ROWS = [
    PostRow("post1-model1", 0.55, 0.58, 0.574, {}),
    PostRow("post2-model2", 0.62, 0.62, 0.599, {"mine": 0.61, "yours": 0.42}),
    PostRow("post3-model4", 0.98, 0.99, 0.98, {"other": 1.0}),
]


def test_the_bar_of_a_claim_begins_at_its_lowest_and_ends_at_its_highest():
    bars = trace(posts_figure(ROWS), CLAIM)
    assert bars.y == ("post1-model1", "post2-model2", "post3-model4")
    assert bars.base == (0.55, 0.62, 0.98)
    assert bars.x[0] == pytest.approx(0.03)
    assert 0 < bars.x[1] < 0.01  # a claim of one number is seen as well, and said as it is
    assert [tuple(claim) for claim in bars.customdata] == [(0.55, 0.58), (0.62, 0.62), (0.98, 0.99)]
    assert bars.orientation == "h"


def test_the_posts_last_epochs_and_one_s_own_stand_in_their_recipe_s_row():
    figure = posts_figure(ROWS)
    posts, own = trace(figure, LAST), trace(figure, DOTS)
    assert (posts.x, posts.y) == ((0.574, 0.599, 0.98), ("post1-model1", "post2-model2", "post3-model4"))
    assert (own.x, own.text) == ((0.61, 0.42, 1.0), ("mine", "yours", "other"))
    assert own.y == ("post2-model2", "post2-model2", "post3-model4")
    assert posts.marker.symbol != own.marker.symbol
    assert not {CAT, DOG} & {posts.marker.color, own.marker.color}


def test_every_value_lies_on_the_axis_and_the_first_row_is_at_the_top():
    layout = posts_figure(ROWS).layout
    low, high = layout.xaxis.range
    assert low < 0.42 < 1.0 <= high
    assert layout.yaxis.autorange == "reversed"
    assert layout.yaxis.type == "category"
    assert layout.xaxis.fixedrange
    assert layout.yaxis.fixedrange


def test_without_runs_of_one_s_own_the_dots_stand_in_the_legend_all_the_same():
    own = trace(posts_figure(ROWS[:1]), DOTS)
    assert (own.x, own.y) == ((None,), (None,))


def test_the_figure_grows_with_its_rows():
    heights = [posts_figure(ROWS[:count]).layout.height for count in range(4)]
    assert all(later - earlier > 20 for earlier, later in pairwise(heights))


@given(st.integers(0, 5), st.lists(st.integers(1, 40), max_size=10))
def test_the_tail_lies_within_the_epoch_under_way(done, numbers):
    steps = [step(number, steps=40) for number in numbers]
    tail = tail_of(steps, done)
    assert all(done < place <= done + 1 for place, _ in tail)
    kept = [one for _, one in tail]
    assert kept == [one for one in steps if done == 0 or one["step"] > 4]


@pytest.mark.parametrize("epochs", [EPOCHS.low, 10, 11, 25, 105, EPOCHS.high])
def test_there_is_a_tick_for_every_number_of_epochs_that_can_be_asked_for(epochs):
    assert 1 <= epochs / epoch_tick(int(epochs)) <= 10.5

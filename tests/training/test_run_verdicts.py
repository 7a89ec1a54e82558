"""What a run did, in a word: on the posts' own curves, on real collapses, and on runs that came to nothing."""

from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_stand_ins import PHOTOS

from catdog.recipes import RECIPES, published, recipe
from catdog.training import RunRequest, Snapshot
from catdog.training.snapshot import CURVES
from catdog.training.state import State
from catdog.training.verdicts import MEANINGS, NOISE, against_post, did, last_five

CURVED = ("loss", "accuracy", "val_loss", "val_accuracy")


def run_with(key="post4-model1", phase="finished", **curves):
    """A run with these curves, the others empty of numbers; all of them are as long as the longest."""
    epochs = max(map(len, curves.values()), default=0)
    history = {name: list(curves.get(name, [None] * epochs)) for name in CURVES}
    return Snapshot(
        id="20260102-030405006-" + key,
        name="",
        request=RunRequest.of(recipe(key)),
        state=State(phase=phase),
        phase=phase,
        history=history,
        steps=(),
        last={},
        test=None,
        about={"photos": PHOTOS},
    )


def like_the_post(key, epochs=20):
    facts = published(key)
    return run_with(key, **{name: getattr(facts, name)[:epochs] for name in CURVED})


def level(epochs=20, key="post4-model1", phase="finished", **values):
    """A run whose curves are flat."""
    return run_with(key, phase, **{name: [value] * epochs for name, value in values.items()})


def collapsed(epochs=20, key="post4-model1", phase="finished"):
    """As raw pixels did it to a network: a first epoch with a large loss, and then nothing any more."""
    return run_with(
        key,
        phase,
        loss=[25.8, *[0.6929 + 0.0004 * (epoch % 5) for epoch in range(1, epochs)]],
        accuracy=[0.5, *[0.4875 + 0.0025 * (epoch % 6) for epoch in range(1, epochs)]],
        val_loss=[0.69315] * epochs,
        val_accuracy=[0.5] * epochs,
    )


@pytest.mark.parametrize("key", RECIPES)
def test_the_posts_own_runs_get_the_word_that_the_posts_have_for_them(key):
    plain = recipe(key).architecture == recipe("post4-model1").architecture
    assert did(like_the_post(key)) == ("memorising" if plain else "learning")


@pytest.mark.parametrize("key", RECIPES)
@pytest.mark.parametrize("epochs", range(1, 21))
def test_no_run_of_the_posts_has_collapsed_however_early_it_is_looked_at(key, epochs):
    assert did(like_the_post(key, epochs)) in {"learning", "memorising", "guessing"}


def test_after_its_first_epochs_a_plain_network_is_still_guessing():
    assert did(like_the_post("post4-model1", epochs=2)) == "guessing"


@pytest.mark.parametrize("key", [key for key in RECIPES if recipe(key).outputs <= 2])
@pytest.mark.parametrize("epochs", [2, 3, 20])
def test_a_network_that_gives_every_photo_the_same_answer_has_collapsed(key, epochs):
    assert did(collapsed(epochs, key)) == "collapsed"


@pytest.mark.parametrize("phase", ["stopped", "failed"])
def test_a_collapse_is_named_even_where_the_run_was_stopped_because_of_it(phase):
    assert did(collapsed(3, phase=phase)) == "collapsed"


def test_one_epoch_is_too_few_to_speak_of_a_collapse():
    assert did(collapsed(1)) == "guessing"


def dead_with_64_answers(epochs):
    """Only the 64 biases still learn, by 0.001 a step of 63 an epoch: two of them up, 62 down, as Adam moves them."""
    losses = []
    for epoch in range(1, epochs + 1):
        moved = 0.001 * 63 * epoch
        losses.append(log(2 + 62 * 2.718281828 ** (-2 * moved)))
    return run_with(
        "post5-model1",
        loss=[16.4, *(loss + 0.06 for loss in losses[1:])],
        accuracy=[0.45, *[0.4925] * (epochs - 1)],
        val_loss=losses,
        val_accuracy=[0.5] * epochs,
    )


@pytest.mark.parametrize("epochs", [2, 3, 10, 20, 60, 200])
def test_with_64_answers_a_collapse_sinks_slowly_from_the_loss_of_64_to_that_of_two(epochs):
    run = dead_with_64_answers(epochs)
    assert log(2) < run.history["val_loss"][-1] < log(64)
    assert did(run) == "collapsed"


@pytest.mark.parametrize("loss", [log(2), log(64)])
def test_with_64_answers_both_ends_of_that_way_are_a_collapse(loss):
    assert did(level(4, "post5-model1", loss=loss, accuracy=0.49, val_loss=round(loss, 5), val_accuracy=0.5)) == (
        "collapsed"
    )


def test_with_64_answers_a_network_that_is_still_at_its_beginning_has_not_collapsed():
    run = level(4, "post5-model1", loss=1.4, accuracy=0.52, val_loss=0.92, val_accuracy=0.517)
    assert did(run) == "guessing"


@pytest.mark.parametrize(
    ("val_loss", "accuracy", "val_accuracy", "word"),
    [
        (0.69315, 0.5, 0.5, "collapsed"),
        (0.692, 0.5, 0.5, "guessing"),  # it begins to tell photos apart: no constant answer has so small a loss
        (0.71, 0.5, 0.5, "guessing"),
        (0.693, 0.58, 0.52, "guessing"),  # its photos it does tell apart
        (0.693, 0.5, 0.56, "learning"),
        (1.5, 0.5, 0.5, "guessing"),  # between the losses of 2 and of 64 answers, but this one has two
    ],
)
def test_what_is_near_a_collapse_is_not_one(val_loss, accuracy, val_accuracy, word):
    assert did(level(loss=0.693, accuracy=accuracy, val_loss=val_loss, val_accuracy=val_accuracy)) == word


def test_a_network_that_recovers_has_not_collapsed():
    run = collapsed(10)
    for name, value in {"val_loss": 0.66, "val_accuracy": 0.61, "accuracy": 0.6, "loss": 0.67}.items():
        run.history[name][5:] = [value] * 5
    assert did(run) == "learning"


@pytest.mark.parametrize(("gap", "word"), [(0.099, "learning"), (0.101, "memorising")])
def test_memorising_begins_ten_points_above_validation(gap, word):
    assert did(level(loss=0.3, accuracy=0.6 + gap, val_loss=0.7, val_accuracy=0.6)) == word


def test_a_network_that_knows_its_photos_by_heart_and_guesses_the_others_memorises():
    assert did(level(loss=0.1, accuracy=0.99, val_loss=4.0, val_accuracy=0.5)) == "memorising"


def test_only_the_last_five_epochs_count():
    accuracy = [0.99] * 15 + [0.6] * 5
    run = run_with(loss=[0.5] * 20, accuracy=accuracy, val_loss=[0.66] * 20, val_accuracy=[0.6] * 20)
    assert did(run) == "learning"


@pytest.mark.parametrize("phase", ["finished", "stopped", "failed"])
def test_a_loss_that_is_no_number_any_more_has_run_away(phase):
    run = run_with(phase=phase, loss=[0.7, None], accuracy=[0.5, 0.5], val_loss=[0.7, None], val_accuracy=[0.5, 0.5])
    assert did(run) == "ran away"


@pytest.mark.parametrize("phase", ["queued", "starting", "running", "stopping"])
def test_while_it_trains_or_waits_nothing_is_said_of_its_curves(phase):
    assert did(collapsed(5, phase=phase)) == "training"
    assert did(run_with(phase=phase)) == "training"


@pytest.mark.parametrize("phase", ["stopped", "failed"])
def test_a_run_that_ended_early_is_not_judged(phase):
    assert did(level(5, phase=phase, loss=0.1, accuracy=0.95, val_loss=0.9, val_accuracy=0.6)) == "not finished"
    assert did(run_with(phase=phase)) == "not finished"


NUMBERS = st.lists(st.none() | st.floats(0, 30), max_size=6)


@given(
    st.sampled_from(["post4-model1", "post5-model1", "post3-model4"]),
    st.sampled_from(["finished", "stopped", "failed", "running"]),
    st.lists(st.tuples(*[st.none() | st.floats(0, 30)] * 4), max_size=6),
)
def test_there_is_a_word_with_a_meaning_for_every_run(key, phase, epochs):
    columns = dict(zip(CURVED, map(list, zip(*epochs, strict=True)), strict=True)) if epochs else {}
    assert did(run_with(key, phase, **columns)) in MEANINGS


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ([], None),
        ([None, None], None),
        ([0.5], 0.5),
        ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6], 0.4),
        ([0.9, 0.1, None, 0.1, 0.1, None, 0.1, 0.1], 0.1),
    ],
)
def test_the_last_five_are_the_last_five_that_are_known(values, mean):
    assert last_five(values) == (None if mean is None else pytest.approx(mean))


@given(NUMBERS)
def test_the_mean_lies_among_the_values(values):
    known = [value for value in values if value is not None]
    mean = last_five(values)
    assert (mean is None) == (not known)
    assert mean is None or min(known) - 1e-9 <= mean <= max(known) + 1e-9


@pytest.mark.parametrize("key", RECIPES)
def test_last_five_is_what_the_posts_figures_use(key):
    assert last_five(published(key).val_accuracy) == pytest.approx(published(key).last_five_mean)


def test_the_posts_own_runs_lie_within_what_they_claim_but_for_one_that_rounds_up_by_two_points():
    words = {key: against_post(published(key).last_five_mean, published(key)) for key in RECIPES}
    assert {key: word for key, word in words.items() if word != "within"} == {"post2-model2": "below"}


@pytest.mark.parametrize("key", RECIPES)
def test_beyond_the_noise_of_a_seed_a_run_is_above_or_below_the_claim(key):
    facts = published(key)
    assert against_post(facts.claimed_low - NOISE - 0.001, facts) == "below"
    assert against_post(facts.claimed_low - NOISE + 0.001, facts) == "within"
    assert against_post(facts.claimed_high + NOISE - 0.001, facts) == "within"
    assert against_post(facts.claimed_high + NOISE + 0.001, facts) == "above"


def test_every_word_has_a_sentence_that_explains_it():
    assert set(MEANINGS) == {
        "learning", "memorising", "guessing", "collapsed", "ran away", "not finished", "training",
    }  # fmt: skip
    assert all(meaning.endswith(".") for meaning in MEANINGS.values())

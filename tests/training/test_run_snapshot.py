"""A run at one moment: every figure is worked out from its folder."""

import json
from dataclasses import replace

import pytest
from training_stand_ins import ABOUT, contents, new_run, write_events

from catdog.recipes import recipe
from catdog.training.folder import RunFolder
from catdog.training.snapshot import readable, snapshot
from catdog.training.state import State


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "runs"


@pytest.fixture
def run(runs) -> RunFolder:
    """A run of four epochs that trains."""
    made = new_run(runs, epochs=4)
    made.write_state(State(phase="running"))
    return made


def epoch(number, accuracy=0.5, val_accuracy=0.5, **more):
    return {"kind": "epoch", "epoch": number, "accuracy": accuracy, "val_accuracy": val_accuracy, **more}


def step(number, of_epoch, **more):
    return {"kind": "step", "epoch": of_epoch, "step": number, "steps": 8, **more}


def test_a_waiting_run_has_no_figures_yet(runs):
    waiting = snapshot(new_run(runs, epochs=4))
    assert (waiting.phase, waiting.active, waiting.over) == ("queued", False, False)
    assert (waiting.epochs_done, waiting.best, waiting.gap, waiting.progress) == (0, None, None, 0.0)
    assert (waiting.seconds, waiting.seconds_per_epoch, waiting.photos_per_second) == (0.0, None, None)
    assert (waiting.test, waiting.test_accuracy, waiting.steps, waiting.last) == (None, None, (), {})
    assert waiting.recipe == recipe("post4-model1")


def test_the_history_has_one_value_an_epoch_and_none_where_there_was_no_number(run):
    write_events(run, epoch(1, 0.5, 0.6, loss=0.7, val_loss=0.8), step(1, of_epoch=2), epoch(2, 0.9, None, loss=None))
    now = snapshot(run)
    assert now.epochs_done == 2
    assert now.history["accuracy"] == [0.5, 0.9]
    assert now.history["val_accuracy"] == [0.6, None]
    assert now.history["loss"] == [0.7, None]
    assert now.history["val_loss"] == [0.8, None]


@pytest.mark.parametrize(
    ("validation", "best"),
    [
        ([0.5, 0.7, 0.7], (2, 0.7)),
        ([0.7, 0.5], (1, 0.7)),
        ([None, 0.5, None], (2, 0.5)),
        ([None], None),
        ([0.0, 0.0], (1, 0.0)),
    ],
)
def test_the_best_epoch_is_the_first_of_the_highest_validation_accuracy(run, validation, best):
    write_events(run, *[epoch(number, 0.5, value) for number, value in enumerate(validation, 1)])
    assert snapshot(run).best == best


def test_the_gap_is_training_minus_validation_of_the_last_epoch(run):
    write_events(run, epoch(1, 0.5, 0.9), epoch(2, 0.875, 0.625))
    assert snapshot(run).gap == 0.25


@pytest.mark.parametrize(("training", "validation"), [(None, 0.5), (0.5, None)])
def test_there_is_no_gap_where_a_figure_is_missing(run, training, validation):
    write_events(run, epoch(1, 0.9, 0.5), epoch(2, training, validation))
    assert snapshot(run).gap is None


def test_progress_counts_whole_epochs_and_the_share_of_the_one_under_way(run):
    write_events(run, epoch(1), step(3, of_epoch=2, epoch_done=0.25), step(4, of_epoch=2, epoch_done=0.5))
    assert snapshot(run).progress == (1 + 0.5) / 4


def test_progress_never_passes_one_and_is_one_when_finished(run):
    write_events(run, *[epoch(number) for number in range(1, 5)], step(1, of_epoch=5, epoch_done=0.5))
    assert snapshot(run).progress == 1.0
    write_events(run, epoch(1))
    run.write_state(State(phase="finished"))
    assert snapshot(run).progress == 1.0


def test_the_progress_of_a_stopped_run_stays_where_it_was(run):
    write_events(run, epoch(1), epoch(2))
    run.write_state(State(phase="stopped"))
    assert snapshot(run).progress == 0.5


def test_only_the_steps_of_the_epoch_under_way_are_kept(run):
    events = [step(1, of_epoch=1), step(8, of_epoch=1), epoch(1), step(1, of_epoch=2), step(2, of_epoch=2)]
    write_events(run, *events)
    now = snapshot(run)
    assert [(one["epoch"], one["step"]) for one in now.steps] == [(2, 1), (2, 2)]
    assert now.last == now.steps[-1]
    write_events(run, *events, epoch(2))
    assert snapshot(run).steps == ()
    assert snapshot(run).last["kind"] == "epoch"


def test_speeds_are_means_over_the_finished_epochs(run):
    write_events(
        run,
        epoch(1, epoch_seconds=3.0, photos_per_second=None),
        epoch(2, epoch_seconds=1.0, photos_per_second=100.0, seconds=4.5),
        epoch(3, epoch_seconds=2.0, photos_per_second=300.0, seconds=6.5),
    )
    now = snapshot(run)
    assert (now.seconds_per_epoch, now.photos_per_second, now.seconds) == (2.0, 200.0, 6.5)


@pytest.mark.parametrize(
    ("phase", "shown"),
    [
        ("starting", "stopping"),
        ("running", "stopping"),
        ("finished", "finished"),
        ("stopped", "stopped"),
        ("failed", "failed"),
    ],
)
def test_a_run_is_stopping_while_it_works_and_someone_asked_for_its_end(run, phase, shown):
    run.write_state(State(phase=phase))
    assert snapshot(run).phase == phase
    run.ask_to_stop()
    now = snapshot(run)
    assert (now.phase, now.active, now.over) == (shown, shown == "stopping", shown != "stopping")


def test_the_test_figures_come_from_the_evaluation(run):
    run.write_evaluation({"weights": "best", "test": {"photos": 4, "accuracy": 0.75}})
    assert snapshot(run).test_accuracy == 0.75
    run.write_evaluation({"test": [1, 2]})
    assert (snapshot(run).test, snapshot(run).test_accuracy) == (None, None)
    (run.path / "evaluation.json").write_text("{")
    assert snapshot(run).test is None


def test_hand_edited_folders_among_good_ones_are_named_and_the_good_ones_are_shown(runs):
    made = [new_run(runs) for _ in range(5)]
    (made[1].path / "run.json").write_text("[]")
    (made[3].path / "run.json").unlink()
    made[4].events.write_bytes(b"\xff garbage\n")
    before = contents(runs)
    good, sentences = readable(made)
    assert [one.id for one in good] == [made[0].id, made[2].id, made[4].id]
    assert len(sentences) == 2
    assert made[1].id in sentences[0]
    assert made[3].id in sentences[1]
    assert contents(runs) == before


def test_the_state_is_shown_as_it_was_written(run):
    state = replace(State(phase="failed"), error="It broke.", device="2 CPU cores", precision="float32")
    run.write_state(state)
    assert snapshot(run).state == state


def test_it_knows_its_name_its_photos_and_all_that_was_written_about_it(run):
    now = snapshot(run)
    assert (now.name, now.photos) == ("", ABOUT["photos"])
    assert now.about == run.about()
    assert now.about["versions"] == ABOUT["versions"]
    run.rename("mine")
    assert snapshot(run).name == "mine"


def test_the_history_knows_when_each_epoch_was_over(run):
    write_events(run, epoch(1, seconds=2.5), epoch(2, seconds=5.0), epoch(3))
    assert snapshot(run).history["seconds"] == [2.5, 5.0, None]


LIVE = (
    step(1, of_epoch=1, seconds=0.0),
    step(4, of_epoch=1, seconds=1.0),
    epoch(1, 0.5, 0.5, seconds=2.0),
    step(4, of_epoch=2, seconds=3.0),
    epoch(2, 0.6, 0.75, seconds=4.0),
)


@pytest.mark.parametrize(
    ("until", "epochs", "steps", "seconds"),
    [(0.0, 0, 1, 0.0), (1.5, 0, 2, 1.0), (2.0, 1, 0, 2.0), (3.9, 1, 1, 3.0), (4.0, 2, 0, 4.0), (1e9, 2, 0, 4.0)],
)
def test_it_can_be_seen_as_it_stood_some_seconds_after_its_first_step(run, until, epochs, steps, seconds):
    write_events(run, *LIVE)
    then = snapshot(run, until)
    assert (then.epochs_done, len(then.steps), then.seconds) == (epochs, steps, seconds)
    assert then.best == (None, (1, 0.5), (2, 0.75))[epochs]


def test_before_its_first_step_there_was_nothing(run):
    write_events(run, *LIVE)
    then = snapshot(run, -1.0)
    assert (then.epochs_done, then.steps, then.last) == (0, (), {})


def test_at_its_end_it_is_as_it_stands_now(run):
    write_events(run, *LIVE)
    assert snapshot(run, 4.0) == snapshot(run)


def test_what_came_at_no_known_time_is_always_there(run):
    write_events(run, epoch(1), epoch(2, seconds=None), epoch(3, seconds=5.0))
    assert snapshot(run, 1.0).epochs_done == 2


def test_runs_are_read_in_the_way_that_is_asked_for(runs):
    made = [new_run(runs) for _ in range(2)]
    (made[0].path / "run.json").write_text("[]")
    asked = []

    def read(one):
        asked.append(one.id)
        return snapshot(one)

    good, sentences = readable(iter(made), read)
    assert asked == [one.id for one in made]
    assert ([one.id for one in good], len(sentences)) == ([made[1].id], 1)


TOLD = (step(1, 1), step(8, 1), epoch(1, 0.6, 0.5), step(4, 2), epoch(2, 0.7, 0.55), step(3, 3, seconds=7.0))


@pytest.mark.parametrize("edited", [None, 0, 2, 4, 5], ids=["as written", "a step", "an epoch", "the last", "the end"])
def test_a_run_that_is_over_says_the_same_as_while_it_trained_although_its_steps_are_left_out(run, edited):
    lines = [json.dumps(event) for event in TOLD]
    if edited is not None:  # by hand, into another order
        lines[edited] = json.dumps(dict(reversed(TOLD[edited].items())))
    run.events.write_text("".join(f"{line}\n" for line in lines) + '{"kind": "ep', encoding="utf-8")
    live = snapshot(run)
    run.write_state(State(phase="stopped"))
    over = snapshot(run)
    assert (over.history, over.steps, over.last) == (live.history, live.steps, live.last)
    assert (over.epochs_done, over.seconds) == (2, 7.0)

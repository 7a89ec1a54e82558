"""Which runs can be asked, and in which order they are offered."""

import pytest
from training_stand_ins import ABOUT, PHOTOS, Room, edit_json, new_run, write_events

from catdog.recipes import recipe
from catdog.training import RunRequest, Snapshot
from catdog.training.choices import NEWEST, merit, one_of_each, trained_runs
from catdog.training.folder import RunFolder
from catdog.training.snapshot import snapshot
from catdog.training.state import State

DRAWN = {"fingerprint": "fedcba9876543210", "kind": "sample", "name": "drawn_sample"}


@pytest.fixture
def room(tmp_path):
    return Room(tmp_path)


def trained(room, *accuracies, phase="finished", weights=True):
    """A run that is over, with these validation accuracies; returns its id."""
    run = new_run(room.runs)
    run.write_state(State(phase=phase))
    write_events(
        run,
        *[
            {"kind": "epoch", "epoch": number, "accuracy": 0.5, "val_accuracy": value}
            for number, value in enumerate(accuracies, 1)
        ],
    )
    if weights:
        run.best_weights.write_bytes(b"weights")
    return run.id


def offered(room):
    return [run.id for run in trained_runs(room.board)]


def test_without_runs_there_is_nothing_to_choose(room):
    assert offered(room) == []
    room.runs.mkdir()
    assert offered(room) == []


def test_the_best_run_comes_first_and_then_the_newest(room):
    first, best, third, fourth = (trained(room, value) for value in (0.6, 0.9, 0.5, 0.7))
    assert offered(room) == [best, fourth, third, first]


def test_of_equally_good_runs_the_newest_comes_first(room):
    old, new, other = trained(room, 0.8), trained(room, 0.5, 0.8), trained(room, 0.7)
    assert offered(room) == [new, other, old]


def test_a_run_is_as_good_as_its_best_epoch(room):
    best = trained(room, 0.9, 0.1)
    last = trained(room, 0.2, 0.8)
    assert offered(room) == [best, last]


def test_stopped_runs_are_offered_and_failed_unfinished_and_weightless_ones_are_not(room):
    stopped = trained(room, 0.6, phase="stopped")
    trained(room, 0.9, phase="failed")
    trained(room, 0.9, weights=False)
    trained(room)  # stopped before its first epoch
    trained(room, None)  # its validation accuracy was never a number
    for phase in ("queued", "starting", "running"):
        trained(room, 0.9, phase=phase)
    assert offered(room) == [stopped]


def test_runs_that_cannot_be_understood_are_left_out(room):
    good, format_two, garbage = trained(room, 0.6), trained(room, 0.9), trained(room, 0.9)
    edit_json(room.runs / format_two / "run.json", format=2)
    (room.runs / garbage / "run.json").write_text("[")
    assert offered(room) == [good]


def test_a_run_whose_weights_or_folder_are_gone_is_not_offered_any_more(room):
    first, second, third = (trained(room, value) for value in (0.6, 0.7, 0.8))
    assert offered(room) == [third, second, first]
    (room.runs / third / "best.weights.h5").unlink()
    assert offered(room) == [second, first]
    (room.runs / second).rename(room.runs.parent / "elsewhere")
    assert offered(room) == [first]


def test_only_the_newest_are_looked_at(room):
    trained(room, 0.9)
    rest = [trained(room, 0.5) for _ in range(NEWEST)]
    assert sorted(offered(room)) == rest


def test_a_run_that_was_given_a_name_or_deleted_is_offered_as_it_is_now(room):
    named, gone = trained(room, 0.6), trained(room, 0.7)
    assert offered(room) == [gone, named]
    room.board.rename(named, "mine")
    room.board.delete(gone)
    assert [(run.id, run.name) for run in trained_runs(room.board)] == [(named, "mine")]


def test_a_run_on_photos_is_better_than_any_on_drawings(room):
    photos, drawings = trained(room, 0.6), trained(room, 0.99)
    edit_json(room.runs / drawings / "run.json", photos=DRAWN)
    assert offered(room) == [photos, drawings]


def test_where_all_learned_from_drawings_the_best_of_them_comes_first(room):
    ids = [trained(room, value) for value in (0.6, 0.99, 0.7)]
    for run_id in ids:
        edit_json(room.runs / run_id / "run.json", photos=DRAWN)
    assert offered(room) == [ids[1], ids[2], ids[0]]


def run_of(runs, key, *accuracies, photos=PHOTOS) -> Snapshot:
    """A run of this recipe on these photos, with these validation accuracies."""
    made = RunFolder.create(runs, RunRequest.of(recipe(key)), ABOUT | {"photos": photos})
    write_events(made, *({"kind": "epoch", "epoch": 1, "val_accuracy": value} for value in accuracies))
    return snapshot(made)


def test_of_each_architecture_its_best_run_is_chosen_whatever_the_order(tmp_path):
    """post1-model1 and post4-model1 are the same architecture."""
    weak, best = run_of(tmp_path, "post1-model1", 0.55), run_of(tmp_path, "post4-model1", 0.6, 0.58)
    transfer, nothing = run_of(tmp_path, "post5-model4", 0.96), run_of(tmp_path, "post5-model3")
    unknown = run_of(tmp_path, "post5-model3", None)
    runs = [weak, best, transfer, nothing, unknown]
    wanted = {"cnn": best, "transfer": transfer}
    assert one_of_each(runs) == one_of_each(reversed(runs)) == wanted
    assert one_of_each([]) == one_of_each([nothing, unknown]) == {}


def test_the_best_run_of_an_architecture_is_one_on_photos_where_there_is_one(tmp_path):
    photos = run_of(tmp_path, "post4-model1", 0.55)
    drawings = run_of(tmp_path, "post1-model1", 0.99, photos=DRAWN)
    only_drawings = run_of(tmp_path, "post5-model4", 0.96, photos=DRAWN)
    runs = [photos, drawings, only_drawings]
    assert one_of_each(runs) == one_of_each(reversed(runs)) == {"cnn": photos, "transfer": only_drawings}


def test_merit_puts_photos_before_accuracy_and_accuracy_before_newness(tmp_path):
    drawings = run_of(tmp_path, "post4-model1", 0.99, photos=DRAWN)
    good, older = run_of(tmp_path, "post4-model1", 0.8), run_of(tmp_path, "post4-model1", 0.7)
    newer = run_of(tmp_path, "post4-model1", 0.7)
    assert sorted([good, newer, drawings, older], key=merit) == [drawings, older, newer, good]


def test_of_equally_good_runs_of_an_architecture_the_newest_is_chosen(tmp_path):
    old, new = (run_of(tmp_path, "post4-model1", 0.6) for _ in range(2))
    assert one_of_each([old, new]) == one_of_each([new, old]) == {"cnn": new}

"""What the index of the runs notices, and what it does not ask again."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from training_stand_ins import Room, asked, edit_json, new_run, write_events

from catdog.training.folder import BACKED_UP, RunFolder
from catdog.training.index import ROUND, SLACK, UNSAVED, Index
from catdog.training.snapshot import snapshot
from catdog.training.state import State

MANY = 3 * UNSAVED


@pytest.fixture
def room(tmp_path) -> Room:
    return Room(tmp_path / "home")


def over(room: Room, phase: str = "finished", backup: bool = False) -> RunFolder:
    run = new_run(room.runs)
    run.write_state(State(phase=phase))
    if backup:
        run.backup.mkdir()
        (run.backup / BACKED_UP).write_text("{}")
    return run


def many(room: Room, count: int = MANY, phase: str = "finished") -> list[RunFolder]:
    """Runs that have ended, of which only the state is there."""
    room.runs.mkdir(parents=True, exist_ok=True)
    runs = [RunFolder(room.runs / f"20260101-{number:09}-post4-model1") for number in range(count)]
    for run in runs:
        run.path.mkdir()
        run.write_state(State(phase=phase))
    return runs


def settled(room: Room) -> None:
    """The board has looked, and so long after the last change that the folder's time can be trusted."""
    room.later(0)
    room.later(SLACK + 1)


def ids(runs) -> list[str]:
    return [run.id for run in runs]


@pytest.fixture
def asked_of(monkeypatch) -> Counter:
    """How often each run was asked for its mark or its state, and the folder of all for its names."""
    counted, changed, read_state, scandir = Counter(), RunFolder.changed, RunFolder.read_state, os.scandir

    def count(ask):
        def counting(run):
            counted[run.id] += 1
            return ask(run)

        return counting

    def names(path):
        counted["names"] += 1
        return scandir(path)

    monkeypatch.setattr(RunFolder, "changed", property(count(changed.fget)))
    monkeypatch.setattr(RunFolder, "read_state", count(read_state))
    monkeypatch.setattr(os, "scandir", names)
    return counted


# What is not asked


def test_an_unchanged_folder_of_runs_that_have_ended_is_asked_nothing(room, asked_of):
    many(room)
    over(room, "stopped")
    settled(room)
    asked_of.clear()
    for _ in range(5):
        assert room.board.tick() is False
        assert (room.board.busy, room.board.under_way(), room.board.place("x")) == (False, [], 0)
        assert room.board.count("finished") == MANY
        assert room.board.count("stopped") == 1
    assert asked_of == {}


def test_while_one_trains_only_that_one_is_asked(room, asked_of):
    many(room)
    (run_id,) = room.submit()
    settled(room)
    asked_of.clear()
    assert room.board.tick() is True
    assert set(asked_of) == {run_id}


def test_of_ended_runs_only_those_are_asked_that_are_shown(room, asked_of):
    runs = many(room)
    settled(room)
    asked_of.clear()
    assert ids(room.board.newest(3)[0]) == []  # they have no run.json
    assert [one.id for one, _ in zip(room.board.over(), range(2), strict=False)] == ids(runs[:-3:-1])
    assert set(asked_of) == {*ids(runs[-3:])}


def test_within_a_round_every_run_is_asked_once(room, asked_of):
    runs = many(room)
    settled(room)
    room.later(ROUND)  # a look that came so late asks them all
    asked_of.clear()
    for _ in range(10):
        before = asked_of.total()
        room.later(ROUND / 10)
        assert 0 < asked_of.total() - before < MANY / 5
    assert {asked_of[run.id] for run in runs} == {1}


def test_a_new_start_opens_no_run_that_was_known_to_have_ended(room, asked_of):
    runs, stopped = many(room), over(room, "stopped")
    settled(room)
    asked_of.clear()
    board = room.another_board()
    assert (board.busy, board.count("finished"), board.count("stopped")) == (False, MANY, 1)
    assert not set(ids(runs)) & set(asked_of)
    assert asked_of[stopped.id]  # it may have been resumed meanwhile


# What is noticed


def test_a_run_that_another_board_queues_is_seen_at_the_next_look(room):
    many(room)
    settled(room)
    run_id = room.another_board().submit(asked(), {"fingerprint": "0123456789abcdef", "name": "photos"})
    assert ids(room.board.under_way()) == [run_id]


@pytest.mark.parametrize("phase", ["stopped", "failed"])
def test_a_run_that_another_board_resumes_is_seen_at_the_next_look(room, phase):
    many(room)
    run = over(room, phase, backup=True)
    settled(room)
    assert (room.board.busy, room.board.count(phase)) == (False, 1)
    room.another_board().resume(run.id)
    assert ids(room.board.under_way()) == [run.id]
    assert room.board.count(phase) == 0


def test_a_run_that_is_resumed_in_the_same_moment_of_a_coarse_clock_is_seen(room):
    many(room)
    run = over(room, "stopped", backup=True)
    room.board.tick()
    stamp = room.runs.stat().st_mtime_ns
    room.another_board().resume(run.id)
    os.utime(room.runs, ns=(stamp, stamp))
    assert ids(room.board.under_way()) == [run.id]


def test_a_file_system_that_counts_whole_seconds_is_trusted_later(room):
    many(room)
    run = over(room, "stopped", backup=True)
    stamp = 10**9 * (room.runs.stat().st_mtime_ns // 10**9)
    os.utime(room.runs, ns=(stamp, stamp))
    room.later(0)
    room.later(1)
    room.another_board().resume(run.id)
    os.utime(room.runs, ns=(stamp, stamp))
    assert ids(room.board.under_way()) == [run.id]


def test_a_run_that_was_deleted_is_in_no_list(room):
    gone, *rest = many(room)
    settled(room)
    room.another_board().delete(gone.id)
    assert room.board.count("finished") == MANY - 1
    assert ids(room.board.over()) == ids(reversed(rest))


def test_a_new_name_is_seen_at_the_next_look(room):
    run = over(room)
    settled(room)
    assert room.board.newest(1)[0][0].name == ""
    room.another_board().rename(run.id, "mine")
    assert room.board.newest(1)[0][0].name == "mine"


def test_a_state_that_was_edited_by_hand_is_seen_within_a_round_and_at_once_where_it_is_shown(room):
    hidden, *_, shown = runs = many(room)
    settled(room)
    for run in (hidden, shown):
        edit_json(run.path / "state.json", phase="failed", error="by hand")
    assert next(iter(room.board.over())) == shown
    assert room.board.count("failed") == 1
    room.later(ROUND)
    assert (room.board.count("failed"), room.board.count("finished")) == (2, len(runs) - 2)


def test_a_run_that_was_put_back_to_wait_by_hand_starts_within_a_round(room):
    run = over(room)
    settled(room)
    edit_json(run.path / "state.json", phase="queued")
    room.later(ROUND)
    room.later(0)
    assert room.launcher.launched == [run.id]


def test_a_run_that_comes_into_a_folder_whose_time_stands_still_is_seen_within_a_round(room):
    many(room)
    settled(room)
    stamp = room.runs.stat().st_mtime_ns
    run = new_run(room.runs)
    os.utime(room.runs, ns=(stamp, stamp))  # as where a backup is put back
    room.later(ROUND + 1)
    assert ids(room.board.under_way()) == [run.id]


def test_a_run_that_cannot_be_read_counts_as_failed_and_is_read_again(room):
    run = over(room)
    (run.path / "state.json").write_text("{")
    settled(room)
    assert (room.board.count("failed"), room.board.busy, ids(room.board.over())) == (1, False, [run.id])
    run.write_state(State(phase="finished"))
    assert (room.board.count("failed"), room.board.count("finished")) == (0, 1)


# What is kept for the next start


def kept(room: Room) -> Path:
    return room.board.index.kept


def test_a_few_runs_leave_no_file(room):
    over(room)
    settled(room)
    assert not kept(room).exists()


def test_who_only_reads_leaves_no_file(room):
    many(room)
    index = Index(room.runs, may_write=lambda: False)
    assert (index.open_runs(), index.count("finished")) == ([], MANY)
    assert not index.kept.exists()


def test_a_disk_that_does_not_take_it_changes_nothing(room, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("catdog.training.index.replace_text", full)
    many(room)
    assert room.board.tick() is False
    assert room.board.count("finished") == MANY


DAMAGED = {
    "empty": "",
    "torn": '{"format": 1, "ended": {"2026',
    "a list": "[]",
    "no runs": '{"format": 1}',
    "runs of another type": '{"format": 1, "ended": [1, 2]}',
    "a run of another type": '{"format": 1, "ended": {"20260101-000000000-post4-model1": 5}}',
    "an unknown phase": '{"format": 1, "ended": {"20260101-000000000-post4-model1": [[1, 2, 3], "dreaming"]}}',
    "a phase of another type": '{"format": 1, "ended": {"20260101-000000000-post4-model1": [[1, 2, 3], ["failed"]]}}',
    "another format": '{"format": 2, "ended": {"20260101-000000000-post4-model1": [[1, 2, 3], "failed"]}}',
    "without end": "[" * 200_000,
}


@pytest.mark.parametrize("text", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_thrown_away(room, text):
    many(room)
    settled(room)
    assert len(json.loads(kept(room).read_text())["ended"]) == MANY
    kept(room).write_text(text)
    board = room.another_board()
    assert (board.busy, board.count("finished"), board.count("failed")) == (False, MANY, 0)
    assert len(json.loads(kept(room).read_text())["ended"]) == MANY


def test_a_file_that_is_not_true_any_more_is_found_out_where_it_is_shown_and_within_a_round_everywhere(room):
    first, *_, last = many(room)
    settled(room)
    for run in (first, last):
        run.write_state(State(phase="stopped"))
    board = room.another_board()
    assert board.count("finished") == MANY  # as it was written down
    assert next(iter(board.over())) == last
    assert (board.count("finished"), board.count("stopped")) == (MANY - 1, 1)
    room.clock.now += ROUND
    assert board.tick() is False
    assert (board.count("finished"), board.count("stopped")) == (MANY - 2, 2)


def test_what_was_resumed_or_deleted_while_no_board_looked_is_known_at_the_next_start(room):
    gone, *rest = many(room)
    resumed = over(room, "stopped", backup=True)
    settled(room)
    resumed.queue_again()
    gone.delete()
    board = room.another_board()
    assert ids(board.under_way()) == [resumed.id]
    assert (board.count("stopped"), board.count("finished")) == (0, len(rest))


# What is read of a run that has ended


def event(kind: str, epoch: int, **more) -> dict:
    told = {"kind": kind, "epoch": epoch, "accuracy": 0.5 + epoch / 10, "seconds": float(epoch)}
    return told | ({"step": 1, "steps": 2, "epoch_done": 0.5} if kind == "step" else {"val_accuracy": 0.6}) | more


TOLD = {
    "nothing": [],
    "steps alone": [event("step", 1), event("step", 1, step=2)],
    "whole epochs": [event("step", 1), event("epoch", 1), event("step", 2), event("epoch", 2)],
    "stopped within an epoch": [event("step", 1), event("epoch", 1), event("step", 2), event("step", 2, step=2)],
    "edited": [
        event("step", 1),
        {"epoch": 1, "kind": "epoch", "val_accuracy": 0.5},
        event("step", 2),
        event("epoch", 2),
    ],
}


@pytest.mark.parametrize("events", TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("torn", [b"", b'{"kind": "epoch", "epo', b"\n\n", b"\xff\n"])
def test_a_run_shows_the_same_events_after_its_end_as_before(room, events, torn):
    run = new_run(room.runs)
    write_events(run, *events)
    with run.events.open("ab") as file:
        file.write(torn)
    run.write_state(State(phase="running"))
    before = snapshot(run)
    run.write_state(State(phase="stopped"))
    after = snapshot(run)
    assert (after.history, after.steps, after.last) == (before.history, before.steps, before.last)

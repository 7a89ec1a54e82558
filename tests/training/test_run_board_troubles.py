"""What the board does when workers die, hang or cannot start, when the server restarts, and when folders are broken."""

import errno
from contextlib import suppress
from dataclasses import replace

import pytest
from training_stand_ins import PHOTOS, MemoryLauncher, Room, asked, contents, edit_json, until

from catdog.errors import CatdogError, DiskError, RunError
from catdog.training import Board
from catdog.training.folder import RunFolder
from catdog.training.launcher import SILENCE, STOP_GRACE, LocalLauncher
from catdog.training.state import State, WorkerId


@pytest.fixture
def room(tmp_path) -> Room:
    return Room(tmp_path / "home")


@pytest.fixture
def training(room) -> str:
    """A run that trains, its heart beating at 1,000; another one waits."""
    first, _ = room.submit(2)
    room.launcher.says(first, phase="running", device="2 CPU cores", heartbeat=1_000.0)
    room.board.tick()
    return first


def test_a_worker_that_dies_fails_its_run_and_the_next_one_starts(room, training):
    RunFolder.open(room.runs, training).log.write_text("Epoch 1\nTraceback ...\nMemoryError: no room for the batch\n")
    room.launcher.dies(training)
    room.board.tick()
    room.board.tick()
    state = room.state(training)
    assert (state.phase, state.device) == ("failed", "2 CPU cores")
    assert "MemoryError: no room for the batch" in state.error
    assert len(room.launcher.launched) == 2


@pytest.mark.parametrize("log", [None, "", "post4-model1 on 2 CPU cores, float32\n"])
def test_a_worker_that_dies_without_a_word_fails_with_a_sentence_all_the_same(room, training, log):
    if log is not None:
        RunFolder.open(room.runs, training).log.write_text(log)
    room.launcher.dies(training)
    room.board.tick()
    state = room.state(training)
    assert state.phase == "failed"
    assert state.error.startswith("The worker ended")
    assert state.error.endswith(".")


def test_a_very_long_last_line_does_not_become_a_very_long_sentence(room, training):
    RunFolder.open(room.runs, training).log.write_text("ValueError: " + "x" * 100_000)
    room.launcher.dies(training)
    room.board.tick()
    assert "ValueError: xxx" in room.state(training).error
    assert len(room.state(training).error) < 500


def test_a_worker_that_dies_after_it_was_asked_to_stop_leaves_a_stopped_run(room, training):
    room.board.stop(training)
    room.launcher.dies(training)
    room.board.tick()
    assert (room.state(training).phase, room.state(training).error) == ("stopped", "")


def test_what_a_worker_said_last_stands_when_it_is_gone(room, training):
    room.launcher.finishes(training, "failed", "The weights are missing.")
    room.board.tick()
    assert room.state(training).error == "The weights are missing."


def test_a_worker_that_finishes_just_before_it_would_be_ended_has_finished(room, training):
    room.board.stop(training)
    stop = room.launcher.stop
    room.launcher.stop = lambda worker: (room.launcher.says(training, phase="finished"), stop(worker))
    room.later(STOP_GRACE + 0.1)
    assert room.state(training).phase == "finished"


def test_a_hung_worker_is_ended_and_its_run_fails(room, training):
    room.later(SILENCE - 1)
    assert (room.launcher.ended, room.state(training).phase) == ([], "running")
    room.later(2)
    assert room.launcher.ended == [training]
    assert room.state(training).phase == "failed"
    assert "no sign of life for 60 seconds" in room.state(training).error
    room.board.tick()
    assert len(room.launcher.launched) == 2


def test_a_worker_that_never_gives_a_first_sign_is_ended_too(room):
    (run_id,) = room.submit()
    room.board.tick()
    room.later(SILENCE + 1)
    assert (room.launcher.ended, room.state(run_id).phase) == ([run_id], "failed")


def test_a_worker_whose_heart_beats_is_left_alone_however_long_it_takes(room, training):
    for beat in range(10):
        room.launcher.says(training, heartbeat=2_000.0 + beat)
        room.later(SILENCE - 1)
    assert (room.launcher.ended, room.state(training).phase) == ([], "running")


def test_a_heartbeat_that_goes_back_because_the_clock_was_set_still_counts(room, training):
    for beat in (900.0, 10.0, 5_000_000.0, 0.5):
        room.later(SILENCE - 1)
        room.launcher.says(training, heartbeat=beat)
        room.board.tick()
    assert (room.launcher.ended, room.state(training).phase) == ([], "running")


def test_after_a_restart_the_new_board_keeps_the_living_worker(room, training):
    before = contents(room.runs)
    board = room.another_board()
    for _ in range(3):
        assert board.tick() is True
    assert room.launcher.launched == [training]
    assert contents(room.runs) == before
    room.launcher.finishes(training)
    board.tick()
    assert room.state(training).phase == "finished"
    assert len(room.launcher.launched) == 2


def test_after_a_restart_the_new_board_stops_the_living_worker(room, training):
    room.board.stop(training)
    board = room.another_board()
    board.tick()
    room.clock.now += STOP_GRACE + 0.1
    board.tick()
    assert (room.launcher.ended, room.state(training).phase) == ([training], "stopped")


def test_after_a_restart_the_new_board_buries_the_dead_worker(room, training):
    room.launcher.dies(training)
    board = room.another_board()
    board.tick()
    board.tick()
    assert room.state(training).phase == "failed"
    assert len(room.launcher.launched) == 2


def test_after_a_restart_a_hung_worker_gets_the_whole_time_again(room, training):
    room.later(SILENCE - 1)
    board = room.another_board()
    board.tick()
    room.clock.now += SILENCE - 1
    board.tick()
    assert room.launcher.ended == []
    room.clock.now += 2
    board.tick()
    assert room.launcher.ended == [training]


def test_another_process_with_the_same_pid_counts_as_dead_and_is_left_alone(room, training):
    worker = room.state(training).worker
    (run,) = [room.launcher.living.pop(worker)]
    other = WorkerId(worker.pid, worker.started + 3_600.0)
    room.launcher.living[other] = run
    room.later(SILENCE + 1)
    assert room.state(training).phase == "failed"
    assert room.launcher.ended == []
    assert room.launcher.alive(other)


def test_an_active_run_without_a_worker_has_failed(room):
    run = RunFolder.create(room.runs, asked(), {"photos": PHOTOS})
    run.write_state(State(phase="running"))
    room.board.tick()
    assert run.state.phase == "failed"


def test_a_worker_that_cannot_be_launched_fails_its_run_with_a_sentence_and_the_next_one_starts(room, monkeypatch):
    def refuse(run, place):
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    with monkeypatch.context() as patch:
        patch.setattr(room.launcher, "launch", refuse)
        (first,) = room.submit()
    assert room.state(first).phase == "failed"
    assert room.state(first).error == "No worker could be started: Cannot allocate memory."
    (second,) = room.submit()
    assert room.launcher.launched == [second]


def test_a_worker_whose_start_cannot_be_written_down_does_not_get_a_twin(room, monkeypatch):
    write_state = RunFolder.write_state

    def full_disk(run, state):
        if state.phase != "queued":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_state(run, state)

    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "write_state", full_disk)
        with suppress(CatdogError, OSError):
            room.submit()
        with suppress(CatdogError, OSError):
            room.board.tick()
    with suppress(CatdogError, OSError):
        room.board.tick()
    assert len(room.launcher.living) <= 1


def test_a_full_disk_while_submitting_is_a_sentence(room, monkeypatch):
    write_state = RunFolder.write_state

    def full_disk(run, state):
        if state.phase != "queued":
            raise OSError(errno.ENOSPC, "No space left on device")
        write_state(run, state)

    monkeypatch.setattr(RunFolder, "write_state", full_disk)
    with suppress(DiskError):  # whether the run counts as queued or as refused, it is no traceback on the page
        room.submit()


def test_a_runs_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    runs = tmp_path / "runs"
    runs.write_text("a file in the way")
    with pytest.raises(DiskError, match=r"runs cannot be written \(.+\)\."):
        Board(runs, MemoryLauncher()).submit(asked(), PHOTOS)
    assert runs.read_text() == "a file in the way"


def test_a_board_that_watches_survives_a_folder_that_cannot_be_written_for_a_while(room):
    room.runs.parent.mkdir()
    room.runs.write_text("a file in the way")
    room.board.watch()
    thread = room.board.watching
    try:
        thread.join(0.5)  # long enough for several looks
        assert thread.is_alive()
        room.runs.unlink()
        run = RunFolder.create(room.runs, asked(), {"photos": PHOTOS})
        room.board.wake.set()
        until(lambda: room.launcher.launched == [run.id], seconds=5)
    finally:
        room.board.tick = lambda: False  # the thread lives as long as the process: from here on it sleeps


EDITED_STATES = {
    "broken": '{"phase": ',
    "list": "[]",
    "unknown phase": '{"phase": "sleeping"}',
    "word for a heartbeat": '{"phase": "running", "heartbeat": "soon"}',
    "pid that no process has": '{"phase": "running", "worker": {"pid": -5, "started": 1.0}}',
    "pid beyond counting": '{"phase": "running", "worker": {"pid": 1e999, "started": 1.0}}',
    "pid too large": '{"phase": "running", "worker": {"pid": 99999999999999999999999, "started": 1.0}}',
    "nested without end": "[" * 200_000,
}


class AsksTheSystem(MemoryLauncher):
    """Launches in memory, but asks the system about pids that it did not give."""

    def alive(self, worker: WorkerId) -> bool:
        return super().alive(worker) or LocalLauncher().alive(worker)


@pytest.mark.parametrize("text", EDITED_STATES.values(), ids=EDITED_STATES)
def test_a_hand_edited_state_does_not_stop_the_queue(room, text):
    room.launcher = AsksTheSystem()
    edited = RunFolder.create(room.runs, asked(), {"photos": PHOTOS})
    (edited.path / "state.json").write_text(text)
    board = room.another_board()
    board.tick()
    run_id = board.submit(asked(), PHOTOS)
    board.tick()
    assert room.launcher.launched == [run_id]
    assert [run.id for run in board.under_way()] == [run_id]


def test_a_waiting_run_whose_run_json_is_broken_does_not_block_the_next_ones(room):
    first, broken, third = room.submit(3)
    (RunFolder.open(room.runs, broken).path / "run.json").write_text("[]")
    before = (RunFolder.open(room.runs, broken).path / "run.json").read_bytes()
    room.launcher.finishes(first)
    room.board.tick()
    if broken in room.launcher.launched:  # its worker finds that it cannot read what was asked
        room.launcher.finishes(broken, "failed", "run.json cannot be understood.")
    room.board.tick()
    assert room.launcher.launched[-1] == third
    assert room.state(broken).phase == "failed"
    assert (RunFolder.open(room.runs, broken).path / "run.json").read_bytes() == before


def test_a_broken_run_json_hides_no_other_run_under_way(room):
    first, broken, third = room.submit(3)
    edit_json(RunFolder.open(room.runs, broken).path / "run.json", format=9)
    assert [run.id for run in room.board.under_way()] == [first, third]
    assert room.board.place(third) == 1
    with pytest.raises(RunError, match="format 9"):
        room.board.snapshot(broken)


def test_a_broken_run_can_still_be_stopped(room):
    first, broken = room.submit(2)
    (RunFolder.open(room.runs, broken).path / "run.json").write_text("[]")
    room.board.stop(broken)
    assert room.phases([first, broken]) == ["starting", "stopped"]


def test_a_run_whose_folder_was_deleted_while_it_trained_makes_room_for_the_next(room, training):
    run = RunFolder.open(room.runs, training)
    for path in run.path.iterdir():
        path.unlink()
    run.path.rmdir()
    room.board.tick()
    assert len(room.launcher.launched) == 2
    assert len(room.board.under_way()) == 1


def test_only_the_last_state_of_a_run_that_ended_by_force_is_told(room, training):
    room.launcher.says(training, activity="Training", error="")
    room.board.stop(training)
    room.later(STOP_GRACE + 0.1)
    state = room.state(training)
    assert state == replace(state, phase="stopped", activity="", error="")

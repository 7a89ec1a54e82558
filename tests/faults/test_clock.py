"""The clock is set by hours, back and forth: runs start one by one, none is lost or started twice."""

import os
import time
from datetime import datetime, timedelta
from types import SimpleNamespace

import psutil
import pytest

from catdog.training import Board
from catdog.training import folder as folder_room
from catdog.training import voice as voice_room
from catdog.training.folder import RunFolder
from catdog.training.launcher import SILENCE, LocalLauncher, identity
from catdog.training.state import State, WorkerId
from catdog.training.voice import Voice
from tests.training.training_stand_ins import Room, asked, contents, new_run, until

HOUR = 3_600.0


class WallClock:
    """What people read on the clock, in this process: `time.time` and the day and time of new runs."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.offset = 0.0
        read = time.time
        patch.setattr(time, "time", lambda: read() + self.offset)
        now = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(seconds=self.offset))
        patch.setattr(folder_room, "datetime", now)

    def set_by(self, hours: float) -> None:
        self.offset += hours * HOUR


@pytest.fixture
def wall(monkeypatch) -> WallClock:
    return WallClock(monkeypatch)


@pytest.fixture
def room(tmp_path) -> Room:
    return Room(tmp_path / "home")


def train_all(room: Room) -> None:
    """Let one run after another finish, until none is left."""
    while room.board.tick():
        room.launcher.finishes(room.launcher.launched[-1])


@pytest.mark.parametrize("steps", [(-5,), (5,), (-5, 3, -7), (24, -48)], ids=str)
def test_runs_asked_for_while_the_clock_jumps_train_once_each_and_one_at_a_time(room, wall, steps):
    ids = room.submit(2)
    for step in steps:
        wall.set_by(step)
        ids += room.submit(2)
        assert len(room.launcher.launched) == 1
    train_all(room)
    assert sorted(room.launcher.launched) == sorted(ids)
    assert room.launcher.most_at_once == 1
    assert room.phases(ids) == ["finished"] * len(ids)


@pytest.mark.parametrize("hours", [-5, 5])
def test_the_places_that_are_shown_are_the_order_in_which_runs_start(room, wall, hours):
    ids = room.submit(3)
    wall.set_by(hours)
    ids += room.submit(2)
    assert sorted(map(room.board.place, ids)) == [0, 1, 2, 3, 4]
    promised = sorted(ids, key=room.board.place)
    assert promised[0] == ids[0]  # it trains already, whatever the others are called
    train_all(room)
    assert room.launcher.launched == promised


def test_a_run_asked_for_in_an_hour_that_comes_twice_gets_a_folder_of_its_own(room, monkeypatch):
    moment = datetime(2026, 10, 25, 2, 30)
    monkeypatch.setattr(folder_room, "datetime", SimpleNamespace(now=lambda zone: moment.replace(tzinfo=zone)))
    first = new_run(room.runs)
    before = contents(first.path)
    moments = iter([moment, moment + timedelta(milliseconds=1)])
    monkeypatch.setattr(folder_room, "datetime", SimpleNamespace(now=lambda zone: next(moments).replace(tzinfo=zone)))
    second = new_run(room.runs)
    assert first.id != second.id
    assert contents(first.path) == before


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_clock_that_is_set_while_a_run_trains_ends_no_worker(room, wall, hours):
    training, waiting = room.submit(2)
    room.launcher.says(training, phase="running", heartbeat=time.time())
    room.later(SILENCE - 1)
    wall.set_by(hours)
    for _ in range(4):
        room.launcher.says(training, heartbeat=time.time())
        room.later(SILENCE - 1)
    assert (room.launcher.ended, room.phases([training, waiting])) == ([], ["running", "queued"])
    board = room.another_board()  # after a restart of the server, too
    board.tick()
    assert room.launcher.launched == [training]


def test_a_hung_worker_is_noticed_though_the_clock_was_set_back(room, wall):
    (training,) = room.submit()
    room.launcher.says(training, phase="running", heartbeat=time.time())
    room.board.tick()
    wall.set_by(-5)
    room.later(SILENCE + 1)
    assert room.launcher.ended == [training]


def test_a_worker_keeps_its_word_when_its_heartbeat_goes_back(tmp_path, wall, monkeypatch):
    monkeypatch.setattr(voice_room, "HEARTBEAT", 0.01)
    run = new_run(tmp_path / "home" / "runs")
    voice = Voice(run)
    voice.say(phase="running")
    before = run.state.heartbeat
    wall.set_by(-5)
    until(lambda: run.state.heartbeat < before)
    voice.end("finished")
    assert run.state.phase == "finished"
    assert run.state.heartbeat < before - 4 * HOUR


@pytest.fixture
def system_clock(monkeypatch):
    """Sets the clock of the whole machine, as psutil sees it: on Linux the moment moves at which the system began."""
    if not psutil.LINUX:
        pytest.skip("elsewhere the system notes when a process began, and the clock does not change it")
    began, moved = psutil._psplatform.boot_time, SimpleNamespace(by=0.0)
    monkeypatch.setattr(psutil._psplatform, "boot_time", lambda: began() + moved.by)
    return moved


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_worker_is_known_again_after_the_clock_was_set(system_clock, hours):
    me = identity(os.getpid())
    shown = psutil.Process().create_time()
    system_clock.by = hours * HOUR
    assert abs(psutil.Process().create_time() - shown) == abs(hours) * HOUR  # what psutil tells did move
    assert LocalLauncher().alive(me)
    assert identity(os.getpid()).started == pytest.approx(me.started, abs=0.01)
    assert not LocalLauncher().alive(WorkerId(me.pid, me.started + hours * HOUR))


def test_a_clock_that_is_set_at_that_very_moment_is_asked_again(system_clock, monkeypatch):
    me = identity(os.getpid())
    readings = iter([0.0, 0.0, 2.0] + [2.0] * 9)
    began = psutil._psplatform.boot_time

    def boot_time():
        system_clock.by = next(readings) * HOUR
        return began()

    monkeypatch.setattr(psutil._psplatform, "boot_time", boot_time)
    assert LocalLauncher().alive(me)


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_server_that_restarts_after_the_clock_was_set_adopts_the_living_worker(tmp_path, system_clock, hours):
    run = new_run(tmp_path / "home" / "runs")
    run.write_state(State(phase="running", worker=identity(os.getpid())))
    other = RunFolder.create(run.path.parent, asked(), {"photos": {}})
    system_clock.by = hours * HOUR
    for _ in range(2):
        assert Board(run.path.parent).tick()
    assert (run.state.phase, other.state.phase) == ("running", "queued")

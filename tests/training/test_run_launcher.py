"""Real processes without TensorFlow: who is alive, who is ended, and that nobody stays behind as a zombie."""

import os
import subprocess
import sys

import psutil
import pytest
from training_stand_ins import PHOTOS, asked, contents, new_run, until

from catdog.training import Board
from catdog.training.folder import RunFolder
from catdog.training.launcher import WHOLE, LocalLauncher, identity
from catdog.training.state import State, WorkerId

DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("ready", flush=True)
signal.pause()
"""
POLITE = """
import signal, sys
from pathlib import Path
def leave(number, frame):
    Path(sys.argv[1]).write_text("goodbye")
    sys.exit(0)
signal.signal(signal.SIGTERM, leave)
print("ready", flush=True)
signal.pause()
"""


@pytest.fixture
def launcher():
    return LocalLauncher()


@pytest.fixture
def process():
    """Starts a Python program that says "ready", and ends it after the test whatever happens."""
    started = []

    def start(program: str, *arguments: str) -> subprocess.Popen:
        child = subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True)
        started.append(child)
        assert child.stdout.readline() == "ready\n"
        return child

    yield start
    for child in started:
        child.kill()
        child.wait(10)
        child.stdout.close()


def gone(pid: int) -> bool:
    """No such process any more, not even as a zombie."""
    return not psutil.pid_exists(pid)


def test_this_process_is_alive_and_one_with_another_start_is_not(launcher):
    me = identity(os.getpid())
    assert launcher.alive(me)
    assert not launcher.alive(WorkerId(me.pid, me.started - 60.0))
    assert not launcher.alive(WorkerId(me.pid, me.started + 60.0))
    assert not launcher.alive(WorkerId(me.pid, 0.0))


def test_a_worker_that_an_older_catdog_started_and_wrote_down_by_the_clock_is_alive(launcher):
    begun = psutil.Process(os.getpid()).create_time()
    assert launcher.alive(WorkerId(os.getpid(), begun))
    assert not launcher.alive(WorkerId(os.getpid(), begun - 60.0))


@pytest.mark.parametrize("pid", [-5, 0, 2**22 + 1, 2**31, 10**30])
def test_a_pid_that_no_process_can_have_is_not_alive(launcher, pid):
    assert not launcher.alive(WorkerId(pid, 1.0))
    launcher.stop(WorkerId(pid, 1.0))


def test_the_identity_of_a_process_that_is_gone_has_no_start(process, launcher):
    child = process(POLITE, os.devnull)
    child.kill()
    child.wait(10)
    assert identity(child.pid) == WorkerId(child.pid, 0.0)
    assert not launcher.alive(identity(child.pid))


def test_a_process_that_ignores_the_request_to_end_is_ended(process, launcher):
    child = process(DEAF)
    worker = identity(child.pid)
    assert launcher.alive(worker)
    launcher.stop(worker)
    assert not launcher.alive(worker)
    assert gone(child.pid)


def test_a_process_is_asked_before_it_is_ended(process, launcher, tmp_path):
    child = process(POLITE, str(tmp_path / "last words"))
    launcher.stop(identity(child.pid))
    assert (tmp_path / "last words").read_text() == "goodbye"
    assert gone(child.pid)


def test_a_process_that_has_only_the_pid_in_common_is_not_ended(process, launcher):
    child = process(POLITE, os.devnull)
    launcher.stop(WorkerId(child.pid, identity(child.pid).started - 3_600.0))
    assert child.poll() is None


def test_a_zombie_of_another_parent_is_not_alive(process, launcher):
    child = process(POLITE, os.devnull)
    worker = identity(child.pid)
    child.kill()
    until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)  # nobody has waited for it yet
    assert not launcher.alive(worker)


def test_a_board_buries_a_run_whose_pid_now_belongs_to_another_and_leaves_that_one_alone(tmp_path, process):
    child = process(POLITE, os.devnull)
    run = new_run(tmp_path / "home" / "runs")
    run.write_state(State(phase="running", worker=WorkerId(child.pid, identity(child.pid).started - 3_600.0)))
    Board(tmp_path / "home" / "runs").tick()
    assert run.state.phase == "failed"
    assert child.poll() is None


def test_a_worker_stopped_before_it_loaded_anything_says_so_and_is_reaped(tmp_path):
    board = Board(tmp_path / "home" / "runs")
    run_id = board.submit(asked(), PHOTOS)
    run = RunFolder.open(board.runs, run_id)
    run.ask_to_stop()
    until(lambda: run.state.phase == "stopped", board)
    worker = run.state.worker
    assert set(contents(run.path)) == {"run.json", "state.json", "stop", "log.txt"}
    # A server trains hundreds of runs: none of their processes may stay as a zombie.
    until(lambda: gone(worker.pid), board, seconds=5)
    assert not board.launcher.alive(worker)


def test_a_spare_worker_takes_the_next_run_and_prints_into_its_log(tmp_path, launcher):
    run = new_run(tmp_path / "home" / "runs", epochs=1)
    launcher.prepare()
    launcher.prepare()
    spare = launcher.spare
    worker = launcher.launch(run, WHOLE)
    assert worker == identity(spare.pid)
    assert launcher.spare is None
    run.write_state(State(phase="starting", worker=worker))
    until(lambda: run.state.phase == "failed")  # there are no photos: it has found its run and begun with it
    assert run.state.error.startswith("The prepared photos 0123456789abcdef are missing")
    assert "post4-model1 on" in run.log.read_text(encoding="utf-8")
    until(lambda: not launcher.alive(worker) and gone(worker.pid))


def test_a_spare_worker_that_died_is_missed_only_by_its_absence(tmp_path, launcher):
    run = new_run(tmp_path / "home" / "runs")
    run.ask_to_stop()
    launcher.prepare()
    dead = launcher.spare
    dead.kill()
    dead.wait(10)
    worker = launcher.launch(run, WHOLE)
    run.write_state(State(phase="starting", worker=worker))
    assert worker.pid != dead.pid
    until(lambda: run.state.phase == "stopped")
    until(lambda: not launcher.alive(worker) and gone(worker.pid))


PREPARE_AND_LEAVE = """
from catdog.training.launcher import LocalLauncher
launcher = LocalLauncher()
launcher.prepare()
print(launcher.spare.pid)
"""


def test_a_spare_worker_ends_when_the_server_that_prepared_it_is_gone():
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    server = subprocess.run(
        [sys.executable, "-c", PREPARE_AND_LEAVE], env=environment, capture_output=True, text=True, check=True
    )
    spare = identity(int(server.stdout))
    assert spare.started > 0  # it is still loading Keras
    until(lambda: not LocalLauncher().alive(spare))


def test_a_worker_whose_run_json_is_missing_ends_by_itself_and_says_why(tmp_path, launcher):
    run = new_run(tmp_path / "home" / "runs")
    (run.path / "run.json").unlink()
    worker = launcher.launch(run, WHOLE)
    run.write_state(State(phase="starting", worker=worker))  # as the board does
    until(lambda: not launcher.alive(worker) and gone(worker.pid))
    assert run.state.phase == "failed"
    assert "run.json" in run.state.error
    assert "run.json" in run.log.read_text(encoding="utf-8")


def test_a_worker_leaves_a_run_alone_that_the_board_gave_to_another(tmp_path, launcher):
    run = new_run(tmp_path / "home" / "runs")
    run.write_state(State(phase="starting", worker=identity(os.getpid())))
    run.ask_to_stop()
    before = contents(run.path)
    worker = launcher.launch(run, WHOLE)
    until(lambda: not launcher.alive(worker))
    after = contents(run.path)
    after.pop("log.txt")
    assert after == before

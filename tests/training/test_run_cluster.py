"""Runs as jobs of a cluster: handed over, looked after, stopped, lost and begun anew. Ray is a stand-in here."""

import shlex
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from training_stand_ins import PHOTOS, Clock, asked, new_run, until, write_events

from catdog.errors import RunError, SettingError
from catdog.settings import RUNS_IN_TOTAL, Settings, settings
from catdog.training import Board, cluster
from catdog.training.cluster import LOOK, PATIENCE, SILENCE, SILENT, Cluster, RayLauncher
from catdog.training.engine import open_board
from catdog.training.folder import RunFolder
from catdog.training.launcher import LocalLauncher, identity
from catdog.training.lookout import LOSSES, LOST
from catdog.training.state import State, WorkerId

DIED, TOO_LONG = "JOB_SUPERVISOR_ACTOR_DIED", "JOB_SUPERVISOR_ACTOR_START_TIMEOUT"
OWN_END, SETUP = "JOB_ENTRYPOINT_COMMAND_ERROR", "RUNTIME_ENV_SETUP_FAILURE"


@dataclass
class PretendRay:
    """A job server in memory, and the client that asks it. `hangs` holds back every answer, `refuses` raises."""

    jobs: dict[str, SimpleNamespace] = field(default_factory=dict)
    submitted: list[dict[str, Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    gpus: int = 0
    refuses: Exception | None = None
    answers: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.answers.set()

    def connect(self, address: str) -> "PretendRay":
        self._answer()
        return self

    def list_jobs(self) -> list[SimpleNamespace]:
        self._answer()
        return list(self.jobs.values())

    def submit_job(self, **asked: Any) -> None:
        self._answer()
        self.submitted.append(asked)
        job = asked["submission_id"]
        self.jobs[job] = SimpleNamespace(submission_id=job, status=SimpleNamespace(value="PENDING"), error_type=None)
        self.jobs[job].message = "Job has not started yet."

    def stop_job(self, job: str) -> None:
        self._answer()
        self.stopped.append(job)

    def becomes(self, job: str, status: str, error: str | None = None, message: str = "") -> None:
        self.jobs[job].status.value, self.jobs[job].error_type, self.jobs[job].message = status, error, message

    def _answer(self) -> None:
        assert self.answers.wait(20)
        if self.refuses:
            raise self.refuses


class Room:
    """A board whose runs go to a pretended cluster, with a clock that stands still for board and launcher."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch, cpus: int | None = 1) -> None:
        self.runs, self.clock, self.ray = home / "runs", Clock(), PretendRay()
        monkeypatch.setattr(cluster, "time", SimpleNamespace(monotonic=self.clock, time_ns=self._time_ns))
        self.named = 0
        self.launcher = RayLauncher(Cluster("http://head:8265", self.ray.connect, lambda _: self.ray.gpus), cpus)
        self.board = Board(self.runs, self.launcher, self.clock)

    def _time_ns(self) -> int:
        self.named += 1
        return self.named * 1_000_000

    def submit(self, **overrides: Any) -> RunFolder:
        """Queue a run; the cluster has taken it, or has said why not."""
        run = RunFolder.open(self.runs, self.board.submit(asked(**overrides), PHOTOS))
        self.settles()
        return run

    def settles(self) -> None:
        """The answers come that are still under way, and the board looks."""
        until(lambda: all(answer.done() for _, answer in self.launcher._handed.values()))
        self.board.tick()

    def learns(self) -> None:
        """The board asks, the answer comes, and it looks again."""
        self.clock.now += LOOK
        self.board.tick()
        until(self.launcher._answer.done)
        self.board.tick()
        self.settles()

    def begins(self, run: RunFolder) -> str:
        """Its job has found a machine, and its worker speaks; returns the job's name."""
        job = run.state.worker.job
        self.ray.becomes(job, "RUNNING")
        run.write_state(State(phase="running", worker=run.state.worker, heartbeat=self.clock.now, lost=run.state.lost))
        return job


@pytest.fixture
def room(tmp_path, monkeypatch) -> Room:
    return Room(tmp_path / "home", monkeypatch)


def test_every_run_is_handed_over_in_its_order_and_waits_in_the_cluster_s_queue(room):
    ids = [room.board.submit(asked(), PHOTOS) for _ in range(3)]
    runs = [RunFolder.open(room.runs, run_id) for run_id in ids]
    for _ in runs:
        room.settles()
    assert [run.state.phase for run in runs] == ["queued"] * 3
    assert [run.state.worker.job for run in runs] == [asked["submission_id"] for asked in room.ray.submitted]
    room.learns()
    assert [asked["metadata"]["run"] for asked in room.ray.submitted] == ids
    assert [run.id for run in room.board.under_way()] == [run.id for run in runs]


def test_a_job_asks_for_cpus_and_brings_the_code_and_the_run_s_folder(room, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", "/mnt/lab/keras")
    run = room.submit()
    (asked,) = room.ray.submitted
    assert asked["entrypoint_num_cpus"] == 1 and "entrypoint_num_gpus" not in asked
    job = asked["submission_id"]
    assert shlex.split(asked["entrypoint"]) == ["python", "-m", "catdog.training.worker", str(run.path), job]
    environment = asked["runtime_env"]
    assert environment["env_vars"]["KERAS_HOME"] == "/mnt/lab/keras"
    assert environment["env_vars"]["TF_NUM_INTRAOP_THREADS"] == "1"
    (code,) = environment["py_modules"]
    assert (Path(code) / "training" / "worker.py").is_file()


@pytest.mark.parametrize(("all_devices", "gpus"), [(False, 1), (True, 4)])
def test_where_a_machine_has_gpus_a_job_asks_for_one_or_for_all_of_it(tmp_path, monkeypatch, all_devices, gpus):
    room = Room(tmp_path, monkeypatch, cpus=None)
    room.ray.gpus = 4
    room.submit(all_devices=all_devices)
    (asked,) = room.ray.submitted
    assert asked["entrypoint_num_gpus"] == gpus and "entrypoint_num_cpus" not in asked
    assert "TF_NUM_INTRAOP_THREADS" not in asked["runtime_env"]["env_vars"]


def test_cpus_that_someone_named_are_asked_for_although_there_are_gpus(tmp_path, monkeypatch):
    room = Room(tmp_path, monkeypatch, cpus=3)
    room.ray.gpus = 4
    room.submit()
    assert room.ray.submitted[0]["entrypoint_num_cpus"] == 3


def test_a_job_that_came_after_the_question_is_not_taken_for_lost(room):
    room.ray.answers.clear()
    room.clock.now += LOOK
    room.board.tick()  # asks, and hears nothing yet
    answers, asked = room.launcher._answer, []
    job = WorkerId(job="catdog-other-1")
    assert room.launcher.alive(job)  # another board has just submitted it
    room.ray.answers.set()
    until(answers.done)
    assert room.launcher.alive(job), asked


def test_a_worker_that_ends_by_itself_is_buried_as_on_one_machine(room):
    run = room.submit()
    job = room.begins(run)
    run.log.write_text("ValueError: nothing fits\n", encoding="utf-8")
    room.ray.becomes(job, "FAILED", OWN_END, "Job entrypoint command failed with exit code 1")
    room.learns()
    assert run.state.phase == "failed"
    assert run.state.error == "The worker ended with an error (ValueError: nothing fits). The log tells more."


def test_a_job_that_cannot_be_set_up_fails_with_what_the_cluster_says(room):
    run = room.submit()
    room.learns()
    room.ray.becomes(run.state.worker.job, "FAILED", SETUP, "runtime_env setup failed:\n no room")
    room.learns()
    assert run.state.phase == "failed"
    assert run.state.error == "The worker could not be started: runtime_env setup failed: no room"


def test_a_machine_that_does_not_see_the_folder_says_so(room):
    run = room.submit()
    told = (
        "Job entrypoint command failed with exit code 1, last available logs:\nThis machine does not see it: mount it."
    )
    room.ray.becomes(run.state.worker.job, "FAILED", OWN_END, told)
    room.learns()
    assert run.state.error == "The worker could not be started: This machine does not see it: mount it."


def test_a_run_on_a_lost_machine_is_handed_over_once_more_and_keeps_its_backup(room):
    run = room.submit()
    job = room.begins(run)
    run.backup.mkdir()
    (run.backup / "training_metadata.json").write_text("{}", encoding="utf-8")
    room.ray.becomes(job, "FAILED", DIED, "The actor died because its node has died.")
    room.learns()
    again = run.state
    assert (again.phase, again.lost, again.activity) == ("queued", 1, LOST)
    room.learns()
    assert run.state.worker.job not in ("", job)
    assert run.has_backup
    assert [asked["submission_id"] for asked in room.ray.submitted] == [job, run.state.worker.job]


def test_a_run_that_loses_one_machine_after_the_other_fails_in_the_end(room):
    run = room.submit()
    for _ in range(LOSSES + 1):
        room.learns()
        room.ray.becomes(room.begins(run), "FAILED", DIED)
        room.learns()
    assert run.state.phase == "failed"
    assert f"was lost, {LOSSES + 1} times in all" in run.state.error
    assert len(room.ray.submitted) == LOSSES + 1


def test_a_job_that_waited_longer_than_the_head_allows_is_handed_over_again_as_often_as_need_be(room):
    run = room.submit()
    for _ in range(LOSSES + 3):
        room.learns()
        room.ray.becomes(run.state.worker.job, "FAILED", TOO_LONG)
        room.learns()
    assert (run.state.phase, run.state.lost, run.state.activity) == ("queued", 0, "")


def test_a_run_that_waited_on_a_machine_that_is_lost_has_lost_nothing(room):
    run = room.submit()
    for _ in range(LOSSES + 3):
        room.learns()
        room.ray.becomes(run.state.worker.job, "FAILED", DIED, "The actor never ran.")
        room.learns()
    assert (run.state.phase, run.state.lost, run.state.activity) == ("queued", 0, "")


def test_a_stop_reaches_a_job_that_waits(room):
    run = room.submit()
    job = run.state.worker.job
    room.board.stop(run.id)
    assert run.state.phase == "stopped"
    until(lambda: room.ray.stopped == [job])


def test_a_stop_is_the_worker_s_to_carry_out_and_after_a_while_the_cluster_s(room):
    run = room.submit()
    job = room.begins(run)
    room.learns()
    room.board.stop(run.id)
    room.clock.now += room.launcher.grace / 2
    room.board.tick()
    assert room.ray.stopped == []
    room.clock.now += room.launcher.grace
    room.board.tick()
    room.board.tick()
    until(lambda: room.ray.stopped == [job])  # once, not at every look
    assert run.state.phase == "running"  # until it is gone it may still write
    room.ray.becomes(job, "STOPPED")
    room.learns()
    assert run.state.phase == "stopped"


@pytest.mark.parametrize("how", ["refuses the connection", "never answers"])
def test_while_the_head_is_gone_runs_wait_and_the_reason_is_told(room, how):
    room.submit()
    room.learns()
    if how == "never answers":
        room.ray.answers.clear()
        room.clock.now += LOOK
        room.board.tick()
        room.clock.now += PATIENCE + 0.1
        room.board.tick()
    else:
        room.ray.refuses = ConnectionError("Failed to connect")
        room.learns()
    assert room.board.trouble == SILENT
    run = room.submit()
    assert run.state.waits and len(room.ray.submitted) == 1
    room.ray.refuses = None
    room.ray.answers.set()
    until(room.launcher._answer.done)
    room.learns()
    room.board.tick()
    assert room.board.trouble == ""
    assert len(room.ray.submitted) == 2


def test_what_the_cluster_refuses_waits_with_its_reason(room):
    room.learns()
    submit, room.ray.submit_job = room.ray.submit_job, _no_room
    run = room.submit()
    assert run.state.waits
    assert room.board.trouble == "The cluster refuses runs: Request failed with status code 500."
    room.ray.submit_job = submit
    room.learns()
    room.board.tick()
    assert run.state.worker is not None


def _no_room(**asked: Any) -> None:
    raise RuntimeError("Request failed with status code 500.")


def test_a_worker_that_goes_on_while_the_head_is_gone_is_left_alone(room):
    run = room.submit()
    room.begins(run)
    room.ray.refuses = ConnectionError("Failed to connect")
    for beat in range(4):
        run.write_state(State(phase="running", worker=run.state.worker, heartbeat=float(beat)))
        room.clock.now += SILENCE / 2
        room.learns()
    assert (run.state.phase, run.state.lost) == ("running", 0)


def test_a_worker_that_falls_silent_together_with_the_head_is_replaced_when_there_is_one_again(room):
    run = room.submit()
    job = room.begins(run)
    room.learns()
    room.ray.refuses = ConnectionError("Failed to connect")
    room.learns()
    room.clock.now += SILENCE + 1
    room.board.tick()
    assert (run.state.phase, run.state.lost, run.state.worker) == ("queued", 1, None)
    room.ray.refuses, room.ray.jobs = None, {}  # a new head, which knows nothing of the old one's jobs
    room.learns()
    room.board.tick()
    assert run.state.worker.job != job


def test_a_job_that_a_new_head_does_not_know_is_handed_to_it(room):
    run = room.submit()
    job = room.begins(run)
    room.learns()
    room.ray.jobs = {}
    room.learns()
    assert run.state.lost == 1
    room.board.tick()
    assert run.state.worker.job != job


def test_a_board_without_the_cluster_leaves_its_runs_alone(room, tmp_path):
    run = room.submit()
    room.begins(run)
    here = Board(room.runs, LocalLauncher(), room.clock)
    here.tick()
    assert run.state.phase == "running"


def test_runs_that_were_begun_without_the_cluster_end_as_ever(room):
    run = new_run(room.runs)
    me = identity(1)  # a process that lives, and is not ours to end
    run.write_state(State(phase="running", worker=me))
    assert room.launcher.alive(me) == LocalLauncher().alive(me)
    run.write_state(State(phase="running", worker=WorkerId(2**22 + 1, 1.0)))
    room.board.tick()
    assert run.state.phase == "failed"


def test_progress_that_nobody_can_go_on_from_is_forgotten(tmp_path):
    run = new_run(tmp_path / "runs")
    write_events(run, {"kind": "epoch", "epoch": 1})
    run.best_weights.write_bytes(b"weights")
    run.forget_progress()
    assert not run.events.exists() and not run.best_weights.exists()
    run.forget_progress()


def test_a_cluster_has_room_for_a_course(room, monkeypatch):
    assert room.launcher.most_runs > RUNS_IN_TOTAL
    monkeypatch.setattr(room.launcher, "most_runs", 2)
    room.submit()
    room.submit()
    with pytest.raises(RunError, match="2 runs train or wait, and 2 may be under way"):
        room.submit()
    assert room.board.submit(asked(), PHOTOS, limited=False)


def test_settings_name_the_cluster_and_its_cpus(tmp_path):
    named = settings({"CATDOG_HOME": str(tmp_path), "CATDOG_CLUSTER": "ray://head:10001", "CATDOG_CLUSTER_CPUS": "4"})
    assert (named.cluster, named.cluster_cpus) == ("ray://head:10001", 4)
    assert settings({"CATDOG_HOME": str(tmp_path)}).cluster == ""


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("CATDOG_CLUSTER", "head:8265", "must begin with ray://, http:// or https://"),
        ("CATDOG_CLUSTER", "file:///etc", "must begin with"),
        ("CATDOG_CLUSTER_CPUS", "many", "Give a whole number"),
        ("CATDOG_CLUSTER_CPUS", "0", "must lie between 1 and"),
    ],
)
def test_settings_that_name_no_cluster_are_refused(name, text, says):
    with pytest.raises(SettingError, match=says):
        settings({name: text})


def test_a_cluster_without_ray_installed_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr("catdog.training.engine.find_spec", lambda name: None)
    with pytest.raises(SettingError, match="requirements-cluster.txt"):
        open_board(Settings(home=tmp_path, cluster="http://head:8265"))
    assert isinstance(open_board(Settings(home=tmp_path)).launcher, LocalLauncher)

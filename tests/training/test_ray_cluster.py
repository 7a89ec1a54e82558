"""The same runs on a real Ray cluster: spread over its machines, and whole although one, or the head, is lost."""

from collections import Counter
from dataclasses import replace

import psutil
import pytest
from ray_cluster import free_port, ray_cluster
from training_stand_ins import asked, until

from catdog.settings import settings
from catdog.training import Board, Snapshot
from catdog.training.cluster import ray_client
from catdog.training.engine import open_board
from catdog.training.events import read_events
from catdog.training.folder import RunFolder

pytest.importorskip("ray", reason="needs Ray: pip install -r requirements-cluster.txt")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

RUNS, LONG = 12, 40  # epochs of a run that must not be over before its machine is
A_START = 240.0  # seconds that a shared machine may take to load TensorFlow


@pytest.fixture
def lab(photos, monkeypatch):
    """A cluster of two workers, and a board that hands its runs to it."""
    port = free_port()
    monkeypatch.setenv("CATDOG_CLUSTER", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("CATDOG_CLUSTER_CPUS", "1")
    with ray_cluster(port) as cluster:
        yield cluster, open_board(settings())
    until(lambda: not training(settings().runs), seconds=30)


def training(runs) -> list[psutil.Process]:
    """The processes of this machine that train one of these runs."""
    return [one for one in psutil.process_iter(["cmdline"]) if str(runs) in " ".join(one.info["cmdline"] or ())]


def machines(board: Board) -> dict[str, str]:
    """On which machine each job of the cluster is or was."""
    return {one.submission_id: one.driver_node_id for one in ray_client(board.launcher.cluster.address).list_jobs()}


def epochs(run: Snapshot, board: Board) -> list[int]:
    """The numbers of the epochs that its events tell of, in their order."""
    events = read_events(RunFolder.open(board.runs, run.id).events)
    return [event["epoch"] for event in events if event["kind"] == "epoch"]


def has_begun(board: Board, run_id: str) -> bool:
    return RunFolder.open(board.runs, run_id).has_backup and board.snapshot(run_id).phase == "running"


def test_twelve_runs_are_spread_over_two_machines_and_all_finish_although_one_is_lost(lab, photos):
    cluster, board = lab
    first = board.submit(asked(epochs=LONG, limit=8), photos.reference)
    ids = [first, *(board.submit(asked(epochs=2, seed=seed), photos.reference) for seed in range(1, RUNS))]
    until(lambda: has_begun(board, first), board, A_START)
    job = board.snapshot(first).state.worker.job
    victim = next(one for one in cluster.workers if one.node_id == machines(board)[job])
    cluster.cut_power(victim)
    cluster.add_worker()  # in its place
    until(lambda: not board.busy, board, 3 * A_START)

    runs = [board.snapshot(run_id) for run_id in ids]
    assert [(run.phase, run.state.error) for run in runs] == [("finished", "")] * RUNS
    assert [run.state.lost for run in runs] == [1] + [0] * (RUNS - 1)
    assert all(epochs(run, board) == list(range(1, run.request.epochs + 1)) for run in runs)  # none twice, none lost
    assert all(run.test_accuracy is not None for run in runs)
    where = machines(board)
    assert len(where) > RUNS  # those that waited on the lost machine were handed over once more as well
    assert len(Counter(where.values())) >= 2
    assert victim.node_id not in {where[run.state.worker.job] for run in runs[-2:]}


def test_a_stop_and_a_failure_are_told_as_on_one_machine(lab, photos):
    _, board = lab
    bad = board.submit(asked(epochs=1), {"fingerprint": "0" * 16, "name": "gone"})
    run_id = board.submit(asked(epochs=LONG), photos.reference)
    until(lambda: board.snapshot(bad).over, board, A_START)
    assert board.snapshot(bad).phase == "failed"
    assert board.snapshot(bad).state.error.startswith("The prepared photos 0000000000000000 are missing")
    until(lambda: has_begun(board, run_id), board, A_START)
    board.stop(run_id)
    until(lambda: board.snapshot(run_id).over, board, 60)
    assert board.snapshot(run_id).phase == "stopped"
    board.resume(run_id)
    until(lambda: has_begun(board, run_id) and board.snapshot(run_id).steps, board, A_START)
    board.stop(run_id)
    until(lambda: not board.busy, board, 60)
    run = board.snapshot(run_id)
    assert epochs(run, board) == list(range(1, run.epochs_done + 1))


def test_a_run_goes_on_under_a_new_head_when_the_old_one_is_lost(lab, photos):
    cluster, board = lab
    run_id = board.submit(asked(epochs=LONG, limit=8), photos.reference)
    until(lambda: has_begun(board, run_id), board, A_START)
    for node in (*cluster.workers, cluster.cluster.head_node):
        cluster.cut_power(node)
    until(lambda: board.trouble, board, 60)
    assert "does not answer" in board.trouble
    waiting = board.submit(asked(epochs=1), photos.reference)
    assert board.snapshot(waiting).phase == "queued"
    cluster.end()
    with ray_cluster(int(board.launcher.cluster.address.rpartition(":")[2])):
        until(lambda: not board.busy, board, 3 * A_START)
    assert board.trouble == ""
    for run in map(board.snapshot, (run_id, waiting)):
        assert (run.phase, run.state.error) == ("finished", "")
        assert epochs(run, board) == list(range(1, run.request.epochs + 1))
    assert board.snapshot(run_id).state.lost == 1


def test_a_worker_that_was_replaced_says_nothing_more(lab, photos):
    _, board = lab
    run_id = board.submit(asked(epochs=LONG, limit=8), photos.reference)
    run = RunFolder.open(board.runs, run_id)
    until(lambda: has_begun(board, run_id), board, A_START)
    other = replace(run.state, worker=replace(run.state.worker, job="catdog-another-1"), heartbeat=0.0)
    run.write_state(other)
    until(lambda: not training(board.runs), seconds=60)  # the board looks away: a machine that was cut off
    assert run.state == other
    run.end("stopped")

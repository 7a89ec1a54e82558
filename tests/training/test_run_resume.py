"""A run that broke off goes on from its backup: the board's rules, what a backup holds, and real processes killed."""

import json
import math
import os
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from itertools import pairwise

import psutil
import pytest
from training_stand_ins import ABOUT, PHOTOS, Room, asked, contents, edit_json, scratch_files, until

from catdog.errors import RunError
from catdog.recipes import recipe
from catdog.settings import RUNS_OF_ONE, settings
from catdog.terminal import main
from catdog.training import Board, RunRequest
from catdog.training.events import cut_events, read_events
from catdog.training.folder import BACKED_UP, RunFolder
from catdog.training.launcher import SILENCE, STOP_GRACE


@pytest.fixture
def room(tmp_path) -> Room:
    return Room(tmp_path / "home")


def broken_off(room: Room, phase: str = "failed", visitor: str = "") -> RunFolder:
    """A run that is over and has left a backup."""
    run = RunFolder.open(room.runs, room.board.submit(asked(), PHOTOS, visitor))
    room.launcher.finishes(run.id, phase, "It was killed." if phase == "failed" else "")
    run.backup.mkdir()
    (run.backup / BACKED_UP).touch()
    room.board.tick()
    return run


# The board


@pytest.mark.parametrize("phase", ["failed", "stopped"])
def test_a_run_that_broke_off_and_has_a_backup_is_queued_and_started_again(room, phase):
    run = broken_off(room, phase)
    run.ask_to_stop()
    run.write_evaluation({"test": {}})
    assert room.board.snapshot(run.id).resumable
    room.board.resume(run.id)
    assert room.launcher.launched == [run.id] * 2
    assert (run.state.phase, run.state.error, run.stop_asked, run.evaluation()) == ("starting", "", False, None)
    assert not room.board.snapshot(run.id).resumable
    room.launcher.finishes(run.id)
    room.board.tick()
    assert (room.board.count("finished"), room.board.under_way()) == (1, [])
    assert not room.board.snapshot(run.id).resumable


def test_a_resumed_run_waits_for_its_turn(room):
    run = broken_off(room)
    (other,) = room.submit()
    room.board.resume(run.id)
    assert room.phases([run.id, other]) == ["queued", "starting"]
    assert [one.id for one in room.board.under_way()] == [other, run.id]
    room.launcher.finishes(other)
    room.board.tick()
    assert room.state(run.id).phase == "starting"


def refused(room: Room, run: RunFolder, match: str) -> None:
    before = contents(room.runs)
    with pytest.raises(RunError, match=match):
        room.board.resume(run.id)
    assert contents(room.runs) == before


def test_a_run_that_has_finished_or_is_not_over_is_not_resumed(room):
    refused(room, broken_off(room, "finished"), "has finished: there is nothing left to resume")
    trains, waits = (RunFolder.open(room.runs, run_id) for run_id in room.submit(2))
    for run in (trains, waits):
        refused(room, run, "trains or waits for its turn already")


def test_a_run_without_a_backup_is_not_resumed_and_not_said_to_be_resumable(room):
    run = broken_off(room)
    shutil.rmtree(run.backup)
    refused(room, run, "ended before its first backup. Start a new run")
    run.backup.mkdir()
    assert not room.board.snapshot(run.id).resumable
    (run.backup / f"{BACKED_UP}.bkp").touch()
    assert room.board.snapshot(run.id).resumable


@pytest.mark.parametrize("file", ["run.json", "state.json"])
def test_a_run_that_cannot_be_read_is_not_resumed(room, file):
    run = broken_off(room)
    (run.path / file).write_text("[]")
    refused(room, run, file)


def test_what_is_not_there_is_not_resumed(room):
    with pytest.raises(RunError, match="There is no run"):
        room.board.resume("20261105-130709123-post4-model1")


def test_a_visitor_who_has_as_many_runs_as_may_be_resumes_none(room):
    run = broken_off(room, visitor="one")
    for _ in range(RUNS_OF_ONE):
        room.board.submit(asked(), PHOTOS, visitor="one")
    with pytest.raises(RunError, match="2 runs of yours train or wait"):
        room.board.resume(run.id, visitor="one")
    room.board.resume(run.id)


@pytest.mark.parametrize("looks_between", [True, False])
def test_another_board_learns_that_a_run_which_it_saw_end_was_resumed(room, looks_between):
    other, run = room.another_board(), broken_off(room)
    other.tick()
    assert (other.count("failed"), other.under_way()) == (1, [])
    room.board.resume(run.id)
    if looks_between:
        assert other.tick() is True
        assert [one.id for one in other.under_way()] == [run.id]
        assert (other.count("failed"), other.newest_over(9)[0]) == (0, [])
    room.launcher.finishes(run.id)
    other.tick()
    assert [one.phase for one in other.newest_over(9)[0]] == ["finished"]
    assert [one.phase for one in other.newest(9)[0]] == ["finished"]


def test_two_boards_that_resume_one_run_start_one_worker(room):
    other, run = room.another_board(), broken_off(room)
    room.board.resume(run.id)
    with pytest.raises(RunError, match="already"):
        other.resume(run.id)
    other.tick()
    assert room.launcher.launched == [run.id] * 2


def test_a_resumed_run_has_the_whole_time_to_stop_and_to_give_a_sign_again(room):
    boards, run = (room.board, room.another_board()), broken_off(room, "stopped")
    room.board.resume(run.id)
    for time in ("first", "second"):
        room.launcher.says(run.id, phase="running", heartbeat=5.0)
        for board in boards:
            board.tick()
        room.clock.now += SILENCE - 1
        room.board.stop(run.id)
        for board in boards:
            board.tick()
        assert room.launcher.ended == ([] if time == "first" else [run.id])
        room.clock.now += STOP_GRACE + 0.1
        for board in boards:
            board.tick()
        assert room.state(run.id).phase == "stopped"
        if time == "first":
            room.board.resume(run.id)


def test_runs_that_have_ended_are_not_read_at_every_look(room, monkeypatch):
    for _ in range(3):
        broken_off(room)
    read, states = RunFolder.read_state, []
    monkeypatch.setattr(RunFolder, "read_state", lambda run: states.append(run.id) or read(run))
    for _ in range(3):
        room.board.tick()
        room.board.count("failed")
    assert states == []


# The events


def told(epoch: int, kind: str = "epoch", **more: float) -> dict:
    return {"kind": kind, "epoch": epoch, "seconds": float(epoch), **more}


def test_the_events_are_cut_after_the_last_epoch_that_is_backed_up(tmp_path):
    path = tmp_path / "events.jsonl"
    kept = [told(1, "step"), told(1), told(2, "step"), told(2, val_accuracy=0.5)]
    lost = [told(3, "step"), told(3), told(4, "step")]
    path.write_text("".join(json.dumps(one) + "\n" for one in kept + lost) + '{"kind": "st')
    whole = path.read_bytes()
    assert cut_events(path, 2) == [kept[1], kept[3]]
    assert path.read_bytes() == whole[: len(path.read_bytes())]
    assert read_events(path) == tuple(kept)
    assert cut_events(path, 2) == [kept[1], kept[3]]
    assert read_events(path) == tuple(kept)
    assert scratch_files(tmp_path) == []


@pytest.mark.parametrize("events", [[], [told(1)], [told(1), told(3)], [told(2), told(1)], [told(1), told(1)]])
def test_events_that_do_not_reach_the_backup_are_left_and_a_sentence_says_so(tmp_path, events):
    path = tmp_path / "events.jsonl"
    if events:
        path.write_text("".join(json.dumps(one) + "\n" for one in events))
    before = contents(tmp_path)
    with pytest.raises(RunError, match=r"The backup was made after epoch 2, .* Start a new run\."):
        cut_events(path, 2)
    assert contents(tmp_path) == before


# The backup


class Killed(BaseException):
    """Stands for the end of a worker that has no time to do anything about it."""


WAYS = {  # each network, and each way that a run can be fed
    "plain": ("post4-model1", {}),
    "augmented": ("post4-model2", {}),
    "preprocessed": ("post4-model3", {}),
    "exact": ("post4-model4", {"base": "embedded"}),
    "features": ("post4-model4", {"base": "embedded", "copies": 1}),
}
EPOCHS = 4


class Life:
    """One run's life in this process: `worker` works until it ends or is killed at the end of an epoch's event."""

    def __init__(self, photos, key: str, **asked):
        request = RunRequest.of(
            recipe(key), **{"epochs": EPOCHS, "batch_size": 4, "limit": 8, "seed": 5, "precision": "float32"} | asked
        )
        self.run = RunFolder.create(settings().runs, request, ABOUT | {"photos": photos.reference})

    def worker(self, monkeypatch, killed_in: int | None = None, moment: str = "on_train_batch_end") -> None:
        """Work on the run; `killed_in` is the epoch, from 1, at whose first such moment it is killed."""
        from catdog.training.fit import Reporter, train
        from catdog.training.voice import Voice

        voice, original = Voice(self.run), getattr(Reporter, moment)

        def kill(reporter, number, logs=None):
            if reporter.epoch == killed_in:
                raise Killed
            original(reporter, number, logs)

        with monkeypatch.context() as patch:
            patch.setattr(Reporter, moment, kill)
            try:
                train(self.run, self.run.request, voice)
                voice.end("finished")
            except Killed:
                voice.end("failed")

    @property
    def epochs(self) -> list[dict]:
        return [event for event in read_events(self.run.events) if event["kind"] == "epoch"]

    def best(self):
        """The weights of the best epoch."""
        from catdog.models.build import build

        model = build(self.run.request.network, pretrained=False)
        model.load_weights(self.run.best_weights)
        return model.get_weights()


@pytest.fixture
def after_every_epoch(monkeypatch):
    """A backup after every epoch, however short."""
    from catdog.training.backup import Backup

    monkeypatch.setattr(Backup, "PAUSE", 0.0)
    monkeypatch.setattr(Backup, "SHARE", math.inf)


def same_curves(one: list[dict], other: list[dict]) -> None:
    assert [event["epoch"] for event in one] == [event["epoch"] for event in other]
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        mine, wanted = ([event[name] for event in events] for events in (one, other))
        assert mine == pytest.approx(wanted, abs=5e-5), name


def same_weights(one: list, other: list) -> None:
    assert len(one) == len(other)
    for mine, wanted in zip(one, other, strict=True):
        assert mine == pytest.approx(wanted, rel=1e-3, abs=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
def test_a_run_that_was_killed_goes_on_as_if_nothing_had_been(way, photos, monkeypatch, after_every_epoch):
    key, asked = WAYS[way]
    whole, broken = (Life(photos, key, **asked) for _ in range(2))
    whole.worker(monkeypatch)
    broken.worker(monkeypatch, killed_in=3)
    before = broken.epochs
    assert (len(before), broken.run.has_backup, broken.run.model.exists()) == (2, True, False)
    broken.worker(monkeypatch)
    assert broken.epochs[:2] == before
    same_curves(broken.epochs, whole.epochs)
    same_weights(broken.best(), whole.best())
    seconds = [event["seconds"] for event in broken.epochs]
    assert all(sooner < later for sooner, later in pairwise(seconds))
    assert broken.epochs[-1]["seconds_left"] == 0
    assert broken.run.evaluation()["test"]["accuracy"] == whole.run.evaluation()["test"]["accuracy"]


@pytest.mark.slow
def test_a_run_that_was_killed_while_it_was_scored_is_scored_and_trains_no_further(
    photos, monkeypatch, after_every_epoch
):
    life = Life(photos, "post4-model4", base="embedded", copies=1)
    life.worker(monkeypatch, killed_in=EPOCHS, moment="on_predict_batch_end")
    before, weights = life.run.events.read_bytes(), life.best()
    assert (len(life.epochs), life.run.has_backup, life.run.evaluation()) == (EPOCHS, True, None)
    life.worker(monkeypatch)
    assert life.run.events.read_bytes() == before
    same_weights(life.best(), weights)
    assert life.run.evaluation()["test"]["photos"] == 4
    assert life.run.state.phase == "finished"


@pytest.fixture
def small(tmp_path, after_every_epoch):
    """Calls back with a fit of a small network in a run's folder; what it gives is what `goes_on` heard."""
    import keras
    import numpy as np

    from catdog.training.backup import Backup

    run = RunFolder(tmp_path / "run")
    run.path.mkdir()
    numbers = np.random.default_rng(0).random((8, 3))

    def fit(epochs: int, batch: int = 2, width: int = 4, killed_after: int = 0) -> list[int]:
        keras.utils.set_random_seed(0)
        entrance = keras.Input((3,))
        model = keras.Model(entrance, keras.layers.Dense(1)(keras.layers.Dense(width)(entrance)))
        model.compile("adam", "mse")
        heard: list[int] = []

        class Best(keras.callbacks.Callback):
            """After each epoch the best weights are a file that says its number."""

            def on_epoch_end(self, epoch, logs=None):
                run.best_weights.unlink(missing_ok=True)
                run.best_weights.write_text(f"{epoch + 1}")
                if epoch + 1 == killed_after:
                    raise Killed

        backup = Backup(run, -(-8 // batch), lambda: None, heard.append)
        with suppress(Killed):
            model.fit(numbers, numbers[:, :1], batch, epochs, verbose=0, callbacks=[Best(), backup])
        fit.weights = model.get_weights()
        return heard

    fit.run = run
    return fit


def test_a_run_begins_without_a_backup_and_leaves_one_of_its_last_epoch(small):
    assert small(3) == []
    assert small.run.has_backup
    weights = small.weights
    assert small(3) == [3]
    same_weights(small.weights, weights)
    assert small(5) == [3]
    unbroken = small.weights
    shutil.rmtree(small.run.backup)
    assert small(5) == []
    same_weights(small.weights, unbroken)


def test_a_backup_that_was_not_written_to_its_end_gives_way_to_the_one_before(small):
    small(3)
    newest = small.run.backup / "latest.weights.h5"
    newest.write_bytes(newest.read_bytes()[:3_000])
    (small.run.backup / BACKED_UP).unlink()  # Keras writes it last
    assert small.run.has_backup
    assert small(4) == [2]
    assert small(4) == [4]


@pytest.mark.parametrize("left", [0, 3_000, -1], ids=["nothing", "a part", "all but a byte"])
def test_a_newest_backup_that_is_torn_gives_way_to_the_one_before(small, left):
    small(3)
    newest = small.run.backup / "latest.weights.h5"
    newest.write_bytes(newest.read_bytes()[:left])
    assert small(3) == [2]


def test_the_weights_say_how_far_they_are_whatever_is_written_beside_them(small):
    small(3)
    edit_json(small.run.backup / BACKED_UP, epoch=1)
    assert small(3) == [3]
    (small.run.backup / BACKED_UP).write_text("{")
    assert small(3) == [2]


def test_a_first_backup_that_was_not_written_to_its_end_is_none(small):
    small(1)
    (small.run.backup / BACKED_UP).unlink()
    assert not small.run.has_backup
    assert small(2) == []


def torn(run: RunFolder) -> None:
    for name in ("latest.weights.h5", "latest.weights.h5.bkp"):
        (run.backup / name).write_bytes(b"half")


@pytest.mark.parametrize(
    ("epochs", "damage", "other"),
    [
        (3, torn, {}),
        (3, lambda run: None, {"width": 5}),
        (1, lambda run: (run.backup / "steps.txt").unlink(), {"batch": 1}),
    ],
    ids=["both torn", "another network", "other batches"],
)
def test_a_backup_that_cannot_be_taken_up_is_a_sentence_that_says_what_to_do(small, epochs, damage, other):
    small(epochs)
    damage(small.run)
    with pytest.raises(RunError, match=r"is damaged, or of another network: .* Start a new run") as refusal:
        small(4, **other)
    assert str(small.run.path.parent) not in str(refusal.value)


def test_a_backup_of_other_steps_is_left_for_as_many_devices_as_it_was_made_on(small):
    small(3)  # of 4 steps
    before = contents(small.run.path)
    with pytest.raises(RunError, match=r"made 4 steps an epoch, and here it would make 2: another number of devices"):
        small(4, batch=4)
    assert contents(small.run.path) == before
    assert small(4) == [3]


@pytest.mark.parametrize("left", ["", "four", None])
def test_a_backup_whose_steps_were_not_told_goes_on_as_its_weights_say(small, left):
    small(3)
    told = small.run.backup / "steps.txt"
    told.unlink() if left is None else told.write_text(left)
    assert small(4) == [3]
    assert told.read_text() == "4\n"


def test_the_best_weights_are_those_of_the_time_of_the_backup(small):
    small(5, killed_after=3)
    assert small.run.best_weights.read_text() == "3"  # of an epoch that no backup holds
    assert small(2) == [2]
    assert small.run.best_weights.read_text() == "2"
    small.run.best_weights.unlink()
    small(2)
    assert small.run.best_weights.read_text() == "2"
    assert scratch_files(small.run.path) == scratch_files(small.run.backup) == []


def test_only_the_two_newest_backups_are_kept_also_after_a_resume(small):
    small(12, killed_after=11)
    small(3)
    files = sorted(path.name for path in small.run.backup.glob("best*"))
    assert files == ["best.009.weights.h5", "best.010.weights.h5"]
    newest = small.run.backup / "latest.weights.h5"
    newest.write_bytes(b"")
    assert small(11) == [9]
    assert sorted(path.name for path in small.run.backup.glob("best*")) == [
        "best.010.weights.h5",
        "best.011.weights.h5",
    ]


def test_short_epochs_are_backed_up_now_and_then_and_the_last_one_always(tmp_path, monkeypatch):
    from catdog.training import backup as module

    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    saved = []
    one = module.Backup(RunFolder(tmp_path), 4, lambda: None, saved.append)
    monkeypatch.setattr(
        one, "_save_model", lambda: (saved.append(one._current_epoch), clock.__setitem__(0, clock[0] + cost))
    )
    one.set_params({"epochs": 14})
    one.on_train_begin()
    cost = 0.001
    for epoch in range(6):  # ends after 0.5, 1, 1.5, 2, ... seconds
        clock[0] += 0.5
        one.on_epoch_end(epoch)
    assert saved == [3, 6]
    cost = 0.055  # a fiftieth of 2.75 seconds
    for epoch in range(6, 14):
        clock[0] += 1.25
        one.on_epoch_end(epoch)
    assert saved == [3, 6, 8, 11, 14]


# Real processes


LONG = {"epochs": 200, "batch_size": 1, "seed": 4, "precision": "float32", "learning_rate": 1e-5}


def folder(board: Board, run_id: str) -> RunFolder:
    return RunFolder.open(board.runs, run_id)


def backed_up(board: Board, run_id: str, times: int = 1) -> None:
    """Wait until there are one or two backups, and the worker is in the middle of an epoch."""
    run = folder(board, run_id)
    wanted = run.backup / (BACKED_UP if times == 1 else f"{BACKED_UP}.bkp")
    until(lambda: wanted.exists() or run.state.phase == "failed", board, seconds=60)
    done = board.snapshot(run_id).epochs_done
    until(lambda: board.snapshot(run_id).epochs_done > done and board.snapshot(run_id).steps, board)


def nearly_done(board: Board, run_id: str) -> int:
    """Let a run that is over have only three epochs left, so that the rest takes no time; returns its epochs."""
    run = folder(board, run_id)
    epochs = board.snapshot(run_id).epochs_done + 3
    edit_json(run.path / "run.json", request=run.about()["request"] | {"epochs": epochs})
    return epochs


def kill_worker(board: Board, run_id: str) -> None:
    worker = psutil.Process(board.snapshot(run_id).state.worker.pid)
    worker.send_signal(signal.SIGKILL)
    psutil.wait_procs([worker], timeout=10)


def finished(board: Board, run_id: str, epochs: int) -> None:
    """Wait for the end, and look at what it left."""
    run = folder(board, run_id)
    until(lambda: board.snapshot(run_id).over and not run.backup.exists(), board, seconds=120)
    done = board.snapshot(run_id)
    assert (done.phase, done.state.error, done.resumable) == ("finished", "", False)
    numbers = [event["epoch"] for event in read_events(run.events) if event["kind"] == "epoch"]
    assert numbers == list(range(1, epochs + 1))
    assert all(sooner < later for sooner, later in pairwise(done.history["seconds"]))
    assert run.best_weights.exists() and run.model.exists() and done.test
    assert scratch_files(run.path) == []


def test_a_worker_killed_in_mid_epoch_is_resumed_and_its_curves_are_those_of_an_unbroken_run(board, photos):
    killed = board.submit(asked(**LONG), photos.reference)
    backed_up(board, killed)
    kill_worker(board, killed)
    until(lambda: board.snapshot(killed).over, board, seconds=10)
    broken = board.snapshot(killed)
    assert (broken.phase, broken.resumable) == ("failed", True)
    assert broken.state.error.endswith("Resume the run, or start a new one.")
    told_before, epochs = folder(board, killed).events.read_bytes(), nearly_done(board, killed)

    board.resume(killed)
    unbroken = board.submit(asked(**LONG | {"epochs": epochs}), photos.reference)
    finished(board, killed, epochs)
    finished(board, unbroken, epochs)
    (line,) = [line for line in board.log_tail(killed, 100).splitlines() if line.startswith("It goes on after epoch")]
    again, kept = folder(board, killed).events.read_bytes(), int(line.split()[-1])
    assert 1 <= kept <= broken.epochs_done
    same = len(os.path.commonprefix([told_before, again]))
    assert again[:same].count(b'"kind": "epoch"') >= kept
    one, other = (board.snapshot(run_id).history for run_id in (killed, unbroken))
    for name in ("loss", "val_loss"):
        assert one[name] == pytest.approx(other[name], abs=1e-3), name
    for name in ("accuracy", "val_accuracy"):
        assert one[name] == pytest.approx(other[name], abs=0.051), name  # a photo of 20 or 24 that lies at 50 %


@pytest.mark.slow
def test_a_stopped_run_goes_on_and_one_killed_while_its_backup_was_written_takes_the_one_before(board, photos):
    run_id = board.submit(asked(**LONG), photos.reference)
    run = folder(board, run_id)
    backed_up(board, run_id, times=2)
    board.stop(run_id)
    until(lambda: board.snapshot(run_id).over, board, seconds=10)
    stopped = board.snapshot(run_id)
    assert (stopped.phase, stopped.resumable) == ("stopped", True)

    newest = json.loads((run.backup / BACKED_UP).read_text())["epoch"]
    before = json.loads((run.backup / f"{BACKED_UP}.bkp").read_text())["epoch"]
    with (run.backup / "latest.weights.h5").open("r+b") as weights:
        weights.truncate(100_000)
    epochs = nearly_done(board, run_id)
    board.resume(run_id)
    finished(board, run_id, epochs)
    assert before < newest
    assert f"It goes on after epoch {before}\n" in run.log.read_text()


SERVE = """
import threading
from catdog.photos import ready_photos
from catdog.recipes import recipe
from catdog.settings import settings
from catdog.training import Board, RunRequest
photos = ready_photos(settings(), lambda progress: None)
board = Board(settings().runs)
board.watch()
request = RunRequest.of(recipe("post4-model1"), **OPTIONS)
print(board.submit(request, photos.reference), flush=True)
threading.Event().wait()
"""


@pytest.fixture
def server(photos, request):
    """A process with a board that looks after the runs, and the run of so many epochs that it was asked for."""
    options = LONG | {"epochs": request.param}
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE.replace("OPTIONS", repr(options))],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    run_id = process.stdout.readline().strip()
    yield process, run_id
    process.kill()
    process.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("server", [40], indirect=True)
def test_a_run_outlives_a_killed_server_and_the_next_board_takes_over_its_worker(board, server):
    process, run_id = server
    until(lambda: board.snapshot(run_id).epochs_done, seconds=60)
    worker = board.snapshot(run_id).state.worker
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    done = board.snapshot(run_id).epochs_done
    until(lambda: board.snapshot(run_id).epochs_done > done, board)
    assert board.snapshot(run_id).state.worker == worker
    finished(board, run_id, 40)
    assert "goes on" not in board.log_tail(run_id, 100)


@pytest.mark.slow
@pytest.mark.parametrize("server", [200], indirect=True)
def test_when_server_and_worker_are_killed_the_next_board_says_so_and_resume_finishes_the_run(board, server, capsys):
    process, run_id = server
    run = folder(board, run_id)
    until(lambda: run.has_backup, seconds=60)
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    kill_worker(board, run_id)
    assert board.snapshot(run_id).phase == "running"  # nobody is there who could have noticed
    board.tick()
    assert (board.snapshot(run_id).phase, board.snapshot(run_id).resumable) == ("failed", True)
    epochs = nearly_done(board, run_id)
    assert main(["resume", run_id, "--json"]) == 0
    outcome = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (outcome["run"], outcome["phase"], outcome["epochs"]) == (run_id, "finished", epochs)
    finished(board, run_id, epochs)


# The terminal


@pytest.mark.parametrize("run_id", ["20261105-130709123-post4-model1", "../runs", "<b>"])
def test_the_terminal_says_in_a_sentence_what_cannot_be_resumed(home, capsys, run_id):
    assert main(["resume", run_id]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"catdog: There is no run '{run_id}'.")
    assert (printed.err.count("\n"), printed.out) == (1, "")

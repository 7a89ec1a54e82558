"""Real workers with Keras on small photos: few, because each one has to load TensorFlow first."""

import json
import os
import signal
import subprocess
import sys

import numpy as np
import psutil
import pytest
from training_stand_ins import asked, scratch_files, until

from catdog.models.device import cpu_name
from catdog.models.pretrained import missing_weights
from catdog.recipes import Augmentation, recipe
from catdog.settings import settings
from catdog.training import Board, RunRequest
from catdog.training.folder import RunFolder
from catdog.training.launcher import LocalLauncher
from tests.conftest import skip_or_fail

STOP_WITHIN = 3.0  # seconds; the promise is 2, the rest is for a machine that others use as well


def folder(board: Board, run_id: str) -> RunFolder:
    return RunFolder.open(board.runs, run_id)


def is_over(board: Board, run_id: str):
    return lambda: board.snapshot(run_id).over


def has_begun(board: Board, run_id: str):
    return lambda: board.snapshot(run_id).steps or board.snapshot(run_id).over


def rebuilt(run: RunFolder):
    """The run's architecture with the best epoch's weights."""
    from catdog.models.build import build

    model = build(recipe(run.request.recipe), pretrained=False)
    model.load_weights(run.best_weights)
    return model


def test_a_killed_worker_fails_its_run_and_the_next_ones_train_to_the_end_the_same_way_for_the_same_seed(board, photos):
    killed = board.submit(asked(epochs=200, batch_size=1), photos.reference)
    request = asked(epochs=2, limit=16, batch_size=4, seed=3)
    first, again = (board.submit(request, photos.reference) for _ in range(2))
    assert [board.place(run_id) for run_id in (killed, first, again)] == [0, 1, 2]
    until(has_begun(board, killed), board)
    os.kill(board.snapshot(killed).state.worker.pid, signal.SIGKILL)
    until(is_over(board, killed), board, seconds=5)
    assert board.snapshot(killed).phase == "failed"
    assert board.snapshot(killed).state.error.startswith("The worker ended")

    until(is_over(board, again), board, seconds=60)
    done, repeated = board.snapshot(first), board.snapshot(again)
    assert (done.phase, repeated.phase, done.state.error) == ("finished", "finished", "")
    assert done.epochs_done == 2
    assert done.history["loss"] == pytest.approx(repeated.history["loss"], abs=5e-5)
    assert done.history["val_accuracy"] == repeated.history["val_accuracy"]
    assert (done.state.device, done.state.precision) == (repeated.state.device, repeated.state.precision)
    assert done.state.device.startswith("GPU") or done.state.device == cpu_name()
    assert done.state.precision in {"float32", "mixed_bfloat16"}
    _check_a_finished_folder(folder(board, first), photos)


def _check_a_finished_folder(run: RunFolder, photos) -> None:
    from keras.models import load_model

    from catdog.models.build import build
    from catdog.models.outputs import dog_probability, log_odds
    from catdog.training.events import read_events

    kinds = [event["kind"] for event in read_events(run.events)]
    assert kinds.count("epoch") == 2
    assert "step" in kinds
    assert scratch_files(run.path) == []
    assert {"best.weights.h5", "model.keras", "evaluation.json", "log.txt"} <= {
        path.name for path in run.path.iterdir()
    }

    positions = photos.positions("test")
    test = run.evaluation()["test"]
    confusion = np.array(test["confusion"])
    assert test["positions"] == positions.tolist()
    assert (confusion.sum(), test["photos"]) == (len(positions), len(positions))
    assert confusion.sum(axis=1).tolist() == np.bincount(photos.labels[positions], minlength=2).tolist()
    assert test["accuracy"] == pytest.approx(np.trace(confusion) / len(positions))

    pixels = photos.photos[positions].astype(np.float32)
    best = dog_probability(log_odds(rebuilt(run).predict(pixels, verbose=0), recipe(run.request.recipe).from_logits))
    stored = dog_probability(np.array(test["odds"]))
    assert best == pytest.approx(stored, abs=0.02)  # the worker may have computed in bfloat16

    loaded, architecture = load_model(run.model), build(recipe(run.request.recipe), pretrained=False)
    architecture.set_weights(loaded.get_weights())
    assert loaded.predict(pixels, verbose=0) == pytest.approx(architecture.predict(pixels, verbose=0), abs=1e-5)


def test_a_stop_while_tensorflow_is_being_loaded_and_one_in_mid_training_take_about_two_seconds(board, photos):
    request = asked(epochs=50, batch_size=4)
    loading, training = (board.submit(request, photos.reference) for _ in range(2))
    until(lambda: board.snapshot(loading).state.activity == "Loading TensorFlow", board)
    board.stop(loading)
    assert until(is_over(board, loading), board, seconds=6) < STOP_WITHIN
    assert (board.snapshot(loading).phase, board.snapshot(loading).epochs_done) == ("stopped", 0)

    until(lambda: board.snapshot(training).epochs_done or board.snapshot(training).over, board)
    board.stop(training)
    assert board.snapshot(training).phase == "stopping"
    assert until(is_over(board, training), board, seconds=6) < STOP_WITHIN
    stopped = board.snapshot(training)
    assert stopped.phase == "stopped"
    assert 1 <= stopped.epochs_done < 50
    until(lambda: not LocalLauncher().alive(stopped.state.worker), board)
    assert rebuilt(folder(board, training)).count_params() > 0
    assert not folder(board, training).model.exists()


LAUNCH_AND_LEAVE = """
import sys
from catdog.photos import ready_photos
from catdog.recipes import Augmentation, recipe
from catdog.settings import settings
from catdog.training import Board, RunRequest
photos = ready_photos(settings(), lambda progress: None)
request = RunRequest.of(recipe("post4-model1"), epochs=200, batch_size=1)
print(Board(settings().runs).submit(request, photos.reference))
"""


def test_a_worker_outlives_the_server_that_launched_it_and_the_next_server_takes_it_over(board, photos):
    server = subprocess.run(
        [sys.executable, "-c", LAUNCH_AND_LEAVE],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    run_id = server.stdout.strip()
    until(has_begun(board, run_id), board)
    state = board.snapshot(run_id).state
    assert state.phase == "running"
    assert LocalLauncher().alive(state.worker)
    assert psutil.Process(state.worker.pid).ppid() != os.getpid()
    until(lambda: board.snapshot(run_id).state.heartbeat > state.heartbeat, board)
    assert board.snapshot(run_id).state.worker == state.worker  # taken over, not started a second time

    board.stop(run_id)
    assert until(is_over(board, run_id), board, seconds=6) < STOP_WITHIN
    assert board.snapshot(run_id).phase == "stopped"
    until(lambda: not LocalLauncher().alive(state.worker))


@pytest.mark.slow
def test_a_run_with_its_own_augmentation_trains_keeps_and_scores_that_network(board, photos):
    from keras.models import load_model

    from catdog.models.build import build
    from catdog.models.outputs import dog_probability

    own = Augmentation("vertical", 10, "constant", zoom=5, shift=4, brightness=3, contrast=2)
    request = RunRequest.of(recipe("post4-model3"), epochs=1, batch_size=4, limit=8, augmentation=own)
    run_id = board.submit(request, photos.reference)
    until(is_over(board, run_id), board, seconds=60)
    done, run = board.snapshot(run_id), folder(board, run_id)
    assert (done.phase, done.state.error) == ("finished", "")
    assert run.request == request
    assert done.recipe == request.network

    saved = load_model(run.model)
    wanted = build(request.network, pretrained=False)
    assert [layer.name for layer in saved.layers] == [layer.name for layer in wanted.layers]
    drawn = ("flip", "rotation", "zoom", "shift", "brightness", "contrast")
    for name in drawn:
        one, other = (json.dumps(model.get_layer(name).get_config()) for model in (saved, wanted))
        assert one == other
    wanted.load_weights(run.best_weights)
    test = run.evaluation()["test"]
    answers = wanted.predict(photos.photos[test["positions"]].astype(np.float32), verbose=0)
    dog = dog_probability(np.array(test["odds"]))
    assert answers[:, 1] == pytest.approx(dog, abs=0.02)  # the worker may have computed in bfloat16


@pytest.mark.slow
def test_runs_on_kept_features_and_in_bfloat16_finish_and_what_they_leave_can_be_asked(board, photos):
    if missing := missing_weights():
        skip_or_fail(missing)
    requests = (
        RunRequest.of(recipe("post4-model4"), epochs=2, batch_size=4, copies=1),
        RunRequest.of(recipe("post4-model3"), epochs=1, batch_size=4, precision="mixed_bfloat16"),
    )
    ids = [board.submit(request, photos.reference) for request in requests]
    until(is_over(board, ids[-1]), board, seconds=90)
    features, mixed = (board.snapshot(run_id) for run_id in ids)
    assert (features.phase, features.state.error, features.epochs_done) == ("finished", "", 2)
    assert (mixed.phase, mixed.state.error, mixed.state.precision) == ("finished", "", "mixed_bfloat16")
    files = [path.name for path in (settings().runs.parent / "features").iterdir()]
    assert len(files) == 3  # of the training, the validation and the test photos
    assert scratch_files(settings().runs.parent / "features") == []
    for run_id in ids:
        _check_what_can_be_asked(folder(board, run_id), photos)


def _check_what_can_be_asked(run: RunFolder, photos) -> None:
    from keras.models import load_model

    from catdog.training.trained import load_classifier

    test = run.evaluation()["test"]
    classifier = load_classifier(settings().runs, run.id)
    answers = classifier.answers(photos.photos[photos.positions("test")])
    assert [answer.odds for answer in answers] == pytest.approx(test["odds"], rel=0.05, abs=0.1)
    saved = load_model(run.model)
    assert {layer.compute_dtype for layer in saved.layers} == {"float32"}
    assert {weight.dtype for weight in saved.weights} == {"float32"}
    assert [layer.name for layer in saved.layers] == [layer.name for layer in classifier.model.layers]


def test_a_transfer_run_without_its_weights_fails_with_a_sentence_that_names_them(board, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no weights here"))
    run_id = board.submit(RunRequest.of(recipe("post4-model4"), epochs=1), photos.reference)
    until(is_over(board, run_id), board)
    failed = board.snapshot(run_id)
    assert failed.phase == "failed"
    assert "pretrained weights of MobileNetV2" in failed.state.error
    assert str(tmp_path / "no weights here") in failed.state.error
    assert failed.epochs_done == 0

"""Several devices that train one network together: the same as one device with as many photos a step, on two backends.

The devices are parts of this machine's CPU, which a process of its own divides before it computes anything.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from catdog.models.device import cpu_name
from catdog.recipes import recipe
from tests.conftest import skip_or_fail

KEYS = ("post3-model1", "post4-model3")  # a plain one; and one with augmentation, scaling and dropout
LIVED = "post4-model3"  # the network of the runs that are stopped and resumed

SIDE = 40  # pixels
TRAINED, HELD_OUT = 41, 27  # photos: neither can be shared out evenly
EACH, EPOCHS = 16, 2  # photos a step on each device: the first step takes 32 photos, the second 8, and one stays out

# Sums of float32 in another order differ by some 1e-7 of their size, and Adam divides by their roots. Measured were
# 1e-7 of the loss, and 5e-6 for weights of which each has moved by about 4e-3.
OF_LOSS, OF_WEIGHTS = 2e-5, 5e-5


def small(key):
    """A recipe for smaller photos."""
    return replace(recipe(key), image_size=(SIDE, SIDE))


START = """
import json, sys
from pathlib import Path

import keras
import numpy as np

from catdog.photos import PreparedPhotos
from catdog.recipes import recipe
from catdog.training import RunRequest, fit, stages
from tests.models.test_model_replicas import EACH, EPOCHS, HELD_OUT, KEYS, LIVED, SIDE, TRAINED, small

folder = Path(sys.argv[1])
count = TRAINED + HELD_OUT
labels = np.arange(count) % 2
pixels = np.random.default_rng(3).integers(0, 256, (count, SIDE, SIDE, 3), dtype=np.uint8)
pixels[labels == 1] //= 2
photos = PreparedPhotos("5" * 16, "noise", folder, pixels, labels.astype(np.uint8), tuple(map(str, range(count))),
                        ("train",) * TRAINED + ("validation",) * HELD_OUT, np.full((count, 2), SIDE), ())
stages.IMAGE_SIZE = (SIDE, SIDE)
RunRequest.network = property(lambda request: small(request.recipe))
told = {}
"""

DIVIDE = """
import tensorflow as tf

(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
"""

COMPARE = """
class Steps(keras.callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.losses, self.heard = [], 0

    def on_train_batch_end(self, batch, logs=None):
        self.losses.append(logs["loss"])

    def on_test_batch_end(self, batch, logs=None):
        self.heard += 1

for key in KEYS:
    told[key] = []
    for devices in (1, 2):
        request = RunRequest.of(recipe(key), batch_size=2 * EACH // devices, precision="float32",
                                all_devices=devices == 2)
        made = stages.stages_of(request, photos, folder / "features", lambda words: None)
        made.training.photos = TRAINED - 1  # of one device too
        steps = Steps()
        history = made.fit(EPOCHS, [steps]).history
        np.savez(folder / f"{key}.{devices}.npz", *made.whole.get_weights())
        scores = fit.scored(made.judging(), small(key), photos, [], made.held_out)
        told[key].append({"devices": made.replicas.count, "steps": steps.losses, "heard": steps.heard,
                          "history": history, "odds": scores.validation.odds, "words": fit.computed_on(made)})
(folder / "told.json").write_text(json.dumps(told))
"""

LIVE = """
import math

from catdog.errors import RunError
from catdog.models.replicas import Replicas
from catdog.training.events import read_events
from catdog.training.folder import RunFolder
from catdog.training.voice import StopAsked, Voice

request = RunRequest.of(recipe(LIVED), epochs=4, batch_size=4, precision="float32", seed=5, all_devices=True)
about = {"photos": photos.reference, "split": {}, "versions": {}}
fit.photos_of = lambda run: photos
fit.Backup.PAUSE, fit.Backup.SHARE = 0.0, math.inf  # after every epoch

class Stops(fit.Reporter):
    stop_in = 0  # the epoch

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        if epoch + 1 == self.stop_in:
            self.voice.run.ask_to_stop()

fit.Reporter = Stops

def live(run, stop_in=0):
    Stops.stop_in, voice = stop_in, Voice(run)
    try:
        fit.train(run, request, voice)
    except (StopAsked, RunError) as ending:
        voice.end("stopped", str(ending))
    else:
        voice.end("finished")

def tell(run):
    events = read_events(run.events)
    return {"phase": run.state.phase, "error": run.state.error, "device": run.state.device,
            "steps": sorted({event["steps"] for event in events if event["kind"] == "step"}),
            "epochs": [event for event in events if event["kind"] == "epoch"],
            "best": run.best_weights.exists(), "backup": run.has_backup, "evaluation": run.evaluation()}

whole, broken = (RunFolder.create(folder / name / "runs", request, about) for name in ("whole", "broken"))
live(whole)
live(broken, stop_in=3)
told["whole"], told["stopped"] = tell(whole), tell(broken)
broken.queue_again()
found, stages.replicas = stages.replicas, lambda all_devices: Replicas()
live(broken)
told["refused"] = tell(broken)
stages.replicas = found
broken.queue_again()
live(broken)
told["resumed"] = tell(broken)
(folder / "told.json").write_text(json.dumps(told))
"""


def in_a_process(folder, code, **environment):
    """What a process of its own has told, and what it has printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)} | environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return json.loads((folder / "told.json").read_text()), done.stdout


def compared_on_jax(folder):
    if not find_spec("jax"):
        skip_or_fail("JAX is not installed; it is one of requirements-dev.txt.")
    flags = "--xla_force_host_platform_device_count=2 --xla_backend_optimization_level=0"  # compiling takes longest
    return in_a_process(folder, START + COMPARE, KERAS_BACKEND="jax", XLA_FLAGS=flags)


COMPARED = {
    "tensorflow": lambda folder: in_a_process(folder, DIVIDE + START + COMPARE, KERAS_BACKEND="tensorflow"),
    "jax": compared_on_jax,
}


@pytest.fixture(scope="module", params=["tensorflow", pytest.param("jax", marks=pytest.mark.slow)])
def compared(request, tmp_path_factory):
    """The folder of a process that has trained each network on one device and on two, and what it told."""
    folder = tmp_path_factory.mktemp(request.param)
    return folder, COMPARED[request.param](folder)[0]


@pytest.mark.parametrize("key", KEYS)
def test_two_devices_lose_step_by_step_what_one_with_twice_the_batch_loses(key, compared):
    one, two = compared[1][key]
    assert (one["devices"], two["devices"]) == (1, 2)
    assert len(one["steps"]) == len(two["steps"]) == 2 * EPOCHS  # the second step of each is a smaller one
    assert two["steps"] == pytest.approx(one["steps"], rel=OF_LOSS)


@pytest.mark.parametrize("key", KEYS)
def test_they_give_the_same_history(key, compared):
    one, two = compared[1][key]
    assert two["history"].keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, values in one["history"].items():
        assert two["history"][name] == pytest.approx(values, rel=OF_LOSS), name


@pytest.mark.parametrize("key", KEYS)
def test_they_end_with_the_same_weights(key, compared):
    folder, _ = compared
    with np.load(folder / f"{key}.1.npz") as one, np.load(folder / f"{key}.2.npz") as two:
        assert len(one.files) == len(two.files)
        for name in one.files:
            np.testing.assert_allclose(two[name], one[name], rtol=0, atol=OF_WEIGHTS)


@pytest.mark.parametrize("key", KEYS)
def test_every_held_out_photo_is_asked_about_however_many_there_are(key, compared):
    one, two = compared[1][key]
    assert one["heard"] == two["heard"] == EPOCHS
    assert two["odds"] == pytest.approx(one["odds"], rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("key", KEYS)
def test_what_they_are_is_said_with_the_photos_of_a_step(key, compared):
    one, two = compared[1][key]
    assert one["words"] == cpu_name()
    assert two["words"] == f"2 parts of {cpu_name()}, 32 photos a step (16 each)"


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """What became of a run on two devices, and of one that was stopped, refused on one device, and resumed on two."""
    return in_a_process(tmp_path_factory.mktemp("lived"), DIVIDE + START + LIVE, KERAS_BACKEND="tensorflow")


@pytest.mark.slow
def test_a_run_on_two_devices_is_finished_and_scored(lived):
    told, printed = lived
    whole = told["whole"]
    assert (whole["phase"], whole["error"], whole["best"]) == ("finished", "", True)
    assert whole["device"] == f"2 parts of {cpu_name()}, 8 photos a step (4 each)"
    assert f"All devices together: {whole['device']}\n" in printed
    assert whole["steps"] == [5]  # of 40 photos
    assert whole["evaluation"]["validation"]["photos"] + whole["evaluation"]["test"]["photos"] == HELD_OUT


@pytest.mark.slow
def test_a_run_that_was_stopped_on_two_devices_goes_on_there_as_if_nothing_had_been(lived):
    told, printed = lived
    stopped, resumed, whole = told["stopped"], told["resumed"], told["whole"]
    assert (stopped["phase"], stopped["best"], stopped["backup"]) == ("stopped", True, True)
    assert len(stopped["epochs"]) == 2 and stopped["evaluation"] is None
    assert "It goes on after epoch 2\n" in printed
    assert (resumed["phase"], resumed["device"]) == ("finished", whole["device"])
    assert [event["epoch"] for event in resumed["epochs"]] == [1, 2, 3, 4]
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        mine, wanted = ([event[name] for event in one["epochs"]] for one in (resumed, whole))
        assert mine == pytest.approx(wanted, abs=5e-5), name
    assert resumed["evaluation"] == whole["evaluation"]


@pytest.mark.slow
def test_a_run_of_two_devices_does_not_go_on_on_one(lived):
    refused = lived[0]["refused"]
    assert "made 5 steps an epoch, and here it would make 11: another number of devices" in refused["error"]
    assert "Resume it where as many devices are as it began with, or start a new run." in refused["error"]
    assert refused["backup"] and len(refused["epochs"]) == 2


# In this process, which has one device


@pytest.mark.parametrize("all_devices", [False, True])
def test_one_device_is_used_as_ever(all_devices):
    import keras

    from catdog.models.replicas import replicas

    alone = replicas(all_devices)
    assert (alone.count, alone.layers) == (1, {})
    with alone.building(), alone.fitting(), alone.apart():
        network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    assert network.distribute_strategy.num_replicas_in_sync == 1
    assert keras.distribution.distribution() is None


@pytest.mark.parametrize(
    ("listed", "found"),
    [
        ({"gpu": ["gpu:0", "gpu:1"], "cpu": ["cpu:0"]}, ["gpu:0", "gpu:1"]),
        ({"gpu": [], "cpu": ["cpu:0"]}, ["cpu:0"]),
        ({"gpu": RuntimeError("Unknown backend gpu"), "cpu": ["cpu:0"]}, ["cpu:0"]),  # JAX
        ({"gpu": AttributeError("list_devices"), "cpu": AttributeError("list_devices")}, []),  # PyTorch
    ],
)
def test_gpus_count_where_there_are_any_and_else_the_cpu(listed, found, monkeypatch):
    import keras

    from catdog.models.replicas import devices_here

    def list_devices(kind):
        if isinstance(listed[kind], Exception):
            raise listed[kind]
        return listed[kind]

    monkeypatch.setattr(keras.distribution, "list_devices", list_devices)
    assert devices_here() == found


def test_jax_is_told_again_that_batches_are_shared_out_after_a_validation_that_failed(monkeypatch):
    import keras

    from catdog.models.replicas import _on_one_device

    now = ["shared"]
    monkeypatch.setattr(keras.distribution, "distribution", lambda: now[-1])
    monkeypatch.setattr(keras.distribution, "set_distribution", now.append)
    with pytest.raises(OSError), _on_one_device():
        assert now[-1] is None
        raise OSError
    assert now[-1] == "shared"


def test_a_network_s_files_do_not_tell_that_devices_shared_its_dropout(tmp_path):
    from catdog.models.build import build
    from catdog.models.dropout import Dropout

    network = small("post4-model3")
    shared, own = build(network, others={"Dropout": Dropout}), build(network)
    shared.save_weights(tmp_path / "shared.weights.h5")
    own.load_weights(tmp_path / "shared.weights.h5")
    for one, other in zip(shared.get_weights(), own.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)

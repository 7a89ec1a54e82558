"""The same engine on another of Keras' backends: what JAX has trained, TensorFlow can load."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import pytest

from catdog.recipes import recipe
from tests.conftest import skip_or_fail

pytestmark = pytest.mark.slow

KEYS = ("post4-model2", "post4-model4")  # one that learns all of itself, and one on a frozen base

SIDE = 40  # pixels: JAX compiles all that it computes, which takes longest here


def small(key):
    """A recipe for smaller photos."""
    return replace(recipe(key), image_size=(SIDE, SIDE))


def small_base(input_shape, name, **_):
    """Stands for MobileNetV2, with batch normalisation as there."""
    import keras

    photo = keras.Input(input_shape)
    seen = keras.layers.Conv2D(8, 8, 8)(photo)
    return keras.Model(photo, keras.layers.ReLU()(keras.layers.BatchNormalization()(seen)), name=name)


@pytest.fixture(scope="module")
def rebuilt():
    """Calls back with a recipe's network, built by TensorFlow in this process."""
    import keras

    from catdog.models.build import build

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.applications, "MobileNetV2", small_base)
        yield lambda key: build(small(key), pretrained=False)


TRAIN = '''
import json, sys
from functools import partial
from pathlib import Path

class Absent:
    """Makes TensorFlow one that is not installed: Keras' own set_random_seed would load it wherever it is."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "tensorflow":
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())

import keras
import numpy as np

from catdog.models.build import build
from catdog.photos import PreparedPhotos
from catdog.recipes import recipe
from catdog.training import RunRequest, fit, stages
from catdog.insight.evaluate import scored
from tests.models.test_model_backends import SIDE, small, small_base

folder, keys = Path(sys.argv[1]), sys.argv[2:]
labels = np.arange(36) % 2
pixels = np.random.default_rng(3).integers(0, 256, (36, SIDE, SIDE, 3), dtype=np.uint8)
pixels[labels == 1] //= 2
photos = PreparedPhotos("5" * 16, "noise", folder, pixels, labels.astype(np.uint8), tuple(map(str, range(36))),
                        ("train",) * 10 + ("validation",) * 26, np.full((36, 2), SIDE), ())
stages.build = partial(build, pretrained=False)
keras.applications.MobileNetV2 = small_base
RunRequest.network = property(lambda request: small(request.recipe))
told, test = {}, photos.photos[photos.positions("test")]
for key in keys:
    request = RunRequest.of(recipe(key), batch_size=4, precision="float32", copies=1 if key.endswith("4") else None)
    made = stages.stages_of(request, photos, folder / "features", lambda words: None)
    before = made.whole.get_weights()
    keep = fit.KeepBest(made, folder / f"{key}.weights.h5")
    history = made.fit(1, [keep]).history
    keep.write()
    after = made.whole.get_weights()
    np.savez(folder / f"{key}.npz", *after)
    scores = scored(made.learner, small(key), photos, [], made.held_out)
    told[key] = {
        "history": history,
        "moved": [not np.array_equal(old, new) for old, new in zip(before, after, strict=True)],
        "odds": scores.test.odds,
        "answers": np.asarray(made.whole(test.astype("float32"), training=False)).tolist(),
    }
told["backend"] = keras.backend.backend()
told["loaded"] = [name for name in ("tensorflow", "jax") if name in sys.modules]
np.save(folder / "test.npy", test)
(folder / "told.json").write_text(json.dumps(told))
'''


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """The folder that a process of its own, in which Keras computes with JAX, has left."""
    if not find_spec("jax"):
        skip_or_fail("JAX is not installed; it is one of requirements-dev.txt.")
    folder = tmp_path_factory.mktemp("jax")
    done = subprocess.run(
        [sys.executable, "-c", TRAIN, str(folder), *KEYS],
        env=os.environ
        | {"KERAS_BACKEND": "jax", "PYTHONPATH": os.pathsep.join(sys.path)}
        | {"XLA_FLAGS": "--xla_backend_optimization_level=0"},  # compiling takes longest
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    told = json.loads((folder / "told.json").read_text())
    assert told["backend"] == "jax"
    return folder, told


def test_nothing_of_it_needs_tensorflow(trained):
    _, told = trained
    assert told["loaded"] == ["jax"]


@pytest.mark.parametrize("key", KEYS)
def test_it_trains(key, trained):
    _, told = trained
    history = told[key]["history"]
    assert history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert all(np.isfinite(values).all() and len(values) == 1 for values in history.values())
    assert np.isfinite(told[key]["odds"]).all()


@pytest.mark.parametrize("key", KEYS)
def test_what_learns_has_moved_and_what_is_frozen_has_not(key, trained, rebuilt):
    _, told = trained
    whole = rebuilt(key)
    learning = {id(variable) for variable in whole.trainable_variables}
    assert told[key]["moved"] == [id(variable) in learning for variable in whole.weights]


@pytest.mark.parametrize("key", KEYS)
def test_tensorflow_loads_its_best_weights_and_gives_the_same_answers(key, trained, rebuilt):
    folder, told = trained
    whole = rebuilt(key)
    whole.load_weights(folder / f"{key}.weights.h5")
    with np.load(folder / f"{key}.npz") as kept:
        for one, other in zip(whole.get_weights(), kept.values(), strict=True):
            np.testing.assert_array_equal(one, other)
    answers = np.array(whole(np.load(folder / "test.npy").astype(np.float32), training=False))
    np.testing.assert_allclose(answers, told[key]["answers"], atol=1e-3)

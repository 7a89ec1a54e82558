"""A run's engine in this process: what it trains, on what, and which weights it keeps."""

import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from training_stand_ins import ABOUT

from catdog.errors import PhotosError, SettingError
from catdog.photos import PreparedPhotos, ready_photos
from catdog.recipes import Augmentation, recipe, total_parameters
from catdog.settings import settings
from catdog.training import RunRequest

TRAINED, HELD_OUT = 12, 30  # photos of both classes together; 24 of the latter validate
WAYS = {  # each way that a run can be fed
    "plain": ("post4-model1", {}),
    "augmented": ("post4-model2", {}),
    "exact": ("post4-model4", {}),
    "features": ("post4-model4", {"copies": 1}),
    "exact on the embedded base": ("post4-model4", {"base": "embedded"}),
    "features of the embedded base": ("post4-model4", {"base": "embedded", "copies": 1}),
}


@pytest.fixture(scope="module")
def photos():
    """Photos of noise, as large as the networks want them; dogs are darker."""
    count = TRAINED + HELD_OUT
    labels = np.arange(count) % 2
    pixels = np.random.default_rng(3).integers(0, 256, (count, 160, 160, 3), dtype=np.uint8)
    pixels[labels == 1] //= 2
    return PreparedPhotos(
        fingerprint="5" * 16,
        name="noise",
        root=Path("noise"),
        photos=pixels,
        labels=labels.astype(np.uint8),
        files=tuple(f"{number}.jpg" for number in range(count)),
        folders=("train",) * TRAINED + ("validation",) * HELD_OUT,
        sizes=np.full((count, 2), 160),
        unreadable=(),
    )


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def small_base(input_shape, name, **_):
    """Stands for MobileNetV2: as small as can be, its batch normalisation too, and the same each time."""
    import keras

    photo = keras.Input(input_shape)
    seen = keras.layers.Conv2D(8, 32, 32, kernel_initializer=keras.initializers.GlorotUniform(seed=1))(photo)
    return keras.Model(photo, keras.layers.ReLU()(keras.layers.BatchNormalization()(seen)), name=name)


@pytest.fixture
def made(photos, tmp_path, monkeypatch, keras):
    """Calls back with the stages of a request."""
    from catdog.models.build import build
    from catdog.training import stages

    monkeypatch.setattr(keras.applications, "MobileNetV2", small_base)
    monkeypatch.setattr(stages, "build", partial(build, pretrained=False))

    def call(key, features="features", tell=lambda words: None, **asked):
        request = RunRequest.of(recipe(key), **{"batch_size": 4, "precision": "float32"} | asked)
        return stages.stages_of(request, photos, tmp_path / features, tell)

    return call


def fitted(stages, epochs=2, callbacks=()):
    return stages.fit(epochs, list(callbacks)).history


def copied(model):
    return [np.array(weight) for weight in model.get_weights()]


def changed(before, model):
    """Which of the weights are no longer what they were."""
    return [not np.array_equal(old, new) for old, new in zip(before, model.get_weights(), strict=True)]


# Again the same


@pytest.mark.parametrize("way", WAYS)
def test_the_same_request_gives_the_same_history_and_weights(way, made):
    key, asked = WAYS[way]
    first, again = (made(key, features=folder, seed=7, **asked) for folder in ("one", "other"))
    histories = [fitted(one) for one in (first, again)]
    assert histories[0].keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    for name, values in histories[0].items():
        assert len(values) == 2 and all(map(math.isfinite, values))
        assert values == pytest.approx(histories[1][name], rel=1e-5), name
    for one, other in zip(first.whole.get_weights(), again.whole.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("way", WAYS)
def test_an_epoch_s_lots_can_be_told_from_its_number_alone(way, made, keras):
    """So a run that is resumed draws what it would have drawn, and a run that was not is left as it is."""
    from catdog.models.chance import Draws

    key, asked = WAYS[way]
    stages = made(key, **asked)
    (draws,) = [part for part in stages.chance if isinstance(part, Draws)]
    states = lambda: [keras.ops.convert_to_numpy(one.state).tolist() for one, *_ in draws.generators]  # noqa: E731
    first, seen = states(), []

    class Look(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            came = states()
            draws.begin(epoch + 1)
            seen.append((came, states()))

    fitted(stages, callbacks=[Look()])
    assert len(seen) == 2
    assert all(came == told != first for came, told in seen)


def test_another_seed_trains_otherwise(made):
    first, other = (fitted(made("post4-model2", seed=seed), epochs=1)["loss"] for seed in (1, 2))
    assert first != other


@pytest.mark.parametrize("way", WAYS)
def test_what_learns_moves_in_the_whole_network_and_what_is_frozen_does_not(way, made):
    key, asked = WAYS[way]
    stages = made(key, **asked)
    before = copied(stages.whole)
    learning = {id(variable) for variable in stages.whole.trainable_variables}
    learns = [id(variable) in learning for variable in stages.whole.weights]
    fitted(stages, epochs=1)
    assert any(learns)
    assert changed(before, stages.whole) == learns


def test_a_run_is_fed_each_training_photo_once_an_epoch_and_no_other(made, photos):
    stages = made("post4-model1", limit=6)
    seen = [stages.training[index] for index in range(len(stages.training))]
    pixels = np.concatenate([batch for batch, _ in seen])
    labels = np.concatenate([label for _, label in seen])
    assert sorted(labels.tolist()) == [0, 0, 0, 1, 1, 1]
    known = {photos.photos[at].tobytes(): photos.labels[at] for at in photos.positions("training")}
    assert [known[one.tobytes()] for one in pixels] == labels.tolist()
    assert len({one.tobytes() for one in pixels}) == 6


@pytest.mark.parametrize("way", WAYS)
def test_held_out_photos_come_in_order_and_unchanged(way, made, photos):
    key, asked = WAYS[way]
    stages = made(key, **asked)
    for split in ("validation", "test"):
        batches, positions = stages.held_out(split), photos.positions(split)
        seen, labels = (
            np.concatenate(parts) for parts in zip(*map(batches.__getitem__, range(len(batches))), strict=True)
        )
        assert labels.tolist() == photos.labels[positions].tolist()
        answers = stages.learner.predict(seen, verbose=0)
        wanted = stages.whole.predict(photos.photos[positions], verbose=0)
        np.testing.assert_allclose(answers, wanted, atol=2e-3)
    assert stages.validation.labels.tolist() == photos.labels[photos.positions("validation")].tolist()


# All devices together: what several of them do, test_model_replicas tells


@pytest.mark.parametrize("way", ["plain", "augmented"])
def test_where_there_is_one_device_all_devices_are_that_one(way, made, keras):
    key, asked = WAYS[way]
    one, all_of_them = (made(key, seed=7, all_devices=all_devices, **asked) for all_devices in (False, True))
    assert all_of_them.judge is all_of_them.judging() is all_of_them.learner
    assert all_of_them.learner.distribute_strategy.num_replicas_in_sync == 1
    assert all_of_them.training.batch_size == 4
    dropouts = [layer for layer in all_of_them.learner.layers if isinstance(layer, keras.layers.Dropout)]
    assert dropouts and {type(layer) for layer in dropouts} == {keras.layers.Dropout}
    wanted = fitted(one)
    for name, values in fitted(all_of_them).items():
        assert values == pytest.approx(wanted[name], rel=1e-5), name


def test_more_devices_than_photos_are_refused_with_a_sentence(made, monkeypatch):
    from catdog.models.replicas import Replicas
    from catdog.training import stages

    monkeypatch.setattr(stages, "replicas", lambda all_devices: Replicas(8))
    with pytest.raises(SettingError, match="^6 training photos are too few for 8 devices, .* train on one device"):
        made("post4-model1", limit=6, all_devices=True)


def test_a_step_takes_a_batch_for_each_device(made, monkeypatch):
    from catdog.models.replicas import Replicas
    from catdog.training import fit, stages

    monkeypatch.setattr(stages, "replicas", lambda all_devices: Replicas(5 if all_devices else 1))
    together = made("post4-model2", batch_size=2, all_devices=True)
    assert (together.training.batch_size, together.training.shares, together.training.photos) == (10, 5, 10)
    assert together.validation.shares == together.held_out("test").shares == 1
    assert fit.computed_on(together).endswith(", 10 photos a step (2 each)")
    reporter = fit.Reporter(None, None, RunRequest.of(recipe("post4-model2")), together)
    assert (reporter.training, reporter.steps, reporter.batch_size, reporter.validation) == (10, 1, 10, 24)
    reporter.step = 1
    assert reporter._photos() == 10
    alone = made("post4-model2", batch_size=2)
    assert (alone.training.batch_size, alone.training.shares, alone.training.photos) == (2, 1, TRAINED)


# The frozen base


def test_the_exact_way_looks_at_freshly_augmented_photos_and_keeps_only_what_never_changes(made, tmp_path):
    stages = made("post4-model4")
    once, again = (stages.training[0][0] for _ in range(2))
    assert once.shape == (4, 8)
    assert not np.allclose(once, again)
    assert len(list((tmp_path / "features").glob("*.npy"))) == 1  # of the validation photos


def test_features_are_drawn_from_the_photo_and_its_copies(made, tmp_path):
    stages = made("post4-model4", copies=2)
    kept = map(np.load, (tmp_path / "features").glob("*.npy"))
    [known] = [one for one in kept if one.shape == (TRAINED, 3, 8)]
    drawn = {}
    for number in range(12):
        for part in stages.chance:
            part.begin(number)
        for index in range(len(stages.training)):
            places = stages.training.order[4 * index : 4 * index + 4]
            for place, row in zip(places, stages.training[index][0], strict=True):
                for copy in np.flatnonzero((known[place] == row).all(axis=1)):
                    drawn.setdefault(int(copy), set()).add(int(place))
    assert drawn.keys() == {0, 1, 2}
    assert all(len(places) > TRAINED / 2 for places in drawn.values())


def test_features_are_computed_once_for_all_seeds(made, monkeypatch, tmp_path):
    """The base is the same one whatever the seed."""
    made("post4-model4", copies=1, seed=0)
    files = sorted((tmp_path / "features").iterdir())
    monkeypatch.setattr("catdog.models.features.FeatureStore.ask", None)
    assert len(made("post4-model4", copies=1, seed=5).training) == 3
    assert sorted((tmp_path / "features").iterdir()) == files


def test_what_takes_long_is_told_with_its_share_and_a_stop_is_obeyed(made, tmp_path):
    told = []
    made("post4-model4", copies=1, tell=told.append)
    looking = ("The frozen base looks at the photos", 0)
    assert [(one.what, one.share) for one in told] == [looking] * 2  # training and validation, a batch each

    class Enough(Exception):  # noqa: N818 - stands for a person's wish to stop
        pass

    def stop(progress):
        raise Enough

    with pytest.raises(Enough):
        made("post4-model4", features="stopped", copies=1, tell=stop)
    assert list((tmp_path / "stopped").iterdir()) == []


def test_a_network_without_a_frozen_base_keeps_no_features(made, tmp_path):
    told = []
    made("post4-model2", tell=told.append)
    assert told == []
    assert not (tmp_path / "features").exists()


# Precision


@pytest.mark.parametrize("key", ["post4-model2", "post3-model4"])
def test_in_mixed_precision_only_what_computes_most_has_fewer_bits(key, made, keras, monkeypatch):
    from catdog.models import frozen
    from catdog.training import stages as module

    for place in (module, frozen):
        monkeypatch.setattr(place, "on_gpu", lambda: key == "post3-model4")  # a CPU's frozen base stays float32
    stages = made(key, precision="mixed_bfloat16", copies=0 if key == "post3-model4" else None)
    assert stages.precision == "mixed_bfloat16"
    assert {keras.backend.standardize_dtype(weight.dtype) for weight in stages.whole.weights} == {"float32"}
    computes = {layer.name: layer.compute_dtype for layer in stages.whole.layers}
    exact = {"photo", "flip", "rotation", "logits", "probabilities"}
    for name, dtype in computes.items():
        assert dtype == ("float32" if name in exact else "bfloat16"), name
    assert stages.learner.output.dtype == stages.whole.output.dtype == "float32"
    history = fitted(stages, epochs=1)
    assert all(math.isfinite(values[0]) for values in history.values())
    assert keras.config.dtype_policy().name == "float32"  # of the process, as it was


@pytest.mark.parametrize("key", ["post5-model1", "post5-model3"])
def test_what_follows_the_answer_is_as_precise_as_the_answer(key, made):
    whole = made(key, precision="mixed_bfloat16").whole
    names = [layer.name for layer in whole.layers]
    after = whole.layers[names.index("logits") :]
    assert {layer.compute_dtype for layer in after} == {"float32"}
    assert {layer.compute_dtype for layer in whole.layers if layer.name.startswith("conv")} == {"bfloat16"}


def test_fewer_bits_answer_much_the_same(made, photos):
    exact, mixed = (made("post4-model3", precision=name).whole for name in ("float32", "mixed_bfloat16"))
    mixed.set_weights(exact.get_weights())
    answers = [np.array(whole(photos.photos.astype(np.float32), training=False)) for whole in (exact, mixed)]
    np.testing.assert_allclose(*answers, atol=0.03)
    assert not np.array_equal(*answers)


# The best epoch


class Whole:
    """Stands for stages: a network of two layers, of which the second learns; and one number to set them by."""

    def __init__(self, keras):
        photo = keras.Input((2,))
        base = keras.layers.Dense(2, name="base", trainable=False)
        head = keras.layers.Dense(1, name="head")
        self.whole = keras.Model(photo, head(base(photo)))
        seen = keras.Input((2,))
        self.learner = keras.Model(seen, head(seen))

    def set(self, value):
        self.learner.set_weights([np.full(weight.shape, value) for weight in self.learner.get_weights()])

    @property
    def value(self):
        return float(self.learner.get_weights()[0].ravel()[0])


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def keeping(keras, tmp_path, monkeypatch):
    """Calls back with stand-in stages, a KeepBest on them, what the file holds, and a clock turned by hand."""
    from catdog.training import fit

    clock = Clock()
    monkeypatch.setattr(fit.time, "monotonic", clock)
    stages, file = Whole(keras), tmp_path / "best.weights.h5"
    keep = fit.KeepBest(stages, file)
    keep.set_model(stages.learner)

    def written():
        if not file.exists():
            return None
        fresh = Whole(keras)
        fresh.whole.load_weights(file)
        for one, other in zip(fresh.whole.layers[1].get_weights(), stages.whole.layers[1].get_weights(), strict=True):
            np.testing.assert_array_equal(one, other)
        return fresh.value

    def epoch(value, accuracy, seconds):
        clock.now += seconds
        stages.set(value)
        keep.on_epoch_end(0, {"val_accuracy": accuracy})
        return written()

    return stages, keep, epoch, written


def test_the_best_epoch_is_kept_and_not_the_last(keeping):
    stages, keep, epoch, written = keeping
    seen = [epoch(value, accuracy, 10) for value, accuracy in ((1, 0.5), (2, 0.8), (3, 0.7), (4, 0.8))]
    keep.write()
    assert [*seen, written()] == [1, 2, 2, 2, 2]
    assert stages.value == 4  # training goes on with the weights it has


def test_quick_epochs_are_written_at_the_end_and_slow_ones_at_once(keeping):
    stages, keep, epoch, written = keeping
    assert epoch(1, 0.1, 10) == 1
    assert epoch(2, 0.2, 0.5) == 1
    assert epoch(3, 0.3, 0.5) == 1
    assert epoch(4, 0.2, 0.5) == 1
    keep.write()
    assert (written(), stages.value) == (3, 4)
    assert epoch(5, 0.25, 10) == 3
    assert epoch(6, 0.4, 0.1) == 6


def test_what_waits_is_written_at_the_next_epoch_after_a_while_even_if_that_is_worse(keeping):
    _, _, epoch, _ = keeping
    assert [epoch(1, 0.1, 10), epoch(2, 0.5, 0.5), epoch(3, 0.2, 0.5), epoch(4, 0.3, 1.5)] == [1, 1, 1, 2]


@pytest.mark.parametrize("accuracy", [math.nan, None])
def test_an_accuracy_that_is_no_number_keeps_nothing(accuracy, keeping):
    stages, keep, epoch, written = keeping
    if accuracy is None:
        keep.on_epoch_end(0, {})
        keep.on_epoch_end(0, None)
    else:
        assert epoch(1, accuracy, 10) is None
    keep.write()
    assert written() is None
    assert epoch(2, 0.5, 10) == 2
    assert epoch(3, math.nan, 10) == 2


def test_accuracy_0_is_better_than_nothing(keeping):
    _, _, epoch, _ = keeping
    assert epoch(1, 0.0, 1) == 1


def test_writing_twice_writes_once(keeping, monkeypatch):
    stages, keep, epoch, written = keeping
    epoch(1, 0.5, 10)
    monkeypatch.setattr(stages, "whole", None)  # would fail where it were asked again
    keep.write()


def test_a_write_that_fails_leaves_the_file_that_was_there(keeping, monkeypatch, tmp_path):
    stages, keep, epoch, written = keeping
    epoch(1, 0.5, 10)
    whole = (tmp_path / "best.weights.h5").read_bytes()

    def full(path):
        Path(path).write_bytes(whole[:100])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stages.whole, "save_weights", full)
    with pytest.raises(OSError, match="No space left"):
        epoch(2, 0.9, 10)
    assert (tmp_path / "best.weights.h5").read_bytes() == whole


def test_after_a_stop_the_best_epoch_so_far_can_be_written(made, tmp_path, keras):
    from catdog.models.build import build
    from catdog.training.fit import KeepBest

    class Enough(Exception):  # noqa: N818 - stands for a person's wish to stop
        pass

    class Stop(keras.callbacks.Callback):
        epochs = 0

        def on_epoch_end(self, epoch, logs=None):
            self.epochs += 1

        def on_train_batch_end(self, batch, logs=None):
            if (self.epochs, batch) == (1, 1):
                raise Enough

    stages = made("post4-model2")
    keep = KeepBest(stages, tmp_path / "best.weights.h5")
    keep.PAUSE = math.inf  # so that all waits
    with pytest.raises(Enough):
        stages.fit(3, [Stop(), keep])
    now = copied(stages.whole)
    keep.write()
    assert not any(changed(now, stages.whole))
    fresh = build(recipe("post4-model2"), pretrained=False)
    fresh.load_weights(tmp_path / "best.weights.h5")
    assert fresh.count_params() == total_parameters(recipe("post4-model2"))
    assert any(changed(now, fresh))
    assert [path.name for path in tmp_path.glob("*.h5")] == ["best.weights.h5"]


def test_the_runs_own_augmentation_is_what_it_learns_from(made, photos):
    own = Augmentation("vertical")
    stages = made("post4-model2", augmentation=own)
    pixels, _ = stages.training[0]
    known = {photos.photos[at].tobytes() for at in photos.positions("training")}
    flipped = [one.tobytes() in known for one in pixels]
    assert {one.tobytes() if same else one[::-1].tobytes() for one, same in zip(pixels, flipped, strict=True)} <= known


@pytest.mark.parametrize("way", ["training", "validation"])
def test_what_goes_wrong_in_a_feed_is_raised_as_what_it_was(way, made):
    """A feed is read in TensorFlow's own thread, which would make an error of its own of it."""
    key, asked = WAYS["plain"]
    stages = made(key, **asked)

    def damaged(places):
        raise PhotosError("The prepared photos are damaged. Prepare them again.")

    getattr(stages, way).take = damaged
    with pytest.raises(PhotosError, match="Prepare them again"):
        fitted(stages)


# The embedded base


def test_each_base_keeps_features_of_its_own(made, tmp_path):
    for base in ("imagenet", "embedded", "embedded"):
        made("post4-model4", copies=0, base=base)
    kept = [np.load(file).shape for file in (tmp_path / "features").glob("*.npy")]
    assert sorted(kept) == [(TRAINED, 1, 8), (TRAINED, 1, 256), (24, 1, 8), (24, 1, 256)]


def test_a_run_on_the_embedded_base_needs_no_imagenet_and_answers_when_it_is_loaded_again(
    own_photos, tmp_path, monkeypatch, keras, capsys
):
    """From the request to the answer, as the worker and the pages do it."""
    from catdog.training.fit import train
    from catdog.training.folder import RunFolder
    from catdog.training.trained import load_classifier
    from catdog.training.voice import Voice

    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "no keras"))
    monkeypatch.setattr(keras.applications, "MobileNetV2", None)
    prepared = ready_photos(settings(), lambda progress: None)
    request = RunRequest.of(recipe("post4-model4"), base="embedded", copies=0, epochs=2, batch_size=8)
    run = RunFolder.create(settings().runs, request, ABOUT | {"photos": prepared.reference})
    voice = Voice(run)
    train(run, request, voice)
    voice.end("finished")
    assert "Base: catdog's own embedded base, not the post's" in capsys.readouterr().out

    pixels = prepared.photos[:3]
    last = keras.saving.load_model(run.model).predict(pixels, verbose=0)
    assert last.shape == (3, 2) and np.isfinite(last).all()
    classifier = load_classifier(settings().runs, run.id)
    assert classifier.heat(pixels[0]).shape == (10, 10)
    scored = run.evaluation()["validation"]["odds"]
    held_out = prepared.photos[prepared.positions("validation")]
    np.testing.assert_allclose([answer.odds for answer in classifier.answers(held_out)], scored, atol=1e-2)

"""Scoring a network whose answers are known beforehand: it says dog where the lower half is brighter."""

import json
from pathlib import Path

import numpy as np
import pytest

from catdog.photos import PreparedPhotos
from catdog.recipes import recipe

CATS = DOGS = 20  # in the validation folder; 4 + 4 of them are the test


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


def make_model(keras, outputs):
    """Dog where the lower half is brighter; the flip would turn every answer round if it were on."""
    photo = keras.Input((160, 160, 3))
    seen = keras.layers.RandomFlip("vertical", seed=1)(photo)
    upper = keras.layers.GlobalAveragePooling2D()(keras.layers.Cropping2D(((0, 80), (0, 0)))(seen))
    lower = keras.layers.GlobalAveragePooling2D()(keras.layers.Cropping2D(((80, 0), (0, 0)))(seen))
    answer = keras.layers.Dense(outputs, use_bias=False)
    model = keras.Model(photo, answer(keras.layers.Concatenate()([upper, lower])))
    weights = np.zeros((6, outputs), np.float32)
    weights[3:, -1] = 0.01  # the last output is the dog's
    if outputs == 1:
        weights[:3, 0] = -0.01
    else:
        weights[:3, 0] = 0.01
    answer.set_weights([weights])
    return model


def make_photos(looks_like_dog):
    """20 cats, then 20 dogs; photo i is bright below where `looks_like_dog[i]`, and brighter the larger i is."""
    count = CATS + DOGS
    pixels = np.zeros((count, 160, 160, 3), np.uint8)
    for position, dog in enumerate(looks_like_dog):
        pixels[position, slice(80, 160) if dog else slice(0, 80)] = 20 + 5 * position
    return PreparedPhotos(
        fingerprint="0" * 16,
        name="halves",
        root=Path("halves"),
        photos=pixels,
        labels=np.repeat(np.array([0, 1], np.uint8), CATS),
        files=tuple(f"validation/{number}.jpg" for number in range(count)),
        folders=("validation",) * count,
        sizes=np.full((count, 2), 160),
        unreadable=(),
    )


@pytest.fixture
def truthful():
    return make_photos([False] * CATS + [True] * DOGS)


@pytest.fixture
def misleading(truthful):
    """As `truthful`, but one dog of the test looks like a cat, and three of its four cats look like dogs."""
    looks = np.repeat([False, True], CATS)
    test = truthful.positions("test")
    looks[test[[0, 1, 3]]] = True
    looks[test[6]] = False
    return make_photos(looks)


def score(keras, photos, outputs=2, split="test", callbacks=()):
    from catdog.insight.evaluate import evaluate

    entry = recipe("post3-model4" if outputs == 1 else "post2-model1")
    return evaluate(make_model(keras, outputs), entry, photos, split, list(callbacks))


@pytest.mark.parametrize("outputs", [1, 2])
def test_a_network_that_is_always_right_scores_one(keras, truthful, outputs):
    result = score(keras, truthful, outputs)
    assert result.confusion == [[4, 0], [0, 4]]
    assert (result.accuracy, result.photos, result.split) == (1.0, 8, "test")


@pytest.mark.parametrize("outputs", [1, 2])
def test_the_confusion_counts_truth_by_answer(keras, misleading, outputs):
    result = score(keras, misleading, outputs)
    assert result.confusion == [[1, 3], [1, 3]]
    assert sum(map(sum, result.confusion)) == result.photos == 8
    assert result.accuracy == 0.5


def test_each_answer_stands_beside_its_own_photo(keras, misleading):
    result = score(keras, misleading)
    positions = misleading.positions("test")
    assert result.positions == tuple(positions.tolist())
    assert result.truth == (0, 0, 0, 0, 1, 1, 1, 1)
    assert [odds > 0 for odds in result.odds] == [True, True, False, True, True, True, False, True]
    brightness = 0.01 * 3 * (20 + 5 * positions)
    np.testing.assert_allclose(np.abs(result.odds), brightness, rtol=1e-4)


def test_photos_of_several_batches_come_once_and_in_order(keras, misleading, monkeypatch):
    whole = score(keras, misleading)
    monkeypatch.setattr("catdog.insight.evaluate.LOOKING_BATCH", 3)
    parts = score(keras, misleading)
    assert (parts.positions, parts.truth) == (whole.positions, whole.truth)
    np.testing.assert_allclose(parts.odds, whole.odds, rtol=1e-5)


def test_the_other_splits_can_be_scored_as_well(keras, truthful):
    result = score(keras, truthful, split="validation")
    assert (result.split, result.photos, result.confusion) == ("validation", 32, [[16, 0], [0, 16]])
    assert not set(result.positions) & set(truthful.positions("test").tolist())


def test_an_even_answer_counts_as_cat():
    from catdog.insight.scores import Evaluation

    result = Evaluation("test", (0, 1), (0, 1), (0.0, 0.0))
    assert result.confusion == [[1, 0], [1, 0]]
    assert result.accuracy == 0.5


def test_it_can_be_written_down_as_json(keras, misleading):
    result = score(keras, misleading)
    read = json.loads(json.dumps(result.as_json(), allow_nan=False))
    assert read.keys() == {"split", "photos", "accuracy", "confusion", "positions", "truth", "odds"}
    assert (read["split"], read["photos"], read["accuracy"]) == ("test", 8, 0.5)
    assert read["confusion"] == [[1, 3], [1, 3]]
    assert read["positions"] == list(result.positions)
    assert read["truth"] == [0] * 4 + [1] * 4
    np.testing.assert_allclose(read["odds"], result.odds, atol=5.1e-7)


def test_scoring_asks_about_the_validation_and_the_test_photos_and_calibrates_on_the_former(keras, misleading):
    from catdog.insight.calibration import calibrate
    from catdog.insight.evaluate import scored

    scores = scored(make_model(keras, 2), recipe("post2-model1"), misleading, [])
    for split, one in (("validation", scores.validation), ("test", scores.test)):
        again = score(keras, misleading, split=split)
        assert (one.split, one.positions, one.truth) == (split, again.positions, again.truth)
        np.testing.assert_allclose(one.odds, again.odds, rtol=1e-5)
    truth = misleading.labels[misleading.positions("validation")]
    assert scores.calibration == calibrate(np.array(scores.validation.odds), truth)


def test_a_network_that_takes_something_else_than_photos_is_given_that(keras, misleading):
    """As the head behind a frozen base is given what the base says."""
    from catdog.insight.evaluate import evaluate, scored
    from catdog.models.feed import Batches

    whole = make_model(keras, 2)
    halves, answer = whole.layers[-1].input, whole.layers[-1]
    seen = keras.Input(halves.shape[1:])
    head, base = keras.Model(seen, answer(seen)), keras.Model(whole.input, halves)

    def of(split):
        positions = misleading.positions(split)
        said = base.predict(misleading.photos[positions], verbose=0)
        return Batches(said.__getitem__, misleading.labels[positions], 3, said.shape[1:], "float32")

    entry = recipe("post2-model1")
    result, wanted = evaluate(head, entry, misleading, "test", [], of("test")), score(keras, misleading)
    assert (result.positions, result.truth, result.confusion) == (wanted.positions, wanted.truth, wanted.confusion)
    np.testing.assert_allclose(result.odds, wanted.odds, rtol=1e-5)
    one, other = scored(head, entry, misleading, [], of), scored(whole, entry, misleading, [])
    np.testing.assert_allclose(one.validation.odds, other.validation.odds, rtol=1e-5)
    assert one.calibration.temperature == pytest.approx(other.calibration.temperature, rel=1e-3)


def test_a_callback_can_end_it_between_two_batches(keras, truthful, monkeypatch):
    class Enough(Exception):  # noqa: N818 - stands for a person's wish to stop
        pass

    class Stop(keras.callbacks.Callback):
        batches = 0

        def on_predict_batch_end(self, batch, logs=None):
            self.batches += 1
            if self.batches == 2:
                raise Enough

    monkeypatch.setattr("catdog.insight.evaluate.LOOKING_BATCH", 2)
    stop = Stop()
    with pytest.raises(Enough):
        score(keras, truthful, callbacks=[stop])
    assert stop.batches == 2

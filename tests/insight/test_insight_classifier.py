"""One loaded network for everyone: the same answers alone and in any company, traced once, from any thread."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from catdog.insight.calibration import calibrate

PHOTOS = 100


@pytest.fixture(scope="module")
def model():
    import keras

    keras.utils.set_random_seed(4)
    photo = keras.Input((160, 160, 3))
    x = keras.layers.RandomFlip(seed=1)(photo)
    x = keras.layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = keras.layers.Conv2D(6, 8, strides=8, activation="relu")(x)
    x = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
    return keras.Model(photo, keras.layers.Dense(1)(x))


@pytest.fixture(scope="module")
def classifier(model):
    from catdog.insight.classifier import Classifier

    return Classifier(model, from_logits=True, calibration=None)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).integers(0, 256, (PHOTOS, 160, 160, 3)).astype(np.uint8)


@pytest.fixture(scope="module")
def alone(classifier, pictures):
    """The odds of each picture, asked one by one."""
    return [classifier.answers(picture[None])[0].odds for picture in pictures]


def odds(answers):
    return [answer.odds for answer in answers]


def test_no_pictures_have_no_answers(classifier, pictures):
    assert classifier.answers(pictures[:0]) == []


def test_the_same_picture_gets_the_same_answer(classifier, pictures):
    assert classifier.answers(pictures[:5]) == classifier.answers(pictures[:5].copy())
    np.testing.assert_array_equal(classifier.heat(pictures[0]), classifier.heat(pictures[0]))


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 64, 100])
def test_a_picture_is_answered_in_company_as_alone(classifier, pictures, alone, count):
    assert np.std(alone) > 0.01
    np.testing.assert_allclose(odds(classifier.answers(pictures[:count])), alone[:count], rtol=1e-4, atol=1e-5)


def test_the_answers_are_the_network_s_own(model, classifier, pictures, alone):
    outputs = np.asarray(model(pictures[:4].astype(np.float32), training=False))[:, 0]
    np.testing.assert_allclose(alone[:4], outputs, rtol=1e-4, atol=1e-5)


def test_it_is_traced_when_it_is_loaded_and_never_again(model, classifier, pictures):
    before = model.predict_function.experimental_get_tracing_count()
    for count in (1, 2, 3, 33, 100, 7, 1):
        classifier.answers(pictures[:count])
    assert model.predict_function.experimental_get_tracing_count() == before <= 2


def test_eight_threads_at_once_get_their_own_answers(classifier, pictures, alone):
    def ask(thread):
        mine = np.roll(np.arange(PHOTOS), thread)[: 10 + thread]
        return mine, odds(classifier.answers(pictures[mine])), classifier.heat(pictures[thread])

    with ThreadPoolExecutor(8) as threads:
        for thread, (mine, got, heat) in enumerate(threads.map(ask, range(8))):
            np.testing.assert_allclose(got, np.array(alone)[mine], rtol=1e-4, atol=1e-5)
            np.testing.assert_array_equal(heat, classifier.heat(pictures[thread]))


def test_without_a_calibration_the_network_s_own_probabilities_stand(classifier, pictures):
    (answer,) = classifier.answers(pictures[:1])
    assert (answer.temperature, answer.probability) == (1.0, answer.claimed)


def test_a_calibration_gives_the_temperature_and_leaves_the_odds(model, pictures, alone):
    from catdog.insight.classifier import Classifier

    calibration = calibrate(np.array([2.0, 2.0, 2.0, -2.0]), np.ones(4, int))
    (answer,) = Classifier(model, True, calibration).answers(pictures[:1])
    assert answer.temperature == calibration.temperature == pytest.approx(2 / np.log(3), rel=1e-4)
    assert answer.odds == pytest.approx(alone[0], rel=1e-4, abs=1e-5)


def test_a_network_whose_training_has_failed_says_even_odds(model, pictures):
    import keras

    from catdog.insight.classifier import Classifier

    broken = keras.models.clone_model(model)
    broken.set_weights([np.full_like(weight, np.nan) for weight in model.get_weights()])
    answers = Classifier(broken, True, None).answers(pictures[:2])
    assert [(answer.odds, answer.label, answer.sure) for answer in answers] == [(0.0, "cat", False)] * 2


def test_loading_can_be_done_by_whoever_holds_the_lock_already(model):
    """As `load_classifier` does, which builds the network under the same lock."""
    from catdog.insight.classifier import ONE_AT_A_TIME, Classifier

    with ONE_AT_A_TIME:
        Classifier(model, True, None)

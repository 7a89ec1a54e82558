"""The starter as it is loaded and as it answers: the same for a picture and its mirror."""

import os

import numpy as np
import pytest

from catdog.embedded import stored
from catdog.settings import Settings
from tests.conftest import REAL_PHOTOS, skip_or_fail

MEGABYTE = 1024**2


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


@pytest.fixture(scope="module")
def network(keras):
    """The network with random weights, random biases among them, whose answers differ."""
    from catdog.embedded.network import body, classifier, dog_layer

    keras.utils.set_random_seed(2)
    model = classifier(body(), dog_layer())
    for weight in model.weights:
        if weight.path.endswith("beta"):
            weight.assign(keras.random.normal(weight.shape))
    return model


@pytest.fixture(scope="module")
def pictures():
    """Two of noise, two of which the left half is dark."""
    made = np.random.default_rng(0).integers(0, 256, (4, 160, 160, 3)).astype(np.float32)
    made[2:, :, :80] /= 8
    return made


def test_a_network_answers_the_same_from_stored_weights(network, pictures, tmp_path):
    from catdog.starter.load import stored_network

    stored.save_weights(network.get_weights(), tmp_path)
    wanted = np.asarray(network(pictures))
    answers = np.asarray(stored_network(tmp_path)(pictures))
    np.testing.assert_allclose(answers, wanted, atol=0.02 * np.abs(wanted).max())
    assert (tmp_path / stored.WEIGHTS).stat().st_size <= 4 * MEGABYTE


def test_a_picture_and_its_mirror_image_get_the_same_answer(network, pictures):
    answers, mirrored = (np.asarray(network(one)) for one in (pictures, pictures[:, :, ::-1]))
    np.testing.assert_allclose(mirrored, answers, rtol=1e-4, atol=1e-5)
    assert answers.std() > 1e-3
    assert np.abs(np.asarray(network(pictures[:, ::-1])) - answers).max() > 1e-3  # upside down is another picture


def test_the_halves_are_the_network_without_its_look_at_the_mirror(network, pictures):
    from catdog.starter.load import starter_halves

    seeing, deciding = starter_halves(network)
    assert seeing.output_shape == (None, 7, 7, 256)
    once, mirrored = (np.asarray(deciding(seeing(one))) for one in (pictures, pictures[:, :, ::-1]))
    np.testing.assert_allclose((once + mirrored) / 2, np.asarray(network(pictures)), rtol=1e-4, atol=1e-5)


def test_the_starter_answers_and_explains():
    from catdog.starter.load import load_starter

    starter = load_starter()
    picture = np.random.default_rng(0).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    one, other = starter.answers(np.stack([picture, picture[:, ::-1]]))
    assert one.odds == pytest.approx(other.odds, rel=1e-3, abs=1e-4)
    assert one.temperature == stored.card()["calibration"]["temperature"]
    assert starter.heat(picture).shape == (7, 7)


@pytest.mark.slow
def test_the_stored_starter_keeps_what_its_card_says(tmp_path):
    """The only test that depends on how good the stored weights are; it needs the real photos."""
    from catdog.photos import ready_photos
    from catdog.starter.examine import exam_figures
    from catdog.starter.pets import labelled

    url = os.environ.get(REAL_PHOTOS)
    if not url:
        skip_or_fail(f"{REAL_PHOTOS} does not name the archive of photos")
    photos = ready_photos(Settings(home=tmp_path, dataset_url=url), lambda progress: None, "real")
    found = exam_figures(stored.FOLDER, labelled(photos, photos.held_out))
    assert found["photos"] == stored.card()["exam"]["photos"]
    assert found["right"] == pytest.approx(stored.card()["exam"]["right"], abs=3)

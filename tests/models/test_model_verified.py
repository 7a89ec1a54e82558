"""Whether a file gives MobileNetV2 its weights is seen by loading it; what is damaged is said and never raised."""

import threading

import keras
import numpy as np
import pytest

from catdog.models.loading import ONE_AT_A_TIME
from catdog.models.verified import loading_flaw


@pytest.fixture(scope="module")
def base():
    """MobileNetV2 without its top, with random numbers."""
    return keras.applications.MobileNetV2(input_shape=(160, 160, 3), include_top=False, weights=None)


@pytest.fixture(scope="module")
def good(base, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "good.h5"
    base.save(path)
    return path.read_bytes()


@pytest.fixture
def file(tmp_path):
    return tmp_path / "weights.h5"


@pytest.fixture
def built_before(base, monkeypatch):
    """Spares a test the second that building the network takes."""
    monkeypatch.setattr(keras.applications, "MobileNetV2", lambda **_: base)


def test_a_whole_file_has_no_flaw(good, file):
    file.write_bytes(good)
    assert loading_flaw(file) is None
    assert file.read_bytes() == good


@pytest.mark.usefixtures("built_before")
@pytest.mark.parametrize("share", [0, 0.001, 0.5, 0.9])
def test_a_file_that_breaks_off_cannot_be_loaded(share, good, file):
    file.write_bytes(good[: int(share * len(good))])
    assert loading_flaw(file).startswith("Keras cannot load it: ")


@pytest.mark.usefixtures("built_before")
@pytest.mark.parametrize(
    "content", [b"<html>Please log in</html>" * 400_000, bytes(9_500_000)], ids=["a page", "zeros"]
)
def test_a_file_of_the_right_size_and_another_kind_cannot_be_loaded(content, file):
    file.write_bytes(content)
    assert loading_flaw(file).startswith("Keras cannot load it: ")


@pytest.mark.usefixtures("built_before")
def test_noise_anywhere_in_a_file_is_a_flaw_or_harmless_and_never_an_exception(good, file):
    random = np.random.default_rng(7)
    found = []
    for place in (0, 900, 9_000, len(good) - 40_000):
        damaged = bytearray(good)
        damaged[place : place + 2_000] = random.bytes(2_000)
        file.write_bytes(damaged)
        found.append(loading_flaw(file))
    assert found[0].startswith("Keras cannot load it: ")
    assert all(flaw is None or "\n" not in flaw for flaw in found)


@pytest.mark.usefixtures("built_before")
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_a_flaw(number, base, file):
    spoilt = [np.zeros_like(values) for values in base.get_weights()]
    spoilt[100].flat[3] = number
    base.set_weights(spoilt)
    base.save(file)
    assert loading_flaw(file) == "some of its numbers are infinite or none at all"


@pytest.mark.usefixtures("built_before")
def test_the_weights_of_another_network_are_a_flaw(file):
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save(file)
    assert loading_flaw(file).startswith("Keras cannot load it: ")


def test_nobody_else_asks_or_builds_a_network_meanwhile(good, file, monkeypatch):
    file.write_bytes(good)
    real, got = keras.applications.MobileNetV2, []

    def build(**arguments):
        other = threading.Thread(target=lambda: got.append(ONE_AT_A_TIME.acquire(blocking=False)))
        other.start()
        other.join()
        return real(**arguments)

    monkeypatch.setattr(keras.applications, "MobileNetV2", build)
    assert loading_flaw(file) is None
    assert got == [False]

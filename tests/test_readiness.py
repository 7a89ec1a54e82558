"""What a lesson needs, card by card and state by state."""

from pathlib import Path

import numpy as np
import pytest

from catdog import readiness
from catdog.photos import PreparedPhotos
from catdog.readiness import COMING, MISSING, READY, STAND_IN, Card, device_card, models_card, photos_card, weights_card


def photos_of(kind: str, count: int = 1_200, unreadable: int = 0) -> PreparedPhotos:
    """A set of so many photos that holds no pictures."""
    return PreparedPhotos(
        fingerprint="0" * 16,
        name="pets",
        root=Path("pets"),
        photos=np.empty((0, 160, 160, 3), np.uint8),
        labels=np.zeros(count, np.uint8),
        files=("train/cats/a.jpg",) * count,
        folders=("train",) * count,
        sizes=np.ones((count, 2), np.uint32),
        unreadable=(("train/cats/b.jpg", "The file is empty."),) * unreadable,
        kind=kind,
    )


@pytest.fixture
def machine(monkeypatch):
    """Makes this a machine with this GPU, and with a processor that has a bfloat16 unit or has none."""

    def make(gpu: str | None = None, cpu_unit: bool = False) -> None:
        monkeypatch.setattr(readiness, "installed_gpu", lambda: gpu)
        monkeypatch.setattr(readiness, "cpu_name", lambda: "2 CPU cores")
        monkeypatch.setattr(readiness, "bfloat16_unit", lambda on_gpu: "a unit" if on_gpu or cpu_unit else None)

    return make


def test_real_photos_are_ready_and_counted():
    assert photos_card(photos_of("real", 3_000)) == Card("Photos", READY, "3,000 real photos.")


def test_photos_of_ones_own_are_ready_and_named():
    words = "1,200 photos of your own, from the folder pets."
    assert photos_card(photos_of("own")) == Card("Photos", READY, words)


def test_the_drawn_sample_stands_in_and_says_how_to_get_the_real_photos():
    assert photos_card(photos_of("sample", 600)) == Card(
        "Photos",
        STAND_IN,
        "600 drawn ones stand in for the real ones.",
        "`python3 -m catdog prepare` fetches the real ones (69 MB).",
    )


@pytest.mark.parametrize("kind", ["real", "own", "sample"])
def test_photos_that_could_not_be_read_are_counted_whatever_the_set(kind):
    assert photos_card(photos_of(kind, unreadable=1_001)).words.endswith(". 1,001 could not be read.")


def test_photos_that_are_being_got_ready_are_on_their_way():
    assert photos_card(None) == Card("Photos", COMING, "They are being got ready.")


def test_photos_that_cannot_be_had_are_missing_with_the_reason():
    assert photos_card(None, "There is no folder pets.") == Card("Photos", MISSING, "There is no folder pets.")


def test_weights_that_are_here_are_ready():
    card = weights_card("")
    assert (card.title, card.state, card.remedy) == ("Pretrained weights", READY, "")
    assert "MobileNetV2" in card.words


def test_weights_that_are_being_fetched_are_on_their_way():
    card = weights_card("They are not on this machine.", coming=True)
    assert (card.state, card.remedy) == (COMING, "")
    assert "Until then network 4 builds on the embedded base." in card.words
    assert weights_card("", coming=True).state == READY  # they are only being checked


def test_without_weights_the_embedded_base_stands_in_with_the_reason_beside_it():
    card = weights_card("The weights are damaged. Give another file.")
    assert (card.state, card.remedy) == (STAND_IN, "The weights are damaged. Give another file.")
    assert "Network 4 builds on the embedded base, not the post's" in card.words


@pytest.mark.parametrize(
    ("gpu", "cpu_unit", "words"),
    [
        (None, False, "2 CPU cores, computing in 32 bits."),
        (None, True, "2 CPU cores, computing in 16 bits."),
        ("NVIDIA H200", False, "NVIDIA H200, computing in 16 bits."),
    ],
)
def test_the_device_is_named_with_the_bits_that_it_computes_in(gpu, cpu_unit, words, machine):
    machine(gpu, cpu_unit)
    assert device_card() == Card("Device", READY, words)


@pytest.mark.parametrize(("cpu_unit", "bits"), [(False, "32"), (True, "16")])
def test_a_gpu_that_keras_does_not_see_leaves_the_processor_to_stand_in_and_says_what_to_install(
    cpu_unit, bits, machine
):
    machine("NVIDIA H200", cpu_unit)
    assert device_card(gpu_unused=True) == Card(
        "Device",
        STAND_IN,
        f"2 CPU cores, {bits} bits.",
        "`pip install -r requirements-gpu.txt` lets TensorFlow use NVIDIA H200.",
    )


@pytest.mark.parametrize(
    ("trained", "words"),
    [(0, "and no finished run yet."), (1, "and 1 finished run."), (1_200, "and 1,200 finished runs.")],
)
def test_there_is_always_a_model_to_ask(trained, words):
    card = models_card(trained)
    assert (card.state, card.remedy) == (READY, "")
    assert card.words == f"The starter, which comes with catdog, {words}"

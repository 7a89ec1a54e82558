"""Shared by all tests: an empty home, photos made on the spot, and the real photos where they are named."""

import gc
import io
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

settings.register_profile("same every time", derandomize=True, database=None, deadline=None)
settings.load_profile("same every time")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before anything loads TensorFlow

REAL_PHOTOS = "CATDOG_DATASET_URL"
IN_CI = os.environ.get("CI") == "true"


def skip_or_fail(reason: str) -> None:
    """A missing prerequisite skips a test with its reason; in CI, where everything is to be there, it fails it."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="package", autouse=True)
def nothing_to_collect() -> Iterator[None]:
    """What other tests have loaded, TensorFlow above all, is out of the garbage collector's sight."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty CATDOG_HOME, with no photos named."""
    monkeypatch.setenv("CATDOG_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CATDOG_PHOTOS", raising=False)
    return tmp_path / "home"


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever draws the sample draws a few pictures of it: the whole takes seconds."""
    monkeypatch.setattr("catdog.photos.drawings.SAMPLE_PHOTOS", {"train": 8, "validation": 6})


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine from which every connection is refused, with Keras' cache empty."""
    for name in ("CATDOG_DATASET_URL", "CATDOG_WEIGHTS_URL"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/nothing")  # the discard port
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))


@pytest.fixture
def own_photos(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own with 24 + 24 small pictures, named by CATDOG_PHOTOS: a cat is bright above, a dog below."""
    root = make_photos(tmp_path / "own", train=12, validation=12)
    monkeypatch.setenv("CATDOG_PHOTOS", str(root))
    return root


def make_photos(root: Path, train: int, validation: int) -> Path:
    """Write a set of pictures, so many of each class in each folder, that even a small network can learn."""
    random = np.random.default_rng(7)
    for folder, count in (("train", train), ("validation", validation)):
        for label, name in enumerate(("cats", "dogs")):
            (root / folder / name).mkdir(parents=True)
            for number in range(count):
                (root / folder / name / f"{number:03}.jpg").write_bytes(jpeg(half_bright(label, random)))
    return root


def half_bright(label: int, random: np.random.Generator) -> np.ndarray:
    """uint8 (60, 80, 3): noise, with the upper half brighter for a cat and the lower half for a dog."""
    pixels = random.integers(0, 90, (60, 80, 3))
    half = slice(0, 30) if label == 0 else slice(30, 60)
    pixels[half] += 150
    return pixels.astype(np.uint8)


def jpeg(pixels: np.ndarray) -> bytes:
    """The picture as the bytes of a JPEG file."""
    return _saved(pixels, "JPEG", quality=92)


def png(pixels: np.ndarray) -> bytes:
    """The picture as the bytes of a PNG file, which keeps every pixel."""
    return _saved(pixels, "PNG")


def _saved(pixels: np.ndarray, kind: str, **options: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, **options)
    return out.getvalue()

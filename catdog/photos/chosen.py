"""Which photos a page shows: random ones of each class, the first batch of a run, one photo in its own shape."""

import numpy as np
from PIL import Image

from catdog.errors import SettingError
from catdog.photos.decode import read_bytes, upright
from catdog.photos.prepared import PreparedPhotos
from catdog.settings import CLASSES, whole_number


def random_photos(photos: PreparedPhotos, split: str, each: int, seed: int) -> tuple[np.ndarray, ...]:
    """Positions of `each` photos of every class of a split, drawn by `seed`, cats first; fewer where there are fewer.

    A larger `each` with the same seed keeps the photos of the smaller one and adds to them.
    """
    random = np.random.default_rng(seed)
    positions = photos.positions(split)
    of_class = (positions[photos.labels[positions] == label] for label in range(len(CLASSES)))
    return tuple(random.permutation(each_class)[:each] for each_class in of_class)


def first_batch(photos: PreparedPhotos, size: int, seed: int) -> np.ndarray:
    """Positions of the photos that a run on all photos, with this seed, sees in its very first step."""
    order, random = np.array(photos.positions("training")), np.random.default_rng(seed)
    for _ in range(2):  # a run shuffles when it makes its batches, and once more when its first epoch begins
        random.shuffle(order)
    return order[:size]


def as_batch(photos: PreparedPhotos, positions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a network computes with: float32 (batch, 160, 160, 3), 0-255, and the labels, int64 (batch,)."""
    return photos.photos[positions].astype(np.float32), photos.labels[positions].astype(np.int64)


def named_photo(photos: PreparedPhotos, text: str) -> int:
    """A position that comes from an address. Raises SettingError where it names none of the photos."""
    number = whole_number(text)
    if number is not None and 0 <= number < len(photos.files):
        return number
    last = len(photos.files) - 1
    raise SettingError(f"There is no photo '{text[:20]}' among these; they are numbered from 0 to {last}.")


def another_of(positions: np.ndarray, shown: int | None = None) -> int:
    """One of these positions by chance, and not the one that is shown unless there is no other."""
    others = positions if shown is None else positions[positions != shown]
    return int(np.random.default_rng().choice(others if len(others) else positions))


def own_shape(photos: PreparedPhotos, position: int, longest: int) -> Image.Image:
    """One photo as it lies in its file: upright, not stretched, at most `longest` pixels a side.

    Raises PhotoError where the file has gone or was damaged since the photos were prepared.
    """
    image, _ = upright(read_bytes(photos.root / photos.files[position]), (longest, longest))
    image.thumbnail((longest, longest))
    return image

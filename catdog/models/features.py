"""What a frozen base says of photos, computed once and kept on disk: a photo and its base stay what they are."""

import hashlib
import os
import tokenize
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import keras
import numpy as np

from catdog.disk import cannot_write, fill_holes, require_room
from catdog.models.augment import seeded_augment
from catdog.models.feed import LOOKING_BATCH
from catdog.models.frozen import asked_quickly
from catdog.photos import PreparedPhotos
from catdog.progress import Pace, Report
from catdog.recipes import Augmentation

KEPT, KEPT_BYTES = 12, 4_000_000_000  # files in the folder, together; what was used longest ago makes room
LOOKING = "The frozen base looks at the photos"
SEED = 0  # of the copies: every run learns from the same ones, so that they are made once
DAMAGED = (OSError, ValueError, EOFError, tokenize.TokenError)


@dataclass
class FeatureStore:
    """What one frozen part says of one set of photos. `folder` holds a file for each question; `tell` hears between two
    batches how far it is, and may raise to stop.
    """

    frozen: keras.Model
    photos: PreparedPhotos
    folder: Path
    tell: Report

    def __post_init__(self) -> None:
        self.weights = _digest(*(weight.tobytes() for weight in self.frozen.get_weights()))
        self._ask: Callable[[np.ndarray], np.ndarray] | None = None

    def ask(self, pixels: np.ndarray) -> np.ndarray:
        """What the frozen part says of uint8 photos (batch, 160, 160, 3), computed now: float32 (batch, …)."""
        if self._ask is None:
            self._ask = asked_quickly(self.frozen)
        return self._ask(pixels)

    def of(self, positions: np.ndarray, augmentation: Augmentation | None = None, copies: int = 0) -> np.ndarray:
        """What it says of the photos at these positions, and of so many augmented copies of each.

        A read-only memory map, float32 (photos, 1 + copies, …), the photo itself first. Raises DiskError where it
        cannot be kept.
        """
        copies = copies if augmentation and augmentation.layers() else 0
        path = self.folder / f"{self._key(positions, augmentation, copies)}.npy"
        shape = (len(positions), 1 + copies, *self.frozen.output_shape[1:])
        try:
            if not _whole(path, shape):
                require_room(self.folder, 4 * int(np.prod(shape)))
                self._compute(path, shape, positions, augmentation, copies)
                self._make_room()
            os.utime(path)
            return np.load(path, mmap_mode="r")
        except OSError as error:
            raise cannot_write(self.folder, error) from error

    def _key(self, positions: np.ndarray, augmentation: Augmentation | None, copies: int) -> str:
        drawn = f"{augmentation.text} {SEED}" if augmentation and copies else ""
        layers = " ".join(f"{type(layer).__name__} {layer.compute_dtype}" for layer in self.frozen.layers[1:])
        told = f"{self.photos.fingerprint} {layers} {self.weights} {drawn} {copies}"
        return _digest(told.encode(), np.asarray(positions, np.int64).tobytes())

    def _compute(
        self, path: Path, shape: tuple[int, ...], positions: np.ndarray, augmentation: Augmentation | None, copies: int
    ) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        scratch = path.with_name(f".{path.stem}.{os.getpid()}.npy")
        augment = seeded_augment(augmentation, SEED) if augmentation and copies else None
        try:
            features = np.lib.format.open_memmap(scratch, "w+", np.float32, shape)
            fill_holes(scratch)
            count, pace = len(positions), Pace(LOOKING, "photos")
            for start in range(0, count, LOOKING_BATCH):
                self.tell(pace.at(start, count))
                some = slice(start, start + LOOKING_BATCH)
                pixels = self.photos.pixels(positions[some])
                features[some, 0] = self.ask(pixels)
                for copy in range(1, 1 + copies):
                    features[some, copy] = self.ask(augment(pixels))
            features.flush()
            del features
            scratch.replace(path)
        finally:
            scratch.unlink(missing_ok=True)

    def _make_room(self) -> None:
        stored = [(file, file.stat()) for file in self.folder.glob("[!.]*.npy")]
        newest_first = sorted(stored, key=lambda one: one[1].st_mtime, reverse=True)
        sizes = accumulate(told.st_size for _, told in newest_first)
        for number, ((file, _), size) in enumerate(zip(newest_first, sizes, strict=True)):
            if number >= KEPT or (number and size > KEPT_BYTES):
                with suppress(OSError):  # on Windows, one that a run still reads from
                    file.unlink()


def _whole(path: Path, shape: tuple[int, ...]) -> bool:
    try:
        kept = np.load(path, mmap_mode="r")
        return (kept.shape, kept.dtype) == (shape, np.float32)
    except DAMAGED:
        return False


def _digest(*parts: bytes) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()

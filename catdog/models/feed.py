"""Photos from the memory map to the network, one batch at a time: no copy of the whole set is ever made."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from catdog.photos import PreparedPhotos

LOOKING_BATCH = 128  # photos a step where nothing is learned: any size gives the same answers
FIRST_SHUFFLES = 2  # before the first epoch, as catdog.photos.first_batch and the script of a run count them
AHEAD = 2  # batches that are made ready while the network computes

Take = Callable[[np.ndarray], np.ndarray]
Batch = tuple[np.ndarray, np.ndarray]


class Batches(keras.utils.PyDataset):
    """Batches of what `take` gives for some places, with their labels.

    `take` is given places, int64 (batch,), from 0 to the number of labels; each of its answers has `shape` and
    `dtype`. With a `seed` each epoch has an order of the places of its own, which `begin` sets and which follows from
    the seed and the epoch's number alone; without one it stays ascending.

    `shares` is how many devices take equal parts of each batch; `batch_size` is a multiple of it. Where the number of
    places is none, the few that are left over at the end of an epoch's order stay out of that epoch. Unequal parts
    would learn wrongly: each device takes the mean over its own, and the mean of those is not the mean of all; the
    step of a single photo on two devices would be half as long as it ought to be.
    """

    def __init__(
        self,
        take: Take,
        labels: np.ndarray,
        batch_size: int,
        shape: tuple[int, ...],
        dtype: str = "uint8",
        seed: int | None = None,
        shares: int = 1,
    ) -> None:
        super().__init__()
        self.take, self.labels, self.batch_size = take, np.asarray(labels, np.int64), batch_size
        self.shape, self.dtype = shape, dtype
        self.order = np.arange(len(self.labels))
        self.seed, self.shuffled = seed, 0
        self.error: Exception | None = None  # what stopped `take` in its own thread, where TensorFlow wraps it up
        self.shares, self.photos = shares, len(self.labels) // shares * shares  # an epoch
        self.begin(0)
        self.begun = False

    def __len__(self) -> int:
        return -(-self.photos // self.batch_size)

    def __getitem__(self, index: int) -> Batch:
        places = self.order[index * self.batch_size : min((index + 1) * self.batch_size, self.photos)]
        try:
            return self.take(places), self.labels[places]
        except Exception as error:
            self.error = error
            raise

    def begin(self, epoch: int) -> None:
        """Put the places into the order of this epoch, counted from 0."""
        self.begun = True
        if self.seed is None:
            return
        wanted = FIRST_SHUFFLES + epoch
        if wanted < self.shuffled or not self.shuffled:
            self.order, self.random, self.shuffled = np.arange(len(self.labels)), np.random.default_rng(self.seed), 0
        for _ in range(wanted - self.shuffled):
            self.random.shuffle(self.order)
        self.shuffled = wanted


def photo_batches(
    photos: PreparedPhotos,
    positions: np.ndarray,
    batch_size: int,
    seed: int | None = None,
    augment: Callable[[np.ndarray], np.ndarray] | None = None,
    shares: int = 1,
) -> Batches:
    """Batches of the photos at these positions, uint8 (batch, 160, 160, 3), each batch through `augment`, if any."""

    def take(places: np.ndarray) -> np.ndarray:
        pixels = photos.pixels(positions[places])
        return augment(pixels) if augment else pixels

    return Batches(take, photos.labels[positions], batch_size, photos.photos.shape[1:], seed=seed, shares=shares)


def feed(batches: Batches) -> Any:
    """What `fit` and `predict` are to be given for these batches, made ready in a thread of its own.

    Keras would make a tf.data pipeline of them that tunes itself; at the end of each epoch its tuning thread is waited
    for while it sleeps, up to a second (TensorFlow 2.21). So the same pipeline is made here, without the tuning. Other
    backends take the batches as they are.

    Of batches in shares Keras looks at one before the first epoch begins, and lets go of the pipeline while that makes
    the next ones ready. What it sees then is blank: nothing may draw beside the first epoch, or no run would be the
    same twice.
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    def one_epoch() -> Iterator[Batch]:
        blank = batches.shares > 1 and not batches.begun
        for index in range(len(batches)):
            yield _blank(batches) if blank else batches[index]

    signature = (tf.TensorSpec((None, *batches.shape), batches.dtype), tf.TensorSpec((None,), "int64"))
    options = tf.data.Options()
    options.autotune.enabled = False
    pipeline = tf.data.Dataset.from_generator(one_epoch, output_signature=signature)
    return pipeline.apply(tf.data.experimental.assert_cardinality(len(batches))).prefetch(AHEAD).with_options(options)


def _blank(batches: Batches) -> Batch:
    return np.zeros((batches.shares, *batches.shape), batches.dtype), np.zeros(batches.shares, np.int64)

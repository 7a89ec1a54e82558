"""Which photos belong to which split: training, validation and test."""

from collections.abc import Sequence

import numpy as np

from catdog.settings import SPLIT_SEED, TEST_SHARE

SPLITS = ("training", "validation", "test")


def split_validation_folder(labels: Sequence[int], seed: int = SPLIT_SEED) -> tuple[np.ndarray, np.ndarray]:
    """Divide the validation folder, evenly by class, into validation and test.

    `labels` is one class number a photo; the result is the positions of the validation and of the test photos, each
    ascending. The public 500 + 500 give 404 + 404 and 96 + 96. The posts take and skip batches of a dataset that is
    reshuffled at each pass, so their test photos leak into validation; a fixed division does not.
    """
    labels = np.asarray(labels)
    random = np.random.default_rng(seed)
    test = np.concatenate([_draw(np.flatnonzero(labels == label), random) for label in np.unique(labels)])
    test = np.sort(test).astype(np.int64)
    return np.setdiff1d(np.arange(len(labels)), test), test


def evenly(labels: Sequence[int], count: int, seed: int) -> np.ndarray:
    """Positions of at most `count` photos, as many of each class as the photos allow, drawn by `seed`; ascending."""
    labels = np.asarray(labels)
    random = np.random.default_rng(seed)
    queues = [random.permutation(np.flatnonzero(labels == label)) for label in np.unique(labels)]
    # Dealing the classes out in turn keeps any number of photos even to within one.
    longest = max(len(queue) for queue in queues)
    dealt = [queue[turn] for turn in range(longest) for queue in queues if turn < len(queue)]
    return np.sort(np.array(dealt[:count], dtype=np.int64))


def _draw(positions: np.ndarray, random: np.random.Generator) -> np.ndarray:
    count = min(max(1, round(TEST_SHARE * len(positions))), len(positions) - 1)
    return random.permutation(positions)[:count]

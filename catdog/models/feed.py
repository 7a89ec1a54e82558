"""Photos from the memory map to the network, one batch at a time: no copy of the whole set is ever made."""

import keras
import numpy as np

from catdog.photos import PreparedPhotos, as_batch


class PhotoBatches(keras.utils.PyDataset):
    """Batches of float32 (batch, 160, 160, 3), 0-255, with int64 labels (batch,).

    `positions` names the photos. With a `seed` their order is drawn anew at each epoch, the same for the same seed;
    without one it stays as given.
    """

    def __init__(self, photos: PreparedPhotos, positions: np.ndarray, batch_size: int, seed: int | None = None):
        super().__init__()
        self.source, self.order, self.batch_size = photos, np.array(positions), batch_size
        self.random = np.random.default_rng(seed) if seed is not None else None
        self.on_epoch_end()

    def __len__(self) -> int:
        return -(-len(self.order) // self.batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        return as_batch(self.source, self.order[index * self.batch_size : (index + 1) * self.batch_size])

    def on_epoch_end(self) -> None:
        if self.random is not None:
            self.random.shuffle(self.order)

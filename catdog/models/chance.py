"""What each epoch draws by lot, made to follow from the seed and the epoch's number and from nothing before it.

So a run that was interrupted, and goes on in another process, draws what it would have drawn.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

import keras
import numpy as np

COPIES = 1  # after seed and epoch: tells the lots of `OneOfEach` from those of the photos' order


class Begins(Protocol):
    """Whatever is to be told that an epoch begins."""

    def begin(self, epoch: int) -> None:
        """This epoch, counted from 0, begins."""


class Draws:
    """Keras' generators of chance, as dropout and augmentation have them, each with how far it comes in an epoch.

    A generator counts the numbers that it has given; that is the second of the two numbers of its state.
    """

    def __init__(self, generators: Iterable[tuple[keras.random.SeedGenerator, int]]) -> None:
        self.generators = [(one, state_of(one), in_an_epoch) for one, in_an_epoch in generators]

    def begin(self, epoch: int) -> None:
        """Set every generator to where it is when so many epochs have gone by."""
        for generator, (seed, count), in_an_epoch in self.generators:
            generator.state.assign([seed, count + epoch * in_an_epoch])


def numbers_a_call(generators: Sequence[keras.random.SeedGenerator], call: Callable[[], object]) -> list[int]:
    """How many numbers each generator gives in one such call; they are afterwards as they were before."""
    before = [state_of(one) for one in generators]
    call()
    after = [state_of(one) for one in generators]
    for generator, state in zip(generators, before, strict=True):
        generator.state.assign(state)
    return [late[1] - early[1] for early, late in zip(before, after, strict=True)]


def state_of(generator: keras.random.SeedGenerator) -> list[int]:
    """The seed of a generator, and how many numbers it has given."""
    return keras.ops.convert_to_numpy(generator.state).tolist()


class OneOfEach:
    """Of each photo and its copies one in each epoch, drawn anew: `known` is (photos, copies, …).

    Called with places, int64 (batch,), it gives (batch, …).
    """

    def __init__(self, known: np.ndarray, seed: int) -> None:
        self.known, self.seed = known, seed
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Draw for this epoch."""
        random = np.random.default_rng([self.seed, epoch, COPIES])
        self.drawn = random.integers(self.known.shape[1], size=len(self.known))

    def __call__(self, places: np.ndarray) -> np.ndarray:
        return self.known[places, self.drawn[places]]


class EpochBegins(keras.callbacks.Callback):
    """Tells each of these that an epoch begins, before its first batch is made."""

    def __init__(self, parts: Sequence[Begins]) -> None:
        super().__init__()
        self.parts = parts

    def on_epoch_begin(self, epoch, logs=None):
        for part in self.parts:
            part.begin(epoch)

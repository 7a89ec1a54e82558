"""One network on several devices at once: each takes an equal share of every step's photos, and all stay the same.

TensorFlow keeps a copy of each weight on every device (tf.distribute.MirroredStrategy), JAX does it by
keras.distribution.DataParallel. A step's gradient is the mean over the photos of all shares, and what dropout drops is
drawn for all of them together, so that all is as on one device with as many photos a step, up to the rounding of sums.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import keras

from catdog.models.dropout import Dropout

Scope = Callable[[], AbstractContextManager[object]]
Validation = Callable[[list[keras.callbacks.Callback]], dict[str, float]]

KINDS = ("gpu", "cpu")  # the first of which there is one is what Keras computes with


@dataclass(frozen=True)
class Replicas:
    """How many devices train one network together, and what is to be entered for it; with one device nothing at all.

    `building` is where the network is made and compiled, `fitting` where it is fitted, and `apart` where, in the midst
    of that, another network is used that has only one device. `layers` are for `build`, in place of Keras' own.
    """

    count: int = 1
    building: Scope = nullcontext
    fitting: Scope = nullcontext
    apart: Scope = nullcontext
    layers: Mapping[str, type[keras.Layer]] = field(default_factory=dict)


def replicas(all_devices: bool) -> Replicas:
    """All devices that this process computes with, where they are wanted and there are several; else the one."""
    devices = devices_here() if all_devices else []
    if len(devices) < 2:
        return Replicas()
    if keras.backend.backend() == "tensorflow":
        return Replicas(len(devices), building=_mirrored(tuple(devices)).scope, layers={"Dropout": Dropout})
    spread = keras.distribution.DataParallel(devices=devices)
    return Replicas(len(devices), spread.scope, spread.scope, _on_one_device)


def devices_here() -> list[str]:
    """Keras' names of the devices that it computes with in this process: all GPUs, or else the CPU.

    A CPU is one device, however many cores it has, unless it was divided before Keras was loaded, as the tests do.
    Nothing on PyTorch, which Keras knows no devices of.
    """
    for kind in KINDS:
        try:
            if devices := keras.distribution.list_devices(kind):
                return devices
        except (RuntimeError, AttributeError):  # JAX where there are none of this kind; PyTorch, which has no list
            continue
    return []


@cache
def _mirrored(devices: tuple[str, ...]) -> Any:
    """One strategy in a process: a second one would take its own sums for those of the first, and fail."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(devices)


@contextmanager
def _on_one_device() -> Iterator[None]:
    """JAX asks when it computes, not when it builds, whether batches are to be shared out."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


class ValidateApart(keras.callbacks.Callback):
    """Takes the place of `fit`'s own validation, and goes before all callbacks that want to know what it gives.

    `fit` would share out these batches as well, and any number of photos may be left for the last one: JAX refuses
    shares that are not equal, and TensorFlow may leave a device without any. So `validate` asks a network on one
    device; `listeners` hear of its batches as they would of `fit`'s.
    """

    def __init__(self, validate: Validation, listeners: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__()
        self.validate, self.listeners = validate, listeners

    def on_epoch_end(self, epoch, logs=None):
        told = self.validate([_Passes(self.listeners)])
        logs.update({f"val_{name}": value for name, value in told.items()})


class _Passes(keras.callbacks.Callback):
    """Passes on what it hears of a validation, without telling the listeners that it is another network's."""

    def __init__(self, listeners: Sequence[keras.callbacks.Callback]) -> None:
        super().__init__()
        self.listeners = listeners

    def on_test_begin(self, logs=None):
        for one in self.listeners:
            one.on_test_begin(logs)

    def on_test_batch_end(self, batch, logs=None):
        for one in self.listeners:
            one.on_test_batch_end(batch, logs)

"""What this machine computes on, in words. Knows no Keras at module level: the page asks too, and must not load it."""

import os
import re
from itertools import takewhile

from catdog.driver import VISIBLE_GPUS, driver_says, gpus
from catdog.settings import TF_THREADS

SHARED = re.compile(r", (\d+) photos a step \(\d+ each\)$")  # how `devices_in_words` ends


def cpu_cores() -> int:
    """How many cores this process may use: a cluster gives it a share of a machine's, and tells TensorFlow so."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = os.environ.get(TF_THREADS, "")
    return min(cores, int(share)) if share.isdecimal() and int(share) else cores


def cpu_name() -> str:
    cores = cpu_cores()
    return f"{cores} CPU core{'s' if cores != 1 else ''}"


def installed_gpu() -> str | None:
    """The first NVIDIA GPU's name, or None. Asks the driver's own tool, so that no GPU memory is touched."""
    return _driver_says("name")


def installed_gpus() -> tuple[str, ...]:
    """The name of each NVIDIA GPU that this process may use: of those that CUDA_VISIBLE_DEVICES leaves, where it is
    set. Asks the driver's own tool, and that only once.
    """
    return _facts("name")


def gpu_capability() -> float:
    """The first NVIDIA GPU's compute capability, such as 8.0 of an A100; 0 where there is none or it is not told."""
    try:
        return float(_driver_says("compute_cap") or 0)
    except ValueError:
        return 0.0


def _driver_says(field: str) -> str | None:
    """One fact of the first GPU, as nvidia-smi names it; None where there is no GPU."""
    return next(iter(_facts(field)), None)


def _facts(field: str) -> tuple[str, ...]:
    """One fact of each GPU that this process may use."""
    told = driver_says(field)
    if VISIBLE_GPUS not in os.environ:
        return told
    places = takewhile(lambda place: place < len(told), map(_place, gpus()))  # CUDA too ends at one that is not there
    return tuple(told[place] for place in places)


def _place(name: str) -> int:
    """Where a GPU that CUDA calls so stands in the driver's list, from 0; beyond its end where it is not there."""
    if name.isdecimal():
        return int(name)
    if name.startswith("MIG-"):  # a part of a GPU; a process has no more than one of them
        return 0
    known = driver_says("uuid")
    return next((place for place, one in enumerate(known) if one.startswith(name)), len(known))


def on_gpu() -> bool:
    """Whether Keras computes on a GPU in this process. Loads Keras."""
    import keras

    try:
        return bool(keras.distribution.list_devices("gpu"))
    except (RuntimeError, AttributeError):  # where there is none: JAX raises the first, and PyTorch has no such list
        return False


def gpu_unused() -> bool:
    """Whether there is a GPU that TensorFlow does not see. Loads it, and takes none of the GPU's memory."""
    if not installed_gpu():
        return False
    import tensorflow

    return not tensorflow.config.list_physical_devices("GPU")


def device_in_use() -> str:
    """What Keras computes on in this process: the GPU's name, or the CPU's cores. Loads Keras."""
    if on_gpu():
        return f"GPU {installed_gpu() or ''}".strip()
    return cpu_name()


def devices_in_words(count: int, batch_size: int) -> str:
    """So many devices that train one network together, each on `batch_size` photos a step. Loads Keras."""
    if on_gpu():
        devices = f"{count} GPUs {' and '.join(dict.fromkeys(installed_gpus()[:count]))}".strip()
    else:
        devices = f"{count} parts of {cpu_name()}"
    return f"{devices}, {count * batch_size} photos a step ({batch_size} each)"


def photos_a_step(device: str) -> int | None:
    """How many photos a step took on what `devices_in_words` named; None where no devices shared them."""
    told = SHARED.search(device)
    return int(told.group(1)) if told else None

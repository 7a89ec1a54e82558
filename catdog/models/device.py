"""What this machine computes on, in words. Knows no Keras at module level: the page asks too, and must not load it."""

import functools
import os
import shutil
import subprocess


def cpu_cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_name() -> str:
    cores = cpu_cores()
    return f"{cores} CPU core{'s' if cores != 1 else ''}"


def installed_gpu() -> str | None:
    """The first NVIDIA GPU's name, or None. Asks the driver's own tool, so that no GPU memory is touched."""
    return _driver_says("name")


def gpu_capability() -> float:
    """The first NVIDIA GPU's compute capability, such as 8.0 of an A100; 0 where there is none or it is not told."""
    try:
        return float(_driver_says("compute_cap") or 0)
    except ValueError:
        return 0.0


@functools.cache
def _driver_says(field: str) -> str | None:
    """One fact of the first GPU, as nvidia-smi names it; None where there is no GPU."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return None
    command = [tool, f"--query-gpu={field}", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.strip().splitlines()[0] if answer.strip() else None


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

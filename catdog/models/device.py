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


@functools.cache
def installed_gpu() -> str | None:
    """The first NVIDIA GPU's name, or None. Asks the driver's own tool, so that no GPU memory is touched."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return None
    command = [tool, "--query-gpu=name", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.strip().splitlines()[0] if answer.strip() else None


def device_in_use() -> str:
    """What Keras computes on in this process: the GPU's name, or the CPU's cores. Loads Keras."""
    import keras

    if keras.distribution.list_devices("gpu"):
        return f"GPU {installed_gpu() or ''}".strip()
    return cpu_name()


def precision_in_use() -> str:
    """Keras' dtype policy of this thread, such as "float32"."""
    import keras

    return keras.config.dtype_policy().name

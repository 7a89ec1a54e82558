"""What NVIDIA's driver says of this machine's GPUs. Asks its own tool, so that no GPU memory is touched."""

import functools
import os
import shutil
import subprocess

VISIBLE_GPUS = "CUDA_VISIBLE_DEVICES"  # what CUDA lets a process see: numbers or names, separated by commas


def gpus() -> tuple[str, ...]:
    """What CUDA calls the GPUs that this process may use: their numbers, or what CUDA_VISIBLE_DEVICES names."""
    installed = driver_says("index")
    if not installed or VISIBLE_GPUS not in os.environ:
        return installed
    named = [name.strip() for name in os.environ[VISIBLE_GPUS].split(",")]
    shown = named[: named.index("-1")] if "-1" in named else named  # CUDA reads up to what is none
    return tuple(name for name in shown if name)


@functools.cache
def driver_says(field: str) -> tuple[str, ...]:
    """One fact of each installed GPU, as nvidia-smi names it; nothing where there is none."""
    tool = shutil.which("nvidia-smi")
    if not tool:
        return ()
    command = [tool, f"--query-gpu={field}", "--format=csv,noheader"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=5, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(line.strip() for line in answer.splitlines() if line.strip())

"""How many bits a network computes with on this machine, and why. Knows no Keras: the page asks too."""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

from catdog.models.device import gpu_capability, installed_gpu
from catdog.recipes import Recipe
from catdog.settings import AUTO, BFLOAT16, FLOAT32

CPU_FLAGS = ("amx_bf16", "avx512_bf16")  # of /proc/cpuinfo; oneDNN, which TensorFlow computes with, uses both
GPU_CAPABILITY = 8.0  # NVIDIA's Ampere of 2020 and later have bfloat16 in their tensor cores

# Two cores of an AMD EPYC with avx512_bf16: of MobileNetV2, whose depthwise convolutions are the slow part, Keras takes
# four times as long in bfloat16 as LiteRT in float32; of the embedded base 2.5 ms a photo against 2.2, when the machine
# has other work to do 2.6 against 3.0.
WITH_MOBILENET = "on a processor the frozen base is slower in bfloat16"
WITH_EMBEDDED = "on a processor the embedded base is no slower in float32"


@dataclass(frozen=True)
class Precision:
    """Keras' name of a dtype policy, "float32" or "mixed_bfloat16", and why it is this one, as a sentence."""

    name: str
    why: str


def precision_for(recipe: Recipe, wanted: str = AUTO, on_gpu: bool | None = None) -> Precision:
    """What a recipe is to be trained with here, where `wanted` is one of catdog.settings.PRECISIONS.

    `on_gpu` says whether Keras computes on a GPU; not given, it is taken to do so where one is installed.
    Under mixed_bfloat16 the weights, the loss and the layers from the answer on stay float32. A CPU's frozen base
    always does: LiteRT, which is asked there, knows no bfloat16, and all that learns behind it is the answer.
    """
    on_gpu = bool(installed_gpu()) if on_gpu is None else on_gpu
    if recipe.has_frozen_base and not on_gpu:
        return Precision(FLOAT32, WITH_MOBILENET if recipe.needs_imagenet else WITH_EMBEDDED)
    if wanted != AUTO:
        return Precision(wanted, "as it was asked for")
    has = bfloat16_unit(on_gpu)
    if has:
        return Precision(BFLOAT16, f"{has} computes with it, in less time and with the same accuracy")
    return Precision(FLOAT32, f"this {'GPU' if on_gpu else 'processor'} has no bfloat16")


def bfloat16_unit(on_gpu: bool) -> str | None:
    """What computes with bfloat16 here, in words; None where nothing does, or nobody can tell."""
    if on_gpu:
        return installed_gpu() if gpu_capability() >= GPU_CAPABILITY else None
    flag = next((flag for flag in CPU_FLAGS if flag in cpu_flags()), None)
    return f"this processor ({flag})" if flag else None


@functools.cache
def cpu_flags() -> frozenset[str]:
    """What the processor can do, as Linux names it; empty on other systems."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return frozenset()
    line = re.search(r"^(?:flags|Features)\s*:(.*)$", text, re.MULTILINE)
    return frozenset(line.group(1).split()) if line else frozenset()

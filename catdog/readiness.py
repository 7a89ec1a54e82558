"""What a lesson needs and how much of it is here, in words: for Home's cards and for the terminal's doctor."""

from dataclasses import dataclass

from catdog.models.device import cpu_name, installed_gpu
from catdog.models.precision import bfloat16_unit
from catdog.numbers import counted
from catdog.photos import PreparedPhotos
from catdog.settings import DATASET_MB, OWN, SAMPLE

READY, MISSING, COMING = "ready", "missing", "on its way"
STAND_IN = "stand-in"  # it does the job until the real thing is here


@dataclass(frozen=True)
class Card:
    """One thing that a lesson needs: whether it is here, in words, and what can be done about it in a terminal."""

    title: str
    state: str
    words: str
    remedy: str = ""


def photos_card(photos: PreparedPhotos | None, trouble: str = "") -> Card:
    """The photos in use; `trouble` says why there are none."""
    if photos is None:
        return Card("Photos", MISSING, trouble) if trouble else Card("Photos", COMING, "They are being got ready.")
    count = f"{len(photos.files):,}"
    skipped = f" {len(photos.unreadable):,} could not be read." if photos.unreadable else ""
    if photos.kind == SAMPLE:
        remedy = f"`python3 -m catdog prepare` fetches the real ones ({DATASET_MB} MB)."
        return Card("Photos", STAND_IN, f"{count} drawn ones stand in for the real ones.{skipped}", remedy)
    whose = f"photos of your own, from the folder {photos.name}" if photos.kind == OWN else "real photos"
    return Card("Photos", READY, f"{count} {whose}.{skipped}")


def weights_card(trouble: str, coming: bool = False) -> Card:
    """MobileNetV2's weights; `trouble` says why they cannot be used, `coming` that they are being fetched."""
    if trouble and coming:
        words = "MobileNetV2's weights are being fetched. Until then network 4 builds on the embedded base."
        return Card("Pretrained weights", COMING, words)
    if not trouble:
        return Card("Pretrained weights", READY, "MobileNetV2's weights, which network 4 builds on.")
    words = "Network 4 builds on the embedded base, not the post's: MobileNetV2's weights are not to be had."
    return Card("Pretrained weights", STAND_IN, words, trouble)


def device_card(gpu_unused: bool = False, cluster: bool = False, trouble: str = "") -> Card:
    """What networks train on: this machine, or a cluster, and `trouble` why that cannot be had.

    `gpu_unused` says that there is a GPU here which Keras does not see.
    """
    if trouble:
        return Card("Device", MISSING, trouble, "See that its head runs and that CATDOG_CLUSTER names it.")
    if cluster:
        return Card("Device", READY, "A cluster trains: every run is handed to it as a job of its own.")
    gpu = installed_gpu()
    bits = "16" if bfloat16_unit(on_gpu=bool(gpu) and not gpu_unused) else "32"
    if gpu and gpu_unused:
        remedy = f"`pip install -r requirements-gpu.txt` lets TensorFlow use {gpu}."
        return Card("Device", STAND_IN, f"{cpu_name()}, {bits} bits.", remedy)
    return Card("Device", READY, f"{gpu or cpu_name()}, computing in {bits} bits.")


def models_card(finished: int) -> Card:
    """The networks that can be asked: the starter, and so many finished runs."""
    runs = counted(finished, "finished run") if finished else "no finished run yet"
    return Card("Models", READY, f"The starter, which comes with catdog, and {runs}.")

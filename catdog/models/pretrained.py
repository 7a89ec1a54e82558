"""MobileNetV2's ImageNet weights in Keras' own cache: are they there, and how to get them. Knows no Keras itself."""

from pathlib import Path

from catdog.errors import DownloadError, WeightsError
from catdog.photos.download import fetch
from catdog.progress import Report
from catdog.settings import keras_home

FILE = "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_160_no_top.h5"
URL = f"https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/{FILE}"  # where Keras fetches it


def weights_file() -> Path:
    """Where Keras looks for the weights of MobileNetV2 for 160×160 photos without its top."""
    return keras_home() / "models" / FILE


def missing_weights() -> str | None:
    """None where the weights are there; else a sentence that says what is missing and what to do. Asks no network."""
    path = weights_file()
    if path.is_file() and path.stat().st_size > 0:
        return None
    return (
        f"The pretrained weights of MobileNetV2 (9 MB) are not on this machine. Without a network, put the file {FILE} "
        f"into {path.parent}."
    )


def fetch_weights(report: Report) -> Path:
    """Fetch the weights into Keras' cache, unless they are there.

    Raises WeightsError with the reason and what to do, at once where nobody answers.

    Keras' own download has no time limit and shows nothing, hence this one; the file lands where Keras finds it.
    """
    missing = missing_weights()
    if missing is None:
        return weights_file()
    try:
        return fetch(URL, weights_file(), report, "Fetching the pretrained weights")
    except DownloadError as error:
        raise WeightsError(f"{missing} Fetching them failed: {error}") from error

"""A trained network as a file to take away: for Keras, for phones (LiteRT), and for every other program (ONNX)."""

import tempfile
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from catdog.errors import ExportError

if TYPE_CHECKING:  # a page reads FORMATS long before anything needs Keras
    import keras

REQUIREMENTS = "requirements-export.txt"  # has the pins of what `NEEDED` names


class Format(NamedTuple):
    """A kind of file that a network can be taken away as."""

    title: str
    ending: str  # of the file's name, with its dot
    purpose: str  # one sentence


FORMATS: Mapping[str, Format] = MappingProxyType(
    {
        "keras": Format("Keras", ".keras", "Load it in Python with Keras, ask it, or train it further."),
        "litert": Format(
            "LiteRT", ".tflite", "For an app on a phone or a small computer; it answers and cannot learn."
        ),
        "onnx": Format(
            "ONNX", ".onnx", "For other programs and languages, even a web page; it answers and cannot learn."
        ),
    }
)
NEEDED = MappingProxyType({"onnx": ("tf2onnx", "onnx")})  # packages beyond requirements.txt


def missing_package(key: str) -> str | None:
    """None where this format can be made here; otherwise one sentence that names the package and how to add it."""
    missing = [name for name in NEEDED.get(key, ()) if find_spec(name) is None]
    if not missing:
        return None
    is_missing = f"the package {missing[0]}" if len(missing) == 1 else f"the packages {' and '.join(missing)}"
    return f"{FORMATS[key].title} needs {is_missing}. Add what is missing with `pip install -r {REQUIREMENTS}`."


def exported(model: "keras.Model", key: str) -> bytes:
    """The content of a file that holds the network: float32 (batch, 160, 160, 3), 0-255, to what the recipe puts out.

    `key` is one of FORMATS. The .keras file holds the layers that only act while training as well; the other two
    are the network as it answers, for any number of photos at once. Other threads' questions wait meanwhile.
    Raises ExportError where a package is missing or the network cannot be converted, KeyError for an unknown key.
    """
    from catdog.insight.classifier import ONE_AT_A_TIME

    missing = missing_package(key)
    if missing:
        raise ExportError(missing)
    with ONE_AT_A_TIME:
        return _converted(model if key == "keras" else _as_it_answers(model), key)


def _converted(model: "keras.Model", key: str) -> bytes:
    title, ending, _ = FORMATS[key]
    try:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"model{ending}"
            _write(model, key, str(file))
            return file.read_bytes()
    except Exception as error:
        reason = getattr(error, "strerror", None) or type(error).__name__  # its whole text may hold this disk's paths
        raise ExportError(f"This network could not be made into {title} ({reason}). Choose another format.") from error


def _write(model: "keras.Model", key: str, file: str) -> None:
    if key == "keras":
        model.save(file)
    elif key == "onnx":
        _write_onnx(model, file)
    else:
        model.export(file, format=key, verbose=False, input_signature=model.inputs)


def _write_onnx(model: "keras.Model", file: str) -> None:
    import onnx

    # Keras mends NumPy for tf2onnx, and NumPy warns of the name that it gives.
    warnings.filterwarnings("ignore", message=r".*np\.object", category=FutureWarning)
    model.export(file, format="onnx", verbose=False, input_signature=model.inputs)
    onnx.checker.check_model(file)  # what tf2onnx cannot translate, it logs and writes all the same


def _as_it_answers(model: "keras.Model") -> "keras.Model":
    """A copy without augmentation and dropout: Keras' ONNX export would have the network augment its answers too."""
    import keras

    from catdog.insight.explain import only_in_training

    def plain(layer: keras.Layer) -> keras.Layer:
        if only_in_training(layer):
            return keras.layers.Identity(name=layer.name)
        return type(layer).from_config(layer.get_config())

    copy = keras.models.clone_model(model, clone_function=plain)
    copy.set_weights(model.get_weights())
    return copy

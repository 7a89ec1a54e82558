"""MobileNetV2's ImageNet weights in Keras' own cache: are they there, are they whole, and how to get them.

Knows no Keras itself, and loads it only to see whether Keras can load a file.
"""

import functools
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from filelock import FileLock

from catdog.disk import cannot_write, require_room
from catdog.errors import DownloadError, WeightsError
from catdog.models.loading import load_keras_on_cpu
from catdog.photos.download import fetch
from catdog.progress import Progress, Report
from catdog.recipes.shapes import MOBILENET_PARAMETERS
from catdog.settings import WEIGHTS_FILE, WEIGHTS_MB, Settings, keras_home

FEWEST_BYTES = 4 * MOBILENET_PARAMETERS  # each number is a float32; a whole file holds their names as well
COMMAND = "`python3 -m catdog prepare --weights FILE`"


def weights_file() -> Path:
    """Where Keras looks for the weights of MobileNetV2 for 160×160 photos without its top."""
    return keras_home() / "models" / WEIGHTS_FILE


def missing_weights() -> str | None:
    """None where the weights are there, as far as the size of the file tells; else a sentence with what to do.

    Asks no network and no Keras.
    """
    path = weights_file()
    size = path.stat().st_size if path.is_file() else 0
    if not size:
        return (
            f"The pretrained weights of MobileNetV2 ({WEIGHTS_MB} MB) are not on this machine. {path.parent} lacks "
            f"{path.name}, which is fetched where there is a network. Without one, take that file from another machine "
            f"and give it here: {COMMAND}."
        )
    flaw = _size_flaw(size)
    return _damaged(path, flaw) if flaw else None


def ready_weights(where: Settings, report: Report) -> Path:
    """The weights in Keras' cache, loaded once in a process to see that they can be; fetched where they are not there.

    A file that is damaged is replaced by one that is fetched. Raises WeightsError with the reason and what to do,
    DiskError where there is no room. A file that came damaged is removed, and what was there before stays until the new
    one has been loaded. Loads Keras and keeps this process off the GPU.

    Keras' own download has no time limit and shows nothing, hence this one; the file lands where Keras finds it.
    """
    if _trouble(report):
        with _scratch() as scratch:
            # Page and terminal may both want the weights: the second has waited for the first and finds them there.
            if wrong := _trouble(report):
                _fetch(where, scratch, report, wrong)
    return weights_file()


def give_weights(file: Path, report: Report) -> Path:
    """Put a copy of `file`, from wherever it came, where Keras looks for the weights, once Keras has loaded it.

    The file itself is only read. Raises WeightsError where it is not the weights, DiskError where there is no room;
    what was there before then stays.
    """
    try:
        with file.open("rb"):
            size = file.stat().st_size
    except OSError as error:
        raise WeightsError(
            f"{file} cannot be read ({error.strerror or error}). Give the file {WEIGHTS_FILE}, as it was fetched."
        ) from error
    flaw = _size_flaw(size)
    if not flaw:
        with _scratch() as scratch:
            require_room(scratch.parent, size)
            shutil.copyfile(file, scratch)
            flaw = _loading_flaw(scratch, report)
            if not flaw:
                scratch.replace(weights_file())
    if flaw:
        raise WeightsError(
            f"{file} does not hold the pretrained weights of MobileNetV2, or not all of them ({flaw}). "
            f"It was not taken. Fetch {WEIGHTS_FILE} anew and give that."
        )
    return weights_file()


def _trouble(report: Report) -> str | None:
    return missing_weights() or damaged_weights(report)


def _fetch(where: Settings, scratch: Path, report: Report, wrong: str) -> None:
    try:
        fetch(where.weights_url, scratch, report, "Fetching the pretrained weights")
    except DownloadError as error:
        raise WeightsError(f"{wrong} Fetching them failed: {error}") from error
    flaw = _size_flaw(scratch.stat().st_size) or _loading_flaw(scratch, report)
    if flaw:
        raise WeightsError(
            f"{wrong} Fetching them failed: what {where.weights_url} sent is not these weights, or not all of them "
            f"({flaw}). It was removed: try again, or check CATDOG_WEIGHTS_URL."
        )
    scratch.replace(weights_file())


@contextmanager
def _scratch() -> Iterator[Path]:
    """Where a new file waits beside the final one until it is known to be good; one process or thread at a time."""
    path = weights_file()
    scratch = path.with_name(f"new-{path.name}")  # Keras goes by its ending
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f"{path.name}.lock")):
            try:
                yield scratch
            finally:
                scratch.unlink(missing_ok=True)
    except OSError as error:
        raise cannot_write(path, error, "KERAS_HOME") from error


def _damaged(path: Path, flaw: str) -> str:
    return (
        f"The pretrained weights of MobileNetV2 are damaged: {path} cannot be used ({flaw}). Where there is a network, "
        f"delete it, and it is fetched anew; without one, replace it: {COMMAND}."
    )


def damaged_weights(report: Report) -> str | None:
    """The sentence about a file whose size is right and which Keras cannot load; None for a good one."""
    path = weights_file()
    flaw = _loading_flaw(path, report)
    return _damaged(path, flaw) if flaw else None


def _size_flaw(size: int) -> str | None:
    if size >= FEWEST_BYTES:
        return None
    return f"it has {size:,} bytes, and the network's numbers alone take {FEWEST_BYTES:,}"


def _loading_flaw(path: Path, report: Report) -> str | None:
    """Why Keras cannot load the file, None where it can."""
    state = path.stat()
    checking = Progress("Checking the pretrained weights", 0, 1, "file")
    report(checking)
    flaw = _flaw_of(path, state.st_size, state.st_mtime_ns)
    report(replace(checking, done=1))
    return flaw


@functools.lru_cache(maxsize=4)
def _flaw_of(path: Path, size: int, modified: int) -> str | None:
    """Remembers the answer for as long as the file keeps its size and its time.

    Asked from a thread that ends with the program: TensorFlow, cut off while it is loaded, would crash. A pool's thread
    is waited for.
    """
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_look_closely, path).result()


def _look_closely(path: Path) -> str | None:
    load_keras_on_cpu()
    from catdog.models.verified import loading_flaw

    return loading_flaw(path)

"""The photos that the starter learns from: a zip of `cats/` and `dogs/`, without those that judge it."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from catdog.embedded.network import SIZE
from catdog.errors import PhotoError, PhotosError
from catdog.photos import PreparedPhotos, evenly
from catdog.photos.decode import upright
from catdog.progress import Pace, Report
from catdog.settings import CLASS_FOLDERS

CHOOSING = 1_000  # of the 2,000 training photos: they judge what is tried, and set the temperature
CHOOSING_SEED = 0
DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)  # a password is a RuntimeError as well


@dataclass(frozen=True)
class LabelledPhotos:
    """uint8 (photos, side, side, 3), RGB, and one label a photo (0 cat, 1 dog)."""

    photos: np.ndarray
    labels: np.ndarray


def choosing_positions(prepared: PreparedPhotos) -> np.ndarray:
    """The positions, in the prepared set, of the photos that choose among settings: never trained on."""
    training = prepared.positions("training")
    return training[evenly(prepared.labels[training], CHOOSING, CHOOSING_SEED)]


def labelled(prepared: PreparedPhotos, positions: np.ndarray) -> LabelledPhotos:
    """These photos of the prepared set, as the networks receive them."""
    return LabelledPhotos(prepared.photos[positions], prepared.labels[positions])


def read_pets(archive: Path, prepared: PreparedPhotos, report: Report) -> LabelledPhotos:
    """Read the zip, leaving out the photos that choose and those of the validation folder, by their file names.

    Raises PhotosError where the file is not such a zip, or a picture in it cannot be read.
    """
    judges = np.concatenate([choosing_positions(prepared), prepared.held_out])
    held_out = {PurePosixPath(prepared.files[position]).name.lower() for position in judges}
    try:
        with zipfile.ZipFile(archive) as source:
            chosen = [member for member in sorted(source.namelist()) if _may_teach(PurePosixPath(member), held_out)]
            photos = np.empty((len(chosen), SIZE, SIZE, 3), dtype=np.uint8)
            pace = Pace("Reading the pets", "photos")
            for position, member in enumerate(chosen):
                picture, _ = upright(source.read(member))
                photos[position] = np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR))
                report(pace.at(position + 1, len(chosen)))
    except (*DAMAGED, PhotoError) as error:
        raise PhotosError(f"{archive} cannot be read as a zip of cats/ and dogs/: {error}") from error
    labels = np.array([CLASS_FOLDERS.index(PurePosixPath(member).parent.name) for member in chosen])
    if len(np.unique(labels)) < len(CLASS_FOLDERS):
        raise PhotosError(f"{archive} must hold JPEG photos in the two folders cats/ and dogs/; {len(chosen)} found.")
    return LabelledPhotos(photos, labels)


def _may_teach(member: PurePosixPath, held_out: set[str]) -> bool:
    name = member.name.lower()
    return name.endswith(".jpg") and member.parent.name in CLASS_FOLDERS and name not in held_out

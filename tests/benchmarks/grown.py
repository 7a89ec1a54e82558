"""A set of many photos made of a few, or of a zip of pets: to see what a large set costs."""

import hashlib
import json
import os
import shutil
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import numpy as np

from catdog.disk import cannot_write, require_room
from catdog.errors import PhotosError
from catdog.photos import PreparedPhotos, open_prepared
from catdog.photos.prepared import array_file, index_file, prepare
from catdog.photos.sources import Source
from catdog.progress import Report
from catdog.settings import CLASS_FOLDERS

HELD_OUT = 100  # photos in the validation folder: only so many that there is one
CHUNK = 256  # photos that are copied at once
DAMAGED = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)  # a password is a RuntimeError as well

Labelled = Sequence[tuple[Path, int]]  # a picture file and its class number


def repeated(photos: PreparedPhotos, folder: Path, count: int) -> PreparedPhotos:
    """`count` training photos, written as a prepared set into `folder` without any decoding: the same ones repeated.

    Raises DiskError where there is no room.
    """
    training, held_out = photos.positions("training"), photos.held_out
    positions = np.concatenate(
        [training[in_turn(photos.labels[training], count)], held_out[in_turn(photos.labels[held_out], HELD_OUT)]]
    )
    folders = ["train"] * count + ["validation"] * HELD_OUT
    key = hashlib.sha256(f"{photos.fingerprint} {count}".encode()).hexdigest()[:16]
    require_room(folder, len(positions) * photos.photos[0].nbytes)
    shape = (len(positions), *photos.photos.shape[1:])
    try:
        array = np.lib.format.open_memmap(array_file(folder, key), "w+", np.uint8, shape)
        for start in range(0, len(positions), CHUNK):
            array[start : start + CHUNK] = photos.photos[positions[start : start + CHUNK]]
        array.flush()  # now, or the disk would be busy with it while something is timed
        index = {
            "name": "repeated",
            "root": str(photos.root),
            "labels": photos.labels[positions].tolist(),
            "files": [
                f"{under}/{CLASS_FOLDERS[photos.labels[position]]}/{number:06}.jpg"
                for number, (under, position) in enumerate(zip(folders, positions, strict=True))
            ],
            "sizes": photos.sizes[positions].tolist(),
            "unreadable": [],
        }
        index_file(folder, key).write_text(json.dumps(index), encoding="utf-8")
    except OSError as error:
        raise cannot_write(folder, error) from error
    return open_prepared(folder, key)


def in_turn(labels: np.ndarray, count: int) -> np.ndarray:
    """`count` positions, each class half of them, each photo as often as the others of its class to within one."""
    shares = (count - count // 2, count // 2)
    return np.concatenate([np.resize(np.flatnonzero(labels == label), share) for label, share in enumerate(shares)])


def prepared_anew(training: Labelled, held_out: Labelled, folder: Path, count: int, report: Report) -> PreparedPhotos:
    """`count` training photos as a folder of one's own, made of these files under new names, and read by catdog.

    Raises DiskError where there is no room.
    """
    root = folder / "photos"
    try:
        link(training, root / "train", count)
        link(held_out, root / "validation", HELD_OUT)
    except OSError as error:
        raise cannot_write(root, error) from error
    return prepare(Source(root, kind="own"), folder / "prepared", report)


def link(files: Labelled, folder: Path, count: int) -> None:
    """Put `count` pictures into cats/ and dogs/ below the folder, each file as often as it takes."""
    for name in CLASS_FOLDERS:
        (folder / name).mkdir(parents=True)
    chosen = in_turn(np.array([label for _, label in files]), count)
    for number, (path, label) in enumerate(files[position] for position in chosen):
        place = folder / CLASS_FOLDERS[label] / f"{number:06}{path.suffix}"
        try:
            os.link(path, place)
        except OSError:  # another disk, or one that knows no second name for a file
            shutil.copyfile(path, place)


def labelled_files(photos: PreparedPhotos, positions: np.ndarray) -> Labelled:
    """The files of these photos."""
    return [(photos.root / photos.files[position], int(photos.labels[position])) for position in positions]


def unpacked_pets(archive: Path, folder: Path) -> Labelled:
    """The JPEGs in cats/ and dogs/ of a zip, written into the folder. Raises PhotosError where it is no such zip."""
    files = []
    folder.mkdir(parents=True)
    try:
        with zipfile.ZipFile(archive) as pets:
            for number, member in enumerate(sorted(pets.namelist())):
                name = PurePosixPath(member)
                if name.parent.name in CLASS_FOLDERS and name.suffix.lower() in {".jpg", ".jpeg"}:
                    place = folder / f"{number:06}.jpg"
                    place.write_bytes(pets.read(member))
                    files.append((place, CLASS_FOLDERS.index(name.parent.name)))
    except DAMAGED as error:
        raise PhotosError(f"CATDOG_PETS: {archive} cannot be read as a zip of cats/ and dogs/: {error}") from error
    if {label for _, label in files} != set(range(len(CLASS_FOLDERS))):
        raise PhotosError(f"CATDOG_PETS: {archive} must hold JPEGs in cats/ and in dogs/; {len(files)} were found.")
    return files

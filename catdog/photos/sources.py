"""Which photos are in use, and which files they are."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from catdog.errors import PhotosError
from catdog.photos.decode import DECODER_VERSION
from catdog.settings import (
    CLASS_FOLDERS,
    DATASET_NAME,
    DATASET_PHOTOS,
    OWN,
    PHOTO_SETS,
    REAL,
    SAMPLE,
    SAMPLE_NAME,
    Settings,
)

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
FOLDERS = tuple(DATASET_PHOTOS)  # train, validation
FEWEST = 2  # pictures of a class in a folder: one for validation and one for the test


@dataclass(frozen=True)
class Source:
    """A folder of photos; `kind` is one of PHOTO_SETS."""

    root: Path
    kind: str

    @property
    def name(self) -> str:
        return self.root.name


@dataclass(frozen=True)
class PhotoFile:
    """One file of a source: `file` is its path below the root with forward slashes, `label` its class number."""

    file: str
    folder: str
    label: int
    size: int
    modified: int


def source(where: Settings, kind: str) -> Source:
    """Where the photos of one of `known_sets` lie, or will lie."""
    roots = {REAL: where.photos / DATASET_NAME, OWN: where.own_photos, SAMPLE: where.photos / SAMPLE_NAME}
    return Source(roots[kind], kind)


def known_sets(where: Settings) -> tuple[str, ...]:
    """The sets of photos that can be chosen here: PHOTO_SETS, without one's own where no folder is named."""
    return tuple(kind for kind in PHOTO_SETS if kind != OWN or where.own_photos)


def real_photos_here(where: Settings, since: float = 0.0) -> bool:
    """Whether the public photos have been fetched, `since` then (seconds since 1970)."""
    root = source(where, REAL).root
    return root.is_dir() and root.stat().st_mtime > since


def set_in_use(where: Settings) -> str:
    """The set that the settings name; where they name none, the public photos if they are here, else the sample."""
    return where.wanted_photos or (REAL if real_photos_here(where) else SAMPLE)


def list_files(root: Path) -> list[PhotoFile]:
    """All picture files of a source, train before validation, cats before dogs, then by name.

    Raises PhotosError, naming the folder, where one is missing or holds no picture.
    """
    if not root.is_dir():
        raise PhotosError(f"There is no folder {root}. Set CATDOG_PHOTOS to a folder with train/ and validation/.")
    files = []
    for folder in FOLDERS:
        for label, name in enumerate(CLASS_FOLDERS):
            found = _pictures(root, folder, name, label)
            if len(found) < FEWEST:
                raise PhotosError(
                    f"{root / folder / name} holds {len(found)} pictures; at least {FEWEST} are needed. "
                    f"A set has train/ and validation/, each with cats/ and dogs/."
                )
            files += found
    return files


def fingerprint(files: list[PhotoFile]) -> str:
    """16 hexadecimal digits that change when a file is added, removed or edited, or the decoder changes."""
    digest = hashlib.sha256(f"decoder {DECODER_VERSION}".encode())
    for photo in files:
        digest.update(f"\n{photo.file}\t{photo.size}\t{photo.modified}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()[:16]


def _pictures(root: Path, folder: str, name: str, label: int) -> list[PhotoFile]:
    try:
        entries = sorted(os.scandir(root / folder / name), key=lambda entry: entry.name)
    except OSError:
        return []
    return [
        PhotoFile(f"{folder}/{name}/{entry.name}", folder, label, (stat := entry.stat()).st_size, int(stat.st_mtime))
        for entry in entries
        if Path(entry.name).suffix.lower() in SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    ]

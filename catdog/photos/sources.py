"""Which photos are in use, and which files they are."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from catdog.errors import PhotosError
from catdog.photos.decode import DECODER_VERSION
from catdog.settings import CLASS_FOLDERS, DATASET_NAME, DATASET_PHOTOS, Settings

SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".heif"}
FOLDERS = tuple(DATASET_PHOTOS)  # train, validation
FEWEST = 2  # pictures of a class in a folder: one for validation and one for the test


@dataclass(frozen=True)
class Source:
    """A folder of photos. `own` says that the visitor's own folder stands in for the public archive."""

    root: Path
    own: bool

    @property
    def name(self) -> str:
        return self.root.name if self.own else DATASET_NAME


@dataclass(frozen=True)
class PhotoFile:
    """One file of a source: `file` is its path below the root with forward slashes, `label` its class number."""

    file: str
    folder: str
    label: int
    size: int
    modified: int


def source(where: Settings) -> Source:
    """The source that the settings name: one's own folder before the public archive."""
    if where.own_photos:
        return Source(where.own_photos, own=True)
    return Source(where.photos / DATASET_NAME, own=False)


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

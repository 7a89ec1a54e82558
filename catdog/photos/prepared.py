"""The prepared set: every photo decoded once, kept on disk as one array, opened as a memory map."""

import json
import math
import os
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from catdog.disk import cannot_write, fill_holes, replace_text, require_room
from catdog.errors import PhotoError, PhotosError
from catdog.photos.archive import fetch_archive
from catdog.photos.decode import read_bytes, read_picture
from catdog.photos.drawings import draw_sample
from catdog.photos.sources import FEWEST, FOLDERS, PhotoFile, Source, fingerprint, list_files, set_in_use, source
from catdog.photos.splits import split_validation_folder
from catdog.progress import Pace, Report
from catdog.settings import CLASS_FOLDERS, CLASSES, IMAGE_SIZE, OWN, REAL, SAMPLE, Settings

FINGERPRINT = re.compile(r"[0-9a-f]{16}")  # comes back from run.json, and becomes a file's name
CHUNK = 256  # photos in flight: 20 MB of decoded pixels

DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError)  # by an index that was edited

Decoded = tuple[np.ndarray, tuple[int, int]]  # (160, 160, 3), and width and height before resizing


@dataclass(frozen=True)
class PreparedPhotos:
    """A decoded set. `photos` is uint8 (photos, 160, 160, 3), RGB; the other fields have one entry a photo.

    `labels` are class numbers, `files` the paths below `root`, `folders` "train" or "validation", `sizes` (photos, 2)
    the width and height in pixels before resizing. `unreadable` names the files that were skipped, each with the
    reason. `kind` is one of PHOTO_SETS.
    """

    fingerprint: str
    name: str
    root: Path
    photos: np.ndarray
    labels: np.ndarray
    files: tuple[str, ...]
    folders: tuple[str, ...]
    sizes: np.ndarray
    unreadable: tuple[tuple[str, str], ...]
    kind: str = OWN

    @cached_property
    def _positions(self) -> dict[str, np.ndarray]:
        folders = np.array(self.folders)
        held_out = np.flatnonzero(folders == "validation")
        validation, test = split_validation_folder(self.labels[held_out])
        return {
            "training": np.flatnonzero(folders == "train"),
            "validation": held_out[validation],
            "test": held_out[test],
        }

    @property
    def reference(self) -> dict[str, str]:
        """What a run remembers of the photos it was trained on."""
        return {"fingerprint": self.fingerprint, "kind": self.kind, "name": self.name}

    def positions(self, split: str) -> np.ndarray:
        """The positions in `photos` of one split: "training", "validation" or "test"."""
        return self._positions[split]

    @property
    def held_out(self) -> np.ndarray:
        """The positions of the whole validation folder: what no network learns from."""
        return np.concatenate([self.positions("validation"), self.positions("test")])

    def pixels(self, positions: np.ndarray) -> np.ndarray:
        """A copy of the photos at these positions: uint8 (positions, 160, 160, 3).

        Read from the file, not through the memory map: that would keep every page that was ever looked at in this
        process's memory, a whole set after one epoch. Raises PhotosError where the file has been cut short meanwhile.
        """
        if not isinstance(self.photos, np.memmap):
            return self.photos[positions]
        copies = np.empty((len(positions), *self.photos.shape[1:]), self.photos.dtype)
        with Path(self.photos.filename).open("rb", buffering=0) as file:
            for copy, position in zip(copies, positions, strict=True):
                file.seek(self.photos.offset + int(position) * copy.nbytes)
                if file.readinto(copy) != copy.nbytes:
                    raise PhotosError(f"The prepared photos {self.fingerprint} are damaged. Prepare them again.")
        return copies

    def counts(self) -> dict[str, dict[str, int]]:
        """Photos per split and class: `counts["test"]["dog"]`."""
        return {
            split: {name: int((self.labels[positions] == label).sum()) for label, name in enumerate(CLASSES)}
            for split, positions in self._positions.items()
        }


def ready_photos(where: Settings, report: Report, kind: str | None = None) -> PreparedPhotos:
    """Fetch or draw, decode or just open one of the sets of photos, whatever is still to do.

    `kind` is one of `known_sets`; not given, it is `set_in_use`.
    Raises PhotosError, DownloadError or DiskError with the reason and the remedy.
    """
    chosen = ready_source(where, report, kind)
    try:
        return prepare(chosen, where.prepared, report)
    except PhotosError as error:
        if chosen.kind == OWN:
            raise
        raise PhotosError(f"{error} Delete the folder {chosen.root}, and try again: it is made anew.") from error


def ready_source(where: Settings, report: Report, kind: str | None = None) -> Source:
    """As `ready_photos`, but only the files: fetched or drawn where they are not there yet."""
    chosen = source(where, kind or set_in_use(where))
    if chosen.kind == REAL:
        fetch_archive(where, report)
    elif chosen.kind == SAMPLE:
        draw_sample(chosen.root, report)
    return chosen


def prepare(chosen: Source, folder: Path, report: Report) -> PreparedPhotos:
    """Decode every photo of a source once, on all cores, into `folder`; open it where that was done before.

    A damaged set is made anew. Raises PhotosError where the source cannot be used, DiskError where there is no room.
    """
    files = list_files(chosen.root)
    key = fingerprint(files)
    try:
        photos = open_prepared(folder, key)
    except PhotosError:
        try:
            require_room(folder, len(files) * math.prod((*IMAGE_SIZE, 3)))
            _decode_all(chosen, files, folder, key, report)
        except OSError as error:
            raise cannot_write(folder, error) from error
        photos = open_prepared(folder, key)
    # The same photos may have been prepared from another place: a folder that was moved or copied.
    return replace(photos, kind=chosen.kind, name=chosen.name, root=chosen.root)


def open_prepared(folder: Path, key: str) -> PreparedPhotos:
    """Open a prepared set by its fingerprint, without looking at the photos' own files.

    Raises PhotosError where it is missing or damaged, or where `key` is no fingerprint; the files stay as they are.
    """
    if not FINGERPRINT.fullmatch(key):
        raise PhotosError(f"'{key[:40]}' is no fingerprint of prepared photos. Prepare them again.")
    try:
        index = json.loads(index_file(folder, key).read_text(encoding="utf-8"))
        photos = np.load(array_file(folder, key), mmap_mode="r")
        if not len(index["labels"]) == len(index["files"]) <= len(photos):
            raise ValueError("index and array do not belong together")
        return PreparedPhotos(
            fingerprint=key,
            name=index["name"],
            root=Path(index["root"]),
            photos=photos[: len(index["files"])],
            labels=np.array(index["labels"], dtype=np.uint8),
            files=tuple(index["files"]),
            folders=tuple(file.split("/")[0] for file in index["files"]),
            sizes=np.array(index["sizes"], dtype=np.uint32).reshape(len(index["files"]), 2),
            unreadable=tuple((file, reason) for file, reason in index["unreadable"]),
            kind=index.get("kind", OWN),  # older sets do not say it; whoever asks for it comes by way of `prepare`
        )
    # NumPy reads the head of a damaged array file as Python text, hence the last two
    except (*DAMAGED, EOFError, tokenize.TokenError) as error:
        raise PhotosError(f"The prepared photos {key} are missing or damaged. Prepare them again.") from error


def index_file(folder: Path, key: str) -> Path:
    return folder / f"{key}.json"


def array_file(folder: Path, key: str) -> Path:
    return folder / f"{key}.npy"


def _decode_all(chosen: Source, files: list[PhotoFile], folder: Path, key: str, report: Report) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    scratch = folder / f".{key}.{os.getpid()}.npy"
    kept: list[PhotoFile] = []
    sizes: list[tuple[int, int]] = []
    unreadable: list[tuple[str, str]] = []
    try:
        array = np.lib.format.open_memmap(scratch, "w+", np.uint8, (len(files), *IMAGE_SIZE, 3))
        fill_holes(scratch)
        pace = Pace("Reading the photos", "photos")
        for photo, result in _decoded(chosen.root, files):
            if isinstance(result, PhotoError):
                # A name that is no text must still be fit for a screen.
                unreadable.append((os.fsencode(photo.file).decode("utf-8", "replace"), str(result)))
            else:
                array[len(kept)], size = result
                kept.append(photo)
                sizes.append(size)
            done = len(kept) + len(unreadable)
            if done % CHUNK == 0 or done == len(files):
                report(pace.at(done, len(files)))
        _require_every_class(kept, chosen.root)
        array.flush()
        del array
        scratch.replace(array_file(folder, key))
    finally:
        scratch.unlink(missing_ok=True)
    index = {
        "kind": chosen.kind,
        "name": chosen.name,
        "root": str(chosen.root),
        "labels": [photo.label for photo in kept],
        "files": [photo.file for photo in kept],
        "sizes": sizes,
        "unreadable": unreadable,
    }
    try:
        replace_text(index_file(folder, key), json.dumps(index))  # written last: it says that the array is whole
    except OSError:
        array_file(folder, key).unlink(missing_ok=True)  # or it would take up the room that is missing
        raise


def _decoded(root: Path, files: list[PhotoFile]) -> Iterator[tuple[PhotoFile, Decoded | PhotoError]]:
    """Each file with what it holds or the reason why not, in order. Pillow decodes outside Python's lock."""

    def read(photo: PhotoFile) -> Decoded | PhotoError:
        try:
            picture = read_picture(read_bytes(root / photo.file))
            return picture.pixels, picture.size
        except PhotoError as error:
            return error

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for start in range(0, len(files), CHUNK):
            chunk = files[start : start + CHUNK]
            yield from zip(chunk, threads.map(read, chunk), strict=True)


def _require_every_class(kept: list[PhotoFile], root: Path) -> None:
    found = Counter((photo.folder, photo.label) for photo in kept)
    for folder in FOLDERS:
        for label, name in enumerate(CLASS_FOLDERS):
            if found[folder, label] < FEWEST:
                raise PhotosError(
                    f"Only {found[folder, label]} of the pictures in {root / folder / name} can be read; "
                    f"at least {FEWEST} are needed."
                )

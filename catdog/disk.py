"""Files replaced in one stroke, and what is said about a disk that is full or a folder that cannot be written."""

import errno
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from catdog.errors import DiskError

REPLACE_TRIES, REPLACE_PAUSE = 20, 0.02  # times, seconds
FULL = {getattr(errno, name) for name in ("ENOSPC", "EDQUOT", "EFBIG") if hasattr(errno, name)}  # disk, quota, limit
NEARLY_FULL = 64 * 1024  # bytes free: no network's weights fit any more, and hardly a log
COPIED = 1024 * 1024  # bytes at a time


def require_room(folder: Path, needed: int) -> None:
    """Make the folder and raise DiskError where its disk has fewer than `needed` bytes free."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskError(f"{folder} has {free / 1e6:,.0f} MB free; {needed / 1e6:,.0f} MB are needed. Make room first.")


def cannot_write(path: Path, error: OSError, variable: str = "CATDOG_HOME") -> DiskError:
    """The error to raise where writing to `path` failed, which lies where the environment's `variable` says."""
    return DiskError(f"{path} cannot be written ({reason(error)}). Make room there, or set {variable} anew.")


def reason(error: Exception) -> str:
    """Why something could not be written, in the system's own words."""
    number = _full(error)
    return os.strerror(number) if number else str(getattr(error, "strerror", None) or error)


def tells_full(error: Exception) -> bool:
    """Whether an error comes from a disk without room, or from a limit that acts like one."""
    return _full(error) is not None


def _full(error: Exception) -> int | None:
    """The system's number for it. HDF5, where it notices only at a file's end, has that number in its text alone."""
    told = getattr(error, "errno", None)
    return next((number for number in FULL if number == told or f"errno = {number}," in str(error)), None)


def nearly_full(folder: Path) -> bool:
    """Whether hardly anything can be written below `folder` any more; False where the system does not say."""
    try:
        return shutil.disk_usage(folder).free < NEARLY_FULL
    except OSError:
        return False


def replace_text(path: Path, text: str) -> None:
    """Replace a file in one stroke: a reader sees the old or the new one, never half of it. Raises OSError."""
    scratch = scratch_beside(path)
    try:
        scratch.write_text(text, encoding="utf-8")
        for _ in range(REPLACE_TRIES):
            try:
                scratch.replace(path)
                return
            except PermissionError:  # Windows refuses while a reader has the old file open, for a moment
                time.sleep(REPLACE_PAUSE)
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


@contextmanager
def replacing(path: Path, needed: int = 0) -> Iterator[Path]:
    """Where to write the file that takes the place of `path` in one stroke; where that fails, nothing of it stays.

    Raises DiskError where its disk has fewer than `needed` bytes free, OSError where the file cannot be replaced.
    """
    require_room(path.parent, needed)
    scratch = path.with_name(f".{path.name}")  # with the ending that Keras goes by
    try:
        yield scratch
        scratch.replace(path)
    finally:
        scratch.unlink(missing_ok=True)


def fill_holes(path: Path) -> None:
    """Have the system give every byte of a file its room, before the file is written through a memory map.

    A new array file is one large hole. Where the disk is full by the time the hole is written to, there is nobody who
    could be told: the system ends the whole process. Raises OSError where there is no room.
    """
    with path.open("r+b") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
            return
        while chunk := file.read(COPIED):
            file.seek(-len(chunk), os.SEEK_CUR)
            file.write(chunk)
            file.seek(0, os.SEEK_CUR)  # between a write and the next read


@contextmanager
def appearing(folder: Path) -> Iterator[Path]:
    """A folder to fill, which becomes `folder` in one stroke: that is there whole or not at all. Raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = folder.parent / f".{folder.name}-{uuid4().hex}"
    scratch.mkdir()
    try:
        yield scratch
        scratch.replace(folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def scratch_beside(path: Path) -> Path:
    """Where this process writes what is to take the place of `path`: hidden, and in the same folder."""
    return path.parent / f".{path.name}.{os.getpid()}"

"""Files replaced in one stroke, and what is said about a disk that is full or a folder that cannot be written."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from catdog.errors import DiskError

REPLACE_TRIES, REPLACE_PAUSE = 20, 0.02  # times, seconds


def require_room(folder: Path, needed: int) -> None:
    """Make the folder and raise DiskError where its disk has fewer than `needed` bytes free."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskError(f"{folder} has {free / 1e6:,.0f} MB free; {needed / 1e6:,.0f} MB are needed. Make room first.")


def cannot_write(path: Path, error: OSError, variable: str = "CATDOG_HOME") -> DiskError:
    """The error to raise where writing to `path` failed, which lies where the environment's `variable` says."""
    return DiskError(f"{path} cannot be written ({error.strerror or error}). Make room there, or set {variable} anew.")


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

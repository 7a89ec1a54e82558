"""What is said about a disk that is full or a folder that cannot be written, in one place."""

import shutil
from pathlib import Path

from catdog.errors import DiskError


def require_room(folder: Path, needed: int) -> None:
    """Make the folder and raise DiskError where its disk has fewer than `needed` bytes free."""
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise DiskError(f"{folder} has {free / 1e6:,.0f} MB free; {needed / 1e6:,.0f} MB are needed. Make room first.")


def cannot_write(path: Path, error: OSError) -> DiskError:
    """The error to raise where writing to `path` failed."""
    return DiskError(f"{path} cannot be written ({error.strerror or error}). Make room there, or set CATDOG_HOME anew.")

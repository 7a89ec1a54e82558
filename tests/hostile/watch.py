"""Which files Python touches: everything that is opened, made, renamed or removed outside one folder."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.serving import ROOT

CHANGES = ("os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod")
CHANGES += ("os.utime", "os.chown", "shutil.rmtree")
LISTS = ("os.listdir", "os.scandir")
OWN = tuple(map(str, (ROOT, Path(sys.prefix), Path(sys.base_prefix))))  # what importing reads

_watched: list[tuple[str, list[str]]] = []  # the folder, and what was touched beside it


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if not _watched or event not in ("open", *CHANGES, *LISTS):
        return
    folder, touched = _watched[-1]
    for path in arguments[: 2 if event in ("os.rename", "os.link", "os.symlink") else 1]:
        if isinstance(path, str | bytes | os.PathLike):
            name = os.path.abspath(os.fsdecode(path))  # noqa: PTH100 - resolving would touch the disk itself
            changing = event != "open" or (isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE)
            reading = event in LISTS or not changing
            if not name.startswith(folder) and not (reading and name.startswith(OWN)):
                touched.append(f"{event} {name}")


sys.addaudithook(_hook)  # for good: Python lets none be taken away, so it does nothing unless someone watches


@contextmanager
def touched_outside(folder: Path) -> Iterator[list[str]]:
    """What this block touches outside the folder, a line each."""
    touched: list[str] = []
    _watched.append((str(folder), touched))
    try:
        yield touched
    finally:
        _watched.pop()

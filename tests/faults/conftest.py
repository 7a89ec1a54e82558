"""What faults need: small disks that can be filled, and servers' rivals."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import skip_or_fail
from tests.pages.conftest import ROOT, app, workers  # noqa: F401 - fixtures

NESTED = "CATDOG_TEST_IN_NAMESPACE"
PAGE = 4096  # bytes


def may_mount() -> bool:
    """Whether this process may mount a file system."""
    return os.environ.get(NESTED) == "yes" or (hasattr(os, "geteuid") and os.geteuid() == 0)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A test that needs a small disk and may not mount one runs once more, in a namespace of its own where it may."""
    if "small_disk" not in pyfuncitem.fixturenames or may_mount():
        return None
    command = ["unshare", "-Urm", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", pyfuncitem.nodeid]
    try:
        nested = subprocess.run(command, env=os.environ | {NESTED: "yes"}, capture_output=True, text=True, cwd=ROOT)
    except FileNotFoundError:
        skip_or_fail("a small disk can be mounted on Linux only")
    if "Operation not permitted" in nested.stderr:
        skip_or_fail("neither mount nor unshare -Urm is allowed here")
    assert nested.returncode == 0, nested.stdout + nested.stderr
    return True


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[int], Path]]:
    """Mounts a disk of so many bytes and gives its folder."""
    mounted: list[Path] = []

    def make(size: int) -> Path:
        folder = tmp_path / f"disk{len(mounted)}"
        folder.mkdir()
        if may_mount():
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True
            )
            if done.returncode:
                skip_or_fail(f"no small disk can be mounted: {done.stderr.strip()}")
            mounted.append(folder)
        return folder

    yield make
    for folder in mounted:
        subprocess.run(["umount", "-l", folder], check=True)


def fill(disk: Path, leaving: int = 0) -> Path:
    """Fill a disk but for so many bytes; returns the file that takes up the room."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(PAGE)) == PAGE:
                pass
        except OSError:
            pass
        file.truncate(max(0, file.tell() - leaving))
    return filler

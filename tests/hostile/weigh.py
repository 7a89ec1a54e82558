"""What a file costs to read: each in a process of its own, which tells how far its memory grew.

`python -m tests.hostile.weigh picture|archive FILE...` prints one JSON object a file: `megabytes` that the process grew
by at its highest, above what it held before with the file's own bytes among it; `seconds`; `said`, the refusal, or null
where the file was read. A file that kills its process is a line with `"said": "killed"`.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from catdog.errors import CatdogError
from catdog.photos.archive import unpack
from catdog.photos.decode import read_photo, read_picture
from tests.hostile.files import seeds
from tests.serving import ROOT

PATIENCE = 240  # seconds, for all files of one call


def weighed(kind: str, files: Mapping[str, bytes], folder: Path) -> dict[str, dict[str, Any]]:
    """What each of these files costs, by its name."""
    paths = [folder / f"bomb-{number}" for number in range(len(files))]
    for path, data in zip(paths, files.values(), strict=True):
        path.write_bytes(data)
    command = [sys.executable, "-m", "tests.hostile.weigh", kind, *map(str, paths)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=True)
    return dict(zip(files, map(json.loads, done.stdout.splitlines()), strict=True))


def highest() -> float:
    """The most memory that this process ever held, MiB."""
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) / 1024


def weigh(read: Callable[[], object]) -> dict[str, Any]:
    """Run it, and tell what it cost."""
    before, begun, said = highest(), time.perf_counter(), None
    try:
        read()
    except CatdogError as error:
        said = str(error)
    return {"megabytes": highest() - before, "seconds": time.perf_counter() - begun, "said": said}


def _reader(kind: str, file: Path) -> Callable[[], object]:
    if kind == "archive":
        return lambda: unpack(file, file.with_suffix(".unpacked"), lambda progress: None)
    for small in seeds().values():
        read_photo(small)  # what each format loads once is no part of this file's cost
    data = file.read_bytes()
    return lambda: read_picture(data)


def main(kind: str, files: list[Path]) -> None:
    """Each file in a child of this process, which holds nothing of the files before it."""
    for file in files:
        child = os.fork()
        if not child:
            print(json.dumps(weigh(_reader(kind, file))), flush=True)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            print(json.dumps({"megabytes": 0, "seconds": 0, "said": "killed"}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], [Path(name) for name in sys.argv[2:]])

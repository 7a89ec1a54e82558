"""A measurement in a process of its own: TensorFlow's memory and threads stay out of the one that asks."""

import json
import subprocess
import sys
from typing import Any

from catdog.errors import RunError
from tests.serving import ROOT

TAIL = 600  # characters of what a process that failed said last


def told(module: str, *arguments: str) -> Any:
    """The JSON that `python -m module` prints as its last line.

    Raises RunError, with what the process said last, where it fails.
    """
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        last = done.stderr.strip()[-TAIL:]
        raise RunError(f"{module} ended with code {done.returncode} and said: {last}")
    return json.loads(done.stdout.splitlines()[-1])

"""`bench`: measure this machine, by the benchmarks of the checkout."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from catdog.errors import CatdogError
from catdog.settings import OWN, settings, with_photos

ROOT = Path(__file__).resolve().parents[2]
PARTING = 20  # seconds in which the measuring ends its servers and removes its files after Ctrl-C


def add_bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    benching = commands.add_parser("bench", help="measure training, pages and memory on this machine, beside targets")
    benching.add_argument("--json", action="store_true", help="print one JSON value as the last line")
    benching.add_argument("--quick", action="store_true", help="fewer rounds: under 3 minutes on two cores")
    benching.set_defaults(command=bench)
    return benching


def bench(given: argparse.Namespace) -> int:
    """Run `python -m tests.benchmarks` to its end, or to Ctrl-C or SIGTERM, which end it too; returns its exit code.

    The benchmarks belong to the tests and catdog does not know them, hence the process of its own. Raises CatdogError
    where catdog was installed without them.
    """
    if not (ROOT / "tests" / "benchmarks" / "__main__.py").is_file():
        raise CatdogError(
            f"bench measures a checkout, and there is no tests/benchmarks in {ROOT}: "
            "call it in the folder of a complete checkout of catdog."
        )
    where = with_photos(settings(), given.photos)
    photos = where.own_photos if where.wanted_photos == OWN else where.wanted_photos
    named = {"CATDOG_PHOTOS": str(photos)} if photos else {}
    options = [f"--{name}" for name in ("json", "quick") if getattr(given, name)]
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    measuring = subprocess.Popen([sys.executable, "-m", "tests.benchmarks", *options], cwd=ROOT, env=os.environ | named)
    try:
        return measuring.wait()
    except KeyboardInterrupt:
        _end(measuring)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(measuring: subprocess.Popen) -> None:
    if os.name == "posix":
        measuring.terminate()  # Ctrl-C has reached it already, `kill` has not; it takes both as the same request
    try:
        measuring.wait(PARTING)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        measuring.kill()
        measuring.wait()

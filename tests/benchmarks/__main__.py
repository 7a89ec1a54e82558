"""Every figure with a target, as `python -m catdog bench [--json] [--quick]` asks for it.

Progress goes to the error output; the last line of the standard output is one JSON object with --json, else the
standard output is two Markdown tables.
"""

import argparse
import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from catdog.errors import CatdogError
from catdog.terminal.bar import DONE, FAILED, STOPPED
from tests.benchmarks import around, training
from tests.benchmarks.row import Row
from tests.benchmarks.sheet import Sheet, machine_in_words, tell

CNN_ROWS = tuple(f"{name}_ratio" for name in training.CNNS)
TRANSFER_ROWS = tuple(f"transfer_{way}_ratio" for way in training.TRANSFER_BOUNDS)


def main(arguments: list[str]) -> int:
    """Measure everything and print it; returns the exit code. Ctrl-C and SIGTERM end all that was started."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="print one JSON value as the last line")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: under 3 minutes on two cores")
    given = parser.parse_args(arguments)
    sheet = Sheet(tell)
    stop_once(sheet)
    try:
        with tempfile.TemporaryDirectory(prefix="catdog-bench-", ignore_cleanup_errors=True) as folder:
            measure(sheet, Path(folder), given.quick)
    except CatdogError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        return STOPPED
    print(json.dumps(sheet.as_json()) if given.json else f"{machine_in_words()}\n\n{sheet.as_markdown()}")
    return DONE


def stop_once(sheet: Sheet) -> None:
    """Let Ctrl-C or SIGTERM end everything, and a second one not disturb the clearing up."""

    def stop(*_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        sheet.stopped = True
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)


def measure(sheet: Sheet, folder: Path, quick: bool) -> None:
    """All rows, in an empty folder that stands in for the person's own home. Raises CatdogError without photos."""
    place = around.place_in(folder)
    os.environ.update(place.environment)  # whatever is started from now on works there
    around.measure(sheet, place, quick)
    photos = place.open_photos()

    def rows_of(part: Callable) -> list[Row]:
        rows, table = part(quick, photos, tell)
        sheet.training |= table
        return rows

    sheet.measure(CNN_ROWS, lambda: rows_of(training.cnns))
    sheet.measure(TRANSFER_ROWS, lambda: rows_of(training.transfer))
    sheet.measure(("overhead_percent",), lambda: [training.overhead(quick, photos, tell)])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

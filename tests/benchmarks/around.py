"""The rows around training: reading the photos, opening them again, one answer, the pages, and a large set."""

import os
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from catdog.photos import PreparedPhotos, ready_source
from catdog.photos.decode import read_bytes
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source, list_files
from catdog.settings import settings
from catdog.terminal.bar import Bar, say_what_stands_in
from tests.benchmarks.child import told
from tests.benchmarks.growth import growth
from tests.benchmarks.row import Row
from tests.benchmarks.sheet import Sheet
from tests.benchmarks.visits import visits

REOPENINGS = 5


@dataclass(frozen=True)
class Place:
    """Where everything that is timed happens: a home of its own, and the unpacked photos that it takes as its own."""

    home: Path
    photos: Source

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {"CATDOG_HOME": str(self.home), "CATDOG_PHOTOS": str(self.photos.root)}

    def open_photos(self) -> PreparedPhotos:
        """The photos as `prepare` rows have left them here. Raises PhotosError where they were not measured."""
        with Bar() as bar:
            return prepare(self.photos, self.home / "prepared", bar)


def place_in(folder: Path) -> Place:
    """A place in an empty folder, with the photos that the environment names, else with those that are there.

    They are fetched or drawn in the person's own home, as the app would, so that this is done once and for all.
    Raises PhotosError or DownloadError where they are not to be had.
    """
    where = settings()
    say_what_stands_in(where)
    with Bar() as bar:
        chosen = ready_source(where, bar)
    list_files(chosen.root)
    return Place(folder, chosen)


def measure(sheet: Sheet, place: Place, quick: bool) -> None:
    """All rows around training."""
    sheet.measure(("prepare_seconds",), lambda: preparing(place, rounds=1 if quick else 3))
    sheet.measure(("reopen_seconds",), lambda: reopening(place))
    sheet.measure(("classify_ms",), lambda: classifying(rounds=11 if quick else 31))
    names = ("redraw_ms", "first_paint_seconds", "click_to_point_seconds")
    sheet.measure(names, lambda: visits(place.environment, place.home, quick, sheet.log))
    names = ("growth_percent", "memory_gb")
    sheet.measure(names, lambda: growth(place.open_photos(), place.home / "grown", quick, sheet.log))


def preparing(place: Place, rounds: int) -> Iterator[Row]:
    """Decoding and storing all photos; the last round's prepared set stays in the place."""
    files = list_files(place.photos.root)
    for file in files:  # the disk's part of the first reading is the machine's, not catdog's
        read_bytes(place.photos.root / file.file)
    folder = place.home / "prepared"
    seconds = []
    for _ in range(rounds):
        shutil.rmtree(folder, ignore_errors=True)
        with Bar() as bar:
            seconds.append(timed(lambda bar=bar: prepare(place.photos, folder, bar)))
    median = statistics.median(seconds)
    note = (
        f"{len(files):,} photos, {len(files) / median:,.0f} a second, files in the system's cache; {of_times(rounds)}"
    )
    yield Row.at_most("prepare_seconds", median, "s", 6, note)


def reopening(place: Place) -> Iterator[Row]:
    """Opening the same photos again: listing their files, and mapping the prepared set."""
    place.open_photos()
    seconds = [timed(place.open_photos) for _ in range(REOPENINGS)]
    yield Row.at_most("reopen_seconds", statistics.median(seconds), "s", 0.5, of_times(REOPENINGS))


def classifying(rounds: int) -> Iterator[Row]:
    """One photo through the starter, in a process of its own: TensorFlow's memory and threads stay out of this one."""
    found = told("tests.benchmarks.classify", "--engine", f"--rounds={rounds}", "--only=starter")
    one, _, _ = found["starter"]
    yield Row.at_most("classify_ms", one, "ms", 60, f"one photo, the starter, warm; {of_times(rounds)}")


def timed(work: Callable[[], object]) -> float:
    """Seconds."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def of_times(rounds: int) -> str:
    return f"median of {rounds}" if rounds > 1 else "measured once"

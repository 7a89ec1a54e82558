"""The rows that a visitor feels: a redraw, a page's first paint, and the way from a click to the first point.

All on one server with one home. Everything waits until that server and its spare worker, which loads Keras beside the
page, have nothing more to do.
"""

import statistics
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import psutil
from websockets.sync.client import connect

from catdog.training import Board
from catdog.training.launcher import SPARE
from tests.benchmarks.redraw import VIEWS, Visitor, redraws, server_process
from tests.benchmarks.row import Row
from tests.benchmarks.sheet import LEARNER, LeftOut
from tests.serving import FLAGS, PATIENCE, chromium, served

if TYPE_CHECKING:  # it comes with requirements-dev.txt, and may not be there
    from playwright.sync_api import Browser, Page

VIEW = "Dataset, 2 × 3"
FIRST_CONTENT = {  # address, title, and the first thing below it that a visitor came for
    "Home": ("/", "Can a computer tell cats from dogs?", "[data-testid=stImage] img >> nth=0"),
    "Training": ("/Training", "Can it learn?", "[data-testid=stRadio] >> nth=0"),
}
CHART = "[class*='st-key-training-accuracy-'] .catdog-plot"
FIRST_POINT = f'() => document.querySelector("{CHART}")?.data?.[0]?.x?.length >= 1'
QUIET = 1.0  # seconds in which hardly any processor time was spent
HARDLY = 0.1  # seconds of processor time in them
LOADED = 1.0  # seconds of processor time that loading Keras takes at the very least
LOOK = 0.25  # seconds
SETTLING = 120  # seconds after which waiting for quiet is given up


def visits(environment: Mapping[str, str], home: Path, quick: bool, log: Callable[[str], None]) -> Iterator[Row]:
    """The three rows. Raises LeftOut before the second where there is no Playwright or no Chromium."""
    with served(environment, home / "server.log") as address, no_run_left(home / "runs"):
        server = server_process()
        wake(address)
        Quiet(server).wait()
        yield redraw_row(address, server, 11 if quick else 31)
        log("opening pages in a browser")
        with browser() as chrome:
            yield first_paint_row(chrome, address, 3 if quick else 5)
            yield click_row(chrome, address, server, 2 if quick else 3)


@contextmanager
def no_run_left(runs: Path) -> Iterator[None]:
    """Stop what still trains at the end: a worker outlives its server, and Ctrl-C may come in the midst of a run."""
    try:
        yield
    finally:
        board = Board(runs)
        for run in board.under_way():
            board.stop(run.id)
        while board.tick():
            threading.Event().wait(LOOK)


def wake(address: str) -> None:
    """A first visit, after which the server has its photos, its board, and soon its spare worker."""
    with connect(f"ws://{urlsplit(address).netloc}/_stcore/stream", max_size=None) as socket:
        Visitor(socket, *VIEWS[VIEW]).open()


def redraw_row(address: str, server: psutil.Process, rounds: int) -> Row:
    taken, _ = redraws(address, server, VIEW, rounds)
    note = f"{VIEW} photos, over the server's own connection; median of {rounds}"
    return Row.at_most("redraw_ms", statistics.median(taken), "ms", 150, note)


@contextmanager
def browser() -> Iterator["Browser"]:
    """Chromium. Raises LeftOut where Playwright or Chromium is missing."""
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise LeftOut(
            "Playwright is not installed, which drives the browser: pip install -r requirements-dev.txt."
        ) from error
    with sync_playwright() as playwright:
        try:
            chrome = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        except Error as error:
            raise LeftOut(
                "No Chromium can be started: install chromium or Chrome so that it is on the PATH."
            ) from error
        try:
            yield chrome
        except Error as error:  # the page did not do what it should within its time
            raise TimeoutError(f"The browser gave up: {error.message.splitlines()[0]}") from error
        finally:
            with suppress(Error):  # Ctrl-C may have ended it already
                chrome.close()


@contextmanager
def visiting(chrome: "Browser", address: str) -> Iterator["Page"]:
    """A new visitor with an empty cache, at a projector's size."""
    from playwright.sync_api import Error

    context = chrome.new_context(base_url=address, viewport={"width": 1920, "height": 1080})
    context.set_default_timeout(PATIENCE)
    try:
        yield context.new_page()
    finally:
        with suppress(Error):  # Ctrl-C may have ended it already
            context.close()


def first_paint_row(chrome: "Browser", address: str, rounds: int) -> Row:
    """The larger of the two pages' medians; each page was visited once before."""
    medians = {}
    for name, view in FIRST_CONTENT.items():
        first_paint(chrome, address, *view)
        medians[name] = statistics.median(first_paint(chrome, address, *view) for _ in range(rounds))
    each = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in medians.items())
    note = f"title and first content, new visitor with an empty cache; medians of {rounds}: {each}"
    return Row.at_most("first_paint_seconds", max(medians.values()), "s", 1.5, note)


def first_paint(chrome: "Browser", address: str, path: str, title: str, content: str) -> float:
    """Seconds from the navigation until title and first content are visible."""
    with visiting(chrome, address) as page:
        started = time.perf_counter()
        page.goto(path, wait_until="commit")
        page.get_by_role("heading", name=title).wait_for()
        page.locator(content).wait_for()
        return time.perf_counter() - started


def click_row(chrome: "Browser", address: str, server: psutil.Process, rounds: int) -> Row:
    quiet = Quiet(server)
    seconds = [click_to_point(chrome, address, quiet) for _ in range(rounds)]
    each = ", ".join(f"{one:.2f}" for one in seconds)
    note = f"{LEARNER}, the spare worker has loaded Keras; median of {rounds}: {each}"
    return Row.at_most("click_to_point_seconds", statistics.median(seconds), "s", 2.5, note)


def click_to_point(chrome: "Browser", address: str, quiet: "Quiet") -> float:
    """Seconds from pressing "Start training" to the first point of the live chart; the run is then stopped."""
    with visiting(chrome, address) as page:
        page.goto(f"/Training?recipe={LEARNER}")
        button = page.locator("button:enabled", has_text="Start training")
        button.hover()
        quiet.wait(with_spare=True)
        started = time.perf_counter()
        button.click()
        page.wait_for_function(FIRST_POINT)
        seconds = time.perf_counter() - started
        page.get_by_role("button", name="Stop").click()
        page.get_by_role("heading", name=f"{LEARNER}: stopped").wait_for()
    return seconds


class Quiet:
    """Waits until a process and its children have nothing more to do, told by the processor time that they spend."""

    def __init__(self, server: Any, pause: Callable[[float], object] | None = None) -> None:
        self.server, self.pause = server, pause or threading.Event().wait
        self.used: set[int] = set()  # spares that were waited for: they have had their run since

    def wait(self, with_spare: bool = False) -> None:
        """Return after QUIET seconds of quiet; `with_spare` waits for a spare worker as well that is new and loaded.

        Raises TimeoutError after SETTLING seconds.
        """
        spent: list[float] = []
        for _ in range(round(SETTLING / LOOK)):
            spent.append(self._spent())
            window = spent[-round(QUIET / LOOK) - 1 :]
            still = len(window) > QUIET / LOOK and abs(window[-1] - window[0]) < HARDLY
            spare = self._loaded_spare() if still and with_spare else None
            if still and (spare or not with_spare):
                self.used |= {spare} if spare else set()
                return
            self.pause(LOOK)
        what = "a spare worker that has loaded Keras" if with_spare else "the server to become quiet"
        raise TimeoutError(f"Waited {SETTLING} seconds in vain for {what}.")

    def _spent(self) -> float:
        return sum(map(processor_seconds, [self.server, *self.server.children(recursive=True)]))

    def _loaded_spare(self) -> int | None:
        """The pid of a spare worker that is new and has spent what loading Keras takes."""
        for child in self.server.children():
            with suppress(psutil.Error):
                if SPARE in child.cmdline() and child.pid not in self.used and processor_seconds(child) > LOADED:
                    return child.pid
        return None


def processor_seconds(process: Any) -> float:
    """What a process has spent so far, 0 where it has gone."""
    with suppress(psutil.Error):
        return sum(process.cpu_times()[:2])
    return 0.0

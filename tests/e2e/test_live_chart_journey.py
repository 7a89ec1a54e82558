"""Charts that live: what a visitor did to one survives every tick, a tick is small, and Plotly comes once."""

import math
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from catdog.recipes import recipe
from catdog.training import RunRequest
from catdog.training.events import EventLog
from catdog.training.folder import RunFolder
from catdog.training.launcher import identity
from catdog.training.state import State
from tests.conftest import make_photos
from tests.e2e.conftest import look, settle, visiting
from tests.serving import PATIENCE, served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

EPOCHS, DONE, STEPS = 20, 15, 63  # of a run; so many epochs are told, and all but the last steps of the next
KEYS = ("post4-model1", "post4-model2", "post4-model3", "post4-model4")
TICKS = 5
MOST_A_TICK, MOST_A_VISIT = 30_000, 1_000_000  # bytes over the connection
ABOUT = {
    "photos": {"fingerprint": "0123456789abcdef", "name": "photos", "kind": "own"},
    "split": {"seed": 0, "test_share": 0.192},
    "versions": {"catdog": "1"},
}
POINTS = "Math.max(...plot.data.map(trace => trace.x.length))"
FILES = "performance.getEntriesByType('resource').filter(file => file.name.includes('PlotlyChart'))"


class UnderWay:
    """A run that trains when the test says so; its worker is a process that only exists."""

    def __init__(self, runs: Path, key: str, worker: subprocess.Popen) -> None:
        self.folder = RunFolder.create(runs, RunRequest.of(recipe(key), epochs=EPOCHS), ABOUT)
        self.log, self.worker = EventLog(self.folder.events), identity(worker.pid)
        self.random = np.random.default_rng(KEYS.index(key))
        self.seconds = 0.0
        for epoch in range(1, DONE + 1):
            self.seconds += 3.1
            told = dict(zip(("accuracy", "val_accuracy", "loss", "val_loss"), self._four(), strict=True))
            self.log.epoch(epoch=epoch, epoch_seconds=3.1, seconds=self.seconds, **told)
        self.steps = 0
        for _ in range(STEPS - 2 * TICKS):
            self.step()

    def step(self) -> None:
        """One step more."""
        self.steps += 1
        self.seconds += 0.05
        self.log.last_step = -math.inf  # a test does not wait
        accuracy, loss, *_ = self._four()
        self.log.step(
            stage="training", epoch=DONE + 1, step=self.steps, steps=STEPS, epoch_done=self.steps / STEPS,
            accuracy=accuracy, loss=loss, photos_per_second=431.0, seconds_left=72.0, seconds=self.seconds,
        )  # fmt: skip

    def beat(self) -> None:
        """It is alive: a server ends what has been silent for a minute."""
        self.folder.write_state(State("running", "", self.worker, time.time(), "2 CPU cores", "float32"))

    def _four(self) -> list[float]:
        return self.random.uniform(0.5, 0.9, 4).tolist()


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[UnderWay]]]:
    """The dashboard's address, and four runs under way on it."""
    home = tmp_path_factory.mktemp("home")
    photos = make_photos(home / "photos", train=4, validation=4)
    worker = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    runs = [UnderWay(home / "runs", key, worker) for key in KEYS]
    over = threading.Event()
    heart = threading.Thread(target=_beat, args=[runs, over])
    heart.start()
    with served(os.environ | {"CATDOG_HOME": str(home), "CATDOG_PHOTOS": str(photos)}, home / "server.log") as address:
        yield address, runs
    over.set()
    heart.join()
    worker.stdin.close()
    worker.wait(20)


def _beat(runs: list[UnderWay], over: threading.Event) -> None:
    while True:
        for run in runs:
            run.beat()
        if over.wait(5):
            return


class Received:
    """What comes over a page's connection: `bytes` in all, and for each tick of a chart those that came with it."""

    def __init__(self, page: Page) -> None:
        self.bytes = self.of_this = 0
        self.charts, self.ticks = False, []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        self.socket = socket
        socket.on("framereceived", self._count)

    def tick_after(self, runs: list[UnderWay]) -> None:
        """Let the runs go on, and wait until the page was told of their new point."""
        place = f"{DONE + (runs[0].steps + 1) / STEPS:.5g}".encode()
        with self.socket.expect_event("framereceived", lambda frame: place in frame):
            for run in runs:
                run.step()

    def _count(self, frame: bytes | str) -> None:
        """From one end of a script to the next: what a tick sends. On a slow machine several may follow at once."""
        self.bytes += len(frame)
        self.of_this += len(frame)
        message = ForwardMsg.FromString(frame)
        self.charts |= message.delta.new_element.bidi_component.component_name == "catdog_chart"
        if message.WhichOneof("type") == "script_finished":
            self.ticks += [self.of_this] if self.charts else []
            self.of_this, self.charts = 0, False


def plot(page: Page, key: str, expression: str):
    """What is so of the plot of the chart whose key begins like that; None as long as nothing is drawn."""
    return page.evaluate(PLOT, [key, expression])


PLOT = """([key, expression]) => {
  const plot = document.querySelector(`[class*="st-key-${key}"] .catdog-plot`);
  return plot?._fullLayout ? new Function("plot", "return " + expression)(plot) : null;
}"""


def wait_for(page: Page, key: str, condition: str) -> None:
    page.wait_for_function(PLOT, arg=[key, condition])


def zoom(page: Page, key: str, meanwhile: Callable[[], None]) -> None:
    """Drag a rectangle over the left part of the plot, as a visitor would, while something else happens."""
    area = page.locator(f'[class*="st-key-{key}"] .catdog-plot .nsewdrag').first
    area.hover(position={"x": 15, "y": 15})  # waits until nothing moves any more
    box = area.bounding_box()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] * 0.4, steps=3)
    meanwhile()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] * 0.8, steps=3)
    page.mouse.up()


@pytest.mark.parametrize("where", ["Training", "Results"])
def test_zoom_a_hidden_curve_and_the_plot_itself_survive_five_small_ticks(
    lesson: tuple[str, list[UnderWay]], browser: Browser, where: str
):
    address, runs = lesson
    ids = [run.folder.id for run in runs]
    path, key = {
        "Training": (f"/Training?run={ids[0]}", "training-accuracy-"),
        "Results": (f"/Results?results.runs={','.join(ids)}", "results-overlay-"),
    }[where]
    with visiting(browser, address) as page:
        received = Received(page)
        page.goto(path)
        wait_for(page, key, "true")
        settle(page)
        visit = received.bytes
        received.ticks.clear()
        plot(page, key, "window.kept = plot.querySelector('.main-svg')")
        zoom(page, key, lambda: received.tick_after(runs))  # which must not take it out of the visitor's hand
        wait_for(page, key, "plot.layout.xaxis.autorange === false && plot.layout.xaxis.range[1] < 15")
        page.locator(f'[class*="st-key-{key}"] .legendtoggle').last.click()
        wait_for(page, key, "plot._fullData.some(trace => trace.visible === 'legendonly')")
        done = "JSON.stringify([plot.layout.xaxis.range, plot._fullData.map(trace => trace.visible)])"
        before = plot(page, key, done)
        for _ in range(TICKS):
            points = plot(page, key, POINTS)
            for run in runs:
                run.step()
            wait_for(page, key, f"{POINTS} > {points}")
        look(page, f"live-chart-{where.lower()}")
        assert plot(page, key, done) == before
        assert plot(page, key, "plot.querySelector('.main-svg') === window.kept && window.kept.isConnected")
    print(f"{where}: {visit} bytes for the visit, {sorted(received.ticks)} for each tick")
    assert visit < MOST_A_VISIT
    assert len(received.ticks) >= TICKS
    assert max(received.ticks) < MOST_A_TICK
    for run in runs:
        run.steps -= TICKS + 1


def test_plotly_is_streamlit_s_own_file_which_the_browser_fetches_once_and_not_for_home(
    lesson: tuple[str, list[UnderWay]], browser: Browser
):
    address, _ = lesson
    with visiting(browser, address) as page:
        page.goto("/")
        settle(page)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        assert page.evaluate(f"{FILES}.length") == 0
        page.get_by_role("link", name="Dataset").first.click()
        wait_for(page, "dataset-counts", "true")
        (first,) = page.evaluate(f"{FILES}.map(file => [file.transferSize, file.decodedBodySize, !!window.Plotly])")
        assert first[0] > 1e6
        again = page.context.new_page()
        again.set_default_timeout(PATIENCE)
        again.goto("/Dataset")
        wait_for(again, "dataset-counts", "true")
        assert again.evaluate(f"{FILES}.map(file => file.transferSize)") == [0]
        assert again.evaluate(f"{FILES}[0].decodedBodySize") == first[1]


def test_a_chart_has_words_until_it_is_drawn_and_what_fetches_plotly_is_met_by_nobody(
    lesson: tuple[str, list[UnderWay]], browser: Browser
):
    address, _ = lesson
    with visiting(browser, address) as page:
        held = []
        page.route("**/PlotlyChart*.js", lambda route: held.append(route))
        page.goto("/Dataset")
        box = page.locator('[class*="st-key-dataset-counts"] .catdog-chart')
        expect(box.get_by_role("status")).to_have_text("Drawing …")
        assert box.bounding_box()["height"] == 340
        held[0].continue_()
        expect(page.get_by_role("img", name="Photos per class")).to_be_visible()
        expect(box.get_by_role("status")).to_have_count(0)
        expect(page.locator('[class*="st-key-catdog-plotly-"]').first).to_be_hidden()

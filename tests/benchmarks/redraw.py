"""How long the server needs for one redraw of a page that is already warm, over a real connection.

    python -m tests.benchmarks.redraw [--redraws 21]

It serves the dashboard with the environment's own CATDOG_HOME, opens each view in Chromium, and presses its button
again and again. The time runs from the browser's message to the server until the server's message that the script has
finished: the page's own work and what it sends, without what the browser then makes of it.
"""

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Page, sync_playwright
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from tests.serving import FLAGS, PATIENCE, chromium, served

WARM_UP = 3  # redraws that are not counted
EVERYTHING = {"flip": "both", "turn": 90, "zoom": 20, "shift": 10, "brightness": 20, "contrast": 30}

VIEWS = {
    "Dataset, 2 × 3": ("Dataset", "Another batch", {}),
    "Dataset, 2 × 8": ("Dataset", "Another batch", {"row": 8}),
    "Dataset, 2 × 8, each beside its square": ("Dataset", "Another batch", {"row": 8, "network": "true"}),
    "Dataset, 2 × 3, batch and sizes open": ("Dataset", "Another batch", {"batch": "true", "sizes": "true"}),
    "Augmentation, 9 copies": ("Augmentation", "Again", {"flip": "left-right", "turn": 72}),
    "Augmentation, 16 copies": ("Augmentation", "Again", {"flip": "left-right", "turn": 72, "copies": 16}),
    "Augmentation, 16 copies, everything on": ("Augmentation", "Again", EVERYTHING | {"copies": 16}),
    "Augmentation, 9 copies, a whole batch open": ("Augmentation", "Again", {"turn": 72, "batch": "true"}),
}


class Stopwatch:
    """Notes when the browser last asked, and when the server has finished each answer."""

    def __init__(self, page: Page) -> None:
        self.asked = 0.0
        self.taken: list[float] = []
        page.on("websocket", self._listen)

    def _listen(self, socket) -> None:
        socket.on("framesent", lambda _: setattr(self, "asked", time.perf_counter()))
        socket.on("framereceived", self._received)

    def _received(self, payload: bytes) -> None:
        if ForwardMsg.FromString(payload).WhichOneof("type") == "script_finished":
            self.taken.append(time.perf_counter() - self.asked)


def measure(page: Page, view: tuple[str, str, dict], redraws: int) -> list[float]:
    """Seconds for each redraw of one view, without those of the warm-up."""
    name, button, settings = view
    given = {f"{name.lower()}.{key}": value for key, value in (settings | {"seed": 1}).items()}
    stopwatch = Stopwatch(page)
    page.goto(f"/{name}?{urlencode(given)}")
    page.wait_for_function("() => [...document.images].filter(image => image.naturalWidth).length > 5")
    page.wait_for_load_state("networkidle")
    first = len(stopwatch.taken)
    for _ in range(WARM_UP + redraws):
        before = len(stopwatch.taken)
        page.get_by_role("button", name=button, exact=True).click()
        while len(stopwatch.taken) == before:
            page.wait_for_timeout(5)
        page.wait_for_load_state("networkidle")
    return stopwatch.taken[first + WARM_UP :]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redraw")
    parser.add_argument("--redraws", type=int, default=21, help="for each view (default: %(default)s)")
    redraws = parser.parse_args().redraws
    print(f"| view | median of {redraws}, ms | slowest, ms |\n| --- | --- | --- |")
    log = Path(tempfile.gettempdir()) / "catdog-redraw.log"
    with served(os.environ, log) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for name, view in VIEWS.items():
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, base_url=address)
            page.set_default_timeout(PATIENCE)
            taken = [1000 * seconds for seconds in measure(page, view, redraws)]
            print(f"| {name} | {statistics.median(taken):.0f} | {max(taken):.0f} |", flush=True)
            page.close()
        browser.close()


if __name__ == "__main__":
    main()

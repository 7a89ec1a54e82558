"""How long the server needs for one redraw of a page that is already warm.

    python -m tests.benchmarks.redraw [--redraws 31]

It serves the dashboard with this environment (name the photos by CATDOG_DATASET_URL), opens each view over the
connection that a browser would use, and presses the view's button again and again. The time runs from the message that
says "pressed" to the server's message that the script has finished; what a browser then makes of it is left out, so
that it does not compete for the same cores. The processor time is what the whole server spent meanwhile.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from tests.serving import served

WARM_UP = 5  # redraws that are not counted
EVERYTHING = {"flip": "both", "turn": 90, "zoom": 20, "shift": 10, "brightness": 20, "contrast": 30}
READY = 60  # seconds until photos and Keras are to be there

VIEWS = {
    "Dataset, 2 × 3": ("Dataset", {}),
    "Dataset, 2 × 8": ("Dataset", {"row": 8}),
    "Dataset, 2 × 8, each beside its square": ("Dataset", {"row": 8, "network": "true"}),
    "Dataset, 2 × 3, batch and sizes open": ("Dataset", {"batch": "true", "sizes": "true"}),
    "Augmentation, 9 copies": ("Augmentation", {"flip": "left-right", "turn": 72}),
    "Augmentation, 16 copies": ("Augmentation", {"flip": "left-right", "turn": 72, "copies": 16}),
    "Augmentation, 16 copies, everything on": ("Augmentation", EVERYTHING | {"copies": 16}),
    "Augmentation, 9 copies, a whole batch open": ("Augmentation", {"turn": 72, "batch": "true"}),
}
BUTTONS = {"Dataset": "dataset.again", "Augmentation": "augmentation.again"}


class Visitor:
    """One session, speaking Streamlit's own messages."""

    def __init__(self, socket: ClientConnection, page: str, settings: dict) -> None:
        self.socket, self.page = socket, page
        given = settings | {"seed": 1, "photo": 1} if page == "Augmentation" else settings | {"seed": 1}
        self.query = urlencode({f"{page.lower()}.{key}": value for key, value in given.items()})

    def open(self) -> str:
        """Visit the page until its pictures are there; returns the id of its button."""
        until = time.monotonic() + READY
        while time.monotonic() < until:
            messages = list(self._run())
            ids = [message.delta.new_element.button.id for message in messages]
            pictures = sum(len(message.delta.new_element.imgs.imgs) for message in messages)
            button = next((one for one in ids if one.endswith(BUTTONS[self.page])), None)
            if button and pictures > 1:
                return button
        raise TimeoutError(f"{self.page} showed no pictures within {READY} seconds: are the photos named?")

    def press(self, button: str) -> set[str]:
        """Press the button; returns the addresses of all pictures that the server then names."""
        return {one.url for message in self._run(button) for one in message.delta.new_element.imgs.imgs}

    def _run(self, pressed: str | None = None) -> Iterator[ForwardMsg]:
        """Have the script run, and yield what the server sends until it has finished."""
        message = BackMsg()
        message.rerun_script.query_string = self.query
        message.rerun_script.page_name = self.page
        if pressed:
            state = message.rerun_script.widget_states.widgets.add()
            state.id, state.trigger_value = pressed, True
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self.socket.recv(timeout=READY))
            yield answer
            if answer.WhichOneof("type") == "page_info_changed":  # as a browser's address line
                self.query = answer.page_info_changed.query_string
            if answer.WhichOneof("type") == "script_finished":
                return


def redraws(address: str, server: psutil.Process, view: str, count: int) -> tuple[list[float], float]:
    """So many redraws of one of VIEWS after WARM_UP more: the milliseconds of each, and the server's processor time.

    The latter is the mean for each redraw, in milliseconds too.
    """
    with connect(f"ws://{urlsplit(address).netloc}/_stcore/stream", max_size=None) as socket:
        visitor = Visitor(socket, *VIEWS[view])
        button = visitor.open()
        pictures = [visitor.press(button) for _ in range(WARM_UP)]
        if any(before == after for before, after in pairwise(pictures)):
            raise RuntimeError(f"{view}: the button did not change the pictures")
        taken, spent = [], sum(server.cpu_times()[:2])
        for _ in range(count):
            begun = time.perf_counter()
            visitor.press(button)
            taken.append(1000 * (time.perf_counter() - begun))
        return taken, 1000 * (sum(server.cpu_times()[:2]) - spent) / count


def server_process() -> psutil.Process:
    """The dashboard that this process serves."""
    return next(one for one in psutil.Process().children() if "streamlit" in " ".join(one.cmdline()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.redraw")
    parser.add_argument("--redraws", type=int, default=31, help="for each view (default: %(default)s)")
    count = parser.parse_args().redraws
    print(f"| view | median of {count}, ms | slowest, ms | processor time, ms |\n| --- | --- | --- | --- |")
    with served({"CATDOG_PHOTOS": "real"} | os.environ, Path(tempfile.gettempdir()) / "catdog-redraw.log") as address:
        server = server_process()
        for view in VIEWS:
            taken, spent = redraws(address, server, view, count)
            print(f"| {view} | {statistics.median(taken):.0f} | {max(taken):.0f} | {spent:.0f} |", flush=True)


if __name__ == "__main__":
    main()

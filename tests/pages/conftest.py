"""The whole app without a browser and without Keras: own photos, and workers that only pretend."""

import json
import re
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.models import pretrained
from catdog.training import board as board_room
from catdog.training.events import EventLog
from catdog.training.folder import RunFolder
from catdog.training.launcher import Launcher
from catdog.training.state import State, WorkerId

ROOT = Path(__file__).parents[2]


class PretendLauncher(Launcher):
    """Workers that exist until they are stopped, and do what the test says."""

    def __init__(self) -> None:
        self.launched: list[str] = []
        self.living: set[int] = set()

    def launch(self, run: RunFolder, place: str) -> WorkerId:
        self.launched.append(run.id)
        worker = WorkerId(len(self.launched), 1.0)
        self.living.add(worker.pid)
        return worker

    def stop(self, worker: WorkerId) -> None:
        self.living.discard(worker.pid)

    def alive(self, worker: WorkerId) -> bool:
        return worker.pid in self.living


@pytest.fixture
def workers(offline, small_sample, monkeypatch: pytest.MonkeyPatch) -> PretendLauncher:
    """What the app's board starts instead of real workers; the board's own thread stays off, so that nothing races.

    No network is loaded either, and a page waits until its photos are there or not to be had.
    """
    launcher = PretendLauncher()
    monkeypatch.delenv("CATDOG_PASSPHRASE", raising=False)
    monkeypatch.setattr("catdog.ui.photo_set.AT_ONCE", 30)
    monkeypatch.setattr("catdog.ui.shared._load_classifier", lambda name: name)  # Home begins to load one
    monkeypatch.setattr(board_room, "LocalLauncher", lambda: launcher)
    monkeypatch.setattr(board_room.Board, "watch", lambda self: None)
    return launcher


@pytest.fixture
def app(own_photos, workers, monkeypatch: pytest.MonkeyPatch):
    """The app on its first page, with 48 photos of one's own and without pretrained weights or a network."""
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    st.cache_resource.clear()


@pytest.fixture
def weights(workers, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in the place of the pretrained weights that has their size, and with which nothing is found wrong."""
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: None)
    file = pretrained.weights_file()
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(pretrained.FEWEST_BYTES))
    return file


@pytest.fixture
def damaged_weights(weights, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same file, which Keras cannot load."""
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: "Keras cannot load it: bad object header")
    return weights


def spoken(text: str) -> str:
    """What a visitor reads: the backslashes and joiners that keep Markdown away are not seen."""
    return re.sub(r"\\([^a-zA-Z0-9\s])", r"\1", text).replace("\N{WORD JOINER}", "")


def drawn(page) -> list[dict]:
    """The charts of a page, or of a part of it, as the browser gets them: traces, layout, height and alt."""
    sent = (one.proto for one in page.get("bidi_component"))
    return [json.loads(one.bytes) for one in sent if one.component_name == "catdog_chart"]


def tell(
    home: Path, run_id: str, epochs: list[tuple[float, float]], phase: str = "running", error: str = ""
) -> RunFolder:
    """Let a pretended worker report epochs as (accuracy, val_accuracy), one step of the next, and its phase."""
    run = RunFolder.open(home / "runs", run_id)
    log = EventLog(run.events)
    for number, (accuracy, val_accuracy) in enumerate(epochs, 1):
        log.epoch(
            epoch=number,
            accuracy=accuracy,
            val_accuracy=val_accuracy,
            loss=1 - accuracy,
            val_loss=1 - val_accuracy,
            epoch_seconds=3.0,
            photos_per_second=400.0,
            seconds=3.0 * number,
        )
    if phase == "running":
        log.step(
            stage="training",
            epoch=len(epochs) + 1,
            step=2,
            steps=4,
            epoch_done=0.4,
            accuracy=0.5,
            loss=0.7,
            photos_per_second=430.0,
            seconds_left=72.0,
            seconds=3.0 * len(epochs) + 1,
        )
    state = run.state
    run.write_state(State(phase, "", state.worker, 1.0, "2 CPU cores", "float32", error))
    return run

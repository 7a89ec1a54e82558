"""What pages say while a cluster trains: the same as with one machine, and why a run waits where it is not its turn."""

from dataclasses import replace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.settings import settings
from catdog.training import Board
from catdog.training.cluster import SILENT
from catdog.training.folder import RunFolder
from catdog.training.lookout import LOST
from catdog.training.state import State, WorkerId
from tests.pages.conftest import PretendLauncher
from tests.training.training_stand_ins import PHOTOS, asked

TRAINING = "pages/3_Training.py"


@pytest.fixture
def silent(workers, monkeypatch: pytest.MonkeyPatch) -> PretendLauncher:
    """The cluster does not answer."""
    monkeypatch.setattr(workers, "trouble", SILENT)
    monkeypatch.setattr(workers, "place", lambda run, active: None)
    return workers


def watched(app: AppTest) -> tuple[AppTest, RunFolder]:
    """The Training page of a run that waits."""
    board = Board(settings().runs)
    run_id = board.submit(asked(), PHOTOS)
    app.query_params["run"] = run_id
    return app.switch_page(TRAINING).run(), RunFolder.open(board.runs, run_id)


def unescaped(text: str) -> str:
    return text.replace("\\", "")


def captions(block) -> list[str]:
    return [unescaped(caption.value) for caption in block.caption]


def sentence(app: AppTest) -> str:
    return unescaped(app.progress[0].proto.text)


def test_a_run_waits_for_a_cluster_that_does_not_answer(silent, app):
    page, run = watched(app)
    assert not page.exception
    assert run.state.waits
    assert sentence(page) == f"{SILENT} It is the next one."


def test_home_says_that_the_cluster_does_not_answer(silent, app):
    shown = app.run()
    assert SILENT in captions(shown)


def test_a_run_whose_machine_was_lost_says_so_while_it_waits(workers, app):
    page, run = watched(app)
    run.write_state(State(activity=LOST, lost=1, worker=WorkerId(job="catdog-a-1")))
    workers.alive = lambda worker: True
    page = page.run()
    assert sentence(page) == f"{LOST}. It is the next one."


def test_a_page_names_the_cluster_instead_of_this_machine(workers, app, monkeypatch):
    monkeypatch.setattr("catdog.ui.shared.settings", lambda: replace(settings(), cluster="http://head:8265"))
    monkeypatch.setattr("catdog.ui.shared.open_board", lambda where, seat: Board(where.runs, workers, seat=seat))
    st.cache_resource.clear()
    shown = app.run()
    assert not shown.exception
    assert "A cluster trains: every run is handed to it as a job of its own." in captions(shown)
    training = shown.switch_page(TRAINING).run()
    assert not training.exception
    assert any("a cluster" in words for words in captions(training.sidebar))
    assert "The machine of the cluster that trains it says what it computes with." in captions(training)

"""What stands on a page while something takes long: words at once, how far it is, and since when."""

import threading
import time
from types import SimpleNamespace

import pytest
from streamlit.elements import spinner
from streamlit.testing.v1 import AppTest

from catdog import background
from catdog.background import BackgroundTask
from catdog.progress import Progress, paced
from catdog.training.state import State
from catdog.ui import live_run, progress

LONG = 10  # seconds; only a broken task takes as long


@pytest.fixture
def held(monkeypatch):
    """A task at work that goes no further, what it is to report, and its clock, which stands still."""
    held = SimpleNamespace(gate=threading.Event(), inside=threading.Event(), report=None, now=1_000.0)
    monkeypatch.setattr(background, "time", SimpleNamespace(monotonic=lambda: held.now, time=time.time))

    def work(report):
        if held.report:
            report(held.report)
        held.inside.set()
        assert held.gate.wait(LONG)
        return "result"

    held.task = BackgroundTask(work)
    yield held
    held.gate.set()
    held.task.wait(LONG)


def panel(held) -> AppTest:
    """The page of someone who waits for it."""

    def page(task):
        from catdog.ui.progress import show_progress

        show_progress(task, "The network is not here yet.")

    held.task.start()
    assert held.inside.wait(LONG)
    shown = AppTest.from_function(page, args=(held.task,)).run()
    assert not shown.exception
    return shown


def test_a_task_that_has_not_said_anything_yet_has_words_at_once(held):
    assert [one.label for one in panel(held).status] == ["The network is not here yet."]


def test_a_task_that_says_nothing_shows_how_long_it_has_taken(held):
    page = panel(held)
    held.now += 72
    assert page.run().status[0].label == "The network is not here yet. 1 min 12 s so far"


def test_a_task_that_knows_its_time_shows_a_bar_and_the_time_that_is_left(held):
    held.report = Progress("Fetching", 20, 80, "photos", 9.0)
    page = panel(held)
    held.now += 3
    shown = page.run().get("progress")[0].proto
    assert (shown.value, shown.text) == (25, "Fetching: 20 of 80 photos, 9 s left")
    assert page.markdown[0].value == "The network is not here yet."


def test_a_task_of_several_steps_shows_the_step_and_how_long_it_has_taken(held):
    held.report = Progress("Writing it", 1, 2, "steps")
    page = panel(held)
    assert page.get("progress")[0].proto.text == "Writing it: 1 of 2 steps"
    held.now += 8
    assert page.run().get("progress")[0].proto.text == "Writing it: 1 of 2 steps · 8 s so far"


def test_a_task_that_is_started_again_counts_its_time_anew(held):
    held.now += 1_000
    assert held.task.seconds == 1_000
    held.task.start()
    assert held.task.seconds == 0


def test_each_thing_is_told_before_it_is_taken(monkeypatch):
    told = []
    taken = [(thing, len(told)) for thing in paced(["a", "b", "c"], "Looking", "photos", told.append)]
    assert taken == [("a", 1), ("b", 2), ("c", 3)]
    assert [(one.what, one.done, one.total, one.unit) for one in told] == [
        ("Looking", done, 3, "photos") for done in range(3)
    ]
    assert told[0].seconds_left is None
    assert told[2].seconds_left is not None


def test_streamlit_shows_a_spinner_as_soon_as_it_is_told_to(monkeypatch):
    """It has no setting for that, so that a name of its module is replaced: would it be missed where it is gone?"""
    asked = []

    class Timer(threading.Timer):
        def __init__(self, seconds, act):
            asked.append(seconds)
            super().__init__(seconds, act)

    monkeypatch.setattr(spinner.threading, "Timer", Timer)

    def page():
        import streamlit as st

        with st.spinner("Asking …"):
            pass

    AppTest.from_function(page).run()
    assert asked == [progress.spinner.DELAY_SECS]
    assert asked[0] < 0.2


# A run before its first step and after its last


@pytest.fixture
def at(monkeypatch):
    """The sentence of a state at 1,000 s since 1970."""
    monkeypatch.setattr(live_run.time, "time", lambda: 1_000.0)
    return lambda **state: live_run._activity(State("starting", **state))


def test_a_worker_that_begins_says_what_it_does_and_for_how_long(at):
    assert at() == "Starting …"
    assert at(activity="Loading TensorFlow") == "Loading TensorFlow …"
    assert at(activity="Loading TensorFlow", since=999.0) == "Loading TensorFlow …"
    assert at(activity="Loading TensorFlow", since=988.0) == "Loading TensorFlow … 12 s so far"


def test_a_clock_that_was_set_back_counts_nothing(at):
    assert at(activity="Loading TensorFlow", since=5_000.0) == "Loading TensorFlow …"


def test_what_a_frozen_base_says_has_its_share_and_the_time_that_is_left(at):
    looking = {"activity": "The frozen base looks at the photos", "since": 900.0}
    assert at(**looking, share=0.45) == "The frozen base looks at the photos: 45 %"
    left = at(**looking, share=0.45, seconds_left=72.0)
    assert left == "The frozen base looks at the photos: 45 % · 1 min 12 s left"

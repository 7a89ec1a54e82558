"""What a worker says of what it is doing: since when, how far it is, and how long it will take."""

from types import SimpleNamespace

import pytest

from catdog.progress import Progress
from catdog.training import voice as voice_room
from catdog.training.folder import RunFolder
from catdog.training.voice import StopAsked, Voice
from tests.training.training_stand_ins import new_run

LOOKING = "The frozen base looks at the photos"


@pytest.fixture
def run(tmp_path) -> RunFolder:
    return new_run(tmp_path / "runs")


@pytest.fixture
def voice(run, monkeypatch):
    """The voice of its worker, and a clock that stands still at 1,000 s since 1970."""
    monkeypatch.setattr(voice_room, "HEARTBEAT", 1_000)
    clock = SimpleNamespace(now=1_000.0)
    monkeypatch.setattr(voice_room, "time", SimpleNamespace(time=lambda: clock.now))
    voice = Voice(run)
    voice.clock = clock
    yield voice
    voice.ended.set()


def told(run: RunFolder) -> tuple:
    state = run.state
    return state.activity, state.since, state.share, state.seconds_left


def test_a_worker_says_from_the_first_moment_what_it_does_and_since_when(run, voice):
    assert told(run) == ("Loading TensorFlow", 1_000.0, None, None)


def test_what_goes_on_keeps_its_beginning_and_says_how_far_it_is(run, voice):
    voice.clock.now = 1_010.0
    voice.say(activity=LOOKING, share=0.1, seconds_left=90.0)
    voice.clock.now = 1_020.0
    voice.say(activity=LOOKING, share=0.2, seconds_left=80.0)
    assert told(run) == (LOOKING, 1_010.0, 0.2, 80.0)
    voice.say(precision="float32")
    assert told(run) == (LOOKING, 1_010.0, 0.2, 80.0)


def test_the_next_activity_begins_anew(run, voice):
    voice.say(activity=LOOKING, share=0.9, seconds_left=1.0)
    voice.clock.now = 1_030.0
    voice.say(phase="running", activity="Preparing the first step")
    assert told(run) == ("Preparing the first step", 1_030.0, None, None)


@pytest.mark.parametrize("who", ["its worker", "the board"])
def test_a_run_that_is_over_does_nothing_any_more(run, voice, who):
    voice.say(activity=LOOKING, share=0.9, seconds_left=1.0)
    if who == "its worker":
        voice.end("finished")
    else:
        run.end("failed", "The worker ended without a word.")
    assert told(run) == ("", None, None, None)


def test_how_far_a_frozen_base_is_reaches_the_page_at_most_five_times_a_second(run, voice, monkeypatch):
    pytest.importorskip("keras")
    from catdog.training import fit

    clock = SimpleNamespace(now=50.0)
    monkeypatch.setattr(fit, "time", SimpleNamespace(monotonic=lambda: clock.now))
    tell = fit.Teller(voice)
    tell(Progress(LOOKING, 0, 200, "photos"))
    assert told(run) == (LOOKING, 1_000.0, 0.0, None)
    clock.now += 0.1
    tell(Progress(LOOKING, 50, 200, "photos", 30.0))
    assert told(run)[2:] == (0.0, None)
    clock.now += 0.1
    tell(Progress(LOOKING, 100, 200, "photos", 20.0))
    assert told(run)[2:] == (0.5, 20.0)
    run.ask_to_stop()
    with pytest.raises(StopAsked):
        tell(Progress(LOOKING, 150, 200, "photos", 10.0))

"""Events: at most five steps a second, every epoch, and a reader that nothing in the file can upset."""

import json
from types import SimpleNamespace

import pytest
from training_stand_ins import Clock

from catdog.training import events as events_module
from catdog.training.events import EventLog, read_events


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(events_module, "time", SimpleNamespace(monotonic=made))
    return made


@pytest.fixture
def path(tmp_path):
    return tmp_path / "events.jsonl"


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_steps_that_come_too_soon_are_held_back(path, clock):
    log = EventLog(path)
    for step in range(1, 101):  # one every 1/64 of a second, exact in binary
        log.step(epoch=1, step=step)
        clock.now += 1 / 64
    times = [(event["step"] - 1) / 64 for event in lines(path)]
    assert times[0] == 0.0
    assert len(times) == 8  # at 0, 13/64, 26/64 ... of the 100/64 seconds
    assert all(later - sooner >= 0.2 for sooner, later in zip(times, times[1:], strict=False))


def test_a_step_after_a_pause_is_told_at_once(path, clock):
    log = EventLog(path)
    log.step(epoch=1, step=1)
    clock.now += 0.25
    log.step(epoch=1, step=2)
    assert [event["step"] for event in lines(path)] == [1, 2]


def test_epochs_are_never_held_back(path, clock):
    log = EventLog(path)
    log.step(epoch=1, step=1)
    for epoch in range(1, 6):
        log.epoch(epoch=epoch)
    assert [event["kind"] for event in lines(path)] == ["step"] + ["epoch"] * 5


def test_a_loss_that_ran_away_becomes_null(path, clock):
    EventLog(path).epoch(epoch=1, loss=float("nan"), val_loss=float("inf"), accuracy=float("-inf"), val_accuracy=0.5)
    text = path.read_text(encoding="utf-8")
    assert "NaN" not in text
    assert "Infinity" not in text
    assert read_events(path) == (
        {"kind": "epoch", "epoch": 1, "loss": None, "val_loss": None, "accuracy": None, "val_accuracy": 0.5},
    )


def test_numbers_are_written_with_five_decimals_and_whole_ones_stay_whole(path, clock):
    EventLog(path).step(epoch=1, step=3, stage="training", loss=0.123456789, photos_per_second=None)
    assert lines(path) == [
        {"kind": "step", "epoch": 1, "step": 3, "stage": "training", "loss": 0.12346, "photos_per_second": None}
    ]


def test_a_missing_file_has_no_events(path):
    assert read_events(path) == ()


def test_a_torn_last_line_is_left_out_until_it_is_whole(path):
    path.write_text('{"kind": "epoch", "epoch": 1}\n{"kind": "epoch", "ep', encoding="utf-8")
    assert [event["epoch"] for event in read_events(path)] == [1]
    with path.open("a", encoding="utf-8") as file:
        file.write('och": 2}')
    assert [event["epoch"] for event in read_events(path)] == [1]  # whole to the eye, but its end is still to come
    with path.open("a", encoding="utf-8") as file:
        file.write("\n")
    assert [event["epoch"] for event in read_events(path)] == [1, 2]


GARBAGE = {
    "empty line": b"",
    "no json": b"Epoch 1/20 loss: 0.69",
    "no text": b"\xff\xfe\x00",
    "a list": b'["epoch", 1]',
    "a number": b"5",
    "null": b"null",
    "nested without end": b"[" * 200_000,
    "foreign kind": b'{"kind": "batch", "epoch": 1}',
    "kind is a list": b'{"kind": ["epoch"], "epoch": 1}',
    "no kind": b'{"epoch": 1}',
    "no epoch": b'{"kind": "epoch"}',
    "epoch is a word": b'{"kind": "epoch", "epoch": "1"}',
    "epoch is a fraction": b'{"kind": "epoch", "epoch": 1.5}',
    "epoch is null": b'{"kind": "epoch", "epoch": null}',
    "loss is a word": b'{"kind": "epoch", "epoch": 1, "loss": "low"}',
    "loss is a list": b'{"kind": "epoch", "epoch": 1, "loss": [0.5]}',
    "loss is an object": b'{"kind": "step", "epoch": 1, "loss": {"a": 1}}',
    "loss is no number": b'{"kind": "epoch", "epoch": 1, "loss": NaN}',
    "accuracy without end": b'{"kind": "epoch", "epoch": 1, "val_accuracy": Infinity}',
}


@pytest.mark.parametrize("line", GARBAGE.values(), ids=GARBAGE)
def test_a_line_that_is_no_event_is_left_out_and_its_neighbours_stay(path, line):
    path.write_bytes(b'{"kind": "epoch", "epoch": 1}\n' + line + b'\n{"kind": "epoch", "epoch": 2}\n')
    before = path.read_bytes()
    assert [event["epoch"] for event in read_events(path)] == [1, 2]
    assert path.read_bytes() == before


def test_lines_that_are_appended_are_seen(path, clock):
    log = EventLog(path)
    log.epoch(epoch=1)
    assert len(read_events(path)) == 1
    log.epoch(epoch=2)
    assert [event["epoch"] for event in read_events(path)] == [1, 2]


def test_many_viewers_of_one_moment_read_the_file_once(path, clock):
    EventLog(path).epoch(epoch=1)
    assert read_events(path) is read_events(path)

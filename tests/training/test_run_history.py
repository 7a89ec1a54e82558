"""A run's curves as a table: one line an epoch, readable by any program."""

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_stand_ins import new_run, write_events

from catdog.training.history import history_csv
from catdog.training.snapshot import CURVES, snapshot

HEAD = ["epoch", "loss", "accuracy", "val_loss", "val_accuracy", "seconds", "epoch_seconds", "photos_per_second"]


def read(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def run(tmp_path):
    return new_run(tmp_path / "runs", epochs=4)


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """A run that waits, as it is shown."""
    return snapshot(new_run(tmp_path_factory.mktemp("home") / "runs"))


def history_of(run, *epochs):
    write_events(run, *({"kind": "epoch", "epoch": number, **epoch} for number, epoch in enumerate(epochs, 1)))
    return history_csv(snapshot(run))


def test_a_run_without_an_epoch_is_a_line_of_names(run):
    assert read(history_of(run)) == [HEAD]


def test_each_epoch_is_a_line_of_numbers_as_they_were_written(run):
    first = dict(zip(CURVES, (0.7, 0.5, 0.69, 0.51, 3.5, 3.25, 100.0), strict=True))
    second = dict(zip(CURVES, (0.6, 0.61234, 0.65, 0.6, 7.0, 3.5, 120.5), strict=True))
    assert read(history_of(run, first, second)) == [
        HEAD,
        ["1", "0.7", "0.5", "0.69", "0.51", "3.5", "3.25", "100.0"],
        ["2", "0.6", "0.61234", "0.65", "0.6", "7.0", "3.5", "120.5"],
    ]


def test_what_was_not_a_number_is_empty_and_keeps_its_place(run):
    rows = read(history_of(run, {"loss": None, "accuracy": 0.5, "val_loss": None, "val_accuracy": 0.25}))
    assert rows[1] == ["1", "", "0.5", "", "0.25", "", "", ""]


def test_the_steps_of_the_epoch_under_way_are_no_lines(run):
    step = {"kind": "step", "epoch": 2, "step": 1, "steps": 8, "loss": 9.0}
    write_events(run, {"kind": "epoch", "epoch": 1, "loss": 0.5}, step)
    assert len(read(history_csv(snapshot(run)))) == 2


VALUES = st.lists(st.none() | st.floats(0, 1e9), min_size=len(CURVES), max_size=len(CURVES))


@given(epochs=st.lists(VALUES, max_size=5))
def test_what_goes_in_comes_out(empty, epochs):
    history = {name: [values[place] for values in epochs] for place, name in enumerate(CURVES)}
    rows = read(history_csv(replace(empty, history=history)))[1:]
    assert [[float(one) if one else None for one in row[1:]] for row in rows] == epochs
    assert [row[0] for row in rows] == [str(number) for number in range(1, len(epochs) + 1)]

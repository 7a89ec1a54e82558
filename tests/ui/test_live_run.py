"""What all who watch a run share, and what happens when they all come at once."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st

from catdog.ui import live_run, results_overlay
from tests.training.training_stand_ins import new_run, write_events

ROOT = Path(__file__).parents[2]
ALL_AT_ONCE = """
import threading
from catdog.figures import accuracy_figure
from catdog.ui.live_chart import plot_of
from streamlit import dataframe_util

history, failed, ready = {"accuracy": [0.5], "val_accuracy": [0.6]}, [], threading.Barrier(30)

def draw(number):
    ready.wait()
    try:
        if number % 2:
            dataframe_util.convert_anything_to_pandas_df([{"layer": "dense"}])  # as a table does, which loads pandas
        plot_of(accuracy_figure(history, (), 20, [0.7]))
    except Exception as error:
        failed.append(error)

threads = [threading.Thread(target=draw, args=[number]) for number in range(30)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
print(failed)
"""


def test_thirty_visitors_draw_the_first_figures_of_a_fresh_server_at_once():
    done = subprocess.run([sys.executable, "-c", ALL_AT_ONCE], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def looks(tmp_path, monkeypatch) -> list[str]:
    """The ids in the order in which the run's folder was read."""
    from catdog.training import Board

    board, asked = Board(tmp_path / "runs"), []
    run = new_run(tmp_path / "runs")
    write_events(run, {"kind": "epoch", "epoch": 1, "accuracy": 0.5, "val_accuracy": 0.6})

    def snapshot(run_id):
        asked.append(run_id)
        return board.snapshot(run_id)

    monkeypatch.setattr(live_run, "board", lambda: SimpleNamespace(snapshot=snapshot))
    st.cache_resource.clear()
    now = [1_000.0]
    monkeypatch.setattr("streamlit.runtime.caching.cache_utils.TTLCACHE_TIMER", lambda: now[0])
    yield SimpleNamespace(run=run, asked=asked, now=now)
    st.cache_resource.clear()


def test_all_who_look_within_a_second_are_shown_the_same_and_then_something_new(looks):
    seen = [live_run._shared_moment(looks.run.id) for _ in range(30)]
    assert len({id(moment) for moment in seen}) == 1
    assert len(looks.asked) == 1
    write_events(looks.run, *({"kind": "epoch", "epoch": epoch, "val_accuracy": 0.6} for epoch in (1, 2)))
    looks.now[0] += live_run.SHARED
    assert live_run._shared_moment(looks.run.id).run.epochs_done == 2


def test_all_who_compare_the_same_runs_within_a_second_are_shown_the_same_figure(looks, monkeypatch):
    monkeypatch.setattr(results_overlay, "_read", lambda ids: [live_run.board().snapshot(one) for one in ids])
    accuracy = results_overlay.Shown("accuracy", ("training", "validation"), False, 0.0, True)
    seen = [results_overlay._shared_look((looks.run.id,), accuracy) for _ in range(30)]
    assert len({id(look) for look in seen}) == 1
    assert seen[0].plot["data"][0]["y"] == [0.5]
    loss = results_overlay._shared_look((looks.run.id,), replace(accuracy, what="loss"))
    assert loss.alt.startswith("Loss of 1 run.")
    write_events(looks.run, *({"kind": "epoch", "epoch": epoch, "accuracy": 0.6} for epoch in (1, 2)))
    looks.now[0] += live_run.SHARED
    assert results_overlay._shared_look((looks.run.id,), accuracy).plot["data"][0]["y"] == [0.6, 0.6]

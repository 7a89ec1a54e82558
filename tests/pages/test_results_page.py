"""The Results page through AppTest: the table, the figure, the posts, one run closely, and every damaged folder."""

import csv
import io
import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from html.parser import HTMLParser
from math import exp, log
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

import numpy as np
import plotly.graph_objects as go
import pytest
import streamlit as st
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest

from catdog.errors import RunError
from catdog.insight.export import ExportError
from catdog.insight.scores import Evaluation, Scores
from catdog.recipes import RECIPES, blocks_in_words, published
from catdog.settings import CLASSES, DATASET_NAME
from catdog.training import Board, RunRequest, Snapshot
from catdog.training.events import EventLog
from catdog.training.folder import NAME_LENGTH, RunFolder
from catdog.training.state import State
from catdog.training.verdicts import NOISE
from catdog.ui import pictures, results_overlay, results_posts, results_takeaway, shared
from catdog.ui.results_report import report
from catdog.ui.results_table import names
from tests.pages import test_classify_page, test_dataset_page
from tests.pages.conftest import ROOT, drawn, spoken, tell
from tests.pages.test_classify_page import Prompt, captions, charts, files_below
from tests.pages.test_dataset_page import address_of, alts, panel, prepared, shown
from tests.pages.test_training_page import PHOTOS, texts

RESULTS = "pages/4_Results.py"
LEARNED = ((0.6, 0.55), (0.7, 0.6))
HOSTILE = "<b>x</b> [a](http://e.vi) **b** `c` $d$ :red[e] | _f_ ![i](j)"

fresh_server = test_dataset_page.fresh_server  # nothing of another test is kept


class StandIn(test_classify_page.StandIn):
    """As on the Classify page, with something inside; `opened` counts how often its maps were asked for."""

    model = "the network itself"

    def __init__(self) -> None:
        super().__init__()
        self.opened = 0

    def filters(self) -> np.ndarray:
        return np.full((16, 3, 3, 3), 127, np.uint8)

    def maps(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        assert picture.shape == (160, 160, 3)
        self.opened += 1
        rising = np.tile(np.arange(40, dtype=np.float32), (20, 20, 1))
        return {"conv2d": rising, "max_pooling2d": np.zeros((10, 10, 3), np.float32)}


NONE_TRAINED = "22 recipes, of which the posts claim 51 % to 99 %; none was trained here."


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> dict[str, StandIn]:
    """The networks that are asked instead of real ones, by their run; all are loaded at once."""
    made: dict[str, StandIn] = defaultdict(StandIn)
    monkeypatch.setattr(shared, "_load_classifier", lambda name: made[name])
    monkeypatch.setattr(shared, "BackgroundTask", Prompt)
    monkeypatch.setattr(results_takeaway, "BackgroundTask", Prompt)
    return made


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> list[go.Figure]:
    """Every figure of the chosen runs that was drawn, in order."""
    drawn: list[go.Figure] = []
    monkeypatch.setattr(results_overlay, "plot_of", lambda figure: figure)
    monkeypatch.setattr(results_overlay, "chart", lambda figure, **_: drawn.append(figure))
    monkeypatch.setattr(results_overlay, "_shared_look", results_overlay._shared_look.__wrapped__)
    return drawn


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The replay's clock; its one number is the time."""
    now = [1000.0]
    monkeypatch.setattr(results_overlay, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> dict[str, tuple[str | bytes, str]]:
    """What can be downloaded: content and file name, by the button's label; what is being made is waited for."""
    files: dict[str, tuple[str | bytes, str]] = {}
    real = results_takeaway._download

    def recording(label, data, file, mime):
        files[label] = (data, file)
        real(label, data, file, mime)

    def wait(task, missing):
        task.wait(30)
        st.rerun()

    monkeypatch.setattr(results_takeaway, "_download", recording)
    monkeypatch.setattr(results_takeaway, "show_progress", wait)
    return files


def visit(**address: str) -> AppTest:
    """The page as someone sees it who opens this address."""
    page = test_dataset_page.visit({f"results.{name}": value for name, value in address.items()}, RESULTS)
    assert not page.exception
    return page


def again(page: AppTest) -> AppTest:
    page.run()
    assert not page.exception
    return page


def submitted(home: Path, key: str = "post4-model1", **overrides) -> str:
    return Board(home / "runs").submit(RunRequest.of(RECIPES[key], **overrides), prepared().reference)


def trained(
    home: Path, key: str = "post4-model1", epochs: Sequence[tuple[float, float]] = LEARNED, phase: str = "finished"
) -> RunFolder:
    """A run as its worker leaves it: its curves, and where it finished its answers."""
    run = tell(home, submitted(home, key, epochs=len(epochs) or 2), list(epochs), phase)
    if phase == "finished":
        run.write_evaluation(scores().as_json())
    return run


def scores() -> Scores:
    """Answers of every kind: right and wrong, sure and unsure."""
    random = np.random.default_rng(3)
    return Scores.of(*(_answers(split, random) for split in ("validation", "test")))


def _answers(split: str, random: np.random.Generator) -> Evaluation:
    positions = prepared().positions(split)
    odds = random.normal(0, 4, len(positions))
    truth = prepared().labels[positions]
    return Evaluation(split, tuple(positions.tolist()), tuple(truth.tolist()), tuple(odds.tolist()))


def chosen(page: AppTest) -> list[str]:
    assert page.query_params["results.runs"] == ",".join(page.session_state["results.runs"])
    return page.session_state["results.runs"]


def mark(page: AppTest, *rows: int) -> AppTest:
    """What a visitor does at the left of the table."""
    states = page._tree.get_widget_states()
    marked = json.dumps({"selection": {"rows": rows, "columns": [], "cells": []}})
    states.widgets.append(WidgetState(id=page.dataframe[0].proto.id, string_value=marked))
    page._run(states)
    assert not page.exception
    return page


def tick(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Let each part of the page look once more, the innermost first, until one has the whole page drawn anew."""
    for part in reversed(list(page._fragment_storage._fragments)):
        with monkeypatch.context() as patch:
            name = "streamlit.testing.v1.local_script_runner.RerunData"
            patch.setattr(name, partial(RerunData, fragment_id_queue=[part]))
            again(page)
        if page.title:
            break
    return page


def rows(page: AppTest) -> list[dict[str, object]]:
    return page.dataframe[0].value.to_dict("records")


def column(page: AppTest, name: str) -> list[object]:
    return page.dataframe[0].value[name].tolist()


def raw(page: AppTest) -> str:
    """Everything that the browser reads as Markdown, as it is sent."""
    kinds = (page.markdown, page.caption, page.header, page.info, page.success, page.warning, page.error)
    tables = [str(table.value.to_dict()) for table in page.table]
    return "\n".join([*(element.value for kind in kinds for element in kind), *tables])


# The table


def test_before_the_first_run_it_says_how_to_get_one_and_shows_what_the_posts_claim():
    page = visit()
    assert page.title[0].value == "Which one learned, and which one memorised?"
    assert "No run yet." in page.info[0].value
    assert "Train the first one" in [link.proto.label for link in page.get("page_link")]
    assert not page.dataframe
    assert charts(page) == [NONE_TRAINED]
    assert not page.selectbox


def test_every_run_is_a_row_with_its_figures(home):
    first, second = trained(home), trained(home, "post1-model2", [(0.9, 0.5)], "stopped")
    page = visit()
    newer, older = rows(page)
    assert (older["recipe"], older["network"], older["epochs"], older["phase"]) == (
        "post4-model1",
        "1 Plain",
        "2 of 2",
        "finished",
    )
    assert older["validation"] == pytest.approx(60)
    assert older["test"] == pytest.approx(100 * scores().test.accuracy)
    assert older["gap"] == pytest.approx(10)
    assert (older["pace"], older["device"], older["did"], older["photos"]) == (
        3,
        "2 CPU cores",
        "learning",
        "the folder own",
    )
    assert older["precision"] == "float32"
    assert older["when"].startswith(f"{first.id[:4]}-{first.id[4:6]}-{first.id[6:8]} ")
    assert (newer["recipe"], newer["phase"], newer["did"]) == ("post1-model2", "stopped", "not finished")
    assert np.isnan(newer["test"])
    assert set(chosen(page)) == {first.id, second.id}


def test_each_run_has_a_word_for_what_it_did(home):
    even = {"val_loss": log(2), "loss": log(2)}
    told = {
        "learning": [(0.75, 0.74, {})],
        "memorising": [(0.95, 0.7, {})],
        "guessing": [(0.52, 0.51, {})],
        "collapsed": [(0.5, 0.5, even)] * 2,
        "ran away": [(0.5, 0.5, {"loss": None})],
    }
    for epochs in told.values():
        _with_losses(home, epochs)
    trained(home, phase="stopped")
    trained(home, phase="running")
    assert column(visit(), "did") == ["training", "not finished", *reversed(told)]


def _with_losses(home: Path, epochs: Sequence[tuple[float, float, dict]], request: dict | None = None) -> RunFolder:
    run = RunFolder.open(home / "runs", submitted(home, epochs=len(epochs)))
    for number, (accuracy, val_accuracy, losses) in enumerate(epochs, 1):
        values = {"loss": 0.6, "val_loss": 0.65} | losses
        EventLog(run.events).epoch(epoch=number, accuracy=accuracy, val_accuracy=val_accuracy, **values)
    run.write_state(State("finished"))
    return run


def test_filters_leave_out_rows_and_nothing_that_is_chosen(home):
    plain, augmented = trained(home), trained(home, "post4-model2", [(0.95, 0.6)])
    page = visit()
    page.pills(key="results.network").set_value(["cnn"]).run()
    assert column(page, "recipe") == ["post4-model1"]
    assert chosen(page) == [augmented.id, plain.id]
    mark(page)
    assert chosen(page) == [augmented.id]
    page.pills(key="results.network").set_value([]).run()
    page.pills(key="results.did").set_value(["memorising"]).run()
    assert column(page, "recipe") == ["post4-model2"]
    page.pills(key="results.network").set_value(["cnn"]).run()
    assert not page.exception
    assert not len(page.dataframe[0].value)
    assert chosen(page) == [augmented.id]


def test_what_is_marked_in_the_table_is_chosen_and_stands_in_the_address(home, figures):
    older, newer = trained(home), trained(home, "post4-model2")
    page = visit()
    mark(page, 1)
    assert chosen(page) == [older.id]
    assert {trace.legendgroup for trace in figures[-1].data if trace.legendgroup != "the posts"} - {None} == {
        "post4-model1"
    }
    mark(page, 0, 1)
    assert chosen(page) == [newer.id, older.id]
    mark(page)
    assert chosen(page) == []
    assert "Choose runs in the table" in texts(page)


def test_the_address_chooses_runs_for_everyone_who_opens_it(home):
    first, _, third = (trained(home) for _ in range(3))
    page = visit(runs=f"{first.id},gone,{third.id},{first.id}", run=first.id)
    assert chosen(page) == [third.id, first.id]
    assert page.selectbox(key="results.run").value == first.id
    assert page.query_params["results.run"] == first.id


def test_at_most_eight_are_chosen_the_newest(home, figures):
    ids = [trained(home).id for _ in range(9)]
    page = visit(runs=",".join(ids))
    assert chosen(page) == ids[:0:-1]
    assert "8 runs chosen, of more than 8 the newest." in texts(page)
    mark(page, *range(9))
    assert len(chosen(page)) == 8
    bold = [trace for trace in figures[-1].data if trace.line.width == 4]
    assert len({trace.name for trace in bold}) == len({(trace.line.color, trace.marker.symbol) for trace in bold}) == 8


def test_with_nothing_chosen_another_run_can_still_be_looked_at_closely(home):
    older, _ = trained(home), trained(home)
    page = mark(visit())
    page.selectbox(key="results.run").set_value(older.id).run()
    assert page.selectbox(key="results.run").value == older.id == page.query_params["results.run"]


def test_to_a_run_without_curves_another_one_can_be_added(home):
    good, failed = trained(home), trained(home, epochs=(), phase="failed")
    page = visit(runs=failed.id)
    mark(page, 0, 1)
    assert chosen(page) == [failed.id, good.id]


def test_a_link_from_another_page_is_followed_and_the_choice_of_before_kept(home):
    older, newer = trained(home), trained(home)
    page = visit(runs=newer.id, run=newer.id, tab="Mistakes")
    page.switch_page("pages/3_Training.py").run()
    page.query_params.clear()
    page.query_params["results.run"] = older.id
    page.switch_page(RESULTS)
    again(page)
    assert page.selectbox(key="results.run").value == older.id
    assert chosen(page) == [newer.id]
    page.selectbox(key="results.run").set_value(newer.id).run()
    assert page.selectbox(key="results.run").value == newer.id


@pytest.mark.parametrize("run_id", ["../../etc/passwd", "20260101-000000000-post1-model1", "x\n===\n# y", HOSTILE])
def test_an_unknown_run_in_the_address_is_a_sentence_and_another_one_is_shown(home, run_id):
    known = trained(home)
    page = visit(run=run_id, runs=run_id)
    (warning,) = page.warning
    assert warning.value.startswith("There is no run '")
    assert "\n" not in warning.value
    assert "](" not in warning.value
    assert page.selectbox(key="results.run").value == known.id
    assert chosen(page)
    assert not again(page).warning


# Names


def test_a_name_is_shown_wherever_the_run_is(home, figures, offered):
    run = trained(home)
    page = visit(tab="Take away")
    page.text_input(key=f"results.name.{run.id}").set_value("  Anna's\tbest \n one ").run()
    assert not page.exception
    assert run.name == "Anna's best one"
    assert rows(page)[0]["name"] == "Anna's best one"
    assert page.selectbox(key="results.run").options == ["Anna's best one"]
    assert "Anna's best one" in [trace.name for trace in figures[-1].data]
    assert "**Delete 1 run?** Curves, weights and answers are gone for good: Anna's best one." in texts(page)
    assert "**Anna's best one**: **learning**." in texts(page)
    page.button(key="results.report").click().run()
    assert "<title>Anna&#x27;s best one</title>" in offered["Report (HTML)"][0]
    page.text_input(key=f"results.name.{run.id}").set_value("").run()
    assert page.selectbox(key="results.run").options == ["post4-model1"]
    assert "name" not in page.dataframe[0].proto.column_order


@pytest.mark.parametrize("name", [HOSTILE, "\x1b[31m\u2028\u202e\x00a", "# a\n- b", "=1+1", "é" * 500, "---", "a" * 60])
def test_a_name_never_becomes_markdown_or_html(home, figures, name):
    run = trained(home)
    run.rename(name)
    page = visit()
    called = run.name
    assert len(called) <= NAME_LENGTH
    assert called.isprintable()
    assert spoken(raw(page)).count(called) >= 2
    assert "](" not in raw(page)
    assert not re.search(r"(?<!\\)<b", raw(page))
    assert not [trace.name for trace in figures[-1].data if re.search("<[a-z]", trace.name or "")]


def test_no_two_runs_are_called_alike(home):
    runs = [trained(home) for _ in range(3)]
    runs[0].rename("Anna")
    runs[1].rename("post4-model1")
    page = visit()
    box = page.selectbox(key="results.run")
    assert len(set(box.options)) == 3
    for run in runs:
        box.set_value(run.id).run()
        assert page.selectbox(key="results.run").value == run.id


def test_renaming_a_run_that_someone_else_has_deleted_is_a_sentence(home):
    run = trained(home)
    other = trained(home)
    page = visit(runs=run.id)
    run.delete()
    page.text_input(key=f"results.name.{run.id}").set_value("too late").run()
    assert not page.exception
    assert "There is no run" in page.error[0].value
    assert [row["recipe"] for row in rows(page)] == ["post4-model1"]
    assert page.selectbox(key="results.run").value == other.id
    assert not again(page).error


# Deleting


def test_a_run_is_deleted_after_a_question_and_nothing_else_is_touched(home):
    kept, gone = trained(home), trained(home)
    page = visit(runs=gone.id)
    before = files_below(home)
    assert "**Delete 1 run?**" in texts(page)
    assert files_below(home) == before
    page.button(key="results.delete").click().run()
    assert not page.exception
    assert before - files_below(home) == {path for path in before if f"/{gone.id}/" in path}
    assert [run.id for run in Board(home / "runs").newest(9)[0]] == [kept.id]
    assert chosen(page) == []
    assert page.selectbox(key="results.run").value == kept.id


def test_a_run_that_trains_or_waits_is_not_deleted_and_says_so(home):
    over, running, waiting = trained(home), trained(home, phase="running"), submitted(home)
    page = visit(runs=f"{over.id},{running.id},{waiting}")
    assert "A run that trains or waits must be stopped first." in texts(page)
    assert "**Delete 1 run?**" in texts(page)
    page.button(key="results.delete").click().run()
    assert {run.id for run in Board(home / "runs").newest(9)[0]} == {running.id, waiting}
    assert not [button for button in page.button if button.key == "results.delete"]


def test_deleting_what_is_already_gone_is_a_sentence_and_the_others_are_deleted(home):
    first, second = trained(home), trained(home)
    page = visit(runs=f"{first.id},{second.id}")
    second.delete()
    page.button(key="results.delete").click().run()
    assert not page.exception
    assert "There is no run" in page.error[0].value
    assert not Board(home / "runs").newest(9)[0]
    assert "No run yet." in page.info[0].value
    trained(home)
    assert not again(page).error


def test_a_run_that_begins_to_train_again_behind_the_question_is_left_alone(home):
    run = trained(home)
    page = visit()
    run.write_state(State("running"))
    page.button(key="results.delete").click().run()
    assert run.path.is_dir()
    assert "Stop it first" in page.error[0].value


# Runs that change or vanish, and damaged folders


def test_a_chosen_run_that_someone_else_deletes_leaves_the_others_on_the_page(home, figures, monkeypatch):
    over, running = trained(home), trained(home, "post4-model2", phase="running")
    page = visit(runs=f"{over.id},{running.id}")
    over.delete()
    tick(page, monkeypatch)
    assert "post4-model1" not in str([trace.name for trace in figures[-1].data])
    assert column(again(page), "recipe") == ["post4-model2"]
    running.delete()
    tick(page, monkeypatch)
    again(page)
    assert "No run yet." in page.info[0].value


def test_every_tab_survives_that_its_run_is_deleted(home):
    run, other = trained(home), trained(home)
    for tab in ("Right and wrong", "Mistakes", "Settings", "Take away"):
        page = visit(run=run.id, tab=tab)
        moved = run.path.rename(run.path.with_name(".elsewhere"))
        assert again(page).selectbox(key="results.run").value == other.id
        moved.rename(run.path)


def test_a_torn_run_is_named_and_the_others_are_listed(home):
    good, torn, half = trained(home), trained(home, "post4-model2"), trained(home, "post4-model3")
    (torn.path / "run.json").write_text("{")
    (half.path / "run.json").write_text(json.dumps({"format": 1, "photos": {}, "request": {"recipe": "<b>"}}))
    for run in (torn, half):
        run.rename("changed, so that it is read anew")
    page = visit(runs=f"{torn.id},{good.id}", run=torn.id)
    assert column(page, "recipe") == ["post4-model1"]
    assert f"run.json of run {torn.id} cannot be read" in texts(page)
    assert f"run.json of run {half.id} was changed" in texts(page)
    assert chosen(page) == [good.id]
    assert not re.search(r"(?<!\\)<b", raw(page))


def test_a_run_that_is_torn_while_the_page_is_open_shows_no_traceback(home, monkeypatch):
    run = trained(home)
    page = visit()
    (run.path / "run.json").write_text("{")
    (run.path / "state.json").write_text("{")
    again(page)
    tick(page, monkeypatch)


def test_curves_edited_by_hand_do_not_break_the_page(home):
    finished, running = trained(home, epochs=()), trained(home, epochs=(), phase="running")
    finished.events.write_text('{"kind": "epoch", "epoch": 1}\n{"kind": "epoch", "epoch": 2, "val_accuracy": 0.5}\n[')
    running.events.write_text('{"kind": "step", "epoch": 1, "step": 3, "steps": 4}\n{"kind": "step", "epoch": 1}\n')
    for by in ("epoch", "time"):
        page = visit(by=by)
        page.segmented_control(key="results.what").set_value("loss").run()
        assert not page.exception
    assert column(page, "did") == ["training", "ran away"]


def without_odds() -> dict:
    """As evaluation.json was written before: probabilities in the place of odds."""
    old = scores().as_json()
    for split in ("validation", "test"):
        old[split]["dog"] = [1 / (1 + exp(-odds)) for odds in old[split].pop("odds")]
    return old


def changed(split: str, **values: object) -> dict:
    return (whole := scores().as_json()) | {split: whole[split] | values}


@pytest.mark.parametrize(
    "make",
    [
        dict,
        without_odds,
        lambda: changed("test", truth=[2, 2, 2, 2]),
        lambda: changed("test", odds=["a"] * 4),
        lambda: changed("test", odds=[]),
        lambda: changed("validation", positions=[-1] * 20),
        lambda: scores().as_json() | {"calibration": {"temperature": 0}},
        lambda: scores().as_json() | {"test": 7},
    ],
)
def test_answers_that_were_edited_or_are_of_an_older_version_are_asked_for_again(home, monkeypatch, make):
    run = trained(home)
    run.write_evaluation(make())

    def load(name):  # as the real one does
        run.write_evaluation(scores().as_json())
        return StandIn()

    monkeypatch.setattr(shared, "_load_classifier", load)
    page = visit()
    assert f"**Test: {scores().test.accuracy:.1%} of 4 right.**" in texts(page)


@pytest.mark.parametrize("position", [24 + 24, 10**30])
def test_answers_that_name_photos_which_are_not_there_are_a_sentence(home, position):
    run = trained(home)
    run.write_evaluation(changed("test", positions=[position] * 4))
    for tab in ("Mistakes", "A test batch"):
        page = visit(tab=tab)
        assert "evaluation.json was changed" in texts(page)
        assert not page.image


def test_photos_that_are_no_longer_prepared_are_a_sentence_and_the_figures_stay(home):
    run = trained(home)
    about = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(about | {"photos": PHOTOS}))
    page = visit(tab="Mistakes")
    assert "prepare" in page.info[-1].value.lower()
    assert not page.image
    assert charts(visit(tab="How sure"))[-1].startswith("What it claims is off from how often it is right by ")
    (run.path / "run.json").write_text(json.dumps(about | {"photos": {"fingerprint": "../" * 9, "name": [1]}}))
    run.rename("read anew")
    assert "is no fingerprint" in texts(visit(tab="A test batch"))


def test_a_run_whose_weights_are_gone_says_so_with_a_way_to_try_again(home, monkeypatch):
    run = trained(home, phase="stopped")

    def load(name):
        raise RunError(f"The weights of run {name} are <b>missing</b>.")

    monkeypatch.setattr(shared, "_load_classifier", load)
    for tab in ("Right and wrong", "Mistakes", "Inside"):
        page = visit(tab=tab, run=run.id)
        assert f"The weights of run {run.id} are" in page.error[0].value
        assert "<b>" not in page.error[0].value.replace("\\<", "")
        assert [button for button in page.button if button.label == "Try again"]


@pytest.mark.parametrize("tab", ["Right and wrong", "Mistakes", "How sure", "A test batch", "Inside", "Take away"])
def test_a_run_under_way_says_in_each_tab_that_it_still_trains_and_its_network_is_not_loaded(home, networks, tab):
    run = trained(home, phase="running")
    page = visit(tab=tab)
    assert "It is still training." in page.info[-1].value
    assert run.id not in networks  # what is loaded once is kept: the weights of today would still answer tomorrow


@pytest.mark.parametrize("tab", ["Right and wrong", "Mistakes", "How sure", "A test batch", "Inside", "Take away"])
def test_a_run_that_failed_before_its_first_epoch_has_nothing_to_show_and_breaks_nothing(home, networks, tab):
    run = trained(home, epochs=(), phase="failed")
    page = visit(tab=tab)
    assert run.id not in networks
    assert not page.image
    assert "finished no epoch" in texts(page) or tab == "Take away"


# Side by side


def lengths(figure: go.Figure) -> dict[str, int]:
    return {trace.name: len(trace.x) for trace in figure.data}


def test_the_figure_shows_both_splits_the_posts_and_the_baseline(home, figures):
    trained(home)
    page = visit()
    assert lengths(figures[-1]) == {
        "post4-model1, training": 2,
        "post4-model1": 2,
        "the posts": len(published("post4-model1").val_accuracy),
        "guessing, 50 %": 2,
    }
    page.toggle(key="results.posts").set_value(False).run()
    page.pills(key="results.splits").set_value(["training"]).run()
    assert list(lengths(figures[-1])) == ["post4-model1", "guessing, 50 %"]
    assert list(figures[-1].data[0].y) == [0.6, 0.7]
    page.pills(key="results.splits").set_value([]).run()
    assert list(figures[-1].data[0].y) == [0.55, 0.6]
    page.segmented_control(key="results.what").set_value("loss").run()
    assert list(figures[-1].data[0].y) == [pytest.approx(0.45), pytest.approx(0.4)]
    page.segmented_control(key="results.by").set_value("time").run()
    assert list(figures[-1].data[0].x) == [3, 6]
    page.slider(key="results.smoothing").set_value(0.9).run()
    assert 0.4 < figures[-1].data[0].y[1] < 0.45
    assert not page.exception


def test_a_running_run_grows_by_itself(home, figures, monkeypatch):
    run = trained(home, phase="running")
    page = visit()
    before = lengths(figures[-1])
    values = {"accuracy": 0.8, "val_accuracy": 0.66, "loss": 0.3, "val_loss": 0.4, "seconds": 9.0}
    EventLog(run.events).epoch(epoch=3, **values)
    tick(page, monkeypatch)
    assert lengths(figures[-1])["post4-model1"] == before["post4-model1"] + 1
    assert not page.title  # only the figure was drawn anew
    run.write_state(State("finished", device="2 CPU cores"))
    tick(page, monkeypatch)
    assert column(page, "phase") == ["finished"]


def test_the_first_of_several_to_end_is_seen_too(home, figures, monkeypatch):
    first, second = trained(home, phase="running"), trained(home, phase="running")
    page = visit(runs=f"{first.id},{second.id}")
    first.write_state(State("stopped"))
    tick(page, monkeypatch)
    assert column(page, "phase") == ["training", "stopped"]


def test_a_replay_shows_the_curves_as_they_stood_and_ends_by_itself(home, figures, clock, monkeypatch):
    trained(home, epochs=[(0.5, 0.5 + number / 1000) for number in range(200)])  # 3 s an epoch
    page = visit()
    page.button(key="results.play").click().run()
    assert lengths(figures[-1])["post4-model1"] == 1  # a point that is none: nothing has happened yet
    assert figures[-1].data[1].y == (None,)
    clock[0] += 3.2
    tick(page, monkeypatch)
    assert lengths(figures[-1])["post4-model1"] == 21
    again(page)
    assert [bar.proto.text for bar in page.progress] == ["Replay: 1 min 4 s of 10 min 0 s"]
    assert lengths(figures[-1])["post4-model1"] == 21
    page.run()
    page.selectbox(key="results.speed").set_value(1).run()
    assert [bar.proto.text for bar in page.progress] == ["Replay: 1 min 4 s of 10 min 0 s"]
    clock[0] += 3
    assert [bar.proto.text for bar in again(page).progress] == ["Replay: 1 min 7 s of 10 min 0 s"]
    clock[0] += 600
    tick(page, monkeypatch)
    again(page)
    assert not page.progress
    assert page.button(key="results.play").label == "Play"
    assert lengths(figures[-1])["post4-model1"] == 200


def test_a_replay_can_be_ended_and_survives_another_choice(home, clock):
    over, running = trained(home), trained(home, phase="running")
    page = visit(runs=over.id)
    page.button(key="results.play").click().run()
    assert page.progress
    mark(page, 0)
    assert chosen(page) == [running.id]
    mark(page, 1)
    page.button(key="results.play").click().run()
    assert not page.exception
    assert not page.progress
    page.button(key="results.play").click().run()
    over.delete()
    assert not again(page).progress


# Yours and the posts


def followed(home: Path, key: str, validation: float, name: str = DATASET_NAME, **overrides) -> Snapshot:
    """A finished run that did as its recipe's post, with this validation accuracy in each epoch."""
    recipe = RECIPES[key]
    board, request = Board(home / "runs"), RunRequest.of(recipe, **overrides)
    run_id = board.submit(request, {"fingerprint": "0" * 16, "name": name})
    tell(home, run_id, [(validation, validation)] * request.epochs, "finished")
    return board.snapshot(run_id)


def test_a_run_lies_within_above_or_below_the_posts_claim(home):
    facts = published("post4-model2")
    values = {
        "below": facts.claimed_low - NOISE - 0.01,
        "within": facts.claimed_high + NOISE - 0.005,
        "above": facts.claimed_high + NOISE + 0.01,
    }
    runs = [followed(home, "post4-model2", value) for value in values.values()]
    table = results_posts.table_rows(results_posts.comparable(runs))
    assert len(table) == len(RECIPES) + 2
    mine = [row for row in table if row["your run"]]
    assert [row["verdict"] for row in mine] == list(values)
    assert {row["recipe"] for row in mine} == {"post4-model2"}
    assert [row["your last five"] for row in mine] == [f"{100 * value:.1f} %" for value in values.values()]
    assert {row["its last five"] for row in mine} == {f"{100 * facts.last_five_mean:.1f} %"}
    assert mine[0]["the post claims"] == facts.claim_text
    assert all(row["verdict"] is None for row in table if not row["your run"])
    (drawn,) = [row for row in results_posts.post_rows(results_posts.comparable(runs)) if row.own]
    assert sorted(drawn.own.values()) == pytest.approx(sorted(values.values()))


def test_only_runs_that_did_as_the_post_did_are_compared(home):
    same, seed = followed(home, "post4-model1", 0.6), followed(home, "post4-model1", 0.6, seed=5)
    others = [
        followed(home, "post4-model1", 0.6, epochs=3),
        followed(home, "post4-model1", 0.6, limit=10),
        followed(home, "post4-model1", 0.6, name="own"),
    ]
    stopped = tell(home, submitted(home), list(LEARNED), "stopped")
    runs = [same, seed, *others, Board(home / "runs").snapshot(stopped.id)]
    own = results_posts.comparable(runs)
    assert {key: [run.id for run in runs] for key, runs in own.items()} == {"post4-model1": [same.id, seed.id]}
    assert len(names(runs)) == len(set(names(runs).values())) == len(runs)


def test_the_comparison_with_the_posts_is_a_figure_and_a_table(home):
    followed(home, "post4-model1", 0.6)
    page = visit(**{"posts.table": "true"})
    assert "1 run of yours can be compared" in texts(page)
    trained_here = "Trained here: post4-model1 60.0 %, claimed"
    assert any(one.startswith("1 recipe, ") and trained_here in one for one in charts(page))
    assert len(page.dataframe[1].value) == len(RECIPES)
    page.toggle(key="results.all").set_value(True).run()
    assert any(one.startswith("22 recipes, ") and trained_here in one for one in charts(page))
    assert panel(page, "As a table").dataframe


# One run closely


def test_the_matrices_count_every_photo_of_validation_and_test(home):
    trained(home)
    page, counts = visit(), prepared().counts()
    told = charts(page)[-2:]
    for split, words in zip(("test", "validation"), told, strict=True):
        said = re.search(r"of \d+ cats? (\d+) right and (\d+) wrong, of \d+ dogs? (\d+) right and (\d+) wrong", words)
        cats, cats_wrong, dogs, dogs_wrong = map(int, said.groups())
        assert (cats + cats_wrong, dogs + dogs_wrong) == (counts[split]["cat"], counts[split]["dog"])
        right = (cats + dogs) / sum(counts[split].values())
        assert words.startswith(f"{split.capitalize()} photos: {100 * right:.1f} % right; ")
        heading = f"**{split.capitalize()}: {right:.1%} of {sum(counts[split].values())} right.** "
        assert f"{heading}Of the cats {cats / (cats + cats_wrong):.1%}, of the dogs" in texts(page)


def test_the_worst_mistakes_are_the_true_worst_in_order_with_all_that_is_said_of_them(home, networks):
    run = trained(home)
    page = visit(tab="Mistakes", split="validation")
    answers, photos = scores().validation, prepared()
    wrong = [place for place in range(20) if (answers.odds[place] > 0) != (answers.truth[place] == 1)]
    wrong.sort(key=lambda place: -abs(answers.odds[place]))
    assert 2 < len(wrong) <= 12
    assert shown(page) == [address_of(pictures.jpeg(photos.photos[answers.positions[place]])) for place in wrong]
    for place, said in zip(wrong, captions(page), strict=True):
        truth, odds = answers.truth[place], abs(answers.odds[place])
        sure = 100 / (1 + exp(-odds))
        words = "over 99.9 %" if sure > 99.9 else f"{sure:.1f} %"
        loss = f"{log(1 + exp(odds)):.2f}"
        assert said == f"✗ is a {CLASSES[truth]}, says {CLASSES[1 - truth]}, {words} · loss {loss}"
    assert f"{len(wrong)} mistakes in 20 photos" in texts(page)
    assert run.id not in networks
    assert alts(page)[0].startswith(
        f"A {CLASSES[answers.truth[wrong[0]]]}. The network says {CLASSES[1 - answers.truth[wrong[0]]]}, "
    )


def test_the_surest_right_answers_are_right_and_the_surest_first(home):
    trained(home)
    page = visit(tab="Mistakes", split="validation", gallery="surest right answers")
    assert all(said.startswith("✓ is a ") for said in captions(page))
    losses = [float(said.rpartition(" ")[2]) for said in captions(page)]
    assert losses == sorted(losses)
    assert len(losses) == min(12, round(20 * scores().validation.accuracy))


def test_what_it_looked_at_is_drawn_only_when_asked_for(home, networks):
    run = trained(home)
    page = visit(tab="Mistakes", split="validation")
    before = shown(page)
    assert networks[run.id].explained == 0
    page.toggle(key="results.why").set_value(True).run()
    assert not page.exception
    assert networks[run.id].explained == len(before)
    assert not set(shown(page)) & set(before)


def test_a_network_without_a_mistake_is_told_so(home):
    run = trained(home)
    perfect = [
        Evaluation(one.split, one.positions, one.truth, tuple(9.0 if label else -9.0 for label in one.truth))
        for one in (scores().validation, scores().test)
    ]
    run.write_evaluation(Scores.of(*perfect).as_json())
    page = visit(tab="Mistakes")
    assert "Not one mistake in 4 photos." in texts(page)
    assert not page.image


def test_how_sure_it_was_is_shown_before_and_after_calibration(home):
    trained(home)
    page, found = visit(tab="How sure"), scores().calibration
    assert f"a temperature of **{found.temperature:.2f}**" in texts(page)
    before, after = (f"by {100 * one.error:.1f} %" for one in (found.before, found.after))
    assert f"{before} on average before calibration, and {after} after it." in charts(page)[-1]


def test_a_test_batch_is_printed_as_in_the_post_with_the_share_that_agrees(home):
    trained(home)
    page, answers = visit(tab="A test batch"), scores().test
    labels, says = (
        list(map(int, re.findall(r"\d", line.partition("[")[2]))) for line in page.code[-1].value.splitlines()
    )
    assert sorted(zip(labels, says, strict=True)) == sorted(
        zip(answers.truth, (int(odds > 0) for odds in answers.odds), strict=True)
    )
    right = sum(label == said for label, said in zip(labels, says, strict=True))
    assert f"**Labels and answers agree for {right} of 4 photos: {25 * right} %.**" in texts(page)
    marks = [said.replace("\N{NO-BREAK SPACE}", " ")[0] for said in captions(page)]
    assert marks == ["✓" if label == said else "✗" for label, said in zip(labels, says, strict=True)]
    assert visit(tab="A test batch", batch="99").number_input(key="results.batch").value == 1


def test_a_batch_or_photo_of_a_larger_set_is_no_trouble_for_a_smaller_one(home):
    trained(home)
    for tab, key in (("A test batch", "results.batch"), ("Inside", "results.photo")):
        page = visit(tab=tab)
        page.session_state[key] = 6000
        assert again(page).number_input(key=key).value == 1


def test_inside_are_the_first_filters_and_what_each_layer_makes_of_a_photo(home, networks):
    run = trained(home)
    page = visit(tab="Inside")
    assert "Its 16 filters are patterns of 3 × 3 pixels" in texts(page)
    assert [alt for alt in alts(page) if alt.startswith("The pattern")][-1] == "The pattern of filter 16"
    assert "40 maps of 20 × 20 places; the 32 that answer most:" in texts(page)
    maps = [alt for alt in alts(page) if alt.startswith("Where map")]
    assert maps == [f"Where map {number} of conv2d answers" for number in range(40, 8, -1)]
    key = "results.layer.conv2d.max_pooling2d"
    page.segmented_control(key=key).set_value("max_pooling2d").run()
    assert not page.exception
    assert "3 maps of 10 × 10 places, the strongest first:" in texts(page)
    before = page.number_input(key="results.photo").value
    next(button for button in page.button if button.label == "Another photo").click().run()
    assert not page.exception
    assert before == 1
    assert 2 <= page.number_input(key="results.photo").value <= 24
    assert networks[run.id].opened == 3


def test_settings_layers_and_log_are_shown_letter_by_letter(home):
    run = trained(home)
    about = json.loads((run.path / "run.json").read_text())
    about["photos"]["name"] = HOSTILE
    about["versions"] = {"keras": HOSTILE}
    (run.path / "run.json").write_text(json.dumps(about))
    run.write_state(State("finished", device=HOSTILE, precision=HOSTILE))
    run.log.write_text(f"Epoch 1\n{HOSTILE}\n")
    page = visit(tab="Settings")
    assert any(HOSTILE in spoken(value) for value in page.table[0].value["value"])
    assert "](" not in raw(page)
    assert not re.search(r"(?<!\\)<b", raw(page))
    assert HOSTILE in page.code[-1].value
    assert "epochs 2 instead of 20" in texts(page)
    assert len(page.table) == 2
    assert blocks_in_words(RECIPES["post4-model1"]) in [chart["alt"] for chart in drawn(page)]


def settings_shown(page: AppTest) -> dict[str, str]:
    table = page.table[0].value
    return {name: spoken(value) for name, value in zip(table["setting"], table["value"], strict=True)}


@pytest.mark.parametrize(
    ("key", "asked", "base", "precision"),
    [
        ("post4-model1", {}, None, "float32 (automatic)"),
        ("post4-model1", {"precision": "float32"}, None, "float32 (as asked for)"),
        ("post4-model4", {}, "MobileNetV2, exact", "float32 (automatic)"),
        ("post4-model4", {"copies": 1}, "MobileNetV2, features, 1 copy", "float32 (automatic)"),
        (
            "post4-model4",
            {"copies": 0, "precision": "float32"},
            "MobileNetV2, features, 0 copies",
            "float32 (as asked for)",
        ),
        (
            "post4-model4",
            {"base": "embedded"},
            "embedded base, not the post's, exact",
            "float32 (automatic)",
        ),
    ],
)
def test_the_settings_tell_the_precision_and_how_a_frozen_base_was_used(home, key, asked, base, precision):
    tell(home, submitted(home, key, epochs=2, **asked), list(LEARNED), "finished")
    page = visit(tab="Settings")
    shown = settings_shown(page)
    assert (shown.get("frozen base"), shown["precision"], shown["device"]) == (base, precision, "2 CPU cores")
    assert ("use of the base “features" in texts(page)) == ("copies" in asked)
    assert ("frozen base “embedded base, not the post's” instead of “MobileNetV2”" in texts(page)) == ("base" in asked)


def test_before_a_run_begins_its_precision_is_not_known(home):
    submitted(home)
    page = visit(tab="Settings")
    assert settings_shown(page)["precision"] == "– (automatic)"
    assert column(page, "precision") == [None]


def test_versions_that_are_no_table_do_not_break_the_settings(home):
    run = trained(home)
    about = json.loads((run.path / "run.json").read_text())
    (run.path / "run.json").write_text(json.dumps(about | {"versions": [1]}))
    assert visit(tab="Settings").table


# Take away


def test_the_curves_the_script_and_the_notebook_can_be_taken_away(home, offered):
    run = trained(home)
    run.rename("../../a b/<c>")
    visit(tab="Take away")
    table, file = offered["History (CSV)"]
    history = Board(home / "runs").snapshot(run.id).history
    read = list(csv.DictReader(io.StringIO(table)))
    assert [row["epoch"] for row in read] == ["1", "2"]
    for name, values in history.items():
        assert [float(row[name]) for row in read] == values
    compile(offered["Python script"][0], "script", "exec")
    assert json.loads(offered["Notebook"][0])["nbformat"] == 4
    files = [file for _, file in offered.values()]
    assert files == [f"catdog-{run.id}{ending}" for ending in (".csv", ".py", ".ipynb")]
    assert all(re.fullmatch(r"[\w.-]+", file) for file in files)


@pytest.mark.parametrize(
    ("precision", "mixed"), [("mixed_bfloat16", True), ("float32", False), ("", False), (HOSTILE, False)]
)
def test_script_and_notebook_compute_with_what_the_run_computed_with(home, offered, precision, mixed):
    run = trained(home)
    run.write_state(State("finished", precision=precision))
    visit(tab="Take away")
    assert ('mixed = "mixed_bfloat16"' in offered["Python script"][0]) == mixed
    assert ("mixed_bfloat16" in offered["Notebook"][0]) == mixed
    assert HOSTILE not in offered["Python script"][0]


def test_a_network_is_made_into_a_file_when_someone_asks_for_it(home, offered, monkeypatch, networks):
    run, made = trained(home), []

    def exported(model: object, key: str) -> bytes:
        made.append((model, key))
        return key.encode()

    monkeypatch.setattr(results_takeaway, "exported", exported)
    monkeypatch.setattr(results_takeaway, "missing_package", lambda key: None)
    page = visit(tab="Take away")
    assert not made
    for key in ("keras", "litert", "onnx"):
        page.button(key=f"results.make.{key}").click().run()
        assert not page.exception
    assert made == [(StandIn.model, "keras"), (StandIn.model, "litert"), (StandIn.model, "onnx")]
    assert offered["Keras (.keras)"] == (b"keras", f"catdog-{run.id}.keras")
    assert offered["LiteRT (.tflite)"] == (b"litert", f"catdog-{run.id}.tflite")
    assert offered["ONNX (.onnx)"] == (b"onnx", f"catdog-{run.id}.onnx")
    visit(tab="Take away")
    assert len(made) == 3


def test_a_file_that_cannot_be_made_is_a_sentence_and_can_be_tried_again(home, offered, monkeypatch):
    trained(home)
    troubles: list[Exception] = [ExportError("It could not be made into *LiteRT* (<b>)."), ExportError("Again.")]

    def exported(model: object, key: str) -> bytes:
        if troubles:
            raise troubles.pop(0)
        return b"at last"

    monkeypatch.setattr(results_takeaway, "exported", exported)
    page = visit(tab="Take away")
    page.button(key="results.make.litert").click().run()
    assert not page.exception
    assert spoken(page.error[0].value) == "It could not be made into *LiteRT* (<b>)."
    assert "<b>" not in page.error[0].value.replace("\\<", "")
    page.button(key="results.make.litert").click().run()
    assert page.error[0].value == "Again."
    page.button(key="results.make.litert").click().run()
    assert not page.error
    assert offered["LiteRT (.tflite)"][0] == b"at last"


def test_a_network_that_cannot_be_loaded_is_named_where_a_file_was_wanted(home, monkeypatch):
    trained(home)

    def load(name):
        raise RunError("The weights are gone.")

    monkeypatch.setattr(shared, "_load_classifier", load)
    page = visit(tab="Take away")
    page.button(key="results.make.keras").click().run()
    assert not page.exception
    assert page.error[0].value == "The weights are gone."


def test_a_package_that_is_missing_is_named_and_its_button_cannot_be_pressed(home, monkeypatch):
    trained(home)
    sentence = "ONNX needs the package tf2onnx."
    monkeypatch.setattr(results_takeaway, "missing_package", lambda key: sentence if key == "onnx" else None)
    page = visit(tab="Take away")
    assert page.button(key="results.make.onnx").disabled
    assert not page.button(key="results.make.keras").disabled
    assert sentence in texts(page)


def test_the_report_is_written_once_and_again_for_another_name(home, networks, offered):
    run = trained(home)
    page = visit(tab="Take away")
    assert "Report (HTML)" not in offered
    page.button(key="results.report").click().run()
    assert not page.exception
    text, file = offered["Report (HTML)"]
    assert file == f"catdog-{run.id}.html"
    asked = networks[run.id].explained
    assert asked == 4  # pictures of the test photos, one map each
    again(page)
    assert networks[run.id].explained == asked
    page.text_input(key=f"results.name.{run.id}").set_value("Anna").run()
    assert "<h1>Anna</h1>" in offered["Report (HTML)"][0]
    assert "<h1>Anna</h1>" not in text


class Tags(HTMLParser):
    """Every tag of a page with its attributes, and the text outside of scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words, self.quiet = "", False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.quiet = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self.quiet = False

    def handle_data(self, data: str) -> None:
        self.words += "" if self.quiet else data


@pytest.fixture
def written(home) -> Callable[..., tuple[str, Tags]]:
    run = Board(home / "runs").snapshot(trained(home).id)

    def write(name: str = "Anna", given: Scores | None = None, classifier: StandIn | None = None) -> tuple[str, Tags]:
        text = report(run, name, given, prepared() if given else None, classifier)
        return text, Tags(text)

    return write


def test_the_report_fetches_nothing_and_holds_plotly_and_all_pictures(written):
    text, page = written("Anna", scores(), StandIn())
    addresses = [value for _, given in page.tags for name, value in given.items() if name in ("src", "href", "srcset")]
    assert len(addresses) == 8  # four pictures and their maps
    assert all(address.startswith("data:image/jpeg;base64,") for address in addresses)
    assert not [tag for tag, _ in page.tags if tag in ("link", "iframe", "object", "embed", "base", "form")]
    assert not re.search(r"url\(|@import", text.partition("<style>")[2].partition("</style>")[0])
    assert "plotly.js v" in text
    assert text.count("Plotly.newPlot(") == 5
    assert all(given.get("alt") for tag, given in page.tags if tag == "img")


def test_the_report_tells_what_the_page_tells(written):
    _, page = written("Anna", scores(), StandIn())
    words = page.words
    assert f"Test: {scores().test.accuracy:.1%} of 4 right" in words
    assert f"Validation: {scores().validation.accuracy:.1%} of 20 right" in words
    assert f"temperature of {scores().calibration.temperature:.2f}" in words
    assert "What it did: learning." in words
    assert "Best epoch: 2, with 60.0 % on validation." in words
    assert "Its worst mistakes on the test photos" in words
    assert "742,194" not in words  # one cell a layer, no sum
    for setting in ("post4-model1", "2 of 2", "0.001 (Adam)", "2 CPU cores"):
        assert setting in words


@pytest.mark.parametrize("name", [HOSTILE, "</title><script>alert(1)</script>", '" onload="x', "$body $plotly ${x} $"])
def test_a_name_in_the_report_is_only_text(written, name):
    text, page = written(name)
    assert name in page.words
    assert [tag for tag, _ in page.tags].count("script") == written("Anna")[0].count("<script")
    assert "alert(1)</script>" not in text
    assert not [given for _, given in page.tags if "onload" in given]


def test_a_report_without_answers_has_its_curves_and_settings(written):
    text, page = written()
    assert text.count("Plotly.newPlot(") == 2
    assert "Settings" in page.words
    assert "worst mistakes" not in page.words


# From other pages


def test_a_finished_run_on_the_training_page_leads_to_its_mistakes(home):
    run = trained(home)
    page = test_dataset_page.visit({"run": run.id}, "pages/3_Training.py")
    link = next(one.proto for one in page.get("page_link") if one.proto.label == "See its mistakes")
    assert link.page == "Results"
    assert dict(parse_qsl(link.query_string)) == {"results.run": run.id}
    page.query_params.clear()
    page.query_params["results.run"] = run.id
    page.switch_page(RESULTS)
    assert again(page).selectbox(key="results.run").value == run.id


def test_the_page_is_there_before_keras_is():
    look = "import sys, catdog.ui.results_run; print('keras' in sys.modules or 'tensorflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"

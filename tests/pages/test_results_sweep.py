"""The section about sweeps on the Results page, through AppTest: when it is there, what it says, what addresses do."""

import json
import re
from collections.abc import Sequence
from functools import partial
from math import log
from pathlib import Path

import pytest
from streamlit.runtime.scriptrunner import RerunData
from streamlit.testing.v1 import AppTest

from catdog.training.folder import RunFolder
from catdog.training.state import State
from catdog.training.sweep import Sweep, begin, requests, with_run
from catdog.ui import results_sweep
from tests.pages import test_dataset_page, test_results_page
from tests.pages.conftest import drawn, tell
from tests.pages.test_results_page import RESULTS, Board, prepared, trained
from tests.pages.test_training_page import texts

fresh_server = test_dataset_page.fresh_server  # nothing of another test is kept
networks = test_results_page.networks  # no real one is loaded

PLAIN, SCALED = "post3-model1", "post3-model3"
ASKED = Sweep("", (PLAIN, SCALED), (0, 1), (None,), epochs=2, limit=20)
LOW, HIGH = [(0.6, 0.55), (0.7, 0.6)], [(0.7, 0.7), (0.8, 0.8)]


def visit(**address: str) -> AppTest:
    page = test_dataset_page.visit(address, RESULTS)
    assert not page.exception
    return page


def swept(home: Path, asked: Sweep = ASKED, curves: Sequence[list] = (LOW, HIGH, LOW, HIGH), phase="finished") -> Sweep:
    """A sweep whose first runs went so; the others wait."""
    sweep, board = begin(home, asked), Board(home / "runs")
    for request in requests(asked):
        sweep = with_run(home, sweep, board.submit(request, prepared().reference, limited=False))
    for run_id, curve in zip(sweep.runs, curves, strict=False):
        tell(home, run_id, curve, phase)
    return sweep


def headers(page: AppTest) -> list[str]:
    return [one.value for one in page.header]


def table(page: AppTest) -> dict[str, dict[str, object]]:
    """The rows of the settings, by their names."""
    (found,) = (one.value for one in page.dataframe if "setting" in one.value)
    return {row.pop("setting"): row for row in found.to_dict("records")}


def figure(page: AppTest) -> dict:
    (one,) = (one for one in drawn(page) if one["alt"].startswith("Validation "))
    return one


def ticked(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let each part of the page look once more, until one has the whole page drawn anew; returns what all say."""
    said = []
    for part in reversed(list(page._fragment_storage._fragments)):
        with monkeypatch.context() as patch:
            name = "streamlit.testing.v1.local_script_runner.RerunData"
            patch.setattr(name, partial(RerunData, fragment_id_queue=[part]))
            page.run()
        assert not page.exception
        said.append(texts(page))
        if page.title:
            break
    return "\n".join(said)


def test_without_a_sweep_there_is_no_such_section(home):
    trained(home)
    assert "Sweeps" not in headers(visit())
    assert "sweep" not in visit().query_params


def test_a_finished_sweep_is_a_figure_a_sentence_and_a_table(home):
    sweep = swept(home)
    page = visit()
    assert "Sweeps" in headers(page)
    assert page.query_params["sweep"] == sweep.id
    names = [trace.get("name") for trace in figure(page)["traces"]]
    assert names == [PLAIN, SCALED, PLAIN, SCALED, "guessing, 50 %"]  # two bands, two curves
    assert "At the end post3-model3 is highest on average, 80.0 %." in figure(page)["alt"]
    said = texts(page)
    assert "post3-model3 is best on average: 75.0\N{NO-BREAK SPACE}% (75.0\N{NO-BREAK SPACE}% to" in said
    assert "No seed of post3-model1 comes up to the lowest of post3-model3" in said
    assert "with 2 seeds that is a sign and no proof." in said
    assert "4 of 4 runs finished. Up to 2 epochs each, from the folder own, at most 20 training photos." in said
    row = table(page)[SCALED]
    assert (row["mean"], row["lowest"], row["highest"]) == pytest.approx((75, 75, 75))
    assert (row["seeds"], row["collapsed"], row["did"]) == ("2 of 2", 0, "2 learning")


def test_a_visit_changes_nothing(home):
    swept(home)
    before = test_results_page.files_below(home)
    visit()
    assert {path for path in test_results_page.files_below(home) - before if "sweeps" in str(path)} == set()


def test_the_loss_can_be_drawn_in_its_place(home):
    swept(home)
    page = visit()
    page.segmented_control(key="results.sweep.what").set_value("loss").run()
    assert not page.exception
    assert figure(page)["alt"].startswith("Validation loss of 2 settings")


def test_ranges_that_overlap_are_said_to_prove_nothing(home):
    swept(home, curves=([(0.6, 0.6)] * 2, [(0.6, 0.61)] * 2, [(0.6, 0.66)] * 2, [(0.6, 0.67)] * 2))
    said = texts(visit()).replace("\N{NO-BREAK SPACE}", " ")
    assert "the ranges overlap, and the difference between the two, 1.0 points, is smaller than that between" in said


def test_collapsed_runs_are_named_and_counted(home):
    sweep = swept(home)
    events = RunFolder.open(home / "runs", sweep.runs[2]).events
    lines = [json.loads(line) | {"loss": log(2), "val_loss": log(2), "accuracy": 0.5, "val_accuracy": 0.5}
             for line in events.read_text().splitlines()]  # fmt: skip
    events.write_text("".join(json.dumps(line) + "\n" for line in lines))
    page = visit()
    assert "**Collapsed**: post3-model1 (seed 1)." in texts(page)
    assert "They count in the mean all the same." in texts(page)
    row = table(page)[PLAIN]
    assert (row["collapsed"], row["did"]) == (1, "1 learning, 1 collapsed")
    assert row["lowest"] == 50


def test_what_is_deleted_failed_or_not_finished_is_said(home):
    sweep = swept(home)
    RunFolder.open(home / "runs", sweep.runs[0]).delete()
    RunFolder.open(home / "runs", sweep.runs[1]).write_state(State("failed", error="The disk is full."))
    page = visit()
    assert "2 of 4 runs finished, 1 deleted, 1 failed." in texts(page)
    assert table(page)[PLAIN]["others"] == "1 deleted"
    assert table(page)[SCALED]["others"] == "1 failed"
    assert "(1 seed, no band)" in str(figure(page)["traces"])


def test_a_sweep_all_of_whose_runs_were_deleted_says_so(home):
    sweep = swept(home)
    for run_id in sweep.runs:
        RunFolder.open(home / "runs", run_id).delete()
    page = visit()
    assert "No run yet." in page.info[0].value
    assert "None of its runs has a finished epoch that could be drawn." in texts(page)
    assert "0 of 4 runs finished, 4 deleted." in texts(page)
    assert not [button for button in page.button if button.key == "results.sweep.compare"]


def test_while_runs_are_under_way_it_grows_and_at_the_end_the_page_is_drawn_anew(home, monkeypatch):
    monkeypatch.setattr(results_sweep, "_shared_look", results_sweep._shared_look.__wrapped__)
    sweep = swept(home, curves=(LOW, HIGH))
    tell(home, sweep.runs[2], LOW[:1])
    page = visit()
    assert "2 of 4 runs finished, 1 training, 1 waiting." in texts(page)
    assert "So far: post3-model3 is best" in texts(page)
    tell(home, sweep.runs[2], LOW[1:], "finished")
    assert "3 of 4 runs finished, 1 waiting." in ticked(page, monkeypatch)
    tell(home, sweep.runs[3], HIGH, "finished")
    said = ticked(page, monkeypatch)
    assert page.title  # all of it
    assert "4 of 4 runs finished." in said
    assert "So far" not in said


def test_before_the_first_run_has_ended_it_says_what_will_stand_here(home):
    swept(home, curves=())
    page = visit()
    assert "Once runs of two settings have finished" in texts(page)
    assert "no epoch finished yet" in figure(page)["alt"]


def test_the_newest_sweep_is_shown_first_and_the_address_leads_to_another(home):
    older, newer = swept(home), swept(home, Sweep("", (PLAIN,), (0,), (0.001, 0.0003)), ())
    page = visit()
    box = page.selectbox(key="results.sweep")
    assert box.value == newer.id
    assert box.options[0].startswith("1 recipe × 1 seed × 2 learning rates, ")
    assert box.options[1].startswith("2 recipes × 2 seeds, ") and box.options[1].endswith(" UTC")
    page = visit(sweep=older.id)
    assert page.selectbox(key="results.sweep").value == older.id == page.query_params["sweep"]
    page.selectbox(key="results.sweep").set_value(newer.id).run()
    assert page.query_params["sweep"] == newer.id
    assert set(table(page)) == {"post3-model1 at 0.001", "post3-model1 at 0.0003"}


def test_equal_sweeps_of_one_minute_have_names_of_their_own(home):
    for _ in range(2):
        begin(home, ASKED)
    assert len(set(visit().selectbox(key="results.sweep").options)) == 2


def test_a_sweep_that_is_too_old_to_be_listed_is_still_found_by_its_address(home, monkeypatch):
    monkeypatch.setattr(results_sweep, "LISTED", 1)
    older, newer = begin(home, ASKED), begin(home, ASKED)
    page = visit(sweep=older.id)
    assert page.selectbox(key="results.sweep").value == older.id
    assert page.run().selectbox(key="results.sweep").value == older.id
    assert visit().selectbox(key="results.sweep").value == newer.id


@pytest.mark.parametrize(
    "asked", ["../../etc/passwd", "20200101-000000000", "<img src=x> [a](http://e.vil) **b**", "\n# x\n- y", "9" * 999]
)
@pytest.mark.parametrize("others", [0, 1])
def test_an_address_that_names_no_sweep_is_a_sentence_in_letters(home, asked, others):
    if others:
        swept(home)
    page = visit(sweep=asked)
    (warning,) = page.warning
    assert warning.value.startswith("There is no sweep '")
    assert not re.search(r"(?<!\\)[<*\[#]|\n", warning.value)
    assert bool(page.selectbox) == bool(others)
    assert not page.error


def test_a_damaged_file_is_named_and_the_others_are_shown(home):
    sweep, bad = swept(home), begin(home, ASKED)
    (home / "sweeps" / f"{bad.id}.json").write_text("{")
    page = visit()
    assert page.selectbox(key="results.sweep").value == sweep.id
    assert f"sweeps/{bad.id}.json cannot be understood" in test_results_page.spoken(texts(page))
    assert str(home) not in test_results_page.raw(page)


def test_a_sweep_whose_file_vanishes_behind_the_page_is_a_sentence(home, monkeypatch):
    sweep = swept(home, curves=())
    page = visit()
    (home / "sweeps" / f"{sweep.id}.json").unlink()
    assert "There is no sweep" in ticked(page, monkeypatch)
    assert "Sweeps" not in headers(visit())


def delete(page: AppTest, sweep: Sweep, runs: bool = False) -> None:
    if runs:
        page.checkbox(key=f"results.sweep.runs.{sweep.id}").set_value(True).run()
    page.button(key=f"results.sweep.delete.{sweep.id}").click().run()
    assert not page.exception


def test_a_sweep_can_be_deleted_and_its_runs_stay(home):
    older, sweep = swept(home), swept(home)
    page = visit()
    assert "**Delete this sweep?** Its runs stay, unless you want them gone too." in texts(page)
    delete(page, sweep)
    assert page.query_params["sweep"] == older.id
    delete(page, older)
    assert "Sweeps" not in headers(page)
    assert "sweep" not in page.query_params
    assert list((home / "sweeps").iterdir()) == []
    assert {folder.name for folder in (home / "runs").iterdir() if folder.is_dir()} == {*older.runs, *sweep.runs}


def test_a_sweep_can_be_deleted_with_those_of_its_runs_that_are_still_there(home):
    sweep, other = swept(home), trained(home, "post1-model1")
    RunFolder.open(home / "runs", sweep.runs[0]).delete()
    page = visit()
    assert page.checkbox(key=f"results.sweep.runs.{sweep.id}").label.startswith("Its 3 runs as well")
    delete(page, sweep, runs=True)
    assert "Sweeps" not in headers(page)
    assert [folder.name for folder in (home / "runs").iterdir() if folder.is_dir()] == [other.id]
    assert all(run_id not in texts(page) for run_id in sweep.runs)


def test_a_sweep_that_is_under_way_cannot_be_deleted(home):
    swept(home, curves=(LOW,))
    assert not [button for button in visit().button if str(button.key).startswith("results.sweep.delete")]


def test_only_who_may_change_runs_deletes_sweeps(home, monkeypatch):
    swept(home)
    monkeypatch.setattr(results_sweep, "may_change", lambda: False)
    assert not [button for button in visit().button if str(button.key).startswith("results.sweep.delete")]


def test_a_sweep_that_cannot_be_deleted_says_so_and_stays(home, monkeypatch):
    sweep = swept(home)
    page = visit()
    monkeypatch.setattr(Path, "unlink", refuse)
    delete(page, sweep)
    assert "cannot be written (Permission denied)" in test_results_page.spoken(page.error[0].value)
    assert str(home) not in test_results_page.raw(page)
    assert "Sweeps" in headers(visit())


def refuse(*_, **__):
    raise PermissionError(13, "Permission denied")


def test_its_runs_are_put_into_the_comparison_above(home):
    sweep = swept(home)
    trained(home, "post1-model1")
    page = visit()
    assert page.button(key="results.sweep.compare").label == "Compare its runs one by one, above"
    page.button(key="results.sweep.compare").click().run()
    assert not page.exception
    assert set(page.query_params["results.runs"].split(",")) == set(sweep.runs)
    assert "4 runs chosen" in texts(page)


def test_of_many_runs_the_first_seeds_of_all_settings_are_compared(home):
    sweep = swept(home, Sweep("", (PLAIN, SCALED), tuple(range(6)), (None,), epochs=2), (LOW, HIGH) * 6)
    page = visit()
    page.button(key="results.sweep.compare").click().run()
    assert set(page.query_params["results.runs"].split(",")) == set(sweep.runs[:8])
    assert "Compare the first 8 of its runs" in page.button(key="results.sweep.compare").label


def test_of_more_settings_than_there_are_marks_eight_are_drawn_and_others_can_be_chosen(home):
    rates = tuple(0.001 * number for number in range(1, 11))
    swept(home, Sweep("", (PLAIN,), (0, 1), rates, epochs=2), [LOW] * 20)
    page = visit()
    assert figure(page)["alt"].startswith("Validation accuracy of 8 settings")
    (box,) = page.multiselect
    box.set_value(["post3-model1 at 0.01"]).run()
    assert not page.exception
    assert figure(page)["alt"].startswith("Validation accuracy of 1 setting, averaged over seeds. post3-model1 at 0.01")
    assert len(table(page)) == 10

"""`reproduce` from a terminal: in which order, what is not done again, what is told. The workers only pretend."""

import json
import math
import os
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from catdog.models import pretrained
from catdog.recipes import RECIPES, published, recipe
from catdog.settings import settings
from catdog.terminal import main, reproducing
from catdog.terminal.bar import photos_with_bar
from catdog.training import Board, RunRequest
from catdog.training.folder import RunFolder, all_runs
from catdog.training.launcher import Launcher
from catdog.training.state import WorkerId
from tests.conftest import make_photos

PLAIN, SCALED, TRANSFER = "post4-model1", "post4-model3", "post4-model4"
INTERRUPT = "Ctrl-C"


class QuickWorkers(Launcher):
    """Workers that have done their run when they are first looked at.

    `outcomes` says for a recipe and seed what becomes of the run; the others go as the post's did. `launched` are the
    recipes and seeds in the order in which they were started; for so many `looks` more a run is still going.
    """

    def __init__(self) -> None:
        self.launched: list[tuple[str, int]] = []
        self.outcomes: dict[tuple[str, int], str] = {}
        self.runs: dict[WorkerId, RunFolder] = {}
        self.looks = 0

    def launch(self, run: RunFolder, place: str) -> WorkerId:
        self.launched.append((run.request.recipe, run.request.seed))
        worker = WorkerId(pid=len(self.launched), started=1.0)
        self.runs[worker] = run
        return worker

    def stop(self, worker: WorkerId) -> None:
        self.runs.pop(worker, None)

    def alive(self, worker: WorkerId) -> bool:
        if worker not in self.runs:
            return False
        if self.looks:
            self.looks -= 1
            return True
        run = self.runs.pop(worker)
        become = self.outcomes.get((run.request.recipe, run.request.seed), "learned")
        if become == INTERRUPT:
            raise KeyboardInterrupt
        play(run, become)
        return False


def play(run: RunFolder, become: str) -> None:
    """Write what a worker leaves behind: events, answers and its last word."""
    facts, device = published(run.request.recipe), {"device": "2 CPU cores", "precision": "float32"}
    if become in ("failed", "stopped"):
        error = "The disk is full." if become == "failed" else ""
        run.write_state(replace(run.state, phase=become, error=error, **device))
        return
    accuracies = {"learned": facts.val_accuracy, "collapsed": [0.5] * 20, "poor": [0.6] * 20}[become]
    loss = math.log(2) if become == "collapsed" else 0.4
    with run.events.open("w", encoding="utf-8") as file:
        for number, value in enumerate(accuracies, 1):
            event = {"kind": "epoch", "epoch": number, "accuracy": value, "val_accuracy": value}
            event |= {"loss": loss, "val_loss": loss, "seconds": 9.0 * number, "epoch_seconds": 9.0}
            file.write(json.dumps(event) + "\n")
    run.write_evaluation({"test": {"accuracy": 0.75, "photos": 4}})
    run.write_state(replace(run.state, phase="finished", **device))


@pytest.fixture
def workers(own_photos, monkeypatch, tmp_path) -> QuickWorkers:
    """What the command's board starts in place of real workers, with photos and pretrained weights that are there."""
    quick = QuickWorkers()
    monkeypatch.setattr("catdog.training.board.LocalLauncher", lambda: quick)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    weights = pretrained.weights_file()
    weights.parent.mkdir(parents=True)
    weights.write_bytes(bytes(pretrained.FEWEST_BYTES))
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: None)
    return quick


def submit(key: str, **overrides: int) -> str:
    """Queue a run as the page would; returns its id."""
    asked = RunRequest.of(recipe(key), **overrides)
    return Board(settings().runs).submit(asked, photos_with_bar().reference)


def table(home: Path) -> dict:
    return json.loads((home / "reproduction.json").read_text(encoding="utf-8"))


def recipes_in(home: Path) -> list[str]:
    return [row["recipe"] for row in table(home)["rows"]]


def phases(home: Path) -> list[str]:
    return [run.state.phase for run in all_runs(home / "runs")]


def test_all_recipes_are_trained_in_the_catalogue_s_order_with_seed_0(workers, home, capsys):
    assert main(["reproduce"]) == 0
    assert workers.launched == [(key, 0) for key in RECIPES]
    assert recipes_in(home) == list(RECIPES)
    printed = capsys.readouterr()
    assert [line.split()[0] for line in printed.out.splitlines()] == list(RECIPES)
    assert "22 of 22 recipes are there." in (home / "reproduction.md").read_text(encoding="utf-8")
    assert f"the table is in {home / 'reproduction.json'} and {home / 'reproduction.md'}\n" in printed.err


def test_the_recipes_that_are_named_are_trained_in_the_order_given_each_once(workers, home):
    assert main(["reproduce", SCALED, PLAIN, SCALED]) == 0
    assert workers.launched == [(SCALED, 0), (PLAIN, 0)]
    assert recipes_in(home) == [PLAIN, SCALED]  # the table is in the catalogue's order


def test_a_recipe_gets_one_line_with_its_figures(workers, capsys):
    main(["reproduce", SCALED])
    assert capsys.readouterr().out == (
        "post4-model3    last five  74.6%  best  76.4%  test  75.0%      180 s  within\n"
    )


def test_a_second_call_trains_nothing_and_tells_the_same(workers, home, capsys):
    assert main(["reproduce", PLAIN, SCALED]) == 0
    first, told = table(home), capsys.readouterr().out
    assert main(["reproduce", PLAIN, SCALED]) == 0
    assert len(workers.launched) == 2
    assert table(home)["rows"] == first["rows"]
    assert capsys.readouterr().out == told


def test_a_later_call_for_another_recipe_keeps_the_rows_of_the_table(workers, home):
    main(["reproduce", SCALED])
    main(["reproduce", PLAIN])
    assert recipes_in(home) == [PLAIN, SCALED]


def test_a_run_that_was_trained_on_the_page_with_the_recipe_s_own_settings_counts(workers, home):
    run_id = submit(SCALED)
    Board(settings().runs).tick()
    assert main(["reproduce", SCALED]) == 0
    assert workers.launched == [(SCALED, 0)]
    assert [row["run"] for row in table(home)["rows"]] == [run_id]


def test_the_figures_in_the_table_are_those_of_the_run(workers, home):
    main(["reproduce", SCALED])
    (row,) = table(home)["rows"]
    facts = published(SCALED)
    assert row["last_five"] == row["post_last_five"] == round(sum(facts.val_accuracy[-5:]) / 5, 5)
    assert (row["best"], row["best_epoch"]) == (max(facts.val_accuracy), facts.val_accuracy.index(0.7636) + 1)
    assert (row["test"], row["seconds"], row["seconds_per_epoch"]) == (0.75, 180.0, 9.0)
    assert (row["seed"], row["points_below"], row["verdict"]) == (0, 0.0, "within")


def test_the_table_says_on_what_machine_and_photos_it_was_made(workers, home, monkeypatch, tmp_path):
    monkeypatch.setattr(reproducing, "CPUINFO", tmp_path / "cpuinfo")
    (tmp_path / "cpuinfo").write_text("processor\t: 0\nmodel name\t: Abacus 3 @ 2 beads\nprocessor\t: 1\n")
    main(["reproduce", SCALED])
    found = table(home)
    memory = round(psutil.virtual_memory().total / 1e9)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    assert found["machine"] == {
        "processor": "Abacus 3 @ 2 beads",
        "cores": cores,
        "memory_gb": memory,
        "device": "2 CPU cores",
        "precision": "float32",
    }
    assert found["versions"].keys() == {"python", "catdog", "keras", "tensorflow"}
    assert found["photos"] == {"name": "own", "counts": photos_with_bar().counts()}
    assert found["epochs"] == 20
    assert "notes" not in found


def test_ctrl_c_stops_the_run_and_writes_what_there_is(workers, home, capsys):
    workers.outcomes[SCALED, 0] = INTERRUPT
    assert main(["reproduce", PLAIN, SCALED, TRANSFER]) == 130
    assert workers.launched == [(PLAIN, 0), (SCALED, 0)]
    assert phases(home) == ["finished", "stopped"]
    assert recipes_in(home) == [PLAIN]
    printed = capsys.readouterr()
    assert [line.split()[0] for line in printed.out.splitlines()] == [PLAIN]
    assert printed.err.endswith("catdog: stopped.\n")


def test_ctrl_c_in_the_very_first_run_still_writes_a_table(workers, home):
    workers.outcomes[PLAIN, 0] = INTERRUPT
    assert main(["reproduce", PLAIN]) == 130
    assert table(home)["rows"] == []
    assert "0 of 22 recipes are there." in (home / "reproduction.md").read_text(encoding="utf-8")


def test_after_a_break_the_same_command_goes_on_where_it_was(workers, home):
    workers.outcomes[SCALED, 0] = INTERRUPT
    command = ["reproduce", PLAIN, SCALED, TRANSFER]
    main(command)
    workers.outcomes.clear()
    assert main(command) == 0
    assert workers.launched == [(PLAIN, 0), (SCALED, 0), (SCALED, 0), (TRANSFER, 0)]
    assert recipes_in(home) == [PLAIN, SCALED, TRANSFER]


def test_a_failed_run_ends_the_command_and_the_next_call_trains_it_again(workers, home, capsys):
    workers.outcomes[SCALED, 0] = "failed"
    assert main(["reproduce", PLAIN, SCALED, TRANSFER]) == 1
    assert workers.launched == [(PLAIN, 0), (SCALED, 0)]
    assert recipes_in(home) == [PLAIN]
    assert "has not finished: The disk is full. The same command trains it again.\n" in capsys.readouterr().err
    workers.outcomes.clear()
    assert main(["reproduce", PLAIN, SCALED]) == 0
    assert workers.launched[2:] == [(SCALED, 0)]


def test_a_run_that_someone_stops_on_the_page_ends_the_command(workers, home, capsys):
    workers.outcomes[PLAIN, 0] = "stopped"
    assert main(["reproduce", PLAIN, SCALED]) == 130
    assert workers.launched == [(PLAIN, 0)]
    assert "has not finished: it was stopped." in capsys.readouterr().err


def test_a_collapsed_run_is_kept_and_told_and_the_next_seed_is_trained(workers, home, capsys):
    workers.outcomes[PLAIN, 0] = "collapsed"
    assert main(["reproduce", PLAIN]) == 0
    assert workers.launched == [(PLAIN, 0), (PLAIN, 1)]
    first, second = all_runs(home / "runs")
    (row,) = table(home)["rows"]
    assert (row["seed"], row["run"]) == (1, second.id)
    assert row["collapsed"] == [{"seed": 0, "run": first.id, "last_five": 0.5}]
    told, line = capsys.readouterr().out.splitlines()
    assert told == f"post4-model1    collapsed with seed 0; kept as run {first.id}"
    assert line.endswith("  within")
    assert "- post4-model1 collapsed with seed 0" in (home / "reproduction.md").read_text(encoding="utf-8")
    assert main(["reproduce", PLAIN]) == 0
    assert len(workers.launched) == 2


def test_after_three_collapsed_seeds_the_last_stands_and_the_command_goes_on(workers, home, capsys):
    workers.outcomes |= {(PLAIN, seed): "collapsed" for seed in (0, 1, 2)}
    assert main(["reproduce", PLAIN, SCALED]) == 0
    assert workers.launched == [(PLAIN, 0), (PLAIN, 1), (PLAIN, 2), (SCALED, 0)]
    row = table(home)["rows"][0]
    assert (row["seed"], row["verdict"], len(row["collapsed"])) == (2, "collapsed", 3)
    assert capsys.readouterr().out.splitlines()[3].endswith("collapsed, 8.5 points below: a finding")


def test_runs_on_other_photos_do_not_count(workers, home, monkeypatch, tmp_path):
    main(["reproduce", PLAIN])
    monkeypatch.setenv("CATDOG_PHOTOS", str(make_photos(tmp_path / "others", train=6, validation=6)))
    assert main(["reproduce", PLAIN]) == 0
    assert workers.launched == [(PLAIN, 0)] * 2
    assert [row["run"] for row in table(home)["rows"]] == [all_runs(home / "runs")[1].id]


def test_runs_with_other_settings_do_not_count(workers, home):
    for overrides in ({"epochs": 5}, {"batch_size": 16}, {"limit": 8}):
        submit(PLAIN, **overrides)
    while Board(settings().runs).tick():
        pass
    assert main(["reproduce", PLAIN]) == 0
    assert len(workers.launched) == 4
    assert [row["run"] for row in table(home)["rows"]] == [all_runs(home / "runs")[3].id]


def test_another_number_of_epochs_is_a_table_of_its_own(workers, home):
    main(["reproduce", PLAIN])
    assert main(["reproduce", SCALED, "--epochs", "7"]) == 0
    assert (table(home)["epochs"], recipes_in(home)) == (7, [SCALED])
    assert all_runs(home / "runs")[1].request.epochs == 7


@pytest.mark.parametrize("looks", [1, 2], ids=["ended meanwhile", "still going"])
def test_runs_under_way_are_followed_and_not_started_anew(looks, workers, home):
    workers.looks = looks  # the first is the page's, the second the command's own
    ids = [submit(PLAIN), submit(SCALED)]
    assert phases(home) == ["starting", "queued"]
    assert main(["reproduce", PLAIN, SCALED]) == 0
    assert workers.launched == [(PLAIN, 0), (SCALED, 0)]
    assert [row["run"] for row in table(home)["rows"]] == ids


def test_a_finished_run_answers_even_while_another_of_the_same_trains(workers, home):
    main(["reproduce", PLAIN])
    workers.looks = 100
    submit(PLAIN)
    assert main(["reproduce", PLAIN]) == 0
    assert phases(home) == ["finished", "starting"]


def test_a_run_whose_worker_died_with_the_machine_is_trained_again(workers, home):
    submit(PLAIN)
    workers.runs.clear()
    assert main(["reproduce", PLAIN]) == 0
    assert workers.launched == [(PLAIN, 0)] * 2
    assert phases(home) == ["failed", "finished"]


def test_the_pretrained_weights_are_fetched_before_the_first_transfer_recipe_is_queued(workers, monkeypatch):
    fetched = []
    monkeypatch.setattr(reproducing, "ready_weights", lambda where, report: fetched.append(list(workers.launched)))
    assert main(["reproduce", PLAIN, TRANSFER]) == 0
    assert fetched == [[(PLAIN, 0)]]
    assert main(["reproduce", PLAIN, TRANSFER]) == 0
    assert len(fetched) == 1


def test_weights_that_cannot_be_had_leave_the_table_of_what_was_trained(workers, home, monkeypatch, capsys):
    pretrained.weights_file().unlink()
    monkeypatch.setenv("CATDOG_WEIGHTS_URL", "http://127.0.0.1:9/weights.h5")  # the discard port: refused
    assert main(["reproduce", PLAIN, TRANSFER]) == 1
    assert workers.launched == [(PLAIN, 0)]
    assert recipes_in(home) == [PLAIN]
    assert "catdog: The pretrained weights of MobileNetV2 (9 MB) are not on this machine." in capsys.readouterr().err


def test_a_person_s_notes_in_the_table_outlast_the_next_writing(workers, home):
    workers.outcomes[SCALED, 0] = "poor"
    main(["reproduce", SCALED])
    notes = ["post4-model3: this seed is a poor one; seeds 3 and 4 reach 74 %."]
    (home / "reproduction.json").write_text(json.dumps(table(home) | {"notes": notes}), encoding="utf-8")
    assert main(["reproduce", PLAIN, SCALED]) == 0
    assert table(home)["notes"] == notes
    page = (home / "reproduction.md").read_text(encoding="utf-8")
    assert "- post4-model3 reached 60.0 % where the post reached 74.6 %, 14.6 points less" in page
    assert page.endswith(f"- {notes[0]}\n")


@pytest.mark.parametrize("content", ["{", "[]", '{"name": "something else"}', '{"rows": [], "notes": "a text"}'])
def test_a_file_that_is_no_such_table_is_not_overwritten(content, workers, tmp_path, capsys):
    file = tmp_path / "mine.json"
    file.write_text(content)
    assert main(["reproduce", PLAIN, "--json", str(file)]) == 2
    assert file.read_text() == content
    assert workers.launched == []
    assert f"catdog: {file} holds something else than a table" in capsys.readouterr().err


def test_another_page_in_the_place_of_the_markdown_is_not_overwritten(workers, tmp_path, capsys):
    (tmp_path / "README.md").write_text("# Mine\n")
    assert main(["reproduce", PLAIN, "--json", str(tmp_path / "README.json")]) == 2
    assert (tmp_path / "README.md").read_text() == "# Mine\n"
    assert f"catdog: {tmp_path / 'README.md'} is another page than the table's" in capsys.readouterr().err
    assert workers.launched == []


def test_the_table_is_written_where_json_says_with_its_markdown_beside(workers, home, tmp_path):
    assert main(["reproduce", PLAIN, "--json", str(tmp_path / "here.json")]) == 0
    assert json.loads((tmp_path / "here.json").read_text(encoding="utf-8"))["rows"][0]["recipe"] == PLAIN
    assert (tmp_path / "here.md").read_text(encoding="utf-8").startswith("# ")
    assert not (home / "reproduction.json").exists()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("name", ["gone/table.json", "own", "table.txt/table.json"])
def test_a_file_that_cannot_be_written_is_told_before_anything_is_done(name, workers, home, tmp_path, capsys):
    (tmp_path / "table.txt").write_text("a file, no folder")
    assert main(["reproduce", "--json", str(tmp_path / name)]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"catdog: {tmp_path / name} cannot be written (")
    assert printed.err.count("\n") == 1
    assert workers.launched == []
    assert not (home / "prepared").exists()


def test_a_json_file_that_would_be_its_own_markdown_is_refused(workers, tmp_path, capsys):
    assert main(["reproduce", "--json", str(tmp_path / "table.md")]) == 2
    assert f"Name its JSON, such as {tmp_path / 'table.json'}." in capsys.readouterr().err
    assert workers.launched == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([PLAIN, "post4-modle3"], "There is no recipe 'post4-modle3'. Did you mean 'post4-model3'?"),
        (["--epochs", "0"], "The number of epochs must lie between 1 and 200; 0 was given."),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_done(arguments, sentence, workers, home, capsys):
    assert main(["reproduce", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"catdog: {sentence}")
    assert not home.exists()


def test_a_break_while_the_table_is_written_leaves_the_old_one(workers, home, monkeypatch):
    main(["reproduce", PLAIN])
    before = table(home)

    def full(path, text, **options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_text", full)
        assert main(["reproduce", PLAIN]) == 1
    assert table(home) == before

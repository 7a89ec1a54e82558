"""`sweep` from a terminal: what is queued, in which order, what is told, what Ctrl-C leaves. Workers only pretend."""

import json
import re
import signal
from pathlib import Path

import pytest

from catdog.errors import DiskError
from catdog.recipes import RECIPES
from catdog.settings import settings
from catdog.terminal import main, sweeping
from catdog.training import Board
from catdog.training.folder import RunFolder, all_runs
from catdog.training.state import WorkerId
from catdog.training.sweep import sweeps
from tests import test_terminal_reproduce
from tests.test_terminal_reproduce import INTERRUPT, QuickWorkers

PLAIN, SCALED, TRANSFER = "post4-model1", "post4-model3", "post4-model4"


class Workers(QuickWorkers):
    """As there; but Ctrl-C is pressed as on a keyboard, once, and that run trains on until it is asked to stop."""

    pressed = False

    def alive(self, worker: WorkerId) -> bool:
        run = self.runs.get(worker)
        if run is None or self.outcomes.get((run.request.recipe, run.request.seed)) != INTERRUPT:
            return super().alive(worker)
        if not self.pressed:
            self.pressed = True
            signal.raise_signal(signal.SIGINT)
        return not run.stop_asked


@pytest.fixture
def workers(own_photos, monkeypatch) -> Workers:
    """What the command's board starts in place of real workers; it looks after them without a pause."""
    quick = Workers()
    monkeypatch.setattr("catdog.training.board.LocalLauncher", lambda: quick)
    monkeypatch.setattr(sweeping, "LOOK", 0)
    return quick


def runs(home: Path) -> list[RunFolder]:
    return all_runs(home / "runs")


def asked(home: Path) -> list[tuple[str, int, float]]:
    return [(run.request.recipe, run.request.seed, run.request.learning_rate) for run in runs(home)]


def phases(home: Path) -> list[str]:
    return [run.state.phase for run in runs(home)]


def the_sweep(home: Path):
    (found,), damaged = sweeps(home, 9)
    assert not damaged
    return found


def test_recipes_rates_and_seeds_are_multiplied_the_seed_outermost(workers, home):
    assert main(["sweep", PLAIN, SCALED, PLAIN, "--seeds", "2", "--learning-rates", "0.001", "0.0003"]) == 0
    settings_once = [(key, rate) for key in (PLAIN, SCALED) for rate in (0.001, 0.0003)]
    assert asked(home) == [(key, seed, rate) for seed in (0, 1) for key, rate in settings_once]
    assert the_sweep(home).runs == tuple(run.id for run in runs(home))
    assert phases(home) == ["finished"] * 8


@pytest.mark.parametrize(
    ("typed", "seeds"), [("1", [0]), ("3", [0, 1, 2]), ("4,7,9", [4, 7, 9]), ("4,", [4]), ("7, 7", [7])]
)
def test_seeds_are_a_number_of_them_or_a_list(typed, seeds, workers, home):
    assert main(["sweep", PLAIN, "--seeds", typed, "--epochs", "5", "--limit", "8"]) == 0
    assert [run.request.seed for run in runs(home)] == seeds
    assert {(run.request.epochs, run.request.limit) for run in runs(home)} == {(5, 8)}


def test_without_options_three_seeds_of_the_recipe_s_own_settings_are_trained(workers, home):
    assert main(["sweep", PLAIN]) == 0
    assert [run.request.differences() for run in runs(home)] == [{}, {"seed": (0, 1)}, {"seed": (0, 2)}]


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        (
            ["--seeds", "0"],
            "0 runs would come of that (recipes: 1, seeds: 0, learning rates: 1); a sweep has 1 to 500.",
        ),
        (["--seeds=-3"], "0 runs would come of that"),
        (["--seeds", "501"], "501 runs would come of that"),
        (["--seeds", "999999999999999999"], "999,999,999,999,999,999 runs would come of that"),
        (["--seeds", "few"], "The seeds are 'few': say how many, such as 3, or which, such as 4,7,9."),
        (["--seeds", "4;7"], "The seeds are '4;7': say how many"),
        (["--seeds", "4,-1"], "The seed must lie between 0 and 2.14748e+09; -1 was given."),
        (["--learning-rates", "0.001", "2"], "The learning rate must lie between 1e-06 and 1; 2 was given."),
        (["--epochs", "201"], "The number of epochs must lie between 1 and 200; 201 was given."),
        (["--limit", "1"], "The number of training photos must lie between 2 and 1e+06; 1 was given."),
        (["--features"], "post4-model1 has no frozen base whose features could be kept"),
        (["post4-modle3"], "There is no recipe 'post4-modle3'. Did you mean 'post4-model3'?"),
    ],
    ids=lambda given: given if isinstance(given, str) else " ".join(given),
)
def test_what_cannot_be_is_refused_before_anything_is_done(typed, sentence, workers, home, capsys):
    assert main(["sweep", PLAIN, *typed]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"catdog: {sentence}")
    assert printed.err.count("\n") == 1
    assert not home.exists()


def test_each_run_is_a_line_and_each_setting_a_row_with_mean_and_spread(workers, home, capsys):
    workers.outcomes[PLAIN, 1] = "collapsed"
    assert main(["sweep", PLAIN, SCALED, "--seeds", "2"]) == 0
    printed = capsys.readouterr()
    lines, table = printed.out.split("\n\n")
    assert [re.split(r"\s{2,}", line.replace("five  ", "five "))[:3] for line in lines.splitlines()] == [
        [key, f"seed {seed}", f"last five {share}"]
        for seed, plain in ((0, "58.5%"), (1, "50.0%"))
        for key, share in ((PLAIN, plain), (SCALED, "74.6%"))
    ]
    assert [line.split()[-1] for line in lines.splitlines()] == ["learning", "learning", "collapsed", "learning"]
    rows = table.splitlines()
    assert re.split(r"\s{2,}", rows[0])[1:] == ["last five", "lowest", "highest", "±", "best", "test", "seeds"]
    assert rows[2].split() == [SCALED, "74.6%", "74.6%", "74.6%", "0.0", "76.4%", "75.0%", "2", "of", "2"]
    assert rows[1].startswith(PLAIN) and rows[1].endswith("2 of 2  1 collapsed")
    assert rows[3].startswith("4 of 4 runs finished. post4-model3 is best on average: 74.6 %")
    assert f"sweep {the_sweep(home).id}, 4 runs; the Results page shows it\n" in printed.err


def test_the_same_can_be_had_as_one_json_value_on_the_last_line(workers, home, capsys):
    workers.outcomes |= {(PLAIN, 0): "poor", (PLAIN, 1): "collapsed", (PLAIN, 2): "failed"}
    assert main(["sweep", PLAIN, "--learning-rates", "0.0005", "--json"]) == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    (row,) = told["settings"]
    assert told["sweep"] == the_sweep(home).id
    assert (row["recipe"], row["learning_rate"], row["seeds"]) == (PLAIN, 0.0005, 3)
    assert row["runs"] == [run.id for run in runs(home)]
    assert row["last_five"] == pytest.approx(
        {"mean": 0.55, "lowest": 0.5, "highest": 0.6, "deviation": 0.0707107, "seeds": 2}
    )
    assert (row["best"]["highest"], row["test"]["seeds"]) == (0.6, 2)
    assert (row["collapsed_seeds"], row["did"], row["unfinished"]) == (
        [1],
        {"learning": 1, "collapsed": 1},
        {"failed": 1},
    )


def test_a_failed_run_lets_the_others_train_and_makes_the_exit_code_1(workers, home, capsys):
    workers.outcomes[PLAIN, 0] = "failed"
    assert main(["sweep", PLAIN, "--seeds", "3"]) == 1
    assert phases(home) == ["failed", "finished", "finished"]
    printed = capsys.readouterr().out
    assert "seed 0    failed: The disk is full.\n" in printed
    assert "2 of 3 runs finished, 1 failed." in printed


def test_a_run_that_someone_stops_on_the_page_is_said_and_the_others_train(workers, home, capsys):
    workers.outcomes[PLAIN, 0] = "stopped"
    assert main(["sweep", PLAIN, "--seeds", "2"]) == 130
    assert phases(home) == ["stopped", "finished"]
    assert "1 of 2 runs finished, 1 stopped." in capsys.readouterr().out


def test_ctrl_c_stops_all_that_are_under_way(workers, home, capsys):
    workers.outcomes[SCALED, 0] = INTERRUPT
    workers.looks = 20  # by then all are queued
    assert main(["sweep", PLAIN, SCALED, "--seeds", "3"]) == 130
    assert workers.launched == [(PLAIN, 0), (SCALED, 0)]
    assert phases(home) == ["finished", *["stopped"] * 5]
    printed = capsys.readouterr()
    assert "1 of 6 runs finished, 5 stopped." in printed.out
    assert printed.err.endswith("catdog: stopped.\n")
    assert len(the_sweep(home).runs) == 6


def test_ctrl_c_while_runs_are_queued_leaves_none_behind_that_nobody_knows_of(workers, home, monkeypatch):
    real = Board.submit

    def pressed(board, request, *more, **limits):
        if request.seed == 2:
            signal.raise_signal(signal.SIGINT)  # in the middle of it
        return real(board, request, *more, **limits)

    monkeypatch.setattr(Board, "submit", pressed)
    workers.looks = 10_000
    assert main(["sweep", PLAIN, "--seeds", "9"]) == 130
    assert the_sweep(home).runs == tuple(run.id for run in runs(home))
    assert phases(home) == ["stopped"] * 3
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_where_a_run_cannot_be_queued_those_before_it_are_stopped(workers, home, monkeypatch, capsys):
    real = Board.submit

    def full(board, request, *more, **limits):
        if request.seed == 2:
            raise DiskError("The disk is full.")
        return real(board, request, *more, **limits)

    monkeypatch.setattr(Board, "submit", full)
    workers.looks = 10_000
    assert main(["sweep", PLAIN, "--seeds", "9"]) == 1
    assert phases(home) == ["stopped"] * 2
    assert capsys.readouterr().err.endswith("catdog: The disk is full.\n")


def test_only_queued_the_runs_wait_for_a_server(workers, home, capsys):
    workers.looks = 10_000
    assert main(["sweep", PLAIN, "--seeds", "60", "--queue"]) == 0
    assert phases(home) == ["starting", *["queued"] * 59]  # more than a class may have
    said = capsys.readouterr().out
    assert said.startswith(f"60 runs are queued as sweep {the_sweep(home).id}. The server looks after them;")
    assert "python3 -m catdog run" in said


def test_what_was_queued_can_be_had_as_json(workers, home, capsys):
    assert main(["sweep", PLAIN, "--seeds", "2", "--queue", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"sweep": the_sweep(home).id, "runs": [run.id for run in runs(home)]}


def test_runs_of_others_that_train_meanwhile_are_neither_followed_nor_stopped(workers, home, capsys):
    other = test_terminal_reproduce.submit(SCALED)
    workers.outcomes[PLAIN, 0] = INTERRUPT
    workers.outcomes[SCALED, 0] = "learned"
    assert main(["sweep", PLAIN, "--seeds", "2"]) == 130
    assert phases(home) == ["finished", "stopped", "stopped"]
    assert other not in the_sweep(home).runs
    assert SCALED not in capsys.readouterr().out


def test_runs_that_train_at_the_same_time_are_all_followed(workers, home, monkeypatch, capsys):
    """Every board may start as many as it likes: nothing here counts on one at a time."""
    real = Board.tick

    def all_at_once(board):
        for run in all_runs(board.runs):
            if run.state.phase == "queued" and not run.stop_asked:
                board.lookout.start(run, "")
        return real(board)

    monkeypatch.setattr(Board, "tick", all_at_once)
    workers.looks = 100
    workers.outcomes[SCALED, 1] = "failed"
    assert main(["sweep", PLAIN, SCALED, "--seeds", "3"]) == 1
    assert len(workers.launched) == 6
    assert phases(home) == ["finished"] * 3 + ["failed"] + ["finished"] * 2
    lines = capsys.readouterr().out.partition("\n\n")[0]
    assert lines.count(" seed ") == 6


def test_a_base_that_cannot_be_had_is_replaced_once_for_all_and_the_others_do_without(
    workers, home, monkeypatch, capsys
):
    monkeypatch.setattr("catdog.terminal.sweeping.base_to_be_had", lambda: "embedded")
    assert main(["sweep", PLAIN, TRANSFER, "--seeds", "2", "--features", "1", "--precision", "float32"]) == 0
    assert [(run.request.base, run.request.copies) for run in runs(home)] == [("imagenet", None), ("embedded", 1)] * 2
    assert {run.request.precision for run in runs(home)} == {"float32"}


def test_networks_without_a_frozen_base_ask_for_no_weights(workers, monkeypatch):
    monkeypatch.setattr("catdog.terminal.sweeping.base_to_be_had", lambda: pytest.fail("asked for"))
    assert main(["sweep", PLAIN, SCALED, "--seeds", "1"]) == 0


@pytest.mark.parametrize("typed", [[], [PLAIN, "--precision", "float16"], [PLAIN, "--learning-rates", "fast"]])
def test_what_is_no_command_is_refused_with_the_usage(typed, home, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["sweep", *typed])
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ")
    assert not home.exists()


def test_two_seeds_are_really_trained(own_photos, home, capsys):
    """Real workers: a seed of its own makes another network of each."""
    assert main(["sweep", PLAIN, "--seeds", "2", "--epochs", "1", "--limit", "8", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out.splitlines()[-1])["settings"]
    assert row["last_five"]["seeds"] == row["test"]["seeds"] == 2
    assert phases(home) == ["finished"] * 2
    first, second = (run.best_weights.read_bytes() for run in runs(settings().home))
    assert first != second
    assert RECIPES[PLAIN].epochs != runs(home)[0].request.epochs == 1

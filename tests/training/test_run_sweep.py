"""A sweep's file, its runs as they come and go, and what is said of several seeds."""

import json
import subprocess
import sys
from math import log
from pathlib import Path
from statistics import mean, stdev

import pytest
from hypothesis import given
from hypothesis import strategies as some

from catdog.errors import DiskError, RunError, SettingError
from catdog.recipes import RECIPES
from catdog.settings import EMBEDDED, IMAGENET
from catdog.training import RunRequest
from catdog.training.folder import RunFolder
from catdog.training.spread import Group, Spread, groups, name_of, spread, standing, takeaway
from catdog.training.state import State
from catdog.training.sweep import (
    DELETED,
    MOST_RUNS,
    UNREADABLE,
    Sweep,
    begin,
    cells,
    delete,
    members,
    open_sweep,
    requests,
    sweeps,
    with_run,
)
from tests.training.training_stand_ins import ABOUT, contents, scratch_files, write_events

PLAIN, SCALED, TRANSFER = "post3-model1", "post3-model3", "post3-model4"
SHARES = some.floats(0, 1)
TWO = Sweep("", (PLAIN, SCALED), (0, 1), (None,), epochs=2)


def run_of(home: Path, request: RunRequest, shares=(), phase="finished", loss=0.5) -> str:
    """A run with this validation accuracy in each epoch; returns its id."""
    run = RunFolder.create(home / "runs", request, ABOUT)
    values = {"kind": "epoch", "loss": loss, "val_loss": loss, "seconds": 1.0}
    write_events(
        run,
        *(
            values | {"epoch": number, "accuracy": value, "val_accuracy": value}
            for number, value in enumerate(shares, 1)
        ),
    )
    run.write_state(State(phase))
    return run.id


def swept(home: Path, asked: Sweep, *curves) -> Sweep:
    """A sweep whose first runs have finished with these curves."""
    sweep = begin(home, asked)
    for request, shares in zip(requests(asked), curves, strict=False):
        sweep = with_run(home, sweep, run_of(home, request, shares))
    return sweep


def settled(home: Path, sweep: Sweep) -> tuple[Group, ...]:
    return groups(sweep, members(home / "runs", sweep))


# What is asked


def test_every_setting_comes_once_before_any_comes_with_the_next_seed():
    asked = Sweep("", (PLAIN, SCALED), (0, 1), (0.001, None), epochs=5, limit=100)
    made = requests(asked, precision="float32")
    assert [(one.seed, one.recipe, one.learning_rate) for one in made[:5]] == [
        (0, PLAIN, 0.001),
        (0, PLAIN, RECIPES[PLAIN].learning_rate),
        (0, SCALED, 0.001),
        (0, SCALED, RECIPES[SCALED].learning_rate),
        (1, PLAIN, 0.001),
    ]
    assert len(made) == 8
    assert {(one.epochs, one.limit, one.precision) for one in made} == {(5, 100, "float32")}


def test_without_more_each_recipe_is_asked_as_it_is():
    assert requests(Sweep("", (PLAIN,), (0,), (None,))) == (RunRequest.of(RECIPES[PLAIN]),)


def test_base_and_copies_are_for_those_with_a_frozen_base():
    plain, transfer = requests(Sweep("", (PLAIN, TRANSFER), (0,), (None,)), base=EMBEDDED, copies=1)
    assert (plain.base, plain.copies, transfer.base, transfer.copies) == (IMAGENET, None, EMBEDDED, 1)


def test_copies_that_no_network_could_use_are_refused():
    with pytest.raises(SettingError, match="post3-model1 has no frozen base"):
        requests(TWO, copies=2)


@pytest.mark.parametrize(
    ("recipes", "seeds", "count"),
    [((), (0,), "0"), ((PLAIN,), range(0), "0"), ((PLAIN,), range(10**9), "1,000,000,000")],
)
def test_no_run_or_absurdly_many_are_refused_with_their_number(recipes, seeds, count):
    with pytest.raises(SettingError, match=f"^{count} runs would come of that .* a sweep has 1 to {MOST_RUNS}"):
        cells(recipes, seeds)


# The file


def test_a_sweep_is_kept_with_each_run_that_was_queued(home):
    asked = Sweep("", (PLAIN, SCALED), (4, 7), (0.001, None), epochs=None, limit=60)
    sweep = begin(home, asked)
    assert open_sweep(home, sweep.id) == sweep
    longer = with_run(home, sweep, run_of(home, requests(asked)[0]))
    assert open_sweep(home, sweep.id) == longer
    assert longer.runs[0].endswith(PLAIN)
    assert scratch_files(home / "sweeps") == []


def test_the_newest_sweep_is_listed_first_and_each_has_an_id_of_its_own(home):
    made = [begin(home, TWO) for _ in range(5)]
    assert len({one.id for one in made}) == 5
    assert sweeps(home, 9) == (made[::-1], [])
    assert sweeps(home, 2)[0] == made[:-3:-1]


def test_before_the_first_sweep_there_is_none(home):
    assert sweeps(home, 9) == ([], [])


def test_a_sweep_is_deleted_without_its_runs_and_then_there_is_none(home):
    sweep, other = swept(home, TWO, [0.6]), swept(home, TWO)
    delete(home, sweep.id)
    assert sweeps(home, 5) == ([other], [])
    assert RunFolder.open(home / "runs", sweep.runs[0]).state.phase == "finished"
    with pytest.raises(RunError, match="There is no sweep"):
        delete(home, sweep.id)


def test_a_file_that_has_not_changed_is_not_read_again(home, monkeypatch):
    sweep, read, original = swept(home, TWO, [0.6]), [], Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda self, **given: read.append(self.name) or original(self, **given))
    assert [open_sweep(home, sweep.id) for _ in range(3)] == [sweep] * 3
    assert read == [f"{sweep.id}.json"]
    longer = with_run(home, sweep, run_of(home, requests(TWO)[1]))
    assert open_sweep(home, sweep.id) == longer


@pytest.mark.parametrize(
    "asked", ["", "../../etc/passwd", "20261122-101500000/x", "20261122-101500001", "x" * 999, "٢" * 8]
)
def test_an_id_from_outside_that_is_none_is_refused_without_a_path(home, asked):
    begin(home, TWO)
    (home / "sweeps" / "notes.json").write_text("{}")
    with pytest.raises(RunError, match="^There is no sweep '") as refused:
        open_sweep(home, asked)
    with pytest.raises(RunError, match="^There is no sweep '"):
        delete(home, asked)
    assert len(str(refused.value)) < 200
    assert str(home) not in str(refused.value)


def test_a_link_is_no_sweep(home):
    made = begin(home, TWO)
    link = home / "sweeps" / "20200101-000000000.json"
    link.symlink_to(home / "sweeps" / f"{made.id}.json")
    assert sweeps(home, 9) == ([made], [])
    with pytest.raises(RunError, match="There is no sweep"):
        open_sweep(home, link.stem)


BROKEN = {
    "torn": "{",
    "no table": "[]",
    "nothing": "",
    "deep": "[" * 100_000,
    "format": {"format": 2},
    "recipe": {"recipes": ["post9-model9"]},
    "recipes": {"recipes": 3},
    "seed": {"seeds": [-1]},
    "seeds": {"seeds": [0.5]},
    "rate": {"learning_rates": ["fast"]},
    "epochs": {"epochs": 0},
    "limit": {"limit": "all"},
    "path": {"runs": ["../../etc/passwd"]},
    "number": {"runs": [7]},
    "another": {"runs": ["20261122-101500000-post1-model1"]},
    "too many": {"runs": ["20261122-101500000-post3-model1", "20261122-101500000-post3-model3"] * 9},
    "endless": {"seeds": list(range(9999))},
}


@pytest.mark.parametrize("damage", BROKEN.values(), ids=BROKEN)
def test_a_damaged_file_is_named_in_a_sentence_and_left_alone(home, damage):
    good, bad = begin(home, TWO), begin(home, TWO)
    file = home / "sweeps" / f"{bad.id}.json"
    text = damage if isinstance(damage, str) else json.dumps(json.loads(file.read_text()) | damage)
    file.write_text(text)
    found, (sentence,) = sweeps(home, 9)
    assert found == [good]
    assert sentence.startswith(f"sweeps/{bad.id}.json cannot be understood (")
    assert sentence.endswith("The file is left as it is.")
    assert file.read_text() == text
    assert str(home) not in sentence


def test_a_sweep_that_cannot_be_written_says_so(home):
    home.mkdir()
    (home / "sweeps").write_text("a file in the place of the folder")
    with pytest.raises(DiskError, match="cannot be written"):
        begin(home, TWO)


def test_the_page_s_side_needs_neither_keras_nor_numpy():
    code = "import sys, catdog.training.spread, catdog.training.sweep; print({'keras', 'numpy'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


# Its runs


def test_each_run_is_told_by_its_phase_and_those_that_are_gone_as_well(home):
    asked = Sweep("", (PLAIN,), tuple(range(7)), (None,), epochs=2)
    sweep = begin(home, asked)
    phases = ("finished", "failed", "stopped", "running", "queued", "finished", "finished")
    for request, phase in zip(requests(asked), phases, strict=True):
        sweep = with_run(home, sweep, run_of(home, request, (0.6,), phase))
    RunFolder.open(home / "runs", sweep.runs[5]).delete()
    (home / "runs" / sweep.runs[6] / "run.json").write_text("{")
    found = members(home / "runs", sweep)
    assert [one.phase for one in found] == [*phases[:5], DELETED, UNREADABLE]
    assert [one.over for one in found] == [True, True, True, False, False, True, True]
    assert [one.cell.seed for one in found] == list(range(7))
    assert [one.run is None for one in found] == [False] * 4 + [True] * 3
    assert standing(found, 8) == (
        "1 of 8 runs finished, 1 failed, 1 stopped, 1 training, 1 waiting, 1 deleted, 1 unreadable, 1 not queued."
    )
    (group,) = groups(sweep, found)
    assert group.last_five.seeds == 1
    assert sum(group.unfinished.values()) == 6


def test_looking_changes_nothing(home):
    sweep = swept(home, TWO, (0.6,), (0.7,))
    before = contents(home)
    settled(home, sweep)
    sweeps(home, 9)
    assert contents(home) == before


def test_a_run_that_is_resumed_is_under_way_again(home):
    sweep = swept(home, TWO, (0.6,))
    folder = RunFolder.open(home / "runs", sweep.runs[0])
    phases = []
    for phase in ("stopped", "queued", "running", "finished"):
        folder.write_state(State(phase))
        phases.append(members(home / "runs", sweep)[0].phase)
    assert phases == ["stopped", "queued", "running", "finished"]


# What came of it


@given(some.lists(some.none() | SHARES, max_size=12))
def test_mean_and_spread_are_those_of_the_known_values(values):
    known = [value for value in values if value is not None]
    found = spread(values)
    if not known:
        assert found is None
        return
    assert (found.lowest, found.highest, found.seeds) == (min(known), max(known), len(known))
    assert found.lowest <= found.mean <= found.highest
    assert found.mean == pytest.approx(mean(known))
    assert found.deviation == (pytest.approx(stdev(known), abs=1e-9) if len(known) > 1 else None)


def test_a_curve_has_the_seeds_that_have_come_so_far(home):
    asked = Sweep("", (PLAIN,), (0, 1, 2), (None,), epochs=3)
    sweep = swept(home, asked, (0.5, 0.6, 0.7), (0.7,), ())
    (group,) = settled(home, sweep)
    first, second, third = group.curve("val_accuracy")
    assert (first.mean, first.lowest, first.highest, first.seeds) == (pytest.approx(0.6), 0.5, 0.7, 2)
    assert (second.mean, second.deviation, second.seeds) == (0.6, None, 1)
    assert third == Spread(0.7, 0.7, 0.7, None, 1)


def test_the_end_figures_are_of_the_finished_runs_and_a_collapsed_one_counts_and_is_said(home):
    asked = Sweep("", (PLAIN,), (0, 1, 2), (None,), epochs=6)
    sweep = begin(home, asked)
    first, second, third = requests(asked)
    sweep = with_run(home, sweep, run_of(home, first, (0.9, 0.6, 0.6, 0.6, 0.6, 0.6)))
    sweep = with_run(home, sweep, run_of(home, second, (0.5,) * 6, loss=log(2)))
    sweep = with_run(home, sweep, run_of(home, third, (0.99,), "stopped"))
    RunFolder.open(home / "runs", sweep.runs[0]).write_evaluation({"test": {"accuracy": 0.7, "photos": 192}})
    (group,) = settled(home, sweep)
    assert (group.last_five.mean, group.last_five.lowest, group.last_five.highest) == pytest.approx((0.55, 0.5, 0.6))
    assert group.best.highest == 0.9
    assert (group.test.mean, group.test.seeds) == (0.7, 1)
    assert [one.cell.seed for one in group.collapsed] == [1]
    assert group.did == {"learning": 1, "collapsed": 1}
    assert group.unfinished == {"stopped": 1}


def test_settings_are_named_by_recipe_and_learning_rate_and_keep_their_order(home):
    sweep = begin(home, Sweep("", (SCALED, PLAIN), (0,), (0.001, 0.00003)))
    assert [one.name for one in settled(home, sweep)] == [
        f"{SCALED} at 0.001",
        f"{SCALED} at 0.00003",
        f"{PLAIN} at 0.001",
        f"{PLAIN} at 0.00003",
    ]
    assert name_of(PLAIN, None) == PLAIN


def told(home: Path, **shares) -> str:
    """The takeaway of recipes whose seeds ended so."""
    seeds = max(map(len, shares.values()))
    keys = tuple(f"post3-{name}" for name in shares)
    asked = Sweep("", keys, tuple(range(seeds)), (None,), epochs=1)
    curves = [(one[seed],) if seed < len(one) else () for seed in range(seeds) for one in shares.values()]
    return takeaway(settled(home, swept(home, asked, *curves)))


def test_a_difference_that_is_smaller_than_that_between_seeds_is_said_to_be_luck_perhaps(home):
    assert told(home, model1=(0.60, 0.64), model3=(0.62, 0.66)) == (
        "post3-model3 is best on average: 64.0 % (62.0 % to 66.0 %, 2 seeds). post3-model1 reaches 62.0 % (60.0 % to "
        "64.0 %, 2 seeds): the ranges overlap, and the difference between the two, 2.0 points, is smaller than that "
        "between seeds of one setting, 4.0 points. It may be luck."
    )


def test_ranges_that_lie_apart_are_a_sign_and_with_few_seeds_no_proof(home):
    assert told(home, model1=(0.60, 0.62), model3=(0.70, 0.72)) == (
        "post3-model3 is best on average: 71.0 % (70.0 % to 72.0 %, 2 seeds). No seed of post3-model1 comes up to the "
        "lowest of post3-model3: 61.0 % (60.0 % to 62.0 %, 2 seeds), 10.0 points less; with 2 seeds that is a sign and "
        "no proof."
    )
    assert told(home, model1=(0.6,) * 5, model3=(0.7,) * 5).endswith("10.0 points less.")


def test_ranges_that_overlap_by_little_are_no_proof_either(home):
    """The means of one overlapping pair may be further apart than the seeds of either."""
    shares = {"model1": (0.60, 0.60, 0.63), "model3": (0.63, 0.66, 0.66)}
    assert told(home, **shares).endswith("the ranges overlap, so that the difference, 4.0 points, may be luck.")


def test_two_that_are_level_are_not_ranked(home):
    assert told(home, model1=(0.5, 0.5), model3=(0.5, 0.5)) == (
        "post3-model1 and post3-model3 are level: 50.0 % (50.0 % to 50.0 %, 2 seeds) and 50.0 % (50.0 % to 50.0 %, 2 "
        "seeds)."
    )


def test_of_many_settings_those_beside_the_best_and_those_below_it_are_named(home):
    said = told(home, model1=(0.5, 0.52), model2=(0.70, 0.74), model3=(0.71, 0.75), model4=(0.69, 0.73))
    assert said.startswith("post3-model3 is best on average: 73.0 %")
    assert "post3-model2 reaches 72.0 %" in said
    assert "The range of post3-model4 overlaps with the best as well." in said
    assert said.endswith("No seed of post3-model1 comes up to the lowest of post3-model3: 51.0 % (50.0 % to 52.0 %, "
                         "2 seeds), 22.0 points less; with 2 seeds that is a sign and no proof.")  # fmt: skip


def test_of_very_many_settings_it_says_how_many_there_are(home):
    rates = tuple(0.001 * number for number in range(1, 7))
    sweep = swept(home, Sweep("", (PLAIN,), (0, 1), rates, epochs=1), *[(0.8,), *[(0.6,)] * 5] * 2)
    assert "No seed of 5 others comes up to the lowest of post3-model1 at 0.001;" in takeaway(settled(home, sweep))


def test_a_single_seed_proves_nothing(home):
    assert told(home, model1=(0.6,), model3=(0.7,)).endswith("with a single seed nobody can tell whether that is luck.")
    assert told(home, model1=(0.6,), model3=(0.55, 0.7)).endswith(
        "post3-model1 reaches 60.0 % (1 seed): with a single seed nobody can tell whether the difference is luck."
    )


def test_a_single_setting_has_nothing_to_be_compared_with(home):
    assert told(home, model1=(0.6, 0.7)) == ""
    assert takeaway(()) == ""

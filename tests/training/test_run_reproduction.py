"""Which runs answer for a recipe, the row that they give, and the table in words."""

import json
import math
from pathlib import Path

import pytest
from training_stand_ins import ABOUT, PHOTOS, Room, asked, edit_json, write_events

from catdog.errors import SettingError
from catdog.recipes import RECIPES, published, recipe
from catdog.training import RunRequest
from catdog.training.folder import RunFolder
from catdog.training.reproduction import (
    SEEDS,
    as_row,
    finished_run,
    made_with,
    outcome,
    outcomes,
    requests,
    waiting_run,
)
from catdog.training.reproduction_words import COLUMNS, FINDING, as_markdown, verdict_in_words
from catdog.training.state import State

KEY, EPOCHS, FINGERPRINT = "post4-model3", 20, PHOTOS["fingerprint"]
DEAD = [0.5] * EPOCHS  # a network that gives every photo the same answer
GOOD = list(published(KEY).val_accuracy)


def trained(tmp_path, accuracies, key=KEY, seed=0, phase="finished", about=ABOUT, loss=0.4, **overrides):
    """A run with these validation accuracies, a value an epoch; returns its id."""
    request = RunRequest.of(recipe(key), **{"epochs": EPOCHS, "seed": seed} | overrides)
    run = RunFolder.create(tmp_path, request, about)
    run.write_state(State(phase=phase, device="2 CPU cores", precision="float32"))
    write_events(
        run,
        *[
            {
                "kind": "epoch",
                "epoch": number,
                "loss": loss,
                "accuracy": value,
                "val_loss": loss,
                "val_accuracy": value,
                "epoch_seconds": 2.5,
                "seconds": 2.5 * number,
            }
            for number, value in enumerate(accuracies, 1)
        ],
    )
    run.write_evaluation({"test": {"accuracy": 0.75, "photos": 192}})
    return run.id


def collapsed(tmp_path, key=KEY, seed=0):
    return trained(tmp_path, DEAD, key, seed, loss=math.log(2))


def answer(tmp_path, key=KEY):
    return outcome(tmp_path, recipe(key), EPOCHS, FINGERPRINT)


def row_of(tmp_path, key=KEY):
    return as_row(answer(tmp_path, key))


def table_of(tmp_path, **more):
    found = outcomes(tmp_path, EPOCHS, FINGERPRINT)
    device, precision, versions = made_with(found)
    machine = {"processor": "Abacus 3", "cores": 2, "memory_gb": 8, "device": device, "precision": precision}
    counts = {"training": {"cat": 1000, "dog": 1000}, "test": {"cat": 96, "dog": 96}}
    return {
        "date": "2026-11-21",
        "machine": machine,
        "versions": versions,
        "photos": {"name": "photos", "counts": counts},
        "epochs": EPOCHS,
        "rows": [as_row(one) for one in found],
    } | more


def table_lines(markdown):
    return [line for line in markdown.splitlines() if line.startswith("|")]


def test_a_recipe_is_asked_for_with_its_own_settings_and_three_seeds():
    asked = requests(recipe("post5-model4"), EPOCHS)
    assert [request.seed for request in asked] == list(SEEDS) == [0, 1, 2]
    assert {(request.learning_rate, request.batch_size, request.epochs) for request in asked} == {(0.0001, 32, 20)}
    with pytest.raises(SettingError, match="The number of epochs must lie between 1 and 200; 0 was given."):
        requests(recipe(KEY), 0)


def test_a_recipe_without_a_run_has_no_answer(tmp_path):
    assert answer(tmp_path) is None
    assert outcomes(tmp_path / "missing", EPOCHS, FINGERPRINT) == []


def test_of_several_finished_runs_the_newest_answers(tmp_path):
    trained(tmp_path, GOOD)
    newest = trained(tmp_path, GOOD)
    assert answer(tmp_path).run.id == newest


@pytest.mark.parametrize(
    "other",
    [
        {"epochs": 19},
        {"learning_rate": 0.01},
        {"batch_size": 16},
        {"limit": 100},
        {"seed": 1},
        {"seed": 3},
        {"key": "post4-model1"},
        {"phase": "stopped"},
        {"phase": "failed"},
        {"phase": "running"},
        {"about": ABOUT | {"photos": {"fingerprint": "fedcba9876543210", "name": "photos"}}},
    ],
    ids=str,
)
def test_a_run_of_other_settings_photos_or_end_does_not_answer(tmp_path, other):
    trained(tmp_path, GOOD, **other)
    assert answer(tmp_path) is None


def test_a_recipe_whose_key_begins_like_another_has_its_own_runs(tmp_path):
    trained(tmp_path, GOOD, "post3-model1.1")
    assert answer(tmp_path, "post3-model1") is None
    assert answer(tmp_path, "post3-model1.1")


def test_a_folder_that_cannot_be_understood_is_passed_over(tmp_path):
    good, broken = trained(tmp_path, GOOD), trained(tmp_path, GOOD)
    edit_json(tmp_path / broken / "run.json", format=2)
    request = requests(recipe(KEY), EPOCHS)[0]
    assert finished_run(tmp_path, request, FINGERPRINT).id == good


def test_a_run_under_way_is_found_by_its_request_and_photos_unless_it_is_about_to_stop(tmp_path):
    room = Room(tmp_path)
    first, second = room.submit(2)
    under_way = room.board.under_way()
    assert waiting_run(under_way, asked(), FINGERPRINT).id == first
    assert waiting_run(under_way, asked(seed=1), FINGERPRINT) is None
    assert waiting_run(under_way, asked(), "fedcba9876543210") is None
    room.board.stop(first)
    assert waiting_run(room.board.under_way(), asked(), FINGERPRINT).id == second


def test_where_a_seed_collapsed_the_next_one_answers_and_both_are_told(tmp_path):
    first, second = collapsed(tmp_path), trained(tmp_path, GOOD, seed=1)
    row = row_of(tmp_path)
    assert (row["run"], row["seed"], row["did"]) == (second, 1, "learning")
    assert row["collapsed"] == [{"seed": 0, "run": first, "last_five": 0.5}]


def test_a_run_that_did_not_collapse_answers_whatever_later_seeds_did(tmp_path):
    first = trained(tmp_path, GOOD)
    trained(tmp_path, GOOD, seed=1)
    assert answer(tmp_path).run.id == first


def test_where_all_seeds_collapsed_the_last_stands_and_all_are_told(tmp_path):
    ids = [collapsed(tmp_path, seed=seed) for seed in SEEDS]
    row = row_of(tmp_path)
    assert (row["run"], row["did"], row["verdict"]) == (ids[-1], "collapsed", "collapsed")
    assert [run["run"] for run in row["collapsed"]] == ids


def test_the_figures_of_a_row_are_those_of_the_events_and_of_the_post(tmp_path):
    accuracies = [0.5] * 13 + [0.7781, 0.71, 0.72, 0.73, 0.74, 0.76, 0.75]
    run_id = trained(tmp_path, accuracies)
    assert row_of(tmp_path) == {
        "recipe": KEY,
        "architecture": "preprocessing",
        "claim": "72-77%",
        "claimed_low": 0.72,
        "claimed_high": 0.77,
        "post_last_five": 0.74604,
        "post_test": None,
        "seed": 0,
        "run": run_id,
        "last_five": 0.74,
        "best": 0.7781,
        "best_epoch": 14,
        "test": 0.75,
        "gap": 0.0,
        "did": "learning",
        "verdict": "within",
        "points_below": 0.604,
        "seconds": 50.0,
        "seconds_per_epoch": 2.5,
        "collapsed": [],
    }


def test_a_run_whose_accuracy_was_never_a_number_has_a_row_without_figures(tmp_path):
    trained(tmp_path, [None] * EPOCHS, loss=None)
    row = row_of(tmp_path)
    assert (row["last_five"], row["best"], row["points_below"], row["verdict"]) == (None, None, None, "ran away")
    (line,) = table_lines(as_markdown(table_of(tmp_path)))[2:]
    assert line == "| post4-model3 | 72-77% | 74.6 % | none | none | 75.0 % | not given | 50 | ran away |"


@pytest.mark.parametrize(
    ("less", "words"),
    [
        (0.0, "within"),
        (-0.08, "above"),
        (0.0399, "within"),
        (0.0405, "within, 4.0 points below: a finding"),
        (0.052, "below by 5.2 points: a finding"),
    ],
)
def test_more_than_four_points_below_the_post_is_a_finding(tmp_path, less, words):
    trained(tmp_path, [0.6] * 15 + [published(KEY).last_five_mean - less] * 5)
    assert verdict_in_words(row_of(tmp_path)) == words


def test_a_finding_is_named_with_its_figures(tmp_path):
    trained(tmp_path, [0.65] * EPOCHS)
    assert as_markdown(table_of(tmp_path)).endswith(
        "## Findings\n\n- post4-model3 reached 65.0 % where the post reached 74.6 %, 9.6 points less (means of the "
        "last five epochs, seed 0; what the curves say: learning).\n"
    )


def test_every_collapsed_run_is_named_with_its_seed(tmp_path):
    first, second = collapsed(tmp_path, "post4-model1"), collapsed(tmp_path)
    third = trained(tmp_path, GOOD, seed=1)
    sentence = "collapsed with seed 0: every photo got the same answer, and the last five epochs have a mean of 50.0 %."
    listed = as_markdown(table_of(tmp_path)).partition("## Findings")[2]
    assert f"- post4-model1 {sentence} It is the one that the table shows: run {first}.\n" in listed
    assert f"- post4-model3 {sentence} It is kept: run {second}.\n" in listed
    assert third not in listed


def test_without_findings_the_page_says_so(tmp_path):
    trained(tmp_path, GOOD)
    assert as_markdown(table_of(tmp_path)).endswith(
        f"\nNone: no recipe lies more than {FINDING:.0f} points below its post, and no run collapsed.\n"
    )


def test_a_person_s_notes_are_further_items_of_the_findings(tmp_path):
    trained(tmp_path, [0.65] * EPOCHS)
    page = as_markdown(table_of(tmp_path, notes=["It is the seed:\nseed 3 reaches 74 %.", "More to come."]))
    assert page.endswith("\n- It is the seed: seed 3 reaches 74 %.\n- More to come.\n")
    assert page.count("\n- ") == 3


def test_the_page_of_all_recipes_has_a_row_for_each_in_the_catalogue_s_order(tmp_path):
    for key in reversed(RECIPES):
        trained(tmp_path, published(key).val_accuracy, key)
    page = as_markdown(table_of(tmp_path))
    head, rule, *rows = table_lines(page)
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in rows]
    assert [one[0] for one in cells] == list(RECIPES)
    assert {len(one) for one in cells} == {len(COLUMNS)} == {head.count("|") - 1} == {rule.count("|") - 1}
    assert all(one[2] == one[3] for one in cells)  # these runs went as the posts' did
    assert all("finding" not in one[8] for one in cells)
    assert cells[17] == [
        "post4-model4", "around 98%", "97.7 %", "97.7 %", "98.6 %", "75.0 %", "98.4 %", "50", "within",
    ]  # fmt: skip
    assert "\n22 of 22 recipes are there.\n" in page


def test_the_page_says_how_it_came_about_and_how_many_recipes_are_there(tmp_path):
    trained(tmp_path, GOOD)
    assert as_markdown(table_of(tmp_path)).startswith(
        "# The recipes of the posts, trained again\n\n"
        "2026-11-21: Abacus 3, 2 cores, 8 GB of memory, computed on 2 CPU cores in float32.\n"
        "catdog 1.\n"
        "Photos of photos: 2,000 training, 192 test. 20 epochs, one seed each: 0, or the next where a run collapsed.\n"
        "1 of 22 recipes are there.\n\n"
    )


def test_the_page_says_what_decides_the_transfer_rows(tmp_path):
    words = " ".join(as_markdown(table_of(tmp_path)).split())
    assert "The weights of MobileNetV2 that a machine has decide the rows of the transfer recipes." in words
    assert "0 of 22 recipes are there." in words


def test_versions_that_differ_between_runs_stand_side_by_side(tmp_path):
    trained(tmp_path, GOOD, about=ABOUT | {"versions": {"catdog": "1", "keras": "3.14"}})
    for key in ("post4-model1", "post4-model2"):
        trained(tmp_path, GOOD, key, about=ABOUT | {"versions": {"catdog": "1", "keras": "3.15"}})
    _, _, versions = made_with(outcomes(tmp_path, EPOCHS, FINGERPRINT))
    assert versions == {"catdog": "1", "keras": "3.15 and 3.14"}


def test_the_table_in_the_documents_has_every_recipe_and_is_what_its_json_says():
    documents = Path(__file__).parents[2] / "docs"
    table = json.loads((documents / "reproduction.json").read_text(encoding="utf-8"))
    assert [row["recipe"] for row in table["rows"]] == list(RECIPES)
    assert table["epochs"] == 20
    assert (documents / "reproduction.md").read_text(encoding="utf-8") == as_markdown(table)

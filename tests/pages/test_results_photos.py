"""The Results page where runs learned from different photos, or stand on another base: kept apart, and named."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from catdog.recipes import RECIPES
from catdog.settings import DATASET_NAME
from catdog.training import Board, RunRequest, Snapshot
from catdog.ui.results_posts import comparable
from tests.pages import test_results_page
from tests.pages.conftest import spoken, tell
from tests.pages.test_classify_page import charts
from tests.pages.test_results_page import chosen, column, visit
from tests.pages.test_training_page import texts

fresh_server = test_results_page.fresh_server  # nothing of another test is kept
networks = test_results_page.networks  # no real network is loaded

REAL = {"fingerprint": "1" * 16, "kind": "real", "name": DATASET_NAME}
SAMPLE = {"fingerprint": "2" * 16, "kind": "sample", "name": "drawn_sample"}
PETS = {"fingerprint": "3" * 16, "kind": "own", "name": "pets"}
WARNING = "These runs did not learn from the same photos"
TITLES = {"real": "The 3,000 real photos", "own": "Your own folder", "sample": "The drawn sample of 600"}


def run_on(
    home: Path, photos: dict[str, str], best: float = 0.6, key: str = "post4-model1", phase: str = "finished", **asked
) -> Snapshot:
    """A run on these photos, as the post would have it."""
    board, request = Board(home / "runs"), RunRequest.of(RECIPES[key], **asked)
    run_id = board.submit(request, photos)
    epochs = [(best, best)] * (request.epochs if phase == "finished" else 1)
    tell(home, run_id, epochs, phase)
    return board.snapshot(run_id)


def ids(*runs: Snapshot) -> list[str]:
    return [run.id for run in runs]


def warnings(page: AppTest) -> list[str]:
    return [spoken(warning.value) for warning in page.warning]


def test_each_run_says_what_it_learned_from(home):
    for photos in (REAL, SAMPLE, PETS, {"fingerprint": "4" * 16, "name": DATASET_NAME}):
        run_on(home, photos)
    assert column(visit(), "photos") == ["the real photos", "the folder pets", "the drawn sample", "the real photos"]


@pytest.mark.parametrize(("newest", "other"), [(REAL, SAMPLE), (SAMPLE, REAL), (PETS, REAL)])
def test_at_first_only_runs_on_the_newest_run_s_photos_are_chosen(newest, other, home):
    run_on(home, other, 0.99)
    plain = run_on(home, newest, 0.55)
    run_on(home, other, 0.99, "post4-model2")
    augmented = run_on(home, newest, 0.5, "post4-model2")
    page = visit()
    assert chosen(page) == ids(augmented, plain)
    assert not page.warning


def test_of_what_trains_now_only_the_runs_on_the_same_photos_are_chosen_at_first(home):
    other = run_on(home, SAMPLE, phase="running")
    alike = run_on(home, REAL, phase="running")
    assert chosen(visit()) == ids(alike)
    assert other.id in [run.id for run in Board(home / "runs").under_way()]


def test_another_folder_of_one_s_own_is_another_set(home):
    run_on(home, PETS)
    newer = run_on(home, PETS | {"fingerprint": "9" * 16})
    assert chosen(visit()) == ids(newer)


@pytest.mark.parametrize(
    ("photos", "told"),
    [(SAMPLE, "the drawn sample"), (PETS, "the folder pets")],
    ids=["the sample", "own photos"],
)
def test_runs_on_different_photos_side_by_side_are_named_with_what_each_learned_from(photos, told, home):
    real, other = run_on(home, REAL), run_on(home, photos, key="post4-model2")
    page = visit(runs=f"{real.id},{other.id}")
    (warning,) = warnings(page)
    assert warning.startswith(WARNING)
    assert "their figures cannot be compared" in warning
    assert f"From {told}: {other.title}. From the real photos: {real.title}." in warning


def test_runs_on_two_folders_of_one_s_own_are_not_compared_either(home):
    first, second = run_on(home, PETS), run_on(home, PETS | {"fingerprint": "9" * 16, "name": "*more*"})
    (warning,) = warnings(visit(runs=f"{first.id},{second.id}"))
    assert "the folder *more*" in warning
    assert "the folder pets" in warning


@pytest.mark.parametrize("photos", [REAL, SAMPLE, PETS], ids=lambda photos: photos["kind"])
def test_runs_on_the_same_photos_are_compared_without_a_word(photos, home):
    first, second = run_on(home, photos), run_on(home, photos, key="post4-model2")
    assert not visit(runs=f"{first.id},{second.id}").warning


def test_the_table_can_be_narrowed_to_what_runs_learned_from(home):
    runs = {photos["kind"]: run_on(home, photos) for photos in (REAL, SAMPLE, PETS)}
    page = visit()
    assert page.pills(key="results.sets").options == list(TITLES.values())
    words = {"real": "the real photos", "own": "the folder pets", "sample": "the drawn sample"}
    for kind in runs:
        page.pills(key="results.sets").set_value([kind]).run()
        assert not page.exception
        assert column(page, "photos") == [words[kind]]
    page.pills(key="results.sets").set_value(["real", "sample"]).run()
    assert column(page, "photos") == [words["sample"], words["real"]]
    page.pills(key="results.sets").set_value([]).run()
    assert len(column(page, "photos")) == 3


def test_where_all_runs_learned_from_one_set_there_is_nothing_to_narrow(home):
    for _ in range(2):
        run_on(home, SAMPLE)
    assert "results.sets" not in [pills.key for pills in visit().pills]


def test_only_runs_on_the_real_photos_and_the_post_s_own_base_are_compared_with_the_posts(home):
    plain = run_on(home, REAL)
    older = run_on(home, {"fingerprint": "4" * 16, "name": DATASET_NAME})
    transfer = run_on(home, REAL, key="post4-model4")
    others = [
        run_on(home, SAMPLE),
        run_on(home, PETS),
        run_on(home, SAMPLE, key="post4-model4"),
        run_on(home, REAL, key="post4-model4", base="embedded"),
    ]
    known = [plain, older, transfer, *others]
    assert comparable(known) == {"post4-model1": [plain, older], "post4-model4": [transfer]}
    page = visit(runs=plain.id)
    assert "3 runs of yours can be compared" in texts(page)
    assert charts(page)[-1].startswith("2 recipes, ")
    assert charts(page)[-1].count("claimed") == 3


def test_runs_that_cannot_be_compared_with_the_posts_leave_their_figure_without_any(home):
    run_on(home, SAMPLE)
    run_on(home, REAL, key="post4-model4", base="embedded")
    page = visit()
    assert "0 runs of yours can be compared" in texts(page)
    assert charts(page)[-1].startswith("22 recipes, ")
    assert charts(page)[-1].endswith("none was trained here.")


def columns(page: AppTest) -> list[str]:
    return list(page.dataframe[0].proto.column_order)


def test_the_base_has_a_column_only_where_one_stood_in(home):
    own = run_on(home, REAL, key="post4-model4")
    assert "base" not in columns(visit())
    run_on(home, REAL, key="post4-model4", base="embedded")
    page = visit()
    assert "base" in columns(page)
    shown = page.dataframe[0].value["base"]
    assert (shown[0], shown.isna().tolist()) == ("embedded", [False, True])
    assert own.request.base == "imagenet"


def test_a_run_is_called_by_what_stood_in_for_something(home):
    run = run_on(home, SAMPLE, key="post4-model4", base="embedded")
    assert visit().selectbox(key="results.run").options == [run.title]
    assert run.title == "post4-model4 (embedded base, drawn sample)"

"""What a run learned from and what stood in for something, and which runs may lie side by side."""

from dataclasses import replace

import pytest
from training_stand_ins import ABOUT

from catdog.recipes import recipe
from catdog.settings import DATASET_NAME
from catdog.training import RunRequest, Snapshot
from catdog.training.folder import RunFolder
from catdog.training.snapshot import snapshot

REAL = {"fingerprint": "1" * 16, "kind": "real", "name": DATASET_NAME}
SAMPLE = {"fingerprint": "2" * 16, "kind": "sample", "name": "drawn_sample"}
PETS = {"fingerprint": "3" * 16, "kind": "own", "name": "pets"}


@pytest.fixture
def run_on(tmp_path):
    """Makes a run on these photos."""

    def make(photos: dict[str, str], key: str = "post4-model4", **overrides: str) -> Snapshot:
        request = RunRequest.of(recipe(key), **overrides)
        return snapshot(RunFolder.create(tmp_path / "runs", request, ABOUT | {"photos": photos}))

    return make


@pytest.mark.parametrize("photos", [REAL, SAMPLE, PETS], ids=lambda photos: photos["kind"])
def test_a_run_says_which_set_it_learned_from(photos, run_on):
    assert run_on(photos).photo_set == photos["kind"]


@pytest.mark.parametrize(
    ("photos", "kind"),
    [
        ({"fingerprint": "1" * 16, "name": DATASET_NAME}, "real"),
        ({"fingerprint": "3" * 16, "name": "pets"}, "own"),
        ({"fingerprint": "3" * 16, "name": "drawn_sample"}, "own"),  # there was no sample when runs had no kind
        ({}, "own"),
    ],
    ids=["the public set", "a folder", "a folder of the sample's name", "nothing"],
)
def test_an_older_run_without_a_kind_is_known_by_the_name_of_its_set(photos, kind, run_on):
    assert run_on(photos).photo_set == kind


@pytest.mark.parametrize("kind", ["drawn", "", None, 3, ["real"]])
def test_a_kind_that_is_none_counts_as_if_it_were_not_there(kind, run_on):
    assert run_on(REAL | {"kind": kind}).photo_set == "real"
    assert run_on(PETS | {"kind": kind}).photo_set == "own"


def test_runs_on_the_real_photos_have_the_same_ones_whenever_they_were_decoded(run_on):
    real = run_on(REAL)
    assert real.same_photos(run_on(REAL | {"fingerprint": "9" * 16}))
    assert real.same_photos(run_on({"fingerprint": "9" * 16, "name": DATASET_NAME}))


def test_two_folders_of_ones_own_are_two_sets_even_under_one_name(run_on):
    pets = run_on(PETS)
    assert pets.same_photos(run_on(PETS | {"name": "moved"}))
    assert not pets.same_photos(run_on(PETS | {"fingerprint": "9" * 16}))


def test_runs_on_different_kinds_never_have_the_same_photos(run_on):
    runs = [run_on(photos | {"fingerprint": "1" * 16}) for photos in (REAL, SAMPLE, PETS)]
    same = [(one, other) for one in range(3) for other in range(3) if runs[one].same_photos(runs[other])]
    assert same == [(0, 0), (1, 1), (2, 2)]


@pytest.mark.parametrize(
    ("photos", "base", "title"),
    [
        (REAL, "imagenet", "post4-model4"),
        (PETS, "imagenet", "post4-model4"),
        (SAMPLE, "imagenet", "post4-model4 (drawn sample)"),
        (REAL, "embedded", "post4-model4 (embedded base)"),
        (SAMPLE, "embedded", "post4-model4 (embedded base, drawn sample)"),
    ],
    ids=["neither", "own photos", "the sample", "the embedded base", "both"],
)
def test_the_title_names_what_stood_in_for_something(photos, base, title, run_on):
    assert run_on(photos, base=base).title == title


def test_a_name_that_someone_gave_leaves_the_title_as_it_is(run_on):
    assert replace(run_on(SAMPLE, "post4-model1"), name="mine").title == "post4-model1 (drawn sample)"

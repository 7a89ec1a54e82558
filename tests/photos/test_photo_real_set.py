"""The 3,000 photos of the public archive, where CATDOG_DATASET_URL names it: fetched, unpacked and prepared once."""

import os

import numpy as np
import pytest

from catdog.photos import open_prepared, ready_photos
from catdog.photos.decode import read_photo
from catdog.settings import DATASET_NAME, REAL, Settings
from tests.conftest import REAL_PHOTOS, skip_or_fail


@pytest.fixture(scope="module")
def where(tmp_path_factory):
    url = os.environ.get(REAL_PHOTOS)
    if not url:
        skip_or_fail(f"{REAL_PHOTOS} does not name the archive of photos")
    return Settings(home=tmp_path_factory.mktemp("real"), dataset_url=url)


@pytest.fixture(scope="module")
def photos(where):
    return ready_photos(where, lambda progress: None, REAL)


def test_the_public_photos_are_2000_808_and_192_evenly_by_class(photos):
    assert photos.counts() == {
        "training": {"cat": 1000, "dog": 1000},
        "validation": {"cat": 404, "dog": 404},
        "test": {"cat": 96, "dog": 96},
    }
    assert photos.unreadable == ()
    assert (photos.name, photos.photos.shape) == (DATASET_NAME, (3000, 160, 160, 3))


def test_the_splits_share_no_photo(photos):
    every = np.concatenate([photos.positions(split) for split in ("training", "validation", "test")])
    assert sorted(every.tolist()) == list(range(3000))


def test_each_label_agrees_with_the_name_of_its_file(photos):
    named = ["cat.", "dog."]
    for file, label in zip(photos.files, photos.labels, strict=True):
        assert file.split("/")[-1].startswith(named[label])


def test_the_array_holds_what_the_decoder_reads(photos):
    for position in range(0, 3000, 300):
        data = (photos.root / photos.files[position]).read_bytes()
        np.testing.assert_array_equal(photos.photos[position], read_photo(data))
    assert np.array(photos.photos[::100]).std(axis=(1, 2, 3)).min() > 5  # no photo is blank


def test_the_prepared_set_is_found_again_by_its_fingerprint(photos, where):
    again = open_prepared(where.prepared, photos.fingerprint)
    assert again.counts() == photos.counts()
    assert ready_photos(where, lambda progress: None, REAL).fingerprint == photos.fingerprint


def test_the_archive_does_not_stay_beside_its_photos(photos, where):
    assert [path.name for path in where.photos.iterdir() if path.suffix != ".lock"] == [DATASET_NAME]

"""Which files a set of photos consists of, and when it counts as another set."""

import os
import shutil
from pathlib import Path

import pytest

from catdog.errors import PhotosError
from catdog.photos.sources import (
    Source,
    fingerprint,
    known_sets,
    list_files,
    real_photos_here,
    set_in_use,
    source,
)
from catdog.settings import DATASET_NAME, SAMPLE_NAME, Settings
from tests.conftest import make_photos


@pytest.fixture
def root(tmp_path):
    return make_photos(tmp_path / "pets", train=3, validation=2)


def key(root):
    return fingerprint(list_files(root))


def set_modified(path: Path, seconds: int) -> None:
    os.utime(path, (seconds, seconds))


def test_files_come_train_first_cats_first_then_by_name(root):
    assert [(photo.file, photo.folder, photo.label) for photo in list_files(root)] == [
        ("train/cats/000.jpg", "train", 0),
        ("train/cats/001.jpg", "train", 0),
        ("train/cats/002.jpg", "train", 0),
        ("train/dogs/000.jpg", "train", 1),
        ("train/dogs/001.jpg", "train", 1),
        ("train/dogs/002.jpg", "train", 1),
        ("validation/cats/000.jpg", "validation", 0),
        ("validation/cats/001.jpg", "validation", 0),
        ("validation/dogs/000.jpg", "validation", 1),
        ("validation/dogs/001.jpg", "validation", 1),
    ]


def test_each_file_is_known_by_its_size_and_date(root):
    set_modified(root / "train/cats/001.jpg", 1_500_000_000)
    photo = list_files(root)[1]
    assert (photo.size, photo.modified) == ((root / "train/cats/001.jpg").stat().st_size, 1_500_000_000)


def test_pictures_of_any_usual_suffix_count_and_other_files_do_not(root):
    cats = root / "train" / "cats"
    for name in ("a.JPG", "b.jpeg", "c.png", "d.webp", "e.gif", "f.bmp", "g.TIFF", "h.avif"):
        (cats / name).write_bytes(b"x")
    for name in ("notes.txt", "Thumbs.db", ".hidden.jpg", "jpg", "photo"):
        (cats / name).write_bytes(b"x")
    (cats / "folder.jpg").mkdir()
    (cats / "nowhere.jpg").symlink_to(root / "gone.jpg")
    found = [Path(photo.file).name for photo in list_files(root) if photo.file.startswith("train/cats/")]
    assert found == sorted(
        ["000.jpg", "001.jpg", "002.jpg", "a.JPG", "b.jpeg", "c.png", "d.webp", "e.gif", "f.bmp", "g.TIFF", "h.avif"]
    )


def test_a_missing_folder_is_named_with_what_to_set(tmp_path):
    with pytest.raises(PhotosError) as error:
        list_files(tmp_path / "gone")
    assert str(error.value) == (
        f"There is no folder {tmp_path / 'gone'}. Set CATDOG_PHOTOS to a folder with train/ and validation/."
    )


@pytest.mark.parametrize("missing", ["train", "train/cats", "train/dogs", "validation/cats", "validation/dogs"])
def test_a_missing_class_is_named(root, missing):
    shutil.rmtree(root / missing)
    with pytest.raises(PhotosError, match=r"holds 0 pictures; at least 2 are needed\. A set has train/") as error:
        list_files(root)
    assert str(root / missing) in str(error.value)


def test_an_empty_class_is_named(root):
    for path in (root / "validation" / "dogs").iterdir():
        path.unlink()
    with pytest.raises(PhotosError, match="holds 0 pictures") as error:
        list_files(root)
    assert str(error.value).startswith(str(root / "validation" / "dogs"))


def test_a_class_of_a_single_picture_is_refused_and_one_of_two_is_not(root):
    dogs = root / "validation" / "dogs"
    assert len(list_files(root)) == 10
    (dogs / "000.jpg").unlink()
    with pytest.raises(PhotosError, match="holds 1 pictures; at least 2 are needed"):
        list_files(root)


def test_a_file_in_the_place_of_the_folder_is_no_set(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(PhotosError, match="There is no folder"):
        list_files(tmp_path / "file")


def test_the_fingerprint_is_sixteen_hexadecimal_digits_and_stays(root):
    first = key(root)
    assert len(first) == 16 and set(first) <= set("0123456789abcdef")
    assert key(root) == first


def test_reading_photos_and_other_files_beside_them_do_not_change_the_fingerprint(root):
    before = key(root)
    (root / "train/cats/000.jpg").read_bytes()
    (root / "train/cats/notes.txt").write_text("a cat")
    (root / "readme.md").write_text("mine")
    assert key(root) == before


def test_the_place_of_the_set_does_not_change_the_fingerprint(root, tmp_path):
    shutil.copytree(root, tmp_path / "copy")  # keeps the dates, as an unpacked archive does
    assert key(tmp_path / "copy") == key(root)


def longer(root):
    path = root / "train/cats/000.jpg"
    modified = int(path.stat().st_mtime)
    path.write_bytes(path.read_bytes() + b"\0")
    set_modified(path, modified)


def same_size_later(root):
    set_modified(root / "train/dogs/002.jpg", 1_600_000_000)


def added(root):
    shutil.copy2(root / "train/cats/000.jpg", root / "train/cats/003.jpg")


def removed(root):
    (root / "train/dogs/002.jpg").unlink()


def renamed(root):
    (root / "train/dogs/002.jpg").rename(root / "train/dogs/003.jpg")


def moved_to_the_other_class(root):
    (root / "train/dogs/002.jpg").rename(root / "train/cats/003.jpg")


CHANGES = [longer, same_size_later, added, removed, renamed, moved_to_the_other_class]


@pytest.mark.parametrize("change", CHANGES, ids=[change.__name__ for change in CHANGES])
def test_the_fingerprint_changes_with_the_files(root, change):
    before = key(root)
    change(root)
    assert key(root) != before


def test_the_fingerprint_changes_with_the_decoder(root, monkeypatch):
    before = key(root)
    monkeypatch.setattr("catdog.photos.sources.DECODER_VERSION", 2_000)
    assert key(root) != before


def test_a_name_that_is_no_text_is_counted_as_well(root):
    odd = os.fsdecode(b"caf\xe9.jpg")  # Latin-1, as old archives have it
    shutil.copy2(root / "train/cats/000.jpg", root / "train/cats" / odd)
    assert f"train/cats/{odd}" in [photo.file for photo in list_files(root)]
    assert len(key(root)) == 16


def test_each_set_has_its_place_and_its_name(tmp_path):
    where = Settings(home=tmp_path, wanted_photos="own", own_photos=tmp_path / "pets")
    assert source(where, "own") == Source(tmp_path / "pets", "own")
    assert source(where, "real") == Source(tmp_path / "photos" / DATASET_NAME, "real")
    assert source(where, "sample") == Source(tmp_path / "photos" / SAMPLE_NAME, "sample")
    assert [source(where, kind).name for kind in known_sets(where)] == [DATASET_NAME, "pets", SAMPLE_NAME]


def test_without_a_folder_of_ones_own_there_is_none_to_choose(tmp_path):
    assert known_sets(Settings(home=tmp_path)) == ("real", "sample")


@pytest.mark.parametrize("wanted", ["real", "own", "sample"])
def test_the_set_that_the_settings_name_is_in_use_whatever_is_there(tmp_path, wanted):
    assert set_in_use(Settings(home=tmp_path, wanted_photos=wanted, own_photos=tmp_path)) == wanted


def test_the_sample_stands_in_until_the_public_photos_are_there(tmp_path):
    where = Settings(home=tmp_path)
    assert (set_in_use(where), real_photos_here(where)) == ("sample", False)
    (tmp_path / "photos" / DATASET_NAME).mkdir(parents=True)
    assert (set_in_use(where), real_photos_here(where)) == ("real", True)

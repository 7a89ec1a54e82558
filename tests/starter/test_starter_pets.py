"""Which photos the starter may learn from: a zip, without whatever judges it."""

import zipfile
from pathlib import Path

import numpy as np
import pytest

from catdog.errors import PhotosError
from catdog.photos import PreparedPhotos
from catdog.starter import pets
from tests.conftest import jpeg

TRAIN, VALIDATION = 6, 4  # photos of each class


@pytest.fixture
def prepared(monkeypatch):
    """A set whose photos each have their own grey; four of the training photos choose."""
    monkeypatch.setattr(pets, "CHOOSING", 4)
    files = [
        f"{folder}/{name}s/{name}.{number}.jpg"
        for folder, numbers in (("train", range(TRAIN)), ("validation", range(100, 100 + VALIDATION)))
        for name in ("cat", "dog")
        for number in numbers
    ]
    count = len(files)
    return PreparedPhotos(
        fingerprint="0" * 16,
        name="pets",
        root=Path("pets"),
        photos=np.repeat(np.arange(count, dtype=np.uint8), 160 * 160 * 3).reshape(count, 160, 160, 3),
        labels=np.array(["/dogs/" in file for file in files], np.uint8),
        files=tuple(files),
        folders=tuple(file.split("/")[0] for file in files),
        sizes=np.full((count, 2), 160),
        unreadable=(),
    )


def held_out(prepared):
    return {prepared.files[position] for position in [*pets.choosing_positions(prepared), *prepared.held_out]}


def make_zip(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def flat(value, size=20):
    return jpeg(np.full((size, 2 * size, 3), value, np.uint8))


def read(path, prepared):
    return pets.read_pets(path, prepared, lambda progress: None)


def values(photos):
    """The grey of each photo, and its label."""
    pairs = zip(photos.photos.reshape(len(photos.photos), -1).mean(axis=1), photos.labels, strict=True)
    return [(round(float(value)), int(label)) for value, label in pairs]


def test_the_photos_that_choose_are_some_of_the_training_photos_evenly_by_class(prepared):
    choosing = pets.choosing_positions(prepared)
    assert len(set(choosing.tolist())) == 4
    assert set(choosing.tolist()) <= set(prepared.positions("training").tolist())
    assert prepared.labels[choosing].sum() == 2
    np.testing.assert_array_equal(choosing, pets.choosing_positions(prepared))


def test_the_exam_is_the_whole_validation_folder(prepared):
    exam = prepared.held_out
    assert sorted(exam.tolist()) == [n for n, folder in enumerate(prepared.folders) if folder == "validation"]
    assert not set(exam.tolist()) & set(pets.choosing_positions(prepared).tolist())


def test_photos_of_the_set_come_with_their_labels(prepared):
    some = pets.labelled(prepared, np.array([3, 7]))
    assert values(some) == [(3, 0), (7, 1)]


def test_pets_are_read_as_squares_with_the_labels_of_their_folders(prepared, tmp_path):
    archive = make_zip(tmp_path / "pets.zip", {"dogs/b.jpg": flat(200), "cats/a.JPG": flat(90), "cats/c.jpg": flat(10)})
    reports = []
    photos = pets.read_pets(archive, prepared, reports.append)
    assert (photos.photos.shape, photos.photos.dtype) == ((3, 112, 112, 3), np.uint8)
    assert values(photos) == [(90, 0), (10, 0), (200, 1)]
    assert [(one.done, one.total) for one in reports] == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize("place", ["{}/{}", "pets/more/{}/{}", "./{}/{}"])
@pytest.mark.parametrize("spelled", [str, str.upper, str.title], ids=["as it is", "upper case", "title case"])
def test_photos_that_judge_are_left_out_wherever_they_lie_and_however_they_are_spelled(
    prepared, tmp_path, place, spelled
):
    members = {}
    for file in prepared.files:
        _, folder, name = file.split("/")
        members[place.format(folder, spelled(name))] = flat(100)
    photos = read(make_zip(tmp_path / "pets.zip", members), prepared)
    assert len(photos.labels) == len(prepared.files) - len(held_out(prepared)) == 2 * TRAIN - 4
    assert photos.labels.tolist() == [0] * 4 + [1] * 4


def test_a_photo_that_judges_is_left_out_of_the_wrong_folder_as_well(prepared, tmp_path):
    members = {"cats/a.jpg": flat(1), "dogs/a.jpg": flat(2), "dogs/cat.101.jpg": flat(99)}
    assert values(read(make_zip(tmp_path / "pets.zip", members), prepared)) == [(1, 0), (2, 1)]


def test_other_files_and_folders_are_none_of_its_business(prepared, tmp_path):
    members = {
        "cats/": "",
        "readme.txt": "x",
        "cats/notes.txt": "x",
        "birds/a.jpg": "x",
        "a.jpg": "x",
        "cats/a.jpg": flat(1),
        "dogs/a.jpg": flat(2),
    }
    assert values(read(make_zip(tmp_path / "pets.zip", members), prepared)) == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    "members",
    [{}, {"readme.txt": "x"}, {"cats/a.jpg": flat(1)}, {"dogs/a.jpg": flat(1), "birds/a.jpg": flat(1)}],
    ids=["empty", "no photos", "only cats", "only dogs"],
)
def test_a_zip_without_both_is_a_sentence(prepared, tmp_path, members):
    with pytest.raises(PhotosError, match="must hold JPEG photos in the two folders cats/ and dogs/"):
        read(make_zip(tmp_path / "pets.zip", members), prepared)


def damaged_zips(tmp_path):
    good = make_zip(tmp_path / "good.zip", {"cats/a.jpg": flat(1), "dogs/a.jpg": flat(2)}).read_bytes()
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("cats/a.jpg", flat(1))
    packed = bytearray((tmp_path / "packed.zip").read_bytes())
    start = packed.index(b"cats/a.jpg") + len("cats/a.jpg")
    packed[start : start + 20] = b"\xff" * 20
    locked = bytearray(good)
    for sign, place in ((b"PK\x01\x02", 8), (b"PK\x03\x04", 6)):
        at = locked.index(sign)
        locked[at + place] |= 1  # says that there is a password
    return {
        "no zip": b"hello",
        "nothing": b"",
        "half": good[: len(good) // 2],
        "damaged inside": bytes(packed),
        "locked": bytes(locked),
        "a photo that is none": make_zip(tmp_path / "text.zip", {"cats/a.jpg": "text"}).read_bytes(),
    }


def test_a_zip_that_cannot_be_read_is_a_sentence(prepared, tmp_path):
    for what, content in damaged_zips(tmp_path).items():
        path = tmp_path / f"{what}.zip"
        path.write_bytes(content)
        with pytest.raises(PhotosError, match="cannot be read as a zip of cats/ and dogs/"):
            read(path, prepared)
    with pytest.raises(PhotosError, match="cannot be read"):
        read(tmp_path / "gone.zip", prepared)
    with pytest.raises(PhotosError, match="cannot be read"):
        read(tmp_path, prepared)

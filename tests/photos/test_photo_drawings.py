"""The drawn sample: the same pictures everywhere, alike but for what makes a cat or a dog, and whole or not at all."""

import errno
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from catdog.errors import DiskError
from catdog.photos import drawings
from catdog.photos.drawings import SIDES, draw, draw_sample
from catdog.photos.sources import fingerprint, list_files
from catdog.settings import CLASS_FOLDERS, SAMPLE_NAME, SAMPLE_PHOTOS

COUNTS = {"train": 6, "validation": 4}
DRAWN = 50  # pictures of each class to measure
APART = 0.4  # of the standard deviation among a class: by colour alone fewer than 6 of 10 would be told right
CAT, DOG = 0, 1


@pytest.fixture(scope="module")
def pictures():
    """Pictures by label, as the sample has them."""
    with ThreadPoolExecutor() as threads:
        return {label: list(threads.map(draw, [label] * DRAWN, [0] * DRAWN, range(DRAWN))) for label in (CAT, DOG)}


@pytest.fixture
def a_small_sample(monkeypatch):
    monkeypatch.setattr(drawings, "SAMPLE_PHOTOS", COUNTS)


@pytest.fixture
def quick(monkeypatch):
    """Each picture is one grey square; returns the (label, seed, number) of those drawn so far."""
    asked = []

    def draw_square(label, seed, number):
        asked.append((label, seed, number))
        return Image.new("RGB", (4, 4), (number % 256,) * 3)

    monkeypatch.setattr(drawings, "draw", draw_square)
    return asked


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "photos" / SAMPLE_NAME


def ignore(_):
    pass


def left_in(folder):
    """The names in a folder, but for a lock that two processes may share there."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_the_same_arguments_draw_the_same_pixels():
    assert draw(DOG, 3, 7).tobytes() == draw(DOG, 3, 7).tobytes()


@pytest.mark.parametrize("other", [(CAT, 3, 7), (DOG, 4, 7), (DOG, 3, 8)], ids=["class", "seed", "number"])
def test_another_class_seed_or_number_draws_another_picture(other):
    assert draw(*other).tobytes() != draw(DOG, 3, 7).tobytes()


def test_every_picture_is_rgb_and_within_the_limits_of_size(pictures):
    drawn = pictures[CAT] + pictures[DOG]
    assert {picture.mode for picture in drawn} == {"RGB"}
    assert all(SIDES[0] <= side <= SIDES[1] for picture in drawn for side in picture.size)


@pytest.mark.parametrize("label", [CAT, DOG], ids=CLASS_FOLDERS)
def test_each_class_has_landscape_portrait_and_square_pictures(label, pictures):
    shapes = {np.sign(picture.width - picture.height) for picture in pictures[label]}
    assert shapes == {-1, 0, 1}


@pytest.mark.parametrize("margin", [0, 5], ids=["the whole picture", "its middle"])
def test_no_colour_and_no_brightness_gives_a_class_away(margin, pictures):
    kept = slice(margin, 16 - margin)
    cats, dogs = (
        np.array([np.asarray(one.resize((16, 16)))[kept, kept].mean(axis=(0, 1)) for one in ones])
        for ones in (pictures[CAT], pictures[DOG])
    )
    assert (np.abs(cats.mean(axis=0) - dogs.mean(axis=0)) < APART * cats.std(axis=0)).all()


def test_the_pictures_of_a_class_differ_from_one_another(pictures):
    for drawn in pictures.values():
        assert len({picture.tobytes() for picture in drawn}) == DRAWN


def test_the_sample_has_as_many_pictures_as_promised_half_of_each_class(folder, quick):
    assert draw_sample(folder, ignore) == folder
    found = {
        f"{split}/{name}": len(list((folder / split / name).iterdir()))
        for split in SAMPLE_PHOTOS
        for name in CLASS_FOLDERS
    }
    assert found == {f"{split}/{name}": count // 2 for split, count in SAMPLE_PHOTOS.items() for name in CLASS_FOLDERS}


def test_no_picture_is_drawn_for_training_and_for_validation(folder, quick):
    draw_sample(folder, ignore, seed=5)
    assert len(quick) == len(set(quick)) == sum(SAMPLE_PHOTOS.values())
    assert {seed for _, seed, _ in quick} == {5}


def test_the_files_are_readable_jpegs_all_of_them_different(folder, a_small_sample):
    draw_sample(folder, ignore)
    files = [folder / photo.file for photo in list_files(folder)]
    assert len({file.read_bytes() for file in files}) == sum(COUNTS.values())
    for file in files:
        with Image.open(file) as picture:
            assert (picture.format, picture.mode) == ("JPEG", "RGB")


def test_two_drawn_sets_have_the_same_fingerprint_and_another_seed_another(tmp_path, a_small_sample):
    prints = [
        fingerprint(list_files(draw_sample(tmp_path / name, ignore, seed)))
        for name, seed in (("first", 0), ("second", 0), ("other", 1))
    ]
    assert prints[0] == prints[1] != prints[2]


def test_drawing_reports_how_far_it_is_up_to_the_last_picture(folder, a_small_sample, quick, monkeypatch):
    monkeypatch.setattr(drawings, "REPORT_EVERY", 4)
    seen = []
    draw_sample(folder, seen.append)
    assert [(one.what, one.done, one.total, one.unit) for one in seen] == [
        ("Drawing the sample", done, 10, "pictures") for done in (4, 8, 10)
    ]


def test_a_second_call_does_nothing(folder, a_small_sample, quick):
    draw_sample(folder, ignore)
    drawn, reports = len(quick), []
    assert draw_sample(folder, reports.append) == folder
    assert (len(quick), reports) == (drawn, [])


def test_two_who_ask_at_the_same_time_get_one_drawing(folder, a_small_sample, quick, monkeypatch):
    both_asked, require_room = threading.Barrier(2), drawings.require_room

    def room_once_both_asked(*given):
        require_room(*given)
        both_asked.wait(timeout=20)

    monkeypatch.setattr(drawings, "require_room", room_once_both_asked)
    with ThreadPoolExecutor(2) as threads:
        asked = [threads.submit(draw_sample, folder, ignore) for _ in range(2)]
    assert [one.result() for one in asked] == [folder, folder]
    assert len(quick) == sum(COUNTS.values())


@pytest.fixture
def a_drawing_that_fails(monkeypatch):
    """One picture fails with the error that the test gives."""

    def fail_with(error):
        def draw_or_fail(label, seed, number):
            if (label, number) == (DOG, 2):
                raise error
            return Image.new("RGB", (4, 4))

        monkeypatch.setattr(drawings, "draw", draw_or_fail)

    return fail_with


def test_a_drawing_that_fails_in_mid_way_leaves_nothing(folder, a_small_sample, a_drawing_that_fails):
    a_drawing_that_fails(ZeroDivisionError("a unit of no pixels"))
    with pytest.raises(ZeroDivisionError):
        draw_sample(folder, ignore)
    assert left_in(folder.parent) == []


def test_who_breaks_it_off_leaves_nothing(folder, a_small_sample, quick, monkeypatch):
    def break_off(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(drawings, "REPORT_EVERY", 2)
    with pytest.raises(KeyboardInterrupt):
        draw_sample(folder, break_off)
    assert left_in(folder.parent) == []


def test_a_disk_that_fills_up_is_a_disk_error_and_leaves_nothing(folder, a_small_sample, a_drawing_that_fails):
    a_drawing_that_fails(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(DiskError, match=r"drawn_sample cannot be written \(No space left on device\)\. Make room"):
        draw_sample(folder, ignore)
    assert left_in(folder.parent) == []


def test_a_disk_without_room_is_a_disk_error_before_anything_is_drawn(folder, quick, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_000))
    with pytest.raises(DiskError, match=r"1 MB free; 24 MB are needed\. Make room first\.$"):
        draw_sample(folder, ignore)
    assert quick == []


def test_a_folder_that_cannot_be_made_is_a_disk_error(tmp_path):
    (tmp_path / "photos").write_text("a file in the way")
    with pytest.raises(DiskError, match="drawn_sample cannot be written"):
        draw_sample(tmp_path / "photos" / SAMPLE_NAME, ignore)

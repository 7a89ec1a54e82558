"""The prepared set: decoded once, opened without decoding, made anew where it is damaged."""

import io
import json
import os
import re
import shutil
import threading
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from catdog.errors import DiskError, DownloadError, PhotosError
from catdog.photos import open_prepared, prepared, ready_photos
from catdog.photos.decode import read_photo
from catdog.photos.prepared import array_file, index_file, prepare
from catdog.photos.sources import Source
from catdog.settings import Settings, settings
from tests.conftest import make_photos

ORDER = [
    f"{folder}/{name}/{number:03}.jpg"
    for folder, count in (("train", 4), ("validation", 3))
    for name in ("cats", "dogs")
    for number in range(count)
]


@pytest.fixture
def root(tmp_path):
    return make_photos(tmp_path / "pets", train=4, validation=3)


@pytest.fixture
def chosen(root):
    return Source(root, kind="own")


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "home" / "prepared"


@pytest.fixture
def no_decoding(monkeypatch):
    """Call it, and from then on a photo that is decoded fails the test."""

    def forbid():
        def read(data, draft):
            raise AssertionError("a photo was decoded")

        monkeypatch.setattr(prepared, "read_picture", read)

    return forbid


def ignore(_):
    pass


def test_every_photo_is_decoded_in_order_with_its_label(chosen, folder, root):
    photos = prepare(chosen, folder, ignore)
    assert photos.files == tuple(ORDER)
    assert photos.folders == ("train",) * 8 + ("validation",) * 6
    assert photos.labels.tolist() == [0] * 4 + [1] * 4 + [0] * 3 + [1] * 3
    assert (photos.photos.dtype, photos.photos.shape) == (np.uint8, (14, 160, 160, 3))
    for position, file in enumerate(ORDER):
        np.testing.assert_array_equal(photos.photos[position], read_photo((root / file).read_bytes()))
    assert (photos.name, photos.root, photos.unreadable) == ("pets", root, ())


def test_cats_and_dogs_are_not_mixed_up(chosen, folder):
    """The made photos show it: a cat is brighter above, a dog below."""
    photos = prepare(chosen, folder, ignore)
    above = photos.photos[:, :70].mean(axis=(1, 2, 3))
    below = photos.photos[:, 90:].mean(axis=(1, 2, 3))
    assert (below > above).astype(int).tolist() == photos.labels.tolist()


def test_more_photos_than_are_in_flight_at_once_stay_in_order(chosen, folder, monkeypatch):
    whole = np.array(prepare(chosen, folder, ignore).photos)
    monkeypatch.setattr(prepared, "CHUNK", 3)
    shutil.rmtree(folder)
    np.testing.assert_array_equal(prepare(chosen, folder, ignore).photos, whole)


def picture(size, orientation=None, kind="JPEG"):
    """The bytes of a picture of (width, height), with an EXIF mark where one is given."""
    out, exif = io.BytesIO(), Image.Exif()
    if orientation:
        exif[274] = orientation
    Image.new("RGB", size, "white").save(out, kind, exif=exif)
    return out.getvalue()


def test_the_size_of_every_photo_is_that_of_its_file(chosen, folder, root):
    """Some are read at a smaller scale, all are squeezed to a square: neither may show in what is told."""
    sizes = [(80, 60), (1_600, 1_201), (1, 2_000), (3_001, 17), (160, 160), (641, 1_283), (60, 80), (320, 319)]
    for size, file in zip(sizes, ORDER[:8], strict=True):
        (root / file).write_bytes(picture(size, kind="PNG" if size == (3_001, 17) else "JPEG"))
    photos = prepare(chosen, folder, ignore)
    assert photos.sizes.tolist() == [*map(list, sizes), *[[80, 60]] * 6]
    assert photos.photos.shape == (14, 160, 160, 3)
    assert open_prepared(folder, photos.fingerprint).sizes.tolist() == photos.sizes.tolist()


@pytest.mark.parametrize("stored", [(80, 60), (1_600, 1_200)], ids=["small", "read at a smaller scale"])
def test_the_size_of_a_photo_that_was_taken_sideways_is_told_upright(stored, chosen, folder, root):
    for orientation, file in enumerate(ORDER[:8], 1):
        (root / file).write_bytes(picture(stored, orientation))
    upright, sideways = list(stored), list(stored[::-1])
    assert prepare(chosen, folder, ignore).sizes[:8].tolist() == [upright] * 4 + [sideways] * 4


def test_the_sizes_stay_with_their_photos_where_others_cannot_be_read(chosen, folder, root):
    for number, file in enumerate(ORDER[:8]):
        (root / file).write_bytes(picture((100 + number, 50)) if number not in {0, 5} else b"no picture")
    photos = prepare(chosen, folder, ignore)
    assert len(photos.sizes) == len(photos.files) == 12
    told = dict(zip(photos.files, photos.sizes.tolist(), strict=True))
    assert [told[file] for file in (ORDER[1], ORDER[4], ORDER[6])] == [[101, 50], [104, 50], [106, 50]]


def test_the_photos_lie_in_a_memory_map_that_nobody_can_change(chosen, folder):
    photos = prepare(chosen, folder, ignore)
    assert isinstance(photos.photos, np.memmap)
    with pytest.raises(ValueError, match="read-only"):
        photos.photos[0] = 0


def test_nothing_but_the_array_and_its_index_is_left(chosen, folder):
    key = prepare(chosen, folder, ignore).fingerprint
    assert sorted(path.name for path in folder.iterdir()) == [f"{key}.json", f"{key}.npy"]


def test_progress_counts_the_photos(chosen, folder, monkeypatch):
    monkeypatch.setattr(prepared, "CHUNK", 5)
    seen = []
    prepare(chosen, folder, seen.append)
    assert [(progress.done, progress.total, progress.unit) for progress in seen] == [
        (5, 14, "photos"),
        (10, 14, "photos"),
        (14, 14, "photos"),
    ]
    assert seen[0].what == "Reading the photos"
    assert seen[0].seconds_left > 0


def test_a_second_time_nothing_is_decoded(chosen, folder, no_decoding):
    first = prepare(chosen, folder, ignore)
    no_decoding()
    reports = []
    second = prepare(chosen, folder, reports.append)
    np.testing.assert_array_equal(second.photos, first.photos)
    assert second.files == first.files
    assert reports == []


def test_a_prepared_set_opens_without_the_photos_own_files(chosen, folder, root):
    first = prepare(chosen, folder, ignore)
    pixels = np.array(first.photos)
    shutil.rmtree(root)
    again = open_prepared(folder, first.fingerprint)
    np.testing.assert_array_equal(again.photos, pixels)
    assert again.labels.tolist() == first.labels.tolist()
    assert (again.files, again.folders, again.name, again.root) == (first.files, first.folders, "pets", root)
    assert again.reference == {"fingerprint": first.fingerprint, "kind": "own", "name": "pets"}
    assert again.counts() == first.counts()


def test_an_edited_photo_makes_another_set_and_leaves_the_first(chosen, folder, root):
    first = prepare(chosen, folder, ignore)
    os.utime(root / ORDER[0], (1_500_000_000, 1_500_000_000))
    second = prepare(chosen, folder, ignore)
    assert second.fingerprint != first.fingerprint
    assert open_prepared(folder, first.fingerprint).files == first.files


def test_the_photos_of_a_split_are_those_of_its_folder(chosen, folder):
    photos = prepare(chosen, folder, ignore)
    assert photos.positions("training").tolist() == list(range(8))
    validation, test = photos.positions("validation").tolist(), photos.positions("test").tolist()
    assert sorted(validation + test) == list(range(8, 14))
    assert photos.counts() == {
        "training": {"cat": 4, "dog": 4},
        "validation": {"cat": 2, "dog": 2},
        "test": {"cat": 1, "dog": 1},
    }
    with pytest.raises(KeyError):
        photos.positions("train")


def test_unreadable_files_are_skipped_named_and_left_alone(chosen, folder, root):
    damaged = (root / "train/cats/002.jpg").read_bytes()[:400]
    (root / "train/cats/002.jpg").write_bytes(damaged)
    (root / "validation/dogs/003.png").write_bytes(b"")
    (root / "validation/dogs/004.webp").write_bytes(b"no picture")
    photos = prepare(chosen, folder, ignore)
    assert photos.files == tuple(file for file in ORDER if file != "train/cats/002.jpg")
    assert photos.labels.tolist() == [0] * 3 + [1] * 4 + [0] * 3 + [1] * 3
    assert len(photos.photos) == 13
    np.testing.assert_array_equal(photos.photos[2], read_photo((root / "train/cats/003.jpg").read_bytes()))
    assert [file for file, _ in photos.unreadable] == [
        "train/cats/002.jpg",
        "validation/dogs/003.png",
        "validation/dogs/004.webp",
    ]
    reasons = [reason for _, reason in photos.unreadable]
    assert "damaged or incomplete" in reasons[0]
    assert reasons[1] == "The file is empty."
    assert "not a picture" in reasons[2]
    assert (root / "train/cats/002.jpg").read_bytes() == damaged
    assert open_prepared(folder, photos.fingerprint).unreadable == photos.unreadable


def test_a_photo_that_may_not_be_opened_is_skipped(chosen, folder, root, monkeypatch):
    """The file goes away between the listing and the reading."""
    list_files = prepared.list_files

    def list_then_lose(place):
        files = list_files(place)
        (root / "train/dogs/001.jpg").unlink()
        return files

    monkeypatch.setattr(prepared, "list_files", list_then_lose)
    photos = prepare(chosen, folder, ignore)
    ((file, reason),) = photos.unreadable
    assert file == "train/dogs/001.jpg"
    assert reason.startswith("The file cannot be opened")


@pytest.mark.parametrize(("place", "class_name"), [("train/cats", "cat"), ("validation/dogs", "dog")])
def test_a_class_of_which_nothing_can_be_read_is_named(chosen, folder, root, place, class_name):
    for path in (root / place).iterdir():
        path.write_bytes(b"")
    with pytest.raises(PhotosError, match=f"Only 0 of the pictures in .*{class_name}s can be read") as error:
        prepare(chosen, folder, ignore)
    assert str((root / place).parent) in str(error.value)
    assert list(folder.iterdir()) == []


def test_a_class_of_which_one_photo_is_left_for_validation_and_test_is_refused(chosen, folder, root):
    """With a single readable photo the test would have none, and scoring it would fail after the whole training."""
    for name in ("cats", "dogs"):
        for number in (0, 1):
            (root / "validation" / name / f"{number:03}.jpg").write_bytes(b"")
    with pytest.raises(PhotosError):
        prepare(chosen, folder, ignore)


def test_a_set_that_was_never_prepared_is_named(folder):
    with pytest.raises(PhotosError, match=r"^The prepared photos 0123456789abcdef are missing or damaged\. Prepare"):
        open_prepared(folder, "0123456789abcdef")


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-1000])


def emptied(path):
    path.write_bytes(b"")


def overwritten_with_text(path):
    path.write_bytes(b"not an array and not JSON either")


def header_damaged(path):
    content = bytearray(path.read_bytes())
    content[content.index(b"}")] = ord("(")
    path.write_bytes(content)


def deleted(path):
    path.unlink()


def one_photo_too_few(path):
    np.save(path, np.load(path)[:-1])


ARRAY_DAMAGES = [cut_short, emptied, overwritten_with_text, header_damaged, deleted, one_photo_too_few]


@pytest.mark.parametrize("damage", ARRAY_DAMAGES, ids=[damage.__name__ for damage in ARRAY_DAMAGES])
def test_a_damaged_array_is_said_and_made_anew_by_the_next_try(chosen, folder, damage):
    first = prepare(chosen, folder, ignore)
    pixels = np.array(first.photos)
    damage(array_file(folder, first.fingerprint))
    with pytest.raises(PhotosError, match=r"missing or damaged\. Prepare them again"):
        open_prepared(folder, first.fingerprint)
    np.testing.assert_array_equal(prepare(chosen, folder, ignore).photos, pixels)


def not_an_object(path):
    path.write_text("[1, 2]")


def a_field_missing(path):
    index = json.loads(path.read_text())
    del index["labels"]
    path.write_text(json.dumps(index))


def a_label_too_few(path):
    index = json.loads(path.read_text())
    index["labels"].pop()
    path.write_text(json.dumps(index))


def cut_in_half(path):
    path.write_text(path.read_text()[: path.stat().st_size // 2])


def edited(change):
    def damage(path):
        index = json.loads(path.read_text())
        change(index)
        path.write_text(json.dumps(index))

    return damage


def from_before_there_were_sizes(path):
    edited(lambda index: index.pop("sizes"))(path)


def a_size_too_few(path):
    edited(lambda index: index["sizes"].pop())(path)


def a_size_too_many(path):
    edited(lambda index: index["sizes"].append([80, 60]))(path)


def a_size_without_its_height(path):
    edited(lambda index: index["sizes"][3].pop())(path)


def sizes_that_are_words(path):
    edited(lambda index: index.update(sizes=[["wide", "high"]] * len(index["files"])))(path)


def a_size_below_zero(path):
    edited(lambda index: index["sizes"][0].__setitem__(0, -1))(path)


def a_size_beyond_all_photos(path):
    edited(lambda index: index["sizes"][0].__setitem__(0, 2**40))(path)


def a_label_beyond_all(path):
    edited(lambda index: index["labels"].__setitem__(0, 300))(path)


def a_file_of_5(path):
    edited(lambda index: index["files"].__setitem__(0, 5))(path)


INDEX_DAMAGES = [cut_in_half, emptied, overwritten_with_text, not_an_object, a_field_missing, a_label_too_few]
INDEX_DAMAGES += [from_before_there_were_sizes, a_size_too_few, a_size_too_many, a_size_without_its_height]
INDEX_DAMAGES += [sizes_that_are_words, a_size_below_zero, a_size_beyond_all_photos, a_label_beyond_all, a_file_of_5]


@pytest.mark.parametrize("damage", INDEX_DAMAGES, ids=[damage.__name__ for damage in INDEX_DAMAGES])
def test_a_damaged_index_is_said_and_made_anew_by_the_next_try(chosen, folder, damage):
    first = prepare(chosen, folder, ignore)
    damage(index_file(folder, first.fingerprint))
    with pytest.raises(PhotosError, match=r"missing or damaged\. Prepare them again"):
        open_prepared(folder, first.fingerprint)
    again = prepare(chosen, folder, ignore)
    assert (again.files, again.labels.tolist()) == (first.files, first.labels.tolist())
    assert again.sizes.tolist() == [[80, 60]] * 14


def test_an_interrupted_preparation_leaves_nothing_that_counts_as_done(chosen, folder, monkeypatch):
    def interrupt(progress):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare(chosen, folder, interrupt)
    assert list(folder.iterdir()) == []
    assert len(prepare(chosen, folder, ignore).photos) == 14


def test_a_full_disk_is_said_with_the_room_that_is_needed(chosen, folder, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=100_000))
    with pytest.raises(DiskError) as error:
        prepare(chosen, folder, ignore)
    assert str(error.value) == f"{folder} has 0 MB free; 1 MB are needed. Make room first."
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_named(chosen, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match=r"cannot be written \(.+\)\. Make room") as error:
        prepare(chosen, tmp_path / "file" / "prepared", ignore)
    assert str(tmp_path / "file" / "prepared") in str(error.value)


def test_two_that_prepare_at_once_both_get_the_set(chosen, folder, monkeypatch):
    """The page and the terminal may begin at the same moment: neither may spoil the other's work.

    They are two processes; here two threads that see different process ids stand in for them.
    """
    monkeypatch.setattr(os, "getpid", threading.get_ident)
    together = threading.Barrier(2, timeout=20)
    results, waited = {}, threading.local()

    def prepare_one(name):
        def meet(progress):
            if not getattr(waited, "once", False):
                waited.once = True
                together.wait()

        try:
            results[name] = prepare(chosen, folder, meet)
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            results[name] = error
            together.abort()

    threads = [threading.Thread(target=prepare_one, args=(name,)) for name in ("page", "terminal")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [getattr(results[name], "files", results[name]) for name in ("page", "terminal")] == [tuple(ORDER)] * 2


def test_ones_own_folder_is_prepared_where_the_settings_name_it(own_photos, home):
    photos = ready_photos(settings(), ignore)
    assert (photos.name, photos.root) == ("own", own_photos)
    assert photos.counts()["training"] == {"cat": 12, "dog": 12}
    assert photos.counts()["test"] == {"cat": 2, "dog": 2}
    assert array_file(home / "prepared", photos.fingerprint).is_file()
    assert not (home / "photos").exists()


def test_the_public_archive_is_fetched_where_it_is_asked_for(tmp_path, home):
    """Here the archive cannot be had, and the sentence of the download says so."""
    where = Settings(home=home, dataset_url=(tmp_path / "gone.zip").as_uri())
    with pytest.raises(DownloadError, match=r"gone\.zip"):
        ready_photos(where, ignore, "real")


def test_without_any_photos_the_sample_is_drawn_and_prepared_and_is_the_same_the_next_time(home, monkeypatch):
    monkeypatch.setattr("catdog.photos.drawings.SAMPLE_PHOTOS", {"train": 8, "validation": 4})
    photos = ready_photos(Settings(home=home), ignore)
    assert photos.reference == {"fingerprint": photos.fingerprint, "kind": "sample", "name": "drawn_sample"}
    assert photos.counts()["training"] == {"cat": 4, "dog": 4}
    reports = []
    again = ready_photos(Settings(home=home), reports.append)
    assert (again.fingerprint, reports) == (photos.fingerprint, [])


def test_a_set_that_was_prepared_before_sets_had_kinds_gets_its_kind_from_where_it_lies(home, monkeypatch):
    monkeypatch.setattr("catdog.photos.drawings.SAMPLE_PHOTOS", {"train": 8, "validation": 4})
    photos = ready_photos(Settings(home=home), ignore)
    file = home / "prepared" / f"{photos.fingerprint}.json"
    index = json.loads(file.read_text())
    file.write_text(json.dumps({name: value for name, value in index.items() if name != "kind"}))
    assert ready_photos(Settings(home=home), ignore).kind == "sample"


def test_a_folder_that_was_moved_is_not_decoded_again_and_named_as_it_is_now(chosen, folder, tmp_path):
    before = prepare(chosen, folder, ignore)
    chosen.root.rename(tmp_path / "moved")
    reports = []
    after = prepare(Source(tmp_path / "moved", kind="own"), folder, reports.append)
    assert (after.root, after.name, after.fingerprint) == (tmp_path / "moved", "moved", before.fingerprint)
    assert reports == []


# Pixels read from the file


@pytest.mark.parametrize("positions", [[], [0], [13, 2, 2, 0], list(range(14))])
def test_pixels_are_those_of_the_memory_map(chosen, folder, positions):
    photos = prepare(chosen, folder, ignore)
    np.testing.assert_array_equal(photos.pixels(np.array(positions, int)), photos.photos[np.array(positions, int)])


def test_pixels_are_a_copy_that_leaves_the_set_as_it_is(chosen, folder):
    photos = prepare(chosen, folder, ignore)
    pixels, before = photos.pixels(np.array([1])), photos.photos[1].copy()
    pixels[:] = 99
    np.testing.assert_array_equal(photos.photos[1], before)


def test_a_file_that_was_cut_short_meanwhile_is_named(chosen, folder):
    photos = prepare(chosen, folder, ignore)
    os.truncate(array_file(folder, photos.fingerprint), 1_000_000)
    with pytest.raises(PhotosError, match="Prepare them again"):
        photos.pixels(np.array([13]))


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells how much of a file is mapped")
def test_a_set_that_was_read_does_not_stay_in_memory(chosen, folder):
    def mapped():
        return int(re.search(r"RssFile:\s+(\d+)", Path("/proc/self/status").read_text()).group(1))

    photos = open_prepared(folder, prepare(chosen, folder, ignore).fingerprint)
    everything = np.arange(len(photos.files))
    photos.pixels(everything[:1])  # whatever else this needs is loaded by now
    before = mapped()
    photos.pixels(everything)
    assert mapped() - before < photos.photos.nbytes / 1024 / 2

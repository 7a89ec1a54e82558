"""Unpacking the archive of photos: whole or not at all, and never outside its folder."""

import os
import shutil
import threading
import zipfile
from types import SimpleNamespace

import numpy as np
import pytest

from catdog.errors import DiskError, DownloadError, PhotosError
from catdog.photos import archive
from catdog.photos.archive import fetch_archive, unpack
from catdog.photos.sources import fingerprint, list_files
from catdog.settings import DATASET_NAME, PHOTO_MAX_BYTES, Settings

COUNTS = {"train": 8, "validation": 4}
NOISE = np.random.default_rng(5).bytes(200)
PHOTOS = {
    f"{split}/{name}/{name[:-1]}.{number}.jpg": f"{split} {name} {number} ".encode() * 40 + NOISE
    for split, count in COUNTS.items()
    for name in ("cats", "dogs")
    for number in range(count // 2)
}
OTHER_MEMBERS = {"vectorize.py": b"import os", "__MACOSX/train/cats/._cat.0.jpg": b"x"}


@pytest.fixture(autouse=True)
def a_small_archive_is_expected(monkeypatch):
    monkeypatch.setattr(archive, "DATASET_PHOTOS", COUNTS)


@pytest.fixture
def where(tmp_path):
    """Settings whose archive is a file that each test makes."""
    return Settings(home=tmp_path / "home", dataset_url=(tmp_path / "given.zip").as_uri())


@pytest.fixture
def given(tmp_path):
    return tmp_path / "given.zip"


def make_archive(path, extra=None, left_out=(), kind=zipfile.ZIP_DEFLATED):
    """An archive laid out as the public one, with other members first and without those left out."""
    members = {f"{DATASET_NAME}/{place}": content for place, content in (OTHER_MEMBERS | PHOTOS).items()}
    with zipfile.ZipFile(path, "w", kind) as content:
        for name, data in ((extra or {}) | members).items():
            if name not in left_out:
                content.writestr(zipfile.ZipInfo(name, (2018, 3, 6, 12, 30, 8)), data, kind)
    return path


def member_data_at(path, name):
    """The place in the file where a member's packed bytes begin."""
    with zipfile.ZipFile(path) as content:
        place = content.getinfo(name).header_offset
    return place + 30 + len(name)


def files_below(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def left_in(folder):
    """The names in a folder, but for a lock that two processes may share there."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def ignore(_):
    pass


def test_the_photos_of_an_archive_are_unpacked_and_nothing_else(given, tmp_path):
    folder = tmp_path / "home" / "photos" / DATASET_NAME
    unpack(make_archive(given), folder, ignore)
    assert files_below(folder) == PHOTOS
    assert left_in(folder.parent) == [DATASET_NAME]


def test_unpacking_again_gives_the_same_fingerprint(given, tmp_path):
    make_archive(given)
    prints = []
    for name in ("first", "second"):
        unpack(given, tmp_path / name, ignore)
        prints.append(fingerprint(list_files(tmp_path / name)))
    assert prints[0] == prints[1]


def test_fetching_brings_the_folder_and_leaves_no_archive(given, where):
    make_archive(given)
    folder = fetch_archive(where, ignore)
    assert folder == where.photos / DATASET_NAME
    assert files_below(folder) == PHOTOS
    assert left_in(where.photos) == [DATASET_NAME]
    assert given.exists()


def test_fetching_and_unpacking_both_report_how_far_they_are(given, where, monkeypatch):
    monkeypatch.setattr(archive, "REPORT_EVERY", 4)
    make_archive(given)
    seen = []
    fetch_archive(where, seen.append)
    assert {(progress.what, progress.unit) for progress in seen} == {
        ("Fetching the photos", "bytes"),
        ("Unpacking the photos", "photos"),
    }
    assert [(progress.done, progress.total) for progress in seen if progress.unit == "photos"] == [
        (4, 12),
        (8, 12),
        (12, 12),
    ]


def test_a_second_call_does_nothing(given, where):
    make_archive(given)
    fetch_archive(where, ignore)
    given.unlink()
    reports = []
    assert fetch_archive(where, reports.append) == where.photos / DATASET_NAME
    assert reports == []


BROKEN = {
    "text": b"this is a page of the web",
    "nothing": b"",
    "the start of one": None,
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=BROKEN)
def test_what_is_no_archive_is_refused_and_fetched_anew_by_the_next_try(content, given, where):
    if content is None:
        content = make_archive(given).read_bytes()[:2000]
    given.write_bytes(content)
    with pytest.raises(DownloadError, match=r"cats_and_dogs_filtered\.zip is not a readable zip archive .*again\.$"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == []

    make_archive(given)
    assert files_below(fetch_archive(where, ignore)) == PHOTOS


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "packed"])
def test_a_damaged_photo_in_the_archive_is_noticed_and_nothing_stays(kind, given, where):
    """The last photo is damaged: the others were unpacked before it."""
    damaged = bytearray(make_archive(given, kind=kind).read_bytes())
    start = member_data_at(given, f"{DATASET_NAME}/{list(PHOTOS)[-1]}")
    damaged[start : start + 20] = b"\xff" * 20
    given.write_bytes(damaged)
    with pytest.raises(DownloadError, match="is not a readable zip archive"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == []


def test_a_wrong_checksum_is_noticed(given, tmp_path):
    damaged = bytearray(make_archive(given, kind=zipfile.ZIP_STORED).read_bytes())
    damaged[member_data_at(given, f"{DATASET_NAME}/train/cats/cat.0.jpg") + 5] ^= 1
    given.write_bytes(damaged)
    with pytest.raises(DownloadError, match="CRC"):
        unpack(given, tmp_path / "out" / "photos", ignore)
    assert left_in(tmp_path / "out") == []


def test_an_archive_with_a_password_is_refused(given, tmp_path):
    locked = bytearray(make_archive(given).read_bytes())
    place = -1
    while (place := locked.find(b"PK\x01\x02", place + 1)) >= 0:
        locked[place + 8] |= 1  # the bit of the central directory that says "encrypted"
    place = -1
    while (place := locked.find(b"PK\x03\x04", place + 1)) >= 0:
        locked[place + 6] |= 1
    given.write_bytes(locked)
    with pytest.raises(DownloadError, match="encrypted"):
        unpack(given, tmp_path / "out" / "photos", ignore)
    assert left_in(tmp_path / "out") == []


def test_an_archive_without_dates_is_unpacked(given, tmp_path):
    """Some programs write no dates: month 0 of day 0."""
    undated = bytearray(make_archive(given).read_bytes())
    place = -1
    while (place := undated.find(b"PK\x01\x02", place + 1)) >= 0:
        undated[place + 12 : place + 16] = bytes(4)
    given.write_bytes(undated)
    unpack(given, tmp_path / "photos", ignore)
    assert files_below(tmp_path / "photos") == PHOTOS


def test_an_archive_with_a_photo_too_few_is_refused_with_both_counts(given, where):
    make_archive(given, left_out={f"{DATASET_NAME}/train/dogs/dog.1.jpg"})
    with pytest.raises(PhotosError) as error:
        fetch_archive(where, ignore)
    assert str(error.value) == (
        "cats_and_dogs_filtered.zip holds 7 in train/ and 4 in validation/; "
        "expected are 8 in train/ and 4 in validation/. Check CATDOG_DATASET_URL."
    )
    assert left_in(where.photos) == []


def test_an_archive_with_a_photo_too_many_is_refused(given, where):
    make_archive(given, extra={f"{DATASET_NAME}/validation/cats/cat.99.jpg": b"one more"})
    with pytest.raises(PhotosError, match=r"holds 8 in train/ and 5 in validation/"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == []


def test_an_archive_of_something_else_is_refused(given, where):
    with zipfile.ZipFile(given, "w") as content:
        content.writestr("readme.txt", "hello")
    with pytest.raises(PhotosError, match="holds 0 in train/ and 0 in validation/"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == []


ESCAPES = [
    "../evil.jpg",
    f"{DATASET_NAME}/../../evil.jpg",
    f"{DATASET_NAME}/train/cats/../../../../evil.jpg",
    f"{DATASET_NAME}/train/cats/..",
    "/evil.jpg",
    "//host/evil.jpg",
    "C:/evil.jpg",
    "C:evil.jpg",
    "..\\evil.jpg",
    f"{DATASET_NAME}\\..\\..\\evil.jpg",
    "C:\\evil.jpg",
    "\\evil.jpg",
    "\\\\host\\share\\evil.jpg",
]


@pytest.mark.parametrize("name", ESCAPES)
def test_a_path_that_leaves_the_folder_is_refused_and_nothing_is_written(name, given, where, tmp_path):
    make_archive(given, extra={name: b"evil"})
    with pytest.raises(PhotosError, match=r"a path that leaves its folder: not used\.$"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == []
    assert left_in(tmp_path) == ["given.zip", "home"]
    assert not os.path.lexists("/evil.jpg")


@pytest.mark.parametrize("name", ["./", "./."])
def test_a_member_that_names_the_folder_itself_does_no_harm(name, given, tmp_path):
    unpack(make_archive(given, extra={name: b""}), tmp_path / "photos", ignore)
    assert files_below(tmp_path / "photos") == PHOTOS


@pytest.mark.parametrize("size", [PHOTO_MAX_BYTES + 1, PHOTO_MAX_BYTES])
def test_an_archive_that_would_unpack_to_far_more_than_photos_take_is_refused_before_anything_is_written(
    size, given, where, monkeypatch
):
    place, *_ = PHOTOS
    monkeypatch.setattr(archive, "UNPACKED_MAX_BYTES", PHOTO_MAX_BYTES)  # so that one file of the largest size is more
    monkeypatch.setitem(PHOTOS, place, bytes(size))  # a thousandth of it in the archive
    make_archive(given)
    assert given.stat().st_size < size / 100
    with pytest.raises(PhotosError, match=r"would unpack to 21 MB.*Check CATDOG_DATASET_URL"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == []


def test_entries_of_an_archive_that_claim_the_same_bytes_over_and_over_are_counted_each(given, where, monkeypatch):
    make_archive(given)
    claimed = sum(map(len, PHOTOS.values()))
    monkeypatch.setattr(archive, "UNPACKED_MAX_BYTES", claimed - 1)
    with pytest.raises(PhotosError, match="would unpack to"):
        fetch_archive(where, ignore)
    monkeypatch.setattr(archive, "UNPACKED_MAX_BYTES", claimed)
    assert files_below(fetch_archive(where, ignore)) == PHOTOS


def test_a_full_disk_is_said_with_the_room_that_is_needed(given, tmp_path, monkeypatch):
    monkeypatch.setitem(PHOTOS, "train/cats/cat.0.jpg", bytes(3_000_000))
    make_archive(given)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000))
    with pytest.raises(DiskError, match=r"has 1 MB free; 3 MB are needed\. Make room first\.$"):
        unpack(given, tmp_path / "out" / "photos", ignore)
    assert left_in(tmp_path / "out") == []


def test_a_good_archive_is_kept_where_there_is_only_no_room_to_unpack_it(given, where, monkeypatch):
    """Making room and trying again must not cost the 69 MB a second time."""
    make_archive(given)
    free = iter([10**9, 0])  # enough to fetch, not to unpack
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=next(free)))
    with pytest.raises(DiskError, match="Make room"):
        fetch_archive(where, ignore)
    assert left_in(where.photos) == [f"{DATASET_NAME}.zip"]


def test_a_photo_that_cannot_be_written_leaves_nothing(given, tmp_path, monkeypatch):
    """The disk fills up at the fifth photo."""
    times = iter(range(100))
    set_time = os.utime

    def utime(*arguments):
        if next(times) == 4:
            raise OSError(28, "No space left on device")
        set_time(*arguments)

    monkeypatch.setattr(os, "utime", utime)
    make_archive(given)
    with pytest.raises(DiskError, match=r"cannot be written \(No space left on device\)\. Make room"):
        unpack(given, tmp_path / "out" / "photos", ignore)
    assert left_in(tmp_path / "out") == []


@pytest.mark.parametrize("stage", ["Fetching", "Unpacking"])
def test_two_that_fetch_at_once_both_get_the_photos(stage, given, where, monkeypatch):
    """The terminal begins while the page's server is in the middle of it: neither may spoil the other's work."""
    monkeypatch.setattr(archive, "REPORT_EVERY", 4)
    make_archive(given)
    outcomes = {}

    def fetch_as(name, report):
        try:
            outcomes[name] = "all photos" if files_below(fetch_archive(where, report)) == PHOTOS else "others"
        except Exception as error:  # noqa: BLE001 - shown by the assertion below
            outcomes[name] = error

    second = threading.Thread(target=fetch_as, args=("terminal", ignore))

    def begin_second(progress):
        if progress.what.startswith(stage) and not second.ident:
            second.start()
            second.join(0.5)  # it may also wait for the first: then it goes on afterwards

    fetch_as("page", begin_second)
    second.join(10)
    assert outcomes == {"page": "all photos", "terminal": "all photos"}

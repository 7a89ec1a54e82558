"""No absolute path of this machine stays in what a page tells; names, addresses and fractions stay as they are."""

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catdog.ui.words import PROJECT, plain, told, without_paths


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with folders of its own; two of them with a space in their names, two inside others."""
    monkeypatch.setenv("HOME", "/people/Ann Bee")
    monkeypatch.setenv("USERPROFILE", "/people/Ann Bee")
    monkeypatch.setenv("CATDOG_HOME", "/people/Ann Bee/cat dog")
    monkeypatch.setenv("KERAS_HOME", "/data/keras")
    monkeypatch.setenv("CATDOG_PHOTOS", "/data/keras/photos")


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("/people/Ann Bee/cat dog/runs/a is full.", "CATDOG_HOME/runs/a is full."),
        ("Delete /people/Ann Bee/cat dog, or /data/keras.", "Delete CATDOG_HOME, or KERAS_HOME."),
        ("'/data/keras/models/x y.h5'", "'KERAS_HOME/models/x y.h5'"),
        ("/data/keras/photos/train holds 3", "CATDOG_PHOTOS/train holds 3"),
        ("/data/keras-2/x", "…/x"),
        ("in /people/Ann Bee/pictures", "in ~/pictures"),
        (f'File "{PROJECT}/catdog/x.py", line 3', 'File "the project folder/catdog/x.py", line 3'),
        ('File "/usr/lib/python3/json/x.py", line 3', 'File "…/x.py", line 3'),
        ("PosixPath('/home/Jane Doe/my cat.jpg')", "PosixPath('…/my cat.jpg')"),
        ("file:///data/keras/x.h5 file:///mnt/x.zip", "KERAS_HOME/x.h5 …/x.zip"),
        (r"C:\Users\Jane Doe\AppData\x.txt is gone", r"…\x.txt is gone"),
        (r"'C:\\Users\\Jane Doe\\x.txt' D:/a/b", r"'…\x.txt' …/b"),
        (r"\\server\share\a\b.txt", r"…\b.txt"),
        ("(/a/b.txt), HOME=/root/x: <b>/a/c</b>", "(…/b.txt), HOME=…/x: <b>…/c</b>"),
        ("\x1b[31m/a/b\x1b[0m", "\x1b[31m…/b\x1b[0m"),
        ("/a/b/", "…/b/"),
    ],
)
def test_a_known_folder_is_told_by_its_name_and_of_other_paths_the_last_part(given, shown):
    assert without_paths(given) == shown


@pytest.mark.parametrize(
    "text",
    [
        "https://a.org/b/c?d=e, http://localhost:8501/Results and wss://a/b",
        "train/cats and/or validation, ./x, ../x, ~/x",
        "1/2 of 3 / 4 on 2026/11/21 at 12:30, 400 photos/s, 5 %/epoch",
        "</b> <br/> a // b, C: and D:\\ and /",
        "no colon: no path",
    ],
)
def test_what_is_no_path_of_this_machine_stays(text):
    assert without_paths(text) == text


def test_a_whole_disk_and_a_missing_home_are_no_trouble(monkeypatch):
    monkeypatch.setenv("CATDOG_HOME", "/")
    monkeypatch.setenv("HOME", "/")
    monkeypatch.setenv("CATDOG_DATASET_URL", "nonsense")  # the settings cannot be read at all
    assert without_paths("/a/b / c") == "…/b / c"


def test_an_error_is_told_without_paths_and_letter_by_letter():
    assert told("/a/*b* failed") == plain("…/*b* failed")


NAMES = st.text(st.characters(whitelist_categories=("L", "N"), whitelist_characters="-_+=@#,~"), min_size=1, max_size=8)
FOLDERS = st.sampled_from(["/people/Ann Bee", "/people/Ann Bee/cat dog", "/data/keras", str(PROJECT), "/srv", "/x"])
AROUND = st.sampled_from(
    ["", " ", ": ", "'", '"', "`", "(", "[", "=", "\n", "\x1b[31m", "“", "b'", "file://", "<", ", "]
)


@given(folder=FOLDERS, middle=st.lists(NAMES, max_size=4), last=NAMES, before=AROUND, after=AROUND, words=st.text())
def test_wherever_a_path_stands_only_its_end_stays(folder, middle, last, before, after, words):
    path = "/".join([folder, *middle, last])
    shown = without_paths(f"words {before}{path}{after if not after[:1].isalnum() else ' '} {words}")
    assert path not in shown
    assert folder + "/" not in shown.replace(words, "")
    assert last in shown


@given(drive=st.sampled_from("CDz"), middle=st.lists(NAMES, min_size=1, max_size=4), last=NAMES, before=AROUND)
@pytest.mark.parametrize("separator", ["\\", "\\\\", "/"])
def test_wherever_a_path_of_windows_stands_only_its_end_stays(separator, drive, middle, last, before):
    path = separator.join([f"{drive}:", *middle, last])
    shown = without_paths(f"words {before if not before[-1:].isalnum() else ' '}{path} more")
    assert path not in shown
    assert f"{drive}:{separator}" not in shown
    assert f"{last} more" in shown


@given(st.text(st.sampled_from("/\\:.~'\"` \nabC%<>…)(é") | st.characters()))
def test_any_text_is_told_without_trouble_and_a_second_time_changes_nothing(text):
    once = without_paths(text)
    assert without_paths(once) == once


@pytest.mark.parametrize("part", ["a", "/", "'/", "C:\\a ", "file:", "\\", "'", "/a/a/a "])
def test_a_line_of_a_megabyte_is_read_in_one_go(part):
    begun = time.process_time()
    without_paths(part * (2**20 // len(part)))
    assert time.process_time() - begun < 10  # a second or less; where each letter looked at the rest, an hour


def test_every_known_folder_is_told_in_any_spelling_of_it(tmp_path: Path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("CATDOG_HOME", str(tmp_path / "link"))
    assert without_paths(f"{tmp_path}/real/a {tmp_path}/link/b") == "CATDOG_HOME/a CATDOG_HOME/b"

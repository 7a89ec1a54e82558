"""No page tells a visitor where anything lies on this machine: every page, in every trouble that can be made."""

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from catdog.models import pretrained
from catdog.settings import DATASET_NAME, DATASET_PHOTOS
from catdog.training.folder import RunFolder
from catdog.ui.frame import PAGES
from tests.pages import test_results_page
from tests.pages.conftest import ROOT, spoken, tell
from tests.pages.test_dataset_page import forget, visit
from tests.pages.test_results_page import submitted, trained

DATASET, TRAINING, RESULTS = (path for path in PAGES if re.search("Dataset|Training|Results", path))
SOMEWHERE = re.compile(r"(?<![\w./~…])/(?:tmp|root|home|usr|var|work|Users|private)/\S+|[A-Z]:\\\S+")

networks = test_results_page.networks  # no real one is loaded
offered = test_results_page.offered


@pytest.fixture(autouse=True)
def fresh_server(own_photos: Path, workers) -> Iterator[None]:
    """Nothing of another test is kept: neither its photos nor its pictures."""
    forget()
    yield
    forget()


def strings(message: Message) -> Iterator[str]:
    """Every text in what the server sends for one element."""
    for field, value in message.ListFields():
        for one in value if field.is_repeated else [value]:
            if isinstance(one, Message):
                yield from strings(one)
            elif isinstance(one, str | bytes):
                yield one if isinstance(one, str) else one.decode("latin-1")


def sent(page: AppTest) -> str:
    """All that the browser gets to see of a page."""
    elements = [element for block in page._tree.children.values() for element in block]
    return spoken("\n".join(text for element in elements if element.proto for text in strings(element.proto)))


def no_path_in(text: str, *folders: Path) -> None:
    for folder in (*folders, ROOT, Path(sys.prefix), Path.home()):
        assert f"{folder}/" not in text
        assert not text.endswith(str(folder))
    assert SOMEWHERE.findall(text) == []


def every_page(tmp_path: Path, **address: str) -> str:
    """All six pages, none with a path; returns what they say."""
    pages = [visit(address, path) for path in PAGES]
    for page in pages:
        assert not page.exception
        no_path_in(sent(page), tmp_path)
    return "\n".join(map(sent, pages))


def test_a_home_that_cannot_be_written_is_told_by_the_name_of_its_variable(home, tmp_path):
    home.write_text("a file in the place of the folder")
    assert "CATDOG_HOME" in every_page(tmp_path)


def test_the_terminal_is_told_the_whole_path_once(home, tmp_path, capsys):
    run_id = submitted(home)
    shutil.rmtree(home / "runs" / run_id)
    (home / "runs" / run_id).mkdir()
    for _ in range(3):
        visit({"run": run_id}, TRAINING)
        visit({"run": "/etc/passwd"}, TRAINING)
    printed = capsys.readouterr().err
    assert printed.count("/etc/passwd") == 1
    assert run_id not in printed  # what names no folder is on the page already


@pytest.mark.usefixtures("damaged_weights")
def test_damaged_weights_are_told_without_their_folder(tmp_path):
    address = {"recipe": "post4-model4"}
    visit(address, TRAINING)
    assert "KERAS_HOME/models" in every_page(tmp_path, **address)


def test_weights_that_are_not_there_are_told_without_their_folder(tmp_path):
    assert pretrained.missing_weights() is not None
    assert "KERAS_HOME/models" in every_page(tmp_path, recipe="post4-model4")


def test_pictures_that_cannot_be_read_are_told_without_their_folder(own_photos, tmp_path):
    for file in (own_photos / "train" / "cats").iterdir():
        file.write_bytes(b"no picture")
    assert "CATDOG_PHOTOS/train/cats" in every_page(tmp_path)


def test_a_folder_of_photos_that_is_not_there_is_told_by_the_name_of_its_variable(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(tmp_path / "nowhere" / "my photos"))
    st.cache_resource.clear()
    assert "There is no folder CATDOG_PHOTOS" in every_page(tmp_path)


def test_a_damaged_set_of_real_photos_says_what_to_delete_below_the_home(home, tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "real")
    st.cache_resource.clear()
    for folder in DATASET_PHOTOS:
        for name in ("cats", "dogs"):
            (home / "photos" / DATASET_NAME / folder / name).mkdir(parents=True)
    assert f"CATDOG_HOME/photos/{DATASET_NAME}" in every_page(tmp_path)


@pytest.mark.parametrize("file", ["run.json", "state.json"])
@pytest.mark.parametrize("make", [lambda file: file.write_text("{"), lambda file: file.mkdir()])
def test_a_run_whose_files_are_broken_is_told_without_its_folder(home, tmp_path, file, make):
    run = trained(home)
    (run.path / file).unlink()
    make(run.path / file)
    assert run.id in every_page(tmp_path, run=run.id, **{"results.run": run.id, "classify.model": run.id})


def test_the_reason_and_the_log_of_a_failed_run_are_shown_without_paths(home, tmp_path):
    run_id = submitted(home)
    folder = RunFolder.open(home / "runs", run_id)
    tell(home, run_id, [], "failed", error=f"{folder.path}/best.weights.h5 cannot be written (No space left).")
    folder.log.write_text(
        f'Traceback:\n  File "{ROOT}/catdog/training/fit.py", line 3, in fit\n  File "{sys.prefix}/lib/x.py", line 1\n'
        f"OSError: [Errno 28] No space left on device: '{folder.path}/best.weights.h5'\n\x1b[31m/usr/lib/y.so\x1b[0m\n"
    )
    told = every_page(tmp_path, run=run_id, **{"results.run": run_id, "results.tab": "Settings"})
    assert f"CATDOG_HOME/runs/{run_id}/best.weights.h5 cannot be written (No space left)." in told
    assert 'File "the project folder/catdog/training/fit.py", line 3, in fit' in told
    assert "…/y.so" in told


def test_a_run_that_cannot_be_begun_named_or_deleted_says_so_without_a_path(home, tmp_path, monkeypatch):
    run = trained(home)
    (run.path / "name.txt").mkdir()
    page = test_results_page.visit()
    page.text_input(key=f"results.name.{run.id}").set_value("a name").run()
    assert f"CATDOG_HOME/runs/{run.id} cannot be written" in sent(page)
    no_path_in(sent(page), tmp_path)

    def refuse(*_, **__):
        raise OSError(28, "No space left on device", str(run.path))

    monkeypatch.setattr("catdog.training.board.RunFolder.create", refuse)
    page = visit({}, TRAINING)
    page.button(key="training.start").click().run()
    assert "CATDOG_HOME/runs cannot be written (No space left on device)" in sent(page)
    no_path_in(sent(page), tmp_path)


def test_what_is_taken_away_from_a_run_holds_no_path(home, tmp_path, offered):
    run = trained(home)
    page = test_results_page.visit(tab="Take away")
    page.button(key="results.report").click().run()
    assert not page.exception
    assert {file.rpartition(".")[2] for _, file in offered.values()} == {"csv", "py", "ipynb", "html"}
    for content, _ in offered.values():
        for folder in (tmp_path, ROOT, Path(sys.prefix), Path.home()):
            assert str(folder) not in content
    assert str(tmp_path) not in (run.path / "run.json").read_text()  # what all of them are made from

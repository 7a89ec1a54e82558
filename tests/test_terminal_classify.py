"""`classify` from a terminal: one line a picture, whatever lies in the folder and whatever the files are called."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from catdog.insight.answer import Answer
from catdog.terminal import main
from catdog.terminal.bar import SAMPLE_INSTEAD
from tests.conftest import half_bright, jpeg, png

PROJECT = Path(__file__).parents[1]
PATIENCE = 120  # seconds for what takes ten on an idle machine
COLUMNS = ["file", "label", "probability_cat", "probability_dog", "sure", "error"]


@pytest.fixture(scope="module")
def starter():
    """The starter, loaded once for all."""
    from catdog.starter.load import load_starter

    return load_starter()


@pytest.fixture(autouse=True)
def loaded(starter, home, monkeypatch):
    """The command prepares a process of its own; this one belongs to the other tests as well."""
    monkeypatch.setattr("catdog.terminal.classifying.load_keras_on_cpu", lambda: None)
    monkeypatch.setattr("catdog.training.trained.load_starter", lambda: starter)


def photo(seed=0, kind=jpeg):
    return kind(half_bright(seed % 2, np.random.default_rng(seed)))


def write(folder, *names):
    """Pictures with these names, each another; returns their paths."""
    paths = [folder / name for name in names]
    for seed, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photo(seed))
    return paths


def classify(capsys, *arguments):
    """The exit code, the rows, and what was said on the error output."""
    code = main(["classify", *map(str, arguments), "--json"])
    printed = capsys.readouterr()
    (line,) = printed.out.splitlines()
    return code, json.loads(line), printed.err


def test_several_files_are_answered_in_their_order(tmp_path, capsys, starter):
    from catdog.photos import read_photo

    paths = write(tmp_path, "b.jpg", "a.png", "c.webp")
    code, rows, said = classify(capsys, *paths)
    assert (code, said) == (0, "")
    assert [row["file"] for row in rows] == [str(path) for path in paths]
    answers = starter.answers(np.stack([read_photo(path.read_bytes()) for path in paths]))
    for row, answer in zip(rows, answers, strict=True):
        assert list(row) == COLUMNS
        assert (row["label"], row["sure"], row["error"]) == (answer.label, answer.sure, None)
        assert row["probability_dog"] == pytest.approx(answer.dog, abs=1e-4)
        assert row["probability_cat"] + row["probability_dog"] == pytest.approx(1, abs=1e-4)


def test_for_people_there_is_one_line_a_picture(tmp_path, capsys, starter):
    from catdog.photos import read_photo

    (path,) = write(tmp_path, "a.jpg")
    assert main(["classify", str(path)]) == 0
    (answer,) = starter.answers(read_photo(path.read_bytes())[None])
    line = f"{answer.label} {answer.probability:7.1%}{'' if answer.sure else '  not sure'}"
    assert capsys.readouterr() == (f"{line:<21}  {path}\n", "")


def test_a_broken_file_gets_its_sentence_and_does_not_stop_the_others(tmp_path, capsys):
    first, last = write(tmp_path, "1.jpg", "3.jpg")
    broken = tmp_path / "2.jpg"
    broken.write_bytes(photo()[:300])
    code, rows, _ = classify(capsys, first, broken, last)
    assert code == 1
    assert [row["label"] is None for row in rows] == [False, True, False]
    assert rows[1] == dict.fromkeys(COLUMNS) | {
        "file": str(broken),
        "error": "The picture is damaged or incomplete. Open it elsewhere and save it again.",
    }
    assert main(["classify", str(first), str(broken), str(last)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"{broken}: {rows[1]['error']}"
    assert len(lines) == 3


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "The file cannot be opened: No such file or directory."),
        (lambda path: path.write_bytes(b""), "The file is empty."),
        (lambda path: path.write_text("no picture"), "This is not a picture that can be read here."),
        (lambda path: path.symlink_to("nowhere"), "The file cannot be opened: No such file or directory."),
        (lambda path: path.mkdir(), "There is no picture in this folder."),
    ],
    ids=["missing", "empty", "text", "a link to nowhere", "an empty folder"],
)
def test_what_cannot_be_answered_is_said_and_fails(make, reason, tmp_path, capsys):
    make(tmp_path / "it.jpg")
    code, (row,), _ = classify(capsys, tmp_path / "it.jpg")
    assert (code, row["label"]) == (1, None)
    assert row["error"].startswith(reason)


def test_a_name_that_is_too_long_for_any_file_is_a_sentence(tmp_path, capsys):
    code, (row,), _ = classify(capsys, tmp_path / ("x" * 300 + ".jpg"))
    assert (code, row["error"]) == (1, "The file cannot be opened: File name too long.")


def test_a_folder_is_walked_with_all_that_lies_below(tmp_path, capsys):
    names = ["a.JPG", "b.jpeg", "deep/d.webp", "deep/er/c.Png", "e.gif"]
    write(tmp_path, *names)
    for other in ("notes.txt", "deep/table.csv", "jpg", "._a.JPG", ".hidden.jpg", "deep/film.mp4"):
        (tmp_path / other).write_text("no picture")
    (tmp_path / "folder.jpg").mkdir()
    code, rows, _ = classify(capsys, tmp_path)
    assert code == 0
    assert [row["file"] for row in rows] == [str(tmp_path / name) for name in names]


def test_a_file_that_is_named_is_read_whatever_its_ending(tmp_path, capsys):
    (path,) = write(tmp_path, ".picture")
    code, (row,), _ = classify(capsys, path)
    assert (code, row["error"]) == (0, None)


def test_folders_and_files_can_be_mixed_and_an_empty_folder_is_one_of_them(tmp_path, capsys):
    write(tmp_path, "some/a.jpg", "some/b.jpg", "c.jpg")
    (tmp_path / "none" / "below").mkdir(parents=True)
    code, rows, _ = classify(capsys, tmp_path / "some", tmp_path / "none", tmp_path / "c.jpg")
    assert code == 1
    assert [row["file"][len(str(tmp_path)) :] for row in rows] == ["/some/a.jpg", "/some/b.jpg", "/none", "/c.jpg"]
    assert [row["error"] for row in rows] == [None, None, "There is no picture in this folder.", None]


def test_a_picture_that_is_named_twice_is_answered_twice(tmp_path, capsys):
    (path,) = write(tmp_path, "a.jpg")
    code, rows, _ = classify(capsys, path, path, tmp_path)
    assert code == 0
    assert len(rows) == 3
    assert rows[0] == rows[1] == rows[2]


def test_more_pictures_than_are_held_at_once_keep_their_own_answers(tmp_path, capsys, monkeypatch):
    paths = write(tmp_path, *[f"{number}.jpg" for number in range(8)])
    paths.insert(3, tmp_path / "gone.jpg")
    _, whole, _ = classify(capsys, *paths)
    monkeypatch.setattr("catdog.terminal.classifying.AT_ONCE", 3)
    code, parts, said = classify(capsys, *paths)
    assert (code, said) == (1, "")  # no bar where nobody looks
    assert [row["file"] for row in parts] == [str(path) for path in paths]
    for part, one in zip(parts, whole, strict=True):
        assert (part["label"], part["error"]) == (one["label"], one["error"])
        assert part["probability_dog"] == pytest.approx(one["probability_dog"], abs=2e-4)


NAMES = {
    "emoji": ("🐱 family 👨‍👩‍👧.jpg", "🐱 family 👨‍👩‍👧.jpg"),
    "line breaks": ("two\nlines\r.jpg", "two\N{REPLACEMENT CHARACTER}lines\N{REPLACEMENT CHARACTER}.jpg"),
    "colours": ("\x1b[31mred.jpg", "\N{REPLACEMENT CHARACTER}[31mred.jpg"),
    "no text": (os.fsdecode(b"caf\xe9.jpg"), "caf\N{REPLACEMENT CHARACTER}.jpg"),
    "like an option": ("--json.jpg", "--json.jpg"),
}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", NAMES)
def test_a_name_can_be_anything_and_stays_on_its_line(name, tmp_path, capsys, monkeypatch):
    name, shown = NAMES[name]
    write(tmp_path, name)
    code, (row,), _ = classify(capsys, tmp_path)
    assert code == 0
    assert row["file"] == os.fsencode(tmp_path / name).decode("utf-8", "replace")
    with (tmp_path / "screen").open("w", encoding="utf-8", newline="") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        assert main(["classify", str(tmp_path)]) == 0
    text = (tmp_path / "screen").read_bytes().decode("utf-8")
    assert text.endswith(f"{tmp_path / shown}\n")
    assert text.count("\n") == 1
    assert "\x1b" not in text


def test_pictures_of_every_kind_are_read_by_what_they_are_and_not_by_their_name(tmp_path, capsys):
    (tmp_path / "really.jpg").write_bytes(photo(kind=png))
    code, (row,), _ = classify(capsys, tmp_path)
    assert (code, row["error"]) == (0, None)


@pytest.mark.parametrize("model", ["post4-model1", "../../etc", "20250101-000000000-post4-model1", ""])
@pytest.mark.parametrize("as_json", [[], ["--json"]], ids=["text", "json"])
def test_a_model_that_is_none_is_one_sentence(model, as_json, tmp_path, capsys):
    (path,) = write(tmp_path, "a.jpg")
    assert main(["classify", str(path), f"--model={model}", *as_json]) == 1
    printed = capsys.readouterr()
    assert printed.err == f"catdog: There is no run '{model}'. It may have been deleted; choose one from the list.\n"
    assert printed.out == ""


def test_a_run_can_be_asked_by_its_id(home, tmp_path, capsys):
    from catdog.models.build import build
    from catdog.recipes import recipe
    from catdog.training import RunRequest
    from catdog.training.folder import RunFolder
    from catdog.training.state import State

    chosen = recipe("post4-model1")
    run = RunFolder.create(home / "runs", RunRequest.of(chosen), {"photos": {}})
    run.write_state(State(phase="finished"))
    model = build(chosen, pretrained=False)
    zeros = [np.zeros_like(weight) for weight in model.get_weights()]
    zeros[-1] = np.array([1.0, 0.0], np.float32)  # the bias: e to 1 for a cat, whatever the picture
    model.set_weights(zeros)
    model.save_weights(run.best_weights)
    code, (row,), _ = classify(capsys, *write(tmp_path, "a.jpg"), "--model", run.id)
    assert (code, row["label"], row["sure"]) == (0, "cat", False)
    assert row["probability_cat"] == pytest.approx(np.e / (1 + np.e), abs=1e-4)


class Cats:
    """In the place of a network: whatever it is shown is a cat."""

    def answers(self, pictures):
        return [Answer(-2.0)] * len(pictures)


@pytest.fixture
def cats(monkeypatch):
    monkeypatch.setattr("catdog.training.trained.load_classifier", lambda runs, name: Cats())


@pytest.mark.usefixtures("cats")
def test_without_a_file_the_test_photos_are_asked_about_and_the_right_answers_counted(own_photos, capsys):
    assert main(["classify"]) == 0
    printed = capsys.readouterr()
    *lines, last = printed.out.splitlines()
    folders = [Path(line.split("  ")[-1]).parent for line in lines]
    assert folders == [own_photos / "validation" / name for name in ("cats", "cats", "dogs", "dogs")]
    assert last == "2 of 4 right"
    assert printed.err == ""


@pytest.mark.usefixtures("cats")
def test_the_test_photos_as_json_are_one_line_of_rows(own_photos, capsys):
    code, rows, said = classify(capsys)
    assert (code, said) == (0, "")
    assert [(row["label"], Path(row["file"]).parent.name) for row in rows] == [("cat", "cats")] * 2 + [
        ("cat", "dogs")
    ] * 2


@pytest.mark.usefixtures("cats", "small_sample", "offline")
def test_without_any_photos_the_sample_s_test_photos_are_asked_about_and_a_line_says_so(home, capsys):
    assert main(["classify"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == "1 of 2 right"
    assert str(home / "photos" / "drawn_sample" / "validation") in printed.out
    assert printed.err.splitlines() == [SAMPLE_INSTEAD]


@pytest.mark.usefixtures("cats", "small_sample", "offline")
def test_the_set_that_photos_names_is_asked_about(own_photos, capsys):
    assert main(["classify", "--photos", "sample"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines()[-1] == "1 of 2 right"
    assert printed.err == ""


@pytest.mark.usefixtures("cats")
def test_files_and_photos_together_are_refused(own_photos, tmp_path, capsys):
    (path,) = write(tmp_path, "a.jpg")
    assert main(["classify", str(path), "--photos", "sample"]) == 2
    assert capsys.readouterr() == (
        "",
        "catdog: classify takes either files or --photos, not both: leave one of them out.\n",
    )


def test_the_real_command_prints_one_json_list_and_nothing_else(tmp_path):
    write(tmp_path, "a.jpg", "b.JPG")
    (tmp_path / "c.jpg").write_bytes(b"")
    done = subprocess.run(
        [sys.executable, "-m", "catdog", "classify", str(tmp_path), "--json"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 1
    assert done.stderr == ""
    rows = json.loads(done.stdout)
    assert [Path(row["file"]).name for row in rows] == ["a.jpg", "b.JPG", "c.jpg"]
    assert [row["error"] for row in rows] == [None, None, "The file is empty."]

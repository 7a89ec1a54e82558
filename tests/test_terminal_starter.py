"""`train-starter` from a terminal: trained, written, examined; and what it says where something is missing."""

import json
import shutil
import zipfile

import numpy as np
import pytest

from catdog.embedded import stored
from catdog.terminal import main
from tests.conftest import half_bright, jpeg


@pytest.fixture(autouse=True)
def keras_is_loaded_already(monkeypatch):
    """The command prepares a process of its own; this one belongs to the other tests as well."""
    monkeypatch.setattr("catdog.terminal.starter.load_keras_on_cpu", lambda: None)


@pytest.fixture
def small(monkeypatch):
    """One epoch of tiny pictures, and a teacher without weights."""
    from catdog.starter import teacher, train

    def look(photos, boxes, report):
        return np.zeros((*boxes.shape[:2], teacher.FEATURES), np.float16)

    monkeypatch.setattr(train, "SCHEDULE", ((32, 1),))
    monkeypatch.setattr(train, "EPOCHS", 1)
    monkeypatch.setattr(train, "BATCH", 4)
    monkeypatch.setattr(teacher, "look", look)
    monkeypatch.setattr("catdog.terminal.starter.ready_weights", lambda where, report: None)


@pytest.fixture
def pets(tmp_path):
    """A zip of six cats and six dogs, and two whose names are among the own photos."""
    random = np.random.default_rng(0)
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        for label, name in enumerate(("cats", "dogs")):
            for number in [*(f"pet{one}" for one in range(6)), "003"]:
                archive.writestr(f"{name}/{number}.jpg", jpeg(half_bright(label, random)))
    return tmp_path / "pets.zip"


@pytest.mark.slow
def test_it_is_trained_written_and_examined(small, own_photos, home, pets, capsys):
    assert main(["train-starter", str(pets), "--seed", "5"]) == 0
    folder = home / "starter"
    assert str(folder) in capsys.readouterr().out.splitlines()[-1]
    card = stored.card(folder)
    assert (card["seed"], card["photos"]) == (5, {"training": 12, "choosing": 24})
    assert card["bytes"] == (folder / stored.WEIGHTS).stat().st_size
    assert card["parameters"] == sum(weight.size for weight in stored.load_weights(folder))
    assert (folder / "teacher-5-12.npy").exists()
    assert "exam" not in card
    assert card["calibration"]["photos"] == 24

    assert main(["train-starter", "--exam", "--into", str(folder)]) == 0
    exam = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert exam["photos"] == 24
    assert exam["right"] == exam["cats_right"] + exam["dogs_right"]
    assert stored.card(folder) == card | {"exam": exam}


def test_the_one_that_comes_with_catdog_can_be_examined_elsewhere(own_photos, home, capsys):
    (home / "starter").mkdir(parents=True)
    for name in (stored.WEIGHTS, stored.CARD):
        shutil.copy(stored.FOLDER / name, home / "starter" / name)
    assert main(["train-starter", "--exam"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["photos"] == 24


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "train-starter needs the photos to learn from: a zip of JPEGs in cats/ and dogs/."),
        (["pets.zip", "--seed", "-1"], "The seed must lie between 0 and 2.14748e+09; -1 was given."),
    ],
)
def test_what_is_missing_or_beyond_its_limits_is_said_before_anything_is_done(arguments, sentence, home, capsys):
    assert main(["train-starter", *arguments]) == 2
    assert capsys.readouterr().err == f"catdog: {sentence}\n"
    assert not home.exists()


def test_an_exam_without_a_starter_is_one_sentence(own_photos, home, capsys):
    assert main(["train-starter", "--exam"]) == 2
    assert capsys.readouterr().err == (
        f"catdog: There is no starter in {home / 'starter'}. Train one first, or name its folder with --into.\n"
    )


def test_a_zip_that_is_none_is_one_sentence(small, own_photos, home, tmp_path, capsys):
    (tmp_path / "pets.zip").write_text("hello")
    assert main(["train-starter", str(tmp_path / "pets.zip")]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith(f"catdog: {tmp_path / 'pets.zip'} cannot be read as a zip of cats/ and dogs/: ")
    assert printed.count("\n") == 1

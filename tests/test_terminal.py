"""The engine from a terminal: what it prints, where, and with which exit code."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import psutil
import pytest

from catdog.errors import WeightsError
from catdog.recipes import RECIPES
from catdog.terminal import main
from catdog.training import RunRequest

PROJECT = Path(__file__).parents[1]
PATIENCE = 120  # seconds for what takes ten on an idle machine


def last_line(text: str) -> dict:
    return json.loads(text.strip().splitlines()[-1])


def test_the_recipes_are_listed_as_json(capsys):
    assert main(["recipes", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["key"] for row in rows] == list(RECIPES)
    assert all(
        set(row)
        == {
            "key",
            "post",
            "architecture",
            "loss",
            "learning_rate",
            "output_shape",
            "total_parameters",
            "trainable_parameters",
        }
        for row in rows
    )
    by_key = {row["key"]: row for row in rows}
    assert by_key["post2-model4"] == {
        "key": "post2-model4",
        "post": 2,
        "architecture": "transfer",
        "loss": "sparse_categorical_crossentropy",
        "learning_rate": 0.001,
        "output_shape": [None, 2],
        "total_parameters": 4_306_178,
        "trainable_parameters": 2_048_194,
    }
    last = by_key["post5-model4"]
    assert (last["loss"], last["learning_rate"], last["output_shape"]) == ("binary_crossentropy", 0.0001, [None, 1])


def test_the_list_of_recipes_is_the_last_line_of_its_output(capsys):
    """As `--help` promises for every command, so that a script may read the last line alone."""
    main(["recipes", "--json"])
    assert len(json.loads(capsys.readouterr().out.strip().splitlines()[-1])) == 22


def test_the_recipes_are_listed_for_people(capsys):
    assert main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 23
    (row,) = [line for line in lines if line.startswith("post4-model3 ")]
    assert row.split() == ["post4-model3", "preprocessing", "102,562", "102,562", "2", "0.001"]


def test_listing_recipes_does_not_wait_for_tensorflow():
    code = "import sys; from catdog.terminal import main; main(['recipes'])"
    code += "; print({'keras', 'tensorflow'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, timeout=PATIENCE)
    assert done.stdout.splitlines()[-1] == "set()"


def test_the_photos_are_prepared_and_described_as_json(own_photos, home, capsys):
    (own_photos / "train" / "cats" / "broken.jpg").write_bytes(b"")
    assert main(["prepare", "--json"]) == 0
    printed = capsys.readouterr()
    about = last_line(printed.out)
    assert about.keys() == {"name", "kind", "folder", "fingerprint", "photos", "unreadable"}
    assert (about["name"], about["kind"], about["folder"]) == ("own", "own", str(own_photos))
    assert about["photos"] == {
        "training": {"cat": 12, "dog": 12},
        "validation": {"cat": 10, "dog": 10},
        "test": {"cat": 2, "dog": 2},
    }
    assert about["unreadable"] == [{"file": "train/cats/broken.jpg", "reason": "The file is empty."}]
    assert (home / "prepared" / f"{about['fingerprint']}.npy").is_file()
    assert printed.err == ""


def test_preparing_again_gives_the_same(own_photos, capsys):
    main(["prepare", "--json"])
    first = capsys.readouterr().out
    assert main(["prepare", "--json"]) == 0
    assert capsys.readouterr().out == first


def test_the_photos_are_described_for_people(own_photos, capsys):
    (own_photos / "train" / "cats" / "broken.jpg").write_bytes(b"")
    assert main(["prepare"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["training", "12", "cats", "12", "dogs"],
        ["validation", "10", "cats", "10", "dogs"],
        ["test", "2", "cats", "2", "dogs"],
        ["skipped", "train/cats/broken.jpg:", "The", "file", "is", "empty."],
    ]


def test_a_file_whose_name_is_no_text_can_be_named_on_a_screen(own_photos, monkeypatch, tmp_path):
    """Such a name comes out of old archives; printing it as it is would end in a UnicodeEncodeError."""
    (own_photos / "train" / "cats" / os.fsdecode(b"caf\xe9.jpg")).write_bytes(b"")
    with (tmp_path / "screen").open("w", encoding="utf-8") as screen:
        monkeypatch.setattr(sys, "stdout", screen)
        assert main(["prepare"]) == 0
    assert "skipped" in (tmp_path / "screen").read_text(encoding="utf-8")


def test_an_unknown_recipe_is_answered_with_the_nearest(own_photos, home, capsys):
    assert main(["train", "post4-modle3"]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith("catdog: There is no recipe 'post4-modle3'. Did you mean 'post4-model3'?")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert not home.exists()


@pytest.mark.parametrize(
    ("option", "value", "sentence"),
    [
        ("--epochs", "0", "The number of epochs must lie between 1 and 200; 0 was given."),
        ("--epochs", "201", "The number of epochs must lie between 1 and 200; 201 was given."),
        ("--learning-rate", "-1", "The learning rate must lie between 1e-06 and 1; -1 was given."),
        ("--learning-rate", "nan", "The learning rate must lie between 1e-06 and 1; nan was given."),
        ("--limit", "1", "The number of training photos must lie between 2 and 1e+06; 1 was given."),
        ("--batch-size", "0", "The batch size must lie between 1 and 256; 0 was given."),
        ("--seed", "-1", "The seed must lie between 0 and 2.14748e+09; -1 was given."),
    ],
)
def test_a_value_beyond_its_limits_is_refused_before_anything_is_done(
    option, value, sentence, own_photos, home, capsys
):
    assert main(["train", "post4-model1", f"{option}={value}"]) == 2
    printed = capsys.readouterr()
    assert printed.err == f"catdog: {sentence}\n"
    assert printed.out == ""
    assert not home.exists()


NO_AUGMENTATION = (
    "'{}' is no augmentation. Write it like 'flip=horizontal,turn=72', or 'none'; "
    "there are flip, turn, fill, zoom, shift, brightness, contrast, each at most once."
)


@pytest.mark.parametrize(
    ("key", "text", "sentence"),
    [
        ("post4-model2", "spin=3", NO_AUGMENTATION.format("spin=3")),
        ("post4-model2", "horizontal", NO_AUGMENTATION.format("horizontal")),
        ("post4-model2", "turn=5,turn=6", NO_AUGMENTATION.format("turn=5,turn=6")),
        ("post4-model2", " ", NO_AUGMENTATION.format(" ")),
        ("post4-model2", "turn=181", "The turn in degrees must lie between 0 and 180; 181 was given."),
        ("post4-model2", "zoom=many", "The zoom in percent must be a whole number; 'many' was given."),
        ("post4-model2", "fill=black", "The fill must be one of reflect, constant, nearest, wrap; 'black' was given."),
        (
            "post4-model1",
            "flip=horizontal",
            "post4-model1 has no augmentation that could be changed; models 2, 3 and 4 have.",
        ),
        ("post4-model2", "", NO_AUGMENTATION.format("")),
        ("post4-model1", "none", "post4-model1 has no augmentation that could be changed; models 2, 3 and 4 have."),
    ],
)
def test_augmentation_that_cannot_be_is_refused_before_anything_is_done(key, text, sentence, own_photos, home, capsys):
    assert main(["train", key, "--augmentation", text]) == 2
    printed = capsys.readouterr()
    assert printed.err == f"catdog: {sentence}\n"
    assert printed.out == ""
    assert not home.exists()


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("flip=vertical,turn=10,fill=wrap", "flip=vertical,turn=10,fill=wrap"),
        (" turn=10 , flip=vertical", "flip=vertical,turn=10"),
        ("none", "none"),
        ("flip=horizontal,turn=72", None),  # post 4's own
        (None, None),
    ],
)
def test_the_augmentation_that_was_typed_is_what_the_run_is_asked_for(text, asked, own_photos, monkeypatch):
    submitted = []

    def submit(board, request, photos):
        submitted.append(request)
        raise KeyboardInterrupt  # far enough

    monkeypatch.setattr("catdog.terminal.training.Board.submit", submit)
    typed = [] if text is None else ["--augmentation", text]
    assert main(["train", "post4-model2", *typed]) == 130
    assert [request.as_json()["augmentation"] for request in submitted] == [asked]


@pytest.mark.parametrize(
    ("key", "typed", "precision", "copies"),
    [
        ("post4-model4", [], "auto", None),
        ("post4-model4", ["--features"], "auto", 2),
        ("post4-model4", ["--features", "0"], "auto", 0),
        ("post4-model4", ["--features=16", "--precision=float32"], "float32", 16),
        ("post4-model4", ["--features", "--precision", "mixed_bfloat16"], "mixed_bfloat16", 2),
        ("post4-model1", ["--precision", "auto"], "auto", None),
        ("post4-model1", ["--precision", "mixed_bfloat16"], "mixed_bfloat16", None),
    ],
)
def test_the_precision_and_the_features_that_were_typed_are_what_the_run_is_asked_for(
    key, typed, precision, copies, own_photos, monkeypatch
):
    submitted = []

    def submit(board, request, photos):
        submitted.append(request)
        raise KeyboardInterrupt  # far enough

    monkeypatch.setattr("catdog.terminal.training.ready_weights", lambda where, bar: None)
    monkeypatch.setattr("catdog.terminal.training.Board.submit", submit)
    assert main(["train", key, *typed]) == 130
    assert [(request.precision, request.copies) for request in submitted] == [(precision, copies)]
    assert [request.base for request in submitted] == ["imagenet"]


@pytest.mark.parametrize(
    ("key", "typed", "sentence"),
    [
        (
            "post4-model3",
            ["--features"],
            "post4-model3 has no frozen base whose features could be kept, and 2 augmented",
        ),
        (
            "post4-model1",
            ["--features", "0"],
            "post4-model1 has no frozen base whose features could be kept, and 0 augm",
        ),
        (
            "post4-model4",
            ["--features", "17"],
            "The number of augmented copies must lie between 0 and 16; 17 was given.",
        ),
        ("post4-model4", ["--features=-1"], "The number of augmented copies must lie between 0 and 16; -1 was given."),
    ],
)
def test_features_that_cannot_be_kept_are_refused_before_anything_is_done(
    key, typed, sentence, own_photos, home, capsys
):
    assert main(["train", key, *typed]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"catdog: {sentence}")
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert not home.exists()


def test_the_help_says_what_may_be_given_for_precision_and_features(capsys):
    with pytest.raises(SystemExit):
        main(["train", "--help"])
    told = " ".join(capsys.readouterr().out.split())
    assert "--precision {auto,float32,mixed_bfloat16}" in told
    assert "--features [COPIES]" in told


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["fly"],
        ["train"],
        ["train", "post4-model1", "--epochs", "many"],
        ["train", "post4-model1", "--epochs", "1.5"],
        ["train", "post4-model1", "post4-model2"],
        ["train", "post4-model2", "--augmentation"],
        ["train", "post4-model2", "--augmentation", "flip=horizontal", "turn=5"],
        ["train", "post4-model1", "--precision"],
        ["train", "post4-model1", "--precision", "float16"],
        ["train", "post4-model4", "--features", "many"],
        ["train", "post4-model4", "--features", "1.5"],
        ["recipes", "--epochs", "3"],
        ["prepare", "--limit", "8"],
    ],
    ids=" ".join,
)
def test_what_is_no_command_is_refused_with_the_usage(arguments, home, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("usage: ")
    assert not home.exists()


@pytest.mark.parametrize("command", [["prepare"], ["prepare", "--json"], ["train", "post4-model1"]], ids=" ".join)
def test_a_missing_folder_of_photos_is_one_sentence(command, home, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_PHOTOS", str(tmp_path / "gone"))
    assert main(command) == 1
    printed = capsys.readouterr()
    assert printed.err == (
        f"catdog: There is no folder {tmp_path / 'gone'}. Set CATDOG_PHOTOS to a folder with train/ and validation/.\n"
    )
    assert printed.out == ""
    assert not (home / "runs").exists()


def test_an_address_of_the_photos_that_is_none_is_a_bad_argument(home, monkeypatch, capsys):
    monkeypatch.setenv("CATDOG_DATASET_URL", "ftp://example.org/photos.zip")
    assert main(["prepare"]) == 2
    assert capsys.readouterr().err.startswith("catdog: CATDOG_DATASET_URL is 'ftp://example.org/photos.zip'.")


def test_where_the_weights_cannot_be_had_the_run_gets_the_embedded_base_and_a_line_says_so_and_why(
    own_photos, monkeypatch, tmp_path, capsys
):
    submitted = []

    def submit(board, request, photos):
        submitted.append(request)
        raise KeyboardInterrupt  # far enough

    monkeypatch.setattr("catdog.terminal.training.Board.submit", submit)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setenv("CATDOG_WEIGHTS_URL", f"http://127.0.0.1:{port}/weights.h5")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    assert main(["train", "post4-model4", "--features", "1"]) == 130
    line, stopped = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "catdog: the embedded base takes its place, not the post's: "
        "The pretrained weights of MobileNetV2 (9 MB) are not on this machine."
    )
    assert str(tmp_path / "keras" / "models") in line
    assert "refused" in line
    assert stopped == "catdog: stopped."
    (request,) = submitted
    assert request == RunRequest.of(RECIPES["post4-model4"], copies=1, base="embedded")


def test_damaged_weights_are_not_built_on(own_photos, monkeypatch, tmp_path, capsys):
    def damaged(where, report):
        raise WeightsError("They are damaged.")

    submitted = []
    monkeypatch.setattr("catdog.terminal.training.ready_weights", damaged)
    monkeypatch.setattr(
        "catdog.terminal.training.Board.submit", lambda self, request, photos: submitted.append(request)
    )
    monkeypatch.setattr("catdog.terminal.training.follow", interrupted)
    monkeypatch.setattr("catdog.terminal.training.stop", interrupted)
    assert main(["train", "post4-model4"]) == 130
    assert "embedded base takes its place, not the post's: They are damaged." in capsys.readouterr().err
    assert [request.base for request in submitted] == ["embedded"]


def interrupted(*_):
    raise KeyboardInterrupt


def test_a_network_without_a_frozen_base_asks_for_no_weights(own_photos, monkeypatch):
    asked = []
    monkeypatch.setattr("catdog.terminal.training.ready_weights", lambda *given: asked.append(given))
    monkeypatch.setattr("catdog.terminal.training.Board.submit", interrupted)
    assert main(["train", "post4-model3"]) == 130
    assert asked == []
    assert main(["train", "post4-model4"]) == 130
    assert len(asked) == 1


def test_ctrl_c_while_the_photos_are_prepared_is_no_traceback(own_photos, monkeypatch, capsys):
    def interrupted(where, report, kind):
        raise KeyboardInterrupt

    monkeypatch.setattr("catdog.terminal.bar.ready_photos", interrupted)
    assert main(["prepare"]) == 130
    assert capsys.readouterr().err == "catdog: stopped.\n"


@pytest.fixture
def engine(own_photos, home):
    """Starts `python -m catdog …` as a person would; whatever still runs is ended with the test."""
    started = []

    def start(*arguments):
        process = subprocess.Popen(
            [sys.executable, "-m", "catdog", *arguments],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=hear_ctrl_c if os.name == "posix" else None,
        )
        started.append(process)
        return process

    yield start
    for run in (home / "runs").glob("*-post*"):
        (run / "stop").touch()
    for process in started:
        process.kill()
        process.communicate()


def hear_ctrl_c():
    """A shell that started the tests in the background has made them, and with them the engine, deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def read_state(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}


def wait_for_phase(home: Path, process: subprocess.Popen, phase: str) -> dict:
    """The state of the only run once it is in this phase."""
    pause = threading.Event()
    for _ in range(PATIENCE * 20):
        for path in (home / "runs").glob("*/state.json"):
            state = read_state(path)
            if state.get("phase") == phase:
                return state
        assert process.poll() is None, process.communicate()
        pause.wait(0.05)
    raise AssertionError(f"no run came to be {phase}")


def test_a_recipe_is_trained_and_its_outcome_is_the_last_line(engine, home):
    process = engine("train", "post4-model1", "--epochs", "1", "--limit", "8", "--batch-size", "4", "--json")
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err

    outcome = last_line(out)
    assert outcome.keys() == {
        "run",
        "phase",
        "epochs",
        "best_val_accuracy",
        "test_accuracy",
        "seconds",
        "photos_per_second",
        "device",
        "photos",
        "base",
    }
    assert (outcome["photos"], outcome["base"]) == ("own", None)
    assert re.fullmatch(r"\d{8}-\d{9}-post4-model1", outcome["run"])
    assert (outcome["phase"], outcome["epochs"]) == ("finished", 1)
    assert outcome["best_val_accuracy"] * 20 == pytest.approx(round(outcome["best_val_accuracy"] * 20), abs=1e-3)
    assert outcome["test_accuracy"] in {0, 0.25, 0.5, 0.75, 1}
    assert 0 < outcome["seconds"] < PATIENCE
    assert outcome["photos_per_second"] > 0
    assert "core" in outcome["device"] or "GPU" in outcome["device"]

    run = home / "runs" / outcome["run"]
    assert read_state(run / "state.json")["phase"] == "finished"
    for file in ("best.weights.h5", "model.keras", "evaluation.json", "events.jsonl"):
        assert (run / file).stat().st_size > 0
    assert err.strip() == f"catdog: run {outcome['run']}"


@pytest.mark.skipif(os.name != "posix", reason="a console's Ctrl-C cannot be sent to one process alone")
def test_ctrl_c_stops_the_training_and_says_so(engine, home):
    process = engine("train", "post4-model1", "--epochs", "200", "--json")
    worker = wait_for_phase(home, process, "running")["worker"]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    outcome = last_line(out)
    assert outcome["phase"] == "stopped"
    assert outcome["epochs"] < 200
    assert read_state(home / "runs" / outcome["run"] / "state.json")["phase"] == "stopped"
    psutil.wait_procs([psutil.Process(worker["pid"])] if psutil.pid_exists(worker["pid"]) else [], timeout=10)
    assert not psutil.pid_exists(worker["pid"])

"""A run to take away: each part does what catdog does, and in a clean process it comes as near as it promises."""

import ast
import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from training_stand_ins import until

from catdog.photos import evenly, ready_photos
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source
from catdog.photos.splits import split_validation_folder
from catdog.recipes import RECIPES, Augmentation, recipe, with_base
from catdog.settings import BFLOAT16, DATASET_NAME, DATASET_URL, EMBEDDED, FLOAT32, IMAGENET, settings
from catdog.training import Board, RunRequest
from catdog.training.events import read_events
from catdog.training.folder import RunFolder
from catdog.training.launcher import LocalLauncher
from catdog.training.script import training_notebook, training_script
from tests.conftest import make_photos
from tests.photos.test_photo_decode import saved
from tests.photos.test_photo_kinds import DISPLAY_P3, SRGB, exif, grey_profile, profile
from tests.test_house import tool

OWN = Augmentation("vertical", 10, "constant", zoom=5, shift=4, brightness=3, contrast=2)
REQUESTS = {
    **{key: RunRequest.of(entry) for key, entry in RECIPES.items()},
    "a limit": RunRequest.of(recipe("post4-model2"), limit=500, seed=2**31 - 1, learning_rate=1e-6),
    "another augmentation": RunRequest.of(recipe("post4-model3"), augmentation=OWN),
    "no augmentation": RunRequest.of(recipe("post4-model2"), augmentation=Augmentation(), epochs=1),
    "all devices": RunRequest.of(recipe("post4-model2"), all_devices=True),
    "features": RunRequest.of(recipe("post4-model4"), copies=2),
    "features without augmentation": RunRequest.of(recipe("post4-model4"), copies=0, augmentation=Augmentation()),
    "a base without augmentation": RunRequest.of(recipe("post4-model4"), augmentation=Augmentation()),
    "the embedded base": RunRequest.of(recipe("post4-model4"), base=EMBEDDED),
    "the embedded base, features": RunRequest.of(recipe("post4-model4"), augmentation=OWN, base=EMBEDDED, copies=2),
}
every_request = pytest.mark.parametrize("request_", REQUESTS.values(), ids=list(REQUESTS))
in_both_precisions = pytest.mark.parametrize("precision", [FLOAT32, BFLOAT16])

Names = dict[str, object]


def cells(script: str) -> dict[str, str]:
    """The script's parts by their titles."""
    parts = re.split(r"^# %% (.+)\n", script, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def ran(request: RunRequest, *titles: str, precision: str = FLOAT32, **known: object) -> Names:
    """What the script's first part and those of these titles leave behind, where `known` is there already."""
    parts = cells(training_script(request, precision))
    names: Names = {}
    exec(parts["What is needed, and what was chosen"], names)
    names |= known
    for title in titles:
        # The untrained base has the same layers, and needs no download.
        exec(parts[title].replace('weights="imagenet"', "weights=None"), names)
    return names


def spelled(config: object) -> str:
    """A configuration as text, without the numbers that Keras gives to what bears no name of its own."""
    return re.sub(r'"(adam|input_layer)_\d+"', r'"\1"', json.dumps(config, default=str))


# The text


TOGETHER = {
    key: RunRequest.of(recipe(key), batch_size=16, all_devices=True) for key in ("post3-model1", "post4-model2")
}


@pytest.mark.parametrize("request_", TOGETHER.values(), ids=list(TOGETHER))
def test_a_run_that_devices_shared_is_written_with_the_photos_of_its_steps(request_):
    device = "4 GPUs NVIDIA A100, 64 photos a step (16 each)"
    for script in (training_script(request_, device=device), training_notebook(request_, device=device)):
        assert "BATCH_SIZE = 64 " in script
        assert "multiply BATCH_SIZE" not in script
    about = " ".join(ast.get_docstring(ast.parse(training_script(request_, device=device))).split())
    assert "There several devices shared the 64 photos of a step, 16 each, and here one device takes all" in about
    assert "Its figures come close" in about and "the very figures" not in about


@pytest.mark.parametrize("request_", TOGETHER.values(), ids=list(TOGETHER))
def test_where_the_number_of_devices_is_not_known_the_script_says_so(request_):
    script = training_script(request_)
    about = " ".join(ast.get_docstring(ast.parse(script)).split())
    assert "BATCH_SIZE = 16 " in script
    assert "all devices of a machine shared each step, 16 photos each. How many they were is not known here" in about


def test_all_devices_that_were_one_are_not_mentioned():
    asked = TOGETHER["post3-model1"]
    alone = RunRequest.of(recipe("post3-model1"), batch_size=16)
    assert training_script(asked, device="GPU NVIDIA A100") == training_script(alone, device="GPU NVIDIA A100")


@every_request
@in_both_precisions
def test_every_script_is_python_that_needs_only_keras_numpy_and_pillow(request_, precision):
    script = training_script(request_, precision)
    compile(script, "script.py", "exec")
    nodes = list(ast.walk(ast.parse(script)))
    imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported - sys.stdlib_module_names == {"keras", "numpy", "PIL"}
    assert "$" not in script


def test_every_script_is_written_as_carefully_as_catdog_itself(tmp_path):
    for number, asked in enumerate(REQUESTS.values()):
        for precision in (FLOAT32, BFLOAT16):
            (tmp_path / f"{number}_{precision}.py").write_text(training_script(asked, precision), encoding="utf-8")
    rules = ("--isolated", "--line-length", "120", str(tmp_path))
    for command in (("check", "--select", "E,F,W,I,B,UP,RET,C4,PIE", *rules), ("format", "--check", *rules)):
        result = tool("ruff", *command)
        assert result.returncode == 0, result.stdout + result.stderr


@every_request
def test_a_script_holds_nothing_that_its_run_does_not_need(request_):
    script = training_script(request_)
    assert ("LIMIT" in script) == (request_.limit is not None)
    assert ("MobileNetV2" in script) == request_.network.has_frozen_base
    assert ("embedded base" in script) == (request_.base == EMBEDDED)
    augmented = any(layer.random for layer in request_.network.layers)
    assert ("keras.layers.Random" in script) == ("Only while training" in script) == augmented


@every_request
def test_a_run_that_has_not_begun_is_written_in_float32_and_a_mixed_one_says_so(request_):
    assert training_script(request_, "") == training_script(request_) == training_script(request_, FLOAT32)
    assert training_notebook(request_, "") == training_notebook(request_)
    assert "bfloat16" not in training_script(request_)
    assert training_script(request_, BFLOAT16).count('mixed = "mixed_bfloat16"') == 1
    assert 'mixed = \\"mixed_bfloat16\\"' in training_notebook(request_, BFLOAT16)


@pytest.mark.parametrize(
    ("name", "promised", "not_promised"),
    [
        ("post4-model1", "begins with the very figures of the run", "come close"),
        ("no augmentation", "begins with the very figures of the run", "come close"),
        ("post4-model3", "rounds to whole pixel values.", "very figures"),
        ("post4-model4", "asked apart from the head, which rounds a little differently.", "very figures"),
        ("a base without augmentation", "asked apart from the head", "whole pixel values"),
        ("features", "only before the first epoch, and what it said was kept.", "very figures"),
        ("features without augmentation", "Here it looks at them anew in each epoch", "very figures"),
        ("the embedded base", "Its figures will differ from those of the run that it was made from", "come close"),
        ("the embedded base, features", "that run had catdog's own embedded base", "what it said was kept"),
    ],
)
def test_a_script_promises_figures_as_near_as_they_can_be_and_says_why(name, promised, not_promised):
    about = ast.get_docstring(ast.parse(training_script(REQUESTS[name])))
    assert promised in " ".join(about.split())
    assert not_promised not in " ".join(about.split())
    assert max(map(len, about.splitlines())) <= 120
    assert about.splitlines()[-1] in training_notebook(REQUESTS[name])


@pytest.mark.parametrize(
    ("epochs", "told"), [(1, "the only epoch"), (2, "the last 2 epochs"), (9, "the last 5 epochs")]
)
def test_the_mean_is_told_of_as_many_epochs_as_there_are(epochs, told):
    assert f"Mean validation accuracy of {told}: " in training_script(
        RunRequest.of(recipe("post4-model1"), epochs=epochs)
    )


# The photos


def test_photos_of_many_kinds_become_the_very_pixels_that_catdog_learns_from(home, tmp_path, capsys):
    root = make_photos(tmp_path / "kinds", train=2, validation=2)
    random = np.random.default_rng(3)
    image = Image.fromarray(random.integers(0, 256, (12, 16, 3), np.uint8)).resize((1000, 750))
    files = {
        "a sideways.JPG": saved(image, "JPEG", exif=exif(6)),
        "b mirrored.png": saved(image, "PNG", exif=exif(2)),
        "c phone.jpeg": saved(image, "JPEG", icc_profile=DISPLAY_P3),
        "d screen.jpg": saved(image, "JPEG", icc_profile=SRGB),
        "d nearly.png": saved(image, "PNG", icc_profile=profile((0.4351, 0.2222, 0.0139))),
        "e misfit.jpg": saved(image, "JPEG", icc_profile=grey_profile(1.8)),
        "f damaged profile.jpg": saved(image, "JPEG", icc_profile=DISPLAY_P3[:200]),
        "g grey.jpg": saved(image.convert("L"), "JPEG"),
        "h inks.jpg": saved(image.convert("CMYK"), "JPEG"),
        "i clear.webp": saved(Image.merge("RGBA", (*image.split(), image.convert("L"))), "WEBP", lossless=True),
        "j palette.gif": saved(image.quantize(16), "GIF", transparency=3),
        "k clear grey.png": saved(Image.merge("LA", (image.convert("L"),) * 2), "PNG"),
        "l bits.bmp": saved(image.convert("1"), "BMP"),
        "m broken off.jpg": saved(image, "JPEG")[:3000],
        "n no picture.png": b"not a picture",
        ".hidden.jpg": saved(image, "JPEG"),
        "notes.txt": b"these are our cats",
    }
    for name, data in files.items():
        (root / "train" / "cats" / name).write_bytes(data)
    photos = prepare(Source(root, kind="own"), home, lambda progress: None)
    assert [Path(file).name for file, _ in photos.unreadable] == ["m broken off.jpg", "n no picture.png"]

    load = ran(REQUESTS["post4-model1"], "From a file to pixels")["load"]
    loaded = [load(root / folder) for folder in ("train", "validation")]
    pixels, labels = (np.concatenate(arrays) for arrays in zip(*loaded, strict=True))
    assert labels.tolist() == photos.labels.tolist()
    unlike = [
        file for file, one, other in zip(photos.files, pixels, photos.photos, strict=True) if (one != other).any()
    ]
    assert unlike == []
    said = capsys.readouterr().out.splitlines()
    assert [re.search(r"[^/\\]+(?= cannot be read and is left out)", line)[0] for line in said] == [
        "m broken off.jpg",
        "n no picture.png",
    ]


def test_without_a_folder_the_public_archive_is_fetched_and_unpacked(tmp_path, monkeypatch):
    import keras

    root = make_photos(tmp_path / DATASET_NAME, train=2, validation=3)
    archive = tmp_path / f"{DATASET_NAME}.zip"
    with zipfile.ZipFile(archive, "w") as content:
        for file in root.rglob("*.jpg"):
            content.write(file, file.relative_to(tmp_path))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    fetch, origins = keras.utils.get_file, []

    def from_this_disk(origin, **options):
        origins.append(origin)
        return fetch(origin=archive.as_uri(), **options)

    monkeypatch.setattr(keras.utils, "get_file", from_this_disk)
    monkeypatch.setattr(sys, "argv", ["script.py"])
    names = ran(REQUESTS["post4-model1"], "From a file to pixels", "The photos")
    assert origins == [DATASET_URL]
    assert (names["train_labels"].tolist(), names["held_out_labels"].tolist()) == ([0, 0, 1, 1], [0, 0, 0, 1, 1, 1])
    assert names["held_out_pixels"].shape == (6, 160, 160, 3)


@pytest.mark.parametrize(("cats", "dogs"), [(500, 500), (2, 2), (12, 12), (3, 40), (77, 5)])
def test_the_same_photos_are_for_validation_and_for_the_test(cats, dogs):
    labels = np.repeat([0, 1], [cats, dogs])
    known = {"train_labels": labels, "held_out_labels": labels}
    names = ran(RunRequest.of(recipe("post4-model1"), seed=5), "Validation and test", **known)
    validation, test = split_validation_folder(labels)
    assert (names["validation"].tolist(), names["test"].tolist()) == (validation.tolist(), test.tolist())


@pytest.mark.parametrize(("cats", "dogs"), [(1000, 1000), (7, 7), (3, 40), (77, 5)])
@pytest.mark.parametrize("limit", [2, 13, 500])
def test_a_limit_keeps_the_same_photos(cats, dogs, limit):
    labels = np.repeat([0, 1], [cats, dogs])
    request = RunRequest.of(recipe("post4-model1"), seed=5, limit=limit)
    names = ran(request, "Fewer training photos", train_labels=labels, train_pixels=np.arange(cats + dogs))
    assert names["train_pixels"].tolist() == evenly(labels, limit, seed=5).tolist()
    assert names["train_labels"].tolist() == labels[names["train_pixels"]].tolist()


# The network


@every_request
@in_both_precisions
def test_every_script_builds_the_run_s_network_and_learns_towards_the_same(request_, precision):
    """On the base of the post, whichever the run had."""
    import keras

    from catdog.models.build import build, compile_for_training

    mine = ran(request_, "The network", "Loss and accuracy", precision=precision)["model"]
    keras.utils.set_random_seed(request_.seed)
    network = with_base(request_.network, IMAGENET)
    own = build(network, pretrained=False, precision=precision)
    compile_for_training(own, network, request_.learning_rate)

    for one, other in zip(mine.layers, own.layers, strict=True):
        assert (one.name, type(one), one.trainable) == (other.name, type(other), other.trainable)
        assert spelled(one.get_config()) == spelled(other.get_config())  # with seeds and dtypes
    for one, other in zip(mine.weights, own.weights, strict=True):
        assert (one.path, one.shape) == (other.path, other.shape)
        np.testing.assert_array_equal(one.numpy(), other.numpy())  # drawn by the same seed, in the same order
    assert spelled(mine.get_compile_config()) == spelled(own.get_compile_config())
    # No configuration tells how the base is called; only its node in the network does.
    bases = [layer for layer in mine.layers if layer.name == "base"]
    assert [base._inbound_nodes[-1].arguments.kwargs.get("training") for base in bases] == [False] * len(bases)


@pytest.mark.parametrize("key", RECIPES)
def test_every_script_counts_the_same_answers_as_dogs(key):
    from catdog.models.outputs import log_odds

    entry = RECIPES[key]
    random = np.random.default_rng(1)
    outputs = random.normal(size=(60, entry.outputs)).astype(np.float32)
    if not entry.from_logits:
        outputs = np.exp(outputs) / np.exp(outputs).sum(axis=1, keepdims=True)
    outputs[:2] = [[np.nan], [0.5]]  # neither a number nor more for one than for the other
    outputs[2] = 0
    line = re.search(r"^says_dog = .+$", training_script(REQUESTS[key]), re.MULTILINE)[0]
    names: Names = {"outputs": outputs}
    exec(line, names)
    assert names["says_dog"].tolist() == (log_odds(outputs, entry.from_logits) > 0).tolist()
    assert 10 < names["says_dog"].sum() < 50


# The whole


@pytest.fixture
def board(own_photos, monkeypatch):
    """A board whose workers compute on the CPU; those that a failed test left behind are ended."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    made = Board(settings().runs)
    yield made
    for run in made.under_way():
        if run.state.worker:
            LocalLauncher().stop(run.state.worker)


FIGURES = ("loss", "accuracy", "val_loss", "val_accuracy")


def trained_twice(board: Board, request: RunRequest, photos_folder: Path, clean: Path) -> tuple[RunFolder, str]:
    """A run, trained by its worker, and what its script says that trained it again in the empty folder `clean`."""
    photos = ready_photos(settings(), lambda progress: None)
    run = RunFolder.open(board.runs, board.submit(request, photos.reference))
    until(lambda: board.snapshot(run.id).over, board, seconds=60)
    assert (run.state.phase, run.state.error) == ("finished", "")
    clean.mkdir()
    (clean / "script.py").write_text(training_script(request, run.state.precision), encoding="utf-8")
    command = [sys.executable, "-I", "script.py", str(photos_folder)]  # -I: no catdog by way of a path
    script = subprocess.run(
        command, cwd=clean, env=os.environ, capture_output=True, text=True, timeout=120, check=False
    )
    assert script.returncode == 0, script.stderr
    return run, script.stdout


def figures_of_both(clean: Path, run: RunFolder) -> tuple[np.ndarray, np.ndarray]:
    """The script's figures and the run's, each (epochs, FIGURES)."""
    with (clean / "history.csv").open(newline="", encoding="utf-8") as file:
        mine = list(csv.DictReader(file))
    own = [event for event in read_events(run.events) if event["kind"] == "epoch"]
    assert [int(row["epoch"]) for row in mine] == [event["epoch"] for event in own] == [1, 2]
    return tuple(np.array([[float(row[name]) for name in FIGURES] for row in rows]) for rows in (mine, own))


def test_without_augmentation_the_script_alone_gives_the_very_figures_of_the_run(board, own_photos, tmp_path):
    settings = {"epochs": 2, "batch_size": 8, "learning_rate": 1e-4, "seed": 5, "limit": 21}
    request = RunRequest.of(recipe("post4-model3"), augmentation=Augmentation(), **settings)
    run, said = trained_twice(board, request, own_photos, tmp_path / "clean")
    mine, own = figures_of_both(tmp_path / "clean", run)
    assert own[0, 3] >= own[1, 3]  # the first epoch is the best: its weights and the last epoch's are not the same
    np.testing.assert_allclose(mine, own, rtol=0, atol=1e-5)
    _check_what_it_keeps_and_says(tmp_path / "clean", said, run)


@pytest.mark.slow
def test_with_flips_and_turns_the_script_alone_comes_close_to_the_run(board, own_photos, tmp_path):
    settings = {"epochs": 2, "batch_size": 8, "learning_rate": 3e-5, "seed": 5, "limit": 21}
    request = RunRequest.of(recipe("post4-model3"), **settings)
    run, _ = trained_twice(board, request, own_photos, tmp_path / "clean")
    mine, own = figures_of_both(tmp_path / "clean", run)
    np.testing.assert_allclose(mine, own, rtol=0, atol=0.002)  # without flips and turns it would be 0.018


def _check_what_it_keeps_and_says(clean: Path, said: str, run: RunFolder) -> None:
    from keras.models import load_model

    from catdog.models.build import build

    last = [load_model(path).get_weights() for path in (clean / "model.keras", run.model)]
    best = []
    for path in (clean / "best.weights.h5", run.best_weights):
        model = build(run.request.network)
        model.load_weights(path)
        best.append(model.get_weights())
    for mine, own in (last, best):
        assert [one.shape for one in mine] == [other.shape for other in own]
        assert all(np.allclose(one, other, atol=1e-4) for one, other in zip(mine, own, strict=True))

    test = run.evaluation()["test"]
    right = round(test["accuracy"] * test["photos"])
    assert said.splitlines()[-1].endswith(f" {test['accuracy']:.1%} ({right} of {test['photos']} photos)")
    accuracies = [event["val_accuracy"] for event in read_events(run.events) if event["kind"] == "epoch"]
    assert f"Best validation accuracy: {max(accuracies):.1%}, in epoch {1 + np.argmax(accuracies)}\n" in said
    assert f"Mean validation accuracy of the last 2 epochs: {np.mean(accuracies):.1%}\n" in said
    assert "21 photos to learn from, 20 for validation, 4 for the test\n" in said


# The notebook


@every_request
def test_the_notebook_holds_the_script_s_code_and_titles(request_):
    script = cells(training_script(request_))
    notebook = json.loads(training_notebook(request_))["cells"]
    titles = ["".join(cell["source"]) for cell in notebook if cell["cell_type"] == "markdown"]
    code = ["".join(cell["source"]) for cell in notebook if cell["cell_type"] == "code"]
    assert titles[1:] == [f"## {title}" for title in script]
    assert titles[0].startswith(f"# {request_.recipe}: ")

    named = "folder = sys.argv[1] if len(sys.argv) > 1 else None"
    wanted = [re.sub(rf"^{re.escape(named)}.*$", "folder = None", part, flags=re.M) for part in script.values()]
    wanted = [part.replace("import sys\n", "").strip() for part in wanted]
    assert [re.sub(r"^(folder = None) .*$", r"\1", part, flags=re.M) for part in code] == wanted
    names: Names = {}
    exec(code[0], names)
    assert names["folder"] is None
    compile("\n".join(code), "notebook", "exec")


def test_the_notebook_has_what_nbformat_4_5_asks_for():
    notebook = json.loads(training_notebook(REQUESTS["a limit"]))
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert notebook["metadata"]["kernelspec"].keys() >= {"name", "display_name"}
    assert notebook["metadata"]["language_info"]["name"] == "python"
    for cell in notebook["cells"]:
        further = {"execution_count", "outputs"} if cell["cell_type"] == "code" else set()
        assert cell.keys() == {"cell_type", "id", "metadata", "source"} | further
        assert cell["metadata"] == {}
        assert re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", cell["id"])
        assert all(line.endswith("\n") for line in cell["source"][:-1])
        assert cell["source"] and cell["source"][-1] == cell["source"][-1].rstrip()
        assert (cell.get("execution_count"), cell.get("outputs", [])) == (None, [])
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids)

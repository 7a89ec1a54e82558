"""A run as plain Keras, to take away: a script and a notebook that train the same network in the same way.

The text is `script_template.py.txt` with the run's values filled in. A line that begins with `# %%` opens a cell, which
is also how VS Code and Spyder read it. This module itself knows no Keras.
"""

import json
import re
import textwrap
from importlib import resources
from string import Template
from typing import Any

from catdog.models.device import photos_a_step
from catdog.recipes import Recipe, with_base
from catdog.recipes.code import LINE, network_code
from catdog.settings import DATASET_NAME, DATASET_URL, EMBEDDED, FLOAT32, IMAGENET, SPLIT_SEED, TEST_SHARE
from catdog.training.request import RunRequest
from catdog.training.verdicts import LAST

TEMPLATE = "script_template.py.txt"
CELL = re.compile(r"^# %% (.+)\n", re.MULTILINE)
ONLY_WITH_LIMIT = "Fewer training photos"  # the title of a cell

ABOUT = """\
{key}: {model} of post {post}, "{title}", in plain Keras

{usage}

It needs Keras with TensorFlow, NumPy and Pillow: pip install keras tensorflow numpy pillow

Into the current folder it writes history.csv (one line an epoch), best.weights.h5 (the best epoch) and model.keras
(the last one).

{figures}
"""
THE_SAME = (
    "It begins with the very figures of the run that it was made from where both are computed on the same kind of CPU, "
    "with the same photos and the same versions of Keras and TensorFlow; elsewhere it comes close."
)
CLOSE = "Its figures come close to those of the run that it was made from."
SAME_DRAWS = (
    "The same flips, turns and other changes are drawn, but catdog makes them in one step and rounds to whole pixel "
    "values."
)
BASE_APART = "There the frozen base was asked apart from the head, which rounds a little differently."
FEATURES_KEPT = (
    "There the frozen base looked at the training photos only before the first epoch, and what it said was kept. Here "
    "it looks at them anew in each epoch, which takes longer."
)
TOGETHER = (
    "There several devices shared the {photos} photos of a step, {batch_size} each, and here one device takes all of "
    "them."
)
UNKNOWN_STEP = (
    "There all devices of a machine shared each step, {batch_size} photos each. How many they were is not known here: "
    "for steps of the same size, multiply BATCH_SIZE by their number."
)
OTHER_BASE = (
    "Its figures will differ from those of the run that it was made from: that run had catdog's own embedded base, "
    "which has learned from cats and dogs before, and here is the post's, MobileNetV2, which has learned from ImageNet."
)
SCRIPT_USAGE = """\
    python THIS_SCRIPT.py PHOTOS_FOLDER

The folder of photos has train/ and validation/ in it, each with cats/ and dogs/. Without one, the public photos of cats
and dogs (69 MB) are fetched."""
NOTEBOOK_USAGE = """\
Run the cells from the top to the bottom. The public photos of cats and dogs (69 MB) are fetched. For photos of your
own, name their folder in the first cell; it has train/ and validation/ in it, each with cats/ and dogs/."""
SCRIPT_FOLDER = "folder = sys.argv[1] if len(sys.argv) > 1 else None  # what was typed behind the script's name"
NOTEBOOK_FOLDER = 'folder = None  # or the folder of your own photos, in quotes: "my photos"'


def training_script(request: RunRequest, precision: str = FLOAT32, device: str = "") -> str:
    """Python source that trains this run again: `python script.py PHOTOS_FOLDER`.

    It needs Keras, NumPy and Pillow, and nothing of catdog. `precision` is what the run computed with, as its state
    says; empty, as before it began, counts as float32. How near its figures come to the run's, the source says itself:
    a run on catdog's embedded base is written on the post's own, which plain Keras can build. `device` is what the run
    was computed on, as its state says: where several devices shared a step, it tells how many photos that took.
    """
    cells = _cells(request, precision, device, import_sys="import sys\n", photos_folder=SCRIPT_FOLDER)
    code = "".join(f"# %% {title}\n{text}" for title, text in cells)
    return f'"""{_about(request, device, SCRIPT_USAGE)}"""\n\n{code}'


def training_notebook(request: RunRequest, precision: str = FLOAT32, device: str = "") -> str:
    """The same as a Jupyter notebook: JSON text in nbformat 4.5."""
    parts = _cells(request, precision, device, import_sys="", photos_folder=NOTEBOOK_FOLDER)
    cells = [_notebook_cell("about", f"# {_about(request, device, NOTEBOOK_USAGE)}")]
    for number, (title, text) in enumerate(parts, start=1):
        cells.append(_notebook_cell(f"title-{number}", f"## {title}"))
        cells.append(_notebook_cell(f"code-{number}", text, execution_count=None, outputs=[]))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    notebook = {"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}
    return json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"


def _about(request: RunRequest, device: str, usage: str) -> str:
    one, figures = request.network, _figures(request, device)
    return ABOUT.format(key=one.key, model=one.model, post=one.post, title=one.post_title, usage=usage, figures=figures)


def _figures(request: RunRequest, device: str) -> str:
    """How near the script comes to the figures of the run, and why no nearer."""
    network = request.network
    if request.base == EMBEDDED:
        return textwrap.fill(OTHER_BASE, LINE)
    if request.copies is not None:
        reasons = [FEATURES_KEPT]
    else:
        reasons = [SAME_DRAWS] * any(layer.random for layer in network.layers) + [BASE_APART] * network.needs_imagenet
    if request.all_devices:
        reasons += _shared_step(request, device)
    return textwrap.fill(" ".join((CLOSE, *reasons)) if reasons else THE_SAME, LINE)


def _shared_step(request: RunRequest, device: str) -> list[str]:
    """What is to be said of a step that all devices were asked to share; nothing where there was but one."""
    photos = photos_a_step(device)
    if photos is None and device:
        return []
    told = TOGETHER if photos else UNKNOWN_STEP
    return [told.format(photos=photos, batch_size=request.batch_size)]


def _cells(request: RunRequest, precision: str, device: str, **where: str) -> list[tuple[str, str]]:
    """Title and code of each cell that this run needs. The values come from a request, which was checked."""
    template = resources.files("catdog.training").joinpath(TEMPLATE).read_text(encoding="utf-8")
    code = Template(template).substitute(
        where | _answer(request.network),
        epochs=request.epochs,
        last=LAST,
        last_epochs=f"the last {min(LAST, request.epochs)} epochs" if request.epochs > 1 else "the only epoch",
        batch_size=photos_a_step(device) or request.batch_size,
        learning_rate=request.learning_rate,
        seed=request.seed,
        limit=request.limit,
        network=network_code(with_base(request.network, IMAGENET), precision),
        dataset_url=DATASET_URL,
        dataset_name=DATASET_NAME,
        split_seed=SPLIT_SEED,
        test_share=TEST_SHARE,
    )
    _, *parts = CELL.split(code)
    cells = zip(parts[::2], parts[1::2], strict=True)
    return [(title, text) for title, text in cells if request.limit is not None or title != ONLY_WITH_LIMIT]


def _answer(recipe: Recipe) -> dict[str, str]:
    """What the network's numbers mean, and the loss, the metric and the verdict that go with them.

    The same as `compile_for_training` and `log_odds` in catdog.models, which tests hold it against.
    """
    logits = f"from_logits={recipe.from_logits}"
    if recipe.loss == "binary_crossentropy":
        return {
            "answer": "# The network gives one number a photo: above 0 means dog.",
            "loss": f"keras.losses.BinaryCrossentropy({logits})",
            "metric": 'keras.metrics.BinaryAccuracy(name="accuracy", threshold=0.0)',
            "says_dog": "outputs[:, 0] > 0",
        }
    meaning = "two numbers a photo, one for cat and one for dog: the larger one counts."
    if recipe.outputs > 2:
        meaning = f"{recipe.outputs} numbers a photo. Only the first two stand for something: cat and dog."
    elif not recipe.from_logits:
        meaning = "two numbers a photo: the probabilities of cat and of dog."
    return {
        "answer": f"# The network gives {meaning}",
        "loss": f"keras.losses.SparseCategoricalCrossentropy({logits})",
        "metric": 'keras.metrics.SparseCategoricalAccuracy(name="accuracy")',
        "says_dog": "outputs[:, 1] > outputs[:, 0]",
    }


def _notebook_cell(name: str, text: str, **of_code: Any) -> dict[str, Any]:
    """A markdown cell, or a code cell where `of_code` holds what only those have."""
    return {
        "cell_type": "code" if of_code else "markdown",
        "id": name,
        "metadata": {},
        "source": text.strip().splitlines(keepends=True),
        **of_code,
    }

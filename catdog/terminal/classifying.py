"""`classify`: cat or dog, for files and folders of pictures, or for the test photos."""

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from catdog.errors import PhotoError, SettingError
from catdog.insight.answer import Answer, as_row
from catdog.models.loading import load_keras_on_cpu
from catdog.photos.decode import read_bytes, read_photo
from catdog.photos.sources import SUFFIXES
from catdog.progress import Pace
from catdog.settings import CLASS_FOLDERS, CLASSES, settings
from catdog.terminal.bar import DONE, FAILED, Bar, photos_with_bar

AT_ONCE = 32  # pictures that are held in memory
BREAKING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # would break the line of a file's name, or steer the screen


def classify(given: argparse.Namespace) -> int:
    """Ask a model about every picture; a file that cannot be read gets a sentence and does not stop the others."""
    if given.files and given.photos:
        raise SettingError("classify takes either files or --photos, not both: leave one of them out.")
    load_keras_on_cpu()
    from catdog.training.trained import load_classifier

    files = [file for text in given.files for file in pictures_of(Path(text))] or test_photos(given.photos)
    classifier = load_classifier(settings().runs, given.model)
    rows, pace = [], Pace("Classifying", "pictures")
    with Bar() as bar:
        for start in range(0, len(files), AT_ONCE):
            for file, result in _answered(classifier, files[start : start + AT_ONCE]):
                answer, error = (None, str(result)) if isinstance(result, PhotoError) else (result, "")
                name = os.fsencode(file).decode("utf-8", "replace")
                rows.append(as_row(name, answer, error))
                if not given.json:
                    shown = BREAKING.sub("\N{REPLACEMENT CHARACTER}", name)
                    bar.write(f"{_in_words(answer)}  {shown}" if answer else f"{shown}: {error}")
            if len(files) > AT_ONCE:
                bar(pace.at(len(rows), len(files)))
    if given.json:
        print(json.dumps(rows))
    elif not given.files:
        right = sum(row["label"] == CLASSES[CLASS_FOLDERS.index(Path(row["file"]).parent.name)] for row in rows)
        print(f"{right} of {len(rows)} right")
    return FAILED if any(row["error"] for row in rows) else DONE


def test_photos(named: str | None) -> list[Path]:
    """The files of the test photos that `--photos` names, or of those that are there."""
    photos = photos_with_bar(named)
    return [photos.root / photos.files[position] for position in photos.positions("test")]


def pictures_of(path: Path) -> list[Path]:
    """The file itself; of a folder, every file in it and below whose name ends like a picture's, in order.

    A folder without any stands for itself, so that it gets its sentence like a file that cannot be read.
    """
    found = sorted(
        Path(folder, name)
        for folder, _, names in os.walk(path)  # nothing where it is a file
        for name in names
        if Path(name).suffix.lower() in SUFFIXES and not name.startswith(".")
    )
    return found or [path]


def _answered(classifier, files: Iterable[Path]) -> Iterator[tuple[Path, Answer | PhotoError]]:
    results = [(file, _read(file)) for file in files]
    readable = [result for _, result in results if not isinstance(result, PhotoError)]
    answers = iter(classifier.answers(np.stack(readable)) if readable else [])
    for file, result in results:
        yield file, result if isinstance(result, PhotoError) else next(answers)


def _read(file: Path) -> np.ndarray | PhotoError:
    if os.path.isdir(file):  # noqa: PTH112 - Path's own raises where a name is too long
        return PhotoError("There is no picture in this folder.")
    try:
        return read_photo(read_bytes(file))
    except PhotoError as error:
        return error


def _in_words(answer: Answer) -> str:
    return f"{answer.label} {answer.probability:7.1%}{'' if answer.sure else '  not sure'}".ljust(21)

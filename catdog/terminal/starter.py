"""`train-starter`: make the small model that comes with catdog, and examine it."""

import argparse
import json
import time
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from catdog.errors import SettingError
from catdog.models.loading import load_keras_on_cpu
from catdog.models.pretrained import ready_weights
from catdog.settings import REAL, SEED, settings
from catdog.terminal.bar import DONE, Bar, photos_with_bar


def train_starter(given: argparse.Namespace) -> int:
    """Train it, choose its temperature and write its card; or, with --exam, open the validation folder."""
    SEED.check_whole(given.seed)
    folder = given.into or settings().home / "starter"
    load_keras_on_cpu()
    if given.exam:
        _examine(folder)
    elif given.pets is None:
        raise SettingError("train-starter needs the photos to learn from: a zip of JPEGs in cats/ and dogs/.")
    else:
        _train(given.pets, folder, given.seed)
    return DONE


def _train(archive: Path, folder: Path, seed: int) -> None:
    from catdog.embedded import stored
    from catdog.starter import pets, train
    from catdog.starter.examine import choosing_figures

    prepared = photos_with_bar(otherwise=REAL)
    choosing = pets.labelled(prepared, pets.choosing_positions(prepared))
    with Bar() as bar:
        ready_weights(settings(), bar)
        learned = pets.read_pets(archive, prepared, bar)
        started = time.monotonic()
        lesson = train.prepare(learned, seed, folder / f"teacher-{seed}-{len(learned.labels)}.npy", bar)
        model = train.train(lesson, choosing, seed, bar)
    stored.save_weights(model.get_weights(), folder)
    card = {
        "trained": datetime.now(UTC).date().isoformat(),
        "seed": seed,
        "seconds": round(time.monotonic() - started),
        "versions": {name: metadata.version(name) for name in ("keras", "tensorflow", "numpy", "pillow")},
        "photos": {"training": len(learned.labels), "choosing": len(choosing.labels)},
        "parameters": model.count_params(),
        "bytes": (folder / stored.WEIGHTS).stat().st_size,
        **choosing_figures(folder, choosing),
    }
    stored.save_card(card, folder)
    print(f"choosing photos: {card['choosing_accuracy']:.1%}. Written to {folder}")


def _examine(folder: Path) -> None:
    from catdog.embedded import stored
    from catdog.starter import pets
    from catdog.starter.examine import exam_figures

    if not all((folder / name).is_file() for name in (stored.WEIGHTS, stored.CARD)):
        raise SettingError(f"There is no starter in {folder}. Train one first, or name its folder with --into.")
    prepared = photos_with_bar(otherwise=REAL)
    exam = exam_figures(folder, pets.labelled(prepared, prepared.held_out))
    stored.save_card(stored.card(folder) | {"exam": exam}, folder)
    print(json.dumps(exam))

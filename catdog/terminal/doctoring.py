"""`doctor`: what is ready for a lesson, what to do about the rest, and whether each page can do its job."""

import argparse
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np

from catdog.disk import cannot_write, require_room
from catdog.errors import CatdogError, PhotosError
from catdog.models.device import gpu_unused
from catdog.models.loading import load_keras_on_cpu, without_chatter
from catdog.models.pretrained import damaged_weights, missing_weights
from catdog.photos import PreparedPhotos, own_shape, real_photos_here
from catdog.readiness import MISSING, Card, device_card, models_card, photos_card, weights_card
from catdog.recipes import ARCHITECTURES, Augmentation, lesson_recipe, with_base
from catdog.settings import DATASET_MB, EMBEDDED, IMAGE_SIZE, IMAGENET, REAL, Settings, settings, with_photos
from catdog.terminal.bar import DONE, FAILED, photos_with_bar
from catdog.training import Board
from catdog.training.choices import STARTER
from catdog.training.engine import engine_trouble

RUN_BYTES = 100_000_000  # what one run may leave on the disk
WORKS = "works"


@dataclass(frozen=True)
class Found:
    """What the looking around has brought to light."""

    where: Settings
    photos: PreparedPhotos | None
    trouble: str
    weights: str  # why MobileNetV2's cannot be used, empty where they can
    gpu_unused: bool

    @property
    def base(self) -> str:
        return EMBEDDED if self.weights else IMAGENET

    def some_photos(self) -> PreparedPhotos:
        """The photos; raises PhotosError where there are none."""
        if self.photos is None:
            raise PhotosError("There are no photos.")
        return self.photos

    def cards(self) -> list[Card]:
        return [
            photos_card(self.photos, self.trouble),
            weights_card(self.weights),
            device_card(self.gpu_unused, bool(self.where.cluster), engine_trouble(self.where)),
            models_card(Board(self.where.runs).count("finished")),
        ]


def doctor(given: argparse.Namespace) -> int:
    """Print the cards of Home and, for each page that needs something, whether it can do its job; fetches nothing."""
    found = look_around(given.photos)
    cards, pages = found.cards(), {name: _tried(job, found) for name, job in PAGES.items()}
    if given.json:
        print(json.dumps({"cards": [asdict(card) for card in cards], "pages": pages}))
    else:
        _print(cards, pages)
    well = all(words.startswith(WORKS) for words in pages.values())
    return DONE if well and not any(card.state == MISSING for card in cards) else FAILED


def look_around(named: str | None) -> Found:
    """Get the photos ready that `--photos` names or that are here, and look at weights and device. Loads Keras."""
    where = with_photos(settings(), named)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before TensorFlow is loaded
    with without_chatter():
        unused = gpu_unused()  # asked first: from then on Keras is kept off the GPU, which a run may be using
    try:
        load_keras_on_cpu()
    except ImportError as error:
        raise CatdogError(
            f"Keras cannot be loaded ({error}). Delete .venv and call `python3 -m catdog run`, which makes it anew."
        ) from error
    weights = missing_weights() or damaged_weights(lambda progress: None) or ""
    return Found(where, *_photos(where, named), weights, unused)


def _photos(where: Settings, named: str | None) -> tuple[PreparedPhotos | None, str]:
    """The photos, or why there are none; the real ones are not fetched for it."""
    if where.wanted_photos == REAL and not real_photos_here(where):
        return None, f"The real photos are not here. `python3 -m catdog prepare` fetches them ({DATASET_MB} MB)."
    try:
        return photos_with_bar(named), ""
    except CatdogError as error:
        return None, str(error)


def _dataset(found: Found) -> str:
    own_shape(found.some_photos(), 0, 100)
    return WORKS


def _augmentation(found: Found) -> str:
    from catdog.models.augment import augmented

    augmented(found.some_photos().pixels(np.array([0])), Augmentation("horizontal", turn=72), seed=0)
    return WORKS


def _training(found: Found) -> str:
    from catdog.models.build import build

    found.some_photos()
    try:
        require_room(found.where.runs, RUN_BYTES)
        (found.where.runs / ".doctor").touch()
        (found.where.runs / ".doctor").unlink()
    except OSError as error:
        raise cannot_write(found.where.runs, error) from error
    for key in ARCHITECTURES:
        chosen = lesson_recipe(key)
        build(with_base(chosen, found.base) if chosen.has_frozen_base else chosen)
    return f"{WORKS}, network 4 on the embedded base" if found.base == EMBEDDED else WORKS


def _classify(found: Found) -> str:
    from catdog.training.trained import load_classifier

    load_classifier(found.where.runs, STARTER).answers(np.zeros((1, *IMAGE_SIZE, 3), np.uint8))
    return WORKS


PAGES: dict[str, Callable[[Found], str]] = {
    "Dataset": _dataset,
    "Augmentation": _augmentation,
    "Training": _training,
    "Classify": _classify,
}


def _tried(job: Callable[[Found], str], found: Found) -> str:
    """What a page can do, in words that begin with WORKS; else the sentence that says why it cannot."""
    try:
        with without_chatter():
            return job(found)
    except (CatdogError, OSError, ImportError) as error:
        return f"cannot do its job: {error}"


def _print(cards: list[Card], pages: dict[str, str]) -> None:
    for card in cards:
        print(f"{card.title:20} {card.state:9} {card.words}")
        if card.remedy:
            print(f"{'':30} {card.remedy}")
    print()
    for name, words in pages.items():
        print(f"{name:20} {words}")

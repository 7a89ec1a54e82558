"""How good a starter is: on the photos that choose, and, at the very end, on the validation folder."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from catdog.embedded.stored import card
from catdog.insight.calibration import calibrate, count_sure, measure
from catdog.models.outputs import log_odds
from catdog.starter.hardships import HARDSHIPS, made_hard
from catdog.starter.load import stored_network
from catdog.starter.pets import LabelledPhotos


def choosing_figures(folder: Path, photos: LabelledPhotos) -> dict[str, Any]:
    """What the card says of the choosing photos: the accuracy as they are and made harder, and the calibration."""
    model = stored_network(folder)
    return {
        "choosing_accuracy": accuracy(model, photos),
        "hardships": {
            name: accuracy(model, LabelledPhotos(made_hard(photos.photos, hardship), photos.labels))
            for name, hardship in HARDSHIPS.items()
        },
        "calibration": calibrate(_odds(model, photos), photos.labels).as_json(),
    }


def exam_figures(folder: Path, photos: LabelledPhotos) -> dict[str, Any]:
    """What the card says of photos that had no part in anything: accuracy, sure answers, and how far they hold."""
    odds, truth = _odds(stored_network(folder), photos), photos.labels
    temperature, right = card(folder)["calibration"]["temperature"], (odds > 0) == truth
    measures, (sure, sure_right) = measure(odds, truth, temperature), count_sure(odds, truth, temperature)
    return {
        "photos": len(truth),
        "right": int(right.sum()),
        "cats_right": int(right[truth == 0].sum()),
        "dogs_right": int(right[truth == 1].sum()),
        "sure": sure,
        "sure_right": sure_right,
        "loss": measures.loss,
        "calibration_error": measures.error,
    }


def accuracy(model: keras.Model, photos: LabelledPhotos) -> float:
    """The share of the photos that a network with one logit names rightly."""
    return float(np.mean((_odds(model, photos) > 0) == photos.labels))


def _odds(model: keras.Model, photos: LabelledPhotos) -> np.ndarray:
    return log_odds(model.predict(photos.photos, verbose=0), from_logits=True)

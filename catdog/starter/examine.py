"""How good a stored starter is: on the photos that choose, and, at the very end, on the validation folder."""

from pathlib import Path
from typing import Any

import numpy as np

from catdog.insight.calibration import SURE, calibrate, measure
from catdog.models.outputs import dog_probability
from catdog.starter.hardships import HARDSHIPS, made_hard
from catdog.starter.load import stored_network
from catdog.starter.pets import LabelledPhotos
from catdog.starter.stored import card


def choosing_figures(folder: Path, photos: LabelledPhotos) -> dict[str, Any]:
    """What the card says of the choosing photos: the accuracy as they are and made harder, and the calibration."""
    odds = _odds(folder, photos.photos)
    return {
        "choosing_accuracy": _accuracy(odds, photos.labels),
        "hardships": {
            name: _accuracy(_odds(folder, made_hard(photos.photos, hardship)), photos.labels)
            for name, hardship in HARDSHIPS.items()
        },
        "calibration": calibrate(odds, photos.labels).as_json(),
    }


def exam_figures(folder: Path, photos: LabelledPhotos) -> dict[str, Any]:
    """What the card says of photos that had no part in anything: accuracy, sure answers, and how far they hold."""
    odds, truth = _odds(folder, photos.photos), photos.labels
    temperature = card(folder)["calibration"]["temperature"]
    right, sure = (odds > 0) == truth, dog_probability(np.abs(odds), temperature) >= SURE
    measures = measure(odds, truth, temperature)
    return {
        "photos": len(truth),
        "right": int(right.sum()),
        "cats_right": int(right[truth == 0].sum()),
        "dogs_right": int(right[truth == 1].sum()),
        "sure": int(sure.sum()),
        "sure_right": int(right[sure].sum()),
        "loss": measures.loss,
        "calibration_error": measures.error,
    }


def _accuracy(odds: np.ndarray, labels: np.ndarray) -> float:
    return float(np.mean((odds > 0) == labels))


def _odds(folder: Path, photos: np.ndarray) -> np.ndarray:
    return stored_network(folder).predict(photos, verbose=0)[:, 0].astype(np.float64)

"""The starter's figures, reckoned by hand from the odds of a network that stands in for it."""

import math

import numpy as np
import pytest

from catdog.embedded import stored
from catdog.starter.hardships import HARDSHIPS
from catdog.starter.pets import LabelledPhotos

# Truth and odds: cats right surely, right unsurely, wrong surely; dogs right surely, wrong unsurely, and at even odds.
TRUTH = np.array([0, 0, 0, 1, 1, 1])
ODDS = np.array([-4.0, -1.0, 6.0, 8.0, -2.0, 0.0])


@pytest.fixture
def photos(monkeypatch):
    """Six photos, each of which shows the number of its own odds; the network looks them up."""

    class Stub:
        def predict(self, given, **_):
            return ODDS[given[:, 0, 0, 0]][:, None].astype(np.float32)

    from catdog.starter import examine

    monkeypatch.setattr(examine, "stored_network", lambda folder: Stub())
    numbers = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    return LabelledPhotos(numbers * np.ones((1, 160, 160, 3), np.uint8), TRUTH)


def test_the_choosing_photos_give_accuracy_and_calibration(photos, tmp_path):
    from catdog.insight.calibration import Calibration, calibrate
    from catdog.starter.examine import choosing_figures

    figures = choosing_figures(tmp_path, photos)
    assert figures["choosing_accuracy"] == 3 / 6
    assert figures["hardships"].keys() == HARDSHIPS.keys()
    assert figures["hardships"]["only its left half"] == 3 / 6  # nothing changes in a picture of one colour
    assert Calibration.from_json(figures["calibration"]) == calibrate(ODDS, TRUTH)


def test_the_exam_uses_the_temperature_of_the_card_and_not_its_own(photos, tmp_path):
    from catdog.starter.examine import exam_figures

    stored.save_card({"calibration": {"temperature": 2.0}}, tmp_path)
    figures = exam_figures(tmp_path, photos)
    # At temperature 2 the odds are -2, -0.5, 3, 4, -1, 0; sure are those beyond ln 4 = 1.39.
    wrong = [-2.0, -0.5, 3.0, -4.0, 1.0, 0.0]
    assert figures == {
        "photos": 6,
        "right": 3,
        "cats_right": 2,
        "dogs_right": 1,
        "sure": 3,
        "sure_right": 2,
        "loss": pytest.approx(sum(math.log1p(math.exp(one)) for one in wrong) / 6),
        "calibration_error": pytest.approx(_error_by_hand()),
    }


def _error_by_hand():
    """Bins of 5 %: 88 % right; 62 % right; 95 % wrong and 98 % right together; 73 % wrong; 50 % wrong."""

    def claimed(odds):
        return 1 / (1 + math.exp(-odds))

    together = abs(claimed(3) + claimed(4) - 1)
    return ((1 - claimed(2)) + (1 - claimed(0.5)) + together + claimed(1) + 0.5) / 6

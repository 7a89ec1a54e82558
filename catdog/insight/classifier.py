"""A trained network, loaded and ready to be asked by many visitors."""

import keras
import numpy as np

from catdog.insight.answer import Answer
from catdog.insight.calibration import Calibration
from catdog.insight.explain import Halves, halves, heat_function
from catdog.insight.inside import activation_maps, first_filters
from catdog.models.loading import ONE_AT_A_TIME
from catdog.models.outputs import log_odds
from catdog.settings import IMAGE_SIZE

BATCH = 32  # pictures a step


class Classifier:
    """A network with what is known of it. Safe to share among threads; augmentation is off.

    `calibration` is None where it could not be fitted: then the network's own probabilities stand. `parts` is the
    network cut in two for Grad-CAM, where it is not a simple chain of layers.
    """

    def __init__(
        self, model: keras.Model, from_logits: bool, calibration: Calibration | None, parts: Halves | None = None
    ) -> None:
        self.model, self.from_logits, self.calibration = model, from_logits, calibration
        self.temperature = calibration.temperature if calibration else 1.0
        with ONE_AT_A_TIME:
            self._heat = heat_function(parts or halves(model))
            self._warm()

    def answers(self, pictures: np.ndarray) -> list[Answer]:
        """One answer a picture; `pictures` is uint8 (pictures, 160, 160, 3), RGB, as the decoder gives them."""
        odds: list[float] = []
        for start in range(0, len(pictures), BATCH):
            with ONE_AT_A_TIME:  # given back between two batches, so that others get their turn
                outputs = self.model.predict_on_batch(pictures[start : start + BATCH].astype(np.float32))
            odds.extend(log_odds(outputs, self.from_logits).tolist())
        return [Answer(one, self.temperature) for one in odds]

    def heat(self, picture: np.ndarray) -> np.ndarray:
        """Grad-CAM of one picture, uint8 (160, 160, 3): a small map, above 0 for "dog" and below for "cat"."""
        with ONE_AT_A_TIME:
            return self._heat(picture)

    def filters(self) -> np.ndarray:
        """The first layer's filters as pictures, as `inside.first_filters`."""
        with ONE_AT_A_TIME:
            return first_filters(self.model)

    def maps(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """What each layer makes of one picture, uint8 (160, 160, 3), as `inside.activation_maps`."""
        with ONE_AT_A_TIME:
            return activation_maps(self.model, picture)

    def _warm(self) -> None:
        """Let TensorFlow trace the network now: for one picture, and for any number, which it learns at the second."""
        for count in (1, 2):
            self.model.predict_on_batch(np.zeros((count, *IMAGE_SIZE, 3), np.float32))
        self._heat(np.zeros((*IMAGE_SIZE, 3), np.uint8))

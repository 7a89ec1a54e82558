"""Do these pretrained weights fit MobileNetV2? Only loading them tells."""

from pathlib import Path

import keras
import numpy as np

from catdog.models.loading import ONE_AT_A_TIME
from catdog.settings import IMAGE_SIZE

LONGEST = 200  # letters of what Keras says


def loading_flaw(path: Path) -> str | None:
    """Why an .h5 file cannot give MobileNetV2 its weights, as "Keras cannot load it: …"; None where it can.

    It builds the network for 160×160 photos without its top and loads the file into it: a second or less. No code comes
    with such a file, so one from a stranger does no harm.
    """
    with ONE_AT_A_TIME:
        base = keras.applications.MobileNetV2(input_shape=(*IMAGE_SIZE, 3), include_top=False, weights=None)
        try:
            base.load_weights(path)
        except Exception as error:  # noqa: BLE001 - a damaged file fails wherever its reader stumbles first
            said = next(iter(str(error).splitlines()), "") or type(error).__name__
            return f"Keras cannot load it: {said[:LONGEST]}"
        whole = all(np.isfinite(numbers).all() for numbers in base.get_weights())
    return None if whole else "some of its numbers are infinite or none at all"

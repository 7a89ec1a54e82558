"""A map of what counted, laid over the picture that it belongs to."""

import numpy as np
from PIL import Image

from catdog.settings import CLASSES

# From what did not count to what counted most; ever brighter, so that it reads without colour as well.
RAMP = np.array([(0, 0, 4), (87, 16, 110), (188, 55, 84), (249, 142, 9), (252, 255, 164)], dtype=np.float64)
STRONGEST = 0.99  # of a map's places: one single place among thousands would leave all others dark


def evidence(signed: np.ndarray, label: str) -> np.ndarray:
    """What speaks for a label in a Grad-CAM map: (height, width), 0 to 1, where 1 is the strongest for either label."""
    sizes = np.abs(signed)
    strongest = float(np.quantile(sizes, STRONGEST)) or float(sizes.max())
    wanted = signed if label == CLASSES[1] else -signed
    return (wanted / strongest).clip(0, 1) if strongest > 0 else np.zeros_like(signed)


def overlay(image: Image.Image, heat: np.ndarray, strength: float) -> Image.Image:
    """The picture, RGB of any shape, behind a map, (height, width), 0 to 1; `strength` 0 shows only the picture."""
    smooth = Image.fromarray((255 * heat).astype(np.float32)).resize(image.size, Image.Resampling.BICUBIC)
    levels = np.asarray(smooth).clip(0, 255)
    return Image.blend(image, Image.fromarray(painted(levels / 255)), strength)


def painted(heat: np.ndarray) -> np.ndarray:
    """A map of values from 0 to 1, of any shape, in the colours of RAMP: uint8 (…, 3)."""
    levels = (255 * heat).round().astype(np.uint8)
    steps = np.linspace(0, 255, len(RAMP))
    colours = np.stack([np.interp(np.arange(256), steps, channel) for channel in RAMP.T], axis=1).round()
    return colours.astype(np.uint8)[levels]

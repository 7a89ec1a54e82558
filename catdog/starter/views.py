"""What the starter sees while it learns: parts of photos, their light changed, a square of each covered."""

import numpy as np
from PIL import Image

VIEWS = 6  # parts of each photo, the same in all epochs, so that the teacher must look at each only once
AREA = (0.4, 1.0)  # share of the photo that a part covers
ASPECT = (3 / 4, 4 / 3)  # width to height
JITTER = 0.03  # of the photo's side: how far a part's edges move from epoch to epoch
LIGHT = 0.3  # brightness, contrast and saturation: at most so much more or less
COVERED = (0.25, 0.45)  # of the picture's side: the square that is covered, on every second picture
GREY = 127.5


def draw_boxes(photos: int, size: int, random: np.random.Generator) -> np.ndarray:
    """Parts of square photos: float32 (VIEWS, photos, 4), left, top, right, bottom in pixels.

    As in C. Szegedy et al., "Going Deeper with Convolutions", 2014, https://arxiv.org/abs/1409.4842.
    """
    area = random.uniform(*AREA, (VIEWS, photos))
    aspect = np.exp(random.uniform(*np.log(ASPECT), (VIEWS, photos)))
    width, height = (np.sqrt(area * ratio).clip(max=1.0) for ratio in (aspect, 1 / aspect))
    left, top = ((1 - side) * random.uniform(size=side.shape) for side in (width, height))
    return (size * np.stack([left, top, left + width, top + height], axis=-1)).astype(np.float32)


def cut(photos: np.ndarray, boxes: np.ndarray, size: int) -> np.ndarray:
    """One part of each photo at size×size pixels: uint8 (batch, size, size, 3)."""

    def part(photo: np.ndarray, box: np.ndarray) -> np.ndarray:
        return np.asarray(Image.fromarray(photo).resize((size, size), Image.Resampling.BILINEAR, box=box.tolist()))

    return np.stack([part(photo, box) for photo, box in zip(photos, boxes, strict=True)])


def jittered(boxes: np.ndarray, size: int, random: np.random.Generator) -> np.ndarray:
    """The same parts, each edge moved a little, none beyond the photo."""
    return (boxes + size * random.normal(scale=JITTER, size=boxes.shape)).clip(0, size).astype(np.float32)


def disturbed(pictures: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Half of them mirrored, all in another light, a square of every second one grey: float32, the same shape, 0-255.

    The square is T. DeVries and G. Taylor's "Improved Regularization of Convolutional Neural Networks with Cutout",
    2017, https://arxiv.org/abs/1708.04552.
    """
    count, size = pictures.shape[:2]
    mirrored = random.random(count) < 0.5
    pictures = np.where(mirrored[:, None, None, None], pictures[:, :, ::-1], pictures).astype(np.float32)
    brightness, contrast, saturation = 1 + random.uniform(-LIGHT, LIGHT, (3, count, 1, 1, 1)).astype(np.float32)
    grey = pictures.mean(axis=-1, keepdims=True)
    pictures = grey + saturation * (pictures - grey)
    mean = pictures.mean(axis=(1, 2, 3), keepdims=True)
    pictures = (brightness * (mean + contrast * (pictures - mean))).clip(0, 255)
    for picture in np.flatnonzero(random.random(count) < 0.5):
        side = round(size * random.uniform(*COVERED))
        top, left = random.integers(size - side, size=2)
        pictures[picture, top : top + side, left : left + side] = GREY
    return pictures

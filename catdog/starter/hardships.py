"""Pictures made harder on purpose: what the starter makes of them says more than a list of warnings."""

from collections.abc import Callable

import numpy as np
from PIL import Image, ImageFilter


def made_hard(photos: np.ndarray, hardship: Callable[[Image.Image], Image.Image]) -> np.ndarray:
    """The photos, uint8 (photos, side, side, 3), each changed by a hardship."""
    return np.stack([np.asarray(hardship(Image.fromarray(photo)).convert("RGB")) for photo in photos])


def _smaller(picture: Image.Image, share: float) -> Image.Image:
    """The picture at a share of its width, in the middle of its own mean colour."""
    mean = tuple(int(value) for value in np.asarray(picture).reshape(-1, 3).mean(axis=0))
    frame = Image.new("RGB", picture.size, mean)
    small = picture.resize([round(share * side) for side in picture.size], Image.Resampling.BILINEAR)
    frame.paste(small, tuple((whole - part) // 2 for whole, part in zip(frame.size, small.size, strict=True)))
    return frame


HARDSHIPS: dict[str, Callable[[Image.Image], Image.Image]] = {
    "without colour": lambda picture: picture.convert("L"),
    "a fifth of the light": lambda picture: picture.point(lambda value: value // 5),
    "only its left half": lambda picture: picture.crop((0, 0, picture.width // 2, picture.height)).resize(picture.size),
    "half as large": lambda picture: _smaller(picture, 1 / 2),
    "on its side": lambda picture: picture.transpose(Image.Transpose.ROTATE_90),
    "upside down": lambda picture: picture.transpose(Image.Transpose.ROTATE_180),
    "a third as large": lambda picture: _smaller(picture, 1 / 3),
    "blurred by 4 pixels": lambda picture: picture.filter(ImageFilter.GaussianBlur(4)),
}

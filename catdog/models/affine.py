"""Flip and turn in one pass: both are affine maps, so their product needs one look at each pixel instead of two."""

import cv2
import numpy as np

BORDERS = {  # Keras' name of what fills the gaps, and OpenCV's; "wrap" is missing: its seams differ between the two
    "reflect": cv2.BORDER_REFLECT,
    "constant": cv2.BORDER_CONSTANT,
    "nearest": cv2.BORDER_REPLICATE,
}
ACROSS, DOWN = ("horizontal", "horizontal_and_vertical"), ("vertical", "horizontal_and_vertical")


def moved(photos: np.ndarray, mode: str, flips: np.ndarray, turns: np.ndarray | None, fill: str) -> np.ndarray:
    """Each photo flipped where `flips` says so, then turned: (batch, height, width, 3) in the photos' own dtype.

    `mode` is RandomFlip's, `fill` RandomRotation's and one of BORDERS. `turns` are RandomRotation's matrices
    (batch, 8): the first six numbers tell of each place in the copy which place of the photo is seen there; None turns
    nothing.
    """
    out = np.empty_like(photos)
    mirror = _mirror(mode, *photos.shape[1:3])
    for photo, copy, flipped, turn in zip(photos, out, flips, _maps(turns, len(photos)), strict=True):
        seen = mirror @ turn if flipped else turn
        cv2.warpAffine(
            photo,
            seen[:2],
            (photo.shape[1], photo.shape[0]),
            dst=copy,
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=BORDERS[fill],
        )
    return out


def _mirror(mode: str, height: int, width: int) -> np.ndarray:
    """The map of a flip, float64 (3, 3): of each place of the mirrored photo, where in the photo it is."""
    mirror = np.eye(3)
    if mode in ACROSS:
        mirror[0] = -1, 0, width - 1
    if mode in DOWN:
        mirror[1] = 0, -1, height - 1
    return mirror


def _maps(turns: np.ndarray | None, count: int) -> np.ndarray:
    """Keras' eight numbers a photo as float64 (count, 3, 3)."""
    if turns is None:
        return np.broadcast_to(np.eye(3), (count, 3, 3))
    return np.concatenate([turns, np.ones((count, 1))], axis=1).astype(np.float64).reshape(count, 3, 3)

"""Heads from the front, about one unit from the middle to the rim."""

import numpy as np

from catdog.photos.drawn.coat import fluffed, paint_head
from catdog.photos.drawn.faces import INK, TONGUE, Face, draw_eye, pointed_ear, whisker
from catdog.photos.drawn.pen import Pen, both_sides, closed_curve, mix

CAT_HEAD = [(0, -0.84), (0.52, -0.8), (0.92, -0.36), (1.06, 0.16), (0.84, 0.56), (0.42, 0.82), (0, 0.88)]
DOG_HEAD = [(0, -0.92), (0.5, -0.86), (0.82, -0.46), (0.86, 0.06), (0.72, 0.5), (0.46, 0.9), (0, 1.04)]
HANGING_EAR = [(-0.2, 0.0), (0.15, -0.16), (0.5, 0.15), (0.62, 0.8), (0.42, 1.25), (0.14, 0.9), (0.1, 0.4)]
FOLDED_EAR = [(-0.3, 0.12), (-0.1, -0.36), (0.22, -0.44), (0.52, -0.1), (0.58, 0.4), (0.34, 0.22), (0.05, 0.2)]
DOG_MUZZLE = [(0, 0.12), (0.34, 0.22), (0.5, 0.52), (0.3, 0.8), (0, 0.78)]


def front_face(pen: Pen, face: Face) -> None:
    """A head that looks at the viewer, or a little aside."""
    pen = pen.inside(0, 0, across=face.wide)
    coat = face.coat
    if face.ears == "pricked":
        _pricked_ears(pen, face)
    outline = fluffed(closed_curve(both_sides(DOG_HEAD if face.dog else CAT_HEAD)), coat)
    pen.furred(outline, coat.fur, lambda fur: paint_head(fur, coat), coat.line)
    features = pen.inside(face.turn, 0, across=1 - 0.6 * abs(face.turn))
    if face.dog:
        _dog_muzzle(features, face)
    else:
        _cat_muzzle(features, face)
    aside, up = (0.37, -0.14) if face.dog else (0.44, -0.08)
    for side in (-1, 1):
        draw_eye(features.inside(side * aside, up, mirrored=side < 0), face)
    if face.ears in ("hanging", "folded"):
        _soft_ears(pen, face)


def _pricked_ears(pen: Pen, face: Face) -> None:
    coat = face.coat
    tall, base = (1.0, 0.3) if face.dog else (0.78, 0.42)
    for side, tilt in zip((-1, 1), face.ear_tilts, strict=True):
        ear = pen.inside(side * 0.58, -0.58, scale=face.ear_size, degrees=tilt + side * 14, mirrored=side < 0)
        pointed_ear(ear, base, tall, (coat.line, coat.fur, coat.skin))


def _soft_ears(pen: Pen, face: Face) -> None:
    coat, size = face.coat, face.ear_size
    colour = coat.marks if coat.pattern in ("patches", "saddle", "mask") else mix(coat.fur, coat.line, 0.22)
    for side, tilt in zip((-1, 1), face.ear_tilts, strict=True):
        if face.ears == "hanging":
            ear = pen.inside(side * 0.62, -0.7, degrees=tilt * 0.7, mirrored=side < 0)
            shape = np.array(HANGING_EAR) * (1, size)
        else:
            ear = pen.inside(side * 0.6, -0.72, scale=size, degrees=tilt, mirrored=side < 0)
            shape = np.array(FOLDED_EAR)
        ear.furred(closed_curve(shape), colour, lambda fur: None, coat.line)


def _cat_muzzle(pen: Pen, face: Face) -> None:
    coat = face.coat
    pen.oval(0, 0.62, 0.2, 0.16, coat.pale)
    for side in (-1, 1):
        pen.oval(side * 0.19, 0.44, 0.25, 0.2, coat.pale)
    pen.blob([(-0.14, 0.2), (0, 0.17), (0.14, 0.2), (0.04, 0.33), (-0.04, 0.33)], face.nose)
    for side in (-1, 1):
        pen.line([(0, 0.33), (side * 0.06, 0.47), (side * 0.2, 0.5), (side * 0.31, 0.41)], 0.035, INK)
        for rise in (-0.16, 0.02, 0.2):
            points = [(0.3, 0.42 + rise * 0.25), (0.85, 0.4 + rise), (1.4, 0.46 + rise * 1.7)]
            whisker(pen, coat, [(side * x, y) for x, y in points])


def _dog_muzzle(pen: Pen, face: Face) -> None:
    coat = face.coat
    if face.tongue:
        pen.blob([(-0.16, 0.74), (0.16, 0.74), (0.18, 1.0), (0, 1.16), (-0.18, 1.0)], TONGUE)
        pen.line([(0, 0.8), (0, 1.02)], 0.025, mix(TONGUE, INK, 0.35))
    pen.blob(both_sides(DOG_MUZZLE), coat.pale)
    pen.blob([(-0.22, 0.24), (0, 0.18), (0.22, 0.24), (0.14, 0.4), (0, 0.46), (-0.14, 0.4)], face.nose)
    pen.oval(-0.07, 0.25, 0.06, 0.03, mix(face.nose, (255, 255, 255), 0.55))
    for side in (-1, 1):
        pen.line([(0, 0.44), (side * 0.04, 0.6), (side * 0.22, 0.67), (side * 0.37, 0.56)], 0.04, INK)

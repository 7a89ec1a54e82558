"""Heads from the side, about one unit from the middle to the rim."""

from catdog.photos.drawn.coat import fluffed, paint_head
from catdog.photos.drawn.faces import INK, TONGUE, Face, draw_eye, pointed_ear, whisker
from catdog.photos.drawn.pen import Pen, closed_curve, mix

BROW = [(-0.73, -0.33), (-0.4, -0.73), (0.1, -0.84), (0.66, -0.54)]  # from the eye to the neck
CAT_PROFILE = [*BROW, (0.86, 0.1), (0.6, 0.62), (0, 0.8), (-0.6, 0.62), (-0.94, 0.36), (-0.96, 0.06)]
SNOUT = [(-0.75, 0.64), (-1.2, 0.5), (-1.42, 0.3), (-1.36, 0.02), (-1.08, -0.08)]  # from the chin to the eye
DOG_PROFILE = [*BROW, (0.84, 0.1), (0.5, 0.66), (-0.2, 0.76), *SNOUT]
DOG_EAR = [(0.0, -0.6), (0.35, -0.66), (0.62, -0.3), (0.66, 0.8), (0.4, 1.0), (0.16, 0.7)]


def side_face(pen: Pen, face: Face) -> None:
    """A head that looks to the left."""
    coat = face.coat
    if face.ears == "pricked":
        tall = 1.05 if face.dog else 0.8
        for x, fur, inner in ((-0.3, coat.dim, coat.dim), (0.2, coat.fur, coat.skin)):
            ear = pen.inside(x, -0.6, scale=face.ear_size, degrees=face.ear_tilts[0])
            pointed_ear(ear, 0.34, tall, (coat.line, fur, inner))
    if face.dog and face.tongue:
        pen.blob([(-1.14, 0.38), (-0.86, 0.4), (-0.88, 0.82), (-1.04, 0.92), (-1.16, 0.78)], TONGUE)
    outline = fluffed(closed_curve(DOG_PROFILE if face.dog else CAT_PROFILE), coat)
    pen.furred(outline, coat.fur, lambda fur: paint_head(fur, coat, -1.3 if face.dog else -0.7), coat.line)
    if face.dog:
        _side_of_a_dog(pen, face)
    else:
        _side_of_a_cat(pen, face)


def _side_of_a_dog(pen: Pen, face: Face) -> None:
    coat = face.coat
    pen.blob([(-1.34, 0.12), (-0.95, 0.06), (-0.7, 0.3), (-0.9, 0.5), (-1.28, 0.42)], coat.pale)
    pen.oval(-1.36, 0.05, 0.17, 0.14, face.nose)
    pen.line([(-1.34, 0.3), (-1.05, 0.4), (-0.7, 0.36)], 0.04, INK)
    draw_eye(pen.inside(-0.46, -0.2, mirrored=True), face)
    if face.ears != "pricked":
        reach = face.ear_size * (1.0 if face.ears == "hanging" else 0.55)
        shape = [(x, y * reach) for x, y in DOG_EAR]
        pen.furred(closed_curve(shape), mix(coat.fur, coat.line, 0.25), lambda fur: None, coat.line)


def _side_of_a_cat(pen: Pen, face: Face) -> None:
    coat = face.coat
    pen.oval(-0.74, 0.34, 0.24, 0.2, coat.pale)
    pen.blob([(-1.0, 0.0), (-0.84, 0.02), (-0.86, 0.16), (-0.98, 0.16)], face.nose)
    pen.line([(-0.93, 0.18), (-0.84, 0.34), (-0.6, 0.36)], 0.035, INK)
    draw_eye(pen.inside(-0.46, -0.14, mirrored=True), face)
    for rise in (-0.1, 0.06, 0.24):
        whisker(pen, coat, [(-0.66, 0.32), (-0.2, 0.34 + rise), (0.25, 0.42 + rise * 1.8)])
        whisker(pen, coat, [(-0.86, 0.32), (-1.2, 0.36 + rise), (-1.45, 0.44 + rise * 1.6)])

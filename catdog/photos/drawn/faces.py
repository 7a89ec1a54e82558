"""Heads of cats and dogs, from the front and from the side, about one unit from the middle to the rim."""

from dataclasses import dataclass
from random import Random

import numpy as np

from catdog.photos.drawn.coat import WHITE, Coat
from catdog.photos.drawn.pen import Colour, Pen, mix, open_curve

INK: Colour = (30, 22, 24)
TONGUE: Colour = (222, 104, 116)
CAT_EYES: tuple[Colour, ...] = ((134, 178, 84), (206, 178, 66), (98, 156, 196), (196, 132, 54), (86, 150, 120))
DOG_EYES: tuple[Colour, ...] = ((94, 58, 36), (68, 44, 32), (124, 80, 44), (48, 36, 32))
CAT_NOSES: tuple[Colour, ...] = ((214, 124, 126), (150, 84, 84), (64, 48, 50))
DOG_NOSES: tuple[Colour, ...] = ((38, 32, 36), (58, 42, 40), (112, 72, 64))
DOG_EARS = ("hanging", "hanging", "hanging", "folded", "folded", "pricked")


@dataclass(frozen=True)
class Face:
    """One animal's face. `turn` moves what is in it aside (units): the head looks there."""

    dog: bool
    coat: Coat
    eyes: Colour
    nose: Colour
    ears: str
    ear_size: float
    ear_tilts: tuple[float, float]  # degrees, left and right
    wide: float
    eye_size: float
    pupil: float  # of the eye's width
    closed: bool
    tongue: bool
    turn: float


def draw_face(dog: bool, coat: Coat, random: Random) -> Face:
    """A face by chance."""
    return Face(
        dog=dog,
        coat=coat,
        eyes=random.choice(DOG_EYES if dog else CAT_EYES),
        nose=random.choice(DOG_NOSES if dog else CAT_NOSES),
        ears=random.choice(DOG_EARS) if dog else "pricked",
        ear_size=random.uniform(0.8, 1.2),
        ear_tilts=(random.uniform(-14, 14), random.uniform(-14, 14)),
        wide=random.uniform(0.92, 1.08),
        eye_size=random.uniform(0.85, 1.15),
        pupil=random.choice((0.18, 0.35, 0.62)),
        closed=random.random() < 0.1,
        tongue=random.random() < 0.35,
        turn=random.uniform(-0.2, 0.2),
    )


def pointed_ear(pen: Pen, base: float, tall: float, lines: tuple[Colour, Colour, Colour]) -> None:
    """A pointed ear that stands on (0, 0): its edge, its fur and its inside, each within the other."""
    sides = [
        [(-base, 0.15), (-base * 0.78, -tall * 0.5), (0.06, -tall)],
        [(0.06, -tall), (base * 0.92, -tall * 0.42), (base, 0.2)],
    ]
    shape = np.concatenate([open_curve(side) for side in sides])
    for grown, colour in zip(((1.12, 1.07), (1, 1), (0.58, 0.74)), lines, strict=True):
        pen.corners(shape * grown, colour)


def whisker(pen: Pen, coat: Coat, points: list[tuple[float, float]]) -> None:
    """One whisker: light before dark fur, dark before light fur."""
    pen.line(points, 0.026, WHITE if sum(coat.fur) < 420 else mix(coat.line, INK, 0.4))


def draw_eye(pen: Pen, face: Face) -> None:
    """One eye around (0, 0), the outer corner to the right."""
    if face.closed:
        pen.line([(-0.2, 0.02), (0, -0.1), (0.2, 0.02)], 0.06, INK)
        return
    size = face.eye_size * (0.19 if face.dog else 0.27)
    if face.dog:
        pen.oval(0, 0, size * 1.2, size * 1.2, INK)
        pen.oval(0, 0, size, size, face.eyes)
        pen.oval(0, 0.01, size * 0.62, size * 0.62, INK)
    else:
        almond = np.array([(-1, 0.2), (-0.55, -0.62), (0.15, -0.9), (0.95, -0.35), (0.7, 0.5), (-0.2, 0.78)]) * size
        pen.blob(almond * 1.2, INK)
        pen.blob(almond, face.eyes)
        pen.oval(0, -0.03, size * face.pupil, size * 0.68, INK)
    pen.oval(-0.3 * size, -0.35 * size, size * 0.26, size * 0.26, (250, 250, 250))

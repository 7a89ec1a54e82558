"""Coats: the same colours and patterns for cats and for dogs, so that no colour gives an animal away."""

from dataclasses import dataclass
from random import Random

import numpy as np

from catdog.photos.drawn.pen import Colour, Pen, mix

WHITE: Colour = (246, 241, 233)
FURS: tuple[Colour, ...] = (
    (52, 49, 54),  # black
    (98, 99, 107),  # slate
    (150, 150, 155),  # grey
    (232, 227, 218),  # white
    (236, 214, 176),  # cream
    (222, 172, 104),  # golden
    (214, 134, 66),  # ginger
    (178, 108, 62),  # red brown
    (130, 88, 58),  # brown
    (92, 63, 48),  # dark brown
    (176, 150, 120),  # beige
    (134, 122, 108),  # grey brown
)
PATTERNS = ("plain", "stripes", "patches", "spots", "mask", "saddle")
SKINS: tuple[Colour, ...] = ((226, 148, 146), (206, 130, 128), (178, 112, 108))
STROKES = 46  # single hairs in a furred shape
HAIR_WIDTH = 0.12  # units: how far apart the tufts of a fluffy outline are


@dataclass(frozen=True)
class Coat:
    """One animal's fur. `seed` draws its marks; `fluffy` (0-1) is how far the hairs stand out of its outline."""

    fur: Colour
    marks: Colour
    pale: Colour  # muzzle, chest, socks
    line: Colour
    skin: Colour  # inside the ears
    pattern: str
    bib: bool
    socks: bool
    blaze: bool
    fluffy: float
    seed: int

    @property
    def dim(self) -> Colour:
        """The fur in the shade: far legs, far ears."""
        return mix(self.fur, (25, 20, 35), 0.28)


def draw_coat(random: Random) -> Coat:
    """A coat by chance."""
    fur = random.choice(FURS)
    fur = tuple(min(max(channel + random.randint(-12, 12), 0), 255) for channel in fur)
    dark = sum(fur) < 330
    marks = mix(fur, WHITE if dark and random.random() < 0.6 else (38, 28, 28), random.uniform(0.4, 0.75))
    if random.random() < 0.2:
        marks = random.choice(FURS)
    return Coat(
        fur=fur,
        marks=marks,
        pale=mix(fur, WHITE, random.choice((0.25, 0.5, 0.9))),
        line=mix(fur, (18, 12, 16), random.uniform(0.45, 0.75)),
        skin=mix(random.choice(SKINS), fur, 0.25),
        pattern=random.choice(PATTERNS),
        bib=random.random() < 0.4,
        socks=random.random() < 0.35,
        blaze=random.random() < 0.25,
        fluffy=random.choice((0.0, 0.3, 0.6, 1.0)),
        seed=random.getrandbits(32),
    )


def fluffed(outline: np.ndarray, coat: Coat) -> np.ndarray:
    """An outline, given clockwise, with hairs that stand out of it: (points, 2), evenly apart."""
    if not coat.fluffy:
        return outline
    ring = np.concatenate([outline, outline[:1]])
    way = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(ring, axis=0).T))])
    count = 2 * round(way[-1] / HAIR_WIDTH / 2)
    at = np.linspace(0, way[-1], count, endpoint=False)
    even = np.stack([np.interp(at, way, ring[:, axis]) for axis in (0, 1)], axis=1)
    along = np.roll(even, -1, axis=0) - np.roll(even, 1, axis=0)
    outward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.hypot(*along.T)[:, None]
    random = Random(coat.seed)
    reach = [random.uniform(0.03, 0.11) if number % 2 else 0.0 for number in range(count)]
    return even + outward * np.array(reach)[:, None] * coat.fluffy


def paint_hairs(pen: Pen, coat: Coat, random: Random, low: tuple[float, float], high: tuple[float, float]) -> None:
    """Single hairs between two corners, a little lighter and darker than the fur."""
    colours = (mix(coat.fur, (255, 250, 240), 0.1), mix(coat.fur, (20, 12, 16), 0.14))
    spread = np.array([(random.random(), random.random(), random.uniform(-0.05, 0.05)) for _ in range(STROKES)])
    roots = low + spread[:, :2] * np.subtract(high, low)
    tips = roots + np.stack([spread[:, 2], np.full(STROKES, 0.17)], axis=1)
    hairs = np.concatenate([pen.places(roots), pen.places(tips)], axis=1)
    for number, hair in enumerate(hairs.tolist()):
        pen.ink.line(hair, fill=colours[number % 2], width=max(round(0.02 * pen.unit), 1))


def paint_head(pen: Pen, coat: Coat, nose: float = 0.0) -> None:
    """Mark a head that reaches about one unit from its middle; `nose` is how far its nose is aside."""
    random = Random(coat.seed)
    paint_hairs(pen, coat, random, (-1, -1), (1, 1))
    match coat.pattern:
        case "stripes":
            for x in (-0.26, 0.0, 0.26):
                pen.limb([(x * 1.3, -1.1), (x, -0.75), (x * 0.7, -0.45)], 0.1, 0.03, coat.marks)
            for side in (-1, 1):
                for y in (0.05, 0.32):
                    pen.limb([(side * 1.2, y - 0.1), (side * 0.72, y)], 0.08, 0.03, coat.marks)
        case "patches":
            side = random.choice((-1, 1))
            pen.oval(side * 0.48, -0.25, 0.5, 0.62, coat.marks, side * 18)
        case "spots":
            for _ in range(9):
                pen.oval(random.uniform(-1, 1), random.uniform(-1, 0.9), 0.1, 0.09, coat.marks)
        case "mask":
            pen.oval(nose, 0.35, 0.72, 0.7, coat.marks)
        case "saddle":
            pen.blob([(-1.3, -1.2), (1.3, -1.2), (1.2, -0.2), (0.5, -0.35), (0, -0.6), (-0.5, -0.35), (-1.2, -0.2)],
                     coat.marks)  # fmt: skip
    if coat.blaze and not nose:
        pen.blob([(0, -1.1), (0.12, -0.6), (0.3, 0.2), (0, 0.5), (-0.3, 0.2), (-0.12, -0.6)], WHITE)


def paint_body(pen: Pen, coat: Coat, low: tuple[float, float], high: tuple[float, float]) -> None:
    """Mark a body that lies between two corners, in the pen's units."""
    random = Random(coat.seed + 1)
    paint_hairs(pen, coat, random, low, high)
    (left, top), (right, bottom) = low, high
    wide, tall = right - left, bottom - top
    match coat.pattern:
        case "stripes":
            for number in range(6):
                x = left + wide * (number + 0.5 + random.uniform(-0.2, 0.2)) / 6
                pen.limb([(x, top - 0.1), (x + 0.12, top + tall * 0.3), (x, top + tall * 0.62)], 0.1, 0.03, coat.marks)
        case "patches":
            for _ in range(3):
                pen.oval(random.uniform(left, right), random.uniform(top, bottom), wide * 0.2, tall * 0.22, coat.marks)
        case "spots":
            for _ in range(16):
                size = random.uniform(0.07, 0.15)
                pen.oval(random.uniform(left, right), random.uniform(top, bottom), size, size, coat.marks)
        case "saddle":
            pen.oval((left + right) / 2, top, wide * 0.48, tall * 0.5, coat.marks)

"""Poses: a portrait, sitting, lying, standing. A head is one unit from its middle to its rim."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from catdog.photos.drawn.coat import WHITE, Coat, fluffed, paint_body
from catdog.photos.drawn.faces import Face
from catdog.photos.drawn.fronts import front_face
from catdog.photos.drawn.pen import Colour, Pen, both_sides, closed_curve, mix
from catdog.photos.drawn.profiles import side_face

COLLARS: tuple[Colour, ...] = ((196, 58, 62), (58, 104, 178), (64, 146, 96), (226, 178, 52), (136, 82, 158))


@dataclass(frozen=True)
class Pose:
    """`box` is left, top, right, bottom in units: how far the animal reaches. `ground` is where its feet are."""

    box: tuple[float, float, float, float]
    ground: float
    draw: Callable[[Pen, Face, Random], None]


def _body(pen: Pen, coat: Coat, outline: list[tuple[float, float]], bib: list[tuple[float, float]]) -> None:
    """The trunk, with a pale chest inside it where the coat has one."""
    low = (min(x for x, _ in outline), min(y for _, y in outline))
    high = (max(x for x, _ in outline), max(y for _, y in outline))

    def paint(fur: Pen) -> None:
        paint_body(fur, coat, low, high)
        if coat.bib:
            fur.blob(bib, mix(coat.pale, WHITE, 0.4))

    pen.furred(fluffed(closed_curve(outline), coat), coat.fur, paint, coat.line)


def _head(pen: Pen, face: Face, random: Random, side: bool) -> None:
    """The head, a little tilted, from the side or from the front."""
    head = pen.inside(0, 0, degrees=random.uniform(-12, 12))
    (side_face if side else front_face)(head, face)


def _collar(pen: Pen, random: Random, x: float, y: float, wide: float) -> None:
    if random.random() < 0.3:
        colour = random.choice(COLLARS)
        pen.limb([(x - wide, y - 0.12), (x, y + 0.06), (x + wide, y - 0.12)], 0.1, 0.1, colour)
        pen.oval(x, y + 0.2, 0.13, 0.13, (228, 192, 84))


def _leg(pen: Pen, coat: Coat, points: list[tuple[float, float]], thick: float, far: bool = False) -> None:
    """A leg that ends in a paw."""
    fur = coat.dim if far else coat.fur
    pen.limb(points, thick * 1.15, thick, fur, coat.line, bare=0.35)
    x, y = points[-1]
    paw = mix(fur, coat.pale, 0.8) if coat.socks else fur
    pen.oval(x, y, thick * 1.32, thick * 0.92, coat.line)
    pen.oval(x, y, thick * 1.2, thick * 0.8, paw)
    for toe in (-0.4, 0.4):
        pen.line([(x + toe * thick, y + 0.1 * thick), (x + toe * thick, y + 0.7 * thick)], 0.035, coat.line)


def _tail(pen: Pen, face: Face, random: Random, x: float, y: float) -> None:
    """A cat's long thin tail that curls, or a dog's shorter one, thick at its root, that is raised."""
    coat = face.coat
    if face.dog:
        reach = random.uniform(0.7, 1.15)
        points = [(0, 0), (0.5 * reach, -0.25), (0.8 * reach, -0.75), (0.7 * reach, -1.25 * reach)]
        thick, thin = 0.22, 0.09
    else:
        curl = random.choice((-1, 1))
        points = [(0, 0), (0.7, -0.1), (1.0, -0.75), (0.85, -1.4)]
        points += [(0.85 + 0.3 * curl, -1.8), (0.85 + 0.55 * curl, -1.6)]
        thick, thin = 0.15, 0.12
    pen.limb([(x + a, y + b) for a, b in points], thick, thin, coat.fur, coat.line)
    if coat.pattern in ("stripes", "mask"):
        a, b = points[-1]
        pen.oval(x + a, y + b, thin * 1.05, thin * 1.05, coat.marks)


def portrait(pen: Pen, face: Face, random: Random) -> None:
    """Head and shoulders; the picture's edge or something in front cuts them off."""
    wide = 1.2 if face.dog else 1.02
    half = [(0, 0.35), (0.66, 0.7), (wide, 1.5), (wide + 0.15, 2.6), (wide + 0.1, 3.8), (0, 4.0)]
    _body(pen, face.coat, both_sides(half), [(-0.5, 0.8), (0.5, 0.8), (0.45, 1.7), (0, 2.2), (-0.45, 1.7)])
    _collar(pen, random, 0, 0.98, 0.55)
    _head(pen, face, random, side=random.random() < 0.12)


def sitting(pen: Pen, face: Face, random: Random) -> None:
    """From the front, on its haunches."""
    coat, body = face.coat, pen.inside(0, 0.2, scale=0.75)
    wide = 1.02 if face.dog else 0.88
    _tail(body, face, random, wide * 0.8, 2.75)
    half = [(0, 0.4), (0.62, 0.75), (wide, 1.7), (wide + 0.22, 2.6), (0.7, 3.05), (0, 3.1)]
    _body(body, coat, both_sides(half), [(-0.5, 0.6), (0.5, 0.6), (0.6, 1.5), (0, 2.4), (-0.6, 1.5)])
    haunch = closed_curve([(0.45, 2.3), (1.0, 2.0), (1.3, 2.5), (1.1, 3.05), (0.55, 3.05)])
    for side in (-1, 1):
        body.furred(haunch * (side, 1), mix(coat.fur, coat.dim, 0.4), lambda fur: None, coat.line)
    thick = 0.27 if face.dog else 0.22
    for side in (-1, 1):
        _leg(body, coat, [(side * 0.42, 1.55), (side * 0.4, 2.3), (side * 0.42, 3.1)], thick)
    _collar(pen, random, 0, 0.92, 0.5)
    _head(pen, face, random, side=random.random() < 0.1)


def lying(pen: Pen, face: Face, random: Random) -> None:
    """On its belly, the body to the right of the head."""
    coat, body = face.coat, pen.inside(0, 0.2, scale=0.75)
    _tail(body, face, random, 2.9, 1.2)
    back = [(-0.6, 0.7), (0.4, 0.05), (1.8, -0.1), (2.9, 0.35), (3.3, 1.1), (2.9, 1.62), (1.0, 1.68), (-0.6, 1.6)]
    _body(body, coat, back, [(-0.6, 0.6), (0.3, 0.6), (0.5, 1.2), (0, 1.7), (-0.7, 1.5)])
    haunch = closed_curve([(2.0, 0.9), (2.5, 0.5), (3.0, 0.8), (3.15, 1.4), (2.6, 1.66), (2.05, 1.5)])
    body.furred(haunch, mix(coat.fur, coat.dim, 0.3), lambda fur: None, coat.line)
    thick = 0.26 if face.dog else 0.22
    _leg(body, coat, [(2.5, 1.5), (2.2, 1.62), (1.8, 1.62)], thick)
    for x in (0.35, -0.55):
        _leg(body, coat, [(x + 0.5, 1.25), (x + 0.1, 1.5), (x - 0.3, 1.6)], thick)
    _collar(pen, random, 0, 0.92, 0.5)
    _head(pen, face, random, side=random.random() < 0.2)


def standing(pen: Pen, face: Face, random: Random) -> None:
    """From the side; the head on the left looks ahead or at the viewer."""
    coat, body = face.coat, pen.inside(0, 0.15, scale=0.72)
    _tail(body, face, random, 3.95, 0.95)
    foot, thick = (3.15, 0.27) if face.dog else (2.95, 0.2)
    step = random.uniform(-0.3, 0.3)
    for x in (1.2, 3.6):
        _leg(body, coat, [(x, 1.7), (x + step * 0.3, 2.4), (x + step, foot - 0.12)], thick, far=True)
    belly = 2.05 if face.dog else 1.9
    back = [(-0.3, 0.3), (0.5, 0.2), (1.4, 0.6), (2.7, 0.62), (3.7, 0.62), (4.2, 1.2), (3.9, 1.8), (2.6, belly - 0.15)]
    front = [(1.2, belly), (0.45, 1.75), (0.0, 1.0)]
    _body(body, coat, [*back, *front], [(-0.2, 0.7), (0.5, 1.0), (0.8, 1.8), (0.2, 1.9)])
    for x in (0.8, 3.85):
        _leg(body, coat, [(x, 1.5), (x - step * 0.3, 2.4), (x - step, foot)], thick)
    _head(pen, face, random, side=random.random() < 0.35)


POSES = (
    Pose((-1.3, -1.5, 1.3, 1.6), 2.6, portrait),
    Pose((-1.3, -1.5, 1.5, 2.65), 2.6, sitting),
    Pose((-1.2, -1.5, 3.1, 1.55), 1.5, lying),
    Pose((-1.3, -1.5, 3.8, 2.45), 2.45, standing),
)

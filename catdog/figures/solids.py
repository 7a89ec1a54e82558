"""What a network's blocks are drawn as. Points are (x, y) in pixels around (0, 0), x to the right and y upwards.

Sizes are on gentle scales, so that 160 and 5 pixels, 3 and 1,280 maps, 2 and 92,416 values can be seen side by side.
"""

from dataclasses import dataclass
from math import cos, radians, sin

from catdog.recipes import Block
from catdog.settings import IMAGE_SIZE

Point = tuple[float, float]
Outline = tuple[Point, ...]

LEAN_RIGHT, LEAN_UP = 0.26, 0.17  # how far a solid's depth leads to the right and up, as shares of its side
BAR = 14.0  # px, thickness of values in a row
CREASE = 4.5  # px, how thick one of many maps looks; they are more than there is room for
FUNNEL = 84.0  # px, length of a frozen base


@dataclass(frozen=True)
class Solid:
    """Faces to fill, which of them lies in the shade, and creases between maps; a dropout is nothing but a line."""

    faces: tuple[Outline, ...]
    shaded: tuple[Outline, ...] = ()
    creases: tuple[Outline, ...] = ()

    @property
    def extent(self) -> tuple[float, float]:
        """How wide and how high it is."""
        points = [point for face in self.faces for point in face]
        xs, ys = [x for x, _ in points], [y for _, y in points]
        return max(xs) - min(xs), max(ys) - min(ys)

    def at(self, x: float, y: float) -> "Solid":
        """The same solid with its middle there, in the figure's own units."""
        parts = (self.faces, self.shaded, self.creases)
        return Solid(*(tuple(_moved(outline, x, y) for outline in part) for part in parts))


def solid(block: Block, given: tuple[int, ...], full: float, upright: bool) -> Solid:
    """Where maps shrink it shrinks, where they become many it grows thick; values in a row are a thin bar.

    `given` is the shape that enters the block, `full` the longest side in pixels. From left to right the side of maps
    is their height; the other way of reading, from top to bottom, is `upright`, and the side is their width.
    """
    match block.kind:
        case "scaling":
            return _squeezed(0.32 * full, 0.4 * full, 0.14 * full, upright)
        case "augmentation":
            return Solid((_rectangle(0.3 * full, 0.3 * full), _turned(_rectangle(0.3 * full, 0.3 * full), 25)))
        case "dropout":
            return Solid((_down(((0, -full / 2), (0, full / 2)), upright),))
        case "base":
            return _base(map_side(given[0], full), map_side(block.shape[0], full), map_depth(block.shape[-1]), upright)
    if block.flat:
        return Solid((_down(_rectangle(BAR, bar_length(block.shape[0], full)), upright),))
    return _cuboid(map_side(block.shape[0], full), map_depth(block.shape[-1]), upright)


def map_side(pixels: int, full: float) -> float:
    """How long the side of maps of so many pixels is drawn, where a photo's are drawn `full` long."""
    return full * (pixels / IMAGE_SIZE[0]) ** 0.5


def map_depth(maps: int) -> float:
    """How thick so many maps are together: 3 are 9 px, 64 are 27, 1,280 are 79."""
    return 6 * maps**0.36


def bar_length(values: int, full: float) -> float:
    """How long so many values in a row are drawn: 90,000 are `full` long, and a single one can still be seen."""
    return max(16.0, full * (values / 90_000) ** 0.25)


def _cuboid(side: float, depth: float, upright: bool) -> Solid:
    """Its front, its top and its right face; upright, the maps lie on each other."""
    width, height = (side, depth) if upright else (depth, side)
    right, up = LEAN_RIGHT * side, LEAN_UP * side
    front = _moved(_rectangle(width, height), -right / 2, -up / 2)
    _, upper_left, upper_right, lower_right = front
    top = (upper_left, *_moved((upper_left, upper_right), right, up), upper_right)
    face = (lower_right, upper_right, *_moved((upper_right, lower_right), right, up))
    steps = [step * depth / round(depth / CREASE) for step in range(1, round(depth / CREASE))]
    if upright:
        edge = (front[0], lower_right, _moved((lower_right,), right, up)[0])
        creases = tuple(_moved(edge, 0, step) for step in steps)
    else:
        edge = (front[0], upper_left, _moved((upper_left,), right, up)[0])
        creases = tuple(_moved(edge, step, 0) for step in steps)
    return Solid((front, top, face), (face,), creases)


def _base(start: float, end: float, depth: float, upright: bool) -> Solid:
    """A whole network as a funnel, and the maps that leave it."""
    funnel, maps = _squeezed(FUNNEL, start, end, upright), _cuboid(end, depth, upright)
    width, height = maps.extent
    if upright:  # the funnel ends at the maps' front, which is half a lean to the left of their middle
        return Solid((*funnel.at(-LEAN_RIGHT * end / 2, height / 2).faces, *maps.at(0, -FUNNEL / 2).faces))
    return Solid((*funnel.at(-width / 2, -LEAN_UP * end / 2).faces, *maps.at(FUNNEL / 2, 0).faces))


def _squeezed(length: float, start: float, end: float, upright: bool) -> Solid:
    """In the direction of reading from a side of `start` to one of `end`."""
    left, right = -length / 2, length / 2
    return Solid((_down(((left, -start / 2), (left, start / 2), (right, end / 2), (right, -end / 2)), upright),))


def _rectangle(width: float, height: float) -> Outline:
    x, y = width / 2, height / 2
    return (-x, -y), (-x, y), (x, y), (x, -y)


def _down(outline: Outline, upright: bool) -> Outline:
    """Upright, what leads to the right leads down."""
    return tuple((y, -x) for x, y in outline) if upright else outline


def _turned(outline: Outline, degrees: float) -> Outline:
    cosine, sine = cos(radians(degrees)), sin(radians(degrees))
    return tuple((cosine * x - sine * y, sine * x + cosine * y) for x, y in outline)


def _moved(outline: Outline, right: float, up: float) -> Outline:
    return tuple((x + right, y + up) for x, y in outline)

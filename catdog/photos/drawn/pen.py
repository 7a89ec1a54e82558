"""A pen that draws soft shapes in an animal's own units onto a picture, turned, mirrored and scaled."""

import math
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

Colour = tuple[int, int, int]  # RGB, 0-255
Points = Sequence[tuple[float, float]] | np.ndarray

CURVE_STEPS = 6  # points drawn between two given ones
OVAL_POINTS = 28
EDGE = 0.035  # units: how thick an outline is
ROUND = np.stack([np.cos(angles := np.arange(OVAL_POINTS) * math.tau / OVAL_POINTS), np.sin(angles)], axis=1)
# A ball is lit from above: its rim lies in the shade. 256x256, 0 in the light.
BALL_SHADE = Image.radial_gradient("L").point([min(int((value / 255) ** 2 * 130), 255) for value in range(256)])


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour between two: `one` where share is 0, `other` where it is 1."""
    return tuple(round(a + (b - a) * share) for a, b in zip(one, other, strict=True))


@cache
def _curve_weights(steps: int) -> np.ndarray:
    """Of shape (steps, 4): how much each of four neighbouring points weighs along a Catmull-Rom curve."""
    t = np.arange(steps)[:, None] / steps
    powers = np.concatenate([np.ones_like(t), t, t**2, t**3], axis=1)
    return powers @ (0.5 * np.array([[0, 2, 0, 0], [-1, 0, 1, 0], [2, -5, 4, -1], [-1, 3, -3, 1]]))


def closed_curve(points: Points) -> np.ndarray:
    """A round outline through the points, (points x CURVE_STEPS, 2)."""
    given = np.asarray(points, dtype=float)
    neighbours = given[(np.arange(-1, 3)[:, None] + np.arange(len(given))) % len(given)]
    return np.einsum("sk,kpc->psc", _curve_weights(CURVE_STEPS), neighbours).reshape(-1, 2)


def open_curve(points: Points, steps: int = CURVE_STEPS) -> np.ndarray:
    """A soft line from the first point to the last, ((points - 1) x steps + 1, 2)."""
    given = np.asarray(points, dtype=float)
    whole = np.concatenate([2 * given[:1] - given[1:2], given, 2 * given[-1:] - given[-2:-1]])
    neighbours = np.stack([whole[start : len(whole) - 3 + start] for start in range(4)])
    return np.concatenate([np.einsum("sk,kpc->psc", _curve_weights(steps), neighbours).reshape(-1, 2), given[-1:]])


def both_sides(half: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """The right half of an outline, from the top to the bottom, and the same on the left."""
    return half + [(-x, y) for x, y in half[-2:0:-1]]


class Pen:
    """Draws on `canvas` (RGB). A point (x, y) of the animal, y downwards, falls on `origin + matrix @ (x, y)`."""

    def __init__(self, canvas: Image.Image, matrix: np.ndarray, origin: np.ndarray) -> None:
        self.canvas, self.matrix, self.origin = canvas, matrix, origin
        self.ink = ImageDraw.Draw(canvas)
        self.unit = math.sqrt(abs(matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]))  # pixels

    def inside(
        self, x: float, y: float, scale: float = 1.0, degrees: float = 0.0, across: float = 1.0, mirrored: bool = False
    ) -> "Pen":
        """A pen whose own (0, 0) is this one's (x, y): scaled, turned clockwise, stretched across, mirrored."""
        turn = math.radians(degrees)
        rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
        stretch = np.diag([-across if mirrored else across, 1.0])
        return Pen(self.canvas, self.matrix @ (scale * rotation @ stretch), self.places([(x, y)])[0])

    def places(self, points: Points) -> np.ndarray:
        """Where the points fall on the canvas, (points, 2) in pixels."""
        return np.asarray(points, dtype=float) @ self.matrix.T + self.origin

    def corners(self, points: Points, colour: Colour) -> None:
        """A shape with straight sides."""
        self.ink.polygon(self.places(points).ravel().tolist(), fill=colour)

    def blob(self, points: Points, colour: Colour) -> None:
        """A round shape through the points."""
        self.corners(closed_curve(points), colour)

    def oval(self, x: float, y: float, across: float, down: float, colour: Colour, degrees: float = 0.0) -> None:
        """An ellipse with these two radii, turned clockwise."""
        turn = math.radians(degrees)
        ring = ROUND * (across, down)
        turned = ring @ np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
        self.corners(turned + (x, y), colour)

    def line(self, points: Points, width: float, colour: Colour) -> None:
        """A soft line of this width."""
        self.ink.line(
            self.places(open_curve(points)).ravel().tolist(), fill=colour, width=max(round(width * self.unit), 1)
        )

    def limb(
        self, points: Points, start: float, end: float, colour: Colour, line: Colour | None = None, bare: float = 0.0
    ) -> None:
        """A soft tube along the points, from one radius to another: a leg, a tail, a stripe.

        `line` is its edge's colour; the first `bare` (a share) has none and grows out of what is behind it.
        """
        path = self.places(open_curve(points, 12))
        radii = np.linspace(start, end, len(path)) * self.unit
        if line is not None:
            edged = round(bare * len(path))
            self._balls(path[edged:], radii[edged:] + EDGE * self.unit, line)
        self._balls(path, radii, colour)

    def _balls(self, path: np.ndarray, radii: np.ndarray, colour: Colour) -> None:
        for (x, y), radius in zip(path.tolist(), radii.tolist(), strict=True):
            self.ink.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)

    def furred(self, outline: np.ndarray, colour: Colour, paint: Callable[["Pen"], None], line: Colour) -> None:
        """A shape filled with fur: `paint` marks it with a pen of its own and never goes past the outline."""
        edge = self.places(outline)
        low = np.floor(np.maximum(edge.min(axis=0), 0)).astype(int)
        high = np.ceil(np.minimum(edge.max(axis=0), self.canvas.size)).astype(int)
        if (high - low < 2).any():
            return
        size = tuple((high - low).tolist())
        mask, fur = Image.new("L", size), Image.new("RGB", size, colour)
        ImageDraw.Draw(mask).polygon((edge - low).ravel().tolist(), fill=255)
        paint(Pen(fur, self.matrix, self.origin - low))
        fur.paste(mix(colour, (20, 15, 30), 0.75), mask=BALL_SHADE.resize(size, Image.Resampling.NEAREST))
        self.canvas.paste(fur, tuple(low.tolist()), mask)
        ring = np.concatenate([edge, edge[:2]]).ravel().tolist()
        self.ink.line(ring, fill=line, width=max(round(EDGE * self.unit), 1))

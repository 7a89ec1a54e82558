"""What stands behind and before the animals: drawn alike for both classes."""

import math
from random import Random

from PIL import Image, ImageDraw, ImageFilter

from catdog.photos.drawn.pen import Colour, mix

BACKGROUNDS = ("meadow", "room", "sofa", "carpet", "sky", "wall", "snow", "beach", "night", "leaves")
WALLS: tuple[Colour, ...] = ((214, 200, 180), (178, 196, 204), (196, 178, 168), (168, 186, 160), (224, 214, 200),
                             (150, 140, 160), (118, 132, 142), (206, 170, 140), (92, 88, 98))  # fmt: skip
CLOTHS: tuple[Colour, ...] = ((150, 74, 70), (70, 98, 132), (92, 120, 84), (190, 160, 110), (126, 96, 130),
                              (186, 186, 182), (70, 66, 74), (206, 134, 92))  # fmt: skip
GREENS: tuple[Colour, ...] = ((96, 142, 66), (122, 156, 78), (78, 122, 70), (150, 158, 84))
FLOWERS: tuple[Colour, ...] = ((236, 228, 120), (238, 236, 232), (196, 92, 110))
DARK: Colour = (24, 20, 34)
FREE_VIEWS = 6  # of ten pictures, so many have nothing in front


def background(random: Random, size: tuple[int, int]) -> Image.Image:
    """A scene of this size (width, height), RGB. It is small: enlarged, it is out of focus, as behind a portrait."""
    picture = Image.new("RGB", size)
    ink = ImageDraw.Draw(picture)
    wide, tall = size
    kind = random.choice(BACKGROUNDS)
    horizon = round(tall * random.uniform(0.42, 0.72))
    match kind:
        case "meadow" | "snow" | "beach" | "leaves" | "night":
            _outdoors(picture, ink, random, kind, horizon)
        case "room" | "sofa":
            _indoors(ink, random, size, horizon, kind == "sofa")
        case "carpet":
            _cloth(ink, random, (0, 0, wide, tall), random.choice(CLOTHS))
        case "sky":
            _fade(picture, 0, tall, (104, 156, 214), (206, 224, 238))
            _clouds(ink, random, wide, tall)
            hill = tall * random.uniform(0.85, 0.95)
            ink.ellipse((-wide * 0.3, hill, wide * 1.3, hill + tall), fill=random.choice(GREENS))
        case _:
            wall = random.choice(WALLS)
            _fade(picture, 0, tall, mix(wall, (255, 250, 235), 0.25), mix(wall, DARK, 0.35))
    return picture.filter(ImageFilter.BoxBlur(1))


def _fade(picture: Image.Image, top: int, bottom: int, above: Colour, below: Colour) -> None:
    size = (picture.width, max(bottom - top, 1))
    picture.paste(above, (0, top, size[0], top + size[1]))
    picture.paste(below, (0, top), Image.linear_gradient("L").resize(size, Image.Resampling.BILINEAR))


def _clouds(ink: ImageDraw.ImageDraw, random: Random, wide: int, tall: int) -> None:
    for _ in range(random.randint(1, 4)):
        x, y, size = random.uniform(0, wide), random.uniform(0, tall), random.uniform(0.06, 0.14) * wide
        for step in (-1, 0, 1):
            r = size * (1 - 0.3 * abs(step))
            ink.ellipse((x + step * size - r, y - r * 0.6, x + step * size + r, y + r * 0.6), fill=(240, 243, 246))


def _outdoors(picture: Image.Image, ink: ImageDraw.ImageDraw, random: Random, kind: str, horizon: int) -> None:
    wide, tall = picture.size
    skies = {"night": ((24, 30, 58), (62, 66, 104)), "leaves": ((186, 196, 204), (226, 214, 196))}
    grounds = {"snow": (226, 232, 240), "beach": (220, 196, 150), "leaves": (164, 122, 74), "night": (44, 58, 62)}
    above, below = skies.get(kind, ((116, 166, 218), (214, 226, 234)))
    ground = grounds.get(kind) or random.choice(GREENS)
    _fade(picture, 0, horizon, above, below)
    if kind == "night":
        ink.ellipse((x := random.uniform(0, wide), 4, x + wide * 0.12, 4 + wide * 0.12), fill=(238, 232, 200))
    else:
        _clouds(ink, random, wide, horizon)
    if kind == "beach":
        ink.rectangle((0, horizon - tall * 0.12, wide, horizon), fill=(82, 140, 172))
    else:
        for _ in range(random.randint(1, 4)):  # hills, trees
            x, r = random.uniform(0, wide), random.uniform(0.08, 0.3) * wide
            ink.ellipse((x - r, horizon - r, x + r, horizon + r), fill=mix(ground, DARK, random.uniform(0.15, 0.4)))
    _fade(picture, horizon, tall, ground, mix(ground, DARK, 0.25))
    dots = {"leaves": CLOTHS, "meadow": FLOWERS}.get(kind, (mix(ground, DARK, 0.2),))
    for _ in range(random.randint(8, 36)):
        x, y, r = random.uniform(0, wide), random.uniform(horizon, tall), random.uniform(0.6, 1.8)
        ink.ellipse((x - r, y - r * 0.7, x + r, y + r * 0.7), fill=random.choice(dots))


def _cloth(ink: ImageDraw.ImageDraw, random: Random, box: tuple[float, float, float, float], colour: Colour) -> None:
    """A cloth or a carpet: plain, striped, checked or dotted."""
    left, top, right, bottom = box
    other = mix(colour, random.choice(CLOTHS), random.uniform(0.3, 0.8))
    ink.rectangle(box, fill=colour)
    step = random.uniform(8, 22)
    kind = random.choice(("plain", "stripes", "checks", "dots"))
    if kind in ("stripes", "checks"):
        for number in range(math.ceil((right - left) / step)):
            ink.rectangle((left + number * step, top, left + number * step + step * 0.4, bottom), fill=other)
    if kind == "checks":
        for number in range(math.ceil((bottom - top) / step)):
            y = top + number * step
            ink.rectangle((left, y, right, y + step * 0.4), fill=mix(colour, other, 0.6))
    if kind == "dots":
        for row in range(math.ceil((bottom - top) / step)):
            for column in range(math.ceil((right - left) / step)):
                x, y = left + (column + row % 2 / 2) * step, top + row * step
                ink.ellipse((x, y, x + step * 0.4, y + step * 0.4), fill=other)


def _indoors(ink: ImageDraw.ImageDraw, random: Random, size: tuple[int, int], horizon: int, sofa: bool) -> None:
    wide, tall = size
    wall = random.choice(WALLS)
    ink.rectangle((0, 0, wide, horizon), fill=wall)
    x, y, w, h = random.uniform(0, wide * 0.7), random.uniform(0, tall * 0.15), wide * 0.3, tall * 0.3
    view = random.choice(((150, 190, 222), (226, 214, 170), *CLOTHS))
    ink.rectangle((x - 2, y - 2, x + w + 2, y + h + 2), fill=mix(wall, (250, 245, 235), 0.6))
    ink.rectangle((x, y, x + w, y + h), fill=view)
    _cloth(ink, random, (0, horizon, wide, tall), random.choice(CLOTHS))
    ink.rectangle((0, horizon - 2, wide, horizon), fill=mix(wall, DARK, 0.35))
    if sofa:
        cloth = random.choice(CLOTHS)
        back, seat = horizon - tall * random.uniform(0.15, 0.3), horizon + tall * 0.08
        ink.rounded_rectangle((wide * -0.1, back, wide * 1.1, tall * 0.95), 8, fill=mix(cloth, DARK, 0.25))
        ink.rounded_rectangle((wide * -0.1, seat, wide * 1.1, tall * 0.95), 6, fill=cloth)
        ink.line((wide / 2, back, wide / 2, tall * 0.95), fill=mix(cloth, DARK, 0.5), width=1)


def before(picture: Image.Image, random: Random) -> None:
    """Now and then something stands in front of the animal: grass, a ball, the edge of a box, a curtain."""
    ink = ImageDraw.Draw(picture)
    wide, tall = picture.size
    match random.choice(("grass", "ball", "box", "curtain", *[""] * FREE_VIEWS)):
        case "grass":
            green = random.choice(GREENS)
            for _ in range(60):
                x, h = random.uniform(0, wide), random.uniform(0.06, 0.22) * tall
                lean, thick = random.uniform(-0.05, 0.05) * wide, wide * 0.009
                blade = (x - thick, tall, x + lean, tall - h, x + thick, tall)
                ink.polygon(blade, fill=mix(green, random.choice((DARK, (236, 238, 180))), random.uniform(0, 0.35)))
        case "ball":
            x, r = random.uniform(0.1, 0.9) * wide, random.uniform(0.07, 0.14) * wide
            y, colour = tall - r * random.uniform(0.8, 1.3), random.choice(CLOTHS)
            ink.ellipse((x - r, y - r, x + r, y + r), fill=colour)
            ink.arc((x - r * 0.6, y - r, x + r * 1.4, y + r), 100, 250, fill=mix(colour, (250, 245, 235), 0.7), width=5)
            ink.ellipse((x - r * 0.5, y - r * 0.6, x - r * 0.2, y - r * 0.35), fill=mix(colour, (255, 255, 255), 0.6))
        case "box":
            card, edge = (188, 148, 102), tall * random.uniform(0.74, 0.88)
            ink.polygon((0, edge, wide, edge + tall * random.uniform(-0.04, 0.04), wide, tall, 0, tall), fill=card)
            ink.line((0, edge, wide, edge), fill=mix(card, (255, 245, 220), 0.5), width=6)
        case "curtain":
            cloth, reach = random.choice(CLOTHS), wide * random.uniform(0.08, 0.2)
            left = 0 if random.random() < 0.5 else wide - reach
            for fold in range(5):
                x = left + fold * reach / 5
                ink.rectangle((x, 0, x + reach / 5, tall), fill=mix(cloth, DARK, 0.12 * (fold % 3)))


def shadow(picture: Image.Image, x: float, y: float, across: float) -> None:
    """A soft dark place on the ground; the background is still small, and enlarging makes it softer."""
    ring = (round(x - across), round(y - across * 0.16), round(x + across), round(y + across * 0.16))
    size = (max(ring[2] - ring[0], 1), max(ring[3] - ring[1], 1))
    soft = Image.radial_gradient("L").point([max(150 - value, 0) for value in range(256)]).resize(size)
    picture.paste(DARK, ring[:2], soft)

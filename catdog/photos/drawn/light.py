"""The light that falls on a picture, and what a camera adds: drawn alike for both classes."""

from random import Random

from PIL import Image, ImageChops, ImageFilter


def lit(picture: Image.Image, random: Random) -> Image.Image:
    """The picture in its light: bright or dim, warm or cold, in a shadow, blurred and noisy by chance."""
    level, warmth, contrast = random.uniform(0.85, 1.2), random.uniform(-0.08, 0.08), random.uniform(0.9, 1.15)
    table = []
    for channel in (1 + warmth, 1.0, 1 - warmth):
        table += [min(max(round(((value - 118) * contrast + 118) * level * channel), 0), 255) for value in range(256)]
    picture = picture.point(table)
    match random.choice(("even", "even", "even", "vignette", "side")):
        case "vignette":
            picture = _shaded(picture, Image.radial_gradient("L"))
        case "side":
            picture = _shaded(picture, Image.linear_gradient("L").rotate(90 * random.randint(0, 3)))
    if random.random() < 0.15:
        picture = picture.filter(ImageFilter.GaussianBlur(random.uniform(0.8, 2.0)))
    return _noisy(picture, random)


def _shaded(picture: Image.Image, gradient: Image.Image) -> Image.Image:
    """Darker where the gradient is high, by two fifths at most."""
    shade = gradient.point([255 - round(value * 0.4) for value in range(256)])
    shade = shade.resize(picture.size, Image.Resampling.BILINEAR)
    return ImageChops.multiply(picture, Image.merge("RGB", [shade] * 3))


def _noisy(picture: Image.Image, random: Random) -> Image.Image:
    """Grain as a camera's, the same in the three colours."""
    strength = random.choice((0.02, 0.05, 0.1))
    grain = Image.frombytes("L", picture.size, random.randbytes(picture.width * picture.height))
    grain = grain.point([round(128 + (value - 128) * strength) for value in range(256)])
    return ImageChops.add(picture, Image.merge("RGB", [grain] * 3), offset=-128)

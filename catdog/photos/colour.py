"""Colours of every kind become what a screen shows: sRGB, eight bits, on white."""

import io
import struct
from collections.abc import Callable, Iterator

import numpy as np
from PIL import Image, ImageCms

SRGB_ROUNDING = 2  # of 255: two wordings of sRGB differ by no more
BAND = 1_000_000  # pixels whose colours are changed together: of the steps in between, no whole picture lies in memory
DEEP = {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}  # grey of more than eight bits
# What Pillow was seen to raise for damaged files.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError)
DAMAGED += (ArithmeticError, MemoryError, RuntimeError, struct.error)

Change = Callable[[Image.Image], Image.Image]


def as_srgb(image: Image.Image) -> Image.Image:
    """The picture's colours as a screen shows them: by its own ICC profile, where it carries one that fits.

    What else the file says beside its pixels is left behind: a reader to come would turn or colour it a second time.
    """
    to_rgb = _to_rgb(image)
    try:
        own = _own_colours(image, to_rgb)
        image = _by_bands(image, own or to_rgb) if own or to_rgb else image
    except (ImageCms.PyCMSError, *DAMAGED):
        # A profile that is damaged, or for another kind of picture: most programs ignore it as well.
        image = _by_bands(image, to_rgb) if to_rgb else image
    image.info = {}
    return image


def _bands(image: Image.Image) -> Iterator[tuple[int, Image.Image]]:
    """The picture from the top to the bottom in parts of at most about BAND pixels: each one's first row, and it."""
    rows = max(1, BAND // image.width)
    if rows >= image.height:
        yield 0, image
        return
    for top in range(0, image.height, rows):
        yield top, image.crop((0, top, image.width, min(top + rows, image.height)))


def _by_bands(image: Image.Image, change: Change) -> Image.Image:
    """A copy in RGB, each pixel changed by itself."""
    changed = Image.new("RGB", image.size)
    for top, band in _bands(image):
        changed.paste(change(band), (0, top))
    return changed


def _own_colours(image: Image.Image, to_rgb: Change | None) -> Change | None:
    """The change that the picture's profile asks for; None where it has none, or one that is sRGB in other words."""
    profile = image.info.get("icc_profile")
    if not profile:
        return None
    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    mode = "RGB"
    if image.mode == "CMYK":  # its profile describes its inks, the others' what they are in RGB
        mode, to_rgb = "CMYK", None
    elif Image.getmodebase(image.mode) == "L" and own.profile.xcolor_space.strip() == "GRAY":
        mode = "L"
    change = ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), mode, "RGB")
    if mode == "RGB" and not _changes_colours(change):
        return None
    return lambda band: ImageCms.applyTransform((to_rgb(band) if to_rgb else band).convert(mode), change)


def _changes_colours(change: ImageCms.ImageCmsTransform) -> bool:
    """Whether a profile is more than another wording of sRGB, which its name does not tell."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), change))
    return bool(np.abs(changed.astype(int) - colours).max() > SRGB_ROUNDING)


def _to_rgb(image: Image.Image) -> Change | None:
    """What makes each of its bands RGB on white; None for a picture that is so already."""
    if image.mode == "RGB" and "transparency" not in image.info:
        return None
    if image.mode in DEEP:
        white = _white(image)
        return lambda band: _on_white(_as_eight_bits(band, white))
    return _on_white


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _white(image: Image.Image) -> float:
    """What is white in grey of 16 or 32 bits, because Pillow's own conversion cuts everything above 255 to white.

    32 bits do not say where their white is: it is the first of the usual ones that no pixel is above.
    """
    whites = {"I": (255, 65_535, 2**31 - 1), "F": (1, 255, 65_535)}.get(image.mode, (65_535,))
    values = (np.asarray(band) for _, band in _bands(image))
    brightest = max(grey.max(where=np.isfinite(grey), initial=0) for grey in values)
    return next((white for white in whites if brightest <= white), whites[-1])


def _as_eight_bits(image: Image.Image, white: float) -> Image.Image:
    grey = np.nan_to_num(np.asarray(image).astype(np.float32), nan=0, posinf=white, neginf=0)
    return Image.fromarray((grey.clip(0, white) * np.float32(255 / white)).round().astype(np.uint8))

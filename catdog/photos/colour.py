"""Colours of every kind become what a screen shows: sRGB, eight bits, on white."""

import io
import struct

import numpy as np
from PIL import Image, ImageCms

SRGB_ROUNDING = 2  # of 255: two wordings of sRGB differ by no more
# What Pillow was seen to raise for damaged files.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, AttributeError)
DAMAGED += (ArithmeticError, MemoryError, RuntimeError, struct.error)


def as_srgb(image: Image.Image) -> Image.Image:
    """The picture's colours as a screen shows them: by its own ICC profile, where it carries one that fits.

    What else the file says beside its pixels is left behind: a reader to come would turn or colour it a second time.
    """
    profile = image.info.get("icc_profile")
    grey = Image.getmodebase(image.mode) == "L"
    if image.mode != "CMYK":  # a CMYK picture's profile describes its inks, the others' what they are in RGB
        image = _as_rgb(image)
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if grey and own.profile.xcolor_space.strip() == "GRAY":
                image = image.convert("L")
            change = ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), image.mode, "RGB")
            if image.mode != "RGB" or _changes_colours(change):
                image = ImageCms.applyTransform(image, change)
        except (ImageCms.PyCMSError, *DAMAGED):
            pass  # a profile that is damaged, or for another kind of picture: most programs ignore it as well
    if image.mode != "RGB":
        image = _as_rgb(image)
    image.info = {}
    return image


def _changes_colours(change: ImageCms.ImageCmsTransform) -> bool:
    """Whether a profile is more than another wording of sRGB, which its name does not tell."""
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    colours = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    changed = np.asarray(ImageCms.applyTransform(Image.fromarray(colours), change))
    return bool(np.abs(changed.astype(int) - colours).max() > SRGB_ROUNDING)


def _as_rgb(image: Image.Image) -> Image.Image:
    """A copy in RGB, on white."""
    if image.mode in {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}:
        image = _as_eight_bits(image)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")


def _as_eight_bits(image: Image.Image) -> Image.Image:
    """Grey of 16 or 32 bits is scaled, because Pillow's own conversion cuts everything above 255 to white.

    32 bits do not say where their white is: it is the first of the usual ones that no pixel is above.
    """
    grey = np.asarray(image)
    whites = {"I": (255, 65_535, 2**31 - 1), "F": (1, 255, 65_535)}.get(image.mode, (65_535,))
    brightest = grey.max(where=np.isfinite(grey), initial=0)
    white = next((white for white in whites if brightest <= white), whites[-1])
    grey = np.nan_to_num(grey.astype(np.float32), nan=0, posinf=white, neginf=0)
    return Image.fromarray((grey * np.float32(255 / white)).clip(0, 255).round().astype(np.uint8))

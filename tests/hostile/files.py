"""Small whole pictures of many kinds, from which hostile ones are made."""

import io
import struct
from functools import cache

import numpy as np
from PIL import Image, ImageCms

from catdog.photos import decode  # noqa: F401 - it teaches Pillow HEIC

SIDE = (40, 24)  # width and height in pixels
ORIENTATION = 274  # the EXIF tag


def written(image: Image.Image, kind: str, **options: object) -> bytes:
    """The picture as the bytes of a file of that kind."""
    out = io.BytesIO()
    image.copy().save(out, kind, **options)  # a copy: the writer of MPO leaves its settings in the picture
    return out.getvalue()


@cache
def seeds() -> dict[str, bytes]:
    """Name to bytes: every format of the decoder, in the colour modes, layouts and notes that it comes in."""
    colours = _colours()
    return _plain(colours) | _pngs(colours) | _tiffs(colours) | _several(colours) | _noted(colours)


def tiff(tags: dict[int, int | tuple[int, ...]], length: int = 0) -> bytes:
    """A TIFF with these tags, each of whole numbers of 32 bits, and zeros up to its length in bytes."""
    head, values, after = b"", b"", 8 + 2 + 12 * len(tags) + 4
    for tag, given in sorted(tags.items()):
        numbers = given if isinstance(given, tuple) else (given,)
        packed = struct.pack(f"<{len(numbers)}I", *numbers)
        place = packed if len(packed) == 4 else struct.pack("<I", after + len(values))
        values += packed if len(packed) > 4 else b""
        head += struct.pack("<HHI", tag, 4, len(numbers)) + place
    made = b"II*\0" + struct.pack("<IH", 8, len(tags)) + head + bytes(4) + values
    return made.ljust(length, b"\0")


def _colours() -> Image.Image:
    rows, columns = np.mgrid[: SIDE[1], : SIDE[0]]
    return Image.fromarray(np.stack([rows * 10, columns * 6, (rows + columns) * 4], axis=-1).astype(np.uint8))


def _plain(colours: Image.Image) -> dict[str, bytes]:
    return {
        "JPEG": written(colours, "JPEG"),
        "JPEG progressive": written(colours, "JPEG", progressive=True),
        "JPEG grey": written(colours.convert("L"), "JPEG"),
        "JPEG inks": written(colours.convert("CMYK"), "JPEG"),
        "WebP": written(colours, "WEBP"),
        "WebP lossless": written(colours.convert("RGBA"), "WEBP", lossless=True),
        "GIF": written(colours.quantize(32), "GIF"),
        "GIF interlaced": written(colours.quantize(8), "GIF", interlace=True, transparency=1),
        "BMP": written(colours, "BMP"),
        "BMP palette": written(colours.quantize(16), "BMP"),
        "BMP bits": written(colours.convert("1"), "BMP"),
        "AVIF": written(colours, "AVIF"),
        "AVIF clear": written(colours.convert("RGBA"), "AVIF"),
        "HEIF": written(colours.resize((64, 64)), "HEIF"),
        "HEIF clear": written(colours.convert("RGBA").resize((64, 64)), "HEIF"),
    }


def _pngs(colours: Image.Image) -> dict[str, bytes]:
    deep = Image.fromarray(np.asarray(colours.convert("L")).astype(np.uint16) * 257)
    palette = colours.quantize(16)
    return {
        "PNG": written(colours, "PNG"),
        "PNG clear": written(colours.convert("RGBA"), "PNG"),
        "PNG grey and clear": written(colours.convert("LA"), "PNG"),
        "PNG palette": written(palette, "PNG", transparency=bytes(range(0, 240, 15))),
        "PNG bits": written(colours.convert("1"), "PNG"),
        "PNG 16 bits": written(deep, "PNG"),
    }


def _tiffs(colours: Image.Image) -> dict[str, bytes]:
    grey = np.asarray(colours.convert("L"))
    ways = {way: {"compression": f"tiff_{way}"} for way in ("lzw", "adobe_deflate", "jpeg")}
    made = {f"TIFF {way}": written(colours, "TIFF", **options) for way, options in ways.items()}
    return made | {
        "TIFF": written(colours, "TIFF"),
        "TIFF packed": written(colours, "TIFF", compression="packbits"),
        "TIFF in strips": written(colours, "TIFF", strip_size=240),
        "TIFF tiled": tiff({256: 32, 257: 16, 258: 8, 262: 1, 322: 16, 323: 16, 324: (200, 456), 325: (256, 256)}, 768),
        "TIFF fax": written(colours.convert("1"), "TIFF", compression="group4"),
        "TIFF inks": written(colours.convert("CMYK"), "TIFF"),
        "TIFF 16 bits": written(Image.fromarray(grey.astype(np.uint16) * 257), "TIFF"),
        "TIFF 32 bits": written(Image.fromarray(grey.astype(np.int32) * 65_537), "TIFF"),
        "TIFF fractions": written(Image.fromarray(grey.astype(np.float32) / 255), "TIFF"),
        "TIFF clear": written(colours.convert("RGBA"), "TIFF"),
        "TIFF palette": written(colours.quantize(16), "TIFF"),
        "BigTIFF": written(colours, "TIFF", big_tiff=True),
    }


def _several(colours: Image.Image) -> dict[str, bytes]:
    kinds = {kind: {"duration": 50} for kind in ("GIF", "PNG", "WEBP", "AVIF")} | {"MPO": {}, "TIFF": {}}
    return {
        f"{kind} of two": written(colours, kind, save_all=True, append_images=[colours.rotate(180)], **options)
        for kind, options in kinds.items()
    }


def _noted(colours: Image.Image) -> dict[str, bytes]:
    """With a mark of how they lie, and a colour profile."""
    marks = Image.Exif()
    marks[ORIENTATION] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    made = {}
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF"):
        image = colours.resize((64, 64)) if kind == "HEIF" else colours
        exif = marks if kind == "TIFF" else marks.tobytes()
        made[f"{kind} with notes"] = written(image, kind, exif=exif, icc_profile=profile)
    return made

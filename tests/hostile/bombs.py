"""Files that are small and want to become large: one maker for each known way, by format."""

import struct
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np
from PIL import Image

from catdog.settings import PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS
from tests.hostile.files import tiff, written

SIDE = 5_000  # pixels: 25 megapixels, the most that is read
MEGABYTE = 1024**2


def png(width: int, height: int, pixels: bytes, *before: bytes, kind: int = 2, bits: int = 8) -> bytes:
    """A PNG of these compressed pixels, with whole chunks before them."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(before) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@cache
def zeros(megabytes: int) -> bytes:
    """So many megabytes of zeros as zlib packs them, a thousandth of their size."""
    press = zlib.compressobj(9)
    block = bytes(MEGABYTE)
    return b"".join(press.compress(block) for _ in range(megabytes)) + press.flush()


def _noisy(mode: str) -> Image.Image:
    """25 megapixels that are not all one colour."""
    lines = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE // 50), dtype=np.uint8).repeat(50, axis=1)
    if mode == "16 bits":
        return Image.fromarray(lines.astype(np.uint16) * 257)
    if mode == "F":
        return Image.fromarray(lines.astype(np.float32) / 255)
    return Image.fromarray(lines).convert(mode)


def pngs() -> dict[str, Callable[[], bytes]]:
    """Texts, profiles and pixels that unpack to far more than the picture needs."""
    ink, small = zlib.compress(b"\0" + bytes(3)), zeros(300)
    text = _chunk(b"zTXt", b"Comment\0\0" + zeros(3))
    wide = zlib.compress(b"\0" * (3 * PHOTO_MAX_PIXELS + 1))
    exif = struct.pack("<HHII", 0x10F, 2, 1_000_000, 8)
    return {
        "PNG of a line of 25 megapixels": lambda: png(PHOTO_MAX_PIXELS, 1, wide),
        "PNG with 300 MB in a zTXt": lambda: png(1, 1, ink, _chunk(b"zTXt", b"Comment\0\0" + small)),
        "PNG with 300 MB in an iTXt": lambda: png(1, 1, ink, _chunk(b"iTXt", b"Comment\0\1\0\0\0" + small)),
        "PNG with 300 MB in an iCCP": lambda: png(1, 1, ink, _chunk(b"iCCP", b"sRGB\0\0" + small)),
        "PNG with 4,000 texts of 3 MB": lambda: png(1, 1, ink, text * 4_000),
        "PNG with 4,000 iCCPs of 3 MB": lambda: png(1, 1, ink, _chunk(b"iCCP", b"sRGB\0\0" + zeros(3)) * 4_000),
        "PNG with 300 MB of pixels for one": lambda: png(1, 1, zeros(300)),
        "PNG with a note of 2,000 large tags": lambda: png(
            1, 1, ink, _chunk(b"eXIf", b"II*\0" + struct.pack("<IH", 8, 2_000) + exif * 2_000 + bytes(MEGABYTE))
        ),
        "PNG with 1,000,000 empty chunks": lambda: png(1, 1, ink, _chunk(b"teXt", b"") * 1_000_000),
        "PNG, 25 megapixels, 16 bits": lambda: written(_noisy("16 bits"), "PNG", compress_level=1),
        "PNG, 25 megapixels, clear": lambda: written(_noisy("RGBA"), "PNG", compress_level=1),
        "PNG, 25 megapixels, palette": lambda: written(_noisy("P"), "PNG", transparency=bytes(256)),
        "PNG, 25 megapixels, turned": lambda: written(_noisy("RGBA"), "PNG", compress_level=1, exif=_turned()),
        "PNG that claims the largest sides": lambda: png(2**31 - 1, 2**31 - 1, ink),
    }


def _turned() -> bytes:
    marks = Image.Exif()
    marks[274] = 6
    return marks.tobytes()


def _gif(screen: tuple[int, int], *frames: bytes) -> bytes:
    colours = bytes(range(12))
    return b"GIF89a" + struct.pack("<HHBBB", *screen, 0x81, 0, 0) + colours + b"".join(frames) + b";"


def _frame(width: int, height: int, codes: bytes, size: int = 2) -> bytes:
    blocks = b"".join(bytes([len(codes[at : at + 255])]) + codes[at : at + 255] for at in range(0, len(codes), 255))
    return b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + bytes([size]) + blocks + b"\0"


def gifs() -> dict[str, Callable[[], bytes]]:
    """Screens far larger than their frames, and codes that never end."""
    dot, grows = _frame(1, 1, b"\x4c\x01"), _frame(SIDE, SIDE, b"\x84" + b"\xff" * 60_000)
    clear = b"!\xf9\4\5\0\0\0\0"
    return {
        "GIF of 25 megapixels with one point": lambda: _gif((SIDE, SIDE), dot),
        "GIF of 25 megapixels, clear, with one point": lambda: _gif((SIDE, SIDE), clear + dot),
        "GIF with a frame larger than its screen": lambda: _gif((1, 1), _frame(60_000, 60_000, b"\x4c\x01")),
        "GIF with 500,000 frames": lambda: _gif((SIDE, SIDE), dot * 500_000),
        "GIF whose codes only grow": lambda: _gif((SIDE, SIDE), grows),
        "GIF of 19 MB of clear codes": lambda: _gif((SIDE, SIDE), _frame(SIDE, SIDE, b"\x24\x49\x92" * 6_000_000)),
        "GIF of 19 MB of comments": lambda: _gif((1, 1), b"!\xfe" + (b"\xff" + bytes(255)) * 75_000 + b"\0", dot),
        "GIF of 60,000 × 60,000": lambda: _gif((60_000, 60_000), dot),
    }


def tiffs() -> dict[str, Callable[[], bytes]]:
    """Directories that point at themselves, claim millions of strips, or unpack to gigabytes."""
    plain = {256: SIDE, 257: SIDE, 258: 8, 259: 1, 262: 1, 277: 1, 278: SIDE}
    tiny = plain | {256: 1, 257: 1}
    deflated = zeros(300)
    loop = bytearray(tiff(tiny | {273: 8, 279: 1}))
    loop[8 + 2 + 12 * 9 :] = struct.pack("<I", 8)
    overlapping = b"II*\0" + struct.pack("<IH", 8, 20_000)
    overlapping += b"".join(struct.pack("<HHII", 40_000 + at, 1, 10 * MEGABYTE, 8) for at in range(20_000))
    lines = {**plain, 278: 1, 273: tuple([8] * SIDE), 279: tuple([SIDE] * SIDE)}
    return {
        "TIFF with 2 million strips for one point": lambda: tiff(
            tiny | {278: 1, 273: tuple([8] * 2_000_000), 279: tuple([1] * 2_000_000)}
        ),
        "TIFF with a strip of 4 GB": lambda: tiff(tiny | {278: 2**32 - 1, 273: 8, 279: 2**32 - 1}),
        "TIFF, deflated, with a strip of 4 GB": lambda: tiff(tiny | {259: 8, 278: 2**32 - 1, 273: 8, 279: 2**32 - 1}),
        "TIFF whose directory points at itself": lambda: bytes(loop),
        "TIFF with 20,000 tags of the same 10 MB": lambda: overlapping.ljust(12 * MEGABYTE, b"\0"),
        "TIFF, deflated, 300 MB for one point": lambda: (
            tiff(tiny | {259: 8, 273: 200, 279: len(deflated)}, 200) + deflated
        ),
        "TIFF of 25 megapixels in lines of the same bytes": lambda: tiff(lines),
        "TIFF with 4 billion samples": lambda: tiff(tiny | {277: 2**32 - 1, 273: 8, 279: 1}),
        "TIFF with tiles of 2 billion": lambda: tiff(tiny | {322: 2**31 - 16, 323: 2**31 - 16, 324: 8, 325: 8}),
        "TIFF, deflated, with tiles of 30,000": lambda: (
            tiff(tiny | {259: 8, 322: 30_000, 323: 30_000, 324: 200, 325: len(deflated)}, 200) + deflated
        ),
        "TIFF, 25 megapixels of fractions": lambda: written(_noisy("F"), "TIFF", compression="tiff_deflate"),
        "TIFF, 25 megapixels of inks": lambda: written(_noisy("CMYK"), "TIFF", compression="tiff_deflate"),
        "TIFF, 25 megapixels, clear, deflated": lambda: written(_noisy("RGBA"), "TIFF", compression="tiff_deflate"),
        "BigTIFF with 2⁶⁰ tags": lambda: b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**60) + bytes(200),
    }


def webps() -> dict[str, Callable[[], bytes]]:
    """Canvases far larger than what is drawn on them."""
    point = written(Image.new("RGB", (1, 1)), "WEBP", lossless=True)[12:]

    def canvas(width: int, height: int, inside: bytes, flags: int = 2) -> bytes:
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        body = b"WEBPVP8X" + struct.pack("<IB3x", 10, flags) + sides + inside
        return b"RIFF" + struct.pack("<I", len(body)) + body

    still = bytes(12) + b"\x01\0\0\0"
    frame = b"ANMF" + struct.pack("<I", len(still) + len(point)) + still + point
    begin = b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    return {
        "WebP of 16,384 × 16,384 with one point": lambda: canvas(16_384, 16_384, begin + frame),
        "WebP of 25 megapixels with one point": lambda: canvas(SIDE, SIDE, begin + frame),
        "WebP with 200,000 frames": lambda: canvas(SIDE, SIDE, begin + frame * 200_000),
        "WebP whose sides overflow": lambda: canvas(2**24, 2**24, begin + frame),
        "WebP, 25 megapixels": lambda: written(_noisy("RGB"), "WEBP", quality=10, method=0),
        "WebP, 25 megapixels, clear": lambda: written(_noisy("RGBA"), "WEBP", quality=10, method=0),
    }


def heifs() -> dict[str, Callable[[], bytes]]:
    """AVIF and HEIC: pictures of other sizes than they say, and of the largest that is read."""
    made: dict[str, Callable[[], bytes]] = {}
    for kind in ("AVIF", "HEIF"):
        flat = Image.new("RGBA", (SIDE, SIDE), (9, 9, 9, 99))
        made |= {
            f"{kind} that claims 65,535 × 65,535": lambda kind=kind: _claiming(_small(kind), 65_535),
            f"{kind} that claims 2³² × 2³²": lambda kind=kind: _claiming(_small(kind), 2**32 - 1),
            f"{kind} that claims 64 × 64": lambda kind=kind: _claiming(_small(kind), 64),
            f"{kind} with 500,000 empty boxes": lambda kind=kind: _small(kind) + b"\0\0\0\x08free" * 500_000,
            f"{kind}, 25 megapixels, clear": lambda kind=kind, flat=flat: written(flat, kind, **FAST[kind]),
        }
    large = Image.new("RGB", (5_200, 5_200))
    return made | {
        "AVIF of 27 megapixels that claims 64 × 64": lambda: _claiming(written(large, "AVIF", **FAST["AVIF"]), 64)
    }


FAST = {"AVIF": {"quality": 1, "speed": 10}, "HEIF": {"quality": 1}}


def _small(kind: str) -> bytes:
    return written(Image.new("RGB", (128, 128)), kind)


def _claiming(data: bytes, side: int) -> bytes:
    """The same with other sides in its properties."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", side, side) + data[at + 8 :]


def bmps() -> dict[str, Callable[[], bytes]]:
    """Run lengths that paint millions of points each, or none."""

    def packed(width: int, height: int, runs: bytes, bits: int = 8) -> bytes:
        packing, colours = {8: 1, 4: 2}[bits], bytes(4 * 2**bits)
        start = 54 + len(colours)
        info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(runs), 0, 0, 0, 0)
        return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + info + colours + runs

    return {
        "BMP that jumps over all of its points": lambda: packed(SIDE, SIDE, b"\0\2\xff\xff" * 1_000),
        "BMP of one line of 25 megapixels that jumps": lambda: packed(PHOTO_MAX_PIXELS, 1, b"\0\2\0\xff" * 1_000),
        "BMP of jumps that lead nowhere": lambda: packed(SIDE, SIDE, b"\0\2\0\0" * 5_000_000),
        "BMP of ends of lines": lambda: packed(SIDE, SIDE, b"\0\0" * 9_000_000),
        "BMP of one point a line": lambda: packed(SIDE, SIDE, b"\1\1\0\0" * SIDE),
        "BMP of half bytes": lambda: packed(SIDE, SIDE, (b"\xff\x12" * 19 + b"\x9b\x12\0\0") * SIDE, 4),
        "BMP of 25 megapixels and no bytes": lambda: packed(SIDE, SIDE, b""),
    }


def jpegs() -> dict[str, Callable[[], bytes]]:
    """Many scans, many notes, and the largest frames."""

    def scans() -> bytes:
        data = written(_noisy("L"), "JPEG", progressive=True, quality=20)
        start = data.rindex(b"\xff\xda")
        last = data[start:-2]
        return data[:-2] + last * min(4_000, (PHOTO_MAX_BYTES - len(data)) // len(last)) + b"\xff\xd9"

    empty = b"\xff\xda\0\x08\1\1\0\1\x3f\0"

    def cheap() -> bytes:
        data = written(Image.new("L", (SIDE, SIDE)), "JPEG", progressive=True)
        return data[:-2] + empty * 1_500_000 + b"\xff\xd9"

    return {
        "JPEG of a thousand scans": scans,
        "JPEG of 1,500,000 empty scans": cheap,
        "JPEG, 25 megapixels of inks": lambda: written(_noisy("CMYK"), "JPEG", quality=20),
        "JPEG, a narrow one of 65,500 × 381": lambda: written(
            Image.new("RGB", (65_500, 381)), "JPEG", progressive=True
        ),
        "JPEG with 19 MB of notes": lambda: (
            written(Image.new("RGB", (9, 9)), "JPEG")[:2]
            + (b"\xff\xe1\xff\xff" + bytes(65_533)) * 300
            + written(Image.new("RGB", (9, 9)), "JPEG")[2:]
        ),
    }


def pictures() -> dict[str, Callable[[], bytes]]:
    """Every one of them, by a name that says what it does."""
    return pngs() | gifs() | tiffs() | webps() | heifs() | bmps() | jpegs()

"""What a picture file may ask of the decoder: looked up in its bytes and its header, before a pixel is read.

Each bound is there because a small file was seen to take gigabytes, or minutes, without it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.TiffImagePlugin import TILELENGTH, TILEWIDTH, TiffImageFile

from catdog.errors import PhotoError
from catdog.settings import PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS, PHOTO_MAX_SIDE

SCANS = 500  # of a JPEG; most have 1 to 10, and a film that a phone hangs on behind looks like some hundred more
PNG_BEGIN, JPEG_BEGIN = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
NOTES = 10_000  # of a PNG: its chunks beside its pixels
TILE = 2_048 * 2_048  # pixels: each part of a TIFF is unpacked as a whole
PACKED = 4_000_000  # pixels, or bytes, of a BMP of run lengths: Pillow reads those one by one
LARGE = 6_000_000  # pixels
LARGE_AT_ONCE = 2

_large = threading.Semaphore(LARGE_AT_ONCE)


def check_bytes(size: int) -> None:
    """Raises PhotoError where a file of that many bytes is not read."""
    if size == 0:
        raise PhotoError("The file is empty.")
    if size > PHOTO_MAX_BYTES:
        raise PhotoError(
            f"The file has {size / 1024**2:.0f} MB; at most {PHOTO_MAX_BYTES // 1024**2} MB are read. Make it smaller."
        )


def check_pixels(image: Image.Image) -> None:
    """Raises PhotoError where a picture has too many pixels, or a side that is too long."""
    pixels = image.width * image.height
    if pixels > PHOTO_MAX_PIXELS:
        raise PhotoError(
            f"The picture has {pixels / 1e6:.0f} megapixels; at most {PHOTO_MAX_PIXELS // 10**6} are read. "
            f"Make it smaller."
        )
    if max(image.size) > PHOTO_MAX_SIDE:
        raise PhotoError(
            f"The picture is {max(image.size):,} pixels long; at most {PHOTO_MAX_SIDE:,} are read. Make it smaller."
        )


def check_layout(image: Image.Image, data: bytes) -> None:
    """Raises PhotoError where a picture's parts would cost far more than its pixels do."""
    tile = 0
    if isinstance(image, TiffImageFile):
        tile = _number(image.tag_v2.get(TILEWIDTH)) * _number(image.tag_v2.get(TILELENGTH))
    slow = any(part.codec_name == "bmp_rle" for part in image.tile)
    if tile > TILE or (slow and max(image.width * image.height, len(data)) > PACKED):
        raise _costly()


def check_parts(data: bytes) -> None:
    """Raises PhotoError for a file that says the same thing thousands of times: each time would be read."""
    if data.startswith(JPEG_BEGIN) and data.count(b"\xff\xda") > SCANS:
        raise _costly()
    if data.startswith(PNG_BEGIN):
        kinds = [kind for kind in _png_chunks(data) if kind not in (b"IDAT", b"fdAT")]
        if len(kinds) > NOTES or kinds.count(b"iCCP") > 1:
            raise _costly()


@contextmanager
def room_for(image: Image.Image) -> Iterator[None]:
    """Lets few large pictures be read at once, in all threads together, so that their memory has a bound."""
    if image.width * image.height <= LARGE or isinstance(image, JpegImageFile):  # that is read at a smaller scale
        yield
        return
    with _large:
        yield


def _costly() -> PhotoError:
    return PhotoError("The picture is stored in a way that would take too long to read. Save it again as a JPEG.")


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _png_chunks(data: bytes) -> Iterator[bytes]:
    """The kinds of a PNG's chunks, in their order."""
    place = len(PNG_BEGIN)
    while place + 8 <= len(data):
        yield data[place + 4 : place + 8]
        place += 12 + int.from_bytes(data[place : place + 4])

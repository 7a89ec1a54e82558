"""The one decoder: every photo, for training, upload or camera, becomes an array here and nowhere else."""

import io
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, PngImagePlugin, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile
from pillow_heif import register_heif_opener

from catdog.errors import PhotoError
from catdog.photos.bounds import check_bytes, check_layout, check_parts, check_pixels, room_for
from catdog.photos.colour import DAMAGED, as_srgb
from catdog.settings import IMAGE_SIZE, PHOTO_MAX_PIXELS

# Pillow warns of large or odd files on the terminal; the limits and errors below decide instead. Set once for all
# threads: changing the filters around each photo would lose some of them.
warnings.filterwarnings("ignore", module=r"PIL\.")
register_heif_opener()
PngImagePlugin.MAX_TEXT_CHUNK = 4 * 1024**2  # bytes: a printer's colour profile takes more than Pillow's 1 MB

DECODER_VERSION = 3  # raise it when a prepared set would hold something else: it is then made anew
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF", "HEIF")
KINDS = "JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC"  # the same for people
TURNS = {  # EXIF orientations, and what makes each upright
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = (5, 6, 7, 8)  # those that lie on their side
DRAFT_SIZE = (
    2 * IMAGE_SIZE[1],
    2 * IMAGE_SIZE[0],
)  # JPEGs are read at the smallest scale not below this: 5 times faster
BROKEN = "The picture is damaged or incomplete. Open it elsewhere and save it again."


@dataclass(frozen=True)
class Picture:
    """A picture file, read. `pixels` is what the networks receive: uint8 (160, 160, 3), RGB, 0-255.

    `image` is the picture in its own shape, a large JPEG at a smaller scale; `size` its own width and height in pixels.
    """

    pixels: np.ndarray
    image: Image.Image
    size: tuple[int, int]


def read_picture(data: bytes) -> Picture:
    """Decode the bytes of a picture file.

    The picture is turned upright by its EXIF mark, its colours become sRGB (transparent parts white), and one bilinear
    resize stretches it to the square, as the posts' loader does. Raises PhotoError, whose sentence is for the person
    who gave the file.
    """
    image, size = upright(data, DRAFT_SIZE)
    return Picture(squeeze(image), image, size)


def read_photo(data: bytes) -> np.ndarray:
    """What the networks receive of a picture file: uint8 (160, 160, 3), RGB, 0-255. Raises PhotoError."""
    return read_picture(data).pixels


def squeeze(image: Image.Image) -> np.ndarray:
    """A picture of any shape as the networks' square: uint8 (160, 160, 3)."""
    return np.asarray(image.resize(IMAGE_SIZE[::-1], Image.Resampling.BILINEAR))


def read_bytes(path: Path) -> bytes:
    """A picture file's bytes. Raises PhotoError where it cannot be opened or is too large."""
    try:
        check_bytes(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"The file cannot be opened: {error.strerror or 'it cannot be read'}.") from error
    except ValueError as error:  # a zero byte, or what is no text
        raise PhotoError("The file cannot be opened: its name is not one that a file can have.") from error


def upright(data: bytes, draft: tuple[int, int] | None = None) -> tuple[Image.Image, tuple[int, int]]:
    """The picture in its own shape: upright, RGB; and its own size, (width, height) in pixels.

    `draft` (width, height) allows a JPEG to be read at a smaller scale, not below that; its own size is told all the
    same. Raises PhotoError for anything that is not a whole, reasonably sized picture.
    """
    check_bytes(len(data))
    check_parts(data)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        check_pixels(image)
        check_layout(image, data)
        with room_for(image):
            return _loaded(image, draft)
    except PhotoError:
        raise
    except UnidentifiedImageError as error:
        if _begins_as_picture(data):
            raise PhotoError(BROKEN) from error
        raise PhotoError(f"This is not a picture that can be read here. Use a {KINDS}.") from error
    except DAMAGED as error:
        raise PhotoError(BROKEN) from error
    except Image.DecompressionBombError as error:
        raise PhotoError(
            f"The picture is larger than {PHOTO_MAX_PIXELS // 10**6} megapixels. Make it smaller."
        ) from error


def _loaded(image: Image.Image, draft: tuple[int, int] | None) -> tuple[Image.Image, tuple[int, int]]:
    """The opened picture as `upright` returns it."""
    width, height = image.size
    if draft and isinstance(image, JpegImageFile):  # a HEIC would give its thumbnail, which may be another picture
        image.draft("RGB", draft)
    image.load()
    check_pixels(image)  # some formats say a size, and turn out to have another
    orientation = _orientation(image)
    if orientation in SIDEWAYS:
        width, height = height, width
    image, turn = as_srgb(image), TURNS.get(orientation)
    return (image if turn is None else image.transpose(turn)), (width, height)


def _begins_as_picture(data: bytes) -> bool:
    return any(Image.OPEN[kind][1](data[:16]) for kind in FORMATS)


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(ExifTags.Base.Orientation, 1)
    except DAMAGED:  # its notes are, but the picture itself is whole
        return 1

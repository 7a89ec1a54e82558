"""The one decoder: every photo, for training, upload or camera, becomes an array here and nowhere else."""

import io
import warnings
from pathlib import Path

import numpy as np
from PIL import ExifTags, Image, ImageOps, UnidentifiedImageError

from catdog.errors import PhotoError
from catdog.settings import IMAGE_SIZE, PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS

# Pillow warns of large or odd files on the terminal; the limits and errors below decide instead. Set once for all
# threads: changing the filters around each photo would lose some of them.
warnings.filterwarnings("ignore", module=r"PIL\.")

DECODER_VERSION = 2  # raise it when a prepared set would hold something else: it is then made anew
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
# What Pillow's readers were seen to raise for damaged files.
DAMAGED = (OSError, ValueError, SyntaxError, EOFError, IndexError, TypeError, OverflowError, MemoryError, RuntimeError)
SIDEWAYS = (5, 6, 7, 8)  # EXIF orientations that lie on their side
DRAFT_SIZE = (
    2 * IMAGE_SIZE[1],
    2 * IMAGE_SIZE[0],
)  # JPEGs are read at the smallest scale not below this: 5 times faster


def read_photo(data: bytes) -> np.ndarray:
    """Decode the bytes of a picture file into what the networks receive: uint8 (160, 160, 3), RGB, 0-255.

    The picture is turned upright by its EXIF mark, its colours become RGB (transparent parts white), and one bilinear
    resize stretches it to the square, as the posts' loader does. Raises PhotoError, whose sentence is for the person
    who gave the file.
    """
    return squeeze(upright(data, DRAFT_SIZE)[0])


def squeeze(image: Image.Image) -> np.ndarray:
    """A picture of any shape as the networks' square: uint8 (160, 160, 3)."""
    return np.asarray(image.resize(IMAGE_SIZE[::-1], Image.Resampling.BILINEAR))


def read_bytes(path: Path) -> bytes:
    """A picture file's bytes. Raises PhotoError where it cannot be opened or is too large."""
    try:
        _check_bytes(path.stat().st_size)
        return path.read_bytes()
    except OSError as error:
        raise PhotoError(f"The file cannot be opened: {error.strerror or error}.") from error


def upright(data: bytes, draft: tuple[int, int] | None = None) -> tuple[Image.Image, tuple[int, int]]:
    """The picture in its own shape: upright, RGB; and its own size, (width, height) in pixels.

    `draft` (width, height) allows a JPEG to be read at a smaller scale, not below that; its own size is told all the
    same. Raises PhotoError for anything that is not a whole, reasonably sized picture.
    """
    _check_bytes(len(data))
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
        _check_pixels(image)
        width, height = image.size
        if draft:
            image.draft("RGB", draft)  # only JPEGs can; the others leave it
        image.load()
        size = (height, width) if image.getexif().get(ExifTags.Base.Orientation) in SIDEWAYS else (width, height)
        return _as_rgb(ImageOps.exif_transpose(image)), size
    except UnidentifiedImageError as error:
        raise PhotoError("This is not a picture that can be read here. Use a JPEG, PNG, WebP or GIF.") from error
    except PhotoError:
        raise
    except DAMAGED as error:
        raise PhotoError("The picture is damaged or incomplete. Open it elsewhere and save it again.") from error
    except Image.DecompressionBombError as error:
        raise PhotoError(
            f"The picture is larger than {PHOTO_MAX_PIXELS // 10**6} megapixels. Make it smaller."
        ) from error


def _check_bytes(size: int) -> None:
    if size == 0:
        raise PhotoError("The file is empty.")
    if size > PHOTO_MAX_BYTES:
        raise PhotoError(
            f"The file has {size / 1024**2:.0f} MB; at most {PHOTO_MAX_BYTES // 1024**2} MB are read. Make it smaller."
        )


def _check_pixels(image: Image.Image) -> None:
    pixels = image.width * image.height
    if pixels > PHOTO_MAX_PIXELS:
        raise PhotoError(
            f"The picture has {pixels / 1e6:.0f} megapixels; at most {PHOTO_MAX_PIXELS // 10**6} are read. "
            f"Make it smaller."
        )


def _as_rgb(image: Image.Image) -> Image.Image:
    """RGB on white. 16-bit grey is scaled, because Pillow's own conversion cuts everything above 255 to white."""
    if image.mode in {"I;16", "I;16B", "I;16L", "I;16N", "I", "F"}:
        grey = np.asarray(image, dtype=np.float64)
        image = Image.fromarray((grey / 257.0).clip(0, 255).round().astype(np.uint8))
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        image = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image).convert("RGB")
    return image.convert("RGB")

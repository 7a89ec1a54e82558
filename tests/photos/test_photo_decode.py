"""The one decoder: orientation, colours, transparency, sizes, and a sentence for all that is no whole picture."""

import io
import struct
import threading
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from catdog.errors import PhotoError
from catdog.photos.decode import DRAFT_SIZE, read_bytes, read_photo, upright
from catdog.settings import IMAGE_SIZE, PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS
from tests.conftest import half_bright, jpeg

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # damaged files are what these tests are about

RED, GREEN, BLUE, BLACK, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0), (255, 255, 255)
EXIF_ORIENTATION = 274

TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT = (20, 20), (20, 140), (140, 20), (140, 140)  # row, column of 160

# What the EXIF standard says of each mark: where the first stored pixel belongs, and where the last of its row does.
ORIENTATIONS = {
    1: (TOP_LEFT, TOP_RIGHT),
    2: (TOP_RIGHT, TOP_LEFT),
    3: (BOTTOM_RIGHT, BOTTOM_LEFT),
    4: (BOTTOM_LEFT, BOTTOM_RIGHT),
    5: (TOP_LEFT, BOTTOM_LEFT),
    6: (TOP_RIGHT, BOTTOM_RIGHT),
    7: (BOTTOM_RIGHT, TOP_RIGHT),
    8: (BOTTOM_LEFT, TOP_LEFT),
}

NOT_A_PICTURE = "This is not a picture that can be read here"
DAMAGED = "damaged or incomplete"


def saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def halves(mode: str, left, right, size=(80, 60)) -> Image.Image:
    """A picture whose left half has one value and whose right half has another."""
    image = Image.new(mode, size, left)
    image.paste(right, (size[0] // 2, 0, *size))
    return image


def assert_halves(photo: np.ndarray, left, right, tolerance: int = 0) -> None:
    assert (photo.dtype, photo.shape) == (np.uint8, (160, 160, 3))
    for part, colour in ((photo[:, :70], left), (photo[:, 90:], right)):
        assert np.abs(part.astype(int) - np.array(colour)).max() <= tolerance


def png_chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def hollow_png(width: int, height: int) -> bytes:
    """A PNG file of 8-bit grey that claims a size and holds no pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"")), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in chunks)


@pytest.fixture
def picture() -> Image.Image:
    return Image.fromarray(half_bright(0, np.random.default_rng(3)))


@pytest.fixture
def no_pixel_is_read(monkeypatch):
    """Fails the test where Pillow goes beyond a picture's header."""

    def load(image):
        raise AssertionError("pixels were read")

    monkeypatch.setattr(ImageFile.ImageFile, "load", load)


@pytest.mark.parametrize("size", [(80, 60), (1600, 1200)], ids=["small", "read at a smaller scale"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_a_picture_is_turned_upright_by_its_exif_mark(orientation, kind, size):
    width, height = size
    image = Image.new("RGB", size, WHITE)
    image.paste(RED, (0, 0, width // 4, height // 4))
    image.paste(BLUE, (width - width // 4, 0, width, height // 4))
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = orientation

    photo = read_photo(saved(image, kind, exif=exif)).astype(int)

    seen = {place: photo[place] for place in (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)}
    reddest = min(seen, key=lambda place: np.abs(seen[place] - RED).sum())
    bluest = min(seen, key=lambda place: np.abs(seen[place] - BLUE).sum())
    assert (reddest, bluest) == ORIENTATIONS[orientation]
    assert np.abs(seen[reddest] - RED).max() < 30
    assert np.abs(seen[bluest] - BLUE).max() < 30


def test_an_exif_mark_that_means_nothing_turns_nothing():
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 9
    assert_halves(read_photo(saved(halves("RGB", RED, BLUE), "PNG", exif=exif)), RED, BLUE)


def test_the_upright_picture_keeps_its_own_shape():
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    data = saved(Image.new("RGB", (800, 600), RED), "JPEG", exif=exif)
    image, size = upright(data)
    assert (image.mode, image.size, size) == ("RGB", (600, 800), (600, 800))
    drafted, size = upright(data, draft=(100, 100))
    assert (drafted.size, size) == ((150, 200), (600, 800))


@pytest.mark.parametrize("size", [(641, 642), (2561, 2562)])
def test_a_nearly_square_photo_taken_sideways_has_its_own_size_however_small_it_is_read(size):
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6
    data = saved(Image.new("RGB", size, RED), "JPEG", exif=exif)
    assert upright(data, DRAFT_SIZE)[1] == size[::-1]


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "WEBP", "AVIF", "JPEG"])
def test_every_format_gives_the_same_two_colours(kind):
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind in {"JPEG", "AVIF"} else {}
    tolerance = 12 if kind in {"JPEG", "AVIF"} else 0
    assert_halves(read_photo(saved(halves("RGB", RED, BLUE), kind, **options)), RED, BLUE, tolerance)


def test_a_stereo_jpeg_is_read_by_its_first_picture():
    first, second = (Image.new("RGB", (80, 60), colour) for colour in (RED, BLUE))
    photo = read_photo(saved(first, "MPO", save_all=True, append_images=[second], quality=95))
    assert_halves(photo, RED, RED, 12)


def test_an_animation_is_read_by_its_first_frame():
    frames = [Image.new("RGB", (80, 60), colour) for colour in (GREEN, BLUE, RED)]
    photo = read_photo(saved(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50))
    assert_halves(photo, GREEN, GREEN)


@pytest.mark.parametrize(("kind", "tolerance"), [("TIFF", 0), ("JPEG", 20)])
def test_printing_colours_become_screen_colours(kind, tolerance):
    red, white = (0, 255, 255, 0), (0, 0, 0, 0)  # cyan, magenta, yellow, black
    assert_halves(read_photo(saved(halves("CMYK", red, white), kind)), RED, WHITE, tolerance)


def test_a_large_jpeg_in_printing_colours_becomes_screen_colours():
    red, white = (0, 255, 255, 0), (0, 0, 0, 0)
    assert_halves(read_photo(saved(halves("CMYK", red, white, (1600, 1200)), "JPEG")), RED, WHITE, 20)


def palette_picture() -> Image.Image:
    image = halves("P", 0, 1)
    image.putpalette((*RED, *BLUE))
    return image


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF"])
def test_a_palette_picture_keeps_its_colours(kind):
    assert_halves(read_photo(saved(palette_picture(), kind)), RED, BLUE)


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_transparent_entry_of_a_palette_is_white(kind):
    assert_halves(read_photo(saved(palette_picture(), kind, transparency=0)), WHITE, BLUE)


def test_half_transparent_entries_of_a_palette_lie_on_white():
    photo = read_photo(saved(palette_picture(), "PNG", transparency=bytes((128, 255))))
    assert_halves(photo, (255, 127, 127), BLUE, tolerance=1)


def test_a_transparent_colour_of_a_picture_without_palette_is_white():
    assert_halves(read_photo(saved(halves("RGB", RED, BLUE), "PNG", transparency=BLUE)), RED, WHITE)
    assert_halves(read_photo(saved(halves("L", 10, 200), "PNG", transparency=10)), WHITE, (200, 200, 200))


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
def test_transparent_parts_lie_on_white(kind):
    options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
    gone = halves("RGBA", (0, 0, 0, 0), (255, 0, 0, 255))
    assert_halves(read_photo(saved(gone, kind, **options)), WHITE, RED)
    thin = halves("RGBA", (0, 0, 0, 128), (0, 0, 255, 255))
    assert_halves(read_photo(saved(thin, kind, **options)), (127, 127, 127), BLUE, tolerance=1)


def test_transparent_grey_lies_on_white():
    image = halves("LA", (0, 0), (100, 255))
    assert_halves(read_photo(saved(image, "PNG")), WHITE, (100, 100, 100))
    image = halves("LA", (0, 128), (100, 255))
    assert_halves(read_photo(saved(image, "PNG")), (127, 127, 127), (100, 100, 100), tolerance=1)


def test_the_seam_of_a_transparent_part_shows_nothing_of_the_hidden_colour():
    """Resizing before laying it on white would let the hidden green shine through at the edge."""
    photo = read_photo(saved(halves("RGBA", (0, 255, 0, 0), (255, 255, 255, 255)), "PNG"))
    assert (photo == 255).all()


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bit_grey_is_scaled_and_not_cut_to_white(kind):
    pixels = np.full((60, 80), 128 * 257, np.uint16)  # the middle: 257 steps of 16 bits are one of 8
    pixels[:, 40:] = 65_535
    assert_halves(read_photo(saved(Image.fromarray(pixels), kind)), (128, 128, 128), WHITE)
    pixels[:, :40], pixels[:, 40:] = 0, 200 * 257
    assert_halves(read_photo(saved(Image.fromarray(pixels), kind)), BLACK, (200, 200, 200))


def test_sixteen_bit_grey_is_turned_upright_as_well():
    pixels = np.zeros((60, 80), np.uint16)
    pixels[:30] = 65_535
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 8  # the first row belongs to the left
    assert_halves(read_photo(saved(Image.fromarray(pixels), "PNG", exif=exif)), WHITE, BLACK)


def test_one_bit_pictures_are_black_and_white():
    assert_halves(read_photo(saved(halves("1", 0, 1), "PNG")), BLACK, WHITE)


def test_grey_pictures_have_three_equal_channels():
    assert_halves(read_photo(saved(halves("L", 30, 180), "PNG")), (30, 30, 30), (180, 180, 180))


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (160, 160)])
def test_any_shape_is_stretched_to_the_square(size):
    photo = read_photo(saved(Image.new("RGB", size, (10, 200, 90)), "PNG"))
    assert (photo.dtype, photo.shape) == (np.uint8, (*IMAGE_SIZE, 3))
    assert (photo == (10, 200, 90)).all()


def test_a_picture_of_the_right_size_is_not_touched():
    pixels = np.random.default_rng(0).integers(0, 256, (160, 160, 3)).astype(np.uint8)
    np.testing.assert_array_equal(read_photo(saved(Image.fromarray(pixels), "PNG")), pixels)


def test_nothing_is_cut_off_at_the_sides():
    """A wide picture is squeezed as the posts' loader does: its outermost columns are still there."""
    ramp = np.tile(np.arange(640, dtype=np.float64) / 639 * 255, (40, 1)).astype(np.uint8)
    row = read_photo(saved(Image.fromarray(ramp), "PNG"))[80, :, 0].astype(int)
    assert row[0] <= 2 and row[-1] >= 253
    assert (np.diff(row) >= 0).all()


def test_resizing_takes_the_mean_of_what_it_joins_and_invents_no_brightness():
    stripes = np.tile(np.array([40, 200], np.uint8), (640, 320))  # columns one pixel wide: four become one
    assert np.abs(read_photo(saved(Image.fromarray(stripes), "PNG")).astype(int) - 120).max() <= 6
    edge = read_photo(saved(halves("L", 100, 150, (100, 100)), "PNG"))  # a sharper filter would overshoot beside it
    assert (edge.min(), edge.max()) == (100, 150)


def test_a_photo_from_a_camera_of_twelve_megapixels_is_read():
    quarters = np.zeros((3000, 4000, 3), np.uint8)
    quarters[:1500, :2000] = RED
    quarters[:1500, 2000:] = GREEN
    quarters[1500:, :2000] = BLUE
    quarters[1500:, 2000:] = 128
    photo = read_photo(jpeg(quarters)).astype(int)
    assert photo.shape == (160, 160, 3)
    corners = (TOP_LEFT, RED), (TOP_RIGHT, GREEN), (BOTTOM_LEFT, BLUE), (BOTTOM_RIGHT, (128, 128, 128))
    for place, colour in corners:
        assert np.abs(photo[place] - colour).max() < 6


def test_reading_at_a_smaller_scale_changes_little():
    """The drafted JPEG must look like the fully read one, or training and a re-saved upload would differ."""
    blocks = np.random.default_rng(4).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    data = jpeg(blocks.repeat(20, axis=0).repeat(20, axis=1))
    whole = upright(data)[0].resize(IMAGE_SIZE[::-1], Image.Resampling.BILINEAR)
    assert np.abs(read_photo(data).astype(int) - np.asarray(whole).astype(int)).max() <= 8


def test_the_same_bytes_give_the_same_array(picture):
    data = saved(picture, "JPEG")
    first, second = read_photo(data), read_photo(data)
    np.testing.assert_array_equal(first, second)
    assert first.std() > 0


def test_an_empty_file_is_named_as_such(tmp_path):
    with pytest.raises(PhotoError, match=r"^The file is empty\.$"):
        read_photo(b"")
    (tmp_path / "empty.jpg").touch()
    with pytest.raises(PhotoError, match=r"^The file is empty\.$"):
        read_bytes(tmp_path / "empty.jpg")


OTHER_FILES = {
    "text": b"This is no picture.",
    "a page of the web": b"<!doctype html><html><body>Sign in</body></html>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"></svg>',
    "PDF": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
    "EPS, which would start another program": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n",
    "PPM": b"P6 1 1 255\n\x00\x00\x00",
    "a zip archive": b"PK\x05\x06" + bytes(18),
    "zeros": bytes(1000),
    "one byte": b"\xff",
}


@pytest.mark.parametrize("data", OTHER_FILES.values(), ids=OTHER_FILES)
def test_what_is_no_picture_is_refused_with_what_to_use(data):
    with pytest.raises(PhotoError, match=f"^{NOT_A_PICTURE}. Use a JPEG, PNG, WebP, GIF, BMP, TIFF, AVIF or HEIC"):
        read_photo(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"])
def test_a_picture_that_breaks_off_is_refused(kind, picture):
    data = saved(picture, kind)
    with pytest.raises(PhotoError, match=DAMAGED if kind in {"JPEG", "PNG", "BMP", "GIF"} else None):
        read_photo(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF"])
def test_no_damage_leads_to_anything_but_an_array_or_a_sentence(kind, picture):
    whole = saved(picture.resize((40, 30)), kind)
    random = np.random.default_rng(11)
    refused = 0
    for turn in range(150):
        data = bytearray(whole)
        reach = len(data) if turn % 2 else min(len(data), 200)  # every other time in the header
        for place in random.integers(0, reach, 3):
            data[place] = random.integers(0, 256)
        try:
            assert read_photo(bytes(data)).shape == (160, 160, 3)
        except PhotoError as error:
            assert str(error).endswith(".")
            refused += 1
    assert refused  # the damage did reach something


def test_a_file_of_too_many_bytes_is_refused_and_one_at_the_limit_is_read(picture):
    data = saved(picture, "JPEG")
    padded = data + bytes(PHOTO_MAX_BYTES - len(data))
    np.testing.assert_array_equal(read_photo(padded), read_photo(data))
    with pytest.raises(PhotoError, match=r"^The file has 20 MB; at most 20 MB are read\. Make it smaller\.$"):
        read_photo(padded + b"\0")


def test_a_file_of_too_many_bytes_is_refused_by_its_size_alone(tmp_path, monkeypatch):
    def forbidden(path):
        raise AssertionError("the file was read")

    monkeypatch.setattr(Path, "read_bytes", forbidden)
    huge = tmp_path / "huge.jpg"
    with huge.open("wb") as file:
        file.truncate(1024**3)
    with pytest.raises(PhotoError, match=r"^The file has 1024 MB; at most 20 MB are read"):
        read_bytes(huge)


@pytest.mark.usefixtures("no_pixel_is_read")
@pytest.mark.parametrize("side", [5_100, 12_000, 100_000, 2**31 - 1])
def test_a_picture_that_would_fill_the_memory_is_refused_by_its_header(side):
    bomb = hollow_png(side, side)
    started = time.perf_counter()
    with pytest.raises(PhotoError, match=r"25 (megapixels|are read).* Make it smaller\.$"):
        read_photo(bomb)
    assert time.perf_counter() - started < 1


def test_the_refusal_says_how_many_megapixels_there_are():
    with pytest.raises(PhotoError, match=r"^The picture has 30 megapixels; at most 25 are read"):
        read_photo(hollow_png(6000, 5000))


def test_a_picture_of_just_the_largest_size_is_read():
    side = round(PHOTO_MAX_PIXELS**0.5)
    assert side * side == PHOTO_MAX_PIXELS
    assert (read_photo(saved(Image.new("1", (side, side), 1), "PNG")) == 255).all()
    with pytest.raises(PhotoError, match="Make it smaller"):
        read_photo(hollow_png(side, side + 1))


def test_a_file_that_cannot_be_opened_is_named_with_the_reason(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    for name in ("gone.jpg", "folder.jpg"):
        with pytest.raises(PhotoError, match=r"^The file cannot be opened: .+\.$"):
            read_bytes(tmp_path / name)


def test_reading_photos_in_two_threads_leaves_python_s_warnings_on(monkeypatch, picture):
    """The threads overlap here as they may at any time: the second begins before the first has ended."""
    data = saved(picture, "PNG")
    first_is_in, second_is_in, first_has_ended = threading.Event(), threading.Event(), threading.Event()
    open_image = Image.open

    def open_in_turn(*arguments, **options):
        if threading.current_thread().name == "first":
            first_is_in.set()
            second_is_in.wait(10)
        else:
            second_is_in.set()
            first_has_ended.wait(10)
        return open_image(*arguments, **options)

    monkeypatch.setattr(Image, "open", open_in_turn)
    before = list(warnings.filters)
    first, second = (threading.Thread(target=read_photo, args=(data,), name=name) for name in ("first", "second"))
    first.start()
    assert first_is_in.wait(10)
    second.start()
    first.join(10)
    first_has_ended.set()
    second.join(10)
    assert list(warnings.filters) == before

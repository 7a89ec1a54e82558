"""Every kind of file that a camera, phone or program may write, whole or broken: its colours, or a sentence."""

import io
import os
import struct
import threading
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageFile

from catdog.errors import PhotoError
from catdog.photos.decode import DRAFT_SIZE, FORMATS, read_bytes, read_photo, read_picture, upright
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source
from catdog.settings import IMAGE_SIZE
from tests.conftest import half_bright, make_photos
from tests.photos.test_photo_decode import (
    BLACK,
    BLUE,
    BOTTOM_LEFT,
    BOTTOM_RIGHT,
    DAMAGED,
    EXIF_ORIENTATION,
    GREEN,
    NOT_A_PICTURE,
    ORIENTATIONS,
    RED,
    TOP_LEFT,
    TOP_RIGHT,
    WHITE,
    assert_halves,
    halves,
    png_chunk,
    saved,
)

pytestmark = pytest.mark.filterwarnings("ignore:::PIL")  # damaged files are what these tests are about

QUICKLY = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


# Files


def exif(orientation: int) -> Image.Exif:
    marks = Image.Exif()
    marks[EXIF_ORIENTATION] = orientation
    return marks


def of_kind(image: Image.Image, kind: str, **options) -> bytes:
    """The picture in that format, as close to its colours as the format gets."""
    best = {
        "WEBP": {"lossless": True, "exact": True},
        "JPEG": {"quality": 95, "subsampling": 0},
        "AVIF": {"quality": 95, "subsampling": "4:4:4"},
        "HEIF": {"quality": 95, "chroma": 444},
        "MPO": {"quality": 95, "subsampling": 0, "save_all": True, "append_images": [image]},
    }
    return saved(image, kind, **best.get(kind, {}), **options)


@pytest.fixture(scope="module")
def whole() -> dict[str, bytes]:
    """A picture in every format, and the animated ones: name to bytes."""
    image = Image.fromarray(half_bright(0, np.random.default_rng(5))[:40, :50])
    files = {kind: of_kind(image, kind) for kind in (*FORMATS, "MPO")}
    frames = {"save_all": True, "append_images": [image.rotate(180)], "duration": 50}
    for kind in ("GIF", "PNG", "WEBP", "AVIF"):
        files[f"animated {kind}"] = of_kind(image, kind, **frames)
    files["LZW TIFF"] = saved(image, "TIFF", compression="tiff_lzw")
    files["palette PNG"] = saved(image.quantize(16), "PNG", transparency=bytes(range(0, 240, 15)))
    return files


def png(width: int, height: int, bits: int, kind: int, rows: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, bits, kind, 0, 0, 0)
    inside = ((b"IHDR", header), *chunks, (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(png_chunk(*chunk) for chunk in inside)


def hollow_gif(width: int, height: int) -> bytes:
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x4c\x01\x00"
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(3) + b"\xff" * 3 + frame + b";"


def hollow_bmp(width: int, height: int) -> bytes:
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def hollow_webp(width: int, height: int) -> bytes:
    content = b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14) + bytes(21)
    return b"RIFF" + struct.pack("<I", len(content) + 12) + b"WEBPVP8L" + struct.pack("<I", len(content)) + content


def hollow_tiff(width: int, height: int) -> bytes:
    entries = ((256, width), (257, height), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, height), (279, 8))
    tags = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + tags + bytes(8)


def hollow_jpeg(width: int, height: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8\xff\xc0" + struct.pack(">H", len(frame) + 2) + frame + b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00"


def claiming(kind: str, width: int, height: int) -> bytes:
    """A small HEIC or AVIF that claims another size."""
    data = of_kind(Image.new("RGB", (128, 128), RED), kind)
    place = data.index(b"ispe") + 8
    return data[:place] + struct.pack(">II", width, height) + data[place + 8 :]


# Colours


@pytest.mark.parametrize("kind", [*FORMATS, "MPO"])
def test_every_format_is_read_to_its_colours(kind):
    lossy = kind in {"JPEG", "MPO", "AVIF", "HEIF"}
    for left, right in ((RED, BLUE), (GREEN, WHITE), (BLACK, (200, 150, 100))):
        assert_halves(read_photo(of_kind(halves("RGB", left, right), kind)), left, right, 12 if lossy else 0)


@pytest.mark.parametrize("kind", ["JPEG", "MPO", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_every_format_that_carries_an_orientation_is_turned_once(orientation, kind):
    image = Image.new("RGB", (96, 64), WHITE)
    image.paste(RED, (0, 0, 24, 16))
    image.paste(BLUE, (72, 0, 96, 16))
    mark = exif(orientation)
    picture = read_picture(of_kind(image, kind, exif=mark if kind == "TIFF" else mark.tobytes()))

    places = (TOP_LEFT, TOP_RIGHT, BOTTOM_LEFT, BOTTOM_RIGHT)
    seen = {place: picture.pixels[place].astype(int) for place in places}
    reddest, bluest = (
        min(places, key=lambda place: np.abs(seen[place] - colour).sum())  # noqa: B023
        for colour in (RED, BLUE)
    )
    assert (reddest, bluest) == ORIENTATIONS[orientation]
    assert picture.size == picture.image.size == ((64, 96) if orientation >= 5 else (96, 64))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "HEIF"])
def test_what_was_read_says_nothing_of_how_to_turn_or_colour_it_again(kind):
    mark = exif(6)
    data = of_kind(
        halves("RGB", RED, BLUE),
        kind,
        exif=mark if kind == "TIFF" else mark.tobytes(),
        icc_profile=profile(swapped=True),
    )
    image = read_picture(data).image
    assert not image.info
    assert not image.getexif()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_notes_that_cannot_be_written_again_do_not_keep_a_picture_from_being_turned(kind):
    """A maker's name that is a number is no reason to refuse the picture, nor to leave it on its side."""
    entries = struct.pack("<HHII", 0x10F, 5, 1, 50) + struct.pack("<HHIHH", EXIF_ORIENTATION, 3, 1, 6, 0)
    odd = b"Exif\0\0II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(12) + struct.pack("<II", 72, 1) + bytes(8)
    image = Image.new("RGB", (80, 60), RED)
    image.paste(BLUE, (0, 30, 80, 60))  # below: on the left once it is upright
    assert_halves(read_photo(of_kind(image, kind, exif=odd)), BLUE, RED, 12)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("notes", [b"Exif\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff", b"Exif\0\0" + b"\xff" * 60])
def test_broken_notes_are_no_reason_to_refuse_a_picture(notes, kind):
    assert_halves(read_photo(of_kind(halves("RGB", RED, BLUE), kind, exif=notes)), RED, BLUE, 12)


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1", b"msf1"])
def test_a_heic_is_read_under_each_of_its_brands(brand):
    data = of_kind(halves("RGB", RED, BLUE), "HEIF")
    assert_halves(read_photo(data[:8] + brand + data[12:]), RED, BLUE, 12)


def test_a_heic_is_read_itself_and_not_by_its_thumbnail():
    heic = pillow_heif.from_pillow(Image.new("RGB", (1280, 960), RED))
    heic.info["thumbnails"] = [800]
    out = io.BytesIO()
    heic.save(out, quality=50)
    assert Image.open(io.BytesIO(out.getvalue())).info["thumbnails"]
    picture = read_picture(out.getvalue())
    assert picture.image.size == picture.size == (1280, 960)


def test_transparent_parts_of_a_heic_and_an_avif_lie_on_white():
    image = halves("RGBA", (0, 0, 0, 0), (0, 0, 255, 255))
    for kind in ("HEIF", "AVIF"):
        assert_halves(read_photo(of_kind(image, kind)), WHITE, BLUE, 12)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "AVIF", "TIFF"])
def test_of_several_frames_the_first_is_read(kind):
    frames = [Image.new("RGB", (64, 64), colour) for colour in (GREEN, BLUE, RED)]
    data = of_kind(frames[0], kind, save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).n_frames == 3
    assert_halves(read_photo(data), GREEN, GREEN, 6)


def test_a_first_frame_that_leaves_part_of_a_gif_open_is_read():
    assert read_photo(hollow_gif(4, 4)).shape == (160, 160, 3)


def test_a_tiff_in_lab_or_ycbcr_becomes_screen_colours():
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    lab = ImageCms.applyTransform(halves("RGB", (200, 60, 40), (40, 90, 160)), to_lab)
    lab.info = {}
    assert_halves(read_photo(saved(lab, "TIFF")), (200, 60, 40), (40, 90, 160), 10)
    ycbcr = halves("RGB", (200, 60, 40), (40, 90, 160)).convert("YCbCr")
    assert_halves(read_photo(saved(ycbcr, "TIFF")), (200, 60, 40), (40, 90, 160), 3)


@pytest.mark.parametrize("white", [1.0, 255.0, 65_535.0])
def test_a_tiff_of_fractions_has_its_white_where_its_values_end(white):
    values = np.full((60, 80), white / 2, np.float32)
    values[:, 40:] = white
    assert_halves(read_photo(saved(Image.fromarray(values), "TIFF")), (128, 128, 128), WHITE)


@pytest.mark.parametrize("white", [255, 65_535, 2**31 - 1])
def test_a_tiff_of_large_whole_numbers_has_its_white_where_its_values_end(white):
    values = np.full((60, 80), white // 2, np.int32)
    values[:, 40:] = white
    assert_halves(read_photo(saved(Image.fromarray(values), "TIFF")), (127, 127, 127), WHITE, 1)


@pytest.mark.filterwarnings("error")
def test_values_that_are_no_numbers_are_black_or_white():
    values = np.full((60, 80), np.nan, np.float32)
    values[:, 40:] = np.inf
    assert_halves(read_photo(saved(Image.fromarray(values), "TIFF")), BLACK, WHITE)
    values[:, :40] = -np.inf
    assert_halves(read_photo(saved(Image.fromarray(values), "TIFF")), BLACK, WHITE)


def test_dark_sixteen_bit_grey_stays_dark():
    assert_halves(read_photo(saved(Image.fromarray(np.full((60, 80), 255, np.uint16)), "PNG")), (1,) * 3, (1,) * 3)


def test_a_jpeg_of_adobe_s_inverted_inks_is_not_a_negative():
    data = of_kind(halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 255)), "JPEG")
    assert b"Adobe" in data
    assert_halves(read_photo(data), RED, BLACK, 12)


# Colour profiles


def profile(
    red=(0.4361, 0.2225, 0.0139), green=(0.3851, 0.7169, 0.0971), blue=(0.1431, 0.0606, 0.7141), *, swapped=False
) -> bytes:
    """An ICC profile with these primaries (XYZ at D50; sRGB's unless told), and sRGB's curves and its name."""
    if swapped:
        red, blue = blue, red
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for number in range(struct.unpack_from(">I", data, 128)[0]):
        name, offset, _ = struct.unpack_from(">4sII", data, 132 + 12 * number)
        xyz = {b"rXYZ": red, b"gXYZ": green, b"bXYZ": blue}.get(name)
        if xyz:
            struct.pack_into(">3i", data, offset + 8, *(round(value * 65_536) for value in xyz))
    return bytes(data)


DISPLAY_P3 = profile((0.5151, 0.2412, -0.0011), (0.2920, 0.6922, 0.0419), (0.1571, 0.0666, 0.7841))
SRGB = profile()


def ink_profile() -> bytes:
    """An ICC profile of four inks of which the second is a green, none at all white, and all others black."""

    def tag(name: bytes, content: bytes) -> tuple[bytes, bytes]:
        return name, content + bytes(-len(content) % 4)

    straight = struct.pack(">HH", 0, 65_535)
    lab = {0: (65_280, 32_768, 32_768), 4: (32_000, 21_000, 43_000)}  # by the inks' bits, cyan the highest
    grid = b"".join(struct.pack(">3H", *lab.get(inks, (0, 32_768, 32_768))) for inks in range(16))
    matrix = struct.pack(">9i", 65_536, 0, 0, 0, 65_536, 0, 0, 0, 65_536)
    table = b"mft2" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + struct.pack(">HH", 2, 2)
    table += straight * 4 + grid + straight * 3
    text = b"four inks\0"
    tags = (
        tag(b"A2B0", table),
        tag(b"desc", b"desc" + bytes(4) + struct.pack(">I", len(text)) + text + bytes(78)),
        tag(b"wtpt", b"XYZ " + bytes(4) + struct.pack(">3i", 63_190, 65_536, 54_061)),
    )
    place, table_of_tags, body = 132 + 12 * len(tags), b"", b""
    for name, content in tags:
        table_of_tags += struct.pack(">4sII", name, place + len(body), len(content))
        body += content
    head = bytearray(128)
    struct.pack_into(">I4xI4s4s4s", head, 0, place + len(body), 0x02400000, b"prtr", b"CMYK", b"Lab ")
    head[36:40] = b"acsp"
    struct.pack_into(">3i", head, 68, 63_190, 65_536, 54_061)
    return bytes(head) + struct.pack(">I", len(tags)) + table_of_tags + body


def grey_profile(gamma: float) -> bytes:
    """An ICC profile of grey: sRGB's, made grey and given a gamma."""
    data = bytearray(SRGB)
    data[16:20] = b"GRAY"
    for number in range(struct.unpack_from(">I", data, 128)[0]):
        place = 132 + 12 * number
        name, offset, _ = struct.unpack_from(">4sII", data, place)
        if name == b"rTRC":
            data[place : place + 4] = b"kTRC"
            data[offset : offset + 14] = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    return bytes(data)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_the_wide_colours_of_a_phone_become_those_of_a_screen(kind):
    """The same numbers mean a stronger red in Display P3: in sRGB they lie further out, and grey stays grey."""
    data = of_kind(halves("RGB", (200, 100, 80), (90, 90, 90)), kind, icc_profile=DISPLAY_P3)
    assert_halves(read_photo(data), (215, 96, 74), (90, 90, 90), 6)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_profile_that_swaps_red_and_blue_swaps_them_whatever_its_name(kind):
    data = of_kind(halves("RGB", (200, 100, 50), WHITE), kind, icc_profile=profile(swapped=True))
    assert_halves(read_photo(data), (50, 100, 200), WHITE, 6)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_a_profile_of_srgb_changes_no_pixel(kind):
    image = Image.fromarray(np.random.default_rng(2).integers(0, 256, (48, 64, 3)).astype(np.uint8))
    plain = read_photo(of_kind(image, kind))
    for same in (SRGB, ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()):
        np.testing.assert_array_equal(read_photo(of_kind(image, kind, icc_profile=same)), plain)


def test_a_profile_s_colours_hold_for_palettes_transparency_and_a_smaller_scale():
    swaps = profile(swapped=True)
    palette = halves("P", 0, 1)
    palette.putpalette((200, 100, 50, *WHITE))
    clear = halves("RGBA", (200, 100, 50, 255), (9, 9, 9, 0))
    large = halves("RGB", (200, 100, 50), WHITE, (1600, 1200))
    for data in (*(saved(image, "PNG", icc_profile=swaps) for image in (palette, clear)),):
        assert_halves(read_photo(data), (50, 100, 200), WHITE, 2)
    assert_halves(read_photo(of_kind(large, "JPEG", icc_profile=swaps)), (50, 100, 200), WHITE, 6)


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_inks_become_what_their_profile_says(kind):
    inks = halves("CMYK", (0, 255, 0, 0), (0, 0, 0, 0))
    photo = read_photo(of_kind(inks, kind, icc_profile=ink_profile())).astype(int)
    assert (photo[:, :70, 1] > photo[:, :70, 0] + 30).all() and (photo[:, :70, 1] > photo[:, :70, 2] + 30).all()
    assert (photo[:, 90:] > 240).all()


def test_a_profile_of_grey_holds_for_grey_pictures_alone():
    grey = halves("L", 128, 255)
    dark = read_photo(saved(grey, "PNG", icc_profile=grey_profile(3.0)))
    assert_halves(dark, (92, 92, 92), WHITE, 8)  # 0.502 to the 3.0 is less light than sRGB's 128
    coloured = halves("RGB", RED, (128, 128, 128))
    assert_halves(read_photo(saved(coloured, "PNG", icc_profile=grey_profile(3.0))), RED, (128, 128, 128))


UNFIT = {
    "empty text": b"no profile",
    "zeros": bytes(500),
    "a head and no more": SRGB[:128],
    "cut in the middle": SRGB[: len(SRGB) // 2],
    "ones": SRGB[:128] + b"\xff" * 400,
    "for inks": ink_profile(),
    "for grey": grey_profile(1.8),
    "for nothing known": SRGB[:16] + b"MCH5" + SRGB[20:],
    "2 MB": b"\0" * 2_000_000,
    "2 MB of sRGB": SRGB + bytes(2_000_000),
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
@pytest.mark.parametrize("unfit", UNFIT.values(), ids=UNFIT)
def test_a_profile_that_does_not_fit_is_ignored(unfit, kind):
    image = halves("RGB", RED, BLUE)
    np.testing.assert_array_equal(read_photo(of_kind(image, kind, icc_profile=unfit)), read_photo(of_kind(image, kind)))


def test_a_screen_s_profile_on_inks_is_ignored():
    inks = halves("CMYK", (0, 255, 255, 0), (0, 0, 0, 0))
    assert_halves(read_photo(saved(inks, "TIFF", icc_profile=DISPLAY_P3)), RED, WHITE)


@QUICKLY
@given(place=st.integers(0, len(SRGB) - 1), value=st.binary(min_size=1, max_size=8))
def test_no_damage_to_a_profile_costs_the_picture(place, value):
    damaged = DISPLAY_P3[:place] + value + DISPLAY_P3[place + len(value) :]
    assert read_photo(saved(halves("RGB", RED, BLUE), "PNG", icc_profile=damaged)).shape == (160, 160, 3)


# Sizes


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1)])
def test_every_format_is_read_however_narrow(size, kind):
    if kind == "HEIF":
        size = tuple(side if side == max(size) else 32 for side in size)  # its encoder makes none narrower
    picture = read_picture(of_kind(Image.new("RGB", size, (10, 200, 90)), kind))
    assert (picture.size, picture.pixels.shape) == (size, (*IMAGE_SIZE, 3))
    assert np.abs(picture.pixels.astype(int) - (10, 200, 90)).max() <= 12


def test_a_jpeg_of_twelve_megapixels_is_read_at_the_smallest_scale_that_will_do():
    data = saved(Image.new("RGB", (4000, 3000), RED), "JPEG")
    picture = read_picture(data)
    assert (picture.image.size, picture.size) == ((500, 375), (4000, 3000))
    assert all(side >= least for side, least in zip(picture.image.size, DRAFT_SIZE, strict=True))
    turned = read_picture(saved(Image.new("RGB", (4000, 3000), RED), "JPEG", exif=exif(6)))
    assert (turned.image.size, turned.size) == ((375, 500), (3000, 4000))


HOLLOW = {
    "PNG": lambda width, height: png(width, height, 8, 2, b""),
    "GIF": hollow_gif,
    "BMP": hollow_bmp,
    "WEBP": hollow_webp,
    "TIFF": hollow_tiff,
    "JPEG": hollow_jpeg,
    "HEIF": lambda width, height: claiming("HEIF", width, height),
    "AVIF": lambda width, height: claiming("AVIF", width, height),
}


@pytest.mark.parametrize("kind", HOLLOW)
@pytest.mark.parametrize("side", [6_000, 16_000, 60_000])
def test_a_small_file_that_claims_to_be_huge_is_refused_before_a_pixel_is_read(side, kind, monkeypatch):
    if kind == "WEBP":
        side = min(side, 16_384)  # more cannot be written in its header
    data = HOLLOW[kind](side, side)

    def load(image):
        raise AssertionError("pixels were read")

    for reader in (ImageFile.ImageFile, *(Image.OPEN[kind][0] for kind in ("AVIF", "HEIF", "TIFF", "WEBP"))):
        if "load" in vars(reader) or reader is ImageFile.ImageFile:
            monkeypatch.setattr(reader, "load", load)
    assert len(data) < 2_000
    tracemalloc.start()
    try:
        # libavif and libheif refuse the largest by themselves, and do not say why
        reason = f"25|{DAMAGED}" if kind in {"AVIF", "HEIF"} and side > 6_000 else "25 (megapixels|are read)"
        with pytest.raises(PhotoError, match=reason):
            read_photo(data)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["PNG", "GIF", "BMP", "TIFF", "JPEG", "HEIF", "AVIF"])
@pytest.mark.parametrize("size", [(0, 0), (0, 5), (5, 0)])
def test_a_picture_without_extent_is_refused(size, kind):
    if kind == "GIF":
        data = hollow_gif(*size).replace(struct.pack("<HHHH", 0, 0, 1, 1), struct.pack("<HHHH", 0, 0, *size))
    else:
        data = HOLLOW[kind](*size)
    with pytest.raises(PhotoError, match=DAMAGED):
        read_photo(data)


# Damage


def assert_array_or_sentence(data: bytes) -> bool:
    try:
        photo = read_photo(data)
    except PhotoError as error:
        assert str(error)[0].isupper() and str(error).endswith(".")
        assert not {"/", "\\", "<", "0x"} & set(str(error)) and "0x" not in str(error)
        return False
    assert (photo.shape, photo.dtype) == ((160, 160, 3), np.uint8)
    return True


KINDS = (*FORMATS, "MPO", "animated GIF", "animated PNG", "animated WEBP", "animated AVIF", "LZW TIFF", "palette PNG")


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_off_anywhere_is_read_or_refused_with_a_sentence(kind, whole):
    data = whole[kind]
    assert assert_array_or_sentence(data)
    places = {*range(1, 64), *range(64, len(data), max(1, len(data) // 60)), *range(len(data) - 20, len(data))}
    read = [place for place in sorted(places) if assert_array_or_sentence(data[:place])]
    assert not [place for place in read if place < 64]


@pytest.mark.parametrize("kind", FORMATS)
def test_half_a_file_is_called_damaged_and_not_something_else(kind, whole):
    for part in (2, 4):
        with pytest.raises(PhotoError, match=DAMAGED):
            read_photo(whole[kind][: len(whole[kind]) // part])


MAGIC = {
    "JPEG": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00",
    "EXIF": b"\xff\xd8\xff\xe1\x00\x30Exif\0\0II*\0\x08\0\0\0",
    "PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR\0\0\0\x05\0\0\0\x05",
    "WEBP": b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0",
    "GIF": b"GIF89a\x05\0\x05\0\x80\0\0",
    "BMP": b"BM\x00\x01\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0",
    "TIFF": b"II*\0\x08\0\0\0\x09\0",
    "TIFF of the other end": b"MM\0*\0\0\0\x08\0\x09",
    "BigTIFF": b"II+\0\x08\0\0\0\x10\0\0\0\0\0\0\0",
    "AVIF": b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf\0\0\x01\0meta",
    "HEIC": b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf\0\0\x01\0meta",
    "both": b"\0\0\0\x18ftypmif1\0\0\0\0mif1miaf",
}


@pytest.mark.parametrize("magic", MAGIC.values(), ids=MAGIC)
def test_noise_behind_a_format_s_first_bytes_is_read_or_refused_with_a_sentence(magic):
    @QUICKLY
    @given(st.binary(max_size=300))
    @example(b"")
    @example(bytes(300))
    @example(b"\xff" * 300)
    def check(noise):
        assert_array_or_sentence(magic + noise)

    check()


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_changed_anywhere_lead_to_an_array_or_a_sentence(kind, whole):
    data = whole[kind]
    end = min(len(data), 500)

    @QUICKLY
    @given(st.lists(st.tuples(st.integers(0, end - 1), st.binary(min_size=1, max_size=4)), min_size=1, max_size=4))
    def check(changes):
        damaged = bytearray(data)
        for place, value in changes:
            damaged[place : place + len(value)] = value
        assert_array_or_sentence(bytes(damaged))

    check()


@pytest.mark.parametrize("text", [b"Hello.\n", "Grüße aus Wien".encode(), b"\xef\xbb\xbfname,label\n", b"{}" * 500])
def test_a_text_under_the_name_of_a_picture_is_called_no_picture(text, tmp_path):
    (tmp_path / "cat.jpg").write_bytes(text)
    with pytest.raises(PhotoError, match=f"^{NOT_A_PICTURE}"):
        read_photo(read_bytes(tmp_path / "cat.jpg"))


@pytest.mark.parametrize("name", ["a\0b.jpg", "gone.jpg", "x" * 5000, "\udcff.jpg", "folder"])
def test_no_name_of_a_file_leads_to_anything_but_a_sentence_without_its_path(name, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(PhotoError, match=r"^The file cannot be opened: .+\.$") as refusal:
        read_bytes(tmp_path / name)
    assert str(tmp_path) not in str(refusal.value) and name not in str(refusal.value)


# The same for all who ask


def test_names_do_not_matter_and_the_prepared_set_holds_what_is_read_bit_for_bit(tmp_path, whole):
    """Wrong, upper-case and right extensions: the decoder goes by what is in the file."""
    root = make_photos(tmp_path / "own", train=2, validation=2)
    image = Image.fromarray(half_bright(1, np.random.default_rng(8)))
    files = {
        "a.JPG": whole["PNG"],
        "b.png": whole["JPEG"],
        "c.HEIC": of_kind(image, "HEIF", exif=exif(6).tobytes(), icc_profile=DISPLAY_P3),
        "d.jpg": whole["HEIF"],
        "e.TiFf": whole["WEBP"],
        "f.jpeg": of_kind(image, "JPEG", exif=exif(8), icc_profile=profile(swapped=True)),
        "g.gif": whole["AVIF"],
        "h.WEBP": whole["animated GIF"],
        "i.jpg": saved(image.resize((1600, 1200)), "JPEG"),
    }
    for name, data in files.items():
        (root / "train/cats" / name).write_bytes(data)
    photos = prepare(Source(root, kind="own"), tmp_path / "prepared", lambda progress: None)
    assert not photos.unreadable
    for name, data in files.items():
        position = photos.files.index(f"train/cats/{name}")
        picture = read_picture(data)
        np.testing.assert_array_equal(photos.photos[position], picture.pixels)
        np.testing.assert_array_equal(read_photo(data), picture.pixels)
        assert tuple(photos.sizes[position]) == picture.size


def test_eight_threads_at_once_read_what_one_reads_alone(whole):
    image = Image.fromarray(half_bright(1, np.random.default_rng(9)))
    coloured = [of_kind(image, kind, icc_profile=DISPLAY_P3) for kind in ("JPEG", "PNG", "HEIF", "WEBP")]
    files = [*whole.values(), *coloured] * 4
    alone = [read_photo(data) for data in files]
    together = threading.Barrier(8)

    def read(part: int) -> list[np.ndarray]:
        together.wait(30)
        return [read_photo(data) for data in files[part::8]]

    with ThreadPoolExecutor(8) as threads:
        for part, photos in enumerate(threads.map(read, range(8))):
            for photo, expected in zip(photos, alone[part::8], strict=True):
                np.testing.assert_array_equal(photo, expected)


def test_reading_writes_nothing_to_disk(tmp_path, monkeypatch, whole):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)

    def forbidden(*_, **__):
        raise AssertionError("a file was opened")

    for data in whole.values():
        read_photo(data)  # Pillow has loaded what it needs by now
    with monkeypatch.context() as closed:
        closed.setattr("builtins.open", forbidden)
        closed.setattr(os, "open", forbidden)
        closed.setattr(Path, "open", forbidden)
        for data in whole.values():
            upright(data)
            assert_array_or_sentence(data[: len(data) // 2])
    assert not list(tmp_path.iterdir())

"""Spoiled files of every format: each becomes a picture or a sentence, soon, and nothing else."""

import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

from catdog.errors import PhotoError
from catdog.photos.decode import Picture, read_picture
from catdog.settings import PHOTO_MAX_PIXELS
from tests.hostile import mutations
from tests.hostile.cases import CASES, every
from tests.hostile.files import seeds, written
from tests.serving import ROOT

# Nobody is warned of anything, save by Pillow, whose warnings catdog keeps from the terminal.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("error", "ignore:::PIL")]

SECONDS = 5  # a small file that takes longer is a trap, even on a busy machine


def picture_or_sentence(data: bytes) -> Picture | None:
    """Read it as an upload is read; None where it was refused."""
    begun = time.perf_counter()
    try:
        picture = read_picture(data)
    except PhotoError as error:
        picture = None
        assert str(error)[0].isupper() and str(error).endswith(".") and "/" not in str(error)
    assert time.perf_counter() - begun < SECONDS
    if picture:
        assert (picture.pixels.shape, picture.pixels.dtype) == ((160, 160, 3), np.uint8)
        assert picture.image.mode == "RGB" and not picture.image.info
        assert 0 < picture.size[0] * picture.size[1] <= PHOTO_MAX_PIXELS
    return picture


def test_there_are_twenty_thousand_cases_at_least():
    assert sum(CASES.values()) >= 20_000


@pytest.mark.parametrize("name", seeds())
def test_every_file_is_whole_before_it_is_spoiled(name):
    assert picture_or_sentence(seeds()[name])


@pytest.mark.parametrize(
    ("name", "spoiled"),
    {
        "bytes changed": mutations.bytes_changed(),
        "cut, repeated, spliced": mutations.cut_repeated_spliced(),
        "numbers at their extremes": mutations.numbers_at_their_extremes(),
        "parts in another order": mutations.parts_in_another_order(),
    }.items(),
    ids=str,
)
def test_a_spoiled_file_is_a_picture_or_a_sentence(name, spoiled):
    every(name, spoiled)(picture_or_sentence)


def test_no_notes_and_no_profile_cost_the_picture():
    """EXIF and ICC of any bytes, as the formats carry them: the pixels are whole, so the picture is read."""
    image = Image.new("RGB", (8, 6), (200, 30, 90))
    kinds = st.sampled_from(("JPEG", "PNG", "WEBP"))
    head = st.sampled_from((b"", b"Exif\0\0", b"Exif\0\0II*\0\x08\0\0\0", b"Exif\0\0MM\0*\0\0\0\x08\xff\xff", b"II+\0"))
    number = st.sampled_from(mutations.EXTREMES).map(lambda value: value.to_bytes(4))

    @every("notes and profiles", kinds, head, st.lists(number | st.binary(max_size=12), max_size=12), st.booleans())
    def check(kind, head, rest, as_profile):
        notes = head + b"".join(rest)
        data = written(image, kind, **({"icc_profile": notes} if as_profile else {"exif": notes}))
        picture = picture_or_sentence(data)
        assert picture
        assert np.abs(picture.pixels.astype(int) - (200, 30, 90)).max() <= 12


BEHIND = (b"<html><script>alert(1)</script>", b"PK\3\4" + bytes(40), b"%PDF-1.7\n", b"#!/bin/sh\nrm -rf /\n", b"GIF89a")


def test_what_hangs_behind_a_picture_changes_nothing():
    """Files that are two things at once are shown as the picture they are, and only that."""
    names = [name for name in mutations.SEEDS if not name.startswith(("AVIF", "HEIF"))]

    @every("something behind", st.sampled_from(names), st.sampled_from(BEHIND), st.binary(max_size=30))
    def check(name, behind, rest):
        alone, both = read_picture(seeds()[name]), picture_or_sentence(seeds()[name] + behind + rest)
        assert both
        np.testing.assert_array_equal(alone.pixels, both.pixels)


PROGRAM = """
import sys
from catdog.errors import PhotoError
from catdog.photos.decode import read_picture
for line in sys.stdin:
    try:
        read_picture(bytes.fromhex(line))
    except PhotoError:
        pass
print("done")
"""


def test_nothing_but_libtiff_speaks_to_the_terminal():
    """In a program of its own, whose warnings nobody has set: neither Python nor Pillow speaks of spoiled files."""
    files: list[str] = []
    spoiled = mutations.bytes_changed() | mutations.numbers_at_their_extremes()
    every("a whole program", spoiled)(lambda data: files.append(data.hex()))
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, input="\n".join(files), capture_output=True, text=True, timeout=120
    )
    assert done.stdout == "done\n", done.stderr
    said = [line for line in done.stderr.splitlines() if line.strip()]
    assert not [line for line in said if "Warning" in line or "Traceback" in line or "Error" in line.split(":")[0]]

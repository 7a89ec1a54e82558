"""What the Classify page makes of files, answers and rows, without a page."""

import csv
import io

import numpy as np
import pytest

from catdog.errors import PhotoError
from catdog.insight.answer import Answer, as_row
from catdog.ui.classify_gallery import as_csv
from catdog.ui.classify_pictures import Brought, Unread, _read
from catdog.ui.classify_view import _where, in_words
from tests.conftest import jpeg, png


def answer(probability: float) -> Answer:
    return Answer(float(np.log(probability / (1 - probability))))


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.51, "Not sure: dog, 51 %"),
        (0.49, "Not sure: cat, 51 %"),
        (0.799999, "Not sure: dog, 79 %"),
        (0.800001, "Dog, 80 %"),
        (0.199999, "Cat, 80 %"),
        (0.95, "Dog, 95 %"),
        (0.99, "Dog, 99 %"),
        (0.9901, "Dog, over 99 %"),
        (0.0001, "Cat, over 99 %"),
    ],
)
def test_an_answer_in_words_claims_no_more_than_it_may(probability, words):
    said = in_words(answer(probability))
    assert said.replace("\N{NO-BREAK SPACE}", " ") == words
    assert " %" not in said  # the number and its sign stay on one line


@pytest.mark.parametrize("size", [3, 5, 7, 10])
def test_where_a_map_is_brightest_is_said_alike_from_both_sides(size):
    mirrored = {"top": "bottom", "bottom": "top", "left": "right", "right": "left"}
    for row in range(size):
        for column in range(size):
            heat = np.zeros((size, size))
            heat[row, column] = 1
            words = _where(heat, "cat").split(": ")[1]
            turned = _where(heat[::-1, ::-1], "cat").split(": ")[1]
            assert turned == " ".join(mirrored.get(word, word) for word in words.split())


def test_the_corners_and_the_centre_of_a_map_have_their_names():
    named = {(0, 0): "top left", (0, 2): "top right", (1, 1): "centre", (2, 1): "bottom centre", (1, 2): "middle right"}
    for place, words in named.items():
        heat = np.zeros((3, 3))
        heat[place] = 1
        assert _where(heat, "dog") == f"What spoke most for dog: {words}"
    assert _where(np.zeros((3, 3)), "dog") == "Nothing in this picture spoke for dog."


@pytest.mark.parametrize("name", ["=1+1.jpg", "+1.jpg", "-1.jpg", "@SUM(A1).jpg", "\tx.jpg", "\rx.jpg"])
def test_a_spreadsheet_takes_no_name_for_a_formula(name):
    table = as_csv([as_row(name, answer(0.9)) | {"truth": "dog"}])
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert row["file"] == f"'{name}"
    assert row["probability_dog"] == "0.9"


def test_a_name_with_commas_and_quotes_stays_one_cell():
    name = 'a, "b" = c\N{CAT FACE}.jpg'
    (row,) = csv.DictReader(io.StringIO(as_csv([as_row(name, None, "The file is empty.")])))
    assert (row["file"], row["error"], row["label"]) == (name, "The file is empty.", "")


def test_what_is_no_letter_in_a_name_becomes_a_box():
    box = "\N{REPLACEMENT CHARACTER}"
    broken = _read("caf\udce9\n\x7f\x85\u2029.jpg", lambda: b"")
    assert broken == Unread(f"caf{5 * box}.jpg", "The file is empty.")
    joined = (
        "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN} caf\N{LATIN SMALL LETTER E WITH ACUTE} \N{CAT}\N{VARIATION SELECTOR-16}"
    )
    assert _read(joined, lambda: b"").name == joined


def test_a_picture_that_is_read_keeps_its_own_size_and_shape_and_is_small_in_memory():
    one = _read("a.jpg", lambda: jpeg(np.zeros((900, 1800, 3), np.uint8)), "cat")
    assert isinstance(one, Brought)
    assert (one.name, one.size, one.truth, one.pixels.shape) == ("a.jpg", (1800, 900), "cat", (160, 160, 3))
    assert len(one.shown) < 100_000
    small = _read("b.png", lambda: png(np.zeros((20, 10, 3), np.uint8)))
    assert small.size == (10, 20)
    assert small.truth is None


def test_a_file_that_cannot_be_opened_is_kept_with_the_reason():
    def gone() -> bytes:
        raise PhotoError("The file cannot be opened: it is gone.")

    assert _read("a.jpg", gone) == Unread("a.jpg", "The file cannot be opened: it is gone.")

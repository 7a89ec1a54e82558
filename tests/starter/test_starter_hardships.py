"""Pictures made harder: each hardship does what its name says."""

import numpy as np
import pytest

from catdog.starter.hardships import HARDSHIPS, made_hard

TOP, RIGHT = (200, 40, 0), (0, 40, 200)


@pytest.fixture
def picture():
    """Red above, black below, and blue along the right edge."""
    pixels = np.zeros((1, 160, 160, 3), np.uint8)
    pixels[0, :80], pixels[0, :, 120:] = TOP, RIGHT
    return pixels


def hard(name, picture):
    (one,) = made_hard(picture, HARDSHIPS[name])
    assert (one.shape, one.dtype) == ((160, 160, 3), np.uint8)
    return one


@pytest.mark.parametrize("name", HARDSHIPS)
def test_every_hardship_changes_the_picture_and_leaves_the_given_one_alone(name, picture):
    before = picture.copy()
    assert (hard(name, picture) != before[0]).any()
    np.testing.assert_array_equal(picture, before)


def test_turned_pictures_are_turned(picture):
    upside_down, on_its_side = hard("upside down", picture), hard("on its side", picture)
    assert tuple(upside_down[-1, -1]) == TOP and tuple(upside_down[0, 0]) == RIGHT
    assert tuple(on_its_side[0, 0]) == RIGHT and tuple(on_its_side[-1, 0]) == TOP


def test_light_and_colour_go(picture):
    assert tuple(hard("a fifth of the light", picture)[0, 0]) == tuple(value // 5 for value in TOP)
    grey = hard("without colour", picture)
    assert np.ptp(grey, axis=-1).max() == 0


def test_only_the_left_half_is_left(picture):
    assert (hard("only its left half", picture)[..., 2] == 0).all()


@pytest.mark.parametrize(("name", "share"), [("half as large", 1 / 2), ("a third as large", 1 / 3)])
def test_a_smaller_picture_lies_in_the_middle_of_its_mean_colour(name, share, picture):
    small, mean = hard(name, picture), picture[0].reshape(-1, 3).mean(axis=0).astype(int)
    changed = np.argwhere((small != mean).any(axis=-1))
    side = round(share * 160)
    assert changed.min(axis=0).tolist() == [(160 - side) // 2] * 2
    assert (np.ptp(changed, axis=0) + 1).tolist() == [side] * 2


def test_a_blur_mixes_neighbours(picture):
    assert 0 < hard("blurred by 4 pixels", picture)[80, 20, 0] < TOP[0]

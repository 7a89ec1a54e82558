"""A map over a picture: what it brightens, and that it changes nothing where it should not."""

import warnings

import numpy as np
import pytest
from PIL import Image

from catdog.insight.overlay import RAMP, evidence, overlay, painted


def picture(width, height):
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    return Image.fromarray(pixels)


SIGNED = np.array([[4.0, 2.0], [0.0, -1.0]], np.float32)


def test_what_speaks_for_a_dog_is_above_zero_and_what_speaks_for_a_cat_below():
    strongest = np.quantile(np.abs(SIGNED), 0.99)  # 3.94
    np.testing.assert_allclose(evidence(SIGNED, "dog"), [[1, 2 / strongest], [0, 0]], rtol=1e-6)
    np.testing.assert_allclose(evidence(SIGNED, "cat"), [[0, 0], [0, 1 / strongest]], rtol=1e-6)


@pytest.mark.parametrize("label", ["cat", "dog"])
@pytest.mark.parametrize("size", [1e-38, 1e-3, 1.0, 1e30])
def test_evidence_lies_between_0_and_1_whatever_the_map(label, size):
    signed = (size * np.random.default_rng(1).normal(size=(36, 36))).astype(np.float32)
    heat = evidence(signed, label)
    assert heat.shape == signed.shape
    assert heat.min() == 0
    assert heat.max() == 1


def test_both_labels_are_measured_by_the_same_strength():
    np.testing.assert_array_equal(evidence(SIGNED, "dog"), evidence(-SIGNED, "cat"))


def test_a_map_of_zeros_shows_nothing():
    with warnings.catch_warnings(action="error"):
        assert not evidence(np.zeros((5, 5), np.float32), "dog").any()


def test_a_single_place_among_thousands_still_shows():
    signed = np.zeros((36, 36), np.float32)
    signed[3, 4] = 1e-3
    assert evidence(signed, "dog").sum() == 1


def test_a_network_whose_training_has_failed_shows_nothing():
    assert not evidence(np.full((5, 5), np.nan, np.float32), "cat").any()


@pytest.mark.parametrize("size", [(160, 160), (300, 40), (40, 300), (1, 1), (1, 7)], ids=str)
def test_at_no_strength_it_is_the_picture_itself(size):
    shown = overlay(picture(*size), evidence(SIGNED, "dog"), 0.0)
    assert (shown.size, shown.mode) == (size, "RGB")
    np.testing.assert_array_equal(np.asarray(shown), np.asarray(picture(*size)))


@pytest.mark.parametrize("size", [(160, 160), (300, 40), (40, 300), (1, 1), (1, 7)], ids=str)
@pytest.mark.parametrize("places", [(1, 1), (5, 5), (77, 77)], ids=str)
def test_a_map_of_any_size_lies_over_a_picture_of_any_shape(size, places):
    shown = overlay(picture(*size), np.ones(places), 1.0)
    assert (shown.size, shown.mode) == (size, "RGB")
    assert (np.asarray(shown) == (252, 255, 164)).all()  # the brightest there is


def test_the_map_lies_the_right_way_round():
    """Brighter at the upper right, darker elsewhere; a picture wider than high."""
    heat = np.zeros((5, 5))
    heat[0, 4] = 1
    light = np.asarray(overlay(picture(300, 100), heat, 1.0)).sum(axis=2, dtype=int)
    assert light[:15, -40:].min() > 3 * light[50:, :150].max()


def test_half_the_strength_is_half_of_both():
    black = Image.new("RGB", (4, 4))
    np.testing.assert_allclose(np.asarray(overlay(black, np.ones((2, 2)), 0.5))[0, 0], (126, 127, 82), atol=1)


def test_more_evidence_is_brighter_in_grey_as_well():
    ramp = np.asarray(overlay(Image.new("RGB", (256, 1)), np.linspace(0, 1, 256)[None], 1.0).convert("L"))[0]
    assert (np.diff(ramp.astype(int)) >= 0).all()
    assert ramp[-1] - ramp[0] > 200


def test_a_map_is_painted_from_the_ramp_s_first_colour_to_its_last():
    shown = painted(np.linspace(0, 1, len(RAMP))[None])
    assert (shown.shape, shown.dtype) == ((1, len(RAMP), 3), np.uint8)
    np.testing.assert_allclose(shown[0], RAMP, atol=2)
    np.testing.assert_array_equal(shown[0, [0, -1]], RAMP[[0, -1]])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (1, 1), (5, 7), (2, 3, 4)], ids=str)
def test_a_map_of_any_shape_can_be_painted_and_is_left_as_it_is(shape, dtype):
    heat = np.random.default_rng(0).random(shape).astype(dtype)
    before = heat.copy()
    assert painted(np.asarray(heat)).shape == (*shape, 3)
    np.testing.assert_array_equal(heat, before)


def test_what_is_painted_is_what_lies_over_a_picture_at_full_strength():
    heat = np.linspace(0, 1, 256)[None].astype(np.float32)
    shown = np.asarray(overlay(Image.new("RGB", (256, 1)), heat, 1.0))
    np.testing.assert_array_equal(shown, painted(heat))

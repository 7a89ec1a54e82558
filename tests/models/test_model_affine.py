"""Flip and turn in one pass against the Keras layers themselves, which do the one after the other."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

MODES = ("horizontal", "vertical", "horizontal_and_vertical")
FILLS = ("reflect", "constant", "nearest")
SHAPES = [(40, 40), (30, 52), (52, 30), (31, 17)]  # height, width
TURNS = [0.0, 0.05, 0.2, 0.25, 0.4, 0.5]  # of a full turn, as much as that either way
FLOAT, ROUNDED = 0.01, 0.51  # of 255: what single precision loses, and half a step of uint8


@pytest.fixture(scope="module")
def moved():
    """The function under test; importing it loads Keras."""
    from catdog.models.affine import moved

    return moved


def pictures(shape, count=12, dtype="float32"):
    """Noise, the hardest of pictures: each pixel that is seen a little beside its place shows."""
    return np.random.default_rng(5).integers(0, 256, (count, *shape, 3)).astype(dtype)


def by_keras(photos, mode, factor, fill, seed=3):
    """The layers' own pictures, float32, with what they drew: whether flipped, and the turns' matrices."""
    import keras

    flip = keras.layers.RandomFlip(mode, seed=seed)
    turn = keras.layers.RandomRotation(factor, fill_mode=fill, seed=seed + 1)
    flips = flip.get_random_transformation(photos, training=True)
    turns = turn.get_random_transformation(photos, training=True)
    seen = turn.transform_images(flip.transform_images(photos, flips), turns)
    return np.array(seen), np.array(flips["flips"]).ravel(), np.array(turns["rotation_matrix"])


@pytest.mark.parametrize("factor", TURNS)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("mode", MODES)
def test_one_pass_gives_the_pictures_that_both_layers_give(mode, fill, shape, factor, moved):
    photos = pictures(shape)
    wanted, flips, turns = by_keras(photos, mode, factor, fill)
    assert 0 < flips.sum() < len(flips)
    np.testing.assert_allclose(moved(photos, mode, flips, turns, fill), wanted, atol=FLOAT)
    copies = moved(photos.astype(np.uint8), mode, flips, turns, fill)
    assert copies.dtype == np.uint8
    np.testing.assert_allclose(copies, wanted, atol=ROUNDED)


def mirrored(photo, mode):
    return photo[:: 1 if mode == "horizontal" else -1, :: 1 if mode == "vertical" else -1]


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize("shape", [*SHAPES, (1, 1), (1, 9), (160, 160)], ids=str)
@pytest.mark.parametrize("mode", MODES)
def test_a_flip_alone_moves_every_pixel_and_changes_none(mode, shape, dtype, moved):
    photos = pictures(shape, count=4, dtype=dtype)
    copies = moved(photos, mode, np.array([True, False, True, False]), None, "reflect")
    assert copies.dtype == photos.dtype
    for place, copy in enumerate(copies):
        np.testing.assert_array_equal(copy, photos[place] if place % 2 else mirrored(photos[place], mode))


def test_nothing_to_do_changes_nothing_and_gives_a_copy(moved):
    photos = pictures((20, 30), dtype="uint8")
    copies = moved(photos, "none", np.zeros(len(photos), bool), None, "reflect")
    np.testing.assert_array_equal(copies, photos)
    assert not np.shares_memory(copies, photos)


def test_no_photos_are_no_copies(moved):
    assert moved(np.zeros((0, 8, 8, 3), np.uint8), "horizontal", np.zeros(0, bool), None, "reflect").shape == (
        0,
        8,
        8,
        3,
    )


def test_photos_that_nobody_can_change_are_read_all_the_same(moved, tmp_path):
    """The prepared photos are such a memory map."""
    np.save(tmp_path / "photos.npy", pictures((16, 24), dtype="uint8"))
    photos = np.load(tmp_path / "photos.npy", mmap_mode="r")
    _, flips, turns = by_keras(np.asarray(photos, np.float32), "vertical", 0.2, "reflect")
    wanted = moved(np.array(photos), "vertical", flips, turns, "reflect")
    np.testing.assert_array_equal(moved(photos, "vertical", flips, turns, "reflect"), wanted)


def matrix(numbers):
    """Keras' eight numbers of an affine map: the last two, of a perspective, are 0."""
    return np.array([[*numbers, 0, 0]], np.float32)


maps = st.tuples(*[st.floats(-2, 2, width=32), st.floats(-2, 2, width=32), st.floats(-60, 60, width=32)] * 2)


@given(
    numbers=maps,
    height=st.integers(2, 40),
    width=st.integers(2, 40),
    mode=st.sampled_from(MODES),
    flipped=st.booleans(),
    fill=st.sampled_from(FILLS),
)
@example(numbers=(0.0, 0.0, 5.0, 0.0, 0.0, 7.0), height=9, width=12, mode="vertical", flipped=True, fill="constant")
@example(numbers=(1.0, 0.0, 1e9, 0.0, 1.0, 0.0), height=9, width=12, mode="vertical", flipped=True, fill="constant")
def test_any_map_is_followed_as_keras_follows_it(moved, numbers, height, width, mode, flipped, fill):
    """Of a smooth picture, where a place that is rounded a little otherwise changes little."""
    import keras

    y, x = np.mgrid[:height, :width]
    photo = np.stack([x, y, x + y], -1)[np.newaxis].astype(np.float32)
    mirror = mirrored(photo[0], mode)[np.newaxis] if flipped else photo
    seen = keras.ops.image.affine_transform(
        np.ascontiguousarray(mirror), matrix(numbers), interpolation="bilinear", fill_mode=fill, fill_value=0.0
    )
    ours = moved(photo, mode, np.array([flipped]), matrix(numbers), fill)
    np.testing.assert_allclose(ours, np.array(seen), atol=0.02 + 0.001 * (height + width))

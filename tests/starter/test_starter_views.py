"""The parts of photos that the starter learns from, and what is done to them."""

import numpy as np
import pytest

from catdog.starter import views

SIZE = 112


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.fixture(scope="module")
def boxes():
    return views.draw_boxes(2000, SIZE, rng())


def sides(boxes):
    return boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1]


def test_every_photo_has_its_parts_within_the_photo(boxes):
    assert (boxes.shape, boxes.dtype) == ((views.VIEWS, 2000, 4), np.float32)
    assert boxes.min() >= 0
    assert boxes.max() <= SIZE


def test_a_part_covers_between_40_percent_and_all_and_is_no_strip(boxes):
    width, height = sides(boxes)
    area, aspect = width * height / SIZE**2, width / height
    assert 0.4 - 1e-5 <= area.min() < 0.42
    assert 0.95 < area.max() <= 1
    assert 3 / 4 - 1e-5 <= aspect.min() < 0.76
    assert 1.32 < aspect.max() <= 4 / 3 + 1e-5


def test_parts_lie_anywhere_and_differ_among_views_and_photos(boxes):
    middle = (boxes[..., 0] + boxes[..., 2]) / 2
    assert middle.mean() == pytest.approx(SIZE / 2, abs=1)
    assert len(np.unique(boxes.reshape(-1, 4), axis=0)) == views.VIEWS * 2000


def test_the_same_seed_draws_the_same_parts(boxes):
    np.testing.assert_array_equal(views.draw_boxes(2000, SIZE, rng()), boxes)
    assert (views.draw_boxes(2000, SIZE, rng(1)) != boxes).any()


def test_a_part_is_cut_as_its_box_says():
    """A photo of four colours: each quarter, and the whole."""
    photo = np.zeros((112, 112, 3), np.uint8)
    photo[:56, 56:], photo[56:, :56], photo[56:, 56:] = (50, 0, 0), (0, 100, 0), (0, 0, 200)
    quarters = np.array([[0, 0, 56, 56], [56, 0, 112, 56], [0, 56, 56, 112], [56, 56, 112, 112]], np.float32)
    parts = views.cut(np.stack([photo] * 4), quarters, 28)
    assert (parts.shape, parts.dtype) == ((4, 28, 28, 3), np.uint8)
    for part, colour in zip(parts, [(0, 0, 0), (50, 0, 0), (0, 100, 0), (0, 0, 200)], strict=True):
        assert (part[1:-1, 1:-1] == colour).all()  # Pillow mixes what lies beside the box into the outermost pixels
    whole = np.array([[0, 0, 112, 112]], np.float32)
    np.testing.assert_array_equal(views.cut(photo[None], whole, 112)[0], photo)
    small = views.cut(photo[None], whole, 8)[0]  # one of its pixels is the mean of 14×14
    np.testing.assert_array_equal(small[[0, 0, 7, 7], [0, 7, 0, 7]], [(0, 0, 0), (50, 0, 0), (0, 100, 0), (0, 0, 200)])


def test_each_photo_is_cut_by_its_own_box():
    photos = rng().integers(0, 256, (3, 112, 112, 3)).astype(np.uint8)
    boxes = views.draw_boxes(3, SIZE, rng())[0]
    together = views.cut(photos, boxes, 40)
    for number in range(3):
        alone = views.cut(photos[number : number + 1], boxes[number : number + 1], 40)[0]
        np.testing.assert_array_equal(together[number], alone)


def test_edges_move_a_little_and_stay_within_the_photo(boxes):
    moved = views.jittered(boxes[0], SIZE, rng())
    assert moved.dtype == np.float32
    assert moved.min() >= 0
    assert moved.max() <= SIZE
    assert 1 < np.abs(moved - boxes[0]).mean() < 4
    assert min(side.min() for side in sides(moved)) > 30
    views.cut(np.zeros((2000, SIZE, SIZE, 3), np.uint8), moved, 2)  # Pillow refuses a box that is none


def test_disturbed_pictures_keep_shape_and_range():
    pictures = rng().integers(0, 256, (64, 48, 48, 3)).astype(np.uint8)
    before = pictures.copy()
    disturbed = views.disturbed(pictures, rng())
    assert (disturbed.shape, disturbed.dtype) == (pictures.shape, np.float32)
    assert disturbed.min() >= 0
    assert disturbed.max() <= 255
    np.testing.assert_array_equal(pictures, before)
    np.testing.assert_array_equal(views.disturbed(pictures, rng()), disturbed)


def test_half_of_the_pictures_are_mirrored_and_none_is_upside_down():
    pictures = np.zeros((2000, 8, 8, 3), np.uint8)
    pictures[:, :, :4] += 60
    pictures[:, :4] += 120
    disturbed = views.disturbed(pictures, rng())
    covered = (disturbed == views.GREY).any(axis=(1, 2, 3))
    whole = disturbed[~covered]
    mirrored = whole[:, :, 4:].mean(axis=(1, 2, 3)) > whole[:, :, :4].mean(axis=(1, 2, 3))
    assert mirrored.mean() == pytest.approx(0.5, abs=0.05)
    assert (whole[:, :4].mean(axis=(1, 2, 3)) > whole[:, 4:].mean(axis=(1, 2, 3))).all()


def test_every_second_picture_has_one_grey_square():
    disturbed = views.disturbed(np.full((1000, 40, 40, 3), 20, np.uint8), rng())
    masks = (disturbed == views.GREY).all(axis=-1)
    covered = masks.any(axis=(1, 2))
    assert covered.mean() == pytest.approx(0.5, abs=0.05)
    for mask in masks[covered]:
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        side = len(rows)
        assert 10 <= side == len(columns) <= 18  # a quarter of 40, 45 % of 40
        assert mask[rows[0] : rows[0] + side, columns[0] : columns[0] + side].all()
        assert mask.sum() == side**2


def test_the_light_changes_by_at_most_30_percent():
    disturbed = views.disturbed(np.full((2000, 8, 8, 3), 100, np.uint8), rng())
    lights = disturbed[:, 0, 0, 0][(disturbed != views.GREY).all(axis=(1, 2, 3))]
    assert 70 - 1e-3 <= lights.min() < 72
    assert 128 < lights.max() <= 130 + 1e-3

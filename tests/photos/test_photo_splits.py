"""The division of the validation folder, and the even choice of a few photos."""

import numpy as np
import pytest

from catdog.photos import SPLITS, evenly
from catdog.photos.splits import split_validation_folder

PUBLIC = [0] * 500 + [1] * 500


def counts(labels, positions):
    return np.bincount(np.asarray(labels)[positions], minlength=2).tolist()


def test_the_public_folder_gives_808_and_192_photos_evenly_by_class():
    validation, test = split_validation_folder(PUBLIC)
    assert (len(validation), len(test)) == (808, 192)
    assert (counts(PUBLIC, validation), counts(PUBLIC, test)) == ([404, 404], [96, 96])


def test_every_photo_is_in_one_of_the_two_and_in_order():
    validation, test = split_validation_folder(PUBLIC)
    assert sorted([*validation, *test]) == list(range(1000))
    assert (np.diff(validation) > 0).all() and (np.diff(test) > 0).all()


def test_the_division_depends_on_the_seed_alone():
    first, again, other = (split_validation_folder(PUBLIC, seed)[1].tolist() for seed in (0, 0, 1))
    assert first == again
    assert first == split_validation_folder(PUBLIC)[1].tolist()
    assert first != other
    assert counts(PUBLIC, other) == [96, 96]


def test_the_test_photos_come_from_all_over_the_folder():
    _, test = split_validation_folder(PUBLIC)
    for start in range(0, 1000, 100):
        assert 5 < ((test >= start) & (test < start + 100)).sum() < 40


def test_the_order_of_the_classes_in_the_folder_does_not_matter_for_evenness():
    labels = [1, 0] * 250
    validation, test = split_validation_folder(labels)
    assert counts(labels, test) == [48, 48]
    assert counts(labels, validation) == [202, 202]


@pytest.mark.parametrize(
    ("cats", "dogs", "expected"), [(2, 2, [1, 1]), (3, 2, [1, 1]), (8, 8, [2, 2]), (10, 40, [2, 8]), (100, 2, [19, 1])]
)
def test_a_small_folder_gives_each_class_to_both_sides(cats, dogs, expected):
    labels = [0] * cats + [1] * dogs
    validation, test = split_validation_folder(labels)
    assert counts(labels, test) == expected
    assert min(counts(labels, validation)) >= 1
    assert len(validation) + len(test) == cats + dogs


def test_the_only_photo_of_a_class_stays_in_validation():
    validation, test = split_validation_folder([0, 1, 1, 1])
    assert 0 in validation.tolist()
    assert len(test) == 1 and test[0] > 0


@pytest.mark.parametrize("count", [2, 3, 8, 9, 20, 99, 100])
def test_a_few_photos_are_chosen_evenly_to_within_one(count):
    labels = [0] * 50 + [1] * 50
    chosen = evenly(labels, count, seed=0)
    assert len(chosen) == len(set(chosen.tolist())) == count
    cats, dogs = counts(labels, chosen)
    assert cats - dogs in {0, 1}
    assert (np.diff(chosen) > 0).all()


def test_where_one_class_runs_out_the_other_fills_up():
    labels = [0] * 3 + [1] * 20
    assert counts(labels, evenly(labels, 10, seed=0)) == [3, 7]


def test_no_more_photos_are_chosen_than_there_are():
    assert evenly([0, 1, 0, 1, 1], 100, seed=0).tolist() == [0, 1, 2, 3, 4]


def test_the_choice_depends_on_the_seed_alone():
    labels = [0, 1] * 100
    first, again, other = (evenly(labels, 20, seed).tolist() for seed in (3, 3, 4))
    assert first == again
    assert first != other
    assert set(first) != set(range(20))


def test_a_smaller_choice_is_part_of_a_larger_one():
    """A run on fewer photos then sees none that the run on more photos did not."""
    labels = [0, 1] * 100
    assert set(evenly(labels, 20, seed=0).tolist()) < set(evenly(labels, 60, seed=0).tolist())


def test_there_are_three_splits():
    assert SPLITS == ("training", "validation", "test")

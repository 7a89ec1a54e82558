"""What a figure shows is said with its numbers, for those who do not see it."""

import numpy as np
import pytest

from catdog.figures import PostRow, RunCurves
from catdog.figures.in_words import (
    comparison_in_words,
    confusion_in_words,
    counts_in_words,
    curves_in_words,
    pixels_in_words,
    posts_in_words,
    probabilities_in_words,
    reliability_in_words,
    sizes_in_words,
)

HISTORY = {"accuracy": [0.6, 0.83], "val_accuracy": [0.73, 0.714], "loss": [0.7, 0.4], "val_loss": [0.8, 0.612]}
NOTHING = dict.fromkeys(HISTORY, ())


def test_a_run_s_accuracy_is_said_with_the_distance_between_its_two_ends_and_with_the_post():
    assert curves_in_words("accuracy", HISTORY, 20, [0.5, 0.725]) == (
        "Accuracy after 2 of 20 epochs: validation 71.4 %, training 83.0 %, 11.6 points apart; best validation 73.0 % "
        "in epoch 1. The post's validation ends at 72.5 %."
    )


def test_a_run_s_loss_is_said_as_numbers():
    assert curves_in_words("loss", HISTORY, 20, [0.9, 0.5]) == (
        "Loss after 2 of 20 epochs: validation 0.612, training 0.400. The post's training ends at 0.500."
    )


def test_before_its_first_epoch_nothing_is_claimed_of_a_run():
    told = "Accuracy by epoch: the first of 1 epoch is not finished yet."
    assert curves_in_words("accuracy", NOTHING, 1, [0.5]) == told


def test_a_loss_that_ran_away_is_no_number_any_more():
    ran_away = HISTORY | {"loss": [0.7, None], "val_loss": [0.8, None], "val_accuracy": [None, None]}
    assert "validation no number any more, training no number any more." in curves_in_words("loss", ran_away, 2, ())
    assert "validation no number any more, training 83.0 %." in curves_in_words("accuracy", ran_away, 2, ())


@pytest.mark.parametrize(
    ("what", "best"),
    [
        ("accuracy", "At the end one has the highest validation accuracy, 71.4 %."),
        ("loss", "At the end two has the lowest validation loss, 0.500."),
    ],
)
def test_of_several_runs_the_best_is_said_first_and_then_each_one(what, best):
    worse = HISTORY | {"val_accuracy": [0.5, 0.6], "val_loss": [0.9, 0.5]}
    runs = [RunCurves("one", "post4-model1", HISTORY, (), 20), RunCurves("two", "post4-model1", worse, (), 5)]
    told = comparison_in_words([*runs, RunCurves("three", "post4-model1", NOTHING, (), 5)], what)
    assert told.startswith(f"{what.capitalize()} of 3 runs. {best} one after 2 of 20 epochs: validation ")
    assert told.endswith("three: no epoch finished yet.")


def test_of_a_single_run_nothing_is_called_the_best():
    told = comparison_in_words([RunCurves("one", "post4-model1", HISTORY, (), 20)], "accuracy")
    assert told.startswith("Accuracy of 1 run. one after 2 of 20 epochs: validation 71.4 %, training 83.0 %, ")
    assert comparison_in_words([], "accuracy").startswith("Accuracy of 0 runs.")


def test_the_posts_claims_are_said_as_a_range_and_each_run_of_one_s_own_beside_its_claim():
    rows = [PostRow("post1-model1", 0.55, 0.58, 0.57, {}), PostRow("post3-model4", 0.98, 0.99, 0.98, {"mine": 0.964})]
    assert posts_in_words(rows[:1]) == "1 recipe, of which the posts claim 55 % to 58 %; none was trained here."
    assert posts_in_words(rows) == (
        "2 recipes, of which the posts claim 55 % to 99 %. Trained here: mine 96.4 %, claimed 98 to 99 %."
    )
    many = PostRow("post1-model2", 0.6, 0.62, 0.61, {f"run {number}": 0.6 for number in range(9)})
    assert posts_in_words([many]).endswith("run 5 60.0 %, claimed 60 to 62 %; 3 more.")
    assert posts_in_words([]) == "No recipe to compare."


def test_a_confusion_matrix_is_said_row_by_row_after_the_share_that_is_right():
    assert confusion_in_words([[3, 1], [0, 6]], "Test photos") == (
        "Test photos: 90.0 % right; of 4 cats 3 right and 1 wrong, of 6 dogs 6 right and 0 wrong."
    )
    assert confusion_in_words([[0, 0], [0, 0]], "Marked pictures").startswith("Marked pictures: no photos; of 0 cats")


@pytest.mark.parametrize(
    ("cat", "told"),
    [
        (0.25, "Cat 25.0 %, dog 75.0 %: neither reaches the 80 % of a sure answer."),
        (0.85, "Cat 85.0 %, dog 15.0 %: cat reaches the 80 % of a sure answer."),
        (0.0, "Cat under 0.1 %, dog over 99.9 %: dog reaches the 80 % of a sure answer."),
    ],
)
def test_an_answer_is_said_with_both_probabilities_and_whether_it_is_sure(cat, told):
    assert probabilities_in_words(cat, 1 - cat, 0.8) == told


def test_how_far_probabilities_can_be_believed_is_said_by_the_distance_and_by_the_surest_answers():
    before, after = (0.052, (0.6, 0.99), (0.6, 0.9)), (0.021, (0.6, 0.95, None), (0.6, 0.94, None))
    assert reliability_in_words(before, after) == (
        "What it claims is off from how often it is right by 5.2 % on average before calibration, and by 2.1 % after "
        "it. Its surest answers claim 95.0 % then, and 94.0 % of them are right."
    )
    assert reliability_in_words(before, (0.0, (None,), (None,))).endswith("after it.")


def test_the_photos_are_counted_in_words():
    even = {"training": {"cat": 1_000, "dog": 1_000}, "test": {"cat": 1, "dog": 1}}
    assert counts_in_words(even) == (
        "Photos per class and split, as many cats as dogs in each. Training: 1,000 cats and 1,000 dogs. "
        "Test: 1 cat and 1 dog."
    )
    assert counts_in_words({"test": {"cat": 2, "dog": 1}}) == "Photos per class and split. Test: 2 cats and 1 dog."


def test_sizes_and_pixels_are_said_by_their_range_and_their_middle():
    told = sizes_in_words(np.array([[500, 375], [80, 60], [100, 90]], np.uint32))
    assert "all 3 photos before resizing: from 80 to 500 wide and from 60 to 375 high;" in told
    assert told.endswith("half of them are at most 100 wide and 90 high.")
    told = pixels_in_words(np.array([-1.0, -0.5, 0.5, 1.0]))
    assert told == "Values of the pixels from −1 to 1, mean 0; half of them lie between −0.625 and 0.625."

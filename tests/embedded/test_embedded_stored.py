"""The embedded network as it lies on disk: small, without pickles, with a card that the pages can believe."""

import numpy as np
import pytest

from catdog.embedded import stored

MEGABYTE = 1024**2


def test_weights_come_back_in_order_and_rounded_to_half_precision(tmp_path):
    random = np.random.default_rng(0)
    weights = [random.normal(size=(3, number + 1)).astype(np.float32) for number in range(25)]  # arr_10 after arr_9
    stored.save_weights(weights, tmp_path)
    read = stored.load_weights(tmp_path)
    assert [one.shape for one in read] == [one.shape for one in weights]
    for one, other in zip(read, weights, strict=True):
        assert one.dtype == np.float32
        np.testing.assert_array_equal(one, other.astype(np.float16))


def test_no_pickle_is_ever_loaded(tmp_path):
    np.savez(tmp_path / stored.WEIGHTS, np.array([{"any": "object"}], dtype=object))
    with pytest.raises(ValueError, match="pickle"):
        stored.load_weights(tmp_path)


def test_a_card_is_kept_as_it_was_written(tmp_path):
    stored.save_card({"bytes": 3, "exam": {"right": 1}}, tmp_path)
    assert stored.card(tmp_path) == {"bytes": 3, "exam": {"right": 1}}


def test_the_stored_network_is_small_and_its_weights_fit():
    from catdog.embedded.network import body, classifier, dog_layer

    assert (stored.FOLDER / stored.WEIGHTS).stat().st_size <= 4 * MEGABYTE
    with np.load(stored.FOLDER / stored.WEIGHTS, allow_pickle=False) as file:
        assert {file[name].dtype for name in file.files} == {np.dtype(np.float16)}
    weights = stored.load_weights()
    assert all(np.isfinite(one).all() for one in weights)
    assert [one.shape for one in weights] == [one.shape for one in classifier(body(), dog_layer()).get_weights()]


def test_the_card_says_what_the_pages_show():
    from catdog.insight.calibration import Calibration

    card = stored.card()
    assert card["parameters"] == sum(one.size for one in stored.load_weights())
    assert Calibration.from_json(card["calibration"]).photos == card["photos"]["choosing"]
    assert 0.5 < card["choosing_accuracy"] <= 1
    exam = card["exam"]
    assert exam["right"] == exam["cats_right"] + exam["dogs_right"] <= exam["photos"] == 1000
    assert exam["sure_right"] <= exam["sure"] <= exam["photos"]

"""Photos from the prepared set to the network: each once an epoch, in an order that only the seed decides."""

from pathlib import Path

import numpy as np
import pytest

from catdog.photos import PreparedPhotos


@pytest.fixture(scope="module")
def batches():
    """The class under test; importing it loads Keras."""
    from catdog.models.feed import PhotoBatches

    return PhotoBatches


@pytest.fixture
def photos():
    """Eleven photos; all pixels and the label of photo 7 are 7, the very last pixel is 255."""
    pixels = np.empty((11, 160, 160, 3), np.uint8)
    pixels[:] = np.arange(11, dtype=np.uint8)[:, None, None, None]
    pixels[:, -1, -1] = 255
    return PreparedPhotos(
        fingerprint="0" * 16,
        name="numbers",
        root=Path("numbers"),
        photos=pixels,
        labels=np.arange(11, dtype=np.uint8),
        files=tuple(f"train/cats/{number}.jpg" for number in range(11)),
        folders=("train",) * 11,
        sizes=np.full((11, 2), 160),
        unreadable=(),
    )


def epoch(feed):
    """The labels of one epoch, batch by batch."""
    return [feed[index][1].tolist() for index in range(len(feed))]


def order(feed):
    return [label for batch in epoch(feed) for label in batch]


def test_every_photo_comes_once_and_the_last_batch_is_what_is_left(batches, photos):
    feed = batches(photos, np.arange(11), batch_size=4)
    assert epoch(feed) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


@pytest.mark.parametrize(("size", "sizes"), [(11, [11]), (5, [5, 5, 1]), (100, [11]), (1, [1] * 11)])
def test_any_batch_size_covers_all_photos(batches, photos, size, sizes):
    assert [len(batch) for batch in epoch(batches(photos, np.arange(11), size))] == sizes


def test_photos_and_labels_stay_together_and_keep_their_range(batches, photos):
    feed = batches(photos, np.arange(11), batch_size=4, seed=1)
    for index in range(len(feed)):
        pixels, labels = feed[index]
        assert (pixels.dtype, pixels.shape) == (np.float32, (len(labels), 160, 160, 3))
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(pixels[:, 0, 0, 0], labels)
        np.testing.assert_array_equal(pixels[:, 80, 80, 1], labels)
        assert (pixels[:, -1, -1] == 255).all()


def test_only_the_photos_that_were_named_come(batches, photos):
    assert order(batches(photos, np.array([9, 2, 5]), batch_size=2)) == [9, 2, 5]
    assert sorted(order(batches(photos, np.array([9, 2, 5]), batch_size=2, seed=0))) == [2, 5, 9]


def test_without_a_seed_the_order_stays_as_given(batches, photos):
    feed = batches(photos, np.arange(11), batch_size=4)
    feed.on_epoch_end()
    assert order(feed) == list(range(11))


def test_with_a_seed_every_epoch_has_another_order(batches, photos):
    feed = batches(photos, np.arange(11), batch_size=4, seed=0)
    seen = [order(feed)]
    for _ in range(3):
        feed.on_epoch_end()
        seen.append(order(feed))
    assert all(sorted(one) == list(range(11)) for one in seen)
    assert len({tuple(one) for one in [*seen, range(11)]}) == 5


def test_the_orders_depend_on_the_seed_alone(batches, photos):
    def two_epochs(seed):
        feed = batches(photos, np.arange(11), batch_size=4, seed=seed)
        first = order(feed)
        feed.on_epoch_end()
        return first, order(feed)

    assert two_epochs(5) == two_epochs(5)
    assert two_epochs(5) != two_epochs(6)


def test_the_positions_that_were_given_are_not_shuffled_themselves(batches, photos):
    positions = np.arange(11)
    batches(photos, positions, batch_size=4, seed=0).on_epoch_end()
    assert positions.tolist() == list(range(11))


def test_a_batch_is_a_copy_that_leaves_the_set_as_it_is(batches, photos):
    pixels, labels = batches(photos, np.arange(11), batch_size=4)[0]
    pixels[:], labels[:] = 99, 99
    assert photos.photos[1, 0, 0, 0] == 1
    assert photos.labels[1] == 1


def test_keras_shows_the_network_each_photo_once_an_epoch_in_a_new_order(batches, photos):
    """Keras reads ahead; the reshuffle at an epoch's end must not reach into the epoch before it."""
    import keras

    seen = []

    def record(truth, answer):
        seen.append(keras.ops.convert_to_numpy(truth).ravel().astype(int).tolist())
        return keras.ops.mean(answer)

    photo = keras.Input((160, 160, 3))
    model = keras.Model(photo, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(photo)))
    model.compile(optimizer="sgd", loss=record, run_eagerly=True)
    model.fit(batches(photos, np.arange(11), 4, seed=0), epochs=3, shuffle=False, verbose=0)

    epochs = [seen[start : start + 3] for start in range(0, len(seen), 3)]
    assert [[len(batch) for batch in one] for one in epochs] == [[4, 4, 3]] * 3
    orders = [[label for batch in one for label in batch] for one in epochs]
    assert all(sorted(one) == list(range(11)) for one in orders)
    assert len({tuple(one) for one in orders}) == 3

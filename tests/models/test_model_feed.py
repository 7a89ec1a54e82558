"""Photos from the prepared set to the network: each once an epoch, in an order that only the seed decides."""

from pathlib import Path

import numpy as np
import pytest

from catdog.photos import PreparedPhotos


@pytest.fixture(scope="module")
def batches():
    """The function under test; importing it loads Keras."""
    from catdog.models.feed import photo_batches

    return photo_batches


@pytest.fixture(scope="module")
def feed():
    """What makes a pipeline of batches; importing it loads Keras."""
    from catdog.models.feed import feed

    return feed


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


def epoch(given):
    """The labels of one epoch, batch by batch."""
    return [given[index][1].tolist() for index in range(len(given))]


def order(given):
    return [label for batch in epoch(given) for label in batch]


def test_every_photo_comes_once_and_the_last_batch_is_what_is_left(batches, photos):
    given = batches(photos, np.arange(11), batch_size=4)
    assert epoch(given) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10]]


@pytest.mark.parametrize(("size", "sizes"), [(11, [11]), (5, [5, 5, 1]), (100, [11]), (1, [1] * 11)])
def test_any_batch_size_covers_all_photos(batches, photos, size, sizes):
    assert [len(batch) for batch in epoch(batches(photos, np.arange(11), size))] == sizes


def test_photos_and_labels_stay_together_and_keep_their_range(batches, photos):
    given = batches(photos, np.arange(11), batch_size=4, seed=1)
    for index in range(len(given)):
        pixels, labels = given[index]
        assert (pixels.dtype, pixels.shape) == (np.uint8, (len(labels), 160, 160, 3))
        assert labels.dtype == np.int64
        np.testing.assert_array_equal(pixels[:, 0, 0, 0], labels)
        np.testing.assert_array_equal(pixels[:, 80, 80, 1], labels)
        assert (pixels[:, -1, -1] == 255).all()


def test_only_the_photos_that_were_named_come(batches, photos):
    assert order(batches(photos, np.array([9, 2, 5]), batch_size=2)) == [9, 2, 5]
    assert sorted(order(batches(photos, np.array([9, 2, 5]), batch_size=2, seed=0))) == [2, 5, 9]


def test_without_a_seed_the_order_stays_as_given(batches, photos):
    given = batches(photos, np.arange(11), batch_size=4)
    given.begin(1)
    assert order(given) == list(range(11))


def test_with_a_seed_every_epoch_has_another_order(batches, photos):
    given = batches(photos, np.arange(11), batch_size=4, seed=0)
    seen = [order(given)]
    for number in range(1, 4):
        given.begin(number)
        seen.append(order(given))
    assert all(sorted(one) == list(range(11)) for one in seen)
    assert len({tuple(one) for one in [*seen, range(11)]}) == 5


def test_the_orders_depend_on_the_seed_alone(batches, photos):
    def two_epochs(seed):
        given = batches(photos, np.arange(11), batch_size=4, seed=seed)
        first = order(given)
        given.begin(1)
        return first, order(given)

    assert two_epochs(5) == two_epochs(5)
    assert two_epochs(5) != two_epochs(6)


def test_an_epoch_has_its_order_whichever_epochs_were_before_it(batches, photos):
    whole, late = (batches(photos, np.arange(11), batch_size=4, seed=5) for _ in range(2))
    for number in range(4):
        whole.begin(number)
    late.begin(3)
    assert order(late) == order(whole)
    late.begin(0)
    assert order(late) == order(batches(photos, np.arange(11), batch_size=4, seed=5)) != order(whole)


def test_the_positions_that_were_given_are_not_shuffled_themselves(batches, photos):
    positions = np.arange(11)
    batches(photos, positions, batch_size=4, seed=0).begin(1)
    assert positions.tolist() == list(range(11))


def test_a_batch_is_a_copy_that_leaves_the_set_as_it_is(batches, photos):
    pixels, labels = batches(photos, np.arange(11), batch_size=4)[0]
    pixels[:], labels[:] = 99, 99
    assert photos.photos[1, 0, 0, 0] == 1
    assert photos.labels[1] == 1


def recording_fit(given, data, epochs):
    """The labels of each batch of a training that is fed so; the network computes next to nothing."""
    import keras

    from catdog.models.chance import EpochBegins

    seen = []

    def record(truth, answer):
        seen.append(keras.ops.convert_to_numpy(truth).ravel().astype(int).tolist())
        return keras.ops.mean(answer)

    photo = keras.Input((160, 160, 3))
    model = keras.Model(photo, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(photo)))
    model.compile(optimizer="sgd", loss=record, run_eagerly=True)
    model.fit(data, epochs=epochs, shuffle=False, verbose=0, callbacks=[EpochBegins([given])])
    return [seen[start : start + 3] for start in range(0, len(seen), 3)]


def test_keras_shows_the_network_each_photo_once_an_epoch_in_a_new_order(batches, feed, photos):
    """Batches are read ahead; the order of an epoch must not reach into the epoch before it."""
    given = batches(photos, np.arange(11), 4, seed=0)
    epochs = recording_fit(given, feed(given), epochs=3)
    assert [[len(batch) for batch in one] for one in epochs] == [[4, 4, 3]] * 3
    orders = [[label for batch in one for label in batch] for one in epochs]
    assert all(sorted(one) == list(range(11)) for one in orders)
    assert len({tuple(one) for one in orders}) == 3


def test_our_pipeline_gives_what_keras_own_would(batches, feed, photos):
    ours, keras_own = (batches(photos, np.arange(11), 4, seed=2) for _ in range(2))
    assert recording_fit(ours, feed(ours), epochs=3) == recording_fit(keras_own, keras_own, epochs=3)


def test_the_pipeline_knows_its_length_and_does_not_tune_itself(batches, feed, photos):
    pipeline = feed(batches(photos, np.arange(11), 4))
    assert int(pipeline.cardinality()) == 3
    assert pipeline.options().autotune.enabled is False
    pixels, labels = pipeline.element_spec
    assert (pixels.shape.as_list(), pixels.dtype.name, labels.dtype.name) == ([None, 160, 160, 3], "uint8", "int64")


@pytest.mark.parametrize("count", [1, 4, 5])
def test_the_pipeline_passes_on_every_batch_as_it_is(count, batches, feed, photos):
    given = batches(photos, np.arange(11)[:count], 4)
    passed = [(pixels.numpy(), labels.numpy()) for pixels, labels in feed(given)]
    assert len(passed) == len(given)
    for (pixels, labels), (wanted, known) in zip(passed, map(given.__getitem__, range(len(given))), strict=True):
        np.testing.assert_array_equal(pixels, wanted)
        np.testing.assert_array_equal(labels, known)


def test_no_more_batches_are_read_ahead_than_said(feed):
    """A set that is larger than memory must not be read into it."""
    from catdog.models.feed import AHEAD, Batches

    asked = []

    def take(places):
        asked.append(len(places))
        return np.zeros((len(places), 2), np.float32)

    passed = iter(feed(Batches(take, np.zeros(100), 1, (2,), "float32")))
    next(passed)
    assert 1 <= len(asked) <= AHEAD + 3  # one that was taken, one that is being made, one that waits for its place


def test_what_a_pipeline_cannot_make_ends_the_training_with_the_reason(feed):
    from catdog.models.feed import Batches

    def take(places):
        if 7 in places:
            raise OSError("the disk has gone")
        return np.zeros((len(places), 2), np.float32)

    with pytest.raises(Exception, match="the disk has gone"):
        list(feed(Batches(take, np.zeros(9), 2, (2,), "float32")))


def test_what_augments_is_given_each_batch_once_and_only_what_it_returns_is_passed_on(batches, photos):
    asked = []

    def inverted(pixels):
        asked.append(pixels.copy())
        return 255 - pixels

    given = batches(photos, np.arange(11), 4, seed=3, augment=inverted)
    for index in range(len(given)):
        pixels, labels = given[index]
        np.testing.assert_array_equal(pixels[:, 0, 0, 0], 255 - labels)
        np.testing.assert_array_equal(asked[index], 255 - pixels)
    assert len(asked) == len(given) == 3
    assert photos.photos[3, 0, 0, 0] == 3


def test_what_augments_changes_nothing_about_the_order(batches, photos):
    plain, augmented = (batches(photos, np.arange(11), 4, 5, augment) for augment in (None, np.flip))
    assert epoch(plain) == epoch(augmented)


def test_no_photos_are_no_batches(batches, feed, photos):
    given = batches(photos, np.arange(0), 4, seed=0)
    assert len(given) == 0
    assert list(feed(given)) == []


# In shares, for several devices


@pytest.mark.parametrize(
    ("count", "shares", "sizes"), [(11, 2, [4, 4, 2]), (11, 4, [4, 4]), (8, 2, [4, 4]), (9, 2, [4, 4])]
)
def test_every_batch_can_be_shared_out_evenly(batches, photos, count, shares, sizes):
    given = batches(photos, np.arange(count), batch_size=4, shares=shares)
    assert [len(batch) for batch in epoch(given)] == sizes
    assert (len(given), given.photos) == (len(sizes), sum(sizes))


def test_what_stays_out_of_one_epoch_comes_in_another(batches, photos):
    given = batches(photos, np.arange(11), batch_size=4, seed=3, shares=2)
    left_out = set()
    for number in range(200):
        given.begin(number)
        left_out |= set(range(11)) - set(order(given))
        assert len(set(order(given))) == 10
    assert left_out == set(range(11))


def test_the_order_is_that_of_one_device(batches, photos):
    one, shared = (batches(photos, np.arange(11), batch_size=4, seed=3, shares=shares) for shares in (1, 2))
    for number in (0, 3, 1):
        for given in (one, shared):
            given.begin(number)
        assert order(shared) == order(one)[:10]


def test_nothing_is_drawn_for_the_look_that_keras_takes_before_the_first_epoch(feed):
    from catdog.models.feed import Batches

    asked = []

    def take(places):
        asked.extend(places.tolist())
        return np.ones((len(places), 2), np.uint8)

    given = Batches(take, np.ones(9), 4, (2,), shares=2)
    looked = list(feed(given))
    assert asked == []
    assert [(pixels.shape, labels.shape, int(np.sum(pixels))) for pixels, labels in looked] == [((2, 2), (2,), 0)] * 2
    given.begin(0)
    assert [len(labels) for _, labels in feed(given)] == [4, 4]
    assert asked == list(range(8))

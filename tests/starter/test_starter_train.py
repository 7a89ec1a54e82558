"""Training the starter, on twelve tiny photos and with a teacher made up on the spot."""

import numpy as np
import pytest

from catdog.starter.pets import LabelledPhotos

LEARNED, CHOOSING = 12, 4


def nothing(progress):
    """Nobody watches."""


@pytest.fixture(scope="module")
def starter():
    """The modules that are tested, once Keras is loaded."""
    import catdog.starter.train

    return catdog.starter.train


@pytest.fixture(scope="module")
def small(starter):
    """A schedule of three short epochs, and a teacher that needs no weights."""

    def look(photos, boxes, report):
        random = np.random.default_rng(0)
        return random.normal(size=(*boxes.shape[:2], starter.teacher.FEATURES)).astype(np.float16)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(starter, "SCHEDULE", ((32, 1), (48, 2)))
        patched.setattr(starter, "EPOCHS", 3)
        patched.setattr(starter, "BATCH", 4)
        patched.setattr(starter, "LOOK_EVERY", 2)
        patched.setattr(starter.teacher, "look", look)
        yield starter


def pets(count=LEARNED):
    """Photos between 0 and 127, each with its own grey, half of them dogs."""
    pixels = np.random.default_rng(1).integers(0, 60, (count, 112, 112, 3)) + 5 * np.arange(count)[:, None, None, None]
    return LabelledPhotos(pixels.astype(np.uint8), np.arange(count) % 2)


def choosing(seed):
    """Other photos, from 200 up."""
    pixels = np.random.default_rng(seed).integers(200, 256, (CHOOSING, 160, 160, 3))
    return LabelledPhotos(pixels.astype(np.uint8), np.array([0, 1, 0, 1]))


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("lesson") / "new" / "teacher.npy"


@pytest.fixture(scope="module")
def lesson(small, cache):
    return small.prepare(pets(), 3, cache, nothing)


def test_a_lesson_has_each_view_s_features_and_what_label_and_teacher_say(lesson, small):
    assert lesson.boxes.shape == (6, LEARNED, 4)
    assert lesson.features.shape == (6, LEARNED, 1280)
    assert (lesson.dog.shape, lesson.dog.dtype) == ((6, LEARNED), np.float32)
    dogs = lesson.photos.labels == 1
    assert ((lesson.dog[:, dogs] >= 0.5) & (lesson.dog[:, dogs] <= 1)).all()  # half from the label
    assert ((lesson.dog[:, ~dogs] >= 0) & (lesson.dog[:, ~dogs] <= 0.5)).all()


def test_the_teacher_looks_only_once(small, lesson, cache, monkeypatch):
    monkeypatch.setattr(small.teacher, "look", None)
    again = small.prepare(pets(), 3, cache, nothing)
    np.testing.assert_array_equal(again.boxes, lesson.boxes)
    np.testing.assert_array_equal(again.features, lesson.features)


def test_what_the_teacher_could_not_write_to_the_end_is_not_believed(small, tmp_path, monkeypatch):
    def interrupted(path, array):
        path.write_bytes(b"half")
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(np, "save", interrupted)
        small.prepare(pets(), 3, tmp_path / "teacher.npy", nothing)
    assert small.prepare(pets(), 3, tmp_path / "teacher.npy", nothing).features.shape == (6, LEARNED, 1280)


def test_the_teacher_s_head_learns_the_labels_from_features_that_tell(starter):
    import keras

    keras.utils.set_random_seed(0)
    labels = np.arange(200) % 2
    features = np.random.default_rng(0).normal(size=(6, 200, 1280)).astype(np.float16)
    features += (2 * labels - 1)[:, None].astype(np.float16)
    answers = starter.teacher.answers(features, labels)
    assert answers.shape == (6, 200)
    assert ((answers > 0.5) == labels).all()


def test_a_batch_has_pictures_of_the_asked_size_with_their_own_answers(small, lesson):
    batches = small.LessonBatches(lesson, 32, epoch=7, seed=3)
    assert len(batches) == 3
    pictures, wanted = batches[1]
    chosen = np.sort(batches.order[4:8])
    assert (pictures.shape, pictures.dtype) == ((4, 32, 32, 3), np.float32)
    np.testing.assert_array_equal(wanted["dog"], lesson.dog[1, chosen, None])  # the seventh epoch sees view 7 - 6
    np.testing.assert_array_equal(wanted["features"], lesson.features[1, chosen].astype(np.float32))


def test_each_epoch_shows_every_photo_once_in_an_order_of_its_own(small, lesson):
    batches = small.LessonBatches(lesson, 32, epoch=0, seed=3)
    orders = []
    for _ in range(3):
        orders.append(batches.order.tolist())
        batches.on_epoch_end()
    assert all(sorted(order) == list(range(LEARNED)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    assert batches.epoch == 3


def test_the_same_batch_is_drawn_for_the_same_seed_and_epoch(small, lesson):
    def pictures(**which):
        return small.LessonBatches(lesson, 32, **which)[2][0]

    np.testing.assert_array_equal(pictures(epoch=1, seed=3), pictures(epoch=1, seed=3))
    assert (pictures(epoch=1, seed=3) != pictures(epoch=2, seed=3)).any()
    assert (pictures(epoch=1, seed=3) != pictures(epoch=1, seed=4)).any()


@pytest.mark.slow
def test_training_follows_its_seed_alone_and_never_sees_a_choosing_photo(small, lesson, monkeypatch, capsys):
    """Were the choosing photos learned from, other ones would give other weights."""
    import keras

    reports, seen = [], []

    class Watched(small.LessonBatches):
        def __getitem__(self, index):
            seen.append((self.size, self.epoch, index))
            return super().__getitem__(index)

    monkeypatch.setattr(small, "LessonBatches", Watched)
    first = small.train(lesson, choosing(seed=1), 3, reports.append)
    assert keras.config.dtype_policy().name == "float32"
    assert {weight.dtype for weight in first.weights} == {"float32"}
    assert {layer.compute_dtype for layer in first.get_layer("starter_body").layers} == {"float32"}
    # Before each size Keras looks at the first batches, to learn their shape, and says that an epoch has ended: hence
    # the epochs that are learned count from 1. None comes twice and none is left out.
    for size, looked_at, epochs in ((32, 0, [1]), (48, 1, [2, 3])):
        learned = [(epoch, index) for one, epoch, index in seen if one == size and epoch > looked_at]
        assert learned == [(epoch, index) for epoch in epochs for index in range(3)]
    assert [(one.done, one.total) for one in reports] == [(1, 3), (2, 3), (3, 3)]
    lines = capsys.readouterr().out.splitlines()
    assert ["choosing photos" in line for line in lines] == [False, True, True]

    again = small.train(lesson, choosing(seed=2), 3, nothing)
    for one, repeated in zip(first.get_weights(), again.get_weights(), strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_allclose(repeated, one, rtol=1e-3, atol=1e-4)


def test_accuracy_is_the_share_of_right_answers(small):
    class Stub:
        def predict(self, photos, **_):
            return np.array([[-1.0], [2.0], [3.0], [-0.5]])

    assert small.accuracy(Stub(), choosing(seed=1)) == 0.5

"""Which photos a page shows: drawn by a seed, the first of a run, one named in an address, one in its own shape."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from catdog.errors import PhotoError, SettingError
from catdog.photos import another_of, as_batch, first_batch, named_photo, own_shape, random_photos
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source
from tests.conftest import jpeg, make_photos

EXIF_ORIENTATION = 274
SPLITS = ("training", "validation", "test")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """14 + 12 small pictures; in training they lie as 7 cats and 7 dogs."""
    folder = tmp_path_factory.mktemp("chosen")
    pets = Source(make_photos(folder / "pets", train=7, validation=6), kind="own")
    return prepare(pets, folder / "made", lambda _: 0)


def of_class(photos, split, label):
    positions = photos.positions(split)
    return positions[photos.labels[positions] == label].tolist()


# Drawn by a seed


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("each", [1, 2, 5, 1_000])
def test_as_many_of_each_class_are_drawn_as_there_are_and_cats_come_first(split, each, photos):
    drawn = random_photos(photos, split, each, seed=3)
    assert len(drawn) == 2
    for label, positions in enumerate(drawn):
        there = of_class(photos, split, label)
        assert len(positions) == min(each, len(there))
        assert len(set(positions.tolist())) == len(positions)
        assert set(positions.tolist()) <= set(there)


@pytest.mark.parametrize("shown", [3, 8, 20])
def test_another_photo_is_each_of_the_others_in_time_and_never_the_shown_one(shown):
    positions = np.array([3, 8, 20])
    drawn = {another_of(positions, shown) for _ in range(200)}
    assert drawn == {3, 8, 20} - {shown}


def test_where_none_is_shown_any_may_come_and_an_only_one_comes_again():
    assert {another_of(np.array([3, 8])) for _ in range(200)} == {3, 8}
    assert {another_of(np.array([3, 8]), 5) for _ in range(200)} == {3, 8}
    assert another_of(np.array([8]), 8) == 8


def test_no_photos_of_each_class_are_no_photos(photos):
    assert [len(positions) for positions in random_photos(photos, "training", 0, seed=1)] == [0, 0]


@pytest.mark.parametrize("seed", range(5))
def test_more_photos_with_the_same_seed_keep_those_that_were_there(seed, photos):
    most = random_photos(photos, "training", 7, seed)
    for each in range(1, 7):
        for some, all_of_them in zip(random_photos(photos, "training", each, seed), most, strict=True):
            assert some.tolist() == all_of_them[:each].tolist()


def test_the_same_seed_draws_the_same_photos_and_others_draw_others(photos):
    drawn = [[one.tolist() for one in random_photos(photos, "training", 7, seed)] for seed in (4, 4, 5, 6, 7)]
    assert drawn[0] == drawn[1]
    assert len({str(one) for one in drawn}) == 4


def test_each_photo_of_a_class_has_its_chance(photos):
    first = {random_photos(photos, "training", 1, seed)[1][0] for seed in range(60)}
    assert sorted(first) == of_class(photos, "training", 1)


def test_an_unknown_split_is_an_error_of_the_caller(photos):
    with pytest.raises(KeyError):
        random_photos(photos, "train", 1, 0)


# The first of a run


def first_step(photos, size, seed):
    """The pixels of the very first step of a training that is fed as a run is."""
    import keras

    from catdog.models.feed import feed, photo_batches

    seen = []
    photo = keras.Input((160, 160, 3))
    model = keras.Model(photo, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(photo)))
    train_step = model.train_step

    def noticing(data):
        seen.append(np.array(data[0]))
        return train_step(data)

    model.train_step = noticing
    model.compile(loss="mse", run_eagerly=True)
    model.fit(feed(photo_batches(photos, photos.positions("training"), size, seed)), shuffle=False, verbose=0)
    return seen[0]


@pytest.mark.parametrize(("size", "seed"), [(1, 0), (4, 11), (14, 2**31 - 1), (32, 3)])
def test_the_first_batch_is_the_one_that_training_really_begins_with(size, seed, photos):
    """Through Keras' own fit, which tells the batches once before the first epoch that an epoch has ended."""
    positions = first_batch(photos, size, seed)
    assert len(positions) == min(size, 14)
    np.testing.assert_array_equal(photos.photos[positions], first_step(photos, size, seed))


def test_every_photo_is_in_a_first_batch_that_is_large_enough_and_its_order_is_drawn(photos):
    whole = [first_batch(photos, 100, seed).tolist() for seed in (1, 1, 2)]
    assert [sorted(one) for one in whole] == [list(range(14))] * 3
    assert whole[0] == whole[1] != whole[2]
    assert first_batch(photos, 3, 1).tolist() == whole[0][:3]


def test_drawing_leaves_the_order_of_the_set_as_it_was(photos):
    before = {split: photos.positions(split).tolist() for split in SPLITS}
    first_batch(photos, 14, 1)
    random_photos(photos, "training", 7, 1)
    assert {split: photos.positions(split).tolist() for split in SPLITS} == before


def test_a_batch_is_what_a_network_receives(photos):
    pixels, labels = as_batch(photos, np.array([13, 0]))
    assert (pixels.dtype, pixels.shape, labels.dtype) == (np.float32, (2, 160, 160, 3), np.int64)
    assert labels.tolist() == [1, 0]
    np.testing.assert_array_equal(pixels, photos.photos[[13, 0]])
    assert pixels.max() > 1  # 0-255, not 0-1


# Named in an address


@pytest.mark.parametrize(("text", "position"), [("0", 0), ("7", 7), ("25", 25), ("007", 7)])
def test_a_photo_is_named_by_its_number(text, position, photos):
    assert named_photo(photos, text) == position


HOSTILE = ["", " ", "-1", "+1", "26", "99999999", "9" * 9, "9" * 5_000, "1.0", "1e1", "0x1", "1_0", " 3", "3 ", "3\n"]
HOSTILE += ["²", "٣", "３", "½", "nan", "None", "True", "3;4", "../../etc/passwd", "train/cats/000.jpg", "\0", "[0]"]
HOSTILE += ["<script>", "\udcff"]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:12]))
def test_what_names_no_photo_is_refused_with_the_numbers_that_there_are(text, photos):
    with pytest.raises(SettingError) as error:
        named_photo(photos, text)
    assert str(error.value) == f"There is no photo '{text[:20]}' among these; they are numbered from 0 to 25."


# In its own shape


@pytest.fixture
def own(tmp_path):
    """Calls back with a set whose only file holds these bytes."""

    def made(content: bytes, photos):
        (tmp_path / "photo.jpg").write_bytes(content)
        return replace(photos, root=tmp_path, files=("photo.jpg",))

    return made


def picture(size, kind="JPEG", orientation=None) -> bytes:
    """Red at the upper left, blue elsewhere."""
    image = Image.new("RGB", size, (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, size[0] // 2, size[1] // 2))
    out, exif = io.BytesIO(), Image.Exif()
    if orientation:
        exif[EXIF_ORIENTATION] = orientation
    image.save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((800, 600), (400, 300)),
        ((600, 800), (300, 400)),
        ((400, 400), (400, 400)),
        ((3_000, 300), (400, 40)),
        ((300, 3_000), (40, 400)),
        ((2_000, 1), (400, 1)),
        ((80, 60), (80, 60)),
        ((400, 100), (400, 100)),
        ((401, 100), (400, 100)),
    ],
)
def test_a_photo_is_shown_in_its_own_shape_and_never_larger_than_it_is(size, shown, kind, own, photos):
    image = own_shape(own(picture(size, kind), photos), 0, 400)
    assert (image.mode, image.size) == ("RGB", shown)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize(
    ("orientation", "shown", "red"),
    [
        (1, (400, 300), "upper left"),
        (3, (400, 300), "lower right"),
        (6, (300, 400), "upper right"),
        (8, (300, 400), "lower left"),
    ],
)
def test_a_photo_that_was_taken_sideways_is_shown_upright(orientation, shown, red, kind, own, photos):
    image = own_shape(own(picture((800, 600), kind, orientation), photos), 0, 400)
    assert image.size == shown
    pixels = np.asarray(image).astype(int)
    y, x = np.nonzero(pixels[..., 0] > pixels[..., 2])
    where = f"{'upper' if y.mean() < shown[1] / 2 else 'lower'} {'left' if x.mean() < shown[0] / 2 else 'right'}"
    assert where == red


def test_every_photo_is_the_one_of_its_position(photos):
    for position in (0, 7, 25):
        image = own_shape(photos, position, 400)
        assert image.size == (80, 60)
        original = Image.open(photos.root / photos.files[position])
        np.testing.assert_array_equal(np.asarray(image), np.asarray(original))


def test_a_position_of_numpy_names_a_photo_as_well(photos):
    assert own_shape(photos, photos.positions("test")[0], 40).size == (40, 30)


def test_a_photo_whose_file_has_gone_is_said_so(own, photos):
    gone = own(b"", photos)
    (gone.root / "photo.jpg").unlink()
    with pytest.raises(PhotoError, match=r"^The file cannot be opened: No such file or directory\.$"):
        own_shape(gone, 0, 400)


def test_a_folder_in_the_place_of_the_file_is_said_so(own, photos):
    gone = own(b"", photos)
    (gone.root / "photo.jpg").unlink()
    (gone.root / "photo.jpg").mkdir()
    with pytest.raises(PhotoError, match=r"^The file cannot be opened: "):
        own_shape(gone, 0, 400)


@pytest.mark.filterwarnings("ignore:::PIL")
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"no picture", "This is not a picture"),
        (jpeg(np.zeros((300, 300, 3), np.uint8))[:400], "damaged or incomplete"),
    ],
    ids=["empty", "text", "cut"],
)
def test_a_photo_that_was_damaged_since_is_said_so(content, sentence, own, photos):
    with pytest.raises(PhotoError, match=sentence):
        own_shape(own(content, photos), 0, 400)

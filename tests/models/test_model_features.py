"""What a frozen base says of photos: computed once, kept on disk, and never taken for something else."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catdog.errors import DiskError
from catdog.photos import PreparedPhotos
from catdog.recipes import RECIPES, Augmentation, recipe

ALL = np.arange(5)
FLIP = Augmentation("vertical", 40)


@pytest.fixture(scope="module")
def keras():
    import keras

    return keras


@pytest.fixture
def photos():
    """Five photos of noise, small because any size will do here."""
    return PreparedPhotos(
        fingerprint="0" * 16,
        name="noise",
        root=Path("noise"),
        photos=np.random.default_rng(4).integers(0, 256, (5, 12, 16, 3), dtype=np.uint8),
        labels=np.array([0, 1, 0, 1, 0], np.uint8),
        files=tuple(f"train/{number}.jpg" for number in range(5)),
        folders=("train",) * 5,
        sizes=np.full((5, 2), 12),
        unreadable=(),
    )


def base(keras, seed=1, pool="GlobalAveragePooling2D", dtype="float32"):
    """A frozen part of three layers that says two numbers of a photo."""
    photo = keras.Input((12, 16, 3))
    seen = keras.layers.Rescaling(1 / 255, name="scale_pixels", dtype=dtype)(photo)
    initial = keras.initializers.RandomNormal(seed=seed)
    seen = keras.layers.Conv2D(2, 3, kernel_initializer=initial, trainable=False, name="base", dtype=dtype)(seen)
    return keras.Model(photo, getattr(keras.layers, pool)(name="global_pool", dtype=dtype)(seen))


@pytest.fixture
def asked(monkeypatch):
    """The photos that the base was really asked about, batch by batch; it answers as Keras does."""
    from catdog.models import features

    batches = []

    def quickly(frozen):
        def ask(pixels):
            batches.append(np.array(pixels))
            return np.asarray(frozen(pixels.astype(np.float32), training=False), np.float32)

        return ask

    monkeypatch.setattr(features, "asked_quickly", quickly)
    return batches


@pytest.fixture
def store(keras, photos, tmp_path, asked):
    """Calls back with a store on one folder; what is not named is as it always is."""
    from catdog.models.features import FeatureStore

    def made(frozen=None, photos=photos, tell=lambda share: None):
        return FeatureStore(frozen or base(keras), photos, tmp_path / "features", tell)

    return made


def kept(store):
    """The files in a store's folder, scratch files too."""
    return sorted(path.name for path in store.folder.iterdir()) if store.folder.exists() else []


def said(frozen, photos, positions=ALL):
    return np.array(frozen(photos.photos[positions].astype(np.float32), training=False))


# Once


def test_what_it_says_is_kept_in_order_and_read_only(store, photos, asked):
    one = store()
    features = one.of(np.array([3, 0, 4]))
    assert (features.shape, features.dtype, features.flags.writeable) == ((3, 1, 2), np.float32, False)
    assert isinstance(features, np.memmap)
    np.testing.assert_array_equal(features[:, 0], said(one.frozen, photos, [3, 0, 4]))
    assert len(kept(one)) == 1


def test_it_is_asked_once_and_not_again_after_a_restart(store, asked):
    first = np.array(store().of(ALL, FLIP, 2))
    assert len(asked) == 3
    again = store()
    np.testing.assert_array_equal(again.of(ALL, FLIP, 2), first)
    assert len(asked) == 3
    assert len(kept(again)) == 1


def test_more_photos_than_a_batch_are_all_asked_about_and_the_share_is_told_before_each(store, asked, monkeypatch):
    from catdog.models import features

    told = []
    whole = np.array(store().of(ALL))
    asked.clear()
    shutil.rmtree(store().folder)
    monkeypatch.setattr(features, "LOOKING_BATCH", 2)
    np.testing.assert_allclose(store(tell=told.append).of(ALL), whole, rtol=1e-6)
    assert [len(batch) for batch in asked] == [2, 2, 1]
    assert [(one.what, one.share) for one in told] == [
        ("The frozen base looks at the photos", share) for share in (0, 0.4, 0.8)
    ]
    assert told[0].seconds_left is None
    assert told[2].seconds_left > 0


# Copies


def test_copy_0_is_the_photo_itself_and_the_others_are_augmented(store, photos, asked):
    one = store()
    features = one.of(ALL, FLIP, 3)
    assert features.shape == (5, 4, 2)
    np.testing.assert_allclose(features[:, 0], said(one.frozen, photos), rtol=1e-6)
    assert [np.array_equal(batch, photos.photos) for batch in asked] == [True, False, False, False]
    assert len({batch.tobytes() for batch in asked}) == 4
    for copy in range(1, 4):
        assert not np.allclose(features[:, copy], features[:, 0])


def test_the_copies_are_those_of_the_augmentation_that_was_asked_for(store, photos, asked):
    store().of(ALL, Augmentation("vertical"), 2)
    for copies in asked[1:]:
        for copy, photo in zip(copies, photos.photos, strict=True):
            assert np.array_equal(copy, photo) or np.array_equal(copy, photo[::-1])
    assert any(not np.array_equal(copies, photos.photos) for copies in asked[1:])


@pytest.mark.parametrize("augmentation", [None, Augmentation()], ids=["none", "an empty one"])
def test_without_augmentation_there_are_no_copies_whatever_was_asked_for(augmentation, store, asked):
    plain = store().of(ALL)
    assert store().of(ALL, augmentation, 4).shape == (5, 1, 2)
    assert plain.filename == store().of(ALL, augmentation, 4).filename
    assert len(asked) == 1


def test_no_copies_are_the_photos_alone_whatever_augmentation_is_on(store, asked):
    assert store().of(ALL).filename == store().of(ALL, FLIP, 0).filename


def test_one_photo_is_enough(store):
    assert store().of(np.array([2]), FLIP, 1).shape == (1, 2, 2)


def test_the_same_copies_are_drawn_whatever_was_drawn_before(store, keras):
    first = np.array(store().of(ALL, FLIP, 2))
    shutil.rmtree(store().folder)
    keras.utils.set_random_seed(99)
    np.testing.assert_array_equal(store().of(ALL, FLIP, 2), first)


# Never something else


def test_another_question_has_another_file(store, keras, photos):
    one = store()
    files = [
        one.of(ALL, FLIP, 2),
        one.of(ALL, FLIP, 1),
        one.of(ALL),
        one.of(ALL[:4]),
        one.of(ALL[::-1]),
        one.of(ALL, replace(FLIP, turn=41), 2),
        one.of(ALL, replace(FLIP, fill="nearest"), 2),
        store(photos=replace(photos, fingerprint="1" * 16)).of(ALL),
        store(base(keras, seed=2)).of(ALL),
        store(base(keras, dtype="mixed_bfloat16")).of(ALL),
        store(base(keras, pool="GlobalMaxPooling2D")).of(ALL),
    ]
    assert len({features.filename for features in files}) == len(files)


def test_recipes_share_a_file_only_where_their_frozen_parts_say_the_same(keras, photos, tmp_path):
    """Two of them pool differently under one layer's name."""
    from catdog.models.build import build
    from catdog.models.features import FeatureStore
    from catdog.models.frozen import split

    groups = {}
    for key in (key for key, entry in RECIPES.items() if entry.needs_imagenet):
        keras.utils.set_random_seed(1)
        frozen, _ = split(build(recipe(key), pretrained=False), recipe(key))
        one = FeatureStore(frozen, photos, tmp_path, lambda share: None)
        groups.setdefault(one._key(ALL, None, 0), set()).add(key)
    shared = sorted(sorted(group) for group in groups.values())
    assert shared == [["post1-model4", "post4-model4", "post5-model4"], ["post2-model4"], ["post3-model4"]]


# Files that are no good


def cut(content):
    return content[:-1]


def foreign(content):
    """Whole, but of another shape: the same name from a program of another time."""
    import io

    out = io.BytesIO()
    np.save(out, np.zeros((5, 1, 3), np.float32))
    return out.getvalue()


def double(content):
    import io

    out = io.BytesIO()
    np.save(out, np.zeros((5, 1, 2)))
    return out.getvalue()


DAMAGES = [
    cut,
    foreign,
    double,
    lambda content: b"",
    lambda content: b"hello",
    lambda content: content[:40],
    lambda content: b"\0" * len(content),
    lambda content: content[:10] + b"\xff" * 40 + content[50:],
]


@pytest.mark.parametrize(
    "damage", DAMAGES, ids=["cut", "foreign", "double", "empty", "text", "half a head", "zeros", "no head"]
)
def test_a_file_that_is_no_good_is_computed_anew(damage, store, asked):
    features = store().of(ALL)
    wanted, file = np.array(features), Path(features.filename)
    del features
    file.write_bytes(damage(file.read_bytes()))
    again = store().of(ALL)
    np.testing.assert_array_equal(again, wanted)
    assert (again.dtype, len(asked)) == (np.float32, 2)
    assert kept(store()) == [file.name]


class Enough(Exception):  # noqa: N818 - stands for a person's wish to stop
    pass


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_stop_leaves_nothing_behind_and_the_next_time_begins_anew(after, store, monkeypatch):
    from catdog.models import features

    monkeypatch.setattr(features, "LOOKING_BATCH", 2)

    def stop(progress):
        if progress.share >= 0.4 * after:
            raise Enough

    with pytest.raises(Enough):
        store(tell=stop).of(ALL, FLIP, 1)
    assert kept(store()) == []
    assert store().of(ALL, FLIP, 1).shape == (5, 2, 2)


def test_a_base_that_fails_leaves_nothing_behind(store, monkeypatch):
    def fails(pixels):
        raise ValueError("no answer")

    one = store()
    monkeypatch.setattr(one, "ask", fails)
    with pytest.raises(ValueError, match="no answer"):
        one.of(ALL)
    assert kept(one) == []


def test_a_full_disk_is_said_before_anything_is_computed(store, asked, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=39))  # 5 × 2 × 4 bytes are needed
    one = store()
    with pytest.raises(DiskError, match=r"MB free; .* MB are needed\. Make room first\.$"):
        one.of(ALL)
    assert (asked, kept(one)) == ([], [])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=40))
    assert one.of(ALL).shape == (5, 1, 2)


def test_a_disk_that_fills_up_meanwhile_is_said_as_well(store, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "open_memmap", full)
    one = store()
    with pytest.raises(DiskError) as error:
        one.of(ALL)
    assert str(one.folder) in str(error.value)
    assert "No space left on device" in str(error.value)
    assert kept(one) == []


def test_a_file_in_the_place_of_the_folder_is_said(store):
    one = store()
    one.folder.parent.mkdir(exist_ok=True)
    one.folder.write_text("in the way")
    with pytest.raises(DiskError, match="cannot be written"):
        one.of(ALL)


# Room


def test_the_file_that_was_used_longest_ago_makes_room(store):
    from catdog.models.features import KEPT

    one = store()
    names = []
    for turn in range(KEPT):
        features = one.of(ALL, replace(FLIP, turn=1 + turn), 1)
        names.append(Path(features.filename).name)
        os.utime(features.filename, (turn, turn))
    assert kept(one) == sorted(names)
    one.of(ALL, replace(FLIP, turn=1), 1)  # the oldest is used again
    new = Path(one.of(ALL, replace(FLIP, turn=100), 1).filename).name
    assert kept(one) == sorted([names[0], *names[2:], new])


@pytest.mark.parametrize(("room", "stay"), [(2.5, 2), (1.0, 1), (0.5, 1)])
def test_large_files_make_room_sooner_and_the_newest_always_stays(room, stay, store, monkeypatch):
    from catdog.models import features

    one = store()
    made = [Path(one.of(ALL, replace(FLIP, turn=1 + turn), 1).filename) for turn in range(4)]
    for age, file in enumerate(reversed(made)):
        os.utime(file, (1_000_000 - age, 1_000_000 - age))
    monkeypatch.setattr(features, "KEPT_BYTES", round(room * made[0].stat().st_size))
    newest = Path(one.of(ALL, replace(FLIP, turn=100), 1).filename)
    assert kept(one) == sorted(file.name for file in [newest, *reversed(made)][:stay])


def test_what_is_in_use_can_be_read_on_after_it_has_made_room(store):
    from catdog.models.features import KEPT

    one = store()
    features = one.of(ALL)
    before = np.array(features)
    os.utime(features.filename, (0, 0))
    for turn in range(KEPT):
        one.of(ALL, replace(FLIP, turn=1 + turn), 1)
    assert not Path(features.filename).exists()
    np.testing.assert_array_equal(features, before)


def test_other_files_in_the_folder_are_left_alone(store):
    from catdog.models.features import KEPT

    one = store()
    one.folder.mkdir(parents=True)
    for name in ("notes.txt", ".another.123.npy"):
        (one.folder / name).write_text("not ours")
    for turn in range(KEPT + 1):
        one.of(ALL, replace(FLIP, turn=1 + turn), 1)
    assert {"notes.txt", ".another.123.npy"} <= set(kept(one))
    assert len(kept(one)) == KEPT + 2

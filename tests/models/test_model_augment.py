"""What the captions say against the pictures themselves: a mark on black shows where a copy has really gone."""

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from catdog.models.drawn import Drawn
from catdog.recipes import (
    RECIPES,
    Augmentation,
    augmentation_of,
    keras_code,
    named_layers,
    recipe,
    total_parameters,
    with_augmentation,
)
from catdog.recipes.augmentation import FILLS, seeded

EVERYTHING = Augmentation("horizontal_and_vertical", 30, "constant", zoom=20, shift=10, brightness=25, contrast=40)
MOVED = replace(EVERYTHING, brightness=0, contrast=0)
SHAPES = [(160, 160), (120, 200), (200, 120)]  # height, width
WITHOUT_TRANSFER = [key for key, entry in RECIPES.items() if augmentation_of(entry) and not entry.needs_imagenet]
SCALED = -1.0, 1.0

OPPOSITE = {  # where a mark in the upper left corner lies after the flip
    "none": "upper left",
    "horizontal": "upper right",
    "vertical": "lower left",
    "horizontal_and_vertical": "lower right",
}


@pytest.fixture(scope="module")
def augmented():
    """The function under test; importing it loads Keras."""
    from catdog.models.augment import augmented

    return augmented


def marked(shape, centre, half=4):
    """A black picture with a white square around a place (x, y)."""
    photo = np.zeros((*shape, 3), np.uint8)
    x, y = centre
    photo[y - half : y + half + 1, x - half : x + half + 1] = 255
    return photo


def near_the_middle(shape):
    """A picture whose mark lies up and left of the middle, and stays in view however the picture is turned."""
    height, width = shape
    return marked(shape, (width // 2 - 24, height // 2 - 16))


def copies_of(photo, count):
    return np.repeat(photo[np.newaxis], count, axis=0)


def centroid(photo):
    """Where the light lies, as (x, y) in pixels from the middle of the picture; y counts downwards."""
    light = photo.mean(axis=2)
    y, x = np.mgrid[: light.shape[0], : light.shape[1]]
    middle = (light.shape[1] - 1) / 2, (light.shape[0] - 1) / 2
    return (light * x).sum() / light.sum() - middle[0], (light * y).sum() / light.sum() - middle[1]


def corner(photo):
    x, y = centroid(photo)
    return f"{'lower' if y > 0 else 'upper'} {'right' if x > 0 else 'left'}"


def turned(place, degrees):
    """The place after a turn about the middle, counter-clockwise as it looks on the screen."""
    (x, y), angle = place, math.radians(degrees)
    return x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle)


def as_drawn(place, drawn, shape):
    """Where a place must lie after all that was drawn, in the order of the layers."""
    x, y = place
    x, y = (-x if drawn.flip in {"horizontal", "horizontal_and_vertical"} else x), y
    y = -y if drawn.flip in {"vertical", "horizontal_and_vertical"} else y
    x, y = turned((x, y), drawn.turn or 0)
    x, y = (value / (drawn.zoom or 1) for value in (x, y))
    right, down = drawn.shift or (0, 0)
    return x + right * shape[1], y + down * shape[0]


def assert_moved_as_drawn(photo, copies, drawn, tolerance=1.5):
    assert len(copies) == len(drawn)
    for copy, one in zip(copies, drawn, strict=True):
        expected = as_drawn(centroid(photo), one, photo.shape)
        assert centroid(copy) == pytest.approx(expected, abs=tolerance), one


# Where things go


def test_turning_by_hand_is_counter_clockwise_on_the_screen():
    """The yardstick of the tests below: what is right of the middle goes up by a quarter turn."""
    assert turned((10, 0), 90) == pytest.approx((0, -10))
    assert turned((0, -10), 90) == pytest.approx((-10, 0))


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("flip", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_a_copy_is_flipped_to_where_its_caption_says(flip, shape, augmented):
    photo = marked(shape, (6, 6))
    copies, drawn = augmented(copies_of(photo, 24), Augmentation(flip), seed=3)
    assert {one.flip for one in drawn} == {"none", flip}
    assert [corner(copy) for copy in copies] == [OPPOSITE[one.flip] for one in drawn]
    for copy, one in zip(copies, drawn, strict=True):
        if one.flip == "none":
            np.testing.assert_array_equal(copy, photo)
        else:
            np.testing.assert_array_equal(
                copy, photo[:: 1 if flip == "horizontal" else -1, :: 1 if flip == "vertical" else -1]
            )


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("turn", [20, 180])
def test_a_copy_is_turned_about_its_middle_by_the_very_angle_and_way_that_its_caption_says(turn, shape, augmented):
    photo = near_the_middle(shape)
    copies, drawn = augmented(copies_of(photo, 24), Augmentation(turn=turn, fill="constant"), seed=5)
    angles = [one.turn for one in drawn]
    assert min(angles) < -turn / 2 and max(angles) > turn / 2
    assert all(abs(angle) <= turn for angle in angles)
    assert_moved_as_drawn(photo, copies, drawn)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("zoom", [10, 45])
def test_a_copy_is_as_large_as_its_caption_says(zoom, shape, augmented):
    photo = near_the_middle(shape)
    copies, drawn = augmented(copies_of(photo, 24), Augmentation(zoom=zoom, fill="constant"), seed=6)
    seen = [one.zoom for one in drawn]
    assert min(seen) < 1 < max(seen)
    assert all(1 - zoom / 100 <= share <= 1 + zoom / 100 for share in seen)
    assert_moved_as_drawn(photo, copies, drawn)
    for copy, share in zip(copies, seen, strict=True):
        assert math.sqrt(copy.sum() / photo.sum()) == pytest.approx(1 / share, abs=0.12)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("shift", [5, 25])
def test_a_copy_is_shifted_right_and_down_by_the_shares_that_its_caption_says(shift, shape, augmented):
    photo = marked(shape, (shape[1] // 2, shape[0] // 2))
    copies, drawn = augmented(copies_of(photo, 24), Augmentation(shift=shift, fill="constant"), seed=7)
    for way in (0, 1):
        shares = [one.shift[way] for one in drawn]
        assert min(shares) < 0 < max(shares)
        assert all(abs(share) <= shift / 100 for share in shares)
    assert_moved_as_drawn(photo, copies, drawn, tolerance=0.6)


def test_a_shift_sideways_and_one_upwards_are_drawn_apart(augmented):
    _, drawn = augmented(np.zeros((60, 8, 8, 3), np.uint8), Augmentation(shift=50), seed=1)
    right, down = zip(*(one.shift for one in drawn), strict=True)
    assert abs(np.corrcoef(right, down)[0, 1]) < 0.4


@pytest.mark.parametrize("shape", SHAPES)
def test_all_moves_together_lead_to_where_the_caption_says(shape, augmented):
    photo = near_the_middle(shape)
    copies, drawn = augmented(copies_of(photo, 40), MOVED, seed=8)
    assert_moved_as_drawn(photo, copies, drawn, tolerance=2)


def test_each_photo_of_a_batch_is_moved_in_its_own_way(augmented):
    photos = np.stack([marked((120, 120), (x, y)) for x, y in ((40, 40), (75, 45), (60, 60), (45, 75))])
    copies, drawn = augmented(photos, Augmentation("vertical", 40, "constant"), seed=4)
    for photo, copy, one in zip(photos, copies, drawn, strict=True):
        assert_moved_as_drawn(photo, [copy], [one])
    assert len({one.turn for one in drawn}) == 4


# Light


def test_a_copy_is_lighter_or_darker_by_the_share_that_its_caption_says(augmented):
    grey = np.full((24, 8, 8, 3), 128, np.uint8)
    copies, drawn = augmented(grey, Augmentation(brightness=30), seed=2)
    shares = [one.brightness for one in drawn]
    assert min(shares) < -0.1 and max(shares) > 0.1
    assert all(abs(share) <= 0.3 for share in shares)
    for copy, share in zip(copies, shares, strict=True):
        assert copy == pytest.approx(np.full(copy.shape, 128 + 255 * share), abs=0.51)


def test_light_is_cut_at_black_and_white_and_does_not_wrap_round(augmented):
    grey = np.full((40, 4, 4, 3), 128, np.uint8)
    copies, drawn = augmented(grey, Augmentation(brightness=100), seed=2)
    for copy, one in zip(copies, drawn, strict=True):
        assert copy == pytest.approx(np.full(copy.shape, min(255, max(0, 128 + 255 * one.brightness))), abs=0.51)
    assert {0, 255} <= set(copies.ravel().tolist())


def test_a_copy_has_the_contrast_that_its_caption_says_both_more_and_less(augmented):
    """Two greys at equal distance from their mean: the distance is what changes."""
    photo = np.full((8, 8, 3), 100, np.uint8)
    photo[:, 4:] = 160
    copies, drawn = augmented(copies_of(photo, 24), Augmentation(contrast=60), seed=2)
    factors = [one.contrast for one in drawn]
    assert min(factors) < 0.8 and max(factors) > 1.2
    assert all(0.4 <= factor <= 1.6 for factor in factors)
    for copy, factor in zip(copies, factors, strict=True):
        assert copy[:, :4] == pytest.approx(np.full((8, 4, 3), 130 - 30 * factor), abs=0.51)
        assert copy[:, 4:] == pytest.approx(np.full((8, 4, 3), 130 + 30 * factor), abs=0.51)


def test_one_number_would_only_raise_the_contrast():
    """Why the layer is given two: a fact about Keras that may change."""
    import keras

    one_number = keras.layers.RandomContrast(0.6, seed=2)
    drawn = one_number.get_random_transformation(np.zeros((40, 4, 4, 3), "float32"))["contrast_factor"]
    assert np.min(drawn) >= 1


# What is drawn


def test_only_what_is_on_is_told(augmented):
    photos = np.zeros((2, 8, 8, 3), np.uint8)
    given = {"flip": "horizontal", "turn": 9, "zoom": 9, "shift": 9, "brightness": 9, "contrast": 9}
    for name, value in given.items():
        _, drawn = augmented(photos, Augmentation(**{name: value}), seed=0)
        for one in drawn:
            assert [field for field in given if getattr(one, field) is not None] == [name]


def test_without_augmentation_copies_are_the_photos_and_nothing_was_drawn(augmented):
    photos = np.random.default_rng(0).integers(0, 256, (3, 10, 14, 3), dtype=np.uint8)
    copies, drawn = augmented(photos, Augmentation(), seed=0)
    np.testing.assert_array_equal(copies, photos)
    assert drawn == (Drawn(),) * 3


def test_copies_are_pixels_of_the_photos_shape_and_the_photos_stay_as_they_were(augmented):
    photos = np.random.default_rng(0).integers(0, 256, (3, 10, 14, 3), dtype=np.uint8)
    before = photos.copy()
    copies, drawn = augmented(photos, EVERYTHING, seed=0)
    assert (copies.dtype, copies.shape, len(drawn)) == (np.uint8, photos.shape, 3)
    np.testing.assert_array_equal(photos, before)


def test_a_memory_map_that_nobody_can_change_is_copied(augmented, tmp_path):
    """The prepared photos are one."""
    np.save(tmp_path / "photos.npy", np.full((2, 8, 8, 3), 100, np.uint8))
    photos = np.load(tmp_path / "photos.npy", mmap_mode="r")
    copies, drawn = augmented(photos, Augmentation(brightness=20), seed=1)
    assert copies[0, 0, 0, 0] == pytest.approx(100 + 255 * drawn[0].brightness, abs=0.51)


def test_the_same_seed_gives_the_same_copies_whatever_else_was_drawn(augmented):
    import keras

    photos = np.random.default_rng(0).integers(0, 256, (4, 20, 30, 3), dtype=np.uint8)
    keras.utils.set_random_seed(1)
    first, told = augmented(photos, EVERYTHING, seed=77)
    keras.utils.set_random_seed(2)
    augmented(photos, EVERYTHING, seed=78)
    again, told_again = augmented(photos, EVERYTHING, seed=77)
    np.testing.assert_array_equal(first, again)
    assert told == told_again


def test_every_other_seed_gives_other_copies(augmented):
    photos = np.zeros((2, 8, 8, 3), np.uint8)
    told = [augmented(photos, EVERYTHING, seed=seed)[1] for seed in (*range(12), 9_999)]
    for field in ("turn", "zoom", "shift", "brightness", "contrast"):
        values = [getattr(one, field) for drawn in told for one in drawn]
        assert len(set(values)) == len(values), field


@pytest.mark.parametrize("flip", ["horizontal", "vertical", "horizontal_and_vertical"])
def test_about_half_of_many_copies_are_flipped(flip, augmented):
    _, drawn = augmented(np.zeros((400, 4, 4, 3), np.uint8), Augmentation(flip), seed=9)
    assert 170 <= sum(one.flip == flip for one in drawn) <= 230


def test_turns_are_spread_evenly_over_both_ways(augmented):
    _, drawn = augmented(np.zeros((400, 4, 4, 3), np.uint8), Augmentation(turn=90), seed=9)
    counts, _ = np.histogram([one.turn for one in drawn], bins=4, range=(-90, 90))
    assert counts.sum() == 400
    assert all(70 <= count <= 130 for count in counts)


def test_what_one_layer_draws_says_nothing_about_the_next(augmented):
    _, drawn = augmented(np.zeros((400, 4, 4, 3), np.uint8), EVERYTHING, seed=9)
    values = [
        [one.flip != "none" for one in drawn],
        [one.turn for one in drawn],
        [one.zoom for one in drawn],
        [one.shift[0] for one in drawn],
        [one.shift[1] for one in drawn],
        [one.brightness for one in drawn],
        [one.contrast for one in drawn],
    ]
    related = np.corrcoef(np.array(values, float)) - np.eye(len(values))
    assert np.abs(related).max() < 0.2


def test_with_one_seed_for_all_every_flipped_copy_would_be_turned_the_same_way():
    """Why each layer has a seed of its own: a fact about Keras."""
    import keras

    photos = np.zeros((100, 4, 4, 3), "float32")
    flips = keras.layers.RandomFlip("horizontal", seed=5).get_random_transformation(photos)["flips"]
    angles = keras.layers.RandomRotation(0.2, seed=5).get_random_transformation(photos)["angle"]
    flips, angles = np.array(flips).ravel(), np.array(angles)
    assert flips.any() and not flips.all()
    assert np.array_equal(flips, angles <= 0)


def test_keras_throws_one_coin_for_both_flips():
    """Why it is called "at once": a fact about Keras that may change."""
    import keras

    photos = copies_of(marked((20, 20), (5, 5), half=2), 100).astype("float32")
    flipped = np.array(keras.layers.RandomFlip("horizontal_and_vertical", seed=1)(photos, training=True))
    assert {corner(copy) for copy in flipped} == {"upper left", "lower right"}


# The code that is shown


CODED = [
    "flip=horizontal",
    "flip=horizontal_and_vertical,turn=180,fill=nearest",
    "flip=horizontal,turn=72",
    "flip=vertical,turn=30,fill=wrap,brightness=50",
    "fill=constant,zoom=50,shift=50",
    "brightness=100,contrast=100",
    EVERYTHING.text,
]


ROUNDED_OTHERWISE = 0.002  # of the pixels, at most: those between two whole numbers


def assert_same_but_for_rounding(ours, theirs):
    """Flip and turn in one pass round once, of numbers that single precision holds a little otherwise."""
    assert ours.dtype == theirs.dtype == np.uint8
    apart = np.abs(ours.astype(int) - theirs)
    assert apart.max() <= 1
    assert (apart > 0).mean() <= ROUNDED_OTHERWISE


@pytest.mark.parametrize("text", CODED)
def test_the_code_on_the_page_gives_the_very_copies_beside_it(text, augmented):
    import keras

    augmentation = Augmentation.from_text(text)
    photo = np.random.default_rng(3).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    keras.utils.set_random_seed(4)  # as on any machine, where something else was drawn before
    names = {"photo": photo}
    exec(keras_code(augmentation, seed=1_234, copies=5), names)  # noqa: S102 - it is our own
    theirs = np.array(names["copies"]).clip(0, 255).round().astype(np.uint8)
    ours, _ = augmented(copies_of(photo, 5), augmentation, seed=1_234)
    assert_same_but_for_rounding(ours, theirs)
    if not (augmentation.turn and augmentation.fill != "wrap"):
        np.testing.assert_array_equal(ours, theirs)
    assert not np.array_equal(ours, copies_of(photo, 5))


# In a network


def by_keras(augmentation, photos, *between):
    """The photos after the layers as they are called in training."""
    from catdog.models.build import PLAIN_LAYERS

    for layer in seeded(augmentation.layers(*between), 6):
        photos = PLAIN_LAYERS[layer.kind](**layer.arguments)(photos, training=True)
    return np.array(photos)


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("light", [0, 20, 100])
def test_scaled_pixels_are_augmented_just_as_raw_ones(fill, light):
    augmentation = replace(EVERYTHING, fill=fill, brightness=light, contrast=light)
    photos = np.random.default_rng(1).integers(0, 256, (6, 24, 32, 3)).astype("float32")
    raw, scaled = by_keras(augmentation, photos), by_keras(augmentation, photos / 127.5 - 1, *SCALED)
    np.testing.assert_allclose(scaled, raw / 127.5 - 1, atol=1e-4)


def inner_part(entry, layer):
    """The network of a recipe from the photo up to one layer."""
    import keras

    from catdog.models.build import build

    model = build(entry, pretrained=False)
    return model, keras.Model(model.input, model.get_layer(layer).output)


def assert_augments(model, part, entry):
    """Augmentation of EVERYTHING but the light works in the network, and its gaps are black."""
    photos = np.full((4, 160, 160, 3), 200, np.float32)
    scaled = entry.layers[0].kind == "Rescaling"
    seen = np.array(part(photos, training=True))
    black, grey = (-1, 200 / 127.5 - 1) if scaled else (0, 200)
    assert seen.min() == pytest.approx(black, abs=1e-4)
    assert seen.max() == pytest.approx(grey, abs=1e-3)
    assert 0.005 < np.isclose(seen, black, atol=1e-4).mean() < 0.6
    np.testing.assert_allclose(np.array(part(photos, training=False)), grey, atol=1e-4)
    answers = np.array(model(photos, training=True))
    assert answers.shape == (4, entry.outputs)
    assert np.isfinite(answers).all()
    assert model.count_params() == total_parameters(entry)


@pytest.mark.parametrize("key", WITHOUT_TRANSFER)
def test_every_network_that_has_augmentation_trains_with_another(key):
    entry = with_augmentation(recipe(key), MOVED)
    assert_augments(*inner_part(entry, "shift"), entry)


def test_a_network_on_a_frozen_base_trains_with_other_augmentation():
    entry = with_augmentation(recipe("post4-model4"), MOVED)
    assert_augments(*inner_part(entry, "shift"), entry)


@pytest.mark.parametrize("key", ["post4-model2", "post4-model3"])
def test_light_in_a_network_stays_within_the_range_of_its_pixels(key):
    entry = with_augmentation(recipe(key), Augmentation(brightness=100, contrast=100))
    _, part = inner_part(entry, "contrast")
    photos = np.random.default_rng(1).integers(0, 256, (8, 160, 160, 3)).astype(np.float32)
    seen = np.array(part(photos, training=True))
    low, high = SCALED if entry.layers[0].kind == "Rescaling" else (0, 255)
    assert (seen.min(), seen.max()) == (pytest.approx(low), pytest.approx(high))
    assert seen.std() > (high - low) / 10


def test_a_network_whose_augmentation_was_taken_out_sees_the_photos_as_they_are():
    entry = with_augmentation(recipe("post4-model3"), Augmentation())
    model, part = inner_part(entry, "scale_pixels")
    assert not [layer.name for layer in model.layers if type(layer).__name__.startswith("Random")]
    assert [layer.name for layer in model.layers][:3] == ["photo", "scale_pixels", "conv_1"]
    photos = np.random.default_rng(1).integers(0, 256, (2, 160, 160, 3)).astype(np.float32)
    np.testing.assert_allclose(np.array(part(photos, training=True)), photos / 127.5 - 1, atol=1e-5)


# What a network learns from


@pytest.fixture(scope="module")
def of_a_run():
    """Calls back with a recipe's network after a seed, and what augments its photos."""
    import keras

    from catdog.models.augment import Augment
    from catdog.models.build import build

    def made(entry, seed):
        keras.utils.set_random_seed(seed)
        model = build(entry, pretrained=False)
        layers = [model.get_layer(name) for name, layer in named_layers(entry) if layer.random]
        return layers, Augment(augmentation_of(entry), [layer.generator for layer in layers])

    return made


def in_training(layers, photos):
    """What a network's own augmentation layers give in a step of training, one after the other."""
    seen = photos.astype(np.float32)
    for layer in layers:
        seen = layer(seen, training=True)
    return np.array(seen)


def noise(count=6):
    return np.random.default_rng(8).integers(0, 256, (count, 160, 160, 3), dtype=np.uint8)


@pytest.mark.parametrize("key", ["post1-model2", "post2-model2", "post4-model2"])
def test_a_network_learns_from_the_very_copies_that_its_own_layers_would_make(key, of_a_run):
    """Step after step: each draws on where the one before has stopped."""
    layers, _ = of_a_run(recipe(key), seed=5)
    _, augment = of_a_run(recipe(key), seed=5)
    photos, steps = noise(), []
    for _ in range(3):
        steps.append(augment(photos))
        assert_same_but_for_rounding(steps[-1], in_training(layers, photos).clip(0, 255).round().astype(np.uint8))
    assert len({step.tobytes() for step in steps}) == 3


@pytest.mark.parametrize(
    "own",
    [Augmentation(), MOVED, EVERYTHING, Augmentation("vertical", 30, "wrap"), Augmentation(turn=20, fill="wrap")]
    + [Augmentation("horizontal"), Augmentation(turn=45, fill="nearest"), Augmentation(zoom=30, contrast=20)],
    ids=lambda own: own.text,
)
def test_so_it_does_with_augmentation_of_ones_own(own, of_a_run):
    entry = with_augmentation(recipe("post4-model2"), own)
    if augmentation_of(entry) is None:
        return
    layers, _ = of_a_run(entry, seed=6)
    _, augment = of_a_run(entry, seed=6)
    photos = noise()
    wanted = in_training(layers, photos).clip(0, 255).round().astype(np.uint8)
    assert_same_but_for_rounding(augment(photos), wanted)


@pytest.mark.parametrize("own", [None, EVERYTHING], ids=["its own", "all"])
def test_a_network_that_scales_first_learns_from_the_same_copies_as_if_it_scaled_last(own, of_a_run):
    """Its layers draw for pixels between -1 and 1; ours draw for raw ones."""
    entry = with_augmentation(recipe("post1-model3"), own) if own else recipe("post1-model3")
    layers, _ = of_a_run(entry, seed=7)
    _, augment = of_a_run(entry, seed=7)
    photos = noise()
    wanted = in_training(layers, photos / 127.5 - 1)
    np.testing.assert_allclose(augment(photos) / 127.5 - 1, wanted, atol=1.6 / 127.5)


def test_wrapped_gaps_are_filled_by_the_layers_themselves(of_a_run):
    """What OpenCV calls wrapping has other seams; so the copies are Keras' to the last bit."""
    entry = with_augmentation(recipe("post4-model2"), Augmentation("horizontal", 90, "wrap"))
    layers, _ = of_a_run(entry, seed=6)
    _, augment = of_a_run(entry, seed=6)
    photos = noise()
    np.testing.assert_array_equal(augment(photos), in_training(layers, photos).clip(0, 255).round().astype(np.uint8))


@pytest.mark.parametrize("key", WITHOUT_TRANSFER)
def test_two_networks_of_one_seed_learn_from_the_same_copies_and_another_seed_from_others(key, of_a_run):
    copies = [of_a_run(recipe(key), seed)[1](noise(2)).tobytes() for seed in (1, 1, 2)]
    assert copies[0] == copies[1] != copies[2]


def test_what_a_run_learns_from_can_be_told_in_words_too(of_a_run):
    _, augment = of_a_run(recipe("post4-model2"), seed=1)
    photos = copies_of(near_the_middle((160, 160)), 8)
    copies = augment(photos)
    assert {one.flip for one in augment.drawn(photos.shape)} <= {"none", "horizontal"}
    assert_moved_as_drawn(photos[0], copies, augment.drawn(photos.shape))


def test_as_many_sources_of_chance_are_needed_as_there_are_layers():
    import keras

    from catdog.models.augment import Augment

    with pytest.raises(ValueError):
        Augment(Augmentation("horizontal", 30), [keras.random.SeedGenerator(1)])


# The words


CAPTIONS = [
    (Drawn(), "unchanged", "unchanged"),
    (Drawn(flip="none"), "not flipped", "not flipped"),
    (Drawn(flip="horizontal"), "flipped ⇆", "flipped left-right"),
    (Drawn(flip="vertical"), "flipped ⇅", "flipped up-down"),
    (Drawn(flip="horizontal_and_vertical"), "flipped ⇆ ⇅", "flipped left-right and up-down"),
    (Drawn(turn=23.44), "↺ 23.4°", "turned 23.4° to the left"),
    (Drawn(turn=-23.46), "↻ 23.5°", "turned 23.5° to the right"),
    (Drawn(turn=0.0), "↺ 0.0°", "turned 0.0° to the left"),
    (Drawn(turn=180.0), "↺ 180.0°", "turned 180.0° to the left"),
    (Drawn(zoom=1.0), "100 % seen", "100 % of each side seen"),
    (Drawn(zoom=0.666), "67 % seen", "67 % of each side seen"),
    (Drawn(zoom=1.5), "150 % seen", "150 % of each side seen"),
    (Drawn(shift=(0.1, 0.24)), "→ 10 % ↓ 24 %", "shifted 10 % to the right and 24 % down"),
    (Drawn(shift=(-0.1, 0.24)), "← 10 % ↓ 24 %", "shifted 10 % to the left and 24 % down"),
    (Drawn(shift=(0.1, -0.24)), "→ 10 % ↑ 24 %", "shifted 10 % to the right and 24 % up"),
    (Drawn(shift=(-0.5, -0.5)), "← 50 % ↑ 50 %", "shifted 50 % to the left and 50 % up"),
    (Drawn(shift=(0.0, 0.0)), "→ 0 % ↓ 0 %", "shifted 0 % to the right and 0 % down"),
    (Drawn(brightness=0.2), "light +20 %", "brightness +20 %"),
    (Drawn(brightness=-0.2), "light −20 %", "brightness −20 %"),
    (Drawn(brightness=0.0), "light +0 %", "brightness +0 %"),
    (Drawn(brightness=-0.001), "light −0 %", "brightness −0 %"),
    (Drawn(contrast=1.2), "contrast ×1.20", "contrast ×1.20"),
    (Drawn(contrast=0.0), "contrast ×0.00", "contrast ×0.00"),
    (
        Drawn("horizontal", -5.0, 1.25, (0.1, -0.2), -0.3, 0.75),
        "flipped ⇆ · ↻ 5.0° · 125 % seen · → 10 % ↑ 20 % · light −30 % · contrast ×0.75",
        "flipped left-right, turned 5.0° to the right, 125 % of each side seen, shifted 10 % to the right and 20 % up, "
        "brightness −30 %, contrast ×0.75",
    ),
]


@pytest.mark.parametrize(("drawn", "caption", "words"), CAPTIONS, ids=[caption for _, caption, _ in CAPTIONS])
def test_what_was_drawn_is_said_short_and_in_words(drawn, caption, words):
    assert drawn.caption() == caption
    assert drawn.in_words() == words


def test_visitors_at_the_same_moment_each_get_their_own_copies(augmented):
    """The layers are shared between visitors; what they draw must not be."""
    photos = copies_of(marked((40, 40), (10, 10)), 4)

    def draw(seed):
        copies, drawn = augmented(photos, EVERYTHING, seed)
        return copies.tobytes(), drawn

    alone = [draw(seed) for seed in range(16)]
    with ThreadPoolExecutor(8) as visitors:
        assert list(visitors.map(draw, range(16))) == alone
    assert len({copies for copies, _ in alone}) == 16

"""The sketch of a network: every block is there with its words, in the sizes that its shape asks for."""

import re
from itertools import pairwise

import pytest

from catdog.figures import CAT, DOG, RUN_COLOURS, architecture_figure
from catdog.figures.style import FONT_SIZE, MUTED
from catdog.recipes import (
    RECIPES,
    Augmentation,
    blocks,
    previous,
    recipe,
    total_parameters,
    trainable_parameters,
    with_augmentation,
    with_base,
)
from catdog.settings import EMBEDDED

LEARNS, CHANGED = RUN_COLOURS[0], RUN_COLOURS[1]
OWN = Augmentation("horizontal", turn=10, zoom=10, shift=10, brightness=20, contrast=30)
DRAWN = dict(RECIPES) | {
    "own augmentation": with_augmentation(recipe("post2-model3"), OWN),
    "no augmentation": with_augmentation(recipe("post3-model3"), Augmentation()),
    "embedded base": with_base(recipe("post4-model4"), EMBEDDED),
}
SKETCHES = [(key, upright) for key in DRAWN for upright in (False, True)]
TITLES = {block.title for entry in DRAWN.values() for block in blocks(entry)}


def bodies(figure):
    return [trace for trace in figure.data if trace.name in TITLES]


def texts(figure):
    return [re.sub("</?b>", "", words.text).replace("<br>", "\n") for words in figure.layout.annotations]


def said(figure):
    return re.sub(r"\s+", " ", " ".join(texts(figure)))


def extent(values):
    there = [value for value in values if value is not None]
    return round(max(there) - min(there), 6)


def front(trace):
    """The face of a solid that is turned to the visitor."""
    return {name: trace[name][: trace[name].index(None)] for name in "xy"}


@pytest.fixture(
    scope="module", params=SKETCHES, ids=[f"{key} {'upright' if upright else 'wide'}" for key, upright in SKETCHES]
)
def drawn(request):
    """The recipe, whether its sketch is upright, and the sketch."""
    key, upright = request.param
    return DRAWN[key], upright, architecture_figure(DRAWN[key], upright=upright)


def test_every_block_is_drawn_in_order_and_none_covers_another(drawn):
    entry, upright, figure = drawn
    assert [trace.name for trace in bodies(figure)] == [block.title for block in blocks(entry)]
    along = [[value for value in (trace.y if upright else trace.x) if value is not None] for trace in bodies(figure)]
    for one, other in pairwise(along):
        assert min(one) > max(other) if upright else max(one) < min(other)


def test_everything_is_within_the_figure(drawn):
    _, _, figure = drawn
    for axis, name in ((figure.layout.xaxis, "x"), (figure.layout.yaxis, "y")):
        low, high = axis.range
        for trace in figure.data:
            assert all(low <= value <= high for value in trace[name] if value is not None)
        assert all(low <= words[name] <= high for words in figure.layout.annotations)
        assert axis.fixedrange
    assert figure.layout.height == pytest.approx(extent(figure.layout.yaxis.range), abs=1)


def test_the_words_account_for_every_parameter(drawn):
    entry, _, figure = drawn
    counted = {"learn": 0, "frozen": 0}
    for number, word in re.findall(r"([\d,]+) (learn|frozen)\b", said(figure)):
        counted[word] += int(number.replace(",", ""))
    learns = trainable_parameters(entry)
    assert counted == {"learn": learns, "frozen": total_parameters(entry) - learns}


def test_every_block_says_its_name_and_what_leaves_it(drawn):
    entry, _, figure = drawn
    for block in blocks(entry):
        assert block.title[1:] in said(figure)
        expected = block.detail if block.kind in ("scaling", "augmentation", "dropout") else block.shape_in_words
        assert expected in said(figure)


def test_sides_shrink_with_the_picture_and_thickness_grows_with_the_maps(drawn):
    entry, upright, figure = drawn
    maps = [
        pair for pair in zip(blocks(entry), bodies(figure), strict=True) if pair[0].kind in ("photo", "convolution")
    ]
    fronts = [(block.shape, [extent(front(trace)[name]) for name in "xy"]) for block, trace in maps]
    for (one, size), (other, next_size) in pairwise(fronts):
        side, thickness = (0, 1) if upright else (1, 0)
        assert (one[0] > other[0]) == (size[side] > next_size[side])
        assert (one[-1] < other[-1]) == (size[thickness] < next_size[thickness])


def test_values_in_a_row_are_bars_as_long_as_they_are_many(drawn):
    entry, upright, figure = drawn
    bars = [
        (block.shape[0], extent(trace.x if upright else trace.y))
        for block, trace in zip(blocks(entry), bodies(figure), strict=True)
        if block.flat and block.kind != "dropout"
    ]
    assert all((one[0] > other[0]) >= (one[1] > other[1]) for one, other in pairwise(bars))
    assert all(length > 10 for _, length in bars)


def test_frozen_is_told_by_a_pattern_and_a_word_and_not_by_colour_alone(drawn):
    entry, _, figure = drawn
    for block, trace in zip(blocks(entry), bodies(figure), strict=True):
        assert bool(trace.fillpattern.shape) == block.frozen
        if block.parameters and not block.frozen:
            assert trace.fillcolor.startswith(LEARNS)
        elif block.kind != "dropout" and not block.frozen:
            assert trace.fillcolor.startswith(MUTED)
    assert ("frozen" in said(figure)) == entry.has_frozen_base


def test_what_differs_has_another_outline_and_a_word(drawn):
    entry, _, figure = drawn
    marked = [block.change for block in blocks(entry) if block.change]
    assert [text for text in texts(figure) if text in ("new", "changed")] == marked
    for block, trace in zip(blocks(entry), bodies(figure), strict=True):
        assert (trace.line.color == CHANGED) == bool(block.change)


def test_all_words_are_large_enough_and_leave_their_colour_to_the_page(drawn):
    _, _, figure = drawn
    assert {words.font.size for words in figure.layout.annotations} == {FONT_SIZE}
    assert {words.font.color for words in figure.layout.annotations} == {None}


def test_fills_let_the_page_shine_through(drawn):
    _, _, figure = drawn
    fills = [trace.fillcolor for trace in figure.data if trace.fill]
    assert all(re.fullmatch(r"#[0-9A-F]{6}[0-9A-F]{2}|rgba\(.*\)", fill) for fill in fills)


def test_pointing_at_a_block_tells_what_each_of_its_layers_does(drawn):
    entry, _, figure = drawn
    for block, trace in zip(blocks(entry), bodies(figure), strict=True):
        told = trace.text.replace("<br>", " ")
        assert all(f"{row.name}: {row.what}" in told for row in block.rows)
        assert all(f"{row.parameters:,} parameters" in told for row in block.rows if row.parameters)
        assert max(map(len, trace.text.split("<br>"))) < 60  # letters: a phone's width


@pytest.mark.parametrize(
    ("key", "names", "colours"),
    [
        ("post3-model1", ["cat", "dog"], [CAT, DOG]),
        ("post3-model4", ["dog?"], [DOG]),
        ("post5-model1", ["cat", "dog", "+ 62"], [CAT, DOG, MUTED]),
    ],
)
def test_the_answer_names_its_classes(key, names, colours):
    answer = architecture_figure(recipe(key)).data[-1]
    assert [text.strip() for text in answer.text] == names
    assert list(answer.marker.color) == colours


def test_a_dropout_is_a_dashed_line():
    figure = architecture_figure(recipe("post3-model1.1"))
    (line,) = [trace for trace in bodies(figure) if trace.name == "dropout"]
    assert (line.fill, line.line.dash) == (None, "dash")
    assert "Dropout 20 %" in texts(figure)


def test_it_can_be_compared_with_another_network():
    entry = recipe("post3-model3")
    assert "new" not in texts(architecture_figure(entry, entry))
    assert "new" in texts(architecture_figure(entry, previous(entry)))

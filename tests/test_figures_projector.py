"""A figure for the back of a room: the same one, larger."""

import copy
import json

import pytest

from catdog.figures import accuracy_figure, confusion_figure, probabilities_figure
from catdog.figures.style import for_projector

HISTORY = {"accuracy": [0.6, 0.7], "val_accuracy": [0.55, 0.65]}


def plain(figure):
    return json.loads(figure.to_json())


@pytest.fixture
def curves():
    return plain(accuracy_figure(HISTORY, (), 20, [0.5, 0.6]))


def test_letters_grow_from_16_to_22_pixels(curves):
    layout = for_projector(curves)["layout"]
    assert layout["font"]["size"] == layout["legend"]["font"]["size"] == 22
    for axis in (layout["xaxis"], layout["yaxis"]):
        assert axis["tickfont"]["size"] == axis["title"]["font"]["size"] == 22


def test_lines_are_half_as_thick_again_marks_larger_and_margins_wider(curves):
    large = for_projector(curves)
    training, validation = large["data"][:2]
    assert (training["line"]["width"], validation["line"]["width"]) == (3, 6)
    assert validation["marker"]["size"] == 12.6
    assert large["layout"]["margin"]["l"] > curves["layout"]["margin"]["l"]


def test_what_is_no_size_stays_as_it_is(curves):
    large = for_projector(curves)
    for now, then in zip(large["data"], curves["data"], strict=True):
        assert (now["x"], now["y"], now["name"]) == (then["x"], then["y"], then["name"])
    assert large["layout"]["xaxis"]["range"] == curves["layout"]["xaxis"]["range"]
    assert large["layout"]["yaxis"]["dtick"] == 0.1
    bars = plain(probabilities_figure(0.3, 0.7, 0.8))
    assert for_projector(bars)["layout"]["bargap"] == bars["layout"]["bargap"]


def test_the_words_in_and_on_a_figure_grow_too():
    assert for_projector(plain(confusion_figure([[1, 2], [3, 4]])))["data"][0]["textfont"]["size"] == 44
    (words,) = for_projector(plain(probabilities_figure(0.3, 0.7, 0.8)))["layout"]["annotations"]
    assert words["font"]["size"] == 22


def test_each_mark_of_a_list_grows():
    sizes = for_projector({"data": [{"marker": {"size": [10, 0], "color": "#009E73"}}]})["data"][0]["marker"]
    assert sizes == {"size": [14, 0], "color": "#009E73"}


def test_the_figure_that_others_look_at_stays_as_it_is(curves):
    before = copy.deepcopy(curves)
    for_projector(curves)
    assert curves == before

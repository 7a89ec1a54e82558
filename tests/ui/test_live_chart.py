"""The one component for every chart: what it sends, and that there is no other."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.figures import accuracy_figure, sizes_figure
from catdog.ui.live_chart import plot_of
from catdog.ui.view import PROJECTOR
from tests.pages.conftest import drawn

ROOT = Path(__file__).parents[2]


def two_charts() -> None:
    from catdog.figures import accuracy_figure, confusion_figure
    from catdog.ui.live_chart import chart

    figure = accuracy_figure({"accuracy": [0.6], "val_accuracy": [0.5]}, (), 20, [0.5])
    chart(figure, "one", 400, alt="Curves", tools=True)
    chart(confusion_figure([[1, 2], [3, 4]]), "two", alt="A matrix")


@pytest.fixture
def page():
    st.cache_resource.clear()
    yield AppTest.from_function(two_charts, default_timeout=30)
    st.cache_resource.clear()


def test_a_chart_is_as_high_as_it_is_told_or_as_its_figure_is_and_says_what_it_shows(page):
    curves, matrix = drawn(page.run())
    assert (curves["alt"], curves["height"], curves["layout"]["height"]) == ("Curves", 400, 400)
    assert (matrix["alt"], matrix["height"], matrix["layout"]["height"]) == ("A matrix", 320, 320)


def test_only_a_chart_with_tools_has_buttons_and_none_of_them_sends_it_away(page):
    curves, matrix = drawn(page.run())
    assert curves["config"].get("displayModeBar") is None
    assert curves["config"]["showSendToCloud"] is False
    assert matrix["config"]["displayModeBar"] is False
    assert (curves["layout"].get("dragmode"), matrix["layout"]["dragmode"]) == (None, False)


def test_before_a_projector_charts_are_higher_and_their_letters_larger(page):
    page.session_state[PROJECTOR] = True
    curves, matrix = drawn(page.run())
    assert (curves["height"], matrix["height"]) == (460, 368)
    assert curves["layout"]["font"]["size"] == matrix["layout"]["font"]["size"] == 22


def test_what_keeps_zoom_and_legend_is_the_chart_s_key(page):
    assert [one["layout"]["uirevision"] for one in drawn(page.run())] == ["one", "two"]


def test_each_chart_sees_to_it_that_plotly_comes_with_a_chart_of_streamlit_s_that_is_empty(page):
    fetching = [json.loads(one.proto.spec) for one in page.run().get("plotly_chart")]
    assert [one["data"] for one in fetching] == [[], []]
    assert max(len(one.proto.spec) for one in page.get("plotly_chart")) < 200


def test_numbers_are_sent_with_as_many_digits_as_an_eye_tells_apart():
    history = {"accuracy": [2 / 3, 1e-7 / 3], "val_accuracy": [0.5, None]}
    training, validation, *_ = plot_of(accuracy_figure(history, (), 20, [0.5]))["data"]
    assert training["y"] == [0.66667, 3.3333e-08]
    assert training["x"] == [1, 2]
    assert validation["y"] == [0.5, None]


def test_many_whole_numbers_are_sent_as_they_lie_in_memory():
    sizes = np.arange(6_000, dtype=np.uint32).reshape(3_000, 2)
    cats = plot_of(sizes_figure(sizes, np.zeros(3_000, np.uint8)))["data"][0]
    assert set(cats["x"]) == {"bdata", "dtype"}


def test_every_chart_of_the_app_is_this_one():
    files = [*(ROOT / "catdog" / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "dashboard.py"]
    others = [file.name for file in files if re.search(r"\bplotly_chart\(", file.read_text(encoding="utf-8"))]
    assert others == ["live_chart.py"]

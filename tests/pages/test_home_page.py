"""Home and the states before there are photos."""

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.recipes import ARCHITECTURES
from tests.pages.conftest import ROOT, spoken, tell
from tests.pages.test_training_page import submitted, texts


def test_home_shows_six_photos_and_the_four_networks(app):
    assert not app.exception
    assert app.title[0].value == "Can a computer tell cats from dogs?"
    assert len(app.image) == 6
    assert all(f"**{one.number} {one.title}**" in texts(app) for one in ARCHITECTURES.values())
    assert "48 ready" in texts(app)


def test_the_six_photos_of_home_are_six_different_ones_cats_and_dogs_in_turn(app):
    assert len({image.proto.imgs[0].url for image in app.image}) == 6
    assert [image.proto.imgs[0].caption for image in app.image] == ["cat", "dog"] * 3


def test_home_counts_the_finished_runs(app, home):
    tell(home, submitted(home, epochs=1), [(0.6, 0.6)], "finished")
    assert "1 finished" in texts(app.run())


def test_home_leads_through_the_pages_in_the_order_of_a_lesson(app):
    links = [(link.proto.label, link.proto.page) for link in app.get("page_link")]
    pages = ["Dataset", "Augmentation", "Training", "Results", "Classify"]
    assert [page for label, page in links if label == "Open"] == pages
    assert [label for label, page in links if label in pages] == pages
    for step in ("1 Look", "2 Augment", "3 Train", "4 Compare", "5 Ask"):
        assert f"**{step}**" in texts(app)


@pytest.fixture
def without_photos(home, workers, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    st.cache_resource.clear()


def test_a_missing_folder_of_photos_is_a_sentence_with_a_way_to_try_again(without_photos, home):
    assert not without_photos.exception
    assert str(home / "nowhere") in spoken(without_photos.error[0].value)
    assert without_photos.button(key="photos.retry")


def test_without_photos_nothing_can_be_started_but_everything_can_be_read(without_photos):
    page = without_photos.switch_page("pages/3_Training.py").run()
    assert not page.exception
    assert page.button(key="training.start").disabled
    assert "742,194" in texts(page)


def test_an_environment_that_makes_no_sense_is_a_sentence(home, workers, monkeypatch):
    monkeypatch.setenv("CATDOG_DATASET_URL", "ftp://example.org/photos.zip")
    st.cache_resource.clear()
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    assert not page.exception
    assert spoken(page.error[0].value).startswith("CATDOG_DATASET_URL is 'ftp://example.org/photos.zip'.")
    st.cache_resource.clear()

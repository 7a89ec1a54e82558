"""Home and the states before there are photos."""

import re
import threading
from collections.abc import Iterator
from html import escape
from urllib.parse import urlencode

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block

from catdog.credits import CREDITS
from catdog.errors import PhotosError, WeightsError
from catdog.models import pretrained
from catdog.progress import Progress
from catdog.recipes import ARCHITECTURES, lesson_recipe
from catdog.settings import DATASET_NAME
from catdog.ui.glossary import TERMS, meaning, unbroken
from catdog.ui.home_reading import PANELS
from catdog.ui.lesson_plan import STEPS
from catdog.ui.shared import classifier_task, photos_task, weights_task
from tests.conftest import make_photos
from tests.pages.conftest import ROOT, spoken, tell
from tests.pages.test_dataset_page import visit
from tests.pages.test_training_page import submitted, texts

TITLES = ("Photos", "Pretrained weights", "Device", "Models")
BADGE = re.compile(r"\*\*(.*)\*\* :\w+-badge\[:material/\w+: (.*)\]")


def links(page: AppTest) -> list:
    """The links of the page and its sidebar, in order: each with its label, page and query_string."""
    return [link.proto for link in page.get("page_link")]


def test_home_shows_six_photos_and_leads_to_the_four_networks(app):
    assert not app.exception
    assert app.title[0].value == "Can a computer tell cats from dogs?"
    assert len(app.image) == 6
    ways = {link.label: (link.page, link.query_string) for link in links(app)}
    for one in ARCHITECTURES.values():
        assert ways[f"**{one.number} {one.title}**"] == ("Training", f"recipe={lesson_recipe(one.key).key}")
    assert "48 photos of your own, from the folder own." in texts(app)


def test_the_six_photos_of_home_are_six_different_ones_cats_and_dogs_in_turn(app):
    assert len({image.proto.imgs[0].url for image in app.image}) == 6
    assert [image.proto.imgs[0].caption for image in app.image] == ["cat", "dog"] * 3


def test_home_counts_the_finished_runs(app, home):
    assert "and no finished run yet." in texts(app)
    for phase in ("finished", "stopped", "failed"):
        run = tell(home, submitted(home, epochs=1), [(0.6, 0.6)], phase)
        run.best_weights.write_bytes(b"weights")
    assert "and 1 finished run." in texts(app.run())


def test_home_leads_through_the_pages_in_the_order_of_a_lesson(app):
    pages = ["Dataset", "Augmentation", "Training", "Results", "Classify"]
    assert [link.label for link in links(app) if link.label in pages] == pages
    tiles = [f"**{number} {name}**" for number, name in enumerate(pages, 1)]
    assert [link.page for link in links(app) if link.label in tiles] == pages


# What there is to read


def test_what_there_is_to_read_is_closed_and_draws_nothing(app):
    for label in ("For teachers: a lesson of 45 minutes", "The words, explained", "Where everything comes from"):
        (panel,) = (one for one in app.expander if one.label.startswith(label))
        assert not panel.proto.expanded
        assert not list(panel.children.values())


@pytest.mark.usefixtures("own_photos", "workers")
def test_the_teachers_lesson_the_words_and_the_credits_can_be_opened_by_the_address():
    page = visit({f"home.{name}": "true" for name in PANELS}, "dashboard.py")
    assert not page.exception
    told = texts(page)
    for step in STEPS:
        assert unbroken(f"**Ask:** {step.ask}") in told
        assert any(link.query_string == urlencode(step.address) for link in links(page))
    assert all(f"**{credit.what}**" in told and f"*Terms:* {credit.terms}" in told for credit in CREDITS)
    listed = "".join(element.proto.body for element in page.get("html"))
    assert all(f"<dd>{escape(meaning(term))}</dd>" in listed for term in TERMS)


# What is ready


def card(page: AppTest, title: str) -> tuple[str, str, list[str]]:
    """What the card with this title says: its badge's state, its words, and the labels of the steps that it offers."""
    tile = next(tile for tile in blocks(page.main) if list(heads(tile)) == [title])
    steps = [step.label for step in (*tile.button, *(link.proto for link in tile.get("page_link")))]
    return heads(tile)[title], spoken(tile.caption[0].value), steps


def heads(block: Block) -> dict[str, str]:
    """The states of the cards in a block, by their titles."""
    return dict(match.groups() for text in block.markdown if (match := BADGE.fullmatch(text.value)))


def blocks(block: Block) -> Iterator[Block]:
    """All blocks in a block, the inner ones first."""
    for child in block.children.values():
        if isinstance(child, Block):
            yield from blocks(child)
            yield child


def cards(page: AppTest) -> dict[str, tuple[str, list[str]]]:
    """The badge and the steps of each card."""
    return {title: card(page, title)[::2] for title in TITLES}


def settled(page: AppTest) -> AppTest:
    """The page after the weights were looked for, and at by loading them, as where the Training page needs them."""
    weights_task().begin()
    weights_task().wait(30)
    assert not page.run().exception
    return page


def test_each_card_has_its_badge_and_exactly_one_next_step(app):
    assert cards(settled(app)) == {
        "Photos": ("ready", ["Look at them"]),
        "Pretrained weights": ("stand-in", ["Fetch them"]),
        "Device": ("ready", ["Train on it"]),
        "Models": ("ready", ["Ask one"]),
    }


@pytest.mark.usefixtures("weights")
def test_where_the_weights_are_here_their_card_leads_to_network_4(app):
    assert card(settled(app), "Pretrained weights") == (
        "ready",
        "MobileNetV2's weights, which network 4 builds on.",
        ["Train network 4"],
    )
    (link,) = (one.proto for one in app.get("page_link") if one.proto.label == "Train network 4")
    assert (link.page, link.query_string) == ("Training", "recipe=post4-model4")


@pytest.mark.usefixtures("damaged_weights")
def test_weights_that_keras_cannot_load_are_not_called_ready(app):
    state, words, steps = card(settled(app), "Pretrained weights")
    assert (state, steps) == ("stand-in", ["Fetch them"])
    assert "the embedded base, not the post's" in words


def test_the_weights_can_be_fetched_from_their_card(app, monkeypatch):
    settled(app)
    asked = []

    def fetch(url, target, report, what):
        asked.append(url)
        target.write_bytes(bytes(pretrained.FEWEST_BYTES))

    monkeypatch.setattr(pretrained, "fetch", fetch)
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: None)
    app.button(key="home.card.weights").click().run()
    assert card(settled(app), "Pretrained weights")[::2] == ("ready", ["Train network 4"])
    assert asked == ["http://127.0.0.1:9/nothing"]


def test_while_the_weights_are_fetched_their_card_says_how_far_they_are(own_photos, workers, monkeypatch):
    reached, over = threading.Event(), threading.Event()

    def slowly(where, report):
        report(Progress("Fetching the pretrained weights", 3_000_000, 9_000_000, "bytes"))
        reached.set()
        over.wait(30)
        raise WeightsError("The test is over.")

    st.cache_resource.clear()
    monkeypatch.setattr("catdog.ui.shared.ready_weights", slowly)
    monkeypatch.setattr("catdog.ui.home.AT_ONCE", 0.01)
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    assert reached.wait(30)
    state, words, steps = card(page.run(), "Pretrained weights")
    assert (state, steps) == ("on its way", [])
    assert words.startswith("MobileNetV2's weights are being fetched.")
    assert "Fetching the pretrained weights: 3 of 9 MB (33 %)" in [bar.proto.text for bar in page.get("progress")]
    over.set()
    assert card(settled(page), "Pretrained weights")[::2] == ("stand-in", ["Fetch them"])
    st.cache_resource.clear()


@pytest.fixture
def on_the_sample(home, workers, monkeypatch):
    """The app on its first page on a machine without photos, after the fetch of the real ones has failed."""
    st.cache_resource.clear()
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    photos_task("real").wait(30)
    yield page.run()
    st.cache_resource.clear()


def test_on_the_sample_the_card_of_the_photos_has_the_way_to_the_real_ones(on_the_sample, home):
    assert card(on_the_sample, "Photos") == (
        "stand-in",
        "14 drawn ones stand in for the real ones.",
        ["Fetch the real ones"],
    )
    make_photos(home / "photos" / DATASET_NAME, train=3, validation=3)  # come by another way meanwhile
    on_the_sample.button(key="home.card.fetch").click().run()
    photos_task("real").wait(30)
    assert card(on_the_sample.run(), "Photos")[::2] == ("stand-in", ["Use the real ones"])
    on_the_sample.button(key="home.card.use").click().run()
    assert card(on_the_sample, "Photos") == ("ready", "12 real photos.", ["Look at them"])


def test_while_the_photos_are_got_ready_their_card_says_so_and_no_network_is_loaded_yet(home, workers, monkeypatch):
    over, loaded = threading.Event(), []
    monkeypatch.setattr("catdog.ui.shared._load_classifier", loaded.append)

    def slowly(where, report, kind):
        over.wait(30)
        raise PhotosError("The test is over.")

    monkeypatch.setattr("catdog.ui.shared.ready_photos", slowly)
    monkeypatch.setattr("catdog.ui.photo_set.AT_ONCE", 0.01)
    st.cache_resource.clear()
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    state, words, steps = card(page, "Photos")
    assert (state, words, len(steps)) == ("on its way", "They are being got ready.", 1)
    assert loaded == []
    over.set()
    photos_task("sample").wait(30)
    state, words, steps = card(page.run(), "Photos")
    assert (state, words, len(steps)) == ("missing", "The test is over.", 1)
    classifier_task("starter").wait(30)
    assert loaded == ["starter"]
    st.cache_resource.clear()


# Without photos


@pytest.fixture
def without_photos(home, workers, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).run()
    st.cache_resource.clear()


def test_a_missing_folder_of_photos_is_a_sentence_with_a_way_to_try_again(without_photos, home):
    assert not without_photos.exception
    assert "There is no folder CATDOG_PHOTOS." in spoken(without_photos.error[0].value)
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

"""The first lesson through AppTest: from Home to a network that answers, for those who follow it and nobody else."""

from collections.abc import Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.recipes import lesson_recipe
from catdog.ui import shared
from catdog.ui.frame import PAGES
from catdog.ui.lesson_panel import PARTS
from catdog.ui.lesson_texts import PANELS
from tests.pages.conftest import tell
from tests.pages.test_classify_page import Prompt, StandIn
from tests.pages.test_training_page import submitted, texts

HOME, DATASET, AUGMENTATION, TRAINING, RESULTS, CLASSIFY = PAGES
RECIPE = lesson_recipe("preprocessing").key


@pytest.fixture(autouse=True)
def networks(workers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Networks that are loaded at once, without Keras."""
    monkeypatch.setattr(shared, "_load_classifier", lambda name: StandIn())
    monkeypatch.setattr(shared, "BackgroundTask", Prompt)
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def on(page: AppTest) -> str:
    """Which page is open, by its name in the sidebar."""
    return page.title[0].value


def lesson(page: AppTest) -> str:
    """What the bar of the lesson says; nothing where there is none."""
    return next((one.value for one in page.markdown if one.value.startswith("**First lesson, ")), "")


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


@pytest.fixture
def begun(app) -> AppTest:
    """A visitor who has just begun the lesson."""
    return press(app, "lesson.begin")


@pytest.fixture
def chosen(begun) -> AppTest:
    """The same visitor, who has chosen the network."""
    return press(begun, "lesson.choose")


def test_home_names_the_four_steps_and_has_no_bar(app):
    assert all(
        f"**{number} {name}**" in texts(app) for number, name in enumerate(("Look", "Choose", "Start", "Ask"), 1)
    )
    assert not lesson(app)


def test_begin_leads_to_the_photos_with_the_first_step(begun):
    assert on(begun) == "What does the network see?"
    assert lesson(begun).startswith("**First lesson, 1 of 4.**")
    assert len(begun.image) == 6


def test_the_next_click_leads_to_the_network_of_the_lesson_chosen_already(chosen):
    assert on(chosen) == "Can it learn?"
    assert chosen.query_params["recipe"] == RECIPE
    assert chosen.radio(key="training.architecture").value == "preprocessing"
    assert lesson(chosen).startswith("**First lesson, 2 of 4.**")
    assert not chosen.button(key="training.start").disabled


def test_from_start_to_the_end_the_bar_goes_with_the_run_and_then_leads_to_asking_it(chosen, home):
    page = press(chosen, "training.start")
    run_id = page.query_params["run"]
    assert lesson(page.run()).startswith("**First lesson, 3 of 4.** Thin:")
    tell(home, run_id, [(0.6, 0.55)])
    assert "lesson.ask" not in {button.key for button in page.run().button}
    for one, best in ((submitted(home), 0.9), (run_id, 0.65)):  # a better one of someone else's is not asked
        tell(home, one, [(0.6, 0.55), (0.7, best)], "finished").best_weights.write_bytes(b"weights")
    assert lesson(page.run()) == "**First lesson, 3 of 4.** It has learned. Now ask it about a picture."
    press(page, "lesson.ask")
    assert on(page) == "What does it say about yours?"
    assert page.query_params["classify.model"] == run_id
    assert page.selectbox(key="classify.model").value == run_id
    assert lesson(page).startswith("**First lesson, 4 of 4.**")


def test_a_run_that_failed_before_its_first_epoch_cannot_be_asked(chosen, home):
    page = press(chosen, "training.start")
    tell(home, page.query_params["run"], [], "failed", error="The disk is full.")
    assert page.run().button(key="lesson.ask").disabled


def test_a_run_in_the_address_that_is_none_leaves_the_lesson_at_its_second_step(chosen):
    chosen.query_params["run"] = "../../etc/passwd"
    chosen.run()
    assert not chosen.exception
    assert lesson(chosen).startswith("**First lesson, 2 of 4.**")


@pytest.mark.parametrize("page", [DATASET, TRAINING, CLASSIFY])
def test_the_lesson_can_be_ended_on_each_page_that_it_leads_through(page, begun):
    begun.switch_page(page).run()
    assert lesson(begun)
    assert not lesson(press(begun, "lesson.end"))
    assert not lesson(begun.switch_page(DATASET).run())


@pytest.mark.parametrize("page", [HOME, AUGMENTATION, RESULTS])
def test_the_other_pages_have_no_bar_and_the_lesson_waits(page, begun, monkeypatch):
    monkeypatch.setattr(shared, "_load_augment", lambda report: None)
    begun.switch_page(page).run()
    assert not begun.exception
    assert not lesson(begun)
    assert lesson(begun.switch_page(DATASET).run())


@pytest.mark.parametrize("page", [DATASET, TRAINING, CLASSIFY])
def test_who_did_not_begin_sees_no_bar(page, app):
    assert not lesson(app.switch_page(page).run())
    assert "lesson.end" not in {button.key for button in app.button}


# The panel of each page


def test_every_page_has_its_panel_with_words_to_open_and_the_way_to_the_next_page(app, monkeypatch):
    monkeypatch.setattr(shared, "_load_augment", lambda report: None)
    for path, (name, _) in list(PAGES.items())[1:]:
        page = app.switch_page(path).run()
        assert not page.exception
        assert [heading.value for heading in page.header if heading.value in PARTS] == list(PARTS), name
        said = [one.proto.body for one in page.get("html") if one.proto.body.startswith('<div class="catdog-said">')]
        assert len(said) == len(PARTS)
        assert any("<summary>" in text for text in said)
        label, onward = PANELS[name].onward
        (link,) = (one.proto for one in page.get("page_link") if one.proto.label == label)
        assert link.page == (PAGES[onward][0] if onward != HOME else "")


def test_an_experiment_brings_its_page_into_another_view(app, home):
    page = app.switch_page(DATASET).run()
    assert not page.toggle(key="dataset.network").value
    assert press(page, "lesson.try.1").toggle(key="dataset.network").value
    page.query_params["run"] = submitted(home)
    page = page.switch_page(TRAINING).run()
    assert press(page, "lesson.try.2").query_params["recipe"] == "post3-model2"
    assert "run" not in page.query_params
    assert page.segmented_control(key="training.post.augmentation").value == "post3-model2"
    assert press(page.switch_page(CLASSIFY).run(), "lesson.try.1").toggle(key="classify.all").value


def test_where_there_is_nothing_to_show_yet_a_page_proposes_no_experiment(app):
    page = app.switch_page(RESULTS).run()
    assert not [button for button in page.button if button.key.startswith("lesson.try.")]

"""Everything by keyboard: a lesson without a mouse, and on every page a frame that shows where one is."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import SAID, settle, visiting
from tests.e2e.keyboard import stops, tab_to
from tests.e2e.views import View, drawn, each_view
from tests.serving import A_TRAINING

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def visitor(browser: Browser, school: str) -> Iterator[Page]:
    """A fresh visitor."""
    with visiting(browser, school) as page:
        yield page


@each_view()
def test_tab_leads_through_the_whole_page_and_a_frame_shows_where_one_is(visitor: Page, view: View):
    for _ in view.looks(visitor):
        pass  # all that it has is open
    visitor.keyboard.press("Escape")
    drawn(visitor)
    found = stops(visitor)
    assert len(found) > 10
    assert [stop for stop in found if not (stop.framed and stop.seen)] == []


def test_the_lesson_is_walked_by_keyboard_alone(visitor: Page):
    visitor.goto("/")
    press(visitor, "Begin: look at the photos", "Enter")
    expect(visitor.get_by_role("heading", name="What does the network see?")).to_be_visible()
    press(visitor, "Choose a network", "Space")
    expect(visitor.get_by_role("heading", name="Can it learn?")).to_be_visible()

    # The networks are one choice: the arrows move in it.
    settle(visitor)
    network = visitor.get_by_role("radio", name="Scaled")
    expect(network).to_be_checked()
    tab_to(visitor, "radio", "Scaled")
    visitor.keyboard.press("ArrowLeft")
    expect(visitor.get_by_role("radio", name="Augmented")).to_be_checked()
    settle(visitor)
    visitor.keyboard.press("ArrowRight")
    expect(network).to_be_checked()
    settle(visitor)
    tab_to(visitor, "spinbutton", "Epochs")
    visitor.keyboard.press("ControlOrMeta+a")
    visitor.keyboard.type("1")
    visitor.keyboard.press("Enter")
    settle(visitor)
    press(visitor, "Start training", "Enter")

    expect(visitor.get_by_role("heading", name=": finished")).to_be_visible(timeout=A_TRAINING)
    press(visitor, "Ask it", "Enter")
    expect(visitor.get_by_role("heading", name="What does it say about yours?")).to_be_visible()
    press(visitor, "An example", "Space")
    expect(visitor.get_by_role("heading", name=SAID)).to_be_visible()


def press(page: Page, name: str, key: str) -> None:
    """Go to the button with Tab, and press the key there."""
    button = page.get_by_role("button", name=name)
    expect(button).to_be_enabled()
    settle(page)
    tab_to(page, "button", name)
    page.keyboard.press(key)

"""A marked word opens its meaning where it stands, by keyboard and on a phone; an experiment stands in the address."""

import pytest
from playwright.sync_api import Browser, Page, expect

from catdog.ui.glossary import meaning
from tests.e2e.conftest import settle, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 390, "height": 844}}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def test_a_word_opens_and_closes_by_keyboard_and_never_widens_a_phones_page(browser: Browser, server: str):
    with visiting(browser, server, **PHONE) as page:
        page.goto("/Training")
        panel = page.locator(".st-key-lesson-panel")
        words = panel.locator("summary")
        expect(words.first).to_be_visible()
        for number in range(words.count()):
            words.nth(number).focus()
            page.keyboard.press("Enter")
        expect(panel.locator("details[open]")).to_have_count(words.count())
        expect(panel.get_by_text(meaning("overfitting"))).to_be_visible()
        assert page.evaluate(OVERFLOW) == 0
        page.keyboard.press("Space")
        expect(panel.locator("details[open]")).to_have_count(words.count() - 1)


def test_an_experiment_stands_in_the_address_however_often_it_is_tried(page: Page):
    page.goto("/Augmentation")
    expect(page.get_by_role("img", name="Copy 9")).to_be_visible()  # Keras is there: nothing more is drawn by itself
    settle(page)
    for label, flip in (("Flips alone", "left-right"), ("Everything turned up", "both"), ("Flips alone", "left-right")):
        page.get_by_role("button", name=label).click()
        page.wait_for_url(f"**augmentation.flip={flip}**")
        settle(page)
        expect(page.get_by_role("radio", name=flip, exact=True)).to_be_checked()
    page.wait_for_function("!location.search.includes('augmentation.turn')")

"""A view in the address, in a real browser: the way back, a link that is copied, the projector, a link for a lesson."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import settle, visiting

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(400)]

TYPE = "() => getComputedStyle(document.documentElement).fontSize"
SETTINGS = {
    "training.epochs.post3-model3": "5",
    "training.batch.post3-model3": "16",
    "training.rate.post3-model3": "0.0005",
    "training.seed": "3",
}


@pytest.fixture
def visitor(browser: Browser, school: str) -> Iterator[Page]:
    with visiting(browser, school, permissions=["clipboard-read", "clipboard-write"]) as page:
        yield page


def seed_of(page: Page) -> str:
    return page.get_by_role("spinbutton", name="Seed").input_value()


def open_page(page: Page, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(re.compile(rf"/{name}\?"))
    settle(page)


def test_back_leads_to_the_view_before_and_not_through_every_seed(visitor: Page):
    visitor.goto("/Dataset")
    settle(visitor)
    visitor.get_by_role("radio", name="validation").click()
    expect(visitor).to_have_url(re.compile("dataset.split=validation"))
    settle(visitor)
    open_page(visitor, "Augmentation")
    entries = visitor.evaluate("history.length")
    for _ in range(3):
        before = visitor.url
        visitor.get_by_role("button", name="Another photo").click()
        expect(visitor).not_to_have_url(before)
        settle(visitor)
    assert visitor.evaluate("history.length") == entries
    photo = visitor.url
    open_page(visitor, "Training")
    visitor.get_by_role("radio", name=re.compile("^3 Scaled")).check(force=True)
    expect(visitor).to_have_url(re.compile("recipe=post4-model3"))
    settle(visitor)
    assert visitor.evaluate("history.length") == entries + 1

    visitor.go_back(wait_until="commit")
    expect(visitor.get_by_role("heading", name="How many pictures hide in one?")).to_be_visible()
    settle(visitor)
    expect(visitor).to_have_url(photo)
    visitor.go_back(wait_until="commit")
    expect(visitor.get_by_role("heading", name="What does the network see?")).to_be_visible()
    expect(visitor.get_by_role("radio", name="validation")).to_be_checked()
    settle(visitor)
    visitor.go_forward(wait_until="commit")
    expect(visitor.get_by_role("heading", name="How many pictures hide in one?")).to_be_visible()
    settle(visitor)
    visitor.go_forward(wait_until="commit")
    expect(visitor.get_by_role("radio", name=re.compile("^3 Scaled"))).to_be_checked()


def test_back_knows_a_redraw_that_was_too_quick_to_be_seen(visitor: Page):
    visitor.goto("/Augmentation?augmentation.photo=3")
    expect(visitor.get_by_role("img", name=re.compile("^The original: .* photo 3$"))).to_be_visible()
    settle(visitor)
    visitor.evaluate(
        """() => {
            history.replaceState(history.state, "", location.href.replace("photo=3", "photo=5"));
            [...document.querySelectorAll("a[href]")].find(({ pathname }) => pathname === "/Dataset").click();
        }"""
    )
    expect(visitor.get_by_role("heading", name="What does the network see?")).to_be_visible()
    settle(visitor)
    visitor.go_back(wait_until="commit")
    expect(visitor.get_by_role("heading", name="How many pictures hide in one?")).to_be_visible()
    expect(visitor).to_have_url(re.compile("augmentation.photo=5&"))
    expect(visitor.get_by_role("img", name=re.compile("^The original: .* photo 5$"))).to_be_visible()


def test_a_copied_link_opens_the_same_view_for_someone_else(visitor: Page, browser: Browser, school: str):
    visitor.goto("/Dataset?dataset.split=test&dataset.row=5")
    expect(visitor).to_have_url(re.compile(r"dataset.seed=\d+"))
    settle(visitor)
    first = visitor.url
    visitor.get_by_role("button", name="Another batch").click()
    expect(visitor).not_to_have_url(first)
    settle(visitor)
    visitor.get_by_role("button", name="Copy link").click()
    expect(visitor.get_by_role("button", name="Copied")).to_be_visible()
    link = visitor.evaluate("navigator.clipboard.readText()")
    assert link == visitor.url
    with visiting(browser, school) as other:
        other.goto(link)
        settle(other)
        expect(other.get_by_role("spinbutton", name="Seed")).to_have_value(seed_of(visitor))
        expect(other.get_by_role("radio", name="test")).to_be_checked()


def test_a_link_is_copied_where_the_browser_has_no_clipboard_for_the_page(visitor: Page):
    visitor.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    visitor.goto("/Dataset")
    settle(visitor)
    visitor.get_by_role("button", name="Copy link").click()
    expect(visitor.get_by_role("button", name="Copied")).to_be_visible()
    visitor.evaluate("document.body.appendChild(document.createElement('textarea')).focus()")
    visitor.keyboard.press("Control+V")
    assert visitor.evaluate("document.activeElement.value") == visitor.url


def test_the_projector_enlarges_the_type_and_stays_on(visitor: Page):
    visitor.goto("/Training")
    settle(visitor)
    assert visitor.evaluate(TYPE) == "17px"
    visitor.get_by_text("Projector", exact=True).click()
    visitor.wait_for_function("() => getComputedStyle(document.documentElement).fontSize === '22px'")
    expect(visitor.get_by_text("More settings")).to_be_hidden()
    open_page(visitor, "Dataset")
    assert visitor.evaluate(TYPE) == "22px"
    assert "projector=true" in visitor.url
    visitor.reload()
    visitor.wait_for_function("() => getComputedStyle(document.documentElement).fontSize === '22px'")


def test_a_link_for_a_lesson_hides_controls_until_they_are_wanted(visitor: Page):
    visitor.goto("/Dataset?lean=true&dataset.seed=7")
    settle(visitor)
    assert visitor.evaluate(TYPE) == "17px"
    expect(visitor.get_by_role("button", name="Another batch")).to_be_visible()
    expect(visitor.get_by_role("spinbutton", name="Seed")).to_be_hidden()
    visitor.get_by_text("Only the lesson", exact=True).click()
    expect(visitor.get_by_role("spinbutton", name="Seed")).to_be_visible()
    assert seed_of(visitor) == "7"


def test_a_link_to_a_training_holds_its_settings(visitor: Page):
    visitor.goto("/Training?recipe=post3-model3&" + "&".join(f"{name}={value}" for name, value in SETTINGS.items()))
    settle(visitor)
    visitor.get_by_text("More settings").click()
    for name, value in {"Epochs": "5", "Batch size": "16", "Learning rate": "0.000500", "Seed": "3"}.items():
        expect(visitor.get_by_role("spinbutton", name=name)).to_have_value(value)

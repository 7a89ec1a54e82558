"""Whole journeys: the lesson from Home to an answer, on every screen, in light and dark, on a slow machine."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import SAID, look, settle, visiting
from tests.e2e.views import PHONE, View, drawn, each_view, in_scheme
from tests.serving import A_TRAINING

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

SCHEMES = ("light", "dark")
# What sticks out at the right of the page's own part, by its own name and what it says.
TOO_WIDE = """() => {
  const main = document.querySelector(".stMain");
  if (document.documentElement.scrollWidth <= innerWidth && main.scrollWidth <= main.clientWidth) return [];
  const edge = main.getBoundingClientRect().right;
  return [...main.querySelectorAll("*")].filter(one => one.getBoundingClientRect().right > edge + 1)
    .map(one => `${one.tagName} ${one.className}: ${one.textContent.slice(0, 40)}`).slice(0, 8);
}"""
COLOURS = """() => {
  const { backgroundColor, color } = getComputedStyle(document.querySelector(".stApp"));
  const words = [...document.querySelectorAll(".stMain .main-svg :is(.xtick, .ytick, .legendtext, .xtitle, .ytitle)")]
    .map(one => one.querySelector("text") ?? one);
  return { ground: backgroundColor, text: color, words: words.map(one => getComputedStyle(one).fill) };
}"""
SHOWN = (
    "() => [...document.querySelectorAll('.stMain img')].filter(one => one.complete && one.naturalWidth).length >= 6"
)
SLOW = {"latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}  # ms, bytes a second
SLOWLY = 150_000  # milliseconds


@pytest.fixture
def visitor(browser: Browser, school: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh visitor, with the options given."""
    with visiting(browser, school, **getattr(request, "param", {})) as page:
        yield page


def test_four_clicks_lead_from_home_to_a_network_that_answers(visitor: Page):
    visitor.goto("/")
    expect(visitor.get_by_role("heading", name="Can a computer tell cats from dogs?")).to_be_visible()
    visitor.get_by_role("button", name="Begin: look at the photos").click()
    expect(visitor.get_by_role("heading", name="What does the network see?")).to_be_visible()
    visitor.wait_for_function(SHOWN)
    visitor.get_by_role("button", name="Choose a network").click()
    expect(visitor.get_by_role("heading", name="Can it learn?")).to_be_visible()
    expect(visitor.get_by_role("radio", name="Scaled")).to_be_checked()
    epochs = visitor.get_by_role("spinbutton", name="Epochs")  # beside the lesson, which takes its time: only one
    epochs.fill("1")
    epochs.press("Enter")
    settle(visitor)
    visitor.get_by_role("button", name="Start training").click()
    expect(visitor.get_by_role("heading", name="post4-model3: finished")).to_be_visible(timeout=A_TRAINING)
    visitor.get_by_role("button", name="Ask it").click()
    expect(visitor.get_by_role("heading", name="What does it say about yours?")).to_be_visible()
    visitor.get_by_role("button", name="An example").click()
    expect(visitor.get_by_role("heading", name=SAID)).to_be_visible()
    look(visitor, "lesson-answer")


@pytest.mark.parametrize("visitor", [{"viewport": PHONE}], ids=["phone"], indirect=True)
@each_view()
def test_nothing_sticks_out_on_a_phone(visitor: Page, view: View):
    for _ in view.looks(visitor):
        for scheme in SCHEMES:
            in_scheme(visitor, scheme)
            assert visitor.evaluate(TOO_WIDE) == []


@pytest.mark.parametrize("path", ["/Dataset", "/Results"])
def test_light_and_dark_differ_and_the_charts_words_have_the_pages_colour(visitor: Page, path: str):
    visitor.goto(path)
    expect(visitor.get_by_role("heading", level=1)).to_be_visible()
    visitor.wait_for_function("() => document.querySelector('.stMain .main-svg .xtick')")
    seen = {}
    for scheme in SCHEMES:
        in_scheme(visitor, scheme)
        seen[scheme] = visitor.evaluate(COLOURS)
        assert len(seen[scheme]["words"]) > 4
        assert set(seen[scheme]["words"]) == {seen[scheme]["text"]}
    for what in ("ground", "text"):
        assert seen["light"][what] != seen["dark"][what]


def test_a_slow_machine_on_a_slow_line_sees_photos_and_has_an_example_answered(visitor: Page):
    visitor.set_default_timeout(SLOWLY)
    tools = visitor.context.new_cdp_session(visitor)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", {"offline": False, **SLOW})
    tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    visitor.goto("/")
    expect(visitor.get_by_role("button", name="Begin: look at the photos")).to_be_enabled(timeout=SLOWLY)
    visitor.get_by_role("button", name="Begin: look at the photos").click()
    expect(visitor.get_by_role("heading", name="What does the network see?")).to_be_visible(timeout=SLOWLY)
    visitor.wait_for_function(SHOWN)
    visitor.goto("/Classify")
    example = visitor.get_by_role("button", name="An example")
    expect(example).to_be_enabled(timeout=SLOWLY)
    example.click()
    expect(visitor.get_by_role("heading", name=SAID)).to_be_visible(timeout=SLOWLY)
    drawn(visitor)

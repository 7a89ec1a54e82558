"""The sketch of a network in a real browser: on each screen the one that fits, with all of its words to be read."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.conftest import settle, visiting

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

SCREENS = ((390, 844, ""), (1366, 768, ""), (1920, 1080, "&projector=true"))
# Words that stick out of the sketch, and pairs that touch. Where words have several lines, each is looked at by itself.
HARD_TO_READ = """plot => {
  const box = plot.getBoundingClientRect();
  const lines = [...plot.querySelectorAll(".annotation-text, .textpoint text")].flatMap(text =>
    text.querySelector(".line") ? [...text.querySelectorAll(".line")] : [text]).filter(line => line.textContent.trim());
  const words = lines.map(line => ({ said: line.textContent, at: line.getBoundingClientRect() }));
  const out = words.filter(({ at }) =>
    at.left < box.left - 1 || at.right > box.right + 1 || at.top < box.top - 1 || at.bottom > box.bottom + 1);
  const touching = words.flatMap((one, place) => words.slice(place + 1).filter(({ at }) =>
    Math.min(one.at.right, at.right) - Math.max(one.at.left, at.left) > 0 &&
    Math.min(one.at.bottom, at.bottom) - Math.max(one.at.top, at.top) > 4).map(other => `${one.said} | ${other.said}`));
  return [...out.map(({ said }) => said), ...touching];
}"""


@pytest.fixture
def visitor(browser: Browser, school: str) -> Iterator[Page]:
    with visiting(browser, school) as page:
        yield page


def drawn(visitor: Page) -> Locator:
    """The one of the two sketches that is there to be seen and to be read out."""
    sketch = visitor.get_by_role("img", name="Photo (160 × 160 × 3)")
    expect(sketch.locator(".annotation-text").last).to_be_visible()
    settle(visitor)
    expect(sketch).to_have_count(1)
    return sketch


@pytest.mark.parametrize("recipe", ["post2-model3", "post5-model2"])
def test_each_screen_has_the_sketch_that_fits_and_every_word_can_be_read(visitor: Page, recipe: str):
    for width, height, view in SCREENS:
        visitor.set_viewport_size({"width": width, "height": height})
        visitor.goto(f"/Training?recipe={recipe}{view}")
        sketch = drawn(visitor)
        assert sketch.evaluate(HARD_TO_READ) == []
        box = sketch.bounding_box()
        assert (box["height"] > box["width"]) == (width < 600)
        assert visitor.evaluate("document.documentElement.scrollWidth") <= width


def test_pointing_at_a_block_tells_what_it_does(visitor: Page):
    visitor.goto("/Training?recipe=post4-model1")
    sketch = drawn(visitor)
    sketch.scroll_into_view_if_needed()
    block = sketch.locator(".scatterlayer .trace path.js-fill").nth(2).bounding_box()  # behind the links and the photo
    visitor.mouse.move(block["x"] + block["width"] / 2, block["y"] + block["height"] / 2, steps=4)
    expect(sketch.locator(".hoverlayer")).to_contain_text("conv_1: 16 filters of 3×3, ReLU")
    expect(sketch.locator(".hoverlayer")).to_contain_text("448 parameters learn")

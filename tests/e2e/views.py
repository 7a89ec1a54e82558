"""The views of the dashboard as a visitor meets them: every page, and what unfolds on it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import SAID, settle

WIDE, PHONE = {"width": 1920, "height": 1080}, {"width": 390, "height": 844}
TABS = ("Right and wrong", "Mistakes", "How sure", "A test batch", "Inside", "Settings", "Take away")
PLOTTED = """() => !document.querySelector("[data-testid=stSkeleton]")
    && [...document.querySelectorAll(".catdog-plot")].every(plot => plot.querySelector(".main-svg"))"""
IN_SCHEME = """scheme => {
  const ground = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
  return (scheme === "light") === (Number(/\\d+/.exec(ground)[0]) > 128);
}"""
AT_ONCE = "*, *::before, *::after { transition: none !important; animation: none !important; }"
UNFOLD = """() => {
  const folded = [...document.querySelectorAll('.stMain details:not([open]) > summary')];
  folded.forEach(summary => summary.click());
  return folded.length;
}"""
UNFOLDED = "() => !document.querySelector('.stMain details:not([open])')"


@dataclass(frozen=True)
class View:
    """A page's name, its address, and what is done there, one after the other, before one looks."""

    name: str
    path: str
    steps: Sequence[Callable[[Page], None]]

    def looks(self, page: Page) -> Iterator[None]:
        """Go there, and stop after each step when all is drawn."""
        page.goto(self.path)
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        drawn(page)
        for step in self.steps:
            step(page)
            drawn(page)
            yield


def in_scheme(page: Page, scheme: str) -> None:
    """Have the page drawn in light or in dark, at once."""
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.add_style_tag(content=AT_ONCE)
    page.wait_for_function(IN_SCHEME, arg=scheme)
    drawn(page)


def drawn(page: Page) -> None:
    """Wait until the page and its charts are drawn."""
    settle(page)
    page.wait_for_function(PLOTTED)


def unfold(page: Page) -> None:
    """Open all that can be unfolded, and what is folded in there."""
    while page.evaluate(UNFOLD):
        page.wait_for_function(UNFOLDED)
        drawn(page)


def as_it_is(page: Page) -> None:
    """Nothing is to be done."""


def finished_run(page: Page) -> None:
    """From the list of earlier runs to one of them."""
    unfold(page)
    page.get_by_role("link", name="· finished ·").first.click()
    expect(page.get_by_role("heading", name=": finished")).to_be_visible()


def words(page: Page) -> None:
    """Open the words, explained, which every page has at hand: in the sidebar, which a phone folds away."""
    sidebar = page.get_by_test_id("stExpandSidebarButton")
    if sidebar.is_visible():
        sidebar.click()
    page.get_by_role("button", name="Words").click()
    expect(page.get_by_test_id("stPopoverBody").or_(page.get_by_role("dialog")).first).to_be_visible()


def example(page: Page) -> None:
    """Have an example answered."""
    page.get_by_role("button", name="An example").click()
    expect(page.get_by_role("heading", name=SAID)).to_be_visible()


def tab(name: str) -> Callable[[Page], None]:
    """Open that tab of a run."""

    def prepare(page: Page) -> None:
        page.get_by_role("tab", name=name).click()
        expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")

    return prepare


VIEWS = (
    View("Home", "/", [as_it_is, unfold, words]),
    View("Dataset", "/Dataset", [as_it_is, unfold]),
    View("Augmentation", "/Augmentation", [as_it_is, unfold]),
    View("Training", "/Training", [as_it_is, unfold]),
    View("A finished run", "/Training", [finished_run]),
    View("Results", "/Results", [as_it_is, *(tab(name) for name in TABS), unfold]),
    View("Classify", "/Classify?classify.all=true", [as_it_is, example, unfold]),
)


def each_view() -> pytest.MarkDecorator:
    """Run a test once for each view."""
    return pytest.mark.parametrize("view", VIEWS, ids=[view.name for view in VIEWS])

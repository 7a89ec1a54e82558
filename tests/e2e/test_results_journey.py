"""Two runs beside each other in a real browser: compare, replay, see the worst mistakes, take away, name, delete."""

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import LEARNED, look, visiting
from tests.e2e.test_looking_journey import PHONE
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PLOT = "document.querySelector('[class*=st-key-results-overlay-] .catdog-plot')"
LENGTHS = f"({PLOT}?.data ?? []).filter(trace => trace.legendgroup?.startsWith('post4')).map(trace => trace.x.length)"
CELLS = "[class*=st-key-results-cell-] img"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory, learned: dict[str, str]) -> Iterator[str]:
    """The dashboard's address, where two small networks have learned; what is deleted here is missing nowhere else."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(learned["CATDOG_HOME"], home, dirs_exist_ok=True)
    with served(learned | {"CATDOG_HOME": str(home)}, home / "server.log") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, results: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh visitor of the Results page, with the options given."""
    with visiting(browser, results, **getattr(request, "param", {})) as page:
        page.goto("/Results")
        page.wait_for_function(f"() => !!{PLOT}?.data")
        yield page


def choose_row(page: Page, row: int) -> None:
    """Click the mark at the left of a row of the table, which is one drawing."""
    drawing = page.locator("[data-testid=stDataFrame]").first
    drawing.scroll_into_view_if_needed()
    table = drawing.bounding_box()
    page.mouse.click(table["x"] + 16, table["y"] + 40 + 35 * row + 17)


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
    expect(page.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")


def test_two_runs_are_compared_and_the_worst_mistakes_opened(visitor: Page):
    # The best run of each network is drawn without a click: training and validation of both.
    assert visitor.evaluate(LENGTHS) == [3, 3, 3, 3]
    expect(visitor.get_by_text("2 runs chosen")).to_be_visible()
    look(visitor, "results")
    choose_row(visitor, 0)
    expect(visitor.get_by_text("1 run chosen")).to_be_visible()
    visitor.wait_for_function(f"() => {LENGTHS}.length === 2")
    choose_row(visitor, 0)
    expect(visitor.get_by_text("2 runs chosen")).to_be_visible()
    assert all(re.search(f"results.runs=.*{key}", visitor.url) for key in LEARNED)

    visitor.get_by_role("radio", name="loss").click()
    visitor.wait_for_function(f"() => {PLOT}?.layout?.yaxis?.title?.text?.startsWith('loss')")

    open_tab(visitor, "Mistakes")
    visitor.get_by_text("surest right answers").click()
    expect(visitor.locator(CELLS).first).to_be_visible()
    before = visitor.locator(CELLS).first.get_attribute("src")
    visitor.get_by_text("Why", exact=True).click()
    expect(visitor.locator(CELLS).first).not_to_have_attribute("src", before)
    address = visitor.url

    # The address holds it all: someone else sees the same.
    visitor.goto("about:blank")
    visitor.goto(address)
    expect(visitor.get_by_role("tab", name="Mistakes")).to_have_attribute("aria-selected", "true")
    expect(visitor.get_by_text(re.compile("right answers with the smallest loss"))).to_be_visible()


def test_a_finished_run_is_played_again(visitor: Page):
    visitor.get_by_role("combobox", name="Replay").click()
    visitor.get_by_role("option", name="as fast as it was").click()
    visitor.get_by_role("button", name="Play", exact=True).click()
    expect(visitor.get_by_text("Replay:")).to_be_visible()
    visitor.wait_for_function(f"() => {LENGTHS}.some(length => length < 3)")
    visitor.get_by_role("button", name="End the replay").click()
    visitor.wait_for_function(f"() => JSON.stringify({LENGTHS}) === '[3,3,3,3]'")


def test_what_is_inside_is_shown_layer_by_layer(visitor: Page):
    open_tab(visitor, "Inside")
    expect(visitor.get_by_text("filter 1", exact=True)).to_be_visible()
    visitor.get_by_role("radio", name="pool_2").click()
    expect(visitor.get_by_text(re.compile(r"\d+ maps of \d+ × \d+ places"))).to_be_visible()
    look(visitor, "results-inside")


def test_a_run_is_taken_away_named_and_deleted(visitor: Page, tmp_path: Path):
    open_tab(visitor, "Take away")
    with visitor.expect_download() as script:
        visitor.get_by_role("button", name="Python script").click()
    script.value.save_as(tmp_path / "script.py")
    ast.parse((tmp_path / "script.py").read_text(encoding="utf-8"))
    visitor.get_by_role("button", name="Make Keras").click()
    with visitor.expect_download() as model:
        visitor.locator("[data-testid=stDownloadButton] button", has_text="Keras").click()
    model.value.save_as(tmp_path / "model.keras")
    assert (tmp_path / "model.keras").read_bytes()[:2] == b"PK"
    visitor.get_by_role("button", name="Make the report").click()
    with visitor.expect_download() as report:
        visitor.locator("[data-testid=stDownloadButton] button", has_text="Report").click()
    report.value.save_as(tmp_path / "report.html")
    with visitor.context.expect_page() as opened:
        visitor.evaluate("window.open('about:blank')")
    opened.value.set_content((tmp_path / "report.html").read_text(encoding="utf-8"))
    expect(opened.value.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(opened.value.get_by_role("heading", name="How it learned")).to_be_visible()
    opened.value.close()

    choose_row(visitor, 1)
    expect(visitor.get_by_text("1 run chosen")).to_be_visible()
    visitor.get_by_role("button", name="Rename").click()
    name = visitor.get_by_role("textbox", name="What it is called")
    name.fill("The best of 9b")
    name.press("Enter")
    expect(visitor.get_by_text("The best of 9b: ")).to_be_visible()

    visitor.get_by_role("button", name="Delete").click()
    expect(visitor.get_by_text("Delete 1 run?")).to_be_visible()
    visitor.get_by_role("button", name="Yes, delete").click()
    expect(visitor.get_by_text("The best of 9b")).to_have_count(0)


@pytest.mark.parametrize("visitor", [{"viewport": PHONE}], indirect=True)
def test_a_phone_shows_it_without_sideways_scrolling(visitor: Page):
    open_tab(visitor, "Right and wrong")
    expect(visitor.get_by_text(re.compile("Test: .* right"))).to_be_visible()
    look(visitor, "results-phone")
    assert visitor.evaluate("document.documentElement.scrollWidth") <= 390

"""One lesson in a real browser on the real photos: start, watch, zoom, reload, look from a second browser, stop."""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import look
from tests.serving import A_TRAINING

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

CHART = "[class*='st-key-training-accuracy-'] .catdog-plot"
PLOT = f'document.querySelector("{CHART}")'
POINTS = f"{PLOT}.data[0].x.length"
EPOCHS = f"{PLOT}.data[1].x.filter(x => x !== null).length"
RANGE = f"{PLOT}.layout.xaxis.range"
WHOLE = [0, 200.15]  # epochs: the axis before anyone zooms
HIDDEN = f"{PLOT}._fullData.map(trace => trace.visible)"


def start(page: Page, recipe: str) -> None:
    """A training on 200 photos that lasts for as long as anyone looks."""
    page.goto(f"/Training?recipe={recipe}&training.share=10 %&training.epochs.{recipe}=200")
    button = page.get_by_role("button", name="Start training")
    expect(button).to_be_enabled()  # until then the photos are being fetched and read
    button.click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()


def zoom(page: Page) -> None:
    """Drag a rectangle over the left part of the accuracy plot, as a visitor would."""
    plot = page.locator(f"{CHART} .nsewdrag").first.bounding_box()
    page.mouse.move(plot["x"] + 15, plot["y"] + 15)
    page.mouse.down()
    page.mouse.move(plot["x"] + plot["width"] / 2, plot["y"] + plot["height"] * 0.8, steps=6)
    page.mouse.up()


def test_home_shows_the_photos_as_soon_as_they_are_there(page: Page):
    page.goto("/")
    expect(page.get_by_role("heading", name="Can a computer tell cats from dogs?")).to_be_visible()
    expect(page.get_by_text("3,000 real photos.")).to_be_visible()
    expect(page.get_by_role("img", name="A cat").first).to_be_visible()
    look(page, "home")


def test_a_lesson_from_start_to_stop(page: Page, browser: Browser, server: str):
    start(page, "post4-model1")
    run_address = page.url
    assert "run=" in run_address

    page.wait_for_function(f"() => {PLOT}?.data && {POINTS} > 1")
    expect(page.get_by_text(re.compile(r"step \d+ of 7"))).to_be_visible()
    page.wait_for_function(f"() => {EPOCHS} >= 1")
    look(page, "training-live")

    # What a visitor did to the plot survives every tick, because it stays the very same plot.
    page.evaluate(f"window.plot = {PLOT}.querySelector('.main-svg')")
    zoom(page)
    page.locator(CHART).first.locator(".legendtoggle").last.click()
    page.wait_for_function(f"() => {HIDDEN}.includes('legendonly')")
    zoomed, hidden, epochs = page.evaluate(RANGE), page.evaluate(HIDDEN), page.evaluate(EPOCHS)
    page.wait_for_function(f"() => {EPOCHS} >= {epochs + 2}")
    assert page.evaluate(f"window.plot === {PLOT}.querySelector('.main-svg')")
    assert page.evaluate(RANGE) == zoomed != WHOLE
    assert page.evaluate(HIDDEN) == hidden

    # A reload, another page and back, and a second browser lose nothing.
    page.reload()
    page.wait_for_function(f"() => {PLOT}?.data && {EPOCHS} >= {epochs + 2}")
    page.get_by_role("link", name="Home").click()
    expect(page.get_by_text("Training now.")).to_be_visible()
    page.get_by_role("link", name="Watch it").click()
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    other = browser.new_context(base_url=server, color_scheme="dark", viewport={"width": 390, "height": 844}).new_page()
    other.goto(run_address)
    other.wait_for_function(f"() => {PLOT}?.data && {EPOCHS} >= {epochs + 2}")
    look(other, "training-live-phone-dark")
    assert other.evaluate("document.documentElement.scrollWidth <= window.innerWidth")

    # A second start waits for its turn; when the first is stopped, it begins.
    start(other, "post4-model3")
    expect(other.get_by_text("1 run is before this one")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("heading", name="post4-model1: stopped")).to_be_visible()
    expect(page.get_by_text(re.compile(r"The weights of epoch \d+ are kept"))).to_be_visible()
    look(page, "training-stopped")
    expect(other.get_by_role("heading", name="post4-model3: training")).to_be_visible()
    other.get_by_role("button", name="Stop").click()
    expect(other.get_by_role("heading", name="post4-model3: stopped")).to_be_visible()
    other.context.close()


def test_a_run_is_trained_to_its_end_and_tells_its_test_accuracy(page: Page):
    page.goto("/Training?recipe=post4-model4&training.epochs.post4-model4=1")
    start_button = page.get_by_role("button", name="Start training")
    expect(start_button).to_be_enabled()
    start_button.click()
    expect(page.get_by_role("heading", name="post4-model4: finished")).to_be_visible(timeout=A_TRAINING)
    told = page.get_by_text(re.compile(r"On 192 photos it has never seen: \d+\.\d % right")).inner_text()
    assert float(re.search(r"(\d+\.\d) %", told)[1]) > 80  # one epoch of the transfer recipe, seed 0: about 95 %
    look(page, "training-finished")

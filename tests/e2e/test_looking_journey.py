"""The first ten minutes of a lesson in a real browser: look at photos, see them augmented, take that into training."""

import re

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import png
from tests.e2e.conftest import look
from tests.serving import A_TRAINING

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

ROWS = ".st-key-dataset-photos-cat img, .st-key-dataset-photos-dog img"
COPIES = ".st-key-augmentation-copies-all"
PHONE = {"width": 390, "height": 844}

# Streamlit names each picture by a hash of its bytes: the same address is the same picture.
SOURCES = "selector => [...document.querySelectorAll(selector)].map(image => new URL(image.src).pathname)"
LOADED = """([selector, count]) => {
  const images = [...document.querySelectorAll(selector)];
  return images.length === count && images.every(image => image.complete && image.naturalWidth > 0);
}"""
# Other pictures than before, all loaded, and the same ones at two looks: not in the middle of the change.
CHANGED = """([selector, before]) => {
  const images = [...document.querySelectorAll(selector)];
  const now = images.map(image => new URL(image.src).pathname).join();
  const settled = window.seenLast === now;
  window.seenLast = now;
  return settled && now !== before.join() && images.every(image => image.complete && image.naturalWidth > 0);
}"""
LOOK = 250  # milliseconds between two looks
# Which corner of each copy is bright: "left top", "right bottom" …
CORNERS = """selector => [...document.querySelectorAll(selector)].map(image => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 2, height: 2 });
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0, 2, 2);
  const pixels = context.getImageData(0, 0, 2, 2).data;
  const brightest = [0, 1, 2, 3].reduce((best, corner) => pixels[4 * corner] > pixels[4 * best] ? corner : best);
  return `${brightest % 2 ? "right" : "left"} ${brightest < 2 ? "top" : "bottom"}`;
})"""


def sources(page: Page, selector: str, count: int) -> list[str]:
    page.wait_for_function(LOADED, arg=[selector, count])
    return page.evaluate(SOURCES, selector)


def wait_until_changed(page: Page, selector: str, before: list[str]) -> list[str]:
    page.wait_for_function(CHANGED, arg=[selector, before], polling=LOOK)
    return page.evaluate(SOURCES, selector)


def captions(page: Page) -> list[str]:
    return page.locator(f"{COPIES} [data-testid=stImageCaption]").all_inner_texts()


def fresh(browser: Browser, server: str, **options) -> Page:
    return browser.new_context(base_url=server, **options).new_page()


def test_a_batch_of_photos_is_drawn_shared_and_seen_again(page: Page, browser: Browser, server: str):
    page.goto("/Dataset")
    expect(page.get_by_role("heading", name="What does the network see?")).to_be_visible()
    first = sources(page, ROWS, 6)
    page.get_by_role("button", name="Another batch").click()
    second = wait_until_changed(page, ROWS, first)
    page.get_by_text("Beside each, what the network sees").click()
    sources(page, ROWS, 12)
    page.get_by_text("What a batch is: 32 photos at once").click()
    expect(page.get_by_text("(32, 160, 160, 3)")).to_be_visible()
    page.wait_for_function(LOADED, arg=[".st-key-dataset-batch-sheet img", 32])
    look(page, "dataset")

    other = fresh(browser, server, viewport=PHONE, color_scheme="dark")
    other.goto(page.url)
    pairs = sources(other, ROWS, 12)
    assert pairs[::2] == second
    expect(other.get_by_text("(32, 160, 160, 3)")).to_be_visible()
    assert other.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    look(other, "dataset-phone-dark")
    other.context.close()


def test_a_photo_is_augmented_turned_drawn_again_and_shared(page: Page, browser: Browser, server: str):
    page.goto("/Augmentation")
    first = sources(page, f"{COPIES} img", 9)
    turn = page.get_by_role("slider", name="Turn by up to")
    turn.focus()
    turn.press("Home")
    expect(page.get_by_text("Off: no photo is turned.")).to_be_visible()
    before = wait_until_changed(page, f"{COPIES} img", first)
    assert {caption.replace("\N{NO-BREAK SPACE}", " ") for caption in captions(page)} <= {"flipped ⇆", "not flipped"}
    turn.press("End")
    expect(page.get_by_text("of a full turn, either way")).to_be_visible()
    turned = wait_until_changed(page, f"{COPIES} img", before)
    page.get_by_role("button", name="Again").click()
    again = wait_until_changed(page, f"{COPIES} img", turned)
    assert all(re.search(r"[↺↻].\d+\.\d°$", caption) for caption in captions(page))
    look(page, "augmentation")

    other = fresh(browser, server, viewport=PHONE, color_scheme="dark")
    other.goto(page.url)
    assert sources(other, f"{COPIES} img", 9) == again
    assert captions(other) == captions(page)
    assert other.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    look(other, "augmentation-phone-dark")
    other.context.close()


def test_the_captions_say_where_a_marked_corner_went(page: Page):
    marked = np.zeros((90, 120, 3), np.uint8)
    marked[:45, :60] = 255
    page.goto("/Augmentation?augmentation.seed=3&augmentation.flip=left-right&augmentation.copies=16")
    first = sources(page, f"{COPIES} img", 16)
    page.get_by_role("button", name="Your own picture").click()
    page.locator("[data-testid=stFileUploader] input[type=file]").set_input_files(
        {"name": "corner.png", "mimeType": "image/png", "buffer": png(marked)}
    )
    expect(page.get_by_text("your picture · 160 × 160")).to_be_visible()
    wait_until_changed(page, f"{COPIES} img", first)
    page.keyboard.press("Escape")
    seen = list(zip(captions(page), page.evaluate(CORNERS, f"{COPIES} img"), strict=True))
    assert {corner for _, corner in seen} == {"left top", "right top"}
    assert all((corner == "right top") == caption.startswith("flipped") for caption, corner in seen)


def test_the_demonstration_redraws_by_itself_and_stays_where_it_is_stopped(page: Page):
    page.goto("/Augmentation?augmentation.seed=5&augmentation.turn=90")
    before = sources(page, f"{COPIES} img", 9)
    page.get_by_text("Every second").click()
    between = wait_until_changed(page, f"{COPIES} img", before)
    wait_until_changed(page, f"{COPIES} img", between)
    page.get_by_text("Every second").click()
    page.wait_for_url(lambda address: "augmentation.every" not in address and "augmentation.seed=5" not in address)
    held = sources(page, f"{COPIES} img", 9)
    page.reload()
    assert sources(page, f"{COPIES} img", 9) == held


@pytest.mark.slow
def test_everything_on_both_pages_is_reached_by_the_keyboard(page: Page):
    wanted = {
        "/Dataset?dataset.seed=1": {"Another batch", "training", "Seed", "Beside each, what the network sees"},
        "/Augmentation?augmentation.seed=1&augmentation.turn=9": {
            "Another photo",
            "Your own picture",
            "Again",
            "Every second",
            "Turn by up to",
            "Fill gaps",
            "As in",
            "Copies",
            "Seed",
            "Zoom",
            "Train network 2, Augmented",
        },
    }
    for address, names in wanted.items():
        page.goto(address)
        page.wait_for_function("() => [...document.images].filter(image => image.naturalWidth).length > 5")
        if "Zoom" in names:
            page.get_by_text("More: zoom, shift").click()
            expect(page.get_by_role("slider", name="Zoom")).to_be_visible()
        page.locator("h1").click()
        reached: set[str] = set()
        for _ in range(120):
            page.keyboard.press("Tab")
            reached.add(page.evaluate(FOCUSED))
        assert names <= reached, names - reached
    page.goto("/Dataset?dataset.seed=1")
    page.get_by_role("radio", name="3", exact=True).focus()
    page.keyboard.press("ArrowRight")  # within a group of choices the arrows lead on
    page.keyboard.press("Space")
    sources(page, ROWS, 8)


# What a screen reader calls the focused element: its label, or the text inside it.
FOCUSED = """() => {
  const at = document.activeElement;
  const label = at.labels?.[0]?.innerText || at.getAttribute("aria-label") || at.innerText || "";
  return label.split("\\n").find(line => line.trim() && !/^[a-z_]+$/.test(line)) || label.trim();
}"""


@pytest.mark.slow
def test_the_settings_are_carried_into_a_run_that_says_that_it_differs(page: Page):
    page.goto("/Augmentation?augmentation.seed=2&augmentation.flip=up-down&augmentation.turn=36")
    sources(page, f"{COPIES} img", 9)
    page.get_by_role("link", name="Train network 2, Augmented").click()
    expect(page.get_by_text("With your own augmentation")).to_be_visible()
    look(page, "training-own-augmentation")
    page.goto(f"{page.url}&training.epochs.post4-model2=1&training.share=5 %")  # a short one
    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("heading", name="post4-model2: finished")).to_be_visible(timeout=A_TRAINING)
    expect(
        page.get_by_text(re.compile("This run differs from the post: .*flip up-down, turn up to ±36°"))
    ).to_be_visible()

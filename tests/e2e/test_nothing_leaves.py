"""Every page with all that can be opened on it, in both themes: the browser asks this server, and nobody else.

`visiting` holds that for each journey; here is the one that walks through everything.
"""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import make_photos
from tests.e2e.conftest import settle, visiting
from tests.e2e.test_classify_journey import NOBODY, answered, drop, scene
from tests.serving import ROOT, served

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(280)]

LINK = re.compile(r"""(?:src|href)=["']([^"']+)|url\(["']?([^"')]+)""")
OWN = ("./", "../", "data:", "#")  # how an address begins that leads to this server, or to nobody


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address, where one network has learned; MobileNetV2's weights cannot be had."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"CATDOG_HOME": str(home), "KERAS_HOME": str(home / "keras")}
    environment |= {"CATDOG_PHOTOS": str(make_photos(home / "photos", train=40, validation=40))}
    environment |= {"http_proxy": NOBODY, "https_proxy": NOBODY, "no_proxy": "localhost"}
    command = [sys.executable, "-m", "catdog", "train", "post4-model2", "--epochs", "1", "--seed", "1"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    with served(environment, home / "server.log") as address:
        yield address


def each(page: Page, found: Locator) -> Iterator[Locator]:
    """Each of what is found now, once it can be seen; what is drawn anew meanwhile keeps its place."""
    for place in range(found.count()):
        if found.nth(place).is_visible():
            yield found.nth(place)
            settle(page)


def open_everything(page: Page) -> int:
    """Every tab, panel and popover that the page has, one after another; returns how many there were."""
    opened = 0
    settle(page)
    for tab in [None, *each(page, page.get_by_role("tab"))]:
        if tab is not None:
            tab.click()
            settle(page)
            opened += 1
        while (closed := page.locator(".stMain details:not([open]) > summary")).count():
            closed.first.click()
            settle(page)
            opened += 1
        for button in each(page, page.locator("[data-testid=stPopover] button:enabled")):
            button.click()
            settle(page)
            page.keyboard.press("Escape")
            opened += 1
    return opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_with_everything_open_asks_nobody_else(browser: Browser, trained: str, scheme: str):
    opened = {}
    with visiting(browser, trained, color_scheme=scheme) as page:
        for name in ("", "Dataset", "Augmentation", "Training?recipe=post4-model4", "Results", "Classify"):
            page.goto(f"/{name}")
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            if name == "Classify":
                drop(page, ("a.png", scene(1)), ("b.png", scene(2)))
                answered(page)
                page.get_by_text("Ask all networks", exact=True).first.click()
                expect(page.get_by_role("heading", name="All networks on this picture")).to_be_visible()
            opened[name.partition("?")[0]] = open_everything(page)
    assert all(opened[name] >= least for name, least in {"Dataset": 3, "Augmentation": 4, "Training": 3}.items())
    assert opened["Results"] >= 8
    assert opened["Classify"] >= 3


def test_a_training_that_is_watched_from_its_start_to_its_end_asks_nobody_else(browser: Browser, trained: str):
    with visiting(browser, trained) as page:
        page.goto("/Training?recipe=post4-model1")
        epochs = page.get_by_role("spinbutton", name="Epochs")
        epochs.fill("1")
        epochs.press("Enter")
        settle(page)
        page.get_by_role("button", name="Start training").click()
        expect(page.get_by_text("photos it has never seen")).to_be_visible()
        assert open_everything(page) >= 3


def test_what_is_served_first_links_to_nothing_elsewhere(trained: str):
    with urllib.request.urlopen(trained) as answer:
        page = answer.read().decode()
    sheets = re.findall(r'rel="stylesheet"[^>]* href="\./([^"]+)"', page)
    assert sheets
    for text in (page, *(_text(f"{trained}/{sheet}") for sheet in sheets)):
        linked = [one or other for one, other in LINK.findall(re.sub("<!--.*?-->", "", text, flags=re.DOTALL))]
        assert [link for link in linked if not link.startswith(OWN)] == []


def _text(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()

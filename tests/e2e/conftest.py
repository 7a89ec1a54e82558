"""The real server, real workers, real photos, a real browser."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, WebSocket, Worker, expect, sync_playwright

from tests.conftest import REAL_PHOTOS, make_photos, skip_or_fail
from tests.serving import FLAGS, PATIENCE, ROOT, chromium, served

SAID = re.compile(r"^(Not sure: )?(cat|dog), (over )?\d+.%$", re.IGNORECASE)  # the answer about a picture
LEARNED = ("post4-model1", "post4-model3")  # the recipes of the runs in `learned`
SCREENSHOTS = ROOT / "screenshots"
SETTLED = """() => document.querySelector('[data-testid=stApp]:has(h1)')?.dataset.testScriptState === 'notRunning'
    && [...document.images].every(image => image.complete)"""


@pytest.fixture(scope="session")
def browser() -> Browser:
    found = chromium()
    if not found:
        skip_or_fail("no Chromium is installed: apt install chromium")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The dashboard's address, served from an empty home. Its output is in the home's `server.log`."""
    if not os.environ.get(REAL_PHOTOS):
        skip_or_fail(f"{REAL_PHOTOS} does not name the archive of the real photos")
    home = tmp_path_factory.mktemp("home")
    named = {"CATDOG_HOME": str(home), "CATDOG_PHOTOS": "real"}  # no sample meanwhile
    with served(os.environ | named, home / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def learned(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in whose home two small networks have learned from small pictures. Copy the home to change it."""
    home = tmp_path_factory.mktemp("learned")
    photos = make_photos(tmp_path_factory.mktemp("small") / "photos", train=40, validation=40)
    environment = dict(os.environ) | {"CATDOG_HOME": str(home), "CATDOG_PHOTOS": str(photos)}
    for key in LEARNED:
        command = [sys.executable, "-m", "catdog", "train", key, "--epochs", "3", "--seed", "1"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    return environment


@pytest.fixture(scope="session")
def school(learned: dict[str, str]) -> Iterator[str]:
    """The dashboard's address, where two networks have learned: to look at, and to train another. Delete nothing."""
    with served(learned, Path(learned["CATDOG_HOME"]) / "server.log") as address:
        yield address


@contextmanager
def visiting(browser: Browser, address: str, **options) -> Iterator[Page]:
    """A fresh visitor at a projector's size, or with the options given; fails where anyone else was asked."""
    context = browser.new_context(base_url=address, **{"viewport": {"width": 1920, "height": 1080}} | options)
    foreign: list[str] = []

    def asked(what: Request | WebSocket | Worker) -> None:
        if not is_ours(what.url, address):
            foreign.append(what.url)

    context.on("request", asked)  # of all its pages, and of workers that would stay behind them
    context.on("page", lambda page: page.on("websocket", asked))
    context.on("serviceworker", asked)
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
    assert foreign == []


@pytest.fixture
def page(browser: Browser, server: str) -> Iterator[Page]:
    """A fresh visitor at a projector's size; fails the test where the page asked any other server for anything."""
    with visiting(browser, server) as page:
        yield page


def look(page: Page, name: str) -> None:
    """Leave a screenshot for people."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")


def settle(page: Page) -> None:
    """Wait until the page is drawn, with its title and all its pictures: before, what was there may stand beside it."""
    page.wait_for_function(SETTLED)


def is_ours(url: str, server: str) -> bool:
    """Whether that is asked of this very server, or of nobody."""
    return urlsplit(url).netloc == urlsplit(server).netloc or url.startswith(("data:", "blob:"))

"""The real server, real workers, real photos, a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import REAL_PHOTOS, skip_or_fail

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
FLAGS += ["--disable-component-update", "--disable-sync", "--no-first-run"]
STARTUP = 60  # seconds
PATIENCE = 60_000  # milliseconds: a shared machine may be slow, and no test here is about speed


@pytest.fixture(scope="session")
def browser() -> Browser:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)
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
    port = free_port()
    environment = os.environ | {"CATDOG_HOME": str(home)}
    environment.pop("CATDOG_PHOTOS", None)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", f"--server.port={port}"]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, "--server.headless=true"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
        address = f"http://localhost:{port}"
        try:
            wait_until_healthy(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def page(browser: Browser, server: str) -> Page:
    """A fresh visitor at a projector's size; fails the test where the page asked any other server for anything."""
    context = browser.new_context(viewport={"width": 1920, "height": 1080}, base_url=server)
    page = context.new_page()
    foreign: list[str] = []
    page.on("request", lambda request: None if is_ours(request.url, server) else foreign.append(request.url))
    page.set_default_timeout(PATIENCE)
    yield page
    context.close()
    assert foreign == []


def is_ours(url: str, server: str) -> bool:
    return url.startswith((server, "data:", "blob:"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_healthy(address: str, process: subprocess.Popen) -> None:
    pause = threading.Event()
    for _ in range(STARTUP * 5):
        assert process.poll() is None, "the server ended"
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            pause.wait(0.2)
    pytest.fail(f"the server did not answer within {STARTUP} seconds")

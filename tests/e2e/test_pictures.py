"""The README's pictures: each page as it looks in a lesson, on the drawn sample, with four trained networks.

    CATDOG_PICTURES=docs .venv/bin/python -m pytest tests/e2e/test_pictures.py -m slow

The real photos may not be published again, so that none is in a picture. Without CATDOG_PICTURES, which names the
folder for the pictures, nothing is trained and the tests are skipped: it takes some minutes.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.e2e.conftest import visiting
from tests.e2e.test_offline_journey import fresh_machine
from tests.e2e.views import drawn, example
from tests.serving import ROOT, served

FOLDER = os.environ.get("CATDOG_PICTURES")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(3_600),
    pytest.mark.skipif(not FOLDER, reason="CATDOG_PICTURES does not name a folder for the README's pictures"),
]

RUNS = {"post3-model1": 10, "post3-model2": 10, "post3-model3": 10, "post3-model4": 10}  # recipe: epochs
SCREEN = {"width": 1400, "height": 900}
WIDTH = 1280  # pixels of a picture
COPY_1 = "[data-testid=stImage] img[alt^='Copy 1']"


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address after a lesson."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"CATDOG_HOME": str(home), "CATDOG_PHOTOS": "sample"}
    for recipe, epochs in RUNS.items():
        command = [sys.executable, "-m", "catdog", "train", recipe, "--epochs", str(epochs), "--seed", "1"]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True)
    with served(environment, home / "server.log") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, lesson: str) -> Iterator[Page]:
    with visiting(browser, lesson, viewport=SCREEN) as page:
        yield page


def picture(page: Page, name: str) -> None:
    """Write what is on the screen, with few colours, so that the project stays small."""
    page.mouse.move(0, 0)
    drawn(page)
    raw = Path(FOLDER) / f"{name}.png"
    page.screenshot(path=raw)
    with Image.open(raw) as image:
        small = image.convert("RGB").resize((WIDTH, WIDTH * image.height // image.width), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(raw, optimize=True)


def test_home(visitor: Page):
    visitor.goto("/")
    expect(visitor.get_by_role("img", name="A cat").first).to_be_visible()
    picture(visitor, "home")


def test_dataset(visitor: Page):
    visitor.goto("/Dataset?dataset.seed=12&dataset.network=true")
    expect(visitor.get_by_role("button", name="Another batch")).to_be_visible()
    picture(visitor, "dataset")


def test_augmentation(visitor: Page):
    visitor.goto(
        "/Augmentation?augmentation.seed=7&augmentation.photo=3&augmentation.flip=left-right&augmentation.turn=72"
    )
    expect(visitor.locator(COPY_1).first).to_be_visible()
    picture(visitor, "augmentation")


def test_training(visitor: Page):
    visitor.goto("/Training?recipe=post3-model3")
    visitor.get_by_text("Earlier runs").click()
    visitor.get_by_role("link", name="post3-model3 (drawn sample) · finished").click()
    expect(visitor.get_by_role("heading", name="post3-model3 (drawn sample): finished")).to_be_visible()
    picture(visitor, "training")


def test_results(visitor: Page):
    visitor.goto("/Results")
    visitor.get_by_role("heading", name="Side by side").scroll_into_view_if_needed()
    visitor.locator(".stMain").evaluate("main => main.scrollBy(0, 420)")
    picture(visitor, "results")


def test_classify(visitor: Page):
    visitor.goto("/Classify")
    example(visitor)
    picture(visitor, "classify")


def test_offline(browser: Browser, tmp_path: Path):
    with (
        served(fresh_machine(tmp_path), tmp_path / "server.log") as address,
        visiting(browser, address, viewport=SCREEN) as page,
    ):
        page.goto("/")
        expect(page.get_by_text("The lesson goes on without the real photos.")).to_contain_text("refused")
        expect(page.get_by_text("600 drawn ones stand in for the real ones.")).to_be_visible()
        page.get_by_role("heading", name="What is ready").evaluate("heading => heading.scrollIntoView()")
        picture(page, "offline")

"""The whole lesson on a fresh machine whose network refuses every connection, and what comes when it no longer does."""

import os
import re
import time
from collections.abc import Iterator

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from catdog.recipes import ARCHITECTURES, lesson_recipe
from catdog.ui.lesson import NETWORK
from tests.conftest import REAL_PHOTOS, half_bright, jpeg, skip_or_fail
from tests.e2e.conftest import SAID, look, visiting
from tests.serving import A_TRAINING, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(500)]

NOBODY = "http://127.0.0.1:9"  # the discard port: refused
REFUSED = 3  # seconds that a refused connection may take, at most, until the page says so
PAGES = {
    "Dataset": "What does the network see?",
    "Augmentation": "How many pictures hide in one?",
    "Training": "Can it learn?",
    "Results": "Which one learned, and which one memorised?",
    "Classify": "What does it say about yours?",
}


def fresh_machine(home) -> dict[str, str]:
    """The environment of a machine with the packages and nothing else: no photos, no weights, no network."""
    environment = {name: value for name, value in os.environ.items() if name not in ("CATDOG_PHOTOS", REAL_PHOTOS)}
    environment |= {"CATDOG_HOME": str(home), "KERAS_HOME": str(home / "keras")}
    environment |= {REAL_PHOTOS: f"{NOBODY}/photos.zip", "CATDOG_WEIGHTS_URL": f"{NOBODY}/weights.h5"}
    return environment | {"http_proxy": NOBODY, "https_proxy": NOBODY, "no_proxy": "localhost"}


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address on such a machine."""
    home = tmp_path_factory.mktemp("offline")
    with served(fresh_machine(home), home / "server.log") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, offline: str) -> Iterator[Page]:
    with visiting(browser, offline) as page:
        yield page


def test_the_first_page_says_what_stands_in_and_why(visitor: Page):
    arrived = time.monotonic()
    visitor.goto("/")
    expect(visitor.get_by_text("The lesson goes on without the real photos.")).to_contain_text("refused")
    waited = time.monotonic() - arrived
    expect(visitor.get_by_role("img", name="A cat").first).to_be_visible()
    expect(visitor.get_by_text("600 drawn ones stand in for the real ones.")).to_be_visible()
    expect(visitor.get_by_text("Network 4 builds on the embedded base, not the post's")).to_be_visible()
    expect(visitor.get_by_text("600 drawings")).to_be_visible()
    look(visitor, "offline-home")
    # All of it: the page, the refused connection, and the look that finds it out, on a machine that others use as well.
    assert waited < 3 * REFUSED
    visitor.get_by_role("button", name="Try again").click()
    expect(visitor.get_by_text("The lesson goes on without the real photos.")).to_contain_text("refused")


@pytest.mark.parametrize("name", PAGES)
def test_every_page_is_there_without_an_error(visitor: Page, name: str):
    visitor.goto(f"/{name}")
    expect(visitor.get_by_role("heading", name=PAGES[name])).to_be_visible()
    if name == "Dataset":
        expect(visitor.get_by_role("img", name="A dog, in its own shape").first).to_be_visible()
    if name == "Augmentation":
        expect(visitor.get_by_text(re.compile(r"\d°")).first).to_be_visible()
    expect(visitor.locator("[data-testid=stException]")).to_have_count(0)


def test_the_first_lesson_takes_four_clicks(visitor: Page):
    visitor.goto("/")
    visitor.get_by_role("button", name="Begin: look at the photos").click()
    expect(visitor.get_by_role("img", name="A cat, in its own shape").first).to_be_visible()
    visitor.get_by_role("button", name="Choose a network").click()
    expect(visitor.get_by_text("First lesson, 2 of 4.")).to_be_visible()
    look(visitor, "offline-lesson-training")
    epochs = visitor.get_by_role("spinbutton", name="Epochs")
    epochs.fill("2")  # those who do not wait for a test leave it at 20
    epochs.press("Enter")
    visitor.get_by_role("button", name="Start training").click()
    expect(visitor.get_by_text("First lesson, 3 of 4.")).to_be_visible()
    visitor.get_by_role("button", name="Ask it").click(timeout=A_TRAINING)
    expect(visitor.get_by_text("First lesson, 4 of 4.")).to_be_visible()
    visitor.get_by_role("button", name="An example").click()
    expect(visitor.get_by_role("heading", name=SAID)).to_be_visible()
    look(visitor, "offline-lesson-classify")


@pytest.mark.slow
@pytest.mark.parametrize("architecture", [key for key in ARCHITECTURES if key != NETWORK])
def test_the_networks_that_the_lesson_leaves_out_train_on_the_sample_as_well(visitor: Page, architecture: str):
    key = lesson_recipe(architecture).key
    visitor.goto(f"/Training?recipe={key}")
    if architecture == "transfer":
        expect(visitor.get_by_text("Embedded base, not the post's.")).to_be_visible()
    epochs = visitor.get_by_role("spinbutton", name="Epochs")
    epochs.fill("1")
    epochs.press("Enter")
    visitor.get_by_role("button", name="Start training").click()
    stand_ins = "embedded base, drawn sample" if architecture == "transfer" else "drawn sample"
    expect(visitor.get_by_role("heading", name=f"{key} ({stand_ins}): finished")).to_be_visible(timeout=A_TRAINING)
    expect(visitor.get_by_text("On 38 photos it has never seen")).to_be_visible()
    look(visitor, f"offline-{architecture}")


def test_a_picture_of_ones_own_is_classified(visitor: Page, tmp_path):
    picture = tmp_path / "pet.jpg"
    picture.write_bytes(jpeg(half_bright(0, np.random.default_rng(1))))
    visitor.goto("/Classify")
    visitor.set_input_files("[data-testid=stFileUploader] input[type=file]", picture)
    expect(visitor.get_by_role("img", name=re.compile("pet.jpg")).first).to_be_visible()
    expect(visitor.get_by_role("heading", name=SAID)).to_be_visible()
    assert "classify.model=starter" in visitor.url  # what has learned from drawings is not asked about photos first


def test_the_real_photos_come_by_themselves_and_the_switch_is_offered(browser: Browser, tmp_path):
    archive = os.environ.get(REAL_PHOTOS)
    if not archive:
        skip_or_fail(f"{REAL_PHOTOS} does not name the archive of the real photos")
    with (
        served(fresh_machine(tmp_path) | {REAL_PHOTOS: archive}, tmp_path / "server.log") as address,
        visiting(browser, address) as page,
    ):
        page.goto("/Dataset")
        expect(page.get_by_role("button", name="Use the 3,000 real photos: they are ready")).to_be_visible()
        expect(page.get_by_text("Training: 200 cats and 200 dogs.")).to_be_visible()
        look(page, "offline-switch")
        page.get_by_role("button", name="Use the 3,000 real photos: they are ready").click()
        expect(page.get_by_text("Training: 1,000 cats and 1,000 dogs.")).to_be_visible()
        assert "photos=real" in page.url

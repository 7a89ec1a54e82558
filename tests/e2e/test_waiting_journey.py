"""Waiting is never blank: what is slow is held back, and its words stand there, in a browser a quarter as fast."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.conftest import half_bright, png
from tests.e2e.conftest import LEARNED, SAID, settle, visiting
from tests.e2e.test_classify_journey import drop
from tests.serving import A_TRAINING, PATIENCE, served

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

HELD_BACK = Path(__file__).parent / "held_back"
SLOWER = 4  # times: what a phone or an old laptop is against the machine that this runs on
PAGES = {
    "": "Can a computer tell cats from dogs?",
    "Dataset": "What does the network see?",
    "Augmentation": "How many pictures hide in one?",
    "Training": "Can it learn?",
}
PICTURE = png(half_bright(0, np.random.default_rng(1)))

Hold = Callable[[str], AbstractContextManager[None]]


@pytest.fixture
def home(tmp_path: Path, learned: dict[str, str]) -> Path:
    """A home where two small networks have learned, for one server alone: it has loaded nothing yet."""
    shutil.copytree(learned["CATDOG_HOME"], tmp_path / "home", ignore=shutil.ignore_patterns("server.*", "*.lock"))
    return tmp_path / "home"


@pytest.fixture
def hold(home: Path) -> Hold:
    """Holds back one thing of the server, by its name, as long as the test is inside."""

    @contextmanager
    def hold(name: str) -> Iterator[None]:
        file = home / f"hold-{name}"
        file.touch()
        yield
        file.unlink()

    return hold


@pytest.fixture
def visitor(browser: Browser, home: Path, learned: dict[str, str], request: pytest.FixtureRequest) -> Iterator[Page]:
    """The first visitor of a fresh server, whose browser is slow."""
    slower = getattr(request, "param", SLOWER)
    path = os.pathsep.join(filter(None, (str(HELD_BACK), os.environ.get("PYTHONPATH"))))
    environment = learned | {"CATDOG_HOME": str(home), "PYTHONPATH": path}
    with served(environment, home / "server.log") as address, visiting(browser, address) as page:
        page.set_default_timeout(slower * PATIENCE)
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        yield page


def words(page: Page, text: str | re.Pattern[str]) -> Locator:
    return page.get_by_text(text).first


def open_tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()


def test_the_first_visit_of_each_page_says_what_it_waits_for(visitor: Page, hold: Hold):
    with hold("photos"):
        for page, question in PAGES.items():
            visitor.goto(f"/{page}")
            expect(visitor.get_by_role("heading", name=question)).to_be_visible()
            expect(words(visitor, "The photos are not ready yet.")).to_be_visible()
    expect(words(visitor, "The photos are not ready yet.")).to_have_count(0)


def test_photos_that_are_opened_slowly_have_words_in_their_place(visitor: Page, hold: Hold):
    visitor.goto("/Dataset")
    first = visitor.get_by_role("img", name="A cat").first
    before = first.get_attribute("src")
    with hold("picture"):
        visitor.get_by_role("button", name="Another batch").click()
        expect(words(visitor, "Opening the photos …")).to_be_visible()
    expect(words(visitor, "Opening the photos …")).to_have_count(0)
    expect(first).not_to_have_attribute("src", before)


def test_the_first_augmentation_says_that_keras_is_loaded_and_each_that_it_is_drawn(visitor: Page, hold: Hold):
    with hold("keras"):
        visitor.goto("/Augmentation")
        expect(words(visitor, re.compile(r"Loading Keras.*\d s so far"))).to_be_visible()
    copies = visitor.get_by_role("img", name=re.compile("^Copy 1:"))
    before = copies.get_attribute("src")
    with hold("copies"):
        visitor.get_by_role("button", name="Again").click()
        expect(words(visitor, "Drawing the copies …")).to_be_visible()
    expect(copies).not_to_have_attribute("src", before)
    with hold("copies"):
        words(visitor, re.compile("^A whole batch")).click()
        expect(words(visitor, "Drawing a whole batch …")).to_be_visible()
    expect(words(visitor, "In training every photo of a batch")).to_be_visible()


def test_each_way_to_look_at_a_run_says_what_it_is_doing(visitor: Page, hold: Hold):
    visitor.goto("/Results")
    with hold("network"):
        open_tab(visitor, "Inside")
        expect(words(visitor, "The network is being loaded")).to_be_visible()
    expect(words(visitor, "What each layer makes of a photo.")).to_be_visible()
    with hold("maps"):
        visitor.get_by_role("button", name="Another photo").click()
        expect(words(visitor, "The network looks at the photo, layer by layer …")).to_be_visible()
    expect(words(visitor, "The network looks at the photo, layer by layer …")).to_have_count(0)

    open_tab(visitor, "Mistakes")
    words(visitor, "surest right answers").click()
    pictures = visitor.locator("[class*=st-key-results-cell-] img")
    expect(pictures).not_to_have_count(0)
    with hold("reason"):
        visitor.get_by_text("Why", exact=True).click()
        expect(words(visitor, re.compile(r"Asking it why: 0 of \d+ photos"))).to_be_visible()
    expect(words(visitor, re.compile("Asking it why"))).to_have_count(0)

    open_tab(visitor, "Take away")
    for thing, label, said in (
        ("file", "Make Keras", "Keras (.keras) is being made."),
        ("report", "Make the report", "The report is being written."),
    ):
        with hold(thing):
            visitor.get_by_role("button", name=label).click()
            expect(words(visitor, said)).to_be_visible()
        expect(words(visitor, said)).to_have_count(0)
        expect(
            visitor.locator("[data-testid=stDownloadButton] button", has_text=label.rpartition(" ")[2].capitalize())
        ).to_be_visible()


def test_a_picture_that_is_dropped_has_words_until_it_has_an_answer_and_a_reason(visitor: Page, hold: Hold):
    with hold("network"):
        visitor.goto("/Classify")
        expect(words(visitor, "The network is being loaded")).to_be_visible()
        drop(visitor, ("mine.png", PICTURE))
        expect(visitor.get_by_role("img", name="The picture mine.png")).to_be_visible()
    answer = visitor.get_by_role("heading", name=SAID)
    expect(answer).to_be_visible()
    with hold("answer"):
        drop(visitor, ("another.png", PICTURE))
        expect(words(visitor, "Asking the network …")).to_be_visible()
    settle(visitor)  # its reason has come: the next one is to be held
    with hold("reason"):
        drop(visitor, ("third.png", PICTURE))
        expect(answer).to_be_visible()
        expect(words(visitor, "Asking it why …")).to_be_visible()
    expect(words(visitor, "What spoke most for")).to_be_visible()
    with hold("network"):
        words(visitor, "Ask all networks").click()
        expect(words(visitor, "All networks on this picture")).to_be_visible()
        expect(words(visitor, "The network is being loaded")).to_be_visible()
    expect(words(visitor, re.compile("^(All say|They disagree)"))).to_be_visible()


@pytest.mark.parametrize("visitor", [1], indirect=True, ids=[""])  # what a slow browser draws late is over by then
def test_a_run_says_what_it_does_before_its_first_step_and_announces_its_end_on_another_page(visitor: Page):
    visitor.goto(f"/Training?recipe={LEARNED[0]}")
    epochs = visitor.get_by_role("spinbutton", name="Epochs")
    epochs.fill("1")
    epochs.press("Enter")
    start = visitor.get_by_role("button", name="Start training")
    expect(start).to_be_enabled()
    start.click()
    begins = "Starting|Starting Python|Loading TensorFlow|Building the network|Preparing the first step"
    expect(words(visitor, re.compile(f"^({begins}) …"))).to_be_visible()
    visitor.get_by_role("link", name="Dataset", exact=True).click()
    expect(visitor.get_by_role("heading", name=PAGES["Dataset"])).to_be_visible()
    said = visitor.get_by_role("alertdialog")  # a screen reader tells of it by itself
    expect(said).to_contain_text(f"{LEARNED[0]} has finished", timeout=A_TRAINING)
    expect(said).to_contain_text("on validation. Look at it on Results.")
    said.get_by_role("button", name="Close").click()
    expect(said).to_have_count(0)

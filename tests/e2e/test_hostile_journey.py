"""Names, addresses and files that are meant to do harm, in a real browser: all of it is shown, and none of it works."""

import io
import os
import zipfile
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from catdog.recipes import recipe
from catdog.training.folder import RunFolder
from catdog.training.request import RunRequest
from catdog.training.state import State
from tests.e2e.conftest import look, visiting
from tests.e2e.test_classify_journey import NOBODY, answered, drop, scene
from tests.hostile.bombs import pictures
from tests.pages.conftest import tell
from tests.serving import served

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(400)]

JOINER = "\N{WORD JOINER}"
TAG = "<img src=x onerror=window.hacked=1>"  # without quotes, which a browser spells otherwise in the names of files
NAMES = [
    f"{TAG}.jpg",
    "<script>window.hacked=1<.script>.jpg",
    "![x](http:.e.vil) [y](javascript:window.hacked=1) **b** `c`.jpg",
    "$x^2$ $$y$$ :red[r] :material-home: :cat: :streamlit: :+1:.jpg",
    "a -> b <- c <-> d >= e <= f ~= g -- h.jpg",
    "# title | a | b | - [ ] todo &lt;b&gt; www.e.vil me@e.vil.jpg",
]
TITLE = f"{TAG} <b>a</b> $x$"  # no longer than a name may be
QUERIES = ("run", "recipe", "augmentation", "photos", "results.run", "results.runs", "classify.model", "dataset.seed")
PAGES = ("", "Dataset", "Augmentation", "Training", "Results", "Classify")


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address, served from a home with one run that someone has given an evil name."""
    home = tmp_path_factory.mktemp("home")
    asked = RunRequest.of(recipe("post1-model1"), epochs=2)
    run = RunFolder.create(home / "runs", asked, {"photos": {"name": TITLE, "kind": "own"}})
    tell(home, run.id, [(0.6, 0.55), (0.7, 0.6)], phase="finished")
    run.rename(TITLE)
    run.write_state(State("finished", "", None, 1.0, device=TITLE, precision=TITLE))
    environment = os.environ | {"CATDOG_HOME": str(home), "KERAS_HOME": str(home / "keras"), "CATDOG_PHOTOS": "real"}
    environment |= {"CATDOG_DATASET_URL": f"{NOBODY}/photos.zip", "http_proxy": NOBODY, "https_proxy": NOBODY}
    with served(environment, home / "server.log") as address:
        yield address


@pytest.fixture
def victim(browser: Browser, poisoned: str) -> Iterator[Page]:
    """A fresh visitor; fails where a dialog opened, or anyone else was asked for anything."""
    with visiting(browser, poisoned) as page:
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        yield page
        assert dialogs == []


def assert_unharmed(page: Page) -> None:
    """Nothing of what was brought has run, or become a part of the page."""
    assert page.evaluate("window.hacked") is None
    assert page.locator("[onerror], a[href*='e.vil'], a[href^=javascript], img[src*='e.vil'], img[src=x]").count() == 0
    assert page.get_by_alt_text("Streamlit logo").count() == 0


def test_files_with_evil_names_and_contents_are_shown_and_refused(victim: Page):
    inside = io.BytesIO()
    with zipfile.ZipFile(inside, "w") as archive:
        archive.writestr("cat.jpg", bytes(10**6))
    bomb = pictures()["PNG with 4,000 iCCPs of 3 MB"]()
    victim.goto("/Classify")
    drop(
        victim,
        *((name, b"") for name in NAMES),
        ("cat.jpg", inside.getvalue()),
        ("dog.jpg", bomb),
        (NAMES[0], scene(1)),
    )
    answered(victim)
    items = victim.get_by_role("listitem")
    expect(items).to_have_count(len(NAMES) + 2)
    said = [text.replace(JOINER, "") for text in items.all_inner_texts()]
    assert said[: len(NAMES)] == [f"{name}: The file is empty." for name in NAMES]
    assert said[-2].startswith("cat.jpg: This is not a picture that can be read here.")
    assert said[-1].startswith("dog.jpg: The picture is stored in a way that would take too long to read.")
    expect(victim.get_by_text(f"{NAMES[0]} · 320 × 240")).to_be_visible()
    assert_unharmed(victim)
    look(victim, "hostile-names")


def test_a_run_with_an_evil_name_is_only_called_so(victim: Page):
    victim.goto("/Results?results.tab=Settings")
    expect(victim.locator(".stMain strong").filter(has_text=TITLE).first).to_be_visible()
    expect(victim.locator(".legendtext").filter(has_text=TAG).first).to_be_visible()
    assert_unharmed(victim)
    victim.get_by_text("One run closely").scroll_into_view_if_needed()
    expect(victim.get_by_role("paragraph").filter(has_text=f"the folder {TITLE}").first).to_be_visible()
    assert_unharmed(victim)
    look(victim, "hostile-run")


def test_addresses_that_are_no_addresses_lead_to_pages_that_say_so(victim: Page):
    for name in PAGES:
        victim.goto(f"/{name}?" + "&".join(f"{query}={quote(TITLE)}" for query in QUERIES))
        expect(victim.get_by_role("heading", level=1)).to_be_visible()
        expect(victim.get_by_test_id("stStatusWidget")).to_have_count(0)
        expect(victim.get_by_test_id("stException")).to_have_count(0)
        assert_unharmed(victim)
    expect(victim.get_by_text(f"There is no model '{TITLE[:80]}")).to_be_visible()

"""Asking a network about one's own pictures in a real browser, on a machine without photos, runs or a connection."""

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, WebSocket, expect
from streamlit.proto.BackMsg_pb2 import BackMsg

from tests.conftest import jpeg, png
from tests.e2e.conftest import SAID, look, visiting
from tests.e2e.test_looking_journey import PHONE, sources, wait_until_changed
from tests.serving import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

NOBODY = "http://127.0.0.1:9"  # the discard port: refused
WHY = ".st-key-classify-picture-why img"
LONG = "one-word-" * 24 + ".png"
# Names that look like something else: a tag, a picture from elsewhere, a formula.
STRANGE = ["<img src=x onerror=alert(1)>.png", "![x](evil) **b**.png", "=1+1.png", "\N{CAT FACE} \N{DOG FACE}.png"]
STRANGE += ["www.evil.com.png", "someone@evil.com.png", "- a.png", "1. b--c.png"]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The dashboard's address, served from an empty home by a machine that reaches nobody."""
    home = tmp_path_factory.mktemp("home")
    environment = os.environ | {"CATDOG_HOME": str(home), "KERAS_HOME": str(home / "keras"), "CATDOG_PHOTOS": "real"}
    environment |= {"CATDOG_DATASET_URL": f"{NOBODY}/photos.zip", "http_proxy": NOBODY, "https_proxy": NOBODY}
    with served(environment, home / "server.log") as address:
        yield address


@pytest.fixture
def visitor(browser: Browser, alone: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A fresh visitor, with the options given."""
    with visiting(browser, alone, **getattr(request, "param", {})) as page:
        yield page


def scene(seed: int) -> bytes:
    """A picture with something bright and soft in it, 320 × 240."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:240, :320]
    spot = np.exp(-((rows - random.integers(60, 180)) ** 2 + (columns - random.integers(80, 240)) ** 2) / 4000)
    return png((spot[..., None] * random.integers(90, 255, 3) + random.integers(0, 60, (240, 320, 3))).astype(np.uint8))


def drop(page: Page, *files: tuple[str, bytes]) -> None:
    """Give files to the place to drop, all at once."""
    given = [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    place = page.locator("[data-testid=stFileUploader] input[type=file]")
    expect(place).to_have_count(1)  # after a drop the place moves
    place.set_input_files(given)


def answered(page: Page) -> str:
    """The answer about the picture that is looked at closely, once it is there."""
    heading = page.get_by_role("heading", name=SAID)
    expect(heading).to_be_visible()
    return heading.inner_text()


def test_three_files_are_dropped_explained_marked_and_taken_away(visitor: Page, tmp_path: Path):
    asked: list[BackMsg] = []
    visitor.on("websocket", lambda socket: listen(socket, asked))
    visitor.goto("/Classify")
    expect(visitor.get_by_role("heading", name="What does it say about yours?")).to_be_visible()
    expect(visitor.get_by_role("button", name="An example")).to_be_disabled()
    drop(
        visitor,
        ("first.png", scene(1)),
        ("broken.jpg", jpeg(np.zeros((90, 120, 3), np.uint8))[:400]),
        ("=2.png", scene(2)),
    )
    expect(visitor.get_by_text("1 file could not be read")).to_be_visible()
    expect(visitor.get_by_text("broken.jpg: The picture is damaged or incomplete.")).to_be_visible()
    words = answered(visitor)
    expect(visitor.get_by_text(re.compile(r"^2 pictures: \d cats?, \d dogs?, \d not sure$"))).to_be_visible()
    expect(visitor.get_by_text("=2.png · 320 × 240")).to_be_visible()
    expect(visitor.locator("[data-testid=stFileUploaderFile]")).to_have_count(0)
    visitor.wait_for_function("() => document.querySelectorAll('.stPlotlyChart .main-svg').length > 0")
    look(visitor, "classify")

    # The map becomes fainter, and only its own part of the page is drawn anew.
    before = sources(visitor, WHY, 1)
    asked.clear()
    strength = visitor.get_by_role("slider", name="Strength of the map")
    strength.focus()
    strength.press("Home")
    faint = wait_until_changed(visitor, WHY, before)
    strength.press("End")
    wait_until_changed(visitor, WHY, faint)
    moves = [one.rerun_script for one in asked if one.WhichOneof("type") == "rerun_script"]
    assert moves
    assert all(one.fragment_id for one in moves)

    # Marked where it is looked at closely, the truth stands in the gallery as well, and is counted.
    visitor.locator(".st-key-classify-truth-picture-2").get_by_role("radio", name="dog").click()
    in_gallery = visitor.locator(".st-key-classify-truth-gallery-2").get_by_role("radio", name="dog")
    expect(in_gallery).to_have_attribute("aria-checked", "true")
    right = int("dog" in words.lower())
    expect(visitor.get_by_text(f"Of 1 marked picture, {right} right: {100 * right} %.")).to_be_visible()

    visitor.get_by_text("Table", exact=True).click()
    with visitor.expect_download() as download:
        visitor.get_by_test_id("stDownloadButton").get_by_role("button").click()
    download.value.save_as(tmp_path / "catdog.csv")
    rows = list(csv.DictReader((tmp_path / "catdog.csv").open(encoding="utf-8-sig", newline="")))
    assert [row["file"] for row in rows] == ["first.png", "broken.jpg", "'=2.png"]
    assert [row["truth"] for row in rows] == ["", "", "dog"]
    assert rows[1]["error"].startswith("The picture is damaged or incomplete.")
    assert rows[2]["label"] in words.lower()
    look(visitor, "classify-table")

    # Another page and back, then all is put away.
    visitor.get_by_role("link", name="Dataset").click()
    expect(visitor.get_by_role("heading", name="What does the network see?")).to_be_visible()
    visitor.get_by_role("link", name="Classify", exact=True).click()
    assert answered(visitor) == words
    visitor.get_by_role("button", name="Put all away").click()
    expect(visitor.get_by_role("heading", name=SAID)).to_have_count(0)
    expect(visitor.get_by_text("could not be read")).to_have_count(0)


def listen(socket: WebSocket, asked: list[BackMsg]) -> None:
    """Collect all that the page asks of the server."""
    socket.on("framesent", lambda frame: asked.append(BackMsg.FromString(frame)) if isinstance(frame, bytes) else None)


def joined(names: list[str]) -> list[str]:
    """The names as the page holds them: a joiner, which takes no room, keeps addresses and dashes apart."""
    return [re.sub(r"(?<=www)(?=\.)|(?<=@)|(?<=-)(?=-)", "\N{WORD JOINER}", name) for name in names]


@pytest.mark.parametrize("visitor", [{"viewport": PHONE, "color_scheme": "dark"}], indirect=True)
def test_on_a_phone_strange_names_and_all_networks_fit_beside_each_other(visitor: Page):
    visitor.goto("/Classify?classify.all=true&classify.model=%3Cb%3Enobody%3C%2Fb%3E")
    expect(visitor.get_by_text("There is no model '<b>nobody</b>' here")).to_be_visible()
    expect(visitor.locator("video")).to_have_count(0)
    drop(
        visitor,
        *((name, b"") for name in STRANGE),
        *((name, scene(place)) for place, name in enumerate([*STRANGE, LONG])),
    )
    answered(visitor)
    expect(visitor.get_by_role("listitem")).to_have_text([f"{name}: The file is empty." for name in joined(STRANGE)])
    expect(visitor.get_by_text(f"{LONG} · 320 × 240")).to_be_visible()
    expect(visitor.get_by_text("Not trained here yet.")).to_have_count(4)
    expect(visitor.get_by_role("link", name="Train it").first).to_be_visible()
    assert visitor.locator(".stMain a[href*=evil], .stMain img[src*=evil], .stMain img[onerror]").count() == 0
    assert visitor.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    look(visitor, "classify-phone-dark")

"""A server that is opened to the network: the presenter comes in by the passphrase, a forger does not."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from catdog.ui.visitor import COOKIE
from tests.conftest import make_photos
from tests.e2e.conftest import look, visiting
from tests.serving import PATIENCE, served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(400)]

PHRASE = "blue whale 52"
VISITOR = "Visitor · you may look, augment and classify"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("opened")


@pytest.fixture(scope="module")
def opened(home: Path) -> Iterator[str]:
    """The dashboard, opened to the network, with a few photos of one's own; its output is in `server.log`."""
    photos = make_photos(home / "photos", train=12, validation=12)
    named = {
        "CATDOG_HOME": str(home),
        "CATDOG_PHOTOS": str(photos),
        "CATDOG_WEIGHTS_URL": "http://127.0.0.1:9/nothing",
        "CATDOG_PASSPHRASE": PHRASE,
        "STREAMLIT_SERVER_ADDRESS": "0.0.0.0",
        "STREAMLIT_SECRETS_FILES": str(home / "no-secrets.toml"),
    }
    with served(os.environ | named, home / "server.log") as address:
        yield address


def enter(page: Page, phrase: str) -> None:
    field = page.get_by_label("The presenter's passphrase")
    if not field.is_visible():
        page.get_by_role("button", name="I am the presenter").click()
    field.fill(phrase)
    field.press("Enter")


def test_the_presenter_comes_in_stays_in_after_a_reload_and_lets_the_class_train(opened: str, browser: Browser, home):
    with visiting(browser, opened) as chair, visiting(browser, opened) as student:
        for page in (chair, student):
            page.goto("/Training")
            expect(page.get_by_text(VISITOR)).to_be_visible()
            expect(page.get_by_role("button", name="Start training")).to_be_disabled()
            expect(page.get_by_text("The presenter starts trainings here.")).to_be_visible()
        look(student, "rights-visitor")

        enter(chair, "green whale 52")
        expect(chair.get_by_text("This is not the passphrase.")).to_be_visible()
        look(chair, "rights-wrong-passphrase")
        enter(chair, PHRASE)
        expect(chair.get_by_text("Presenter", exact=True)).to_be_visible()
        expect(chair.get_by_role("button", name="Start training")).to_be_enabled()
        assert "whale" not in chair.url
        chair.reload()
        expect(chair.get_by_text("Presenter", exact=True)).to_be_visible()
        expect(chair.get_by_role("button", name="Start training")).to_be_enabled()
        look(chair, "rights-presenter")

        student.reload()
        expect(student.get_by_text(VISITOR)).to_be_visible()
        chair.get_by_text("The class may start trainings").click()
        expect(chair.get_by_label("The class may start trainings")).to_be_checked()
        student.reload()
        expect(student.get_by_role("button", name="Start training")).to_be_enabled()
        student.get_by_role("spinbutton", name="Epochs").fill("1")
        student.get_by_role("button", name="Start training").click()
        expect(student.get_by_role("heading", name="post4-model1:")).to_be_visible()

        chair.get_by_text("The class may start trainings").click()
        expect(chair.get_by_label("The class may start trainings")).not_to_be_checked()
        chair.get_by_role("button", name="Leave presenter mode").click()
        expect(chair.get_by_text(VISITOR)).to_be_visible()
        chair.reload()
        expect(chair.get_by_text(VISITOR)).to_be_visible()
        cookie, theirs = (
            next(one for one in page.context.cookies() if one["name"] == COOKIE) for page in (chair, student)
        )
    assert (cookie["sameSite"], cookie["path"], cookie["httpOnly"]) == ("Strict", "/", False)
    assert cookie["value"] != theirs["value"]
    (run,) = (home / "runs").glob("2*")
    text = (run / "run.json").read_text()
    assert len(json.loads(text)["visitor"]) == 16
    assert theirs["value"] not in text
    assert "whale" not in (home / "server.log").read_text()


class Forger:
    """A visitor without a browser, who sends what a page does not offer. Speaks Streamlit's own messages."""

    def __init__(self, socket: ClientConnection, page: str) -> None:
        self.socket, self.page = socket, page
        while button(self.send(), "Start training") is None:
            pass

    def send(
        self, typed: dict[str, str] | None = None, pressed: str = "", switched: str = "", switched_off: str = ""
    ) -> list[ForwardMsg]:
        """Let the script run with these widgets, by their ids: texts, a button, a switch turned on or off."""
        message = BackMsg()
        message.rerun_script.page_name = self.page
        widgets = message.rerun_script.widget_states.widgets
        for widget, text in (typed or {}).items():
            widgets.add(id=widget, string_value=text)
        if pressed:
            widgets.add(id=pressed, trigger_value=True)
        if switched or switched_off:
            widgets.add(id=switched or switched_off, bool_value=bool(switched))
        self.socket.send(message.SerializeToString())
        answers = []
        while not answers or answers[-1].WhichOneof("type") != "script_finished":
            answers.append(ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE / 1000)))
        return answers


def elements(answers: list[ForwardMsg], kind: str) -> list:
    """What the server describes of one kind, such as "button"."""
    described = [message.delta.new_element for message in answers if message.WhichOneof("type") == "delta"]
    return [getattr(one, kind) for one in described if one.WhichOneof("type") == kind]


def button(answers: list[ForwardMsg], label: str):
    return next((one for one in elements(answers, "button") if one.label == label), None)


def words(answers: list[ForwardMsg]) -> str:
    return " ".join(one.body for kind in ("markdown", "alert") for one in elements(answers, kind))


@pytest.fixture
def forgers(opened: str) -> Iterator[list[Forger]]:
    """Two of them."""
    address = f"ws://{urlsplit(opened).netloc}/_stcore/stream"
    with connect(address, max_size=None) as one, connect(address, max_size=None) as other:
        yield [Forger(one, "Training"), Forger(other, "Training")]


def come_in(forger: Forger) -> tuple[str, str]:
    """Become the presenter; returns the ids of the switch for the class and of the way out."""
    outside = forger.send()
    field = next(one.id for one in elements(outside, "text_input") if "passphrase" in one.label)
    inside = forger.send(typed={field: PHRASE}, pressed=button(outside, "Enter").id)
    switch = next(one.id for one in elements(inside, "checkbox") if "class may" in one.label)
    return switch, button(inside, "Leave presenter mode").id


def runs(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "runs").glob("2*"))


def test_a_greyed_out_start_that_is_sent_all_the_same_starts_nothing(forgers: list[Forger], home: Path):
    forger, before = forgers[0], runs(home)
    start = button(forger.send(), "Start training")
    assert start.disabled
    answers = forger.send(pressed=start.id)
    assert "The presenter starts trainings here." in words(answers)
    assert runs(home) == before


def test_a_start_that_was_allowed_when_the_page_was_drawn_starts_nothing_any_more(forgers: list[Forger], home: Path):
    chair, forger = forgers
    switch, way_out = come_in(chair)
    chair.send(switched=switch)
    start, before = button(forger.send(), "Start training"), runs(home)
    assert not start.disabled
    chair.send(switched_off=switch)
    assert "The presenter starts trainings here." in words(forger.send(pressed=start.id))
    assert runs(home) == before
    chair.send(pressed=way_out)


def test_a_hidden_switch_that_is_sent_all_the_same_changes_nothing(forgers: list[Forger]):
    chair, forger = forgers
    switch, way_out = come_in(chair)
    assert button(forger.send(switched=switch), "Start training").disabled
    assert button(forger.send(), "Start training").disabled
    assert not button(chair.send(), "Start training").disabled
    assert button(chair.send(pressed=way_out), "Start training").disabled


def test_whoever_has_the_servers_caches_emptied_wins_nothing(forgers: list[Forger]):
    chair, forger = forgers
    _, way_out = come_in(chair)
    forger.socket.send(BackMsg(clear_cache=True).SerializeToString())
    assert button(forger.send(), "Start training").disabled
    assert not button(chair.send(), "Start training").disabled  # still remembered, and so is every wrong passphrase
    chair.send(pressed=way_out)

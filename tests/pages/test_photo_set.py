"""Which photos are in use, through AppTest: a first start without any, the switch to the real ones, each choice."""

import os
import shutil
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.background import BackgroundTask
from catdog.errors import DownloadError
from catdog.models.drawn import Drawn
from catdog.photos import prepared
from catdog.progress import Progress
from catdog.settings import DATASET_NAME
from catdog.training import Board
from catdog.ui import shared
from catdog.ui.frame import PAGES
from catdog.ui.shared import photos_task
from tests.conftest import make_photos
from tests.pages.conftest import ROOT, spoken
from tests.pages.test_classify_page import StandIn
from tests.pages.test_training_page import texts

HOME, DATASET, AUGMENTATION, TRAINING, RESULTS, CLASSIFY = PAGES
REFUSED = "No photos today: the sender is away."
REAL, SAMPLE = "The 3,000 real photos", "The drawn sample of 600"
DRAWINGS, PHOTOS = "14 drawings", "16 photos"  # as many as there are here
ALL_OFFERS = {"frame.real", "home.photos.use", "home.card.use", "dataset.photos.use"}
HALF_WAY = Progress("Fetching the photos", 34_000_000, 68_000_000, "bytes")


class Sender:
    """What sends the real photos, each time someone asks: nothing, until `photos` names a folder of them.

    `asked` counts the calls. While `gate` is closed, it is half way.
    """

    def __init__(self) -> None:
        self.asked, self.photos = 0, None
        self.gate, self.reached = threading.Event(), threading.Event()
        self.gate.set()

    def __call__(self, where, report) -> Path:
        folder = where.photos / DATASET_NAME
        if folder.is_dir():
            return folder
        self.asked += 1
        report(HALF_WAY)
        self.reached.set()
        assert self.gate.wait(30)
        if self.photos is None:
            raise DownloadError(REFUSED)
        return Path(shutil.copytree(self.photos, folder))

    def wait(self, task: BackgroundTask) -> None:
        """Until the task has ended, or is half way where it cannot come further."""
        if self.gate.is_set():
            task.wait(30)
        elif task.running:
            assert self.reached.wait(30)


@pytest.fixture
def sender(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sender]:
    made = Sender()
    monkeypatch.setattr(prepared, "fetch_archive", made)
    yield made
    made.gate.set()


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """The real photos, a few of them, at their sender's."""
    return make_photos(tmp_path / "sent", train=4, validation=4)


@pytest.fixture(autouse=True)
def server(home, workers, sender, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A server that has just started on a machine without photos and without weights; no Keras is loaded."""

    def copies(photos, augmentation, seed):
        return np.array(photos), (Drawn(flip="none"),) * len(photos)

    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setattr(shared, "_load_augment", lambda report: copies)
    monkeypatch.setattr(shared, "_load_classifier", lambda name: StandIn())
    yield
    sender.gate.set()
    photos_task("real").wait(30)
    st.cache_resource.clear()
    st.cache_data.clear()


def visit(page: str = HOME, address: Mapping[str, str] | None = None) -> AppTest:
    """The page as a new visitor sees it."""
    browser = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
    browser.query_params.update(address or {})
    return seen(browser.switch_page(page))


def seen(browser: AppTest) -> AppTest:
    """The page once the real photos have come as far as their sender lets them."""
    browser.run()
    prepared.fetch_archive.wait(photos_task("real"))
    browser.run()
    assert not browser.exception
    return browser


def go(browser: AppTest, page: str) -> AppTest:
    """Follow a link of the sidebar, which leaves the address of before behind."""
    browser.query_params.clear()
    return seen(browser.switch_page(page))


def press(browser: AppTest, key: str) -> AppTest:
    browser.button(key=key).click()
    return seen(browser)


def choose(browser: AppTest, kind: str, place: str = "dataset") -> AppTest:
    choice(browser, place).set_value(kind)
    return seen(browser)


def keys(browser: AppTest) -> set[str]:
    return {button.key for button in browser.button}


def choice(browser: AppTest, place: str = "dataset"):
    return browser.segmented_control(key=f"{place}.photos")


def in_use(browser: AppTest) -> str:
    """The photos that the line at the sidebar's foot names."""
    return browser.sidebar.caption[-1].value.split(" · ")[0]


def told_of_bytes(browser: AppTest) -> list[str]:
    """What the bars say; where no time is known, for how long the bytes have been coming may follow."""
    return [progress.proto.text.partition(" · ")[0] for progress in browser.progress]


# The first start, without any photos


@pytest.mark.parametrize("page", PAGES)
def test_on_a_first_start_without_any_photos_every_page_comes_up_on_the_sample(page, home):
    browser = visit(page)
    assert not browser.error
    assert in_use(browser) == DRAWINGS
    assert (home / "photos" / "drawn_sample").is_dir()


@pytest.mark.parametrize(("page", "place"), [(HOME, "home"), (DATASET, "dataset")])
def test_the_choice_shows_the_sample_while_nothing_else_is_here(page, place):
    browser = visit(page)
    assert choice(browser, place).value == "sample"
    assert choice(browser, place).options == [SAMPLE]
    assert browser.image


def test_while_the_real_photos_are_on_their_way_the_lesson_goes_on_and_says_how_far_they_are(sender):
    sender.gate.clear()
    browser = visit(DATASET)
    assert "The real photos are on their way. The lesson goes on meanwhile." in texts(browser)
    assert told_of_bytes(browser) == [HALF_WAY.sentence()]
    assert in_use(browser) == f"{DRAWINGS}, the real photos: 50 %"
    assert len(browser.image) == 6
    assert not {"dataset.photos.get", "dataset.photos.use", "frame.real"} & keys(browser)


def test_photos_that_could_not_be_fetched_are_said_with_the_reason_and_can_be_tried_for_again(sender, real):
    browser = visit(DATASET)
    assert f"The lesson goes on without the real photos. {REFUSED}" in texts(browser)
    assert browser.button(key="dataset.photos.get").label == "Try again"
    for page in PAGES:
        go(browser, page)
    assert sender.asked == 1  # a failed fetch is not repeated by itself
    press(go(browser, DATASET), "dataset.photos.get")
    assert sender.asked == 2
    assert REFUSED in texts(browser)
    sender.photos = real
    press(browser, "dataset.photos.get")
    assert sender.asked == 3
    assert REFUSED not in texts(browser)
    assert "dataset.photos.use" in keys(browser)


# The real photos have come


@pytest.fixture
def come(sender, real) -> AppTest:
    """A visitor who works on the sample, for whom the real photos are ready by now."""
    sender.photos = real
    browser = visit(DATASET)
    assert in_use(browser) == DRAWINGS
    return browser


@pytest.mark.parametrize(
    ("page", "offers"),
    [
        (HOME, {"home.photos.use", "home.card.use"}),
        (DATASET, {"dataset.photos.use"}),
        (AUGMENTATION, {"frame.real"}),
        (TRAINING, {"frame.real"}),
        (RESULTS, {"frame.real"}),
        (CLASSIFY, {"frame.real"}),
    ],
)
def test_real_photos_that_are_ready_are_offered_and_whoever_takes_them_has_them(page, offers, come):
    for key in sorted(offers):
        browser = go(visit(DATASET, {"photos": "sample"}), page)
        assert {one for one in keys(browser) if one in ALL_OFFERS} == offers
        press(browser, key)
        assert in_use(browser) == PHOTOS
        assert not ALL_OFFERS & keys(browser)
        assert go(browser, DATASET).query_params["photos"] == "real"
        assert choice(browser).value == "real"
    assert in_use(go(come, HOME)) == DRAWINGS  # nobody else's photos are changed


def test_real_photos_that_are_ready_can_be_chosen_among_the_sets_as_well(come):
    assert choice(come).options == [REAL, SAMPLE]
    choose(come, "real")
    assert in_use(come) == PHOTOS
    assert come.query_params["photos"] == "real"
    choose(come, "sample")
    assert in_use(come) == DRAWINGS
    assert come.query_params["photos"] == "sample"


def test_who_comes_after_the_real_photos_has_them_at_once(come):
    later = visit(DATASET)
    assert in_use(later) == PHOTOS
    assert later.query_params["photos"] == "real"
    assert choice(later).options == [REAL, SAMPLE]
    assert not ALL_OFFERS & keys(later)


def test_after_a_restart_the_real_photos_that_are_here_are_used_and_nothing_is_fetched_or_drawn(sender, real, home):
    shutil.copytree(real, home / "photos" / DATASET_NAME)
    assert in_use(visit()) == PHOTOS
    assert sender.asked == 0
    assert not (home / "photos" / "drawn_sample").exists()


def test_real_photos_that_a_terminal_has_fetched_meanwhile_are_found(sender, real, home):
    browser = visit(DATASET)
    assert REFUSED in texts(browser)
    shutil.copytree(real, home / "photos" / DATASET_NAME)
    os.utime(home / "photos" / DATASET_NAME)  # copied with the time of the original, which is older than the failure
    assert in_use(visit(DATASET)) == PHOTOS
    assert "dataset.photos.use" in keys(seen(browser))
    assert sender.asked == 1


def test_while_the_real_photos_are_being_read_a_newcomer_works_on_the_sample(sender, real, home, monkeypatch):
    gate = threading.Event()

    def held(chosen, folder, report):
        assert chosen.kind != "real" or gate.wait(30)
        return prepare(chosen, folder, report)

    prepare = prepared.prepare
    monkeypatch.setattr(prepared, "prepare", held)
    monkeypatch.setattr("catdog.ui.photo_set.AT_ONCE", 0.01)
    shutil.copytree(real, home / "photos" / DATASET_NAME)
    browser = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30).switch_page(DATASET).run()
    photos_task("sample").wait(30)
    assert in_use(browser.run()) == DRAWINGS
    gate.set()
    photos_task("real").wait(30)
    assert "dataset.photos.use" in keys(browser.run())


def test_real_photos_that_are_damaged_are_said_with_what_to_do_and_the_sample_stands_in(real, home):
    shutil.copytree(real, home / "photos" / DATASET_NAME)
    shutil.rmtree(home / "photos" / DATASET_NAME / "train" / "cats")
    browser = visit(DATASET)
    assert in_use(browser) == DRAWINGS
    (told,) = [caption.value for caption in browser.caption if "without the real photos" in caption.value]
    assert "holds 0 pictures" in told
    assert f"Delete the folder CATDOG_HOME/photos/{DATASET_NAME}, and try again" in spoken(told)


def test_home_forgets_the_address_of_before_when_another_set_is_chosen(come):
    browser = visit(HOME, {"photos": "sample"})
    press(browser, "home.photos.use")
    assert in_use(browser) == PHOTOS
    assert "photos" not in browser.query_params


def test_real_photos_that_are_here_can_be_chosen_although_others_were_asked_for(sender, real, home, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "sample")
    shutil.copytree(real, home / "photos" / DATASET_NAME)
    browser = visit(DATASET)
    assert in_use(browser) == DRAWINGS
    assert choice(browser).options == [REAL, SAMPLE]
    assert sender.asked == 0
    assert in_use(choose(browser, "real")) == PHOTOS


def test_an_address_alone_fetches_nothing_that_the_server_was_told_not_to(sender, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "sample")
    assert in_use(visit(DATASET, {"photos": "real"})) == DRAWINGS
    assert sender.asked == 0


def test_another_set_forgets_which_photo_was_looked_at(come):
    """The highest number is a validation photo of the real set: it would stay if nothing were forgotten."""
    browser = go(come, AUGMENTATION)
    browser.query_params["augmentation.photo"] = "13"
    assert seen(browser).query_params["augmentation.photo"] == "13"
    press(browser, "frame.real")
    assert int(browser.query_params["augmentation.photo"]) in range(8)  # the training photos
    assert browser.query_params["photos"] == "real"


def test_a_run_remembers_which_set_its_visitor_used(come, home):
    runs = []
    for _ in range(2):
        browser = press(go(come, TRAINING), "training.start")
        runs.append(Board(home / "runs").snapshot(browser.query_params["run"]))
        if "frame.real" in keys(browser):
            press(browser, "frame.real")
    assert [run.photo_set for run in runs] == ["sample", "real"]
    assert [run.title for run in runs] == ["post4-model1 (drawn sample)", "post4-model1"]


# What a visitor, an address and the settings say


@pytest.fixture
def here(real, home) -> None:
    """The real photos are on this machine."""
    shutil.copytree(real, home / "photos" / DATASET_NAME)


@pytest.mark.usefixtures("here")
def test_what_a_visitor_chooses_stays_on_the_other_pages_and_concerns_nobody_else():
    browser = visit(DATASET)
    assert choice(browser).value == "real"
    choose(browser, "sample")
    assert in_use(browser) == DRAWINGS
    assert browser.query_params["photos"] == "sample"
    for page in (AUGMENTATION, TRAINING):
        assert in_use(go(browser, page)) == DRAWINGS
        assert browser.query_params["photos"] == "sample"
    assert choice(go(browser, HOME), "home").value == "sample"
    assert choice(go(browser, DATASET)).value == "sample"
    assert in_use(visit(DATASET)) == PHOTOS


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("page", [DATASET, AUGMENTATION, TRAINING])
def test_an_address_opens_the_set_that_it_names(page):
    assert in_use(visit(page, {"photos": "sample"})) == DRAWINGS
    assert in_use(visit(page, {"photos": "real"})) == PHOTOS


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("text", ["nonsense", "", "own", "REAL", "sample,real", "<script>"])
def test_an_address_that_names_no_set_opens_the_one_that_is_in_use_anyway(text):
    browser = visit(DATASET, {"photos": text})
    assert in_use(browser) == PHOTOS
    assert browser.query_params["photos"] == "real"


def test_real_photos_that_were_asked_for_are_waited_for_and_nothing_stands_in(sender, real, home, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "real")
    monkeypatch.setattr("catdog.ui.photo_set.AT_ONCE", 0.01)
    sender.gate.clear()
    for page in PAGES:
        browser = visit(page)
        assert in_use(browser) == "photos are on their way"
    browser = visit(DATASET)
    assert "The photos are not ready yet." in texts(browser)
    assert told_of_bytes(browser) == [HALF_WAY.sentence()]
    assert not browser.image
    sender.photos = real
    sender.gate.set()
    assert in_use(seen(browser)) == PHOTOS
    assert len(browser.image) == 6
    assert not (home / "photos" / "drawn_sample").exists()


def test_real_photos_that_were_asked_for_in_vain_leave_the_reason_and_the_sample_to_choose(sender, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "real")
    browser = visit(DATASET)
    assert spoken(browser.error[0].value) == f"The photos are not ready yet. {REFUSED}"
    assert "photos.retry" in keys(browser)
    assert in_use(browser) == "no photos"
    choose(browser, "sample")
    assert in_use(browser) == DRAWINGS
    assert not browser.error
    assert sender.asked == 1


def test_where_the_sample_was_asked_for_nothing_is_fetched_until_someone_wants_it(sender, real, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "sample")
    sender.photos = real
    for page in PAGES:
        assert in_use(visit(page)) == DRAWINGS
    assert sender.asked == 0
    browser = visit(DATASET)
    assert browser.button(key="dataset.photos.get").label == "Get the real photos: 69 MB"
    press(browser, "dataset.photos.get")
    assert sender.asked == 1
    assert "dataset.photos.use" in keys(browser)
    assert "frame.real" in keys(go(browser, TRAINING))
    assert in_use(visit()) == DRAWINGS  # as was asked for


def test_beside_ones_own_photos_the_sample_can_be_chosen_and_the_real_ones_are_fetched_only_when_wanted(
    sender, tmp_path, monkeypatch
):
    monkeypatch.setenv("CATDOG_PHOTOS", str(make_photos(tmp_path / "pets", train=3, validation=3)))
    browser = visit(DATASET)
    assert (choice(browser).value, choice(browser).options) == ("own", ["Your own folder", SAMPLE])
    assert in_use(browser) == "12 photos"
    assert browser.query_params["photos"] == "own"
    choose(browser, "sample")
    assert in_use(browser) == DRAWINGS
    assert sender.asked == 0
    press(browser, "dataset.photos.get")
    assert sender.asked == 1


def test_where_nothing_can_be_written_every_page_comes_up_with_the_reason(home):
    home.write_text("a file in the place of the folder")
    for page in (DATASET, TRAINING):
        browser = visit(page)
        assert "CATDOG_HOME/photos" in spoken(browser.error[0].value)
        assert "cannot be written" in browser.error[0].value
        assert "photos.retry" in keys(browser)
    for page in (HOME, AUGMENTATION, RESULTS, CLASSIFY):
        assert in_use(visit(page)) == "no photos"

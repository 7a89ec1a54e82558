"""The Classify page through AppTest: what visitors bring, who answers, what is said and shown, and every trouble."""

import csv
import io
import re
import shutil
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import RerunData, get_script_run_ctx
from streamlit.testing.v1 import AppTest

from catdog.background import BackgroundTask
from catdog.embedded.stored import card
from catdog.errors import RunError
from catdog.insight.answer import Answer
from catdog.insight.calibration import Calibration, calibrate
from catdog.recipes import ARCHITECTURES, RECIPES, lesson_recipe
from catdog.settings import PHOTO_MAX_BYTES
from catdog.training import Board, RunRequest
from catdog.ui import classify_gallery, classify_pictures, pictures, shared
from catdog.ui.lesson_panel import PARTS
from catdog.ui.shared import classifier_task
from tests.conftest import half_bright, jpeg, png
from tests.pages import test_dataset_page
from tests.pages.conftest import drawn, spoken, tell
from tests.pages.test_dataset_page import address_of, alts, panel, prepared, shown
from tests.pages.test_training_page import submitted, texts

CLASSIFY = "pages/5_Classify.py"
LOADING = "The network is being loaded"
STARTER = "the starter that comes with catdog"
CALIBRATION = calibrate(np.array([9.0, 7.0, -8.0, 1.0, -6.0]), np.array([1, 1, 0, 0, 0], np.uint8))
STRANGE = [
    "\N{SMILING CAT FACE WITH HEART-SHAPED EYES} caf\N{LATIN SMALL LETTER E WITH ACUTE}.png",
    "<b onclick='alert(1)'>x</b>.png",
    "[a](http://e.vil) ![x](y) **b** `c` $d$ :red[e] #f.png",
    "../..\\etc/passwd.png",
    "x" * 250 + ".png",
    "=1+1.png",
]

fresh_server = test_dataset_page.fresh_server  # nothing of another test is kept


class Prompt(BackgroundTask):
    """A task that has ended when `start` comes back, so that every page finds its network loaded."""

    def start(self) -> None:
        super().start()
        self.wait(30)


class StandIn:
    """A network that looks where a picture is bright: above says cat, below says dog. Or it always says the same.

    `asked` counts the pictures of each question, `explained` the maps.
    """

    def __init__(self, odds: float | None = None, calibration: Calibration | None = CALIBRATION) -> None:
        self.odds, self.calibration = odds, calibration
        self.asked: list[int] = []
        self.explained = 0

    def answers(self, given: np.ndarray) -> list[Answer]:
        assert given.dtype == np.uint8
        assert given.shape[1:] == (160, 160, 3)
        self.asked.append(len(given))
        temperature = self.calibration.temperature if self.calibration else 1.0
        return [Answer(self._odds(one), temperature) for one in given]

    def heat(self, picture: np.ndarray) -> np.ndarray:
        """Below the middle all speaks for dog, above it for cat, most of all at the left."""
        self.explained += 1
        heat = np.ones((10, 10), np.float32)
        heat[:5] = -1
        heat[-1, 0], heat[0, 0] = 5, -5
        return heat

    def _odds(self, picture: np.ndarray) -> float:
        if self.odds is not None:
            return self.odds
        return float(picture[80:].mean() - picture[:80].mean()) / 10


@pytest.fixture(autouse=True)
def networks(monkeypatch: pytest.MonkeyPatch) -> dict[str, StandIn]:
    """The networks that are asked instead of real ones, by name; all are loaded at once."""
    made: dict[str, StandIn] = defaultdict(StandIn)
    monkeypatch.setattr(shared, "_load_classifier", lambda name: made[name])
    monkeypatch.setattr(shared, "BackgroundTask", Prompt)
    return made


@pytest.fixture
def uploads(monkeypatch: pytest.MonkeyPatch) -> list[MemoryUploadedFileManager]:
    """All that held uploaded files while the test ran: one manager a look at the page."""
    managers: list[MemoryUploadedFileManager] = []

    class Watched(MemoryUploadedFileManager):
        def __init__(self, endpoint: str) -> None:
            super().__init__(endpoint)
            managers.append(self)

    monkeypatch.setattr("streamlit.testing.v1.local_script_runner.MemoryUploadedFileManager", Watched)
    return managers


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every CSV file that the page offers, in order."""
    made: list[str] = []
    real = classify_gallery.as_csv

    def recording(rows):
        made.append(real(rows))
        return made[-1]

    monkeypatch.setattr(classify_gallery, "as_csv", recording)
    return made


def visit(**address: str) -> AppTest:
    """The page with its panels open, unless the address says otherwise."""
    address = {"about": "true", "table": "true"} | address
    return test_dataset_page.visit({f"classify.{name}": value for name, value in address.items()}, CLASSIFY)


def half(label: int, seed: int = 1) -> bytes:
    """A picture of 80 × 60 that the stand-in calls a cat (0) or a dog (1)."""
    return png(half_bright(label, np.random.default_rng(seed)))


CAT, DOG = half(0), half(1)


def drop(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    page.file_uploader[0].set_value([(name, data, "image/png") for name, data in files]).run()
    assert not page.exception
    return page


def names(page: AppTest) -> list[str]:
    """The names of the pictures that were read, oldest first."""
    return [one.name for one in page.session_state[classify_pictures.STATE] if hasattr(one, "pixels")]


def captions(page: AppTest) -> list[str]:
    return [spoken(caption).replace("\N{NO-BREAK SPACE}", " ") for image in page.image for caption in image.captions]


def heard(page: AppTest) -> list[str]:
    """What is said of each picture to those who do not see it."""
    return [alt.replace("\N{NO-BREAK SPACE}", " ") for alt in alts(page)]


def said(page: AppTest) -> str:
    """The answer about the picture that is looked at closely."""
    return page.header[0].value.replace("\N{NO-BREAK SPACE}", " ")


def charts(page: AppTest) -> list[str]:
    return [chart["alt"] for chart in drawn(page)]


def click() -> None:
    """Whoever looks at the page that is being drawn clicks something just then: it is drawn anew from the beginning."""
    context = get_script_run_ctx()
    states = WidgetStates(widgets=context.session_state.get_widget_states())
    context.script_requests.request_rerun(
        RerunData(query_string=context.query_string, page_script_hash=context.page_script_hash, widget_states=states)
    )


def rows_of(table: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table)))


def trained(home: Path, key: str = "post4-model1", accuracy: float = 0.7, phase: str = "finished") -> str:
    """A run that is over and left weights behind."""
    run = tell(home, submitted(home, key, epochs=1), [(accuracy, accuracy)], phase)
    run.best_weights.write_bytes(b"no weights")
    return run.id


def files_below(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*") if path.is_file()}


# What visitors bring


def test_before_anything_is_dropped_there_is_a_place_to_drop_and_no_answer():
    page = visit()
    assert not page.exception
    assert page.title[0].value == "What does it say about yours?"
    assert page.file_uploader[0].label == "Drop pictures here: any kind, each up to 20 MB and 25 megapixels"
    assert page.file_uploader[0].accept_multiple_files
    assert not page.image
    assert not page.error
    assert not page.camera_input
    assert "forgotten with this page" in texts(page)
    assert not [button for button in page.button if button.key == "classify.clear"]
    assert page.query_params["classify.model"] == "starter"


def test_one_file_is_answered_with_its_picture_what_was_received_and_the_reason(networks):
    page = drop(visit(), ("tom.png", CAT))
    assert said(page) == "Cat, over 99 %"
    assert captions(page)[:3] == [
        "tom.png · 80 × 60",
        "",
        "What spoke most for cat: top left",
    ]
    assert alts(page)[0] == "The picture tom.png, upright"
    assert len(page.image) == 3
    assert not page.dataframe
    assert networks["starter"].asked == [1]


def test_many_files_are_counted_shown_and_the_newest_is_looked_at_closely():
    page = drop(visit(), ("a.png", CAT), ("b.png", DOG), ("c.png", half(1, 2)))
    assert "**3 pictures: 1 cat, 2 dogs, 0 not sure**" in texts(page)
    assert captions(page)[0].startswith("c.png")
    assert heard(page)[3:] == ["c.png: Dog, over 99 %", "b.png: Dog, over 99 %", "a.png: Cat, over 99 %"]
    page.button(key="classify.open.1").click().run()
    assert captions(page)[0].startswith("a.png")
    assert said(page) == "Cat, over 99 %"


def test_two_hundred_files_at_once_are_all_answered_and_none_is_held_twice(networks, uploads):
    page = drop(visit(), *((f"{number}.png", CAT) for number in range(200)))
    assert names(page) == [f"{number}.png" for number in range(200)]
    assert "200 pictures: 200 cats" in texts(page)
    assert not page.warning
    assert sum(networks["starter"].asked) == 200
    assert max(networks["starter"].asked) <= 16
    assert all(not files for manager in uploads for files in manager.file_storage.values())
    assert page.button(key="classify.example").disabled


def test_of_two_hundred_and_thirty_the_last_thirty_are_left_out_with_a_sentence(uploads):
    page = drop(visit(), *((f"{number}.png", CAT) for number in range(230)))
    assert names(page)[-1] == "199.png"
    assert len(names(page)) == 200
    assert "At most 200 pictures are looked at together: 30 files of the last drop were left out" in texts(page)
    assert all(not files for manager in uploads for files in manager.file_storage.values())
    drop(page, ("one more.png", DOG))
    assert len(names(page)) == 200
    assert "1 file of the last drop were left out" not in texts(page)
    assert "1 file of the last drop was left out" in texts(page)
    page.button(key="classify.clear").click().run()
    assert not page.warning
    assert names(drop(page, ("one more.png", DOG))) == ["one more.png"]


def test_broken_empty_and_huge_files_are_each_named_and_the_others_answered():
    many = io.BytesIO()
    Image.new("L", (5100, 5000)).save(many, "PNG")
    page = drop(
        visit(),
        ("good.png", CAT),
        ("broken.jpg", jpeg(np.zeros((60, 80, 3), np.uint8))[:300]),
        ("empty.png", b""),
        ("text.txt", b"no picture at all"),
        ("heavy.png", b"\0" * (PHOTO_MAX_BYTES + 1)),
        ("wide.png", many.getvalue()),
        ("good too.png", DOG),
    )
    told = spoken(page.error[0].value)
    assert "**5 files could not be read**" in told
    for name, reason in (
        ("broken.jpg", "The picture is damaged or incomplete."),
        ("empty.png", "The file is empty."),
        ("text.txt", "This is not a picture that can be read here."),
        ("heavy.png", "The file has 20 MB; at most 20 MB are read."),
        ("wide.png", "The picture has 26 megapixels; at most 25 are read."),
    ):
        assert f"- {name}: {reason}" in told
    assert names(page) == ["good.png", "good too.png"]
    assert "2 pictures: 1 cat, 1 dog" in texts(page)


def test_a_single_file_that_cannot_be_read_is_a_sentence_and_nothing_else():
    page = drop(visit(), ("empty.png", b""))
    assert "**1 file could not be read**" in page.error[0].value
    assert not page.image
    assert not page.dataframe
    page.button(key="classify.clear").click().run()
    assert not page.error


def test_strange_names_are_shown_letter_by_letter(tables):
    page = drop(visit(), *((name, CAT) for name in STRANGE), *((name, b"") for name in STRANGE))
    assert names(page) == STRANGE
    told = page.error[0].value
    assert all(f"- {name}: The file is empty." in spoken(told) for name in STRANGE)
    for name in STRANGE:
        page.button(key=f"classify.open.{STRANGE.index(name) + 1}").click().run()
        raw = page.image[0].captions[0]
        assert spoken(raw) == f"{name} · 80 × 60"
        assert alts(page)[0] == f"The picture {name}, upright"
        assert not re.search(r"(?<!\\)[<\[*`$:!#]", raw)  # what Markdown would read has its backslash
    assert not re.search(r"(?<!\\)[<\[`$]", told)
    assert page.dataframe[0].value["file"].tolist() == STRANGE * 2
    assert [row["file"].removeprefix("'") for row in rows_of(tables[-1])] == STRANGE * 2
    assert rows_of(tables[-1])[5]["file"] == "'=1+1.png"


def test_line_breaks_in_a_name_begin_no_new_line_on_the_page():
    page = drop(visit(), ("a\n\n# b\r\u2028c.png", b""), ("two\nlines.png", CAT))
    box = "\N{REPLACEMENT CHARACTER}"
    assert f"- a{box}{box}# b{box}{box}c.png: The file is empty." in spoken(page.error[0].value)
    assert captions(page)[0] == f"two{box}lines.png · 80 × 60"


def test_what_was_read_is_given_back_and_the_place_to_drop_is_empty_again(uploads):
    page = visit()
    first = page.file_uploader[0].proto.id
    drop(page, ("a.png", CAT), ("b.png", b""))
    assert any(manager.file_storage for manager in uploads)
    assert all(not files for manager in uploads for files in manager.file_storage.values())
    assert page.file_uploader[0].value in (None, [])
    assert page.file_uploader[0].proto.id != first


def test_pictures_that_are_dropped_later_join_those_that_are_there():
    page = drop(visit(), ("a.png", CAT))
    drop(page, ("b.png", DOG), ("a.png", CAT))
    assert names(page) == ["a.png", "b.png", "a.png"]
    assert "3 pictures: 2 cats, 1 dog" in texts(page)


def test_a_click_while_files_are_read_leaves_none_out_and_reads_none_twice(monkeypatch, uploads):
    real, calls = classify_pictures.counted, []

    def interrupted(number, noun):
        calls.append(noun)
        if len(calls) in (3, 5):
            click()
        return real(number, noun)

    monkeypatch.setattr(classify_pictures, "counted", interrupted)
    given = [f"{number}.png" for number in range(9)]
    page = drop(visit(), *((name, CAT) for name in given))
    assert names(page) == given
    assert all(not files for manager in uploads for files in manager.file_storage.values())


def test_large_pictures_are_made_small_before_they_wait_for_their_turn():
    page = drop(visit(), ("large.png", png(np.full((1500, 2000, 3), 90, np.uint8))))
    (one,) = page.session_state[classify_pictures.STATE]
    assert one.size == (2000, 1500)
    assert Image.open(io.BytesIO(one.shown)).size == (640, 480)
    assert len(one.shown) + one.pixels.nbytes < 150_000


def test_pictures_survive_another_page_and_are_forgotten_when_put_away(networks):
    page = drop(visit(), ("a.png", CAT), ("b.png", DOG), ("bad.png", b""))
    page.segmented_control(key="classify.truth.picture.2").set_value("dog").run()
    page.switch_page("pages/3_Training.py").run()
    page.query_params.clear()
    page.switch_page(CLASSIFY).run()
    assert not page.exception
    assert names(page) == ["a.png", "b.png"]
    assert page.segmented_control(key="classify.truth.picture.2").value == "dog"
    assert "1 marked picture, 1 right" in texts(page)
    assert sum(networks["starter"].asked) == 2
    page.button(key="classify.clear").click().run()
    assert not page.exception
    assert not page.image
    assert not page.error
    assert not page.session_state[classify_pictures.STATE]
    assert not page.session_state[classify_pictures.REMEMBERED].get("starter")
    drop(page, ("c.png", DOG))
    assert said(page) == "Dog, over 99 %"


def test_classifying_writes_nothing(home):
    page = visit()
    before = files_below(home)
    drop(page, ("a.png", CAT), ("b.png", DOG))
    page.segmented_control(key="classify.truth.picture.2").set_value("cat").run()
    assert files_below(home) == before


def test_two_visitors_do_not_see_each_others_pictures(networks):
    first, second = visit(), visit()
    drop(first, ("mine.png", CAT))
    drop(second, ("yours.png", DOG))
    first.run()
    assert names(first) == ["mine.png"]
    assert names(second) == ["yours.png"]
    assert "yours.png" not in str(alts(first) + captions(first))
    assert networks["starter"].asked == [1, 1]
    first.button(key="classify.clear").click().run()
    assert names(second.run()) == ["yours.png"]


# Examples and the camera


def test_an_example_is_a_photo_that_no_network_learned_from_and_its_truth_is_known():
    page, photos = visit(), prepared()
    unseen = {address_of(pictures.jpeg(photos.photos[number])): number for number in range(len(photos.files))}
    for count in range(1, 6):
        page.button(key="classify.example").click().run()
        assert not page.exception
        number = unseen[shown(page)[1]]
        assert number not in photos.positions("training")
        truth = ("cat", "dog")[photos.labels[number]]
        assert page.segmented_control(key=f"classify.truth.picture.{count}").value == truth
        assert captions(page)[0] == f"{photos.files[number].rpartition('/')[2]} · 80 × 60"
        assert f"{count} marked picture" in texts(page)


def test_an_example_whose_file_has_gone_is_a_sentence(own_photos):
    page = visit()
    shutil.rmtree(own_photos)
    page.button(key="classify.example").click().run()
    assert not page.exception
    assert "The file cannot be opened: No such file or directory." in spoken(page.error[0].value)


def test_without_photos_everything_but_the_example_works(home, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    page = visit()
    assert not page.exception
    assert page.button(key="classify.example").disabled
    drop(page, ("a.png", CAT), ("b.png", DOG))
    assert said(page) == "Dog, over 99 %"
    assert len(page.image) == 5


def test_the_camera_is_asked_for_only_once_it_was_switched_on(uploads):
    page = visit()
    assert not page.camera_input
    page.toggle(key="classify.camera").set_value(True).run()
    shot = jpeg(half_bright(1, np.random.default_rng(4)))
    page.camera_input[0].set_value(("shot.jpg", shot, "image/jpeg")).run()
    assert not page.exception
    assert said(page) == "Dog, over 99 %"
    assert captions(page)[0].endswith("· 80 × 60")
    assert page.camera_input[0].value is None  # ready for the next one
    assert len(names(page.run())) == 1
    assert all(not files for manager in uploads for files in manager.file_storage.values())
    page.toggle(key="classify.camera").set_value(False).run()
    assert not page.camera_input


# Who answers


def on_drawings(home, *accuracies: float) -> str:
    """A run on the drawn sample that can be asked; returns its id."""
    request = RunRequest.of(RECIPES["post4-model1"], epochs=len(accuracies))
    photos = {"fingerprint": "2" * 16, "kind": "sample", "name": "drawn_sample"}
    run = tell(home, Board(home / "runs").submit(request, photos), [(one, one) for one in accuracies], "finished")
    run.best_weights.write_bytes(b"weights")
    return run.id


def test_where_all_runs_have_seen_drawings_only_the_starter_comes_first(home):
    weak, good = on_drawings(home, 0.7), on_drawings(home, 0.99)
    page = visit()
    assert not page.exception
    assert page.selectbox(key="classify.model").value == "starter"
    options = page.selectbox(key="classify.model").options
    assert [option.split(",")[0] for option in options] == [STARTER, *["post4-model1 (drawn sample)"] * 2]
    assert "99 % on validation" in options[1]
    for run_id in (weak, good):
        assert visit(model=run_id).selectbox(key="classify.model").value == run_id


def test_a_run_on_photos_comes_before_the_starter_and_a_better_one_on_drawings_after_it(home):
    on_drawings(home, 0.99)
    photos = trained(home)
    options = visit().selectbox(key="classify.model").options
    assert visit().selectbox(key="classify.model").value == photos
    assert [option.split(",")[0] for option in options] == ["post4-model1", STARTER, "post4-model1 (drawn sample)"]


def test_a_network_that_has_seen_drawings_only_says_so(home):
    told = "**It has seen drawings only**, so that what it says about a photo is little more than a guess."
    assert told in texts(visit(model=on_drawings(home, 0.9)))
    assert told not in texts(visit(model=trained(home)))
    assert told not in texts(visit(model="starter"))


def test_the_best_run_is_offered_first_then_the_starter_then_the_others(home):
    older = trained(home, accuracy=0.61)
    best = trained(home, "post4-model3", accuracy=0.82)
    stopped = trained(home, "post4-model2", accuracy=0.7, phase="stopped")
    trained(home, accuracy=0.9, phase="failed")
    (home / "runs" / trained(home, accuracy=0.95) / "best.weights.h5").unlink()
    page = visit()
    box = page.selectbox(key="classify.model")
    assert [option.split(",")[0] for option in box.options] == [
        "post4-model3",
        STARTER,
        "post4-model2",
        "post4-model1",
    ]
    assert "82 % on validation" in box.options[0]
    assert page.query_params["classify.model"] == best
    for name in ("starter", stopped, older):
        page.selectbox(key="classify.model").set_value(name).run()
        assert page.query_params["classify.model"] == name
        assert not page.warning


def test_a_model_in_the_address_is_the_one_that_answers(home, networks):
    name = trained(home)
    networks[name] = StandIn(odds=-9)
    networks["starter"] = StandIn(odds=9)
    page = drop(visit(model="starter"), ("a.png", CAT))
    assert page.selectbox(key="classify.model").value == "starter"
    assert said(page) == "Dog, over 99 %"
    assert said(drop(visit(model=name), ("a.png", CAT))) == "Cat, over 99 %"


@pytest.mark.parametrize(
    "asked",
    ["20260101-000000000-post1-model1", "../../etc", "<script>alert(1)</script>", "[a](http://e.vil)", "x" * 5000],
)
def test_an_unknown_model_in_the_address_is_a_sentence_until_another_one_is_chosen(asked, home, networks):
    name = trained(home)
    page = visit(model=asked)
    assert not page.exception
    warning = page.warning[0].value
    assert f"There is no model '{asked[:80]}' here" in spoken(warning)
    assert len(warning) < 300
    assert not re.search(r"(?<!\\)[<\[]", warning)
    assert page.query_params["classify.model"] == name
    assert page.run().warning  # it is still said when the network has been loaded
    page.selectbox(key="classify.model").set_value("starter").run()
    assert not page.warning


def test_a_link_from_a_finished_run_asks_that_run_though_another_was_chosen_before(home, networks):
    name = trained(home)
    networks[name] = StandIn(odds=-9)
    networks["starter"] = StandIn(odds=9)
    page = drop(visit(model="starter"), ("a.png", CAT))
    page.query_params.clear()
    page.query_params["run"] = name
    page.switch_page("pages/3_Training.py").run()
    (link,) = (one for one in page.get("page_link") if one.proto.label == "Classify with it")
    assert (link.proto.page, link.proto.query_string) == ("Classify", f"classify.model={name}")
    page.query_params.clear()
    page.query_params["classify.model"] = name
    page.switch_page(CLASSIFY).run()
    assert page.selectbox(key="classify.model").value == name
    assert said(page) == "Cat, over 99 %"


def test_a_run_that_is_deleted_meanwhile_is_said_and_another_one_answers(home, networks):
    name = trained(home)
    page = drop(visit(), ("a.png", CAT))
    shutil.rmtree(home / "runs" / name)
    page.run()
    assert not page.exception
    assert f"There is no model '{name}' here, or not any more." in spoken(page.warning[0].value)
    assert page.selectbox(key="classify.model").value == "starter"
    assert networks["starter"].asked == [1]
    assert said(page) == "Cat, over 99 %"


def test_a_network_that_cannot_be_loaded_is_a_sentence_with_a_way_to_try_again(monkeypatch):
    troubles = [RunError("The weights of run 1 are <b>missing</b>.")]

    def load(name):
        if troubles:
            raise troubles.pop()
        return StandIn()

    monkeypatch.setattr(shared, "_load_classifier", load)
    page = drop(visit(), ("a.png", CAT), ("b.png", DOG))
    assert "cannot be loaded" in page.error[0].value
    assert "The weights of run 1 are <b>missing</b>." in spoken(page.error[0].value)
    assert "<b>" not in page.error[0].value
    assert captions(page)[0].startswith("b.png")
    assert [heading.value for heading in page.header] == list(PARTS)  # and no answer
    next(button for button in page.button if button.label == "Try again").click().run()
    assert not page.error
    assert said(page) == "Dog, over 99 %"


def test_a_network_that_cannot_be_loaded_is_told_above_and_on_its_card(monkeypatch, home):
    def load(name):
        raise RunError("The weights are gone.")

    monkeypatch.setattr(shared, "_load_classifier", load)
    page = drop(visit(all="true"), ("a.png", CAT))
    assert not page.exception
    assert len(page.error) == 2


def test_each_model_is_asked_once_about_a_picture(home, networks):
    name = trained(home)
    networks[name] = StandIn(odds=9)
    networks["starter"] = StandIn(odds=-9)
    page = drop(visit(), ("a.png", CAT), ("b.png", DOG))
    box = page.selectbox(key="classify.model")
    assert said(page) == "Dog, over 99 %"
    box.set_value("starter").run()
    assert said(page) == "Cat, over 99 %"
    assert "2 pictures: 2 cats" in texts(page)
    page.selectbox(key="classify.model").set_value(name).run()
    assert said(page) == "Dog, over 99 %"
    page.toggle(key="classify.all").set_value(True).run()
    page.run()
    assert networks[name].asked == networks["starter"].asked == [2]


def test_two_runs_that_read_alike_are_told_apart(home, networks):
    first, second = trained(home), trained(home)
    networks[first], networks[second] = StandIn(odds=-9), StandIn(odds=9)
    page = drop(visit(), ("a.png", CAT))
    for name, words in ((first, "Cat, over 99 %"), (second, "Dog, over 99 %"), (first, "Cat, over 99 %")):
        page.selectbox(key="classify.model").set_value(name).run()
        assert page.query_params["classify.model"] == name
        assert said(page) == words


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """A network that loads until the test calls back."""
    go_on = threading.Event()

    def load(name):
        go_on.wait(60)
        return StandIn()

    def rest() -> None:
        go_on.set()
        classifier_task("starter").wait(30)

    monkeypatch.setattr(shared, "BackgroundTask", BackgroundTask)
    monkeypatch.setattr(shared, "_load_classifier", load)
    yield rest
    go_on.set()


def test_while_the_network_loads_pictures_can_be_brought_and_marked(slow):
    page = drop(visit(all="true"), ("a.png", CAT), ("b.png", DOG))
    labels = [status.label for status in page.get("status")]
    assert len(labels) == 2
    assert all(label.startswith(LOADING) for label in labels)
    assert captions(page)[0].startswith("b.png")
    page.segmented_control(key="classify.truth.picture.2").set_value("dog").run()
    assert page.dataframe[0].value["truth"].astype(object).fillna("").tolist() == ["", "dog"]
    slow()
    page.run()
    assert not page.exception
    assert not page.get("status")
    assert said(page) == "Dog, over 99 %"
    assert "1 marked picture, 1 right" in texts(page)


# What is said


@pytest.mark.parametrize(
    ("probability", "words"),
    [
        (0.5, "Not sure: cat, 50 %"),
        (0.79, "Not sure: dog, 79 %"),
        (0.7999, "Not sure: dog, 79 %"),
        (0.8001, "Dog, 80 %"),
        (0.97, "Dog, 97 %"),
        (0.989, "Dog, 99 %"),
        (0.9901, "Dog, over 99 %"),
        (1 - 1e-9, "Dog, over 99 %"),
    ],
)
def test_an_answer_is_said_as_sure_as_it_is(probability, words, networks):
    networks["starter"] = StandIn(odds=float(np.log(probability / (1 - probability))), calibration=None)
    page = drop(visit(), ("a.png", CAT))
    assert said(page) == words
    assert "As the network says it: not calibrated." in texts(page)
    assert "could not be checked" in texts(page)
    (told,) = charts(page)
    shares = re.sub("over |under | %", "", told).split(":")[0].split(", ")
    claimed = [float(share.split()[1]) / 100 for share in shares]
    assert claimed == pytest.approx([1 - probability, probability], abs=1.1e-3)
    assert told.endswith(f"{'dog' if words.startswith('Dog') else 'neither'} reaches the 80 % of a sure answer.")


def test_a_calibrated_answer_says_what_the_network_itself_would_have_said(networks):
    networks["starter"] = StandIn(odds=1.0)
    page = drop(visit(), ("a.png", CAT))
    answer = Answer(1.0, CALIBRATION.temperature)
    temperature = f"{CALIBRATION.temperature:.2f}"
    assert (
        f"The network itself says 73.1 %; its temperature of {temperature} makes that {100 * answer.probability:.1f} %."
    ) in texts(page)
    about = panel(page, "About this network, and how sure is sure")
    told = "\n".join(one.value for one in about.markdown)
    assert "On 5 photos that it did not learn from" in told
    assert f"from {CALIBRATION.before.error:.1%} to {CALIBRATION.after.error:.1%}" in told
    assert f"from {CALIBRATION.before.loss:.3f} to {CALIBRATION.after.loss:.3f}" in told
    assert f"by {100 * CALIBRATION.after.error:.1f} % after it." in charts(about)[0]


def test_the_starters_card_is_shown_with_its_figures():
    about = panel(visit(), "About this network")
    told, exam = "\n".join(one.value for one in about.markdown), card()["exam"]
    assert f"{card()['parameters'] / 1e6:.1f} million numbers" in told
    assert f"Asked once about {exam['photos']:,} photos" in told
    assert f"{exam['right'] / exam['photos']:.1%} of the time" in told
    assert "What it cannot do." in told


def test_a_closed_panel_costs_nothing_until_it_is_opened(tables):
    page = drop(visit(about="false", table="false"), ("a.png", CAT), ("b.png", DOG))
    assert not page.dataframe and not tables
    assert not panel(page, "About this network").markdown


def test_a_run_is_told_with_its_best_epoch_and_a_way_to_its_training(home):
    name = trained(home, accuracy=0.654)
    page = visit()
    about = panel(page, "About this network")
    assert "the weights of epoch 1, its best: 65.4% on validation" in about.markdown[0].value
    (link,) = [one.proto for one in about.get("page_link")]
    assert dict(parse_qsl(link.query_string)) == {"run": name}


# Why


def test_what_spoke_for_the_other_answer_can_be_seen_as_well():
    page = drop(visit(), ("a.png", CAT))
    before = shown(page)[2]
    page.segmented_control(key="classify.for.1.cat").set_value("dog").run()
    assert captions(page)[2] == "What spoke most for dog: bottom left"
    assert alts(page)[2] == "The picture under a map. What spoke most for dog: bottom left"
    assert shown(page)[2] != before
    assert said(page) == "Cat, over 99 %"


def test_at_strength_zero_only_the_picture_is_seen_and_the_strength_is_kept(networks):
    page = drop(visit(), ("a.png", CAT), ("b.png", DOG))
    assert page.slider(key="classify.strength").value == 60
    page.slider(key="classify.strength").set_value(0).run()
    one = page.session_state[classify_pictures.STATE][1]
    assert shown(page)[2] == address_of(pictures.jpeg(Image.open(io.BytesIO(one.shown)).convert("RGB")))
    page.button(key="classify.open.1").click().run()
    assert page.slider(key="classify.strength").value == 0


def test_another_network_that_answers_otherwise_is_asked_why_it_says_that(home, networks):
    name = trained(home)
    networks[name] = StandIn(odds=9)
    networks["starter"] = StandIn(odds=-9)
    page = drop(visit(), ("a.png", CAT))
    assert captions(page)[2] == "What spoke most for dog: bottom left"
    page.selectbox(key="classify.model").set_value("starter").run()
    assert said(page) == "Cat, over 99 %"
    assert captions(page)[2] == "What spoke most for cat: top left"


def test_a_picture_in_which_nothing_spoke_for_an_answer_says_so(networks, monkeypatch):
    monkeypatch.setattr(StandIn, "heat", lambda self, picture: np.zeros((5, 5), np.float32))
    page = drop(visit(), ("a.png", CAT))
    assert captions(page)[2] == "Nothing in this picture spoke for cat."


# All networks


def cards(page: AppTest) -> list[str]:
    """The captions of the pictures on the cards."""
    return captions(page)[3:]


def test_all_networks_are_asked_and_those_that_are_not_trained_offer_their_training(home, networks):
    plain, weaker = trained(home, accuracy=0.7), trained(home, accuracy=0.6)
    augmented = trained(home, "post2-model2", accuracy=0.8)
    for name in (plain, augmented):
        networks[name] = StandIn(odds=9)
    networks["starter"] = StandIn(odds=-9)
    page = drop(visit(all="true"), ("a.png", CAT))
    assert page.query_params["classify.all"] == "true"
    told = texts(page)
    assert "**The starter**" in told
    assert all(f"**{one.number} {one.title}**" in told for one in ARCHITECTURES.values())
    assert "**They disagree.**" in told
    assert cards(page) == ["Cat, over 99 %", "Dog, over 99 %", "Dog, over 99 %"]
    assert "post4-model1, 70 %" in told
    assert weaker not in networks
    assert told.count("Not trained here yet.") == 2
    links = [dict(parse_qsl(one.proto.query_string)) for one in page.get("page_link") if one.proto.label == "Train it"]
    missing = [key for key in ARCHITECTURES if key not in ("cnn", "augmentation")]
    assert links == [{"recipe": lesson_recipe(key).key} for key in missing]
    networks["starter"].odds = 9
    drop(page, ("b.png", CAT))
    assert "**All say dog.**" in texts(page)


def test_the_starter_alone_is_no_vote():
    page = drop(visit(all="true"), ("a.png", CAT))
    assert "All say" not in texts(page)
    assert "disagree" not in texts(page)
    assert texts(page).count("Not trained here yet.") == 4
    assert cards(page) == ["Cat, over 99 %"]
    page.toggle(key="classify.all").set_value(False).run()
    assert not cards(page)


def test_without_a_picture_nobody_is_asked(networks):
    page = visit(all="true")
    assert not page.exception
    assert "All networks on this picture" not in texts(page)
    assert networks["starter"].asked == []


# Many pictures


def test_the_gallery_has_pages_of_twelve_newest_first():
    page = drop(visit(), *((f"{number}.png", CAT) for number in range(30)))
    assert [alt.partition(":")[0] for alt in alts(page)[3:]] == [f"{number}.png" for number in range(29, 17, -1)]
    page.segmented_control(key="classify.page").set_value(3).run()
    assert [alt.partition(":")[0] for alt in alts(page)[3:]] == [f"{number}.png" for number in range(5, -1, -1)]
    page.button(key="classify.clear").click().run()
    drop(page, *((f"{number}.png", CAT) for number in range(14)))
    assert not page.exception
    assert len(page.image) in (3 + 12, 3 + 2)


def test_the_truth_that_is_marked_in_one_place_stands_in_the_other():
    page = drop(visit(), ("a.png", CAT), ("b.png", DOG))
    page.segmented_control(key="classify.truth.gallery.2").set_value("cat").run()
    assert page.segmented_control(key="classify.truth.picture.2").value == "cat"
    page.segmented_control(key="classify.truth.picture.2").set_value("dog").run()
    assert page.segmented_control(key="classify.truth.gallery.2").value == "dog"
    assert page.segmented_control(key="classify.truth.gallery.1").value is None
    page.segmented_control(key="classify.truth.gallery.2").set_value(None).run()
    assert page.segmented_control(key="classify.truth.picture.2").value is None
    assert "marked picture" not in texts(page)


def test_right_and_wrong_are_counted_where_the_truth_is_marked(networks):
    page = drop(visit(), *((f"{number}.png", CAT) for number in range(3)), ("d.png", DOG), ("e.png", DOG))
    for number, truth in ((1, "cat"), (2, "cat"), (3, "dog"), (4, "dog")):
        page.segmented_control(key=f"classify.truth.gallery.{number}").set_value(truth).run()
    assert "Of 4 marked pictures, 3 right: 75 %." in texts(page)
    told = "Marked pictures: 75.0 % right; of 2 cats 2 right and 0 wrong, of 2 dogs 1 right and 1 wrong."
    assert told in charts(page)


def test_the_table_and_its_file_hold_every_file_with_its_answer_or_the_reason(tables):
    page = drop(visit(), ("a.png", CAT), ("empty.png", b""), ("@b.png", DOG))
    page.segmented_control(key="classify.truth.picture.2").set_value("cat").run()
    table = page.dataframe[0].value.astype(object).fillna("")
    assert table["file"].tolist() == ["a.png", "empty.png", "@b.png"]
    assert table["label"].tolist() == ["cat", "", "dog"]
    assert table["truth"].tolist() == ["", "", "cat"]
    rows = rows_of(tables[-1])
    assert list(rows[0]) == ["file", "label", "probability_cat", "probability_dog", "sure", "error", "truth"]
    assert [row["file"] for row in rows] == ["a.png", "empty.png", "'@b.png"]
    assert rows[1] == {
        "file": "empty.png",
        "label": "",
        "probability_cat": "",
        "probability_dog": "",
        "sure": "",
        "error": "The file is empty.",
        "truth": "",
    }
    assert float(rows[0]["probability_cat"]) + float(rows[0]["probability_dog"]) == pytest.approx(1)
    assert (rows[2]["label"], rows[2]["sure"], rows[2]["truth"]) == ("dog", "True", "cat")
    assert page.download_button[0].label == "Download as CSV"


# The real thing


def test_the_real_starter_answers_and_a_run_with_damaged_weights_says_so(monkeypatch, home):
    name = trained(home)
    monkeypatch.undo()
    monkeypatch.setenv("CATDOG_HOME", str(home))
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    monkeypatch.setattr(shared, "BackgroundTask", Prompt)
    monkeypatch.setattr("catdog.training.board.Board.watch", lambda self: None)
    page = visit(model=name)
    classifier_task(name).wait(120)
    assert f"The weights of run {name} are missing or damaged" in spoken(page.run().error[0].value)
    page.selectbox(key="classify.model").set_value("starter").run()
    classifier_task("starter").wait(120)
    drop(page, ("a.png", CAT), ("b.png", DOG))
    assert re.fullmatch(r"(Not sure: )?(cat|dog), (over )?\d+ %", said(page), re.IGNORECASE)
    assert re.search(r"spoke (most )?for (cat|dog)", captions(page)[2])
    assert "The network itself says" in texts(page)

"""The Dataset page through AppTest: which photos it shows, what it says of them, and every state without photos."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.runtime.media_file_storage import MediaFileKind
from streamlit.runtime.memory_media_file_storage import MemoryMediaFileStorage
from streamlit.testing.v1 import AppTest

from catdog.errors import PhotosError
from catdog.photos import PreparedPhotos, first_batch, own_shape, ready_photos
from catdog.progress import Progress
from catdog.settings import OWN, settings
from catdog.ui import pictures
from catdog.ui.shared import photos_task
from tests.conftest import half_bright, jpeg, make_photos
from tests.pages.conftest import ROOT, drawn, spoken
from tests.pages.test_training_page import texts

DATASET = "pages/1_Dataset.py"
SPLITS = {"training": 12, "validation": 10, "test": 2}  # photos of each class in a folder of 24 + 24
STRANGE = "*cat* _1_ [x](y) <b>b $a$ `c` #~|{}.jpg"
WEB_ADDRESS = "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip"


@pytest.fixture(autouse=True)
def fresh_server(own_photos: Path, workers, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of another test is kept: neither its photos nor its pictures."""
    forget()
    yield
    forget()


def forget() -> None:
    st.cache_resource.clear()
    st.cache_data.clear()


def visit(address: Mapping[str, str | list[str]] | None = None, page: str = DATASET) -> AppTest:
    """The page as someone sees it who opens this address in a browser of their own."""
    browser = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
    browser.query_params.update(address or {})
    return browser.switch_page(page).run()


def address_of(data: bytes) -> str:
    """Under which address Streamlit offers a picture: a hash of its bytes."""
    storage = MemoryMediaFileStorage("/mock/media")
    return storage.get_url(storage.load_and_get_id(data, "image/jpeg", MediaFileKind.MEDIA))


def shown(page: AppTest) -> list[str]:
    """The addresses of all pictures on the page, in order."""
    return [url for image in page.image for url in image.value]


def alts(page: AppTest) -> list[str]:
    return [picture.alt for image in page.image for picture in image.proto.imgs]


def prepared() -> PreparedPhotos:
    return ready_photos(settings(), lambda _: None)


def numbers(page: AppTest) -> list[int]:
    """Which of the prepared photos the pictures show, in order; for a page that shows them in their own shape."""
    photos = prepared()
    known = {
        address_of(pictures.jpeg(own_shape(photos, number, 10_000))): number for number in range(len(photos.files))
    }
    assert len(known) == len(photos.files)
    return [known[url] for url in shown(page)]


def panel(page: AppTest, label: str):
    return next(expander for expander in page.expander if expander.label.startswith(label))


# The photos


def test_a_first_visit_shows_three_cats_and_three_dogs_that_the_network_learns_from():
    page = visit()
    assert not page.exception
    assert page.title[0].value == "What does the network see?"
    found, photos = numbers(page), prepared()
    assert len(set(found)) == 6
    assert [photos.folders[number] for number in found] == ["train"] * 6
    assert photos.labels[found].tolist() == [0, 0, 0, 1, 1, 1]
    assert [image.captions for image in page.image] == [["cat · 80 × 60"]] * 3 + [["dog · 80 × 60"]] * 3
    assert alts(page) == ["A cat, in its own shape"] * 3 + ["A dog, in its own shape"] * 3


def test_the_seed_stands_in_the_address_and_shows_the_same_photos_to_everyone():
    first = visit()
    seed = first.query_params["dataset.seed"]
    assert first.number_input(key="dataset.seed").value == int(seed)
    assert shown(visit({"dataset.seed": seed})) == shown(first)


def test_two_visitors_see_photos_of_their_own():
    assert len({str(shown(visit())) for _ in range(4)}) > 1


def test_another_batch_draws_another_seed_and_writes_it_into_the_address(monkeypatch):
    page = visit({"dataset.seed": "7"})
    before = shown(page)
    monkeypatch.setattr("catdog.ui.links.random.randint", lambda low, high: 42)
    page.button(key="dataset.again").click().run()
    assert page.number_input(key="dataset.seed").value == 42
    assert page.query_params["dataset.seed"] == "42"
    assert shown(page) != before
    assert shown(visit({"dataset.seed": "42"})) == shown(page)


def test_a_seed_can_be_typed():
    page = visit({"dataset.seed": "7"})
    page.number_input(key="dataset.seed").set_value(42).run()
    assert shown(page) == shown(visit({"dataset.seed": "42"}))


@pytest.mark.parametrize("split", SPLITS)
def test_the_photos_come_from_the_chosen_part_and_there_may_be_fewer_than_asked_for(split):
    page = visit({"dataset.seed": "7"})
    page.segmented_control(key="dataset.row").set_value(8).run()
    page.segmented_control(key="dataset.split").set_value(split).run()
    assert not page.exception
    found, photos = numbers(page), prepared()
    each = min(8, SPLITS[split])
    assert photos.labels[found].tolist() == [0] * each + [1] * each
    assert len(set(found)) == 2 * each
    assert set(found) <= set(photos.positions(split).tolist())


def test_more_in_a_row_keeps_those_that_were_there():
    page = visit({"dataset.seed": "7", "dataset.row": "2"})
    few = shown(page)
    page.segmented_control(key="dataset.row").set_value(5).run()
    many = shown(page)
    assert (many[:2], many[5:7]) == (few[:2], few[2:])


def test_beside_each_photo_stands_what_the_network_sees():
    page = visit({"dataset.seed": "7"})
    alone = shown(page)
    found, photos = numbers(page), prepared()
    page.toggle(key="dataset.network").set_value(True).run()
    assert shown(page)[::2] == alone
    assert shown(page)[1::2] == [address_of(pictures.jpeg(photos.photos[number])) for number in found]
    assert [image.captions for image in page.image][1::2] == [["160 × 160"]] * 6
    assert alts(page)[1] == "The same cat, squeezed to 160 by 160 pixels"
    assert alts(page)[-1] == "The same dog, squeezed to 160 by 160 pixels"


def test_a_deep_link_opens_the_very_same_page():
    page = visit()
    page.segmented_control(key="dataset.split").set_value("validation").run()
    page.segmented_control(key="dataset.row").set_value(4).run()
    page.toggle(key="dataset.network").set_value(True).run()
    address = {
        "dataset.seed": page.query_params["dataset.seed"],
        "dataset.split": "validation",
        "dataset.row": "4",
        "dataset.network": "true",
    }
    other = visit(address)
    assert shown(other) == shown(page)
    assert len(shown(other)) == 16
    assert dict(other.query_params) == address | {"photos": "own"}


def test_who_comes_back_from_another_page_finds_the_same_photos():
    page = visit()
    page.segmented_control(key="dataset.split").set_value("test").run()
    before = shown(page)
    page.switch_page("pages/3_Training.py").run()
    page.query_params.clear()
    page.switch_page(DATASET).run()
    assert shown(page) == before
    assert page.segmented_control(key="dataset.split").value == "test"


HOSTILE = [
    {"seed": "abc", "split": "nonsense", "row": "7", "network": "maybe", "batch": "maybe", "again": "true"},
    {"seed": "-1", "split": "Training", "row": "0", "network": "", "batch": "", "sizes": ""},
    {"seed": "10000", "split": "0", "row": "-2", "network": "2", "sizes": "maybe", "nonsense": "1"},
    {"seed": "99999", "split": "<script>alert(1)</script>", "row": "3.5", "": "1", "split.": "test"},
    {"seed": "", "row": "many", "photos.cat": "1", "counts": "x"},
    {"seed": "0x1", "row": "9" * 50},
    {"seed": "1e3", "split": "test,training", "row": "\0"},
    {"seed": "²", "split": "\0", "network": ["maybe", "x"], "sizes": ["true", "x"]},
]


@pytest.mark.parametrize("address", HOSTILE, ids=range(len(HOSTILE)))
def test_an_address_that_makes_no_sense_shows_the_page_as_at_a_first_visit(address):
    page = visit({f"dataset.{name}": value for name, value in address.items()})
    assert not page.exception
    assert len(page.image) == 6
    assert page.segmented_control(key="dataset.split").value == "training"
    assert page.segmented_control(key="dataset.row").value == 3
    assert not page.toggle(key="dataset.network").value
    assert 0 <= page.number_input(key="dataset.seed").value <= 9_999


def test_a_seed_that_cannot_be_used_is_replaced_once_and_then_kept():
    page = visit({"dataset.seed": "abc"})
    before = shown(page)
    assert shown(page.run()) == before


def test_all_values_may_be_wrong_or_double_at_once():
    page = visit(
        {
            "dataset.seed": ["1", "x"],
            "dataset.split": ["x", "test"],
            "dataset.row": ["2", "x"],
            "dataset.network": ["x", "y"],
            "dataset.batch": ["x", "true"],
        }
    )
    assert not page.exception
    assert page.image


# In words


def test_the_counts_and_what_guessing_would_reach_are_said_in_words():
    page = visit()
    assert "**Training: 12 cats and 12 dogs.** The network learns from these." in texts(page)
    assert "**Validation: 10 cats and 10 dogs.** It is asked about these after every epoch" in texts(page)
    assert "**Test: 2 cats and 2 dogs.** It meets these once" in texts(page)
    assert "would be right **50 %** of the time" in page.info[0].value


def test_an_uneven_folder_has_another_baseline(own_photos):
    for file in sorted((own_photos / "validation" / "cats").iterdir())[5:]:
        file.unlink()
    for file in sorted((own_photos / "train" / "dogs").iterdir())[3:]:
        file.unlink()
    page = visit({"dataset.row": "8"})
    assert not page.exception
    assert "**Training: 12 cats and 3 dogs.**" in texts(page)
    assert "**Validation: 4 cats and 10 dogs.**" in texts(page)
    assert "**Test: 1 cat" in texts(page)
    assert "Always answering “dog” would be right **71 %** of the time on the validation" in page.info[0].value  # 10/14
    assert alts(page) == ["A cat, in its own shape"] * 8 + ["A dog, in its own shape"] * 3


def test_a_batch_is_shown_whole_and_said_in_numbers():
    page = visit({"dataset.batch": "true"})
    photos = prepared()
    positions = first_batch(photos, 32, 0)
    sheet = panel(page, "What a batch is: 24 photos at once").image[0]
    assert sheet.value == [address_of(pictures.jpeg(photos.photos[number])) for number in positions]
    labels = photos.labels[positions]
    assert [caption.replace("\N{NO-BREAK SPACE}", " ") for caption in sheet.captions] == [
        f"{label} · {('cat', 'dog')[label]}" for label in labels
    ]
    assert [one.alt for one in sheet.proto.imgs] == [("A cat", "A dog")[label] for label in labels]
    words = texts(page)
    assert "it takes **24** at once" in words  # there are no more
    assert "shape **(24, 160, 160, 3)** and kind **float32**: 24 photos, 160 pixels high, 160 wide, 3 colours" in words
    assert "1,843,200 numbers between 0 and 255, in 7.4 MB" in words
    assert "24 numbers, 0 for a cat and 1 for a dog" in words


def test_a_batch_of_a_larger_folder_has_32_photos_and_an_epoch_several_batches(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(make_photos(tmp_path / "more", train=17, validation=2)))
    page = visit({"dataset.batch": "true"})
    assert "**(32, 160, 160, 3)**" in texts(page)
    assert "All training photos together make 2 batches: one epoch." in texts(page)
    assert len(panel(page, "What a batch").image[0].value) == 32


def test_closed_panels_cost_nothing_and_open_ones_stay_open():
    page = visit()
    assert not panel(page, "What a batch").proto.expanded
    assert not panel(page, "Sizes").proto.expanded
    assert len(drawn(page)) == 1
    page = visit({"dataset.batch": "true", "dataset.sizes": "true"})
    page.button(key="dataset.again").click().run()
    assert panel(page, "What a batch").proto.expanded
    assert panel(page, "Sizes").proto.expanded


def test_the_sizes_before_resizing_are_said_in_words(own_photos):
    for name, size in (("wide", (300, 90)), ("high", (40, 70)), ("even", (50, 50))):
        Image.new("RGB", size).save(own_photos / "train" / "cats" / f"{name}.jpg")
    for file in sorted((own_photos / "validation" / "dogs").iterdir())[2:]:
        file.unlink()
    page = visit({"dataset.sizes": "true"})
    assert "From 50 × 50 to 300 × 90 pixels; 95 % are wider than high." in texts(page)  # 39 of 41
    chart = drawn(page)[-1]
    assert chart["alt"] == (
        "Width and height of all 41 photos before resizing: from 40 to 300 wide and from 50 to 90 high; half of them "
        "are at most 80 wide and 60 high."
    )
    assert [trace["name"] for trace in chart["traces"]] == ["cats", "dogs", "what the network sees: 160 × 160"]


def test_every_picture_and_chart_has_words_for_those_who_do_not_see_it():
    page = visit({"dataset.network": "true", "dataset.batch": "true", "dataset.sizes": "true"})
    assert len(alts(page)) == 12 + 24
    assert all(alt.startswith(("A cat", "A dog", "The same cat", "The same dog")) for alt in alts(page))
    charts = [chart["alt"] for chart in drawn(page)]
    assert charts[0] == (
        "Photos per class and split, as many cats as dogs in each. Training: 12 cats and 12 dogs. "
        "Validation: 10 cats and 10 dogs. Test: 2 cats and 2 dogs."
    )
    assert all(charts)


# Where they come from


def test_the_own_folder_is_named_and_its_shape_can_be_copied(own_photos):
    page = visit()
    assert "In use: your own folder **own**." in texts(page)
    assert "validation/" in page.code[0].value
    assert page.code[1].value == "python3 -m catdog run --photos my_photos"
    assert not panel(page, "Where the photos come from").proto.expanded


def test_files_that_cannot_be_read_are_named_with_the_reason_as_they_are_spelt(own_photos):
    (own_photos / "train" / "cats" / STRANGE).write_bytes(b"no picture")
    (own_photos / "validation" / "dogs" / "cut.jpg").write_bytes(
        jpeg(half_bright(0, np.random.default_rng(1)))[:600],
    )
    page = visit()
    assert not page.exception
    assert panel(page, "2 files could not be read")
    table = page.table[0].value
    unescaped = [file.replace("\\", "") for file in table["file"]]
    assert unescaped == [f"train/cats/{STRANGE}", "validation/dogs/cut.jpg"]
    for character in "*_[]<>$`#~|{}":
        assert f"\\{character}" in table["file"][0]
        assert table["file"][0].count(character) == table["file"][0].count(f"\\{character}")
    assert [reason.split()[0] for reason in table["why"]] == ["This", "The"]
    assert page.table[0].proto.alt == "The first 2 of 2 files that could not be read, with the reasons"
    assert "**Training: 12 cats and 12 dogs.**" in texts(page)


def test_one_file_that_cannot_be_read_is_one_file(own_photos):
    (own_photos / "train" / "cats" / "empty.jpg").write_bytes(b"")
    assert panel(visit(), "1 file could not be read")


def test_of_very_many_files_that_cannot_be_read_the_first_are_named(own_photos, monkeypatch):
    monkeypatch.setattr("catdog.ui.dataset_source.UNREADABLE_SHOWN", 2)
    for number in range(5):
        (own_photos / "train" / "cats" / f"broken{number}.jpg").write_bytes(b"no picture")
    page = visit()
    assert panel(page, "5 files could not be read")
    assert len(page.table[0].value) == 2
    assert "3 more are listed by `python3 -m catdog prepare`." in texts(page)


def test_a_photo_whose_file_has_gone_is_a_sentence_in_its_place(own_photos):
    page = visit({"dataset.seed": "7", "dataset.network": "true", "dataset.batch": "true"})
    gone = own_photos / prepared().files[numbers(visit({"dataset.seed": "7"}))[1]]
    assert len(page.image) == 13
    gone.unlink()
    st.cache_data.clear()
    page.run()
    assert not page.exception
    assert [spoken(warning.value) for warning in page.warning] == [
        f"{gone.name}: The file cannot be opened: No such file or directory."
    ]
    assert len(page.image) == 12  # what the network sees of it is still there
    assert alts(page)[:4] == [
        "A cat, in its own shape",
        "The same cat, squeezed to 160 by 160 pixels",
        "The same cat, squeezed to 160 by 160 pixels",
        "A cat, in its own shape",
    ]
    assert len(panel(page, "What a batch").image[0].value) == 24


def test_a_folder_that_has_gone_altogether_leaves_sentences_and_the_page_lives_on(own_photos):
    page = visit({"dataset.seed": "7"})
    own_photos.rename(own_photos.with_name("elsewhere"))
    st.cache_data.clear()
    page.button(key="dataset.again").click().run()
    assert not page.exception
    assert len(page.warning) == 6
    assert "**Training: 12 cats and 12 dogs.**" in texts(page)


# Without photos


def test_a_missing_folder_is_a_sentence_with_the_help_beneath_it_open(home, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    page = visit()
    assert not page.exception
    assert "There is no folder CATDOG_PHOTOS." in spoken(page.error[0].value)
    assert panel(page, "Where the photos come from").proto.expanded
    assert not page.image
    assert [one.key for one in page.segmented_control] == ["dataset.photos"]
    assert "your own folder **nowhere**." in texts(page)


def test_when_the_folder_is_there_trying_again_shows_the_photos(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(tmp_path / "late"))
    page = visit()
    make_photos(tmp_path / "late", train=2, validation=2)
    page.button(key="photos.retry").click().run()
    photos_task(OWN).wait(30)
    page.run()
    assert not page.error
    assert len(page.image) == 4
    assert not panel(page, "Where the photos come from").proto.expanded


@pytest.fixture
def slow(monkeypatch) -> Iterator[Callable[[], None]]:
    """Photos that take long: half of them are there until the test calls back."""
    go_on, over = threading.Event(), threading.Event()

    def slowly(where, report, kind):
        report(Progress("Reading the photos", 24, 48, "photos", 5.0))
        go_on.wait(60)
        if over.is_set():
            raise PhotosError("The test is over.")
        return ready_photos(where, report, kind)

    def rest() -> None:
        go_on.set()
        photos_task(OWN).wait(30)

    monkeypatch.setattr("catdog.ui.shared.ready_photos", slowly)
    monkeypatch.setattr("catdog.ui.photo_set.AT_ONCE", 0.01)
    yield rest
    over.set()
    go_on.set()


def test_while_the_photos_are_on_their_way_the_page_says_how_far_they_are(slow):
    page = visit()
    assert not page.exception
    assert "The photos are not ready yet." in texts(page)
    assert page.progress[0].proto.text == "Reading the photos: 24 of 48 photos, 5 s left"
    assert page.progress[0].proto.value == 50
    assert not page.image
    assert panel(page, "Where the photos come from").proto.expanded
    assert "dataset.seed" not in page.query_params
    slow()
    page.run()
    assert not page.progress
    assert len(page.image) == 6
    assert "dataset.seed" in page.query_params


def test_a_deep_link_survives_the_wait_for_the_photos(slow):
    address = {"dataset.seed": "7", "dataset.row": "4", "dataset.split": "validation"}
    page = visit(address)
    slow()
    page.run()
    assert shown(page) == shown(visit(address))
    assert len(page.image) == 8


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        (WEB_ADDRESS, "They are fetched from storage.googleapis.com once and then kept."),
        ("file:///tmp/photos.zip", "They are read from a file on this machine once and then kept."),
    ],
)
def test_before_the_public_photos_are_there_the_page_says_where_they_come_from(url, fetched, slow, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "real")
    monkeypatch.setenv("CATDOG_DATASET_URL", url)
    page = visit()
    assert "**cats_and_dogs_filtered**, 3,000 photos out of the 25,000 of the Kaggle contest" in texts(page)
    assert "2,000 for training and 1,000 held back" in texts(page)
    assert fetched in texts(page)


def test_the_page_with_all_its_panels_loads_no_keras():
    code = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"page = AppTest.from_file({str(ROOT / 'dashboard.py')!r}, default_timeout=60)\n"
        "page.query_params.update({'dataset.batch': 'true', 'dataset.sizes': 'true', 'dataset.network': 'true'})\n"
        f"page.switch_page({DATASET!r}).run()\n"
        "assert not page.exception and len(page.image) == 13, page\n"
        "print([name for name in ('keras', 'tensorflow') if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == "[]"


# Whatever stands in the address


@pytest.mark.parametrize("address", [{"dataset.row": ""}, {"dataset.split": ""}])
def test_an_empty_value_in_the_address_is_as_if_it_were_not_there(address):
    page = visit(address)
    assert not page.exception
    assert len(page.image) == 6


@pytest.mark.parametrize("seed", ["abc", "-1", "99999", "", " 7", "٣", "1.5", "inf", "1e400", "9" * 400])
def test_whatever_the_address_had_the_seed_that_is_used_stands_in_it(seed):
    page = visit({"dataset.seed": seed})
    assert not page.exception
    assert page.query_params["dataset.seed"] == str(page.number_input(key="dataset.seed").value)
    assert shown(visit(dict(page.query_params))) == shown(page)


def test_a_seed_that_was_emptied_is_drawn_anew():
    page = visit({"dataset.seed": "7"})
    page.number_input(key="dataset.seed").set_value(None).run()
    assert not page.exception
    assert page.query_params["dataset.seed"] == str(page.number_input(key="dataset.seed").value)


def test_an_address_that_lags_behind_a_quick_visitor_takes_nothing_back():
    page = visit({"dataset.seed": "7"})
    page.button(key="dataset.again").click().run()
    drawn = page.number_input(key="dataset.seed").value
    page.query_params["dataset.seed"] = "7"
    page.run()
    assert page.number_input(key="dataset.seed").value == drawn
    assert page.query_params["dataset.seed"] == str(drawn)


# Names that are no text, and few photos


@pytest.mark.parametrize("name", [b"caf\xe9.jpg", b"__cat__ [x](y).jpg"])
def test_a_gone_photo_is_named_as_it_is_spelt(own_photos, name):
    cats = own_photos / "train" / "cats"
    first, second, *others = sorted(cats.iterdir())
    strange = cats / os.fsdecode(name)
    first.rename(strange)
    for other in others:
        other.unlink()
    page = visit({"dataset.row": "2", "dataset.seed": "5"})
    assert len(page.image) == 4
    strange.unlink()
    st.cache_data.clear()
    page.run()
    assert not page.exception
    assert spoken(page.warning[0].value).startswith(name.decode("utf-8", "replace"))
    assert "__" not in page.warning[0].value


def test_a_folder_whose_name_is_no_text_is_named_as_well_as_can_be(monkeypatch, tmp_path):
    folder = make_photos(tmp_path / os.fsdecode(b"caf\xe9"), train=2, validation=2)
    monkeypatch.setenv("CATDOG_PHOTOS", str(folder))
    page = visit()
    assert not page.exception
    assert "your own folder **caf\ufffd**" in texts(page)


def test_one_is_one(monkeypatch, tmp_path):
    monkeypatch.setenv("CATDOG_PHOTOS", str(make_photos(tmp_path / "few", train=2, validation=2)))
    words = texts(visit({"dataset.batch": "true"}))
    assert "Test: 1 cat and 1 dog." in words
    assert "together make 1 batch: one epoch" in words

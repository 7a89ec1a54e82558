"""The Augmentation page through AppTest: every control, the copies it makes of a photo, and the states without them."""

import io
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from catdog.errors import CatdogError
from catdog.models.drawn import Drawn
from catdog.photos import first_batch
from catdog.recipes import RECIPES, Augmentation, augmentation_of
from catdog.ui import pictures, shared
from catdog.ui.augmentation_choice import posts
from catdog.ui.shared import augment_task
from tests.conftest import jpeg
from tests.pages import test_dataset_page
from tests.pages.conftest import drawn, spoken
from tests.pages.test_dataset_page import address_of, alts, panel, prepared, shown
from tests.pages.test_training_page import texts

AUGMENTATION = "pages/2_Augmentation.py"
FIRST = {"flip": "left-right", "turn": "72", "fill": "reflect"} | dict.fromkeys(
    ("zoom", "shift", "brightness", "contrast"), "0"
)  # what a first visit has in its address
FIRST_AUGMENTATION = augmentation_of(RECIPES["post4-model2"])
EVERYTHING = FIRST | {"zoom": "20", "shift": "10", "brightness": "30", "contrast": "40"}
AMOUNTS = ("turn", "zoom", "shift", "brightness", "contrast")
LOADING = "Loading Keras, which draws the copies"

fresh_server = test_dataset_page.fresh_server  # nothing of another test is kept


@dataclass(frozen=True)
class Call:
    """What the page asked for once, and what it got."""

    photos: np.ndarray
    augmentation: Augmentation
    seed: int
    copies: np.ndarray
    drawn: tuple[Drawn, ...]


@pytest.fixture(scope="module")
def augmented():
    """What draws the copies, with the real Keras, loaded as the page loads it."""
    return shared._load_augment(lambda progress: None)


@pytest.fixture
def calls(augmented, monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Every set of copies that the page asks for, in order; Keras is there at once."""
    made: list[Call] = []

    def recording(photos, augmentation, seed):
        copies, drawn = augmented(photos, augmentation, seed)
        made.append(Call(photos.copy(), augmentation, seed, copies, drawn))
        return copies, drawn

    monkeypatch.setattr(shared, "_load_augment", lambda report: recording)
    return made


def visit(page: str = AUGMENTATION, **address: str | list[str]) -> AppTest:
    """The page as someone sees it who opens this address in a browser of their own."""
    return test_dataset_page.visit({f"augmentation.{name}": value for name, value in address.items()}, page)


def copies(page: AppTest) -> list[str]:
    """The addresses of the copies: all pictures after the original."""
    return shown(page)[1:]


def captions(page: AppTest) -> list[str]:
    return [caption.replace("\N{NO-BREAK SPACE}", " ") for image in page.image for caption in image.captions]


def links(page: AppTest) -> list[dict[str, str]]:
    """Where the links into a training lead, in order."""
    into = [link.proto for link in page.get("page_link") if link.proto.label.startswith("Train network")]
    return [dict(parse_qsl(link.query_string)) for link in into]


def bring(page: AppTest, data: bytes) -> AppTest:
    """Drop a picture of one's own."""
    page.file_uploader[0].set_value(("own.png", data, "image/png")).run()
    return page


def png(pixels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def marked(row: int, column: int, size: int = 8) -> np.ndarray:
    """A grey picture of the networks' size with a white square around one place."""
    pixels = np.full((160, 160, 3), 60, np.uint8)
    pixels[row - size : row + size, column - size : column + size] = 255
    return pixels


def mark(copy: np.ndarray) -> tuple[float, float]:
    """Row and column of the mark's middle, from the picture's own middle."""
    rows, columns = np.nonzero(copy[..., 0] > 160)
    assert len(rows), "the mark has gone"
    return rows.mean() - 79.5, columns.mean() - 79.5


def code_copies(page: AppTest, photo: np.ndarray) -> np.ndarray:
    """What the code on the page makes of a photo, for someone who copies it."""
    given = {"photo": photo}
    exec(page.code[0].value, given)
    return np.asarray(given["copies"]).clip(0, 255).round()


# A first visit


def test_a_first_visit_shows_a_photo_and_nine_copies_as_in_post_4(calls):
    page = visit()
    assert not page.exception
    assert page.title[0].value == "How many pictures hide in one?"
    assert page.radio(key="augmentation.flip").value == "left-right"
    assert page.slider(key="augmentation.turn").value == 72
    assert page.selectbox(key="augmentation.post").value == "flip=horizontal,turn=72"
    assert len(copies(page)) == 9
    assert len(set(copies(page))) == 9
    assert calls[0].augmentation == augmentation_of(RECIPES["post4-model2"])


def test_a_first_visit_writes_all_that_is_seen_into_the_address(calls):
    page = visit()
    given = {name.removeprefix("augmentation."): value for name, value in page.query_params.items()}
    assert given == {
        "flip": "left-right",
        "turn": "72",
        "seed": str(page.number_input(key="augmentation.seed").value),
        "photo": given["photo"],
        "photos": "own",
    }
    assert 0 <= int(given["photo"]) < 48
    assert shown(visit(**given)) == shown(page)


def test_the_photo_of_a_first_visit_is_one_that_networks_learn_from(calls):
    number = int(visit().query_params["augmentation.photo"])
    assert number in prepared().positions("training")


def test_under_every_copy_stands_what_was_drawn_for_it(calls):
    page = visit(**EVERYTHING, seed="7", photo="3")
    (call,) = calls
    photos = prepared()
    assert shown(page) == [address_of(pictures.jpeg(one)) for one in (photos.photos[3], *call.copies)]
    label = "cat" if photos.labels[3] == 0 else "dog"
    assert captions(page) == [
        f"{label} · photo 3 · 160 × 160, as the network sees it",
        *(one.caption() for one in call.drawn),
    ]
    assert alts(page) == [
        f"The original: {label} · photo 3",
        *(f"Copy {number}: {one.in_words()}" for number, one in enumerate(call.drawn, 1)),
    ]
    assert (call.photos == photos.photos[3]).all()


# The controls


def words(page: AppTest) -> list[str]:
    """What is said of each copy to those who do not see it."""
    return [alt.partition(": ")[2] for alt in alts(page)[1:]]


@pytest.mark.parametrize(
    ("flip", "done", "how"),
    [
        ("left-right", "flipped left-right", (slice(None), slice(None, None, -1))),
        ("up-down", "flipped up-down", (slice(None, None, -1), slice(None))),
        ("both", "flipped left-right and up-down", (slice(None, None, -1), slice(None, None, -1))),
    ],
)
def test_a_flip_does_to_each_copy_what_its_caption_says(flip, done, how, calls):
    page = visit(flip="none", turn="0", copies="16", seed="5", photo="3")
    page.radio(key="augmentation.flip").set_value(flip).run()
    assert set(words(page)) == {"not flipped", done}
    photo = prepared().photos[3]
    for said, copy, url in zip(words(page), calls[-1].copies, copies(page), strict=True):
        np.testing.assert_array_equal(copy, photo[how] if said == done else photo)
        assert url == address_of(pictures.jpeg(copy))
    coin = "one coin for both" if flip == "both" else "a coin for each photo"
    assert coin in texts(page)


def test_with_nothing_switched_on_every_copy_is_the_photo_itself(calls):
    page = visit(**FIRST | {"flip": "none", "turn": "0"}, code="true")
    assert set(shown(page)) == {shown(page)[0]}
    assert captions(page)[1:] == ["unchanged"] * 9
    assert "Off: no photo is flipped." in texts(page)
    assert "Off: no photo is turned." in texts(page)
    assert "**No augmentation**" in texts(page)
    assert code_copies(page, calls[-1].photos[0]).shape == (9, 160, 160, 3)
    assert [link["augmentation"] for link in links(page)] == ["none"] * 3


def test_a_turn_stays_within_its_limits_and_is_said_in_degrees(calls):
    page = visit(flip="none", turn="0", copies="16", seed="5")
    page.slider(key="augmentation.turn").set_value(30).run()
    assert "Keras: `factor=0.0833` of a full turn, either way" in texts(page)
    turns = [re.fullmatch(r"turned (\d+\.\d)° to the (left|right)", said) for said in words(page)]
    assert all(turns)
    assert max(float(turn[1]) for turn in turns) <= 30
    assert {turn[2] for turn in turns} == {"left", "right"}


def test_gaps_can_be_filled_in_four_ways_and_one_of_them_is_black(calls):
    page = bring(visit(flip="none", turn="90", seed="5"), png(np.full((160, 160, 3), 200, np.uint8)))
    seen = {}
    for fill in ("reflect", "nearest", "wrap", "constant"):
        page.selectbox(key="augmentation.fill").set_value(fill).run()
        seen[fill] = int(calls[-1].copies.min())
        assert calls[-1].augmentation.fill == fill
    assert seen == {"reflect": 200, "nearest": 200, "wrap": 200, "constant": 0}
    assert "with black" in texts(page)
    assert "gaps filled with black" in texts(page)


@pytest.mark.parametrize("amount", ["turn", "zoom", "shift"])
def test_how_gaps_are_filled_can_only_be_chosen_where_there_are_gaps(amount, calls):
    page = visit(flip="left-right", turn="0", brightness="50", fill="constant")
    assert page.selectbox(key="augmentation.fill").disabled
    assert "There are no gaps to fill." in texts(page)
    assert links(page)[0]["augmentation"] == "flip=horizontal,brightness=50"
    page.slider(key=f"augmentation.{amount}").set_value(20).run()
    assert not page.selectbox(key="augmentation.fill").disabled
    assert page.selectbox(key="augmentation.fill").value == "constant"
    assert f"fill=constant{',' if amount == 'turn' else ''}" in links(page)[0]["augmentation"]


@pytest.mark.parametrize("count", [4, 16])
def test_there_are_as_many_copies_as_were_asked_for(count, calls):
    page = visit(turn="72", seed="5", photo="3", copies=str(count))
    assert len(copies(page)) == count
    other = visit(turn="72", seed="5", photo="3")
    other.selectbox(key="augmentation.copies").set_value(count).run()
    assert shown(other) == shown(page)


def test_again_draws_another_seed_for_the_same_photo(calls, monkeypatch):
    page = visit(**FIRST, seed="5")
    before = shown(page)
    monkeypatch.setattr("catdog.ui.links.random.randint", lambda low, high: 42)
    page.button(key="augmentation.again").click().run()
    assert page.query_params["augmentation.seed"] == "42"
    assert page.number_input(key="augmentation.seed").value == 42
    assert shown(page)[0] == before[0]
    assert not set(copies(page)) & set(before[1:])
    page.number_input(key="augmentation.seed").set_value(5).run()
    assert shown(page) == before


def test_every_second_begins_with_the_copies_that_are_there(calls):
    page = visit(**FIRST, seed="5")
    before = shown(page)
    page.toggle(key="augmentation.every").set_value(True).run()
    assert not page.exception
    assert shown(page) == before
    assert page.number_input(key="augmentation.seed").value == 5


def test_every_second_ends_with_what_is_seen_and_its_seed_in_the_address(calls):
    page = visit(**FIRST, seed="9999", photo="3", every="true")
    before = shown(page)
    page.toggle(key="augmentation.every").set_value(False).run()
    assert shown(page) == before
    seed = page.number_input(key="augmentation.seed").value
    assert 0 <= seed <= 9_999
    assert page.query_params["augmentation.seed"] == str(seed)
    assert calls[-1].seed == seed
    assert shown(visit(**FIRST, seed=str(seed), photo="3")) == before


def test_a_seed_that_was_emptied_survives_every_second_and_again(calls):
    page = visit(**FIRST, seed="5")
    page.number_input(key="augmentation.seed").set_value(None).run()
    for switched in (True, False):
        page.toggle(key="augmentation.every").set_value(switched).run()
        assert not page.exception
        assert len(page.image) == 10
    page.button(key="augmentation.again").click().run()
    assert page.number_input(key="augmentation.seed").value is not None


def test_as_in_a_post_moves_every_slider_and_any_change_is_ones_own(calls):
    page = visit(
        flip="up-down", turn="5", fill="wrap", zoom="20", shift="10", brightness="30", contrast="40", photo="3"
    )
    chosen = page.selectbox(key="augmentation.post")
    assert chosen.value is None
    assert chosen.proto.placeholder == "your own settings"
    for text, users in posts().items():
        page.selectbox(key="augmentation.post").set_value(text).run()
        assert not page.exception
        assert page.selectbox(key="augmentation.post").value == text
        assert users in page.selectbox(key="augmentation.post").options
        assert calls[-1].augmentation == Augmentation.from_text(text)
        assert [page.slider(key=f"augmentation.{name}").value for name in AMOUNTS[1:]] == [0, 0, 0, 0]
        assert {link["augmentation"] for link in links(page)} == {text}
    page.slider(key="augmentation.zoom").set_value(1).run()
    assert page.selectbox(key="augmentation.post").value is None
    page.slider(key="augmentation.zoom").set_value(0).run()
    assert page.selectbox(key="augmentation.post").value == text


def test_every_network_that_augments_is_named_where_its_settings_are_offered():
    for recipe in RECIPES.values():
        own = augmentation_of(recipe)
        named = posts()[own.text] if own else "; ".join(posts().values())
        model = re.escape(recipe.model.removeprefix("model"))
        one = rf"post {recipe.post}(, models? [^;]*\b{model}\b[^;]*)?(;|$)"
        assert own is None or re.search(one, named), recipe.key


@pytest.mark.parametrize(
    ("name", "value", "said", "form", "largest"),
    [
        ("zoom", 50, "`RandomZoom(0.5)`: between 50 % and 150 % of", r"(\d+) % of each side seen", 150),
        ("shift", 10, "up to 10 % of height and width", r"shifted (\d+) % to the \w+ and \d+ % \w+", 10),
        ("brightness", 20, "up to 20 % of 255 is added or taken", r"brightness [+−](\d+) %", 20),
        ("contrast", 30, "differences from the mean become 70 % to 130 %", r"contrast ×(\d\.\d\d)", 1.3),
    ],
)
def test_each_further_slider_does_what_it_says(name, value, said, form, largest, calls):
    page = visit(flip="none", turn="0", copies="16", seed="5", photo="3")
    alone = copies(page)
    page.slider(key=f"augmentation.{name}").set_value(value).run()
    assert said in texts(page)
    found = [re.fullmatch(form, one) for one in words(page)]
    assert all(found), words(page)
    assert 0 < max(float(one[1]) for one in found) <= largest
    assert len(set(words(page))) > 8
    assert not set(alone) & set(copies(page))
    assert links(page)[0]["augmentation"] == f"{name}={value}"


# The photo


def test_another_photo_is_never_the_same_one(calls):
    photos = prepared()
    shown_before = int(photos.positions("training")[0])
    page = visit(**FIRST, seed="5", photo=str(shown_before))
    for _ in range(6):
        page.button(key="augmentation.another").click().run()
        number = int(page.query_params["augmentation.photo"])
        assert number != shown_before
        assert number in photos.positions("training")
        assert shown(page)[0] == address_of(pictures.jpeg(photos.photos[number]))
        shown_before = number
    assert page.number_input(key="augmentation.seed").value == 5


def test_an_own_picture_takes_the_photos_place_until_it_is_put_away(calls):
    page = visit(**FIRST, seed="5", photo="3")
    before = shown(page)
    pixels = marked(30, 30)
    bring(page, png(pixels))
    assert not page.exception
    assert captions(page)[0] == "your picture · 160 × 160, as the network sees it"
    assert alts(page)[0] == "The original: your picture"
    assert (calls[-1].photos == pixels).all()
    assert not set(shown(page)) & set(before)
    assert page.query_params["augmentation.photo"] == "3"  # a link shares the photo, never the picture
    page.button(key="augmentation.another").click().run()
    assert captions(page)[0] != "your picture · 160 × 160, as the network sees it"
    assert "photo" in captions(page)[0]
    assert page.file_uploader[0].value is None


def test_a_picture_that_was_taken_away_again_gives_the_photo_its_place_back(calls):
    page = visit(**FIRST, seed="5", photo="3")
    before = shown(page)
    bring(page, png(marked(30, 30)))
    page.file_uploader[0].set_value(None).run()
    assert shown(page) == before


def test_a_large_picture_becomes_what_a_network_would_see(calls):
    page = bring(visit(**FIRST), jpeg(np.full((900, 1200, 3), 77, np.uint8)))
    assert calls[-1].photos.shape == (9, 160, 160, 3)
    assert (calls[-1].photos == 77).all()
    assert len(copies(page)) == 9


def test_the_camera_is_only_there_when_it_was_switched_on(calls):
    page = visit(**FIRST, seed="5")
    assert not page.camera_input
    page.toggle(key="augmentation.camera.on.0").set_value(True).run()
    assert captions(page)[0].startswith(("cat", "dog"))
    page.camera_input[0].upload("shot.jpg", jpeg(marked(30, 30)), "image/jpeg").run()
    assert captions(page)[0].startswith("your picture")
    row, column = mark(calls[-1].photos[0])
    assert (row, column) == (pytest.approx(-50, abs=1.5), pytest.approx(-50, abs=1.5))
    page.button(key="augmentation.another").click().run()
    assert not page.camera_input
    assert "photo" in captions(page)[0]


NO_PICTURES = {
    "text": b"no picture",
    "empty": b"",
    "cut": jpeg(marked(30, 30))[:700],
    "huge": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x01\x00\x00\x00\x01\x00\x00\x08\x02\x00\x00\x00",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
}


@pytest.mark.filterwarnings("ignore:::PIL")
def test_what_is_no_picture_is_a_sentence_and_the_photo_stays(calls):
    page = visit(**FIRST, copies="4", seed="5", photo="3")
    before = shown(page)
    for kind, data in NO_PICTURES.items():
        page.file_uploader[0].set_value((f"{kind}.png", data, "image/png")).run()
        assert not page.exception, kind
        assert len(page.error) == 1, kind
        assert re.search(r"picture|file", page.error[0].value), kind
        assert shown(page) == before, kind
    page.file_uploader[0].set_value(("own.png", png(marked(30, 30)), "image/png")).run()
    assert not page.error
    assert captions(page)[0].startswith("your picture")


@pytest.mark.parametrize("turn", [0, 60])
def test_a_mark_in_one_corner_is_where_the_caption_of_each_copy_says(turn, calls):
    page = visit(flip="left-right", turn=str(turn), fill="constant", copies="16", seed="5")
    bring(page, png(marked(40, 55)))
    seen = set()
    for said, copy, url in zip(words(page), calls[-1].copies, copies(page), strict=True):
        assert url == address_of(pictures.jpeg(copy))  # the picture that bears this caption
        right, up = 55 - 79.5, 79.5 - 40
        if said.startswith("flipped left-right"):
            right = -right
        angle = re.search(r"turned (\d+\.\d)° to the (left|right)", said)
        assert (angle is None) == (turn == 0)
        if angle:
            to_the_left = np.radians(float(angle[1])) * (1 if angle[2] == "left" else -1)
            right, up = (
                right * np.cos(to_the_left) - up * np.sin(to_the_left),
                right * np.sin(to_the_left) + up * np.cos(to_the_left),
            )
        row, column = mark(copy)
        assert (-row, column) == (pytest.approx(up, abs=1.5), pytest.approx(right, abs=1.5)), said
        seen.add(said.partition(",")[0])
    assert seen == {"flipped left-right", "not flipped"}


# The address


def test_a_deep_link_shows_the_very_same_pictures(calls):
    address = {
        "flip": "both",
        "turn": "10",
        "fill": "wrap",
        "zoom": "20",
        "shift": "10",
        "brightness": "30",
        "contrast": "40",
        "copies": "6",
        "seed": "1234",
        "photo": "30",
        "batch": "true",
    }
    first, second = visit(**address), visit(**address)
    assert shown(first) == shown(second)
    assert len(shown(first)) == 1 + 6 + 24
    assert {name: first.query_params[f"augmentation.{name}"] for name in address} == address
    assert calls[0].augmentation == Augmentation("horizontal_and_vertical", 10, "wrap", 20, 10, 30, 40)
    assert calls[0].seed == 1234


def test_what_an_address_with_a_seed_does_not_name_is_off(calls):
    page = visit(turn="36", seed="5")
    assert page.radio(key="augmentation.flip").value == "none"
    assert calls[0].augmentation == Augmentation(turn=36)
    assert calls[0].seed == 5
    assert "augmentation.photo" in page.query_params


def test_an_address_without_a_seed_is_a_first_visit_with_something_changed(calls):
    page = visit(turn="36", code="true")
    assert calls[0].augmentation == Augmentation("horizontal", turn=36)
    assert page.code
    assert page.query_params["augmentation.seed"] == str(calls[0].seed)


HOSTILE = [
    {"seed": "abc", "turn": "181", "flip": "sideways", "zoom": "51", "copies": "5", "every": "maybe", "photo": "3"},
    {"seed": "-1", "turn": "-5", "flip": "horizontal", "shift": "-1", "copies": "1000000", "fill": "zebra"},
    {"seed": "10000", "turn": "abc", "flip": "", "brightness": "1e9", "copies": "-1", "batch": "2", "post": "zebra"},
    {"seed": "9" * 50, "turn": "nan", "flip": ["x", "none"], "contrast": "101", "copies": "", "tick": "x", "fill": ""},
    {"seed": "", "turn": ["10", "20"], "zoom": "inf", "shift": "", "brought": "x", "upload.0": "x", "code": "maybe"},
    {
        "seed": "5",
        "turn": "9" * 400,
        "zoom": "",
        "brightness": "",
        "contrast": "",
        "camera.on.0": "true",
        "": "x",
        "more": "",
    },
]


@pytest.mark.parametrize("address", HOSTILE, ids=range(len(HOSTILE)))
def test_what_makes_no_sense_in_an_address_is_off(address, calls):
    page = visit(**address)
    assert not page.exception
    assert len(page.image) == 10
    assert 0 <= page.number_input(key="augmentation.seed").value <= 9_999
    first = (
        Augmentation() if address["seed"] == "5" else FIRST_AUGMENTATION
    )  # only a whole address leaves out what is off
    named = {name for name in ("flip", "turn", "fill") if name in address}
    assert calls[0].augmentation == replace(first, **{name: getattr(Augmentation(), name) for name in named})


@pytest.mark.parametrize("number", ["48", "-1", "abc", "", "../../etc/passwd" * 5])
def test_a_photo_that_there_is_not_is_a_sentence_and_another_one_is_shown(number, calls):
    page = visit(photo=number)
    assert not page.exception
    assert page.warning[0].value == (f"There is no photo '{number[:20]}' among these; they are numbered from 0 to 47.")
    assert int(page.query_params["augmentation.photo"]) in range(48)
    assert not page.run().warning


def test_a_link_of_the_training_page_wins_over_what_was_set_before(calls):
    page = visit(**FIRST, seed="5")
    page.slider(key="augmentation.turn").set_value(100).run()
    page.query_params = {"recipe": "post2-model2"}
    page.switch_page("pages/3_Training.py").run()
    link = next(one.proto for one in page.get("page_link") if one.proto.label.startswith("See the post's"))
    page.query_params = dict(parse_qsl(link.query_string))
    page.switch_page(AUGMENTATION).run()
    assert calls[-1].augmentation == augmentation_of(RECIPES["post2-model2"])
    assert page.selectbox(key="augmentation.post").value == calls[-1].augmentation.text
    assert page.number_input(key="augmentation.seed").value == 5


def test_who_comes_back_from_another_page_finds_the_same_settings(calls):
    page = visit(**FIRST, seed="5")
    page.slider(key="augmentation.zoom").set_value(20).run()
    page.selectbox(key="augmentation.copies").set_value(4).run()
    page.switch_page("pages/1_Dataset.py").run()
    page.query_params.clear()
    page.switch_page(AUGMENTATION).run()
    assert calls[-1].augmentation == Augmentation("horizontal", 72, zoom=20)
    assert (calls[-1].seed, len(copies(page))) == (5, 4)


# The panels


def test_a_whole_batch_is_augmented_each_photo_in_its_own_way(calls):
    page = visit(**FIRST, seed="5", photo="3", batch="true")
    assert not page.exception
    photos, call = prepared(), calls[-1]
    positions = first_batch(photos, 32, 5)
    np.testing.assert_array_equal(call.photos, photos.photos[positions])
    sheet = panel(page, "A whole batch: 24 photos").image[0]
    assert sheet.value == [address_of(pictures.jpeg(copy)) for copy in call.copies]
    assert [caption.replace("\N{NO-BREAK SPACE}", " ") for caption in sheet.captions] == [
        one.caption() for one in call.drawn
    ]
    assert [one.alt for one in sheet.proto.imgs] == [
        f"A {('cat', 'dog')[photos.labels[number]]}, {one.in_words()}"
        for number, one in zip(positions, call.drawn, strict=True)
    ]
    page.button(key="augmentation.again").click().run()
    assert panel(page, "A whole batch: 24 photos").image[0].value != sheet.value


def test_a_closed_panel_draws_no_batch(calls):
    visit(**FIRST)
    assert len(calls) == 1


def test_scaling_is_said_in_numbers_of_the_very_photo(calls):
    half = np.zeros((160, 160, 3), np.uint8)
    half[80:] = 255
    page = bring(visit(**FIRST, scaling="true"), png(half))
    assert "**Before: from 0 to 255, mean 128**" in texts(page)
    assert "**After: from −1 to 1, mean 0**" in texts(page)
    assert [chart["alt"] for chart in drawn(page)] == [
        "Before scaling. Values of the pixels from 0 to 255, mean 128; half of them lie between 0 and 255.",
        "After scaling. Values of the pixels from −1 to 1, mean 0; half of them lie between −1 and 1.",
    ]
    page.button(key="augmentation.another").click().run()
    photo = prepared().photos[int(page.query_params["augmentation.photo"])]
    assert f"**Before: from {photo.min()} to {photo.max()}, mean {photo.mean():.3g}**" in texts(page)


@pytest.mark.parametrize(
    "settings",
    [
        FIRST,
        {"flip": "both", "turn": "0", "contrast": "100"},
        FIRST | {"flip": "up-down", "fill": "constant", "zoom": "50", "shift": "50", "brightness": "100"},
    ],
    ids=["post 4", "light", "all"],
)
def test_the_code_makes_the_very_copies_that_are_shown(settings, calls):
    page = visit(**settings, seed="77", photo="3", copies="6", code="true")
    (call,) = calls
    made = code_copies(page, call.photos[0])
    assert made.shape == (6, 160, 160, 3)
    assert np.abs(made - call.copies).max() <= 1
    assert len({one.tobytes() for one in call.copies}) > 1


# Into a training


def test_the_links_carry_the_settings_into_a_training_of_networks_2_3_and_4(calls):
    page = visit(**FIRST | {"flip": "both", "fill": "wrap", "zoom": "20"})
    text = "flip=horizontal_and_vertical,turn=72,fill=wrap,zoom=20"
    assert links(page) == [{"recipe": f"post4-model{number}", "augmentation": text} for number in (2, 3, 4)]
    assert texts(page).count("As in post 4, but with your augmentation") == 3
    assert (
        "**Flip left-right and up-down at once, turn up to ±72°, gaps filled from the other side, zoom up to ±20 %**"
        in texts(page)
    )
    page.query_params = links(page)[1]
    page.switch_page("pages/3_Training.py").run()
    assert "**With your own augmentation**: flip left-right and up-down at once, turn up to ±72°" in texts(page)


def test_the_posts_own_settings_are_said_to_be_just_that(calls):
    page = visit(**FIRST)
    assert texts(page).count("Exactly as in post 4") == 3
    assert "but with your augmentation" not in texts(page)


# Without photos, without Keras


def test_without_photos_an_own_picture_is_augmented_all_the_same(calls, home, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    page = visit(**FIRST, seed="5", batch="true", scaling="true", code="true")
    assert not page.exception
    assert "There is no folder CATDOG_PHOTOS." in spoken(page.error[0].value)
    assert not page.image
    assert not calls
    assert page.button(key="augmentation.another").disabled
    assert len(links(page)) == 3
    bring(page, png(marked(30, 30)))
    assert not page.exception
    assert len(page.image) == 10
    assert captions(page)[0].startswith("your picture")
    assert [one.label for one in page.expander if one.label.startswith("A whole batch")] == []
    assert "**Before: from 60 to 255" in texts(page)


def test_without_photos_keras_is_not_loaded(home, monkeypatch):
    loaded = []
    monkeypatch.setattr(shared, "_load_augment", loaded.append)
    monkeypatch.setenv("CATDOG_PHOTOS", str(home / "nowhere"))
    assert not visit().exception
    assert not loaded


@pytest.fixture
def slow(augmented, monkeypatch) -> Iterator[Callable[[], None]]:
    """A Keras that loads until the test calls back."""
    go_on = threading.Event()

    def slowly(report):
        go_on.wait(60)
        return augmented

    def rest() -> None:
        go_on.set()
        augment_task().wait(30)

    monkeypatch.setattr(shared, "_load_augment", slowly)
    yield rest
    go_on.set()


def test_while_keras_loads_the_page_says_so_and_can_be_used(slow, monkeypatch):
    page = visit(**FIRST, seed="5", photo="3", scaling="true", code="true", batch="true")
    assert not page.exception
    assert page.get("status")[0].label.startswith(LOADING)
    assert captions(page) == [f"{('cat', 'dog')[prepared().labels[3]]} · photo 3 · 160 × 160, as the network sees it"]
    assert "**Before: from" in texts(page)
    assert page.code
    page.slider(key="augmentation.turn").set_value(36).run()
    assert "flip=horizontal,turn=36" in links(page)[0]["augmentation"]
    slow()
    page.run()
    assert not page.get("status")
    assert len(page.image) == 1 + 9 + 1


def test_when_keras_cannot_be_loaded_the_page_says_why_and_tries_again(augmented, monkeypatch):
    def broken(report):
        raise CatdogError("Keras is missing.")

    monkeypatch.setattr(shared, "_load_augment", broken)
    page = visit(**FIRST, code="true")
    assert not page.exception
    assert "Keras is missing." in page.error[0].value
    assert len(page.image) == 1
    assert page.code
    assert len(links(page)) == 3
    page.button(key="augmentation.retry").click().run()
    assert "Keras is missing." in page.error[0].value
    task = augment_task()
    task._work = lambda report: augmented
    page.button(key="augmentation.retry").click().run()
    task.wait(30)
    assert not page.run().error
    assert len(page.image) == 10


def test_a_failure_that_was_not_foreseen_is_a_sentence_as_well(monkeypatch):
    def broken(report):
        raise ImportError("libtensorflow_cc.so.2: cannot open shared object file")

    monkeypatch.setattr(shared, "_load_augment", broken)
    monkeypatch.setattr(threading, "excepthook", lambda failed: None)  # what the terminal shows
    page = visit(**FIRST)
    assert not page.exception
    assert "the terminal shows what" in page.error[0].value
    assert page.button(key="augmentation.retry")


def test_with_the_real_loading_the_copies_come(augmented):
    page = visit(**FIRST, seed="5", photo="3")
    augment_task().wait(60)
    page.run()
    assert not page.exception
    drawn, _ = augmented(np.repeat(prepared().photos[3:4], 9, axis=0), augmentation_of(RECIPES["post4-model2"]), 5)
    assert copies(page) == [address_of(pictures.jpeg(one)) for one in drawn]


# Links within the app


def test_a_link_of_the_training_page_takes_back_what_it_says_is_off(calls):
    page = visit(**FIRST | {"zoom": "20"}, seed="5")
    page.query_params = {"recipe": "post2-model2"}
    page.switch_page("pages/3_Training.py").run()
    link = next(one.proto for one in page.get("page_link") if one.proto.label.startswith("See the post's"))
    page.query_params = dict(parse_qsl(link.query_string))
    page.switch_page(AUGMENTATION).run()
    assert calls[-1].augmentation == Augmentation("horizontal_and_vertical", 180, "nearest")


@pytest.mark.parametrize("text", ["[a](http://e.vil)", "![x](http://e.vi/)"])
def test_nothing_in_an_address_becomes_a_link_or_a_picture(text, calls):
    warning = visit(photo=text).warning[0].value
    assert text in spoken(warning)
    assert text not in warning

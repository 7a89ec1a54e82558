"""`--photos` and `--weights` from a terminal: which set a command works on, and what it says when one stands in."""

import pytest

from catdog.models import pretrained
from catdog.models.pretrained import FEWEST_BYTES, weights_file
from catdog.settings import DATASET_NAME, WEIGHTS_FILE
from catdog.terminal import main
from catdog.terminal.bar import SAMPLE_INSTEAD
from tests.conftest import make_photos

BROKEN = b"x" * FEWEST_BYTES

pytestmark = pytest.mark.usefixtures("home", "offline", "small_sample")


@pytest.fixture
def trained_on(monkeypatch) -> list[dict[str, str]]:
    """The photos of each run that would have been started."""
    photos = []

    def submit(board, request, reference):
        photos.append(reference)
        raise KeyboardInterrupt  # far enough

    monkeypatch.setattr("catdog.terminal.training.Board.submit", submit)
    return photos


@pytest.fixture
def real_photos(home):
    """The real photos are on this machine: a few of them."""
    return make_photos(home / "photos" / DATASET_NAME, train=4, validation=4)


@pytest.fixture
def pets(tmp_path):
    return make_photos(tmp_path / "pets", train=4, validation=4)


@pytest.fixture
def loaded(monkeypatch):
    """In the place of Keras: every file but BROKEN can be loaded."""

    def flaw(path):
        return "Keras cannot load it: bad header" if path.read_bytes() == BROKEN else None

    monkeypatch.setattr(pretrained, "_look_closely", flaw)
    pretrained._flaw_of.cache_clear()
    yield
    pretrained._flaw_of.cache_clear()


def train(*options: str) -> int:
    return main(["train", "post4-model1", *options])


def test_without_any_photos_a_run_learns_from_the_sample_and_one_line_says_so(trained_on, capsys):
    assert train() == 130
    assert [photos["kind"] for photos in trained_on] == ["sample"]
    printed = capsys.readouterr()
    assert printed.err.splitlines() == [SAMPLE_INSTEAD, "catdog: stopped."]
    assert "`python3 -m catdog prepare` fetches them (69 MB)" in SAMPLE_INSTEAD
    assert printed.out == ""


@pytest.mark.parametrize(("option", "variable"), [("sample", None), (None, "sample"), ("sample", "{pets}")])
def test_nothing_is_said_where_the_sample_was_asked_for(option, variable, trained_on, pets, monkeypatch, capsys):
    if variable:
        monkeypatch.setenv("CATDOG_PHOTOS", variable.format(pets=pets))
    assert train(*(["--photos", option] if option else [])) == 130
    assert [photos["kind"] for photos in trained_on] == ["sample"]
    assert capsys.readouterr().err == "catdog: stopped.\n"


def test_the_real_photos_are_used_without_a_word_where_they_are(trained_on, real_photos, capsys):
    assert train() == 130
    assert [(photos["kind"], photos["name"]) for photos in trained_on] == [("real", DATASET_NAME)]
    assert capsys.readouterr().err == "catdog: stopped.\n"


def test_a_folder_that_is_named_comes_before_all_others_and_stays_as_it_is(trained_on, real_photos, pets, capsys):
    before = sorted(pets.rglob("*"))
    assert train("--photos", str(pets)) == 130
    assert [(photos["kind"], photos["name"]) for photos in trained_on] == [("own", "pets")]
    assert capsys.readouterr().err == "catdog: stopped.\n"
    assert sorted(pets.rglob("*")) == before


def test_real_photos_that_were_asked_for_and_cannot_be_had_are_one_sentence_and_nothing_stands_in(
    trained_on, home, capsys
):
    assert train("--photos", "real") == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("catdog: http://127.0.0.1:9/nothing cannot be fetched")
    assert printed.err.count("\n") == 1
    assert trained_on == []
    assert not (home / "photos" / "drawn_sample").exists()


@pytest.mark.parametrize("command", ["train post4-model1", "prepare"])
def test_a_folder_that_is_named_and_is_not_there_is_one_sentence(command, tmp_path, capsys):
    assert main([*command.split(), "--photos", str(tmp_path / "gone")]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"catdog: There is no folder {tmp_path / 'gone'}.")
    assert printed.err.count("\n") == 1
    assert printed.out == ""


@pytest.mark.parametrize("command", ["recipes", "reproduce", "train-starter"])
def test_a_command_that_has_no_choice_of_photos_refuses_one(command, home, capsys):
    with pytest.raises(SystemExit) as ended:
        main([command, "--photos", "sample"])
    assert ended.value.code == 2
    assert "unrecognized arguments: --photos" in capsys.readouterr().err
    assert not home.exists()


# `prepare`


@pytest.mark.parametrize("command", ["prepare", "reproduce post4-model1"])
def test_prepare_and_reproduce_want_the_real_photos_where_nothing_is_named(command, home, capsys):
    assert main(command.split()) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("catdog: http://127.0.0.1:9/nothing cannot be fetched")
    assert printed.err.count("\n") == 1
    assert not (home / "photos" / "drawn_sample").exists()


@pytest.mark.parametrize(("options", "variable"), [(["--photos", "sample"], None), ([], "sample")])
def test_prepare_draws_the_sample_where_that_is_asked_for(options, variable, home, monkeypatch, capsys):
    if variable:
        monkeypatch.setenv("CATDOG_PHOTOS", variable)
    assert main(["prepare", *options]) == 0
    printed = capsys.readouterr()
    assert [line.split()[:2] for line in printed.out.splitlines()] == [
        ["training", "4"],
        ["validation", "2"],
        ["test", "1"],
    ]
    assert printed.err == ""
    assert len(list((home / "photos" / "drawn_sample").rglob("*.jpg"))) == 8 + 6


def test_weights_that_are_given_lie_where_keras_looks_and_then_the_photos_are_prepared(
    loaded, real_photos, tmp_path, capsys
):
    given = tmp_path / "stick" / WEIGHTS_FILE
    given.parent.mkdir()
    given.write_bytes(bytes(FEWEST_BYTES))
    assert main(["prepare", "--weights", str(given)]) == 0
    printed = capsys.readouterr()
    assert printed.err == f"catdog: MobileNetV2's weights are now in {weights_file()}\n"
    assert weights_file().read_bytes() == given.read_bytes()
    assert printed.out.startswith("training ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [(BROKEN, "(Keras cannot load it: bad header)"), (b"<html>", "(it has 6 bytes,"), (None, "cannot be read")],
    ids=["damaged", "another page", "nothing"],
)
def test_a_file_that_is_not_the_weights_is_refused_before_anything_is_prepared(
    content, reason, loaded, real_photos, home, tmp_path, capsys
):
    given = tmp_path / WEIGHTS_FILE
    if content:
        given.write_bytes(content)
    assert main(["prepare", "--weights", str(given)]) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith(f"catdog: {given}")
    assert reason in printed.err
    assert printed.err.count("\n") == 1
    assert printed.out == ""
    assert not weights_file().exists()
    assert not (home / "prepared").exists()

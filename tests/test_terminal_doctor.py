"""`doctor` from a terminal: what is ready for a lesson and what stands in, without fetching anything."""

import json
import re

import pytest

from catdog.models import pretrained
from catdog.settings import DATASET_NAME
from catdog.terminal import doctoring, main
from catdog.terminal.bar import SAMPLE_INSTEAD
from tests.conftest import make_photos

TRAINING = doctoring.PAGES["Training"]  # the real job, where a test has put another in its place
TITLES = ["Photos", "Pretrained weights", "Device", "Models"]
PAGES = ["Dataset", "Augmentation", "Training", "Classify"]
TITLE = re.compile(r"^([A-Z]\w*(?: \w+)*)  +(\S.*)$")

pytestmark = pytest.mark.usefixtures("home", "offline", "small_sample")


@pytest.fixture(autouse=True)
def fetched(monkeypatch) -> list[str]:
    """The addresses that were asked for anything; a doctor asks none."""
    asked = []

    def fetch(url, target, report, what):
        asked.append(url)
        raise AssertionError(f"{url} was asked")

    for room in ("catdog.photos.download", "catdog.photos.archive", "catdog.models.pretrained"):
        monkeypatch.setattr(f"{room}.fetch", fetch)
    return asked


@pytest.fixture
def quick(monkeypatch):
    """The jobs that need Keras are not done; the page of Training says which base it would build on."""
    monkeypatch.setattr(doctoring, "gpu_unused", lambda: False)
    monkeypatch.setattr(doctoring, "load_keras_on_cpu", lambda: None)
    monkeypatch.setattr("catdog.readiness.installed_gpu", lambda: None)
    monkeypatch.setitem(doctoring.PAGES, "Augmentation", lambda found: "works")
    monkeypatch.setitem(doctoring.PAGES, "Training", lambda found: f"works on {found.base}")
    monkeypatch.setitem(doctoring.PAGES, "Classify", lambda found: "works")


@pytest.fixture
def weights_file(monkeypatch):
    """Puts a file of the right size where Keras looks for the weights, with what is wrong with it, if anything."""

    def put(flaw: str | None = None):
        monkeypatch.setattr(pretrained, "_look_closely", lambda path: flaw)
        file = pretrained.weights_file()
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(pretrained.FEWEST_BYTES))
        return file

    pretrained._flaw_of.cache_clear()
    return put


def examined(capsys, *options: str) -> tuple[int, dict[str, dict[str, str]], dict[str, str]]:
    """The exit code, the cards by their titles, and the words about each page."""
    code = main(["doctor", "--json", *options])
    (line,) = capsys.readouterr().out.splitlines()
    found = json.loads(line)
    assert [card["title"] for card in found["cards"]] == TITLES
    assert list(found["pages"]) == PAGES
    return code, {card["title"]: card for card in found["cards"]}, found["pages"]


def left_over(folder) -> list[str]:
    """What a broken fetch would leave behind."""
    return [path.name for path in folder.rglob("*.part")]


def test_on_a_machine_without_the_internet_everything_works_and_what_stands_in_is_named_with_a_remedy(
    home, tmp_path, capsys, fetched
):
    """The one test that does all the jobs: it loads Keras, builds the four networks and asks the starter."""
    assert main(["doctor"]) == 0
    printed = capsys.readouterr()
    above, below = printed.out.split("\n\n")
    cards = {match[1]: match[2] for line in above.splitlines() if (match := TITLE.match(line))}
    assert list(cards) == TITLES
    assert cards["Photos"] == "stand-in  14 drawn ones stand in for the real ones."
    assert cards["Pretrained weights"].startswith("stand-in  Network 4 builds on the embedded base, not the post's")
    assert cards["Models"].startswith("ready     The starter, which comes with catdog, and no finished run yet.")
    remedies = [line.strip() for line in above.splitlines() if line.startswith(" ")]
    assert remedies[0] == "`python3 -m catdog prepare` fetches the real ones (69 MB)."
    assert remedies[1].endswith("`python3 -m catdog prepare --weights FILE`.")
    pages = dict(line.split(maxsplit=1) for line in below.splitlines())
    assert pages == {
        "Dataset": "works",
        "Augmentation": "works",
        "Training": "works, network 4 on the embedded base",
        "Classify": "works",
    }
    assert printed.err.splitlines()[0] == SAMPLE_INSTEAD
    assert "Traceback" not in printed.err
    assert fetched == []
    assert left_over(tmp_path) == []
    assert list((home / "runs").iterdir()) == []  # it tried to write there, and cleared up


@pytest.mark.usefixtures("quick")
def test_as_json_the_same_is_one_line(home, tmp_path, capsys, fetched):
    code, cards, pages = examined(capsys)
    assert code == 0
    assert {title: card["state"] for title, card in cards.items()} == {
        "Photos": "stand-in",
        "Pretrained weights": "stand-in",
        "Device": "ready",
        "Models": "ready",
    }
    assert all(cards[title]["remedy"] for title in ("Photos", "Pretrained weights"))
    assert pages["Training"] == "works on embedded"
    assert fetched == []
    assert left_over(tmp_path) == []


@pytest.mark.usefixtures("quick")
def test_real_photos_and_weights_that_are_here_are_ready(home, weights_file, capsys):
    make_photos(home / "photos" / DATASET_NAME, train=4, validation=4)
    weights_file()
    code, cards, pages = examined(capsys)
    assert code == 0
    assert {card["state"] for card in cards.values()} == {"ready"}
    assert {card["remedy"] for card in cards.values()} == {""}
    assert cards["Photos"]["words"] == "16 real photos."
    assert pages["Training"] == "works on imagenet"


@pytest.mark.usefixtures("quick")
def test_weights_that_keras_cannot_load_are_a_stand_in_with_the_reason(weights_file, capsys, fetched):
    file = weights_file("Keras cannot load it: bad object header")
    code, cards, pages = examined(capsys)
    assert code == 0
    assert cards["Pretrained weights"]["state"] == "stand-in"
    assert f"{file} cannot be used (Keras cannot load it: bad object header)" in cards["Pretrained weights"]["remedy"]
    assert pages["Training"] == "works on embedded"
    assert file.exists()
    assert fetched == []


@pytest.mark.usefixtures("quick")
def test_a_file_of_weights_that_is_too_small_is_said_without_loading_it(weights_file, monkeypatch, capsys):
    file = weights_file()
    file.write_bytes(b"<html>")
    monkeypatch.setattr(pretrained, "_look_closely", lambda path: pytest.fail("it was loaded"))
    _, cards, _ = examined(capsys)
    assert "it has 6 bytes" in cards["Pretrained weights"]["remedy"]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("option", [True, False], ids=["--photos", "CATDOG_PHOTOS"])
def test_a_folder_of_one_s_own_that_cannot_be_used_is_told_and_fails(option, tmp_path, monkeypatch, capsys):
    folder = make_photos(tmp_path / "pets", train=2, validation=2)
    for file in (folder / "validation" / "dogs").iterdir():
        file.unlink()
    if not option:
        monkeypatch.setenv("CATDOG_PHOTOS", str(folder))
    code, cards, pages = examined(capsys, *(["--photos", str(folder)] if option else []))
    assert code == 1
    assert cards["Photos"]["state"] == "missing"
    assert cards["Photos"]["words"].startswith(f"{folder / 'validation' / 'dogs'} holds 0 pictures; at least 2 are")
    assert pages["Dataset"] == "cannot do its job: There are no photos."
    assert pages["Classify"] == "works"


@pytest.mark.usefixtures("quick")
def test_a_folder_of_one_s_own_that_is_good_is_ready_and_counted(tmp_path, capsys):
    folder = make_photos(tmp_path / "pets", train=3, validation=2)
    assert main(["doctor", "--photos", str(folder)]) == 0
    printed = capsys.readouterr()
    assert "Photos               ready     10 photos of your own, from the folder pets." in printed.out.splitlines()
    assert printed.err == ""


@pytest.mark.usefixtures("quick")
def test_a_home_that_cannot_be_written_is_told_and_fails(home, capsys):
    home.write_text("a file in the place of the folder")
    code, cards, pages = examined(capsys)
    assert code == 1
    assert cards["Photos"]["state"] == "missing"
    assert cards["Photos"]["words"].startswith(f"{home / 'photos'}")
    assert "cannot be written" in cards["Photos"]["words"]
    assert pages["Dataset"] == "cannot do its job: There are no photos."


@pytest.mark.usefixtures("quick")
def test_runs_that_cannot_be_written_are_told_as_what_keeps_training_from_its_job(home, monkeypatch, capsys):
    monkeypatch.setitem(doctoring.PAGES, "Training", TRAINING)
    home.mkdir()
    (home / "runs").write_text("a file in the place of the folder")
    code, cards, pages = examined(capsys)
    assert code == 1
    assert cards["Photos"]["state"] == "stand-in"
    assert pages["Training"].startswith(f"cannot do its job: {home / 'runs'} cannot be written")
    assert pages["Dataset"] == "works"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("error", [ImportError("no module named keras"), OSError("the disk has gone")])
def test_a_page_that_cannot_do_its_job_says_why_and_fails(error, monkeypatch, capsys):
    def job(found):
        raise error

    monkeypatch.setitem(doctoring.PAGES, "Classify", job)
    code, _, pages = examined(capsys)
    assert code == 1
    assert pages["Classify"] == f"cannot do its job: {error}"
    assert pages["Dataset"] == "works"


@pytest.mark.usefixtures("quick")
def test_a_gpu_that_keras_does_not_see_is_named_with_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(doctoring, "gpu_unused", lambda: True)
    monkeypatch.setattr("catdog.readiness.installed_gpu", lambda: "NVIDIA H200")
    code, cards, _ = examined(capsys)
    assert code == 0
    assert cards["Device"]["state"] == "stand-in"
    assert cards["Device"]["remedy"] == "`pip install -r requirements-gpu.txt` lets TensorFlow use NVIDIA H200."


@pytest.mark.usefixtures("quick")
def test_photos_that_cannot_be_read_are_counted(tmp_path, capsys):
    folder = make_photos(tmp_path / "pets", train=3, validation=2)
    (folder / "train" / "cats" / "empty.jpg").write_bytes(b"")
    _, cards, _ = examined(capsys, "--photos", str(folder))
    assert cards["Photos"]["words"].endswith(" 1 could not be read.")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(("options", "variable"), [(("--photos", "real"), ""), ((), "real")])
def test_real_photos_that_were_asked_for_and_are_not_here_are_missed_and_not_fetched(
    options, variable, fetched, monkeypatch, capsys
):
    monkeypatch.setenv("CATDOG_PHOTOS", variable)
    code, cards, pages = examined(capsys, *options)
    assert (code, fetched) == (1, [])
    assert cards["Photos"]["state"] == "missing"
    assert cards["Photos"]["words"] == (
        "The real photos are not here. `python3 -m catdog prepare` fetches them (69 MB)."
    )
    assert pages["Dataset"] == "cannot do its job: There are no photos."
    assert pages["Classify"] == "works"


@pytest.mark.usefixtures("quick")
def test_a_keras_that_cannot_be_loaded_is_one_sentence(monkeypatch, capsys):
    def broken():
        raise ImportError("libcudart.so is missing")

    monkeypatch.setattr(doctoring, "load_keras_on_cpu", broken)
    assert main(["doctor"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("catdog: Keras cannot be loaded (libcudart.so is missing). Delete .venv")

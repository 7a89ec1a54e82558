"""The pretrained weights: whether they are there is said at once, and only what Keras can load lands in its cache."""

import socket
import threading
from types import SimpleNamespace

import pytest

from catdog.errors import DiskError, WeightsError
from catdog.models import pretrained
from catdog.models.pretrained import (
    FEWEST_BYTES,
    give_weights,
    missing_weights,
    ready_weights,
    weights_file,
)
from catdog.settings import WEIGHTS_FILE, WEIGHTS_URL, Settings, keras_home, settings
from tests.conftest import skip_or_fail

MISSING = "The pretrained weights of MobileNetV2 (9 MB) are not on this machine."
DAMAGED = "The pretrained weights of MobileNetV2 are damaged:"
GOOD, OTHER_GOOD, BAD = (letter * FEWEST_BYTES for letter in (b"g", b"o", b"x"))


@pytest.fixture
def keras_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def loaded(monkeypatch):
    """In the place of Keras: every file but BAD can be loaded. Collects the files that it was given."""
    files = []

    def flaw(path):
        files.append(path)
        assert path.suffix == ".h5"  # Keras goes by the ending
        return "Keras cannot load it: bad object header" if path.read_bytes() == BAD else None

    monkeypatch.setattr(pretrained, "load_keras_on_cpu", lambda: None)
    monkeypatch.setattr("catdog.models.verified.loading_flaw", flaw)
    pretrained._flaw_of.cache_clear()
    yield files
    pretrained._flaw_of.cache_clear()


@pytest.fixture
def here(keras_folder):
    """Puts this content where Keras looks."""

    def put(content: bytes):
        path = keras_folder / "models" / WEIGHTS_FILE
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return put


@pytest.fixture
def sending(tmp_path):
    """The settings of a machine to which this content is sent."""

    def made(content: bytes) -> Settings:
        (tmp_path / "sent.h5").write_bytes(content)
        return Settings(tmp_path / "home", weights_url=(tmp_path / "sent.h5").as_uri())

    return made


@pytest.fixture
def offline(tmp_path):
    """The settings of a machine from which the connection is refused."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return Settings(tmp_path / "home", weights_url=f"http://127.0.0.1:{port}/weights.h5")


def ignore(_):
    pass


def names_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


@pytest.mark.usefixtures("no_network")
def test_missing_weights_are_said_with_the_place_and_both_remedies(keras_folder):
    assert missing_weights() == (
        f"{MISSING} {keras_folder / 'models'} lacks {WEIGHTS_FILE}, which is fetched where there is a network. Without "
        "one, take that file from another machine and give it here: `python3 -m catdog prepare --weights FILE`."
    )


@pytest.mark.usefixtures("no_network")
def test_weights_that_are_there_need_no_sentence(here, loaded):
    path = here(GOOD)
    assert missing_weights() is None
    assert weights_file() == path
    assert loaded == []


@pytest.mark.usefixtures("no_network")
def test_an_empty_file_counts_as_missing(here):
    here(b"")
    assert missing_weights().startswith(MISSING)


@pytest.mark.usefixtures("no_network")
def test_a_folder_of_that_name_counts_as_missing(keras_folder):
    (keras_folder / "models" / WEIGHTS_FILE).mkdir(parents=True)
    assert missing_weights().startswith(MISSING)


@pytest.mark.usefixtures("no_network")
def test_a_file_with_room_for_fewer_numbers_than_the_network_has_is_damaged(here):
    path = here(GOOD[:-1])
    assert missing_weights() == (
        f"{DAMAGED} {path} cannot be used (it has 9,031,935 bytes, and the network's numbers alone take 9,031,936). "
        "Where there is a network, delete it, and it is fetched anew; without one, replace it: "
        "`python3 -m catdog prepare --weights FILE`."
    )


def test_fetched_weights_lie_where_keras_looks_once_they_are_loaded(sending, loaded, keras_folder):
    reports = []
    path = ready_weights(sending(GOOD), reports.append)
    assert path == weights_file() == keras_folder / "models" / WEIGHTS_FILE
    assert path.read_bytes() == GOOD
    assert missing_weights() is None
    assert [file.parent for file in loaded] == [path.parent]
    assert loaded[0] != path  # it was looked at before it took that name
    assert names_in(path.parent) == [WEIGHTS_FILE]
    whats = list(dict.fromkeys(progress.what for progress in reports))
    assert whats == ["Fetching the pretrained weights", "Checking the pretrained weights"]
    assert reports[-1].share == 1


@pytest.mark.parametrize(
    ("content", "flaw"),
    [(BAD, "Keras cannot load it: bad object header"), (b"<html>", "it has 6 bytes, and the network's numbers")],
    ids=["damaged", "another page"],
)
def test_a_fetched_file_that_is_not_the_weights_is_removed_and_said(content, flaw, sending, loaded, keras_folder):
    where = sending(content)
    with pytest.raises(WeightsError) as error:
        ready_weights(where, ignore)
    assert str(error.value).startswith(missing_weights())
    assert f"what {where.weights_url} sent is not these weights, or not all of them ({flaw}" in str(error.value)
    assert names_in(keras_folder / "models") == []
    assert ready_weights(sending(GOOD), ignore).read_bytes() == GOOD  # the next try fetches it anew


def test_weights_that_cannot_be_fetched_are_said_with_reason_and_remedy(keras_folder, offline):
    with pytest.raises(WeightsError) as error:
        ready_weights(offline, ignore)
    assert str(error.value).startswith(missing_weights())
    assert "Fetching them failed:" in str(error.value)
    assert "refused" in str(error.value)
    assert str(keras_folder / "models") in str(error.value)


def test_a_file_that_is_too_small_is_fetched_anew(here, sending, loaded):
    path = here(b"<html>")
    assert ready_weights(sending(GOOD), ignore).read_bytes() == GOOD
    assert names_in(path.parent) == [WEIGHTS_FILE]


@pytest.mark.usefixtures("no_network")
def test_a_good_file_is_checked_once_and_again_when_it_is_another_one(here, loaded, tmp_path):
    path, reports = here(GOOD), []
    for _ in range(3):
        assert ready_weights(Settings(tmp_path), reports.append) == path
    assert loaded == [path]
    assert (reports[0].what, reports[0].share, reports[-1].share) == ("Checking the pretrained weights", 0, 1)
    here(OTHER_GOOD + b"more")
    ready_weights(Settings(tmp_path), ignore)
    assert loaded == [path, path]


def test_a_damaged_file_is_replaced_by_one_that_is_whole(here, sending, loaded):
    path = here(BAD)
    assert ready_weights(sending(GOOD), ignore) == path
    assert path.read_bytes() == GOOD
    assert ready_weights(sending(BAD), ignore) == path
    assert path.read_bytes() == GOOD


def test_a_damaged_file_without_a_network_is_named_with_what_to_do(here, offline, loaded):
    path = here(BAD)
    with pytest.raises(WeightsError) as error:
        ready_weights(offline, ignore)
    assert str(error.value).startswith(f"{DAMAGED} {path} cannot be used (Keras cannot load it: bad object header).")
    assert "delete it" in str(error.value)
    assert "python3 -m catdog prepare --weights FILE" in str(error.value)
    assert "refused" in str(error.value)
    assert path.read_bytes() == BAD


@pytest.mark.usefixtures("loaded")
def test_of_two_who_want_the_weights_at_once_one_fetches_and_the_other_finds_them(keras_folder, sending, monkeypatch):
    fetching, go_on, fetched = threading.Event(), threading.Event(), []
    real = pretrained.fetch

    def slow(*given):
        fetched.append(given)
        fetching.set()
        assert go_on.wait(20)
        return real(*given)

    monkeypatch.setattr(pretrained, "fetch", slow)
    where, got = sending(GOOD), []
    first, second = (threading.Thread(target=lambda: got.append(ready_weights(where, ignore))) for _ in range(2))
    first.start()
    assert fetching.wait(20)
    second.start()
    second.join(0.1)
    assert second.is_alive()
    go_on.set()
    first.join(20)
    second.join(20)
    assert got == [weights_file()] * 2
    assert len(fetched) == 1


@pytest.mark.usefixtures("no_network")
def test_a_given_file_is_copied_to_where_keras_looks(keras_folder, loaded, tmp_path):
    given, reports = tmp_path / "from the teacher (1)", []
    given.write_bytes(GOOD)
    assert give_weights(given, reports.append) == weights_file()
    assert weights_file().read_bytes() == given.read_bytes() == GOOD
    assert names_in(keras_folder / "models") == [WEIGHTS_FILE]
    assert (reports[-1].what, reports[-1].share) == ("Checking the pretrained weights", 1)
    assert missing_weights() is None


@pytest.mark.usefixtures("no_network")
def test_a_given_file_takes_the_place_of_a_damaged_one(here, loaded, tmp_path):
    here(BAD)
    (tmp_path / "given.h5").write_bytes(GOOD)
    assert give_weights(tmp_path / "given.h5", ignore).read_bytes() == GOOD


@pytest.mark.usefixtures("no_network")
def test_the_file_that_is_there_may_be_given_itself(here, loaded):
    path = here(GOOD)
    assert give_weights(path, ignore) == path
    assert path.read_bytes() == GOOD


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("content", "flaw"),
    [(BAD, "(Keras cannot load it: bad object header)"), (b"short", "(it has 5 bytes, and the network's numbers")],
    ids=["damaged", "too small"],
)
def test_a_given_file_that_is_not_the_weights_is_refused_and_nothing_is_lost(content, flaw, here, loaded, tmp_path):
    path, given = here(GOOD), tmp_path / "given.h5"
    given.write_bytes(content)
    with pytest.raises(WeightsError) as error:
        give_weights(given, ignore)
    assert str(error.value).startswith(f"{given} does not hold the pretrained weights of MobileNetV2")
    assert flaw in str(error.value)
    assert WEIGHTS_FILE in str(error.value)
    assert (path.read_bytes(), given.read_bytes()) == (GOOD, content)
    assert names_in(path.parent) == [WEIGHTS_FILE]


@pytest.mark.parametrize("kind", ["nothing", "a folder"])
def test_what_is_no_file_is_refused_with_what_to_give(kind, keras_folder, tmp_path):
    given = tmp_path / "given.h5"
    if kind == "a folder":
        given.mkdir()
    with pytest.raises(WeightsError) as error:
        give_weights(given, ignore)
    assert str(error.value).startswith(f"{given} cannot be read (")
    assert f"Give the file {WEIGHTS_FILE}" in str(error.value)
    assert not keras_folder.exists()


def test_a_full_disk_is_said_and_what_was_there_stays(here, loaded, tmp_path, monkeypatch):
    path = here(b"old")
    (tmp_path / "given.h5").write_bytes(GOOD)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: SimpleNamespace(total=10**9, used=10**9, free=1_000_000))
    with pytest.raises(DiskError, match=r"has 1 MB free; 9 MB are needed"):
        give_weights(tmp_path / "given.h5", ignore)
    assert path.read_bytes() == b"old"
    assert names_in(path.parent) == [WEIGHTS_FILE]


def test_a_cache_that_cannot_be_written_is_a_sentence(keras_folder, tmp_path):
    keras_folder.write_bytes(b"a file in the folder's place")
    (tmp_path / "given.h5").write_bytes(GOOD)
    with pytest.raises(DiskError) as error:
        give_weights(tmp_path / "given.h5", ignore)
    assert str(keras_folder) in str(error.value)


def test_the_weights_on_this_machine_are_checked_with_keras_itself(monkeypatch, tmp_path):
    if missing := missing_weights():
        skip_or_fail(missing)
    monkeypatch.setattr(pretrained, "load_keras_on_cpu", lambda: None)
    pretrained._flaw_of.cache_clear()
    nowhere = Settings(tmp_path, weights_url=(tmp_path / "nothing.h5").as_uri())
    assert ready_weights(nowhere, ignore) == weights_file()


def test_the_address_is_the_one_that_keras_itself_would_ask():
    from keras.src.applications import mobilenet_v2

    assert mobilenet_v2.BASE_WEIGHT_PATH + WEIGHTS_FILE == WEIGHTS_URL == settings({}).weights_url


def test_the_fewest_bytes_are_those_of_the_network_s_numbers():
    import keras

    base = keras.applications.MobileNetV2(input_shape=(160, 160, 3), include_top=False, weights=None)
    assert sum(numbers.nbytes for numbers in base.get_weights()) == FEWEST_BYTES


def test_without_a_variable_keras_folder_lies_in_the_user_s_home(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert keras_home() == tmp_path / ".keras"


def test_a_tilde_in_keras_home_is_the_user_s_home_as_it_is_for_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", "~/cache")
    assert weights_file() == tmp_path / "cache" / "models" / WEIGHTS_FILE

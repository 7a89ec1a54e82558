"""The pretrained weights: whether they are there is answered at once, and fetching them puts them where Keras looks."""

import socket

import pytest

from catdog.errors import WeightsError
from catdog.models import pretrained
from catdog.models.pretrained import FILE, fetch_weights, missing_weights, weights_file
from catdog.settings import keras_home

MISSING = "The pretrained weights of MobileNetV2 (9 MB) are not on this machine."


@pytest.fixture
def keras_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def present(keras_folder):
    path = keras_folder / "models" / FILE
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    return path


@pytest.mark.usefixtures("no_network")
def test_missing_weights_are_said_with_the_file_and_the_place(keras_folder):
    sentence = missing_weights()
    assert sentence.startswith(MISSING)
    assert FILE in sentence
    assert str(keras_folder / "models") in sentence


@pytest.mark.usefixtures("no_network")
def test_weights_that_are_there_need_no_sentence(present):
    assert missing_weights() is None
    assert weights_file() == present


@pytest.mark.usefixtures("no_network")
def test_an_empty_file_counts_as_missing(present):
    present.write_bytes(b"")
    assert missing_weights().startswith(MISSING)


@pytest.mark.usefixtures("no_network")
def test_a_folder_of_that_name_counts_as_missing(present):
    present.unlink()
    present.mkdir()
    assert missing_weights().startswith(MISSING)


@pytest.mark.usefixtures("no_network")
def test_weights_that_are_there_are_not_fetched_again(present):
    reports = []
    assert fetch_weights(reports.append) == present
    assert reports == []
    assert present.read_bytes() == b"weights"


def test_fetched_weights_lie_where_keras_looks(keras_folder, tmp_path, monkeypatch):
    (tmp_path / "sent.h5").write_bytes(b"fetched weights")
    monkeypatch.setattr(pretrained, "URL", (tmp_path / "sent.h5").as_uri())
    reports = []
    assert fetch_weights(reports.append) == keras_folder / "models" / FILE
    assert (keras_folder / "models" / FILE).read_bytes() == b"fetched weights"
    assert missing_weights() is None
    assert (reports[-1].what, reports[-1].share) == ("Fetching the pretrained weights", 1)


def test_weights_that_cannot_be_fetched_are_said_with_reason_and_remedy(keras_folder, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    monkeypatch.setattr(pretrained, "URL", f"http://127.0.0.1:{port}/{FILE}")
    with pytest.raises(WeightsError) as error:
        fetch_weights(lambda progress: None)
    assert str(error.value).startswith(MISSING)
    assert "refused" in str(error.value)
    assert str(keras_folder / "models") in str(error.value)
    assert missing_weights() is not None


def test_the_address_is_the_one_that_keras_itself_would_ask():
    from keras.src.applications import mobilenet_v2

    assert mobilenet_v2.BASE_WEIGHT_PATH + FILE == pretrained.URL


def test_without_a_variable_keras_folder_lies_in_the_user_s_home(tmp_path, monkeypatch):
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    assert keras_home() == tmp_path / ".keras"


def test_a_tilde_in_keras_home_is_the_user_s_home_as_it_is_for_keras(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.setenv("KERAS_HOME", "~/cache")
    assert weights_file() == tmp_path / "cache" / "models" / FILE

"""What the environment decides, and the limits of what a person may ask for."""

import math

import pytest

from catdog import settings as module
from catdog.errors import SettingError
from catdog.settings import DATASET_URL, EPOCHS, WEIGHTS_URL, Limits, settings, whole_number


def test_an_empty_environment_gives_the_public_addresses_and_the_user_s_own_folder():
    given = settings({})
    assert (given.dataset_url, given.weights_url) == (DATASET_URL, WEIGHTS_URL)
    assert (given.wanted_photos, given.own_photos) == (None, None)
    assert given.home.is_absolute()
    assert given.home.name == "catdog"


def test_all_that_is_written_lies_below_home(tmp_path):
    given = settings({"CATDOG_HOME": str(tmp_path)})
    assert given.home == tmp_path
    assert (given.runs, given.photos, given.prepared, given.features) == (
        tmp_path / "runs",
        tmp_path / "photos",
        tmp_path / "prepared",
        tmp_path / "features",
    )


def test_the_four_variables_are_read_from_the_process_s_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CATDOG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CATDOG_DATASET_URL", "https://example.org/photos.zip")
    monkeypatch.setenv("CATDOG_WEIGHTS_URL", "https://example.org/weights.h5")
    monkeypatch.setenv("CATDOG_PHOTOS", str(tmp_path / "pets"))
    assert settings() == module.Settings(
        home=tmp_path / "home",
        dataset_url="https://example.org/photos.zip",
        weights_url="https://example.org/weights.h5",
        wanted_photos="own",
        own_photos=tmp_path / "pets",
    )


@pytest.mark.parametrize("name", ["real", "sample"])
def test_a_set_of_photos_can_be_wanted_by_its_name(name):
    given = settings({"CATDOG_PHOTOS": name})
    assert (given.wanted_photos, given.own_photos) == (name, None)
    assert name in module.PHOTO_SETS


@pytest.mark.parametrize("text", ["./sample", "own", "Real", "sample/"])
def test_anything_else_names_a_folder_of_one_s_own(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = settings({"CATDOG_PHOTOS": text})
    assert (given.wanted_photos, given.own_photos) == (module.OWN, tmp_path / text)


def test_an_empty_variable_counts_as_not_set():
    names = ("CATDOG_HOME", "CATDOG_DATASET_URL", "CATDOG_WEIGHTS_URL", "CATDOG_PHOTOS")
    assert settings(dict.fromkeys(names, "")) == settings({})


def test_a_tilde_is_the_user_s_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    given = settings({"CATDOG_HOME": "~/cats", "CATDOG_PHOTOS": "~/pets"})
    assert (given.home, given.own_photos) == (tmp_path / "cats", tmp_path / "pets")


def test_a_relative_path_starts_where_the_program_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = settings({"CATDOG_HOME": "cats", "CATDOG_PHOTOS": "pets"})
    monkeypatch.chdir("/")
    assert (given.home, given.own_photos) == (tmp_path / "cats", tmp_path / "pets")


ADDRESSES = pytest.mark.parametrize(
    ("variable", "field"), [("CATDOG_DATASET_URL", "dataset_url"), ("CATDOG_WEIGHTS_URL", "weights_url")]
)


@ADDRESSES
@pytest.mark.parametrize(
    "url", ["https://example.org/a.zip", "http://127.0.0.1:8000/a.zip", "file:///data/a.zip", "HTTPS://example.org/a"]
)
def test_what_is_fetched_comes_over_the_web_or_from_a_file(url, variable, field):
    assert getattr(settings({variable: url}), field) == url


@ADDRESSES
@pytest.mark.parametrize("url", ["ftp://example.org/a.zip", "/data/a.zip", "a.zip", "C:\\a.zip", "data:,x", "http"])
def test_any_other_address_is_refused_with_what_it_must_begin_with(url, variable, field):
    with pytest.raises(SettingError) as error:
        settings({variable: url})
    assert str(error.value) == f"{variable} is '{url}'. It must begin with https://, http:// or file://."


@ADDRESSES
def test_an_address_that_python_cannot_take_apart_is_a_sentence_as_well(variable, field):
    with pytest.raises(SettingError, match=variable):
        settings({variable: "http://[::1/photos.zip"})


@pytest.mark.parametrize("variable", ["CATDOG_HOME", "CATDOG_PHOTOS"])
def test_the_home_of_a_user_who_does_not_exist_is_a_sentence(variable):
    with pytest.raises(SettingError, match=variable):
        settings({variable: "~nobody-of-this-name/cats"})


ALLOWED = {
    "EPOCHS": (1, 200),
    "BATCH_SIZE": (1, 256),
    "LEARNING_RATE": (1e-6, 1.0),
    "SEED": (0, 2**31 - 1),
    "PHOTO_LIMIT": (2, 1_000_000),
    "COPIES": (0, 16),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_both_ends_of_a_limit_are_allowed_and_nothing_beyond(name):
    limits = getattr(module, name)
    low, high = ALLOWED[name]
    assert (limits.check(low), limits.check(high)) == (low, high)
    for outside in (low - 1e-7, high + 0.5, -high, math.inf, -math.inf, math.nan):
        with pytest.raises(SettingError):
            limits.check(outside)


def test_the_copies_that_are_made_unasked_are_within_their_limits():
    assert module.COPIES.check_whole(module.DEFAULT_COPIES) == module.DEFAULT_COPIES


def test_a_value_beyond_its_limits_is_named_with_them():
    with pytest.raises(SettingError) as error:
        Limits(1, 200, "The number of epochs").check(0)
    assert str(error.value) == "The number of epochs must lie between 1 and 200; 0 was given."
    with pytest.raises(SettingError, match="between 1e-06 and 1; nan was given"):
        module.LEARNING_RATE.check(math.nan)


def test_a_set_of_limits_cannot_be_changed_by_accident():
    with pytest.raises(AttributeError):
        module.EPOCHS.high = 10_000


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("72", 72), ("-5", -5), ("9" * 18, 10**18 - 1)])
def test_a_whole_number_in_plain_digits_is_read(text, number):
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", " 7", "7 ", "7\n", "+7", "1.5", "1e3", "1_0", "٣", "²", "inf", "9" * 400])
def test_anything_else_is_no_whole_number(text):
    assert whole_number(text) is None


@pytest.mark.parametrize("value", [True, 1.0, "1", None])
def test_what_must_be_whole_is_refused_in_a_sentence_where_it_is_not(value):
    with pytest.raises(SettingError, match="The number of epochs must be a whole number; "):
        EPOCHS.check_whole(value)

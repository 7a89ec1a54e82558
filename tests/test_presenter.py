"""The presenter's passphrase and the throttle before it."""

import re
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as some

from catdog import presenter
from catdog.errors import RightsError, SettingError
from catdog.presenter import (
    ADDRESSES,
    CEILING,
    CEILING_SPAN,
    FREE_TRIES,
    LONGEST,
    Throttle,
    configured_passphrase,
    household,
    listens_here_alone,
    new_passphrase,
    read_secrets,
    same_passphrase,
)

MINE = "blue whale 52"


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def seconds_left(throttle: Throttle, address: str | None) -> int:
    """What a refusal says; 0 where a right passphrase would be taken. It changes nothing but that."""
    with pytest.raises(RightsError) as refusal:
        throttle.admit(address, True)
    return int(re.search(r"Wait (\d+) seconds", str(refusal.value))[1])


def fail(throttle: Throttle, address: str | None, times: int = FREE_TRIES) -> None:
    for _ in range(times):
        assert throttle.admit(address, False) is False


# Where it listens


@pytest.mark.parametrize("address", ["localhost", "LOCALHOST", "127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1"])
def test_a_loopback_address_is_this_machine_alone(address):
    assert listens_here_alone(address)


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "0.0.0.0",
        "::",
        "192.168.1.20",
        "fe80::1",
        "::ffff:10.0.0.1",
        "school.org",
        "localhost.org",
        "unix:///s",
    ],
)
def test_every_other_address_and_none_is_open_to_others(address):
    assert not listens_here_alone(address)


# Where the passphrase comes from


def test_a_made_passphrase_is_easy_to_type_and_never_the_same():
    made = {new_passphrase() for _ in range(200)}
    assert len(made) == 200
    assert all(re.fullmatch(r"[a-hjkmnp-z2-9]{4}(-[a-hjkmnp-z2-9]{4}){2}", one) for one in made)


def test_the_environment_counts_more_than_the_secrets():
    assert configured_passphrase({presenter.PASSPHRASE: f" {MINE} "}, {"passphrase": "another one"}) == MINE
    assert configured_passphrase({presenter.PASSPHRASE: ""}, {"passphrase": "another one"}) == "another one"
    assert configured_passphrase({}, {}) == ""


@pytest.mark.parametrize(
    ("environment", "told", "sentence"),
    [
        ({presenter.PASSPHRASE: "seven77"}, {}, "CATDOG_PASSPHRASE has 7 letters: choose 8 to 256"),
        ({}, {"passphrase": "seven77"}, "passphrase in secrets.toml has 7 letters"),
        ({}, {"passphrase": "x" * 257}, "has 257 letters"),
        ({}, {"passphrase": 12345678}, "is no text: put it in quotes"),
    ],
)
def test_a_passphrase_that_will_not_do_is_refused_without_repeating_it(environment, told, sentence):
    with pytest.raises(SettingError, match=sentence) as refusal:
        configured_passphrase(environment, told)
    assert "seven77" not in str(refusal.value)


def test_the_projects_secrets_count_more_than_those_in_the_users_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    for folder, text in (("home", 'passphrase = "from home"\nother = 1\n'), ("project", 'passphrase = "from here"\n')):
        (tmp_path / folder / ".streamlit").mkdir(parents=True)
        (tmp_path / folder / ".streamlit" / "secrets.toml").write_text(text)
    files = presenter.secrets_files(tmp_path / "project")
    assert read_secrets(files) == {"passphrase": "from here", "other": 1}
    assert read_secrets([tmp_path / "nothing.toml"]) == {}


@pytest.mark.parametrize("content", [b"passphrase = ", b"\xff\xfe", b"passphrase = 'a'\npassphrase = 'b'"])
def test_secrets_that_cannot_be_read_are_a_sentence_without_a_path(tmp_path, content):
    (tmp_path / "secrets.toml").write_bytes(content)
    with pytest.raises(SettingError, match=r"^secrets.toml cannot be read .* nobody is the presenter") as refusal:
        read_secrets([tmp_path / "secrets.toml"])
    assert str(tmp_path) not in str(refusal.value)


# How it is compared


@pytest.mark.parametrize("given", [MINE, f"  {MINE}\n"])
def test_the_passphrase_is_known_again(given):
    assert same_passphrase(given, MINE)


def test_the_passphrase_is_known_however_a_keyboard_spells_its_letters():
    assert same_passphrase("Gru\u0308ße an alle", "Gr\u00fcße an alle")


@pytest.mark.parametrize(
    "given", ["", MINE[:-1], MINE + "x", MINE.upper(), "\ud800" * 9, "日本" * 5, "\0", "x" * 10**7]
)
def test_anything_else_is_not_the_passphrase(given):
    assert not same_passphrase(given, MINE)


@given(some.text(some.characters(), max_size=LONGEST + 10))
def test_no_text_is_taken_for_the_passphrase_and_none_breaks_the_comparison(text):
    assert same_passphrase(text, MINE) == (text.strip() == MINE)


def test_texts_are_compared_by_digests_of_one_length_in_constant_time(monkeypatch):
    compared = []
    monkeypatch.setattr(presenter.hmac, "compare_digest", lambda one, other: compared.append((one, other)) or True)
    same_passphrase("x", MINE)
    assert [len(one) for one in compared[0]] == [32, 32]


# How often it may be tried


def test_five_wrong_ones_are_free_and_then_an_address_waits_a_minute(throttle, clock):
    fail(throttle, "10.0.0.7")
    assert seconds_left(throttle, "10.0.0.7") == 60
    clock.now += 45.5
    assert seconds_left(throttle, "10.0.0.7") == 15
    assert throttle.admit("10.0.0.8", True)
    clock.now += 14.5
    assert throttle.admit("10.0.0.7", True)


def test_each_further_wrong_one_doubles_the_wait_up_to_sixteen_minutes(throttle, clock):
    fail(throttle, "10.0.0.7")
    waits = [seconds_left(throttle, "10.0.0.7")]
    for _ in range(6):
        clock.now += waits[-1]
        fail(throttle, "10.0.0.7", times=1)
        waits.append(seconds_left(throttle, "10.0.0.7"))
    assert waits == [60, 120, 240, 480, 960, 960, 960]


def test_a_right_one_clears_what_was_wrong_before(throttle):
    fail(throttle, None, times=4)
    assert throttle.admit(None, True)
    fail(throttle, None, times=4)
    assert throttle.admit(None, True)


def test_what_is_tried_while_an_address_waits_counts_for_nothing(throttle, clock):
    fail(throttle, "10.0.0.7")
    for right in (True, False) * 20:
        with pytest.raises(RightsError):
            throttle.admit("10.0.0.7", right)
    assert seconds_left(throttle, "10.0.0.7") == 60


def test_all_addresses_of_one_ipv6_network_are_one(throttle):
    for number in range(FREE_TRIES):
        fail(throttle, f"2001:db8:1:2::{number}", times=1)
    assert seconds_left(throttle, "2001:db8:1:2:ffff::9") == 60
    assert throttle.admit("2001:db8:1:3::1", True)


@pytest.mark.parametrize(
    ("address", "counts_as"),
    [
        (None, "127.0.0.1"),
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:10.0.0.7", "10.0.0.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("no address" * 99, ("no address" * 99)[:64]),
    ],
)
def test_every_address_counts_as_a_household(address, counts_as):
    assert household(address) == counts_as


def test_many_addresses_cannot_guess_together(throttle, clock):
    for number in range(CEILING):
        fail(throttle, f"10.0.1.{number}", times=1)
        clock.now += 1
    assert seconds_left(throttle, "192.0.2.1") == CEILING_SPAN - CEILING
    clock.now += CEILING_SPAN - CEILING
    assert throttle.admit("192.0.2.1", True)


def test_no_more_addresses_are_remembered_than_a_thousand(throttle, clock):
    for number in range(ADDRESSES + 50):
        clock.now += CEILING_SPAN / CEILING + 1  # slowly enough for all of them together
        fail(throttle, f"10.1.{number // 256}.{number % 256}", times=1)
    assert len(throttle._wrong) == ADDRESSES
    assert "10.1.0.49" not in throttle._wrong
    assert "10.1.0.50" in throttle._wrong


def test_forty_threads_at_once_get_no_more_tries_than_five(throttle):
    begin, outcomes = threading.Barrier(40), []

    def try_it() -> None:
        begin.wait(30)
        try:
            outcomes.append(throttle.admit("10.0.0.7", False))
        except RightsError:
            outcomes.append(None)

    threads = [threading.Thread(target=try_it) for _ in range(40)]
    for one in threads:
        one.start()
    for one in threads:
        one.join(30)
    assert sorted(outcomes, key=str) == [False] * 5 + [None] * 35

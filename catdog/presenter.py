"""The presenter's passphrase: where it comes from, how it is compared, and how often it may be tried.

Standard library only: the first start reads it before any package is there.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import secrets
import threading
import time
import tomllib
import unicodedata
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from catdog.errors import RightsError, SettingError

PASSPHRASE = "CATDOG_PASSPHRASE"  # the environment's name for it
SHORTEST, LONGEST = 8, 256  # letters of a passphrase of one's own
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another when it is read out or typed
GROUPS, GROUP = 3, 4  # 12 of 31 letters: 59 bits

FREE_TRIES = 5  # wrong ones of one address before it must wait
FIRST_WAIT, LONGEST_WAIT = 60.0, 960.0  # seconds; each further wrong one doubles it
ADDRESSES = 1024  # that are remembered; then the oldest is forgotten
CEILING, CEILING_SPAN = 100, 600.0  # so many wrong ones of all addresses in so many seconds, and everybody waits


def listens_here_alone(address: str | None) -> bool:
    """Whether a server at this address can only be reached from its own machine; unset means from everywhere."""
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return (address or "").lower() == "localhost"
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def secrets_files(project: Path) -> list[Path]:
    """Where Streamlit keeps secrets: in the user's home and in the project, whose word counts more."""
    inside = Path(".streamlit", "secrets.toml")
    try:
        return [Path.home() / inside, project / inside]
    except RuntimeError:  # a user without a home
        return [project / inside]


def read_secrets(files: Iterable[Path]) -> dict[str, Any]:
    """What the files hold that are there; a later file's word counts more.

    Raises SettingError where one cannot be read, without its path: a visitor may see the sentence.
    """
    told: dict[str, Any] = {}
    for file in files:
        try:
            told |= tomllib.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise SettingError(
                f"{file.name} cannot be read ({reason}), so nobody is the presenter. Put it right and start again."
            ) from error
    return told


def configured_passphrase(environment: Mapping[str, str], told: Mapping[str, Any]) -> str:
    """The passphrase that someone chose, in the environment or else in the secrets; empty where nobody did.

    Raises SettingError where it is no text, too short or too long.
    """
    name, phrase = PASSPHRASE, environment.get(PASSPHRASE) or ""
    if not phrase:
        name, phrase = "passphrase in secrets.toml", told.get("passphrase", "")
    if not isinstance(phrase, str):
        raise SettingError(f'{name} is no text: put it in quotes, as in passphrase = "blue whale 52".')
    phrase = phrase.strip()
    if phrase and not SHORTEST <= len(phrase) <= LONGEST:
        raise SettingError(
            f"{name} has {len(phrase)} letters: choose {SHORTEST} to {LONGEST}, or none at all, and catdog makes one."
        )
    return phrase


def new_passphrase() -> str:
    """One that is easy to read out and to type, such as "h7mq-x2ka-9trn"."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def announcement(phrase: str) -> str:
    """What the terminal says once about a passphrase that catdog made."""
    return (
        f"The presenter's passphrase is {phrase} (to type on the page, under 'I am the presenter'; each start makes "
        f"another one, unless {PASSPHRASE} is set to your own)."
    )


def same_passphrase(given: str, phrase: str) -> bool:
    """Whether someone typed the passphrase. The time it takes says nothing about where the two differ."""
    if len(given) > LONGEST:
        return False
    return hmac.compare_digest(_digest(given), _digest(phrase))


def _digest(text: str) -> bytes:
    """One text has several spellings in Unicode, and keyboards differ in which they give."""
    spelled = unicodedata.normalize("NFC", text.strip())
    return hashlib.sha256(spelled.encode("utf-8", errors="surrogatepass")).digest()


class Throttle:
    """Lets a passphrase be tried a few times, then less and less often. Safe to call from any thread.

    Five wrong ones from one address, and it waits a minute, then twice as long after each further one, up to 16
    minutes. An IPv6 address counts with its whole /64, which one household has. A hundred wrong ones from all
    addresses together within ten minutes, and everybody waits until they are ten minutes old. `clock` counts seconds
    and is never set back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, tuple[int, float]] = OrderedDict()  # how many, and when the next may come
        self._recent: deque[float] = deque(maxlen=CEILING)  # when the latest wrong ones came, of all addresses

    def admit(self, address: str | None, right: bool) -> bool:
        """Take note of one try from an address (None: this machine) and return whether it was right.

        Raises RightsError, with the seconds that are left, while this address must wait; the try then counts for
        nothing, whether it was right or not.
        """
        with self._lock:
            now, place = self.clock(), household(address)
            left = self._seconds_left(place, now)
            if left > 0:
                raise RightsError(
                    f"The passphrase was wrong too often. Wait {math.ceil(left)} seconds, then try it again."
                )
            if right:
                self._wrong.pop(place, None)
            else:
                self._note(place, now)
            return right

    def _seconds_left(self, place: str, now: float) -> float:
        _, until = self._wrong.get(place, (0, now))
        if len(self._recent) == CEILING:
            until = max(until, self._recent[0] + CEILING_SPAN)
        return until - now

    def _note(self, place: str, now: float) -> None:
        count = self._wrong.pop(place, (0, now))[0] + 1
        wait = min(FIRST_WAIT * 2 ** min(count - FREE_TRIES, 10), LONGEST_WAIT) if count >= FREE_TRIES else 0.0
        self._wrong[place] = (count, now + wait)
        while len(self._wrong) > ADDRESSES:
            self._wrong.popitem(last=False)
        self._recent.append(now)


def household(address: str | None) -> str:
    """What counts as one address: an IPv4 address, an IPv6 network of /64, or this machine."""
    try:
        found = ipaddress.ip_address(address or "127.0.0.1")
    except ValueError:
        return (address or "")[:64]
    found = getattr(found, "ipv4_mapped", None) or found
    return str(found) if found.version == 4 else f"{ipaddress.IPv6Address(int(found) >> 64 << 64)}/64"

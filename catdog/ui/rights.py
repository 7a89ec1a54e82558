"""Who may do what. On a server that only its own machine reaches, everyone everything; else the presenter decides.

Everyone may look, augment, classify and choose among the photos that are ready. Starting, resuming, stopping, renaming
and deleting runs, and having photos or weights fetched, are the presenter's; the presenter may let the class train.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

from catdog.errors import RightsError, SettingError
from catdog.presenter import (
    Throttle,
    announcement,
    configured_passphrase,
    listens_here_alone,
    new_passphrase,
    read_secrets,
    same_passphrase,
)
from catdog.training import Snapshot
from catdog.ui.shared import board
from catdog.ui.visitor import new_token, token_digest, visitor_mark

PRESENTERS = 64  # browsers that are remembered as the presenter's; then the oldest is forgotten


@dataclass
class Rules:
    """What the server knows of rights as long as it runs.

    `guarded`: whether anyone is asked. `phrase`: the presenter's passphrase. `trouble`: why there is none, in a
    sentence; then nobody is the presenter. `admitted`: the digests of the tokens that came with the passphrase.
    """

    guarded: bool
    phrase: str = ""
    emails: frozenset[str] = frozenset()
    providers: tuple[str, ...] = ()
    trouble: str = ""
    class_may: bool = False
    admitted: tuple[str, ...] = ()
    throttle: Throttle = field(default_factory=Throttle)
    lock: threading.Lock = field(default_factory=threading.Lock)


def rules() -> Rules:
    """The server's one Rules. A passphrase that had to be made is printed in the terminal."""
    with _MAKING:
        return _rules()


_MAKING = threading.Lock()  # or two first visitors would each have their own passphrase


@cache  # not Streamlit's, which every browser can have emptied, and with it the throttle
def _rules() -> Rules:
    here_alone = listens_here_alone(st.get_option("server.address"))
    try:
        told = read_secrets(map(Path, st.get_option("secrets.files")))
        phrase = configured_passphrase(os.environ, told)
        emails, providers = _presenters(told), _providers(told)
    except SettingError as error:
        return Rules(guarded=True, trouble=str(error))
    if here_alone and not (phrase or emails or providers):
        return Rules(guarded=False)
    if not phrase:
        phrase = new_passphrase()
        print(announcement(phrase), flush=True)
    return Rules(True, phrase, emails, providers)


def _presenters(told: Mapping[str, Any]) -> frozenset[str]:
    """The e-mail addresses of the presenters, as they are compared."""
    table = told.get("presenters", {})
    emails = table.get("emails", []) if isinstance(table, dict) else None
    if not isinstance(emails, list) or not all(isinstance(one, str) for one in emails):
        raise SettingError('[presenters] in secrets.toml needs a list of addresses: emails = ["teacher@school.org"].')
    return frozenset(one.strip().casefold() for one in emails)


def _providers(told: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the identity providers in [auth]; "default" where it describes a single one itself."""
    table = told.get("auth", {})
    if not isinstance(table, dict):
        raise SettingError("auth in secrets.toml is no table: it begins with [auth] on a line of its own.")
    named = tuple(name for name, one in table.items() if isinstance(one, dict) and "client_id" in one)
    return ("default", *named) if "client_id" in table else named


def is_presenter() -> bool:
    """Whether this visitor may do everything."""
    known = rules()
    if not known.guarded or known.trouble:
        return not known.guarded
    return by_passphrase() or by_login()


def by_passphrase() -> bool:
    """Whether this visitor's browser has given the passphrase since the server began."""
    admitted = rules().admitted
    return bool(admitted) and token_digest() in admitted


def by_login() -> bool:
    """Whether this visitor has logged in as one of the presenters, by an address that the provider does not doubt."""
    if not (rules().emails and rules().providers):
        return False
    user = st.user.to_dict()
    doubted = str(user.get("email_verified", True)).lower() == "false"  # some providers spell it as text
    known = user.get("is_logged_in") is True and not doubted
    return known and str(user.get("email", "")).strip().casefold() in rules().emails


def enter(given: str) -> None:
    """Become the presenter by the passphrase. Raises RightsError where it is wrong, or was wrong too often before."""
    known = rules()
    right = bool(known.phrase) and same_passphrase(given, known.phrase)
    if not known.throttle.admit(_address(), right):
        raise RightsError("This is not the passphrase. The terminal that started catdog, or who set it up, has it.")
    new_token()
    with known.lock:
        known.admitted = (*known.admitted, token_digest())[-PRESENTERS:]


def _address() -> str | None:
    """Where the browser is; None for this machine."""
    given = st.context.ip_address
    return given if isinstance(given, str) else None


def leave() -> None:
    """Be a visitor again."""
    known, mine = rules(), token_digest()
    with known.lock:
        known.admitted = tuple(one for one in known.admitted if one != mine)


def let_class_train(allowed: bool) -> None:
    """Whether visitors may start trainings, for all of them. Raises RightsError where this is not the presenter."""
    if not is_presenter():
        raise RightsError("Only the presenter decides whether the class may train. Ask the presenter.")
    rules().class_may = allowed


def owner() -> str:
    """Whose runs this visitor starts: empty for the presenter, whose runs are everyone's, else the visitor's mark."""
    return "" if is_presenter() else visitor_mark()


def may_start() -> bool:
    """Whether this visitor may start a run."""
    return is_presenter() or rules().class_may


def may_stop(run: Snapshot) -> bool:
    """Whether this visitor may stop the run: the presenter any, everyone else their own."""
    return is_presenter() or run.visitor == visitor_mark()


def may_resume(run: Snapshot) -> bool:
    """Whether this visitor may let the run go on: the presenter any, everyone else their own while the class may."""
    return is_presenter() or (rules().class_may and run.visitor == visitor_mark())


def may_change() -> bool:
    """Whether this visitor may rename and delete runs, and have photos and weights fetched: on no server that only
    reads.
    """
    return is_presenter() and not board().only_reads


def why_no_start() -> str:
    """Why this visitor cannot start a run, and what to do; empty where nothing speaks against it."""
    return "" if may_start() else NO_START


NO_START = "The presenter starts trainings here. Watch the one that runs, or ask whether the class may start its own."

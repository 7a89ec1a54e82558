"""Words for a page: text that is shown as it is, and numbers of things."""

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from catdog.errors import SettingError
from catdog.settings import keras_home, settings

MARKDOWN = frozenset("\\`*_{}[]()<>~$:&|#!")
BOX = "\N{REPLACEMENT CHARACTER}"
NO_TEXT = re.compile("[\ud800-\udfff]")  # halves of letters, as in some files' names
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # or what would begin a line, or steer a screen
LIST = re.compile(r"^(\s*\d*)([-+.)=])", re.MULTILINE)  # where a line begins, and it would make a list or a title
# Where an address, a dash of two, an arrow, a sign such as <= and the name of an icon or a face (":cat:") are torn
# apart: Streamlit finds those after it has read the backslashes.
JOINTS = re.compile(
    r"(?<=www)(?=\.)|(?<=@)|(?<=//)|(?<=-)(?=-|\\>)|(?<=<)(?=-)|(?<=[<>~])(?==)|(?<=:)(?=[\w+\\-]+:|material/)",
    re.IGNORECASE,
)

# What a path may follow (a colour of the terminal, or the end of a word that it does not go on), and what ends it.
BEFORE, END = r"(?P<before>\x1b\[[\d;]*m|(?<![\w.~/\\%)\]}…]))", r"\s'\"`<>|“”‘’«»"
DRIVE = rf"[A-Za-z]:[\\/]+[^{END}\\/][^{END}]*(?: [^{END}\\/]+\\[^{END}]*)*"  # a space, where a backslash follows
SHARE = rf"\\\\+[^{END}\\/]+[\\/]+[^{END}]+"
BARE = rf"(?!(?<=<)/\w+\s*>)(?:(?i:file:))?/+[^{END}/][^{END}]*"  # and no closing tag
PATHS = (
    rf"(?P<address>(?<!\w)(?!(?i:file):)[A-Za-z][\w+.-]{{1,20}}://[^{END}/\\][^{END}]*)"
    r"|(?<!\w)(?P<quote>['\"`])(?P<quoted>(?:(?i:file:)?/|[A-Za-z]:[\\/]|\\\\)(?:(?!(?P=quote))[^\n])+)(?P=quote)"
    rf"|{BEFORE}(?:(?:(?i:file:)//)?(?P<folder>(?:FOLDERS)(?:[\\/]+[^{END}]*|(?![\w-]|\.\w)))"
    rf"|(?P<bare>{DRIVE}|{SHARE}|{BARE}))"
)
CLOSING = ".,:;!?)]}"  # at the end of a path: more likely the sentence's
PROJECT = Path(__file__).resolve().parents[2]


def readable(text: str) -> str:
    """The text in one line, with a box in the place of what cannot be shown."""
    return UNSEEN.sub(BOX, text)


def plain(text: str) -> str:
    """The text so that Streamlit shows it letter by letter: nothing from outside becomes a link, a picture or bold.

    What is no text at all becomes a box. Addresses are held apart by word joiners, which take no room.
    """
    escaped = "".join(f"\\{letter}" if letter in MARKDOWN else letter for letter in NO_TEXT.sub(BOX, text))
    return JOINTS.sub("\N{WORD JOINER}", LIST.sub(r"\1\\\2", escaped))


def told(text: str) -> str:
    """An error, or a line of a log, as a page shows it: without paths, letter by letter."""
    return plain(without_paths(text))


def without_paths(text: str) -> str:
    """The text without any absolute path of this machine.

    What lies in a folder that has a name of its own is told from there on ("CATDOG_HOME/runs"), of any other path only
    the last part ("…/cat.jpg"). Names below the current folder, addresses, dates and fractions stay as they are.
    """
    known = _known_folders()
    return _paths(tuple(known)).sub(lambda found: _without_path(found, known), text)


def _without_path(found: re.Match[str], known: Mapping[str, str]) -> str:
    if found["address"]:
        return found[0]
    quote, before = found["quote"] or "", found["before"] or ""
    path = re.sub("^file:(//)?", "", found["quoted"] or found["folder"] or found["bare"], flags=re.IGNORECASE)
    for folder, name in known.items():
        if path.startswith(folder) and path[len(folder) : len(folder) + 1] in ("", "/", "\\", *CLOSING):
            return f"{before}{quote}{name}{path[len(folder) :]}{quote}"
    whole = path.rstrip(CLOSING) if found["bare"] else path
    last = re.search(r"[\\/][^\\/]+[\\/]*$", whole)
    return f"{before}{quote}…{last[0] if last else ''}{path[len(whole) :]}{quote}"


@lru_cache(maxsize=8)
def _paths(known: tuple[str, ...]) -> re.Pattern[str]:
    """What in a text is an address, which stays, or an absolute path, which does not."""
    return re.compile(PATHS.replace("FOLDERS", "|".join(map(re.escape, known)) or "(?!)"))


def _known_folders() -> dict[str, str]:
    """The folders that have a name of their own, in every way in which they may be written, the innermost first."""
    folders: dict[str, Path | None] = {"the project folder": PROJECT}
    with suppress(RuntimeError):  # a user without a home
        folders |= {"~": Path.home(), "KERAS_HOME": keras_home()}
    with suppress(SettingError):
        folders |= {"CATDOG_HOME": settings().home, "CATDOG_PHOTOS": settings().own_photos}
    written = {
        spelled: name
        for name, folder in folders.items()
        if folder and folder != folder.parent  # a whole disk has no name
        for path in (str(folder), os.path.realpath(folder))
        for spelled in (path, path.replace("\\", "/"), path.replace("\\", "\\\\"))
    }
    return {spelled: written[spelled] for spelled in sorted(written, key=len, reverse=True)}

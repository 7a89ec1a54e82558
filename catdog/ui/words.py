"""Words for a page: text that is shown as it is, and numbers of things."""

import re

MARKDOWN = frozenset("\\`*_{}[]()<>~$:&|#!")
BOX = "\N{REPLACEMENT CHARACTER}"
NO_TEXT = re.compile("[\ud800-\udfff]")  # halves of letters, as in some files' names
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")  # or what would begin a line, or steer a screen
LIST = re.compile(r"^(\s*\d*)([-+.)=])")  # at the beginning, where it would make a list or a title
# Where an address, or a dash of two, is torn apart: Markdown finds those after it has read the backslashes.
JOINTS = re.compile(r"(?<=www)(?=\.)|(?<=@)|(?<=//)|(?<=-)(?=-)", re.IGNORECASE)


def readable(text: str) -> str:
    """The text in one line, with a box in the place of what cannot be shown."""
    return UNSEEN.sub(BOX, text)


def plain(text: str) -> str:
    """The text so that Streamlit shows it letter by letter: nothing from outside becomes a link, a picture or bold.

    What is no text at all becomes a box. Addresses are held apart by word joiners, which take no room.
    """
    escaped = "".join(f"\\{letter}" if letter in MARKDOWN else letter for letter in NO_TEXT.sub(BOX, text))
    return JOINTS.sub("\N{WORD JOINER}", LIST.sub(r"\1\\\2", escaped))


def percent(share: float) -> str:
    """ "50 %" of 0.5."""
    return f"{100 * share:.0f} %"


def counted(number: int, noun: str) -> str:
    """ "1 cat", "2,000 cats"; the noun has a regular plural, or one that ends in "es" after "ch"."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"

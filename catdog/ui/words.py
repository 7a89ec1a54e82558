"""Words for a page: text that is shown as it is, and numbers of things."""

import re

MARKDOWN = frozenset("\\`*_{}[]()<>~$:&|#!")


def plain(text: str) -> str:
    """The text so that Streamlit shows it letter by letter: nothing from outside becomes a link, a picture or bold.

    What is no text at all, as in some files' names, becomes a question mark in a box.
    """
    readable = re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
    return "".join(f"\\{character}" if character in MARKDOWN else character for character in readable)


def percent(share: float) -> str:
    """ "50 %" of 0.5."""
    return f"{100 * share:.0f} %"


def counted(number: int, noun: str) -> str:
    """ "1 cat", "2,000 cats"; the noun has a regular plural, or one that ends in "es" after "ch"."""
    ending = "" if number == 1 else "es" if noun.endswith("ch") else "s"
    return f"{number:,} {noun}{ending}"

"""Text from outside stays text."""

import pytest

from catdog.ui.words import plain


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("cat.jpg", "cat.jpg"),
        ("**bold** [link](x) ![picture](x)", r"\*\*bold\*\* \[link\]\(x\) \!\[picture\]\(x\)"),
        ("http://e.vil WWW.e.vil me@e.vil", "http\\://\u2060e.vil WWW\u2060.e.vil me@\u2060e.vil"),
        ("- a--b", "\\- a-\u2060-b"),
        ("12. a", r"12\. a"),
        ("= a", r"\= a"),
        ("a&copy;.jpg", r"a\&copy;.jpg"),
        (":red[text] $x$ `code` <b>", r"\:red\[text\] \$x\$ \`code\` \<b\>"),
        ("caf\udce9", "caf\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_nothing_in_a_plain_text_is_read_as_markdown(given, shown):
    assert plain(given) == shown

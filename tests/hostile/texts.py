"""Texts that are not what they are taken for: paths, tags, Markdown, formulas, code, and what is no text at all."""

from hypothesis import strategies as st

PIECES = (
    *("../", "..\\", "/etc/passwd", "~", "C:\\", "\0", "\n", "\r\n", "\t", " ", ".", "%2e%2e%2f", "file:///", "nul"),
    *('<img src=x onerror="window.hacked=1">', "<script>alert(1)</script>", "</td>", "<b>", "&lt;", "&#60;", '"', "'"),
    *("![x](http://e.vil/x.png)", "[x](javascript:alert(1))", "**", "__", "`", "$x$", "$$", ":red[x]", ":cat:", "# "),
    *(
        ":material/home:",
        ":streamlit:",
        "- ",
        "1. ",
        "> ",
        "| a | b |",
        "---",
        "===",
        "~~",
        "http://e.vil",
        "www.e.vil",
    ),
    *("me@e.vil", "<http://e.vil>", " -> ", " <- ", " <-> ", " >= ", " <= ", " ~= ", " -- ", "\\", "^", "[^1]", "::"),
    *("=1+1", "+1", "-1", "@SUM(1)", "=HYPERLINK(1)", '"""', "'''", "#{}", "${x}", "{0}", "%s", "%{x}", "\u202e"),
    *("\udcff", "\ufeff", "\u2028", "\x1b[31m", "𝔘", "é", "İ", "20261121-101010123-post1-model1", "post1-model1"),
    *("flip=", "turn=72", "zoom=1e9", ",", "=", "none", "-0", "1e309", "nan", "9" * 30, "٣", "null", "true"),
)

hostile = st.lists(st.sampled_from(PIECES) | st.text(max_size=6), max_size=6).map("".join)
values = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), hostile, st.lists(hostile, max_size=2)
)

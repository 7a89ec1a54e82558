"""Texts that reach a page, a figure, a spreadsheet, a report or a script: shown letter by letter, and never obeyed."""

import ast
import csv
import io
import json
import re
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from catdog.figures import PostRow, RunCurves, comparison_figure, posts_figure
from catdog.insight.answer import as_row
from catdog.recipes import RECIPES
from catdog.training.history import CURVES
from catdog.training.request import RunRequest
from catdog.training.script import training_notebook, training_script
from catdog.ui.classify_gallery import FORMULA, as_csv
from catdog.ui.words import BOX, NO_TEXT, plain, readable
from tests.hostile.cases import every
from tests.hostile.texts import hostile

JOINER = "\N{WORD JOINER}"
READ = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HARMLESS = {"paragraph_open", "paragraph_close", "inline", "text", "text_special", "softbreak", "hardbreak"}
# What Streamlit looks for in the text itself, after Markdown has been read: faces, icons, arrows, signs, addresses.
FOUND_LATER = re.compile(
    r":[\w+-]+:|:material/\w+:|(?:^|\s)(?:<->|->|<-|--|>=|<=|~=)(?:\s|$)|www\.\w|https?://\w|\w@\w", re.IGNORECASE
)


def shown(text: str) -> str:
    """The letters that a reader of Markdown shows; fails where it finds more in it than letters."""
    letters = []
    for token in READ.parse(text):
        assert token.type in HARMLESS, token.type
        for child in token.children or []:
            assert child.type in HARMLESS, child.type
            letters.append("\n" if child.type.endswith("break") else child.content)
    return "".join(letters)


def bare(text: str) -> str:
    """Without the joiners, which are not seen, and without the spaces that Markdown takes as one."""
    return " ".join(text.replace(JOINER, "").split())


def test_plain_text_is_shown_by_markdown_letter_by_letter():
    line = (hostile | st.text()).map(readable).map(str.strip)

    @every("Markdown", line | st.lists(line.filter(bool), max_size=3).map("\n".join))
    def check(text):
        read = shown(plain(text))
        assert bare(read) == bare(NO_TEXT.sub(BOX, text))
        assert not FOUND_LATER.search(read)


class Tags(HTMLParser):
    """The tags of a text in HTML."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=False)
        self.found: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.found.append(tag)

    def handle_endtag(self, tag):
        self.found.append(tag)


@pytest.mark.slow
def test_no_name_brings_a_tag_into_a_figure():
    """Plotly reads some HTML in names and in what hovering shows: links above all."""

    @every("figures", hostile, hostile)
    def check(one, two):
        history = dict.fromkeys(CURVES, [0.5, 0.6])
        curves = [RunCurves(name, "post1-model1", history, (), 2) for name in (one, two)]
        figure = json.loads(comparison_figure(curves, {}).to_json())
        figure["data"] += json.loads(posts_figure([PostRow("model", 0.6, 0.7, 0.65, {one: 0.6, two: 0.7})]).to_json())[
            "data"
        ]
        spoken = [trace.get("name", "") for trace in figure["data"]]
        spoken += [text for trace in figure["data"] for text in trace.get("text", ())]
        assert not [tag for text in spoken for tag in Tags(text).found]
        assert {one, two} <= {unescape(text) for text in spoken}
        assert not [trace for trace in figure["data"] if one and len(one) > 3 and one in trace.get("hovertemplate", "")]


def test_a_spreadsheet_finds_no_formula_and_every_row():
    @every("spreadsheets", st.lists(hostile.map(readable), min_size=1, max_size=3))
    def check(files):
        text = as_csv([as_row(name, None, "The file is empty.") for name in files])
        rows = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [row["file"].removeprefix("'") for row in rows] == [name.removeprefix("'") for name in files]
        assert not [cell for row in rows for cell in row.values() if cell and cell.startswith(FORMULA)]


def test_nothing_that_a_run_says_becomes_code():
    """A script takes over numbers that were checked and names of its own; what the run computed with is one of two."""
    plain_scripts = {key: ast.dump(ast.parse(training_script(RunRequest.of(RECIPES[key])))) for key in RECIPES}

    @every("scripts", st.sampled_from(sorted(RECIPES)), hostile)
    def check(key, precision):
        script = training_script(RunRequest.of(RECIPES[key]), precision)
        assert ast.dump(ast.parse(script)) == plain_scripts[key]
        notebook = json.loads(training_notebook(RunRequest.of(RECIPES[key]), precision))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                ast.parse("".join(cell["source"]))


@pytest.mark.parametrize(
    "spoken", [":material/home: :cat: :streamlit:", "a -> b <- c <= d", ":+1: x:y", "- a\n- b\n1. c"]
)
def test_what_streamlit_finds_after_markdown_is_torn_apart(spoken):
    assert bare(shown(plain(spoken))) == bare(spoken)
    assert not FOUND_LATER.search(shown(plain(spoken)))

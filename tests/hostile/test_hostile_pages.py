"""Hostile addresses, and runs with hostile names, on every page: no page breaks, and all is shown as letters."""

import re
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from hypothesis import strategies as some
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from catdog.models.drawn import Drawn
from catdog.recipes import recipe
from catdog.training.folder import RunFolder
from catdog.training.request import RunRequest
from catdog.training.state import State
from tests.hostile.cases import every
from tests.hostile.texts import PIECES, hostile
from tests.hostile.watch import touched_outside
from tests.pages.conftest import ROOT, tell
from tests.pages.test_classify_page import StandIn

pytestmark = pytest.mark.timeout(240)

PAGES = ("dashboard.py", *(str(page.relative_to(ROOT)) for page in sorted((ROOT / "pages").glob("*.py"))))
# Every name that a widget or an address has, as the sources spell them.
KEYS = re.compile(r'"((?:home|dataset|augmentation|training|results|classify|lesson)\.[a-z_.]+)"')
NAMES = sorted({key for file in (ROOT / "catdog/ui").glob("*.py") for key in KEYS.findall(file.read_text())})
NAMES += ["run", "recipe", "augmentation", "photos", "page", "embed", "embed_options", "lesson", ""]
NAME = '<img src=x onerror="window.hacked=1"> ![x](http://e.vil)'
SAID = "[free cats](http://e.vil/cats) <b>now</b> :material/home:"
DANGEROUS = {"image", "link_open", "html_inline", "html_block"}
READ = MarkdownIt("commonmark")


@pytest.fixture
def runs(app: AppTest, home: Path, monkeypatch: pytest.MonkeyPatch) -> list[RunFolder]:
    """Two runs that have ended, whose names, devices and errors are anything but that."""
    monkeypatch.setattr("catdog.ui.shared._load_classifier", lambda name: StandIn())
    monkeypatch.setattr("catdog.ui.shared._load_augment", lambda report: _as_they_are)
    st.cache_resource.clear()
    made = []
    for phase in ("finished", "failed"):
        run = RunFolder.create(
            home / "runs", RunRequest.of(recipe("post1-model1"), epochs=2), {"photos": {"name": SAID, "kind": "own"}}
        )
        tell(home, run.id, [(0.6, 0.55), (0.7, 0.6)], phase="finished")
        run.rename(NAME)
        run.write_state(State(phase, SAID, None, 1.0, device=SAID, precision=SAID, error=SAID))
        made.append(run)
    return made


def _as_they_are(photos: np.ndarray, *_: object) -> tuple[np.ndarray, tuple[Drawn, ...]]:
    """Copies without Keras, to which nothing was done."""
    return photos.astype(np.uint8), (Drawn(),) * len(photos)


def visit(page: str, address: dict[str, str]) -> AppTest:
    """A visitor who comes with this address, to this page."""
    visitor = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
    if page != "dashboard.py":
        visitor.switch_page(page)
    for name, value in address.items():
        visitor.query_params[name] = value
    return visitor.run()


def spoken(visitor: AppTest) -> list[str]:
    """All that the page hands to Streamlit's Markdown."""
    kinds = (visitor.markdown, visitor.caption, visitor.error, visitor.warning, visitor.info, visitor.success)
    return [str(one.value) for kind in kinds for one in kind if not getattr(one, "allow_html", False)]


def assert_only_letters(visitor: AppTest, texts: list[str]) -> None:
    """Nothing broke, and none of these texts has become a link, a picture or a tag."""
    assert not visitor.exception, [one.value for one in visitor.exception]
    for said in spoken(visitor):
        if not any(text in said for text in texts if len(text) > 3):
            continue  # escaped, or not said at all
        tokens = [child.type for token in READ.parse(said) for child in token.children or [token]]
        assert not DANGEROUS & set(tokens), said


@pytest.mark.slow
def test_no_address_breaks_a_page_or_touches_another_file(runs, tmp_path):
    known = some.sampled_from([run.id for run in runs])
    value = hostile.map(lambda text: text.encode("utf-8", "replace").decode())

    for page in PAGES:
        visit(page, {})  # what Python reads once, such as the time zones

    @every("queries", some.sampled_from(PAGES), some.dictionaries(some.sampled_from(NAMES), value | known, max_size=12))
    def check(page, address):
        with touched_outside(tmp_path) as touched:
            visitor = visit(page, address)
        assert not touched
        assert_only_letters(visitor, [*address.values(), *PIECES, SAID, NAME])


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("value", [NAME, SAID, "../" * 20 + "etc/passwd", "\n# x\n- y", "9" * 400, "true", "-1"])
def test_all_parts_of_an_address_at_once_are_letters(page, value, runs):
    assert_only_letters(visit(page, dict.fromkeys(NAMES, value)), [value, SAID, NAME])


@pytest.mark.parametrize("page", ["pages/3_Training.py", "pages/4_Results.py", "pages/5_Classify.py"])
@pytest.mark.parametrize("number", [0, 1])
def test_a_run_that_says_hostile_things_is_shown_as_letters(page, number, runs):
    run = runs[number].id
    for tab in ("Settings", "Take away", "Right and wrong"):
        address = {"run": run, "results.run": run, "results.runs": run, "classify.model": run, "results.tab": tab}
        visitor = visit(page, address | {"classify.about": "true"})
        assert_only_letters(visitor, [NAME, SAID])
        for table in visitor.table:
            for cell in table.value.astype(str).to_numpy().ravel():
                assert not DANGEROUS & {c.type for token in READ.parse(cell) for c in token.children or [token]}

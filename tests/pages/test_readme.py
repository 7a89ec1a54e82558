"""What the README tells developers to write works, word for word."""

import re
import shutil

import plotly.graph_objects as go
import pytest
from streamlit.testing.v1 import AppTest

from catdog import figures
from catdog.figures import style
from catdog.recipes import Recipe, catalogue, changes, output_shape, post4, recipes_of
from catdog.training import RunRequest
from catdog.training.folder import RunFolder, all_runs
from catdog.ui import frame, lesson_panel
from catdog.ui.training_choice import as_in
from tests.serving import ROOT

NEW = "pages/6_Shares.py"


@pytest.fixture(scope="module")
def written() -> dict[str, str]:
    """The code of each part of "To add something": "recipe", "figure", "page"."""
    part = (ROOT / "README.md").read_text(encoding="utf-8").partition("### To add something")[2].partition("\n### ")[0]
    return dict(re.findall(r"\*\*An? (\w+)\*\*.*?```python\n(.*?)```", part, flags=re.DOTALL))


def _figure(written: dict[str, str]) -> go.Figure:
    room = {"go": go} | vars(style)
    exec(written["figure"], room)
    return room["shares_figure"]


def test_a_recipe(written, tmp_path, monkeypatch: pytest.MonkeyPatch):
    room = dict(vars(post4))
    exec(written["recipe"], room)
    new = room["MODEL5"]
    assert isinstance(new, Recipe) and new.key == "post4-model5" and new.based_on == "post4-model3"
    assert output_shape(new) == (2,)
    assert changes(new)  # says what is new
    monkeypatch.setattr(catalogue, "RECIPES", catalogue.by_key((*catalogue.RECIPES.values(), new)))
    choices = [as_in(one) for one in recipes_of(new.architecture)]
    assert "post 4, model 5" in choices
    assert len(set(choices)) == len(choices)
    run = RunFolder.create(tmp_path, RunRequest.of(new), {"photos": {}})
    assert RunFolder.open(tmp_path, run.id).request.network == new
    assert all_runs(tmp_path) == [run]


def test_a_figure(written):
    (bars,) = _figure(written)(1_000, 900).data
    assert list(bars.y) == [1_000, 900] and list(bars.marker.color) == [style.CAT, style.DOG]


def test_a_page(written, app: AppTest, tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(figures, "shares_figure", _figure(written), raising=False)
    monkeypatch.setitem(frame.PAGES, NEW, ("Shares", ":material/bar_chart:"))
    monkeypatch.setattr(frame, "LEDES", frame.LEDES | {"Shares": "As many cats as dogs?"})
    monkeypatch.setattr(lesson_panel, "PANELS", {"Shares": lesson_panel.PANELS["Dataset"]})
    shutil.copy(ROOT / "dashboard.py", tmp_path)
    shutil.copytree(ROOT / "pages", tmp_path / "pages")
    (tmp_path / NEW).write_text(written["page"], encoding="utf-8")
    shown = AppTest.from_file(tmp_path / "dashboard.py", default_timeout=30).run().switch_page(NEW).run()
    assert not shown.exception and not shown.error
    assert [title.value for title in shown.title] == ["How many of each?"]
    assert "**Shares** · page 6 of 6" in [text.value for text in shown.markdown]

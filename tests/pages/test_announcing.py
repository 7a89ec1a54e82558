"""Runs that have ended announce themselves, to whom they concern, once, and not where they stand on the page."""

import shutil
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from catdog.recipes import recipe
from catdog.training import RunRequest
from catdog.training.folder import RunFolder
from catdog.ui import announcing, shared
from catdog.ui.visitor import MARK
from tests.pages.conftest import spoken, tell

PHOTOS = {"fingerprint": "0123456789abcdef", "kind": "real", "name": "photos"}
PAGE = """
import streamlit as st
from catdog.ui.announcing import announce

announce(st.query_params.get("run"))
"""
TOKEN = "t" * 43
MINE = sha256(TOKEN.encode()).hexdigest()[:MARK]
OTHERS = "0" * MARK


now = [0.0]  # seconds, by the clock that is never set back


@pytest.fixture(autouse=True)
def room(home, workers, monkeypatch: pytest.MonkeyPatch):
    """A server without rights, as on one's own machine, and its workers that only pretend."""
    monkeypatch.setattr(announcing, "time", SimpleNamespace(monotonic=lambda: now[0]))
    st.cache_resource.clear()
    yield workers
    st.cache_resource.clear()


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """A server with rights, where this visitor is the presenter if the one entry says so."""
    presenter = [False]
    monkeypatch.setattr(announcing, "is_presenter", lambda: presenter[0])
    monkeypatch.setattr("catdog.ui.visitor._brought", lambda: TOKEN)
    return presenter


def start(visitor: str = "", key: str = "post3-model3") -> str:
    return shared.board().submit(RunRequest.of(recipe(key), epochs=20), PHOTOS, visitor=visitor)


def end(home: Path, run_id: str, phase: str = "finished", error: str = "", epochs: int = 2) -> None:
    """Its worker says its last word; validation went up to 71.4 %."""
    tell(home, run_id, [(0.6, 0.7 + 0.007 * epoch) for epoch in range(1, epochs + 1)], phase, error)


def visit(run: str | None = None) -> AppTest:
    page = AppTest.from_string(PAGE)
    if run:
        page.query_params["run"] = run
    return look(page)


def look(page: AppTest, later: float = 3.0) -> AppTest:
    """The page's next look at what is known by then, so many seconds later."""
    now[0] += later
    shared.under_way_now.clear()
    page.run()
    assert not page.exception
    return page


def told(page: AppTest) -> list[str]:
    return [spoken(one.value) for one in page.toast]


def test_a_run_that_has_finished_is_announced_once(home):
    run = start()
    page = visit()
    assert told(page) == []
    end(home, run)
    assert told(look(page)) == ["**post3-model3** has finished: 71.4 % on validation. Look at it on Results."]
    assert page.toast[0].icon == ":material/check_circle:"
    assert told(look(page)) == []


def test_a_run_that_was_over_before_someone_came_is_not_announced(home):
    end(home, start())
    page = visit()
    assert told(page) == []
    assert told(look(page)) == []


def test_a_run_that_begins_while_someone_is_here_is_announced_as_well(home):
    page = visit()
    run = start()
    look(page)
    end(home, run)
    assert len(told(look(page))) == 1


def test_the_run_that_stands_on_the_page_is_not_announced_there_nor_later_elsewhere(home):
    run = start()
    page = visit(run)
    end(home, run)
    assert told(look(page)) == []
    del page.query_params["run"]
    assert told(look(page)) == []


def test_another_run_is_announced_on_the_page_of_a_run(home):
    watched, other = start(), start()
    page = visit(watched)
    end(home, watched)
    end(home, other)
    assert len(told(look(page))) == 1


def test_of_two_runs_that_end_one_after_the_other_each_is_announced_when_it_ends(home):
    first, second = start(key="post3-model1"), start(key="post3-model2")
    page = visit()
    end(home, first)
    assert ["model1" in one for one in told(look(page))] == [True]
    end(home, second)
    assert ["model2" in one for one in told(look(page, later=announcing.SECONDS))] == [True]


def test_what_was_said_stays_where_it_stands_when_the_next_run_ends_soon_after(home):
    first, second = start(key="post3-model1"), start(key="post3-model2")
    page = visit()
    end(home, first)
    look(page)
    end(home, second)
    assert ["model1" in one for one in told(look(page))] == [True, False]
    assert told(look(page)) == []


def test_a_visitor_is_told_of_their_own_run_and_of_no_one_elses(home, guarded):
    mine, others, everyones = start(MINE), start(OTHERS), start()
    page = visit()
    for run in (others, everyones):
        end(home, run)
    assert told(look(page)) == []
    end(home, mine)
    assert len(told(look(page))) == 1


def test_the_presenter_is_told_of_all_runs(home, guarded):
    guarded[0] = True
    runs = [start(MINE), start(OTHERS), start()]
    page = visit()
    for run in runs:
        end(home, run)
    assert len(told(look(page))) == 3


def test_who_is_the_presenter_no_longer_is_not_told_of_the_runs_of_others(home, guarded):
    guarded[0] = True
    run = start(OTHERS)
    page = visit()
    guarded[0] = False
    assert told(look(page)) == []
    end(home, run)
    assert told(look(page)) == []


def test_many_that_end_at_once_are_one_announcement(home):
    runs = [start() for _ in range(announcing.ONE_BY_ONE + 1)]
    page = visit()
    for run in runs:
        end(home, run)
    assert told(look(page)) == ["4 runs have ended. Look at them on Results."]


def test_a_stopped_run_says_how_far_it_came_and_what_it_reached(home):
    early, late = start(key="post3-model1"), start(key="post3-model2")
    page = visit()
    end(home, early, "stopped", epochs=0)
    end(home, late, "stopped")
    assert told(look(page)) == [
        "**post3-model1** was stopped after 0 of 20 epochs.",
        "**post3-model2** was stopped after 2 of 20 epochs. Its best was 71.4 % on validation.",
    ]
    assert page.toast[0].icon == ":material/stop_circle:"


def test_a_run_that_finished_without_a_figure_is_announced_without_one(home):
    run = start()
    page = visit()
    end(home, run, epochs=0)
    assert told(look(page)) == ["**post3-model3** has finished. Look at it on Results."]


def test_a_failed_run_says_why_without_a_path_and_where_one_reads_more(home):
    run = start()
    page = visit()
    end(home, run, "failed", f"<b>{home}/runs</b> cannot be written. Make room.")
    [words] = told(look(page))
    assert words.startswith("**post3-model3** has failed. ")
    assert "cannot be written. Make room." in words
    assert words.endswith("Its page under Training tells more.")
    assert str(home) not in words
    assert "<b>" not in page.toast[0].value
    assert page.toast[0].icon == ":material/error:"


def test_a_run_is_called_by_the_name_that_someone_gave_it_and_that_is_only_text(home):
    run = start()
    RunFolder.open(home / "runs", run).rename("Anna's [best](evil) **one**")
    page = visit()
    end(home, run)
    [words] = told(look(page))
    assert words.startswith("**Anna's [best](evil) **one**** has finished")
    assert "](evil)" not in page.toast[0].value


def test_a_run_that_was_deleted_meanwhile_is_passed_over_in_silence(home):
    run = start()
    page = visit()
    shutil.rmtree(home / "runs" / run)
    assert told(look(page)) == []


def test_a_run_that_is_missing_from_one_look_without_having_ended_is_announced_when_it_has(home, monkeypatch):
    run = start()
    page = visit()
    monkeypatch.setattr(announcing, "under_way_now", list)
    assert told(look(page)) == []
    end(home, run)
    assert len(told(look(page))) == 1

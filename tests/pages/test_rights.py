"""Who may do what on a server that others can reach: the presenter everything, the class what the presenter lets it."""

import json
import re

import pytest
import streamlit as st
from streamlit import config
from streamlit.testing.v1 import AppTest

from catdog.errors import RightsError, RunError
from catdog.presenter import LETTERS
from catdog.settings import RUNS_OF_ONE
from catdog.training import sweep
from catdog.training.folder import all_runs
from catdog.ui import acting, rights, visitor
from catdog.ui.shared import board
from tests.pages.conftest import ROOT, spoken, tell

PHRASE = "blue whale 52"
LOOK_ONLY = "Visitor · you may look, augment and classify"


@pytest.fixture
def opened(app, tmp_path, monkeypatch: pytest.MonkeyPatch):
    """The server of `app`, opened to the network, with a passphrase and no secrets but what the test writes."""
    monkeypatch.setenv("CATDOG_PASSPHRASE", PHRASE)
    before = {name: config.get_option(name) for name in ("server.address", "secrets.files")}
    config.set_option("server.address", "0.0.0.0")
    config.set_option("secrets.files", [str(tmp_path / "secrets.toml")])
    st.cache_resource.clear()
    rights._rules.cache_clear()
    yield tmp_path / "secrets.toml"
    for name, value in before.items():
        config.set_option(name, value)
    rights._rules.cache_clear()


def visit(page: str | None = None, **user: object) -> AppTest:
    """A new visitor on a page, Home where none is named."""
    app = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=30)
    app.user = user
    app.run()
    return app.switch_page(f"pages/{page}.py").run() if page else app


def presenter(page: str | None = None) -> AppTest:
    app = enter(visit(), PHRASE)
    assert "Presenter" in told(app)
    return app.switch_page(f"pages/{page}.py").run() if page else app


def enter(app: AppTest, phrase: str) -> AppTest:
    app.text_input(key="frame.phrase").input(phrase)
    return button(app, "Enter").click().run()


def button(app: AppTest, label: str):
    return next(one for one in app.button if one.label == label)


def labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def told(app: AppTest) -> str:
    return spoken("\n".join(one.value for kind in (app.caption, app.error, app.toast) for one in kind))


def start(app: AppTest) -> AppTest:
    return app.button(key="training.start").click().run()


def let_class(app: AppTest, allowed: bool = True) -> None:
    app.toggle(key="frame.class").set_value(allowed).run()


def runs(home) -> list:
    return all_runs(home / "runs")


def finished(home) -> str:
    """A run that has ended, started by the presenter."""
    start(presenter("3_Training"))
    tell(home, runs(home)[-1].id, [(0.6, 0.6)], "finished")
    return runs(home)[-1].id


# A server for this machine alone


def test_on_a_server_for_this_machine_alone_nothing_is_asked_and_nothing_is_shown(app, home):
    assert "Visitor" not in told(app)
    assert "frame.class" not in [toggle.key for toggle in app.toggle]
    app.switch_page("pages/3_Training.py").run()
    start(app)
    assert [json.loads((run.path / "run.json").read_text())["visitor"] for run in runs(home)] == [""]


def test_a_passphrase_on_purpose_guards_even_a_server_for_this_machine_alone(opened):
    config.set_option("server.address", "localhost")
    assert LOOK_ONLY in told(visit())


# What a visitor meets


def test_a_visitor_is_told_why_nothing_can_be_started(opened, home):
    app = visit("3_Training")
    assert LOOK_ONLY in told(app)
    assert app.button(key="training.start").disabled
    assert "The presenter starts trainings here." in told(app)
    assert not app.exception


def test_a_start_that_a_visitor_sends_all_the_same_starts_nothing(opened, home, workers, monkeypatch):
    app = visit("3_Training")
    monkeypatch.setattr("catdog.ui.training_choice.why_no_start", lambda: "")  # the button as a forger sends it
    app.run()
    start(app)
    assert runs(home) == []
    assert workers.launched == []
    assert "The presenter starts trainings here." in app.error[0].value
    assert not app.exception
    assert app.get("expander")  # the page goes on below


def test_a_visitor_sees_no_way_to_name_or_delete_a_run_and_the_presenter_does(opened, home):
    finished(home)
    assert "Yes, delete" not in labels(visit("4_Results"))
    assert not visit("4_Results").text_input(key="frame.phrase").value
    assert "Yes, delete" in labels(presenter("4_Results"))


def test_a_delete_that_a_visitor_sends_all_the_same_deletes_nothing(opened, home, monkeypatch):
    run_id = finished(home)
    app = visit("4_Results")
    monkeypatch.setattr("catdog.ui.results_table.may_change", lambda: True)
    app.run()
    button(app, "Yes, delete").click().run()
    assert [run.id for run in runs(home)] == [run_id]
    assert "Only the presenter deletes runs here." in told(app)


def test_a_visitor_cannot_have_photos_fetched(opened, workers, monkeypatch):
    monkeypatch.setenv("CATDOG_PHOTOS", "sample")
    app = visit("1_Dataset")
    get = re.compile("Get the real photos|Try again")
    assert not any(get.match(label) for label in labels(app))
    monkeypatch.setattr("catdog.ui.photo_set.may_change", lambda: True)
    app.run()
    next(one for one in app.button if get.match(one.label)).click().run()
    assert "Only the presenter has photos and weights fetched here." in told(app)


# Becoming the presenter, and back


def test_the_passphrase_makes_a_presenter_and_leaving_a_visitor_again(opened, home):
    app = presenter("3_Training")
    assert not app.button(key="training.start").disabled
    start(app)
    assert [run.about()["visitor"] for run in runs(home)] == [""]
    app.button(key="frame.leave").click().run()
    assert LOOK_ONLY in told(app)
    assert app.button(key="training.start").disabled


def test_a_reload_of_the_presenters_page_does_not_ask_again(opened, monkeypatch):
    first = presenter()
    token = first.session_state[visitor.KEY]
    monkeypatch.setattr("catdog.ui.visitor._brought", lambda: token)
    again = visit()
    assert "Presenter" in told(again)
    again.button(key="frame.leave").click().run()
    assert LOOK_ONLY in told(visit())


def test_another_browser_is_still_a_visitors(opened):
    presenter()
    assert LOOK_ONLY in told(visit())


def test_the_token_of_who_becomes_presenter_is_a_new_one(opened):
    app = visit()
    before = app.session_state[visitor.KEY]
    enter(app, PHRASE)
    assert app.session_state[visitor.KEY] != before


def test_a_wrong_passphrase_is_a_sentence_and_the_sixth_must_wait(opened):
    app = visit()
    for _ in range(5):
        enter(app, "green whale 52")
        assert "This is not the passphrase." in told(app)
    enter(app, PHRASE)
    assert re.search(r"wrong too often. Wait (60|59) seconds", told(app))
    assert LOOK_ONLY in told(app)
    assert not app.exception


def test_an_empty_passphrase_is_not_counted(opened):
    app = visit()
    for _ in range(9):
        enter(app, "")
    assert "Presenter" in told(enter(app, PHRASE))


@pytest.mark.parametrize("phrase", [PHRASE, "green whale 52"])
def test_nothing_of_the_passphrase_stays_in_the_session_or_the_address(opened, capfd, phrase):
    app = enter(visit(), phrase)
    state = app.session_state._state._state  # all of it: what a script cannot read is in the server's memory too
    held = (state._old_state, state._new_session_state, dict(state._new_widget_state))
    assert visitor.KEY in repr(held)
    assert "whale" not in repr(held)
    assert "whale" not in repr(app.query_params)
    assert "whale" not in repr(rights.rules().admitted)
    out = capfd.readouterr()
    assert "whale" not in out.out + out.err


def test_a_made_passphrase_is_printed_once_and_works(opened, capfd, monkeypatch):
    monkeypatch.delenv("CATDOG_PASSPHRASE")
    app = visit()
    visit()
    said = capfd.readouterr().out
    (phrase,) = re.findall(rf"passphrase is ((?:[{LETTERS}]{{4}}-?){{3}}) ", said)
    assert "Presenter" in told(enter(app, phrase))
    assert phrase not in capfd.readouterr().out


def test_a_passphrase_from_the_secrets_works(opened, monkeypatch):
    monkeypatch.delenv("CATDOG_PASSPHRASE")
    opened.write_text(f'passphrase = "{PHRASE}"\n')
    assert "Presenter" in told(enter(visit(), PHRASE))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ('passphrase = "short"', "passphrase in secrets.toml has 5 letters"),
        ("passphrase = ", "secrets.toml cannot be read"),
        ('[presenters]\nemails = "teacher@school.org"', "needs a list of addresses"),
        ("auth = 1", "auth in secrets.toml is no table"),
    ],
)
def test_with_settings_that_will_not_do_the_page_says_so_and_nobody_is_the_presenter(
    opened, home, content, sentence, monkeypatch
):
    monkeypatch.delenv("CATDOG_PASSPHRASE")
    opened.write_text(content)
    app = visit("3_Training")
    assert sentence in told(app)
    assert str(opened.parent) not in told(app)
    assert not app.text_input
    assert app.button(key="training.start").disabled


# The class may train


def test_where_the_class_may_train_a_visitor_starts_runs_of_its_own_up_to_the_limit(opened, home):
    chair = presenter()
    let_class(chair)
    app = visit("3_Training")
    assert "classify and train" in told(app)
    for _ in range(RUNS_OF_ONE):
        start(app)
    marks = {run.about()["visitor"] for run in runs(home)}
    assert len(runs(home)) == RUNS_OF_ONE
    assert len(marks) == 1
    assert re.fullmatch("[0-9a-f]{16}", marks.pop())
    start(app)
    assert len(runs(home)) == RUNS_OF_ONE
    assert f"a visitor may have {RUNS_OF_ONE} under way at a time" in told(app)
    assert not app.exception


def test_a_visitors_token_is_written_into_no_file_of_the_run(opened, home):
    let_class(presenter())
    app = start(visit("3_Training"))
    token = app.session_state[visitor.KEY].encode()
    assert all(token not in file.read_bytes() for file in runs(home)[0].path.iterdir())


def test_when_the_class_may_no_longer_train_the_button_sleeps_again(opened, home):
    chair = presenter()
    let_class(chair)
    app = visit("3_Training")
    assert not app.button(key="training.start").disabled
    let_class(chair, False)
    assert app.run().button(key="training.start").disabled


def test_the_switch_shows_every_presenter_the_same(opened):
    one, other = presenter(), presenter()
    let_class(one)
    assert other.run().toggle(key="frame.class").value is True


# Each act asks for the right itself, whatever the page shows


@pytest.fixture
def as_visitor(opened, monkeypatch):
    """Calls as from a visitor's script; the token is the visitor's own."""
    board()
    token = "v" * 43
    monkeypatch.setattr(visitor, "visitor_token", lambda: token)
    return token


def test_no_act_is_a_visitors_on_somebody_elses_run(as_visitor, home, workers):
    run_id = board().submit(*request_and_photos(), visitor="0123456789abcdef")
    swept = sweep.begin(home, sweep.Sweep("", ("post4-model1",), (0,), (None,)))
    acts = {
        "start": lambda: acting.start(*request_and_photos()),
        "stop": lambda: acting.stop(run_id),
        "resume": lambda: acting.resume(run_id),
        "rename": lambda: acting.rename(run_id, "mine"),
        "delete": lambda: acting.delete(run_id),
        "delete a sweep": lambda: acting.delete_sweep(swept.id, [run_id]),
        "fetch": lambda: acting.fetch(lambda: pytest.fail("it was fetched")),
        "switch": lambda: rights.let_class_train(True),
    }
    for class_may in (False, True):
        rights.rules().class_may = class_may
        for name, act in acts.items():
            if name == "start" and class_may:
                continue
            with pytest.raises(RightsError, match="presenter"):
                act()
    (run,) = runs(home)
    assert (run.stop_asked, run.name, run.state.phase) == (False, "", "starting")
    assert sweep.open_sweep(home, swept.id) == swept


def test_a_visitor_may_stop_its_own_run_and_resume_it_while_the_class_may_train(as_visitor, home, monkeypatch):
    rights.rules().class_may = True
    run_id = acting.start(*request_and_photos())
    run = board().snapshot(run_id)
    assert run.visitor == visitor.visitor_mark()
    resumed = []
    monkeypatch.setattr(type(board()), "resume", lambda self, *given, **named: resumed.append((given, named)))
    acting.resume(run_id)
    assert resumed == [((run_id,), {"visitor": run.visitor})]
    rights.rules().class_may = False
    assert not rights.may_resume(run)
    with pytest.raises(RightsError):
        acting.resume(run_id)
    acting.stop(run_id)
    assert runs(home)[0].stop_asked


def test_a_run_of_everyones_is_no_visitors_own(as_visitor, workers):
    run_id = board().submit(*request_and_photos())
    assert not rights.may_stop(board().snapshot(run_id))


def test_a_server_that_only_reads_says_so_before_anything_else(as_visitor, home, monkeypatch):
    run_id = board().submit(*request_and_photos(), visitor=visitor.visitor_mark())
    sentence = "Another server looks after these runs."
    monkeypatch.setattr(type(board()), "only_reads", sentence)
    for act in (
        lambda: acting.start(*request_and_photos()),
        lambda: acting.stop(run_id),
        lambda: acting.resume(run_id),
        lambda: acting.rename(run_id, "mine"),
        lambda: acting.delete(run_id),
        lambda: acting.delete_sweep("20261122-101500000"),
        lambda: acting.fetch(lambda: pytest.fail("it was fetched")),
    ):
        with pytest.raises(RunError, match=sentence):
            act()
    assert not runs(home)[0].stop_asked


def request_and_photos():
    """What a run is started with."""
    from catdog.recipes import recipe
    from catdog.training import RunRequest

    return RunRequest.of(recipe("post4-model1"), epochs=2), {"name": "own", "kind": "own", "fingerprint": "f" * 16}


def test_pages_change_runs_only_through_acting():
    sources = [*(ROOT / "catdog/ui").glob("*.py"), *(ROOT / "pages").glob("*.py"), ROOT / "dashboard.py"]
    direct = re.compile(
        r"board\(\)\s*\.\s*(submit|stop|resume|rename|delete)\b|(?<!\.)\bsweep(\.|\s+import\s+)delete\b"
    )
    found = {path.name for path in sources if direct.search(path.read_text(encoding="utf-8"))}
    assert found == {"acting.py"}


# Who a visitor is


@pytest.mark.parametrize("brought", ["", "x" * 42, "x" * 44, "ä" * 43, "a b" * 14 + "c", "<script>" + "x" * 35])
def test_a_token_of_another_form_is_not_trusted(opened, brought, monkeypatch):
    monkeypatch.setattr(type(st.context), "cookies", {visitor.COOKIE: brought})
    token = visit().session_state[visitor.KEY]
    assert token != brought
    assert re.fullmatch(visitor.TOKEN, token)


def test_a_browsers_token_is_the_visitors_and_no_mark_tells_it(opened, monkeypatch):
    monkeypatch.setattr(type(st.context), "cookies", {visitor.COOKIE: "t" * 43})
    assert visit().session_state[visitor.KEY] == "t" * 43


def test_no_more_than_so_many_presenters_are_remembered(opened, monkeypatch):
    monkeypatch.setattr(rights, "PRESENTERS", 2)
    first = presenter()
    presenter()
    presenter()
    assert LOOK_ONLY in told(first.run())
    assert len(rights.rules().admitted) == 2


# An institution's own login

AUTH = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "a secret of the test's own, long enough"
client_id = "catdog"
client_secret = "x"
server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"

[presenters]
emails = ["Teacher@School.org "]
"""


@pytest.mark.parametrize(
    "user",
    [
        {"is_logged_in": True, "email": "teacher@school.org"},
        {"is_logged_in": True, "email": "TEACHER@school.org", "email_verified": True},
    ],
)
def test_who_is_logged_in_and_listed_is_the_presenter(opened, user):
    opened.write_text(AUTH)
    app = visit(**user)
    assert "Presenter" in told(app)
    assert "Log out" in labels(app)
    assert "Leave presenter mode" not in labels(app)


@pytest.mark.parametrize(
    "user",
    [
        {"is_logged_in": False},
        {"is_logged_in": False, "email": "teacher@school.org"},
        {"email": "teacher@school.org"},
        {"is_logged_in": True, "email": "student@school.org"},
        {"is_logged_in": True},
        {"is_logged_in": True, "email": "teacher@school.org", "email_verified": False},
        {"is_logged_in": True, "email": "teacher@school.org", "email_verified": "false"},
    ],
)
def test_everyone_else_stays_a_visitor(opened, user):
    opened.write_text(AUTH)
    app = visit(**user)
    assert LOOK_ONLY in told(app)
    assert ("Log out" if user.get("is_logged_in") else "Log in") in labels(app)


def test_an_address_without_a_provider_makes_nobody_a_presenter(opened):
    opened.write_text('[presenters]\nemails = ["teacher@school.org"]\n')
    app = visit(is_logged_in=True, email="teacher@school.org")
    assert LOOK_ONLY in told(app)
    assert "Log in" not in labels(app)


def test_several_providers_are_offered_by_their_names(opened):
    named = AUTH.replace("client_id", "[auth.school]\nclient_id")
    opened.write_text(named)
    assert "Log in with school" in labels(visit())

"""The run folder: made whole, read by anyone, edited by people, never repaired behind their back."""

import errno
import json
import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
from training_stand_ins import ABOUT, KEY, PHOTOS, asked, contents, edit_json, new_run, scratch_files, until

from catdog.errors import CatdogError, RunError
from catdog.photos import open_prepared
from catdog.training import folder as folder_module
from catdog.training.folder import RUN_ID, RunFolder, all_runs
from catdog.training.snapshot import readable, snapshot
from catdog.training.state import State, WorkerId


@pytest.fixture
def runs(tmp_path):
    return tmp_path / "home" / "runs"


class SetClock:
    """Stands in for datetime: each call of `now` gives the next moment, then it fails."""

    def __init__(self, *milliseconds: float) -> None:
        self.moments = iter(milliseconds)

    def now(self, zone):
        start = datetime(2026, 11, 5, 13, 7, 9, 0, zone)
        try:
            return start + timedelta(milliseconds=next(self.moments))
        except StopIteration:
            raise AssertionError("create asked for the time again and again") from None


def test_a_new_run_says_what_was_asked_and_waits(runs):
    run = new_run(runs, epochs=3)
    about = json.loads((run.path / "run.json").read_text(encoding="utf-8"))
    assert about["format"] == 1
    assert about["request"] == asked(epochs=3).as_json()
    assert {name: about[name] for name in ABOUT} == ABOUT
    assert datetime.fromisoformat(about["created"]).tzinfo == UTC
    assert json.loads((run.path / "state.json").read_text(encoding="utf-8"))["phase"] == "queued"
    assert sorted(contents(runs)) == [f"{run.id}/run.json", f"{run.id}/state.json"]
    assert (run.request, run.state, run.stop_asked) == (asked(epochs=3), State(), False)


def test_a_run_that_cannot_be_written_leaves_nothing_behind(runs, monkeypatch):
    def full_disk(run, state):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(RunFolder, "write_state", full_disk)
    with pytest.raises(OSError, match="No space left"):
        new_run(runs)
    assert list(runs.iterdir()) == []


def test_an_id_tells_day_time_and_recipe(runs, monkeypatch):
    monkeypatch.setattr(folder_module, "datetime", SetClock(123.4))
    assert new_run(runs).id == f"20261105-130709123-{KEY}"


@pytest.mark.parametrize("key", ["post1-model1", "post3-model1.1", "post3-model1.2", "post5-model4"])
def test_the_id_of_any_recipe_matches_the_pattern_and_opens_again(runs, key):
    run = RunFolder.create(runs, folder_module.RunRequest(key, 1, 1, 0.1), ABOUT)
    assert RUN_ID.fullmatch(run.id)
    assert RunFolder.open(runs, run.id) == run


def test_two_runs_of_one_millisecond_get_two_ids_in_order(runs, monkeypatch):
    monkeypatch.setattr(folder_module, "datetime", SetClock(1.1, 1.5, 1.9, 2.0))
    ids = [new_run(runs).id, new_run(runs).id]
    assert [run_id[9:18] for run_id in ids] == ["130709001", "130709002"]


def test_many_runs_at_once_are_listed_in_the_order_in_which_they_were_made(runs):
    made = [new_run(runs) for _ in range(12)]
    assert all_runs(runs) == made
    assert len({run.id for run in made}) == 12


def test_a_runs_folder_that_points_nowhere_is_an_error_and_no_endless_loop(runs, tmp_path, monkeypatch):
    runs.parent.mkdir()
    runs.symlink_to(tmp_path / "a disk that is not mounted" / "runs")
    monkeypatch.setattr(folder_module, "datetime", SetClock(*range(50)))
    with pytest.raises(OSError, match="runs"):
        new_run(runs)


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../runs",
        "20261105-130709123-post4-model1",
        "20261105-130709123-post4-model1/../x",
        "../20261105-130709123-post4-model1",
        "20261105-130709123-post4-model9",
        "20261105-130709123-post4-model1\n",
        "20261105-130709123-post4-model1\0",
        "x" * 100_000,
        "<script>alert(1)</script>",
        "/somewhere/else",
        "some\\where",
    ],
    ids=lambda run_id: repr(run_id[:40]),
)
def test_an_id_that_names_no_run_is_refused_in_a_short_sentence(runs, run_id):
    new_run(runs)
    (runs / "x").mkdir()
    with pytest.raises(RunError, match="There is no run") as refusal:
        RunFolder.open(runs, run_id)
    assert len(str(refusal.value)) < 200


def test_a_file_with_the_name_of_a_run_is_no_run(runs):
    runs.mkdir(parents=True)
    name = "20261105-130709123-post4-model1"
    (runs / name).write_text("a note")
    assert all_runs(runs) == []
    with pytest.raises(RunError, match="There is no run"):
        RunFolder.open(runs, name)


def test_folders_of_other_names_are_no_runs(runs):
    run = new_run(runs)
    for name in ("notes", ".trash", "20261105-post4-model1", f"{run.id} copy"):
        (runs / name).mkdir()
    assert all_runs(runs) == [run]
    assert all_runs(runs / "missing") == []


def edited(**changes):
    return lambda path: edit_json(path, **changes)


RUN_JSON_EDITS = {
    "broken": lambda path: path.write_text('{"format": 1, "request": {'),
    "empty": lambda path: path.write_text(""),
    "not text": lambda path: path.write_bytes(b"\xff\xfe\x00{"),
    "nested without end": lambda path: path.write_text("[" * 200_000),
    "a list": lambda path: path.write_text("[1, 2]"),
    "null": lambda path: path.write_text("null"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "missing": lambda path: path.unlink(),
    "other format": edited(format=2),
    "no format": edited(format=None),
    "no request": edited(request=None),
    "request is a list": edited(request=[KEY]),
    "request is a word": edited(request=KEY),
    "epochs 0": edited(request=asked().as_json() | {"epochs": 0}),
    "epochs in words": edited(request=asked().as_json() | {"epochs": "five"}),
    "epochs beyond counting": edited(request=asked().as_json() | {"epochs": 10**400}),
    "other recipe": edited(request=asked().as_json() | {"recipe": "post9-model9"}),
    "recipe is a list": edited(request=asked().as_json() | {"recipe": [KEY]}),
    "one field more": edited(request=asked().as_json() | {"dropout": 1}),
    "one field less": edited(request={"recipe": KEY}),
}


@pytest.mark.parametrize("edit", RUN_JSON_EDITS.values(), ids=RUN_JSON_EDITS)
def test_a_run_json_that_no_longer_fits_is_a_sentence_and_the_folder_stays_as_it_is(runs, edit):
    run = new_run(runs)
    edit(run.path / "run.json")
    before = contents(runs)
    with pytest.raises(
        RunError, match=rf"(?i)run\.json of run {re.escape(run.id)}|Run {re.escape(run.id)} was written"
    ):
        snapshot(run)
    assert contents(runs) == before


@pytest.mark.parametrize("photos", ["photos", ["0123"], 5, True], ids=repr)
def test_photos_in_run_json_that_are_no_object_do_not_reach_the_page(runs, photos):
    run = new_run(runs)
    edit_json(run.path / "run.json", photos=photos)
    good, sentences = readable([run])
    assert all(isinstance(one.photos, dict) for one in good)
    assert len(good) + len(sentences) == 1


def test_a_fingerprint_in_run_json_that_is_a_path_deletes_nothing(runs):
    run = new_run(runs)
    (runs.parent / "prepared").mkdir()
    before = contents(runs)
    with pytest.raises(CatdogError):
        open_prepared(runs.parent / "prepared", f"../runs/{run.id}/run")
    assert contents(runs) == before


STATE_JSON_EDITS = {
    "broken": lambda path: path.write_text('{"phase": "run'),
    "empty": lambda path: path.write_text(""),
    "not text": lambda path: path.write_bytes(b"\xff\xfe"),
    "nested without end": lambda path: path.write_text("[" * 200_000),
    "a list": lambda path: path.write_text("[]"),
    "missing": lambda path: path.unlink(),
    "no phase": edited(phase=None),
    "unknown phase": edited(phase="sleeping"),
    "phase is a list": edited(phase=["running"]),
    "worker is a number": edited(phase="running", worker=5),
    "worker without start": edited(phase="running", worker={"pid": 5}),
    "pid is a word": edited(phase="running", worker={"pid": "five", "started": 1}),
    "a share above one": edited(phase="starting", share=1.5),
    "a share that is no number": edited(phase="starting", share=float("nan")),
    "seconds without end": edited(phase="starting", seconds_left=float("inf")),
    "seconds in words": edited(phase="starting", seconds_left="soon"),
    "a beginning before time": edited(phase="starting", since=-1.0),
    "pid without end": edited(phase="running", worker={"pid": float("inf"), "started": 1}),
}


@pytest.mark.parametrize("edit", STATE_JSON_EDITS.values(), ids=STATE_JSON_EDITS)
def test_a_state_json_that_cannot_be_understood_reads_as_failed_and_stays_as_it_is(runs, edit):
    run = new_run(runs)
    edit(run.path / "state.json")
    before = contents(runs)
    state = run.state
    assert state.phase == "failed"
    assert state.error.startswith(f"state.json of run {run.id} ")
    assert snapshot(run).over
    assert contents(runs) == before


def test_a_state_survives_the_disk(runs):
    run = new_run(runs)
    state = State("starting", "Looking", WorkerId(123, 4.5), 6.5, "2 CPU cores", "float32", "", 5.5, 0.25, 12.0)
    run.write_state(state)
    assert run.state == state


def test_a_field_from_a_newer_catdog_does_not_hide_the_state(runs):
    run = new_run(runs)
    edit_json(run.path / "state.json", phase="finished", temperature=60)
    assert run.state == State(phase="finished")


def test_the_end_keeps_the_device_and_clears_the_activity(runs):
    run = new_run(runs)
    run.write_state(State("running", "Training", WorkerId(1, 2.0), 3.0, "2 CPU cores", "float32"))
    run.end("failed", "It broke.")
    assert run.state == State("failed", "", WorkerId(1, 2.0), 3.0, "2 CPU cores", "float32", "It broke.")


def test_a_reader_never_sees_half_a_state(runs):
    run, seen, broken, done = new_run(runs), 0, [], threading.Event()

    def read():
        nonlocal seen
        while not done.is_set():
            try:
                State.from_json(json.loads((run.path / "state.json").read_text(encoding="utf-8")))
                seen += 1
            except (OSError, ValueError) as error:
                broken.append(error)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for number in range(300):
            run.write_state(State(phase="running", activity="x" * 400 * (number % 50)))
        until(lambda: seen or broken)
    finally:
        done.set()
        reader.join(10)
    assert broken == []
    assert scratch_files(run.path) == []


def test_a_second_wish_to_stop_changes_nothing(runs):
    run = new_run(runs)
    run.ask_to_stop()
    before = contents(run.path)
    run.ask_to_stop()
    assert run.stop_asked
    assert contents(run.path) == before
    assert set(before) == {"run.json", "state.json", "stop"}


def test_the_log_tail_gives_the_last_lines_and_survives_what_is_no_text(runs):
    run = new_run(runs)
    assert run.log_tail(3) == []
    run.log.write_bytes(b"one\ntwo\n\xff three\n\nValueError: " + b"x" * 1000 + b"\n\n")
    assert run.log_tail(2) == ["", "ValueError: " + "x" * 1000]
    assert run.log_tail(50)[:3] == ["one", "two", "\ufffd three"]


def test_an_evaluation_is_read_back_and_a_damaged_one_reads_as_none(runs):
    run = new_run(runs)
    assert run.evaluation() is None
    run.write_evaluation({"test": {"photos": 4}})
    assert run.evaluation() == {"test": {"photos": 4}}
    (run.path / "evaluation.json").write_text('{"test": ')
    assert run.evaluation() is None
    assert scratch_files(run.path) == []


def test_what_a_run_remembers_of_its_photos_reaches_the_snapshot(runs):
    assert snapshot(new_run(runs)).photos == PHOTOS

"""Damaged run folders: no page crashes, the sentence names the run, the files stay, and nothing outside is touched.

Also the other side of it: files that are replaced and appended to while others read them are never met half-written.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from catdog.errors import RunError
from catdog.insight.scores import Evaluation, Scores
from catdog.photos import ready_photos
from catdog.settings import settings
from catdog.training import Board
from catdog.training.events import read_events
from catdog.training.folder import RunFolder, all_runs
from catdog.training.snapshot import snapshot
from tests.pages.conftest import spoken, tell
from tests.training.training_stand_ins import (
    MemoryLauncher,
    asked,
    contents,
    edit_json,
    new_run,
    scratch_files,
    write_events,
)

PAGES = ("dashboard.py", "pages/3_Training.py", "pages/4_Results.py", "pages/5_Classify.py")
HUGE = 10**400
Damage = Callable[[RunFolder], object]


# What is done to a run that has finished


def json_with(name: str, **changes) -> Damage:
    return lambda run: edit_json(run.path / name, **changes)


def written(name: str, text: str | bytes) -> Damage:
    content = text.encode() if isinstance(text, str) else text
    return lambda run: (run.path / name).write_bytes(content)


def missing(name: str) -> Damage:
    return lambda run: (run.path / name).unlink()


def a_folder(name: str) -> Damage:
    return lambda run: ((run.path / name).unlink(missing_ok=True), (run.path / name / "inside").mkdir(parents=True))


def events_with(**changes) -> Damage:
    """The last two lines, an epoch's and a step's, with other values."""

    def damage(run: RunFolder) -> None:
        epoch = json.loads(run.events.read_text().splitlines()[-1])
        step = epoch | {"kind": "step", "stage": "training", "step": 1, "steps": 2, "epoch_done": 0.5}
        step["epoch"] += 1
        write_events(run, *(one | changes for one in (epoch, step)))

    return damage


def evaluation_with(**changes) -> Damage:
    """Other values among the answers to the test photos."""

    def damage(run: RunFolder) -> None:
        told = run.evaluation()
        run.write_evaluation(told | {"test": told["test"] | changes})

    return damage


def everything_missing(run: RunFolder) -> None:
    for path in run.path.iterdir():
        path.unlink()


def everything_empty(run: RunFolder) -> None:
    for path in run.path.iterdir():
        path.write_bytes(b"")


NAMES = ("run.json", "state.json", "events.jsonl", "best.weights.h5", "model.keras", "evaluation.json", "log.txt")
DAMAGES: dict[str, Damage] = {
    **{f"{name} is missing": missing(name) for name in NAMES},
    **{f"{name} is empty": written(name, "") for name in NAMES},
    **{f"{name} is a folder": a_folder(name) for name in (*NAMES, "name.txt", "stop", "backup", ".reserve")},
    **{f"{name} is no text": written(name, b"\xff\xfe\x00\x80" * 99) for name in NAMES},
    **{f"{name} holds null": written(name, "null\n") for name in NAMES},
    "everything is missing": everything_missing,
    "everything is empty": everything_empty,
    "a later format": json_with("run.json", format=2),
    "a format beyond counting": json_with("run.json", format=HUGE),
    "photos of other types": json_with("run.json", photos={"fingerprint": 5, "kind": ["real"], "name": {"a": 1}}),
    "no photos": json_with("run.json", photos={}),
    "a visitor of another type": json_with("run.json", visitor={"a": [1]}),
    "a split of another type": json_with("run.json", split="half", versions=["1"], created=5),
    "a split with other numbers": json_with("run.json", split={"seed": HUGE, "test_share": "all"}, versions=None),
    "an unknown precision": json_with("run.json", request=asked().as_json() | {"precision": "float8"}),
    "a seed beyond counting": json_with("run.json", request=asked().as_json() | {"seed": HUGE}),
    "a rate of another type": json_with("run.json", request=asked().as_json() | {"learning_rate": [0.1]}),
    "a rate that is no number": written("run.json", '{"format": 1, "photos": {}, "request": {"learning_rate": NaN}}'),
    "an unknown phase": json_with("state.json", phase="dreaming"),
    "an endless phase": json_with("state.json", phase="x" * 100_000),
    "fields of other types in the state": json_with("state.json", activity=5, device=["GPU"], precision=16, error={}),
    "an error that is a list": json_with("state.json", phase="failed", error=["bad"]),
    "a heartbeat beyond counting": json_with("state.json", heartbeat=HUGE),
    "a heartbeat that is a word": json_with("state.json", heartbeat="now"),
    "a precision that nobody knows": json_with("state.json", precision="float8"),
    "numbers beyond counting": events_with(loss=HUGE, accuracy=HUGE, seconds=HUGE, photos_per_second=HUGE),
    "enormous numbers": events_with(loss=1e308, val_loss=1e308, accuracy=1e308, seconds=1e308, epoch_seconds=1e308),
    "enormous numbers below zero": events_with(loss=-1e308, accuracy=-1e308, seconds=-1e308, seconds_left=-1e308),
    "numbers at the limit": events_with(loss=1e15, accuracy=1e15, seconds=1e15, photos_per_second=1e15),
    "numbers below zero": events_with(accuracy=-3.5, val_accuracy=-2, seconds=-1, photos_per_second=-5, epoch_done=-9),
    "more than all is done": events_with(epoch_done=500.0),
    "an epoch beyond counting": events_with(epoch=HUGE),
    "an epoch below one": events_with(epoch=-5),
    "steps below one": events_with(step=-3, steps=-1),
    "truths for numbers": events_with(epoch=True, step=True, loss=True, seconds=True),
    "nothing but nulls": events_with(accuracy=None, val_accuracy=None, loss=None, seconds=None, epoch_seconds=None),
    "an accuracy beyond counting": evaluation_with(accuracy=1e300),
    "an accuracy below zero": evaluation_with(accuracy=-1e300),
    "photos beyond counting": evaluation_with(photos=HUGE),
    "photos that are none": evaluation_with(photos=-3),
    "positions that no set has": evaluation_with(positions=[10**9] * 12),
    "positions beyond counting": evaluation_with(positions=[HUGE] * 12),
    "odds beyond counting": evaluation_with(odds=[1e308, -1e308] * 6),
    "odds of another type": evaluation_with(odds={"a": 1}),
    "a confusion of another type": evaluation_with(confusion="yes"),
    "a calibration of another type": json_with("evaluation.json", calibration=[1]),
    "a temperature that is none": json_with("evaluation.json", calibration={"temperature": 0, "photos": HUGE}),
    "a name with what steers a screen": written("name.txt", "a\x1b[31mred\x07\x00\x08\r\nb\u202ec"),
    "a name without end": written("name.txt", "x" * 1_000_000),
    "a name that is no text": written("name.txt", b"\xff\xfe\x80"),
    "a log with what steers a screen": written("log.txt", "\x1b]0;title\x07\x1b[2J\x00`" * 50),
}


@pytest.fixture
def finished(own_photos, home) -> Callable[..., RunFolder]:
    """Makes a run as its worker leaves it: curves, answers, a file of weights. Or one in another phase."""
    photos = ready_photos(settings(), lambda progress: None)
    random = np.random.default_rng(3)

    def answers(split: str) -> Evaluation:
        positions = photos.positions(split)
        odds = random.normal(0, 4, len(positions))
        return Evaluation(
            split, tuple(positions.tolist()), tuple(photos.labels[positions].tolist()), tuple(odds.tolist())
        )

    def make(phase: str = "finished") -> RunFolder:
        run = RunFolder.create(settings().runs, asked(epochs=2), {"photos": photos.reference})
        tell(home, run.id, [(0.6, 0.55), (0.7, 0.65)], phase)
        run.write_evaluation(Scores.of(answers("validation"), answers("test")).as_json())
        for path in (run.best_weights, run.model, run.log):
            path.write_bytes(b"stands in\n")
        return run

    return make


def everything(folder: Path) -> dict[str, bytes | None]:
    """All files byte for byte, and all folders."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def visit(app: AppTest, page: str, **address: str) -> AppTest:
    app.query_params.clear()
    for name, value in address.items():
        app.query_params[name.replace("__", ".")] = value
        app.session_state[name.replace("__", ".")] = value
    return app.switch_page(page).run()


def said(app: AppTest) -> str:
    return spoken(" ".join(str(one.value) for kind in ("error", "warning", "caption", "info") for one in app.get(kind)))


@pytest.mark.slow
def test_no_page_crashes_over_any_damaged_run_and_all_files_stay(app, finished, monkeypatch):
    monkeypatch.setattr("catdog.ui.shared._load_classifier", lambda name: SimpleNamespace(calibration=None))
    good = finished()
    runs = {}
    for what, damage in DAMAGES.items():
        runs[what] = finished()
        damage(runs[what])
    before = everything(settings().runs)
    for page in PAGES:
        assert not visit(app, page).exception, page
    for what, run in runs.items():
        closely = {"run": run.id, "results__run": run.id, "results__runs": f"{good.id},{run.id}"}
        for page in PAGES[1:3]:
            shown = visit(app, page, **closely)
            assert not shown.exception, (what, page)
        assert not visit(app, PAGES[3], classify__model=run.id).exception, what
        if sentence := wrong_with(run):
            assert run.id in sentence and len(sentence) < 400, what
            assert sentence in said(visit(app, PAGES[1], **closely)), what
    assert everything(settings().runs) == before


@pytest.mark.slow
@pytest.mark.parametrize("phase", ["running", "queued", "stopped"])
def test_no_page_crashes_over_a_damaged_run_that_is_not_finished(app, finished, phase):
    for what, damage in DAMAGES.items():
        run = finished(phase)
        damage(run)
        before = everything(run.path)
        assert not visit(app, PAGES[1], run=run.id).exception, what
        assert everything(run.path) == before, what
        shutil.rmtree(run.path)


def wrong_with(run: RunFolder) -> str:
    """What is to be said of a run whose run.json or state.json cannot be understood; empty for the others."""
    try:
        error = snapshot(run).state.error
    except RunError as refusal:
        return str(refusal)
    return error if error.startswith("state.json") else ""


def test_what_must_be_said_is_said_of_every_damage_that_hides_something(finished):
    hidden = set()
    for what, damage in DAMAGES.items():
        run = finished()
        damage(run)
        hidden |= {what} if wrong_with(run) else set()
    assert {"run.json is missing", "state.json is a folder", "everything is empty", "a later format"} <= hidden
    assert {"an unknown precision", "an unknown phase", "an error that is a list"} <= hidden
    assert not {"events.jsonl is a folder", "a name without end", "numbers below zero"} & hidden


# A link as a run's folder


@pytest.fixture
def outside(tmp_path, finished) -> Path:
    """A run's folder that lies outside of CATDOG_HOME, and what else may lie beside it."""
    run = finished()
    moved = tmp_path / "somewhere else" / run.id
    moved.parent.mkdir()
    shutil.move(run.path, moved)
    run.path.symlink_to(moved, target_is_directory=True)
    return moved


def test_a_link_in_the_place_of_a_run_is_no_run_and_what_it_leads_to_stays(outside, home):
    board = Board(home / "runs", MemoryLauncher())
    before = everything(outside)
    assert all_runs(board.runs) == []
    for act in (board.snapshot, board.delete, board.stop, board.resume, lambda run_id: board.rename(run_id, "mine")):
        with pytest.raises(RunError, match="^There is no run"):
            act(outside.name)
    assert everything(outside) == before
    assert (board.runs / outside.name).is_symlink()


def test_a_link_to_a_run_that_waits_starts_no_worker(outside, home):
    (outside / "state.json").write_text(json.dumps({"phase": "queued"}))
    board = Board(home / "runs", MemoryLauncher())
    assert board.tick() is False
    assert board.launcher.launched == []


def test_a_run_that_holds_a_link_is_deleted_without_what_the_link_leads_to(finished, tmp_path, home):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("keep me")
    run = finished()
    (run.path / "backup").symlink_to(tmp_path / "precious")
    (run.path / "notes.txt").symlink_to(tmp_path / "precious" / "file")
    Board(home / "runs", MemoryLauncher()).delete(run.id)
    assert contents(tmp_path / "precious") == {"file": b"keep me"}
    assert list((home / "runs").iterdir()) == []


# Lines that are torn, and completed later

WHOLE = b'{"kind": "epoch", "epoch": 1, "loss": 0.5}\n'
STRANGE = '{"kind": "step", "epoch": 2, "stage": "Prüfung \N{CAT FACE}", "step": 1, "steps": 2}\n'.encode()


def test_a_last_line_torn_anywhere_even_within_a_letter_is_left_out_until_it_is_whole(tmp_path):
    for end in range(1, len(STRANGE)):
        path = tmp_path / f"{end}.jsonl"
        path.write_bytes(WHOLE + STRANGE[:end])
        assert [event["epoch"] for event in read_events(path)] == [1], end
        with path.open("ab") as file:
            file.write(STRANGE[end:])
        assert [event["epoch"] for event in read_events(path)] == [1, 2], end


def test_a_file_that_was_cut_and_has_grown_to_the_same_size_is_read_anew(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(WHOLE)
    assert read_events(path)[0]["loss"] == 0.5
    path.write_bytes(WHOLE.replace(b"0.5", b"0.9"))
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))  # however coarse the disk's clock is
    assert read_events(path)[0]["loss"] == 0.9


# A real writer and readers

WRITER = """
import sys
from pathlib import Path
from catdog.training.events import EventLog
from catdog.training.folder import RunFolder
from catdog.training.state import State
run = RunFolder(Path(sys.argv[1]))
log = EventLog(run.events)
for number in range(1, int(sys.argv[2]) + 1):
    run.write_state(State(phase="running", activity=str(number) + " " + "x" * (number * 997 % 20_000)))
    log.epoch(epoch=number, loss=number / 7, seconds=float(number))
run.end("finished")
"""
WRITTEN = 1_500


def test_whoever_reads_while_another_process_writes_meets_whole_states_and_whole_events(tmp_path):
    run = new_run(tmp_path / "home" / "runs")
    command = [sys.executable, "-c", WRITER, str(run.path), str(WRITTEN)]
    writer = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    states, counts = set(), [0]
    try:
        while run.read_state().phase != "finished":  # raises where it meets half a state
            states.add(run.read_state().activity[:6])
            numbers = [event["epoch"] for event in read_events(run.events)]
            assert numbers == list(range(1, len(numbers) + 1))
            assert counts[-1] <= len(numbers)
            counts.append(len(numbers))
            assert writer.poll() in (None, 0)
    finally:
        writer.kill()
        writer.wait(10)
    assert len(states) > 20 and len(set(counts)) > 20  # they did meet
    assert len(read_events(run.events)) == WRITTEN
    assert scratch_files(run.path) == []

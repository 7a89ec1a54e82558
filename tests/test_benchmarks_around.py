"""`bench` and the rows around training, with stand-ins for everything that takes long."""

import argparse
import itertools
import json
import os
import signal
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from catdog.errors import CatdogError, PhotosError, RunError
from catdog.photos import PreparedPhotos, open_prepared
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source
from catdog.terminal import benching
from tests.benchmarks import __main__ as command
from tests.benchmarks import around, child, grown, growth, visits
from tests.benchmarks.row import Row
from tests.benchmarks.sheet import LeftOut, Sheet, machine, machine_in_words
from tests.conftest import jpeg

PATIENCE = 60  # seconds for what takes one on an idle machine
QUICK = Row.at_most("quick_ms", 12.345, "ms", 60, "median | of 3")
SLOW = Row.at_most("slow_seconds", 7, "s", 6)
TRAINED = {
    "total_seconds": 61.24,
    "epoch_seconds": 3.011,
    "accuracy": 0.6389,
    "epochs_measured": 20,
    "precision": "float32",
}


def quiet_sheet() -> Sheet:
    return Sheet(log=lambda text: None)


def given(**chosen: bool | str) -> argparse.Namespace:
    return argparse.Namespace(**{"json": False, "quick": False, "photos": None} | chosen)


# The sheet


def test_the_json_has_machine_rows_and_what_was_left_out():
    sheet = quiet_sheet()
    sheet.measure(("quick_ms", "slow_seconds"), lambda: [QUICK, SLOW])
    sheet.leave_out(["click"], "There is no browser.")
    found = json.loads(json.dumps(sheet.as_json()))
    assert [(row["name"], row["value"], row["unit"], row["target"], row["met"]) for row in found["rows"]] == [
        ("quick_ms", 12.3, "ms", "at most 60", True),
        ("slow_seconds", 7, "s", "at most 6", False),
    ]
    assert found["rows"][0]["note"] == "median | of 3"
    assert found["left_out"] == [{"name": "click", "reason": "There is no browser."}]
    assert set(found) == {"machine", "rows", "left_out", "training"}


def test_the_machine_is_told_by_its_processor_memory_system_versions_precision_and_day():
    found = machine()
    assert set(found) == {
        "processor",
        "cores",
        "memory_gb",
        "system",
        "python",
        "versions",
        "precision",
        "date",
    }
    assert found["cores"] >= 1
    assert found["memory_gb"] >= 1
    assert set(found["versions"]) == {"tensorflow", "keras", "streamlit"}
    assert found["precision"] in ("float32", "mixed_bfloat16")
    assert all(str(found[name]) in machine_in_words() for name in ("processor", "date", "precision", "python"))


def some_rows_then(error: Exception):
    yield QUICK
    raise error


@pytest.mark.parametrize(
    "error",
    [LeftOut("why"), RunError("why"), TimeoutError("why"), PhotosError("why")],
    ids=lambda one: type(one).__name__,
)
def test_rows_that_could_not_be_measured_are_left_out_with_the_reason_and_never_made_up(error):
    sheet = quiet_sheet()
    sheet.measure(("quick_ms", "slow_seconds", "click"), lambda: some_rows_then(error))
    assert sheet.rows == [QUICK]
    assert sheet.left_out == [{"name": name, "reason": "why"} for name in ("slow_seconds", "click")]


def test_what_fails_after_ctrl_c_is_not_left_out_but_ends_the_measuring():
    sheet = quiet_sheet()
    sheet.stopped = True
    with pytest.raises(KeyboardInterrupt):
        sheet.measure(("quick_ms", "slow_seconds"), lambda: some_rows_then(TimeoutError("the browser is gone")))
    assert sheet.left_out == []


def test_a_bug_in_a_measurement_is_not_taken_for_something_missing():
    with pytest.raises(ZeroDivisionError):
        quiet_sheet().measure(("quick_ms",), lambda: some_rows_then(ZeroDivisionError()))


def test_the_markdown_begins_with_the_trainings_and_has_a_verdict_in_every_row():
    sheet = Sheet(lambda text: None, [QUICK, SLOW], [{"name": "click", "reason": "There is no browser."}])
    sheet.training = {"cnn": {"notebook": TRAINED, "engine_float32": TRAINED | {"accuracy": None}}}
    trainings, rows, left_out = sheet.as_markdown().split("\n\n", 2)
    assert trainings.splitlines()[2:] == [
        "| cnn | notebook | 61.2 | 3.01 | 63.9 % | float32 | 20 |",
        "| cnn | engine, float32 | 61.2 | 3.01 |  | float32 | 20 |",
    ]
    assert rows.splitlines()[2:] == [
        "| quick_ms | 12.3 ms | at most 60 | met | median \\| of 3 |",
        "| slow_seconds | 7 s | at most 6 | missed |  |",
    ]
    assert left_out == "Left out:\n\n- click: There is no browser."
    columns = {line.replace("\\|", "").count("|") for line in rows.splitlines()}
    assert columns == {6}


def test_without_trainings_and_with_nothing_left_out_the_markdown_is_one_table():
    assert Sheet(lambda text: None, [SLOW]).as_markdown().count("\n") == 2


# The whole command


@pytest.fixture
def stand_in_rows(own_photos: Path, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Rows that cost nothing; the list has whether each run of them was asked to be quick."""
    asked = []

    def measure(sheet, place, quick):
        asked.append(quick)
        assert Path(os.environ["CATDOG_HOME"]) == place.home
        assert Path(os.environ["CATDOG_PHOTOS"]) == own_photos
        sheet.add(QUICK)

    monkeypatch.setattr(command.around, "measure", measure)
    monkeypatch.setattr(command.training, "cnns", lambda quick, photos, log: ([SLOW], {"cnn": {"engine": TRAINED}}))
    monkeypatch.setattr(command.training, "missing_weights", lambda: "The pretrained weights are not here.")
    monkeypatch.setattr(command.training, "overhead", lambda quick, photos, log: Row.at_most("overhead", 1, "%", 3))
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    return asked


def test_the_last_line_is_one_json_object_and_the_persons_home_is_untouched(stand_in_rows, home, capsys, monkeypatch):
    monkeypatch.setenv("CATDOG_HOME", str(home))  # so that it is put back afterwards
    assert command.main(["--json", "--quick"]) == 0
    told = capsys.readouterr()
    found = json.loads(told.out.splitlines()[-1])
    assert [row["name"] for row in found["rows"]] == ["quick_ms", "slow_seconds", "overhead"]
    reason = "The pretrained weights are not here."
    assert found["left_out"] == [
        {"name": f"transfer_{way}_ratio", "reason": reason} for way in ("exact", "features", "cached")
    ]
    assert found["training"] == {"cnn": {"engine": TRAINED}}
    assert "quick_ms: 12.3 ms (at most 60: met)" in told.err
    assert stand_in_rows == [True]
    assert not home.exists()


def test_without_json_the_output_is_markdown(stand_in_rows, capsys):
    assert command.main([]) == 0
    told = capsys.readouterr().out
    assert told.startswith(machine_in_words())
    assert "| slow_seconds | 7 s | at most 6 | missed |  |" in told
    assert stand_in_rows == [False]


def test_photos_that_are_not_there_are_one_sentence(home, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("CATDOG_PHOTOS", str(tmp_path / "gone"))
    monkeypatch.setattr(command.around, "measure", lambda sheet, place, quick: None)
    monkeypatch.setattr(command.signal, "signal", lambda *_: None)
    assert command.main(["--json"]) == 1
    told = capsys.readouterr()
    assert told.err.startswith("catdog: There is no folder")
    assert told.out == ""


# `python -m catdog bench`


def test_bench_without_a_checkout_says_that_it_needs_one(monkeypatch, tmp_path):
    monkeypatch.setattr(benching, "ROOT", tmp_path)
    with pytest.raises(
        CatdogError, match="measures a checkout, and there is no tests/benchmarks in .*complete checkout"
    ):
        benching.bench(given())


def checkout(root: Path, body: str) -> Path:
    """A folder that looks like a checkout, whose benchmarks do what `body` says."""
    package = root / "tests" / "benchmarks"
    package.mkdir(parents=True)
    (root / "tests" / "__init__.py").touch()
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(body, encoding="utf-8")
    return root


@pytest.mark.parametrize(("chosen", "told"), [({}, ""), ({"json": True}, "--json"), ({"quick": True}, "--quick")])
def test_bench_hands_its_options_on_and_its_exit_code_back(chosen, told, monkeypatch, tmp_path):
    body = "import sys, pathlib\npathlib.Path('told').write_text(' '.join(sys.argv[1:]))\nsys.exit(7)\n"
    monkeypatch.setattr(benching, "ROOT", checkout(tmp_path, body))
    assert benching.bench(given(**chosen)) == 7
    assert (tmp_path / "told").read_text() == told


@pytest.mark.parametrize(
    ("photos", "before", "told"),
    [
        ("sample", "", "sample"),
        ("real", "sample", "real"),
        ("sample", "/named/before", "sample"),
        ("pets", "/named/before", "{here}/pets"),
        (None, "/named/before", "/named/before"),
    ],
)
def test_bench_hands_on_which_photos_it_is_to_measure_with(photos, before, told, home, monkeypatch, tmp_path):
    body = "import os, pathlib\npathlib.Path('told').write_text(os.environ['CATDOG_PHOTOS'])\n"
    monkeypatch.setenv("CATDOG_PHOTOS", before)
    monkeypatch.setattr(benching, "ROOT", checkout(tmp_path / "checkout", body))
    monkeypatch.chdir(tmp_path)
    assert benching.bench(given(photos=photos)) == 0
    assert (tmp_path / "checkout" / "told").read_text() == told.format(here=tmp_path)


def test_the_terminal_can_be_given_the_command():
    parser = argparse.ArgumentParser()
    benching.add_bench(parser.add_subparsers())
    found = parser.parse_args(["bench", "--json"])
    assert (found.command, found.json, found.quick) == (benching.bench, True, False)


WAITING = """
import pathlib, signal, sys, threading
def end(*_):
    pathlib.Path("ended").touch()
    sys.exit(130)
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, signal.SIG_IGN)
print("ready", flush=True)
threading.Event().wait()
"""


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_what_bench_has_started(request_to_end, tmp_path):
    root = checkout(tmp_path, WAITING)
    code = (
        "import argparse, pathlib\nfrom catdog.terminal import benching\n"
        f"benching.ROOT = pathlib.Path({str(root)!r})\n"
        "try:\n    benching.bench(argparse.Namespace(json=False, quick=False, photos=None))\n"
        "except KeyboardInterrupt:\n    raise SystemExit(130)\n"
    )
    asking = [sys.executable, "-c", code]
    with subprocess.Popen(asking, cwd=child.ROOT, stdout=subprocess.PIPE, text=True) as bench:
        assert bench.stdout.readline() == "ready\n"
        bench.send_signal(request_to_end)
        assert bench.wait(PATIENCE) == 130
    assert (root / "ended").exists()


# Photos


def prepared_in(folder: Path, photos: Path) -> PreparedPhotos:
    return prepare(Source(photos, kind="own"), folder, lambda progress: None)


def test_reading_and_opening_the_photos_give_their_rows_and_leave_them_prepared(own_photos, tmp_path):
    place = around.place_in(tmp_path / "place")
    (reading,) = around.preparing(place, rounds=2)
    (opening,) = around.reopening(place)
    assert (reading.name, reading.target, reading.met) == ("prepare_seconds", "at most 6", True)
    assert reading.note.startswith("48 photos, ")
    assert (opening.name, opening.target, opening.met) == ("reopen_seconds", "at most 0.5", True)
    assert opening.value < reading.value + 0.5
    assert place.environment["CATDOG_HOME"] == str(tmp_path / "place")
    assert len(place.open_photos().files) == 48


def test_a_small_set_grows_by_repeating_its_prepared_photos(own_photos, tmp_path):
    small = prepared_in(tmp_path / "small", own_photos)
    large = grown.repeated(small, tmp_path / "large", 101)
    assert large.counts()["training"] == {"cat": 51, "dog": 50}
    assert sum(sum(large.counts()[split].values()) for split in ("validation", "test")) == grown.HELD_OUT
    own = {pixels.tobytes() for pixels in small.photos[small.positions("training")]}
    assert {pixels.tobytes() for pixels in large.photos[large.positions("training")]} == own
    held_out = {pixels.tobytes() for pixels in small.photos[small.held_out]}
    assert {pixels.tobytes() for pixels in large.photos[large.held_out]} == held_out
    of_label = {pixels.tobytes(): label for pixels, label in zip(small.photos, small.labels, strict=True)}
    assert [of_label[pixels.tobytes()] for pixels in large.photos] == large.labels.tolist()
    assert len(set(large.files)) == len(large.files) == len(open_prepared(tmp_path / "large", large.fingerprint).files)


def test_a_small_set_grows_as_a_folder_that_catdog_reads_itself(own_photos, tmp_path):
    small = prepared_in(tmp_path / "small", own_photos)
    training, held_out = (grown.labelled_files(small, each) for each in (small.positions("training"), small.held_out))
    large = grown.prepared_anew(training, held_out, tmp_path / "large", 61, lambda progress: None)
    assert large.counts()["training"] == {"cat": 31, "dog": 30}
    assert len(large.held_out) == grown.HELD_OUT
    assert large.unreadable == ()
    own = {pixels.tobytes() for pixels in small.photos[small.positions("training")]}
    assert {pixels.tobytes() for pixels in large.photos[large.positions("training")]} == own


def test_where_files_cannot_have_a_second_name_they_are_copied(own_photos, tmp_path, monkeypatch):
    def refused(*_):
        raise OSError("no links here")

    monkeypatch.setattr(grown.os, "link", refused)
    files = [(own_photos / "train" / "cats" / "000.jpg", 0), (own_photos / "train" / "dogs" / "000.jpg", 1)]
    grown.link(files, tmp_path / "copied", 4)
    assert sorted(path.name for path in (tmp_path / "copied" / "dogs").iterdir()) == ["000002.jpg", "000003.jpg"]


def test_a_zip_of_pets_is_unpacked_and_what_is_none_is_named(tmp_path):
    archive = tmp_path / "pets.zip"
    picture = jpeg(np.zeros((8, 8, 3), np.uint8))
    with zipfile.ZipFile(archive, "w") as pets:
        for name in ("cats/1.jpg", "pets/dogs/2.JPG", "cats/notes.txt", "other/3.jpg"):
            pets.writestr(name, picture)
    files = grown.unpacked_pets(archive, tmp_path / "unpacked")
    assert sorted(label for _, label in files) == [0, 1]
    assert all(path.read_bytes() == picture for path, _ in files)
    for content in (b"no zip", b""):
        archive.write_bytes(content)
        with pytest.raises(PhotosError, match="CATDOG_PETS: .*pets.zip cannot be read as a zip"):
            grown.unpacked_pets(archive, tmp_path / f"none-{len(content)}")


def test_a_zip_without_dogs_is_refused(tmp_path):
    with zipfile.ZipFile(tmp_path / "cats.zip", "w") as pets:
        pets.writestr("cats/1.jpg", b"")
    with pytest.raises(PhotosError, match=r"must hold JPEGs in cats/ and in dogs/; 1 were found"):
        grown.unpacked_pets(tmp_path / "cats.zip", tmp_path / "unpacked")


# Growth and memory

MEASURED = {"few": [0.002, 0.003, 0.001], "many": [0.0022], "peak_gb": 2.6, "peak_by": "VmHWM", "own_gb": 0.5}


@pytest.mark.parametrize(
    ("many", "percent", "met"), [(0.00218, 9, True), (0.0023, 15, False), (0.00182, -9, True), (0.0014, -30, False)]
)
def test_growth_is_the_change_of_the_median_and_counts_in_both_directions(many, percent, met):
    measured = MEASURED | {"many": [many], "photos_read": 63_000}
    row, memory = growth.rows(measured, "2,000 photos repeated", 3, 0)
    assert row.value == pytest.approx(percent, abs=0.1)
    assert (row.target, row.unit) == ("at most 10", "%")
    assert row.met is met
    assert "2,000 photos repeated" in row.note
    assert (memory.name, memory.value, memory.met) == ("memory_gb", 2.6, False)
    assert "VmHWM" in memory.note
    assert "0.50 GB at the end without mapped files" in memory.note


def test_a_quick_growth_says_on_how_many_steps_and_photos_it_rests():
    row, memory = growth.rows(MEASURED | {"photos_read": 2_240}, "repeated", 2, 30)
    assert "2 times 30 steps each" in row.note
    assert "it read 2,240 of the 21,000 photos" in memory.note


def test_memory_that_the_system_does_not_tell_is_left_out():
    sheet = quiet_sheet()
    measured = MEASURED | {"peak_gb": None, "photos_read": 1}
    sheet.measure(("growth_percent", "memory_gb"), lambda: growth.rows(measured, "", 1, 1))
    assert [row.name for row in sheet.rows] == ["growth_percent"]
    assert [one["name"] for one in sheet.left_out] == ["memory_gb"]


def test_the_peak_is_read_where_linux_writes_it(tmp_path, monkeypatch):
    status = tmp_path / "status"
    status.write_text("Name:\tpython\nVmHWM:\t  1000 kB\nRssAnon:\t 250 kB\n", encoding="utf-8")
    monkeypatch.setattr(growth, "STATUS", status)
    assert growth.memory() == {"peak_gb": 1_024_000 / 1e9, "peak_by": "VmHWM", "own_gb": 256_000 / 1e9}
    monkeypatch.setattr(growth, "STATUS", tmp_path / "gone")
    monkeypatch.setattr(growth.psutil, "Process", lambda: SimpleNamespace(memory_info=lambda: SimpleNamespace()))
    assert growth.memory() == {"peak_gb": None, "peak_by": "peak working set", "own_gb": None}


def test_a_measurement_that_fails_in_its_own_process_tells_what_it_said_last():
    with pytest.raises(RunError, match=r"(?s)tests.benchmarks.growth ended with code 2 and said: .*--rounds"):
        child.told("tests.benchmarks.growth", "folder", "key", "--rounds=many")


# The browser


def test_without_playwright_the_browsers_rows_say_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(LeftOut, match="Playwright is not installed.*requirements-dev.txt"), visits.browser():
        pytest.fail("a browser without Playwright")


class Process:
    """A process that has spent so much by the first look, the second, and so on; the last figure stays."""

    def __init__(self, *spent: float, pid: int = 1, children: tuple["Process", ...] = (), spare: bool = False) -> None:
        self.pid, self.offspring, self.spare = pid, children, spare
        self.figures = itertools.chain(spent, itertools.repeat(spent[-1]))

    def children(self, recursive: bool = False) -> list["Process"]:
        return list(self.offspring)

    def cmdline(self) -> list[str]:
        return ["python", "--spare"] if self.spare else ["python"]

    def cpu_times(self) -> tuple[float, float, float]:
        return next(self.figures), 0.0, 99.0


def test_quiet_is_when_for_a_second_hardly_any_processor_time_was_spent():
    pauses = []
    server = Process(1, 2, 3, 3.01, 3.02, 3.03, 3.04, 3.05)
    visits.Quiet(server, pauses.append).wait()
    assert len(pauses) == 2 + visits.QUIET / visits.LOOK


def test_a_spare_counts_once_and_only_when_it_has_loaded_keras():
    spares = []
    server = Process(5, children=spares)
    quiet = visits.Quiet(server, lambda _: spares.append(Process(4.0, pid=7, spare=True)) if not spares else None)
    quiet.wait(with_spare=True)
    assert quiet.used == {7}
    server.offspring = (Process(4.0, pid=7, spare=True), Process(0.2, pid=8, spare=True), Process(9, pid=9))
    with pytest.raises(TimeoutError, match="in vain for a spare worker"):
        quiet.wait(with_spare=True)

"""A full disk, with real workers and real downloads: a sentence, nothing half-written, and it goes on with more room.

Two kinds: a small disk that is filled, and a limit on the size of a file, which fails the one write that is too large.
"""

import errno
import os
import re
import sys
import zipfile
from contextlib import suppress

import pytest

from catdog.disk import cannot_write, fill_holes, nearly_full, replacing, tells_full
from catdog.errors import DiskError
from catdog.photos import archive, ready_photos
from catdog.photos.archive import fetch_archive, unpack
from catdog.photos.download import fetch
from catdog.photos.drawings import draw_sample
from catdog.photos.prepared import prepare
from catdog.photos.sources import Source
from catdog.settings import DATASET_NAME, Settings, settings
from catdog.training import Board
from catdog.training.events import EventLog, read_events
from catdog.training.folder import RunFolder
from catdog.training.launcher import LocalLauncher
from catdog.training.state import State
from tests.conftest import make_photos
from tests.faults.conftest import fill
from tests.photos.test_photo_download import CONTENT, server  # noqa: F401 - a fixture
from tests.training.training_stand_ins import PHOTOS, MemoryLauncher, asked, contents, new_run, scratch_files, until

MB = 1_000_000


def ignore(_):
    pass


# One write at a time


def test_an_event_that_finds_no_room_leaves_no_half_line_and_the_next_one_is_whole(small_disk):
    disk = small_disk(256 * 1024)
    log = EventLog(disk / "events.jsonl")
    log.epoch(epoch=1)
    filler, told = fill(disk), 1
    with pytest.raises(OSError, match="No space left"):
        while True:
            log.epoch(epoch=told + 1, loss=0.5)
            told += 1
    assert (disk / "events.jsonl").read_bytes().endswith(b"}\n")
    assert [event["epoch"] for event in read_events(log.path)] == list(range(1, told + 1))
    filler.unlink()
    log.epoch(epoch=told + 1)
    assert [event["epoch"] for event in read_events(log.path)] == list(range(1, told + 2))


def test_a_state_that_finds_no_room_leaves_the_one_before(small_disk):
    disk = small_disk(256 * 1024)
    run = new_run(disk / "runs")
    run.write_state(State(phase="running", activity="Training"))
    fill(disk)
    with pytest.raises(OSError, match="No space left"):
        run.write_state(State(phase="running", activity="x" * 9_000))
    assert run.state == State(phase="running", activity="Training")
    assert scratch_files(run.path) == []


def test_the_last_state_has_its_room_on_a_full_disk(small_disk):
    disk = small_disk(256 * 1024)
    run = new_run(disk / "runs")
    run.reserve_last_word()
    fill(disk)
    run.end("failed", "The disk is full. " * 20)
    assert run.state.phase == "failed"
    assert scratch_files(run.path) == []


def test_a_worker_that_died_on_a_full_disk_does_not_train_for_ever_on_the_page(small_disk):
    disk = small_disk(256 * 1024)
    board = Board(disk / "runs", MemoryLauncher())
    run_id = board.submit(asked(), PHOTOS)
    RunFolder.open(board.runs, run_id).reserve_last_word()
    board.launcher.says(run_id, phase="running")
    fill(disk)
    board.launcher.dies(run_id)
    board.tick()
    assert board.snapshot(run_id).phase == "failed"
    assert board.snapshot(run_id).state.error == (
        "The worker ended while the disk was full. Make room, then start the run again."
    )


def test_no_worker_is_started_where_its_run_cannot_be_written_and_it_starts_when_there_is_room(small_disk):
    disk = small_disk(256 * 1024)
    board = Board(disk / "runs", MemoryLauncher())
    board.submit(asked(), PHOTOS)
    second = board.submit(asked(), PHOTOS)
    board.launcher.finishes(board.launcher.launched[0])
    filler = fill(disk)
    for _ in range(3):
        with pytest.raises(OSError, match="No space left"):
            board.tick()
    assert len(board.launcher.launched) == 1
    with pytest.raises(DiskError, match=r"cannot be written \(No space left on device\)\. Make room there"):
        board.submit(asked(), PHOTOS)
    filler.unlink()
    board.tick()
    assert board.launcher.launched[1:] == [second]
    assert len(list(board.runs.iterdir())) == 2


def test_a_board_that_watches_says_once_that_the_disk_is_full_and_goes_on(small_disk, capsys, monkeypatch):
    monkeypatch.setattr("catdog.training.board.TICK", 0.01)
    disk = small_disk(256 * 1024)
    board = Board(disk / "runs", MemoryLauncher())
    run = new_run(board.runs)
    filler, looked, tick = fill(disk), [], board.tick
    board.tick = lambda: looked.append(1) or tick()
    board.watch()
    until(lambda: len(looked) > 3)
    filler.unlink()
    until(lambda: board.launcher.launched == [run.id])
    board.tick = lambda: False  # the thread lives as long as the process: from here on it sleeps
    assert capsys.readouterr().err.count("cannot be written (No space left on device)") == 1


def test_what_replaces_a_file_leaves_nothing_of_itself_on_a_full_disk(small_disk):
    disk = small_disk(256 * 1024)
    (disk / "best.weights.h5").write_bytes(b"the best so far")
    with pytest.raises(DiskError, match=r"has 0 MB free; 3 MB are needed"), replacing(disk / "best.weights.h5", 3 * MB):
        raise AssertionError("it has begun to write")
    with pytest.raises(OSError, match="No space left"), replacing(disk / "best.weights.h5") as scratch:
        scratch.write_bytes(bytes(3 * MB))
    assert contents(disk) == {"best.weights.h5": b"the best so far"}


def test_an_array_that_finds_no_room_is_an_error_and_not_the_end_of_the_process(small_disk):
    disk = small_disk(256 * 1024)
    hole = disk / "array.npy"
    with hole.open("wb") as file:
        file.write(b"head")
        file.truncate(MB)
    with pytest.raises(OSError, match="No space left"):
        fill_holes(hole)


@pytest.mark.parametrize("system_can", [True, False])
def test_an_array_that_finds_its_room_keeps_what_it_holds(tmp_path, monkeypatch, system_can):
    if not system_can:
        monkeypatch.delattr(os, "posix_fallocate", raising=False)
    file = tmp_path / "array.npy"
    held = os.urandom(1000) + bytes(3 * MB) + os.urandom(7)
    file.write_bytes(held)
    os.truncate(file, len(held) + MB)
    fill_holes(file)
    assert file.read_bytes() == held + bytes(MB)
    assert file.stat().st_blocks * 512 >= len(held) + MB


LATE = "Can't decrement id ref count (file write failed: errno = 28, error message = 'No space left on device')"


@pytest.mark.parametrize(
    ("error", "full", "told"),
    [
        (OSError(errno.ENOSPC, "Can't synchronously write data (...)"), True, "No space left on device"),
        (OSError(errno.EFBIG, "File too large"), True, "File too large"),
        (RuntimeError(LATE), True, "No space left on device"),
        (OSError(errno.EACCES, "Permission denied"), False, "Permission denied"),
        (RuntimeError("errno = 280, something else"), False, "errno = 280, something else"),
    ],
    ids=["HDF5", "a limit", "HDF5 at a file's end", "no permission", "another number"],
)
def test_it_is_told_from_other_errors_in_the_systems_own_words(tmp_path, error, full, told):
    assert tells_full(error) is full
    assert f"cannot be written ({told}). Make room there" in str(cannot_write(tmp_path, error))


def test_a_folder_that_is_gone_is_not_taken_for_a_full_disk(tmp_path):
    assert not nearly_full(tmp_path / "gone")
    assert not nearly_full(tmp_path)


# Photos


def test_a_download_that_finds_no_room_keeps_what_came_and_goes_on_from_there(server, small_disk):  # noqa: F811
    disk = small_disk(2 * MB)
    (disk / "earlier").write_bytes(b"photos")
    server.plan.length = None  # as it comes: nobody can say before whether it fits
    filler = fill(disk, leaving=600_000)
    target = disk / "photos.zip"
    with pytest.raises(DiskError, match=r"cannot be written \(No space left on device\)\. Make room"):
        fetch(server.url, target, ignore, "Fetching")
    part = target.with_name("photos.zip.part").read_bytes()
    assert 100_000 < len(part) < len(CONTENT)
    assert part == CONTENT[: len(part)]
    assert not target.exists()
    filler.unlink()
    fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, f"bytes={len(part)}-"]
    assert contents(disk) == {"earlier": b"photos", "photos.zip": CONTENT}


def test_a_disk_that_fills_up_during_the_download_is_no_broken_connection(server, small_disk):  # noqa: F811
    disk = small_disk(2 * MB)
    with pytest.raises(DiskError, match="No space left"):
        fetch(server.url, disk / "photos.zip", lambda progress: (disk / "filler").exists() or fill(disk), "Fetching")
    (disk / "filler").unlink()
    fetch(server.url, disk / "photos.zip", ignore, "Fetching")
    assert (disk / "photos.zip").read_bytes() == CONTENT


@pytest.fixture
def small_archive(tmp_path, monkeypatch):
    """An archive with a few photos of 100 kB each, in the place of the public one."""
    counts = {"train": 8, "validation": 4}
    monkeypatch.setattr(archive, "DATASET_PHOTOS", counts)
    path = tmp_path / "given.zip"
    with zipfile.ZipFile(path, "w") as content:
        for split, count in counts.items():
            for number in range(count):
                name = f"{DATASET_NAME}/{split}/{('cats', 'dogs')[number % 2]}/{number}.jpg"
                content.writestr(zipfile.ZipInfo(name, (2018, 3, 6, 12, 30, 8)), os.urandom(100_000))
    return path


def test_a_disk_that_fills_up_while_unpacking_leaves_no_photo_and_keeps_the_archive(
    small_archive, small_disk, monkeypatch
):
    disk = small_disk(4 * MB)
    where = Settings(home=disk, dataset_url=small_archive.as_uri())
    room = archive.require_room

    def filled_meanwhile(folder, needed):
        room(folder, needed)
        fill(disk, leaving=300_000)

    with monkeypatch.context() as patch:
        patch.setattr(archive, "require_room", filled_meanwhile)
        with pytest.raises(DiskError, match=r"cannot be written \(No space left on device\)\. Make room"):
            fetch_archive(where, ignore)
    assert {path.name for path in where.photos.iterdir()} == {f"{DATASET_NAME}.zip", f"{DATASET_NAME}.lock"}
    (disk / "filler").unlink()
    small_archive.unlink()  # making room does not cost the download a second time
    assert len(list(fetch_archive(where, ignore).rglob("*.jpg"))) == 12
    assert not (where.photos / f"{DATASET_NAME}.zip").exists()


def test_an_archive_is_unpacked_whole_or_not_at_all_where_files_may_not_grow(small_archive, tmp_path):
    resource = pytest.importorskip("resource", reason="only Unix limits the size of a file")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(DiskError, match=r"cannot be written \(File too large\)"):
            unpack(small_archive, tmp_path / "out" / "photos", ignore)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("leaving", [0, 600_000], ids=["the array", "the array's end"])
def test_a_disk_that_fills_up_before_photos_are_decoded_leaves_nothing(small_disk, tmp_path, monkeypatch, leaving):
    disk = small_disk(4 * MB)
    chosen = Source(make_photos(tmp_path / "pets", train=4, validation=3), kind="own")
    fill(disk, leaving)
    with monkeypatch.context() as patch:
        patch.setattr("catdog.photos.prepared.require_room", lambda folder, needed: None)
        with pytest.raises(DiskError, match=r"cannot be written \(No space left on device\)\. Make room"):
            prepare(chosen, disk / "prepared", ignore)
    assert contents(disk / "prepared") == {}
    (disk / "filler").unlink()
    assert len(prepare(chosen, disk / "prepared", ignore).files) == 14


def test_photos_whose_index_finds_no_room_leave_nothing_and_earlier_ones_stay(small_disk, tmp_path):
    disk = small_disk(4 * MB)
    earlier = Source(make_photos(tmp_path / "earlier", train=2, validation=2), kind="own")
    prepare(earlier, disk / "prepared", ignore)
    before = contents(disk / "prepared")
    chosen = Source(make_photos(tmp_path / "pets", train=4, validation=3), kind="own")
    with pytest.raises(DiskError, match="No space left"):
        prepare(chosen, disk / "prepared", lambda progress: fill(disk))
    assert contents(disk / "prepared") == before


def test_a_sample_that_finds_no_room_while_it_is_drawn_leaves_nothing(small_disk, small_sample, monkeypatch):
    disk = small_disk(256 * 1024)
    monkeypatch.setattr("catdog.photos.drawings.require_room", lambda folder, needed: folder.mkdir(exist_ok=True))
    fill(disk, leaving=40_000)
    with pytest.raises(DiskError, match=r"drawn_sample cannot be written \(No space left on device\)"):
        draw_sample(disk / "photos" / "drawn_sample", ignore)
    assert list((disk / "photos").glob("[!.]*/")) == [] == list((disk / "photos").glob(".*"))


# Real workers


def limit_files(run: RunFolder, size: int) -> None:
    """From now on no file of the run's worker may grow beyond so many bytes."""
    import resource

    resource.prlimit(run.state.worker.pid, resource.RLIMIT_FSIZE, (size, size))


@pytest.fixture
def looked_after():
    """Boards whose workers are ended after the test, whatever happens."""
    boards: list[Board] = []

    def made(runs, launcher=None):
        boards.append(Board(runs, launcher))
        return boards[-1]

    yield made
    for board in boards:
        for run in board.under_way():
            if run.state.worker:
                LocalLauncher().stop(run.state.worker)


def look(board: Board) -> None:
    """As the server does: a disk that is full ends nothing."""
    with suppress(OSError):
        board.tick()


def wait(board: Board, condition, seconds: float = 90.0) -> None:
    until(lambda: look(board) or condition(), seconds=seconds)


def left_behind(run: RunFolder) -> set[str]:
    """What a run that is over may not leave: scratch files, and room that nobody needs any more."""
    return {path.name for path in run.path.rglob(".*")}


def finished_run(board: Board, photos) -> RunFolder:
    run = RunFolder.open(board.runs, board.submit(asked(epochs=1, batch_size=4), photos.reference))
    wait(board, lambda: run.state.phase in ("finished", "failed"))
    assert (run.state.phase, run.state.error) == ("finished", "")
    return run


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits another process's files")
@pytest.mark.parametrize("what", ["events", "best weights", "backup"])
def test_a_worker_whose_file_may_not_grow_fails_with_a_sentence_and_leaves_nothing_half_written(
    own_photos, looked_after, what
):
    board = looked_after(settings().runs)
    photos = ready_photos(settings(), ignore)
    run = RunFolder.open(board.runs, board.submit(asked(epochs=200, batch_size=1), photos.reference))
    if what == "events":
        wait(board, lambda: len(read_events(run.events)) > 2)
        limit_files(run, run.events.stat().st_size + 50)
    else:
        limit_files(run, {"best weights": 1 * MB, "backup": 4 * MB}[what])
    wait(board, lambda: run.state.phase in ("finished", "failed"))
    assert run.state.phase == "failed"
    assert run.state.error.startswith("The disk is full. The run's folder cannot be written (")
    again = "resume the run" if run.has_backup else "start the run again"
    assert run.state.error.endswith(f"Make room, then {again}.")
    assert left_behind(run) == set()
    assert not run.model.exists()
    told = run.events.read_bytes()
    assert told.endswith(b"\n") and len(read_events(run.events)) == told.count(b"\n")
    assert _readable_weights(run)
    if what != "events":
        assert not run.has_backup
        assert run.best_weights.exists() == (what == "backup")


def _readable_weights(run: RunFolder) -> bool:
    """Whether the best weights are whole, where there are any."""
    from catdog.models.build import build

    if run.best_weights.exists():
        build(run.request.network, pretrained=False).load_weights(run.best_weights)
    return True


@pytest.mark.slow
def test_a_disk_that_fills_up_while_a_run_trains_fails_it_and_the_next_one_waits_for_room(
    small_disk, own_photos, monkeypatch, looked_after
):
    disk = small_disk(120 * MB)
    monkeypatch.setenv("CATDOG_HOME", str(disk))
    photos = ready_photos(settings(), ignore)
    board = looked_after(settings().runs)
    first = finished_run(board, photos)
    before = contents(first.path) | contents(settings().prepared)

    request = asked(epochs=200, batch_size=1)
    run, next_one = (RunFolder.open(board.runs, board.submit(request, photos.reference)) for _ in range(2))
    wait(board, lambda: read_events(run.events) or run.state.phase == "failed")
    filler = fill(disk)
    wait(board, lambda: run.state.phase == "failed")
    assert re.search(r"(No space left on device|has 0 MB free).* Make room", run.state.error)
    assert left_behind(run) == set()
    assert contents(first.path) | contents(settings().prepared) == before
    look(board)
    filler.unlink()
    wait(board, lambda: read_events(next_one.events) or next_one.state.phase == "failed")
    assert next_one.state.phase == "running", next_one.state.error
    board.stop(next_one.id)
    wait(board, lambda: next_one.state.phase == "stopped")
    assert contents(first.path) | contents(settings().prepared) == before

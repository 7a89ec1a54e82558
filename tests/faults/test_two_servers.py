"""Two servers on one CATDOG_HOME: the second is told, and only reads, until the first one is gone."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

from catdog.errors import PhotosError, RunError
from catdog.photos import photos_here, ready_photos
from catdog.settings import settings
from catdog.training import Board
from catdog.training.folder import RunFolder
from catdog.training.seat import HOLDER, Seat
from catdog.training.state import State
from tests.serving import served
from tests.training.training_stand_ins import PHOTOS, MemoryLauncher, asked, contents, new_run, until

PAGES = ("", "Dataset", "Augmentation", "Training", "Results", "Classify")
PATIENCE = 60  # seconds
TAKE = """
import sys
from pathlib import Path
from catdog.training.seat import Seat
seat = Seat(Path(sys.argv[1]), "http://localhost:8765")
print(seat.take(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def rival(home):
    """Another process that has the seat of this home."""
    child = subprocess.Popen(
        [sys.executable, "-c", TAKE, str(home)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "True\n"
    yield child
    child.kill()
    child.communicate(timeout=10)


def servers_board(home: Path) -> Board:
    board = Board(home / "runs", MemoryLauncher(), seat=Seat(home, "http://localhost:8502"))
    board.seat.take()
    return board


def test_the_first_server_may_write_and_leaves_word_of_itself(home):
    board = servers_board(home)
    assert board.only_reads == ""
    told = json.loads((home / HOLDER).read_text())
    assert (told["pid"], told["address"]) == (os.getpid(), "http://localhost:8502")


def test_a_second_board_of_one_process_is_no_second_server(home):
    first, second = servers_board(home), servers_board(home)
    assert (first.only_reads, second.only_reads) == ("", "")


def test_a_second_server_is_told_who_works_there_and_what_to_do(home, rival):
    sentence = servers_board(home).only_reads
    assert f"http://localhost:8765, process {rival.pid}, since 20" in sentence
    assert "Use the other one, or stop it" in sentence
    assert str(home) not in sentence


@pytest.mark.parametrize("text", ["", "[]", "{", '{"pid": "x", "since": 5}', '{"pid": 1e999, "since": "2026-01-01"}'])
def test_what_the_first_has_left_of_itself_may_be_damaged(home, rival, text):
    (home / HOLDER).write_text(text)
    assert servers_board(home).only_reads.startswith("Another server works in the same CATDOG_HOME. This one only")


def test_a_board_without_the_seat_changes_nothing(home, rival):
    waiting, over = new_run(home / "runs"), new_run(home / "runs")
    over.write_state(State(phase="finished"))
    before = contents(home)
    board = servers_board(home)
    acts = (
        lambda: board.submit(asked(), PHOTOS),
        lambda: board.stop(waiting.id),
        lambda: board.rename(over.id, "mine"),
        lambda: board.delete(over.id),
        lambda: board.resume(over.id),
    )
    for act in acts:
        with pytest.raises(RunError, match="^Another server works in the same CATDOG_HOME"):
            act()
    assert board.tick() is True
    assert board.launcher.launched == []
    assert [run.id for run in board.under_way()] == [waiting.id]
    assert board.snapshot(over.id).phase == "finished"
    assert contents(home) == before


def test_a_board_that_watches_prepares_no_worker_and_takes_over_when_the_first_is_killed(home, rival):
    waiting = new_run(home / "runs")
    board = servers_board(home)
    before = contents(home)
    looked = []
    take = board.seat.take
    board.seat.take = lambda: looked.append(1) or take()
    board.watch()
    try:
        until(lambda: len(looked) >= 2)
        assert (board.launcher.launched, board.launcher.prepared) == ([], 0)
        assert contents(home) == before
        rival.send_signal(signal.SIGKILL)
        until(lambda: board.launcher.launched == [waiting.id])
        assert board.only_reads == ""
        assert json.loads((home / HOLDER).read_text())["pid"] == os.getpid()
    finally:
        board.tick = lambda: False  # the thread lives as long as the process: from here on it sleeps


def test_the_terminals_board_works_beside_a_server(home, rival):
    board = Board(home / "runs", MemoryLauncher())
    run_id = board.submit(asked(), PHOTOS)
    assert board.launcher.launched == [run_id]
    board.stop(run_id)
    assert board.snapshot(run_id).phase == "stopping"


def test_a_home_that_cannot_be_written_turns_nobody_away(tmp_path):
    (tmp_path / "home").write_text("a file in the way")
    seat = Seat(tmp_path / "home")
    assert seat.take()
    assert seat.only_reads == ""


def test_photos_that_are_not_prepared_are_left_to_the_first_server(own_photos, home):
    with pytest.raises(PhotosError, match="^The photos of own are not prepared"):
        photos_here(settings(), "own")
    with pytest.raises(PhotosError, match="^The photos of drawn_sample are not here yet"):
        photos_here(settings(), "sample")
    assert not home.exists()
    made = ready_photos(settings(), lambda progress: None)
    before = contents(home)
    assert photos_here(settings(), "own").reference == made.reference
    assert contents(home) == before


def test_damaged_photos_are_not_mended_by_who_only_reads(own_photos, home):
    made = ready_photos(settings(), lambda progress: None)
    (settings().prepared / f"{made.fingerprint}.json").write_text("{")
    before = contents(home)
    with pytest.raises(PhotosError, match="are not prepared"):
        photos_here(settings(), "own")
    assert contents(home) == before


def test_a_network_that_was_never_scored_is_asked_without_storing_its_scores(own_photos, home):
    from catdog.models.build import build
    from catdog.training.trained import load_classifier

    photos = ready_photos(settings(), lambda progress: None)
    run = RunFolder.create(settings().runs, asked(), {"photos": photos.reference})
    run.write_state(State(phase="stopped"))
    build(asked().network, pretrained=False).save_weights(run.best_weights)
    before = contents(home)
    assert load_classifier(settings().runs, run.id, keep=False).calibration
    assert contents(home) == before
    load_classifier(settings().runs, run.id)
    assert set(contents(home)) - set(before) == {f"runs/{run.id}/evaluation.json"}


# Two real servers


def visit(address: str, page: str, query: str = "") -> str:
    """Open a page as a browser would, until its script has finished; returns all that the server sent, as text."""
    message, told = BackMsg(), []
    message.rerun_script.page_name, message.rerun_script.query_string = page, query
    with connect(f"ws://{urlsplit(address).netloc}/_stcore/stream", max_size=None) as socket:
        socket.send(message.SerializeToString())
        while not told or told[-1].WhichOneof("type") != "script_finished":
            told.append(ForwardMsg.FromString(socket.recv(timeout=PATIENCE)))
    return "\n".join(map(str, told))


def stamps(home: Path) -> dict[str, tuple[int, bytes]]:
    """Every file and folder with its time and content, the lock too, which the second server tries to get."""
    return {
        str(path.relative_to(home)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else b"")
        for path in sorted(home.rglob("*"))
    }


def process_at(address: str) -> psutil.Process:
    port = f"--server.port={urlsplit(address).port}"
    return next(one for one in psutil.Process().children() if port in one.cmdline())


@contextmanager
def frozen(process: psutil.Process) -> Iterator[None]:
    """Meanwhile it does nothing, and keeps what it holds."""
    process.suspend()
    try:
        yield
    finally:
        with suppress(psutil.NoSuchProcess):
            process.resume()


@pytest.mark.slow
def test_the_second_of_two_real_servers_shows_all_pages_changes_no_file_and_takes_over(
    own_photos, offline, home, tmp_path
):
    photos = ready_photos(settings(), lambda progress: None)
    run = RunFolder.create(settings().runs, asked(), {"photos": photos.reference})
    run.write_state(State(phase="finished", device="2 CPU cores", precision="float32"))
    logs = tmp_path / "first.log", tmp_path / "second.log"
    with served(os.environ, logs[0]) as first, served(os.environ, logs[1]) as second:
        assert "only shows what is there" not in visit(first, "")
        process, heir = process_at(first), process_at(second)
        with frozen(process):
            queued = new_run(settings().runs)
            before = stamps(home)
            for page in PAGES:
                told = visit(second, page, f"run={run.id}" if page == "Training" else "")
                assert f"process {process.pid}" in told
                assert "Traceback" not in told
            assert "are not here yet" in visit(second, "Training", "photos=sample")
            assert stamps(home) == before
            process.kill()
        until(lambda: json.loads((home / HOLDER).read_text())["pid"] == heir.pid, seconds=PATIENCE)
        until(lambda: queued.state.phase != "queued", seconds=PATIENCE)
        assert "only shows what is there" not in visit(second, "")
        queued.ask_to_stop()
        until(lambda: queued.state.phase in ("failed", "stopped"), seconds=PATIENCE)
    assert logs[1].read_text().count("Another server works in the same CATDOG_HOME") == 1
    assert np.array_equal(ready_photos(settings(), lambda progress: None).photos, photos.photos)

"""Fetching one file: from a real server on this machine that breaks off, resumes, refuses and lies."""

import http.client
import itertools
import re
import shutil
import socket
import ssl
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from catdog.errors import DiskError, DownloadError
from catdog.photos.download import CHUNK, fetch
from catdog.progress import Progress
from tests.conftest import skip_or_fail

CONTENT = bytes(range(256)) * 4096  # 1 MiB: four chunks
FULL_DEVICE = Path("/dev/full")


class Sender(BaseHTTPRequestHandler):
    """Sends CONTENT as its server's `plan` says; each test sets the plan for the answers to come."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        asked = self.headers.get("Range")
        self.server.asked.append(asked)
        plan = self.server.plan
        if plan.status != 200:
            self.send_error(plan.status)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and plan.ranges else 0
        if start >= len(plan.content):
            self.send_error(416)
            return
        body = plan.content[start:]
        self.send_response(206 if asked and plan.ranges else 200)
        if asked and plan.ranges:
            self.send_header("Content-Range", f"bytes {start}-{len(plan.content) - 1}/{len(plan.content)}")
        if plan.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif plan.length is not None:
            self.send_header("Content-Length", str(plan.length - start))
        self.send_header("Connection", "close")
        self.end_headers()
        body = body if plan.break_off_after is None else body[: plan.break_off_after]
        if plan.chunked:  # one chunk of the announced size, then silence or the end
            body = b"%x\r\n" % len(plan.content) + body + (b"" if plan.break_off_after else b"\r\n0\r\n\r\n")
        self.wfile.write(body)
        self.close_connection = True

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    """A server on this machine. `plan` says how it answers, `asked` collects the Range header of each request."""
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sender)
    server.asked = []
    server.plan = SimpleNamespace(
        status=200, content=CONTENT, length=len(CONTENT), ranges=True, break_off_after=None, chunked=False
    )
    server.url = f"http://127.0.0.1:{server.server_port}/photos.zip"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(10)


@pytest.fixture
def target(tmp_path):
    """Where the file is to appear, in a folder that is not there yet."""
    return tmp_path / "new" / "photos.zip"


def part_of(target):
    return target.with_name("photos.zip.part")


def ignore(_):
    pass


@pytest.fixture
def one_line_server():
    """Makes a server that answers the next visitor with these bytes and hangs up; returns its address."""
    listeners, threads = [], []

    def start(answer: bytes) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def answer_once():
            with listener.accept()[0] as visitor:
                visitor.recv(65_536)
                visitor.sendall(answer)

        threads.append(threading.Thread(target=answer_once, daemon=True))
        threads[-1].start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/photos.zip"

    yield start
    for thread in threads:
        thread.join(10)
    for listener in listeners:
        listener.close()


def test_a_file_arrives_whole_and_leaves_no_part(server, target):
    assert fetch(server.url, target, ignore, "Fetching") == target
    assert target.read_bytes() == CONTENT
    assert [path.name for path in target.parent.iterdir()] == ["photos.zip"]
    assert server.asked == [None]


def test_progress_counts_bytes_and_says_how_long_it_will_take(server, target):
    seen = []
    fetch(server.url, target, seen.append, "Fetching the photos")
    assert [progress.done for progress in seen] == sorted({progress.done for progress in seen})
    assert len(seen) >= len(CONTENT) // CHUNK
    assert {(progress.what, progress.unit, progress.total) for progress in seen} == {
        ("Fetching the photos", "bytes", len(CONTENT))
    }
    assert all(progress.seconds_left >= 0 for progress in seen)
    assert seen[0].seconds_left > 0
    assert (seen[-1].done, seen[-1].seconds_left, seen[-1].share) == (len(CONTENT), 0, 1)
    assert all(progress.speed > 0 for progress in seen)
    assert re.fullmatch(r"Fetching the photos: 1 of 1 MB \(100 %\), [\d,.]+ [Mk]B/s, 0 s left", seen[-1].sentence())


def test_the_sentence_says_the_share_the_speed_and_the_time_left():
    def sentence(total: int, speed: float | None, left: float | None) -> str:
        return Progress("Fetching the photos", 31_000_000, total, "bytes", left, speed).sentence()

    assert sentence(69_000_000, 2_340_000.0, 16.2) == "Fetching the photos: 31 of 69 MB (45 %), 2.3 MB/s, 16 s left"
    assert sentence(69_000_000, 99_000.0, 384.0) == "Fetching the photos: 31 of 69 MB (45 %), 99 kB/s, 384 s left"
    assert sentence(69_000_000, 1_250_000_000.0, 0.0) == "Fetching the photos: 31 of 69 MB (45 %), 1,250 MB/s, 0 s left"
    assert sentence(69_000_000, None, None) == "Fetching the photos: 31 of 69 MB (45 %)"
    assert sentence(0, 2_340_000.0, None) == "Fetching the photos: 31 MB, 2.3 MB/s"


def test_what_is_not_counted_in_bytes_is_said_without_its_speed():
    progress = Progress("Reading the photos", 5, 10, "photos", 3.0, 1.7)
    assert progress.sentence() == "Reading the photos: 5 of 10 photos, 3 s left"


def test_a_transfer_that_breaks_off_is_continued_by_the_next_try(server, target):
    server.plan.break_off_after = 300_000
    with pytest.raises(DownloadError) as error:
        fetch(server.url, target, ignore, "Fetching")
    assert "broke off after 300,000 of 1,048,576 bytes. What came is kept: try again." in str(error.value)
    assert not target.exists()
    assert part_of(target).read_bytes() == CONTENT[:300_000]

    server.plan.break_off_after = None
    seen = []
    fetch(server.url, target, seen.append, "Fetching")
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=300000-"]
    assert seen[0].done > 300_000 and seen[0].total == len(CONTENT)
    assert not part_of(target).exists()


def test_the_time_left_of_a_continued_transfer_leaves_out_what_was_there(server, target, monkeypatch):
    clock = itertools.count(100.0)  # a second passes between two looks at it
    monkeypatch.setattr("catdog.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:500_000])
    seen = []
    fetch(server.url, target, seen.append, "Fetching")
    first = seen[0]
    assert 500_000 < first.done < len(CONTENT)
    assert first.speed == pytest.approx(first.done - 500_000)
    assert first.seconds_left == pytest.approx((len(CONTENT) - first.done) / (first.done - 500_000))


def test_a_transfer_may_break_off_more_than_once(server, target):
    server.plan.break_off_after = 400_000
    for come in (400_000, 800_000):
        with pytest.raises(DownloadError, match=f"broke off after {come:,} of"):
            fetch(server.url, target, ignore, "Fetching")
        assert not target.exists()
    fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT
    assert server.asked == [None, "bytes=400000-", "bytes=800000-"]


def test_a_server_that_cannot_continue_begins_anew(server, target):
    server.plan.break_off_after = 300_000
    with pytest.raises(DownloadError):
        fetch(server.url, target, ignore, "Fetching")
    server.plan.break_off_after, server.plan.ranges = None, False
    seen = []
    fetch(server.url, target, seen.append, "Fetching")
    assert target.read_bytes() == CONTENT
    assert seen[0].done <= CHUNK and seen[0].total == len(CONTENT)


def test_a_part_of_another_file_is_thrown_away_where_it_is_longer(server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(b"x" * (len(CONTENT) + 5))
    fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT
    assert server.asked == [f"bytes={len(CONTENT) + 5}-", None]


def test_a_wrong_length_is_said_and_what_came_is_kept(server, target):
    server.plan.length = len(CONTENT) + 1
    with pytest.raises(DownloadError, match=r"broke off after 1,048,576 of 1,048,577 bytes\. What came is kept"):
        fetch(server.url, target, ignore, "Fetching")
    assert not target.exists()
    assert part_of(target).read_bytes() == CONTENT


def test_a_file_of_unknown_length_is_fetched_without_a_guess_how_long_it_takes(server, target):
    server.plan.length = None
    seen = []
    fetch(server.url, target, seen.append, "Fetching")
    assert target.read_bytes() == CONTENT
    assert {(progress.total, progress.seconds_left, progress.share) for progress in seen} == {(0, None, 0)}


def test_a_file_sent_in_chunks_arrives_whole(server, target):
    server.plan.chunked = True
    fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT


def test_a_file_sent_in_chunks_that_breaks_off_does_not_count_as_whole(server, target):
    server.plan.chunked, server.plan.break_off_after = True, 300_000
    with pytest.raises(DownloadError):
        fetch(server.url, target, ignore, "Fetching")
    assert not target.exists()


def test_an_earlier_file_stays_until_the_new_one_is_whole(server, target):
    target.parent.mkdir()
    target.write_bytes(b"earlier")
    server.plan.break_off_after = 10
    with pytest.raises(DownloadError):
        fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == b"earlier"
    server.plan.break_off_after = None
    fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT


def test_a_closed_port_is_said_at_once(target):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    started = time.perf_counter()
    with pytest.raises(DownloadError) as error:
        fetch(f"http://127.0.0.1:{port}/photos.zip", target, ignore, "Fetching")
    assert time.perf_counter() - started < 2
    assert "cannot be fetched" in str(error.value)
    assert "refused" in str(error.value)
    assert "Check the address and the network, then try again." in str(error.value)
    assert not target.exists()


def test_a_server_that_accepts_and_says_nothing_is_given_up_soon(target, monkeypatch):
    monkeypatch.setattr("catdog.photos.download.NETWORK_TIMEOUT", 0.2)
    started = time.perf_counter()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        pytest.raises(DownloadError, match=r"cannot be fetched \(nobody answered within 0\.2 s\)"),
    ):
        fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/photos.zip", target, ignore, "Fetching")
    assert time.perf_counter() - started < 2


def test_a_name_server_that_is_silent_is_given_up_soon(target, monkeypatch):
    over = threading.Event()

    def silent(*_, **__):
        over.wait(20)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr("catdog.photos.download.NETWORK_TIMEOUT", 0.2)
    monkeypatch.setattr(socket, "getaddrinfo", silent)
    started = time.perf_counter()
    with pytest.raises(DownloadError, match=r"cannot be fetched \(nobody answered within 0\.2 s\)"):
        fetch("http://photos.example/photos.zip", target, ignore, "Fetching")
    over.set()
    assert time.perf_counter() - started < 2


def test_a_sender_that_falls_silent_on_the_way_is_given_up_and_what_came_is_kept(target, monkeypatch):
    monkeypatch.setattr("catdog.photos.download.READ_TIMEOUT", 0.5)
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def fall_silent():
            with listener.accept()[0] as visitor:
                visitor.recv(65_536)
                visitor.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + CONTENT[: 2 * CHUNK])
                over.wait(20)

        thread = threading.Thread(target=fall_silent, daemon=True)
        thread.start()
        with pytest.raises(DownloadError) as error:
            fetch(f"http://127.0.0.1:{listener.getsockname()[1]}/photos.zip", target, ignore, "Fetching")
        over.set()
        thread.join(10)
    assert "cannot be fetched (nothing came for 0.5 s). What came is kept. Check the address" in str(error.value)
    assert part_of(target).read_bytes() == CONTENT[: part_of(target).stat().st_size]


def test_an_encrypted_connection_that_breaks_off_is_not_taken_for_a_full_disk(server, target, monkeypatch):
    def broken(*_):
        raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, "EOF occurred in violation of protocol")

    monkeypatch.setattr(http.client.HTTPResponse, "read", broken)
    with pytest.raises(DownloadError, match=r"\(the connection broke off: EOF occurred in violation of protocol\)"):
        fetch(server.url, target, ignore, "Fetching")


def test_a_missing_file_is_named_with_the_server_s_answer(server, target):
    server.plan.status = 404
    with pytest.raises(DownloadError, match=r"photos\.zip .*\(the server answered 404 Not Found\)"):
        fetch(server.url, target, ignore, "Fetching")
    assert not target.exists()
    assert not part_of(target).exists()


def test_an_answer_that_is_an_error_leaves_the_part_as_it_was(server, target):
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:1000])
    server.plan.status = 503
    with pytest.raises(DownloadError, match="503"):
        fetch(server.url, target, ignore, "Fetching")
    assert part_of(target).read_bytes() == CONTENT[:1000]


STRANGE_ANSWERS = {
    "no HTTP": b"220 mail ready\r\n",
    "nothing": b"",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: long\r\n\r\nabc",
    "a chunk that breaks off": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc",
    "a chunk of no size": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


@pytest.mark.parametrize("answer", STRANGE_ANSWERS.values(), ids=STRANGE_ANSWERS)
def test_an_answer_that_cannot_be_understood_is_a_sentence(answer, one_line_server, target):
    url = one_line_server(answer)
    with pytest.raises(DownloadError, match=r"\.$") as error:
        fetch(url, target, ignore, "Fetching")
    assert url in str(error.value)
    assert not target.exists()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:port/photos.zip", "http://127.0.0.1:9/my photos.zip", "http:///photos.zip"]
)
def test_an_address_that_is_none_is_a_sentence(url, target):
    with pytest.raises(DownloadError, match=r"\.$"):
        fetch(url, target, ignore, "Fetching")


def test_a_file_address_is_fetched_like_any_other(tmp_path, target):
    kept = tmp_path / "my photos.zip"
    kept.write_bytes(CONTENT)
    seen = []
    fetch(kept.as_uri(), target, seen.append, "Fetching")
    assert target.read_bytes() == CONTENT
    assert kept.read_bytes() == CONTENT
    assert (seen[-1].done, seen[-1].total) == (len(CONTENT), len(CONTENT))


def test_a_file_address_with_a_part_begins_anew(tmp_path, target):
    kept = tmp_path / "photos.zip"
    kept.write_bytes(CONTENT)
    target.parent.mkdir()
    part_of(target).write_bytes(b"other bytes")
    fetch(kept.as_uri(), target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT


def test_a_file_address_that_leads_nowhere_is_a_sentence(tmp_path, target):
    with pytest.raises(DownloadError, match=r"gone\.zip .*No such file"):
        fetch((tmp_path / "gone.zip").as_uri(), target, ignore, "Fetching")
    assert not target.exists()


def test_a_full_disk_is_said_before_anything_is_written(server, target, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=10**9, used=10**9, free=500_000))
    with pytest.raises(DiskError, match=r"has 0 MB free; 1 MB are needed\. Make room first\.$") as error:
        fetch(server.url, target, ignore, "Fetching")
    assert str(target.parent) in str(error.value)
    assert not target.exists()
    assert not part_of(target).exists()


def test_a_disk_that_fills_up_on_the_way_is_said(server, target):
    if not FULL_DEVICE.exists():
        skip_or_fail(f"{FULL_DEVICE}, a disk that is always full, is known to Linux only")
    target.parent.mkdir()
    part_of(target).symlink_to(FULL_DEVICE)
    with pytest.raises(DiskError, match=r"cannot be written \(No space left on device\)\. Make room"):
        fetch(server.url, target, ignore, "Fetching")
    assert not target.exists()


def test_only_what_is_still_to_come_needs_room(server, target, monkeypatch):
    target.parent.mkdir()
    part_of(target).write_bytes(CONTENT[:700_000])
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(total=10**9, used=10**9, free=500_000))
    fetch(server.url, target, ignore, "Fetching")
    assert target.read_bytes() == CONTENT


def test_a_folder_that_cannot_be_made_is_named(server, tmp_path):
    (tmp_path / "file").touch()
    target = tmp_path / "file" / "photos.zip"
    with pytest.raises(DiskError, match=r"cannot be written \(.+\)") as error:
        fetch(server.url, target, ignore, "Fetching")
    assert str(target) in str(error.value)
    assert server.asked == []

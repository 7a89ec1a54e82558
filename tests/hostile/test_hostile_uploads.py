"""Uploads against the real server: more than it has room for, and slow ones, which must not come near the disk."""

import http.client
import io
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import psutil
import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from catdog.settings import PHOTO_MAX_BYTES, UPLOADS_IN_TOTAL, UPLOADS_OF_ONE
from tests.conftest import half_bright, jpeg
from tests.serving import served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

MEGABYTE = 1024**2
LARGEST = PHOTO_MAX_BYTES - 2_000  # with what HTTP puts around it, just below the limit
FILES, VISITORS = 60, 3  # each visitor sends so many of the largest size at once
FOR_ITSELF = 150 * MEGABYTE  # what the server may take beside the uploads: pages, threads, one copy of a file
PATIENCE = 60  # seconds


class Visitor:
    """One session, speaking Streamlit's own messages."""

    def __init__(self, address: str) -> None:
        self.address, self.web = address, requests.Session()
        self.web.get(f"{address}/_stcore/host-config", timeout=PATIENCE)
        token = self.web.get(f"{address}/_stcore/health", timeout=PATIENCE).cookies.get("_streamlit_xsrf")
        self.token = token or self.web.cookies.get("_streamlit_xsrf")
        self.socket: ClientConnection = connect(f"ws://{urlsplit(address).netloc}/_stcore/stream", max_size=None)

    def look(self, page: str) -> list[ForwardMsg]:
        """Open a page, and return what the server sends until it is drawn."""
        message, messages = BackMsg(), []
        message.rerun_script.page_name = page
        self.socket.send(message.SerializeToString())
        while not messages or messages[-1].WhichOneof("type") != "script_finished":
            messages.append(ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE)))
        return messages

    def places(self, count: int) -> list[str]:
        """Addresses that so many files may be sent to."""
        message = BackMsg()
        message.file_urls_request.request_id = "some"
        message.file_urls_request.file_names.extend(["cat.jpg"] * count)
        self.socket.send(message.SerializeToString())
        while True:
            answer = ForwardMsg.FromString(self.socket.recv(timeout=PATIENCE))
            if answer.WhichOneof("type") == "file_urls_response":
                return [f"{self.address}{one.upload_url}" for one in answer.file_urls_response.file_urls]

    def send(self, place: str, data: bytes) -> int:
        """The status of the answer; 0 where the server hung up before it had all."""
        try:
            answer = requests.put(
                place,
                files={"file": ("cat.jpg", io.BytesIO(data), "image/jpeg")},
                headers={"X-Xsrftoken": self.token},
                cookies={"_streamlit_xsrf": self.token},
                timeout=PATIENCE,
            )
            return answer.status_code
        except requests.ConnectionError:
            return 0


@contextmanager
def visited(address: str) -> Iterator[Visitor]:
    visitor = Visitor(address)
    with visitor.socket:
        visitor.look("Results")  # which loads no network meanwhile
        yield visitor


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, spool: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The dashboard's address and its process; it keeps passing files, if any, in a folder of their own."""
    home = tmp_path_factory.mktemp("home")
    nobody = "http://127.0.0.1:9"
    named = {"CATDOG_HOME": str(home), "CATDOG_PHOTOS": "real", "CATDOG_DATASET_URL": f"{nobody}/photos.zip"}
    named |= {"TMPDIR": str(spool), "KERAS_HOME": str(home / "keras"), "http_proxy": nobody, "https_proxy": nobody}
    before = {one.pid for one in psutil.Process().children()}
    with served(os.environ | named, home / "server.log") as address:
        yield address, next(one for one in psutil.Process().children() if one.pid not in before)


def highest(process: psutil.Process) -> int:
    """The most memory that a process ever held, bytes."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def test_more_than_there_is_room_for_is_refused_and_the_rest_is_answered(server):
    address, process = server
    data = os.urandom(MEGABYTE) * (LARGEST // MEGABYTE) + bytes(LARGEST % MEGABYTE)
    with visited(address) as one, visited(address) as two, visited(address) as three:
        visitors = [one, two, three]
        before = highest(process)
        jobs = [(visitor, place) for visitor in visitors for place in visitor.places(FILES // VISITORS)]
        with ThreadPoolExecutor(FILES) as threads:
            answers = Counter(threads.map(lambda job: job[0].send(job[1], data), jobs))
        assert highest(process) - before < UPLOADS_IN_TOTAL + FOR_ITSELF
        assert set(answers) <= {204, 507, 0}
        assert 1 <= answers[204] <= UPLOADS_IN_TOTAL // LARGEST
        assert answers[507] + answers[0] == FILES - answers[204] > 0

        # One visitor alone has no more than a share of it.
        own = [one.send(place, data) for place in one.places(20)]
        assert 507 in own
        assert "script_finished" in {message.WhichOneof("type") for message in one.look("Results")}
    with visited(address) as late:  # the files of those who left give way
        picture = jpeg(half_bright(0, np.random.default_rng(0)))
        assert late.send(late.places(1)[0], picture) == 204
        assert [late.send(place, data) for place in late.places(16)].count(204) == (
            UPLOADS_OF_ONE - len(picture)
        ) // LARGEST


def test_nobody_keeps_files_for_a_session_that_is_gone_or_never_was(server):
    address, _ = server
    with visited(address) as visitor:
        place = visitor.places(1)[0]
        strange = place.replace(place.split("/")[-2], "nobody")
        assert visitor.send(strange, b"x" * MEGABYTE) == 400
    with visited(address) as other:
        assert other.send(place, b"x" * MEGABYTE) == 400


def test_a_slow_upload_never_comes_near_the_disk(server, spool):
    address, process = server
    regular_before = regular_files(process)
    with visited(address) as visitor, closing(slow_connection(address)) as connection:
        place = visitor.places(1)[0]
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="cat.jpg"\r\n\r\n'
        tail, size = b"\r\n--x--\r\n", 15 * MEGABYTE
        connection.putrequest("PUT", urlsplit(place).path)
        for name, value in (
            ("Content-Type", "multipart/form-data; boundary=x"),
            ("Content-Length", str(len(head) + size + len(tail))),
            ("X-Xsrftoken", visitor.token),
            ("Cookie", f"_streamlit_xsrf={visitor.token}"),
        ):
            connection.putheader(name, value)
        connection.endheaders(head)
        for _ in range(15):
            connection.send(bytes(MEGABYTE))
            visitor.look("Results")  # the server has turned to something else: what came by then lies somewhere
            assert list(spool.rglob("*")) == []
            assert regular_files(process) <= regular_before
        connection.send(tail)
        assert connection.getresponse().status == 204
        assert list(spool.rglob("*")) == []
        assert regular_files(process) <= regular_before


def slow_connection(address: str) -> http.client.HTTPConnection:
    where = urlsplit(address)
    return http.client.HTTPConnection(where.hostname, where.port, timeout=PATIENCE)


def regular_files(process: psutil.Process) -> set[str]:
    """The regular files that a process has open for writing, deleted ones as well."""
    found = set()
    for link in Path(f"/proc/{process.pid}/fd").iterdir():
        try:
            name, flags = str(link.readlink()), (link.parents[1] / "fdinfo" / link.name).read_text()
        except OSError:
            continue  # closed meanwhile
        mode = int(next(line.split()[1] for line in flags.splitlines() if line.startswith("flags:")), 8)
        if name.startswith("/") and not name.startswith("/dev/") and mode & os.O_ACCMODE != os.O_RDONLY:
            found.add(name)
    return found

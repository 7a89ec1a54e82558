"""What the real server answers to those who do not come through the page: other sites, other methods, other paths."""

import http.client
import os
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.conftest import make_photos
from tests.serving import ROOT, served

pytestmark = pytest.mark.timeout(120)

WAIT = 60  # seconds
XSRF = "_streamlit_xsrf"
FOREIGN = ("http://elsewhere.example", "https://elsewhere.example:8501", "http://localhost.elsewhere.example", "null")
EDGE = "catdog"
BODY = f'--{EDGE}\r\nContent-Disposition: form-data; name="file"; filename="mine.png"\r\n\r\nbytes\r\n--{EDGE}--\r\n'
KIND = {"Content-Type": f"multipart/form-data; boundary={EDGE}"}
SECRETS = ("root:", "enableXsrfProtection", "def page", "[project]")  # what files out of reach begin with or hold


class Outside(socketserver.ThreadingTCPServer):
    """The way out of this machine, as a proxy: it counts who asks for it, and lets nobody out."""

    def __init__(self) -> None:
        self.asked = 0
        super().__init__(("127.0.0.1", 0), Counted)


class Counted(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        self.server.asked += 1


@pytest.fixture(scope="module")
def outside() -> Iterator[Outside]:
    with Outside() as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, outside: Outside) -> Iterator[str]:
    """The dashboard's address, from a machine whose only way out is counted; its first page has been drawn."""
    home = tmp_path_factory.mktemp("home")
    way_out = f"http://127.0.0.1:{outside.server_address[1]}"
    environment = os.environ | {"CATDOG_HOME": str(home), "http_proxy": way_out, "https_proxy": way_out}
    environment |= {
        "CATDOG_PHOTOS": str(make_photos(home / "photos", train=12, validation=12)),
        "no_proxy": "localhost",
    }
    with served(environment, home / "server.log") as address:
        with visiting(address):
            pass
        yield address


def ask(address: str, method: str, path: str, body: str | None = None, **headers: str) -> tuple[int, dict, bytes]:
    """One request, its path sent as it stands; the status, the headers in small letters, the body."""
    connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=WAIT)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def stream(address: str, origin: str | None) -> ClientConnection:
    return connect(f"ws://{urlsplit(address).netloc}/_stcore/stream", origin=origin, max_size=None)


@contextmanager
def visiting(address: str) -> Iterator[tuple[ClientConnection, str]]:
    """A visitor for whom the first page has been drawn: the connection and the session's id."""
    with stream(address, address) as line:
        yield line, drawn(line)


def drawn(line: ClientConnection) -> str:
    """Have the page drawn; the session's id."""
    return next(
        answer.new_session.initialize.session_id
        for answer in messages(line)
        if answer.WhichOneof("type") == "new_session"
    )


def messages(line: ClientConnection) -> list[ForwardMsg]:
    """Have the page drawn; all that it sends."""
    message = BackMsg()
    message.rerun_script.query_string = ""
    line.send(message.SerializeToString())
    sent: list[ForwardMsg] = []
    while not sent or sent[-1].WhichOneof("type") != "script_finished":
        sent.append(ForwardMsg.FromString(line.recv(timeout=WAIT)))
    return sent


def strip(line: ClientConnection) -> list[str]:
    """The addresses of the pictures on the first page, which are drawn by lot once a visit."""
    return [one.url for answer in messages(line) for one in answer.delta.new_element.imgs.imgs]


def test_a_visitor_cannot_have_the_server_forget_what_all_share(address):
    with visiting(address) as (line, _):
        before = strip(line)
        message = BackMsg()
        message.clear_cache = True
        line.send(message.SerializeToString())
        assert strip(line) == before
        assert len(before) == 6


@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_site_gets_no_connection_and_nobody_outside_is_asked_about_it(address, outside, origin):
    before = outside.asked
    with pytest.raises(InvalidStatus) as refused:
        stream(address, origin)
    assert refused.value.response.status_code == 403
    assert outside.asked == before


@pytest.mark.parametrize("host", ["elsewhere.example", "localhost.elsewhere.example"])
def test_a_site_that_gives_its_own_name_this_machines_address_gets_no_connection(address, host):
    port = urlsplit(address).port
    with socket.create_connection(("localhost", port)) as line, pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{host}:{port}/_stcore/stream", sock=line, origin=f"http://{host}:{port}")
    assert refused.value.response.status_code == 403


def test_the_page_itself_gets_a_connection(address):
    with visiting(address) as (_, session):
        assert session


def test_a_page_of_another_site_may_not_read_what_the_server_answers(address):
    for path in ("/", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics"):
        status, headers, _ = ask(address, "GET", path, origin=FOREIGN[0])
        assert status == 200
        assert "access-control-allow-origin" not in headers


def test_a_picture_is_only_taken_or_removed_with_the_token_of_its_own_page(address):
    _, headers, _ = ask(address, "GET", "/_stcore/health")
    cookie = headers["set-cookie"].partition(";")[0]
    token = cookie.removeprefix(f"{XSRF}=")
    assert "SameSite=Strict" in headers["set-cookie"]
    with visiting(address) as (_, session):
        path = f"/_stcore/upload_file/{session}/1"
        for wrong in ({}, {"cookie": cookie}, {"x_xsrftoken": token}, {"cookie": cookie, "x_xsrftoken": "2|a|b|1"}):
            assert ask(address, "PUT", path, BODY, **KIND, **wrong)[0] == 403
            assert ask(address, "DELETE", path, **wrong)[0] == 403
        right = {"cookie": cookie, "x_xsrftoken": token}
        assert ask(address, "PUT", path, BODY, **KIND, **right)[0] == 204
        assert ask(address, "PUT", "/_stcore/upload_file/nobody/1", BODY, **KIND, **right)[0] == 400
        metrics = ask(address, "GET", "/_stcore/metrics")[2].decode()
        assert "mine.png" not in metrics  # anyone may read them: only numbers
        assert session not in metrics
        assert ask(address, "DELETE", path, **right)[0] == 204


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "DELETE", "PUT", "POST", "PATCH", "OPTIONS", "MADE-UP"])
def test_a_method_that_no_page_uses_is_refused(address, method):
    assert ask(address, method, "/")[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        *(f"/{route}/{up}etc/passwd" for route in ("media", "component/x", "static") for up in ("../../../", "/")),
        "/_stcore/bidi-components/x/../../../etc/passwd",
        "/media/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/component/x/..%5c..%5cetc%5cpasswd",
        "//elsewhere.example/%2e%2e",
        "/../.streamlit/config.toml",
        "/.streamlit/config.toml",
        "/app/static/dashboard.py",
        "/dashboard.py",
        "/pyproject.toml",
        "/etc/passwd",
        "/%00",
    ],
)
def test_no_path_leads_to_a_file_of_this_machine(address, path):
    status, headers, body = ask(address, "GET", path)
    page = ask(address, "GET", "/")[2]
    assert status in (400, 404) or body == page  # an unknown page is the empty page, which then says so itself
    assert "location" not in headers
    assert not any(secret.encode() in body for secret in SECRETS)
    assert str(ROOT).encode() not in body


def test_nobody_drives_the_page_without_a_page(address):
    for path in ("/_stcore/agent/interact", "/_stcore/agent/mcp"):
        status, _, body = ask(address, "POST", path, "{}", content_type="application/json")
        assert status in (400, 403)
        assert b"not_available" in body


def test_no_site_around_the_page_may_steer_it(address):
    assert b'"allowedOrigins":[]' in ask(address, "GET", "/_stcore/host-config")[2]


@pytest.mark.parametrize(
    ("sent", "code"), [(b"\xff" * 100, 1002), (bytes(2_000_000), 1009), ("text", None)], ids=["noise", "large", "text"]
)
def test_a_message_that_no_page_sends_ends_that_connection_and_no_other(address, sent, code):
    with visiting(address) as (other, _), stream(address, address) as line:
        line.send(sent)
        with pytest.raises(ConnectionClosed) as ended:
            while True:
                line.recv(timeout=WAIT)
        if code:
            assert ended.value.rcvd.code == code
        assert drawn(other)

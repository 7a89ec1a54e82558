"""A file that nobody sends: whatever is silent, it is said within one short time, and nothing is left open."""

import socket
import threading
import time
from urllib.error import HTTPError, URLError
from urllib.request import Request

import pytest

from catdog.photos.opening import open_within

SHORT = 0.2  # seconds, in the place of NETWORK_TIMEOUT
SOON = 2.5  # seconds: ten times SHORT and some air for a busy machine, and far less than a resolver takes
LONG = 10  # seconds, for what comes for certain

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nwhole"


@pytest.fixture(autouse=True)
def released(monkeypatch):
    """No proxies of this machine; and an event on which pretended silence waits, set when the test is over."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    over = threading.Event()
    yield over
    over.set()
    for thread in threading.enumerate():
        if thread.name == "catdog-opening":
            thread.join(LONG)
            assert not thread.is_alive()


class Visitor:
    """One request to a server of this test: what was asked, and whether the asker hung up after the answer."""

    def __init__(self) -> None:
        self.asked, self.hung_up = "", threading.Event()


@pytest.fixture
def serve():
    """Makes a server that gives the next visitor this answer; returns its port and the visitor to be."""
    listeners, threads = [], []

    def start(answer: bytes) -> tuple[int, Visitor]:
        listener, visitor = socket.create_server(("127.0.0.1", 0)), Visitor()
        listeners.append(listener)

        def answer_once() -> None:
            with listener.accept()[0] as connection:
                connection.settimeout(LONG)
                visitor.asked = connection.recv(65_536).decode()
                connection.sendall(answer)
                if not connection.recv(1):
                    visitor.hung_up.set()

        threads.append(threading.Thread(target=answer_once, daemon=True))
        threads[-1].start()
        return listener.getsockname()[1], visitor

    yield start
    for thread in threads:
        thread.join(LONG)
    for listener in listeners:
        listener.close()


@pytest.fixture
def refused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def reason_within(seconds: float, url: str, patience: float = SHORT) -> str:
    """Why `url` cannot be opened, which must be known within so many seconds."""
    started = time.perf_counter()
    with pytest.raises(URLError) as error:
        open_within(Request(url), patience)
    assert time.perf_counter() - started < seconds
    return error.value.reason


def test_an_answer_in_time_is_handed_over(serve):
    port, visitor = serve(OK)
    with open_within(Request(f"http://127.0.0.1:{port}/photos.zip"), LONG) as response:
        assert response.read() == b"whole"
    assert visitor.asked.startswith("GET /photos.zip HTTP/1.1")


def test_a_refused_connection_is_said_at_once(refused_port):
    assert reason_within(SOON, f"http://127.0.0.1:{refused_port}/photos.zip", LONG) == "the connection was refused"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_that_takes_the_connection_and_is_silent_is_given_up(scheme):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        reason = reason_within(SOON, f"{scheme}://127.0.0.1:{listener.getsockname()[1]}/photos.zip")
    assert reason == "nobody answered within 0.2 s"


def test_an_answer_that_never_gets_past_its_head_is_given_up(released):
    """Each byte sets the timeout of the socket anew, which alone would wait for ever."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip() -> None:
            with listener.accept()[0] as connection:
                connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not released.wait(SHORT / 4):
                    try:
                        connection.sendall(b".")
                    except OSError:
                        return

        dripping = threading.Thread(target=drip, daemon=True)
        dripping.start()
        reason = reason_within(SOON, f"http://127.0.0.1:{listener.getsockname()[1]}/photos.zip")
        released.set()
        dripping.join(LONG)
    assert reason == "nobody answered within 0.2 s"


def test_a_name_server_that_is_silent_is_given_up(released, monkeypatch):
    def silent(*_, **__):
        released.wait(LONG)
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    assert reason_within(SOON, "http://photos.example/photos.zip") == "nobody answered within 0.2 s"


def test_what_comes_after_it_was_given_up_is_hung_up_on(released, serve, monkeypatch):
    port, visitor = serve(OK)
    real = socket.getaddrinfo

    def late(_host, _port, *more, **named):
        released.wait(LONG)
        return real("127.0.0.1", port, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", late)
    assert reason_within(SOON, "http://photos.example/photos.zip") == "nobody answered within 0.2 s"
    assert not visitor.asked
    released.set()
    assert visitor.hung_up.wait(LONG)
    assert visitor.asked.startswith("GET /photos.zip")


def test_a_host_of_many_addresses_behind_a_silent_firewall_is_given_up_once(released, monkeypatch):
    many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"192.0.2.{last}", 80)) for last in range(1, 21)]
    tried = []

    def dropped(self, address):
        tried.append(address)
        released.wait(self.gettimeout())
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: many)
    monkeypatch.setattr(socket.socket, "connect", dropped)
    assert reason_within(len(many) * SHORT / 2, "http://photos.example/photos.zip") == "nobody answered within 0.2 s"
    assert tried[0] == ("192.0.2.1", 80)


def test_a_name_that_nobody_has_is_said_with_the_name(monkeypatch):
    def unknown(*_, **__):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    reason = reason_within(SOON, "http://photos.example:8080/photos.zip", LONG)
    assert reason == "the name photos.example cannot be resolved: Name or service not known"


def test_a_server_that_hangs_up_is_said():
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def hang_up() -> None:
            with listener.accept()[0] as connection:
                connection.recv(65_536)

        thread = threading.Thread(target=hang_up, daemon=True)
        thread.start()
        reason = reason_within(SOON, f"http://127.0.0.1:{listener.getsockname()[1]}/photos.zip", LONG)
        thread.join(LONG)
    assert reason == "the server hung up without an answer"


def test_a_server_s_own_refusal_stays_what_it_is(serve):
    port, _ = serve(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    with pytest.raises(HTTPError) as error:
        open_within(Request(f"http://127.0.0.1:{port}/photos.zip"), LONG)
    assert error.value.code == 404
    error.value.close()


def test_a_redirect_is_followed(serve):
    port, visitor = serve(OK)
    moved = f"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{port}/new.zip\r\nContent-Length: 0\r\n\r\n"
    first, _ = serve(moved.encode())
    with open_within(Request(f"http://127.0.0.1:{first}/photos.zip", headers={"Range": "bytes=3-"}), LONG) as response:
        assert response.read() == b"whole"
    assert visitor.asked.startswith("GET /new.zip")
    assert "Range: bytes=3-" in visitor.asked


def test_a_redirect_to_a_silent_host_is_given_up_too(serve):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        where = f"http://127.0.0.1:{silent.getsockname()[1]}/new.zip"
        first, _ = serve(f"HTTP/1.1 302 Found\r\nLocation: {where}\r\nContent-Length: 0\r\n\r\n".encode())
        assert reason_within(SOON, f"http://127.0.0.1:{first}/photos.zip") == "nobody answered within 0.2 s"


def test_a_proxy_is_asked_in_the_host_s_place(serve, monkeypatch):
    port, visitor = serve(OK)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
    with open_within(Request("http://photos.example/photos.zip"), LONG) as response:
        assert response.read() == b"whole"
    assert visitor.asked.startswith("GET http://photos.example/photos.zip HTTP/1.1")


def test_a_host_that_needs_no_proxy_is_asked_itself(serve, refused_port, monkeypatch):
    port, visitor = serve(OK)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{refused_port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with open_within(Request(f"http://127.0.0.1:{port}/photos.zip"), LONG) as response:
        assert response.read() == b"whole"
    assert visitor.asked.startswith("GET /photos.zip")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_refuses_is_named_without_its_password(scheme, refused_port, monkeypatch):
    monkeypatch.setenv(f"{scheme}_proxy", f"http://pupil:secret@127.0.0.1:{refused_port}")
    reason = reason_within(SOON, f"{scheme}://photos.example/photos.zip", LONG)
    assert reason == f"the connection through the proxy 127.0.0.1:{refused_port} was refused"


def test_a_proxy_that_is_silent_is_named(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        reason = reason_within(SOON, "https://photos.example/photos.zip")
    assert reason == f"nobody answered through the proxy 127.0.0.1:{port} within 0.2 s"


def test_a_file_address_asks_no_thread_and_no_clock(tmp_path, monkeypatch):
    (tmp_path / "photos.zip").write_bytes(b"whole")
    monkeypatch.setattr("catdog.photos.opening.threading.Thread", None)
    with open_within(Request((tmp_path / "photos.zip").as_uri()), 0) as response:
        assert response.read() == b"whole"

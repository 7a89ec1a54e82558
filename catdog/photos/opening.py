"""Ask for a file on the network and wait for the answer only so long, whoever it is that does not answer."""

import http.client
import socket
import ssl
import threading
import urllib.error
from concurrent.futures import Future, InvalidStateError, wait
from contextlib import suppress
from urllib.parse import urlsplit
from urllib.request import Request, build_opener
from urllib.response import addinfourl

Response = http.client.HTTPResponse | addinfourl  # from the web, or from a file


def open_within(request: Request, seconds: float) -> Response:
    """The answer to a request, redirects followed, once its first bytes are here.

    Raises URLError with the reason in plain words: at once where the connection is refused, after `seconds` where the
    name server, the host, the proxy or the server behind them is silent. HTTPError is the server's own refusal;
    HTTPException and ValueError are an address or an answer that is not understood.
    """
    if request.type == "file":
        return build_opener().open(request)
    named = request.host
    answer: Future[Response] = Future()
    # A socket's timeout holds anew for each address of a host and for each byte, and for no name server.
    threading.Thread(target=_ask, args=(request, seconds, answer), name="catdog-opening", daemon=True).start()
    wait([answer], seconds)
    late = answer.cancel()  # not possible any more where the answer is here
    through = f" through the proxy {request.host}" if request.host != named else ""
    if late:
        raise urllib.error.URLError(_nobody(through, seconds))
    try:
        return answer.result()
    except urllib.error.HTTPError:
        raise
    except OSError as error:
        reason = getattr(error, "reason", error)  # urllib wraps what fails before the connection stands, and no more
        raise urllib.error.URLError(_in_words(reason, request.host, through, seconds)) from error


def _ask(request: Request, seconds: float, answer: "Future[Response]") -> None:
    """Put the answer, or the error, where it is waited for; hang up where nobody waits any more."""
    try:
        # urlopen would remember the proxies of the first time that it was called.
        came = build_opener().open(request, timeout=seconds)
    except Exception as error:  # noqa: BLE001 - whatever it is, the one who waits must hear of it
        with suppress(InvalidStateError):
            answer.set_exception(error)
        return
    try:
        answer.set_result(came)
    except InvalidStateError:
        came.close()


def _nobody(through: str, seconds: float) -> str:
    return f"nobody answered{through} within {seconds:g} s"


def _in_words(reason: object, host: str, through: str, seconds: float) -> str:
    """Why a connection failed, where it is one of the reasons that a person meets; else as the system puts it."""
    if isinstance(reason, TimeoutError):
        return _nobody(through, seconds)
    if isinstance(reason, socket.gaierror):
        return f"the name {urlsplit(f'//{host}').hostname} cannot be resolved: {reason.strerror}"
    if isinstance(reason, ConnectionRefusedError):
        return f"the connection{through} was refused"
    if isinstance(reason, ConnectionError):
        return f"the server hung up{through} without an answer"
    if isinstance(reason, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {reason.verify_message}"
    return str(getattr(reason, "strerror", None) or reason)

"""Fetch one file over http(s) or from a file address: resumable, with progress, under its name only when whole."""

import http.client
import urllib.error
from pathlib import Path
from urllib.request import Request

from catdog.disk import cannot_write, require_room
from catdog.errors import DownloadError
from catdog.photos.opening import Response, open_within
from catdog.progress import Pace, Report
from catdog.settings import NETWORK_TIMEOUT

CHUNK = 256 * 1024  # bytes between two looks at the clock
READ_TIMEOUT = 30.0  # seconds without a single byte until a running download counts as broken off


def fetch(url: str, target: Path, report: Report, what: str) -> Path:
    """Fetch `url` to `target` and return it.

    What has come lies in `target` + ".part" and is continued by the next call. The length is checked where the sender
    states it. Raises DownloadError or DiskError with the reason and the remedy; the part stays. A host that refuses is
    said at once, and one that is silent after NETWORK_TIMEOUT seconds.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        total = _receive(url, part, report, what)
        if total and part.stat().st_size != total:
            raise DownloadError(
                f"{url} broke off after {part.stat().st_size:,} of {total:,} bytes. What came is kept: try again."
            )
        part.replace(target)
    # ValueError and HTTPException: an address or an answer that is not understood
    except (urllib.error.URLError, http.client.HTTPException, ValueError) as error:
        kept = "What came is kept. " if part.is_file() else ""
        raise DownloadError(
            f"{url} cannot be fetched ({_reason(error)}). {kept}Check the address and the network, then try again."
        ) from error
    except OSError as error:
        raise cannot_write(target, error) from error
    return target


def _receive(url: str, part: Path, report: Report, what: str) -> int:
    """Append what is missing to `part`; returns the announced total in bytes, 0 where it is unknown."""
    have = part.stat().st_size if part.exists() else 0
    request = Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    try:
        response = open_within(request, NETWORK_TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code != 416:  # nothing lies beyond what we have: either whole, or not the same file any more
            raise
        part.unlink()
        return _receive(url, part, report, what)
    with response:
        resumed = response.status == 206 if response.status else False
        if have and not resumed:
            have = 0  # the sender starts from the beginning
        length = int(response.headers.get("Content-Length") or 0)
        total = have + length if length else 0
        require_room(part.parent, length)
        _set_read_timeout(response)
        pace = Pace(what, "bytes", have)
        with part.open("ab" if have else "wb") as out:
            while chunk := _read(response):
                out.write(chunk)
                have += len(chunk)
                report(pace.at(have, total))
    return total


def _read(response: Response) -> bytes:
    """The next bytes. Raises URLError where they do not come, which must not be taken for a disk that fails."""
    try:
        return response.read(CHUNK)
    except TimeoutError as error:
        raise urllib.error.URLError(f"nothing came for {READ_TIMEOUT:g} s") from error
    except OSError as error:
        raise urllib.error.URLError(f"the connection broke off: {error.strerror or error}") from error


def _set_read_timeout(response: Response) -> None:
    """A slow but living sender gets longer than a silent one; file addresses have no socket."""
    raw = getattr(getattr(response, "fp", None), "raw", None)
    if sock := getattr(raw, "_sock", None):
        sock.settimeout(READ_TIMEOUT)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.reason}"
    if isinstance(error, http.client.IncompleteRead):
        return "the connection broke off"
    if isinstance(error, http.client.BadStatusLine):
        return "the answer is not that of a web server"
    return str(getattr(error, "reason", error)) or type(error).__name__

"""A visitor who drops a picture on the Classify page and waits for the answer."""

import asyncio
import re
import time
from contextlib import suppress
from http.cookiejar import CookieJar
from urllib.request import HTTPCookieProcessor, Request, build_opener
from uuid import uuid4

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from tests.load.session import Session

SAID = re.compile(r"^(Not sure: )?(cat|dog), ", re.IGNORECASE)  # how an answer begins
ABOUT = "About this network"  # how the panel begins that only a loaded network has
XSRF = "_streamlit_xsrf"
AGAIN = 3.0  # seconds after which a picture is dropped once more


class Bringer(Session):
    """`ready` is set when the page can take a picture, `loaded` when it has its network.

    `drops` counts how often the picture had to be dropped.
    """

    def __init__(self) -> None:
        super().__init__("Classify")
        self.ready, self.loaded = asyncio.Event(), asyncio.Event()
        self.named, self.answered = asyncio.Event(), asyncio.Event()
        self._knows = False
        self.place = ""
        self.drops = 0
        self.urls: FileURLs | None = None

    def take(self, message: ForwardMsg) -> None:
        kind, shown = message.WhichOneof("type"), message.delta.new_element
        if shown.file_uploader.id:
            self.place = shown.file_uploader.id
        if kind == "file_urls_response":
            self.urls = message.file_urls_response.file_urls[0]
            self.named.set()
        if SAID.match(shown.heading.body):
            self.answered.set()
        self._knows |= message.delta.add_block.expandable.label.startswith(ABOUT)
        if kind == "script_finished" and self.place:
            self.ready.set()
            if self._knows:
                self.loaded.set()

    async def bring(self, address: str, name: str, data: bytes) -> float:
        """Drop a picture; returns the seconds until the answer was there."""
        begun = time.monotonic()
        await self._name(name)
        await asyncio.to_thread(put, f"http://{address}", self.urls.upload_url, name, data)
        state = WidgetState(id=self.place)
        uploaded = state.file_uploader_state_value.uploaded_file_info.add()
        uploaded.name, uploaded.size, uploaded.file_id = name, len(data), self.urls.file_id
        uploaded.file_urls.CopyFrom(self.urls)
        await self.ask("", state)
        await self.answered.wait()
        return time.monotonic() - begun

    async def _name(self, name: str) -> None:
        """Ask where the file goes to.

        Streamlit forgets its answer where the page begins to be drawn in that very moment. Then nothing happens, and
        who waits drops the picture again.
        """
        message = BackMsg()
        message.file_urls_request.request_id, message.file_urls_request.session_id = uuid4().hex, self.id
        message.file_urls_request.file_names.append(name)
        while not self.named.is_set():
            self.drops += 1
            await self.socket.send(message.SerializeToString())
            with suppress(TimeoutError):
                await asyncio.wait_for(self.named.wait(), AGAIN)


def put(server: str, path: str, name: str, data: bytes) -> None:
    """Send one file as a browser does, with the token that the server wants. Raises HTTPError where it is refused."""
    cookies = CookieJar()
    opener = build_opener(HTTPCookieProcessor(cookies))
    opener.open(f"{server}/_stcore/health", timeout=60).close()
    token = next((cookie.value for cookie in cookies if cookie.name == XSRF), "")
    border = uuid4().hex
    head = f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
    body = f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + data + f"\r\n--{border}--\r\n".encode()
    headers = {"Content-Type": f"multipart/form-data; boundary={border}", "X-Xsrftoken": token}
    opener.open(Request(server + path, body, headers, method="PUT"), timeout=120).close()

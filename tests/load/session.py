"""One visitor's session, speaking Streamlit's own messages as a browser does: many of them fit in one process."""

import asyncio
from contextlib import suppress
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect


class Session:
    """A page that is open. It asks for a redraw wherever the page says that something ticks, as a browser does.

    `redraws` counts them, `received` the bytes that came. What a message shows goes to `take`. Each question
    carries the states of all widgets: what a tick left out would be forgotten, and with it what was just brought.
    """

    def __init__(self, page: str, **address: str) -> None:
        self.page, self.query = page, urlencode(address)
        self.redraws = self.received = 0
        self.id = self.script = ""
        self.socket: ClientConnection | None = None
        self._states: dict[str, WidgetState] = {}
        self._ticking: dict[str, asyncio.Task] = {}

    async def visit(self, address: str, until: asyncio.Event) -> None:
        """Open the page at `host:port`, and stay until the event is set. A connection that breaks raises."""
        stream = f"ws://{address}/_stcore/stream"
        async with connect(stream, max_size=None, ping_interval=None) as self.socket:  # browsers do not ping either
            await self.ask()
            listening = asyncio.create_task(self._listen())
            leaving = asyncio.create_task(until.wait())
            done, _ = await asyncio.wait({listening, leaving}, return_when=asyncio.FIRST_COMPLETED)
            self._stop_ticking()
            for task in (listening, leaving):
                task.cancel()
            with suppress(asyncio.CancelledError):
                await listening
            if listening in done:
                raise ConnectionError(f"The server closed the page {self.page}.")

    async def ask(self, fragment: str = "", *states: WidgetState) -> None:
        """Have the page drawn anew, or one fragment of it, with these states of widgets."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_script_hash = self.query, self.script
        if not self.script:  # at first a browser only knows the page by its name
            asked.page_name = self.page
        self._states |= {state.id: state for state in states}
        asked.widget_states.widgets.extend(self._states.values())
        if fragment:
            asked.fragment_id, asked.is_auto_rerun = fragment, True
        await self.socket.send(message.SerializeToString())

    def take(self, message: ForwardMsg) -> None:
        """What came; for those who look."""

    async def _listen(self) -> None:
        async for data in self.socket:
            self.received += len(data)
            message = ForwardMsg.FromString(data)
            self._obey(message)
            self.take(message)

    def _obey(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self.id = message.new_session.initialize.session_id or self.id
            if not message.metadata.run.fragment_ids:
                self._stop_ticking()  # the page itself is drawn anew, and says again what ticks
        elif kind == "navigation":
            self.script = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            fragment = message.auto_rerun.fragment_id
            self._stop_ticking(fragment)
            self._ticking[fragment] = asyncio.create_task(self._tick(fragment, message.auto_rerun.interval))
        elif kind == "stop_auto_rerun":
            self._stop_ticking(*message.stop_auto_rerun.fragment_ids)

    async def _tick(self, fragment: str, interval: float) -> None:
        while True:
            await asyncio.sleep(interval)
            self.redraws += 1
            await self.ask(fragment)

    def _stop_ticking(self, *fragments: str) -> None:
        """Of these fragments, or of all."""
        for fragment in fragments or [*self._ticking]:
            if task := self._ticking.pop(fragment, None):
                task.cancel()

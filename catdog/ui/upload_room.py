"""Room for uploads: pictures on their way to a page lie in memory, only there, and never more than there is room for.

Streamlit keeps every file until the page has read it or the visitor has left, and bounds the size of one file alone.
Starlette, which receives them, would put those above 1 MB on the disk.
"""

import mmap
import threading
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import Any

from starlette import formparsers
from starlette.exceptions import HTTPException
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from catdog.settings import PHOTO_MAX_BYTES, UPLOADS_IN_TOTAL, UPLOADS_OF_ONE

NO_ROOM = 507  # "Insufficient Storage": the page marks the file as failed, and the others go on
GONE = 400  # what Streamlit itself answers where there is no such session
SMALL = 1024**2  # bytes
MOST = PHOTO_MAX_BYTES + 2 * SMALL  # of one request: Streamlit reads 1 MB more than a file may have, and no further

_once = threading.Lock()


class Room:
    """What lies in memory of uploads: those that are still arriving, counted here, and those that wait to be read."""

    def __init__(self, waiting: MemoryUploadedFileManager) -> None:
        self.waiting, self.arriving = waiting, 0
        self._lock = threading.Lock()
        self._keep = waiting.add_file

    def arrives(self, size: int) -> None:
        """Count bytes that have come. Raises HTTPException where there is no room for them."""
        with self._lock:
            self._check(size)
            self.arriving += size

    def leaves(self, size: int) -> None:
        """No longer count bytes: they are kept as a file now, or were given up."""
        with self._lock:
            self.arriving -= size

    def keep(self, session_id: str, file: UploadedFileRec) -> None:
        """Keep a file that has come whole. Raises HTTPException where there is no room, or nobody waits for it."""
        with self._lock:
            if not runtime.get_instance().is_active_session(session_id):
                raise HTTPException(GONE, "This visitor has left.")
            self._check(len(file.data))
            own = self.waiting.file_storage.get(session_id, {})
            if sum(len(one.data) for one in list(own.values())) + len(file.data) > UPLOADS_OF_ONE:
                raise HTTPException(NO_ROOM, "Too many pictures at once. Drop fewer.")
            self._keep(session_id=session_id, file=file)

    def _check(self, size: int) -> None:
        if self._waiting() + self.arriving + size > UPLOADS_IN_TOTAL:
            self._forget_the_absent()
        if self._waiting() + self.arriving + size > UPLOADS_IN_TOTAL:
            raise HTTPException(NO_ROOM, "Too many pictures at once. Try again in a minute.")

    def _waiting(self) -> int:
        return sum(one.byte_length for family in self.waiting.get_stats().values() for one in family)

    def _forget_the_absent(self) -> None:
        """Those who left may come back for two minutes, and Streamlit keeps their files until then."""
        for session_id in list(self.waiting.file_storage):
            if not runtime.get_instance().is_active_session(session_id):
                self.waiting.remove_session_files(session_id)


class Map(mmap.mmap):
    """Memory apart from all other that goes back whole; read no further than it was written."""

    filled = 0

    def write(self, data: bytes) -> int:
        count = super().write(data)
        self.filled = max(self.filled, self.tell())
        return count

    def read(self, size: int | None = None) -> bytes:
        left = self.filled - self.tell()
        return super().read(left if size is None or size < 0 else min(size, left))


class Arriving(SpooledTemporaryFile):
    """An upload while it arrives: never on the disk, and counted."""

    def __init__(self, room: Room, **_: Any) -> None:
        super().__init__(max_size=0)  # of no size it goes to the disk
        self._room, self._counted = room, 0

    def write(self, data: bytes) -> int:
        self._room.arrives(len(data))
        self._counted += len(data)
        if self._counted > SMALL and not isinstance(self._file, Map):
            self.rollover()
        return self._file.write(data)

    def rollover(self) -> None:
        """Into memory of its own: many large files that grow beside each other leave holes that nobody can use."""
        large = Map(-1, MOST)
        large.write(self._file.getvalue())
        self._file = large

    def close(self) -> None:
        """Give its room back; Starlette closes it whatever happens, and so does Python where it forgets to."""
        self._room.leaves(self._counted)
        self._counted = 0
        super().close()


def bound_uploads() -> None:
    """From now on this server's uploads are bounded; a second call changes nothing. Needs a page that is being drawn.

    Neither library has a setting for it, so one name of each is replaced: what Streamlit calls to keep a file, and the
    class of file that Starlette writes into.
    """
    context = get_script_run_ctx()
    waiting = context.uploaded_file_mgr if context and runtime.exists() else None
    if not isinstance(waiting, MemoryUploadedFileManager):
        return
    with _once:
        if "add_file" not in vars(waiting):
            room = Room(waiting)
            waiting.add_file = room.keep
            formparsers.SpooledTemporaryFile = partial(Arriving, room)

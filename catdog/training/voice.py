"""What a worker says of itself while it works: its phase, its heartbeat, and whether someone asked it to stop."""

import os
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from typing import Any

from catdog.errors import RunError
from catdog.training.folder import RunFolder
from catdog.training.launcher import identity
from catdog.training.state import AT_REST, OVER, State, WorkerId

HEARTBEAT = 1.0  # seconds


class StopAsked(Exception):  # noqa: N818 - no error: someone pressed Stop
    """Raised between two batches when someone asked the run to stop."""


class Voice:
    """Tells the world how the worker is: keeps state.json true and the heartbeat going.

    `worker` is who it is, as the board has written it down; not given, this process. One whom the board has replaced
    meanwhile, on a machine that was cut off, ends at its next word: nobody trains a run twice.
    """

    def __init__(self, run: RunFolder, worker: WorkerId | None = None) -> None:
        self.run = run
        self.given = worker
        worker = worker or identity(os.getpid())
        lost = run.state.lost
        self.state = State(phase="starting", activity="Loading TensorFlow", since=time.time(), worker=worker, lost=lost)
        self.lock = threading.Lock()
        self.ended = threading.Event()
        with suppress(OSError):  # too late for it: what comes next says so
            run.reserve_last_word()
        self.say()
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def say(self, **changes: Any) -> None:
        """Change some fields of state.json, unless the run has ended. Another activity begins now."""
        now = time.time()
        if changes.get("activity", self.state.activity) != self.state.activity:
            changes = AT_REST | {"since": now} | changes
        with self.lock:
            if not self.ended.is_set():
                self._require_ours()
                self.state = replace(self.state, heartbeat=now, **changes)
                self.run.write_state(self.state)

    def end(self, phase: str, error: str = "") -> None:
        """The last word: finished, stopped or failed."""
        with self.lock:
            self._require_ours()
            self.state = replace(self.state, heartbeat=time.time(), phase=phase, error=error, **AT_REST)
            self.run.write_last_state(self.state)
            self.ended.set()

    def _require_ours(self) -> None:
        """End this process, without a word more, where the run is another worker's by now."""
        if self.given is None:
            return
        with suppress(RunError):  # what cannot be read says nothing
            state = self.run.read_state()
            if state.worker != self.given or state.phase in OVER:
                print("This run is another worker's by now.", file=sys.stderr, flush=True)
                os._exit(1)

    def check_stop(self) -> None:
        """Raise StopAsked where someone asked the run to stop."""
        if self.run.stop_asked:
            raise StopAsked

    def _beat(self) -> None:
        while not self.ended.wait(HEARTBEAT):
            with suppress(OSError):  # a full disk is reported by whoever writes what matters
                self.say()

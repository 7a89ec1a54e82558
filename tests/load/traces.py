"""What is written down beside the visitors: when each epoch was told, and how much memory the server holds."""

import threading
import time
from pathlib import Path

import psutil

LOOK = 0.02  # seconds
EPOCH = b'"kind": "epoch"'


class Traces:
    """Looks at a run's events and at processes from a thread of its own, until it is closed.

    `told[epoch]` is the moment (time.monotonic) of its event, `memory` pairs of a moment and the server's bytes.
    """

    def __init__(self, events: Path, server: psutil.Process) -> None:
        self.events, self.server = events, server
        self.told: dict[int, float] = {}
        self.memory: list[tuple[float, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def grown(self, since: float, until: float) -> float:
        """MB that the server holds more at the end than at the beginning, each the mean of ten seconds."""
        first = [held for at, held in self.memory if since <= at < since + 10]
        last = [held for at, held in self.memory if until - 10 <= at < until]
        return (sum(last) / len(last) - sum(first) / len(first)) / 1e6

    def _look(self) -> None:
        read = 0
        while not self._over.wait(LOOK):
            if self.events.exists() and self.events.stat().st_size > read:
                with self.events.open("rb") as file:
                    file.seek(read)
                    whole, line_end, _ = file.read().rpartition(b"\n")
                read += len(whole + line_end)
                for _ in range(whole.count(EPOCH)):
                    self.told[len(self.told) + 1] = time.monotonic()
            if not self.memory or time.monotonic() - self.memory[-1][0] > 1:
                self.memory.append((time.monotonic(), self.server.memory_info().rss))

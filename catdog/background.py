"""One long task beside the page: fetching photos, fetching weights. The page looks at it and never waits for it."""

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from catdog.errors import CatdogError
from catdog.progress import Progress, Report

Result = TypeVar("Result")


class BackgroundTask(Generic[Result]):
    """Runs `work(report)` in a thread of its own. Safe to look at from any thread.

    `progress` is the newest report, `result` what came out, `error` the sentence where it failed, and `failed` when it
    did (seconds since 1970); a failed task may be started again. A program that ends does not wait for it, unless it is
    `brief`: a few seconds of native code, such as TensorFlow's, which crashes where it is cut off.
    """

    def __init__(self, work: Callable[[Report], Result], brief: bool = False) -> None:
        self._work: Callable[[Report], Result] | None = work
        self.brief = brief
        self.progress: Progress | None = None
        self.result: Result | None = None
        self.error, self.failed = "", 0.0
        self._thread: threading.Thread | None = None
        self._started = time.monotonic()
        self._lock = threading.Lock()

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    @property
    def done(self) -> bool:
        return self.result is not None

    @property
    def seconds(self) -> float:
        """For how long it has been running, or since it was started last."""
        return time.monotonic() - self._started

    def begin(self) -> bool:
        """Start it where it was never started; a failed one stays failed. Returns whether this call has started it."""
        with self._lock:
            first = self._thread is None
            if first:
                self._start()
        return first

    def start(self) -> None:
        """Start, or start again after a failure; nothing happens while it runs or when it is done."""
        with self._lock:
            if not self.running and not self.done:
                self._start()

    def _start(self) -> None:
        self.error, self.progress, self._started = "", None, time.monotonic()
        self._thread = threading.Thread(target=self._run, name="catdog-task", daemon=not self.brief)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most so many seconds."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self) -> None:
        try:
            self.result = self._work(self._report)
            if self.done:
                self._work = None  # with what it held on to, such as a network
        except CatdogError as error:
            self.error = str(error)
        finally:
            if self.result is None and not self.error:  # a bug: the page must not wait for ever
                self.error = "Something went wrong that was not foreseen; the terminal shows what."
            if self.error:
                self.failed = time.time()

    def _report(self, progress: Progress) -> None:
        self.progress = progress

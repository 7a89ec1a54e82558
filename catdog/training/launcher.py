"""How a worker is started and ended: launch, stop, alive. Another machine's engine can stand behind these three."""

import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Protocol

import psutil

from catdog.training.folder import RunFolder
from catdog.training.state import WorkerId

PROJECT = Path(__file__).parents[2]
SPARE = "--spare"  # in place of a run's folder: load Keras, then wait to be told the folder
KILL_AFTER = 0.3  # seconds between asking the system to end a worker and ending it
CLOCK_SLACK = 0.1  # seconds by which two readings of a process's start may differ: they count in hundredths


class Launcher(Protocol):
    """What the board needs of whatever runs the workers."""

    def launch(self, run: RunFolder) -> WorkerId:
        """Start a worker on a run and return at once."""

    def prepare(self) -> None:
        """Nothing trains: a good moment to make the next launch quick. Returns at once."""

    def stop(self, worker: WorkerId) -> None:
        """End a worker that did not end by itself; nothing happens where it is gone."""

    def alive(self, worker: WorkerId) -> bool:
        """Whether this very worker still runs."""


class LocalLauncher:
    """A process of its own for each run, in its own session: it outlives the server and no Ctrl-C reaches it.

    `prepare` keeps one spare worker that has already loaded Keras and waits to be told its run; it ends by itself when
    this process does, because its standard input closes.
    """

    def __init__(self) -> None:
        self.spare: subprocess.Popen | None = None

    def launch(self, run: RunFolder) -> WorkerId:
        child = self._told_spare(run) or self._new_worker(run)
        threading.Thread(target=child.wait, daemon=True).start()  # or it would stay as a zombie after its end
        return identity(child.pid)

    def prepare(self) -> None:
        if self.spare is None:  # one that died is not replaced before it was missed: it would only die again
            self.spare = _start(SPARE, subprocess.PIPE, subprocess.DEVNULL)

    def _told_spare(self, run: RunFolder) -> subprocess.Popen | None:
        """The spare, on its way to this run; None where there is none or it has died."""
        spare, self.spare = self.spare, None
        if spare is None or spare.poll() is not None:
            return None
        try:
            spare.stdin.write(os.fsencode(run.path) + b"\n")
            spare.stdin.close()
        except OSError:
            return None
        return spare

    def _new_worker(self, run: RunFolder) -> subprocess.Popen:
        with run.log.open("ab") as log:
            return _start(str(run.path), subprocess.DEVNULL, log)

    def stop(self, worker: WorkerId) -> None:
        if not self.alive(worker):
            return
        with suppress(psutil.Error):
            process = psutil.Process(worker.pid)
            process.terminate()
            try:
                process.wait(KILL_AFTER)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait(KILL_AFTER)

    def alive(self, worker: WorkerId) -> bool:
        with suppress(psutil.Error, ValueError, OverflowError):  # the last two: no process can have such a pid
            process = psutil.Process(worker.pid)
            # An older catdog wrote the clock's time, which no count since the system began comes near.
            starts = (_started(worker.pid), process.create_time())
            same = any(abs(start - worker.started) < CLOCK_SLACK for start in starts)
            return same and process.status() != psutil.STATUS_ZOMBIE
        return False


def _start(argument: str, stdin: int, output: int | IO[bytes]) -> subprocess.Popen:
    windows = sys.platform == "win32"
    return subprocess.Popen(
        [sys.executable, "-m", "catdog.training.worker", argument],
        stdin=stdin,
        stdout=output,
        stderr=output,
        cwd=PROJECT,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        start_new_session=not windows,
        creationflags=subprocess.CREATE_NEW_PROCESS_GROUP if windows else 0,
    )


def identity(pid: int) -> WorkerId:
    """The process's pid and start; start 0 where it is gone already."""
    try:
        return WorkerId(pid, _started(pid))
    except psutil.Error:
        return WorkerId(pid, 0.0)


def _started(pid: int) -> float:
    """When a process began, the same however the clock is set meanwhile: on Linux in seconds since the system began.

    There the system knows nothing else, and psutil adds the moment at which it began, which moves with the clock.
    Elsewhere the system has noted the clock's time of that moment, in seconds since 1970.
    """
    if not psutil.LINUX:
        return psutil.Process(pid).create_time()
    while True:
        began, started = psutil.boot_time(), psutil.Process(pid).create_time()
        if psutil.boot_time() == began:  # or the clock was set between the two
            return started - began

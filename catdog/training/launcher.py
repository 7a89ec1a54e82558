"""How a worker is started and ended: launch, stop, alive. Another machine's engine can stand behind these three."""

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import IO, Protocol

import psutil

from catdog.driver import VISIBLE_GPUS, gpus
from catdog.errors import RunError
from catdog.settings import RUNS_IN_TOTAL
from catdog.training.folder import RunFolder
from catdog.training.state import State, WorkerId

PROJECT = Path(__file__).parents[2]
SPARE = "--spare"  # in place of a run's folder: load Keras, then wait to be told the folder
STOP_GRACE = 1.0  # seconds that a worker has to end by itself; with the time to end it, a stop takes less than 2
SILENCE = 60.0  # seconds without a heartbeat after which a worker that still exists counts as hung
KILL_AFTER = 0.3  # seconds between asking the system to end a worker and ending it
CLOCK_SLACK = 0.1  # seconds by which two readings of a process's start may differ: they count in hundredths
WHOLE = ""  # the place of a worker that has this machine to itself, or whose engine has chosen one
ON_GPU = "GPU"  # how a worker's words for its device begin where it computes on one


class Loss(Enum):
    """Why a worker is gone."""

    NONE = "it ended by itself, or was killed"
    TURNED_AWAY = "its engine has never begun it"
    MACHINE = "its machine is gone"


class Launcher(Protocol):
    """What the board needs of whatever runs the workers: launch, stop and alive, and what most share.

    `grace` is how many seconds a worker has to end by itself once someone asked it to, `silence` for how many it may
    say nothing, `most_runs` how many may train or wait; `trouble` says why none can be launched just now, as a
    sentence, and is empty where one can.
    """

    grace: float = STOP_GRACE
    silence: float = SILENCE
    most_runs: int = RUNS_IN_TOTAL
    trouble: str = ""

    def launch(self, run: RunFolder, place: str) -> WorkerId:
        """Start a worker on a run, or hand the run to whoever will, and return at once. Raises OSError."""

    def stop(self, worker: WorkerId) -> None:
        """End a worker that did not end by itself; nothing happens where it is gone."""

    def alive(self, worker: WorkerId) -> bool:
        """Whether this very worker still runs, or waits for its machine."""

    def place(self, run: RunFolder, active: Sequence[State]) -> str | None:
        """Where a waiting run may begin now, beside those that are active; None where it has to wait."""
        return None if active else WHOLE

    def prepare(self) -> None:
        """Nothing trains: a good moment to make the next launch quick. Returns at once."""

    def lost(self, worker: WorkerId) -> Loss:
        """Why a worker is gone that is no longer alive."""
        return Loss.NONE

    def last_words(self, worker: WorkerId) -> str:
        """What an engine says of a worker that is gone, as a line; empty where only its log can tell."""
        return ""


class LocalLauncher(Launcher):
    """A process of its own for each run, in its own session: it outlives the server and no Ctrl-C reaches it.

    Of several GPUs each run has one, and one run may have all of them; `devices` are their names for CUDA, asked of the
    driver where none are given. `prepare` keeps one spare worker that has already loaded Keras and waits to be told its
    run; it ends by itself when this process does, because its standard input closes.
    """

    def __init__(self, devices: Sequence[str] | None = None) -> None:
        self.spare: subprocess.Popen | None = None
        self._devices = devices

    @property
    def devices(self) -> Sequence[str]:
        return gpus() if self._devices is None else self._devices

    def place(self, run: RunFolder, active: Sequence[State]) -> str | None:
        if len(self.devices) < 2:
            return super().place(run, active)
        if _wants_all(run):
            return None if active else ",".join(self.devices)
        # One that has not said yet what it computes on may turn out to need the processor, as all others would.
        if not all(state.device.startswith(ON_GPU) for state in active):
            return None
        taken = ",".join(state.worker.place for state in active if state.worker).split(",")
        return next((one for one in self.devices if one not in taken), None)

    def launch(self, run: RunFolder, place: str) -> WorkerId:
        child = self._told_spare(run, place) or self._new_worker(run, place)
        threading.Thread(target=child.wait, daemon=True).start()  # or it would stay as a zombie after its end
        return replace(identity(child.pid), place=place)

    def prepare(self) -> None:
        if self.spare is None:  # one that died is not replaced before it was missed: it would only die again
            self.spare = _start(SPARE, subprocess.PIPE, subprocess.DEVNULL, self._first)

    @property
    def _first(self) -> str:
        """Where the next run begins while nothing trains: what a worker may see must be said before it starts."""
        return self.devices[0] if len(self.devices) > 1 else WHOLE

    def _told_spare(self, run: RunFolder, place: str) -> subprocess.Popen | None:
        """The spare, on its way to this run; None where there is none, it sees another place, or it has died."""
        if place != self._first:
            return None
        spare, self.spare = self.spare, None
        if spare is None or spare.poll() is not None:
            return None
        try:
            spare.stdin.write(os.fsencode(run.path) + b"\n")
            spare.stdin.close()
        except OSError:
            return None
        return spare

    def _new_worker(self, run: RunFolder, place: str) -> subprocess.Popen:
        with run.log.open("ab") as log:
            return _start(str(run.path), subprocess.DEVNULL, log, place)

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
        if worker.job:
            return True  # as far as this machine knows: whoever has the engine's address looks after it
        with suppress(psutil.Error, ValueError, OverflowError):  # the last two: no process can have such a pid
            process = psutil.Process(worker.pid)
            # An older catdog wrote the clock's time, which no count since the system began comes near.
            starts = (_started(worker.pid), process.create_time())
            same = any(abs(start - worker.started) < CLOCK_SLACK for start in starts)
            return same and process.status() != psutil.STATUS_ZOMBIE
        return False


def _wants_all(run: RunFolder) -> bool:
    with suppress(RunError):  # whose request cannot be read: its worker says so
        return run.request.all_devices
    return False


def _start(argument: str, stdin: int, output: int | IO[bytes], place: str) -> subprocess.Popen:
    windows = sys.platform == "win32"
    sees = {VISIBLE_GPUS: place} if place else {}
    return subprocess.Popen(
        [sys.executable, "-m", "catdog.training.worker", argument],
        stdin=stdin,
        stdout=output,
        stderr=output,
        cwd=PROJECT,
        env=os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"} | sees,
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

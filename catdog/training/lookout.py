"""Looking after the workers: who lives, who is to end, who has died and of what."""

import re
from collections.abc import Callable

from catdog.disk import nearly_full
from catdog.training.folder import RunFolder
from catdog.training.launcher import Launcher
from catdog.training.state import ACTIVE, OVER, WAITING, State, WorkerId

STOP_GRACE = 1.0  # seconds that a worker has to end by itself; with the time to end it, a stop takes less than 2
SILENCE = 60.0  # seconds without a heartbeat after which a worker that still exists counts as hung


class Lookout:
    """Looks after one run at a time, as often as it is told to. `clock` counts seconds and is never set back."""

    def __init__(self, launcher: Launcher, clock: Callable[[], float]) -> None:
        self.launcher, self.clock = launcher, clock
        self._stop_seen: dict[tuple[str, int], float] = {}  # by run and worker: one that is resumed gets another
        self._beats: dict[tuple[str, int], tuple[float, float]] = {}  # the last heartbeat and when we first saw it

    def look_after(self, run: RunFolder) -> str:
        """One run's turn; returns the phase it is in afterwards."""
        state = run.state
        if state.phase in WAITING:
            if run.stop_asked:
                run.end("stopped")
        elif state.phase in ACTIVE:
            worker = state.worker
            if worker is None or not self.launcher.alive(worker):
                self._bury(run)
            elif run.stop_asked and self._waited(run, worker) > STOP_GRACE:
                self.launcher.stop(worker)
                self._bury(run)
            elif self._silent(run, worker, state.heartbeat) > SILENCE:
                self.launcher.stop(worker)
                run.end("failed", f"The worker gave no sign of life for {SILENCE:.0f} seconds and was ended.")
        return run.state.phase

    def _bury(self, run: RunFolder) -> None:
        """Say what became of a run whose worker is gone; what the worker itself said last stands."""
        if run.state.phase in OVER:
            return
        if run.stop_asked:
            run.end("stopped")
        else:
            run.end("failed", _why_it_died("".join(run.log_tail(1)), nearly_full(run.path), run.has_backup))

    def start(self, run: RunFolder) -> None:
        """Give a run that waits a worker. Raises OSError where its state cannot be written; then it still waits."""
        run.write_state(State())  # a full disk is met here, before a worker is started for nothing
        try:
            worker = self.launcher.launch(run)
        except OSError as error:
            run.end("failed", f"No worker could be started: {error.strerror or error}.")
            return
        try:
            # The worker waits until it reads its own pid here; from then on the file is the worker's.
            run.write_state(State(phase="starting", activity="Starting Python", worker=worker))
        except OSError:
            self.launcher.stop(worker)  # unwritten it would be forgotten, and a second one started
            raise

    def _waited(self, run: RunFolder, worker: WorkerId) -> float:
        """Seconds since we first saw the wish to stop this worker."""
        return self.clock() - self._stop_seen.setdefault((run.id, worker.pid), self.clock())

    def _silent(self, run: RunFolder, worker: WorkerId, heartbeat: float) -> float:
        """Seconds since the heartbeat last changed, by our own clock: the worker's may have been set."""
        now, key = self.clock(), (run.id, worker.pid)
        beat, since = self._beats.get(key, (None, now))
        if beat != heartbeat:
            since = now
        self._beats[key] = (heartbeat, since)
        return now - since


def _why_it_died(last_line: str, full: bool, resumable: bool) -> str:
    """A sentence for a worker that ended without a word; the log's last line counts where it names an error."""
    if full:
        again = "resume the run" if resumable else "start the run again"
        return f"The worker ended while the disk was full. Make room, then {again}."
    if re.match(r"[\w.]*(Error|Exception)\b", last_line):
        return f"The worker ended with an error ({last_line[:300]}). The log tells more."
    what_now = "Resume the run, or start a new one." if resumable else "Start the run again."
    return f"The worker ended without a word: it was killed, or the memory ran out. {what_now}"

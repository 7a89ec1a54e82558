"""Looking after the workers: who lives, who is to end, who has died and of what."""

import re
from collections.abc import Callable
from dataclasses import replace

from catdog.disk import nearly_full
from catdog.training.folder import RunFolder
from catdog.training.launcher import Launcher, Loss
from catdog.training.state import ACTIVE, OVER, WAITING, State, WorkerId

LOST = "Its machine was lost: another one takes over"
LOSSES = 3  # machines that a run may lose before someone has to look at it: it may be what brings them down


class Lookout:
    """Looks after one run at a time, as often as it is told to. `clock` counts seconds and is never set back."""

    def __init__(self, launcher: Launcher, clock: Callable[[], float]) -> None:
        self.launcher, self.clock = launcher, clock
        self._stop_seen: dict[tuple[str, WorkerId], float] = {}  # by run and worker: one that is resumed gets another
        self._beats: dict[tuple[str, WorkerId], tuple[float, float]] = {}  # the last heartbeat and when we first saw it

    def look_after(self, run: RunFolder) -> State:
        """One run's turn; returns how it stands afterwards."""
        state = run.state
        if state.phase in WAITING:
            self._look_after_waiting(run, state)
        elif state.phase in ACTIVE:
            self._look_after_active(run, state)
        return run.state

    def _look_after_waiting(self, run: RunFolder, state: State) -> None:
        if run.stop_asked:
            if state.worker:
                self.launcher.stop(state.worker)
            run.end("stopped")
        elif state.worker and not self.launcher.alive(state.worker):
            self._bury(run)

    def _look_after_active(self, run: RunFolder, state: State) -> None:
        worker = state.worker
        if worker is None or not self.launcher.alive(worker):
            self._bury(run)
        elif run.stop_asked and self._waited(run, worker) > self.launcher.grace:
            self.launcher.stop(worker)
            if not self.launcher.alive(worker):  # an engine takes its time; until then the worker may still write
                self._bury(run)
        elif self._silent(run, worker, state.heartbeat) > self.launcher.silence:
            self.launcher.stop(worker)
            silence = f"{self.launcher.silence:.0f} seconds"
            self._bury(run, f"The worker gave no sign of life for {silence} and was ended.")

    def _bury(self, run: RunFolder, why: str = "") -> None:
        """Say what became of a run whose worker is gone; what the worker itself said last stands."""
        state = run.state
        if state.phase in OVER:
            return
        if run.stop_asked:
            run.end("stopped")
            return
        loss = self.launcher.lost(state.worker) if state.worker else Loss.NONE
        begun = loss is Loss.MACHINE and state.phase in ACTIVE  # an engine may keep its queue on the machines as well
        lost = state.lost + begun
        if loss is not Loss.NONE and lost <= LOSSES:
            if begun:
                run.note(f"{LOST}. {self.launcher.last_words(state.worker)}")
            # It keeps its place in the queue, and goes on from its backup.
            run.write_state(State(activity=LOST if begun else "", lost=lost))
            return
        run.end("failed", why or self._why_it_died(run, state, loss))

    def _why_it_died(self, run: RunFolder, state: State, loss: Loss) -> str:
        """A sentence for a worker that ended without a word; the log's last line counts where it names an error."""
        what_now = "Resume the run, or start a new one." if run.has_backup else "Start the run again."
        if nearly_full(run.path):
            again = "resume the run" if run.has_backup else "start the run again"
            return f"The worker ended while the disk was full. Make room, then {again}."
        if loss is Loss.MACHINE:
            return f"The machine that it trained on was lost, {LOSSES + 1} times in all. {what_now}"
        if state.phase in WAITING and state.worker:  # then nothing of it is in the log
            return f"The worker could not be started: {self.launcher.last_words(state.worker)[-300:]}"
        last_line = "".join(run.log_tail(1))
        if re.match(r"[\w.]*(Error|Exception)\b", last_line):
            return f"The worker ended with an error ({last_line[:300]}). The log tells more."
        return f"The worker ended without a word: it was killed, or the memory ran out. {what_now}"

    def start(self, run: RunFolder, place: str) -> None:
        """Give a run that waits a worker. Raises OSError where its state cannot be written; then it still waits."""
        state = run.state
        run.write_state(state)  # a full disk is met here, before a worker is started for nothing
        try:
            worker = self.launcher.launch(run, place)
        except OSError as error:
            run.end("failed", f"No worker could be started: {error.strerror or error}.")
            return
        try:
            # The worker waits until it reads its own name here; from then on the file is the worker's.
            if worker.job:
                run.write_state(replace(state, worker=worker))
            else:
                run.write_state(State(phase="starting", activity="Starting Python", worker=worker))
        except OSError:
            self.launcher.stop(worker)  # unwritten it would be forgotten, and a second one started
            raise

    def _waited(self, run: RunFolder, worker: WorkerId) -> float:
        """Seconds since we first saw the wish to stop this worker."""
        return self.clock() - self._stop_seen.setdefault((run.id, worker), self.clock())

    def _silent(self, run: RunFolder, worker: WorkerId, heartbeat: float) -> float:
        """Seconds since the heartbeat last changed, by our own clock: the worker's may have been set."""
        now, key = self.clock(), (run.id, worker)
        beat, since = self._beats.get(key, (None, now))
        if beat != heartbeat:
            since = now
        self._beats[key] = (heartbeat, since)
        return now - since

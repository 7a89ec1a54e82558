"""What a run goes on from that was killed, stopped or has failed: Keras' own backup, and the best weights beside it."""

import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import keras

from catdog.disk import scratch_beside
from catdog.errors import RunError
from catdog.training.folder import RunFolder

UNREADABLE = (ValueError, KeyError, TypeError, RuntimeError)  # what HDF5 and Keras make of damaged weights

WriteBest = Callable[[], None]
GoesOn = Callable[[int], None]


class Backup(keras.callbacks.BackupAndRestore):
    """Writes what a run needs to go on after an epoch, and takes it up again where a run begins with a backup.

    Not within PAUSE seconds, nor more often than SHARE of the time allows, where epochs are short beside the writing;
    always after the last epoch. `write_best` is called before each backup, so that run.best_weights is up to date.
    `goes_on` hears how many epochs are done where a backup was taken up; `steps` is their number in an epoch. That is
    written beside the weights: where several devices share each step, there are fewer steps the more devices there are.
    """

    PAUSE = 1.5  # seconds
    SHARE = 0.02

    def __init__(self, run: RunFolder, steps: int, write_best: WriteBest, goes_on: GoesOn) -> None:
        super().__init__(str(run.backup), double_checkpoint=True, delete_checkpoint=False)
        self.run, self.steps, self.write_best, self.goes_on = run, steps, write_best, goes_on
        self.steps_file = run.backup / "steps.txt"
        self.due = 0.0

    def on_train_begin(self, logs=None):
        self.due = time.monotonic() + self.PAUSE
        if not self.run.has_backup:
            return
        self._check_steps()
        try:
            super().on_train_begin(logs)
        except OSError as error:
            print(f"The backup: {error}", flush=True)  # into the log; it may name folders
            raise RunError(
                f"The backup of run {self.run.id} is damaged, or of another network: it cannot go on. Start a new run "
                f"with the same settings."
            ) from error
        epochs = self.model._initial_epoch
        self._bring_back_best(epochs)
        self.goes_on(epochs)

    def on_epoch_end(self, epoch, logs=None):
        begun = time.monotonic()
        if begun < self.due and epoch + 1 < self.params["epochs"]:
            return
        self.write_best()
        super().on_epoch_end(epoch, logs)
        now = time.monotonic()
        self.due = now + max(self.PAUSE, (now - begun) / self.SHARE)

    def _check_steps(self) -> None:
        try:
            before = int(self.steps_file.read_text())
        except (OSError, ValueError):  # a backup from before this was written, or a damaged one: the weights tell
            return
        if before != self.steps:
            raise RunError(
                f"Run {self.run.id} made {before} steps an epoch, and here it would make {self.steps}: another number "
                f"of devices would share each step. Resume it where as many devices are as it began with, or start a "
                f"new run."
            )

    def _save_model(self):
        if self.run.best_weights.exists():  # not where validation accuracy was never a number
            self.run.backup.mkdir(exist_ok=True)
            _same(self.run.best_weights, self._best(self._current_epoch))
        # Moved, where Keras would copy: that takes no time. First what tells that the weights are whole.
        for newest, before in (
            (self._training_metadata_path, self._prev_training_metadata_path),
            (self._weights_path, self._prev_weights_path),
        ):
            with suppress(FileNotFoundError):
                Path(newest).replace(before)
        try:
            self.run.backup.mkdir(exist_ok=True)
            self.steps_file.write_text(f"{self.steps}\n")
            super()._save_model()
        except (OSError, RuntimeError):  # a full disk, which HDF5 may notice only at the file's end
            with suppress(OSError):
                Path(self._weights_path).unlink(missing_ok=True)
            raise
        for older in self._bests()[:-2]:
            older.unlink()

    def _load_model(self):
        if not (Path(self._weights_path).exists() and Path(self._training_metadata_path).exists()):
            raise OSError("it was not written to its end")
        try:
            super()._load_model()
        except UNREADABLE as error:
            if Path(self._prev_weights_path).exists():  # in its place HDF5 would see the old one, which it has open
                Path(self._weights_path).unlink()
            raise OSError(str(error)) from error
        # The weights know it themselves: a kill may fall between them and the file that Keras writes beside them.
        epochs, rest = divmod(int(keras.ops.convert_to_numpy(self.model.optimizer.iterations)), self.steps)
        if rest or not epochs:
            raise OSError("it is of another training")
        self.model._initial_epoch = epochs

    def _bring_back_best(self, epochs: int) -> None:
        """What was best by then: the epochs that came later will be trained again."""
        best = self._best(epochs)
        if best.exists():
            _same(best, self.run.best_weights)
        for later in self._bests():
            if later.name > best.name:
                later.unlink()

    def _best(self, epochs: int) -> Path:
        return self.run.backup / f"best.{epochs:03}.weights.h5"

    def _bests(self) -> list[Path]:
        return sorted(self.run.backup.glob("best.*.weights.h5"))


def _same(source: Path, target: Path) -> None:
    """Let `target` be the same file as `source`, or a copy where the disk has no links; in one stroke."""
    scratch = scratch_beside(target)
    try:
        try:
            os.link(source, scratch)
        except OSError:
            shutil.copyfile(source, scratch)
        scratch.replace(target)
    finally:
        scratch.unlink(missing_ok=True)  # it stays where both were the same file already

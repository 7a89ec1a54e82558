"""The worker's Keras side: build, fit, keep the best epoch, score the test photos."""

import math
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import keras

from catdog.disk import replacing
from catdog.insight.evaluate import scored
from catdog.models.build import build
from catdog.models.device import device_in_use, devices_in_words
from catdog.models.feed import LOOKING_BATCH
from catdog.photos import PreparedPhotos, open_prepared
from catdog.progress import Progress
from catdog.recipes import Recipe, in_words
from catdog.settings import Settings
from catdog.training.backup import Backup
from catdog.training.events import DECIMALS, STEP_INTERVAL, EventLog, cut_events
from catdog.training.folder import RunFolder
from catdog.training.request import RunRequest
from catdog.training.stages import Stages, stages_of
from catdog.training.voice import Voice

FLOAT_BYTES = 4  # a weight on disk
VALIDATION_COST = 0.35  # of a training photo: forward without backward, measured on the plain CNN


class Reporter(keras.callbacks.Callback):
    """Turns Keras' progress into events, and ends everything between two batches when a stop was asked.

    Raising is what ends a validation pass or a prediction at once; `model.stop_training` alone would finish them.
    """

    def __init__(self, voice: Voice, events: EventLog, request: RunRequest, stages: Stages) -> None:
        super().__init__()
        self.voice, self.events, self.request = voice, events, request
        self.training, self.validation = stages.training.photos, stages.validation.photos
        self.batch_size, self.steps = stages.training.batch_size, len(stages.training)
        self.epoch, self.step, self.epoch_done = 1, 0, 0.0
        self.started = self.epoch_started = time.monotonic()
        self.done_before = 0  # epochs, where another worker has begun this run
        self.first_step: float | None = None
        self.first_photos = 0  # seen by then
        self.epoch_speed: float | None = None
        self.logs: dict[str, float] = {}

    def go_on(self, epochs: list[dict[str, Any]]) -> None:
        """Count on from these epochs' events, which another worker has told; the time since then does not count."""
        self.done_before = len(epochs)
        self.epoch = self.done_before + 1
        self.started = time.monotonic() - (epochs[-1].get("seconds") or 0.0)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.step, self.epoch_done = epoch + 1, 0, 0.0
        self.epoch_started = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self.voice.check_stop()
        self.step, self.logs = min(batch + 1, self.steps), logs or {}
        self._report("training", self._photos() / (self.training + VALIDATION_COST * self.validation))

    def on_test_begin(self, logs=None):
        self.epoch_speed = self._speed()

    def on_test_batch_end(self, batch, logs=None):
        self.voice.check_stop()
        photos = self.training + VALIDATION_COST * min((batch + 1) * LOOKING_BATCH, self.validation)
        self._report("validation", photos / (self.training + VALIDATION_COST * self.validation))

    def on_predict_batch_end(self, batch, logs=None):
        self.voice.check_stop()

    def on_epoch_end(self, epoch, logs=None):
        now = time.monotonic()
        self.events.epoch(
            epoch=epoch + 1,
            **{name: float(value) for name, value in (logs or {}).items()},
            photos_per_second=self.epoch_speed,
            epoch_seconds=now - self.epoch_started,
            seconds=now - self.started,
            seconds_left=self._seconds_left(1.0),
        )

    def _report(self, stage: str, epoch_done: float) -> None:
        now = time.monotonic()
        if self.first_step is None:  # tracing the network takes seconds that say nothing about the speed
            self.first_step, self.first_photos = now, self._photos()
        self.events.step(
            stage=stage,
            epoch=self.epoch,
            step=self.step,
            steps=self.steps,
            loss=float(self.logs.get("loss", 0.0)),
            accuracy=float(self.logs.get("accuracy", 0.0)),
            epoch_done=epoch_done,
            photos_per_second=self._speed() if stage == "training" else self.epoch_speed,
            seconds=now - self.started,
            seconds_left=self._seconds_left(epoch_done),
        )

    def _photos(self) -> int:
        """Training photos seen in this epoch."""
        return min(self.step * self.batch_size, self.training)

    def _speed(self) -> float | None:
        """Training photos a second in this epoch; None before the second step."""
        since = max(self.epoch_started, self.first_step or 0.0)
        photos = self._photos()
        if since > self.epoch_started:
            photos -= self.first_photos
        passed = time.monotonic() - since
        return photos / passed if photos > 0 and passed > 0 else None

    def _seconds_left(self, epoch_done: float) -> float | None:
        """From the mean speed since the first step; None until something was done."""
        done = self.epoch - 1 - self.done_before + epoch_done - self.first_photos / self.training
        if self.first_step is None or done <= 0:
            return None
        return (time.monotonic() - self.first_step) / done * (self.request.epochs - self.epoch + 1 - epoch_done)


class KeepBest(keras.callbacks.Callback):
    """Writes the whole network's weights after each epoch that is the best so far, by validation accuracy.

    In one stroke, so that a killed worker leaves nothing half-written; and not again within PAUSE seconds, where epochs
    take less than the writing: then the weights wait in memory for `write`, which whoever ends the run calls as well.
    """

    PAUSE = 2.0  # seconds

    def __init__(self, stages: Stages, final: Path) -> None:
        super().__init__()
        self.stages, self.final = stages, final
        self.best, self.waiting, self.written = -math.inf, None, -math.inf

    def go_on(self, epochs: list[dict[str, Any]]) -> None:
        """Take the best of these epochs' events for what the file holds, if it is there."""
        known = [event["val_accuracy"] for event in epochs if event.get("val_accuracy") is not None]
        self.best = max(known, default=-math.inf) if self.final.exists() else -math.inf

    def on_epoch_end(self, epoch, logs=None):
        # As it is told, so that the first of two equal epochs is the best one, whichever worker has trained it.
        accuracy = round((logs or {}).get("val_accuracy", math.nan), DECIMALS)
        if accuracy > self.best:  # never where it is no number
            self.best, self.waiting = accuracy, self.model.get_weights()
        if time.monotonic() - self.written >= self.PAUSE:
            self.write()

    def write(self) -> None:
        """Write what waits, if anything does."""
        if self.waiting is None:
            return
        last = self.stages.learner.get_weights()
        self.stages.learner.set_weights(self.waiting)
        with replacing(self.final, FLOAT_BYTES * self.stages.whole.count_params()) as scratch:
            self.stages.whole.save_weights(scratch)
        self.stages.learner.set_weights(last)
        self.waiting, self.written = None, time.monotonic()


def train(run: RunFolder, request: RunRequest, voice: Voice) -> None:
    """Train one run in this process, from its request to its scored photos.

    Raises StopAsked between two batches where someone asked for it, WeightsError, PhotosError or DiskError where
    something that the run needs is missing.
    """
    voice.check_stop()
    voice.say(activity="Building the network", device=device_in_use())
    print(f"{request.recipe} on {device_in_use()}, Keras {metadata.version('keras')}", flush=True)
    if request.augmentation:
        print(f"Augmentation of its own: {request.augmentation.in_words()}", flush=True)
    for base in (layer for layer in request.network.layers if layer.frozen):
        print(f"Base: {in_words(base)}", flush=True)
    photos = photos_of(run)
    stages = stages_of(request, photos, home_of(run).features, Teller(voice))
    device = computed_on(stages)
    voice.say(precision=stages.precision, device=device)
    print(f"It computes in {stages.precision}", flush=True)
    if request.all_devices:
        print(f"All devices together: {device}", flush=True)
    voice.check_stop()

    reporter = Reporter(voice, EventLog(run.events), request, stages)
    keep = KeepBest(stages, run.best_weights)

    def goes_on(epochs: int) -> None:
        known = cut_events(run.events, epochs)
        reporter.go_on(known)
        keep.go_on(known)
        print(f"It goes on after epoch {epochs}", flush=True)

    backup = Backup(run, reporter.steps, keep.write, goes_on)
    voice.say(phase="running", activity="Preparing the first step")
    try:
        # Told first and backed up last: a worker that is killed between them has lost nothing that it told.
        stages.fit(request.epochs, [reporter, keep, backup])
    finally:
        keep.write()
    finish(run, request, voice, stages, photos, reporter)


def computed_on(stages: Stages) -> str:
    """What trains the run, in words; with the photos of a step, where several devices share them."""
    devices = stages.replicas.count
    return device_in_use() if devices == 1 else devices_in_words(devices, stages.training.batch_size // devices)


class Teller:
    """Passes on how far that is what takes long before the first step, at most five times a second, and hears whether
    to stop.
    """

    def __init__(self, voice: Voice) -> None:
        self.voice, self.last = voice, -math.inf

    def __call__(self, progress: Progress) -> None:
        self.voice.check_stop()
        if time.monotonic() - self.last >= STEP_INTERVAL:
            self.last = time.monotonic()
            self.voice.say(activity=progress.what, share=progress.share, seconds_left=progress.seconds_left)


def home_of(run: RunFolder) -> Settings:
    """Where things lie in the home that holds this run, whatever the environment says by now."""
    return Settings(home=run.path.parents[1])


def photos_of(run: RunFolder) -> PreparedPhotos:
    """The prepared photos that a run learns from. Raises PhotosError where they are missing or damaged."""
    return open_prepared(home_of(run).prepared, str(run.about()["photos"].get("fingerprint")))


def finish(
    run: RunFolder, request: RunRequest, voice: Voice, stages: Stages, photos: PreparedPhotos, reporter: Reporter
) -> None:
    """Save the model as the last epoch left it, then score photos it has not seen with the best epoch's weights."""
    voice.say(activity="Saving the network")
    save_without_optimizer(stages.whole, request.network, run)
    voice.check_stop()
    voice.say(activity="Scoring the validation and the test photos")
    if run.best_weights.exists():  # not where validation accuracy was never a number
        stages.whole.load_weights(run.best_weights)
    scores = scored(stages.judging(), request.network, photos, [reporter], stages.held_out)
    run.write_evaluation(scores.as_json())


def save_without_optimizer(model: keras.Model, chosen: Recipe, run: RunFolder) -> None:
    """Write model.keras in one stroke, in float32. With Adam's two numbers beside each weight it would be three times
    as large.
    """
    bare = build(chosen, pretrained=False)
    bare.set_weights(model.get_weights())
    with replacing(run.model, FLOAT_BYTES * bare.count_params()) as scratch:
        bare.save(scratch)

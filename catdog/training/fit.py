"""The worker's Keras side: build, fit, keep the best epoch, score the test photos."""

import time
from importlib import metadata
from pathlib import Path

import keras

from catdog.insight.evaluate import scored
from catdog.models.build import build, compile_for_training
from catdog.models.device import device_in_use, precision_in_use
from catdog.models.feed import PhotoBatches
from catdog.photos import PreparedPhotos, evenly, open_prepared
from catdog.recipes import Recipe
from catdog.training.events import EventLog
from catdog.training.folder import RunFolder
from catdog.training.request import RunRequest
from catdog.training.voice import Voice

VALIDATION_COST = 0.35  # of a training photo: forward without backward, measured on the plain CNN


class Reporter(keras.callbacks.Callback):
    """Turns Keras' progress into events, and ends everything between two batches when a stop was asked.

    Raising is what ends a validation pass or a prediction at once; `model.stop_training` alone would finish them.
    """

    def __init__(self, voice: Voice, events: EventLog, request: RunRequest, training: int, validation: int) -> None:
        super().__init__()
        self.voice, self.events, self.request = voice, events, request
        self.training, self.validation = training, validation  # photos
        self.steps = -(-training // request.batch_size)
        self.epoch, self.step, self.epoch_done = 1, 0, 0.0
        self.started = self.epoch_started = time.monotonic()
        self.first_step: float | None = None
        self.epoch_speed: float | None = None
        self.logs: dict[str, float] = {}

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.step, self.epoch_done = epoch + 1, 0, 0.0
        self.epoch_started = time.monotonic()

    def on_train_batch_end(self, batch, logs=None):
        self.voice.check_stop()
        self.step, self.logs = batch + 1, logs or {}
        photos = min(self.step * self.request.batch_size, self.training)
        self._report("training", photos / (self.training + VALIDATION_COST * self.validation))

    def on_test_begin(self, logs=None):
        self.epoch_speed = self._speed()

    def on_test_batch_end(self, batch, logs=None):
        self.voice.check_stop()
        photos = self.training + VALIDATION_COST * min((batch + 1) * self.request.batch_size, self.validation)
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
            self.first_step = now
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

    def _speed(self) -> float | None:
        """Training photos a second in this epoch; None before the second step."""
        since = max(self.epoch_started, self.first_step or 0.0)
        photos = min(self.step * self.request.batch_size, self.training)
        if since > self.epoch_started:
            photos -= self.request.batch_size
        passed = time.monotonic() - since
        return photos / passed if photos > 0 and passed > 0 else None

    def _seconds_left(self, epoch_done: float) -> float | None:
        """From the mean speed since the first step; None until something was done."""
        first_share = self.request.batch_size / self.training
        done = self.epoch - 1 + epoch_done - first_share
        if self.first_step is None or done <= 0:
            return None
        return (time.monotonic() - self.first_step) / done * (self.request.epochs - self.epoch + 1 - epoch_done)


class Publish(keras.callbacks.Callback):
    """Moves what ModelCheckpoint wrote to its final name in one stroke: a killed worker leaves nothing half-written."""

    def __init__(self, scratch: Path, final: Path) -> None:
        super().__init__()
        self.scratch, self.final = scratch, final

    def on_epoch_end(self, epoch, logs=None):
        if self.scratch.exists():
            self.scratch.replace(self.final)


def train(run: RunFolder, request: RunRequest, voice: Voice) -> None:
    """Train one run in this process, from its request to its scored photos.

    Raises StopAsked between two batches where someone asked for it, WeightsError or PhotosError where something that
    the run needs is missing.
    """
    chosen = request.network
    voice.check_stop()
    voice.say(activity="Building the network", device=device_in_use(), precision=precision_in_use())
    print(f"{chosen.key} on {device_in_use()}, {precision_in_use()}, Keras {metadata.version('keras')}", flush=True)
    if request.augmentation:
        print(f"Augmentation of its own: {request.augmentation.in_words()}", flush=True)
    photos = photos_of(run)
    keras.utils.set_random_seed(request.seed)
    model = build(chosen)
    compile_for_training(model, chosen, request.learning_rate)
    voice.check_stop()

    positions = training_positions(photos, request)
    validation = photos.positions("validation")
    reporter = Reporter(voice, EventLog(run.events), request, len(positions), len(validation))
    voice.say(phase="running", activity="Preparing the first step")
    scratch = run.path / ".best.weights.h5"
    model.fit(
        PhotoBatches(photos, positions, request.batch_size, seed=request.seed),
        validation_data=PhotoBatches(photos, validation, request.batch_size),
        epochs=request.epochs,
        shuffle=False,  # PhotoBatches shuffles by photo; Keras would only shuffle the batches
        verbose=0,
        callbacks=[
            reporter,
            keras.callbacks.ModelCheckpoint(
                str(scratch), monitor="val_accuracy", mode="max", save_best_only=True, save_weights_only=True
            ),
            Publish(scratch, run.best_weights),
        ],
    )
    finish(run, chosen, voice, model, photos, reporter)


def photos_of(run: RunFolder) -> PreparedPhotos:
    """The prepared photos that a run learns from. Raises PhotosError where they are missing or damaged."""
    return open_prepared(run.path.parents[1] / "prepared", str(run.about()["photos"].get("fingerprint")))


def training_positions(photos: PreparedPhotos, request: RunRequest):
    """The positions of the training photos: all of them, or as many as the run's limit allows, evenly by class."""
    positions = photos.positions("training")
    if request.limit is None or request.limit >= len(positions):
        return positions
    return positions[evenly(photos.labels[positions], request.limit, request.seed)]


def finish(
    run: RunFolder, chosen: Recipe, voice: Voice, model: keras.Model, photos: PreparedPhotos, reporter: Reporter
) -> None:
    """Save the model as the last epoch left it, then score photos it has not seen with the best epoch's weights."""
    voice.say(activity="Saving the network")
    save_without_optimizer(model, chosen, run)
    voice.check_stop()
    voice.say(activity="Scoring the validation and the test photos")
    if run.best_weights.exists():  # not where validation accuracy was never a number
        model.load_weights(run.best_weights)
    run.write_evaluation(scored(model, chosen, photos, [reporter]).as_json())


def save_without_optimizer(model: keras.Model, chosen: Recipe, run: RunFolder) -> None:
    """Write model.keras in one stroke. With Adam's two numbers beside each weight it would be three times as large."""
    bare = build(chosen, pretrained=False)
    bare.set_weights(model.get_weights())
    scratch = run.path / ".model.keras"
    bare.save(scratch)
    scratch.replace(run.model)

"""How the starter is trained: from random weights, on 20,000 photos, with a teacher's features beside the labels.

One pass of the schedule takes about an hour on two CPU cores. Settings were chosen by the photos that
`choosing_positions` sets aside; the validation folder plays no part here.
"""

from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from catdog.embedded import network
from catdog.progress import Pace, Report
from catdog.starter import teacher, views
from catdog.starter.examine import accuracy
from catdog.starter.pets import LabelledPhotos

SCHEDULE = ((72, 8), (80, 10), (96, 17), (112, 10))  # pixels, epochs: small pictures first, they are quick
EPOCHS = sum(epochs for _, epochs in SCHEDULE)
BATCH = 64
LEARNING_RATE, WARM_UP = 2e-3, 1  # AdamW's highest, and the epochs until it; then a cosine down to almost 0
WEIGHT_DECAY = 0.05
FEATURE_WEIGHT = 2.0  # of the teacher's features, beside the 1.0 of cat or dog
LOOK_EVERY = 5  # epochs
PRECISION = "mixed_bfloat16"  # a quarter quicker where the processor has it; the last layers stay float32


@dataclass(frozen=True)
class Lesson:
    """What is learned: views of photos, `boxes` (views, photos, 4), with P(dog) and teacher's features of each."""

    photos: LabelledPhotos
    boxes: np.ndarray
    dog: np.ndarray
    features: np.ndarray


def prepare(photos: LabelledPhotos, seed: int, cache: Path, report: Report) -> Lesson:
    """Draw the views and let the teacher look at them; its features are kept in the file `cache` (300 MB)."""
    boxes = views.draw_boxes(len(photos.photos), network.SIZE, np.random.default_rng(seed))
    if not cache.exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        scratch = cache.with_name(f".{cache.name}")
        np.save(scratch, teacher.look(photos.photos, boxes, report))
        scratch.replace(cache)  # whole or not at all: looking again takes long
    features = np.load(cache, mmap_mode="r")
    # The label says what the photo shows, the teacher whether this part of it still does.
    dog = (photos.labels + teacher.answers(features, photos.labels)) / 2
    return Lesson(photos, boxes, dog.astype(np.float32), features)


class LessonBatches(keras.utils.PyDataset):
    """One view of every photo an epoch, at size×size pixels, in an order drawn by `seed` and the epoch."""

    def __init__(self, lesson: Lesson, size: int, epoch: int, seed: int) -> None:
        super().__init__()
        self.lesson, self.size, self.epoch, self.seed = lesson, size, epoch, seed
        self._shuffle()

    def __len__(self) -> int:
        return len(self.order) // BATCH

    def __getitem__(self, index: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        random = np.random.default_rng((self.seed, self.epoch, index))
        chosen = np.sort(self.order[index * BATCH : (index + 1) * BATCH])
        view = self.epoch % views.VIEWS
        boxes = views.jittered(self.lesson.boxes[view, chosen], network.SIZE, random)
        pictures = views.disturbed(views.cut(self.lesson.photos.photos[chosen], boxes, self.size), random)
        features = self.lesson.features[view, chosen].astype(np.float32)
        return pictures, {"dog": self.lesson.dog[view, chosen, None], "features": features}

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._shuffle()

    def _shuffle(self) -> None:
        self.order = np.random.default_rng((self.seed, self.epoch)).permutation(len(self.lesson.photos.photos))


class Watch(keras.callbacks.Callback):
    """Reports how far the training is, and now and then asks the network about the choosing photos."""

    def __init__(self, classifier: keras.Model, choosing: LabelledPhotos, report: Report) -> None:
        super().__init__()
        self.classifier, self.choosing, self.report = classifier, choosing, report
        self.pace = Pace("Training the starter", "epochs")

    def on_epoch_end(self, epoch, logs=None):
        self.report(self.pace.at(epoch + 1, EPOCHS))
        figures = ", ".join(f"{name} {value:.4f}" for name, value in (logs or {}).items())
        asked = (epoch + 1) % LOOK_EVERY == 0 or epoch + 1 == EPOCHS
        chosen = f", choosing photos {accuracy(self.classifier, self.choosing):.1%}" if asked else ""
        print(f"epoch {epoch + 1}: {figures}{chosen}", flush=True)


def train(lesson: Lesson, choosing: LabelledPhotos, seed: int, report: Report) -> keras.Model:
    """Train from random weights; returns the network that answers, in float32."""
    keras.utils.set_random_seed(seed)
    ordinary = keras.config.dtype_policy()
    keras.config.set_dtype_policy(PRECISION)
    try:
        quick = network.body()
    finally:
        keras.config.set_dtype_policy(ordinary)
    dog = network.dog_layer()
    learner = _learner(quick, dog)
    steps = EPOCHS * (len(lesson.photos.photos) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps, warmup_target=LEARNING_RATE, warmup_steps=WARM_UP * steps // EPOCHS
    )
    optimizer = keras.optimizers.AdamW(rate, weight_decay=WEIGHT_DECAY)
    optimizer.exclude_from_weight_decay(var_names=["gamma", "beta", "bias"])
    learner.compile(
        optimizer,
        loss={"dog": keras.losses.BinaryCrossentropy(from_logits=True), "features": keras.losses.MeanSquaredError()},
        loss_weights={"dog": 1.0, "features": FEATURE_WEIGHT},
    )
    watch, done = Watch(network.classifier(quick, dog), choosing, report), 0
    for size, epochs in SCHEDULE:
        batches = LessonBatches(lesson, size, done, seed)
        learner.fit(batches, initial_epoch=done, epochs=done + epochs, shuffle=False, verbose=0, callbacks=[watch])
        done += epochs
    exact = network.body()
    exact.set_weights(quick.get_weights())
    return network.classifier(exact, dog)


def _learner(trained: keras.Model, dog: keras.layers.Dense) -> keras.Model:
    pixels = keras.Input((None, None, 3), name="pixels")
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32")(trained(pixels))
    features = keras.layers.Dense(teacher.FEATURES, name="features", dtype="float32")(pooled)
    return keras.Model(pixels, {"dog": dog(pooled), "features": features})

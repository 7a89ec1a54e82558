"""A request turned into what `fit` needs: the network, the part of it that learns, and the two feeds."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from catdog.errors import SettingError
from catdog.models.augment import Augment
from catdog.models.build import build, compile_for_training
from catdog.models.chance import Begins, Draws, EpochBegins, OneOfEach, numbers_a_call, state_of
from catdog.models.device import on_gpu
from catdog.models.features import FeatureStore
from catdog.models.feed import LOOKING_BATCH, Batches, feed, photo_batches
from catdog.models.frozen import split
from catdog.models.precision import precision_for
from catdog.models.replicas import Replicas, ValidateApart, replicas
from catdog.photos import PreparedPhotos, evenly
from catdog.progress import Report
from catdog.recipes import Recipe, augmentation_of, named_layers
from catdog.settings import IMAGE_SIZE
from catdog.training.request import RunRequest

HeldOut = Callable[[str], Batches]

HEAD_STEPS = 8  # at once, where only a head trains: one takes a millisecond, and so does calling the callbacks


@dataclass(frozen=True)
class Stages:
    """What a run trains, and on what.

    `whole` is the recipe's network; `learner` the part of it that learns, compiled, with `whole`'s own layers. What the
    learner takes comes from `training`, `validation` and `held_out(split)`: photos, or what a frozen base says of them.
    `chance` is all that draws by lot while it trains: it begins each epoch by the epoch's number.

    Where several devices train together, `replicas` are those, and `judge` is a learner of its own on one of them: it
    is asked about what the learner has not seen, because any number of photos may be. On one device both are one.
    """

    whole: keras.Model
    learner: keras.Model
    precision: str
    training: Batches
    validation: Batches
    held_out: HeldOut
    chance: tuple[Begins, ...]
    replicas: Replicas
    judge: keras.Model

    def fit(self, epochs: int, callbacks: list[keras.callbacks.Callback]) -> keras.callbacks.History:
        """Train for so many epochs. What goes wrong in a feed is raised as what it was, such as a PhotosError."""
        together = self.replicas.count > 1
        own = [ValidateApart(self._validate, callbacks)] if together else []
        try:
            with self.replicas.fitting():
                return self.learner.fit(
                    feed(self.training),
                    validation_data=None if together else feed(self.validation),
                    epochs=epochs,
                    shuffle=False,  # the batches are shuffled by photo; Keras would only shuffle the batches
                    verbose=0,
                    callbacks=[EpochBegins(self.chance), *own, *callbacks],
                )
        except Exception:
            if told := self.training.error or self.validation.error:
                raise told from None
            raise

    def judging(self) -> keras.Model:
        """What to ask about any photos: the learner's weights, as they are now, on one device."""
        if self.judge is not self.learner:
            self.judge.set_weights(self.learner.get_weights())
        return self.judge

    def _validate(self, callbacks: list[keras.callbacks.Callback]) -> dict[str, float]:
        with self.replicas.apart():
            return self.judging().evaluate(feed(self.validation), verbose=0, callbacks=callbacks, return_dict=True)


def stages_of(request: RunRequest, photos: PreparedPhotos, features: Path, tell: Report) -> Stages:
    """Build and compile the network of a request, and make its feeds.

    `features` is the folder for what frozen bases say; `tell` hears how far that is, and may raise to stop.
    Raises WeightsError or DiskError where something that the run needs is missing, and SettingError where there are
    more devices than photos to share out.
    """
    chosen, together = request.network, replicas(request.all_devices)
    precision = precision_for(chosen, request.precision, on_gpu()).name
    keras.utils.set_random_seed(request.seed)
    steps_at_once = 1 if request.copies is None else HEAD_STEPS
    with together.building():
        whole = build(chosen, precision=precision, others=together.layers)
        frozen, learner = split(whole, chosen)
        compile_for_training(learner, chosen, request.learning_rate, steps_at_once)
    positions = training_positions(photos, request)
    augment = _augment(whole, chosen, together.count > 1)
    if frozen is None:
        training, held_out = _photo_feeds(request, photos, positions, augment, together.count)
    else:
        store = FeatureStore(frozen, photos, features, tell)
        training, held_out = _feature_feeds(request, store, positions, augment)
    chance = (training, *_draws(learner, augment, training))
    judge = _judge(request, precision) if together.count > 1 else learner
    return Stages(whole, learner, precision, training, held_out("validation"), held_out, chance, together, judge)


def training_positions(photos: PreparedPhotos, request: RunRequest) -> np.ndarray:
    """The positions of the training photos: all of them, or as many as the run's limit allows, evenly by class."""
    positions = photos.positions("training")
    if request.limit is None or request.limit >= len(positions):
        return positions
    return positions[evenly(photos.labels[positions], request.limit, request.seed)]


def _augment(whole: keras.Model, chosen: Recipe, together: bool) -> Augment | None:
    """The network's own augmentation, drawing what its layers would draw; None where it has none."""
    augmentation = augmentation_of(chosen)
    generators = [whole.get_layer(name).generator for name, layer in named_layers(chosen) if layer.random]
    if together:  # theirs are on all devices, and these draw on none, beside the training
        generators = [keras.random.SeedGenerator(state_of(one)[0]) for one in generators]
    return Augment(augmentation, generators) if augmentation else None


def _judge(request: RunRequest, precision: str) -> keras.Model:
    """Another network like that of a request, of which the part that learns is given: all of it, with no frozen base.

    It belongs to one device. Its weights say nothing yet.
    """
    chosen = request.network
    _, judge = split(build(chosen, precision=precision), chosen)
    compile_for_training(judge, chosen, request.learning_rate)
    return judge


def _draws(learner: keras.Model, augment: Augment | None, training: Batches) -> tuple[Begins, ...]:
    """What draws by lot besides the order: dropout, augmentation, and which copy of a photo comes."""
    steps = len(training)
    drawing = [(layer.seed_generator, steps) for layer in learner.layers if isinstance(layer, keras.layers.Dropout)]
    if isinstance(training.take, OneOfEach):  # the copies were made before
        return Draws(drawing), training.take
    if augment:
        generators = [generator for _, generator in augment.steps]
        photo = np.zeros((1, *IMAGE_SIZE, 3), np.uint8)
        numbers = numbers_a_call(generators, lambda: augment(photo))
        drawing += [(one, steps * often) for one, often in zip(generators, numbers, strict=True)]
    return (Draws(drawing),)


def _photo_feeds(
    request: RunRequest, photos: PreparedPhotos, positions: np.ndarray, augment: Augment | None, devices: int
) -> tuple[Batches, HeldOut]:
    if len(positions) < devices:
        raise SettingError(
            f"{len(positions)} training photos are too few for {devices} devices, each of which takes one or more in a "
            f"step. Take more photos, or train on one device."
        )
    training = photo_batches(photos, positions, devices * request.batch_size, request.seed, augment, devices)
    return training, lambda name: photo_batches(photos, photos.positions(name), LOOKING_BATCH)


def _feature_feeds(
    request: RunRequest, store: FeatureStore, positions: np.ndarray, augment: Augment | None
) -> tuple[Batches, HeldOut]:
    photos, shape = store.photos, store.frozen.output_shape[1:]

    def held_out(name: str) -> Batches:
        # Nothing changes there from epoch to epoch, so the base looks once, in the exact way as well.
        answers = store.of(photos.positions(name))[:, 0]
        return Batches(answers.__getitem__, photos.labels[photos.positions(name)], LOOKING_BATCH, shape, "float32")

    def looked_at_anew(places: np.ndarray) -> np.ndarray:
        return store.ask(augment(photos.pixels(positions[places])))

    take = looked_at_anew
    if augment is None or request.copies is not None:
        known = store.of(positions, augment.augmentation if augment else None, request.copies or 0)
        take = OneOfEach(known, request.seed)
    return Batches(take, photos.labels[positions], request.batch_size, shape, "float32", request.seed), held_out

"""The starter, ready to be asked."""

from pathlib import Path

import keras

from catdog.embedded.network import BODY, body, classifier, dog_layer
from catdog.embedded.stored import FOLDER, card, load_weights
from catdog.insight.calibration import Calibration
from catdog.insight.classifier import ONE_AT_A_TIME, Classifier
from catdog.insight.explain import Halves


def load_starter() -> Classifier:
    """The network that comes with catdog; it needs no photos, no other weights and no connection."""
    with ONE_AT_A_TIME:
        model = stored_network(FOLDER)
        return Classifier(model, True, Calibration.from_json(card()["calibration"]), starter_halves(model))


def stored_network(folder: Path) -> keras.Model:
    """The starter's network with the weights that are stored in a folder."""
    model = classifier(body(), dog_layer())
    model.set_weights(load_weights(folder))
    return model


def starter_halves(model: keras.Model) -> Halves:
    """The starter cut behind its last features, without its look at the mirror image."""
    small, trunk, dog = (model.get_layer(name) for name in ("smaller", BODY, "dog"))
    features = keras.Input(trunk.output.shape[1:])
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    return keras.Model(model.input, trunk(small(model.input))), keras.Model(features, dog(pooled))

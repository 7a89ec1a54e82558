"""The starter's teacher: MobileNetV2 as it came from ImageNet, whose features of each view the starter learns to tell.

A. Romero et al., "FitNets: Hints for Thin Deep Nets", 2014, https://arxiv.org/abs/1412.6550.
"""

import keras
import numpy as np

from catdog.models.pretrained import weights_file
from catdog.progress import Pace, Report
from catdog.starter.views import cut

SIZE = 192  # pixels: small photos enlarged to it gave the teacher's features 96 % on cats and dogs, unenlarged 92 %
FEATURES = 1280
BATCH = 64
HEAD_EPOCHS = 5


def look(photos: np.ndarray, boxes: np.ndarray, report: Report) -> np.ndarray:
    """The teacher's features of every view: float16 (views, photos, 1280), each feature with mean 0 and spread 1."""
    base = keras.applications.MobileNetV2(
        input_shape=(SIZE, SIZE, 3), include_top=False, weights=str(weights_file()), pooling="avg"
    )
    features = np.empty((*boxes.shape[:2], FEATURES), dtype=np.float32)
    pace = Pace("The teacher looks", "views")
    for view, parts in enumerate(boxes):
        for start in range(0, len(photos), BATCH):
            batch = slice(start, start + BATCH)
            pictures = cut(photos[batch], parts[batch], SIZE).astype(np.float32)
            features[view, batch] = base.predict_on_batch(pictures / 127.5 - 1)
            report(pace.at(view * len(photos) + min(start + BATCH, len(photos)), features[..., 0].size))
    features -= features.mean(axis=(0, 1))
    features /= features.std(axis=(0, 1)) + 1e-3
    return features.astype(np.float16)


def answers(features: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """The teacher's P(dog) for every view, float32 (views, photos), by one layer on its features, fitted here."""
    every = features.reshape(-1, FEATURES)
    head = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(1, activation="sigmoid")])
    head.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.01), keras.losses.BinaryCrossentropy())
    head.fit(every, np.tile(labels, len(features)).astype(np.float32)[:, None], 256, HEAD_EPOCHS, verbose=0)
    return head.predict(every, 1024, verbose=0).reshape(features.shape[:2])

"""The one place that turns what any of the networks says into the odds of a dog, and those into a probability."""

import numpy as np

LARGEST = 1e3  # log odds beyond this are as good as certain
SMALLEST = float(np.finfo(np.float32).tiny)  # a probability below it is 0 to a network, and its odds would be infinite


def log_odds(outputs: np.ndarray, from_logits: bool) -> np.ndarray:
    """ln(P(dog) / P(cat)) of each photo: float64 (photos,), above 0 where the network says "dog"; within ±1000.

    `outputs` is what the network gave, one row a photo: one logit for "dog", two logits, two probabilities (not
    `from_logits`), or 64 logits of which only the first two classes ever occur; those two are then weighed against
    each other. What is not a number, as a network gives whose training has failed, counts as even odds.
    """
    outputs = np.asarray(outputs, dtype=np.float64)
    cat, dog = (0.0, outputs[:, 0]) if outputs.shape[1] == 1 else outputs[:, :2].T
    if not from_logits:
        cat, dog = np.log(np.maximum(cat, SMALLEST)), np.log(np.maximum(dog, SMALLEST))
    return np.nan_to_num(dog - cat).clip(-LARGEST, LARGEST)


def dog_probability(odds: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    """P(dog), float64 (photos,), of log odds. A `temperature` above 1 makes every answer less sure, none different.

    C. Guo et al., "On Calibration of Modern Neural Networks", 2017, https://arxiv.org/abs/1706.04599.
    """
    odds = np.asarray(odds, dtype=np.float64) / temperature
    smaller = np.exp(-np.abs(odds))  # never above 1, so nothing overflows
    return np.where(odds >= 0, 1.0, smaller) / (1.0 + smaller)

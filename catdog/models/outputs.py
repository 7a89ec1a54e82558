"""The one place that turns what any of the networks says into P(cat), P(dog)."""

import numpy as np

from catdog.recipes import Recipe


def probabilities(outputs: np.ndarray, recipe: Recipe) -> np.ndarray:
    """P(cat), P(dog) of each photo: float64 (photos, 2), rows add up to 1.

    `outputs` is what the network gave, (photos, recipe.outputs): one logit for "dog", two logits, two probabilities,
    or 64 logits of which only the first two classes ever occur; those two are then weighed against each other.
    """
    outputs = np.asarray(outputs, dtype=np.float64)
    if recipe.outputs == 1:
        logits = np.hstack([np.zeros_like(outputs), outputs])  # a sigmoid is a softmax against 0
    elif recipe.from_logits:
        logits = outputs[:, :2]
    else:
        return outputs / outputs.sum(axis=1, keepdims=True)
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)

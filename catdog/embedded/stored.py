"""The embedded network as it is stored: its weights as half-precision numbers, and its card."""

import json
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent  # where the one that comes with catdog lies
WEIGHTS, CARD = "weights.npz", "card.json"


def save_weights(weights: list[np.ndarray], folder: Path) -> None:
    """Write a network's weights, in Keras' order, at two bytes a number: half the size, and the same answers."""
    np.savez(folder / WEIGHTS, *[one.astype(np.float16) for one in weights])


def load_weights(folder: Path = FOLDER) -> list[np.ndarray]:
    """The weights, float32, in Keras' order."""
    with np.load(folder / WEIGHTS, allow_pickle=False) as stored:
        return [stored[name].astype(np.float32) for name in stored.files]


def save_card(card: dict[str, Any], folder: Path) -> None:
    (folder / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")


def card(folder: Path = FOLDER) -> dict[str, Any]:
    """What is known of the starter: what it learned from, how good it is, how it was calibrated."""
    return json.loads((folder / CARD).read_text(encoding="utf-8"))

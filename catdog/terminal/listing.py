"""`recipes` and `prepare`: what there is to train, and the photos to train on."""

import argparse
import json
import sys

from catdog.models.pretrained import give_weights
from catdog.recipes import RECIPES, Recipe, output_shape, total_parameters, trainable_parameters
from catdog.settings import REAL
from catdog.terminal.bar import DONE, Bar, photos_with_bar


def recipes(given: argparse.Namespace) -> int:
    """List the 22 recipes."""
    rows = [_row(one) for one in RECIPES.values()]
    if given.json:
        print(json.dumps(rows))
        return DONE
    print(f"{'key':15} {'architecture':14} {'parameters':>11} {'trainable':>11} {'outputs':>7}  learning rate")
    for row in rows:
        print(
            f"{row['key']:15} {row['architecture']:14} {row['total_parameters']:11,} {row['trainable_parameters']:11,} "
            f"{row['output_shape'][-1]:7}  {row['learning_rate']:g}"
        )
    return DONE


def prepare(given: argparse.Namespace) -> int:
    """Fetch and decode the photos, after taking over a file of pretrained weights where one is given."""
    if given.weights:
        with Bar() as bar:
            place = give_weights(given.weights, bar)
        print(f"catdog: MobileNetV2's weights are now in {place}", file=sys.stderr)
    photos = photos_with_bar(given.photos, otherwise=REAL)
    if given.json:
        unreadable = [{"file": file, "reason": reason} for file, reason in photos.unreadable]
        about = {
            "name": photos.name,
            "kind": photos.kind,
            "folder": str(photos.root),
            "fingerprint": photos.fingerprint,
        }
        print(json.dumps(about | {"photos": photos.counts(), "unreadable": unreadable}))
        return DONE
    for split, counts in photos.counts().items():
        print(f"{split:10} {counts['cat']:6,} cats {counts['dog']:6,} dogs")
    for file, reason in photos.unreadable:
        print(f"skipped    {file}: {reason}")
    return DONE


def _row(one: Recipe) -> dict[str, object]:
    return {
        "key": one.key,
        "post": one.post,
        "architecture": one.architecture,
        "loss": one.loss,
        "learning_rate": one.learning_rate,
        "output_shape": [None, *output_shape(one)],
        "total_parameters": total_parameters(one),
        "trainable_parameters": trainable_parameters(one),
    }

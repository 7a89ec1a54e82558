"""Python reads this before all else where PYTHONPATH names this folder: what is slow then waits for a test to go on.

A thing waits as long as CATDOG_HOME holds a file of its name, such as `hold-reason`.
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[3]
LONGEST = 120  # seconds; only a broken test takes as long
PAUSE = 0.02


def held(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
    """The same, once its file has gone."""
    file = Path(os.environ["CATDOG_HOME"], f"hold-{name}")

    def wait_and_act(*given: Any, **named: Any) -> Any:
        until = time.monotonic() + LONGEST
        while file.exists() and time.monotonic() < until:
            time.sleep(PAUSE)
        return act(*given, **named)

    return wait_and_act


def hold_back() -> None:
    """Let the photos, the networks and what is asked of them wait."""
    from catdog.ui import pictures, results_takeaway, shared

    def load_classifier(name: str) -> Any:
        network = _load_classifier(name)
        for thing, asked in (("answers", "answer"), ("heat", "reason"), ("maps", "maps")):
            setattr(network, thing, held(asked, getattr(network, thing)))
        return network

    _load_classifier, _load_augment = shared._load_classifier, shared._load_augment
    shared._load_classifier = held("network", load_classifier)
    shared._load_augment = held("keras", lambda report: held("copies", _load_augment(report)))
    shared.ready_photos = held("photos", shared.ready_photos)
    pictures.own_shape = held("picture", pictures.own_shape)
    results_takeaway.exported = held("file", results_takeaway.exported)
    results_takeaway.report = held("report", results_takeaway.report)


if "streamlit" in sys.orig_argv:  # not in the workers that it starts
    sys.path.insert(0, str(ROOT))
    hold_back()

"""What a network says about a visitor's pictures: each is asked about once, and the answer is remembered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from catdog.insight.answer import Answer
from catdog.progress import Pace
from catdog.ui.classify_pictures import REMEMBERED, Brought

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

AT_ONCE = 16  # pictures between two steps of the bar


def answer_all(pictures: Sequence[Brought], name: str, classifier: "Classifier") -> dict[int, Answer]:
    """The network's answer to every picture, by the picture's number."""
    remembered = st.session_state.setdefault(REMEMBERED, {}).setdefault(name, {})
    missing = [picture for picture in pictures if picture.number not in remembered]
    if len(missing) > AT_ONCE:
        _ask_many(missing, remembered, classifier)
    elif missing:
        with st.spinner("Asking the network …", show_time=True):
            _ask(missing, remembered, classifier)
    return {picture.number: remembered[picture.number] for picture in pictures}


def _ask_many(missing: Sequence[Brought], remembered: dict[int, Answer], classifier: "Classifier") -> None:
    """Some at a time, with a bar that says how many there are still to ask about."""
    bar, pace = st.progress(0.0, text="Asking the network …"), Pace("Asking the network", "pictures")
    for start in range(0, len(missing), AT_ONCE):
        some = missing[start : start + AT_ONCE]
        _ask(some, remembered, classifier)
        progress = pace.at(start + len(some), len(missing))
        bar.progress(progress.share, text=progress.sentence())
    bar.empty()


def _ask(some: Sequence[Brought], remembered: dict[int, Answer], classifier: "Classifier") -> None:
    answers = classifier.answers(np.stack([picture.pixels for picture in some]))
    remembered.update({picture.number: answer for picture, answer in zip(some, answers, strict=True)})

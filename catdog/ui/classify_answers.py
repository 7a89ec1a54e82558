"""What a network says about a visitor's pictures: each is asked about once, and the answer is remembered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from catdog.insight.answer import Answer
from catdog.ui.classify_pictures import REMEMBERED, Brought
from catdog.ui.words import counted

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

AT_ONCE = 16  # pictures between two steps of the bar


def answer_all(pictures: Sequence[Brought], name: str, classifier: "Classifier") -> dict[int, Answer]:
    """The network's answer to every picture, by the picture's number."""
    remembered = st.session_state.setdefault(REMEMBERED, {}).setdefault(name, {})
    missing = [picture for picture in pictures if picture.number not in remembered]
    bar = st.progress(0.0, text="Asking …") if len(missing) > AT_ONCE else None
    for start in range(0, len(missing), AT_ONCE):
        some = missing[start : start + AT_ONCE]
        answers = classifier.answers(np.stack([picture.pixels for picture in some]))
        remembered.update({picture.number: answer for picture, answer in zip(some, answers, strict=True)})
        if bar:
            bar.progress(
                (start + len(some)) / len(missing), text=f"{start + len(some)} of {counted(len(missing), 'picture')}"
            )
    if bar:
        bar.empty()
    return {picture.number: remembered[picture.number] for picture in pictures}

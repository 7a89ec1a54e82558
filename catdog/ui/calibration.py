"""How far a network's probabilities can be believed, for Classify and Results alike."""

import streamlit as st

from catdog.figures import reliability_figure
from catdog.figures.in_words import reliability_in_words
from catdog.insight.calibration import SURE, Calibration
from catdog.numbers import percent
from catdog.ui.glossary import meaning
from catdog.ui.live_chart import chart


def show_calibration(calibration: Calibration | None, key: str) -> None:
    """The temperature, what it changed, and the reliability before and after it."""
    if calibration is None:
        st.markdown(
            "Its probabilities are shown as the network gives them: the photos that it was trained with are no longer "
            "prepared, so they could not be checked."
        )
        return
    before, after, unsure = calibration.before, calibration.after, calibration.photos - calibration.sure
    right = f", and right in {calibration.sure_right / calibration.sure:.1%} of these" if calibration.sure else ""
    st.markdown(
        f"A network may be surer than it should be, or less sure. On {calibration.photos:,} photos that it did not "
        f"learn from, a temperature of **{calibration.temperature:.2f}** made its probabilities fit best: its odds are "
        f"divided by it, so that above 1 it becomes more careful and below 1 bolder, and no answer changes. The loss "
        f"went from {before.loss:.3f} to {after.loss:.3f}, and the average distance between what it claims and how "
        f"often it is right from {before.error:.1%} to {after.error:.1%}.",
        help=meaning("calibration"),
    )
    st.markdown(
        f"Below {percent(SURE)} for its answer, Classify says **not sure**. Of those photos it was sure of "
        f"{calibration.sure:,}{right}; of the other {unsure:,} it was not."
    )
    chart(
        reliability_figure(curves_of(calibration)),
        key=key,
        alt=reliability_in_words(*((one.error, one.claimed, one.right) for one in (before, after))),
    )


def curves_of(calibration: Calibration) -> dict[str, tuple]:
    """What `reliability_figure` draws."""
    pairs = (("before", calibration.before), ("after", calibration.after))
    return {name: (one.claimed, one.right, one.photos) for name, one in pairs}

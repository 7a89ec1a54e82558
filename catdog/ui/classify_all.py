"""All networks about one picture: the four ideas and the starter may well disagree."""

from collections.abc import Mapping

import streamlit as st

from catdog.insight.overlay import evidence, overlay
from catdog.numbers import percent
from catdog.recipes import ARCHITECTURES, lesson_recipe
from catdog.training import Snapshot
from catdog.training.choices import STARTER, one_of_each
from catdog.ui import places
from catdog.ui.classify_answers import answer_all
from catdog.ui.classify_pictures import Brought
from catdog.ui.classify_view import STRENGTH, in_words, own_image
from catdog.ui.pictures import jpeg
from catdog.ui.shared import classifier_task
from catdog.ui.waiting import classifier_or_panel

CARD_WIDTH = 160  # pixels


def ask_all(picture: Brought, known: Mapping[str, Snapshot | None]) -> None:
    """The starter and the best run of each of the four architectures, side by side on this picture."""
    st.header("All networks on this picture", anchor=False)
    asked = one_of_each(run for run in known.values() if run)
    for name in (STARTER, *(run.id for run in asked.values())):
        classifier_task(name)  # all begin to load now, one after another
    verdict = st.empty()
    labels = []
    with st.grid(len(ARCHITECTURES) + 1, min_column_width=CARD_WIDTH, gap="small"):
        labels.append(_card("The starter", STARTER, picture, ""))
        for key, architecture in ARCHITECTURES.items():
            title = f"{architecture.number} {architecture.title}"
            if key in asked:
                run = asked[key]
                labels.append(_card(title, run.id, picture, f"{run.title}, {percent(run.best[1])}"))
            else:
                _untrained(title, key)
    said = [label for label in labels if label]
    if len(said) > 1:
        verdict.markdown(f"**All say {said[0]}.**" if len(set(said)) == 1 else "**They disagree.**")


def _card(title: str, name: str, picture: Brought, about: str) -> str | None:
    """One network's answer and map; returns its label, None while it is being loaded."""
    with st.container(border=True, height="stretch", key=f"classify.card.{name}"):
        st.markdown(f"**{title}**")
        classifier = classifier_or_panel(name, "card")
        if classifier is None:
            return None
        answer = answer_all([picture], name, classifier)[picture.number]
        with st.spinner("Asking it why …", show_time=True):
            heat = evidence(classifier.heat(picture.pixels), answer.label)
        st.image(
            jpeg(overlay(own_image(picture), heat, STRENGTH / 100)),
            caption=in_words(answer),
            width="stretch",
            alt=f"{title}: {in_words(answer)}",
        )
        st.caption(about)
        return answer.label


def _untrained(title: str, architecture: str) -> None:
    with st.container(border=True, height="stretch"):
        st.markdown(f"**{title}**")
        st.caption("Not trained here yet.")
        st.page_link(
            places.TRAINING,
            label="Train it",
            icon=":material/play_arrow:",
            query_params={"recipe": lesson_recipe(architecture).key},
        )

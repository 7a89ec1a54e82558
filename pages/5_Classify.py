"""Classify: "What does it say about yours?" Any picture, any trained network, with the reason why."""

import streamlit as st

from catdog.ui.classify_all import ask_all
from catdog.ui.classify_answers import answer_all
from catdog.ui.classify_gallery import show_counts, show_gallery, show_own_confusion, show_table
from catdog.ui.classify_model import choose_model, models, show_model
from catdog.ui.classify_pictures import bring, kept, opened, pictures
from catdog.ui.classify_view import show_picture
from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.lesson_panel import page_panel
from catdog.ui.waiting import classifier_or_panel

page("Classify", "What does it say about yours?")

with guard():
    left, right = st.columns([3, 2], gap="medium")
    with right:
        known = models()
        name = choose_model(known)
        everyone = st.toggle("Ask all networks", key="classify.all", bind="query-params", persist_state="session")
        classifier = classifier_or_panel(name, "chosen")
    with left:
        bring()
    brought, answers = pictures(), {}
    if classifier:
        answers = answer_all(brought, name, classifier)
    if picture := opened():
        show_picture(picture, answers.get(picture.number), classifier)
        if everyone:
            ask_all(picture, known)
    page_panel("Classify")
    if answers and len(brought) > 1:
        st.divider()
        show_counts(answers)
        show_gallery(brought, answers)
    if answers:
        show_own_confusion(brought, answers)
    if len(kept()) > 1:
        show_table(kept(), answers)
    if classifier:
        show_model(name, known[name], classifier.calibration)

"""Training: "Can it learn?" Choose one of the 22 recipes, start it, watch it learn."""

import streamlit as st

from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.lesson_panel import page_panel
from catdog.ui.links import WATCHED
from catdog.ui.training_choice import choose_recipe, choose_settings, own_augmentation, show_recipe, start_run
from catdog.ui.training_runs import earlier_runs, others_training
from catdog.ui.training_view import watch_run
from catdog.ui.view import aside
from catdog.ui.waiting import base_or_panel, photos_or_panel

page("Training", "Can it learn?")

run_id = st.query_params.get(WATCHED)
if run_id:
    with guard():
        watch_run(run_id)
        page_panel("Training")
    st.divider()
    st.header("Train another", anchor=False)
else:
    others_training()

with guard():
    chosen = choose_recipe()
    photos = photos_or_panel()
    training_photos = len(photos.positions("training")) if photos else 0
    request, pressed, below = choose_settings(chosen, training_photos, own_augmentation(chosen), base_or_panel(chosen))
    if pressed and photos:
        start_run(request, photos.reference, below)
    if not run_id:
        page_panel("Training")
    show_recipe(request.network)
    with aside("training.earlier"):
        earlier_runs(run_id)

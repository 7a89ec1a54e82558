"""Dataset: "What does the network see?" Random photos, how many there are, what a batch is, where they come from."""

import streamlit as st

from catdog.ui.dataset import choose_view, show_batch, show_counts, show_photos, show_sizes
from catdog.ui.dataset_source import show_source
from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.lesson_panel import page_panel
from catdog.ui.photo_set import choose_photos
from catdog.ui.waiting import photos_or_panel

page("Dataset", "What does the network see?")

with guard():
    choose_photos("dataset")
    photos = photos_or_panel()
    if photos:
        pictures = st.container()  # above the controls, which must be read first
        view = choose_view()
        with pictures:
            show_photos(photos, view)
    page_panel("Dataset", can_try=bool(photos))
    if photos:
        show_counts(photos)
        show_batch(photos)
        show_sizes(photos)
    show_source(photos)

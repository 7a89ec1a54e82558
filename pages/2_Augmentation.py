"""Augmentation: "How many pictures hide in one?" Flips and turns at work on a photo, by the layers that train."""

import streamlit as st

from catdog.ui.augmentation_choice import again, begin_choice, choose_augmentation
from catdog.ui.augmentation_photo import choose_photo
from catdog.ui.augmentation_view import (
    show_batch,
    show_code,
    show_copies,
    show_original,
    show_scaling,
    use_in_training,
)
from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.lesson_panel import page_panel
from catdog.ui.waiting import augment_or_panel, photos_or_panel

page("Augmentation", "How many pictures hide in one?")

with guard():
    begin_choice()
    photos = photos_or_panel()
    left, right = st.columns(2, gap="medium")
    with left:
        original = st.container()  # above its buttons, which must be read first
        chosen = choose_photo(photos)
    with right:
        copies = st.container()
        again()
    choice = choose_augmentation()
    with original:
        show_original(chosen)
    if chosen:
        with copies:
            augment = augment_or_panel()
            if augment:
                show_copies(chosen, choice, augment)
    page_panel("Augmentation", can_try=bool(chosen))
    if chosen:
        if augment and photos:
            show_batch(photos, choice, augment)
        show_scaling(chosen)
    show_code(choice)
    use_in_training(choice)

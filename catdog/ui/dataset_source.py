"""Where the photos come from, which of them could not be read, and how to use one's own."""

from urllib.parse import urlsplit

import streamlit as st

from catdog.numbers import counted
from catdog.photos import PreparedPhotos
from catdog.photos.decode import KINDS
from catdog.photos.sources import FEWEST
from catdog.settings import DATASET_NAME, DATASET_PHOTOS, OWN, PHOTO_MAX_BYTES, PHOTO_MAX_PIXELS, SAMPLE, SAMPLE_PHOTOS
from catdog.ui.photo_set import SAMPLE_COUNT, photo_set
from catdog.ui.shared import where
from catdog.ui.words import plain, told

UNREADABLE_SHOWN = 100  # files
OWN_TREE = f"""\
my_photos/
├── train/
│   ├── cats/   at least {FEWEST} pictures
│   └── dogs/
└── validation/
    ├── cats/
    └── dogs/"""
OWN_COMMAND = "python3 -m catdog run --photos my_photos"


def show_source(photos: PreparedPhotos | None) -> None:
    """Which photos are in use and where they come from; open from the start while there are none."""
    with st.expander("Where the photos come from, and how to use your own", expanded=photos is None):
        st.markdown(_in_use(photos))
        st.markdown("**Your own photos** take their place when they lie in a folder like this:")
        st.code(OWN_TREE, language=None)
        st.markdown("End catdog in its terminal with Ctrl-C, then start it with that folder:")
        st.code(OWN_COMMAND, language="bash")
        st.caption(
            f"The folders must bear these names; what is in the pictures is up to you. Any {KINDS} is read, "
            f"up to {PHOTO_MAX_BYTES // 1024**2} MB and {PHOTO_MAX_PIXELS // 10**6} megapixels. Nothing in the "
            f"folder is changed."
        )
    if photos and photos.unreadable:
        _unreadable(photos)


def _in_use(photos: PreparedPhotos | None) -> str:
    used = "In use" if photos else "To be used"
    if photo_set() == OWN:
        return f"{used}: your own folder **{plain(where().own_photos.name)}**."
    if photo_set() == SAMPLE:
        return (
            f"{used}: **the drawn sample**, {SAMPLE_COUNT} cats and dogs that catdog draws itself on this machine, the "
            f"same ones everywhere: {SAMPLE_PHOTOS['train']} for training and {SAMPLE_PHOTOS['validation']} held back. "
            f"It stands in for the real photos where those cannot be fetched. Fur, pose, size, background and light "
            f"are shared out evenly between cats and dogs; ears, muzzle, eyes and tail tell them apart."
        )
    host = urlsplit(where().dataset_url).hostname
    fetched = f"fetched from {host}" if host else "read from a file on this machine"
    kept = "and kept, so that the next start needs no network" if photos else "and then kept"
    training, validation = DATASET_PHOTOS.values()
    return (
        f"{used}: **{DATASET_NAME}**, {training + validation:,} photos out of the 25,000 of the Kaggle contest “Dogs "
        f"vs. Cats”, {training:,} for training and {validation:,} held back. They are {fetched} once {kept}."
    )


def _unreadable(photos: PreparedPhotos) -> None:
    count = len(photos.unreadable)
    with st.expander(f"{counted(count, 'file')} could not be read", icon=":material/broken_image:"):
        st.markdown("The others are used. Mend or remove these, and start catdog again:")
        shown = photos.unreadable[:UNREADABLE_SHOWN]
        st.table(
            {"file": [plain(file) for file, _ in shown], "why": [told(reason) for _, reason in shown]},
            hide_index=True,
            alt=f"The first {len(shown)} of {count} files that could not be read, with the reasons",
        )
        if count > len(shown):
            st.caption(f"{count - len(shown):,} more are listed by `python3 -m catdog prepare`.")

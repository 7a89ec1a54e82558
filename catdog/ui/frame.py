"""What every page has: title and question, the way to the other pages, and one status line at the sidebar's foot."""

import streamlit as st
from PIL import Image, ImageDraw

from catdog.figures import CAT, DOG
from catdog.models.device import cpu_name, installed_gpu
from catdog.numbers import percent
from catdog.settings import REAL, SAMPLE
from catdog.training import Snapshot
from catdog.ui import places
from catdog.ui.announcing import announce
from catdog.ui.doors import keep_doors
from catdog.ui.glossary import glossary
from catdog.ui.guards import guard
from catdog.ui.lesson import lesson_bar
from catdog.ui.lesson_texts import LEDES
from catdog.ui.links import WATCHED, arrive
from catdog.ui.only_reads import tell_who_writes
from catdog.ui.page_bar import page_bar
from catdog.ui.photo_set import photo_set, photos_now, real_photos, real_photos_wait, use_photos
from catdog.ui.presenter_line import presenter_line
from catdog.ui.shared import board, under_way_now, where
from catdog.ui.style import STYLE
from catdog.ui.upload_room import bound_uploads

PAGES = {
    places.HOME: ("Home", ":material/home:"),
    places.DATASET: ("Dataset", ":material/photo_library:"),
    places.AUGMENTATION: ("Augmentation", ":material/cached:"),
    places.TRAINING: ("Training", ":material/show_chart:"),
    places.RESULTS: ("Results", ":material/compare_arrows:"),
    places.CLASSIFY: ("Classify", ":material/image_search:"),
}
WITH_A_CHOICE = ("Home", "Dataset")  # where the photos in use are chosen, and the real ones offered, on the page itself
STATUS_EVERY = 3.0  # seconds
IDLE_EVERY = 15.0  # while nothing changes: someone else may start a run


def page(name: str, question: str) -> None:
    """Begin a page: its name in the browser's tab, where one is, its question as the title, the sidebar."""
    st.set_page_config(page_title=f"{name} · catdog", page_icon=_icon(), layout="wide")
    st.html(STYLE)
    arrive(name)
    keep_doors()
    bound_uploads()
    with st.sidebar:
        st.markdown("## catdog")
        for path, (label, icon) in PAGES.items():
            st.page_link(path, label=label, icon=icon)
        if st.button("Words", key="frame.words", icon=":material/menu_book:", type="tertiary"):
            st.dialog("What the words mean", width="large")(glossary)()
        presenter_line()
        with st.container(key="frame.status"), guard():
            changing = photos_now().running or real_photos().running or board().busy
            st.fragment(_status, run_every=STATUS_EVERY if changing else IDLE_EVERY)(name)
    _header(name, question)
    with guard():
        tell_who_writes()
        lesson_bar(name)


def _header(name: str, question: str) -> None:
    """Where one is, the question that the page answers, and how to share it."""
    names = [label for label, _ in PAGES.values()]
    with st.container(key="frame.header", horizontal=True, vertical_alignment="center"):
        place = f" · page {names.index(name)} of {len(names) - 1}" if names.index(name) else ""
        st.markdown(f"**{name}**{place}", width="stretch")
        page_bar()
    st.title(question, anchor=False)
    with st.container(key="frame.lede"):
        st.markdown(LEDES[name])


@st.cache_resource(show_spinner=False)
def _icon() -> Image.Image:
    """Half cat, half dog. Drawn here, because Streamlit would have the browser fetch a named icon from elsewhere."""
    icon = Image.new("RGBA", (64, 64))
    draw = ImageDraw.Draw(icon)
    draw.pieslice((2, 2, 62, 62), 90, 270, fill=CAT)
    draw.pieslice((2, 2, 62, 62), 270, 90, fill=DOG)
    return icon


def _status(name: str) -> None:
    announce(here=st.query_params.get(WATCHED) if name == "Training" else None)
    offer = name not in WITH_A_CHOICE and real_photos_wait()
    if offer and st.button("Use the real photos", key="frame.real", type="primary"):
        use_photos(REAL)
        st.rerun()
    device = "a cluster" if where().cluster else installed_gpu() or cpu_name()
    st.caption(" · ".join((_photos(), device, _training())))


def _photos() -> str:
    task, real = photos_now(), real_photos()
    told = "photos are on their way" if task.running else "no photos"
    if task.result:
        told = f"{len(task.result.files):,} {'drawings' if photo_set() == SAMPLE else 'photos'}"
    if real.running and real.progress and real is not task:
        told += f", the real photos: {percent(real.progress.share)}"
    return told


def _training() -> str:
    active = [run for run in under_way_now() if run.active]
    more = f" and {len(active) - 1} more" if len(active) > 1 else ""
    return in_short(active[0]) + more if active else "nothing is training"


def in_short(run: Snapshot) -> str:
    """A run in a few words: what it is, how far, how good."""
    best = f", best {run.best[1]:.0%}" if run.best else ""
    return f"{run.title}: epoch {min(run.epochs_done + 1, run.request.epochs)} of {run.request.epochs}{best}"

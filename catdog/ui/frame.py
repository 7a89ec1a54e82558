"""What every page has: title and question, the way to the other pages, and one status line at the sidebar's foot."""

import streamlit as st
from PIL import Image, ImageDraw

from catdog.figures import CAT, DOG
from catdog.models.device import cpu_name, installed_gpu
from catdog.training import Snapshot
from catdog.ui.guards import guard
from catdog.ui.shared import board, photos_task

PAGES = {
    "dashboard.py": ("Home", ":material/home:"),
    "pages/3_Training.py": ("Training", ":material/show_chart:"),
}
STATUS_EVERY = 2.0  # seconds

# Streamlit lays radio options out in a row; as cards they are the clear choice that a class sees from afar.
STYLE = """<style>
:root { --catdog-accent: #009E73; --catdog-line: color-mix(in srgb, currentColor 20%, transparent); }
.stMainBlockContainer { max-width: 1240px; padding-top: 2.4rem; padding-bottom: 4rem; }
.stAppHeader { background: transparent; }
[data-testid="stCaptionContainer"] { color: inherit; opacity: 0.82; }
/* The accent is too dim for text on the dark background; the frame and the ground show the choice. */
.stApp .stMain button[data-variant="segmented_control"][data-selected="true"] { color: inherit; font-weight: 600; }
.st-key-frame-status { position: fixed; bottom: 1.2rem; max-width: 16rem; }
.st-key-training-architecture [role="radiogroup"] {
  display: grid; grid-template-columns: repeat(4, 1fr); gap: 0.8rem; width: 100%;
}
.st-key-training-architecture [role="radiogroup"] > div {
  position: relative; border: 2px solid var(--catdog-line); border-radius: 10px; padding: 0.8rem 0.9rem;
}
.st-key-training-architecture [role="radiogroup"] > div[data-selected="true"] {
  border-color: var(--catdog-accent); background: color-mix(in srgb, var(--catdog-accent) 9%, transparent);
}
.st-key-training-architecture [role="radiogroup"] > div:has(input:focus-visible) {
  outline: 3px solid var(--catdog-accent); outline-offset: 2px;
}
.st-key-training-architecture label::after { content: ""; position: absolute; inset: 0; cursor: pointer; }
.st-key-training-architecture label p { font-size: 1.1rem; }
@media (max-width: 900px) {
  .st-key-training-architecture [role="radiogroup"] { grid-template-columns: 1fr 1fr; }
}
@media (max-width: 640px) {
  .st-key-training-architecture [role="radiogroup"] { grid-template-columns: 1fr; }
  .st-key-home-strip-photos [data-testid="stHorizontalBlock"] {
    display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.5rem;
  }
  .st-key-home-strip-photos [data-testid="stColumn"] { min-width: 0; width: auto; }
  .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; }
  h1 { font-size: 1.7rem !important; }
}
</style>"""


def page(name: str, question: str) -> None:
    """Begin a page: its name in the browser's tab, its question as the title, the sidebar."""
    st.set_page_config(page_title=f"{name} · catdog", page_icon=_icon(), layout="wide")
    st.html(STYLE)
    with st.sidebar:
        st.markdown("## catdog")
        for path, (label, icon) in PAGES.items():
            st.page_link(path, label=label, icon=icon)
        with st.container(key="frame.status"), guard():
            changing = photos_task().running or board().under_way()
            st.fragment(_status, run_every=STATUS_EVERY if changing else None)()
    st.title(question, anchor=False)


@st.cache_resource(show_spinner=False)
def _icon() -> Image.Image:
    """Half cat, half dog. Drawn here, because Streamlit would have the browser fetch a named icon from elsewhere."""
    icon = Image.new("RGBA", (64, 64))
    draw = ImageDraw.Draw(icon)
    draw.pieslice((2, 2, 62, 62), 90, 270, fill=CAT)
    draw.pieslice((2, 2, 62, 62), 270, 90, fill=DOG)
    return icon


def _status() -> None:
    st.caption(" · ".join((_photos(), installed_gpu() or cpu_name(), _training())))


def _photos() -> str:
    task = photos_task()
    if task.result:
        return f"{len(task.result.files):,} photos"
    return "photos are on their way" if task.running else "no photos"


def _training() -> str:
    active = [run for run in board().under_way() if run.active]
    return in_short(active[0]) if active else "nothing is training"


def in_short(run: Snapshot) -> str:
    """A run in a few words: what it is, how far, how good."""
    best = f", best {run.best[1]:.0%}" if run.best else ""
    return f"{run.recipe.key}: epoch {min(run.epochs_done + 1, run.request.epochs)} of {run.request.epochs}{best}"

"""The runs beside the one on the page: what trains now, and what was trained before."""

import streamlit as st

from catdog.training import Snapshot
from catdog.ui.frame import in_short
from catdog.ui.shared import board
from catdog.ui.words import told

SHOWN = 12  # the newest


def others_training() -> None:
    """Who is training right now, with a way to watch; nothing where nobody is."""
    for run in board().under_way():
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f"**Training now.** {in_short(run)}" if run.active else f"**Waiting.** {in_short(run)}")
            _link(run, "Watch it")


def earlier_runs(shown: str | None) -> None:
    """Links to the newest runs that are over, without the one that is `shown`."""
    runs, unreadable = board().newest_over(SHOWN)
    over = [run for run in runs if run.id != shown]
    if not over and not unreadable:
        return
    with st.expander("Earlier runs"):
        for run in over:
            best = f"best {run.best[1]:.1%}" if run.best else "no epoch finished"
            _link(run, f"{run.title} · {run.phase} · {run.epochs_done} epochs · {best} · {when(run)}")
        for sentence in unreadable:
            st.caption(told(sentence))


def _link(run: Snapshot, label: str) -> None:
    st.page_link("pages/3_Training.py", label=label, query_params={"run": run.id}, icon=":material/show_chart:")


def when(run: Snapshot, seconds: bool = False) -> str:
    """Day and time of the start, from the run's id, in universal time."""
    day, time = run.id.split("-")[:2]
    moment = f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:4]}"
    return f"{moment}:{time[4:6]} UTC" if seconds else f"{moment} UTC"

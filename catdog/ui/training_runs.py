"""The runs beside the one on the page: what trains now, and what was trained before."""

import streamlit as st

from catdog.numbers import counted
from catdog.training import Snapshot
from catdog.ui import places
from catdog.ui.frame import in_short
from catdog.ui.links import WATCHED
from catdog.ui.shared import board
from catdog.ui.visitor import visitor_mark
from catdog.ui.words import told

SHOWN = 12  # the newest
NEXT = 3  # that wait and are shown whosever they are: a class of thirty fills the queue


def others_training() -> None:
    """What trains right now and what waits, with a way to watch; nothing where nobody trains."""
    runs = board().under_way()
    mine = visitor_mark()
    shown = [run for place, run in enumerate(runs) if place <= NEXT or run.visitor == mine]
    for run in shown:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            yours = " It is yours." if run.visitor == mine else ""
            st.markdown(f"{_turn(run, runs.index(run))}{yours}")
            _link(run, "Watch it")
    if len(runs) > len(shown):
        st.caption(f"{counted(len(runs) - len(shown), 'more run')} of others wait.")


def _turn(run: Snapshot, before: int) -> str:
    if run.active:
        return f"**Training now.** {in_short(run)}."
    return f"**Waiting, {counted(before, 'run')} before it.** {run.title}, {counted(run.request.epochs, 'epoch')}."


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
    st.page_link(places.TRAINING, label=label, query_params={WATCHED: run.id}, icon=":material/show_chart:")


def when(run: Snapshot, seconds: bool = False) -> str:
    """Day and time of the start, from the run's id, in universal time."""
    day, time = run.id.split("-")[:2]
    moment = f"{day[:4]}-{day[4:6]}-{day[6:]} {time[:2]}:{time[2:4]}"
    return f"{moment}:{time[4:6]} UTC" if seconds else f"{moment} UTC"

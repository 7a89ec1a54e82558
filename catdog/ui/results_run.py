"""One run closely: what it answered, where it was wrong, what is inside it, and how to take it away."""

from collections.abc import Sequence

import streamlit as st

from catdog.training import Snapshot
from catdog.ui.architecture import show_layers, show_network
from catdog.ui.guards import guard
from catdog.ui.links import RUN
from catdog.ui.results_answers import show_batch, show_matrices, show_mistakes, show_sureness
from catdog.ui.results_inside import show_inside
from catdog.ui.results_settings import settings_of
from catdog.ui.results_table import names
from catdog.ui.results_takeaway import take_away
from catdog.ui.shared import board
from catdog.ui.training_view import differ_from_post, show_log
from catdog.ui.words import plain


@st.fragment
def look_closely(runs: Sequence[Snapshot], chosen: Sequence[Snapshot]) -> None:
    """Choose one of the runs, and what to see of it; only what is open is worked out, and nothing else anew."""
    st.header("One run closely", anchor=False)
    run = _choose({run.id: run for run in runs}, chosen)
    tabs = st.tabs(list(TABS), key="results.tab", on_change="rerun", bind="query-params")
    for tab, show in zip(tabs, TABS.values(), strict=True):
        if tab.open:
            with tab, guard():
                show(run if run.over else board().snapshot(run.id))  # it may have gone on since the page was drawn


def _choose(known: dict[str, Snapshot], chosen: Sequence[Snapshot]) -> Snapshot:
    """The run that is looked at; it always stands in the address."""
    if st.session_state.get(RUN) not in known:
        over = [run.id for run in (*chosen, *known.values()) if run.over]
        st.session_state[RUN] = over[0] if over else next(iter(known))
    called = names(list(known.values()))
    run_id = st.selectbox("The run", list(known), format_func=called.get, key=RUN, persist_state="session", width=420)
    if st.query_params.get(RUN) != run_id:
        st.query_params[RUN] = run_id
    return known[run_id]


def _settings(run: Snapshot) -> None:
    asked = settings_of(run)
    values = [plain(value) for value in asked.values()]  # a table reads Markdown
    st.table({"setting": list(asked), "value": values}, hide_index=True, alt="The settings of this run")
    differ_from_post(run)
    st.markdown("**What it is made of**")
    show_network(run.recipe, "results")
    st.markdown("**The layers**")
    show_layers(run.recipe)
    st.markdown("**The log**")
    show_log(run.id)


TABS = {
    "Right and wrong": show_matrices,
    "Mistakes": show_mistakes,
    "How sure": show_sureness,
    "A test batch": show_batch,
    "Inside": show_inside,
    "Settings": _settings,
    "Take away": take_away,
}

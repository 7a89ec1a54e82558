"""The lesson of a page, in three parts side by side: what one sees, what one can try, and what it means."""

from collections.abc import Mapping

import streamlit as st

from catdog.ui.glossary import STYLE, say
from catdog.ui.lesson_texts import PANELS
from catdog.ui.links import WATCHED
from catdog.ui.view import aside

PARTS = ("What you see", "Try this", "What it means")
RECIPE = "recipe"  # in Training's address, and no widget's value


def page_panel(name: str, can_try: bool = True) -> None:
    """The panel of the page with this name, one of PANELS, and the way to the next page.

    `can_try` is whether there is anything yet that the experiments could show.
    """
    panel = PANELS[name]
    st.html(STYLE)
    with st.container(border=True, key="lesson.panel"):
        columns = st.columns(3, gap="medium")
        for column, title, texts in zip(columns, PARTS, (panel.see, panel.do, panel.means), strict=True):
            with column:
                st.header(title, anchor=False)
                say(*texts)
        if can_try:
            with columns[1], aside("lesson.experiments"):
                for number, (label, view) in enumerate(panel.experiments.items(), 1):
                    st.button(
                        label,
                        icon=":material/science:",
                        key=f"lesson.try.{number}",
                        on_click=_show,
                        args=[view],
                    )
        label, page = panel.onward
        st.page_link(page, label=label, icon=":material/arrow_forward:")


def _show(view: Mapping[str, bool | int | str]) -> None:
    """Bring this page into a view.

    A link to its own page would do the same, but Streamlit then leaves the address behind as it was.
    """
    st.query_params.pop(WATCHED, None)
    for name, value in view.items():
        if name == RECIPE:
            st.query_params[name] = value
        else:
            st.session_state[name] = value

"""What is to be read on the first page: the lesson for teachers, the words, and where everything comes from."""

from collections.abc import Callable

import streamlit as st

from catdog.credits import CREDITS, PREFACE, linked
from catdog.ui.glossary import glossary, unbroken
from catdog.ui.lesson_plan import BEFORE, MINUTES, STEPS, TIMES, page_name

STEP_WIDTH = 300  # pixels
CREDIT_WIDTH = 320  # pixels


def to_read() -> None:
    """Three panels; only what is open is drawn, and the address says which."""
    for name, (title, icon, draw) in PANELS.items():
        panel = st.expander(title, icon=icon, key=f"home.{name}", bind="query-params")
        if panel.open:
            with panel:
                draw()


def _teachers_path() -> None:
    st.markdown(BEFORE)
    begins = 0
    with st.grid(3, min_column_width=STEP_WIDTH, gap="small"):
        for number, step in enumerate(STEPS, 1):
            ends = begins + step.minutes
            with st.container(border=True, height="stretch", gap="xsmall"):
                st.page_link(
                    step.page,
                    label=f"**{number} {step.title}** · {page_name(step)}",
                    icon=":material/arrow_forward:",
                    query_params=dict(step.address),
                )
                st.caption(f"{step.minutes} minutes: {begins} to {ends}")
                st.markdown(unbroken(f"{step.do}\n\n**Ask:** {step.ask}\n\n**Usually:** {step.comes_out}"))
            begins = ends
    st.markdown(unbroken("\n\n".join(TIMES)))


def _credits() -> None:
    st.markdown(PREFACE)
    with st.grid(2, min_column_width=CREDIT_WIDTH, gap="medium"):
        for one in CREDITS:
            st.markdown(f"**{one.what}**  \n{one.origin}\n\n*Terms:* {one.terms}\n\n{linked(one)}")


PANELS: dict[str, tuple[str, str, Callable[[], None]]] = {
    "teachers": (f"For teachers: a lesson of {MINUTES} minutes", ":material/school:", _teachers_path),
    "words": ("The words, explained", ":material/dictionary:", glossary),
    "credits": ("Where everything comes from, and under what terms", ":material/copyright:", _credits),
}

"""Many pictures: counts, a gallery, a table to take away, and how often the network was right."""

import csv
import io
from collections.abc import Mapping, Sequence

import streamlit as st

from catdog.figures import confusion_figure
from catdog.figures.in_words import confusion_in_words
from catdog.insight.answer import Answer, Row, as_row
from catdog.numbers import counted, percent
from catdog.settings import CLASSES
from catdog.ui.classify_pictures import OPENED, Brought, Unread, mark
from catdog.ui.classify_view import in_words
from catdog.ui.live_chart import chart

PER_PAGE = 12
CELL_WIDTH = 150  # pixels
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a spreadsheet would reckon with what begins so

Answers = Mapping[int, Answer]


def show_counts(answers: Answers) -> None:
    """How many of each answer, in one line."""
    sure = [answer.label for answer in answers.values() if answer.sure]
    unsure = len(answers) - len(sure)
    parts = [counted(sure.count(label), label) for label in CLASSES]
    st.markdown(f"**{counted(len(answers), 'picture')}: {', '.join(parts)}, {unsure} not sure**")


def show_gallery(pictures: Sequence[Brought], answers: Answers) -> None:
    """The pictures, newest first, some at a time, each with its answer."""
    newest = list(reversed(pictures))
    pages = -(-len(newest) // PER_PAGE)
    page = 1
    if pages > 1:
        page = st.segmented_control("Page", range(1, pages + 1), default=1, required=True, key="classify.page") or 1
    with st.grid(6, min_column_width=CELL_WIDTH, gap="small"):
        for picture in newest[(page - 1) * PER_PAGE : page * PER_PAGE]:
            with st.container(border=True, key=f"classify.cell.{picture.number}"):
                answer = answers.get(picture.number)
                said = in_words(answer) if answer else "…"
                told = said if answer else "the network has not answered yet"
                st.image(picture.shown, caption=said, width="stretch", alt=f"{picture.name}: {told}")
                mark(picture, "gallery", "collapsed")
                st.button(
                    "Look",
                    width="stretch",
                    key=f"classify.open.{picture.number}",
                    on_click=_open,
                    args=[picture.number],
                )


def show_table(kept: Sequence[Brought | Unread], answers: Answers) -> None:
    """Everything as a table to sort, and as a file to take away."""
    panel = st.expander("Table", key="classify.table", bind="query-params")
    if not panel.open:
        return
    rows = [_row(one, answers) for one in kept]
    names = {"label": "says", "truth": "really", "error": "why not"}
    shares = {"probability_cat": "cat", "probability_dog": "dog"}
    panel.dataframe(
        rows,
        hide_index=True,
        placeholder="",
        column_order=["file", "label", "truth", *shares, "sure", "error"],
        column_config=names
        | {
            name: st.column_config.ProgressColumn(label, min_value=0, max_value=1, format="percent")
            for name, label in shares.items()
        },
        alt="Every file with its answer",
    )
    panel.download_button(
        "Download as CSV",
        as_csv(rows).encode("utf-8-sig"),
        "catdog.csv",
        "text/csv",
        on_click="ignore",
        icon=":material/download:",
    )


def _row(one: Brought | Unread, answers: Answers) -> Row:
    if isinstance(one, Unread):
        return as_row(one.name, None, one.reason) | {"truth": None}
    return as_row(one.name, answers.get(one.number)) | {"truth": one.truth}


def as_csv(rows: Sequence[Row]) -> str:
    """The rows as a CSV file. A file's name that a spreadsheet would take for a formula gets an apostrophe."""
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    for row in rows:
        file = str(row["file"])
        writer.writerow(row | {"file": f"'{file}" if file.startswith(FORMULA) else file})
    return out.getvalue()


def show_own_confusion(pictures: Sequence[Brought], answers: Answers) -> None:
    """How often the network was right about the pictures whose truth is marked; nothing where none is."""
    marked = [(picture.truth, answers[picture.number].label) for picture in pictures if picture.truth in CLASSES]
    if not marked:
        return
    counts = [[marked.count((truth, answer)) for answer in CLASSES] for truth in CLASSES]
    right = counts[0][0] + counts[1][1]
    st.header("Right and wrong", anchor=False)
    st.markdown(f"Of {counted(len(marked), 'marked picture')}, {right} right: {percent(right / len(marked))}.")
    chart(confusion_figure(counts), key="classify.confusion", alt=confusion_in_words(counts, "Marked pictures"))


def _open(number: int) -> None:
    st.session_state[OPENED] = number

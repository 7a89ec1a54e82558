"""Taking a run away: its curves, its network, the code that trains it again, and everything on one page."""

import streamlit as st

from catdog.background import BackgroundTask
from catdog.errors import ExportError
from catdog.insight.export import FORMATS, exported, missing_package
from catdog.progress import Progress, Report
from catdog.training import Snapshot
from catdog.training.history import history_csv
from catdog.training.script import training_notebook, training_script
from catdog.ui.progress import show_progress
from catdog.ui.results_report import report
from catdog.ui.results_scores import photos_for, scores_or_panel
from catdog.ui.results_table import name_of
from catdog.ui.shared import classifier_task, weights_of
from catdog.ui.waiting import classifier_or_panel
from catdog.ui.words import told

PANEL = 380  # pixels: wide enough for what it says, beside what the file is good for
MADE = 8  # files that are kept in memory, 1 to 50 MB each


def take_away(run: Snapshot) -> None:
    """Everything that can be taken from a run, a line each with what it is good for."""
    file = f"catdog-{run.id}"
    st.markdown("**The run**")
    with st.container(horizontal=True):
        _download("History (CSV)", history_csv(run), f"{file}.csv", "text/csv")
        _download(
            "Python script",
            training_script(run.request, run.state.precision, run.state.device),
            f"{file}.py",
            "text/x-python",
        )
        _download(
            "Notebook",
            training_notebook(run.request, run.state.precision, run.state.device),
            f"{file}.ipynb",
            "application/x-ipynb+json",
        )
    st.caption(
        "Script and notebook train this very network again with plain Keras, without catdog. Their beginning says how "
        "near their figures come to these."
    )
    if not run.over:
        st.info("It is still training. When it is done, its network and a report can be taken away as well.")
    if not (run.over and run.best):
        return
    st.markdown("**The network**, with the weights of its best epoch")
    for key, kind in FORMATS.items():
        missing = missing_package(key)
        with st.container(horizontal=True, vertical_alignment="center"):
            if missing:
                st.button(f"{kind.title} ({kind.ending})", disabled=True, key=f"results.make.{key}")
            else:
                _made(f"{kind.title} ({kind.ending})", run, key, f"{file}{kind.ending}")
            st.caption(missing or kind.purpose)
    st.markdown("**The report**")
    with st.container(horizontal=True, vertical_alignment="center"):
        _report(run, f"{file}.html")
        st.caption(
            "Curves, answers, worst mistakes with the reason why, settings and layers: one page, all in one file."
        )


def _made(label: str, run: Snapshot, kind: str, file: str) -> None:
    """A button that has the file made, then how far that is, then one that downloads it."""
    task = _export_task(run.id, kind, weights_of(run.id))
    if task.running:
        with st.container(width=PANEL):
            show_progress(task, f"{label} is being made.")
    elif task.done:
        _download(label, task.result, file, "application/octet-stream")
    else:
        if task.error:
            st.error(told(task.error))
        st.button(f"Make {label}", key=f"results.make.{kind}", on_click=task.start)


def _report(run: Snapshot, file: str) -> None:
    if not st.session_state.get(wanted := f"results.report.{run.id}"):
        st.button("Make the report", key="results.report", on_click=_want, args=[wanted])
        return
    scores, classifier = scores_or_panel(run), classifier_or_panel(run.id, "results.report")
    if not (scores and classifier):
        return
    photos = photos_for(run, scores)
    about = (run.id, name_of(run), photos and photos.fingerprint, weights_of(run.id))
    task = _report_task(*about, (run, scores, photos, classifier))
    task.begin()
    if task.running:
        with st.container(width=PANEL):
            show_progress(task, "The report is being written.")
    elif task.done:
        _download("Report (HTML)", task.result, file, "text/html")
    else:
        st.error(told(task.error))
        st.button("Try again", key="results.report.again", on_click=task.start)


@st.cache_resource(show_spinner=False, max_entries=MADE)
def _report_task(run_id: str, name: str, fingerprint: str | None, weights: int, _from: tuple) -> BackgroundTask[str]:
    """Writing the report, once: its maps take seconds, and the page is drawn anew at each click."""
    run, scores, photos, classifier = _from
    return BackgroundTask(lambda tell: report(run, name, scores, photos, classifier, tell), brief=True)


def _want(key: str) -> None:
    st.session_state[key] = True


@st.cache_resource(show_spinner=False, max_entries=MADE)
def _export_task(run_id: str, kind: str, weights: int) -> BackgroundTask[bytes]:
    """Making one file; begins when someone presses its button."""

    def work(tell: Report) -> bytes:
        tell(Progress("Loading the network", 0, 2, "steps"))
        loading = classifier_task(run_id)
        loading.start()
        loading.wait()
        if loading.result is None:
            raise ExportError(loading.error)
        tell(Progress("Writing it in that format", 1, 2, "steps"))
        return exported(loading.result.model, kind)

    return BackgroundTask(work, brief=True)


def _download(label: str, data: str | bytes, file: str, mime: str) -> None:
    st.download_button(
        label, data, file, mime, on_click="ignore", icon=":material/download:", key=f"results.get.{file}"
    )

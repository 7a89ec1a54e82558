"""The only way from a page to a change of a run, or to a fetch. Each act asks for the right itself.

A button that is hidden or greyed out stops nobody: the browser decides what it sends.
"""

from collections.abc import Callable, Sequence

import streamlit as st

from catdog.errors import CatdogError, RightsError, RunError
from catdog.training import RunRequest, sweep
from catdog.ui.rights import NO_START, is_presenter, may_change, may_resume, may_start, may_stop, owner
from catdog.ui.shared import board, under_way_now, where
from catdog.ui.words import told

OTHERS = "Only the presenter, or who has started a run, may"


def start(request: RunRequest, photos: dict[str, str]) -> str:
    """Queue a run on a prepared set (its `reference`) and return its id.

    Raises RightsError where this visitor may not, RunError where too many are under way or this server only reads,
    DiskError where it cannot be written.
    """
    _check_writes()
    _check(may_start(), NO_START)
    run_id = board().submit(request, photos, visitor=owner())
    under_way_now.clear()  # who has acted sees at once what came of it
    return run_id


def resume(run_id: str) -> None:
    """Let a run go on where it broke off. Raises RightsError, RunError or DiskError, as `start`."""
    _check_writes()
    run = board().snapshot(run_id)
    _check(may_resume(run), f"{OTHERS} resume it, the class only while it may train. Ask the presenter.")
    board().resume(run_id, visitor=owner())
    under_way_now.clear()


def stop(run_id: str) -> None:
    """Ask a run to stop. Raises RightsError where this visitor may not, RunError where there is no such run."""
    _check_writes()
    if not is_presenter():
        _check(may_stop(board().snapshot(run_id)), f"{OTHERS} stop it. Ask the presenter.")
    board().stop(run_id)
    under_way_now.clear()


def rename(run_id: str, name: str) -> None:
    """Give a run a name. Raises RightsError where this visitor may not, else as Board.rename."""
    _check_writes()
    _check(may_change(), "Only the presenter names runs here. Ask the presenter.")
    board().rename(run_id, name)


def delete(run_id: str) -> None:
    """Remove a run that is over. Raises RightsError where this visitor may not, else as Board.delete."""
    _check_writes()
    _check(may_change(), "Only the presenter deletes runs here. Ask the presenter.")
    board().delete(run_id)


def delete_sweep(sweep_id: str, runs: Sequence[str] = ()) -> None:
    """Forget a sweep, and remove these of its runs with it.

    Raises RightsError where this visitor may not, RunError where there is none or a run is not over, DiskError where
    something cannot be removed.
    """
    _check_writes()
    _check(may_change(), "Only the presenter deletes sweeps here. Ask the presenter.")
    for run_id in runs:
        board().delete(run_id)
    sweep.delete(where().home, sweep_id)


def fetch(task_start: Callable[[], object]) -> None:
    """Let the server fetch photos or weights. Raises RightsError where this visitor may not, RunError as `start`."""
    _check_writes()
    _check(may_change(), "Only the presenter has photos and weights fetched here. Ask the presenter.")
    task_start()


def fetch_pressed(task_start: Callable[[], object]) -> None:
    """`fetch` for a button's callback, where no page stands yet: a refusal is told beside it."""
    try:
        fetch(task_start)
    except CatdogError as error:
        st.toast(told(str(error)), icon=":material/error:")


def _check(allowed: bool, otherwise: str) -> None:
    if not allowed:
        raise RightsError(otherwise)


def _check_writes() -> None:
    """Raises RunError where another server looks after the same runs, and this one only reads."""
    if sentence := board().only_reads:
        raise RunError(sentence)

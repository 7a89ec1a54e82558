"""Runs that have ended say so, once, on whatever page one is by then."""

import time
from contextlib import suppress
from textwrap import shorten

import streamlit as st

from catdog.errors import RunError
from catdog.numbers import counted, in_tenths
from catdog.training import Snapshot
from catdog.ui.rights import is_presenter
from catdog.ui.shared import board, under_way_now
from catdog.ui.visitor import visitor_mark
from catdog.ui.words import plain, without_paths

UNDER_WAY = "announcing.under_way"  # ids of the runs that this visitor waits for, as of the last look
SAID = "announcing.said"  # words, icon, and until when they stand there
SECONDS = 20  # that an announcement stays: someone may be talking to the class
ONE_BY_ONE = 3  # that end between two looks; of more, one announcement tells
LETTERS = 200  # of the reason why a run has failed: its page tells all of it
ICONS = {
    "finished": ":material/check_circle:",
    "stopped": ":material/stop_circle:",
    "failed": ":material/error:",
}


def announce(here: str | None) -> None:
    """Say of each run that has ended since this visitor's last look what came of it.

    A visitor is told of their own runs, the presenter of all, and so is everyone where there is no presenter. `here` is
    the id of the run that stands on the page, which shows that by itself. What was over before the first look, or
    begins and ends between two of them, stays unsaid.
    """
    all_of_them, mine = is_presenter(), visitor_mark()

    def concerns(run: Snapshot) -> bool:
        return all_of_them or run.visitor == mine

    now = {run.id for run in under_way_now() if concerns(run)}
    before = set(st.session_state.get(UNDER_WAY, ()))
    gone = [run for run in map(_read, sorted(before - now - {here})) if run and concerns(run)]
    # What has not ended after all is looked for again: the list that all visitors share is a moment old.
    st.session_state[UNDER_WAY] = sorted(now | {run.id for run in gone if not run.over})
    _tell([run for run in gone if run.over])


def _read(run_id: str) -> Snapshot | None:
    """The run; None where it was deleted meanwhile, or can no longer be read."""
    with suppress(RunError):
        return board().snapshot(run_id)
    return None


def _tell(ended: list[Snapshot]) -> None:
    """What is new, below what still stands there: otherwise Streamlit would put the new one in the old one's place."""
    if not ended:
        return
    now = time.monotonic()
    standing = [one for one in st.session_state.get(SAID, ()) if one[2] > now]
    standing += [(words, icon, now + SECONDS) for words, icon in _announcements(ended)]
    st.session_state[SAID] = standing
    for words, icon, _ in standing:  # what a visitor sees already is not shown twice
        st.toast(words, icon=icon, duration=SECONDS)


def _announcements(ended: list[Snapshot]) -> list[tuple[str, str]]:
    if len(ended) > ONE_BY_ONE:
        return [(f"{counted(len(ended), 'run')} have ended. Look at them on Results.", ":material/flag:")]
    return [(in_words(run), ICONS[run.phase]) for run in ended]


def in_words(run: Snapshot) -> str:
    """What came of a run that is over, and where one sees more of it."""
    name = f"**{plain(run.name or run.title)}**"
    reached = f"{in_tenths(run.best[1])} on validation" if run.best else ""
    if run.phase == "finished":
        return f"{name} has finished{f': {reached}' if reached else ''}. Look at it on Results."
    if run.phase == "stopped":
        kept = f" Its best was {reached}." if reached else ""
        return f"{name} was stopped after {run.epochs_done} of {run.request.epochs} epochs.{kept}"
    reason = plain(shorten(without_paths(run.state.error), LETTERS, placeholder=" …")) or "Its worker left no reason."
    return f"{name} has failed. {reason} Its page under Training tells more."

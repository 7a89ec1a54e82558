"""The settings of a sweep in a table: mean and spread over their seeds, what they did, and who is missing."""

from collections.abc import Mapping, Sequence

import streamlit as st

from catdog.numbers import counted
from catdog.training.spread import Group
from catdog.training.verdicts import COLLAPSED, MEANINGS
from catdog.ui.glossary import meaning


def show_settings(settings: Sequence[Group]) -> None:
    """A row a setting; a column that would be empty is left out."""
    rows = [_row(one) for one in settings]
    empty = set() if any(row["others"] for row in rows) else {"others"}
    st.dataframe(
        rows,
        key="results.sweep.table",
        hide_index=True,
        column_order=[name for name in rows[0] if name not in empty],
        column_config=_COLUMNS,
        placeholder="–",
        alt=f"{counted(len(rows), 'setting')}: mean and spread of their finished runs",
    )


def _row(one: Group) -> dict[str, object]:
    """One line of the table; accuracies in percent, the deviation in points."""
    figures, best, test = one.last_five, one.best, one.test

    def percent(share: float | None) -> float | None:
        return None if share is None else 100 * share

    return {
        "setting": one.name,
        "mean": percent(figures and figures.mean),
        "lowest": percent(figures and figures.lowest),
        "highest": percent(figures and figures.highest),
        "deviation": percent(figures and figures.deviation),
        "best": percent(best and best.mean),
        "test": percent(test and test.mean),
        "seeds": f"{len(one.finished)} of {one.seeds}",
        "collapsed": len(one.collapsed),
        "did": _counts(one.did),
        "others": _counts(one.unfinished),
    }


def _counts(words: Mapping[str, int]) -> str | None:
    return ", ".join(f"{number} {word}" for word, number in words.items()) or None


def _percent(title: str, told_of: str) -> object:
    return st.column_config.NumberColumn(title, format="%.1f %%", help=told_of)


LAST_FIVE = f"{meaning('validation')} Of each run the mean of its last five epochs;"
_COLUMNS = {
    "setting": st.column_config.TextColumn("setting", pinned=True, help=meaning("learning rate")),
    "mean": _percent("mean", f"{LAST_FIVE} of those the mean over the seeds."),
    "lowest": _percent("lowest", f"{LAST_FIVE} of those the lowest seed's."),
    "highest": _percent("highest", f"{LAST_FIVE} of those the highest seed's."),
    "deviation": st.column_config.NumberColumn(
        "±", format="%.1f", help="The standard deviation between seeds, in points: about two of three lie so near."
    ),
    "best": _percent("best validation", "The mean over the seeds of what each run reached in its best epoch."),
    "test": _percent("test", f"{meaning('test')} The mean over the seeds."),
    "seeds": st.column_config.TextColumn("seeds", help=f"{meaning('seed')} Here how many of them have finished."),
    "collapsed": st.column_config.NumberColumn("collapsed", help=MEANINGS[COLLAPSED]),
    "did": st.column_config.TextColumn("what they did", help="  \n".join(f"**{w}**: {m}" for w, m in MEANINGS.items())),
    "others": st.column_config.TextColumn("not finished", help="They do not count in the figures of this table."),
}

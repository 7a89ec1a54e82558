"""Sweeps: each setting trained with several seeds, as one curve and the band that chance alone makes around it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import streamlit as st

from catdog.errors import RunError
from catdog.figures import Band, spread_figure
from catdog.figures.in_words import spread_in_words
from catdog.numbers import counted
from catdog.recipes import recipe
from catdog.training.spread import FINISHED, Group, groups, standing, takeaway
from catdog.training.sweep import Member, Sweep, members, open_sweep, sweeps
from catdog.training.verdicts import COLLAPSED, MEANINGS
from catdog.ui.acting import delete_sweep
from catdog.ui.glossary import STYLE, say, unbroken
from catdog.ui.guards import guard
from catdog.ui.live_chart import Plot, chart, plot_of
from catdog.ui.photo_set import photos_of
from catdog.ui.results_sweep_table import show_settings
from catdog.ui.results_table import MOST_CHOSEN, RUNS
from catdog.ui.rights import may_change
from catdog.ui.shared import where
from catdog.ui.view import aside
from catdog.ui.words import readable, told

ASKED = "sweep"  # in the address: which sweep is shown
CHOSEN = "results.sweep"  # the same, in this visit's state
WHAT = "results.sweep.what"  # a widget that is always here and forgotten on other pages: without it, someone just comes
LISTED = 50  # sweeps to choose from, the newest
MOST_DRAWN = 8  # settings: as many as have a colour and a mark of their own
TICK = 2.5  # seconds between two looks: what is drawn changes with an epoch, not with a step
HEIGHT, HIGHER = 400, 24  # pixels, and for each setting: on a phone each takes a line of its own above the curves
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class Look:
    """A sweep at one moment, with its chosen settings drawn."""

    sweep: Sweep
    found: tuple[Member, ...]
    settings: tuple[Group, ...]
    plot: Plot
    alt: str
    height: int

    @property
    def under_way(self) -> bool:
        return not all(one.over for one in self.found)


def show_sweeps() -> None:
    """The section about sweeps; nothing where there is none and the address asks for none."""
    found, damaged = sweeps(where().home, LISTED)
    known = {one.id: one for one in found}
    trouble = _arrive(known)
    if not (known or damaged or trouble):
        return
    st.header("Sweeps", anchor=False)
    for sentence in damaged:
        st.caption(told(sentence))
    if trouble:
        st.warning(told(readable(trouble)))
    if known:
        _look_at(known)


def _arrive(known: dict[str, Sweep]) -> str:
    """At the beginning of a visit take over what the address names; why that cannot be, in a sentence."""
    if WHAT not in st.session_state and (asked := st.query_params.get(ASKED)):
        try:
            st.session_state[CHOSEN] = open_sweep(where().home, asked).id
        except RunError as error:
            return str(error)
    chosen = st.session_state.get(CHOSEN)
    if chosen is not None and chosen not in known:
        with suppress(RunError):  # else it is an old one, or has gone meanwhile
            known[chosen] = open_sweep(where().home, chosen)
    return ""


@st.fragment
def _look_at(known: Mapping[str, Sweep]) -> None:
    sweep, what, names = _controls(known)
    st.html(STYLE)
    say(WHAT_ONE_SEES + RATES * (sweep.learning_rates != (None,)))
    with guard():
        look = _look(sweep.id, what, names)
        if look.under_way:
            st.fragment(_live, run_every=TICK)(sweep.id, what, names)
        else:
            _show(look, what)
        with aside("results.sweep.act"), st.container(horizontal=True, vertical_alignment="center"):
            _to_the_comparison(look.found)
            if may_change() and not look.under_way:
                _delete(look)


def _controls(known: Mapping[str, Sweep]) -> tuple[Sweep, str, tuple[str, ...]]:
    """Which sweep, accuracy or loss, and which of its settings. The sweep always stands in the address."""
    called = _names(list(known.values()))
    if st.session_state.get(CHOSEN) not in known:
        st.session_state[CHOSEN] = next(iter(known))
    with aside("results.sweep.controls"), st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        sweep_id = st.selectbox(
            "The sweep", list(known), format_func=called.get, key=CHOSEN, persist_state="session", width=480
        )
        what = st.segmented_control("Show", ("accuracy", "loss"), default="accuracy", required=True, key=WHAT)
        names = tuple(one.name for one in groups(known[sweep_id], ()))
        if len(names) > MOST_DRAWN:
            chosen = st.multiselect(
                f"Settings, at most {MOST_DRAWN}",
                names,
                default=names[:MOST_DRAWN],
                max_selections=MOST_DRAWN,
                key=f"results.sweep.settings.{sweep_id}",
                persist_state="session",
            )
            names = tuple(chosen)
    if st.query_params.get(ASKED) != sweep_id:
        st.query_params[ASKED] = sweep_id
    return known[sweep_id], what or "accuracy", names


def _names(found: Sequence[Sweep]) -> dict[str, str]:
    """What each sweep is called, by its id; no two alike."""
    called = {one.id: _name(one) for one in found}
    count = Counter(called.values())
    return {key: name if count[name] == 1 else f"{name}, {key}" for key, name in called.items()}


def _name(sweep: Sweep) -> str:
    """ "2 recipes × 3 seeds × 2 learning rates, 22 Nov 10:15 UTC"."""
    parts = [counted(len(sweep.recipes), "recipe"), counted(len(sweep.seeds), "seed")]
    if sweep.learning_rates != (None,):
        parts.append(counted(len(sweep.learning_rates), "learning rate"))
    day, time = sweep.id.split("-")
    month = MONTHS[(int(day[4:6]) - 1) % 12]
    return f"{' × '.join(parts)}, {int(day[6:])} {month} {time[:2]}:{time[2:4]} UTC"


def _live(sweep_id: str, what: str, names: tuple[str, ...]) -> None:
    with guard():
        look = _shared_look(sweep_id, what, names)
        if not (look.under_way or _look(sweep_id, what, names).under_way):
            st.rerun()  # the table of runs still shows it under way
        _show(look, what)


def _show(look: Look, what: str) -> None:
    if look.under_way or any(one.run and one.run.epochs_done for one in look.found):
        chart(look.plot, key=f"results.sweep.figure.{look.sweep.id}.{what}", height=look.height, alt=look.alt)
    else:
        st.markdown("None of its runs has a finished epoch that could be drawn.")
    learned = takeaway(look.settings)
    so_far = "So far: " if learned and look.under_way else ""
    st.markdown(unbroken(f"{so_far}{learned or NOTHING_TO_COMPARE}"))
    _tell_collapsed(look.settings)
    st.caption(f"{standing(look.found, len(look.sweep.cells))} {_asked(look)}")
    show_settings(look.settings)


WHAT_ONE_SEES = (
    "The same settings, trained with several [[seeds|seed]]. Each line is the mean of their [[validation]], an "
    "[[epoch]] a point; its band reaches from the lowest seed to the highest."
)
RATES = " The number after “at” is the [[learning rate]]."
NOTHING_TO_COMPARE = (
    "Once runs of two settings have finished, it stands here whether seeds alone explain the difference."
)


@st.cache_resource(ttl=TICK, max_entries=16, show_spinner=False)
def _shared_look(sweep_id: str, what: str, names: tuple[str, ...]) -> Look:
    return _look(sweep_id, what, names)


def _look(sweep_id: str, what: str, names: tuple[str, ...]) -> Look:
    sweep = open_sweep(where().home, sweep_id)  # more of its runs may have been queued
    found = members(where().runs, sweep)
    settings = groups(sweep, found)
    drawn = [one for one in settings if one.name in names]
    bands = [_band(one, number, what) for number, one in enumerate(drawn)]
    figure = spread_figure(bands, _epochs(sweep), what)
    height = HEIGHT + HIGHER * len(bands)
    return Look(sweep, found, settings, plot_of(figure), spread_in_words(bands, what), height)


def _epochs(sweep: Sweep) -> int:
    return sweep.epochs or max(recipe(key).epochs for key in sweep.recipes)


def _band(group: Group, number: int, what: str) -> Band:
    curve = group.curve(f"val_{what}")
    mean, low, high = ([one and getattr(one, name) for one in curve] for name in ("mean", "lowest", "highest"))
    return Band(group.name, number, mean, low, high, [one.seeds if one else 0 for one in curve])


def _tell_collapsed(settings: Sequence[Group]) -> None:
    """Which runs collapsed, so that nobody wonders at a mean."""
    told_of = [
        f"{one.name} (seed {', '.join(str(member.cell.seed) for member in one.collapsed)})"
        for one in settings
        if one.collapsed
    ]
    if told_of:
        st.markdown(f"**Collapsed**: {', '.join(told_of)}. {MEANINGS[COLLAPSED]} They count in the mean all the same.")


def _asked(look: Look) -> str:
    """From what and for how long it learned."""
    run = next((one.run for one in look.found if one.run), None)
    limit = f", at most {look.sweep.limit:,} training photos" if look.sweep.limit else ""
    source = f", from {told(photos_of(run))}" if run else ""
    return f"Up to {counted(_epochs(look.sweep), 'epoch')} each{source}{limit}."


def _to_the_comparison(found: Sequence[Member]) -> None:
    """A button that chooses its runs for the figure above; of many, the first seeds of all settings."""
    ids = [one.id for one in found if one.run and (one.phase == FINISHED or one.run.epochs_done)][:MOST_CHOSEN]
    few = f"the first {len(ids)} of its runs" if len(found) > len(ids) else "its runs"
    if ids and st.button(
        f"Compare {few} one by one, above", key="results.sweep.compare", icon=":material/stacked_line_chart:"
    ):
        st.session_state[RUNS] = ids
        st.rerun()


def _delete(look: Look) -> None:
    """Forget it, with or without its runs; the page is drawn anew, because the table above lists those as well."""
    there = [one.id for one in look.found if one.run]
    # By the sweep's own keys it is closed again for the next one, which nobody asked to delete.
    with st.popover("Delete", icon=":material/delete:", key=f"results.sweep.bin.{look.sweep.id}"):
        st.markdown("**Delete this sweep?**" + " Its runs stay, unless you want them gone too." * bool(there))
        too = there and st.checkbox(
            f"Its {counted(len(there), 'run')} as well: curves, weights and answers are gone for good",
            key=f"results.sweep.runs.{look.sweep.id}",
        )
        if st.button("Yes, delete", key=f"results.sweep.delete.{look.sweep.id}"):
            delete_sweep(look.sweep.id, there if too else ())
            del st.session_state[CHOSEN]
            st.query_params.pop(ASKED, None)
            st.rerun()

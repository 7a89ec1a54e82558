"""All runs in one table: sort, filter, choose several, give a name, delete."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import streamlit as st

from catdog.errors import CatdogError
from catdog.numbers import counted
from catdog.recipes import ARCHITECTURES
from catdog.settings import EMBEDDED, PHOTO_SETS
from catdog.training import Snapshot
from catdog.training.choices import one_of_each
from catdog.training.folder import NAME_LENGTH
from catdog.training.verdicts import MEANINGS, did
from catdog.ui import places
from catdog.ui.acting import delete, rename
from catdog.ui.glossary import meaning
from catdog.ui.links import BOUND, RUN
from catdog.ui.photo_set import TITLES, photos_of
from catdog.ui.rights import may_change
from catdog.ui.shared import board
from catdog.ui.training_runs import when
from catdog.ui.training_view import PHASES
from catdog.ui.view import aside
from catdog.ui.words import plain, readable, told

RUNS = "results.runs"  # the ids that are chosen, in this visit's state and in the address
HERE = "results.what"  # a widget that is always here and forgotten on other pages: without it, someone just comes
TROUBLE = "results.trouble"  # why a run could not be renamed or deleted; told once
MOST_LISTED, MOST_CHOSEN = 500, 8
TABLE_HEIGHT = 320  # pixels: eight runs, then it scrolls


def listed_runs() -> list[Snapshot]:
    """The newest runs in any phase, newest first; those that cannot be read are named below the title."""
    if trouble := st.session_state.pop(TROUBLE, None):
        st.error(told(trouble), icon=":material/error:")
    runs, unreadable = board().newest(MOST_LISTED)
    for sentence in unreadable:
        st.caption(told(sentence))
    return runs


def none_yet() -> None:
    """What will be here, and the way to get it."""
    st.info("No run yet. Train a network, and its curves, its answers and its mistakes will be here.")
    st.page_link(places.TRAINING, label="Train the first one", icon=":material/play_arrow:")


def choose_runs(runs: Sequence[Snapshot]) -> list[Snapshot]:
    """The table; returns the runs that are chosen in it, newest first, or that the address names."""
    known = {run.id: run for run in runs}
    _arrive(known)
    chosen = _chosen_ids(known)
    shown = [run for run in runs if _passes(run)] if len(runs) > 1 else list(runs)
    _table(shown, chosen)
    if len(runs) == MOST_LISTED:
        st.caption(f"The newest {MOST_LISTED} runs are listed.")
    _act_on([known[run_id] for run_id in chosen])
    return [known[run_id] for run_id in chosen]


def warn_of_mixed_photos(runs: Sequence[Snapshot]) -> None:
    """Where runs on different photos lie side by side, say which learned from what."""
    if all(run.same_photos(runs[0]) for run in runs):
        return
    called, by_photos = names(runs), defaultdict(list)
    for run in runs:
        by_photos[photos_of(run)].append(called[run.id])
    by_set = " ".join(f"From {photos}: {', '.join(those)}." for photos, those in by_photos.items())
    st.warning(
        f"These runs did not learn from the same photos, nor were they asked about the same: their figures cannot be "
        f"compared. {plain(by_set)}",
        icon=":material/difference:",
    )


def name_of(run: Snapshot) -> str:
    """What a run is called on a page: its own name, or its recipe and when it began."""
    return run.name or f"{run.title}, {when(run)}"


def names(runs: Sequence[Snapshot]) -> dict[str, str]:
    """A short name for each run by its id: its own or its recipe, and for equal ones the time of the start.

    No two are alike: by its name a figure and a list tell which run is meant.
    """
    called = {run.id: run.name or run.title for run in runs}
    for longer in (lambda run: when(run, seconds=True), lambda run: run.id):
        count = Counter(called.values())
        called |= {run.id: f"{called[run.id]}, {longer(run)}" for run in runs if count[called[run.id]] > 1}
    return called


def _arrive(known: dict[str, Snapshot]) -> None:
    """At the beginning of a visit of this page, take over what the address names."""
    if HERE in st.session_state:
        return
    asked = [one for one in st.query_params.get(RUNS, "").split(",") if one in known]
    if asked or RUNS not in st.session_state:
        st.session_state[RUNS] = asked or _first_choice(known)
    closely = st.query_params.get(RUN)
    if closely in known:
        st.session_state[RUN] = closely
    elif closely:
        st.warning(plain(f"There is no run '{readable(closely[:80])}' here, or not any more. Choose another one."))


def _chosen_ids(known: dict[str, Snapshot]) -> list[str]:
    """The chosen runs that are still there, newest first; they always stand in the address."""
    chosen = [run_id for run_id in known if run_id in st.session_state[RUNS]][:MOST_CHOSEN]
    st.session_state[RUNS] = chosen
    if st.query_params.get(RUNS, "") != ",".join(chosen):
        st.query_params[RUNS] = ",".join(chosen)
    return chosen


def _first_choice(known: dict[str, Snapshot]) -> list[str]:
    """The best run of each network, and what trains now: all on one set of photos, that of the newest run."""
    alike = [run for run in known.values() if run.same_photos(next(iter(known.values())))]
    best = {run.id for run in one_of_each(alike).values()}
    return [run.id for run in alike if run.id in best or run.active]


def _passes(run: Snapshot) -> bool:
    """Whether the filters let it through. Called while the table is being drawn: the widgets are above it."""
    networks, words, sets = (st.session_state.get(f"results.{name}") for name in ("network", "did", "sets"))
    return (
        (not networks or run.recipe.architecture in networks)
        and (not words or did(run) in words)
        and (not sets or run.photo_set in sets)
    )


def filters(runs: Sequence[Snapshot]) -> None:
    """Which runs the table shows: by network, by what they did, by their photos. Nothing chosen means all."""
    if len(runs) < 2:
        return
    with st.container(horizontal=True, gap="medium"):
        st.pills(
            "Networks",
            list(ARCHITECTURES),
            selection_mode="multi",
            format_func=lambda key: f"{ARCHITECTURES[key].number} {ARCHITECTURES[key].title}",
            wrap=True,
            key="results.network",
            **BOUND,
        )
        st.pills("What they did", list(MEANINGS), selection_mode="multi", wrap=True, key="results.did", **BOUND)
        sets = [kind for kind in PHOTO_SETS if any(run.photo_set == kind for run in runs)]
        if len(sets) > 1:
            st.pills(
                "What they learned from",
                sets,
                selection_mode="multi",
                format_func=TITLES.get,
                wrap=True,
                key="results.sets",
                **BOUND,
            )


def _table(runs: Sequence[Snapshot], chosen: Sequence[str]) -> None:
    ids, rows = [run.id for run in runs], [_row(run) for run in runs]
    # The rows are told apart by their numbers: with other rows it is another table, which begins with the same choice.
    key = f"results.table.{hash(tuple(ids))}"
    marked = [row for row, run_id in enumerate(ids) if run_id in chosen]
    if key in st.session_state and sorted(st.session_state[key]["selection"]["rows"]) != marked:
        st.session_state[key] = {"selection": {"rows": marked}}  # chosen elsewhere, as by the button of a sweep
    st.dataframe(
        rows,
        key=key,
        hide_index=True,
        height=min(TABLE_HEIGHT, 40 + 36 * max(len(runs), 1)),
        on_select=lambda: _choose(key, ids),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": marked}},
        column_order=_columns(rows),
        column_config=_COLUMNS,
        placeholder="–",
        alt=f"{counted(len(runs), 'run')}: what they trained and what came out",
    )


def _columns(rows: Sequence[dict[str, object]]) -> list[str] | None:
    """The table's columns, without those that would be empty; None where there is no row."""
    used = {name for row in rows for name, value in row.items() if value or name not in ("name", "base")}
    return [name for name in rows[0] if name in used] if rows else None


def _row(run: Snapshot) -> dict[str, object]:
    """One line of the table; accuracies in percent."""

    def percent(share: float | None) -> float | None:
        return None if share is None else 100 * share

    architecture = ARCHITECTURES[run.recipe.architecture]
    return {
        "name": run.name or None,
        "recipe": run.recipe.key,
        "network": f"{architecture.number} {architecture.title}",
        "photos": photos_of(run),
        "base": EMBEDDED if run.request.base == EMBEDDED else None,
        "did": did(run),
        "validation": percent(run.best[1] if run.best else None),
        "test": percent(run.test_accuracy),
        "gap": percent(run.gap),
        "epochs": f"{run.epochs_done} of {run.request.epochs}",
        "pace": run.seconds_per_epoch,
        "phase": PHASES[run.phase],
        "when": when(run),
        "device": run.state.device or None,
        "precision": run.state.precision or None,
        "seed": run.request.seed,
    }


OWN_BASE = f"Where it says “{EMBEDDED}”, the base was catdog's own, not the post's."
_COLUMNS = {
    "recipe": st.column_config.TextColumn("recipe", pinned=True),
    "base": st.column_config.TextColumn("base", help=f"{meaning('frozen')} {OWN_BASE}"),
    "did": st.column_config.TextColumn("what it did", help="  \n".join(f"**{w}**: {m}" for w, m in MEANINGS.items())),
    "validation": st.column_config.NumberColumn(
        "best validation", format="%.1f %%", help=f"{meaning('validation')} Here that of its best epoch."
    ),
    "test": st.column_config.NumberColumn(
        "test", format="%.1f %%", help=f"{meaning('test')} Asked with the weights of its best epoch."
    ),
    "gap": st.column_config.NumberColumn("gap", format="%+.1f", help=f"{meaning('gap')} Here that of the last epoch."),
    "epochs": st.column_config.TextColumn("epochs", help=meaning("epoch")),
    "seed": st.column_config.NumberColumn("seed", help=meaning("seed")),
    "pace": st.column_config.NumberColumn("s an epoch", format="%.1f"),
}


def _choose(key: str, ids: Sequence[str]) -> None:
    """Take over what is marked in the table; what the filters hide stays chosen."""
    rows = st.session_state[key]["selection"]["rows"]
    hidden = [run_id for run_id in st.session_state[RUNS] if run_id not in ids]
    st.session_state[RUNS] = [*(ids[row] for row in rows), *hidden]


def _act_on(chosen: Sequence[Snapshot]) -> None:
    """Name or delete what is chosen."""
    with aside("results.act"), st.container(horizontal=True, vertical_alignment="center"):
        if len(chosen) == 1 and may_change():
            _rename(chosen[0])
        if chosen and may_change():
            _delete(chosen)
        st.caption(
            f"{counted(len(chosen), 'run')} chosen, of more than {MOST_CHOSEN} the newest. The marks at the left "
            f"choose, a column's head sorts."
        )


def _rename(run: Snapshot) -> None:
    with st.popover("Rename", icon=":material/edit:"):
        key = f"results.name.{run.id}"
        st.text_input(
            "What it is called",
            run.name,
            max_chars=NAME_LENGTH,
            placeholder=run.recipe.key,
            key=key,
            on_change=lambda: _try(lambda: rename(run.id, st.session_state[key])),
            help="For the table and the figures; an empty name takes it away.",
        )


def _delete(chosen: Sequence[Snapshot]) -> None:
    over = [run for run in chosen if run.over]
    with st.popover("Delete", icon=":material/delete:"):
        if len(over) < len(chosen):
            st.caption("A run that trains or waits must be stopped first.")
        if over:
            st.markdown(
                f"**Delete {counted(len(over), 'run')}?** Curves, weights and answers are gone for good: "
                f"{plain(', '.join(name_of(run) for run in over))}."
            )
            st.button("Yes, delete", key="results.delete", on_click=_delete_all, args=[[run.id for run in over]])


def _delete_all(ids: Sequence[str]) -> None:
    for run_id in ids:
        _try(lambda run_id=run_id: delete(run_id))


def _try(act) -> None:
    """Do it; where it fails, say why at the page's next look."""
    try:
        act()
    except CatdogError as error:
        st.session_state[TROUBLE] = str(error)

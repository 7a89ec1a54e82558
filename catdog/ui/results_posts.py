"""Yours and the posts: what was published for each recipe beside what this machine's runs reached."""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache

import streamlit as st

from catdog.figures import PostRow, posts_figure
from catdog.figures.in_words import posts_in_words
from catdog.numbers import counted, in_tenths
from catdog.recipes import RECIPES, published
from catdog.settings import REAL
from catdog.training import RunRequest, Snapshot
from catdog.training.verdicts import LAST, NOISE, against_post, did, last_five
from catdog.ui.links import BOUND
from catdog.ui.live_chart import chart
from catdog.ui.results_table import MOST_LISTED, names

ALIKE = {"seed", "precision"}  # where a run may depart from its recipe and still be compared with the post


@st.fragment
def yours_and_the_posts(runs: Sequence[Snapshot]) -> None:
    """A row a recipe: the published range, the post's last five epochs, and this machine's runs of it."""
    own = comparable(runs)
    st.header("Yours and the posts", anchor=False)
    st.markdown(
        f"Each bar is the validation accuracy that a post claims, each diamond the mean of its last {LAST} epochs, "
        f"each dot the same mean of a run of yours. "
        f"{counted(sum(map(len, own.values())), 'run')} of yours can be compared: finished, on the posts' photos, with "
        f"the recipe's own settings. Equal networks with other seeds differ by about {100 * NOISE:.0f} points."
    )
    everything = st.toggle(f"All {len(RECIPES)} recipes", key="results.all", **BOUND) if own else True
    rows = [row for row in post_rows(own) if everything or row.own]
    chart(posts_figure(rows), key="results.posts.figure", alt=posts_in_words(rows))
    panel = st.expander("As a table", key="results.posts.table", bind="query-params")
    if panel.open:
        panel.dataframe(
            table_rows(own),
            hide_index=True,
            placeholder="–",
            alt="Each recipe's claim beside the runs of this machine, with the verdict",
        )


def comparable(runs: Sequence[Snapshot]) -> dict[str, list[Snapshot]]:
    """By recipe, the finished runs that did as the post did; only the seed may be another one."""
    own: dict[str, list[Snapshot]] = defaultdict(list)
    for run in runs:
        if run.phase == "finished" and like_the_post(run) and _mean(run) is not None:
            own[run.recipe.key].append(run)
    return own


def like_the_post(run: Snapshot) -> bool:
    """Whether it learned from the posts' photos, with its recipe's own settings."""
    return run.photo_set == REAL and _own_settings(run.request)


@lru_cache(maxsize=MOST_LISTED)  # a redraw asks it of every run that is listed
def _own_settings(request: RunRequest) -> bool:
    return set(request.differences()) <= ALIKE


def post_rows(own: dict[str, list[Snapshot]]) -> list[PostRow]:
    """What the figure draws, in the order of the posts."""
    called = names([run for runs in own.values() for run in runs])
    return [
        PostRow(
            key,
            (facts := published(key)).claimed_low,
            facts.claimed_high,
            facts.last_five_mean,
            {called[run.id]: _mean(run) for run in own.get(key, ())},
        )
        for key in RECIPES
    ]


def table_rows(own: dict[str, list[Snapshot]]) -> list[dict[str, object]]:
    """The same in words, a line a run, and one for each recipe without any."""
    called = names([run for runs in own.values() for run in runs])
    rows = []
    for key in RECIPES:
        facts = published(key)
        post = {"recipe": key, "the post claims": facts.claim_text, "its last five": in_tenths(facts.last_five_mean)}
        for run in own.get(key) or (None,):
            mean = run and _mean(run)
            rows.append(
                post
                | {
                    "your run": run and called[run.id],
                    "your last five": in_tenths(mean) if run else None,
                    "verdict": run and against_post(mean, facts),
                    "what it did": run and did(run),
                }
            )
    return rows


def _mean(run: Snapshot) -> float | None:
    return last_five(run.history["val_accuracy"])

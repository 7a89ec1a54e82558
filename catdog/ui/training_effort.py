"""Choosing what a training spends: how many bits it computes with, and how often a frozen base looks at the photos."""

import streamlit as st

from catdog.models.device import installed_gpu, installed_gpus
from catdog.models.precision import bfloat16_unit, precision_for
from catdog.recipes import Recipe
from catdog.settings import AUTO, BFLOAT16, COPIES, DEFAULT_COPIES, EMBEDDED, IMAGENET, PRECISIONS
from catdog.ui.glossary import meaning
from catdog.ui.links import BOUND
from catdog.ui.shared import where
from catdog.ui.words import plain

WAYS = {
    "exact": (
        "Exact",
        "In each epoch the base looks at every photo again, each time freshly augmented, as in the posts.",
    ),
    "features": (
        "Features",
        "The base looks once at each photo and at a few augmented copies of it. What it says is kept on disk, and then "
        "only the head trains: several times quicker the first time, and a matter of seconds from then on.",
    ),
}
BASES = {  # what each is called, and what it has learned
    IMAGENET: ("MobileNetV2", "it learned long ago from over a million photos"),
    EMBEDDED: ("embedded base, not the post's", "it comes with catdog and learned from cats and dogs"),
}


def choose_precision(chosen: Recipe) -> str:
    """How many bits to compute with, one of PRECISIONS, and beneath it what that will be here and why.

    Where only one is possible there is nothing to choose, and it stays "auto".
    """
    elsewhere = bool(where().cluster)
    fixed = chosen.has_frozen_base and not installed_gpu() and not elsewhere
    wanted = st.selectbox(
        "Precision",
        PRECISIONS,
        format_func=lambda name: "Automatic" if name == AUTO else name,
        disabled=fixed,
        key="training.precision.fixed" if fixed else "training.precision",
        bind=None if fixed else "query-params",
        width=250,
        help="How exact the numbers are that it computes with. float32 has 32 bits, as in the posts. mixed_bfloat16 "
        "has 16 in most layers and 32 where they are needed: quicker where a processor or a GPU is made for it.",
    )
    if elsewhere:
        st.caption("The machine of the cluster that trains it says what it computes with.")
        return wanted
    will_be = precision_for(chosen, wanted)
    slower = wanted == BFLOAT16 and not bfloat16_unit(on_gpu=bool(installed_gpu()))
    why = "nothing in this machine is made to compute with it, so it will be slower" if slower else will_be.why
    st.caption(plain(f"{will_be.name}: {why}."))
    return wanted


def choose_all_devices(chosen: Recipe, batch_size: int) -> bool:
    """Whether all GPUs are to train the run together; nothing to choose where there are not several of them here, or
    where only a head trains.
    """
    count = 0 if where().cluster else len(installed_gpus())
    if count < 2 or chosen.has_frozen_base:
        return False
    together = st.toggle(
        f"All {count} GPUs together",
        key="training.devices",
        help="Each GPU takes a batch of its own, and one step learns from all of them: fewer, larger steps an epoch, "
        "in less time. Other runs wait meanwhile. The learning rate stays as it stands here; some raise it with the "
        "number of photos a step.",
        **BOUND,
    )
    if together:
        st.caption(f"A step takes {count * batch_size:,} photos, {batch_size} on each GPU.")
    return together


def choose_copies(chosen: Recipe, base: str) -> int | None:
    """How the frozen base is used: None for the exact way, for the features way the augmented copies of each photo.

    Without augmentation both ways are one, and there is nothing to choose.
    """
    if not any(layer.random for layer in chosen.layers):
        st.caption("Nothing is augmented, so the frozen base looks only once at each photo, and then the head trains.")
        return None
    name, told = BASES[base]
    way = st.radio(
        "How the frozen base is used",
        list(WAYS),
        format_func=lambda way: WAYS[way][0],
        captions=[told for _, told in WAYS.values()],
        horizontal=True,
        width="stretch",
        key="training.base",
        help=f"{meaning('frozen')} Here it is {name}: {told}. What it sees in a photo goes to the head, the few layers "
        f"behind it, and only those learn. The base takes nearly all of the time.",
        **BOUND,
    )
    if way == "exact":
        return None
    copies = st.number_input(
        "Augmented copies of each photo",
        int(COPIES.low),
        int(COPIES.high),
        DEFAULT_COPIES,
        key="training.copies",
        width=250,
        **BOUND,
    )
    st.caption(_what_copies_do(copies))
    return copies


def _what_copies_do(copies: int) -> str:
    if not copies:
        return "Without copies nothing is augmented: the quickest way, and the furthest from the exact one."
    return (
        f"The base looks at each photo and at {_counted(copies, 'augmented ')} of it. More copies come closer to the "
        f"exact way, and take more time the first time."
    )


def way_in_words(copies: int | None) -> str:
    """How a run used its frozen base: "exact", or "features, 2 copies"."""
    return "exact" if copies is None else f"features, {_counted(copies)}"


def _counted(copies: int, kind: str = "") -> str:
    return f"{copies} {kind}{'copy' if copies == 1 else 'copies'}"

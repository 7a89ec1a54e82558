"""What a network is made of: its sketch, its layers as a table, and the network that it is compared with."""

from functools import lru_cache

import streamlit as st

from catdog.figures import architecture_figure
from catdog.recipes import (
    Augmentation,
    Recipe,
    augmentation_of,
    blocks_changed_in_words,
    blocks_in_words,
    layer_table,
    previous,
    recipe,
    with_augmentation,
)
from catdog.ui.live_chart import Plot, chart, plot_of

# A sketch from left to right where there is room for its words, and from top to bottom where there is not; which of
# the two is shown follows from the width that the page leaves, the open sidebar included.
ONE_OF_TWO = """<style>
.st-key-PAGE-sketch { container-type: inline-size; width: 100%; }
.st-key-PAGE-sketch-wide { display: none; }
.st-key-PAGE-sketch-upright { max-width: 400px; }
@container (min-width: 870px) {
  .st-key-PAGE-sketch-wide { display: flex; }
  .st-key-PAGE-sketch-upright { display: none; }
}
</style>"""
READING = (
    "With each block stands what leaves it, and how many of its parameters learn. Blocks shrink with the picture and "
    "grow thicker with the number of maps."
)
FROZEN = "What is hatched is frozen: it keeps what it has learned elsewhere."


def show_network(network: Recipe, page: str) -> None:
    """The network as a sketch, and in words what differs from the one before it. `page` begins the keys."""
    before = network_before(network)
    told = blocks_in_words(network, before)
    st.html(ONE_OF_TWO.replace("PAGE", page))
    with st.container(key=f"{page}.sketch", gap=None):
        for name, upright in (("wide", False), ("upright", True)):
            with st.container(key=f"{page}.sketch.{name}", gap=None):
                chart(_sketch(network, before, upright), key=f"{page}.sketch.{name}.chart", alt=told)
    changed = blocks_changed_in_words(network, before)
    if changed:
        st.markdown(changed)
    st.caption(f"{READING} {FROZEN}" if network.has_frozen_base else READING)


def network_before(network: Recipe) -> Recipe | None:
    """The network that this one builds on; with the visitor's own augmentation, where both have some."""
    before, own = previous(network), augmentation_of(network)
    if before is None or own == augmentation_of(recipe(network.key)) or augmentation_of(before) is None:
        return before
    return with_augmentation(before, own or Augmentation())


def show_layers(network: Recipe) -> None:
    """The network's layers as a table."""
    rows = layer_table(network)
    st.table(
        {
            "layer": [row.name for row in rows],
            "what it does": [row.what for row in rows],
            "output": [" × ".join(map(str, row.output_shape)) for row in rows],
            "parameters": [f"{row.parameters:,}" if row.parameters else "" for row in rows],
            "": [_learns(row.parameters, row.trainable) for row in rows],
        },
        hide_index=True,
        alt=f"The {len(rows)} layers of {network.key} with their output shapes and numbers of parameters",
    )


def _learns(parameters: int, trainable: bool) -> str:
    if not parameters:
        return ""
    return "learns" if trainable else "frozen"


@lru_cache(maxsize=64)
def _sketch(network: Recipe, before: Recipe | None, upright: bool) -> Plot:
    """Drawn once for all visitors: a page is drawn anew at each click."""
    return plot_of(architecture_figure(network, before, upright))

"""A network as a sketch: the photo enters, maps shrink and become many, values stand in a row, the answer comes out."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from catdog.figures.solids import Outline, Solid, solid
from catdog.figures.style import (
    CLASS_COLOURS,
    DOG,
    FONT_SIZE,
    MUTED,
    RUN_COLOURS,
    Trace,
    new_figure,
    plain_layout,
    trace,
)
from catdog.recipes import Block, Recipe, blocks
from catdog.settings import CLASSES

LEARNS, CHANGED = RUN_COLOURS[0], RUN_COLOURS[1]
FAINT, FULL, HALF = "33", "59", "80"  # last two digits of a colour: how much of it covers what is behind
SHADE = "rgba(0, 0, 0, 0.13)"
HATCHED = {"shape": "/", "size": 7, "solidity": 0.35, "fgcolor": MUTED, "bgcolor": f"{MUTED}{FAINT}"}

LETTER, LINE, BADGE = 7.8, 23, 34  # px, with room for a projector's: an average letter's width, a line, a badge
BOLD = 1.1  # times as wide
LETTERS_A_LINE = 11  # of a name below its block: "Convolution" and "+ pooling"
TO_POINTS, ASIDE = 24, 34  # px, from the answer's bar to its classes, and from its place to its bar

# From left to right
WIDTH, SIDE, GAP = 1000, 150, 12  # px: nominal, stretched to the page; a photo's side; between two blocks
ABOVE, BELOW = 80, -142  # px from the middle up to a dropout's name, and down to the lower end of a block's name

# From top to bottom
NARROW, SHORT, COLUMN, BETWEEN = 350, 104, 140, 10  # px: as above; the drawings' column, words to the right of it


@dataclass(frozen=True)
class Placed:
    """A block, what it is drawn as, and where its middle is."""

    block: Block
    solid: Solid
    x: float
    y: float

    @property
    def faces(self) -> tuple[Outline, ...]:
        """Its outlines where it stands."""
        return self.solid.at(self.x, self.y).faces

    @property
    def half(self) -> tuple[float, float]:
        """How far it reaches to each side, and up and down."""
        width, height = self.solid.extent
        return width / 2, height / 2


def architecture_figure(recipe: Recipe, before: Recipe | None = None, upright: bool = False) -> go.Figure:
    """The recipe's blocks with what leaves each one, how much of it learns, and what differs from the network before.

    `before` is the recipe to compare with, the one that it was derived from if not given. From left to right for a wide
    page; `upright` from top to bottom, for a narrow one. The layout's height is in pixels, its width follows the page.
    """
    row = blocks(recipe, before)
    given = (row[0].shape, *(block.shape for block in row))
    full = SHORT if upright else SIDE
    solids = [solid(block, shape, full, upright) for block, shape in zip(row, given, strict=False)]
    placed, frame = (_down if upright else _across)(row, solids)
    words = _words_beside if upright else _words_below
    traces = [*_links(placed, upright), *map(_body, placed), *_relief(placed), _classes(placed)]
    layout = plain_layout() | {"margin": dict.fromkeys("lrtb", 0), "showlegend": False, "hovermode": "closest"}
    annotations = [text for one in placed for text in words(one)]
    return new_figure(
        traces, layout | frame | {"dragmode": False, "hoverlabel": {"align": "left"}, "annotations": annotations}
    )


def _across(row: Sequence[Block], solids: Sequence[Solid]) -> tuple[list[Placed], dict[str, Any]]:
    """One beside the other, each as wide as it or its words need; what is left of WIDTH goes between them."""
    widths = [
        max(one.extent[0] + 2 * _aside(block), _width(block, last=block is row[-1]))
        for block, one in zip(row, solids, strict=True)
    ]
    gap = max(GAP, (WIDTH - sum(widths)) / len(row))
    placed, x = [], gap / 2
    for block, one, width in zip(row, solids, widths, strict=True):
        placed.append(Placed(block, one, x + width / 2 - _aside(block), 0))
        x += width + gap
    top = max(one.half[1] if one.block.kind != "dropout" else ABOVE + LINE for one in placed)
    top += BADGE * any(one.block.change for one in placed)
    bottom = BELOW - LINE * max(len(_lines(block)[1]) for block in row)
    return placed, {
        "height": round(top - bottom + LINE),
        "xaxis": _hidden(0, x - gap / 2),
        "yaxis": _hidden(bottom - LINE / 2, top + LINE / 2),
    }


def _down(row: Sequence[Block], solids: Sequence[Solid]) -> tuple[list[Placed], dict[str, Any]]:
    """One below the other, each as high as it or its words need."""
    placed, y = [], 0.0
    for block, one in zip(row, solids, strict=True):
        height = max(one.extent[1], LINE * (1 + len(_lines(block, NARROW)[1]))) + BETWEEN
        placed.append(Placed(block, one, COLUMN / 2, y - height / 2))
        y -= height
    return placed, {"height": round(-y), "xaxis": _hidden(0, NARROW), "yaxis": _hidden(y, 0)}


def _aside(block: Block) -> float:
    """How far to the left of its place a block stands, from left to right: the answer has its classes beside it."""
    return ASIDE if block.kind == "answer" else 0


def _width(block: Block, last: bool) -> float:
    """What a block's words take. A dropout's stand above, where there is room to both sides, except at the end."""
    if block.kind == "dropout" and not last:
        return 0
    name, said = _lines(block)
    return LETTER * max(*(BOLD * len(line) for line in name), *map(len, said), 0)


def _hidden(low: float, high: float) -> dict[str, Any]:
    return {"range": (low, high), "visible": False, "fixedrange": True}


# What is drawn


def _body(one: Placed) -> Trace:
    """The block itself. Its colour says whether it learns, hatching that it is frozen, its outline that it is new."""
    block = one.block
    colour = LEARNS if block.parameters and not block.frozen else MUTED
    line = {"color": CHANGED, "width": 3.5} if block.change else {"color": colour, "width": 1.5}
    drawn: dict[str, Any] = {"fill": "toself", "hoveron": "fills", "fillcolor": f"{colour}{FULL}"}
    if block.kind == "dropout":
        drawn, line = {}, line | {"dash": "dash", "width": 3.5 if block.change else 2}
    elif block.frozen:
        drawn["fillpattern"] = HATCHED
    elif not block.parameters:
        drawn["fillcolor"] = f"{MUTED}{FAINT}"
    x, y = _path(one.faces, closed="fill" in drawn)
    return trace(
        "scatter", x=x, y=y, mode="lines", line=line, name=block.title, text=_hover(block), hoverinfo="text", **drawn
    )


def _relief(placed: Sequence[Placed]) -> list[Trace]:
    """Darker right faces and the creases between maps: a solid looks like one, on a light and on a dark page."""
    solids = [one.solid.at(one.x, one.y) for one in placed]
    shade_x, shade_y = _path([face for one in solids for face in one.shaded])
    x, y = _path([crease for one in solids for crease in one.creases], closed=False)
    still = {"mode": "lines", "hoverinfo": "skip"}
    return [
        trace("scatter", x=shade_x, y=shade_y, line={"width": 0}, fill="toself", fillcolor=SHADE, **still),
        trace("scatter", x=x, y=y, line={"color": f"{MUTED}{HALF}", "width": 1}, **still),
    ]


def _links(placed: Sequence[Placed], upright: bool) -> list[Trace]:
    """Arrows from block to block; where each of many values goes to each of many, the ground between them.

    There lie the parameters of a dense layer, so that the ground has the colour of learning.
    """
    arrows: list[Outline] = []
    meshes: list[Outline] = []
    for one, other in pairwise(one for one in placed if one.block.kind != "dropout"):
        if one.block.flat and other.block.flat:
            meshes.append(_mesh(one, other, upright))
        elif upright:
            arrows.append(((one.x, one.y - one.half[1] - 3), (one.x, other.y + other.half[1] + 3)))
        else:
            arrows.append(((one.x + one.half[0] + 4, 0), (other.x - other.half[0] - 4, 0)))
    (x, y), (mesh_x, mesh_y) = _path(arrows, closed=False), _path(meshes)
    head = {"symbol": "arrow", "angleref": "previous", "color": MUTED, "size": [0, 9, 0] * len(arrows)}
    line, ground = {"color": MUTED, "width": 1.5}, {"fill": "toself", "fillcolor": f"{LEARNS}{FAINT}"}
    return [
        trace("scatter", x=mesh_x, y=mesh_y, mode="lines", line={"width": 0}, **ground, hoverinfo="skip"),
        trace("scatter", x=x, y=y, mode="lines+markers", line=line, marker=head, hoverinfo="skip"),
    ]


def _mesh(one: Placed, other: Placed, upright: bool) -> Outline:
    (width, height), (other_width, other_height) = one.half, other.half
    if upright:
        start, end = one.y - height, other.y + other_height
        return (
            (one.x - width, start),
            (one.x + width, start),
            (other.x + other_width, end),
            (other.x - other_width, end),
        )
    start, end = one.x + width, other.x - other_width
    return (start, -height), (start, height), (end, other_height), (end, -other_height)


def _classes(placed: Sequence[Placed]) -> Trace:
    """What the answers stand for, beside them: dog, or cat and dog, and how many more there are that never occur."""
    answer = next(one for one in placed if one.block.kind == "answer")
    (answers,) = answer.block.shape
    names = ["dog?"] if answers == 1 else [*CLASSES, *[f"+ {answers - 2}"] * (answers > 2)]
    colours = [DOG] if answers == 1 else [CLASS_COLOURS.get(name, MUTED) for name in names]
    return trace(
        "scatter",
        x=[answer.x + TO_POINTS] * len(names),
        y=[answer.y + 13 * (len(names) - 1 - 2 * place) for place in range(len(names))],
        mode="markers+text",
        marker={"size": 13, "color": colours},
        text=[f" {name}" for name in names],
        textposition="middle right",
        textfont={"size": FONT_SIZE},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _path(outlines: Sequence[Outline], closed: bool = True) -> tuple[list[float | None], list[float | None]]:
    """The outlines one after the other in one line, with gaps between them."""
    points = [point for outline in outlines for point in (*outline, *outline[: int(closed)], (None, None))]
    return [x for x, _ in points], [y for _, y in points]


# What is said


def _lines(block: Block, letters: int = LETTERS_A_LINE) -> tuple[list[str], list[str]]:
    """The block's name, in lines of so many letters where it has several words, and what there is to say of it."""
    name = wrap(block.title[0].upper() + block.title[1:], letters, break_long_words=False)
    if block.kind == "dropout":
        return [f"{name[0]} {block.detail}"], []
    if block.kind in ("scaling", "augmentation"):
        return name, wrap(block.detail, 15)
    return name, [line for line in (block.shape_in_words, block.parameters_in_words) if line]


def _words_below(one: Placed) -> list[dict[str, Any]]:
    block, top = one.block, one.y + one.half[1]
    name, said = _lines(block)
    if block.kind == "dropout":
        words, top = [_words(name[0], one.x, ABOVE, "center", "bottom")], ABOVE + LINE
    else:
        x = one.x + _aside(block)
        words = [_words(f"<b>{'<br>'.join(name)}</b>", x, BELOW, "center", "bottom")]
        words += [_words("<br>".join(said), x, BELOW, "center", "top")]
    return [*words, _badge(block.change, one.x, top + BADGE / 2, "center")] if block.change else words


def _words_beside(one: Placed) -> list[dict[str, Any]]:
    name, said = _lines(one.block, NARROW)
    first = f"<b>{name[0]}</b>" if said else name[0]
    words = [_words("<br>".join((first, *said)), COLUMN + 8, one.y, "left", "middle")]
    last_line = one.y - LINE * len(said) / 2
    return [*words, _badge(one.block.change, NARROW - 3, last_line, "right")] if one.block.change else words


def _words(text: str, x: float, y: float, across: str, up: str) -> dict[str, Any]:
    place = {"x": x, "y": y, "xanchor": across, "yanchor": up, "align": across, "showarrow": False, "borderpad": 0}
    return {"text": text, "font": {"size": FONT_SIZE}, **place}


def _badge(text: str, x: float, y: float, across: str) -> dict[str, Any]:
    border = {"bordercolor": CHANGED, "borderwidth": 2, "borderpad": 2, "bgcolor": f"{CHANGED}{FAINT}"}
    return _words(text, x, y, across, "middle") | border


def _hover(block: Block) -> str:
    """What each of its layers does, gives and learns."""
    lines = [f"<b>{_lines(block, NARROW)[0][0]}</b>"]
    if block.kind == "photo":
        height, width, _ = block.shape
        lines.append(f"{height} × {width} pixels, each of red, green and blue")
    for row in block.rows:
        learns = f", {row.parameters:,} parameters {'learn' if row.trainable else 'are frozen'}" * bool(row.parameters)
        lines += wrap(f"{row.name}: {row.what}", 40)
        lines.append(f"→ {' × '.join(f'{size:,}' for size in row.output_shape)}{learns}")
    return "<br>".join(lines)

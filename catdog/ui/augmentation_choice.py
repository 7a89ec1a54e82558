"""The controls of the Augmentation page: what may happen to a photo, how often, and as in which post."""

from collections import Counter
from dataclasses import asdict, dataclass, replace

import streamlit as st

from catdog.recipes import RECIPES, Augmentation, augmentation_of, lesson_recipe
from catdog.recipes.augmentation import FULL_TURN, LIMITS
from catdog.ui.links import BOUND, begin, draw, nth_seed, seed_input
from catdog.ui.view import aside

COPIES = (4, 6, 9, 12, 16)
FIRST = augmentation_of(lesson_recipe("augmentation"))  # what a first visit sees
TICK = "augmentation.tick"  # how many times the demonstration has redrawn

# Shown, and in the address: what Keras makes of it.
FLIPPED = {
    "none": "none",
    "left-right": "horizontal",
    "up-down": "vertical",
    "both": "horizontal_and_vertical",
}
FILLED = {
    "reflect": "the photo, mirrored at its edge",
    "constant": "black",
    "nearest": "the colour of the nearest pixel",
    "wrap": "the photo's other side",
}
# For each amount: its name on the page, and what it means in Keras.
AMOUNTS = {
    "zoom": ("Zoom", "`RandomZoom({share:g})`: between {low} % and {high} % of the photo's height and width are seen"),
    "shift": ("Shift", "`RandomTranslation({share:g}, {share:g})`: up to {value} % of height and width, each way"),
    "brightness": ("Brightness", "`RandomBrightness({share:g})`: up to {value} % of 255 is added or taken away"),
    "contrast": (
        "Contrast",
        "`RandomContrast(({share:g}, {share:g}))`: differences from the mean become {low} % to {high} %",
    ),
}


@dataclass(frozen=True)
class Choice:
    """What a visitor set: what may happen, to how many copies, drawn by which seed."""

    augmentation: Augmentation
    copies: int
    seed: int


def begin_choice() -> None:
    """At a first visit the settings of post 4; otherwise what the address or this visit says."""
    begin("augmentation.seed", address(FIRST))
    for name, value in address(Augmentation()).items():
        if st.query_params.get(name) == str(value):
            # A link says that this is off; Streamlit would fall back to what the visitor had before.
            st.session_state[name] = value


def address(augmentation: Augmentation) -> dict[str, str | int]:
    """The augmentation as this page's own part of an address: what its widgets show, by their keys.

    Even what is off is named: otherwise a visitor who comes back would keep what was on before.
    """
    shown = next(word for word, flip in FLIPPED.items() if flip == augmentation.flip)
    return {f"augmentation.{name}": value for name, value in (asdict(augmentation) | {"flip": shown}).items()}


def choose_augmentation() -> Choice:
    """Flip, turn, fill, copies and seed; below them the posts' own settings and what classes ask for besides."""
    first, second = st.container(), st.container()
    with aside("augmentation.more"):
        panel = st.expander("More: zoom, shift, brightness, contrast", key="augmentation.more", bind="query-params")
    with panel:
        more = {name: _amount(name) for name in AMOUNTS}
    with first:
        summary = st.empty()
        flip_column, turn_column = st.columns([1, 1], gap="large")
        with flip_column:
            flip = _flip()
        with turn_column:
            turn = _turn()
    with second, aside("augmentation.choice"):
        fill_column, post_column, copies_column, seed_column = st.columns([2, 2, 1, 1])
        augmentation = replace(Augmentation(**more), flip=flip, turn=turn)
        with fill_column:
            augmentation = replace(augmentation, fill=_fill(augmentation.leaves_gaps))
        summary.markdown(f"**{augmentation.in_words().capitalize()}**")
        with post_column:
            _as_in_post(augmentation)
        copies = copies_column.selectbox("Copies", COPIES, COPIES.index(9), key="augmentation.copies", **BOUND)
        with seed_column:
            seed = seed_input("augmentation.seed")
    return Choice(augmentation, copies, seed)


def _flip() -> str:
    flip = FLIPPED[st.radio("Flip", FLIPPED, horizontal=True, key="augmentation.flip", **BOUND)]
    if flip == "horizontal_and_vertical":
        st.caption(f"Keras: `{flip}`, one coin for both: a photo is flipped both ways, or not at all")
    else:
        st.caption(f"Keras: `{flip}`, a coin for each photo" if flip != "none" else "Off: no photo is flipped.")
    return flip


def _turn() -> int:
    limits = LIMITS["turn"]
    turn = st.slider("Turn by up to", limits.low, limits.high, format="±%d°", key="augmentation.turn", **BOUND)
    st.caption(
        f"Keras: `factor={turn / FULL_TURN:.3g}` of a full turn, either way" if turn else "Off: no photo is turned."
    )
    return turn


def _fill(needed: bool) -> str:
    fill = st.selectbox(
        "Fill gaps",
        FILLED,
        key="augmentation.fill",
        disabled=not needed,
        help="A turned, shifted or smaller photo no longer covers its square. This is Keras' fill_mode.",
        **BOUND,
    )
    st.caption(f"with {FILLED[fill]}" if needed else "There are no gaps to fill.")
    return fill


def _amount(name: str) -> int:
    title, meaning = AMOUNTS[name]
    limits = LIMITS[name]
    slider, words = st.columns([2, 3], vertical_alignment="bottom")
    value = slider.slider(title, limits.low, limits.high, format="±%d %%", key=f"augmentation.{name}", **BOUND)
    told = meaning.format(share=value / 100, value=value, low=100 - value, high=100 + value)
    words.caption(told if value else "Off")
    return value


def posts() -> dict[str, str]:
    """What the posts do to their photos, as Augmentation's text, and which networks do it.

    "post 4" where all of a post's networks do the same, "post 2, model 2" where not.
    """
    users: dict[str, dict[int, list[str]]] = {}
    for recipe in RECIPES.values():
        if augmentation := augmentation_of(recipe):
            models = users.setdefault(augmentation.text, {}).setdefault(recipe.post, [])
            models.append(recipe.model.removeprefix("model"))
    several = {
        post for post, count in Counter(post for by_post in users.values() for post in by_post).items() if count > 1
    }
    return {
        text: "; ".join(_listed(post, models if post in several else []) for post, models in by_post.items())
        for text, by_post in users.items()
    }


def _listed(post: int, models: list[str]) -> str:
    return f"post {post}" + (f", model{'s' * (len(models) > 1)} {', '.join(models)}" if models else "")


def _as_in_post(augmentation: Augmentation) -> None:
    known = posts()
    # Shows where the sliders stand; choosing one moves them.
    st.session_state["augmentation.post"] = augmentation.text if augmentation.text in known else None
    st.selectbox(
        "As in",
        list(known),
        None,
        format_func=known.get,
        key="augmentation.post",
        placeholder="your own settings",
        on_change=_follow_post,
    )


def _follow_post() -> None:
    chosen = st.session_state["augmentation.post"]
    if chosen:
        for key, value in address(Augmentation.from_text(chosen)).items():
            st.session_state[key] = value


def again() -> None:
    """The button that draws anew, and the switch that does it by itself."""
    with st.grid(2, min_column_width=120, vertical_alignment="center", gap="small"):
        st.button(
            "Again",
            type="primary",
            icon=":material/casino:",
            key="augmentation.again",
            width="stretch",
            on_click=draw,
            args=["augmentation.seed"],
        )
        st.toggle("Every second", key="augmentation.every", on_change=_hold, **BOUND)


def _hold() -> None:
    """When the demonstration ends, the seed that it has come to becomes the chosen one: what is seen stays."""
    redrawn = st.session_state.pop(TICK, 0)
    if redrawn and not st.session_state["augmentation.every"]:
        st.session_state["augmentation.seed"] = nth_seed(st.session_state["augmentation.seed"], redrawn - 1)

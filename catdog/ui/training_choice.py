"""Choosing what to train: architecture, post, settings; and what that network is made of."""

from dataclasses import replace

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from catdog.errors import CatdogError, SettingError
from catdog.numbers import in_percent
from catdog.recipes import (
    ARCHITECTURES,
    RECIPES,
    Augmentation,
    Recipe,
    augmentation_of,
    changes,
    lesson_recipe,
    published,
    recipe,
    recipes_of,
    total_parameters,
    trainable_parameters,
    with_augmentation,
)
from catdog.settings import BATCH_SIZE, EPOCHS, IMAGENET, LEARNING_RATE, SEED
from catdog.training import RunRequest
from catdog.ui import places
from catdog.ui.acting import start
from catdog.ui.architecture import network_before, show_layers, show_network
from catdog.ui.augmentation_choice import address
from catdog.ui.glossary import meaning
from catdog.ui.links import BOUND, WATCHED
from catdog.ui.rights import why_no_start
from catdog.ui.training_effort import choose_all_devices, choose_copies, choose_precision
from catdog.ui.view import aside
from catdog.ui.words import plain, told

DEFAULT = lesson_recipe("cnn").key
SHARES = (5, 10, 25, 50, 75, 100)  # percent of the training photos


def choose_recipe() -> Recipe:
    """The architecture as four clear choices, and the post whose variant of it to build."""
    _follow_address()
    architecture = st.radio(
        "The four networks",
        list(ARCHITECTURES),
        format_func=lambda key: f"**{ARCHITECTURES[key].number} {ARCHITECTURES[key].title}**",
        captions=[f"{one.adds}  \nThe posts: **{_claims(one.key)}**" for one in ARCHITECTURES.values()],
        horizontal=True,
        width="stretch",
        key="training.architecture",
        label_visibility="collapsed",
    )
    variants = {one.key: one for one in recipes_of(architecture)}
    variant = f"training.post.{architecture}"
    if st.session_state.get(variant) not in variants:  # another architecture was chosen: stay with the post
        post = recipe(st.session_state["training.recipe"]).post
        st.session_state[variant] = next(
            (key for key, one in variants.items() if one.post == post), next(iter(variants))
        )
    chosen = st.segmented_control(
        "As in",
        list(variants),
        format_func=lambda key: as_in(variants[key]),
        key=variant,
        required=True,
        help="Each of the five posts builds the four networks a little differently.",
    )
    st.query_params["recipe"] = st.session_state["training.recipe"] = chosen
    return recipe(chosen)


def own_augmentation(chosen: Recipe) -> Augmentation | None:
    """The augmentation that the visitor brought from the Augmentation page, where this network has a place for it."""
    text = st.query_params.get("augmentation")
    if text is None:
        return None
    try:
        brought = Augmentation.from_text(text)
    except SettingError as error:
        st.warning(plain(str(error)))
        return None
    own = augmentation_of(chosen)
    if brought == own:
        return None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="training.augmentation"):
        if own is None:
            st.markdown("Your own augmentation waits for networks 2, 3 and 4: this one takes the photos as they are.")
        else:
            yours = (
                f"With your own augmentation**: {brought.in_words()}" if brought.layers() else "Without augmentation**"
            )
            st.markdown(f"**{yours}. It differs from the post, which has: {own.in_words()}.")
        st.button("As in the post", key="training.augmentation.drop", on_click=_drop_augmentation)
    return brought if own else None


def _drop_augmentation() -> None:
    st.query_params.pop("augmentation", None)


def choose_settings(
    chosen: Recipe, training_photos: int, augmentation: Augmentation | None = None, base: str = IMAGENET
) -> tuple[RunRequest, bool, DeltaGenerator]:
    """Epochs, a frozen base's use and, one step away, everything else; the defaults are the recipe's.

    `base` is the frozen base that there is. Also whether Start was pressed, and a place below it for what becomes of
    that.
    """
    epochs_column, button_column, _ = st.columns([1, 1.4, 3], vertical_alignment="bottom")
    epochs = epochs_column.number_input(
        "Epochs",
        EPOCHS.low,
        EPOCHS.high,
        chosen.epochs,
        key=f"training.epochs.{chosen.key}",
        help=meaning("epoch"),
        **BOUND,
    )
    reason = why_no_start()
    pressed = button_column.button(
        "Start training",
        type="primary",
        key="training.start",
        width="stretch",
        disabled=bool(reason) or not training_photos,
    )
    below = st.container()
    if reason:
        below.caption(reason)
    network = with_augmentation(chosen, augmentation) if augmentation else chosen
    copies = choose_copies(network, base) if chosen.has_frozen_base else None
    with aside("training.settings"), st.expander("More settings", key="training.more", bind="query-params"):
        request = _more_settings(chosen, epochs, training_photos)
    return replace(request, augmentation=augmentation, copies=copies, base=base), pressed, below


def start_run(request: RunRequest, photos: dict[str, str], below: DeltaGenerator) -> None:
    """Start the run and show it; where that is not to be, say why below the button, and the page goes on."""
    try:
        with below, st.spinner("Starting the run …"):
            st.query_params[WATCHED] = start(request, photos)
    except CatdogError as error:
        below.error(told(str(error)), icon=":material/error:")
    else:
        st.rerun()


def _more_settings(chosen: Recipe, epochs: int, training_photos: int) -> RunRequest:
    first, second, third, fourth = st.columns(4)
    batch_size = first.number_input(
        "Batch size",
        BATCH_SIZE.low,
        BATCH_SIZE.high,
        chosen.batch_size,
        key=f"training.batch.{chosen.key}",
        help=meaning("batch"),
        **BOUND,
    )
    learning_rate = second.number_input(
        "Learning rate",
        LEARNING_RATE.low,
        LEARNING_RATE.high,
        chosen.learning_rate,
        step=chosen.learning_rate / 10,
        format="%.6f",
        key=f"training.rate.{chosen.key}",
        help=meaning("learning rate"),
        **BOUND,
    )
    seed = third.number_input(
        "Seed",
        SEED.low,
        SEED.high,
        0,
        key="training.seed",
        help=f"{meaning('seed')} It also decides the first weights and the order of the photos.",
        **BOUND,
    )
    share = fourth.select_slider(
        "Share of the photos",
        SHARES,
        100,
        format_func=lambda value: f"{value} %",
        key="training.share",
        help="How many of the training photos it may see. Fewer photos train faster and are learned by heart sooner.",
        **BOUND,
    )
    precision = choose_precision(chosen)
    all_devices = choose_all_devices(chosen, batch_size)
    return RunRequest.of(
        chosen,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        seed=seed,
        limit=None if share == 100 else max(2, training_photos * share // 100),
        precision=precision,
        all_devices=all_devices,
    )


def show_recipe(chosen: Recipe) -> None:
    """What it is made of, what the post reached with it, and what changed against the network before it."""
    facts = published(chosen.key)
    st.header("What it is made of", anchor=False)
    st.markdown(
        f"**{total_parameters(chosen):,}** parameters, of which **{trainable_parameters(chosen):,}** learn. "
        f"Post {chosen.post} “{chosen.post_title}” reached **{in_percent(facts.claimed_low, facts.claimed_high)}** "
        f"on its validation photos."
    )
    show_network(chosen, "training")
    augmentation = augmentation_of(recipe(chosen.key))
    if augmentation:
        st.page_link(
            places.AUGMENTATION,
            label=f"See the post's augmentation at work: {augmentation.in_words()}",
            icon=":material/cached:",
            query_params=address(augmentation),
        )
    before = network_before(chosen)
    if before:
        with st.expander(f"What changed since {before.model.replace('model', 'model ')}"):
            sentences = changes(chosen, before) or ("Nothing: without augmentation it is the same network.",)
            st.markdown("\n".join(f"- {sentence}" for sentence in sentences))
    with st.expander("The layers"):
        show_layers(chosen)


def _follow_address() -> None:
    """Where the address names another recipe than the one chosen last (a link, another visit), choose that one."""
    named = st.query_params.get("recipe", DEFAULT)
    here = "training.architecture" in st.session_state  # the choice itself is forgotten on other pages
    if here and named == st.session_state.get("training.recipe"):
        return
    try:
        start = recipe(named)
    except SettingError as error:
        st.warning(plain(str(error)))
        start = RECIPES[DEFAULT]
    st.session_state["training.recipe"] = start.key
    st.session_state["training.architecture"] = start.architecture
    st.session_state[f"training.post.{start.architecture}"] = start.key


def _claims(architecture: str) -> str:
    """What the posts claim for one architecture, from the lowest to the highest."""
    facts = [published(one.key) for one in recipes_of(architecture)]
    return in_percent(min(one.claimed_low for one in facts), max(one.claimed_high for one in facts))


def as_in(one: Recipe) -> str:
    """A recipe's name among those of its architecture: its post and, from the second one of a post on, which it is."""
    first = next(entry for entry in recipes_of(one.architecture) if entry.post == one.post)
    if one.key == first.key:
        return f"post {one.post}"
    variant = one.model.partition(".")[2]
    return f"post {one.post}, {f'variant {variant}' if variant else one.model.replace('model', 'model ')}"

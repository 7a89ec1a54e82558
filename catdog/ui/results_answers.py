"""What a run answered: right and wrong, the worst mistakes with the reason why, how sure it was, one test batch."""

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

from catdog.figures import confusion_figure
from catdog.figures.in_words import confusion_in_words
from catdog.insight.answer import Answer
from catdog.insight.overlay import evidence, overlay
from catdog.insight.scores import Evaluation, Scores
from catdog.numbers import counted, percent
from catdog.photos import PreparedPhotos
from catdog.progress import Progress, paced
from catdog.settings import CLASSES
from catdog.training import Snapshot
from catdog.ui.calibration import show_calibration
from catdog.ui.classify_view import STRENGTH
from catdog.ui.glossary import meaning
from catdog.ui.links import BOUND
from catdog.ui.live_chart import chart
from catdog.ui.pictures import contact_sheet, jpeg
from catdog.ui.results_scores import photos_for, scores_or_panel
from catdog.ui.waiting import classifier_or_panel

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

SHOWN = 12  # pictures of a gallery
CELL_WIDTH = 150  # pixels
BATCH = 32  # photos, as the posts print them
SPLITS = ("test", "validation")


def show_matrices(run: Snapshot) -> None:
    """The confusion matrix and each class's accuracy, on the test and on the validation photos."""
    scores = scores_or_panel(run)
    if scores is None:
        return
    for column, split in zip(st.columns(2, gap="large"), SPLITS, strict=True):
        with column:
            _matrix(split, _of(scores, split))


def _matrix(split: str, answers: Evaluation) -> None:
    (cats, cats_wrong), (dogs_wrong, dogs) = answers.confusion
    st.markdown(
        f"**{split.capitalize()}: {answers.accuracy:.1%} of {answers.photos:,} right.** "
        f"Of the cats {_share(cats, cats_wrong)}, of the dogs {_share(dogs, dogs_wrong)}.",
        help=meaning("confusion matrix"),
    )
    chart(
        confusion_figure(answers.confusion),
        key=f"results.confusion.{split}",
        alt=confusion_in_words(answers.confusion, f"{split.capitalize()} photos"),
    )


def _share(right: int, wrong: int) -> str:
    return f"{right / (right + wrong):.1%}" if right + wrong else "none were there"


def show_mistakes(run: Snapshot) -> None:
    """The photos that it was most wrong about, or most right, and on demand what it looked at."""
    scores = scores_or_panel(run)
    photos = scores and photos_for(run, scores)
    if not photos:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        split = st.segmented_control("Photos", SPLITS, default="test", required=True, key="results.split", **BOUND)
        kind = st.segmented_control(
            "Which", ("worst mistakes", "surest right answers"), default="worst mistakes", required=True,
            key="results.gallery", **BOUND,
        )  # fmt: skip
        why = st.toggle("Why", key="results.why", help=meaning("Grad-CAM"))
        asking = st.empty()  # beside the choices, so that nothing below moves when it goes
    answers = _of(scores, split)
    wrong = kind == "worst mistakes"
    places = answers.worst_mistakes(SHOWN) if wrong else answers.surest_right(SHOWN)
    _introduce(answers, wrong, len(places))
    classifier = classifier_or_panel(run.id, "results.why") if why and places else None

    def tell(progress: Progress) -> None:
        if classifier:
            asking.progress(progress.share, text=progress.sentence())

    with st.grid(6, min_column_width=CELL_WIDTH, gap="small"):
        for rank, place in enumerate(paced(places, "Asking it why", "photos", tell), 1):
            _cell(photos, answers, place, f"{rank}", classifier)
    asking.empty()


def _introduce(answers: Evaluation, wrong: bool, shown: int) -> None:
    mistakes = answers.photos - sum(answers.confusion[label][label] for label in range(len(CLASSES)))
    if wrong and not mistakes:
        st.markdown(f"Not one mistake in {answers.photos:,} photos.")
    elif wrong:
        st.markdown(
            f"{counted(mistakes, 'mistake')} in {answers.photos:,} photos; here the {shown} with the largest loss. The "
            f"loss is −ln of the probability that it gave to the truth: 0.7 where it tosses a coin, 4.6 where it gave "
            f"1 %, and the surer a wrong answer, the larger."
        )
    else:
        st.markdown(f"The {shown} right answers with the smallest loss: what a cat and a dog look like to it.")


def _cell(photos: PreparedPhotos, answers: Evaluation, place: int, rank: str, classifier: "Classifier | None") -> None:
    picture, answer = photos.photos[answers.positions[place]], Answer(answers.odds[place])
    truth, loss = CLASSES[answers.truth[place]], answers.losses[place]
    mark = "✓" if answers.right(place) else "✗"
    said = f"{mark} is a {truth}, says {answer.label}, {answer.claimed_in_words} · loss {loss:.2f}"
    shown = explained(picture, answer, classifier) if classifier else jpeg(picture)
    with st.container(border=True, key=f"results.cell.{rank}"):
        under = ", under the map of what spoke for its answer" if classifier else ""
        told = f"A {truth}{under}. The network says {answer.label}, {answer.claimed_in_words}."
        st.image(shown, caption=said, width="stretch", alt=told)


def explained(picture: np.ndarray, answer: Answer, classifier: "Classifier") -> bytes:
    """A photo, uint8 (160, 160, 3), under the map of what spoke for its answer: the bytes of a JPEG file."""
    heat = evidence(classifier.heat(picture), answer.label)
    return jpeg(overlay(Image.fromarray(picture), heat, STRENGTH / 100))


def show_sureness(run: Snapshot) -> None:
    """How far its probabilities can be believed, before and after calibration."""
    if scores := scores_or_panel(run):
        show_calibration(scores.calibration, "results.reliability")


def show_batch(run: Snapshot) -> None:
    """One batch of test photos, labels and answers side by side, as the third post prints it."""
    scores = scores_or_panel(run)
    photos = scores and photos_for(run, scores)
    if not photos:
        return
    answers = scores.test
    batches = -(-answers.photos // BATCH)
    number = st.number_input(
        "Batch", 1, batches, 1, key="results.batch", width=160, help=f"Of {batches}; the photos are shuffled once.",
        **BOUND,
    )  # fmt: skip
    places = shuffled(answers.photos)[(number - 1) * BATCH : number * BATCH]
    right = sum(answers.right(place) for place in places)
    st.markdown(
        f"**Labels and answers agree for {right} of {len(places)} photos: {percent(right / len(places))}.** On all "
        f"{answers.photos:,} test photos: {answers.accuracy:.1%}."
    )
    labels = [CLASSES[answers.truth[place]] for place in places]
    says = [Answer(answers.odds[place]).label for place in places]
    contact_sheet(
        [photos.photos[answers.positions[place]] for place in places],
        [
            f"{'✓' if label == said else '✗'} {label}" + ("" if label == said else f" · says {said}")
            for label, said in zip(labels, says, strict=True)
        ],
        [f"A {label}; the network says {said}" for label, said in zip(labels, says, strict=True)],
        "results.batch.photos",
    )
    numbers = {"labels": labels, "answers": says}
    st.code(
        "\n".join(f"{name:8} [{' '.join(str(CLASSES.index(one)) for one in row)}]" for name, row in numbers.items()),
        language=None,
    )


def shuffled(count: int) -> list[int]:
    """The places of so many photos in an order that is the same for every run: otherwise batches held one class."""
    return np.random.default_rng(0).permutation(count).tolist()


def _of(scores: Scores, split: str) -> Evaluation:
    return scores.test if split == "test" else scores.validation

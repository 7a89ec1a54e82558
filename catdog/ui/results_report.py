"""One run as one HTML file with its figures and pictures in it: for a portfolio, for those who were not there."""

import base64
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from itertools import islice
from string import Template
from typing import TYPE_CHECKING

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from catdog import __version__
from catdog.figures import accuracy_figure, confusion_figure, loss_figure, reliability_figure
from catdog.insight.answer import Answer
from catdog.insight.scores import Evaluation, Scores
from catdog.numbers import in_tenths
from catdog.photos import PreparedPhotos
from catdog.progress import Report, paced
from catdog.recipes import ARCHITECTURES, layer_table, published
from catdog.settings import CLASSES
from catdog.training import Snapshot
from catdog.training.verdicts import MEANINGS, against_post, did, last_five
from catdog.ui.calibration import curves_of
from catdog.ui.pictures import jpeg
from catdog.ui.results_answers import SHOWN, explained
from catdog.ui.results_posts import like_the_post
from catdog.ui.results_settings import settings_of

if TYPE_CHECKING:  # it needs Keras, which only the background loads
    from catdog.insight.classifier import Classifier

PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<script>$plotly</script>
<style>
body { font: 17px/1.5 system-ui, sans-serif; max-width: 1080px; margin: 2rem auto; padding: 0 1rem; color: #1d2731;
  background: #fff; }
h1 { margin-bottom: 0.2rem; } h2 { margin-top: 2.2rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: 0.25rem 1rem 0.25rem 0; vertical-align: top;
  border-bottom: 1px solid #ddd; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; }
.pictures { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: 0.8rem; }
figure { margin: 0; } figure img { width: 100%; border-radius: 6px; } figcaption { font-size: 0.85rem; }
@media (max-width: 640px) { .two { grid-template-columns: 1fr; } }
</style></head><body>
$body
</body></html>
""")


def report(
    run: Snapshot,
    name: str,
    scores: Scores | None,
    photos: PreparedPhotos | None,
    classifier: "Classifier | None",
    tell: Report = lambda progress: None,
) -> str:
    """The report as HTML text: what was asked, what it did, its curves, and as far as they are there its answers, its
    worst mistakes and surest right answers, with Grad-CAM maps where there is a `classifier` to draw them. `tell` hears
    how far the pictures are, which take the longest.
    """
    facts, epochs = published(run.recipe.key), run.request.epochs
    parts = [
        _head(run, name),
        "<h2>How it learned</h2><p>Bold: validation. Thin: training. Dotted: the post.</p>",
        _figure(accuracy_figure(run.history, (), epochs, facts.val_accuracy), 430),
        _figure(loss_figure(run.history, (), epochs, facts.loss), 280),
    ]
    if scores:
        parts.append(_answers(scores))
        if photos:
            parts.append(_pictures(scores.test, photos, classifier, tell))
    parts.append(_made_of(run))
    return PAGE.substitute(title=escape(name), plotly=get_plotlyjs(), body="\n".join(parts))


def _head(run: Snapshot, name: str) -> str:
    architecture, facts, word = ARCHITECTURES[run.recipe.architecture], published(run.recipe.key), did(run)
    mean = last_five(run.history["val_accuracy"])
    beside = f"the post, with photos and settings of its own, claims {facts.claim_text}"
    if mean is not None and like_the_post(run):
        beside = f"{against_post(mean, facts)} the post's claim: {facts.claim_text}"
    lines = [
        f"Network {architecture.number}, {architecture.title}: {architecture.adds}",
        f"What it did: {word}. {MEANINGS[word]}",
        f"Validation accuracy, last five epochs: {in_tenths(mean)} ({beside}).",
    ]
    if run.best:
        lines.append(f"Best epoch: {run.best[0]}, with {in_tenths(run.best[1])} on validation.")
    if run.test_accuracy is not None:
        lines.append(f"Test: {in_tenths(run.test_accuracy)} of {run.test['photos']:,} photos right.")
    made = f"catdog {__version__}, {datetime.now(UTC):%d %B %Y}, run {run.id}"
    return f"<h1>{escape(name)}</h1><p>{escape(made)}</p>" + "".join(f"<p>{escape(line)}</p>" for line in lines)


def _answers(scores: Scores) -> str:
    columns = "".join(
        f"<div><h3>{answers.split.capitalize()}: {answers.accuracy:.1%} of {answers.photos:,} right</h3>"
        f"{_figure(confusion_figure(answers.confusion), 320)}</div>"
        for answers in (scores.test, scores.validation)
    )
    calibration = scores.calibration
    return (
        f'<h2>Right and wrong</h2><div class="two">{columns}</div><h2>How sure it was</h2>'
        f"<p>Its odds divided by a temperature of {calibration.temperature:.2f} fit best what was right on validation "
        f"photos: the distance between claim and truth went from {calibration.before.error:.1%} to "
        f"{calibration.after.error:.1%}.</p>{_figure(reliability_figure(curves_of(calibration)), 380)}"
    )


def _pictures(answers: Evaluation, photos: PreparedPhotos, classifier: "Classifier | None", tell: Report) -> str:
    told = " Below each its Grad-CAM map: bright where what it saw spoke for its answer." if classifier else ""
    galleries = (
        ("Its worst mistakes on the test photos", answers.worst_mistakes(SHOWN)),
        ("Its surest right answers", answers.surest_right(SHOWN)),
    )
    every = [place for _, places in galleries for place in places]
    drawn = (_picture(answers, photos, place, classifier) for place in paced(every, "Drawing it", "pictures", tell))
    return "".join(
        f"<h2>{title}</h2><p>The network's own probabilities.{told}</p>"
        f'<div class="pictures">{"".join(islice(drawn, len(places)))}</div>'
        for title, places in galleries
        if places
    )


def _picture(answers: Evaluation, photos: PreparedPhotos, place: int, classifier: "Classifier | None") -> str:
    picture, answer = photos.photos[answers.positions[place]], Answer(answers.odds[place])
    truth = CLASSES[answers.truth[place]]
    images = _image(jpeg(picture), f"A {truth}")
    if classifier:
        images += _image(explained(picture, answer, classifier), f"What spoke for {answer.label}")
    said = f"is a {truth}, says {answer.label}, {answer.claimed_in_words}, loss {answers.losses[place]:.2f}"
    return f"<figure>{images}<figcaption>{said}</figcaption></figure>"


def _image(data: bytes, alt: str) -> str:
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{base64.b64encode(data).decode()}">'


def _made_of(run: Snapshot) -> str:
    layers = [
        (row.name, row.what, " × ".join(map(str, row.output_shape)), f"{row.parameters:,}")
        for row in layer_table(run.recipe)
    ]
    return (
        f"<h2>Settings</h2>{_table(settings_of(run).items())}"
        f"<h2>Layers</h2>{_table(layers, ('layer', 'what it does', 'output', 'parameters'))}"
    )


def _table(rows: Iterable[Sequence[str]], head: Sequence[str] = ()) -> str:
    heading = f"<tr>{''.join(f'<th>{escape(one)}</th>' for one in head)}</tr>" if head else ""
    lines = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table>{heading}{lines}</table>"


def _figure(figure: go.Figure, height: int) -> str:
    figure.update_layout(height=height)
    return figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False, "responsive": True})

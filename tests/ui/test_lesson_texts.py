"""What the pages say to a class, as plain data: words explained, figures that are true, links that lead somewhere."""

import json
import re
from math import ceil, exp, log
from pathlib import Path

import pytest

from catdog.credits import CREDITS
from catdog.credits import as_markdown as credits_as_markdown
from catdog.photos.splits import split_validation_folder
from catdog.recipes import RECIPES, recipe, total_parameters, trainable_parameters
from catdog.recipes.augmentation import LIMITS
from catdog.settings import DATASET_PHOTOS, IMAGE_SIZE
from catdog.ui.augmentation_choice import FLIPPED
from catdog.ui.glossary import MARKED, TERMS, _with_meanings, bare, meaning
from catdog.ui.lesson_plan import MINUTES, STEPS, TRANSFER, address
from catdog.ui.lesson_plan import as_markdown as lesson_as_markdown
from catdog.ui.lesson_texts import LEDES, PANELS, WHY_VALIDATION_LEADS
from catdog.ui.places import CLASSIFY
from catdog.ui.results_run import TABS

ROOT = Path(__file__).parents[2]
SOURCES = {
    path.name: path.read_text(encoding="utf-8")
    for room in ("pages", "catdog/ui")
    for path in (ROOT / room).glob("*.py")
}
WIDGETS = {name for text in SOURCES.values() for name in re.findall(r'key="([\w.]+)"', text)}
AUGMENTED = {f"augmentation.{name}": limits for name, limits in LIMITS.items()}
NEEDED = (
    "epoch", "batch", "logit", "overfitting", "validation", "augmentation", "transfer learning", "frozen",
    "confusion matrix", "calibration",
)  # fmt: skip


def parts(name: str) -> tuple[tuple[str, ...], ...]:
    panel = PANELS[name]
    return panel.see, panel.do, panel.means


def said(name: str) -> str:
    return " ".join(text for part in parts(name) for text in part)


def sentences(text: str) -> int:
    return len(re.findall(r"[.?](?=\s|$)", bare(text)))


# The words


@pytest.mark.parametrize("term", TERMS)
def test_a_word_is_explained_in_one_to_three_sentences(term):
    told = TERMS[term]
    assert 1 <= sentences(told) <= 3
    assert 60 <= len(told) <= 280
    assert told[0].isupper()
    assert told.endswith(".")
    assert not re.search(r"[!<>\[\]*_`]", told)


def terms_in(text: str) -> list[str]:
    """The words that a text marks, by their names in the glossary."""
    return [term or shown for shown, term in MARKED.findall(text)]


def test_every_marked_word_is_in_the_glossary():
    marked = {term for name in PANELS for term in terms_in(said(name))} | set(terms_in(" ".join(LEDES.values())))
    assert marked <= set(TERMS)
    assert set(NEEDED) <= marked


def test_every_word_of_the_glossary_stands_on_a_page():
    marked = {term for name in PANELS for term in terms_in(said(name))}
    helps = {term for text in SOURCES.values() for term in re.findall(r"meaning\(['\"]([^'\"]+)['\"]\)", text)}
    assert set(TERMS) == marked | helps


def test_the_figures_of_the_glossary_are_those_of_the_project():
    photos, batch = DATASET_PHOTOS["train"], RECIPES["post4-model1"].batch_size
    for term in ("batch", "epoch"):
        assert f"{photos:,}" in meaning(term)
        assert f"{ceil(photos / batch)} batches" in meaning(term)
    assert f"it gets {photos:,}" in meaning("training")
    assert photos % batch == batch / 2  # "the last is half full"
    validation, test = split_validation_folder([label for label in range(2) for _ in range(500)])
    assert f"{len(validation)} of the real ones" in meaning("validation")
    assert f"{len(test)} of the real ones" in meaning("test")
    assert f"606 right answers for {len(validation)} photos" in meaning("accuracy")
    assert round(606 / len(validation), 2) == 0.75
    assert f"{IMAGE_SIZE[0] * IMAGE_SIZE[1] * 3:,} numbers" in meaning("network")
    assert f"{total_parameters(recipe('post4-model1')):,}" in meaning("parameter")
    learn = trainable_parameters(recipe("post4-model4"))
    assert f"only {learn:,} learn" in meaning("frozen")
    assert round((total_parameters(recipe("post4-model4")) - learn) / 1e6, 2) == 2.26
    assert round(1 / (1 + exp(-2)), 2) == 0.88
    assert round(log(2), 2) == 0.69
    assert round(log(100), 1) == 4.6


def test_the_example_of_overfitting_is_a_run_that_took_place():
    rows = json.loads((ROOT / "docs/reproduction.json").read_text(encoding="utf-8"))["rows"]
    (plain,) = (row for row in rows if row["recipe"] == "post3-model1")
    training, validation = plain["last_five"] + plain["gap"], plain["last_five"]
    for term in ("gap", "overfitting"):
        assert f"{100 * training:.0f}\N{NO-BREAK SPACE}%" in meaning(term)
        assert f"{100 * validation:.0f}\N{NO-BREAK SPACE}%" in meaning(term)
    assert f"a gap of {100 * plain['gap']:.0f}" in meaning("gap")


def test_a_marked_word_becomes_a_disclosure_that_keeps_the_signs_beside_it():
    html = _with_meanings("a < b ([[epochs|epoch]]), [[loss]]")
    assert html.startswith('a &lt; b <span class="catdog-kept">(<details class="catdog-term"><summary>epochs</summary>')
    assert f"{meaning('epoch')}</span></details>),</span> <span" in html
    assert meaning("loss") in html
    assert "[[" not in html


# The panels


@pytest.mark.parametrize("name", PANELS)
def test_each_part_of_a_panel_is_short(name):
    for part in parts(name):
        assert 2 <= sum(map(sentences, part)) <= 5
        assert "!" not in "".join(part)
    assert 1 <= len(PANELS[name].experiments) <= 2


def test_the_panels_lead_from_page_to_page_and_back():
    pages = [f"pages/{number}_{name}.py" for number, name in enumerate(PANELS, 1)]
    assert [panel.onward[1] for panel in PANELS.values()] == [*pages[1:], "dashboard.py"]
    assert all((ROOT / page).is_file() for page in pages)
    assert set(LEDES) == {"Home", *PANELS}


def test_why_validation_can_lead_stands_on_training_and_on_results():
    for name in ("Training", "Results"):
        assert WHY_VALIDATION_LEADS in PANELS[name].means
    assert "WHY_VALIDATION_LEADS" in SOURCES["live_run.py"]


def known(name: str, value: object) -> bool:
    """Whether a page has a place for that value in its address."""
    if name == "recipe":
        return value in RECIPES
    if name == "results.tab":
        return value in TABS
    if name == "augmentation.flip":
        return value in FLIPPED
    if name in AUGMENTED:
        return AUGMENTED[name].low <= int(value) <= AUGMENTED[name].high
    if name.startswith("training.epochs."):
        return name.removeprefix("training.epochs.") in RECIPES and str(value).isdecimal()
    return name in WIDGETS and value in (True, "true") or (name, value) == ("classify.model", "starter")


@pytest.mark.parametrize("name", PANELS)
def test_every_experiment_is_a_view_that_its_page_has(name):
    for view in PANELS[name].experiments.values():
        assert view
        for parameter, value in view.items():
            assert known(parameter, value), f"{parameter}={value}"
            assert parameter.partition(".")[0] in (name.lower(), "recipe")


# The lesson for teachers


def test_the_lesson_goes_through_the_five_pages_in_45_minutes():
    assert sum(step.minutes for step in STEPS) == MINUTES == 45
    pages = [f"pages/{number}_{name}.py" for number, name in enumerate(PANELS, 1)]
    assert {step.page for step in STEPS} == set(pages)
    assert STEPS[0].page == pages[0]
    assert STEPS[-1].page == CLASSIFY


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.title)
def test_every_step_says_what_to_do_what_to_ask_and_what_comes_out(step):
    assert all(sentences(text) for text in (step.do, step.ask, step.comes_out))
    assert "?" in step.ask
    assert all(known(name, value) for name, value in step.address.items()), address(step)


def test_the_figures_of_the_lesson_are_those_of_the_project():
    (ask,) = (step.ask for step in STEPS if step.address.get("recipe") == TRANSFER)
    assert f"Only {trainable_parameters(recipe(TRANSFER)):,} numbers" in ask
    rows = {row["recipe"]: row for row in json.loads((ROOT / "docs/reproduction.json").read_text())["rows"]}
    seconds = [round(rows[f"post3-model{number}"]["seconds"]) for number in (1, 2, 3)]
    assert "{}, {} and {} seconds".format(*seconds) in lesson_as_markdown().replace("\n", " ")
    assert rows["post3-model1"]["seed"] == 0


@pytest.mark.parametrize(
    ("file", "made"),
    [("lesson.md", lesson_as_markdown), ("credits.md", credits_as_markdown)],
    ids=["lesson", "credits"],
)
def test_the_documents_are_made_of_the_same_data(file, made):
    assert (ROOT / "docs" / file).read_text(encoding="utf-8") == made()


# The credits


def test_every_credit_says_where_it_is_from_and_on_what_terms():
    for one in CREDITS:
        assert one.what
        assert one.origin.endswith(".")
        assert one.terms.endswith(".")
        assert all(source.startswith("https://") for source in one.sources.values())


def test_the_credits_name_every_post_and_every_package_that_is_installed():
    told = credits_as_markdown().replace("\n", " ")
    assert all(f"“{one.post_title}”" in told for one in RECIPES.values())
    for kind in ("", "-export", "-login"):
        for line in (ROOT / f"requirements{kind}.txt").read_text(encoding="utf-8").splitlines():
            package = re.match(r"[a-z][\w-]*(?===)", line)
            assert package is None or re.search(rf"\b{package[0]}\b", told), line

"""The words of this field, each explained once: where it stands in a text, in the help beside a figure, as a list.

In a text a word is marked `[[epoch]]`, or `[[epochs|epoch]]` where another form of it is shown.
"""

import re
from html import escape
from types import MappingProxyType

import streamlit as st

MARKED = re.compile(r"\[\[([^\]|]+)(?:\|([^\]|]+))?\]\]")
AROUND = re.compile(rf"([(“]*){MARKED.pattern}([).,;:?”]*)")  # with the signs that stay on its line

# One to three sentences each, with a number from this project: the public photos, the posts' settings, runs of docs/.
TERMS = MappingProxyType(
    {
        "accuracy": "The share of right answers: 606 right answers for 808 photos make 75 %. Tossing a coin reaches "
        "50 %.",
        "augmentation": "Flipping and turning each training photo at random before the network sees it. In 20 epochs "
        "it gets 20 versions of the same cat, and those are harder to learn by heart than one.",
        "baseline": "What one reaches without learning anything. Whoever always says “cat” is right about half of the "
        "photos here, so a network has to do better than 50 %.",
        "batch": "The photos that a network looks at before it corrects itself once: 32 here. 2,000 training "
        "photos make 63 batches, of which the last is half full.",
        "calibration": "Checking whether a network is as good as it claims. Of a hundred answers that it calls 90 % "
        "sure, about ninety should be right; if they are not, one number, the temperature, corrects what it claims.",
        "confusion matrix": "A table of four counts: cats called cat, cats called dog, dogs called cat, dogs called "
        "dog. It shows which of the two a network gets wrong more often.",
        "dropout": "While a network trains, a part of its inner numbers is switched off at random, 20 % in most "
        "recipes here, so that it cannot rely on a few of them. When it is asked, all of them work.",
        "epoch": "The network has looked once at each of the training photos: at 2,000 in 63 batches of 32. The posts "
        "train for 20 epochs.",
        "frozen": "A frozen part of a network does not learn: its numbers stay as they are. In network 4 of post 4 "
        "almost 2.26 million are frozen, and only 2,562 learn.",
        "gap": "Accuracy on training minus accuracy on validation, in points. 99 % and 64 % make a gap of 35: so much "
        "better does the network know the photos that it has learned from.",
        "Grad-CAM": "A map of the places in a photo that spoke for the network's answer, the brighter the more. It "
        "tells where, not what: a bright ear does not say why the ear counted.",
        "learning rate": "How large each correction is: 0.001 in nearly all recipes here. Too large, and the network "
        "never settles; too small, and it hardly moves.",
        "logit": "A plain number at the very end of a network, before it becomes a percentage. With one logit for "
        "“dog”, 0 is undecided, 50 %; 2 makes 88 % dog, and −2 makes 12 %.",
        "loss": "How wrong a network is, as one number that training makes smaller. A toss of a coin costs 0.69; who "
        "gives the truth only 1 % pays 4.6.",
        "network": "A long calculation that turns the 76,800 numbers of a photo into an answer, cat or dog. What it "
        "learns are its own numbers, the parameters.",
        "overfitting": "Learning photos by heart instead of what makes a cat a cat. One sees it where training "
        "nears 100 % and validation stays behind: 99 % and 64 % with the plain network of post 3.",
        "parameter": "One of the numbers in a network that learning can change. The plain network of post 4 has "
        "742,194 of them.",
        "seed": "The number that chance starts from. The same seed draws the same photos, flips and turns again; with "
        "other seeds, equal networks end about 2 points apart.",
        "test": "Photos that a network meets only once, when everything is over: 192 of the real ones. Nothing was "
        "chosen with their help, so they are the fairest test.",
        "training": "Showing a network photos together with the right answers, and changing its numbers a little "
        "after each batch. Of the real ones it gets 2,000, 1,000 cats and 1,000 dogs.",
        "transfer learning": "Building on what another network has learned. MobileNetV2 has learned to see from over "
        "a million photos of a thousand things; network 4 takes that over and learns only the last step, cat or dog.",
        "validation": "Asking a network after each epoch about photos that it never learns from, 808 of the real ones. "
        "So it shows whether what it has learned holds for new photos.",
    }
)

# The word is a disclosure of the browser's own. Closed it is one piece of its line; opened, its meaning floats below
# that line, as wide as the text, and the sentence goes on around it.
STYLE = """<style>
.catdog-said { display: flow-root; line-height: 1.6; }
.catdog-said + .catdog-said { margin-top: 0.6rem; }
.catdog-kept { white-space: nowrap; }
.catdog-term { display: inline-block; }
.catdog-term[open] { display: inline; }
.catdog-term[open]::details-content { display: contents; }
.catdog-term > summary { display: inline; cursor: pointer; list-style: none; border-radius: 3px;
  text-decoration: underline dotted 2px; text-decoration-color: var(--catdog-accent, #009E73);
  text-underline-offset: 0.25em; }
.catdog-term > summary::-webkit-details-marker { display: none; }
.catdog-term > summary:hover, .catdog-term[open] > summary { text-decoration-style: solid; }
.catdog-term > summary:focus-visible { outline: 3px solid var(--catdog-focus, #008F68); outline-offset: 2px; }
.catdog-meaning { white-space: normal; float: left; clear: both; box-sizing: border-box; width: 100%;
  margin: 0.3rem 0 0.5rem; padding: 0.5rem 0.7rem; border-left: 4px solid var(--catdog-accent, #009E73);
  border-radius: 0 8px 8px 0; background: color-mix(in srgb, currentColor 6%, transparent); font-size: 0.95em;
  line-height: 1.5; }
.catdog-words { margin: 0; padding: 0 !important; columns: 22rem; column-gap: 2.5rem; line-height: 1.5; }
.catdog-words > div { break-inside: avoid; padding-bottom: 0.9rem; }
.catdog-words dt { font-weight: 600; }
.catdog-words dd { margin: 0; }
</style>"""


def meaning(term: str) -> str:
    """What a word means, for a `help=`; raises KeyError for a word that the glossary does not have."""
    return unbroken(TERMS[term])


def unbroken(text: str) -> str:
    """The text with each number and its "%" on one line."""
    return text.replace(" %", "\N{NO-BREAK SPACE}%")


def bare(text: str) -> str:
    """The text without its marks."""
    return MARKED.sub(r"\1", text)


def say(*paragraphs: str) -> None:
    """Show texts of our own in which each marked word opens its meaning in place, by mouse and by keyboard.

    The page needs STYLE besides, once.
    """
    st.html("".join(f'<div class="catdog-said">{_with_meanings(text)}</div>' for text in paragraphs))


def glossary() -> None:
    """All the words with their meanings, in alphabetical order."""
    listed = "".join(
        f"<div><dt>{escape(term[0].upper() + term[1:])}</dt><dd>{escape(meaning(term))}</dd></div>"
        for term in sorted(TERMS, key=str.lower)
    )
    st.html(STYLE)
    st.html(f'<dl class="catdog-words">{listed}</dl>')
    st.caption("The numbers are those of the 3,000 real photos and of the posts' settings.")


def _with_meanings(text: str) -> str:
    def disclosure(found: re.Match[str]) -> str:
        before, shown, term, after = found.groups()
        return (
            f'<span class="catdog-kept">{before}<details class="catdog-term"><summary>{shown}</summary>'
            f'<span class="catdog-meaning">{escape(meaning(term or shown))}</span></details>{after}</span>'
        )

    return AROUND.sub(disclosure, escape(unbroken(text), quote=False))

"""Where the photos, the weights, the figures and the packages come from, and under what terms, as far as it is known.

Plain data, for Home and, by `as_markdown`, for docs/:

    python -m catdog.credits > docs/credits.md
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import fill

WIDTH = 120  # letters a line, as in the other documents


@dataclass(frozen=True)
class Credit:
    """One thing that others made, or that was made from it. `sources` are web addresses by what lies there."""

    what: str
    origin: str
    terms: str
    sources: Mapping[str, str] = field(default_factory=dict)


CREDITS = (
    Credit(
        "The real photos",
        "3,000 of the 25,000 photos of Kaggle's contest “Dogs vs. Cats” (2013), chosen and packed by Google as "
        "cats_and_dogs_filtered. They are from Asirra, a collection by Microsoft Research with Petfinder.com, labelled "
        "by people at animal shelters in the United States. catdog contains none of them: each installation fetches "
        "them itself.",
        "No open licence is known. The rules of the contest say that Microsoft Research published the photos to "
        "further academic research, that they may be used for non-commercial research, and that they may not be "
        "published again without its express permission. Who took each photo, and on what terms Google offers its "
        "archive, is unknown.",
        {
            "The contest's rules": "https://www.kaggle.com/c/dogs-vs-cats/rules",
            "its data": "https://www.kaggle.com/c/dogs-vs-cats/data",
            "Google's archive": "https://storage.googleapis.com/mledu-datasets/cats_and_dogs_filtered.zip",
        },
    ),
    Credit(
        "MobileNetV2's weights",
        "Numbers that Google's MobileNetV2 (Sandler and others, 2018) learned from ImageNet, fetched from where Keras "
        "keeps them. catdog does not contain them.",
        "An earlier edition of Keras' documentation says that these weights are released under the Apache License. "
        "ImageNet's terms allow its images to be used for non-commercial research and education only; the images "
        "belong to others. Whether those terms reach weights that were learned from the images is not settled.",
        {
            "The paper": "https://arxiv.org/abs/1801.04381",
            "Keras' documentation then": "https://github.com/keras-team/keras/blob/"
            "034466bbe50bf68b64d4883b62deec0372869f87/docs/templates/applications.md",
            "its author on weights": "https://github.com/keras-team/keras/issues/13362",
            "ImageNet": "https://www.image-net.org/download",
        },
    ),
    Credit(
        "The posts' recipes and figures",
        "Five public blog posts: “Cat or dog”, “Dog Cat Image Classification”, “TensorFlow for Image Classification”, "
        "“Dog or Not-Dog (Cat)” and “Image Classification”. Layers, settings, and what each epoch reached were carried "
        "over as numbers; none of their text, code or pictures.",
        "Authors, addresses and licences were not handed down with the figures: unknown.",
    ),
    Credit(
        "The starter, and the embedded base made of it",
        "Trained by catdog's own program on 20,000 photos of “Dogs vs. Cats” with MobileNetV2 as its teacher; it comes "
        "with catdog.",
        "No licence of its own is stated. Whether the terms of those photos and of ImageNet reach a network that has "
        "learned from them is not settled.",
    ),
    Credit(
        "The drawn sample",
        "600 cats and dogs that catdog's own program draws; nobody else's pictures are in it.",
        "As for catdog itself.",
    ),
    Credit(
        "The colours",
        "The set for colour-blind eyes by Masataka Okabe and Kei Ito, “Color Universal Design” (2002, 2008).",
        "Published as advice for everybody's figures; a licence is not known.",
        {"Their page": "https://jfly.uni-koeln.de/color/"},
    ),
    Credit(
        "The ideas behind two pages",
        "Grad-CAM, the maps of why (Selvaraju and others, 2016); temperature, which calibrates the percentages (Guo "
        "and others, 2017).",
        "Methods from public papers, written anew here.",
        {
            "Grad-CAM": "https://arxiv.org/abs/1610.02391",
            "calibration": "https://arxiv.org/abs/1706.04599",
        },
    ),
    Credit(
        "The packages",
        "Installed beside catdog from Python's package index, none of them part of it. With Streamlit come the "
        "typeface Source Sans and the signs of Material Symbols.",
        "Apache-2.0: tensorflow, keras, streamlit, opencv-python-headless (built with FFmpeg, LGPL-2.1). MIT: plotly, "
        "platformdirs, filelock. MIT-CMU: pillow. BSD-3-Clause: numpy, psutil. MPL-2.0 and MIT: tqdm. pillow-heif: its "
        "source BSD-3-Clause, the built package GPL-2.0, for it holds libheif and libde265 (LGPL-3.0) and x265 "
        "(GPL-2.0). Only where they are asked for: tf2onnx and onnx Apache-2.0, authlib and httpx BSD-3-Clause.",
    ),
    Credit(
        "catdog itself",
        "Its program, texts and drawings.",
        "No licence has been stated yet.",
    ),
)

PREFACE = (
    "As far as it is known in November 2026; what is unknown is said to be unknown. This is a list of what was found, "
    "and no legal advice."
)


def as_markdown() -> str:
    """The credits as a document of their own."""
    parts = ["# Where everything comes from", _lines(PREFACE)]
    for one in CREDITS:
        parts += [f"## {one.what}", _lines(one.origin), _lines(f"**Terms.** {one.terms}")]
        parts += [linked(one)] * bool(one.sources)
    return "\n\n".join(parts) + "\n"


def linked(one: Credit) -> str:
    """Its sources as links in Markdown, on one line."""
    return " · ".join(f"[{name}]({source})" for name, source in one.sources.items())


def _lines(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    print(as_markdown(), end="")

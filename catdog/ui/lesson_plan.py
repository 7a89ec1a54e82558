"""A lesson of 45 minutes through the five pages, for teachers: plain data, for Home and, by `as_markdown`, for docs/.

python -m catdog.ui.lesson_plan > docs/lesson.md
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import fill
from urllib.parse import urlencode

from catdog.ui.places import AUGMENTATION, CLASSIFY, DATASET, RESULTS, TRAINING

MINUTES = 45
PLAIN, AUGMENTED, SCALED, TRANSFER = (f"post3-model{number}" for number in (1, 2, 3, 4))


@dataclass(frozen=True)
class Step:
    """A few minutes on one page: its link, what to do, what to ask the class, and what usually comes out."""

    minutes: int
    title: str
    page: str
    do: str
    ask: str
    comes_out: str
    address: Mapping[str, str] = field(default_factory=dict)


BEFORE = (
    "Start catdog once on the computer of the lesson: the photos and MobileNetV2's weights come by themselves, and "
    "Home says what is ready. The links below open each page as the step needs it. “Projector” makes everything larger "
    "and puts controls away, “More settings” and “Earlier runs” among them: switch it off for those."
)

STEPS = (
    Step(
        6,
        "Look",
        DATASET,
        "Let the class find a rule that tells cats from dogs, then draw another batch until a photo breaks it. Show "
        "what the network sees: 160 × 160 pixels.",
        "Which rule would you write down for a computer, and which photo here breaks it?",
        "Each rule fails on some photo. A network gets no rule, only 2,000 photos with their answers. Guessing is "
        "right 50 % of the time: that is the mark to beat.",
        {"dataset.network": "true"},
    ),
    Step(
        9,
        "Train network 1",
        TRAINING,
        "10 epochs of it are set already. Before you start, let everyone write down where training and validation will "
        "end. Then start, and watch. When it is done, start networks 2 and 3, 20 epochs each: one waits for the other.",
        "Training nears 100 %. Why does validation not follow?",
        "Training passes 95 %, validation stays near 60 %: the network knows its photos by heart. Should both stay at "
        "50 %, it has collapsed; start it once more with another seed, under “More settings”.",
        {"recipe": PLAIN, f"training.epochs.{PLAIN}": "10"},
    ),
    Step(
        7,
        "Augment",
        AUGMENTATION,
        "While they train: flip and turn one photo, with “Every second” on; then a picture of your own.",
        "Which of these changes would be wrong if we had to tell a 6 from a 9?",
        "A cat stays a cat, mirrored or upside down; a 6 becomes a 9. A change helps only if the right answer stays "
        "right. Hardly any picture comes twice, so that there is little to learn by heart.",
        {"augmentation.flip": "both", "augmentation.turn": "72"},
    ),
    Step(
        8,
        "Train network 4",
        TRAINING,
        "Look at the runs of networks 2 and 3, under “Earlier runs”. Then start network 4, and for its frozen base "
        "choose “Features”.",
        "Only 1,281 numbers of network 4 learn. Why is it right so soon?",
        "With network 2 the gap has closed, at 60 to 65 %. Network 3 comes to about 70 %. Network 4 is above 95 % "
        "after its first epochs: it has brought along how to see. Its validation often lies above its training.",
        {"recipe": TRANSFER},
    ),
    Step(
        8,
        "Compare",
        RESULTS,
        "Choose all four in the table. Then look at the worst mistakes of one of them, with “Why” switched on.",
        "Which network would you trust? Which mistake would have been yours as well, and which nobody's?",
        "The curves tell who learned and who memorised. Some of the mistakes are photos that are hard for people as "
        "well; on others the map tells whether the animal counted or what is around it.",
        {"results.tab": "Mistakes"},
    ),
    Step(
        7,
        "Ask",
        CLASSIFY,
        "Bring pictures of your own pets, then of something that is neither. “Ask all networks” shows them side by "
        "side.",
        "What does it say of a horse, or of you? How sure is it, and what does that tell?",
        "Of 100 ordinary pets, network 4 and the starter name about 97 rightly, network 1 about 60. Of a horse they "
        "say cat or dog as well, often surely: they know no other word.",
        {"classify.all": "true"},
    ),
)

TIMES = (
    "**How long it takes.** On two processor cores in 32 bits, 20 epochs of networks 1, 2 and 3 of post 3 took 193, "
    "215 and 230 seconds (so 10 of network 1 about 100), and network 4 of post 4 with “Features” 11. A processor that "
    "is made for 16 bits needs half to three quarters of that.",
    "**On a slower machine** it takes several times as long. Train 5 epochs (the post's network 1 was at 94 % on "
    "training and 59 % on validation by then), or a quarter of the photos, under “More settings”. Or train all four "
    "the day before: “Play” on Results shows a finished training once more, up to 200 times as fast.",
    "**Why post 3?** With the seed 0 its network 1 learned from the real photos in 16 and in 32 bits. That of post 4 "
    "is quicker, but in 32 bits it collapses with most seeds: raw pixels now and then silence a network.",
    "**On the drawn sample** everything takes a fifth of the time and has other figures. Choose the seed 1 there: with "
    "0, network 2 of post 3 collapses.",
)


def as_markdown() -> str:
    """The lesson as a document of its own."""
    rows = "\n".join(
        f"| {step.minutes} | **{step.title}**: `{address(step)}` | {step.do} | {step.ask} | {step.comes_out} |"
        for step in STEPS
    )
    before, *notes = (fill(text, 120, break_long_words=False, break_on_hyphens=False) for text in (BEFORE, *TIMES))
    return (
        f"# A lesson of {MINUTES} minutes\n\nThe same stands on Home, with links, under “For teachers”.\n\n{before}\n\n"
        f"| minutes | page | what to do | what to ask | what usually comes out |\n| --- | --- | --- | --- | --- |\n"
        f"{rows}\n\n" + "\n\n".join(notes) + "\n"
    )


def address(step: Step) -> str:
    """The step's page as it stands behind the server's address: "/Training?recipe=post3-model1"."""
    return f"/{page_name(step)}?{urlencode(step.address)}"


def page_name(step: Step) -> str:
    """What the step's page is called: "Training"."""
    return step.page.removeprefix("pages/").removesuffix(".py").partition("_")[2]


if __name__ == "__main__":
    print(as_markdown(), end="")

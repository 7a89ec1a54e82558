"""What the pages say to a class: a sentence under each title, and for each page what one sees, can try, and learns.

Plain texts, without Streamlit. `[[word]]` marks a word of the glossary.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from catdog.ui.places import AUGMENTATION, CLASSIFY, HOME, RESULTS, TRAINING

View = Mapping[str, bool | int | str]

LEDES: Mapping[str, str] = MappingProxyType(
    {
        "Home": "Watch a network learn from photos, see whether it has understood or only memorised, and ask it about "
        "a picture of your own.",
        "Dataset": "The photos that a network learns from, how many there are, and how small they become before it "
        "gets them.",
        "Augmentation": "A flip and a turn make a new picture out of an old one: see what a network would get.",
        "Training": "Start one of four networks and watch whether it gets better at photos that are new to it.",
        "Results": "All networks side by side: their curves, what they answered, and the photos that they got wrong.",
        "Classify": "Show a network any picture: it says cat or dog, how sure it is, and which places spoke for that.",
    }
)

WHY_VALIDATION_LEADS = (
    "[[Validation|validation]] may well lie above [[training]], and that is no mistake: flipped and turned training "
    "photos are harder ([[augmentation]]), a part of the network is switched off while it trains ([[dropout]]), and "
    "training is the average over a whole [[epoch]], while validation is taken at its end, when the network has become "
    "better."
)


@dataclass(frozen=True)
class Panel:
    """The lesson of one page, each part in a few paragraphs.

    `experiments` are views of that page by the words on their buttons: values by their names in its address. `onward`
    is the link that ends the panel: its words and its page.
    """

    see: tuple[str, ...]
    do: tuple[str, ...]
    means: tuple[str, ...]
    experiments: Mapping[str, View]
    onward: tuple[str, str]


AMOUNTS = ("turn", "zoom", "shift", "brightness", "contrast")


def _augmented(flip: str, *amounts: int) -> View:
    return {f"augmentation.{name}": value for name, value in zip(("flip", *AMOUNTS), (flip, *amounts), strict=True)}


PANELS: Mapping[str, Panel] = MappingProxyType(
    {
        "Dataset": Panel(
            see=(
                "Cats above, dogs below, drawn at random. A [[network]] is told the right answer for each photo, and "
                "nothing else: no rule, no word about ears or whiskers.",
                "The photos have three uses: [[training]], [[validation]] and, at the very end, [[test]].",
            ),
            do=(
                "Think of a rule that tells a cat from a dog, such as pointed ears. Draw another batch until a photo "
                "breaks it.",
                "Then look beside each photo at what the network sees: 160 × 160 pixels. Could you still tell?",
            ),
            means=(
                "Hardly any rule holds for all photos. That is why nobody writes one down: a network is shown examples "
                "and finds its own way.",
                "It gets 32 photos at once, a [[batch]]. Guessing is right about half of the time; that is the "
                "[[baseline]] to beat.",
            ),
            experiments={
                "What the network sees": {"dataset.network": True},
                "One whole batch, below": {"dataset.batch": True},
            },
            onward=("Next: Augmentation", AUGMENTATION),
        ),
        "Augmentation": Panel(
            see=(
                "One photo as the network gets it, and copies of it that chance has flipped and turned. Under each "
                "copy stands what happened to it.",
                "It is the same animal each time, although hardly a pixel is where it was.",
            ),
            do=(
                "With flips alone, how many different pictures can there be? Then turn everything up: when would you "
                "no longer recognise the animal yourself?",
                "Imagine handwritten digits in the place of pets. Which of these changes would turn a 6 into a 9?",
            ),
            means=(
                "While a network trains, each photo is flipped and turned anew in each [[epoch]]. Such "
                "[[augmentation]] makes it hard to learn photos by heart, and so it works against [[overfitting]].",
                "It only helps as long as the right answer stays right, and it shows the network no new animal.",
            ),
            experiments={
                "Flips alone": _augmented("left-right", 0, 0, 0, 0, 0),
                "Everything turned up": _augmented("both", 180, 40, 30, 60, 60),
            },
            onward=("Next: Training", TRAINING),
        ),
        "Training": Panel(
            see=(
                "As soon as a network trains, its [[accuracy]] is drawn from left to right, a point for each "
                "[[epoch]]. Thin: the photos of its [[training]]. Bold: those of [[validation]], which it never learns "
                "from.",
                "Dotted is what the post reached, and the line at 50 % is guessing.",
            ),
            do=(
                "Before you start network 1, say where thin and bold will end. Then train network 2 with the same "
                "number of epochs: what became of the distance?",
                "Both stand still at 50 %? Such a network has collapsed. Try another [[seed]].",
            ),
            means=(
                "After each [[batch]] the [[parameters|parameter]] change a little, so that the [[loss]] shrinks. If "
                "thin climbs and bold does not, photos are learned by heart: [[overfitting]], which the [[gap]] "
                "measures. In [[transfer learning]] most of the network is [[frozen]], and only its last step learns.",
                WHY_VALIDATION_LEADS,
            ),
            experiments={
                "Network 1 as in post 3, which memorises": {"recipe": "post3-model1"},
                "Network 2 of the same post": {"recipe": "post3-model2"},
            },
            onward=("Next: Results", RESULTS),
        ),
        "Results": Panel(
            see=(
                "All trainings in a table, with what each one did in a word: learning, memorising, guessing, "
                "collapsed. The curves of the chosen ones lie over each other: bold is [[validation]], thin is "
                "[[training]], dotted the post.",
                "Below stands what the posts reached, and one training closely.",
            ),
            do=(
                "Choose networks 1 and 2 in the table and compare the distance between thin and bold.",
                "Look at the worst mistakes of one of them and switch on “Why”. Which would have happened to you as "
                "well, and which to nobody?",
            ),
            means=(
                "What a network reaches on photos that it has learned from proves little. [[Validation|validation]] "
                "counts, and at the very end the [[test]]; the [[confusion matrix]] tells whether cats or dogs are "
                "harder for it. Two points more or less may be chance: another [[seed]] tells.",
                WHY_VALIDATION_LEADS,
            ),
            experiments={
                "The worst mistakes, below": {"results.tab": "Mistakes"},
                "Right and wrong, below": {"results.tab": "Right and wrong"},
            },
            onward=("Next: Classify", CLASSIFY),
        ),
        "Classify": Panel(
            see=(
                "The answer with both probabilities; below 80 % it is “not sure”. The map over the picture, a "
                "[[Grad-CAM]], is bright where something spoke for the answer.",
                "The small square is all that the network received: 160 × 160 pixels.",
            ),
            do=(
                "Make it hard: a cat from behind, a dog in the dark, a drawing, a friend, a cushion. Then look at the "
                "map: was it the animal that counted, or the sofa?",
                "Ask all networks about the same picture. Do they agree?",
            ),
            means=(
                "A network knows two words, and one of them it must say, whatever it is shown. Being sure is not being "
                "right.",
                "At its very end stand plain numbers, the [[logits|logit]], which become the percentages. "
                "[[Calibration|calibration]] checks how far those can be believed.",
            ),
            experiments={
                "Ask all networks": {"classify.all": True},
                "Ask the starter": {"classify.model": "starter"},
            },
            onward=("Back to Home", HOME),
        ),
    }
)

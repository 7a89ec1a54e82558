"""The same engine from a terminal: doctor, recipes, prepare, train, resume, sweep, reproduce, classify, …

Exit codes: 0 done, 1 failed, 2 bad arguments, 130 stopped by Ctrl-C.
"""

import argparse
import sys
from pathlib import Path

from catdog.errors import CatdogError, SettingError
from catdog.settings import DEFAULT_COPIES, PRECISIONS, WEIGHTS_FILE
from catdog.terminal.bar import BAD_ARGUMENTS, FAILED, STOPPED
from catdog.terminal.benching import add_bench
from catdog.terminal.classifying import classify
from catdog.terminal.doctoring import doctor
from catdog.terminal.listing import prepare, recipes
from catdog.terminal.reproducing import reproduce
from catdog.terminal.starter import train_starter
from catdog.terminal.sweeping import add_sweep
from catdog.terminal.training import resume, train
from catdog.training.choices import STARTER


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code. A CatdogError becomes one line on the error output."""
    given = _parser().parse_args(arguments)
    try:
        return given.command(given)
    except SettingError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return BAD_ARGUMENTS
    except CatdogError as error:
        print(f"catdog: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("catdog: stopped.", file=sys.stderr)
        return STOPPED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m catdog", description="The same engine from a terminal.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    listing = commands.add_parser("recipes", help="list the 22 recipes")
    listing.set_defaults(command=recipes)
    preparing = commands.add_parser("prepare", help="fetch and decode the photos; the real ones if not told otherwise")
    preparing.add_argument(
        "--weights", type=Path, metavar="FILE", help=f"take over {WEIGHTS_FILE}, brought from another machine"
    )
    preparing.set_defaults(command=prepare)
    checking = commands.add_parser("doctor", help="what is ready for a lesson, and what to do about the rest")
    checking.set_defaults(command=doctor)
    training = commands.add_parser("train", help="train one recipe; Ctrl-C stops it and keeps the best weights")
    training.add_argument("key", metavar="KEY", help="such as post4-model3")
    training.add_argument("--epochs", type=int, help="passes over the training photos; the recipe's 20 if not given")
    training.add_argument("--batch-size", type=int, help="photos a step; the recipe's 32 if not given")
    training.add_argument("--learning-rate", type=float, help="Adam's step size; the recipe's own if not given")
    training.add_argument("--limit", type=int, help="train on at most so many photos, evenly by class")
    training.add_argument("--seed", type=int, help="of weights, order, augmentation and dropout; 0 if not given")
    training.add_argument("--augmentation", metavar="A", help="such as flip=horizontal,turn=36, or none")
    training.add_argument(
        "--precision", choices=PRECISIONS, help="what to compute with; what is quickest here if not given"
    )
    training.add_argument(
        "--features",
        nargs="?",
        type=int,
        const=DEFAULT_COPIES,
        metavar="COPIES",
        help="only networks with a frozen base: let it look once at each photo and at so many augmented copies, "
        f"{DEFAULT_COPIES} if only --features is given, keep what it says on disk, and train the head alone",
    )
    training.add_argument(
        "--all-devices",
        action="store_true",
        help="let all GPUs train it together, each on --batch-size photos a step; not for networks with a frozen base",
    )
    training.set_defaults(command=train)
    resuming = commands.add_parser("resume", help="let a stopped or failed run go on after its last backed-up epoch")
    resuming.add_argument("run", metavar="RUN_ID", help="as `train` printed it, and as its folder is called")
    resuming.set_defaults(command=resume)
    sweeping = add_sweep(commands)
    _add_reproduce(commands)
    classifying = commands.add_parser("classify", help="cat or dog? for files and folders of pictures")
    classifying.add_argument(
        "files", nargs="*", metavar="FILE", help="a picture, or a folder of them; the test photos if none is given"
    )
    classifying.add_argument("--model", default=STARTER, help="a run's id, or the starter if not given")
    classifying.set_defaults(command=classify)
    for one in (listing, preparing, checking, training, resuming, sweeping, classifying):
        one.add_argument("--json", action="store_true", help="print one JSON value as the last line")
    benching = add_bench(commands)
    for one in (preparing, checking, training, sweeping, classifying, benching):
        one.add_argument(
            "--photos",
            metavar="real|sample|FOLDER",
            help="the real photos, the drawn sample, or your own; what is here if not given",
        )
    starter = commands.add_parser("train-starter", help="train the small model that comes with catdog: an hour or more")
    starter.add_argument("pets", nargs="?", type=Path, metavar="ZIP", help="JPEG photos in cats/ and dogs/")
    starter.add_argument(
        "--into", type=Path, metavar="FOLDER", help="for weights and card; beside the runs if not given"
    )
    starter.add_argument("--seed", type=int, default=0, help="of weights, views and order; 0 if not given")
    starter.add_argument(
        "--exam", action="store_true", help="ask the one in FOLDER about the validation folder instead"
    )
    starter.set_defaults(command=train_starter)
    return parser


def _add_reproduce(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    reproducing = commands.add_parser(
        "reproduce", help="train the recipes one after another beside what the posts published; goes on after a break"
    )
    reproducing.add_argument("keys", nargs="*", metavar="KEY", help="such as post4-model3; all 22 if not given")
    reproducing.add_argument("--epochs", type=int, default=20, help="passes over the training photos; 20 if not given")
    reproducing.add_argument(
        "--json",
        type=Path,
        metavar="FILE",
        help="the table of all recipes that are there, and with the ending .md the same as Markdown; "
        "reproduction.json beside the runs if not given",
    )
    reproducing.set_defaults(command=reproduce)

"""What came of all measurements: the rows, what was left out and why, and the machine; as JSON and as Markdown."""

import platform
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

from catdog.errors import CatdogError
from catdog.models.precision import precision_for
from catdog.recipes import recipe
from catdog.terminal import reproducing
from tests.benchmarks.row import Row

LEARNER = "post4-model1"  # the recipe that the rows are about which train one
VERSIONS = ("tensorflow", "keras", "streamlit")
TRAINING_COLUMNS = (
    "network",
    "way",
    "20 epochs, s",
    "an epoch, s",
    "validation accuracy, last five epochs",
    "precision",
    "epochs measured",
)


class LeftOut(Exception):  # noqa: N818 - no error: something that a measurement needs is not on this machine
    """Raised by a measurement that cannot be made here; the text is a sentence that says why and what to do."""


@dataclass
class Sheet:
    """The rows so far, in the order in which they were measured, and for each that is missing its name and reason.

    `training[architecture][way]` is what the rows about training rest on. `stopped` says that someone asked to stop:
    what then fails is no reason to leave a row out and go on.
    """

    log: Callable[[str], None]
    rows: list[Row] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)
    training: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    stopped: bool = False

    def measure(self, names: Iterable[str], work: Callable[[], Iterable[Row]]) -> None:
        """Add the rows that `work` gives; where it breaks off, those of `names` that it did not give are left out.

        Raises KeyboardInterrupt where someone asked to stop.
        """
        try:
            for row in work():
                self.add(row)
        except (LeftOut, CatdogError, TimeoutError, subprocess.SubprocessError) as reason:
            if self.stopped:  # Ctrl-C has ended the browser as well, and its complaint hides the interrupt
                raise KeyboardInterrupt from reason
            there = {row.name for row in self.rows}
            self.leave_out((name for name in names if name not in there), str(reason))

    def add(self, row: Row) -> None:
        self.rows.append(row)
        self.log(f"{row.name}: {row.value:g} {row.unit} ({row.target}: {_verdict(row)})")

    def leave_out(self, names: Iterable[str], reason: str) -> None:
        for name in names:
            self.left_out.append({"name": name, "reason": reason})
            self.log(f"{name} is left out: {reason}")

    def as_json(self) -> dict[str, Any]:
        rows = [row.as_json() for row in self.rows]
        return {"machine": machine(), "rows": rows, "left_out": self.left_out, "training": self.training}

    def as_markdown(self) -> str:
        """Tables that a README can take: the trainings, then all rows; below them what was left out."""
        parts = [
            _table(TRAINING_COLUMNS, self._trainings()) if self.training else "",
            _table(("what", "measured", "target", "", "note"), map(_cells, self.rows)),
            "\n".join(["Left out:", "", *(f"- {one['name']}: {one['reason']}" for one in self.left_out)])
            if self.left_out
            else "",
        ]
        return "\n\n".join(part for part in parts if part)

    def _trainings(self) -> Iterator[tuple[str, ...]]:
        for architecture, ways in self.training.items():
            for way, one in ways.items():
                accuracy = "" if one["accuracy"] is None else f"{one['accuracy']:.1%}".replace("%", " %")
                figures = (f"{one['total_seconds']:.1f}", f"{one['epoch_seconds']:.2f}", accuracy)
                yield architecture, way.replace("_", ", "), *figures, one["precision"], str(one["epochs_measured"])


def _cells(row: Row) -> tuple[str, ...]:
    return row.name, f"{row.value:g} {row.unit}", row.target, _verdict(row), row.note


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(columns)
    return "\n".join(f"| {' | '.join(map(_in_cell, cells))} |" for cells in (head, ["---"] * len(head), *rows))


def machine() -> dict[str, Any]:
    """What the figures were measured on: processor, cores, memory in GB, system, versions, precision and the day."""
    return {
        **reproducing.machine_facts(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in VERSIONS},
        "precision": precision_for(recipe(LEARNER)).name,
        "date": datetime.now(UTC).date().isoformat(),
    }


def machine_in_words() -> str:
    """The same as one line above a table."""
    facts = machine()
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    return (
        f"{facts['date']}, {facts['processor']}, {facts['cores']} cores, {facts['memory_gb']} GB, {facts['system']}, "
        f"{facts['precision']}, Python {facts['python']}, {versions}."
    )


def tell(text: str) -> None:
    """A line of progress, on the error output: the standard output belongs to what comes of it."""
    print(f"catdog: {text}", file=sys.stderr, flush=True)


def _verdict(row: Row) -> str:
    return "met" if row.met else "missed"


def _in_cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")

"""The table of `reproduce` in words: from its JSON to a page of Markdown. Nothing else is read, so it can be redone."""

from collections.abc import Iterable, Iterator
from typing import Any

from catdog.numbers import counted, in_tenths
from catdog.recipes import RECIPES
from catdog.training.verdicts import NOISE

TITLE = "# The recipes of the posts, trained again"
FINDING = 4.0  # points below the post's last five epochs that a reader is owed an explanation for

COLUMNS = (
    "recipe",
    "the post claims",
    "the post's last five",
    "here, last five",
    "here, best",
    "here, test",
    "the post's test",
    "seconds",
    "verdict",
)


def verdict_in_words(row: dict[str, Any]) -> str:
    """A row's verdict, and by how much it is a finding where it is one."""
    if not _is_finding(row):
        return row["verdict"]
    by = f"{row['points_below']:.1f} points"
    return f"below by {by}: a finding" if row["verdict"] == "below" else f"{row['verdict']}, {by} below: a finding"


def as_markdown(table: dict[str, Any]) -> str:
    """The table's JSON as a page of Markdown: how it was made, a row a recipe, and what is to be explained."""
    rows = table["rows"]
    lines = [COLUMNS, ["---"] * len(COLUMNS), *map(_cells, rows)]
    listed = [*_findings(rows), *(" ".join(note.split()) for note in table.get("notes", ()))]
    parts = (
        TITLE,
        _made(table),
        "\n".join(f"| {' | '.join(line)} |" for line in lines),
        "Accuracy on the validation photos; on the test photos with the best epoch's weights. The posts' figures are "
        "of 20 epochs.\nThe verdict holds the mean of the last five epochs against the range that the post claims, "
        f"give or take {100 * NOISE:.0f} points.\nMore than {FINDING:.0f} points below the post's own last five is a "
        "finding. The weights of MobileNetV2 that a machine has decide the\nrows of the transfer recipes.",
        "## Findings",
        "\n".join(f"- {sentence}" for sentence in listed)
        or f"None: no recipe lies more than {FINDING:.0f} points below its post, and no run collapsed.",
    )
    return "\n\n".join(parts) + "\n"


def _is_finding(row: dict[str, Any]) -> bool:
    return row["points_below"] is not None and row["points_below"] > FINDING


def _made(table: dict[str, Any]) -> str:
    """How the table came about, a fact a line."""
    machine, photos = table["machine"], table["photos"]
    on = f", computed on {machine['device']} in {machine['precision']}" if machine["device"] else ""
    counts = [f"{sum(classes.values()):,} {split}" for split, classes in photos["counts"].items()]
    return "\n".join(
        (
            f"{table['date']}: {machine['processor']}, {counted(machine['cores'], 'core')}, "
            f"{machine['memory_gb']} GB of memory{on}.",
            f"{', '.join(f'{name} {version}' for name, version in table['versions'].items())}.",
            f"Photos of {photos['name']}: {', '.join(counts)}. {counted(table['epochs'], 'epoch')}, one seed each: 0, "
            "or the next where a run collapsed.",
            f"{len(table['rows'])} of {len(RECIPES)} recipes are there.",
        )
    )


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    """A row's texts, one for each of COLUMNS."""
    here = (_percent(row[name], "none") for name in ("last_five", "best", "test"))
    theirs = _percent(row["post_test"], "not given")
    words = verdict_in_words(row)
    return row["recipe"], row["claim"], _percent(row["post_last_five"]), *here, theirs, f"{row['seconds']:,.0f}", words


def _findings(rows: Iterable[dict[str, Any]]) -> Iterator[str]:
    for row in rows:
        if _is_finding(row):
            yield (
                f"{row['recipe']} reached {_percent(row['last_five'])} where the post reached "
                f"{_percent(row['post_last_five'])}, {row['points_below']:.1f} points less (means of the last five "
                f"epochs, seed {row['seed']}; what the curves say: {row['did']})."
            )
        for run in row["collapsed"]:
            shown = "It is the one that the table shows" if run["run"] == row["run"] else "It is kept"
            yield (
                f"{row['recipe']} collapsed with seed {run['seed']}: every photo got the same answer, and the last "
                f"five epochs have a mean of {_percent(run['last_five'], 'no number')}. {shown}: run {run['run']}."
            )


def _percent(share: float | None, missing: str = "") -> str:
    return missing if share is None else in_tenths(share)

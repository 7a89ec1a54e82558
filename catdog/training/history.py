"""A run's curves as a table to take away."""

import csv
import io

from catdog.training.snapshot import CURVES, Snapshot


def history_csv(run: Snapshot) -> str:
    """One line an epoch: its number and a column for each of CURVES; empty where a value was not a number."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["epoch", *CURVES])
    rows = zip(*(run.history[name] for name in CURVES), strict=True)
    writer.writerows([epoch, *row] for epoch, row in enumerate(rows, 1))
    return out.getvalue()

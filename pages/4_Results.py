"""Results: "Which one learned, and which one memorised?" All runs, beside each other, beside the posts, and closely."""

from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.results_overlay import compare
from catdog.ui.results_posts import yours_and_the_posts
from catdog.ui.results_run import look_closely
from catdog.ui.results_table import choose_runs, filters, listed_runs, none_yet

page("Results", "Which one learned, and which one memorised?")

with guard():
    runs = listed_runs()
    if runs:
        filters(runs)
        chosen = choose_runs(runs)
        compare(chosen)
    else:
        none_yet()
    yours_and_the_posts(runs)
    if runs:
        look_closely(runs, chosen)

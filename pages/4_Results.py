"""Results: "Which one learned, and which one memorised?" All runs, beside each other, beside the posts, and closely."""

from catdog.ui.frame import page
from catdog.ui.guards import guard
from catdog.ui.lesson_panel import page_panel
from catdog.ui.results_overlay import compare
from catdog.ui.results_posts import yours_and_the_posts
from catdog.ui.results_run import look_closely
from catdog.ui.results_sweep import show_sweeps
from catdog.ui.results_table import choose_runs, filters, listed_runs, none_yet
from catdog.ui.view import aside

page("Results", "Which one learned, and which one memorised?")

with guard():
    runs = listed_runs()
    if runs:
        with aside("results.filters"):
            filters(runs)
        chosen = choose_runs(runs)
        compare(chosen)
    else:
        none_yet()
    page_panel("Results", can_try=bool(runs))
    show_sweeps()
    yours_and_the_posts(runs)
    if runs:
        look_closely(runs, chosen)

"""`python3 -m catdog …`: the dashboard, the tests and the engine from a terminal."""

import sys

# Before anything else is imported, and in a syntax that even Python 2 can parse: an old Python then says this sentence.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        "catdog needs Python 3.11 or newer, and this is Python %d.%d: install a newer one, "  # noqa: UP031
        "then start catdog with it, for example `python3.12 -m catdog run`." % tuple(sys.version_info[:2])
    )

from catdog.bootstrap import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

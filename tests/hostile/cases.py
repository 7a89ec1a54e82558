"""How many generated cases there are, in one place, and the way in which each test runs its share of them."""

from collections.abc import Callable

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

CASES = {  # of a test, by its name here
    "bytes changed": 3_200,
    "cut, repeated, spliced": 3_000,
    "numbers at their extremes": 2_500,
    "parts in another order": 2_500,
    "notes and profiles": 1_000,
    "something behind": 500,
    "a whole program": 400,
    "run ids": 2_000,
    "names of runs": 600,
    "augmentations": 1_500,
    "recipes and sets": 1_000,
    "numbers": 1_000,
    "Markdown": 3_000,
    "figures": 300,
    "spreadsheets": 500,
    "scripts": 300,
    "settings of a run": 500,
    "files of photos": 40,
    "queries": 150,
}


def every(name: str, *strategies: st.SearchStrategy) -> Callable[[Callable[..., None]], None]:
    """Run the check that follows with as many generated cases as CASES says, the same each time; and count them."""

    def run(check: Callable[..., None]) -> None:
        ran = 0

        @settings(
            max_examples=CASES[name],
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        @given(st.tuples(*strategies))
        def case(drawn: tuple) -> None:
            nonlocal ran
            ran += 1
            check(*drawn)

        case()
        assert ran >= CASES[name], f"{name}: only {ran} cases"

    return run

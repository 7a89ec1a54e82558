"""Numbers in words, for pages, figures and the terminal: shares, counts, durations."""


def percent(share: float) -> str:
    """ "50 %" of 0.5."""
    return f"{100 * share:.0f} %"


def counted(number: int, noun: str) -> str:
    """ "1 cat", "2,000 cats"; the noun has a regular plural, or one that ends in "es" after "tch"."""
    ending = "" if number == 1 else "es" if noun.endswith("tch") else "s"
    return f"{number:,} {noun}{ending}"


def in_tenths(value: float | None, unit: str = " %") -> str:
    """A share as "71.4 %", a dash where there is none yet."""
    return "–" if value is None else f"{100 * value:.1f}{unit}".replace("-", "\N{MINUS SIGN}")


def in_minutes(seconds: float) -> str:
    """A duration as one would say it: "48 s", "1 min 12 s"."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def in_percent(low: float, high: float) -> str:
    """A claimed range in words: "72-77 %", or "about 58 %" where both ends are one."""
    return f"about {low:.0%}".replace("%", " %") if low == high else f"{100 * low:.0f}–{100 * high:.0f} %"

"""What chance decided for one copy of a photo, in words. Knows no Keras: the words can be tested without it."""

from dataclasses import dataclass

from catdog.numbers import percent

_FLIPS = {
    "horizontal": ("flipped ⇆", "flipped left-right"),
    "vertical": ("flipped ⇅", "flipped up-down"),
    "horizontal_and_vertical": ("flipped ⇆ ⇅", "flipped left-right and up-down"),
    "none": ("not flipped", "not flipped"),
}


@dataclass(frozen=True)
class Drawn:
    """The values that were really drawn for one copy; None for what was not switched on.

    `turn` is in degrees, counter-clockwise above zero; `zoom` the share of the photo's height and width that is
    seen, so that things look larger below one; `shift` the way
    (right, down) as shares of the photo's width and height; `brightness` what was added, as a share of the whole range
    of pixel values; `contrast` the factor of each pixel's distance from the mean.
    """

    flip: str | None = None
    turn: float | None = None
    zoom: float | None = None
    shift: tuple[float, float] | None = None
    brightness: float | None = None
    contrast: float | None = None

    def caption(self) -> str:
        """For under the copy: "flipped ⇆ · ↺ 23.4°"."""
        return " · ".join(self._parts(short=True)) or "unchanged"

    def in_words(self) -> str:
        """For those who do not see the copy: "flipped left-right, turned 23.4° to the left"."""
        return ", ".join(self._parts(short=False)) or "unchanged"

    def _parts(self, short: bool) -> list[str]:
        parts = []
        if self.flip is not None:
            parts.append(_FLIPS[self.flip][0 if short else 1])
        if self.turn is not None:
            left = self.turn >= 0
            amount = f"{abs(self.turn):.1f}°"
            parts.append(f"{'↺' if left else '↻'} {amount}" if short else f"turned {amount} to the {_side(left)}")
        if self.zoom is not None:
            parts.append(f"{percent(self.zoom)} seen" if short else f"{percent(self.zoom)} of each side seen")
        if self.shift is not None:
            parts.append(self._shift(short))
        if self.brightness is not None:
            parts.append(f"{'light' if short else 'brightness'} {_signed(self.brightness)}")
        if self.contrast is not None:
            parts.append(f"contrast ×{self.contrast:.2f}")
        return parts

    def _shift(self, short: bool) -> str:
        right, down = self.shift
        sideways, upright = percent(abs(right)), percent(abs(down))
        if short:
            return f"{'→' if right >= 0 else '←'} {sideways} {'↓' if down >= 0 else '↑'} {upright}"
        return f"shifted {sideways} to the {_side(right < 0)} and {upright} {'down' if down >= 0 else 'up'}"


def _side(left: bool) -> str:
    return "left" if left else "right"


def _signed(share: float) -> str:
    return ("+" if share >= 0 else "\N{MINUS SIGN}") + percent(abs(share))

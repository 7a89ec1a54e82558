"""Text and lines stand out from what is behind them, in light and in dark: WCAG 2.1, 1.4.3 and 1.4.11."""

import re
import tomllib
from pathlib import Path

import pytest

from catdog.figures.style import CAT, CLASS_MARKS, DOG, MUTED, RUN_COLOURS
from catdog.ui.style import STYLE

THEME = tomllib.loads((Path(__file__).parents[1] / ".streamlit/config.toml").read_text(encoding="utf-8"))["theme"]
SCHEMES = ("light", "dark")
BOXES = ("blue", "green", "yellow", "orange", "red")  # what is said in a box, and badges
TEXT, GRAPHICS = 4.5, 3.0  # the least ratios; large text needs no more than graphics


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB": https://www.w3.org/TR/WCAG21/#dfn-relative-luminance"""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1, the same, to 21, black on white."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def blended(colour: str, ground: str, opacity: float) -> str:
    """The colour as it is seen, laid over the ground."""
    pairs = ((int(colour[place : place + 2], 16), int(ground[place : place + 2], 16)) for place in (1, 3, 5))
    return "#" + "".join(f"{round(opacity * over + (1 - opacity) * under):02x}" for over, under in pairs)


def grounds(scheme: str) -> list[str]:
    """What text may stand on: the page, fields and code, the sidebar."""
    theme = THEME[scheme]
    return [theme["backgroundColor"], theme["secondaryBackgroundColor"], theme["sidebar"]["backgroundColor"]]


def test_contrast_is_measured_as_the_standard_says():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)  # the standard's own near miss
    assert blended("#000000", "#FFFFFF", 0.5) == "#808080"


@pytest.mark.parametrize("scheme", SCHEMES)
def test_text_and_captions_can_be_read_on_every_ground(scheme: str):
    opacity = float(re.search(r'"stCaptionContainer"\] \{[^}]*opacity: ([\d.]+)', STYLE)[1])
    for ground in grounds(scheme):
        text = THEME[scheme]["textColor"]
        assert contrast(text, ground) >= TEXT
        assert contrast(blended(text, ground, opacity), ground) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_accent_carries_white_text_and_stands_out_from_the_page(scheme: str):
    accent = THEME[scheme]["primaryColor"]
    assert contrast("#FFFFFF", accent) >= TEXT
    assert min(contrast(accent, ground) for ground in grounds(scheme)) >= GRAPHICS


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("colour", BOXES)
def test_what_is_said_in_a_box_or_a_badge_can_be_read(scheme: str, colour: str):
    text, box = (THEME[scheme][f"{colour}{part}Color"] for part in ("Text", "Background"))
    assert contrast(text, box) >= TEXT


@pytest.mark.parametrize("scheme", SCHEMES)
def test_lines_and_marks_of_figures_stand_out_from_the_page(scheme: str):
    ground = THEME[scheme]["backgroundColor"]
    assert [colour for colour in (MUTED, DOG, *RUN_COLOURS) if contrast(colour, ground) < GRAPHICS] == []


def test_a_cats_bars_and_points_have_an_outline_where_their_orange_is_too_light_alone():
    assert contrast(CAT, THEME["dark"]["backgroundColor"]) >= GRAPHICS
    assert contrast(CAT, THEME["light"]["backgroundColor"]) < GRAPHICS
    assert {mark["line"]["color"] for mark in CLASS_MARKS.values()} == {MUTED}


def test_what_has_the_focus_has_a_frame_that_is_seen_on_every_ground():
    frame = re.search(r"--catdog-focus: (#[0-9A-Fa-f]{6})", STYLE)[1]
    assert min(contrast(frame, ground) for scheme in SCHEMES for ground in grounds(scheme)) >= GRAPHICS

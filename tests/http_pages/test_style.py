"""The style sheet's colours, measured."""

import re

import pytest

from rollcall.http import pages


def luminance(colour: str) -> float:
    """Relative luminance of `#rrggbb` (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        *(("ink", "paper", 4.5), ("ink", "page", 4.5), ("quiet", "paper", 4.5), ("link", "paper", 4.5)),
        *(("bad", "paper", 4.5), ("link", "bad-paper", 4.5), ("ink", "bad-paper", 4.5), ("on-act", "act", 4.5)),
        *(("ink", "field", 4.5), ("edge", "paper", 3), ("bad", "bad-paper", 3), ("act", "paper", 3)),
    ],
)
def test_colours_contrast_enough_in_light_and_dark(scheme: int, ink: str, paper: str, least: float) -> None:
    schemes = re.findall(r"--ink.*?}", pages._style_sheet(), re.DOTALL)
    colours = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", schemes[scheme]))
    dark, light = sorted((luminance(colours[ink]), luminance(colours[paper])))
    assert (light + 0.05) / (dark + 0.05) >= least

"""The font of figures: DejaVu Sans, which matplotlib brings along, or where it is lost another, and they say so."""

from __future__ import annotations

import os
import warnings

from tradeimpact.errors import TradeImpactError, TradeImpactWarning

FONT = "DejaVu Sans"
NEXT_BEST = ("Liberation Sans", "Arial", "Helvetica", "Noto Sans", "Verdana", "STIXGeneral")


def family() -> str:
    """Name of the font to draw with.

    Raises
    ------
    TradeImpactError
        If there is no font at all.
    """
    from matplotlib.font_manager import fontManager

    if any(font.name == FONT and os.path.isfile(font.fname) for font in fontManager.ttflist):
        return FONT
    there = sorted({font.name for font in fontManager.ttflist if os.path.isfile(font.fname)})
    if not there:
        raise TradeImpactError(f"no font is found to draw with: install {FONT}, or matplotlib again")
    return next((name for name in NEXT_BEST if name in there), there[0])


def missing() -> str:
    """A sentence for the footer of a figure that is not drawn in its font; "" where it is."""
    drawn = family()
    return "" if drawn == FONT else f"Drawn in {drawn}, since {FONT} is missing here: letters and line ends may differ."


def warn_if_missing() -> None:
    """Warn that figures will look different here, if they will."""
    if said := missing():
        warnings.warn(f"{said} Install {FONT}, or matplotlib again.", TradeImpactWarning, stacklevel=4)

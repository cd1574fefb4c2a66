"""Words that mean the same throughout a briefing: likelihoods on a stated scale, days, rounded cells of tables.

Likelihood words follow Intelligence Community Directive 203, Analytic Standards (Office of the Director of National
Intelligence, 2 January 2015, section D.6.e(2)(a)). Its bands meet, so that every probability has one word. The
probability stands beside the word; it is the model's own, given its assumptions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import pandas as pd

from ..figures.text import fixed, last_place
from .content import Cell, Table

SCALE_SOURCE = (
    "Intelligence Community Directive 203, Analytic Standards, Office of the Director of National Intelligence, "
    "2 January 2015. Here the outermost words reach to 0 and 100 %."
)
# word, upper end of its band in per cent
SCALE = (
    ("almost no chance", 5), ("very unlikely", 20), ("unlikely", 45), ("roughly even chance", 55), ("likely", 80),
    ("very likely", 95), ("almost certain", 100),
)  # fmt: skip


def likelihood(probability: float) -> str:
    """Word of the scale for a probability.

    >>> [likelihood(p) for p in (0.0, 0.05, 0.5, 0.8, 0.96)]
    ['almost no chance', 'very unlikely', 'roughly even chance', 'very likely', 'almost certain']
    """
    shown = round(100 * probability)  # the word must fit the whole per cent that stands beside it
    return next((word for word, end in SCALE if shown < end), SCALE[-1][0])


def chance(probability: float) -> str:
    """A probability in whole per cent, never 0 or 100.

    >>> chance(0.001), chance(0.934), chance(1.0)
    ('<1 %', '93 %', '>99 %')
    """
    shown = round(100 * probability)
    return "<1 %" if shown < 1 else ">99 %" if shown > 99 else f"{shown} %"


def likely_that(probability: float, what: str) -> str:
    """Sentence that something is so, with its likelihood.

    >>> likely_that(0.7, "it rains"), likely_that(0.01, "it rains")
    ('It is likely (70 %) that it rains.', 'There is almost no chance (1 %) that it rains.')
    """
    word, shown = likelihood(probability), chance(probability)
    if word.endswith("chance"):
        article = "" if word.startswith("almost") else "a "
        return f"There is {article}{word} ({shown}) that {what}."
    return f"It is {word} ({shown}) that {what}."


def scale_table() -> Table:
    """The likelihood words and their bands."""
    lows = [0, *(end for _, end in SCALE[:-1])]
    rows = tuple(
        (Cell(word.capitalize()), Cell(f"{low} to {end} %")) for (word, end), low in zip(SCALE, lows, strict=True)
    )
    data = pd.DataFrame({"word": [w for w, _ in SCALE], "from_pct": lows, "to_pct": [end for _, end in SCALE]})
    return Table(
        name="likelihood_scale", caption="Likelihood words used here", columns=("Word", "Probability"), rows=rows,
        numeric=(False, True), widths=(3, 2), data=data, note=f"A band includes its lower end. Source: {SCALE_SOURCE}",
        detail=True,
    )  # fmt: skip


def day_words(day: date | pd.Timestamp) -> str:
    """A day as printed: 14 July 2021."""
    return f"{day.day} {day:%B %Y}"


def span_words(start: date, end: date) -> str:
    """Days from one to another as printed, the year once where it is the same.

    >>> span_words(date(2021, 6, 22), date(2021, 7, 27))
    '22 June to 27 July 2021'
    """
    first = f"{start.day} {start:%B}" if start.year == end.year else day_words(start)
    return f"{first} to {day_words(end)}"


def listed(words: Sequence[str]) -> str:
    """Items as a list in a sentence."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


MONEY = ((1e6, 1e7, "millions of "), (1e3, 1e4, "thousands of "))  # size, used from this largest amount on, words


def money_size(largest: float) -> tuple[float, str]:
    """Unit of a table's money: its size and the words before the currency."""
    for size, least, words in MONEY:
        if abs(largest) >= least:
            return size, words
    return 1.0, ""


def spread_cells(values: Sequence[float], low: float, high: float, size: float) -> tuple[Cell, ...]:
    """`values` in units of `size`, rounded to what half of the interval from `low` to `high` supports.

    >>> [c.text for c in spread_cells((2.04e9, 1.23e9, 3.39e9), 1.23e9, 3.39e9, 1e6)]
    ['2,000', '1,200', '3,400']
    """
    place = last_place((high - low) / 2) if math.isfinite(low) and math.isfinite(high) else None
    unit = round(math.log10(size))
    if place is None:
        return tuple(Cell(fixed(value / size, 1 if abs(value) < 10 * size else 0)) for value in values)
    return tuple(Cell(fixed(round(float(value), -place) / size, max(0, unit - place))) for value in values)

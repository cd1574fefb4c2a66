"""Synthetic cases with a known truth, for teaching and for testing whether what was put in is recovered.

A world is drawn from a stated prior (``prior.toml`` and the library's defaults), its loss and gain are the model's at
exactly the true values, and an analyst's case is made of what would be published: figures with errors, reports that may
be false. Loss and gain are in the currency of the case over the window.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from numbers import Integral
from string import ascii_lowercase
from typing import Any

import numpy as np
import pandas as pd

from ..case import Case
from ..case.history import in_hindsight
from ..engine.sampling import seed_of
from ..errors import TradeImpactError, TradeImpactWarning
from ..inference import LEAD_DAYS
from ..marginals import marginals_of
from .prior import draw_values, own_records
from .tables import CURRENCY, HOLDERS, TOTAL, before_crisis, hindsight, in_crisis
from .told import reports
from .truth import Truth, run_at
from .world import Figures, Past, draw_figures, draw_past

__all__ = ["Truth", "synthetic_case"]

START = date(2002, 4, 1)  # first day of the crisis
LEAD = LEAD_DAYS + 1
ORIGIN = START - timedelta(days=LEAD)  # first day of the chain
TAIL = 10  # days after the window on which reports still appear
LONGEST = 365


def synthetic_case(
    rng: int | np.random.Generator | None = None,
    *,
    crossings: int = 4,
    days: int = 40,
    assumptions: Mapping[str, Any] | None = None,
    name: str = "",
) -> tuple[Case, Truth]:
    """An invented case and the truth behind it.

    Parameters
    ----------
    rng : int, Generator or None
    crossings : int
        Border posts, 1 to 26, shared out between two neighbours.
    days : int
        Length of the crisis, 1 to 365 days from 1 April 2002.
    assumptions : mapping, optional
        Priors in place of the generator's own, as in `Case.assume`: ``{"theta": (4, 5, 7), "hazard_fall": 0.05}``.
        The truth is drawn from them and the analyst holds them.
    name : str
        Name of the case, "synthetic-" put before it where it does not say so; "synthetic-" and the seed without it.

    Returns
    -------
    Case
        What an analyst would have: figures with ranges that hold the truth, reports that may be false, assumptions as
        priors. No hindsight.
    Truth
        Loss, gain, history, figures and values that were put in.

    Raises
    ------
    TradeImpactError
        Where a number is out of its bounds or an assumption is none of the model's.

    Notes
    -----
    The truth uses the equations of the model, so that coverage tests the inference (draws, histories from reports,
    fitted figures), not whether the equations hold of the world.

    Examples
    --------
    >>> import tradeimpact as ti
    >>> case, truth = ti.synthetic_case(rng=1, crossings=3)
    >>> case.synthetic, len(case.border_units), truth.end
    (True, 3, datetime.date(2002, 5, 10))
    """
    _check(crossings, days)
    seed = seed_of(rng)
    draw = np.random.default_rng(seed)
    names = tuple(f"post_{letter}" for letter in ascii_lowercase[:crossings])
    end = START + timedelta(days=days - 1)
    figures = draw_figures(names, draw)
    tables = before_crisis(names, figures, end)
    records, called = own_records() | dict(assumptions or {}), _name(name, seed)
    bare = _case(tables, records, called, end)
    values = draw_values(marginals_of(bare), bare.correlations, draw)
    values |= {f"trucks.{post}": float(count) for post, count in zip(names, figures.trucks, strict=True)}
    past = draw_past(values, crossings, LEAD, days, TAIL, draw)
    told = reports(past, values, draw)
    case = _case(tables | in_crisis(names, past, told, ORIGIN, START, end), records, called, end)
    return case, _truth(case, names, figures, past, values, end)


def _truth(
    case: Case, names: tuple[str, ...], figures: Figures, past: Past, values: Mapping[str, float], end: date
) -> Truth:
    known = hindsight(names, past, ORIGIN)
    # falls just after the window threaten days of it
    seen_later = case.with_tables(known)
    scenario = in_hindsight(seen_later, end + timedelta(days=TAIL)).named("synthetic truth")
    scores = figures.scores | {f"total.{TOTAL}": figures.scores["level_value"]}
    daily = run_at(case, scenario, START, end, {**values, **scores})
    days = pd.date_range(ORIGIN, periods=len(past.states))
    return Truth(
        loss=float(daily["government_loss"].sum()),
        gain=float(daily["insurgent_gain"].sum()),
        daily=daily,
        start=START,
        end=end,
        currency=CURRENCY,
        scenario=scenario,
        holders=pd.DataFrame(past.states, days, list(names)).replace(HOLDERS),
        revenue=pd.Series(figures.revenue, names, name="revenue_xts"),
        values=pd.Series(values, name="value"),
        hindsight=known,
    )


def _case(tables: Mapping[str, pd.DataFrame], records: Mapping[str, Any], name: str, end: date) -> Case:
    """The tables as a case that says it is synthetic; what it leaves to the defaults is the stated prior here."""
    count = len(tables["crossings"])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", TradeImpactWarning)
        made = Case.from_tables(
            tables,
            currency=CURRENCY,
            assumptions=records,
            name=name,
            title=f"Synthetic case of {count} invented posts",
            baseline_until=START - timedelta(days=1),
            synthetic=True,
        )
    about = {
        "description": "Synthetic: invented posts, figures and reports with a known truth, for teaching and tests.",
        "period": f"{START} to {end}",
        "credit": "invented, drawn from a stated prior",
    }
    return replace(made, _metadata={**made.metadata, **about})


def _name(name: str, seed: int) -> str:
    """A name that says synthetic."""
    return f"synthetic-{seed}" if not name else name if "synthetic" in name.lower() else f"synthetic-{name}"


def _check(crossings: int, days: int) -> None:
    for label, number, most in (("crossings", crossings, len(ascii_lowercase)), ("days", days, LONGEST)):
        if not isinstance(number, Integral) or isinstance(number, bool) or not 1 <= number <= most:
            raise TradeImpactError(f"{label}={number!r}: expected a whole number from 1 to {most}")

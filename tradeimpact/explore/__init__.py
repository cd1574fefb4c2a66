"""A panel to explore a case: pick crossings to fall and days, hold assumptions, and see numbers and pictures move."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..case import Case
    from ..scenario import Scenario
    from .panel import Panel

DRAWS = 500
SEED = 1


def explore(
    case: Case,
    scenario: Scenario | None = None,
    *,
    start: str | date | datetime | None = None,
    end: str | date | datetime | None = None,
    draws: int = DRAWS,
    rng: int = SEED,
) -> Panel:
    """Panel to explore a case in a notebook; ``python -m tradeimpact explore CASE`` serves the same without one.

    Pick crossings to fall and their days, shut crossings, hold assumptions at a value; numbers, bridge and map move.
    Undo what you did, save the scenario as a file, copy all of it as code.

    Parameters
    ----------
    case : Case
    scenario : Scenario, optional
        What to begin with; no crossing falls unless given.
    start, end : day, optional
        Window, both ends included; the month after the baseline unless given, longer where the scenario goes on.
    draws : int
        Draws of every step; the same seed in every step, so that only the plan moves the numbers.
    rng : int
        Seed.

    Returns
    -------
    Panel
        ``.plan`` (with ``to_yaml()``, ``to_code()``, ``run()``), ``.scenario`` and ``.result`` are those of the moment.

    Raises
    ------
    TradeImpactError
        If the extra `explore` is not installed, or scenario and window do not fit the case.
    """
    need("ipywidgets")
    from .panel import Panel
    from .state import Plan

    return Panel(Plan.begin(case, scenario, start=start, end=end, draws=draws, seed=rng))


def need(module: str) -> None:
    """Say what to install where a package of the extra is missing."""
    from importlib.util import find_spec

    from ..errors import TradeImpactError

    if find_spec(module) is None:
        raise TradeImpactError(f"the explorer needs {module}: pip install 'tradeimpact[explore]'")

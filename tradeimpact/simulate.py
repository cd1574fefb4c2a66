"""The door: `simulate` runs a scenario against its counterfactual; what it needs is loaded by the first call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from .case import Case
    from .engine.progress import Progress
    from .results import Results
    from .scenario import AsReported, Scenario

DEFAULT_DRAWS = 1000


def simulate(
    case: Case,
    scenario: Scenario | AsReported | None = None,
    *,
    start: str | date | datetime,
    end: str | date | datetime,
    as_of: str | date | datetime | None = None,
    forecast: str = "persist",
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
    chunk: int | None = None,
    threads: int | None = None,
    client: Any = None,
    keep: Sequence[str] = (),
    progress: Progress = None,
) -> Results:
    """Customs revenue under a scenario beside the counterfactual in which no crossing falls.

    Parameters
    ----------
    case : Case
        From `load_case`.
    scenario : Scenario, marker of ``case.as_reported()``, or None
        None is the empty scenario, which equals the counterfactual bit for bit.
    start, end : day
        Window the results are for, both ends included. Events before it are simulated and not counted.
    as_of : day, optional
        Use only what was published by then (``case.as_of``). A history as reported is known up to that day and forecast
        after it; with a scenario of your own it limits the data, never the events you set.
    forecast : {"persist", "hazard", "contagion"}
        How a history as reported goes on after `as_of`: holders stay, change at the drawn hazards, or at hazards that
        rise with every lost crossing of the route group.
    draws : int
        Number of draws; the first n of more draws are the same as n draws.
    rng : int, numpy Generator or None
        Seed (0 is a seed), a Generator to take one from, or None for a fresh one, which the result reports.
    chunk : int, optional
        Draws handed to a worker at a time, rounded up to whole blocks of 256. It changes no number.
    threads : int, optional
        Threads of this process; None for one a processor. Changes no number.
    client : dask.distributed.Client, optional
        Run on its workers instead; changes no number, and a worker that dies loses nothing.
    keep : sequence of str
        Ledger lines to hold for every crossing, day and draw, 8 bytes each: see `Results.kept`.
    progress : bool, callable or None
        None shows a bar on whatever takes longer than two seconds where somebody may be watching; a function is called
        with (draws done, draws in all).

    Returns
    -------
    Results

    Raises
    ------
    TradeImpactError
        Where the window, the scenario, the case or the assumptions do not fit one another.
    Interrupted
        If the user stops the run; its `result` holds the draws that were finished.

    Notes
    -----
    Lines over the window are held for every draw. Beyond 65,536 draws the tables by crossing, month and day are made
    from counts in bins at most 1/1024 of the value wide; their `mc_error` says so.

    Examples
    --------
    >>> import tradeimpact as ti
    >>> case = ti.load_case("afghanistan-2021")
    >>> fall = ti.Scenario("fall").capture("spin_boldak", on="2021-07-14")
    >>> r = ti.simulate(case, fall, start="2021-07-14", end="2021-07-22", draws=64, rng=1)
    >>> bool((r.draws()["government_loss"] > 0).mean() > 0.9)
    True
    """
    from .case import Case
    from .engine.blocks import blocks
    from .engine.sampling import seed_of
    from .errors import TradeImpactError
    from .inference import FORECASTS
    from .run import How, kept_lines, prepared
    from .scenario import to_day

    if not isinstance(case, Case):
        raise TradeImpactError(
            f"simulate() takes a case first, from load_case() or Case.from_tables(), not {type(case).__name__}"
        )
    day = None if as_of is None else to_day(as_of)
    first, last = to_day(start), to_day(end)
    if last < first:
        raise TradeImpactError(f"the window ends on {last}, before it starts on {first}; both ends are included")
    next(blocks(draws))  # refuse a bad number before any work
    if forecast not in FORECASTS:
        raise TradeImpactError(f"forecast={forecast!r}: expected one of {', '.join(FORECASTS)}")
    how = How(chunk, threads, client, kept_lines(keep), progress)
    return prepared(case, scenario, first, last, day, forecast, draws, seed_of(rng), how).results(case.currency.lower())

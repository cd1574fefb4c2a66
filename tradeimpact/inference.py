"""Who held each crossing, inferred from what was published: `infer_control` (MODEL section 4).

Joins the classified reports of a case, the drawn weights and hazards, and the hidden Markov chain. Vague publication
dates count at their latest possible day, so nothing published after the as-of day can enter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case import Case
from .case.evidence import CLASSES, evidence
from .case.reported import holder_shares
from .engine.blocks import blocks
from .engine.sampling import Sampler, seed_of
from .errors import TradeImpactError
from .holders import Evidence, block_paths, chain_of
from .marginals import marginals_of, require
from .model.chain import control_chain
from .scenario import to_day

if TYPE_CHECKING:
    import xarray as xr

Array = NDArray[np.float64]

STATES = ("government", "nobody", "insurgent")
LEAD_DAYS = 6  # the chain starts a week before the first treated day
FORECASTS = ("persist", "hazard", "contagion")
# what the chain needs beside the statements themselves
ASSUMED = (
    *(f"weight_{name}" for name in CLASSES), "repeat_power", "silence", "hazard_fall", "fall_to_nobody",
    "hazard_collect", "hazard_recapture", "initial_held",
)  # fmt: skip


def chain_origin(case: Case) -> date:
    """First day of the chain: a week before the first treated day."""
    return case.baseline_until - timedelta(days=LEAD_DAYS)


def gather(case: Case, end: date, forecast: str = "persist") -> Evidence:
    """Classified reports of a case on the days from a week before its crisis to `end` or the last report, if later."""
    require(case, (*ASSUMED, "contagion") if forecast == "contagion" else ASSUMED)
    origin = chain_origin(case)
    if end < origin:
        raise TradeImpactError(
            f"control is inferred from {origin} on, a week before the case's crisis; {end} is earlier"
        )
    rows = evidence(case)
    base = pd.Timestamp(origin)
    for column, target in (("first", "first_at"), ("last", "last_at"), ("published_latest", "published_at")):
        rows[target] = (
            (pd.to_datetime(rows[column]) - base).dt.days.astype("int64") if len(rows) else pd.Series(dtype="int64")
        )
    # the chain runs to the last report, so that the window asked for changes nothing
    last = max([end, *(day.date() for day in rows["published_latest"])])
    units = case.units
    crossings = tuple(sorted(units["crossing"]))
    group = dict(zip(units["crossing"], units["route_group"], strict=True))
    return Evidence(origin, (last - origin).days + 1, crossings, tuple(str(group[c]) for c in crossings), rows)


@dataclass(frozen=True)
class Control:
    """Inferred control. Tables are indexed by (day, crossing) with columns government, nobody, insurgent that sum to
    1.
    """

    case: Case
    known: Evidence
    sampler: Sampler
    draws: int
    window: tuple[date, date]
    as_of: date | None
    forecast: str

    @property
    def probability(self) -> pd.DataFrame:
        """Smoothed: given everything published by the as-of day (or at all)."""
        return self._table(np.concatenate([part.smoothed_draws.mean(axis=-1) for part in self._parts()], axis=-1))

    @property
    def filtered(self) -> pd.DataFrame:
        """Given, for each day, only what was published by that day."""
        return self._table(self.filtered_draws.mean(axis=-1))

    @property
    def by_authority(self) -> pd.DataFrame:
        """Smoothed probability of each authority: a lost crossing belongs to whom reports name, jointly in shares."""
        table, kinds = self.probability, self.case.authorities
        names = (*STATES[:2], *sorted(kinds.loc[kinds["kind"] == "insurgent", "authority"]))
        shares = holder_shares(self.case, self.known.crossings, names, self._days(), self.as_of)
        parts = dict(zip(names, shares.transpose(0, 2, 1).reshape(len(names), -1), strict=True))
        return pd.DataFrame({name: table.get(name, 0.0) + table["insurgent"] * part for name, part in parts.items()})

    @cached_property
    def smoothed_draws(self) -> Array:
        """Smoothed probability in each draw of weights and hazards, (days, states, crossings, draws)."""
        return self._each(self._smoothed)

    @cached_property
    def filtered_draws(self) -> Array:
        """Filtered probability in each draw of weights and hazards, (days, states, crossings, draws)."""
        return self._each(self._filtered)

    def sample(self, draws: int, rng: int | np.random.Generator | None = None) -> xr.DataArray:
        """Sampled histories: int8 DataArray over draw, day, crossing; 0 government, 1 nobody, 2 insurgent."""
        import xarray as xr

        sampler = self.sampler.reseeded(seed_of(rng))
        parts = []
        for number, wanted in blocks(draws):
            p = sampler.block(number)
            parts.append(
                block_paths(self._known_then(), p, sampler.seed, [number], self._until(), self.forecast)[
                    :, self._rows(), :wanted
                ]
            )
        paths = np.concatenate(parts, axis=2).transpose(2, 1, 0)
        coordinates = {"draw": np.arange(draws), "day": self._days(), "crossing": list(self.known.crossings)}
        return xr.DataArray(paths, coords=coordinates, dims=("draw", "day", "crossing"), name="holder")

    def reports(self, crossing: str, day: str | date) -> pd.DataFrame:
        """Reports behind the filtered probability of a crossing on a day: published by then, newest first, with
        sources.
        """
        self.case.crossing(crossing)
        known = self.known.rows[self.known.rows["crossing"] == crossing]
        rows = known[known["published_latest"] <= pd.Timestamp(to_day(day))]
        table = self.case.reports.set_index("report")[["event", "claimed_by", "statement", "source", "grade"]]
        columns = ["report", "day", "published_latest", "proposition", "weight"]
        return (
            rows[columns].join(table, on="report").sort_values("published_latest", ascending=False, ignore_index=True)
        )

    # --- inside -------------------------------------------------------------------------------------------------------

    def _parts(self) -> list[Control]:
        """Some crossings at a time where all take much memory: each has a chain of its own, unless falls spread."""
        if self.as_of is not None and self.forecast == "contagion":
            return [self]
        return [replace(self, known=part) for part in self.known.parts]

    def _each(self, one: Any) -> Array:
        parts = [one(self.sampler.block(number), number)[..., :wanted] for number, wanted in blocks(self.draws)]
        return np.concatenate(parts, axis=-1)

    def _until(self) -> int:
        last = self.known.days - 1
        return last if self.as_of is None else min((self.as_of - self.known.origin).days, last)

    def _known_then(self) -> Evidence:
        return self.known if self.as_of is None else self.known.known((self.as_of - self.known.origin).days)

    def _smoothed(self, p: dict[str, Array], block: int) -> Array:
        until = self._until()
        smoothed = control_chain(*chain_of(self._known_then(), p, self.sampler.seed, block, until)).smoothed
        if until < self.known.days - 1:
            paths = block_paths(self._known_then(), p, self.sampler.seed, [block], until, self.forecast)
            paths = paths[:, until + 1 :].transpose(1, 0, 2)
            ahead = smoothed[-1:] if self.forecast == "persist" else None
            later = np.stack([np.stack([(day == k).astype(float) for k in range(3)]) for day in paths])
            smoothed = np.concatenate([smoothed, np.repeat(ahead, len(paths), axis=0) if ahead is not None else later])
        return smoothed[self._rows()]

    def _filtered(self, p: dict[str, Array], block: int) -> Array:
        """One forward pass per day, over what had been published by it; days after the as-of day are the forecast."""
        rows, until = self._rows(), self._until()
        known = [
            control_chain(*chain_of(self.known.known(day), p, self.sampler.seed, block, day)).filtered[-1]
            for day in range(rows.start, min(until, rows.stop - 1) + 1)
        ]
        if until >= rows.stop - 1:
            return np.stack(known)
        beyond = self._smoothed(p, block)[max(until + 1 - rows.start, 0) :]
        return np.concatenate([np.stack(known), beyond]) if known else beyond

    def _rows(self) -> slice:
        start, end = ((d - self.known.origin).days for d in self.window)
        return slice(start, end + 1)

    def _days(self) -> pd.DatetimeIndex:
        return pd.date_range(*self.window)

    def _table(self, probability: Array) -> pd.DataFrame:
        index = pd.MultiIndex.from_product([self._days(), list(self.known.crossings)], names=["day", "crossing"])
        return pd.DataFrame(probability.transpose(0, 2, 1).reshape(-1, 3), index=index, columns=list(STATES))


def infer_control(
    case: Case,
    *,
    start: str | date,
    end: str | date,
    as_of: str | date | None = None,
    draws: int = 256,
    rng: int | np.random.Generator | None = 0,
    forecast: str = "persist",
) -> Control:
    """Probability that each crossing was held by the government, nobody or insurgents, from reports alone.

    Parameters
    ----------
    case : Case
    start, end : day
        Days to report, both included; the chain itself always starts a week before the case's crisis.
    as_of : day, optional
        Only what was published by then counts (vague dates at their latest possible day); later days are forecast.
    draws : int
        Draws of weights, hazards and event days.
    rng : int, Generator or None
    forecast : {"persist", "hazard", "contagion"}
        After the as-of day the holder stays, or changes at the drawn hazards, without or with contagion in its group.

    Returns
    -------
    Control
        ``.probability`` (smoothed), ``.filtered``, ``.by_authority``, ``.sample(draws, rng)``, ``.reports(…)``.

    Notes
    -----
    Territorial control as a hidden Markov state: Anders (2020), Journal of Peace Research 57(6).
    """
    first, last = to_day(start), to_day(end)
    if last < first:
        raise TradeImpactError(f"the window ends on {last}, before it starts on {first}")
    if forecast not in FORECASTS:
        raise TradeImpactError(f"forecast={forecast!r}: expected one of {', '.join(FORECASTS)}")
    known = gather(case, last, forecast)
    if first < known.origin:
        raise TradeImpactError(f"start={first}: control is inferred from {known.origin} on, a week before the crisis")
    seen = None if as_of is None else to_day(as_of)
    if seen is not None and seen < known.origin:
        raise TradeImpactError(f"as_of={seen}: control is inferred from {known.origin} on; ask as of a later day")
    sampler = Sampler(marginals_of(case), (), case.correlations, seed_of(rng))
    return Control(case, known, sampler, draws, (first, last), seen, forecast)

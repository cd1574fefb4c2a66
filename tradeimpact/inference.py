"""Who held each crossing, inferred from what was published: `infer_control` (MODEL section 4).

Joins the classified reports of a case, the drawn weights and hazards, and the hidden Markov chain. Vague publication
dates count at their latest possible day, so nothing published after the as-of day can enter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .case import Case
from .case.evidence import CLASSES, clusters, evidence
from .case.reported import holder_shares
from .engine.blocks import BLOCK, blocks
from .engine.sampling import Sampler, seed_of, uniform_days, uniforms
from .errors import TradeImpactError
from .marginals import marginals_of, require
from .model.chain import backward_paths, control_chain, filtered_chain
from .model.evidence import Statement, log_likelihood, silent_days, transitions
from .scenario import to_day
from .tables import records

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
CANDIDATES = 8  # joint paths per draw among which a bare count chooses
COUNT_SLACK = 1  # a count of lost posts fits if the path is within one of it


@dataclass(frozen=True)
class Evidence:
    """Statements of a case on a day grid that starts at a fixed origin."""

    origin: date
    days: int
    crossings: tuple[str, ...]
    groups: tuple[str, ...]
    rows: pd.DataFrame  # classified reports with positions: first, last, published (days since origin)

    def known(self, position: int) -> Evidence:
        """Only what was published by the day at `position`, its clusters made anew."""
        return replace(self, rows=self.rows[self.rows["published_at"] <= position].reset_index(drop=True))

    def arranged(self, crossings: tuple[str, ...]) -> Evidence:
        """The same evidence with the crossings in another order."""
        group = dict(zip(self.crossings, self.groups, strict=True))
        return replace(self, crossings=crossings, groups=tuple(group[c] for c in crossings))

    @cached_property
    def statements(self) -> list[Statement]:
        """Statements on single crossings."""
        rows = self.rows[self.rows["crossing"] != "national"].reset_index(drop=True)
        place = {c: i for i, c in enumerate(self.crossings)}
        return [
            Statement(
                place[row["crossing"]], row["proposition"], int(row["first_at"]), int(row["last_at"]),
                int(row["published_at"]), row["weight"], int(cluster), f"{row['report']}/{row['crossing']}",
            )
            for row, cluster in zip(records(rows), clusters(rows), strict=True)
        ]  # fmt: skip

    @property
    def counts(self) -> list[tuple[int, float, str]]:
        """Bare counts of lost border posts: day position, count, weight class."""
        rows = self.rows[self.rows["crossing"] == "national"]
        return [(int(row["last_at"]), float(row["count"]), str(row["weight"])) for row in records(rows)]


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


def chain_of(known: Evidence, p: dict[str, Array], seed: int, block: int, until: int) -> tuple[Array, Array, Array]:
    """Initial, transition and likelihood of one block of draws, for days 0 to `until`, from what is known.

    Shapes (3, crossings, draws), (days - 1, 3, 3, crossings, draws) and (days, 3, crossings, draws).
    """
    days, count = until + 1, len(known.crossings)
    statements = known.statements
    uniform = {s.key: uniforms(seed, f"event/{s.key}", block) for s in statements if s.first < s.last}
    flat = np.full(len(p["silence"]), 0.5)
    log_weight = dict(zip(CLASSES, np.log(_weights(p)), strict=True))
    repeat = np.clip(p["repeat_power"], 0.0, 0.3)
    rank = {name: i for i, name in enumerate(CLASSES)}
    log_l = log_likelihood(
        statements, days, count, log_weight, repeat, {s.key: uniform.get(s.key, flat) for s in statements}, rank
    )
    loss, back = (np.zeros((days, count), dtype=np.int64) for _ in range(2))
    for c in range(count):
        stated = [(s.published, s.proposition) for s in statements if s.crossing == c]
        told = [day for day, says in stated if says in ("lost", "collecting", "promise")]
        loss[:, c] = silent_days(told, days, until)
        loss[0, c] *= all(day >= 0 for day in told)  # told before the chain begins: no silence about its first state
        back[:, c] = silent_days([day for day, says in stated if says == "held"], days, until)
    move = transitions(
        p["hazard_fall"],
        p["fall_to_nobody"],
        np.minimum(p["hazard_collect"], 1.0),
        p["hazard_recapture"],
        p["silence"],
        loss,
        back,
    )
    # a post lost before the chain begins would have been reported too
    held = np.stack([p.get(f"initial_held.{c}", p["initial_held"]) for c in known.crossings])
    quiet = (1.0 - p["silence"]) ** loss[0][:, None]
    initial = np.stack(np.broadcast_arrays(held, (1 - held) / 2 * quiet, (1 - held) / 2 * quiet))
    return initial, move, np.exp(log_l - log_l.max(axis=1, keepdims=True))


def _weights(p: dict[str, Array]) -> Array:
    """Likelihood ratios by class, heaviest first in every draw; at least 1, a relay at most 3."""
    drawn = np.stack([np.maximum(p[f"weight_{name}"], 1.0) for name in CLASSES])
    drawn = -np.sort(-drawn, axis=0)
    drawn[-1] = np.minimum(drawn[-1], 3.0)
    return drawn


def block_paths(
    known: Evidence, p: dict[str, Array], seed: int, block: int, known_until: int, forecast: str
) -> NDArray[np.int8]:
    """Sampled states of one block, (days, crossings, draws): inferred up to the as-of day, forecast after it."""
    until = min(known_until, known.days - 1)
    initial, move, seen = chain_of(known, p, seed, block, until)
    counts = [c for c in known.counts if c[0] <= until]
    filtered = filtered_chain(initial, move, seen)
    candidates = _sampled(known, filtered, move, seed, block, CANDIDATES if counts else 1)
    chosen = candidates[:, 0] if candidates.shape[1] == 1 else _fitting(known, candidates, counts, p, seed, block)
    if until == known.days - 1:
        return chosen
    return np.concatenate([chosen, _forecast(known, chosen[-1], p, seed, block, until, forecast)])


def _sampled(known: Evidence, filtered: Array, move: Array, seed: int, block: int, candidates: int) -> NDArray[np.int8]:
    """Joint paths of a block, (days, candidates, crossings, draws)."""
    days = len(filtered)
    uniform = np.empty((days, candidates, len(known.crossings), BLOCK))
    for k in range(candidates):
        for i, c in enumerate(known.crossings):
            uniform[:, k, i] = uniform_days(seed, f"path/{k}/{c}", block, days)
    return backward_paths(filtered[:, :, None], move[:, :, :, None], uniform)


def _fitting(
    known: Evidence,
    candidates: NDArray[np.int8],
    counts: Sequence[tuple[int, float, str]],
    p: dict[str, Array],
    seed: int,
    block: int,
) -> NDArray[np.int8]:
    """One joint path per draw, chosen among candidates by the bare counts that were stated."""
    border = np.array([g != "inland" for g in known.groups])
    log_weight = dict(zip(CLASSES, np.log(_weights(p)), strict=True))
    score = np.zeros((candidates.shape[1], BLOCK))
    for day, count, weight in counts:
        lost = (candidates[day][:, border] > 0).sum(axis=1)
        score += log_weight[weight] * (np.abs(lost - count) <= COUNT_SLACK)
    share = np.exp(score - score.max(axis=0))
    edges = np.cumsum(share, axis=0)
    pick = (uniforms(seed, "count", block) * edges[-1] >= edges[:-1]).sum(axis=0)
    return candidates[:, pick, :, np.arange(BLOCK)].transpose(1, 2, 0)


def _forecast(
    known: Evidence, last: NDArray[np.int8], p: dict[str, Array], seed: int, block: int, until: int, forecast: str
) -> NDArray[np.int8]:
    """States after the as-of day: they persist, or go on by the hazards, with contagion inside a route group if
    asked.
    """
    ahead = known.days - 1 - until
    if forecast == "persist":
        return np.repeat(last[None], ahead, axis=0)
    uniform = np.stack(
        [uniform_days(seed, f"future/{c}", block, known.days)[until + 1 :] for c in known.crossings], axis=1
    )
    member = np.array([[a == b for b in known.groups] for a in known.groups], dtype=float)
    state, found = last.astype(np.int8), []
    for day in range(ahead):
        fall = np.broadcast_to(p["hazard_fall"], state.shape)
        if forecast == "contagion":
            lost = member @ (state > 0) - (state > 0)
            fall = np.minimum(p["hazard_fall"] * np.maximum(p["contagion"], 1.0) ** lost, 1.0)
        chance = np.zeros((3, 3, *state.shape))
        chance[0] = [1 - fall, fall * p["fall_to_nobody"], fall * (1 - p["fall_to_nobody"])]
        collect, back = np.minimum(p["hazard_collect"], 1.0), p["hazard_recapture"]
        chance[1] = [np.broadcast_to(v, state.shape) for v in (back, np.maximum(1 - collect - back, 0), collect)]
        chance[2] = [np.broadcast_to(v, state.shape) for v in (back, 0 * back, 1 - back)]
        edges = np.cumsum(np.take_along_axis(chance, state[None, None].astype(np.intp), axis=0)[0], axis=0)
        state = (uniform[day] * edges[-1] >= edges[:-1]).sum(axis=0).astype(np.int8)
        found.append(state)
    return np.stack(found)


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
        return self._table(self.smoothed_draws.mean(axis=-1))

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
                block_paths(self._known_then(), p, sampler.seed, number, self._until(), self.forecast)[
                    self._rows(), :, :wanted
                ]
            )
        paths = np.concatenate(parts, axis=2).transpose(2, 0, 1)
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
            paths = block_paths(self._known_then(), p, self.sampler.seed, block, until, self.forecast)[until + 1 :]
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
    sampler = Sampler(marginals_of(case), (), case.correlations, seed_of(rng))
    return Control(case, known, sampler, draws, (first, last), seen, forecast)

"""What the next fall would cost: for each crossing still held, the loss if it fell tomorrow, given what has fallen.

The answer is marginal. The history up to a day is kept and holders stay as they are; then one crossing more changes
hands on the morrow, and the loss over the days after it is compared with the loss without. Beside it stands days-held
arithmetic, the crossing's own part of the baseline, which knows nothing of trade that moves to other posts or has moved
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from html import escape
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.blocks import BLOCK, blocks
from ..engine.sampling import seed_of
from ..engine.schedule import in_order
from ..errors import TradeImpactError
from ..figures.text import amount, estimate, millions, percent
from ..inputs import Inputs, prepare
from ..kernel import Drawn, draw_block, history, outcome
from ..model.control import Paths, days_since_reopening, first_changes
from ..parts import Task
from ..run import Run
from ..scenario import AsReported, Scenario, to_day
from ..simulate import DEFAULT_DRAWS
from ..statistics import describe
from ..tables import records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

DAYS = 30
LIKELY = 0.5  # a crossing counts as still held where the government holds it in at least this share of draws
NAMED = 3
LINES = ("loss", "gain", "arithmetic")
NOTE = (
    "Marks are as large as baseline revenue; the number is what the government would lose a day, beyond what it has "
    "lost, if that crossing fell next."
)


@dataclass(frozen=True)
class NextCrossing:
    """What each crossing still held would cost if it fell next.

    Attributes
    ----------
    table : DataFrame
        One row per crossing, the dearest first: crossing, name, held (share of draws in which the government still
        holds it; the numbers are about those), loss, loss_median, loss_low, loss_high (90 %), loss_mc_error (of the
        median), gain and the same for the insurgents, arithmetic (its own part of the baseline), ratio
        (loss / arithmetic). In the case's currency per day, mean over the days after the fall.
    text : str
        The sentences a briefer would say.
    holders : dict
        Likeliest holder of every unit of account on the day.
    """

    case: Case
    on: date
    days: int
    table: pd.DataFrame
    text: str
    holders: dict[str, str]
    settings: dict[str, Any]

    def map_table(self) -> pd.DataFrame:
        """What the map shows: every unit of account with its baseline, holder and, where still held, the loss a day."""
        units = self.case.units
        baseline = self.case.baseline.set_index("crossing")
        loss = self.table.set_index("crossing")["loss"]
        return pd.DataFrame(
            {
                "crossing": units["crossing"],
                "name": [
                    f"{name}: {millions(loss[c])} m" if c in loss.index else name
                    for c, name in zip(units["crossing"], units["name"], strict=True)
                ],
                "kind": units["kind"],
                "latitude": units["latitude"],
                "longitude": units["longitude"],
                "revenue": units["crossing"].map(baseline[f"best_{self.case.currency.lower()}"]),
                "grade": units["crossing"].map(baseline["grade"]),
                "holder": units["crossing"].map(self.holders),
                "loss_per_day": units["crossing"].map(loss),
            }
        )

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Map of crossings and holders on the day, with the loss a day if a held one fell next."""
        from ..crossing_plots import outlines_of
        from ..figures import alt, maps
        from ..figures.save import save as save_figure
        from ..plots import MODEL_NOTE, credit, grades

        table, currency = self.map_table(), self.case.currency.upper()
        outlines = outlines_of(self.case)
        names = {row["authority"]: row["name"] for row in records(self.case.authorities)}
        extra: dict[str, Any] = {"country": str(self.case.metadata.get("country", "")), "on": self.on, "names": names}
        first = self.table.iloc[0]
        mean, low, high = (float(first[c]) for c in ("loss", "loss_low", "loss_high"))
        finding = (
            f"Of the crossings still held on {self.on.day} {self.on:%B %Y}, the fall of {first['name']} would cost "
            f"most, a mean of {estimate(mean, low, high, currency=currency)} a day"
        )
        note = f"{NOTE} In millions of {currency}, mean over {self.days} days. {MODEL_NOTE}"
        drawn = maps.map_crossings(
            table, outlines, title=title or finding, source=credit(self.case), grade=grades(self.case), note=note,
            currency=currency, synthetic=self.case.synthetic, ax=ax, **extra,
        )  # fmt: skip
        if save is not None:
            words = f"{alt.alt_map(table, **extra)} {self.text.splitlines()[0]}"
            save_figure(drawn, save, table=table, alt=words, manifest=self.manifest())
        return drawn

    def manifest(self) -> dict[str, Any]:
        """What is needed to get these numbers again."""
        from .. import _version

        body = {"tradeimpact": _version.__version__, "case": self.case.name, "data": dict(self.case.hashes)}
        return body | {"on": str(self.on), "days": self.days} | self.settings

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        money = [name for name in self.table.columns if name not in ("crossing", "name", "held", "ratio")]
        shown = self.table.drop(columns="crossing").astype(object)
        shown[money] = self.table[money].map(lambda v: "" if np.isnan(v) else millions(v))
        shown["held"] = self.table["held"].map(percent)
        shown["ratio"] = self.table["ratio"].map(lambda v: "" if np.isnan(v) else f"{v:.2f}")
        words = "".join(f"<p>{escape(line)}</p>" for line in self.text.split("\n"))
        unit = f"Millions of {self.case.currency.upper()} per day, mean over {self.days} days after the fall"
        body = shown.to_html(escape=True, border=0, index=False)
        return f"<div>{words}{body}<p><small>{escape(unit)}</small></p></div>"


def next_crossing(
    case: Case,
    scenario: Scenario | AsReported | None = None,
    *,
    on: str | date,
    days: int = DAYS,
    by: str | None = None,
    as_of: str | date | None = None,
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
    threads: int | None = None,
) -> NextCrossing:
    """For each crossing still held on a day, what its fall on the morrow would cost, given what has fallen.

    Parameters
    ----------
    case : Case
    scenario : Scenario, marker of ``case.as_reported()``, or None
        What has happened. Of a scenario the events that begin by `on` count. As reported, each draw has the holders of
        its own sampled history on that day; they stay, insecurity stays at its level, closures that were running end
        as they did, and none begins.
    on : day
        The last day known; the crossing falls on the next.
    days : int
        Days after the fall over which the mean is taken.
    by : str, optional
        Who takes it; needed where the case has several insurgent authorities.
    as_of : day, optional
        Use only what was published by then; without it control on the day is inferred from all reports.
    draws : int
    rng : int, Generator or None
    threads : int, optional
        Threads; None for one a processor. Changes no number.

    Returns
    -------
    NextCrossing
        ``.table``, ``.text``, ``.plot()``.

    Raises
    ------
    TradeImpactError
        If no border crossing is held on the day, or an argument does not fit the case.
    """
    day = to_day(on)
    if not isinstance(days, Integral) or isinstance(days, bool) or days < 1:
        raise TradeImpactError(f"next_crossing(days={days!r}): expected a whole number of at least 1")
    known = None if as_of is None else to_day(as_of)
    past = scenario
    if isinstance(scenario, Scenario):
        past = replace(scenario, events=tuple(e for e in scenario.events if e.start <= day))
    seen = case if known is None else case.as_of(known)
    x = prepare(seen, past, day, day + timedelta(days=int(days)), as_of=known, forecast="persist")
    task = Run(x, seed_of(rng), draws).task()
    plan = _Plan(task, _taker(x.authorities, by))
    parts = [[number] for number, _ in blocks(draws)]
    done = list(in_order(_work, plan, parts, threads=threads))
    values, held = np.concatenate([v for v, _, _ in done], axis=-1), np.concatenate([h for _, h, _ in done], axis=-1)
    shares = np.sum([s for _, _, s in done], axis=0)
    holders = {c: x.authorities[int(shares[:, i].argmax())] for i, c in enumerate(x.crossings)}
    table = _table(case, x.crossings[: x.border], values, held)
    settings = {
        "scenario": x.scenario.to_yaml(), "history": "as stated" if x.inferred is None else "as reported",
        "as_of": None if known is None else str(known), "by": plan.taker, "draws": draws, "seed": task.seed,
    }  # fmt: skip
    text = _text(table, day, int(days), case.currency.upper(), draws)
    return NextCrossing(case, day, int(days), table, text, holders, settings)


@dataclass(frozen=True)
class _Plan:
    """A prepared run whose window begins with the day, and the authority (its position) that takes a crossing."""

    task: Task
    taker_position: int

    @property
    def taker(self) -> str:
        """Name of that authority."""
        return str(self.task.inputs.authorities[self.taker_position])


def _taker(authorities: Sequence[str], by: str | None) -> int:
    insurgents = list(authorities[2:])
    if by is None and len(insurgents) == 1:
        return 2
    if by not in insurgents:
        raise TradeImpactError(f"next_crossing(by={by!r}): expected one of {', '.join(insurgents) or '(none)'}")
    return 2 + insurgents.index(by)


def _work(plan: _Plan, numbers: Sequence[int]) -> tuple[Array, NDArray[np.bool_], Array]:
    """One block: (lines, border, draws) per day, whether each is held (border, draws), holders summed over draws."""
    task, x = plan.task, plan.task.inputs
    (number,) = numbers
    d = draw_block(x, task.sampler, number)
    day = x.window.start
    paths = history(x, d).dense()
    if x.inferred is not None:
        paths = frozen(paths, day)
    wanted, value = task.wanted(number), d.m0.on(_later(x))
    before = _per_day(plan, d, paths)
    held = np.broadcast_to(paths.holders[0, : x.border, day] > 0, (x.border, BLOCK))
    values = np.full((len(LINES), x.border, BLOCK), np.nan)
    for crossing in np.flatnonzero(held[:, :wanted].mean(axis=1) > 0):
        after = _per_day(plan, d, fallen(paths, int(crossing), day, plan.taker_position))
        values[:2, crossing] = np.where(held[crossing], after - before, np.nan)
        own = (d.r0[crossing] * value[crossing]).mean(axis=0)
        values[2, crossing] = np.where(held[crossing], own * paths.holders[0, crossing, day], np.nan)
    shares = np.broadcast_to(paths.holders[:, :, day], (*paths.holders.shape[:2], BLOCK))[..., :wanted].sum(axis=-1)
    return values[..., :wanted], held[:, :wanted], np.asarray(shares)


def _per_day(plan: _Plan, d: Drawn, paths: Paths) -> Array:
    """Loss and gain per day after the day, (2, BLOCK)."""
    return np.stack([line[1:].mean(axis=0) for line in outcome(plan.task.inputs, d, paths)])


def _later(x: Inputs) -> slice:
    """Positions of the days after the day."""
    return slice(x.window.start + 1, x.window.stop)


def frozen(paths: Paths, day: int) -> Paths:
    """A history that stops at a day: holders and insecurity stay, running closures end as they did, no threat."""
    holders, opened, threat, unrest = (
        x.copy() for x in (paths.holders, paths.open_share, paths.threat, paths.insecurity)
    )
    holders[:, :, day + 1 :] = holders[:, :, day : day + 1]
    threat[:, day + 1 :] = 0.0
    unrest[day + 1 :] = unrest[day]
    running = opened[:, day] < 1
    for later in range(day + 1, opened.shape[1]):
        running = running & (opened[:, later] < 1)
        opened[:, later] = np.where(running, opened[:, later], 1.0)
    return replace(
        paths, holders=holders, open_share=opened, threat=threat, insecurity=unrest,
        days_since_reopening=days_since_reopening(opened),
        first_events=first_changes(holders, opened, threat, unrest),
    )  # fmt: skip


def fallen(paths: Paths, crossing: int, day: int, taker: int) -> Paths:
    """The history with one crossing more in other hands from the day after."""
    holders = paths.holders.copy()
    holders[:, crossing, day + 1 :] = 0.0
    holders[taker, crossing, day + 1 :] = 1.0
    first = first_changes(holders, paths.open_share, paths.threat, paths.insecurity)
    return replace(paths, holders=holders, first_events=first)


def _table(case: Case, crossings: Sequence[str], values: Array, held: NDArray[np.bool_]) -> pd.DataFrame:
    names = case.crossings.set_index("crossing")["name"]
    likely = [int(i) for i in np.flatnonzero(held.mean(axis=1) >= LIKELY)]
    if not likely:
        raise TradeImpactError("the government holds no border crossing on that day, so none can fall next")
    rows = []
    for i in likely:
        found = describe(dict(zip(LINES, values[:, i], strict=True)))
        row: dict[str, Any] = {"crossing": crossings[i], "name": names[crossings[i]], "held": float(held[i].mean())}
        for line in ("loss", "gain"):
            parts = found.loc[line]
            row |= {line: parts["mean"]} | {f"{line}_{c}": parts[c] for c in ("median", "low", "high", "mc_error")}
        own = float(found["mean"]["arithmetic"])
        rows.append(row | {"arithmetic": own, "ratio": row["loss"] / own if own else float("nan")})
    return pd.DataFrame(rows).sort_values(["loss", "crossing"], ascending=[False, True], ignore_index=True)


def _text(table: pd.DataFrame, on: date, days: int, currency: str, draws: int) -> str:
    told = []
    for row in records(table.head(NAMED)):
        part = estimate(row["loss"], row["loss_low"], row["loss_high"], currency=currency)
        own, gain = (amount(row[c], currency=currency) for c in ("arithmetic", "gain"))
        told.append(f"{row['name']} {part} a day (its own part of the baseline: {own}); insurgents would gain {gain}")
    return (
        f"If one more crossing fell the day after {on.day} {on:%B %Y}, the government would lose, on average over "
        f"{days} days: {'. '.join(told)}.\n"
        f"These are additions to what is lost already, given who holds what on that day; {draws:,} draws. Two falls "
        "together do not cost the sum of both."
    )

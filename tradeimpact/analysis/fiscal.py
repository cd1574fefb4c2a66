"""What a loss means for a treasury: shares of revenue and budget, months of a bill, the day the cash is gone.

    share of domestic revenue = loss / (domestic revenue of the period that holds the window, per day x days)
    months covered            = customs revenue of the window / bill per month
    cash(t)                   = buffer + customs revenue up to t + (other income - bill) x months up to t

Loss in dollars is taken at each day's rate; in real terms at the prices of the window's first day.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..errors import TradeImpactError
from ..figures.text import amount, estimate, fixed
from ..kernel import DAILY
from ..model.baseline import MONTH_DAYS
from ..results import Results
from ..statistics import HIGH, LOW, describe
from ..tables import records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]

PATHS = {"with_falls": "government_revenue", "no_falls": "baseline"}
NOTE = (
    "Only customs moves: other income and the bill are held at the stated figure. Estimates of the model, not "
    "statistics."
)


@dataclass(frozen=True)
class Rate:
    """Money per day from rows of the case's national table, and which rows they are."""

    per_day: float
    rows: str
    period: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Fiscal:
    """What a loss means for a treasury.

    Attributes
    ----------
    result : Results
    table : DataFrame
        Index `line`: unit, mean, median, low, high, mc_error, basis (rows of the case, or who stated it). Lines that
        the case or the caller gives no figure for are left out; `missing` says why.
    cash : DataFrame
        With a buffer: columns day, line (with_falls, no_falls), mean, median, low, high of the cash left at the end of
        each day. Empty without.
    empty : DataFrame
        With a buffer: index with_falls, no_falls; median, low, high: the day on which the cash is gone, NaT where that
        quantile does not fall within the window; within: share of the draws in which it does.
    bill : str
        What the bill is for.
    missing : tuple of str
    """

    result: Results
    table: pd.DataFrame
    cash: pd.DataFrame
    empty: pd.DataFrame
    bill: str
    missing: tuple[str, ...]
    stated: dict[str, float]

    @property
    def text(self) -> str:
        """The sentences a briefer would say."""
        currency = self.result.currency.upper()
        start, end = self.result.window
        say = _sayer(self.table)
        numbers: Any = self.table
        loss = numbers.loc["loss"]
        words = [
            f"{self.result.scenario.name}, {start} to {end}: the government loses "
            f"{estimate(loss['median'], loss['low'], loss['high'], currency=currency)} of customs revenue."
        ]
        shares = [
            f"{say(line)} of {what}"
            for line, what in (("share_of_domestic_revenue", "domestic revenue"), ("share_of_budget", "spending"))
            if line in self.table.index
        ]
        if shares:
            words.append(f"That is {' and '.join(shares)} in as many days.")
        if "months_covered" in self.table.index:
            words.append(
                f"What customs bring in the window pays {say('months_covered')} months of {self.bill}, "
                f"{say('months_covered_no_falls')} had nothing fallen; the loss is {say('months_lost')} months of it."
            )
        if len(self.empty):
            words += [_emptied(self.empty, "with_falls"), _emptied(self.empty, "no_falls")]
        if "loss_usd" in self.table.index:
            row, fixed_rate = numbers.loc["loss_usd"], numbers.loc["loss_usd_first_rate"]
            money = estimate(row["median"], row["low"], row["high"], currency="USD")
            words.append(
                f"In dollars at each day's rate the loss is {money}; at the rate of the first day "
                f"{amount(fixed_rate['median'], currency='USD')}."
            )
        if "loss_real" in self.table.index:
            row = numbers.loc["loss_real"]
            money = estimate(row["median"], row["low"], row["high"], currency=currency)
            words.append(f"At the prices of {start} it is {money}.")
        return " ".join([*words, *(f"Not available: {why}." for why in self.missing)])

    def plot(self, *, title: str | None = None, save: str | Path | None = None, ax: Axes | None = None) -> Axes:
        """Cash left by day with and without the falls, as fans of 90 %, and the days on which it is gone."""
        from ..figures import fiscal as figure
        from ..figures.save import save as save_figure
        from ..plots import credit, grades

        if self.cash.empty:
            raise TradeImpactError("fiscal(...).plot() pictures a cash buffer; give buffer= and bill_per_month=")
        case, currency = self.result.case, self.result.currency.upper()
        finding = _emptied(self.empty, "with_falls", f"cash of {amount(self.stated['buffer'], currency=currency)}")
        drawn: Axes = figure.cash_fan(
            self.cash, self.empty, title=title or finding.rstrip("."), source=credit(case), grade=grades(case),
            note=f"{self._assumed()} {NOTE}", currency=currency, synthetic=case.synthetic, ax=ax,
        )  # fmt: skip
        if save is not None:
            words = figure.alt_cash_fan(self.cash, self.empty, currency=currency)
            manifest = self.result.manifest() | {f"stated_{k}": v for k, v in self.stated.items()}
            save_figure(drawn, save, table=self.cash, alt=words, manifest=manifest)
        return drawn

    def _assumed(self) -> str:
        currency = self.result.currency.upper()
        start, bill, other = (amount(self.stated[k], currency=currency) for k in ("buffer", "bill", "other_income"))
        return f"Stated, not estimated: a buffer of {start}, {self.bill} {bill} a month, other income {other} a month."

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        shown = self.table.astype(object)
        for row, unit in enumerate(self.table["unit"]):
            scale, decimals, sign = _shown(unit)
            decimals += unit == "months"  # a Monte Carlo error has to be seen
            numbers = [fixed(scale * value, decimals) for value in self.table.iloc[row, 1:-1]]
            shown.iloc[row, :-1] = [sign.strip() or unit, *numbers]
        return f"<div><p>{escape(self.text)}</p>{shown.to_html(border=0, escape=True)}</div>"


def fiscal(
    result: Results,
    *,
    bill_per_month: float | None = None,
    bill: str = "the stated bill",
    buffer: float | None = None,
    other_income_per_month: float = 0.0,
    deflator: pd.Series[float] | None = None,
) -> Fiscal:
    """Shares of domestic revenue and spending, months of a bill, when a cash buffer is gone, dollars and prices.

    Parameters
    ----------
    result : Results
    bill_per_month : float, optional
        A bill in the result's currency per month of 30.44 days, such as salaries. Without it the case's latest
        spending rows stand for one.
    bill : str
        What it is for, as it is to read in sentences ("salaries").
    buffer : float, optional
        Cash at the start of the window, in the result's currency.
    other_income_per_month : float
        Income besides customs that pays the same bill, in the result's currency.
    deflator : Series, optional
        Price index by day (index of days); a day takes the last value before it. Cases have none of their own.

    Returns
    -------
    Fiscal
        `.table`, `.text`, `.cash`, `.empty`, `.plot()`; weights of the result are honoured.

    Raises
    ------
    TradeImpactError
        If an amount is negative or not finite, a buffer has no bill to run down, or the deflator does not begin by the
        first day.
    """
    _check(bill_per_month, buffer, other_income_per_month)
    if result.totals.by_day.shape[-1] != result.count:
        raise TradeImpactError("fiscal() needs every draw by day, which so many draws do not keep; simulate fewer")
    revenue, baseline = (result.totals.by_day[DAILY.index(line)] for line in PATHS.values())
    loss = baseline - revenue
    x, case = result.inputs, result.case
    own = result.currency == case.currency.lower()
    per_own = np.ones(len(x.window_days)) if own else 1.0 / x.usd_rate[x.window]
    lines: dict[str, tuple[str, Array, str]] = {"loss": (result.currency.upper(), loss.sum(axis=0), "model")}
    missing: list[str] = []
    _foreign(lines, missing, result, loss)
    _real(lines, missing, result, loss, deflator)
    length = len(x.window_days)
    for line, series, name in (
        ("share_of_domestic_revenue", "domestic_revenue", "domestic revenue"),
        ("share_of_budget", "spending", "spending"),
    ):
        rate = per_day(case, series, x.window_days[0])
        if rate is None:
            missing.append(f"share of {name} (no row of national.csv with its amount and period in {case.currency})")
            continue
        lines[line] = ("share", loss.sum(axis=0) / (rate.per_day * per_own.mean() * length), _basis(rate))
    stated = "stated by the user"
    rate = per_day(case, "spending", x.window_days[0])
    if bill_per_month is None and rate is not None:
        bill_per_month, stated = rate.per_day * per_own.mean() * MONTH_DAYS, _basis(rate)
        bill = "government spending" if bill == "the stated bill" else bill
    if bill_per_month is None:
        missing.append("months of a bill (give bill_per_month=)")
    else:
        covered, before = (m.sum(axis=0) / bill_per_month for m in (revenue, baseline))
        for line, values in (("months_covered", covered), ("months_covered_no_falls", before),
                             ("months_lost", before - covered)):  # fmt: skip
            lines[line] = ("months", values, stated)
    cash, empty = pd.DataFrame(), pd.DataFrame()
    if buffer is not None:
        if bill_per_month is None:
            raise TradeImpactError("fiscal(buffer=...) needs bill_per_month=: what runs the buffer down")
        cash, empty = _cash(result, buffer, bill_per_month - other_income_per_month)
    return Fiscal(
        result=result, table=_table(lines, result), cash=cash, empty=empty, bill=bill, missing=tuple(missing),
        stated={"buffer": buffer or 0.0, "bill": bill_per_month or 0.0, "other_income": other_income_per_month},
    )  # fmt: skip


def per_day(case: Case, series: str, day: pd.Timestamp) -> Rate | None:
    """Money per day by rows of the national table: the period that holds `day`, else the last that began before it.

    Rows of one period add up (current and development spending); rows that contradict one another (one conflict
    group) or restate the period are not summed: the one published last counts.
    """
    rows = case.national
    rows = rows[(rows["series"] == series) & (rows["unit"] == case.currency.lower()) & rows["best"].notna()]
    rows = rows[rows["period_start"].notna() & rows["period_end"].notna() & (rows["period_start"] <= day)]
    if rows.empty:
        return None
    inside = rows[rows["period_end"] >= day]
    pool = (inside if len(inside) else rows).sort_values(["period_start", "period_end"])
    last = pool.iloc[-1]
    chosen = pool[(pool["period_start"] == last["period_start"]) & (pool["period_end"] == last["period_end"])]
    if series != "spending" or (chosen["conflict_group"] != "").any():
        chosen = chosen.sort_values("published_latest").tail(1)
    days = (last["period_end"] - last["period_start"]).days + 1
    found = records(chosen)
    return Rate(
        float(chosen["best"].sum()) / days,
        " + ".join(row["row"] for row in found),
        f"{last['period_start'].date()} to {last['period_end'].date()}",
        ";".join(dict.fromkeys(row["source"] for row in found)),
    )


def _basis(rate: Rate) -> str:
    return f"{rate.rows} ({rate.period}; {rate.source})"


def _check(bill_per_month: float | None, buffer: float | None, other: float) -> None:
    for name, value, least in (
        ("bill_per_month", bill_per_month, "above 0"),
        ("buffer", buffer, "at least 0"),
        ("other_income_per_month", other, "at least 0"),
    ):
        if value is None:
            continue
        if not np.isfinite(value) or value < 0 or (value == 0 and least == "above 0"):
            raise TradeImpactError(f"fiscal({name}={value!r}): expected a finite amount, {least}")


def _foreign(lines: dict[str, tuple[str, Array, str]], missing: list[str], result: Results, loss: Array) -> None:
    """Loss in dollars at each day's rate and at that of the first day."""
    x = result.inputs
    if result.case.currency.upper() == "USD" or result.currency == "usd":
        return
    rate = x.usd_rate[x.window]
    if not np.isfinite(rate).all():
        missing.append("dollars (fx.csv has no rate for a day of the window)")
        return
    lines["loss_usd"] = ("USD", (loss / rate[:, None]).sum(axis=0), "fx.csv, each day's rate")
    lines["loss_usd_first_rate"] = ("USD", loss.sum(axis=0) / rate[0], f"fx.csv, rate of {x.window_days[0].date()}")


def _real(
    lines: dict[str, tuple[str, Array, str]],
    missing: list[str],
    result: Results,
    loss: Array,
    deflator: pd.Series[float] | None,
) -> None:
    """Loss at the prices of the first day."""
    if deflator is None:
        missing.append("real terms (the case has no price index; give deflator=)")
        return
    days = result.inputs.window_days
    known = pd.Series(deflator.to_numpy(float), index=pd.DatetimeIndex(deflator.index)).sort_index()
    index = known.reindex(known.index.union(days)).ffill().reindex(days).to_numpy(float)
    if not np.isfinite(index).all() or (index <= 0).any():
        raise TradeImpactError(f"deflator: a positive price index from {days[0].date()} or before is needed")
    values = (loss * (index[0] / index)[:, None]).sum(axis=0)
    lines["loss_real"] = (result.currency.upper(), values, f"prices of {days[0].date()}, index stated by the user")


def _table(lines: dict[str, tuple[str, Array, str]], result: Results) -> pd.DataFrame:
    table = describe({name: values for name, (_, values, _) in lines.items()}, result.weights).rename_axis("line")
    table.insert(0, "unit", [unit for unit, _, _ in lines.values()])
    table["basis"] = [basis for _, _, basis in lines.values()]
    return table


def _cash(result: Results, buffer: float, drain_per_month: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Cash by day with and without the falls, and when it is gone."""
    days = result.inputs.window_days
    drain = drain_per_month / MONTH_DAYS * np.arange(1, len(days) + 1)
    frames, rows = [], {}
    for name, line in PATHS.items():
        left = buffer + np.cumsum(result.totals.by_day[DAILY.index(line)], axis=0) - drain[:, None]
        table = describe({str(i): row for i, row in enumerate(left)}, result.weights).drop(columns="mc_error")
        frames.append(table.assign(day=days, line=name))
        gone = np.where((left < 0).any(axis=0), (left < 0).argmax(axis=0).astype(float), np.inf)
        rows[name] = _gone(gone, days[0].date(), result.weights)
    cash = pd.concat(frames, ignore_index=True)[["day", "line", "mean", "median", "low", "high"]]
    return cash, pd.DataFrame.from_dict(rows, orient="index").rename_axis("line")


def _gone(position: Array, first: date, weights: Array | None) -> dict[str, Any]:
    """Quantiles of the day on which cash is gone, the smallest day with at least that share of the draws by then."""
    w = np.full(len(position), 1.0 / len(position)) if weights is None else weights / weights.sum()
    order = np.argsort(position, kind="stable")
    reached = np.cumsum(w[order])
    found: dict[str, Any] = {}
    for name, point in (("median", 0.5), ("low", LOW), ("high", HIGH)):
        at = position[order][min(int(np.searchsorted(reached, point - 1e-12)), len(position) - 1)]
        found[name] = pd.Timestamp(first + timedelta(days=int(at))) if np.isfinite(at) else pd.NaT
    found["within"] = float(w[np.isfinite(position)].sum())
    return found


def _emptied(empty: Any, line: str, what: str = "the stated cash") -> str:
    """One sentence on when the cash is gone."""
    row = empty.loc[line]
    what = f"{what[:1].upper()}{what[1:]}" if line == "with_falls" else f"Had nothing fallen, {what}"
    if row["within"] == 0:
        return f"{what} lasts through the window in every draw."
    share = f"{fixed(100 * row['within'], 0)} %"
    if pd.isna(row["median"]):
        return f"{what} is gone within the window in {share} of the draws; the median lies beyond it."
    late = "beyond the window" if pd.isna(row["high"]) else _day(row["high"])
    return f"{what} is gone on {_day(row['median'])} (90 %: {_day(row['low'])} to {late}; in {share} of the draws)."


def _day(stamp: pd.Timestamp) -> str:
    return f"{stamp.day} {stamp:%B %Y}"


def _shown(unit: str) -> tuple[float, int, str]:
    """By what a value is multiplied to be read, with how many decimals, and what follows it."""
    if unit in ("share", "months"):
        return (100.0, 1, " %") if unit == "share" else (1.0, 2, "")
    return 1e-6, 1, f" m {unit}"


def _sayer(table: Any) -> Callable[[str], str]:
    """Median and interval of a line as words: shares in per cent, months with one decimal."""

    def say(line: str) -> str:
        row = table.loc[line]
        scale, decimals, sign = _shown(row["unit"])
        middle, low, high = (fixed(scale * float(row[name]), decimals) for name in ("median", "low", "high"))
        return f"{middle}{sign} ({low} to {high})"

    return say

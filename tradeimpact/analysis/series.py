"""Baselines from series: a structural model per crossing where monthly figures exist (MODEL section 3).

Each series is modelled on its own (:mod:`tradeimpact.model.structural`); its paths begin at the end of the sample.
Where the national total is known its own paths hold, and the crossings are reconciled to them draw by draw and month
by month. A month at 0 is a shut post: it is no data point of the level, and the baseline is that of an open post.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..engine.blocks import BLOCK, blocks
from ..engine.sampling import seed_of, uniforms
from ..errors import ModelError, TradeImpactError, did_you_mean
from ..figures.text import estimate
from ..model.reconcile import reconcile
from ..model.structural import YEAR, Structural, fit_structural
from ..scenario import to_day
from ..simulate import DEFAULT_DRAWS
from ..statistics import describe
from ..tables import records
from .months import NATIONAL, holiday_shares, monthly_table, months_after
from .series_case import into_case

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]


@dataclass(frozen=True, repr=False)
class SeriesBaseline:
    """What crossings would take without a crisis, from their own series.

    Attributes
    ----------
    table : DataFrame
        Row per crossing, by name, then the national total: crossing; mean, low, best, high of the first twelve months
        after the sample, in currency (90 % interval; medians do not add, means do); mc_error of the median; last_year
        (observed in the twelve months before, missing unless all are known); trading, shut and missing (months of the
        sample); outliers (months left out, by their first day); model.
    months : DatetimeIndex
        First days of the months simulated.
    observed : DataFrame
        The sample: month by crossing, then the national total.
    currency, source, grade : str
    synthetic, national : bool
        Whether the figures are invented; whether a national total of its own was given.
    """

    table: pd.DataFrame
    months: pd.DatetimeIndex
    observed: pd.DataFrame
    currency: str
    source: str
    grade: str
    synthetic: bool
    national: bool
    held_shut: tuple[str, ...]
    _paths: Array  # (crossings, months, draws)

    @property
    def crossings(self) -> tuple[str, ...]:
        """Names, in the order of the table."""
        return tuple(str(c) for c in self.table["crossing"] if c != NATIONAL)

    @property
    def paths(self) -> pd.DataFrame:
        """Simulated months, in currency: index (draw, month), a column per crossing."""
        count = self._paths.shape[2]
        index = pd.MultiIndex.from_product([range(count), self.months], names=["draw", "month"])
        flat = self._paths.transpose(2, 1, 0).reshape(-1, len(self.crossings))
        return pd.DataFrame(flat, index=index, columns=list(self.crossings))

    @property
    def text(self) -> str:
        """What a briefer would say."""
        whole = next(row for row in records(self.table) if row["crossing"] == NATIONAL)
        parts = self.table[self.table["crossing"] != NATIONAL].sort_values("best", ascending=False)
        first = parts.iloc[0]
        share = first["mean"] / whole["mean"] if whole["mean"] > 0 else 0.0
        year = f"{self.months[0]:%Y-%m} to {self.months[YEAR - 1]:%Y-%m}"
        lines = [
            f"Had all gone on as before, {len(parts)} crossings would take "
            f"{estimate(whole['best'], whole['low'], whole['high'], currency=self.currency)} from {year}, "
            f"{100 * share:.0f} % of it at {first['crossing']}."
        ]
        if self.national:
            lines.append("Every draw of the crossings adds up to a draw of the national total.")
        shut, missing = int(parts["shut"].sum()), int(parts["missing"].sum())
        odd = int((parts["outliers"] != "").sum())
        lines.append(
            f"Months shut ({shut}) are true zeros and no data of the level; months missing: {missing}; "
            f"series with outliers, which are left out: {odd}."
        )
        if self.held_shut:
            lines.append(f"Shut at the end of the sample and held at 0: {', '.join(self.held_shut)}.")
        return ("Synthetic data. " if self.synthetic else "") + " ".join(lines)

    def __repr__(self) -> str:
        return self.text

    def plot(self, crossing: str | None = None, *, ax: Axes | None = None) -> Axes:
        """The year ahead by crossing beside the year observed; with a crossing (or "(national)") its months."""
        from ..figures import series as figures

        if crossing is None:
            return figures.year_ahead(
                self.table,
                source=self.source,
                grade=self.grade or None,
                currency=self.currency,
                synthetic=self.synthetic,
                ax=ax,
            )
        return figures.months_ahead(
            self.path_table(crossing),
            name=crossing,
            source=self.source,
            grade=self.grade or None,
            currency=self.currency,
            synthetic=self.synthetic,
            ax=ax,
        )

    def path_table(self, crossing: str) -> pd.DataFrame:
        """Months of one crossing or "(national)": columns month, observed, median, low, high, mc_error (currency)."""
        names = [*self.crossings, NATIONAL]
        if crossing not in names:
            raise TradeImpactError(f"no series of {crossing!r}. {did_you_mean(crossing, names)}".strip())
        block = self._paths.sum(axis=0) if crossing == NATIONAL else self._paths[self.crossings.index(crossing)]
        ahead = describe({str(i): row for i, row in enumerate(block)}).drop(columns="mean")
        ahead.insert(0, "month", self.months)
        seen = self.observed[[crossing]].rename(columns={crossing: "observed"}).rename_axis("month").reset_index()
        return pd.concat([seen, ahead], ignore_index=True)[["month", "observed", "median", "low", "high", "mc_error"]]

    def into(self, case: Case, *, source: str, published: str | date, grade: str = "") -> Case:
        """The case with this baseline in place of its own.

        Rows of `baseline` for these crossings are replaced. Constraints that name one of them are left out, since they
        are about another year, and so are truck counts of posts held shut. Where a national total was given and has
        two seasonal cycles, its months take the place of the rows of `national` that drive the level. All of it is
        listed in ``case.changes``.

        Parameters
        ----------
        case : Case
            In the currency of the series.
        source : str
            Identifier in the case's table of sources.
        published : day
            When the figures became public: vintages before it do not see them.
        grade : {"A", "B", "C", "E"}, optional
            Without it that of the series, E where it has none.

        Raises
        ------
        TradeImpactError
            If a series is no unit of account of the case, or the currencies differ.
        """
        return into_case(self, case, source=source, published=to_day(published), grade=grade or self.grade or "E")


def baseline_from_series(
    monthly: pd.DataFrame,
    *,
    national: pd.Series | None = None,
    rest: str | None = None,
    end: str | date | None = None,
    months: int = YEAR,
    holidays: pd.DataFrame | None = None,
    shut: Sequence[str] | None = None,
    currency: str = "",
    source: str = "",
    grade: str = "",
    synthetic: bool = False,
    draws: int = DEFAULT_DRAWS,
    rng: int | np.random.Generator | None = None,
) -> SeriesBaseline:
    """What each crossing would take after `end`, from its own months.

    Parameters
    ----------
    monthly : DataFrame (month x crossing)
        Amounts per month, at least 0: 0 for a month shut, missing for a month not reported. The index holds first days
        of months of any calendar, month ends, or periods; months may be missing.
    national : Series by month, optional
        Total of all crossings. Its own paths then hold, and the crossings are reconciled to them.
    rest : str, optional
        Unit that takes what the crossings leave of `national` (an inland house, say).
    end : day, optional
        The last day before the crisis. Months that end after it are not used.
    months : int
        Months simulated, at least 12.
    holidays : DataFrame, optional
        Columns `start` and `end` (both included), past and future: holidays of a case's calendar, for instance. They
        move through the year, and their effect is estimated for each series.
    shut : sequence of str, optional
        Crossings held at 0 after the sample; without it those whose last reported month is 0. An empty list lets
        every post reopen.
    currency, source, grade : str
        For labels; `currency` is needed by :meth:`SeriesBaseline.into`.
    synthetic : bool
        Whether the figures are invented.
    draws : int
    rng : int, Generator or None

    Returns
    -------
    SeriesBaseline

    Raises
    ------
    TradeImpactError
        Naming series, months and what to do, where figures are negative, a series has fewer than twelve months of
        trade, or the crossings are above the national total whose rest is asked for.
    """
    if months < YEAR:
        raise TradeImpactError(f"months={months}: at least {YEAR}, so that every season is in the annual figure")
    table, total = _sample(monthly, national, rest, end)
    table = table[sorted(table.columns)]
    ahead = months_after(pd.DatetimeIndex(table.index), months)
    dates = pd.DatetimeIndex([*table.index, *ahead])
    share, length = holiday_shares(holidays, dates)
    closed = _held_shut(table, shut)
    seed = seed_of(rng)
    days, days_ahead = length[: len(table)], length[len(table) :, None]
    off, off_ahead = share[: len(table)], share[len(table) :]
    fits: dict[str, Structural | None] = {}
    parts = np.zeros((len(table.columns), months, draws))
    for position, name in enumerate(table.columns):
        fits[name] = None if (table[name].fillna(0.0) == 0).all() else _fitted(name, table[name], days, off)
        model = fits[name]
        if model is not None and name not in closed:
            parts[position] = days_ahead * np.exp(_simulated(model, off_ahead, name, seed, draws))
    whole = table.sum(axis=1, skipna=False)
    if total is not None:
        whole = total
        model = fits[NATIONAL] = _fitted(NATIONAL, total, days, off)
        parts = reconcile(parts, days_ahead * np.exp(_simulated(model, off_ahead, NATIONAL, seed, draws)))
    observed = table.assign(**{NATIONAL: whole})
    return SeriesBaseline(
        table=_table(observed, fits, parts, closed),
        months=ahead,
        observed=observed,
        currency=currency,
        source=source,
        grade=grade,
        synthetic=synthetic,
        national=total is not None,
        held_shut=closed,
        _paths=parts,
    )


def _sample(
    monthly: pd.DataFrame, national: pd.Series | None, rest: str | None, end: str | date | None
) -> tuple[pd.DataFrame, pd.Series | None]:
    """Months up to `end` without gaps in the index, with the rest as a series of its own, and the national total."""
    if national is None and rest is not None:
        raise TradeImpactError(f"rest={rest!r} is what the crossings leave of the national total; give national too")
    given = monthly.copy()
    if NATIONAL in given or (rest is not None and rest in given):
        raise TradeImpactError(
            f"monthly has a column {rest or NATIONAL!r}; that name is taken by the total or the rest"
        )
    if national is not None:
        given[NATIONAL] = national.reindex(given.index)
        if given[NATIONAL].notna().sum() < national.notna().sum():
            raise TradeImpactError("national has months that monthly lacks; give both under the same index")
    table = monthly_table(given, None if end is None else to_day(end))
    if national is None:
        return table, None
    total = table.pop(NATIONAL)
    if rest is not None:
        table[rest] = total - table.sum(axis=1, skipna=False)
        low = table.index[table[rest] < -1e-9 * total]
        if len(low):
            shown = ", ".join(f"{month:%Y-%m}" for month in low[:5])
            raise TradeImpactError(f"the crossings are above the national total in {shown}; it is not their total")
        table[rest] = table[rest].clip(lower=0.0)
    return table, total


def _held_shut(table: pd.DataFrame, shut: Sequence[str] | None) -> tuple[str, ...]:
    if shut is None:
        last = {name: table[name].dropna() for name in table}
        return tuple(str(name) for name, column in last.items() if len(column) and column.iloc[-1] == 0)
    names = [str(name) for name in table]
    unknown = [name for name in shut if name not in names]
    if unknown:
        raise TradeImpactError(f"shut: no series of {unknown[0]!r}. {did_you_mean(unknown[0], names)}".strip())
    return tuple(sorted(shut))


def _fitted(name: str, column: pd.Series, days: Array, off: Array) -> Structural:
    try:
        return fit_structural(column.to_numpy(float) / days, off)
    except ModelError as error:
        raise TradeImpactError(
            f"{name}: {error}. Leave it out of `monthly` and give its range in baseline.csv, or add months."
        ) from None


def _simulated(model: Structural, off: Array, name: str, seed: int, draws: int) -> Array:
    """Log values per day, (months, draws); draw n depends on the seed, the series and n alone."""
    from scipy.special import ndtri

    needed = model.scores_needed(len(off))
    out = np.empty((len(off), draws))
    for number, wanted in blocks(draws):
        scores = np.stack([ndtri(uniforms(seed, f"series/{name}/{row}", number)) for row in range(needed)])
        out[:, number * BLOCK : number * BLOCK + wanted] = model.paths(scores, off)[:, :wanted]
    return out


def _table(
    observed: pd.DataFrame, fits: dict[str, Structural | None], parts: Array, closed: tuple[str, ...]
) -> pd.DataFrame:
    year = {str(name): parts[i, :YEAR].sum(axis=0) for i, name in enumerate(observed.columns[:-1])}
    year[NATIONAL] = parts[:, :YEAR].sum(axis=(0, 1))
    table = describe(year).rename(columns={"median": "best"})
    table = table[["mean", "low", "best", "high", "mc_error"]].rename_axis("crossing").reset_index()
    extra = []
    for name in table["crossing"]:
        column, fit = observed[name], fits.get(name)
        extra.append(
            {
                "last_year": column.iloc[-YEAR:].sum(skipna=False, min_count=YEAR),
                "trading": int((column > 0).sum()),
                "shut": int((column == 0).sum()),
                "missing": int(column.isna().sum()),
                "outliers": "" if fit is None else ";".join(f"{observed.index[i]:%Y-%m-%d}" for i in fit.outliers),
                "model": _words(name, fit, closed),
            }
        )
    return pd.concat([table, pd.DataFrame(extra)], axis=1)


def _words(name: str, fit: Structural | None, closed: tuple[str, ...]) -> str:
    if fit is None:
        return "sum of the crossings" if name == NATIONAL else "shut in every month"
    said = "level, drift and season" if fit.seasonal else "level alone (less than two cycles of seasons)"
    said += " and holidays" if fit.holiday else ""
    return said + (", held shut" if name in closed else "")

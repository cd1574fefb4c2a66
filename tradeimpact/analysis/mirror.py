"""Mirror statistics: what partners say they exported beside what was recorded as imported.

With R the recorded imports of a period (CIF), X the partner's exports of the matching period (FOB), f the CIF/FOB
factor, t the share of X that only passes through and k the share of R that came from third countries,

    undeclared share  u = 1 - R (1 - k) / (f X (1 - t))

so that X f (1 - t) is what should have been recorded and u what of it was not. The factor and the shares are ranges
(5, 50 and 95 % points); u is evaluated on an even grid of their quantiles, without random numbers. A gap is evidence
of undeclared goods, no proof: transit, re-export, timing and valuation open gaps of their own, and each row says which
of them was allowed for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..case import Case
from ..case.defaults import rules
from ..errors import TradeImpactError, did_you_mean
from ..figures.text import amount, percent
from ..tables import records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Array = NDArray[np.float64]
Range = tuple[float, float, float]

COLUMNS = ("route_group", "period_start", "period_end", "value")
POINTS = 30  # quantiles per range on the grid: midpoints, so that 5 and 95 % are among them
LEAST_COVERED = 0.75  # of the matching period, by the partner's figures; below it there is no estimate
LARGE = 0.02  # a negative gap larger than this share calls for an explanation
NONE: Range = (0.0, 0.0, 0.0)
SOURCE = "mirror statistics"


@dataclass(frozen=True)
class MirrorGap:
    """The gap between partners' exports and recorded imports.

    Attributes
    ----------
    table : DataFrame
        One row per route group and period, then one for each group over all its periods (period "all"): route_group,
        period_start, period_end, recorded, partner_fob, expected (partner's exports at arrival, best), gap_low, gap,
        gap_high (money), undeclared_low, undeclared, undeclared_high (shares; negative where more was recorded than
        exported), covered (share of the period that the partner's figures cover), and the usual traps: valuation,
        transit, re_export, timing (each "allowed for", "not allowed for" or what it shows), note.
    currency : str
    source, grade : str
        Of the two sets of figures, as given.
    """

    table: pd.DataFrame
    currency: str
    source: str
    grade: str
    synthetic: bool = False

    @property
    def text(self) -> str:
        """The sentences a briefer would say."""
        rows = self.totals
        parts = []
        for row in records(rows):
            if not np.isfinite(row["undeclared"]):
                parts.append(f"{_title(row['route_group'])}: no estimate, the partner's figures cover too little.")
                continue
            gap = amount(row["gap"], error=(row["gap_high"] - row["gap_low"]) / 2, currency=self.currency)
            low, high = percent(row["undeclared_low"]), percent(row["undeclared_high"])
            if row["undeclared_low"] <= 0 <= row["undeclared_high"]:
                parts.append(f"{_title(row['route_group'])}: no gap beyond what was allowed for ({low} to {high}).")
                continue
            less = f"{gap} ({percent(row['undeclared'])}, 90 %: {low} to {high}) of what partners exported"
            parts.append(
                f"{_title(row['route_group'])}: more was recorded than partners say they exported."
                if row["undeclared"] < 0
                else f"{_title(row['route_group'])}: {less} was not recorded as imported."
            )
        open_traps = [name.replace("_", "-") for name in ("transit", "re_export", "timing") if _open(rows[name])]
        traps = f" Not allowed for: {', '.join(open_traps)}." if open_traps else ""
        return " ".join(parts) + traps + " A gap is evidence of undeclared goods, not proof."

    @property
    def totals(self) -> pd.DataFrame:
        """The rows over all periods, one per route group."""
        return self.table[self.table["period"] == "all"].reset_index(drop=True)

    def assumptions(self, case: Case, route_group: str | None = None) -> dict[str, dict[str, Any]]:
        """The undeclared share as a change of assumptions for `case.assume`.

        The model draws the gap g between potential and collected revenue and splits it, 1 - u = (1 - g) ** split; the
        split that gives this undeclared share at the case's best gap is what is returned.

        Parameters
        ----------
        case : Case
        route_group : str, optional
            Without it the group with the largest recorded trade.

        Raises
        ------
        TradeImpactError
            If the undeclared share alone is as large as the case's whole gap, or is none.
        """
        rows = self.totals
        largest = rows.sort_values("recorded", ascending=False)["route_group"].iloc[0]
        group = str(largest) if route_group is None else route_group
        if group not in set(rows["route_group"]):
            raise TradeImpactError(f"there is no route group {group!r}. {did_you_mean(group, rows['route_group'])}")
        row = rows[rows["route_group"] == group].iloc[0]
        shares = [float(row[name]) for name in ("undeclared_low", "undeclared", "undeclared_high")]
        if not np.isfinite(shares[1]) or shares[1] <= 0:
            raise TradeImpactError(f"{group}: the figures show no undeclared share that could be assumed")
        gap = case.best("gap")
        if shares[1] >= gap:
            raise TradeImpactError(
                f"{group}: {percent(shares[1])} undeclared is as much as the case's whole gap ({percent(gap)}); "
                "raise the assumption 'gap' first, or look for transit and timing in the figures"
            )
        split = [float(np.clip(np.log(1 - u) / np.log(1 - gap), 0.01, 0.99)) for u in shares]
        stated = f"{SOURCE}, {group}: {percent(shares[0])} to {percent(shares[2])} undeclared ({self.source})"
        return {"gap_split": dict(zip(("low", "best", "high"), split, strict=True)) | {"source": stated, "grade": "E"}}

    def plot(self, *, title: str | None = None, ax: Axes | None = None) -> Axes:
        """Recorded imports beside partners' exports at arrival, by route group, over all periods."""
        from ..figures.mirror import mirror

        return mirror(
            self.totals, source=self.source, grade=self.grade, currency=self.currency, synthetic=self.synthetic,
            title=title, ax=ax,
        )  # fmt: skip

    def _repr_html_(self) -> str:
        from html import escape

        return f"<div><p>{escape(self.text)}</p>{self.table.to_html(index=False, border=0)}</div>"


def mirror_gap(
    recorded: pd.DataFrame,
    partner: pd.DataFrame,
    *,
    case: Case | None = None,
    currency: str = "USD",
    cif_fob: Range | float | None = None,
    lag_days: int = 0,
    transit_share: Range | None = None,
    re_export_share: Range | None = None,
    source: str = "",
    grade: str = "",
    synthetic: bool = False,
) -> MirrorGap:
    """Partners' exports beside recorded imports by route group, and the undeclared share that the gap suggests.

    Parameters
    ----------
    recorded : DataFrame
        Recorded imports: route_group (or crossing, with `case`), period_start, period_end, value (CIF). Rows of one
        group and period are added up.
    partner : DataFrame
        The same columns for the partners' exports to this country; value is FOB, or CIF where a column `valuation`
        says so.
    case : Case, optional
        Gives the route group of crossings.
    currency : str
        Of both tables.
    cif_fob : (low, best, high) or number, optional
        CIF/FOB factor; without it 1.00, 1.06, 1.10 (grade E, see the source in the defaults).
    lag_days : int
        Days from the partner's record to ours: the partner's figures are taken of a period that much earlier, days
        spread evenly over each of its periods.
    transit_share : (low, best, high), optional
        Share of the partner's exports that only pass through; not allowed for without it.
    re_export_share : (low, best, high), optional
        Share of recorded imports that came over this border from third countries, which the partner does not count as
        its exports; not allowed for without it.
    source, grade : str
        Where both tables come from, and how good they are.
    synthetic : bool

    Returns
    -------
    MirrorGap
        With ``.table``, ``.text``, ``.plot()`` and ``.assumptions(case)``.

    Raises
    ------
    TradeImpactError
        If a column is missing, a value is none, periods overlap or a range is out of order.
    """
    ours, theirs = _figures(recorded, "recorded", case), _figures(partner, "partner", case)
    factor = _range("cif_fob", _default_factor() if cif_fob is None else cif_fob, low=1.0, high=2.0)
    transit = _range("transit_share", NONE if transit_share is None else transit_share, low=0.0, high=0.95)
    third = _range("re_export_share", NONE if re_export_share is None else re_export_share, low=0.0, high=0.95)
    lonely = sorted(set(ours["route_group"]) - set(theirs["route_group"]))
    if len(lonely) == ours["route_group"].nunique():
        raise TradeImpactError(
            f"partner has no figures on {', '.join(lonely)}; it has {', '.join(sorted(set(theirs['route_group'])))}. "
            "Use the same names in both tables."
        )
    stated = {
        "transit": _said(transit_share, "partners' exports may pass through to third countries"),
        "re_export": _said(re_export_share, "third countries' goods may be recorded as coming from here"),
    }
    rows = []
    for group, known in ours.groupby("route_group", sort=True):
        other = theirs[theirs["route_group"] == group]
        parts = [_matched(row, other, lag_days) for row in records(known)]
        rows += [{"period": "", "route_group": group} | part for part in parts]
        rows.append({"period": "all", "route_group": group} | _added_up(parts))
    table = pd.DataFrame(rows)
    table = pd.concat([table, _shares(table, factor, transit, third)], axis=1)
    table["valuation"] = f"CIF/FOB {factor[0]:.2f} to {factor[2]:.2f} allowed for"
    for name, words in stated.items():
        table[name] = words
    table["timing"] = _timing(table, lag_days)
    table["note"] = [_remark(row) for row in records(table)]
    return MirrorGap(table, currency, source, grade, synthetic)


def _default_factor() -> Range:
    rule = rules("tool")["cif_fob"]
    return rule.low, rule.best, rule.high


def _said(given: Range | None, warning: str) -> str:
    return f"not allowed for: {warning}" if given is None else "allowed for"


def _open(column: pd.Series[str]) -> bool:
    return bool(column.str.startswith("not allowed").any())


def _title(group: str) -> str:
    return str(group).replace("_", " ").capitalize()


def _figures(table: pd.DataFrame, what: str, case: Case | None) -> pd.DataFrame:
    """One table of figures checked: route_group, period_start, period_end, fob or cif value."""
    frame = table.reset_index(drop=True).copy()
    if "route_group" not in frame and "crossing" in frame and case is not None:
        groups = dict(zip(case.crossings["crossing"], case.crossings["route_group"], strict=True))
        for name in frame["crossing"].unique():
            case.crossing(str(name))
        frame["route_group"] = frame["crossing"].map(groups)
    lacking = [name for name in COLUMNS if name not in frame]
    if lacking:
        hint = "give case= to find the route groups of crossings. " if "crossing" in frame and case is None else ""
        raise TradeImpactError(f"{what}: the column {', '.join(map(repr, lacking))} is missing; {hint}".strip("; "))
    for name in ("period_start", "period_end"):
        frame[name] = pd.to_datetime(frame[name], errors="coerce", format="ISO8601")
    value = pd.to_numeric(frame["value"], errors="coerce")
    wrong = frame[["period_start", "period_end"]].isna().any(axis=1) | ~(value >= 0) | ~np.isfinite(value)
    wrong |= frame["period_end"] < frame["period_start"]
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise TradeImpactError(
            f"{what}, row {row + 2}: needs days in order (2021-03-31) and a value of 0 or more; correct or drop it"
        )
    valuation = frame["valuation"].astype("str").str.lower() if "valuation" in frame else "fob"
    frame = frame.assign(value=value.astype(float), cif=valuation == "cif")
    keys = ["route_group", "period_start", "period_end", "cif"]
    added = frame.groupby(keys)["value"].sum().reset_index()
    for group, rows in added.groupby(["route_group", "cif"]):
        ordered = rows.sort_values("period_start")
        if (ordered["period_start"].iloc[1:].to_numpy() <= ordered["period_end"].iloc[:-1].to_numpy()).any():
            raise TradeImpactError(f"{what}: periods of {group[0]!r} overlap; keep months or years, not both")
    return added


def _range(name: str, given: Range | float, *, low: float, high: float) -> Range:
    triple = (given, given, given) if isinstance(given, int | float) else tuple(float(x) for x in given)
    if len(triple) != 3 or not low <= triple[0] <= triple[1] <= triple[2] <= high:
        raise TradeImpactError(f"{name}={given!r}: give low, best and high in order, from {low:g} to {high:g}")
    return triple[0], triple[1], triple[2]


def _matched(row: dict[str, Any], other: pd.DataFrame, lag_days: int) -> dict[str, Any]:
    """The partner's figures of the period that matches one of ours, days spread evenly."""
    lag = pd.Timedelta(days=lag_days)
    start, end = row["period_start"] - lag, row["period_end"] - lag
    days = (end - start).days + 1
    begin, over = other["period_start"].clip(lower=start), other["period_end"].clip(upper=end)
    inside = ((over - begin).dt.days + 1).clip(lower=0)
    part = inside / ((other["period_end"] - other["period_start"]).dt.days + 1)
    covered = float(min(_union(begin[inside > 0], over[inside > 0]) / days, 1.0))
    usable = covered >= LEAST_COVERED
    sums = {kind: float((other["value"] * part)[other["cif"] == flag].sum()) for kind, flag in (("fob", 0), ("cif", 1))}
    return {
        "period_start": row["period_start"],
        "period_end": row["period_end"],
        "recorded": row["value"],
        "partner_fob": sums["fob"] / covered if usable else np.nan,
        "partner_cif": sums["cif"] / covered if usable else np.nan,
        "covered": covered,
    }


def _union(starts: pd.Series[pd.Timestamp], ends: pd.Series[pd.Timestamp]) -> int:
    """Days in any of the stretches."""
    days: set[int] = set()
    for first, last in zip(starts, ends, strict=True):
        days.update(range(first.toordinal(), last.toordinal() + 1))
    return len(days)


def _added_up(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """All periods of a group that have an estimate, together."""
    used = [part for part in parts if np.isfinite(part["partner_fob"])]
    shown = used or list(parts)
    total = {name: sum(part[name] for part in used) if used else np.nan for name in ("partner_fob", "partner_cif")}
    days = [(part["period_end"] - part["period_start"]).days + 1 for part in parts]
    return {
        "period_start": min(part["period_start"] for part in shown),
        "period_end": max(part["period_end"] for part in shown),
        "recorded": sum(part["recorded"] for part in shown),
        **total,
        "covered": float(np.average([part["covered"] for part in parts], weights=days)),
    }


def _shares(table: pd.DataFrame, factor: Range, transit: Range, third: Range) -> pd.DataFrame:
    """Gap and undeclared share of each row: at the best values, and 5 and 95 % points over the grid of the ranges."""
    grid = [np.array(values) for values in zip(*product(*map(_quantiles, (factor, transit, third))), strict=True)]
    best = [np.array([triple[1]]) for triple in (factor, transit, third)]
    rows = []
    for row in records(table):
        expected, gap, share = _gap(row, *best)
        _, gaps, shares = _gap(row, *grid)
        ends = [np.quantile(values, (0.05, 0.95), method="hazen") for values in (gaps, shares)]
        rows.append(
            {
                "expected": float(expected[0]),
                "gap_low": float(ends[0][0]),
                "gap": float(gap[0]),
                "gap_high": float(ends[0][1]),
                "undeclared_low": float(ends[1][0]),
                "undeclared": float(share[0]),
                "undeclared_high": float(ends[1][1]),
            }
        )
    return pd.DataFrame(rows, index=table.index)


def _gap(row: dict[str, Any], f: Array, t: Array, k: Array) -> tuple[Array, Array, Array]:
    """Expected imports, gap and undeclared share of one row at values of the three ranges."""
    expected = (row["partner_fob"] * f + row["partner_cif"]) * (1 - t)
    gap = expected - row["recorded"] * (1 - k)
    safe = np.where(expected > 0, expected, np.nan)
    return expected, gap, gap / safe


def _quantiles(triple: Range) -> Array:
    """Values of a range at even quantiles: 5, 50 and 95 % points joined by straight lines, ends cut at them."""
    low, best, high = triple
    if low == high:
        return np.array([best])
    at = (np.arange(POINTS) + 0.5) / POINTS
    return np.interp(at, [0.05, 0.5, 0.95], [low, best, high])


def _timing(table: pd.DataFrame, lag_days: int) -> list[str]:
    """Whether a lag was allowed for, and whether the gap changes its sign from period to period."""
    said = (
        f"allowed for: {lag_days} days" if lag_days else "not allowed for: goods of one period may arrive in the next"
    )
    signs = table[table["period"] == ""].groupby("route_group")["undeclared"]
    both = {group for group, share in signs if (share > LARGE).any() and (share < -LARGE).any()}
    turns = "; the gap changes sign between periods"
    return [said + (turns if group in both else "") for group in table["route_group"]]


def _remark(row: dict[str, Any]) -> str:
    if not np.isfinite(row["undeclared"]):
        return f"no estimate: the partner's figures cover {percent(row['covered'])} of the period"
    found = []
    if row["undeclared"] < -LARGE:
        found.append("more recorded than exported: third countries' goods, a lag, or another valuation")
    if row["covered"] < 1:
        found.append(f"the partner's figures cover {percent(row['covered'])} of the period, put to all of it")
    return "; ".join(found)

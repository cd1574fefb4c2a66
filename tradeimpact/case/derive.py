"""Tables that a case can be lent when it has none of its own: authorities, speakers, sources, months, and the annual
baseline of each crossing from what is known of its revenue. Everything made here is graded E and says what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pandas as pd

from ..errors import Problem
from .calendar_systems import SOURCE, SOURCES, calendar_table
from .convert import IDENTIFIER, split_names, to_text
from .defaults import DAYS_OF_YEAR, rules
from .tidy import day_or_none, slug

Tables = dict[str, pd.DataFrame]
GIVEN = "tables_given"
STANDARD = "library_default"
DEFAULT = "default for cases without"
AUTHORITIES = (("government", "Government", "government"), ("nobody", "Nobody", "nobody"))
INSURGENTS = ("insurgents", "Insurgents", "insurgent")
# words in a report's speaker, when a case has no table of speakers; insurgents' and neighbours' own names come first
SPEAKERS = {
    "insurgent": ("insurgent", "rebel", "militant"),
    "government": ("government", "ministry", "minister", "army", "police", "governor", "president", "customs"),
    "witness": ("witness", "resident", "trader", "driver", "chamber", "union", "reporter", "aid worker"),
}
PER_YEAR = {"day": DAYS_OF_YEAR, "month": 12.0, "year": 1.0}
SHORTEST = 60  # days: a shorter period is not taken for a year
LEAD, AFTER = 800, 1100  # days of months listed around the start of the crisis


def authorities(tables: Tables) -> tuple[pd.DataFrame, str]:
    """Government, nobody, and the insurgent authorities that other tables name, else one."""
    known = {name for name, _, _ in AUTHORITIES}
    named: list[str] = []
    for table, column in (("hindsight_control", "holder"), ("levies", "authority")):
        if table in tables and column in tables[table]:
            named += [cell for cell in tables[table][column] if cell and cell not in known]
    rebels = [(name, name.replace("_", " ").capitalize(), "insurgent") for name in dict.fromkeys(named)]
    rows = [*AUTHORITIES, *(rebels or [INSURGENTS])]
    return to_text(pd.DataFrame(rows, columns=["authority", "name", "kind"])), "government, nobody and insurgents"


def speakers(tables: Tables, published: str) -> tuple[pd.DataFrame, str]:
    """Whose voice a speaker is, by the names of insurgents and neighbours and a few plain words."""
    rows: list[tuple[str, str]] = []
    insurgent = tables["authorities"][tables["authorities"]["kind"] == "insurgent"]
    names = [*insurgent["name"], *(name.replace("_", " ") for name in insurgent["authority"])]
    rows += [(name.lower(), "insurgent") for name in names]
    if "neighbour" in tables["crossings"]:
        rows += [(name.lower(), "neighbour") for name in tables["crossings"]["neighbour"] if name]
    rows += [(word, role) for role, words in SPEAKERS.items() for word in words]
    frame = pd.DataFrame(rows, columns=["pattern", "role"]).drop_duplicates("pattern")
    note = f"{DEFAULT} speakers"
    tail = {"source": STANDARD, "grade": "E", "published_latest": published, "published_basis": "judged", "note": note}
    return to_text(frame.assign(**tail)), "words such as ministry or trader and the neighbours' names tell who speaks"


def sources(tables: Tables, derived: set[str]) -> pd.DataFrame:
    """A row per source named in any table; one that is a text gets a short name, put in its place."""
    titles: dict[str, str] = {}
    for table, frame in tables.items():
        if "source" not in frame or table == "sources":
            continue
        renamed = {}
        for cell in frame["source"].unique():
            parts = split_names(cell)
            if cell and not all(IDENTIFIER.fullmatch(part) for part in parts):
                parts = [slug(cell)[:60]]
                renamed[cell] = parts[0]
                titles[parts[0]] = cell
            for part in parts:
                titles.setdefault(part, part.replace("_", " "))
        frame["source"] = frame["source"].replace(renamed)
    titles[GIVEN] = "Tables given by the user, source not stated"
    titles[STANDARD] = f"Defaults of the library for {', '.join(sorted(derived)) or 'what is missing'}"
    if SOURCE in titles:
        titles[SOURCE] = "; ".join(sorted(SOURCES.values()))
    frame = pd.DataFrame({"source": list(titles), "title": list(titles.values())})
    return to_text(frame.assign(url="", published="", note=""))


def months(system: str, until: date) -> pd.DataFrame:
    """Months and years of the case's calendar around the start of the crisis."""
    table = calendar_table(system, until - timedelta(days=LEAD), until + timedelta(days=AFTER))
    return to_text(table)


def annual_total(national: pd.DataFrame | None) -> float | None:
    """Annual country total from the rows that fix the level, or None."""
    if national is None or "use" not in national:
        return None
    for _, row in national[national["use"] == "level"].iloc[::-1].iterrows():
        start, end = day_or_none(str(row.get("period_start", ""))), day_or_none(str(row.get("period_end", "")))
        value = number(row.get("best", ""))
        if start is not None and end is not None and value is not None and end >= start:
            return value * DAYS_OF_YEAR / ((end - start).days + 1)
    return None


def baseline(
    tables: Tables, currency: str, published: str
) -> tuple[pd.DataFrame | None, dict[str, str], list[Problem]]:
    """Annual revenue of each unit that has no row of its own, from its revenue figures, else from what is left.

    Returns
    -------
    DataFrame or None
        The table with the rows added, None where nothing needed to be.
    dict of str
        How the figure of each added crossing was found.
    list of Problem
    """
    crossings = tables["crossings"]
    if "crossing" not in crossings:
        return None, {}, []
    elsewhere = crossings["assessed_with"] != "" if "assessed_with" in crossings else pd.Series(False, crossings.index)
    units = list(dict.fromkeys(crossings.loc[~elsewhere, "crossing"]))
    own = tables.get("baseline")
    present = set(own["crossing"]) if own is not None and "crossing" in own else set()
    lacking = [unit for unit in units if unit not in present]
    if not lacking:
        return None, {}, []
    found = {unit: figures for unit in lacking if (figures := _figures(tables, unit, currency)) is not None}
    rest, problems = _rest(tables, own, found, [unit for unit in lacking if unit not in found], currency)
    rule = rules("rule")["unknown_part"]
    rows, how = [], {}
    for unit in lacking:
        if unit in found:
            triple, how[unit] = found[unit], "its figures in revenue, put to a year"
        elif unit in rest:
            triple = (rest[unit] * rule.low, rest[unit] * rule.best, rest[unit] * rule.high)
            how[unit] = f"a part of what is left of the total, {rule.low:g} to {rule.high:g} times that part"
        else:
            continue
        money = {
            f"{bound}_{currency.lower()}": value for bound, value in zip(("low", "best", "high"), triple, strict=True)
        }
        basis = {"basis": f"{DEFAULT} baseline", "reasoning": how[unit]}
        tail = {"source": STANDARD, "grade": "E", "published_latest": published, "published_basis": "judged"}
        rows.append({"crossing": unit, **money, **basis, **tail})
    made = to_text(pd.DataFrame(rows)) if rows else None
    if own is not None and made is not None:
        made = pd.concat([own, made.set_axis(range(len(own) + 2, len(own) + 2 + len(made)))]).fillna("")
    return made, how, problems


def _figures(tables: Tables, unit: str, currency: str) -> tuple[float, float, float] | None:
    """Annual range from the revenue rows of one crossing: from 0.6 of the lowest to 1.4 of the highest figure."""
    table = tables.get("revenue")
    if table is None or "crossing" not in table:
        return None
    found: list[tuple[float, float, float]] = []
    ranged = False
    for _, row in table[table["crossing"] == unit].iterrows():
        usable = row.get("measure", "") in ("all_customs", "") and row.get("use", "") in ("baseline", "check", "")
        value, own = number(row.get("best", "")), str(row.get("currency", "")).upper() in (currency.upper(), "")
        yearly = _yearly(row)
        if usable and own and value is not None and yearly is not None:
            low, high = number(row.get("low", "")), number(row.get("high", ""))
            ranged |= low is not None and high is not None
            bounds = (value if low is None else low, value, value if high is None else high)
            found.append((yearly * bounds[0], yearly * bounds[1], yearly * bounds[2]))
    if not found:
        return None
    rule = rules("rule")["figure_range"]
    best = float(pd.Series([triple[1] for triple in found]).median())
    least, most = min(triple[0] for triple in found), max(triple[2] for triple in found)
    return (least, best, most) if ranged else (rule.low * least, best, rule.high * most)


def _yearly(row: pd.Series[str]) -> float | None:
    """Factor from a figure's period to a year, None where that is unknown or too short."""
    if row.get("per", "") in PER_YEAR:
        return PER_YEAR[str(row["per"])]
    start, end = day_or_none(str(row.get("period_start", ""))), day_or_none(str(row.get("period_end", "")))
    if start is None or end is None:
        return 1.0 if not row.get("period_start", "") and not row.get("per", "") else None
    days = (end - start).days + 1
    return None if days < SHORTEST else DAYS_OF_YEAR / days


def _rest(
    tables: Tables,
    own: pd.DataFrame | None,
    found: Mapping[str, tuple[float, float, float]],
    unknown: list[str],
    currency: str,
) -> tuple[dict[str, float], list[Problem]]:
    """What is left of the country total for crossings without a figure, by truck counts where all have one."""
    if not unknown:
        return {}, []
    known = [triple[1] for triple in found.values()]
    column = f"best_{currency.lower()}"
    if own is not None and column in own:
        known += [value for cell in own[column] if (value := number(cell)) is not None]
    total = annual_total(tables.get("national"))
    if total is None and not known:
        return {}, [_nothing_known()]
    left = total - sum(known) if total is not None else sum(known) / len(known) * len(unknown)
    if left <= 0:
        return {}, [_nothing_left(unknown, currency)]
    counts = tables.get("trucks")
    if counts is not None and {"crossing", "best"} <= set(counts) and set(unknown) <= set(counts["crossing"]):
        loads = {str(row["crossing"]): number(row["best"]) or 0.0 for _, row in counts.iterrows()}
        whole = sum(loads[unit] for unit in unknown)
        if whole > 0:
            return {unit: left * loads[unit] / whole for unit in unknown}, []
    return dict.fromkeys(unknown, left / len(unknown)), []


def _nothing_known() -> Problem:
    return Problem(
        file="national.csv",
        found="no figure of customs revenue anywhere",
        expected="a national total, or revenue or a baseline of the crossings",
        remedy="Give one national total: series customs_all, best, period_start, period_end, before the crisis.",
    )


def _nothing_left(unknown: list[str], currency: str) -> Problem:
    return Problem(
        file="baseline.csv",
        column=f"best_{currency.lower()}",
        found=f"figures that reach the national total, so that nothing is left for {', '.join(unknown)}",
        expected="less than the national total",
        remedy="Check the units of both (units, thousands or millions?), or give these crossings a figure too.",
    )


def number(cell: object) -> float | None:
    """A number, or None where the cell is none; the checks tell about it."""
    try:
        value = float(str(cell))
    except ValueError:
        return None
    return value if value == value and abs(value) != float("inf") else None

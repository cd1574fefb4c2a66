"""Checks between the tables of a case: references, and what an account of revenue must satisfy."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import pandas as pd

from ..errors import Problem, did_you_mean
from .checks import rows_where
from .codebook import Column, Table
from .convert import split_names
from .usable import USABLE_CHECKS

Tables = Mapping[str, pd.DataFrame]
SHARE_SLACK = 0.005  # rounding of printed shares
CORRECTIONS = {
    "role": ("government", "insurgent", "neighbour", "witness", "relay"),
    "proposition": ("lost", "collecting", "promise", "held", "fighting", "none"),
}


def check_case(
    tables: Tables, book: Mapping[str, Table], unread: Iterable[str] = (), faulty: Iterable[str] = ()
) -> list[Problem]:
    """What is wrong between typed tables.

    Those in `unread` are not held against the rest, and what the model needs is not asked of those that are `faulty`
    in themselves, so that one fault is told once.
    """
    problems = []
    for name, frame in tables.items():
        for column in book[name].columns.values():
            if column.references and column.references != "*":
                problems.extend(_references(frame, column, tables, book[name].file, unread))
    lost = {problem.file.removesuffix(".csv") for problem in problems}
    skipped = set(unread)
    for needs, check in CASE_CHECKS:
        if not skipped.intersection(needs):
            problems.extend(check(tables))
    skipped.update(faulty, lost)
    for needs, check in ((("authorities",), _governments), *USABLE_CHECKS):
        if tables.keys() >= set(needs) and not skipped.intersection(needs):
            problems.extend(check(tables))
    return problems


def _references(frame: pd.DataFrame, column: Column, tables: Tables, file: str, unread: Iterable[str]) -> list[Problem]:
    """Values that the table referred to does not have, with a suggestion for each, three at most."""
    target, field = column.references.split(".")
    if target in set(unread):
        return []
    known = {str(value) for value in tables[target][field]} if target in tables else set()
    allowed = known | set(column.allowed)
    many = column.type in ("names", "ids")
    wrong: dict[str, list[int]] = {}
    for row, cell in frame[column.name].items():
        parts = split_names(cell) if many else [cell] if cell else []
        for part in parts:
            if part not in allowed:
                wrong.setdefault(part, []).append(int(str(row)))
    problems = []
    for value, rows in wrong.items():
        hint = did_you_mean(value, allowed)
        remedy = f"{hint} Correct it, or add it to {target}.csv.".strip()
        expected = f"a {field} of {target}.csv"
        if not known:
            expected += ", which has no rows or is missing"
        problem = Problem(
            file=file,
            column=column.name,
            rows=tuple(dict.fromkeys(rows)),
            found=f"unknown {field} {value!r}",
            expected=expected,
            remedy=remedy,
        )
        problems.append(problem)
    return problems


def _units(tables: Tables) -> list[Problem]:
    """Every unit of account has one baseline row; a place that is assessed elsewhere has none."""
    crossings, baseline = tables["crossings"], tables["baseline"]
    units = set(crossings.loc[crossings["assessed_with"] == "", "crossing"])
    problems = []
    missing = crossings["crossing"].isin(units - set(baseline["crossing"])) & (crossings["crossing"] != "")
    if missing.any():
        names = ", ".join(crossings.loc[missing, "crossing"])
        remedy = "Add a row with low, best and high, or name in assessed_with the unit whose revenue includes it."
        problem = Problem(
            file="baseline.csv",
            column="crossing",
            found=f"no row for {names}",
            expected="a row for every unit",
            remedy=remedy,
        )
        problems.append(problem)
    elsewhere = baseline["crossing"].isin(set(crossings["crossing"]) - units)
    if elsewhere.any():
        names = ", ".join(baseline.loc[elsewhere, "crossing"])
        problem = Problem(
            file="baseline.csv",
            column="crossing",
            rows=rows_where(elsewhere),
            found=f"{names}, whose revenue is assessed with another",
            expected="units of account only",
            remedy="Delete the row, or empty assessed_with in crossings.csv.",
        )
        problems.append(problem)
    nested = crossings["assessed_with"].isin(set(crossings["crossing"]) - units)
    if nested.any():
        problem = Problem(
            file="crossings.csv",
            column="assessed_with",
            rows=rows_where(nested),
            found="a crossing that is itself assessed with another",
            expected="a unit of account",
            remedy="Name the unit at the end of the chain.",
        )
        problems.append(problem)
    return problems


def _kinds(tables: Tables) -> list[Problem]:
    """Inland shares lead from a border crossing to an inland house; trucks are counted at the border."""
    kinds = dict(zip(tables["crossings"]["crossing"], tables["crossings"]["kind"], strict=True))
    problems = []
    for table, column, kind in (
        ("inland", "inland", "inland"),
        ("inland", "crossing", "border"),
        ("trucks", "crossing", "border"),
    ):
        if table not in tables:
            continue
        values = tables[table][column]
        wrong = values.map(lambda name: kinds.get(name, "")).isin({"border", "inland"} - {kind})
        if wrong.any():
            problem = Problem(
                file=f"{table}.csv",
                column=column,
                rows=rows_where(wrong),
                found=f"{', '.join(dict.fromkeys(values[wrong]))}, of the other kind",
                expected=f"a crossing of kind {kind}",
                remedy="Correct the name, or its kind in crossings.csv.",
            )
            problems.append(problem)
    return problems


def _shares(tables: Tables) -> list[Problem]:
    """Shares of the flows of a crossing, and of the holders a report names, add up to 1."""
    problems = []
    for name, unit, column in (("flows", "crossing", "share_best"), ("reported_holders", "report", "share")):
        if name not in tables:
            continue
        sums = tables[name].groupby(unit)[column].sum()
        off = sums[(sums - 1).abs() > SHARE_SLACK]
        if len(off):
            found = ", ".join(f"{key} {total:g}" for key, total in off.head(5).items())
            problem = Problem(
                file=f"{name}.csv",
                column=column,
                rows=rows_where(tables[name][unit].isin(off.index)),
                found=f"shares that add up to something else: {found}",
                expected=f"1 for each {unit}",
                remedy="Correct the shares, or add the row that is missing.",
            )
            problems.append(problem)
    return problems


def _corrections(tables: Tables) -> list[Problem]:
    """A correction gives a role or a proposition that the rules of evidence know."""
    if "corrections" not in tables:
        return []
    problems = []
    table = tables["corrections"]
    for field, known in CORRECTIONS.items():
        wrong = (table["field"] == field) & ~table["value"].isin(known)
        if wrong.any():
            first = str(table.loc[wrong, "value"].iloc[0])
            problem = Problem(
                file="corrections.csv",
                column="value",
                rows=rows_where(wrong),
                found=f"the {field} {first!r}",
                expected=f"one of {', '.join(known)}",
                remedy=f"{did_you_mean(first, known)} Use one of the listed words.".strip(),
            )
            problems.append(problem)
    return problems


def _feeds(tables: Tables) -> list[Problem]:
    """The least that the border crossings feed into a house is no more than all of it."""
    if "inland" not in tables:
        return []
    sums = tables["inland"].groupby("inland")["feed_low"].sum()
    over = sums[sums > 1 + 1e-9]
    mask = tables["inland"]["inland"].isin(over.index)
    return [
        Problem(
            file="inland.csv",
            column="feed_low",
            rows=rows_where(mask),
            found=f"shares that add up to more than 1 for {', '.join(map(str, over.index))}",
            expected="at most 1 for each house",
            remedy="Lower the shares; what is left comes by air or otherwise.",
        )
    ] * bool(len(over))


def _governments(tables: Tables) -> list[Problem]:
    """One government and one nobody, so that shares of holders can sum to 1; at least one insurgent."""
    kinds = tables["authorities"]["kind"]
    problems = []
    for kind, enough in (
        ("government", kinds.eq("government").sum() == 1),
        ("nobody", kinds.eq("nobody").sum() == 1),
        ("insurgent", kinds.eq("insurgent").any()),
    ):
        if not enough:
            expected = "at least one row" if kind == "insurgent" else "exactly one row"
            problem = Problem(
                file="authorities.csv",
                column="kind",
                rows=rows_where(kinds.eq(kind)),
                found=f"{int(kinds.eq(kind).sum())} rows of kind {kind}",
                expected=expected,
                remedy="Add the row or delete the surplus.",
            )
            problems.append(problem)
    return problems


def _months(tables: Tables) -> list[Problem]:
    """Months of the case calendar do not overlap, so that each day has one."""
    if "calendar" not in tables:
        return []
    months = tables["calendar"].loc[lambda frame: frame["kind"] == "month"].sort_values("start")
    overlap = months["start"] <= months["end"].shift()
    if not overlap.any():
        return []
    found = f"months that overlap: {', '.join(months.loc[overlap, 'name'])}"
    remedy = "End each month on the day before the next; give months of a second calendar no row of kind month."
    return [
        Problem(
            file="calendar.csv",
            column="start",
            rows=rows_where(overlap),
            found=found,
            expected="one month for each day",
            remedy=remedy,
        )
    ]


CASE_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], list[Problem]]], ...] = (
    (("crossings", "baseline"), _units),
    (("crossings", "inland", "trucks"), _kinds),
    (("inland",), _feeds),
    (("crossings",), _shares),
    (("corrections",), _corrections),
    (("calendar",), _months),
)

"""A case from the least that an analyst has: short tables, completed with stated defaults, then checked like any other.

The steps: spell headers and cells as the codebook does (`tidy`), find out when the crisis began, fill required columns
that were left out, lend the tables that were left out (`derive`), check everything, and take the assumptions that the
case does not make from the defaults. Whatever was filled in or lent is said in one warning.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from ..errors import CaseError, Problem, TradeImpactWarning, did_you_mean
from . import derive
from .calendar_systems import SOURCE
from .checks import check_table
from .codebook import Table, codebook
from .coherence import check_case
from .convert import EXTRA, convert
from .defaults import filled, known_names, unknown_names
from .fill import fill_columns
from .tidy import day_or_none, tidy

if TYPE_CHECKING:
    from .case import Case

FORM = "short"  # what a descriptor says of a folder whose tables are to be completed
ROWS = "sheet_row"  # name of an index that holds the row numbers of the file a table was read from


@dataclass
class Built:
    """Completed tables of a case: typed, with all that is wrong and all that was filled in."""

    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    until: date | None = None
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def complete(
    raw: Mapping[str, pd.DataFrame],
    *,
    currency: str,
    calendar: str = "gregorian",
    dates_in: str = "gregorian",
    until: date | None = None,
) -> Built:
    """Complete and check short tables.

    Parameters
    ----------
    raw : mapping of DataFrame
        Text cells by table, "" where missing; the index holds the row numbers to name in messages.
    currency : str
    calendar : str
        Calendar of the case, whose months are listed where no table does.
    dates_in : str
        Calendar in which the days of the tables are written.
    until : date, optional
        Last day before the crisis; the day before the first report, else the end of the national figure.
    """
    book = codebook(currency)
    built = Built(until=until)
    known = {name: frame for name, frame in raw.items() if name in book}
    built.problems += [_unknown_table(name, book) for name in raw if name not in book and not name.startswith(EXTRA)]
    tables, problems, built.notes = tidy(known, book, currency, dates_in)
    built.problems += problems
    if "crossings" not in tables:
        built.problems.append(_no_crossings(book))
        return built
    built.until = until or _crisis(tables, built)
    published = (built.until or date(1900, 1, 1)).isoformat()
    built.notes += fill_columns(tables, book, currency, published)
    _lend(tables, built, currency, published, calendar)
    built.problems += _level(tables, currency, built.until)
    typed: dict[str, pd.DataFrame] = {}
    for name, frame in tables.items():
        typed[name], problems = convert(_with_columns(frame, book[name]), book[name], book[name].file)
        built.problems += problems
        built.problems += check_table(typed[name], book[name], book[name].file)
    unread = [name for name in typed if not all(key in tables[name] for key in book[name].key)]
    if not (book.keys() & set(unread)):
        faulty = {problem.file.removesuffix(".csv") for problem in built.problems}
        built.problems += check_case(typed, book, unread, faulty)
    built.tables = {name: frame.reset_index(drop=True) for name, frame in typed.items()}
    return built


def _with_columns(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Columns that need no value may be left out altogether."""
    lacking = [name for name, column in table.columns.items() if name not in frame and not column.required]
    return frame.assign(**dict.fromkeys(lacking, "")) if lacking else frame


def _crisis(tables: Mapping[str, pd.DataFrame], built: Built) -> date | None:
    """Last day before the crisis, where nobody says it: before the first report, else the end of the level figure."""
    reports = tables.get("reports")
    if reports is not None and "date" in reports:
        days = [day for cell in reports["date"] if (day := day_or_none(str(cell))) is not None]
        if days:
            found = (min(days) - pd.Timedelta(days=1)).date()
            built.notes.append(f"baseline_until: {found}, the day before the first report")
            return found
    national = tables.get("national")
    if national is not None and "period_end" in national:
        days = [day for cell in national["period_end"] if (day := day_or_none(str(cell))) is not None]
        if days:
            last: date = max(days).date()
            built.notes.append(f"baseline_until: {last}, the end of the last national figure")
            return last
    built.problems.append(
        Problem(
            file="reports.csv",
            column="date",
            found="no day from which to tell when the crisis began",
            expected="reports with a date, or baseline_until",
            remedy="Say it: baseline_until is the last day before the crisis, such as 2021-06-21.",
        )
    )
    return None


def _lend(tables: dict[str, pd.DataFrame], built: Built, currency: str, published: str, calendar: str) -> None:
    """Tables that the case does without, made from those it has."""
    lent: set[str] = set()

    def note(name: str, how: str) -> None:
        built.notes.append(f"{name}: {how}")
        lent.add(name)

    if "authorities" not in tables:
        tables["authorities"], how = derive.authorities(tables)
        note("authorities", how)
    if "speakers" not in tables and "reports" in tables:
        tables["speakers"], how = derive.speakers(tables, published)
        note("speakers", how)
    made, found, problems = derive.baseline(tables, currency, published)
    built.problems += problems
    if made is not None:
        tables["baseline"] = made
        for how in dict.fromkeys(found.values()):
            note("baseline", f"{', '.join(unit for unit, said in found.items() if said == how)} from {how}")
    if "baseline" not in tables:
        tables["baseline"] = pd.DataFrame(columns=list(codebook(currency)["baseline"].columns), dtype="str")
    if "calendar" not in tables and calendar != "gregorian":
        tables["calendar"] = derive.months(calendar, built.until or date(2000, 1, 1))
        note("calendar", f"months of the {calendar.replace('_', ' ')} calendar")
    if "sources" not in tables:
        tables["sources"] = derive.sources(tables, lent)
        note("sources", "one row for each source that a table names")
        return
    known = set(tables["sources"].get("source", ()))
    lent_sources = derive.sources(dict(tables), lent)
    own = {derive.GIVEN, derive.STANDARD, SOURCE} - known
    extra = lent_sources[lent_sources["source"].isin(own)]
    rows = range(len(tables["sources"]) + 2, len(tables["sources"]) + 2 + len(extra))
    tables["sources"] = pd.concat([tables["sources"], extra.set_axis(rows)]).fillna("")


def _level(tables: Mapping[str, pd.DataFrame], currency: str, until: date | None) -> list[Problem]:
    """The national figure that fixes the level is in the currency of the case and of a period before the crisis."""
    national = tables.get("national")
    if national is None or "use" not in national or until is None:
        return []
    problems = []
    level = national[national["use"].isin(["level", "growth"])]
    foreign = level["unit"].str.lower() != currency.lower() if len(level) else pd.Series(dtype=bool)
    if foreign.any():
        unit = str(level.loc[foreign, "unit"].iloc[0])
        problems.append(
            Problem(
                file="national.csv",
                column="unit",
                rows=tuple(int(str(row)) for row in level.index[foreign]),
                found=f"a total in {unit!r}",
                expected=f"{currency.lower()!r}, the currency of the case",
                remedy="Convert the figure at the rate of its period, or mark the row 'context' in column use.",
            )
        )
    ends = level["period_end"].map(lambda cell: day_or_none(str(cell))) if "period_end" in level else pd.Series()
    dated = ends.dropna()
    if len(dated) and not (dated <= pd.Timestamp(until)).any():
        problems.append(
            Problem(
                file="national.csv",
                column="period_end",
                rows=tuple(int(str(row)) for row in dated.index),
                found=f"totals of periods that end after {until}, the last day before the crisis",
                expected="one national total of a period before the crisis",
                remedy="Give the total of the last full period before it, or correct baseline_until.",
            )
        )
    return problems


def _unknown_table(name: str, book: Mapping[str, Table]) -> Problem:
    hint = did_you_mean(name, book)
    remedy = f"{hint} Rename it, or start its name with {EXTRA!r} to keep it beside the case.".strip()
    return Problem(file=name, found="an unknown table", expected="tables of the codebook only", remedy=remedy)


def _no_crossings(book: Mapping[str, Table]) -> Problem:
    return Problem(
        file="crossings.csv",
        found="no table of crossings",
        expected="one row per crossing",
        remedy="Give a table crossings with the columns crossing (a short name), name and neighbour at least.",
    )


def finished(case: Case, notes: list[str], *, stacklevel: int = 3) -> Case:
    """The case with defaults for the assumptions it does not make, and the one warning that names all of them."""
    lacking = unknown_names(case._assumptions.records)
    if lacking:
        raise CaseError(unknown_assumptions(lacking), f"Case {case.name!r}")
    assumptions = filled(case._assumptions, case._tables, case.currency, pd.Timestamp(case.baseline_until))
    added = sorted(assumptions.defaults - case._assumptions.defaults)
    lines = [f"- {note}" for note in notes]
    if added:
        lines.append(f"- {len(added)} assumptions: {', '.join(added)}")
    if lines:
        what = "\n".join(lines)
        warnings.warn(
            f"Case {case.name!r} rests on defaults of the library, all of them wide and graded E:\n{what}\n"
            "See case.assumptions (column origin) and the tables' columns basis and note; what you state yourself "
            "takes their place.",
            TradeImpactWarning,
            stacklevel=stacklevel,
        )
    return replace(case, _assumptions=assumptions)


def unknown_assumptions(names: list[str]) -> list[Problem]:
    """A problem for each assumption that the model does not know."""
    return [
        Problem(
            file="assumptions.toml",
            column=name,
            found="an assumption that the model does not know",
            expected="the name of one of its assumptions",
            remedy=did_you_mean(name, known_names()) or "See case.assumptions for the names.",
        )
        for name in names
    ]

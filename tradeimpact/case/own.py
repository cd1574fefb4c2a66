"""A case from tables given by hand: `Case.from_tables`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date
from typing import Any

import pandas as pd

from ..errors import CaseError
from .assumptions import Assumption, Assumptions
from .build import ROWS, complete, finished, unknown_assumptions
from .calendar_systems import check_system
from .case import Case
from .codebook import codebook
from .convert import EXTRA, is_day
from .defaults import default_assumptions, misplaced, range_problems, unknown_names
from .descriptor import ENTRIES, says
from .odd import warn_of_odd
from .replace import table_text

SUFFICIENT = ("low", "best", "high")


def from_tables(
    tables: Mapping[str, pd.DataFrame],
    named: Mapping[str, pd.DataFrame | None],
    metadata: Mapping[str, Any],
    assumptions: Mapping[str, Any] | pd.DataFrame | None,
) -> Case:
    """See :meth:`Case.from_tables`; `named` are the tables given by keyword, `metadata` the rest."""
    if not isinstance(tables, Mapping):
        kind = type(tables).__name__
        raise CaseError(f"tables is given as {kind}; expected a mapping of names to DataFrames, as of read_tables.")
    twice = [name for name, frame in named.items() if frame is not None and name in tables]
    if twice:
        raise CaseError(f"The table {twice[0]!r} is given twice, in tables and by keyword. Give it once.")
    nameless = [name for name in tables if not isinstance(name, str)]
    if nameless:
        raise CaseError(f"{nameless[0]!r} is no name of a table. Name tables after those of the codebook.")
    given = {**tables, **{name: frame for name, frame in named.items() if frame is not None}}
    sheet = given.pop("assumptions", None)
    if sheet is not None and assumptions is not None:
        raise CaseError("Assumptions are given twice, in tables and by keyword. Give them once.")
    _check_metadata(metadata)
    currency, name = str(metadata["currency"]), str(metadata["name"])
    until = _until(metadata["baseline_until"])
    book = codebook(currency)
    raw = {
        table: _rows(frame, table, book[table].columns if table in book else ())
        for table, frame in given.items()
        if not table.startswith(EXTRA)
    }
    built = complete(
        {table: frame for table, frame in raw.items() if len(frame)},
        currency=currency,
        calendar=str(metadata["calendar"]),
        dates_in=str(metadata["dates_in"]),
        until=until,
    )
    if built.problems:
        raise CaseError(built.problems, f"Case {name!r}")
    kept = {key: value for key, value in metadata.items() if key not in ("dates_in", "baseline_until")}
    case = Case(
        name=name,
        title=str(metadata["title"]),
        currency=currency,
        calendar_name=str(metadata["calendar"]),
        _metadata={**kept, "baseline_until": str(built.until)},
        _tables=built.tables,
        _assumptions=own_assumptions(sheet if sheet is not None else assumptions),
    )
    lost = misplaced(case._assumptions, built.tables)
    if lost:
        raise CaseError(lost, "The assumptions")
    warn_of_odd(name, built.tables, case._assumptions, listed=False, stacklevel=4)
    return finished(case, built.notes, stacklevel=4)


def own_assumptions(given: Mapping[str, Any] | pd.DataFrame | None) -> Assumptions:
    """Assumptions that a user gives with the tables: the default record's shape with the user's numbers.

    A general name takes distribution, unit and description of its default unless the entry says otherwise.
    """
    if given is None:
        return Assumptions.empty()
    if not isinstance(given, pd.DataFrame | Mapping):
        kind = type(given).__name__
        raise CaseError(f"assumptions are given as {kind}; expected a mapping of names to values, or a DataFrame.")
    entries = _entries(given) if isinstance(given, pd.DataFrame) else dict(given)
    standard = default_assumptions()
    unknown = unknown_names(entries)
    if unknown:
        raise CaseError(unknown_assumptions(unknown), "The assumptions")
    shapes = {**standard.records, "unknown_baseline": Assumption("unknown_baseline", 1.0, 1.0, 1.0, "lognormal")}
    plain = Assumptions(shapes, standard.correlations)
    made = plain.assume(entries)
    records = {}
    for name in entries:
        record = made.records[name]
        # a unit in dollars is the default's: the user's number is in the currency of the case
        unit = record.unit.replace("USD per", "currency per") if "unit" not in _fields(entries[name]) else record.unit
        records[name] = Assumption(**{**record.__dict__, "unit": unit})
    problems = range_problems(Assumptions(records), "assumptions")
    if problems:
        raise CaseError(problems, "The assumptions")
    return Assumptions(records, {g: rho for g, rho in standard.correlations.items() if _uses(records, g)})


def _fields(entry: Any) -> Mapping[str, Any]:
    return entry if isinstance(entry, Mapping) else {}


def _uses(records: Mapping[str, Assumption], group: str) -> bool:
    return any(record.group == group for record in records.values())


def _entries(frame: pd.DataFrame) -> dict[str, Any]:
    """Rows of a table of assumptions as entries by name."""
    text = table_text(frame, "assumptions", ("name",))
    text.columns = pd.Index([str(column).strip().lower() for column in text.columns])
    lacking = [column for column in ("name", *SUFFICIENT) if column not in text]
    if lacking:
        raise CaseError(
            f"The assumptions lack the column {', '.join(map(repr, lacking))}. Give name, low, best and high; unit, "
            "source, grade and distribution if you can."
        )
    twice = text["name"][text["name"].duplicated()]
    if len(twice):
        raise CaseError(
            f"assumptions, row {twice.index[0]}: {twice.iloc[0]!r} stands there twice. Keep one of the rows."
        )
    entries: dict[str, Any] = {}
    for row, line in text.iterrows():
        fields: dict[str, Any] = {str(key): value for key, value in line.items() if value != "" and key != "name"}
        for bound in SUFFICIENT:
            try:
                fields[bound] = float(fields.get(bound, ""))
            except ValueError:
                raise CaseError(
                    f"assumptions, column {bound!r}, row {row}: found {fields.get(bound, '')!r}; expected a number. "
                    "Write digits with a decimal point."
                ) from None
        known = {key: fields[key] for key in (*SUFFICIENT, "unit", "source", "grade", "distribution") if key in fields}
        entries[str(line["name"])] = known
    return entries


def _rows(frame: pd.DataFrame, table: str, columns: Container[str]) -> pd.DataFrame:
    """A table as text; its index numbers the rows, as in the file it was read from where that is known."""
    text = table_text(frame, table, columns)
    if frame.index.name == ROWS:
        text.index = frame.index
    blank = (text == "").all(axis=1)
    return text[~blank]


def _check_metadata(metadata: Mapping[str, Any]) -> None:
    for key, (_, expected) in ENTRIES.items():
        if not says(key, metadata[key]):
            raise CaseError(f"{key}={metadata[key]!r} cannot be the {key} of a case; expected {expected}.")
    if not isinstance(metadata["synthetic"], bool):
        raise CaseError(f"synthetic={metadata['synthetic']!r} is neither True nor False. Write one of the two.")
    check_system(str(metadata["calendar"]))
    check_system(str(metadata["dates_in"]))


def _until(value: Any) -> date | None:
    if value is None:
        return None
    try:
        day: date = pd.Timestamp(value).date()
    except (ValueError, TypeError):
        day = date.min
    if not is_day(str(day)):
        raise CaseError(f"baseline_until={value!r} is not a day of 1900 to 2100. Write the last before the crisis.")
    return day

"""Tables given by hand: `Case.from_tables`, `Case.with_table` and `Case.assume` with the same faults as files have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import numpy as np
import pandas as pd

import tradeimpact as ti
from broken import THREE, Broken, call
from tradeimpact.case import load_case

CROSSINGS = pd.DataFrame(
    {"name": ["North Gate", "South Gate", "River Port"], "neighbour": ["N land", "N land", "Sutland"]}
)
NATIONAL = pd.DataFrame({"best": [3.65e8], "period_start": ["2023-01-01"], "period_end": ["2023-12-31"]})
REPORTS = pd.DataFrame(
    {"crossing": ["North Gate"], "date": ["2024-03-10"], "event": ["captured"], "claimed_by": ["the ministry"]}
)
REVENUE = pd.DataFrame({"crossing": ["north_gate"], "best": [9e7], "per": ["year"]})


@cache
def three() -> ti.Case:
    return load_case(THREE)


def given(id: str, changes: Mapping[str, object], *says: str) -> Broken:
    """An entry of `from_tables` with some of its arguments replaced."""

    def attempt() -> object:
        arguments = {"crossings": CROSSINGS, "national": NATIONAL, "reports": REPORTS, "currency": "KES"} | changes
        return ti.Case.from_tables(arguments.pop("tables", None), **({"name": "made-synthetic"} | arguments))

    return call(id, attempt, *says)


def replaced(id: str, table: str, change: Callable[[pd.DataFrame], object], *says: str) -> Broken:
    """An entry of `with_table` with a changed table of a good case."""
    return call(id, lambda: three().with_table(table, change(three().tables[table])), *says)


def assumed(id: str, changes: object, *says: str) -> Broken:
    return call(id, lambda: three().assume(changes), *says)


def _at(column: str, row: int, value: object) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """A table with one cell replaced; rows from 0."""

    def change(frame: pd.DataFrame) -> pd.DataFrame:
        frame = frame.astype({column: object})
        frame.loc[row, column] = value
        return frame

    return change


TABLES = [
    given("no crossings", {"crossings": None}, "crossings.csv: found no table of crossings", "Give a table crossings"),
    given("a frame of no rows", {"crossings": CROSSINGS.iloc[:0]}, "no table of crossings", "Give a table crossings"),
    given("a frame of no columns", {"crossings": pd.DataFrame(index=[1, 2])}, "no table of crossings", "Give a table"),
    given(
        "no revenue anywhere", {"national": None}, "no figure of customs revenue anywhere", "Give one national total"
    ),
    given("a path for a table", {"crossings": "crossings.csv"}, "given as str; expected a DataFrame"),
    given("a column for a table", {"national": NATIONAL["best"]}, "given as Series; expected a DataFrame"),
    given("a mapping for a table", {"national": {"best": [1]}}, "given as dict; expected a DataFrame"),
    given(
        "a list of tables", {"tables": [CROSSINGS], "crossings": None}, "tables is given as list", "a mapping of names"
    ),
    given("a table without a name", {"tables": {5: REVENUE}}, "5 is no name of a table", "after those of the codebook"),
    given(
        "a table twice", {"tables": {"crossings": CROSSINGS}}, "given twice, in tables and by keyword", "Give it once"
    ),
    given("a misspelt table", {"tables": {"revenues": REVENUE}}, "an unknown table", "Did you mean 'revenue'"),
    given(
        "a column twice", {"national": pd.concat([NATIONAL, NATIONAL], axis=1)}, "more than once", "Drop all but one"
    ),
    given("a column in two spellings", {"national": NATIONAL.assign(Best=1)}, "more than one column 'best'", "Rename"),
    given(
        "a column without a name", {"national": NATIONAL.assign(**{"": 1})}, "an unknown column", "start it with 'x_'"
    ),
    given(
        "columns that are numbers",
        {"national": NATIONAL.set_axis([0, 1, 2], axis=1)},
        "column '0'",
        "an unknown column",
    ),
    given("columns of two levels", {"national": pd.concat({"a": NATIONAL}, axis=1)}, "an unknown column", "Rename it"),
    given("a crossing twice", {"crossings": pd.concat([CROSSINGS, CROSSINGS])}, "the same key more than once", "Merge"),
]
CELLS = [
    given(
        "an endless total", {"national": NATIONAL.assign(best=np.inf)}, "column 'best', row 2: found 'inf'", "digits"
    ),
    given("a missing total", {"national": NATIONAL.assign(best=np.nan)}, "no figure of customs revenue", "Give one"),
    given("a total of many digits", {"national": NATIONAL.assign(best=1e300)}, "at most 1e+24 in size", "its unit"),
    given("a complex total", {"national": NATIONAL.assign(best=1 + 2j)}, "found '(1+2j)'", "Write digits"),
    given("a total that is true", {"national": NATIONAL.assign(best=True)}, "found 'yes'", "Write digits"),
    given(
        "a total that is a span of time",
        {"national": NATIONAL.assign(best=pd.Timedelta(1, "D"))},
        "found '1 day",
        "Write digits",
    ),
    given("a negative total", {"national": NATIONAL.assign(best=-1.0)}, "negative money: '-1'", "without a sign"),
    given(
        "a month for a day",
        {"national": NATIONAL.assign(period_end=pd.Period("2023-12"))},
        "found '2023-12'",
        "Write year-month-day",
    ),
    given(
        "a time of day",
        {"reports": REPORTS.assign(date=[pd.Timestamp("2024-03-10 12:30")])},
        "found '2024-03-10T12:30:00'",
        "Write year-month-day",
    ),
    given(
        "a number for a day",
        {"reports": REPORTS.assign(date=[45361])},
        "a spreadsheet's number for 2024-03-10",
        "Format the cells as days",
    ),
    given(
        "a comma that may be either",
        {"national": NATIONAL.assign(best=["12,500"])},
        "which may be 12500 or 12.500",
        "Write 12500",
    ),
    given(
        "half a surrogate",
        {"crossings": CROSSINGS.assign(province="a\ud800")},
        "text without control characters",
        "cannot be seen",
    ),
    given(
        "an unknown crossing", {"reports": REPORTS.assign(crossing="Nort Gate")}, "found 'Nort Gate'", "'north_gate'"
    ),
    given("an unknown event", {"reports": REPORTS.assign(event="capture")}, "Did you mean 'captured'"),
    given("reports without events", {"reports": REPORTS.drop(columns="event")}, "no such column", "Add the column"),
    given("a rate of nothing", {"fx": pd.DataFrame({"rate": [0.0]})}, "1e-06 or more", "Correct the number"),
    given(
        "a total of another currency",
        {"national": NATIONAL.assign(unit="usd")},
        "a total in 'usd'",
        "Convert the figure",
    ),
    given(
        "a total in thousands",
        {"national": NATIONAL.assign(best=3.65e5), "revenue": REVENUE},
        "nothing is left for south_gate, river_port",
        "Check the units of both",
    ),
    given(
        "a range in disorder",
        {"revenue": REVENUE.assign(low=9.5e7, high=9.6e7)},
        "low, best, high = 95000000",
        "in order",
    ),
    given(
        "days of another calendar",
        {"dates_in": "solar_hijri"},
        "a day of the calendar 'solar_hijri'",
        "leave out dates_in",
    ),
    given(
        "a latitude beyond the pole",
        {"crossings": CROSSINGS.assign(latitude=105.0, longitude=1.0)},
        "a number from -90 to 90",
        "Correct the number",
    ),
]
WORDS = [
    given("a currency in words", {"currency": "shilling"}, "three capital letters"),
    given("a currency that is a number", {"currency": 5}, "three capital letters"),
    given("no name", {"name": None}, "name=None cannot be the name of a case"),
    given("a name with a space", {"name": "a b"}, "cannot be the name of a case"),
    given("a title with control characters", {"title": "a\x07"}, "cannot be the title of a case"),
    given("an unknown calendar", {"calendar_name": "ethiopean"}, "Did you mean 'ethiopian'"),
    given("synthetic in words", {"synthetic": "no"}, "neither True nor False", "Write one of the two"),
    given("a last day in words", {"baseline_until": "soon"}, "is not a day", "Write the last"),
    given("a missing last day", {"baseline_until": pd.NaT}, "is not a day", "Write the last"),
    given("a last day of another calendar", {"baseline_until": "1402-12-20"}, "1900 to 2100", "Write the last"),
    given("a last day before all totals", {"baseline_until": "2022-06-30"}, "end after 2022-06-30", "last full period"),
    given("no day of a crisis", {"reports": REPORTS.drop(columns="date"), "national": None}, "when the crisis began",
          "baseline_until"),
]  # fmt: skip
ASSUMED = [
    given("a list of assumptions", {"assumptions": [1]}, "given as list", "a mapping of names to values"),
    given("a misspelt assumption", {"assumptions": {"gapp": 0.4}}, "does not know", "Did you mean 'gap'"),
    given(
        "an assumption about an unknown crossing",
        {"assumptions": {"gap.nort_gate": 0.3}},
        "'gap' of 'nort_gate'",
        "Did you mean 'north_gate'",
    ),
    given("a chance in per cent", {"assumptions": {"inland_charge_probability": 40}}, "write 0.35 for 35 %"),
    given(
        "an assumption twice",
        {"assumptions": pd.DataFrame({"name": ["gap", "gap"], "low": 0.1, "best": 0.2, "high": 0.3})},
        "row 3: 'gap' stands there twice",
        "Keep one of the rows",
    ),
    given(
        "assumptions without ranges",
        {"assumptions": pd.DataFrame({"name": ["gap"]})},
        "lack the column 'low'",
        "Give name",
    ),
    given(
        "an assumption in words",
        {"assumptions": pd.DataFrame({"name": ["gap"], "low": "few", "best": 1, "high": 2})},
        "column 'low', row 2: found 'few'",
        "Write digits",
    ),
    given(
        "a levy in money that nothing scales",
        {"assumptions": {"levy_per_truck": (5e3, 4e4, 1e5)}},
        "nothing tells what a truck load is worth",
        "exchange rate",
    ),
    assumed("changes that are a list", [1], "assume() takes a mapping", "not list"),
    assumed("a misspelt change", {"thetta": 3}, "an unknown assumption", "Did you mean 'theta'"),
    assumed("a change to nothing", {"gap": None}, "three finite numbers", "Give low, best and high"),
    assumed("an endless change", {"theta": float("inf")}, "three finite numbers", "Give low, best and high"),
    assumed("two numbers for three", {"theta": (1, 2)}, "not three numbers long", "Give all three, or one number"),
    assumed("a change in disorder", {"theta": (3, 2, 1)}, "low <= best <= high", "Put them in order"),
    assumed("a share in per cent", {"deferral_share": 5}, "a fraction from 0 to 1", "write 0.35 for 35 %"),
    assumed("a share below 0", {"bribe_share": -0.1}, "a fraction from 0 to 1", "Correct the sign"),
    assumed("an elasticity below 0", {"theta": -1}, "0 or more", "Correct the sign"),
    assumed("an unknown option", {"illicit_transit_per_year": "plenty"}, "one of the labels", "Choose a label"),
]
REPLACED = [
    replaced("a list for a table", "fx", lambda frame: [1, 2], "given as list; expected a DataFrame"),
    replaced("a replaced key", "crossings", _at("crossing", 0, "Nord"), "found 'Nord'", "Write it as in 'north_gate'"),
    replaced(
        "a replaced crossing", "baseline", _at("crossing", 1, "sauth_gate"), "unknown crossing 'sauth_gate'", "row 3"
    ),
    replaced("a replaced amount", "baseline", _at("best_xts", 1, float("inf")), "row 3: found 'inf'", "Write digits"),
    replaced("a replaced order", "baseline", _at("low_xts", 1, 1e12), "column 'low_xts', row 3", "in order"),
    replaced(
        "a replaced day", "reports", _at("date", 0, pd.Timestamp("2001-06-10 12:30")), "a day of the calendar", "row 2"
    ),
    replaced(
        "a replaced total",
        "constraints",
        lambda frame: frame.assign(low_xts=1.0, best_xts=1.0, high_xts=1.0),
        "ranges that add up to",
        "it cannot be drawn",
    ),
    replaced(
        "a crossing without its baseline",
        "crossings",
        lambda frame: pd.concat([frame, frame.iloc[[2]].assign(crossing="west_gate")]),
        "no row for west_gate",
        "Add a row",
    ),
    replaced("a unit that is none", "national", lambda frame: frame.assign(unit="usd"), "a total in 'usd'", "Convert"),
    call("a table that is none", lambda: three().with_table("reprots", pd.DataFrame()), "Did you mean 'reports'"),
]

CASES = [*TABLES, *CELLS, *WORDS, *ASSUMED, *REPLACED]

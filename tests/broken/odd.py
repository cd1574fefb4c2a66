"""Figures that are possible and suspicious: each loads, and is named with its row in a warning."""

from __future__ import annotations

import re
from pathlib import Path

from broken import Odd, cells, raw, text, written

ROWS = dict.fromkeys
TOTALS = ("low_xts", "best_xts", "high_xts")
TAIL = ",invented,E,2001-01-31,printed,synthetic"
REVENUE = (
    "row,crossing,scope,low,best,high,currency,per,period_start,period_end,period_label,"
    "measure,use,conflict_group,source,grade,published_latest,published_basis,note"
)
UNITS = "Check the unit of both"
CALENDAR = "of one calendar"


def months(*best: str, currency: str = "XTS") -> str:
    """Rows of one crossing's revenue, a month each."""
    return [
        f"rv{i:03d},north_gate,north_gate,,{value},,{currency},period,2000-{i:02d}-01,2000-{i:02d}-28,,all_customs,check,"
        + TAIL
        for i, value in enumerate(best, start=1)
    ]


def years(*best: str) -> str:
    """Rows of national totals, a year each from 1991, whose last fixes nothing but growth."""
    head = (
        "row,series,low,best,high,unit,period_start,period_end,period_label,"
        "use,conflict_group,source,grade,published_latest,published_basis,note"
    )
    rows = [
        f"na{i:03d},customs_all,,{value},,xts,{1990 + i}-01-01,{1990 + i}-12-31,,growth," + TAIL
        for i, value in enumerate(best, start=1)
    ]
    return written("national.csv", head, *rows)


def assumed(name: str, value: float):
    """Edit that puts a record of the assumptions at one value."""

    def edit(folder: Path) -> None:
        path = folder / "assumptions.toml"
        t = path.read_text()
        at = t.index(f"[assumption.{name}]")
        end = t.index("\n[", at + 1)
        body = re.sub(r"(low|best|high) = .*", rf"\1 = {value}", t[at:end])
        path.write_text(t[:at] + re.sub('distribution = ".*"', 'distribution = "fixed"', body) + t[end:])

    return edit


def odd(id: str, file: str, edit, *says: str, column: str = "", rows: tuple[int, ...] = (), needs=()) -> Odd:
    return Odd(id=id, edit=edit, says=says, file=file, column=column, rows=rows, needs=needs)


WHOLE = [
    odd(
        "a crossing that collects more than the country",
        "baseline.csv",
        cells("baseline", (2, {"best_xts": "70000000", "high_xts": "70000000"})),
        "more for north_gate than for the country",
        "collected revenue rather than a potential",
        column="best_xts",
        rows=(2,),
        needs=("constraints",),
    ),
    odd(
        "a month of a crossing above that of the country",
        "revenue.csv",
        written("revenue.csv", REVENUE, *months("5000000", "9000000")),
        "more revenue a day than the whole country",
        UNITS,
        column="best",
        rows=(3,),
        needs=("national",),
    ),
    odd(
        "more crossings lost than there are",
        "reports.csv",
        cells("reports", (6, {"count_claimed": "12"})),
        "a count of more crossings than the case has",
        "add the crossings it counts",
        column="count_claimed",
        rows=(6,),
    ),
    odd(
        "a levy above the value of the goods",
        "levies.csv",
        cells("levies", (2, {"per": "share", "low": "0.5", "best": "1.5", "high": "2"})),
        "a levy above the value of the goods",
        "Write 0.35 for 35 %",
        column="best",
        rows=(2,),
    ),
    odd(
        "a levy per truck above its load",
        "levies.csv",
        cells("levies", (2, ROWS(("low", "best", "high"), "9e8"))),
        "a levy per truck above the customs value of its load",
        "Check the currency and unit",
        column="best",
        rows=(2,),
    ),
    odd(
        "an assumed levy above its load",
        "assumptions.toml",
        assumed("levy_per_truck", 9e9),
        "a levy of 9e+09 on a load worth",
        "Check the currency and unit",
        column="levy_per_truck",
    ),
    odd(
        "a duty above the value of the goods",
        "tariff.csv",
        cells("tariff", (2, ROWS(("rate_low", "rate_best", "rate_high"), "1.5"))),
        "a charge above the value of the goods",
        "Write 0.35 for 35 %",
        column="rate_best",
        rows=(2,),
    ),
    odd(
        "revenue as a share above 1",
        "revenue.csv",
        cells("revenue", (3, {"currency": "share", "best": "12"})),
        "a share above 1",
        "Write 0.35 for 35 %",
        column="best",
        rows=(3,),
    ),
    odd(
        "capacity below ordinary traffic",
        "assumptions.toml",
        assumed("capacity_start", 0.5),
        "a capacity of 0.5 of ordinary traffic",
        "a multiple of the traffic before the crisis",
        column="capacity_start",
    ),
    odd(
        "a limit below ordinary trucks",
        "diversion.csv",
        cells("diversion", (2, {"kind": "capacity_limit"})),
        "a capacity below the ordinary number of trucks",
        "trucks a day, inbound and loaded",
        column="best",
        rows=(2,),
        needs=("trucks",),
    ),
]
SLIPS = [
    odd(
        "a month in thousands among months in units",
        "revenue.csv",
        written("revenue.csv", REVENUE, *months("3000000", "3100", "2900000", "3050000")),
        "a value 100 times, or a hundredth of, the others",
        UNITS,
        column="best",
        rows=(3,),
    ),
    odd(
        "a year in millions among years in units",
        "national.csv",
        years("50000000", "55000000", "58", "60000000"),
        "a value 100 times, or a hundredth of, the others",
        UNITS,
        column="best",
        rows=(4,),
    ),
    odd(
        "a year a thousand times its neighbours",
        "national.csv",
        years("50000", "55000000", "58000", "60000"),
        "a value 100 times, or a hundredth of, the others",
        UNITS,
        column="best",
        rows=(3,),
    ),
    odd(
        "a baseline a thousand times its revenue",
        "baseline.csv",
        written("revenue.csv", REVENUE, *months("3000", "2900", "3100")),
        "a figure 100 times, or a hundredth of",
        UNITS,
        column="best_xts",
        rows=(2,),
    ),
    odd(
        "a baseline a thousandth of its revenue",
        "baseline.csv",
        written("revenue.csv", REVENUE, *months("3e9", "2.9e9", "3.1e9")),
        "the revenue published for it",
        UNITS,
        column="best_xts",
        rows=(2,),
    ),
    odd(
        "a range over two units",
        "baseline.csv",
        cells("baseline", (5, {"low_xts": "5844"})),
        "high_xts more than 1000 times low_xts",
        "both are in the same unit",
        column="high_xts",
        rows=(5,),
    ),
    odd(
        "trucks from a hundred to a million",
        "trucks.csv",
        cells("trucks", (2, {"high": "1200000"})),
        "high more than 1000 times low",
        "both are in the same unit",
        column="high",
        rows=(2,),
    ),
    odd(
        "a rate turned round",
        "fx.csv",
        cells("fx", (3, {"xts_per_usd": "0.0833", "low": "0.08", "high": "0.09"})),
        "a rate 100 times off the others",
        "whether the rate is inverted",
        column="xts_per_usd",
        rows=(2, 3),
    ),
    odd(
        "a rate of another currency",
        "fx.csv",
        raw(
            "fx.csv",
            lambda b: b + b"2002-01-01,2002-12-31,1200,1100,1300,invented,invented,E,2001-01-31,printed,synthetic\n",
        ),
        "a rate 100 times off the others",
        "or of another currency",
        column="xts_per_usd",
        rows=(4,),
    ),
    odd(
        "one of three rates of a foreign currency",
        "other_fx.csv",
        written(
            "other_fx.csv",
            "currency,start,end,basis,per_usd,use,source,grade,published_latest,published_basis,note",
            *(
                f"CNY,200{i}-01-01,200{i}-12-31,official,{rate},convert" + TAIL
                for i, rate in enumerate(("8", "0.008", "8.2"))
            ),
        ),
        "a rate 100 times off the others",
        "whether the rate is inverted",
        column="per_usd",
        rows=(3,),
    ),
]
DAYS = [
    odd(
        "an outcome published before its period ends",
        "outcomes.csv",
        cells("outcomes", (3, {"published_latest": "2001-06-20"})),
        "an outcome published before its period ends",
        "belongs to that part",
        column="published_latest",
        rows=(3,),
    ),
    odd(
        "revenue published before its period ends",
        "revenue.csv",
        cells("revenue", (3, {"published_latest": "2000-11-10"})),
        "a figure published before its period ends",
        "belongs to that part",
        column="published_latest",
        rows=(3,),
    ),
    odd(
        "a report published before the event it tells of",
        "reports.csv",
        cells("reports", (2, {"published_latest": "2001-06-05"})),
        "a report published before the event",
        CALENDAR,
        column="date",
        rows=(2,),
    ),
    odd(
        "a report years after",
        "reports.csv",
        cells("reports", (3, {"published_latest": "2008-06-10"})),
        "more than two years after",
        CALENDAR,
        column="published_latest",
        rows=(3,),
    ),
    odd(
        "a day of the Ethiopian calendar",
        "reports.csv",
        cells("reports", (2, {"date": "1993-10-03"})),
        "more than two years after",
        CALENDAR,
        column="published_latest",
        rows=(2,),
    ),
    odd(
        "a month of a quarter",
        "calendar.csv",
        cells("calendar", (4, {"end": "2001-09-30"})),
        "a month of more than 32 days",
        "first and last day",
        column="end",
        rows=(4,),
    ),
]
PLACES = [
    odd(
        "coordinates swapped",
        "crossings.csv",
        cells(
            "crossings",
            (2, {"latitude": "60.5", "longitude": "10.5"}),
            *((row, {"latitude": "10.0", "longitude": "60.0"}) for row in (3, 4, 5, 6)),
        ),
        "that look swapped",
        "Swap the two",
        column="latitude",
        rows=(2,),
    ),
    odd(
        "a place in another part of the world",
        "crossings.csv",
        cells("crossings", (3, {"latitude": "-45.0", "longitude": "-120"})),
        "more than 2500 km from every other crossing",
        "Check both coordinates",
        column="latitude",
        rows=(3,),
    ),
    odd(
        "a place in the sea",
        "crossings.csv",
        cells("crossings", (4, {"latitude": "0", "longitude": "-30"})),
        "km from every other crossing",
        "Check both coordinates",
        column="latitude",
        rows=(4,),
    ),
    odd(
        "a latitude without its longitude",
        "crossings.csv",
        cells("crossings", (2, {"longitude": ""})),
        "one coordinate without the other",
        "or empty both",
        column="latitude",
        rows=(2,),
    ),
    odd(
        "one place twice",
        "crossings.csv",
        cells("crossings", (3, {"name": "north GATE"})),
        "the name 'North Gate', 'north GATE' more than once",
        "not in the table twice",
        column="name",
        rows=(2, 3),
    ),
    *(
        odd(
            f"{what} in a name",
            "crossings.csv",
            cells("crossings", (2, {"name": f"North{mark}Gate"})),
            "characters that cannot be seen or could not be read",
            "type garbled letters again",
            column="name",
            rows=(2,),
        )
        for what, mark in (
            ("a mark that turns the direction", "\u202e"),
            ("an isolate of direction", "\u2067"),
            ("a space of no width", "\u200b"),
            ("a letter that was lost", "\ufffd"),
        )
    ),
    odd(
        "a mark of direction in a statement",
        "reports.csv",
        cells("reports", (4, {"statement": "they \u202dsay"})),
        "characters that cannot be seen",
        "Delete marks of direction",
        column="statement",
        rows=(4,),
    ),
]
GROUNDS = [
    odd(
        "a figure that rests on no row",
        "trucks.csv",
        cells("trucks", (2, {"rests_on": "tr999"})),
        "rows that no table has: tr999",
        "Correct the identifiers",
        column="rests_on",
        rows=(2,),
    ),
    odd(
        "hindsight on no report",
        "hindsight_reports.csv",
        cells("hindsight_reports", (2, {"report": "rp999"})),
        "rows that no table has: rp999",
        "Correct the identifiers",
        column="report",
        rows=(2,),
        needs=("reports",),
    ),
    odd(
        "an assumption from nowhere",
        "assumptions.toml",
        text("assumptions.toml", 'source = "invented"', 'source = "hearsay"'),
        "sources that are not listed: hearsay",
        "add them to sources.csv",
        column="source",
    ),
]

CASES = [*WHOLE, *SLIPS, *DAYS, *PLACES, *GROUNDS]

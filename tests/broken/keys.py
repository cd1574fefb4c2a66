"""Keys that stand twice, and names of crossings, authorities, sources, reports that no table has."""

from __future__ import annotations

import re

from broken import cell, cells, in_folder, raw, rows_of, text, write_rows, written

TWICE = ("the same key more than once", "Merge the rows")
TAIL = ",invented,E,2001-01-31,printed,synthetic"


def _last_again(table: str, key: str, row: int, also: int, beside: int = 0) -> object:
    """One row of a table a second time, at its end."""

    def edit(folder):
        path = folder / f"{table}.csv"
        lines = rows_of(path)
        write_rows(path, [*lines, lines[row - 1]])

    return in_folder(
        f"a row of {table} twice", f"{table}.csv", edit, *TWICE, column=key, rows=(row, also), beside=beside
    )


def _everywhere(old: str, new: str):
    """A name written otherwise in every table."""

    def edit(folder):
        for path in folder.glob("*.csv"):
            path.write_text(re.sub(rf"\b{old}\b", new, path.read_text()))

    return edit


DOUBLE = [
    _last_again("crossings", "crossing", 2, 7), _last_again("authorities", "authority", 4, 5),
    _last_again("baseline", "crossing", 3, 6), _last_again("sources", "source", 2, 3),
    _last_again("reports", "report", 3, 7), _last_again("national", "row", 3, 7),
    _last_again("trucks", "crossing", 2, 5), _last_again("inland", "inland and crossing", 3, 4),
    _last_again("constraints", "constraint", 3, 4), _last_again("closures", "closure", 2, 3),
    _last_again("fx", "start", 2, 4), _last_again("hindsight_control", "crossing and start", 2, 4),
    _last_again("outcomes", "outcome", 2, 4), _last_again("levies", "row", 2, 3),
    _last_again("tariff", "tax and commodity and flow", 2, 5),
]  # fmt: skip
UNKNOWN = [
    cell("baseline", 3, "crossing", "south_gat", "unknown crossing 'south_gat'", "Did you mean 'south_gate'", beside=1),
    cell("reports", 3, "crossing", "notional", "unknown crossing 'notional'", "Did you mean 'national'"),
    cell(
        "reports",
        5,
        "crossings_named",
        "north_gate;west_gate",
        "unknown crossing 'west_gate'",
        "add it to crossings.csv",
    ),
    cell("trucks", 2, "crossing", "nroth_gate", "unknown crossing 'nroth_gate'", "Did you mean 'north_gate'"),
    cell("inland", 2, "crossing", "border", "unknown crossing 'border'", "Correct it, or add it to crossings.csv"),
    cell("inland", 2, "inland", "mid_citty", "unknown crossing 'mid_citty'", "Did you mean 'mid_city'"),
    cell("revenue", 3, "crossing", "north", "unknown crossing 'north'", "Correct it"),
    cell("trade", 2, "crossing", "north_gates", "unknown crossing 'north_gates'", "Did you mean 'north_gate'"),
    cell("closures", 2, "crossing", "north_gait", "unknown crossing 'north_gait'", "Did you mean 'north_gate'"),
    cell("calendar", 6, "crossing", "east_gat", "unknown crossing 'east_gat'", "Did you mean 'east_gate'"),
    cell("levies", 2, "crossing", "east", "unknown crossing 'east'", "Correct it"),
    cell("outcomes", 3, "crossing", "gate", "unknown crossing 'gate'", "Correct it"),
    cell("diversion", 2, "crossing", "sout_gate", "unknown crossing 'sout_gate'", "Did you mean 'south_gate'"),
    cell(
        "constraints",
        3,
        "members",
        "north_gate sauth_gate",
        "unknown crossing 'sauth_gate'",
        "Did you mean 'south_gate'",
    ),
    cell("crossings", 6, "assessed_with", "mid_citi", "unknown crossing 'mid_citi'", "Did you mean 'mid_city'"),
    cell("hindsight_control", 2, "holder", "rebel", "unknown authority 'rebel'", "Did you mean 'rebels'"),
    cell("levies", 2, "authority", "militia", "unknown authority 'militia'", "add it to authorities.csv"),
    cell("baseline", 3, "source", "invented;nowhere", "unknown source 'nowhere'", "add it to sources.csv"),
    cell("fx", 2, "source", "inventd", "unknown source 'inventd'", "Did you mean 'invented'"),
    in_folder(
        "a correction of a report that is not there",
        "corrections.csv",
        written(
            "corrections.csv",
            "report,field,value,source,grade,published_latest,published_basis,note",
            "rp01,role,relay" + TAIL,
        ),
        "unknown report 'rp01'",
        "Did you mean 'rp001'",
        column="report",
        rows=(2,),
        needs=("reports",),
    ),
    in_folder(
        "a correction where there are no reports",
        "corrections.csv",
        written(
            "corrections.csv",
            "report,field,value,source,grade,published_latest,published_basis,note",
            "rp001,role,relay" + TAIL,
        ),
        "a report of reports.csv, which has no rows or is missing",
        "add it to reports.csv",
        column="report",
        rows=(2,),
    ),
    in_folder(
        "a correction that no rule knows",
        "corrections.csv",
        written(
            "corrections.csv",
            "report,field,value,source,grade,published_latest,published_basis,note",
            "rp001,proposition,retaken" + TAIL,
        ),
        "the proposition 'retaken'",
        "Use one of the listed words",
        column="value",
        rows=(2,),
        needs=("reports",),
    ),
    in_folder(
        "a holder named by no report",
        "reported_holders.csv",
        written(
            "reported_holders.csv",
            "report,authority,share,source,grade,published_latest,published_basis,note",
            "rp9,rebels,1" + TAIL,
        ),
        "unknown report 'rp9'",
        "add it to reports.csv",
        column="report",
        rows=(2,),
        needs=("reports",),
    ),
    in_folder(
        "a speaker's pattern that could never be found",
        "speakers.csv",
        written(
            "speakers.csv",
            "pattern,role,source,grade,published_latest,published_basis,note",
            "Ministry,government" + TAIL,
        ),
        "'Ministry', which would never be found",
        "small letters",
        column="pattern",
        rows=(2,),
    ),
]
NAMES = [
    in_folder(
        "a crossing called national",
        "crossings.csv",
        _everywhere("north_gate", "national"),
        "the name 'national', which stands for the country",
        "Rename the crossing",
        column="crossing",
        rows=(2,),
    ),
    in_folder(
        "a government under another name",
        "authorities.csv",
        text("authorities.csv", "government,Invented", "kabul,Invented"),
        "'kabul' of kind government",
        "Write government in column authority",
        column="authority",
        rows=(2,),
    ),
    in_folder(
        "two governments",
        "authorities.csv",
        raw("authorities.csv", lambda data: data + b"exiles,Exiles,government\n"),
        "2 rows of kind government",
        "delete the surplus",
        column="kind",
        rows=(2, 5),
        beside=1,
    ),
    in_folder(
        "no insurgents",
        "authorities.csv",
        text("authorities.csv", "rebels,Invented rebels,insurgent\n", ""),
        "0 rows of kind insurgent",
        "Add the row",
        column="kind",
    ),
    in_folder(
        "nobody missing",
        "authorities.csv",
        text("authorities.csv", "nobody,Nobody,nobody\n", ""),
        "0 rows of kind nobody",
        "Add the row",
        column="kind",
    ),
]
UNITS = [
    cell("inland", 2, "crossing", "mid_city", "mid_city, of the other kind", "its kind in crossings.csv"),
    cell("trucks", 2, "crossing", "mid_city", "mid_city, of the other kind", "its kind in crossings.csv"),
    cell(
        "inland",
        2,
        "inland",
        "mid_airport",
        "mid_airport, assessed with another crossing",
        "the crossing that assesses it",
    ),
    cell(
        "constraints",
        3,
        "members",
        "north_gate mid_airport",
        "mid_airport, assessed with another crossing",
        "Leave it out",
    ),
    cell("constraints", 3, "members", "north_gate north_gate", "each name once", "where it is too much"),
    cell("constraints", 3, "members", "* north_gate", "* alone", "Delete 'the names beside *'"),
    cell(
        "crossings",
        5,
        "assessed_with",
        "mid_airport",
        "itself assessed with another",
        "end of the chain",
        rows=(5, 6),
        beside=1,
    ),
    cell("crossings", 2, "assessed_with", "north_gate", "itself assessed with another", "end of the chain", beside=1),
    in_folder(
        "a baseline for a place that is assessed elsewhere",
        "baseline.csv",
        text("baseline.csv", "mid_city,mid_house", "mid_airport,mid_house"),
        "mid_airport, whose revenue is assessed with another",
        "Delete the row",
        column="crossing",
        rows=(5,),
        beside=1,
    ),
    in_folder(
        "a unit without a baseline",
        "baseline.csv",
        raw("baseline.csv", lambda data: b"".join(data.splitlines(True)[:-1])),
        "no row for mid_city",
        "Add a row",
        column="crossing",
    ),
    in_folder(
        "no border crossing",
        "crossings.csv",
        cells("crossings", *((row, {"kind": "inland"}) for row in (2, 3, 4))),
        "no border crossing",
        "inland houses alone are no case",
        column="kind",
    ),
]

CASES = [*DOUBLE, *UNKNOWN, *NAMES, *UNITS]

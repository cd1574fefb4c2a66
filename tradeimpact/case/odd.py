"""What is possible but odd: figures a careful editor would look up again before they go into a decision.

Every check names the row and is silent on good cases. Money and units are looked at in :mod:`.odd_money`, days, places,
names and references here.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from ..errors import Problem, TradeImpactWarning
from .assumptions import Assumptions
from .checks import row_numbers
from .codebook import codebook
from .convert import split_names
from .derive import DEFAULT
from .odd_money import ASSUMED_CHECKS, MONEY_CHECKS, odd

Tables = Mapping[str, pd.DataFrame]
LATE_DAYS = 731  # from an event to the report of it
EVENTS = ("captured", "claimed_captured", "recaptured", "insurgents_begin_collecting")  # tell what has happened
ALONE_KM = 2500.0  # to the nearest other crossing
DEGREE_KM = 111.2
HIDDEN = re.compile("[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069\ufffd]")


def odd_problems(tables: Tables, assumptions: Assumptions) -> list[Problem]:
    """Warnings on the typed tables and the assumptions of a case, each with its rows as a spreadsheet numbers them."""
    numbered = {name: row_numbers(frame) for name, frame in tables.items()}
    found = [problem for needs, check in CHECKS if numbered.keys() >= set(needs) for problem in check(numbered)]
    found += [problem for check in ASSUMED_CHECKS for problem in check(numbered, assumptions)]
    return [*found, *_assumption_sources(numbered, assumptions)]


def warn_of_odd(
    name: str, tables: Tables, assumptions: Assumptions, *, listed: bool = True, stacklevel: int = 3
) -> None:
    """One warning that lists what is odd in a case; none where nothing is.

    Sources of assumptions are looked up unless they are said in words, not `listed`.
    """
    found = [problem for problem in odd_problems(tables, assumptions) if listed or problem.column != "source"]
    if found:
        lines = "\n".join(f"{number}. {problem}" for number, problem in enumerate(found, start=1))
        count = "1 figure that is" if len(found) == 1 else f"{len(found)} figures that are"
        text = f"Case {name!r} has {count} possible but odd:\n{lines}"
        warnings.warn(text, TradeImpactWarning, stacklevel=stacklevel)


def _counted(tables: Tables) -> list[Problem]:
    """A report that counts more crossings than there are."""
    table, most = tables["reports"], len(tables["crossings"])
    wrong = (table["count_claimed"] > most).fillna(False)
    return odd("reports.csv", "count_claimed", wrong, "a count of more crossings than the case has",
                f"at most {most}", "Check the number, or add the crossings it counts.")  # fmt: skip


# --- days ---


def _early(tables: Tables) -> list[Problem]:
    """Figures on what happened, published before their period was over; targets and potentials look ahead."""
    found = []
    for name, end, what in (("outcomes", "end", "an outcome"), ("revenue", "period_end", "a figure")):
        if name in tables:
            table = tables[name]
            ahead = table["measure"].isin(["target", "potential"])
            unused = table["role" if "role" in table else "use"] == "unused"
            wrong = (table["published_latest"] < table[end]) & ~ahead & ~unused
            found += odd(f"{name}.csv", "published_latest", wrong, f"{what} published before its period ends",
                          f"published_latest on or after {end}",
                          "Check both days; a figure on part of a period belongs to that part.")  # fmt: skip
    return found


def _report_days(tables: Tables) -> list[Problem]:
    """Reports of an event that came before it, or years after it."""
    table = tables["reports"]
    slack = pd.to_timedelta(table["date_uncertainty_days"].astype("float64").fillna(0.0), unit="D")
    before = table["event"].isin(EVENTS) & (table["date"] - slack > table["published_latest"])
    late = (table["published_latest"] - table["date"]).dt.days > LATE_DAYS
    return [
        *odd("reports.csv", "date", before, "a report published before the event it tells of",
              "date on or before published_latest", "Check both days, and that they are of one calendar."),
        *odd("reports.csv", "published_latest", late, "a report published more than two years after what it is about",
              "days of one time", "Check both days, and that they are of one calendar."),
    ]  # fmt: skip


def _months(tables: Tables) -> list[Problem]:
    """Months of the calendar that are no month long."""
    table = tables["calendar"]
    days = (table["end"] - table["start"]).dt.days + 1
    wrong = (table["kind"] == "month") & (days > 32)
    return odd("calendar.csv", "end", wrong, "a month of more than 32 days", "28 to 32 days",
                "Check its first and last day.")  # fmt: skip


# --- places and names ---


def _coordinates(tables: Tables) -> list[Problem]:
    """Crossings far from all others, as when latitude and longitude are swapped, or with half a position."""
    table = tables["crossings"]
    half = table["latitude"].isna() != table["longitude"].isna()
    found = odd("crossings.csv", "latitude", half, "one coordinate without the other", "both or none",
                 "Add the other, or empty both.")  # fmt: skip
    placed = table.dropna(subset=["latitude", "longitude"])
    if len(placed) < 3:
        return found
    lat, lon = placed["latitude"].to_numpy(), placed["longitude"].to_numpy()
    far, turned = (
        pd.Series(d > ALONE_KM, index=placed.index) for d in (_nearest(lat, lon), _nearest(lon, lat, lat, lon))
    )
    for mask, what, remedy in (
        (far & ~turned, "latitude and longitude that look swapped", "Swap the two."),
        (far & turned, f"a place more than {ALONE_KM:g} km from every other crossing", "Check both coordinates."),
    ):
        found += odd("crossings.csv", "latitude", mask, what, "a place in or around the country", remedy)
    return found


def _nearest(
    lat: np.ndarray, lon: np.ndarray, others_lat: np.ndarray | None = None, others_lon: np.ndarray | None = None
) -> np.ndarray:
    """Distance in km of each place to the nearest of the others, roughly."""
    to_lat, to_lon = lat if others_lat is None else others_lat, lon if others_lon is None else others_lon
    east = (lon[:, None] - to_lon + 180) % 360 - 180
    middle = np.radians(np.clip((lat[:, None] + to_lat) / 2, -90, 90))
    km = DEGREE_KM * np.hypot(lat[:, None] - to_lat, east * np.cos(middle))
    np.fill_diagonal(km, np.inf)
    return np.asarray(km.min(axis=1))


def _twins(tables: Tables) -> list[Problem]:
    """Two crossings that print the same."""
    table = tables["crossings"]
    wrong = table["name"].str.casefold().duplicated(keep=False) & (table["name"] != "")
    names = ", ".join(map(repr, dict.fromkeys(table.loc[wrong, "name"])))
    return odd("crossings.csv", "name", wrong, f"the name {names} more than once", "a name of its own for each",
                "Check that one place is not in the table twice.")  # fmt: skip


def _hidden(tables: Tables) -> list[Problem]:
    """Text that shows otherwise than it is stored: marks that turn its direction, characters without width."""
    found = []
    for name, frame in tables.items():
        for column in codebook()[name].columns.values():
            if column.type == "text" and column.name in frame:
                wrong = pd.Series([bool(HIDDEN.search(cell)) for cell in frame[column.name]], index=frame.index)
                found += odd(f"{name}.csv", column.name, wrong, "characters that cannot be seen or could not be read",
                              "text that shows as it is stored",
                              "Delete marks of direction and of no width; type garbled letters again.")  # fmt: skip
    return found


# --- what rests on nothing ---


def _unknown_rows(tables: Tables) -> list[Problem]:
    """Cells that rest on rows which no table has."""
    known: set[str] = set()
    for name, frame in tables.items():
        key = codebook()[name].key
        if len(key) == 1 and not codebook()[name].columns[key[0]].references:
            known |= {str(value) for value in frame[key[0]]}
    found = []
    for name, frame in tables.items():
        for column in codebook()[name].columns.values():
            if column.references == "*":
                lost = frame[column.name].map(lambda cell: [part for part in split_names(cell) if part not in known])
                names = list(dict.fromkeys(part for parts in lost for part in parts))
                found += odd(codebook()[name].file, column.name, lost.map(len) > 0,
                              f"rows that no table has: {', '.join(names[:5])}", "keys of rows of this case",
                              "Correct the identifiers.")  # fmt: skip
    return found


def _assumption_sources(tables: Tables, assumptions: Assumptions) -> list[Problem]:
    """Assumptions whose sources the table of sources does not list."""
    known = set(tables["sources"]["source"]) if "sources" in tables else set()
    own = [record for name, record in assumptions.records.items() if name not in assumptions.defaults]
    stated = [source for record in own for source in (record.source, *(o.source for o in record.alternatives))]
    lost = sorted({part for source in stated if not source.startswith(DEFAULT) for part in split_names(source)} - known)
    if not lost:
        return []
    return [
        Problem(
            file="assumptions.toml",
            column="source",
            found=f"sources that are not listed: {', '.join(lost[:5])}",
            expected="sources of sources.csv",
            remedy="Correct them, or add them to sources.csv.",
            severity="warning",
        )
    ]


CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], list[Problem]]], ...] = (
    *MONEY_CHECKS,
    (("crossings", "reports"), _counted),
    ((), _early),
    (("reports",), _report_days),
    (("calendar",), _months),
    (("crossings",), _coordinates),
    (("crossings",), _twins),
    ((), _hidden),
    ((), _unknown_rows),
)

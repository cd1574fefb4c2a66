"""Required columns that a short table leaves out, and the stated value that each blank cell of them gets."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from .codebook import Table
from .defaults import rules
from .derive import GIVEN, number
from .tidy import day_or_none, slug

CONTROL = (
    "captured", "claimed_captured", "recaptured", "contested", "denied", "status_government_held",
    "status_insurgent_held", "insurgents_begin_collecting",
)  # fmt: skip
ALL_POSTS = "all_posts"
PREFIX = {"national": "na", "revenue": "rv", "trade": "tr", "reports": "rp", "closures": "cl", "insecurity": "in",
          "diversion": "dv", "levies": "lv", "leakage": "lk", "illicit": "il", "income_estimates": "es",
          "outcomes": "oc", "calendar": "ca"}  # fmt: skip
KEYS = {"reports": "report", "closures": "closure", "outcomes": "outcome", "calendar": "entry"}
RANGED = ("baseline", "trucks")
OWN_DAYS = ("published_latest", "period_end", "date", "end", "start")  # a row is public on the latest of these at last
FIXED = {
    ("national", "series"): "customs_all",
    ("revenue", "measure"): "all_customs",
    ("revenue", "use"): "baseline",
    ("trade", "flow"): "imports",
    ("trade", "measure"): "as given",
    ("trade", "use"): "context",
    ("trade", "unit"): "as given",
    ("baseline", "basis"): "judgement of the user",
    ("insecurity", "use"): "driver",
    ("insecurity", "definition"): "as given",
    ("levies", "phase"): "captured_crossing",
    ("levies", "use"): "context",
    ("tariff", "use"): "schedule",
    ("tariff", "base"): "value",
    ("tariff", "commodity"): "all",
    ("constraints", "kind"): "range",
    ("closures", "closed_by"): "halted",
    ("calendar", "kind"): "holiday",
}
TAIL = ("source", "grade", "published_latest", "published_basis")


def fill_columns(
    tables: dict[str, pd.DataFrame], book: Mapping[str, Table], currency: str, published: str
) -> list[str]:
    """Fill blank cells of required columns in place and say, in words, what was put.

    Parameters
    ----------
    tables : dict of DataFrame
        Text tables in the codebook's spelling; changed in place.
    book : mapping of Table
    currency : str
    published : str
        Day from which rows without a day of publication count as known: the last before the crisis.
    """
    notes: list[str] = []
    for name, frame in tables.items():
        before = frame.copy()
        _keys(name, frame)
        if name == "crossings":
            _crossings(frame)
        elif name == "national":
            _national(frame, currency, published)
        elif name == "reports":
            events = frame["event"] if "event" in frame else pd.Series(CONTROL[0], index=frame.index)
            _put(frame, "about", events.map(lambda event: "control" if event in CONTROL else "trade"))
        elif name == "revenue":
            _put(frame, "currency", currency)
        elif name == "fx":
            _fx(frame, published)
        if name in RANGED:
            _ranges(name, frame, currency)
        for (table, column), value in FIXED.items():
            if table == name:
                _put(frame, column, value)
        if "source" in book[name].columns and name != "sources":
            _tail(frame, published, name)
        if name == "sources":
            _put(frame, "title", frame["source"].str.replace("_", " ") if "source" in frame else "")
        notes += _said(name, before, frame, book[name])
    return notes


def _put(frame: pd.DataFrame, column: str, value: object) -> None:
    """Fill the blank cells of a column, making it where it is not there."""
    if column not in frame:
        frame[column] = ""
    blank = frame[column] == ""
    if blank.any():
        filler = value if isinstance(value, pd.Series) else pd.Series(str(value), index=frame.index)
        frame[column] = frame[column].where(~blank, filler.astype("str"))


def _keys(name: str, frame: pd.DataFrame) -> None:
    """Identifiers of rows, numbered."""
    if name not in PREFIX:
        return
    column = KEYS.get(name, "row")
    taken = set(frame.get(column, pd.Series(dtype="str")))
    free = (f"{PREFIX[name]}{number:03d}" for number in range(1, 10 * len(frame) + 1))
    made = [label for label in free if label not in taken][: len(frame)]
    _put(frame, column, pd.Series(made, index=frame.index))


def _crossings(frame: pd.DataFrame) -> None:
    if "crossing" not in frame and "name" not in frame:
        return
    if "name" in frame:
        _put(frame, "crossing", frame["name"].map(slug))
    _put(frame, "name", frame["crossing"].str.replace("_", " ").str.title())
    _put(frame, "kind", "border")
    neighbour = frame["neighbour"].map(lambda cell: slug(cell) if cell else ALL_POSTS) if "neighbour" in frame else None
    group = pd.Series(ALL_POSTS, index=frame.index) if neighbour is None else neighbour
    _put(frame, "route_group", group.where(frame["kind"] != "inland", "inland"))


def _national(frame: pd.DataFrame, currency: str, published: str) -> None:
    """Series, unit and use: the last customs total before the crisis fixes the level, earlier ones the growth."""
    _put(frame, "series", "customs_all")
    _put(frame, "unit", currency.lower())
    if "period_end" not in frame:
        _put(frame, "use", "level")
        return
    ends = frame["period_end"].map(lambda cell: day_or_none(str(cell)))
    known = ends[(frame["series"] == "customs_all") & (ends <= pd.Timestamp(published))]
    last = known.max() if len(known) else None
    use = [
        "context" if series != "customs_all" or end is None or pd.isna(end)
        else "level" if last is None or end == last else "growth" if end < last else "context"
        for series, end in zip(frame["series"], ends, strict=True)
    ]  # fmt: skip
    _put(frame, "use", pd.Series(use, index=frame.index))


def _fx(frame: pd.DataFrame, published: str) -> None:
    """A rate without days holds for two years around the start of the crisis."""
    around = pd.Timestamp(published)
    _put(frame, "start", (around - pd.DateOffset(years=2)).date())
    _put(frame, "end", (around + pd.DateOffset(years=2)).date())


def _ranges(name: str, frame: pd.DataFrame, currency: str) -> None:
    """A figure without a range gets one around it."""
    rule = rules("rule")["figure_range"]
    suffix = f"_{currency.lower()}" if name == "baseline" else ""
    best = f"best{suffix}"
    if best not in frame:
        return
    values = frame[best].map(number)
    for bound, factor in (("low", rule.low), ("high", rule.high)):
        filler = values.map(lambda value, factor=factor: "" if pd.isna(value) else f"{value * factor:.12g}")
        _put(frame, f"{bound}{suffix}", filler)


def _tail(frame: pd.DataFrame, published: str, name: str) -> None:
    """Source, grade, and the latest day on which the row became public."""
    _put(frame, "source", GIVEN)
    _put(frame, "grade", "E")
    unsaid = (frame["published_latest"] == "") if "published_latest" in frame else pd.Series(True, index=frame.index)
    latest = []
    for _, row in frame.iterrows():
        days = [day for column in OWN_DAYS if (day := day_or_none(str(row.get(column, "")))) is not None]
        spread = number(row.get("date_uncertainty_days", "")) or 0.0
        own = name not in ("fx", "calendar", "tariff") and bool(days)
        last = max([pd.Timestamp(published), *days]) if own and name != "reports" else None
        if name == "reports" and days:
            last = min(days) + pd.Timedelta(days=min(spread, 366.0))
        latest.append(published if last is None else last.date().isoformat())
    _put(frame, "published_latest", pd.Series(latest, index=frame.index))
    basis = unsaid.map({True: "judged", False: "printed"})
    _put(frame, "published_basis", basis)


def _said(name: str, before: pd.DataFrame, after: pd.DataFrame, table: Table) -> list[str]:
    """One line per table on the required columns that were filled."""
    filled = []
    for column in after:
        if column not in table.columns or column in TAIL[3:] or column in (KEYS.get(name, "row"),):
            continue
        old = before[column] if column in before else pd.Series("", index=after.index)
        new = after[column][(old == "") & (after[column] != "")]
        if len(new):
            values = list(dict.fromkeys(new))
            shown = values[0] if len(values) == 1 else "by the row"
            filled.append(f"{column} ({shown})")
    return [f"{name}: {', '.join(filled)}"] if filled else []

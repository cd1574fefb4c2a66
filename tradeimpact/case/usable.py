"""What the figures of a case must be so that the model can use them at all: beyond each cell, between cells and tables.

A case that passes can be run; one that does not would fail in the middle of a run, or give numbers that mean nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from ..errors import Problem, did_you_mean
from .checks import at_rows
from .convert import split_names

Tables = Mapping[str, pd.DataFrame]
BOUNDS = ("low", "best", "high")
SLACK = 1e-9
SHARE_SLACK = 0.005  # rounding of printed shares
FIXED_NAMES = ("government", "nobody")  # the model knows these two authorities by name
RESERVED = ("national",)  # stands for the whole country in reports
OF_UNITS = (("inland", "inland"), ("inland", "crossing"), ("trucks", "crossing"), ("flows", "crossing"),
            ("commodities", "crossing"))  # fmt: skip
PERCENT_RATE = 5.0  # a rate above it, five times the value of the goods, is a percentage


def _names(tables: Tables) -> list[Problem]:
    """Names that have a meaning of their own: of the government and of nobody, and of the country."""
    crossings, authorities = tables["crossings"], tables["authorities"]
    reserved = crossings["crossing"].isin(RESERVED)
    found = at_rows(
        "crossings.csv",
        "crossing",
        reserved,
        "the name 'national', which stands for the country in reports",
        "another name",
        "Rename the crossing in every table.",
    )
    for kind in FIXED_NAMES:
        wrong = (authorities["kind"] == kind) & (authorities["authority"] != kind)
        names = ", ".join(map(repr, authorities.loc[wrong, "authority"]))
        remedy = f"Write {kind} in column authority and its own name in column name."
        found += at_rows("authorities.csv", "authority", wrong, f"{names} of kind {kind}", f"the name {kind!r}", remedy)
    return found


def _border(tables: Tables) -> list[Problem]:
    """There is a border crossing that is assessed by itself, or there is nothing to model."""
    table = tables["crossings"]
    if not len(table) or ((table["kind"] == "border") & (table["assessed_with"] == "")).any():
        return []
    remedy = "Add a border crossing with a blank cell in assessed_with; inland houses alone are no case."
    return [Problem(file="crossings.csv", column="kind", found="no border crossing that is a unit of account",
                    expected="at least one", remedy=remedy)]  # fmt: skip


def _units_only(tables: Tables) -> list[Problem]:
    """Tables about units of account name no crossing that is assessed with another one."""
    crossings = tables["crossings"]
    merged = set(crossings.loc[crossings["assessed_with"] != "", "crossing"])
    found = []
    for table, column in OF_UNITS:
        if table in tables:
            wrong = tables[table][column].isin(merged)
            names = ", ".join(dict.fromkeys(tables[table].loc[wrong, column]))
            found += at_rows(f"{table}.csv", column, wrong, f"{names}, assessed with another crossing",
                              "a unit of account", "Add its figure to the crossing that assesses it.")  # fmt: skip
    if "constraints" in tables:
        lost = tables["constraints"]["members"].map(lambda cell: [p for p in split_names(cell) if p in merged])
        names = ", ".join(dict.fromkeys(part for parts in lost for part in parts))
        found += at_rows("constraints.csv", "members", lost.map(len) > 0, f"{names}, assessed with another crossing",
                          "units of account", "Leave it out: the crossing that assesses it counts it.")  # fmt: skip
    return found


def _revenue(tables: Tables) -> list[Problem]:
    """Some unit collects something."""
    best = next((name for name in tables["baseline"] if str(name).startswith("best_")), None)
    if best is None or tables["baseline"].empty or not (tables["baseline"][best].fillna(1.0) == 0).all():
        return []
    everywhere = pd.Series(True, index=tables["baseline"].index)
    return at_rows("baseline.csv", str(best), everywhere, "0 for every unit", "revenue somewhere",
                    "Give the annual figures; a unit that is shut has its figure of before.")  # fmt: skip


def _totals(tables: Tables) -> list[Problem]:
    """A constraint says what its members add up to, and ranges of the baseline inside which that can be."""
    table = tables["constraints"]
    columns = [str(name) for name in table if str(name).split("_")[0] in BOUNDS]
    money = table[columns]
    bare = money.isna().any(axis=1)
    found = at_rows("constraints.csv", columns[0], bare, "a total without low, best and high", "three numbers",
                     "Fill in all three; write the same number three times for an exact total.")  # fmt: skip
    ranges = tables["baseline"].drop_duplicates("crossing").set_index("crossing")[columns]
    for row, line in table[~bare].iterrows():
        members = list(ranges.index) if line["members"] == "*" else split_names(line["members"])
        if not set(members) <= set(ranges.index):
            continue
        low, _, high = ranges.loc[members].sum()
        least, most = line[columns].min(), line[columns].max()
        if low > most * (1 + SLACK) or high < least * (1 - SLACK):
            expected = f"a total of {least:.12g} - {most:.12g} for {line['constraint']}"
            remedy = "Widen the ranges in baseline.csv or correct the total: it cannot be drawn."
            found += at_rows("constraints.csv", "members", pd.Series([True], index=[row]),
                              f"ranges that add up to {low:.12g} - {high:.12g}", expected, remedy)  # fmt: skip
    return found


def _levels(tables: Tables) -> list[Problem]:
    """National totals that fix the level or its growth are money of the case, above 0, of a stated period."""
    table = tables["national"]
    money = next((str(name).split("_", 1)[1] for name in tables["baseline"] if str(name).startswith("best_")), "")
    used = table["use"].isin(["level", "growth"])
    foreign = used & (table["unit"].str.lower() != money)
    unit = ", ".join(map(repr, dict.fromkeys(table.loc[foreign, "unit"])))
    found = at_rows(
        "national.csv",
        "unit",
        foreign,
        f"a total in {unit}",
        f"{money!r}, the currency of the case",
        "Convert the figure at the rate of its period, or mark the row 'context' in column use.",
    )
    found += at_rows(
        "national.csv",
        "best",
        used & ~(table["best"] > 0),
        "no total above 0 in a row that fixes the level or its growth",
        "a number above 0",
        "Fill in best, or mark the row 'context'.",
    )
    undated = used & (table["period_start"].isna() | table["period_end"].isna())
    found += at_rows("national.csv", "period_end", undated, "no period in a row that fixes the level or its growth",
                      "period_start and period_end", "Fill in both days, or mark the row 'context'.")  # fmt: skip
    return found


def _holidays(tables: Tables) -> list[Problem]:
    """A holiday says how much trade it leaves."""
    table = tables["calendar"]
    bare = (table["kind"] == "holiday") & table[["factor_low", "factor_best", "factor_high"]].isna().any(axis=1)
    return at_rows("calendar.csv", "factor_best", bare, "a holiday without its factors on trade", "three numbers",
                    "Write what part of an ordinary day's trade passes: low, best and high.")  # fmt: skip


def _counts(tables: Tables) -> list[Problem]:
    """No more districts are held than there are."""
    table = tables["insecurity"]
    return at_rows("insecurity.csv", "held", table["held"] > table["total"], "more held than there are",
                    "held <= total", "Correct one of the two counts.")  # fmt: skip


def _patterns(tables: Tables) -> list[Problem]:
    """Patterns of speakers are looked for in lower-case text."""
    table = tables["speakers"]
    wrong = table["pattern"] != table["pattern"].str.lower()
    names = ", ".join(map(repr, table.loc[wrong, "pattern"].head(3)))
    return at_rows("speakers.csv", "pattern", wrong, f"{names}, which would never be found", "lower-case text",
                    "Write the pattern in small letters.")  # fmt: skip


def _schedule(tables: Tables) -> list[Problem]:
    """A charge of the schedule has its place, its rate as a fraction, and a base of charges that come before it."""
    table = tables["tariff"]
    rates = [f"rate_{bound}" for bound in BOUNDS]
    used = table["use"] == "schedule"
    bare = used & (table[rates].isna().any(axis=1) | table["order"].isna() | (table["per"] == ""))
    found = at_rows("tariff.csv", "rate_best", bare, "a charge of the schedule without order, per or rates",
                     "all of them", "Fill in the cells, or take the row out of use 'schedule'.")  # fmt: skip
    value = used & (table["per"] == "value")
    percent = value & (table[rates].max(axis=1) > PERCENT_RATE)
    found += at_rows("tariff.csv", "rate_best", percent, "a rate of more than five times the value", "a fraction",
                      "This looks like a percentage: write 0.35 for 35 %.")  # fmt: skip
    found += at_rows("tariff.csv", "rate_best", used & (table[rates].min(axis=1) < 0), "a rate below 0",
                      "0 or more", "Correct the sign.")  # fmt: skip
    taxes = ["value", *dict.fromkeys(table.loc[used, "tax"])]
    for row, line in table[value & ~bare].iterrows():
        before = used & (table["order"] < line["order"]) & (table["flow"] == line["flow"])
        known = {"value", *table.loc[before, "tax"]}
        lost = [part.strip() for part in line["base"].split("+") if part.strip() not in known]
        if lost:
            remedy = f"{did_you_mean(lost[0], taxes)} Name value, or charges of a lower order.".strip()
            found += at_rows("tariff.csv", "base", pd.Series([True], index=[row]), f"the base {lost[0]!r}",
                              "value, or a charge that is due before", remedy)  # fmt: skip
    return found


def _parts(tables: Tables) -> list[Problem]:
    """Parts of one customs house, and the best shares that feed one inland house, are no more than the whole."""
    found = []
    for name, whole, part in (("crossings", "house", "house_share"), ("inland", "inland", "feed_best")):
        if name not in tables:
            continue
        table = tables[name]
        sums = table[table[whole] != ""].groupby(whole)[part].sum()
        over = sums[sums > 1 + SHARE_SLACK]
        shown = ", ".join(f"{key} {total:g}" for key, total in over.head(5).items())
        wrong = table[whole].isin(over.index) & table[part].notna()
        found += at_rows(
            f"{name}.csv",
            part,
            wrong,
            f"parts that add up to more than the whole: {shown}",
            f"at most 1 for each {whole}",
            "Lower the shares, or correct the one that is wrong.",
        )
    return found


USABLE_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], list[Problem]]], ...] = (
    (("crossings", "authorities"), _names),
    (("crossings",), _border),
    (("crossings",), _units_only),
    (("baseline",), _revenue),
    (("baseline", "constraints"), _totals),
    (("baseline", "national"), _levels),
    (("calendar",), _holidays),
    (("insecurity",), _counts),
    (("speakers",), _patterns),
    (("tariff",), _schedule),
    (("crossings",), _parts),
)

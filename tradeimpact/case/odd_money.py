"""Money, units and capacity that are possible but odd; see :mod:`tradeimpact.case.odd`.

Money is put to a day before it is compared, so that figures of different periods meet. The factors are wide, for slips
of unit (a thousand, a hundred) rather than for disagreement.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial

import pandas as pd

from ..errors import Problem
from .assumptions import Assumptions
from .checks import at_rows
from .codebook import codebook
from .exchange import unit_currency

Tables = Mapping[str, pd.DataFrame]
PER_DAY = {"day": 1.0, "month": 12 / 365.25, "year": 1 / 365.25}
SLIP = 100.0  # a figure so many times another of the same thing is a slip of unit
WIDE = 1000.0  # high over low of one row
OVER = 1.05  # more than the country by more than rounding
CHECK = "Check the unit of both (units, thousands or millions?)."

odd = partial(at_rows, severity="warning")


def _money(table: pd.DataFrame) -> list[str]:
    """Names of the low, best and high money columns, which end in the currency of the case."""
    return [str(name) for name in table if re.fullmatch("(low|best|high)_[a-z]{3}", str(name))]


def _currency(tables: Tables) -> str:
    return _money(tables["baseline"])[0].split("_")[1] if "baseline" in tables else ""


def _daily(table: pd.DataFrame) -> pd.Series[float]:
    """Best value per day, NaN where the period is not known."""
    days = (table["period_end"] - table["period_start"]).dt.days + 1.0
    factor = (1 / days).where(days > 0)
    if "per" in table:
        factor = table["per"].map(PER_DAY).astype(float).fillna(factor.where(table["per"].isin(["", "period"])))
    return table["best"] * factor


def _over_country(tables: Tables) -> list[Problem]:
    """Units whose best baseline is more than the whole country's."""
    columns = _money(tables["baseline"])
    country = tables["constraints"].loc[tables["constraints"]["members"] == "*"]
    total = country[columns].max(axis=1).min()
    wrong = tables["baseline"][columns[1]] > total
    names = ", ".join(tables["baseline"].loc[wrong, "crossing"])
    return odd("baseline.csv", columns[1], wrong, f"more for {names} than for the country",
                f"at most {total:.12g} a year, the total over all units in constraints.csv",
                "Check the unit of the figure, and that it is collected revenue rather than a potential.")  # fmt: skip


def _over_national(tables: Tables) -> list[Problem]:
    """Revenue of one crossing that is more a day than any national total of a period that overlaps."""
    revenue, national = tables["revenue"], tables["national"]
    money = _currency(tables)
    whole = national[(national["series"] == "customs_all") & (national["unit"].str.lower() == money)]
    whole = whole.assign(daily=_daily(whole)).dropna(subset=["daily"])
    own = revenue[(revenue["measure"] == "all_customs") & (revenue["currency"].str.lower() == money)]
    wrong = pd.Series(False, index=revenue.index)
    for row, daily in _daily(own).dropna().items():
        line = own.loc[row]  # type: ignore[call-overload]
        meets = (whole["period_start"] <= line["period_end"]) & (whole["period_end"] >= line["period_start"])
        wrong[row] = bool(meets.any()) and daily > OVER * whole.loc[meets, "daily"].max()  # type: ignore[call-overload]
    return odd("revenue.csv", "best", wrong, "more revenue a day than the whole country in the same period",
                "at most the national total of national.csv", CHECK)  # fmt: skip


def _share_over_one(tables: Tables) -> list[Problem]:
    """Rows whose currency or unit of charge is a share and whose value is above 1."""
    found = []
    for name, column in (("revenue", "currency"), ("levies", "per")):
        if name in tables:
            table = tables[name]
            wrong = (table[column] == "share") & (table[["low", "best", "high"]].max(axis=1) > 1)
            what = "a levy above the value of the goods" if name == "levies" else "a share above 1"
            found += odd(f"{name}.csv", "best", wrong, what, "a fraction from 0 to 1",
                          "Write 0.35 for 35 %, or say another unit.")  # fmt: skip
    if "tariff" in tables:
        table = tables["tariff"]
        wrong = (table["per"] == "value") & (table[["rate_low", "rate_best", "rate_high"]].max(axis=1) > 1)
        found += odd(
            "tariff.csv",
            "rate_best",
            wrong,
            "a charge above the value of the goods",
            "a fraction of the value",
            "Write 0.35 for 35 %; leave it where the schedule says so.",
        )
    return found


def _levy_over_value(_: Tables, assumptions: Assumptions) -> list[Problem]:
    """A levy per truck above what the truck load is worth."""
    value = assumptions.records.get("value_per_truck")
    if value is None:
        return []
    return [
        Problem(file="assumptions.toml", column=name, severity="warning",
                found=f"a levy of {record.best:g} on a load worth {value.best:g}",
                expected="less than value_per_truck", remedy="Check the currency and unit of both.")
        for name, record in assumptions.records.items()
        if name.split(".")[0] in ("levy_per_truck", "road_levy_per_truck") and record.best > value.best
        and unit_currency(record.unit) == unit_currency(value.unit)
    ]  # fmt: skip


def _levies(tables: Tables, assumptions: Assumptions) -> list[Problem]:
    """Levies per truck, as published in the case's own currency, above what a truck load is worth."""
    value = assumptions.records.get("value_per_truck")
    if value is None or "levies" not in tables:
        return []
    table, money = tables["levies"], _currency(tables)
    own = (table["currency"].str.lower() == money) & (unit_currency(value.unit).lower() in ("", money))
    wrong = own & (table["per"] == "truck") & (table["best"] > value.high)
    return odd(
        "levies.csv",
        "best",
        wrong,
        "a levy per truck above the customs value of its load",
        f"at most {value.high:g}, the high value_per_truck",
        "Check the currency and unit of both.",
    )


def _capacity(tables: Tables, assumptions: Assumptions) -> list[Problem]:
    """Capacity below ordinary traffic."""
    found: list[Problem] = []
    for name in ("capacity_start", "capacity_ceiling"):
        record = assumptions.records.get(name)
        if record is not None and record.best < 1:
            found.append(
                Problem(
                    file="assumptions.toml",
                    column=name,
                    severity="warning",
                    found=f"a capacity of {record.best:g} of ordinary traffic",
                    expected="1 or more",
                    remedy="Capacity is a multiple of the traffic before the crisis: 1.5 leaves room for half more.",
                )
            )
    if {"diversion", "trucks"} <= tables.keys():
        table = tables["diversion"]
        normal = table["crossing"].map(tables["trucks"].drop_duplicates("crossing").set_index("crossing")["best"])
        daily = table["unit"].str.replace(" ", "_") == "trucks_per_day"
        wrong = (table["kind"] == "capacity_limit") & daily & (table["best"] < normal)
        found += odd(
            "diversion.csv",
            "best",
            wrong,
            "a capacity below the ordinary number of trucks",
            "at least the trucks a day of trucks.csv",
            "Check the unit: trucks a day, inbound and loaded.",
        )
    return found


def _apart(values: pd.Series[float], groups: pd.Series[str]) -> pd.Series[bool]:
    """Values that are 100 times the median of the others of their group, or a hundredth of it."""
    wrong = pd.Series(False, index=values.index)
    for _, own in values[values > 0].groupby(groups):
        for row, value in own.items():
            others = own.drop(row)
            if len(others) >= 2 and not 1 / SLIP < value / others.median() < SLIP:
                wrong[row] = True  # type: ignore[call-overload]
    return wrong


def _slips(tables: Tables) -> list[Problem]:
    """One figure of a series far off all the others of the same thing."""
    said = "a value 100 times, or a hundredth of, the others of the same"
    found = []
    if "national" in tables:
        table = tables["national"]
        daily = _daily(table).where(table["use"].isin(["level", "growth"]))
        found += odd("national.csv", "best", _apart(daily, table["series"] + " " + table["unit"]), f"{said} series",
                      "figures of one size", CHECK)  # fmt: skip
    if "revenue" in tables:
        table = tables["revenue"]
        daily = _daily(table).where((table["use"] != "unused") & table["measure"].isin(["all_customs", "target"]))
        place = table["crossing"].where(table["crossing"] != "", table["scope"])
        found += odd("revenue.csv", "best", _apart(daily, place + " " + table["currency"]), f"{said} place",
                      "figures of one size", CHECK)  # fmt: skip
    return found


def _baseline_slip(tables: Tables) -> list[Problem]:
    """A baseline far off the published revenue of its own crossing."""
    baseline, revenue = tables["baseline"], tables["revenue"]
    column, money = _money(baseline)[1], _currency(tables)
    own = revenue[(revenue["measure"] == "all_customs") & (revenue["currency"].str.lower() == money)]
    yearly = (_daily(own) * 365.25).groupby(own["crossing"]).median()
    ratio = baseline[column] / baseline["crossing"].map(yearly)
    wrong = (ratio > SLIP) | (ratio < 1 / SLIP)
    return odd("baseline.csv", column, wrong, "a figure 100 times, or a hundredth of, the revenue published for it",
                "the size of its rows in revenue.csv", CHECK)  # fmt: skip


def _ranges(tables: Tables) -> list[Problem]:
    """A row whose high is a thousand times its low."""
    found = []
    for name, frame in tables.items():
        for family in codebook(_currency(tables) or "lcu")[name].families:
            low, high = frame[family[0]], frame[family[-1]]
            if low.dtype.kind == "f":
                wrong = (low > 0) & (high > WIDE * low)
                found += odd(f"{name}.csv", family[-1], wrong, f"{family[-1]} more than {WIDE:g} times {family[0]}",
                              "a range of one unit", "Check that both are in the same unit.")  # fmt: skip
    return found


def _rates(tables: Tables) -> list[Problem]:
    """An exchange rate 100 times off the others of its pair, as an inverted one is."""
    found = []
    for name, pair in (("fx", ""), ("other_fx", "currency")):
        if name not in tables:
            continue
        table = tables[name]
        column = next(str(c) for c in table if str(c).endswith("per_usd"))
        groups = table[pair] if pair else pd.Series("", index=table.index)
        wrong = _apart(table[column], groups)
        for _, own in table[column].groupby(groups):
            if len(own) == 2 and own.max() > SLIP * own.min():
                wrong[own.index] = True
        found += odd(
            f"{name}.csv",
            column,
            wrong,
            "a rate 100 times off the others of the same currency",
            "units of currency per dollar",
            "Check whether the rate is inverted, or of another currency.",
        )
    return found


MONEY_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Tables], list[Problem]]], ...] = (
    (("baseline", "constraints"), _over_country),
    (("baseline", "revenue", "national"), _over_national),
    ((), _share_over_one),
    ((), _slips),
    (("baseline", "revenue"), _baseline_slip),
    ((), _ranges),
    ((), _rates),
)
ASSUMED_CHECKS: tuple[Callable[[Tables, Assumptions], list[Problem]], ...] = (_levy_over_value, _levies, _capacity)

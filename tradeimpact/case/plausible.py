"""Numbers that are possible to write down and hard to believe: percent for fractions, slips by a thousand, wrong years.

A share outside 0 to 1 is an error. What lies far outside the library's own wide range for an assumption, a levy above
the worth of a load, and an event years away from the window are warned of: they may be meant.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ..errors import CaseError, Problem, TradeImpactWarning
from .assumptions import Assumption
from .defaults import default_assumptions
from .exchange import DOLLAR, per_usd, unit_currency

if TYPE_CHECKING:
    from ..scenario import Event
    from .case import Case

FAR = 30.0  # times the end of the library's own range: a slip by a thousand is beyond it from anywhere inside
VAST = 1e5  # times it, a number without a unit of money is meant to be without limit: no slip goes that far
FAR_DAYS = 3 * 366  # an event further from the window than this is rather a wrong year
FILE = "assumptions.toml"
RATES = ("collected_rate_declared", "collected_rate_imports", "collected_rate_exports", "collected_rate_transit")
SHARES = ("receipt_honoured", "inland_charge_probability", *RATES)  # beside those whose default is a share
PER_TRUCK = ("levy_per_truck", "road_levy_per_truck")


def check_assumptions(case: Case) -> None:
    """Refuse shares that are none, and warn of assumptions far outside the range that the library would take.

    Raises
    ------
    CaseError
        Listing every share below 0 or above 1.

    Warns
    -----
    TradeImpactWarning
        Once, listing what is odd but possible.
    """
    found = [problem for record in case.assumption_records.values() for problem in _odd(case, record)]
    wrong = [problem for problem in found if problem.severity == "error"]
    if wrong:
        raise CaseError(wrong, f"Case {case.name!r}")
    if found:
        _warn(map(str, found))


def check_events(case: Case, events: Iterable[Event], start: date, end: date) -> None:
    """Warn of levies a thousandfold off, of levies above the worth of a load, and of events years from the window."""
    _warn(text for event in events for text in _odd_event(case, event, start, end))


def _warn(texts: Iterable[str]) -> None:
    told = list(texts)
    if told:
        warnings.warn("Possible, but check before use:\n  " + "\n  ".join(told), TradeImpactWarning, stacklevel=2)


def _odd(case: Case, record: Assumption) -> Iterator[Problem]:
    """What is wrong or odd about one assumption."""
    name = record.name.split(".", 1)[0]
    usual = default_assumptions().records.get(name)
    ranges = [(o.low, o.best, o.high) for o in record.alternatives] or [(record.low, record.best, record.high)]
    low, high = min(r[0] for r in ranges), max(r[2] for r in ranges)
    shown = f"{low:g} to {high:g}" if low != high else f"{low:g}"
    if name in SHARES or (usual is not None and usual.distribution == "logitnormal"):
        if low < 0 or high > 1:
            remedy = "Write 0.35 for 35 %." if high > 1 else "Write a share that is not negative."
            yield Problem(file=FILE, column=record.name, found=shown, expected="a share from 0 to 1", remedy=remedy)
        return
    if usual is None or usual.low <= 0:
        return
    if low < 0:
        remedy = "Correct the sign."
        yield Problem(file=FILE, column=record.name, found=shown, expected="0 or more", remedy=remedy)
        return
    rate = _in_dollars(case, record)
    values = [value * rate for r in ranges for value in r if value] if rate else []
    # what is nearly zero is switched off, but for money, and that of one crossing may well be
    money = bool(unit_currency(record.unit))
    large = [value for value in values if value > FAR * usual.high and (money or value < VAST * usual.high)]
    if large or (money and record.name == name and values and min(values) < usual.low / FAR):
        unit = f" {record.unit}" if record.unit and record.unit != "1" else ""
        yield Problem(
            file=FILE,
            column=record.name,
            found=f"{shown}{unit}",
            expected=f"something nearer to the library's range of {usual.low:g} to {usual.high:g} {usual.unit}".rstrip(
                "1 "
            ),
            remedy="Check the unit: thousands, percent, another currency, days for years.",
            severity="warning",
        )


def _in_dollars(case: Case, record: Assumption) -> float | None:
    """Dollars per unit of currency of a record in money, 1 of any other; None where no rate is known."""
    currency = unit_currency(record.unit)
    if not currency or currency == DOLLAR:
        return 1.0
    try:
        return 1.0 / per_usd(case, currency, case.baseline_until + timedelta(days=1))
    except CaseError:
        return None


def _odd_event(case: Case, event: Event, start: date, end: date) -> Iterator[str]:
    for day in (event.start, event.end):
        away = 0 if day is None else max((start - day).days, (day - end).days)
        if away > FAR_DAYS:
            yield f"{event}: {day} is {away / 365.25:.0f} years from the window {start} to {end}; check the year"
            return
    amount = event.value("per_truck")
    if event.verb != "levy" or not amount:
        return
    records, unit = case.assumption_records, f"{case.currency} per truck"
    general = records.get("levy_per_truck")
    load, usual = records.get("value_per_truck"), records.get(f"levy_per_truck.{event.crossing}", general)
    if load is not None and load.unit == unit and amount > load.high:
        worth = f"a truck load is worth {load.low:,.0f} to {load.high:,.0f}"
        yield f"{event}: a levy of more than the load; {worth} {case.currency}. Check for a slip by a thousand"
    elif usual is not None and usual.unit == unit and not usual.low / FAR <= amount <= FAR * usual.high:
        near = f"the case's own levy of {usual.low:,.0f} to {usual.high:,.0f}"
        yield f"{event}: far from {near} {case.currency} per truck. Check for a slip by a thousand"

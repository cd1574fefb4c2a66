"""A scenario, a window and held assumptions as the Python that makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from ..case import Case, list_cases, load_case
from ..scenario import Event, Scenario


def python_lines(
    case: Case,
    scenario: Scenario,
    *,
    opened: str,
    held: Mapping[str, float | str],
    source: str,
    run: Mapping[str, Any],
) -> str:
    """Python that loads the case, makes the scenario, holds the assumptions and simulates.

    Parameters
    ----------
    case, scenario : Case, Scenario
    opened : str
        Argument of ``ti.load_case``; "" where it is not known: then a case of the library is loaded by its name if its
        content is the same, and any other is expected under the name `case`.
    held : mapping
        Assumptions held at a value.
    source : str
        Source to state for them.
    run : mapping
        Keyword arguments of ``ti.simulate``.

    Returns
    -------
    str
        Lines that define `case`, `scenario`, `explored` and `result`.
    """
    known = opened or _packaged_name(case)
    if known:
        loading = f"case = ti.load_case({literal(known)})"
    else:
        loading = f"# `case` is the one the explorer was opened with: {literal(case.name)}, data {case.data_version}"
    lines = ["import tradeimpact as ti", "", loading, *_scenario_lines(scenario)]
    explored = "case"
    if held:
        explored = "explored"
        values = ", ".join(f"{literal(name)}: {literal(value)}" for name, value in held.items())
        lines.append(f"explored = case.assume({{{values}}}, source={literal(source)})")
    arguments = ", ".join(f"{name}={literal(value)}" for name, value in run.items())
    lines += [f"result = ti.simulate({explored}, scenario, {arguments})", "result.report()"]
    return "\n".join(lines) + "\n"


def literal(value: Any) -> str:
    """Python literal of a text, number, day, or mapping of them, text in double quotes.

    >>> literal("a \\"b\\""), literal(date(2021, 7, 14)), literal({"a": 0.5})
    ('"a \\\\"b\\\\""', '"2021-07-14"', '{"a": 0.5}')
    """
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{literal(key)}: {literal(item)}" for key, item in value.items()) + "}"
    if isinstance(value, date):
        return json.dumps(value.isoformat())
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return repr(value)


def _scenario_lines(scenario: Scenario) -> list[str]:
    calls = [f"    {_call(event)}" for event in scenario.events]
    first = f"ti.Scenario({literal(scenario.name)})"
    return ["scenario = (", f"    {first}", *calls, ")"] if calls else [f"scenario = {first}"]


def _call(event: Event) -> str:
    """``.capture("spin_boldak", on="2021-07-14")``: the verb of a scenario that adds the event."""
    given = event.as_dict()
    subject = given.pop(event.verb)
    arguments = [literal(subject)] if event.crossing else []
    arguments += [f"{name}={literal(value)}" for name, value in given.items()]
    return f".{event.verb}({', '.join(arguments)})"


def _packaged_name(case: Case) -> str:
    """Name of the library's case that has exactly this content, "" where there is none."""
    return case.name if _packaged_versions(case.name) == case.data_version else ""


@cache
def _packaged_versions(name: str) -> str:
    """Data version of the library's own case of a name; "" where there is none."""
    return load_case(name).data_version if name in set(list_cases()["case"]) else ""

"""What about a result is possible and hard to believe, in sentences that say what to check.

Every draw has passed the identities of MODEL 6 by then; here it is the size of things that is looked at: against the
baseline, against the value of the goods, and against what the case says the country collected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from .figures.text import amount, fixed
from .tables import records

if TYPE_CHECKING:
    from .results import Results

DAYS_OF_YEAR = 365.25
POWER_OF_TEN = 10.0


def doubts(result: Results) -> list[str]:
    """Sentences on what is out of scale in a result, none where nothing is.

    A transfer ratio above 1; a gain above the value of all goods of the baseline; a line of the bridge larger than the
    baseline; a baseline ten times more or less than the case's own national figure for the nearest year.
    """
    means, medians = result.bridge()["mean"], result.summary()["median"]
    currency = result.currency.upper()
    found = []
    ratio = medians["transfer_ratio"]
    if ratio > 1:
        found.append(
            f"The insurgents gain more than the government loses ({fixed(ratio, 2)} to 1), possible where levies "
            "exceed the duty they displace; check the levies and what a truck load is worth."
        )
    baseline = means["baseline"]
    rates = [r.best for name, r in result.case.assumption_records.items() if name.startswith("collected_rate_")]
    if rates and medians["insurgent_gain"] * min(rates) > baseline:
        found.append(
            f"The insurgents gain {amount(medians['insurgent_gain'], currency=currency)}, more than all goods of the "
            "baseline are worth; check the levies for a slip by a thousand."
        )
    lines = result.bridge().loc[lambda table: table["role"] != "total", "mean"]
    found += [
        f"{str(line).replace('_', ' ').capitalize()} of {amount(size, currency=currency)} is more than the whole "
        f"baseline of {amount(baseline, currency=currency)}; check the assumptions behind it."
        for line, size in lines.items()
        if abs(size) > baseline
    ]
    return found + _against_national(result)


def _against_national(result: Results) -> list[str]:
    """The baseline a day against the national total of the case that is nearest in time, in the case's currency."""
    table, unit = result.case.national, result.case.currency.lower()
    rows = table[(table["use"] == "level") & (table["unit"] == unit)] if len(table) else table
    if not len(rows) or result.currency != unit:
        return []
    start = pd.Timestamp(result.window[0])
    nearest = records(rows.assign(away=(rows["period_end"] - start).abs()).sort_values("away"))[0]
    stated = nearest["best"] / ((nearest["period_end"] - nearest["period_start"]).days + 1)
    ours = result.bridge()["mean"]["baseline"] / len(result.inputs.window_days)
    if stated <= 0 or ours <= 0 or 1 / POWER_OF_TEN < ours / stated < POWER_OF_TEN:
        return []
    told = amount(DAYS_OF_YEAR * stated, currency=result.currency.upper())
    return [
        f"The baseline is {fixed(ours / stated, 2)} times what national.csv row {nearest['row']} says ({told} a year); "
        "check units and years."
    ]

"""A case with two years of monthly totals takes its level from them; everything here is synthetic."""

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti

START = pd.Timestamp("2018-07-01")
MONTHS = 35  # July 2018 to May 2021, all before the case's crisis


def total(k: int) -> float:
    """Synthetic monthly total k months after July 2018: steady growth and a summer peak."""
    return 6e9 * np.exp(0.05 * k / 12 + 0.15 * np.sin(2 * np.pi * k / 12))


@pytest.fixture(scope="module")
def monthly_case():
    case = ti.load_case("afghanistan-2021")
    national, noise = case.national, np.random.default_rng(3)
    rows = []
    for k in range(MONTHS):
        first = START + pd.DateOffset(months=k)
        last = first + pd.DateOffset(months=1) - pd.Timedelta(days=1)
        rows.append(
            {
                "row": f"synthetic_{k}",
                "series": "customs_all",
                "best": total(k) * np.exp(0.01 * noise.standard_normal()),
                "unit": "afn",
                "period_start": first,
                "period_end": last,
                "use": "growth",
                "source": "project_judgement",
                "grade": "E",
                "published_latest": last,
                "published_basis": "judged",
                "note": "synthetic",
            }
        )
    table = pd.concat([national[national["use"] != "growth"], pd.DataFrame(rows)], ignore_index=True)
    return case.with_table("national", table[national.columns])


@pytest.mark.parametrize("month", ["2021-08", "2021-11"])
def test_the_season_of_a_monthly_series_reaches_the_baseline(monthly_case, month):
    first = pd.Timestamp(f"{month}-01")
    last = first + pd.DateOffset(months=1) - pd.Timedelta(days=1)
    result = ti.simulate(monthly_case, start=first.date(), end=last.date(), draws=512, rng=1)
    k = (first.year - START.year) * 12 + first.month - START.month
    days = (last - first).days + 1
    expected = total(k) * days / (365.25 / 12)
    row = result.summary().loc["baseline"]
    # without the season the two months would be alike; with it they stand about a third apart
    assert row["median"] == pytest.approx(expected, rel=0.08)
    assert row["low"] < expected < row["high"]


def test_a_monthly_level_does_not_depend_on_the_window(monthly_case):
    whole = ti.simulate(monthly_case, start="2021-07-01", end="2021-08-31", draws=64, rng=1).draws()["baseline"]
    parts = [
        ti.simulate(monthly_case, start=a, end=b, draws=64, rng=1).draws()["baseline"]
        for a, b in (("2021-07-01", "2021-07-20"), ("2021-07-21", "2021-08-31"))
    ]
    np.testing.assert_allclose(parts[0] + parts[1], whole, rtol=1e-9)

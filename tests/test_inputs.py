"""A case and a scenario laid out as arrays: the fewest tables, other currencies, levies that could do nothing."""

import json
import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import Scenario, ScenarioError, TradeImpactError
from tradeimpact.case import package
from tradeimpact.inputs import prepare

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
NEEDED = {"crossings", "authorities", "baseline", "sources"}
DAY = {"start": "2001-06-12", "end": "2001-06-14", "draws": 256, "rng": 1}
FALL = Scenario("fall").capture("north_gate", "2001-06-13")


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def contested(case):
    militia = pd.DataFrame([{"authority": "militia", "name": "Invented militia", "kind": "insurgent"}])
    return case.with_table("authorities", pd.concat([case.authorities, militia]))


@pytest.fixture
def folder(tmp_path):
    return Path(shutil.copytree(SYNTHETIC, tmp_path / "copy"))


def laid_out(case, scenario, start="2001-06-01", end="2001-06-30"):
    return prepare(case, scenario, date.fromisoformat(start), date.fromisoformat(end))


# --- little data ----------------------------------------------------------------------------------------------


@pytest.fixture
def smallest(folder):
    """Nothing but crossings, authorities, baseline, sources and assumptions."""
    for path in folder.glob("*.csv"):
        if path.stem not in NEEDED:
            path.unlink()
    baseline = pd.read_csv(folder / "baseline.csv", dtype=str, keep_default_na=False)
    baseline.assign(rests_on="").to_csv(folder / "baseline.csv", index=False)  # on rows that are no longer there
    toml = folder / "assumptions.toml"
    in_own_currency = toml.read_text().replace('unit = "USD per year"', 'unit = "XTS per year"')
    toml.write_text(in_own_currency)
    package(folder)
    return ti.load_case(folder)


def test_a_case_of_the_fewest_tables_can_be_simulated_its_level_resting_on_the_baseline_alone(smallest):
    assert set(smallest.tables) == NEEDED
    still = smallest.assume({"annual_growth": 0.0})
    r = ti.simulate(still, FALL, **DAY)
    # without constraints, months or holidays: three days of the year's best figures
    best = smallest.baseline["best_xts"].sum()
    assert r.summary().loc["baseline", "median"] == pytest.approx(3 * best / 365.25)
    assert (r.draws()["government_loss"] > 0).all()
    assert list(dict.fromkeys(r.by("month").index.get_level_values("month"))) == ["2001-06"]


def test_without_an_annual_series_the_level_grows_by_the_assumption(smallest):
    window = {"start": "2002-05-31", "end": "2002-05-31", "draws": 64, "rng": 1}
    still, grown = (
        ti.simulate(smallest.assume({"annual_growth": g}), None, **window).draws()["baseline"] for g in (0.0, 0.1)
    )
    # the baseline ends on 31 May 2001, a year less the quarter day of the mean year before
    np.testing.assert_allclose(grown / still, np.exp(0.1 * 365 / 365.25), rtol=1e-9)


def test_the_smallest_case_has_a_history_as_reported_too_which_no_report_moves(smallest):
    r = ti.simulate(smallest, smallest.as_reported(), **DAY)
    assert r.totals.open_share.min() == 1
    lost = 1 - r.totals.holders[0].mean()
    # only the hazards speak, and silence against them
    assert 0 < lost < 0.2
    assert r.inputs.insecurity_reference == 0


def test_no_exchange_rate_is_an_error_only_where_dollars_are_asked_for(smallest):
    r = ti.simulate(smallest, FALL, **DAY)
    with pytest.raises(TradeImpactError, match="no exchange rate for 2001-06-12"):
        r.summary("usd")


def test_an_empty_baseline_of_a_unit_is_told_with_what_to_do(case):
    tables = {name: case.tables[name] for name in case.tables}
    tables["baseline"] = tables["baseline"].iloc[1:]
    bare = case.replaced(tables, case.assumption_records)
    with pytest.raises(TradeImpactError, match=r"baseline\.csv has no row for north_gate; give each unit"):
        ti.simulate(bare, None, **DAY)


# --- currencies -----------------------------------------------------------------------------------------------


def test_a_case_in_dollars_needs_no_exchange_rate(folder):
    (folder / "fx.csv").unlink()
    for path in folder.glob("*.csv"):
        path.write_text(path.read_text().replace("_xts", "_usd").replace("XTS", "USD").replace(",xts", ",usd"))
    assumed = folder / "assumptions.toml"  # units say the currency of an amount, and another one would be converted
    assumed.write_text(assumed.read_text().replace("XTS per", "USD per"))
    content = json.loads((folder / "datapackage.json").read_text())
    (folder / "datapackage.json").write_text(json.dumps(content | {"resources": []}))
    package(folder, currency="USD")
    case = ti.load_case(folder)
    assert case.currency == "USD"
    r = ti.simulate(case, FALL, **DAY)
    assert r.currency == "usd"
    assert r.to("usd") is r
    assert (r.inputs.usd_rate == 1).all()
    np.testing.assert_allclose(r.draws()["illicit_transit"], r.drawn()["illicit_transit_per_year"] * 3 / 365.25)
    assert "USD" in r.report().text
    with pytest.raises(TradeImpactError, match=r"results come in usd$"):
        r.to("xts")


def rates(case, *rows):
    """The case with these synthetic exchange rates: first day, last day, rate."""
    tail = {"low": np.nan, "high": np.nan, "basis": "invented", "source": "invented", "grade": "E", "note": ""}
    tail |= {"published_latest": "2001-01-31", "published_basis": "printed"}
    table = [{"start": start, "end": end, "xts_per_usd": rate} | tail for start, end, rate in rows]
    return case.with_table("fx", pd.DataFrame(table))


def test_a_day_takes_the_rate_of_the_shortest_period_that_holds_it_else_the_last_one_before(case):
    of = rates(
        case,
        ("2001-01-01", "2001-12-31", 10.0),
        ("2001-06-10", "2001-06-12", 20.0),
        ("2001-06-11", "2001-06-11", 30.0),
    )
    x = laid_out(of, Scenario(), "2001-06-09", "2001-06-13")
    assert list(x.usd_rate) == [10, 20, 30, 20, 10]
    gone = rates(case, ("2001-05-01", "2001-05-31", 5.0), ("2001-06-02", "2001-06-03", 7.0))
    assert list(laid_out(gone, Scenario(), "2001-06-01", "2001-06-05").usd_rate) == [5, 7, 7, 7, 7]
    late = rates(case, ("2001-06-03", "2001-06-30", 7.0))
    np.testing.assert_array_equal(
        laid_out(late, Scenario(), "2001-06-01", "2001-06-04").usd_rate, [np.nan, np.nan, 7, 7]
    )


# --- levies that could do nothing -----------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["government", "nobody"])
def test_a_levy_is_what_insurgents_take(contested, who):
    with pytest.raises(ScenarioError, match="a levy is what insurgents take; by= must be one of militia, rebels"):
        laid_out(contested, FALL.levy("north_gate", "2001-06-13", rate=0.1, by=who))


def test_a_levy_at_an_inland_house_counts_as_a_rate_only_because_no_truck_is_counted_there(case):
    held = Scenario().capture("mid_city", "2001-06-12")
    plain, by_truck, by_rate = (
        ti.simulate(case, s, **DAY).by("crossing").loc[("mid_city", "levy_received"), "mean"]
        for s in (
            held,
            held.levy("mid_city", "2001-06-12", per_truck=100),
            held.levy("mid_city", "2001-06-12", rate=0.1),
        )
    )
    assert plain == by_truck == 0
    assert by_rate > 0


def test_a_levy_of_several_authorities_is_said_once_for_each():
    with pytest.raises(ScenarioError, match=r"name one authority; say levy\(\) once for each"):
        Scenario().levy("north_gate", "2001-06-12", rate=0.1, by={"militia": 0.5, "rebels": 0.5})


# --- insecurity beyond the window -----------------------------------------------------------------------------


def test_insecurity_that_began_before_the_window_goes_on_along_its_line(case):
    s = Scenario().insecurity("2001-05-22", "2001-06-11", 0.0, to=0.2)
    x = laid_out(case, s, "2001-06-01", "2001-06-12")
    driver = pd.Series(x.paths.insecurity[:, 0], x.days)
    assert driver["2001-06-01"] == pytest.approx(0.1)
    assert driver["2001-06-11"] == pytest.approx(0.2)
    assert np.isnan(driver["2001-06-12"])
    assert x.window_days[0] == pd.Timestamp("2001-06-01")

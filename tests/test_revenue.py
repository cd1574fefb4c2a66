"""Customs revenue per crossing: three views in order, sums of the sources kept, rates equal to those worked by hand."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact import revenue_per_crossing
from tradeimpact.revenue import VIEWS
from tradeimpact.schedule import commodities, mix_assessed, schedule, statutory_by_crossing, statutory_rates

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
WEST = ["islam_qala", "torghundi", "herat_city", "abu_nasr_farahi", "zaranj"]
TAIL = {"source": "invented", "grade": "E", "published_latest": "2001-01-31", "published_basis": "printed"}
TAIL |= {"note": "synthetic"}
DRAWS = 512


@pytest.fixture(scope="module")
def afghan():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def table(afghan):
    return revenue_per_crossing(afghan, draws=DRAWS, rng=1).set_index("crossing")


@pytest.fixture(scope="module")
def invented():
    return ti.load_case(SYNTHETIC)


def goods(*rows):
    """Synthetic commodity rows: crossing, flow, commodity, declared value, then tonnes, trucks, exempt share."""
    columns = ["crossing", "flow", "commodity", "declared_xts", "tonnes", "trucks", "exempt_share"]
    return pd.DataFrame([dict(zip(columns, (*row, *[np.nan] * (7 - len(row))), strict=True)) | TAIL for row in rows])


def charge(tax, commodity, base, order, rate, *, flow="imports", per="value", bounds=(1.0, 1.0)):
    row = {"tax": tax, "commodity": commodity, "flow": flow, "base": base, "order": order, "per": per}
    rates = {"rate_low": rate * bounds[0], "rate_best": rate, "rate_high": rate * bounds[1]}
    return row | rates | {"start": pd.NaT, "end": pd.NaT, "use": "schedule"} | TAIL


def with_goods(case, rows, charges=()):
    case = case.with_table("commodities", rows)
    return case.with_table("tariff", pd.concat([case.tariff, pd.DataFrame(charges)])) if charges else case


# --- the Afghan case ------------------------------------------------------------------------------------------


def test_each_unit_of_account_has_one_row_largest_first_labelled_with_its_way(afghan, table):
    assert sorted(table.index) == sorted(afghan.units["crossing"])
    assert table["collected"].is_monotonic_decreasing
    assert set(table["basis"]) == {"revenue"}
    assert set(table["flow"]) == {"imports"}
    assert set(table["kind"]) == {"border", "inland"}
    assert dict(table["grade"]) == dict(afghan.baseline.set_index("crossing")["grade"])


def test_collected_is_below_assessed_and_assessed_below_potential_at_every_point(table):
    for point in ("", "_low", "_high"):
        views = [table[f"{view}{point}"] for view in ("collected", "assessed", "potential", "customs_value")]
        for lower, higher in pairwise(views):
            assert (lower < higher).all()
    assert VIEWS == ("potential", "assessed", "collected")


def test_ranges_hold_their_medians(table):
    for view in (*VIEWS, "customs_value"):
        assert (table[f"{view}_low"] < table[view]).all()
        assert (table[view] < table[f"{view}_high"]).all()


def test_means_keep_the_adding_up_facts_of_the_sources(afghan, table):
    mean = table["collected_mean"]
    # bounds are rounding and hold in every draw, so they hold for means; the middle within Monte Carlo error
    assert mean[WEST].sum() == pytest.approx(28.0e9, abs=0.05e9)
    assert mean.sum() == pytest.approx(72.0e9, abs=0.05e9)
    for row in afghan.constraints.itertuples():
        members = list(mean.index) if row.members == "*" else row.members.split()
        assert row.low_afn <= mean[members].sum() <= row.high_afn, row.constraint


def test_no_unit_leaves_the_hard_bounds_of_its_judgement(afghan, table):
    bounds = afghan.baseline.set_index("crossing").loc[table.index]
    assert (table["collected_low"] >= bounds["low_afn"] - 1).all()
    assert (table["collected_high"] <= bounds["high_afn"] + 1).all()


def test_the_gap_between_potential_and_collected_is_the_one_assumed(afghan, table):
    gap = 1 - table["collected"] / table["potential"]
    general = afghan.assumption_records["gap"]
    assert gap["torkham"] == pytest.approx(general.best, abs=0.04)
    assert gap["zaranj"] == pytest.approx(0.47, abs=0.02)


def test_effective_rate_lies_below_what_is_collected_on_declared_value_and_that_below_the_schedule(table):
    assert (table["effective_rate"] < table["collected_on_declared"]).all()
    assert table["collected_on_declared"].between(0.15, 0.176).all()
    # by hand: 5 % duty, 4 % on value and duty, 2 %: 11.2 %; 13.4 % duty: 19.936 %
    assert table["statutory_low"].to_numpy() == pytest.approx(0.05 + 0.04 * 1.05 + 0.02)
    assert table["statutory_high"].to_numpy() == pytest.approx(0.134 + 0.04 * 1.134 + 0.02)


def test_the_same_seed_gives_the_same_table_and_a_dotted_override_only_its_own_rate(invented):
    one = revenue_per_crossing(invented, draws=64, rng=0)
    pd.testing.assert_frame_equal(one, revenue_per_crossing(invented, draws=64, rng=0))
    assert not one.equals(revenue_per_crossing(invented, draws=64, rng=1))
    steep = invented.assume({"collected_rate_declared.south_gate": 0.5})
    rates = revenue_per_crossing(steep, draws=64, rng=0).set_index("crossing")["collected_on_declared"]
    assert rates["south_gate"] == pytest.approx(0.5)
    assert rates.drop("south_gate").to_numpy() == pytest.approx(0.16, abs=0.005)


# --- the gap and its split, by hand ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("split", "assessed", "declared"),
    [(1.0, 1.0, 0.4), (0.0, 2.5, 1.0), (0.5, 1 / np.sqrt(0.4), np.sqrt(0.4))],
)
def test_one_gap_is_split_between_what_is_not_declared_and_what_leaks(invented, split, assessed, declared):
    fixed = {"gap": 0.6, "gap.east_gate": 0.6, "gap_split": split, "collected_rate_declared": 0.2}
    t = revenue_per_crossing(invented.assume(fixed), draws=32, rng=1)
    np.testing.assert_allclose(t["potential"], t["collected"] / 0.4)
    np.testing.assert_allclose(t["assessed"], t["collected"] * assessed)
    np.testing.assert_allclose(t["effective_rate"], 0.2 * declared)
    np.testing.assert_allclose(t["customs_value"], t["collected"] / (0.2 * declared))


# --- commodity data (synthetic) -------------------------------------------------------------------------------


def test_a_schedule_with_excise_and_value_added_tax_gives_27_05_per_hundred(invented):
    assert commodities(invented) == ["all"]
    assert [c.name for c in schedule(invented, "fuel")] == ["duty", "excise", "vat"]
    rates = statutory_rates(invented)
    np.testing.assert_allclose(rates[["low", "best", "high"]], 0.2705)


def test_rates_of_a_crossing_with_commodity_data_are_those_of_its_mix(invented):
    # duty on fuel 20 % instead of 10 %: 20 + 5 % of 120 + 10 % of 126 = 38.6 per hundred; half of the tea is exempt:
    # 5 + 5 % of half of 105 + 10 % of half of 107.625 = 13.00625 per hundred
    rows = goods(("north_gate", "imports", "fuel", 300), ("north_gate", "imports", "tea", 700, np.nan, np.nan, 0.5))
    case = with_goods(invented, rows, [charge("duty", "fuel", "value", 1, 0.2)])
    by_hand = 0.3 * 0.386 + 0.7 * 0.1300625
    assert statutory_by_crossing(case) == {"north_gate": pytest.approx((by_hand,) * 3)}
    fixed = case.assume({"gap": 0.5, "gap_split": 1.0, "collected_rate_declared": 0.16})
    t = revenue_per_crossing(fixed, draws=32, rng=1).set_index("crossing")
    assert dict(t["basis"]) == {
        "north_gate": "commodity", "south_gate": "revenue", "east_gate": "revenue", "mid_city": "revenue",
    }  # fmt: skip
    assert t.loc["north_gate", "collected_on_declared"] == pytest.approx(by_hand)
    assert t.loc["north_gate", "effective_rate"] == pytest.approx(by_hand / 2)
    assert t.loc["south_gate", "effective_rate"] == pytest.approx(0.08)
    assert t.loc["north_gate", ["statutory_low", "statutory_high"]].to_list() == pytest.approx([by_hand] * 2)
    assert t.loc["north_gate", "customs_value"] == pytest.approx(t.loc["north_gate", "collected"] / (by_hand / 2))


def test_charges_per_truck_and_tonne_count_on_quantities_and_not_on_value(invented):
    rows = goods(("north_gate", "imports", "coal", 1000, 30, 4))
    charges = [
        charge("weighing", "coal", "value", 4, 2.0, per="tonne"),
        charge("gate_fee", "coal", "value", 5, 10.0, per="truck"),
    ]
    case = with_goods(invented, rows, charges)
    assert mix_assessed(case, case.commodities) == pytest.approx(270.5 + 2 * 30 + 10 * 4)
    assert statutory_by_crossing(case)["north_gate"][1] == pytest.approx(0.3705)


def test_leakage_comes_off_what_the_schedule_assesses(invented):
    rows = goods(("north_gate", "imports", "fuel", 100))
    t = revenue_per_crossing(with_goods(invented, rows).assume({"gap": 0.5, "gap_split": 0.0}), draws=32, rng=1)
    north = t.set_index("crossing").loc["north_gate"]
    assert north["collected_on_declared"] == pytest.approx(0.2705 / 2)
    assert north["assessed"] / north["customs_value"] == pytest.approx(0.2705)


def test_an_uncertain_rate_moves_the_effective_rate_between_its_bounds(invented):
    rows = goods(("north_gate", "imports", "fuel", 100))
    case = with_goods(invented, rows, [charge("duty", "fuel", "value", 1, 0.2, bounds=(0.5, 2.0))])
    t = revenue_per_crossing(case.assume({"gap": 0.5, "gap_split": 1.0}), draws=256, rng=1).set_index("crossing")
    low, high = (duty + 0.05 * (1 + duty) + 0.1 * (1 + duty) * 1.05 for duty in (0.1, 0.4))
    north = t.loc["north_gate"]
    assert (north["statutory_low"], north["statutory_high"]) == pytest.approx((low, high))
    assert north["collected_on_declared"] == pytest.approx(0.386, abs=0.01)
    sure = with_goods(invented, rows, [charge("duty", "fuel", "value", 1, 0.2)]).assume({"gap": 0.5, "gap_split": 1.0})
    narrow = revenue_per_crossing(sure, draws=256, rng=1).set_index("crossing").loc["north_gate"]
    spreads = [x["customs_value_high"] / x["customs_value_low"] for x in (north, narrow)]
    assert spreads[0] > 1.2 * spreads[1]


def test_exports_and_transit_stand_on_lines_of_their_own_and_leave_imports_alone(invented):
    imports = ("north_gate", "imports", "fuel", 100)
    others = [("north_gate", "exports", "fruit", 400), ("north_gate", "exports", "wool", 100)]
    others += [("east_gate", "transit", "fuel", 900, np.nan, 3)]
    charges = [
        charge("export_fee", "all", "value", 1, 0.02, flow="exports"),
        charge("transit_fee", "all", "value", 1, 50.0, flow="transit", per="truck"),
    ]
    alone = revenue_per_crossing(with_goods(invented, goods(imports)), draws=64, rng=1)
    together = revenue_per_crossing(with_goods(invented, goods(imports, *others), charges), draws=64, rng=1)
    pd.testing.assert_frame_equal(together[together["flow"] == "imports"][alone.columns], alone)
    rest = together[together["flow"] != "imports"].set_index(["crossing", "flow"])
    assert rest.loc[("north_gate", "exports"), ["customs_value", "assessed"]].to_list() == pytest.approx([500, 10])
    assert rest.loc[("east_gate", "transit"), ["customs_value", "assessed"]].to_list() == pytest.approx([900, 150])
    assert rest["collected"].isna().all()
    assert len(rest) == 2


@pytest.mark.parametrize("flow", ["imports", "exports"])
def test_goods_of_a_crossing_assessed_with_another_are_refused(invented, flow):
    with pytest.raises(ti.TradeImpactError, match="mid_airport, assessed with another crossing") as caught:
        with_goods(invented, goods(("mid_airport", flow, "fuel", 100)))
    assert "Add its figure to the crossing that assesses it" in str(caught.value)

"""Mirror statistics: the gap by hand, its interval from the factor's range, and the traps named where they are open."""

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.mirror import mirror

YEAR = {"period_start": "2023-01-01", "period_end": "2023-12-31"}


def figures(**values):
    return pd.DataFrame([{"route_group": name, "value": value, **YEAR} for name, value in values.items()])


def monthly(group, values):
    starts = pd.date_range("2023-01-01", periods=len(values), freq="MS")
    ends = starts + pd.offsets.MonthEnd(0)
    return pd.DataFrame({"route_group": group, "period_start": starts, "period_end": ends, "value": values})


def total(gap):
    return gap.totals.iloc[0]


def test_a_known_gap_is_found_by_hand():
    # 100 exported FOB is worth 106 at arrival; 53 of it was recorded: half is missing
    row = total(ti.mirror_gap(figures(norland=53.0), figures(norland=100.0), cif_fob=1.06))
    assert row[["expected", "gap", "undeclared"]].tolist() == pytest.approx([106.0, 53.0, 0.5])
    assert row["undeclared_low"] == row["undeclared_high"] == pytest.approx(0.5)


def test_the_interval_is_that_of_the_factor_by_default_1_to_1_06_to_1_1():
    row = total(ti.mirror_gap(figures(norland=50.0), figures(norland=100.0)))
    shares = [1 - 50 / (100 * f) for f in (1.0, 1.06, 1.1)]
    assert row[["undeclared_low", "undeclared", "undeclared_high"]].tolist() == pytest.approx(shares)


def test_transit_shrinks_what_should_have_arrived_and_third_countries_what_was_recorded_from_here():
    recorded, partner = figures(norland=60.0), figures(norland=100.0)
    fixed = {"cif_fob": 1.0}
    through = total(ti.mirror_gap(recorded, partner, transit_share=(0.25, 0.25, 0.25), **fixed))
    assert through["undeclared"] == pytest.approx(1 - 60 / 75)
    third = total(ti.mirror_gap(recorded, partner, re_export_share=(0.5, 0.5, 0.5), **fixed))
    assert third["undeclared"] == pytest.approx(1 - 30 / 100)
    wide = total(ti.mirror_gap(recorded, partner, transit_share=(0.0, 0.2, 0.4), **fixed))
    assert wide["undeclared_low"] < wide["undeclared"] < wide["undeclared_high"]


def test_figures_at_arrival_are_not_raised_again():
    partner = figures(norland=100.0).assign(valuation="CIF")
    assert total(ti.mirror_gap(figures(norland=80.0), partner))["undeclared"] == pytest.approx(0.2)


def test_a_lag_takes_the_partners_figures_of_an_earlier_time():
    # exports double in February; a lag of a month explains our March figure altogether
    partner = monthly("norland", [31.0, 56.0, 31.0])
    recorded = pd.DataFrame({"route_group": ["norland"], "period_start": ["2023-03-01"], "period_end": ["2023-03-28"],
                             "value": [56.0]})  # fmt: skip
    late = total(ti.mirror_gap(recorded, partner, cif_fob=1.0, lag_days=28))
    assert late["undeclared"] == pytest.approx(0.0)
    assert late["timing"] == "allowed for: 28 days"
    assert total(ti.mirror_gap(recorded, partner, cif_fob=1.0))["undeclared"] == pytest.approx(1 - 56 / 28)


def test_months_are_compared_one_by_one_and_all_together_and_gaps_that_turn_are_told():
    gap = ti.mirror_gap(monthly("norland", [80.0, 120.0]), monthly("norland", [100.0, 100.0]), cif_fob=1.0)
    assert gap.table["undeclared"].tolist() == pytest.approx([0.2, -0.2, 0.0])
    assert gap.table["timing"].str.contains("changes sign between periods").all()


def test_missing_months_are_put_to_the_whole_and_told_and_too_few_give_no_estimate():
    ours = figures(norland=365.0)
    eleven = total(ti.mirror_gap(ours, monthly("norland", [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30]), cif_fob=1.0))
    assert eleven["expected"] == pytest.approx(365.0)
    assert eleven["covered"] == pytest.approx(334 / 365)
    assert "cover 92 % of the period" in eleven["note"]
    few = ti.mirror_gap(ours, monthly("norland", [31, 28]), cif_fob=1.0)
    assert np.isnan(total(few)["undeclared"])
    assert "no estimate" in few.text


def test_the_text_says_the_gap_and_names_the_traps_that_are_open():
    gap = ti.mirror_gap(figures(norland=50e6), figures(norland=100e6), lag_days=10)
    assert "Norland: 56 m USD (53 %, 90 %: 50 % to 55 %)" in gap.text
    assert "Not allowed for: transit, re-export." in gap.text
    assert "not proof" in gap.text
    assert "more was recorded" in ti.mirror_gap(figures(norland=150e6), figures(norland=100e6)).text
    assert gap.text in gap._repr_html_()


def test_the_undeclared_share_becomes_the_split_of_the_gap_that_gives_it_back():
    case = ti.load_case("afghanistan-2021")
    gap = ti.mirror_gap(figures(iran=70.0), figures(iran=100.0), cif_fob=1.0, source="invented (synthetic)")
    assumed = case.assume(gap.assumptions(case))
    kept = (1 - case.best("gap")) ** assumed.best("gap_split")
    assert 1 - kept == pytest.approx(0.3)
    assert assumed.assumption_records["gap_split"].grade == "E"
    with pytest.raises(TradeImpactError, match="raise the assumption 'gap' first"):
        ti.mirror_gap(figures(iran=30.0), figures(iran=100.0), cif_fob=1.0).assumptions(case)
    with pytest.raises(TradeImpactError, match="no undeclared share"):
        ti.mirror_gap(figures(iran=130.0), figures(iran=100.0), cif_fob=1.0).assumptions(case)


def test_crossings_are_added_up_by_the_route_groups_of_the_case():
    case = ti.load_case("afghanistan-2021")
    recorded = pd.DataFrame([{"crossing": c, "value": 30.0, **YEAR} for c in ("islam_qala", "zaranj")])
    row = total(ti.mirror_gap(recorded, figures(iran=100.0), case=case, cif_fob=1.0))
    assert row[["route_group", "recorded", "undeclared"]].tolist() == ["iran", 60.0, pytest.approx(0.4)]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"recorded": figures(norland=1.0).drop(columns="value")}, "the column 'value' is missing"),
        ({"recorded": figures(norland=-1.0)}, "row 2: needs days in order"),
        ({"recorded": figures(norland=1.0).assign(period_end="2022-01-01")}, "row 2: needs days in order"),
        ({"partner": figures(sutland=1.0)}, "partner has no figures on norland; it has sutland"),
        ({"partner": pd.concat([figures(norland=1.0), monthly("norland", [1.0])])}, "keep months or years, not both"),
        ({"cif_fob": (1.1, 1.06, 1.0)}, "give low, best and high in order"),
        ({"cif_fob": 0.9}, "from 1 to 2"),
        ({"transit_share": (0.0, 0.2, 20.0)}, "transit_share"),
        ({"recorded": figures(norland=1.0).rename(columns={"route_group": "crossing"})}, "give case="),
    ],
)
def test_a_wrong_table_or_range_is_told(changes, said):
    given = {"recorded": figures(norland=50.0), "partner": figures(norland=100.0)} | changes
    with pytest.raises(TradeImpactError) as caught:
        ti.mirror_gap(given.pop("recorded"), given.pop("partner"), **given)
    assert said in str(caught.value)


def test_the_chart_shows_a_pair_of_bars_per_border_from_zero_and_says_what_a_gap_is_not():
    gap = ti.mirror_gap(figures(norland=50e6, sutland=90e6), figures(norland=100e6, sutland=88e6), source="Invented",
                        grade="E", synthetic=True)  # fmt: skip
    ax = gap.plot()
    widths = sorted(bar.get_width() for bar in ax.patches)
    assert widths == pytest.approx([50.0, 90.0, 88 * 1.06, 106.0])
    assert ax.get_xlim()[0] == 0
    words = " ".join(text.get_text().replace("\n", " ").replace("\u00a0", " ") for text in ax.get_figure().texts)
    assert "Norland: 53 % of what partners say they exported was not recorded" in words
    assert "not proof" in words
    assert "Synthetic data" in words
    with pytest.raises(TradeImpactError, match="expected"):
        mirror(gap.totals.drop(columns="expected"), source="x")

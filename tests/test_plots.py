"""Charts of a result are pictures of its own tables: drawn, titled with the finding, saved as four files.

The bars and strips themselves are tested with the charts; here it is the numbers that reach them.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

import tradeimpact as ti
from tradeimpact import Scenario, TradeImpactError
from tradeimpact.chart_tables import (
    daily_table,
    fall_position,
    holder_table,
    is_lost,
    ledger_table,
    likeliest,
    map_table,
)
from tradeimpact.figures.text import estimate, percent
from tradeimpact.plots import MODEL_NOTE, credit, grades, plot_revenue

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
CHARTS = ["bridge", "ledgers", "who_collects", "cumulative", "holders", "comparison"]
KINDS = ["csv", "json", "png", "svg"]


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def contested(case):
    militia = pd.DataFrame([{"authority": "militia", "name": "Invented militia", "kind": "insurgent"}])
    return case.with_table("authorities", pd.concat([case.authorities, militia]))


@pytest.fixture(scope="module")
def result(contested):
    """A synthetic June with every kind of holder, a closure and a return."""
    s = Scenario("a synthetic June").capture("north_gate", "2001-06-10", by={"rebels": 0.5, "militia": 0.5})
    s = s.capture("south_gate", "2001-06-12", by="nobody").capture("south_gate", "2001-06-15", by="rebels")
    s = s.recapture("south_gate", "2001-06-25").close("east_gate", "2001-06-20", "2001-06-22", open_share=0.25)
    return ti.simulate(contested, s, start="2001-06-05", end="2001-06-30", draws=64, rng=2)


@pytest.fixture(scope="module")
def afghan():
    case = ti.load_case("afghanistan-2021")
    return ti.simulate(case, case.as_reported(), start="2021-07-05", end="2021-07-16", draws=64, rng=2)


def written(ax):
    return [text.get_text() for text in ax.figure.findobj(plt.Text) if text.get_text()]


def title_of(ax):
    return " ".join(" ".join(written(ax)).split())


# --- every chart ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_is_an_axes_that_says_model_source_and_that_the_data_are_synthetic(result, name):
    ax = getattr(result.plot, name)()
    assert isinstance(ax, Axes)
    text = title_of(ax)
    assert "Synthetic: three gates and one city" in text
    assert "synthetic data" in text.lower()
    assert "not statistics" in text


@pytest.mark.parametrize("name", CHARTS)
def test_a_saved_chart_is_four_files_with_its_alternative_text_and_what_it_takes_to_make_it_again(
    result, name, tmp_path
):
    getattr(result.plot, name)(save=tmp_path / "new" / name)
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == [f"{name}.{kind}" for kind in KINDS]
    told = json.loads((tmp_path / "new" / f"{name}.json").read_text(encoding="utf-8"))
    assert len(told["alt"].split()) > 12
    assert {k: told[k] for k in ("seed", "draws", "currency", "history")} == {
        "seed": 2, "draws": 64, "currency": "xts", "history": "as stated",
    }  # fmt: skip
    assert told["data"] == result.case.hashes
    svg = (tmp_path / "new" / f"{name}.svg").read_text(encoding="utf-8")
    assert 'role="img"' in svg
    assert len(pd.read_csv(tmp_path / "new" / f"{name}.csv")) > 2


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_takes_a_title_and_an_axes_of_the_readers_own(result, name):
    _, ax = plt.subplots(figsize=(9, 6))
    assert getattr(result.plot, name)(ax=ax, title="What I found") is ax
    assert "What I found" in title_of(ax)
    assert len(plt.get_fignums()) == 1


def test_charts_of_dollars_are_in_dollars(result, tmp_path):
    dollars = result.to("usd")
    for name in ("bridge", "ledgers", "who_collects", "cumulative", "comparison"):
        text = title_of(getattr(dollars.plot, name)())
        assert "USD" in text
        assert "XTS" not in text
    dollars.plot.bridge(save=tmp_path / "bridge")
    assert json.loads((tmp_path / "bridge.json").read_text())["currency"] == "usd"
    assert "USD" in json.loads((tmp_path / "bridge.json").read_text())["alt"]


# --- what the titles say --------------------------------------------------------------------------------------


def mean_in_words(draws, line):
    low, high = np.quantile(draws[line], [0.05, 0.95])
    return f"a mean of {estimate(draws[line].mean(), low, high, currency='XTS')}"


def test_the_bridge_names_the_loss_and_its_largest_part_and_pictures_the_bridge_table(result, tmp_path):
    means = result.bridge()["mean"]
    text = title_of(result.plot.bridge(save=tmp_path / "bridge"))
    assert f"The government loses {mean_in_words(result.draws(), 'government_loss')}" in text
    assert "largest part: lost to insurgent control" in text
    saved = pd.read_csv(tmp_path / "bridge.csv").set_index("component")
    np.testing.assert_allclose(saved["mean"], means.reindex(saved.index))


def test_a_bridge_without_any_loss_names_no_part(case):
    quiet = ti.simulate(case, None, start="2001-06-01", end="2001-06-02", draws=16, rng=1)
    text = title_of(quiet.plot.bridge())
    assert "The government loses a mean of 0 XTS" in text
    assert "largest part" not in text


def test_the_ledgers_title_tells_loss_and_gain_apart(result):
    draws, text = result.draws(), title_of(result.plot.ledgers())
    assert f"The government loses {mean_in_words(draws, 'government_loss')}" in text
    assert f"the insurgents gain {mean_in_words(draws, 'insurgent_gain')}" in text


def test_who_collects_ends_on_the_share_of_the_last_day_and_marks_the_falls(result):
    text = title_of(result.plot.who_collects())
    last = {line: result.daily(line)["median"].iloc[-1] for line in ("government_revenue", "baseline")}
    share = percent(last["government_revenue"] / last["baseline"])
    assert f"On 30 June 2001 the government collects {share} of its baseline" in text
    assert "North Gate" in text
    assert "South Gate" in text


def test_several_falls_of_one_day_share_one_mark_and_a_feast_has_its_own(case):
    s = Scenario().capture("north_gate", "2001-06-10").capture("south_gate", "2001-06-10")
    r = ti.simulate(case, s, start="2001-06-01", end="2001-07-15", draws=16, rng=1)
    text = title_of(r.plot.cumulative())
    assert "North Gate +1" in text
    assert "Invented feast" in text
    early = ti.simulate(case, s, start="2001-06-01", end="2001-06-09", draws=16, rng=1)
    assert "Gate" not in title_of(early.plot.cumulative())


def test_a_crossing_that_fell_before_the_window_is_marked_on_its_first_day(case):
    s = Scenario().capture("north_gate", "2001-06-02")
    r = ti.simulate(case, s, start="2001-06-10", end="2001-06-20", draws=16, rng=1)
    north = r.inputs.crossings.index("north_gate")
    assert fall_position(r, north) == 0
    assert fall_position(r, r.inputs.crossings.index("east_gate")) == len(r.inputs.window_days)


def test_the_comparison_says_where_what_was_seen_lies(result, tmp_path):
    table = result.rivals()
    assert list(table["method"]) == ["Model", "Days-held arithmetic", "No change"]
    model = table.iloc[0]
    inside = (model["low"] + model["median"]) / 2
    plain = title_of(result.plot.comparison())
    assert plain.count("Model") >= 1
    assert "Observed" not in plain
    text = title_of(result.plot.comparison(observed=inside, observed_label="The treasury", save=tmp_path / "one"))
    assert "The treasury" in text
    assert "The treasury" in json.loads((tmp_path / "one.json").read_text(encoding="utf-8"))["alt"]
    both = title_of(result.plot.comparison(observed=(2 * inside, inside)))
    assert "Observed" in both
    own = table.assign(method=["Mine", "Yours", "Theirs"])
    assert "Mine: " in title_of(result.plot.comparison(own))


# --- tables behind the charts ---------------------------------------------------------------------------------


def test_the_daily_table_holds_the_days_of_three_lines_and_the_gain_for_the_insurgents(result):
    table = daily_table(result)
    assert list(table.columns) == ["day", "line", "mean", "median", "low", "high"]
    assert list(dict.fromkeys(table["line"])) == ["baseline", "government", "insurgent"]
    mine = table[table["line"] == "insurgent"].set_index("day")["mean"]
    pd.testing.assert_series_equal(mine, result.daily("insurgent_gain")["mean"], check_freq=False)


def test_the_ledger_table_keeps_the_two_sides_apart_and_each_adds_up(result):
    table = ledger_table(result).set_index(["ledger", "line"])["mean"]
    government, insurgent = table["government"], table["insurgent"]
    assert government["baseline"] - government["government_revenue"] == pytest.approx(government["government_loss"])
    assert insurgent["levy_received"] + insurgent["road_levies_change"] == pytest.approx(insurgent["insurgent_gain"])
    assert insurgent["insurgent_gain"] == pytest.approx(result.draws()["insurgent_gain"].mean())


def test_the_holder_table_is_the_scenario_in_runs_of_days(result):
    table = holder_table(result)
    runs = {
        name: [(f"{row.start:%d}", f"{row.end:%d}", row.holder, row.open_share) for row in rows.itertuples()]
        for name, rows in table.groupby("crossing")
    }
    assert runs["north_gate"] == [("05", "09", "government", 1.0), ("10", "30", "militia and rebels", 1.0)]
    assert runs["south_gate"] == [
        ("05", "11", "government", 1.0),
        ("12", "14", "nobody", 1.0),
        ("15", "24", "rebels", 1.0),
        ("25", "30", "government", 1.0),
    ]
    assert runs["east_gate"] == [
        ("05", "19", "government", 1.0),
        ("20", "22", "government", 0.25),
        ("23", "30", "government", 1.0),
    ]
    assert list(dict.fromkeys(table["crossing"])) == ["north_gate", "south_gate", "east_gate", "mid_city"]
    text = title_of(result.plot.holders())
    assert "1 of 4 crossings and houses are out of the government's hands by the last day" in text


def test_a_day_outside_the_result_has_no_map(result):
    table = map_table(result, result.window[0]).set_index("crossing")
    assert set(table["holder"]) == {"government"}
    best = result.case.baseline.set_index("crossing")["best_xts"]
    pd.testing.assert_series_equal(table["revenue"], best.reindex(table.index), check_names=False)
    with pytest.raises(TradeImpactError, match=r"covers 2001-06-05 to 2001-06-30; choose a day inside it"):
        result.plot.map(on="2001-07-01")


def test_a_case_without_a_country_has_no_map(result):
    with pytest.raises(TradeImpactError, match="no outline for ''"):
        result.plot.map()


# --- inferred control -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "holder"),
    [
        ((0.51, 0.49, 0.0, 0.0), "government"),
        ((0.50, 0.00, 0.50, 0.0), "government"),  # not below one half
        ((0.49, 0.30, 0.21, 0.0), "nobody"),  # lost, although the government is likelier than either rival
        ((0.45, 0.25, 0.20, 0.10), "north and south"),
        ((0.45, 0.25, 0.26, 0.04), "north"),
    ],
)
def test_a_crossing_is_lost_below_one_half_and_then_has_the_likelier_of_the_others(shares, holder):
    authorities = ("government", "nobody", "north", "south")
    assert likeliest(authorities, np.array(shares)) == holder
    assert bool(is_lost(np.array(shares))) is (holder != "government")


def test_strip_map_and_mark_of_a_fall_name_one_day(afghan):
    table, days = holder_table(afghan), afghan.inputs.window_days
    for i, crossing in enumerate(afghan.inputs.crossings):
        strip = table[(table["crossing"] == crossing) & (table["holder"] != "government")]
        first = fall_position(afghan, i)
        assert (first == len(days)) is strip.empty
        if not strip.empty:
            assert strip["start"].min() == days[first]
            mapped = map_table(afghan, days[first].date()).set_index("crossing")["holder"]
            assert mapped[crossing] != "government"


def test_the_holder_table_of_an_inferred_history_names_the_likeliest_holder_and_whole_closures(afghan):
    table = holder_table(afghan)
    assert set(table["open_share"]) <= {0.0, 1.0}
    assert set(table["holder"]) <= {"government", "nobody", "taliban"}
    shares = afghan.totals.holders
    np.testing.assert_allclose(shares.sum(axis=0), 1)
    assert ((shares > 0.01) & (shares < 0.99)).any()
    days = afghan.inputs.window_days
    for row in table.itertuples():
        i = afghan.inputs.crossings.index(row.crossing)
        government, nobody, taliban = shares[:, i, days.get_loc(row.start)]
        other = "nobody" if nobody >= taliban else "taliban"
        assert row.holder == ("government" if government >= 0.5 else other)
    spin_boldak = table[table["crossing"] == "spin_boldak"].iloc[-1]
    assert spin_boldak["holder"] != "government"
    assert spin_boldak["open_share"] == 0


def test_pictures_of_an_inferred_history_are_drawn_and_saved(afghan, tmp_path):
    afghan.plot.holders(save=tmp_path / "holders")
    alt = json.loads((tmp_path / "holders.json").read_text(encoding="utf-8"))["alt"]
    assert "Spin Boldak" in alt
    assert "Taliban" in alt
    lost = (afghan.totals.holders[0, :, -1] < 0.5).sum()
    title = f"{lost} of {len(afghan.inputs.crossings)} crossings and houses are probably out of the government's hands"
    assert title in title_of(afghan.plot.holders())
    assert "Spin Boldak" in title_of(afghan.plot.who_collects())


@pytest.mark.parametrize("on", [None, "2021-07-06"])
def test_the_map_shows_the_likeliest_holder_of_the_day(afghan, on, tmp_path):
    ax = afghan.plot.map(on, save=tmp_path / "map")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"map.{kind}" for kind in KINDS]
    saved = pd.read_csv(tmp_path / "map.csv").set_index("crossing")["holder"]
    assert (saved["spin_boldak"] == "government") is (on is not None)
    assert saved["kabul"] == "government"
    assert "synthetic data" not in title_of(ax).lower()
    assert "Spin Boldak" in json.loads((tmp_path / "map.json").read_text(encoding="utf-8"))["alt"]


# --- revenue by crossing --------------------------------------------------------------------------------------


@pytest.mark.parametrize("views", [False, True])
def test_revenue_charts_picture_the_revenue_table_of_the_case(case, views, tmp_path):
    ax = plot_revenue(case, views=views, save=tmp_path / "revenue")
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"revenue.{kind}" for kind in KINDS]
    saved = pd.read_csv(tmp_path / "revenue.csv")
    table = ti.revenue_per_crossing(case)
    assert set(saved["crossing"]) == set(table.loc[table["flow"] == "imports", "crossing"])
    text = title_of(ax)
    if views:
        part = percent(table["collected"].sum() / table["potential"].sum())
        assert f"About {part} of what is due reaches the treasury" in text
        assert {"potential", "assessed", "collected"} <= set(saved.columns)
    else:
        first, second = table.loc[table["kind"] == "border", "name"].head(2)
        assert f"{first} and {second} bring in most" in text
        np.testing.assert_allclose(saved["median"], table["collected"])
    told = json.loads((tmp_path / "revenue.json").read_text(encoding="utf-8"))
    assert told["case"] == "synthetic-3"
    assert told["data"] == case.hashes
    assert "synthetic data" in text.lower()


def test_the_footer_credits_the_case_or_counts_its_sources(case, afghan):
    assert credit(case) == f"{case.title}, {len(case.sources)} sources listed in sources.csv"
    assert credit(afghan.case).startswith("Afghan Ministry of Finance")
    assert grades(case) == "E"
    assert grades(afghan.case).split(", ") == sorted(grades(afghan.case).split(", "))


def test_the_note_under_every_chart_calls_the_numbers_estimates():
    assert "Estimates of the model, not statistics" in MODEL_NOTE


def test_weights_reach_the_charts(result):
    weights = np.zeros(result.count)
    weights[7] = 1.0
    one = replace(result, weights=weights)
    loss = result.draws().loc[7, "government_loss"]
    assert f"The government loses a mean of {estimate(loss, loss, loss, currency='XTS')}" in title_of(one.plot.bridge())
    assert ledger_table(one)["low"].to_numpy() == pytest.approx(ledger_table(one)["high"].to_numpy())

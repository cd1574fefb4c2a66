"""What series and panels may look like: grids, gaps, zeros, starts inside a period; what is refused; what is drawn."""

import json

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.figures import effects as figure

MONTHS = pd.period_range("2020-01", periods=48, freq="M")


def post(index=MONTHS, seed=1, name="post"):
    return pd.Series(100 + np.random.default_rng(seed).normal(size=len(index)), index=index, name=name)


def measure(series, start, **keywords):
    return ti.effects.interrupted_series(series, start, trend=False, placebo_dates=0, **keywords)


# --- time -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "start", "first"),
    [
        (MONTHS, "2023-02-17", pd.Period("2023-02", "M")),
        (MONTHS, pd.Period("2023-02", "M"), pd.Period("2023-02", "M")),
        (MONTHS.to_timestamp(), "2023-02-17", pd.Timestamp("2023-02-01")),  # labelled by its first day
        (MONTHS.to_timestamp(), "2023-02-01", pd.Timestamp("2023-02-01")),
        (pd.date_range("2020-01-31", periods=48, freq="ME"), "2023-02-17", pd.Timestamp("2023-02-28")),
        (pd.date_range("2023-01-02", periods=48, freq="7D"), "2023-10-26", pd.Timestamp("2023-10-23")),
        (pd.date_range("2023-01-02", periods=48, freq="D"), "2023-02-10", pd.Timestamp("2023-02-10")),
        (pd.RangeIndex(1950, 1998), 1990, 1990),
        (pd.Index([1950 + 2 * k for k in range(48)]), 2031, 2032),
    ],
)
def test_the_period_that_holds_the_start_is_the_first_affected(index, start, first):
    e = measure(post(index), start)
    assert e.table.index[(e.table["phase"] == "during").to_numpy()][0] == first
    assert list(e.table.index) == list(index)


def test_an_absent_month_is_put_in_as_unreported_and_not_as_zero():
    whole = post().where(lambda s: s.index != pd.Period("2021-05", "M"))
    absent = whole.dropna()
    pd.testing.assert_frame_equal(measure(absent, "2023-01").table, measure(whole, "2023-01").table)
    for labels in (absent.index.to_timestamp(), absent.index.to_timestamp("M").normalize()):
        dated = measure(absent.set_axis(labels), "2023-01").table
        np.testing.assert_allclose(dated["effect"], measure(whole, "2023-01").table["effect"])


def test_zero_is_shut_and_counts_while_unreported_does_not():
    y = post()
    y.iloc[38:41] = 0.0
    silent = y.copy()
    silent.iloc[38:41] = np.nan
    shut, unknown = measure(y, "2023-01"), measure(silent, "2023-01")
    assert shut.summary.loc["mean", "estimate"] == pytest.approx(-25, abs=1)
    assert shut.phases().loc["during", "shut"] == 3
    assert "In 3 periods it was shut" in shut.text
    assert unknown.summary.loc["mean", "estimate"] == pytest.approx(0, abs=1)
    assert unknown.phases().loc["during", "unreported"] == 3
    assert "3 of 12 periods left out: unreported" in unknown.text
    assert unknown.table["effect"].isna().sum() == 3
    assert unknown.summary.loc["total", "estimate"] == pytest.approx(unknown.table["effect"].iloc[36:].sum())


def test_a_donor_that_is_silent_after_the_start_leaves_no_counterfactual_there_and_one_without_weight_does_no_harm():
    rng = np.random.default_rng(3)
    x = 100 + rng.normal(size=(48, 3)) * [5, 5, 0.1]
    table = pd.DataFrame(x, index=MONTHS, columns=["a", "b", "far"])
    table["far"] += 500
    table["post"] = 0.5 * table["a"] + 0.5 * table["b"]
    table.loc["2023-03", "far"] = np.nan
    table.loc["2023-05", "a"] = np.nan
    e = ti.effects.synthetic_control(table, "post", "2023-01", placebo_dates=0)
    assert e.weights["far"] == 0
    missing = e.table.index[e.table["counterfactual"].isna()]
    assert list(missing) == [pd.Period("2023-05", "M")]


def test_a_season_and_controls_are_taken_out():
    rng = np.random.default_rng(4)
    index = pd.period_range("2018-01", periods=72, freq="M")
    rain = pd.Series(rng.normal(size=72), index=index)
    y = 100 + 10 * np.sin(np.arange(72) * np.pi / 6) + 5 * rain.to_numpy() + rng.normal(size=72) * 0.5
    y[60:] -= 20
    series = pd.Series(y, index=index)
    for e in (
        measure(series, "2023-01", season=12, controls=rain),
        ti.effects.structural(series, "2023-01", rain, season=12, placebo_dates=0),
    ):
        low, high = e.summary.loc["mean", ["low", "high"]]
        assert low < -20 < high
        assert high - low < 3


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("series", "start", "words"),
    [
        ([1.0, 2.0], "2023-01", "pandas Series"),
        (post().iloc[::-1], "2023-01", "in order"),
        (pd.concat([post(), post()]), "2023-01", "each once"),
        (post().set_axis([str(m) for m in MONTHS]), "2023-01", "to_datetime"),
        (post().astype(str), "2023-01", "must be numbers"),
        (post() / 0, "2023-01", "infinite"),
        (post(), "2030-01", "leaves nothing to compare"),
        (post(), "2020-01", "leaves nothing to compare"),
        (post(), "soon", "does not fit an index of periods"),
        (post(pd.RangeIndex(1950, 1998)), "1990-01", "whole numbers"),
        (post(), "2020-05", "too few"),
        (post().where(lambda s: s.index > pd.Period("2022-08", "M")), "2023-01", "too few"),
        (post(pd.date_range("2020-01-01 07:13", periods=48, freq="37h")), "2020-02-15", "no regular grid"),
    ],
)
def test_a_series_that_cannot_be_measured_says_why(series, start, words):
    for method in (measure, lambda s, t: ti.effects.structural(s, t, placebo_dates=0)):
        with pytest.raises(ti.TradeImpactError, match=words):
            method(series, start)


def test_a_panel_that_cannot_be_measured_says_why():
    table = pd.DataFrame({"a": post(), "b": post(seed=2), "c": post(seed=3)})
    for method in (ti.effects.synthetic_control, ti.effects.difference_in_differences):
        with pytest.raises(ti.TradeImpactError, match="no unit 'd'"):
            method(table, "d", "2023-01")
        with pytest.raises(ti.TradeImpactError, match="rerouted_to"):
            method(table, "a", "2023-01", rerouted_to=["nowhere"])
        with pytest.raises(ti.TradeImpactError, match="no unit is left"):
            method(table, "a", "2023-01", rerouted_to=["b", "c"], exclude_rerouted=True)
        with pytest.raises(ti.TradeImpactError, match="names a unit twice"):
            method(table.set_axis(["a", "b", "b"], axis=1), "a", "2023-01")
        with pytest.raises(ti.TradeImpactError, match="DataFrame"):
            method(post(), "a", "2023-01")
        with pytest.raises(ti.TradeImpactError, match="unreported"):
            method(table.assign(b=np.nan), "a", "2023-01")


@pytest.mark.parametrize(
    ("keywords", "words"),
    [
        ({"end": "2022-11"}, "must not lie before the start"),
        ({"end": "2023-12"}, "leave a period after it"),
        ({"season": 1}, "two periods or more"),
        ({"season": 12, "controls": post() * 0 + 1}, "does not move"),
    ],
)
def test_options_that_make_no_sense_are_errors_of_ours(keywords, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        measure(post(), "2023-01", **keywords)


def test_a_flat_series_two_cycles_too_short_and_a_negative_count_are_refused():
    with pytest.raises(ti.TradeImpactError, match="does not move"):
        ti.effects.structural(post() * 0 + 5, "2023-01")
    with pytest.raises(ti.TradeImpactError, match="24 reported periods"):
        ti.effects.structural(post(), "2021-11", season=12)
    with pytest.raises(ti.TradeImpactError, match="cannot be negative"):
        ti.effects.structural(post(), "2023-01", placebo_dates=-1)
    with pytest.raises(ti.TradeImpactError, match="at least one"):
        ti.effects.placebo_rate(measure(post(), "2023-01"), runs=0)
    with pytest.raises(ti.TradeImpactError, match="share between 0 and 1"):
        measure(post(), "2023-01").recovery(within=10)
    with pytest.raises(ti.TradeImpactError, match="expected"):
        measure(post(), "2023-01").p_value("both")
    assert np.isnan(measure(post(), "2023-01").p_value())
    assert "not known" in measure(post(), "2023-01").text


# --- pictures ---------------------------------------------------------------------------------------------------------


def labels(ax):
    return {artist.get_gid() for artist in (*ax.lines, *ax.texts, *ax.collections)}


@pytest.mark.parametrize("index", [MONTHS, MONTHS.to_timestamp(), pd.RangeIndex(1950, 1998)])
def test_the_chart_shows_both_paths_the_band_the_marks_and_the_silence(index, tmp_path):

    y = post(index)
    y.iloc[10] = np.nan
    y.iloc[36:40] -= 50
    e = measure(y, index[36], end=index[39])
    ax = e.plot(unit="m USD", source="a test", synthetic=True, save=tmp_path / "effect")
    assert {"line-observed", "line-counterfactual", "band", "unreported", "mark"} <= labels(ax)
    shown = next(line for line in ax.lines if line.get_gid() == "line-observed").get_ydata()
    np.testing.assert_allclose(shown, y.to_numpy())
    assert ax.get_ylim()[0] == 0
    assert [t.get_text() for t in ax.texts if t.get_gid() == "mark-label"] == ["start", "end"]
    foot = next(t.get_text() for t in ax.figure.texts if t.get_gid() == "footer")
    assert foot.startswith("Synthetic data")
    record = json.loads((tmp_path / "effect.json").read_text())
    assert record["method"] == "interrupted time series"
    assert "Line chart of post in m USD" in record["alt"]
    assert "1 period without a report" in record["alt"]
    saved = pd.read_csv(tmp_path / "effect.csv")
    assert list(saved.columns[1:4]) == ["observed", "counterfactual", "effect"]


def test_the_chart_of_placebos_tells_the_rate_and_fills_what_was_found(tmp_path):
    import matplotlib.pyplot as plt

    rng = np.random.default_rng(5)
    table = pd.DataFrame(100 + np.cumsum(rng.normal(size=(48, 9)), axis=0), index=MONTHS, columns=list("abcdefghi"))
    e = ti.effects.difference_in_differences(table, "a", "2022-06")
    ax = e.placebos.plot(source="a test", save=tmp_path / "placebos")
    found = sum(line.get_gid() == "found" for line in ax.lines)
    assert found == e.placebos.table["found"].sum()
    assert sum(line.get_gid() == "nothing" for line in ax.lines) == len(e.placebos.table) - found
    assert any("8, " in t.get_text() for t in ax.texts if t.get_gid() == "kind")
    assert "leaves zero out" in json.loads((tmp_path / "placebos.json").read_text())["alt"]
    many = ti.effects.placebo_rate(e, runs=60, rng=1)
    dense = many.plot(source="a test")
    assert not dense.get_yticklabels()
    mine, _ = plt.subplots()
    assert figure.placebos(many.table, source="a test", ax=mine.axes[0] if mine.axes else mine.add_subplot())


def test_what_is_shown_in_a_notebook_is_escaped():
    html = measure(post(name="<b>post</b>"), "2023-01")._repr_html_()
    assert "<b>post" not in html
    assert "&lt;b&gt;post" in html


# --- published sums that overlap --------------------------------------------------------------------------------------


def published(*rows):
    return pd.DataFrame(rows, columns=["crossing", "start", "end", "value"])


def test_overlapping_sums_become_windows_that_add_up_to_each_of_them():
    found = ti.effects.windows(
        published(
            ("post", "2023-04-01", "2023-08-31", 705.0),
            ("post", "2023-08-01", "2023-08-31", 55.0),
            ("post", "2023-09-01", "2023-09-15", 60.0),
            ("post", "2023-04-01", "2024-03-31", 1150.0),
        )
    )
    by_hand = [
        ("2023-04-01", 122, 650.0),
        ("2023-08-01", 31, 55.0),
        ("2023-09-01", 15, 60.0),
        ("2023-09-16", 198, 385.0),
    ]
    rows = found.table
    assert [
        (f"{s:%Y-%m-%d}", d, v) for s, d, v in zip(rows["start"], rows["days"], rows["value"], strict=True)
    ] == by_hand
    assert rows["value"].sum() == 1150
    assert rows["days"].sum() == 366
    assert not rows["overlaps"].any()
    np.testing.assert_allclose(rows["per_day"], rows["value"] / rows["days"])


def test_sums_that_no_figure_links_stay_apart_and_contradictions_are_named():
    found = ti.effects.windows(
        published(
            ("a", "2023-04-01", "2023-08-04", 414.0),
            ("a", "2023-07-01", "2023-07-31", 124.0),
            ("a", "2023-04-01", "2023-08-04", 500.0),
            ("b", "2023-04-01", "2023-04-30", 5.0),
            ("b", "2023-04-01", "2023-05-31", 4.0),
        )
    )
    assert found.table.set_index("crossing").loc["a", "overlaps"].all()
    assert list(found.conflicts["value"]) == [500]
    assert list(found.conflicts["expected"]) == [414]
    assert found.table.query("crossing == 'b'")["value"].tolist() == [5.0, -1.0]
    assert "Two overlap others" in found.text
    assert "One below zero" in found.text
    assert "left out: 1" in found.text


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("a", "2023-04-01", "2023-03-01", 1.0)], "ends before it starts"),
        ([("a", "2023-04-01", None, 1.0)], "is missing"),
        ([("a", "2023-04-01", "2023-05-01", np.nan)], "is missing"),
    ],
)
def test_sums_without_a_period_are_refused(rows, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.effects.windows(published(*rows))
    with pytest.raises(ti.TradeImpactError, match="lacks value"):
        ti.effects.windows(published().drop(columns="value"))


def test_windows_are_drawn_as_long_as_they_are(tmp_path):

    found = ti.effects.windows(
        published(("a", "2023-04-01", "2023-04-30", 30e6), ("a", "2023-04-01", "2023-06-09", 50e6))
    )
    ax = found.plot("a", unit="USD", source="a test", events=[("2023-05-01", "shut")], save=tmp_path / "windows")
    lines = [line for line in ax.lines if line.get_gid() == "window"]
    assert [np.ptp(line.get_xdata()) for line in lines] == [30, 40]
    assert [line.get_ydata()[0] for line in lines] == [1.0, 0.5]
    assert "m USD" in ax.get_ylabel()
    assert "0.50 from 2023-05-01 to 2023-06-09" in json.loads((tmp_path / "windows.json").read_text())["alt"]
    with pytest.raises(ti.TradeImpactError, match="no window of 'b'"):
        found.plot("b")

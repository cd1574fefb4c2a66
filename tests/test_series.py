"""Baselines from series: zeros are shut posts, holidays and outliers are found, draws add up and intervals hold."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.tsa.statespace.structural import UnobservedComponents

import tradeimpact as ti
from tradeimpact.analysis.months import NATIONAL, holiday_shares, monthly_table, months_after
from tradeimpact.model.structural import RATIOS, fit_structural

MONTHS = 60
INDEX = pd.period_range("2016-06", periods=MONTHS, freq="M")  # to May 2021
LEVELS = {"torkham": 1.2e9, "islam_qala": 1.3e9, "spin_boldak": 6e8, "aqina": 1e8, "angur_ada": 2e7}
EIDS = ["2016-07-06", "2016-09-12", "2017-06-26", "2017-09-01", "2018-06-15", "2018-08-21", "2019-06-05", "2019-08-11",
        "2020-05-24", "2020-07-31", "2021-05-13", "2021-07-20"]  # fmt: skip


@pytest.fixture(scope="module")
def holidays():
    start = pd.to_datetime(EIDS)
    return pd.DataFrame({"start": start, "end": start + pd.Timedelta(days=4)})


@pytest.fixture(scope="module")
def synthetic():
    rng, k = np.random.default_rng(4), np.arange(MONTHS)
    table = {}
    for name, level in LEVELS.items():
        walk = np.cumsum(rng.normal(0.003, 0.02, MONTHS)) + 0.15 * np.sin(2 * np.pi * k / 12)
        table[name] = level * np.exp(walk + rng.normal(0, 0.05, MONTHS))
    return pd.DataFrame(table, index=INDEX)


@pytest.fixture(scope="module")
def gaps(synthetic):
    table = synthetic.copy()
    table.iloc[20:23, 2] = 0.0  # spin_boldak shut for three months
    table.iloc[30, 1] = np.nan  # one month of islam_qala not reported
    table.iloc[-5:, 4] = 0.0  # angur_ada shut at the end
    table.iloc[40, 0] *= 0.2  # one odd month at torkham
    return table


@pytest.fixture(scope="module")
def national(gaps):
    return gaps.fillna(1.3e9).sum(axis=1) * np.exp(np.random.default_rng(8).normal(0, 0.01, MONTHS))


@pytest.fixture(scope="module")
def baseline(gaps, national):
    return ti.baseline_from_series(
        gaps, national=national, currency="AFN", source="Invented months", synthetic=True, draws=512, rng=1
    )


def test_every_draw_adds_up_to_a_draw_of_the_national_total(gaps, national, baseline):
    alone = ti.baseline_from_series(gaps[["torkham"]].assign(rest=1.0), national=national, draws=512, rng=1)
    # the national paths depend on the national series, the seed and the draw alone, whatever is reconciled to them
    np.testing.assert_allclose(baseline.paths.sum(axis=1), alone.paths.sum(axis=1), rtol=1e-9)
    assert (baseline.paths.to_numpy() >= 0).all()
    assert baseline.paths.shape == (512 * 12, 5)


def test_means_of_the_table_add_up_and_ranges_are_in_order(baseline):
    table = baseline.table.set_index("crossing")
    assert table["mean"].drop(NATIONAL).sum() == pytest.approx(table.loc[NATIONAL, "mean"], rel=1e-9)
    assert ((table["low"] <= table["best"]) & (table["best"] <= table["high"])).all()
    assert (table["mc_error"] < 0.1 * (table["high"] - table["low"]) + 1).all()


def test_a_post_shut_at_the_end_is_held_at_exactly_zero_unless_told_otherwise(gaps, baseline):
    assert (baseline.paths["angur_ada"] == 0).all()
    assert baseline.held_shut == ("angur_ada",)
    assert "angur_ada" in baseline.text
    reopened = ti.baseline_from_series(gaps, shut=[], draws=64, rng=1)
    assert (reopened.paths["angur_ada"] > 0).all()


def test_a_month_shut_is_no_data_of_the_level(gaps):
    unknown = gaps.copy()
    unknown.iloc[20:23, 2] = np.nan
    shut, missing = (ti.baseline_from_series(t[["spin_boldak", "aqina"]], draws=64, rng=1) for t in (gaps, unknown))
    pd.testing.assert_frame_equal(shut.paths, missing.paths)
    counts = [b.table.set_index("crossing").loc["spin_boldak", ["shut", "missing"]].tolist() for b in (shut, missing)]
    assert counts == [[3, 0], [0, 3]]


def test_the_odd_month_is_found_and_leaves_the_baseline_alone(gaps, synthetic, baseline):
    assert baseline.table.set_index("crossing").loc["torkham", "outliers"] == "2019-10-01"
    clean, odd = (ti.baseline_from_series(t[["torkham", "aqina"]], draws=256, rng=1).table for t in (synthetic, gaps))
    np.testing.assert_allclose(odd["best"], clean["best"], rtol=0.02)


def test_ordinary_series_have_an_outlier_as_often_as_was_agreed():
    found = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        per_day = np.exp(np.cumsum(rng.normal(0, 0.03, 48)) + rng.normal(0, 0.08, 48))
        found += len(fit_structural(per_day, np.zeros(48)).outliers) > 0
    assert found <= 6  # 5 % of 40 is 2; 7 or more has a chance of under 1 %


def test_moving_holidays_are_told_from_the_season(synthetic, holidays):
    share, days = holiday_shares(holidays, pd.DatetimeIndex(INDEX.to_timestamp()))
    assert (share * days).sum() == 5 * 11  # the Eid of July 2021 is after the sample
    per_day = synthetic["torkham"].to_numpy() / days * np.exp(-0.8 * share)
    assert fit_structural(per_day, share).holiday_effect == pytest.approx(-0.8, abs=0.25)
    lost = synthetic[["torkham", "aqina"]].mul(np.exp(-0.8 * share), axis=0)
    ahead = ti.baseline_from_series(lost, holidays=holidays, months=14, draws=256, rng=1).paths["torkham"]
    plain = ti.baseline_from_series(synthetic[["torkham", "aqina"]], months=14, draws=256, rng=1).paths["torkham"]
    ratio = (ahead.groupby("month").median() / plain.groupby("month").median()).to_numpy()
    assert ratio[1] == ratio.min()  # July 2021 holds the next Eid
    assert ratio[1] == pytest.approx(np.exp(-0.8 * 5 / 31), abs=0.05)


def test_at_one_ratio_the_state_at_the_end_is_that_of_statsmodels():
    rng = np.random.default_rng(2)
    log = np.cumsum(rng.normal(0, 0.05, 20)) + rng.normal(0, 0.05, 20) + 3
    fit = fit_structural(np.exp(log), np.zeros(20))
    ratio = int(np.argmax(fit.weights))
    other = UnobservedComponents(log, level="local level", use_exact_diffuse=True)
    forecast = other.smooth([1.0, RATIOS[ratio] ** 2]).get_forecast(3)
    assert not fit.seasonal
    assert fit.state[ratio][0] == pytest.approx(forecast.predicted_mean[0], rel=1e-9)
    variance = (fit.root[ratio] @ fit.root[ratio].T)[0, 0] + 1.0
    assert variance == pytest.approx(forecast.var_pred_mean[0], rel=1e-9)
    likelihood = [other.loglike([s / 19 * v for v in (1.0, r**2)]) for s, r in zip(fit.squares, RATIOS, strict=True)]
    assert int(np.argmax(likelihood)) == ratio  # the concentrated likelihood has its maximum at the same ratio


def test_paths_start_at_the_end_of_the_sample(synthetic):
    doubled = synthetic.copy()
    doubled.iloc[40:] *= 2.0
    table, before = (ti.baseline_from_series(t, draws=256, rng=1).table for t in (doubled, synthetic))
    ratio = table["best"] / before["best"]
    assert ratio.between(1.75, 2.5).all()  # a third of the sample is doubled: its mean is not


def test_months_after_the_end_are_never_read(gaps):
    later = gaps.copy()
    later.iloc[-6:] *= 100.0
    first, second = (ti.baseline_from_series(t, end="2020-12-05", draws=64, rng=1) for t in (gaps, later))
    assert first.months[0] == pd.Timestamp("2020-12-01")  # December had not ended
    pd.testing.assert_frame_equal(first.paths, second.paths)


def test_draws_do_not_depend_on_their_number(gaps):
    few, many = (ti.baseline_from_series(gaps, draws=n, rng=0).paths for n in (100, 300))
    pd.testing.assert_frame_equal(few, many.loc[:99])


def test_intervals_cover_what_came_next():
    # four years of months, level and noise unknown: 90 % intervals must hold about nine times in ten
    inside = []
    for seed in range(40):
        rng, k = np.random.default_rng(seed), np.arange(60)
        log = np.cumsum(rng.normal(0.003, 0.04, 60)) + 0.2 * np.sin(2 * np.pi * k / 12) + rng.normal(0, 0.06, 60)
        fit = fit_structural(np.exp(log[:48]), np.zeros(48))
        paths = fit.paths(np.random.default_rng(1).standard_normal((fit.scores_needed(12), 400)), np.zeros(12))
        low, high = np.quantile(paths, [0.05, 0.95], axis=1)
        inside.append((log[48:] >= low) & (log[48:] <= high))
    assert 0.85 <= np.mean(inside) <= 0.95


def test_the_rest_of_the_total_is_a_series_of_its_own(synthetic):
    total = synthetic.sum(axis=1)
    posts = synthetic.drop(columns="torkham")
    result = ti.baseline_from_series(posts, national=total, rest="kabul", draws=64, rng=1)
    np.testing.assert_allclose(result.observed["kabul"], synthetic["torkham"], rtol=1e-6)
    with pytest.raises(ti.TradeImpactError, match="above the national total in 2016-06"):
        ti.baseline_from_series(synthetic, national=total / 2, rest="kabul")


@pytest.fixture(scope="module")
def in_case(baseline):
    case = ti.load_case("afghanistan-2021")
    return case, baseline.into(case, source="project_judgement", published="2021-07-01", grade="E")


def test_a_case_takes_the_baseline_and_says_what_changed(baseline, in_case):
    case, after = in_case
    own = after.baseline.set_index("crossing")["best_afn"]
    expected = baseline.table.set_index("crossing")["best"].drop(NATIONAL)
    np.testing.assert_allclose(own[expected.index], expected, rtol=1e-9)
    others = [c for c in own.index if c not in expected.index]
    before = case.baseline.set_index("crossing")["best_afn"]
    pd.testing.assert_series_equal(own[others].sort_index(), before[others].sort_index())
    assert set(after.changes["name"]) == {"baseline", "constraints", "national", "trucks"}
    assert set(after.constraints["constraint"]) == {"nimroz_2020", "northeast"}  # those that name no crossing of ours


def test_a_case_with_the_baseline_simulates_its_level_and_a_shut_post_earns_nothing(baseline, in_case):
    _, after = in_case
    result = ti.simulate(after, start="2021-07-01", end="2021-07-31", draws=256, rng=1)
    july = baseline.paths.sum(axis=1).xs(pd.Timestamp("2021-07-01"), level="month")
    row = result.summary().loc["baseline"]
    # the case holds Eid al-Adha as a holiday of its own and smooths months; the level is that of the series
    assert row["median"] == pytest.approx(july.median(), rel=0.25)
    assert result.by("crossing").loc[("angur_ada", "baseline"), "high"] == 0.0


def test_a_vintage_before_publication_does_not_see_the_series(in_case):
    _, after = in_case
    early = after.as_of("2021-06-30").baseline.set_index("crossing")["basis"]
    assert not early.str.contains("monthly series").any()


def test_what_does_not_fit_the_case_is_refused(baseline):
    case = ti.load_case("afghanistan-2021")
    other = ti.baseline_from_series(
        pd.DataFrame({"muse": range(1, 31)}, index=INDEX[:30]), currency="AFN", draws=8, rng=1
    )
    with pytest.raises(ti.TradeImpactError, match="muse: no unit of account"):
        other.into(case, source="project_judgement", published="2021-06-14")
    dollars = ti.baseline_from_series(pd.DataFrame({"aqina": range(1, 31)}, index=INDEX[:30]), draws=8, rng=1)
    with pytest.raises(ti.TradeImpactError, match="no stated currency"):
        dollars.into(case, source="project_judgement", published="2021-06-14")


def test_months_of_the_solar_calendar_keep_their_days_and_gaps():
    starts = ["2020-03-20", "2020-04-20", "2020-05-21", "2020-07-22"]
    table = monthly_table(pd.DataFrame({"zaranj": [1.0, 2.0, 3.0, 4.0]}, index=starts), None)
    assert len(table) == 5
    assert np.isnan(table["zaranj"].iloc[3])
    assert list(months_after(pd.DatetimeIndex(["2021-11-01", "2021-12-01"]), 2).strftime("%Y-%m-%d")) == [
        "2022-01-01", "2022-02-01",
    ]  # fmt: skip


def test_month_ends_and_periods_are_the_same_months(synthetic):
    ends = synthetic.set_axis(INDEX.to_timestamp(how="end").normalize())
    pd.testing.assert_frame_equal(monthly_table(ends, None), monthly_table(synthetic, None), check_freq=False)


@pytest.mark.parametrize(
    ("change", "options", "words"),
    [
        (lambda t: t.mul(-1), {}, "at least 0"),
        (lambda t: t.set_axis(range(MONTHS)), {}, "index holds numbers"),
        (lambda t: pd.concat([t, t.iloc[:1]]), {}, "more than once"),
        (lambda t: t.iloc[:10], {}, "10 months with trade.*Leave it out"),
        (lambda t: t.assign(aqina=np.nan), {}, "no figure at all"),
        (lambda t: t, {"months": 6}, "at least 12"),
        (lambda t: t, {"rest": "kabul"}, "give national too"),
        (lambda t: t, {"shut": ["torkam"]}, "Did you mean 'torkham'"),
        (lambda t: t, {"end": "2015-01-01"}, "no month ends by"),
        (lambda t: t, {"holidays": pd.DataFrame({"start": ["2020-01-02"], "end": ["2020-01-01"]})}, "not before it"),
    ],
)
def test_what_cannot_be_modelled_is_refused_with_a_remedy(synthetic, change, options, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.baseline_from_series(change(synthetic), draws=8, rng=1, **options)


def test_charts_show_the_tables_they_are_given(baseline):
    ax = baseline.plot()
    shown = sorted(line.get_xdata()[0] for line in ax.lines if line.get_gid() == "best")
    parts = baseline.table[baseline.table["crossing"] != NATIONAL]["best"]
    np.testing.assert_allclose(shown, sorted(parts / 1e9), rtol=1e-9)
    assert any("Synthetic data" in text.get_text() for text in ax.figure.texts)
    months = baseline.plot("spin_boldak")
    assert len(next(line for line in months.lines if line.get_gid() == "shut").get_xdata()) == 3
    baseline.plot(NATIONAL)
    with pytest.raises(ti.TradeImpactError, match="Did you mean 'torkham'"):
        baseline.plot("torkam")

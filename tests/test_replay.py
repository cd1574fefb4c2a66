"""The replay by day: each day as simulated, what is disputed, the reports behind it, its figure; verifying."""

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.analysis.claims import disputed
from tradeimpact.case.evidence import evidence
from tradeimpact.figures import replay as figure

DAYS = pd.date_range("2021-07-11", "2021-07-16")
WINDOW = ("2021-06-22", "2021-07-22")


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def known(case):
    return ti.replay(case, DAYS, window=WINDOW, draws=256, rng=4)


def test_each_day_is_what_simulate_says_as_of_that_day(case, known):
    for day in ("2021-07-11", "2021-07-14"):
        result = ti.simulate(case, case.as_reported(), start=WINDOW[0], end=WINDOW[1], as_of=day, draws=256, rng=4)
        rows = known.loss[known.loss["day"] == pd.Timestamp(day)].set_index("line")
        expected = result.summary().loc["government_loss"]
        so_far = result.cumulative().query("line == 'loss'").set_index("day").loc[pd.Timestamp(day)]
        for column in ("mean", "median", "low", "high"):
            assert rows.loc["window", column] == pytest.approx(expected[column], rel=1e-9)
            assert rows.loc["month", column] == pytest.approx(expected[column], rel=1e-9)  # the window is one month
            assert rows.loc["so_far", column] == pytest.approx(so_far[column], rel=1e-9)


def test_the_number_of_threads_and_the_days_beside_it_change_nothing(case, known):
    alone = ti.replay(case, DAYS[3:4], window=WINDOW, draws=256, rng=4, workers=1)
    row = known.loss[known.loss["day"] == DAYS[3]].reset_index(drop=True)
    pd.testing.assert_frame_equal(alone.loss, row, check_exact=True)
    pd.testing.assert_frame_equal(
        alone.probability, known.probability.loc[[DAYS[3]]], check_exact=False, check_freq=False, rtol=1e-12
    )


def test_probabilities_are_filtered_with_intervals_over_the_weights(known):
    table = known.probability
    np.testing.assert_allclose(table[["government", "nobody", "insurgent"]].sum(axis=1), 1)
    np.testing.assert_allclose(table["lost"], 1 - table["government"], atol=1e-12)
    assert ((table["low"] <= table["high"]) & (table["lost"] <= 1)).all()
    assert table.loc[("2021-07-13", "spin_boldak"), "lost"] < 0.5 < table.loc[("2021-07-14", "spin_boldak"), "lost"]


def test_a_day_is_disputed_while_both_sides_were_heard_within_seven_days(case, known):
    found = known.disputed_days()
    assert ("spin_boldak", pd.Timestamp("2021-07-14")) in set(zip(found["crossing"], found["day"], strict=True))
    assert not known.probability.loc[("2021-07-13", "spin_boldak"), "disputed"]
    flags = disputed(evidence(case), pd.date_range("2021-07-14", "2021-08-15"), ["spin_boldak"])
    last_claim = pd.Timestamp("2021-07-17")  # ev044, the last that says held; the last that says lost is of 16 July
    assert list(flags[flags].index.get_level_values("day")) == list(
        pd.date_range("2021-07-14", last_claim + pd.Timedelta(days=5))
    )


def test_the_reports_behind_a_day_were_public_by_then_and_carry_their_sources(known):
    table = known.reports("2021-07-14", "spin_boldak")
    assert set(table["report"]) == {"ev036", "ev037", "ev040"}
    assert (table["source_title"].str.len() > 5).all()
    every = known.reports("2021-07-14")
    assert (every["published_latest"] <= pd.Timestamp("2021-07-14")).all()
    assert "national" in set(every["crossing"])
    assert len(known.reports("2021-07-14", within=1)) < len(every)
    with pytest.raises(ti.TradeImpactError, match="spin_boldak"):
        known.reports("2021-07-14", "spin_bolduk")


def test_before_the_window_the_loss_so_far_is_nothing_and_no_month_is_named(case):
    early = ti.replay(case, ["2021-06-20"], window=WINDOW, draws=64, rng=1).loss.set_index("line")
    assert early.loc["so_far", "high"] == 0
    assert "month" not in early.index


@pytest.mark.parametrize(
    ("days", "options", "words"),
    [
        ([], {}, "each once"),
        (["2021-07-14", "2021-07-14"], {}, "each once"),
        (["2021-07-14"], {"window": ("2021-07-22", "2021-07-20")}, "before it starts"),
        (["2021-07-14"], {"forecast": "guess"}, "persist"),
    ],
)
def test_days_and_windows_that_make_no_replay_are_errors_of_ours(case, days, options, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.replay(case, days, draws=16, rng=1, **options)


def test_its_figure_its_words_and_its_files(known, tmp_path):
    axes = known.plot(save=tmp_path / "known")
    assert {path.suffix for path in tmp_path.iterdir()} == {".svg", ".png", ".csv", ".json"}
    words = (tmp_path / "known.svg").read_text(encoding="utf-8")
    assert "Spin Boldak" in words
    assert "disputed crossing-days" in words
    upper, lower = axes.figure.axes[:2]
    marks = next(line for line in upper.lines if line.get_gid() == "disputed")
    assert len(marks.get_xdata()) == int(known.probability["disputed"].sum())
    assert {line.get_gid() for line in lower.lines} >= {"line-so_far", "line-month"}
    assert "<strong>" in known._repr_html_()
    shades = [np.dot(tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)), (0.299, 0.587, 0.114)) for c in figure.SHADES]
    assert shades == sorted(shades, reverse=True)  # a grey print keeps the order


def test_the_figure_refuses_a_table_with_gaps(known):
    table = known.probability.reset_index()
    with pytest.raises(ti.TradeImpactError, match="every crossing every day"):
        figure.as_known(table.iloc[1:], known.loss, source="x")
    with pytest.raises(ti.TradeImpactError, match="gaps"):
        figure.as_known(table[table["day"] != DAYS[2]], known.loss, source="x")


# --- what verifying is worth ---------------------------------------------------------------------


def test_settling_a_crossing_splits_the_variance_of_the_loss(case):
    table = ti.value_of_verifying(case, "2021-07-14", window=WINDOW, draws=1024, rng=1)
    row = table.set_index("crossing").loc["spin_boldak"]
    p, a, b = row["lost"], row["loss_if_lost"], row["loss_if_held"]
    between = p * (1 - p) * (a - b) ** 2
    assert row["sd"] ** 2 == pytest.approx(row["sd_settled"] ** 2 + between, rel=1e-9)
    assert row["share"] == pytest.approx(between / row["sd"] ** 2, rel=1e-9)
    assert row["worth"] == pytest.approx(row["sd"] - row["sd_settled"])
    assert "ev040" in row["reports"].split(" / ")[1]
    result = ti.simulate(
        case, case.as_reported(), start=WINDOW[0], end=WINDOW[1], as_of="2021-07-14", draws=1024, rng=1
    )
    assert row["sd"] == pytest.approx(result.draws()["government_loss"].std(ddof=0), rel=1e-9)
    at = result.inputs.crossings.index("spin_boldak")
    held = result.totals.holders[0, at, list(result.inputs.window_days).index(pd.Timestamp("2021-07-14"))]
    assert row["lost"] == pytest.approx(1 - held, abs=1e-12)


def test_a_crossing_about_which_there_is_no_doubt_has_no_answer_and_an_unknown_one_is_an_error(case):
    table = ti.value_of_verifying(case, "2021-07-20", crossings=["sher_khan_bandar"], draws=64, rng=1)
    assert table["worth"].isna().all()
    assert ti.value_of_verifying(case, "2021-06-25", draws=64, rng=1).empty
    with pytest.raises(ti.TradeImpactError, match="torkham"):
        ti.value_of_verifying(case, "2021-07-20", crossings=["torkam"], draws=64, rng=1)

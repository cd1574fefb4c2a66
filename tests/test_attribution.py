"""Attribution: shares against every sub-scenario run by hand, sums, idle players, sampled orders, weights, figures."""

from itertools import permutations
from math import factorial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.model.ledger import Flows, Rates, insurgent_gain, ledger_lines

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
WINDOW = {"start": "2001-06-04", "end": "2001-06-30"}
PLAYERS = ("north_gate", "south_gate", "insecurity", "threat", "closures")
LINES = ("government_loss", "insurgent_gain")


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


def story(who=PLAYERS):
    """What happens if only some of the players take part, event by event, by the rules the library states."""
    s = ti.Scenario("synthetic story")
    if "north_gate" in who:
        s = s.capture("north_gate", on="2001-06-10")
    if "south_gate" in who:
        s = s.capture("south_gate", on="2001-06-14")
    if {"closures", "north_gate"} <= set(who):  # a neighbour shuts what was captured
        s = s.close("north_gate", "2001-06-12", "2001-06-18")
    if "closures" in who:  # began in government hands, runs on over the fall
        s = s.close("south_gate", "2001-06-08", "2001-06-16")
    if {"threat", "north_gate"} <= set(who):
        s = s.threat("north_gate", "2001-06-05", "2001-06-09")
    if "threat" in who:
        s = s.threat("east_gate", "2001-06-11", "2001-06-20")
    if "insecurity" in who:
        s = s.insecurity("2001-06-03", "2001-06-30", 0.2, to=0.5)
    return s


@pytest.fixture(scope="module")
def result(case):
    return ti.simulate(case, story(), **WINDOW, draws=48, rng=1)


@pytest.fixture(scope="module")
def found(result):
    return ti.attribution(result)


@pytest.fixture(scope="module")
def by_hand(case):
    """Loss and gain of all 32 sub-scenarios, each simulated by itself: coalition -> line -> draws."""
    worth = {}
    for coalition in range(1 << len(PLAYERS)):
        who = [p for i, p in enumerate(PLAYERS) if coalition >> i & 1]
        worth[coalition] = ti.simulate(case, story(who), **WINDOW, draws=48, rng=1).draws()
    return worth


@pytest.mark.parametrize("line", LINES)
def test_shares_are_those_of_the_sub_scenarios_simulated_one_by_one(found, by_hand, line):
    total = {p: np.zeros(48) for p in PLAYERS}
    for order in permutations(range(len(PLAYERS))):
        here = 0
        for i in order:
            total[PLAYERS[i]] += (by_hand[here | 1 << i][line] - by_hand[here][line]).to_numpy()
            here |= 1 << i
    shares = (found if line == found.of else found.other()).draws()
    scale = by_hand[0]["baseline"].mean()
    for player in PLAYERS:
        expected = total[player] / factorial(len(PLAYERS))
        np.testing.assert_allclose(shares[player], expected, rtol=0, atol=1e-9 * scale, err_msg=player)


@pytest.mark.parametrize("line", LINES)
def test_what_stands_beside_the_shares_is_what_the_sub_scenarios_say(found, by_hand, line):
    table = (found if line == found.of else found.other()).table
    mean = {c: float(lines[line].mean()) for c, lines in by_hand.items()}
    everyone = (1 << len(PLAYERS)) - 1
    tolerance = 1e-9 * by_hand[0]["baseline"].mean()
    for i, player in enumerate(PLAYERS):
        assert table.loc[player, "alone"] == pytest.approx(mean[1 << i], abs=tolerance)
        last = mean[everyone] - mean[everyone ^ 1 << i]
        assert table.loc[player, "leave_one_out"] == pytest.approx(last, abs=tolerance)
    turn = ["insecurity", "threat", "closures", "north_gate", "south_gate"]  # by the first day of each
    here = 0
    for player in turn:
        after = here | 1 << PLAYERS.index(player)
        assert table.loc[player, "order_of_fall"] == pytest.approx(mean[after] - mean[here], abs=tolerance)
        here = after


def test_profile_is_the_mean_over_sets_of_other_crossings_with_every_driver_acting(found, by_hand):
    mean = {c: float(lines["government_loss"].mean()) for c, lines in by_hand.items()}
    rows = found.profile.set_index(["player", "others"])["mean"]
    drivers = 0b11100
    assert rows["north_gate", 0] == pytest.approx(mean[drivers | 1] - mean[drivers])
    assert rows["north_gate", 1] == pytest.approx(mean[drivers | 3] - mean[drivers | 2])
    assert rows["south_gate", 1] == pytest.approx(found.table.loc["south_gate", "leave_one_out"])
    loss = {c: lines["government_loss"].to_numpy() for c, lines in by_hand.items()}
    ends = found.profile.set_index(["player", "others"])[["low", "high"]]
    for others, added in ((0, loss[drivers | 1] - loss[drivers]), (1, loss[drivers | 3] - loss[drivers | 2])):
        assert ends.loc[("north_gate", others)].to_numpy() == pytest.approx(np.quantile(added, [0.05, 0.95]))


@pytest.mark.parametrize("of", LINES)
def test_shares_add_up_to_the_line_of_the_run_in_every_draw_of_a_history_as_reported(case, of):
    result = ti.simulate(case, case.as_reported(), **WINDOW, draws=300, rng=3)
    a = ti.attribution(result, of=of)
    lines = result.draws().iloc[: a.count]
    gap = (a.draws().sum(axis=1) - lines[of]).abs() / lines["baseline"]
    assert gap.max() < 1e-9
    assert a.count == 300


def test_who_does_not_act_in_a_draw_gets_exactly_zero_there(case):
    result = ti.simulate(case, case.as_reported(), **WINDOW, draws=300, rng=3)
    a = ti.attribution(result)
    plays = a.shares.plays
    assert (~plays).any()
    for shares in a.shares.shapley:
        assert (shares[~plays] == 0.0).all()
    rare = a.table[(a.table["occurs"] > 0) & (a.table["occurs"] < 1)]
    assert len(rare)


def test_sampled_orders_agree_with_exact_shares_within_their_stated_error(case):
    result = ti.simulate(case, case.as_reported(), **WINDOW, draws=96, rng=3)
    exact, sampled = ti.attribution(result), ti.attribution(result, exact_up_to=2, permutations=64, rng=5)
    error = sampled.shares.error
    some = error > 1e-6 * result.draws()["baseline"].mean()
    miss = (sampled.shares.shapley - exact.shares.shapley)[some] / error[some]
    assert some.sum() > 100
    assert np.abs(miss).max() < 6
    assert (np.abs(miss) < 2).mean() > 0.9
    for column in ("alone", "leave_one_out", "order_of_fall"):
        np.testing.assert_allclose(sampled.table[column], exact.table[column].reindex(sampled.table.index), atol=1.0)
    total = (sampled.draws().sum(axis=1) - result.draws()["government_loss"]).abs().max()
    assert total < 1e-9 * result.draws()["baseline"].mean()
    assert "sampled" in sampled.text


def test_threads_and_the_number_of_draws_change_no_number(result):
    one = ti.attribution(result, threads=1, draws=16).draws()
    two = ti.attribution(result, threads=2).draws().iloc[:16]
    pd.testing.assert_frame_equal(one, two, check_exact=False, rtol=1e-12, check_column_type=False, check_like=True)


def test_weights_of_an_update_are_honoured_in_every_column(case):
    result = ti.simulate(case, story(), **WINDOW, draws=400, rng=1)
    revenue = result.draws()["government_revenue"]
    updated = ti.update(result, revenue.quantile(0.3), revenue.std() / 2)
    plain, weighed = ti.attribution(result), ti.attribution(updated)
    expected = updated.weights @ plain.draws()["north_gate"].to_numpy()
    assert weighed.table.loc["north_gate", "mean"] == pytest.approx(expected)
    assert weighed.table.loc["total", "mean"] == pytest.approx(updated.weights @ result.draws()["government_loss"])
    assert weighed.table.loc["total", "mean"] > plain.table.loc["total", "mean"]
    assert weighed.table["share"].drop("total").sum() == pytest.approx(1)


def test_dollars_are_attributed_as_dollars(result):
    try:
        dollars = result.to("usd")
    except ti.TradeImpactError:
        pytest.skip("the synthetic case has no exchange rate for these days")
    a = ti.attribution(dollars, draws=16)
    np.testing.assert_allclose(a.draws().sum(axis=1), dollars.draws()["government_loss"][:16], rtol=1e-9)


def test_draws_are_cut_where_many_players_would_take_too_long(case, monkeypatch):
    from tradeimpact.analysis import attribution as module

    monkeypatch.setattr(module, "PAIRS", 40 * 32)
    result = ti.simulate(case, story(), **WINDOW, draws=60, rng=1)
    a = ti.attribution(result)
    assert a.count == 40
    assert "40 of 60 draws" in a.text


def test_text_names_the_largest_share_and_keeps_loss_and_gain_apart(found):
    assert found.table.index[-1] == "total"
    assert found.table["name"].iloc[0] in found.text
    assert "the government's loss" in found.text
    assert "gain" not in found.text
    assert "the insurgents' gain" in found.other().text
    assert "<table" in found._repr_html_()


@pytest.mark.parametrize("draw", ["plot", "plot_profile"])
def test_figures_save_with_table_and_words(found, tmp_path, draw):
    ax = getattr(found, draw)(save=tmp_path / "f")
    assert {p.suffix for p in tmp_path.iterdir()} == {".svg", ".png", ".csv", ".json"}
    assert "ynthetic" in "".join(t.get_text() for t in ax.figure.texts)
    assert "attribution" in (tmp_path / "f.json").read_text()
    plt.close(ax.figure)
    other = getattr(found.other(), draw)()
    assert isinstance(other, plt.Axes)
    plt.close(other.figure)


def test_bars_are_the_shares_of_the_table(found):
    ax = found.plot()
    widths = {p.get_gid(): p.get_width() for p in ax.patches if p.get_gid()}
    largest = found.table.iloc[0]
    ratio = widths[f"bar-{largest['name']}"] / largest["mean"]
    for row in found.table.iloc[:-1].itertuples():
        if f"bar-{row.name}" in widths:
            assert widths[f"bar-{row.name}"] == pytest.approx(row.mean * ratio)
    plt.close(ax.figure)


def test_a_profile_of_one_crossing_is_refused_in_words(case):
    result = ti.simulate(case, ti.Scenario("one").capture("north_gate", on="2001-06-10"), **WINDOW, draws=16, rng=1)
    with pytest.raises(ti.TradeImpactError, match="fewer than two"):
        ti.attribution(result).plot_profile()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"of": "loss"}, "government_loss"),
        ({"draws": 49}, "has 48 draws"),
        ({"draws": 0}, "has 48 draws"),
        ({"exact_up_to": 17}, "1 to 16"),
        ({"permutations": 5}, "even"),
    ],
)
def test_what_cannot_be_asked_is_refused(result, changes, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.attribution(result, **changes)


def test_where_nothing_happens_there_is_nothing_to_attribute(case):
    with pytest.raises(ti.TradeImpactError, match="nothing"):
        ti.attribution(ti.simulate(case, None, **WINDOW, draws=16, rng=1))


def test_the_lean_gain_is_the_ledgers_own():
    rng = np.random.default_rng(2)
    shape = (3, 4, 5)
    share = rng.dirichlet(np.ones(3), size=shape)
    g, n, i = np.moveaxis(share, -1, 0)
    trade = [rng.lognormal(size=shape) for _ in range(3)]
    flows = Flows(*trade, rng.random((1, 4, 5)), rng.random((1, 4, 5)), rng.random(shape), g, n, i)
    r0, inland, levy, road = (rng.uniform(0.01, 0.2, (3, 1, 5)) for _ in range(4))
    rates = Rates(r0, r0, inland, rng.random((1, 1, 5)), levy, road, rng.random((1, 1, 5)))
    np.testing.assert_allclose(insurgent_gain(flows, rates), ledger_lines(flows, rates)["insurgent_gain"].sum(axis=0))

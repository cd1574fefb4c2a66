"""A change of revenue splits exactly into volume, unit value, effective rate and collection, zeros included."""

from itertools import permutations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradeimpact as ti
from tradeimpact.analysis.decompose import AMOUNTS, FACTORS, shapley_of_product

OLD = pd.DataFrame(
    [[1000, 5e9, 9e8, 5e8], [800, 6e9, 8e8, 4e8], [300, 2e9, 3e8, 1e8]],
    columns=list(AMOUNTS),
    index=["torkham", "islam_qala", "aqina"],
)
NEW = pd.DataFrame(
    [[1100, 5.8e9, 1.2e9, 5.5e8], [0, 0, 0, 0], [200, 1.8e9, 2.9e8, 1.2e8], [100, 4e8, 5e7, 3e7]],
    columns=list(AMOUNTS),
    index=["torkham", "islam_qala", "aqina", "zaranj"],
)


def test_two_factors_split_their_joint_effect_in_halves():
    # 2 x 5 -> 3 x 7: (3 - 2) (5 + 7) / 2 and (7 - 5) (2 + 3) / 2, by hand
    np.testing.assert_allclose(shapley_of_product(np.array([[2.0, 5.0]]), np.array([[3.0, 7.0]])), [[6.0, 5.0]])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_each_part_is_the_mean_over_all_orders_of_change(seed):
    rng = np.random.default_rng(seed)
    before, after = rng.uniform(0, 3, 4) * rng.integers(0, 2, 4), rng.uniform(0, 3, 4) * rng.integers(0, 2, 4)
    expected, orders = np.zeros(4), list(permutations(range(4)))
    for order in orders:
        now = before.copy()
        for factor in order:
            was = now.prod()
            now[factor] = after[factor]
            expected[factor] += (now.prod() - was) / len(orders)
    found = shapley_of_product(before[None], after[None])[0]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found.sum() == pytest.approx(after.prod() - before.prod(), abs=1e-12)


def test_tables_add_up_exactly_in_every_row():
    found = ti.decompose(OLD, NEW)
    by_unit = found.by_unit
    np.testing.assert_allclose(
        by_unit["before"] + by_unit[list(FACTORS)].sum(axis=1), by_unit["after"], atol=1e-12 * 1e9
    )
    np.testing.assert_allclose(by_unit["before"], [5e8, 4e8, 1e8, 0.0], rtol=1e-12)
    amounts = found.table["amount"]
    assert amounts["before"] + amounts[list(FACTORS)].sum() == pytest.approx(amounts["after"], rel=1e-12)
    assert amounts["after"] == pytest.approx(NEW["collected"].sum(), rel=1e-12)
    assert found.table["share"].sum() == pytest.approx(1.0)


def test_a_post_that_shuts_or_opens_changes_by_volume_alone():
    by_unit = ti.decompose(OLD, NEW).by_unit
    assert by_unit.loc["islam_qala", list(FACTORS)].tolist() == pytest.approx([-4e8, 0, 0, 0])
    assert by_unit.loc["zaranj", list(FACTORS)].tolist() == pytest.approx([3e7, 0, 0, 0])


def test_goods_that_become_exempt_change_by_the_rate_and_not_by_collection():
    exempt = OLD.copy()
    exempt.loc["torkham", ["assessed", "collected"]] = 0.0
    row = ti.decompose(OLD, exempt).by_unit.loc["torkham"]
    assert row[list(FACTORS)].tolist() == pytest.approx([0, 0, -5e8, 0])


def test_the_other_way_round_gives_the_opposite():
    there, back = ti.decompose(OLD, NEW).table["amount"], ti.decompose(NEW, OLD).table["amount"]
    np.testing.assert_allclose(there[list(FACTORS)], -back[list(FACTORS)], rtol=1e-9)


def test_factors_and_amounts_are_two_ways_to_say_the_same():
    def factors(t):
        ratios = {"unit_value": t["value"] / t["volume"], "effective_rate": t["assessed"] / t["value"]}
        return pd.DataFrame({"volume": t["volume"]} | ratios | {"collection": t["collected"] / t["assessed"]})

    said = ti.decompose(factors(OLD), factors(NEW)).table  # 0 / 0 is missing at the post that shut
    pd.testing.assert_frame_equal(said, ti.decompose(OLD, NEW).table)


def test_nothing_changes_where_nothing_changed():
    found = ti.decompose(OLD, OLD, currency="AFN")
    assert (found.table.loc[list(FACTORS), "amount"] == 0).all()
    assert found.table["share"].isna().all()
    assert "did not change" in found.text


def test_the_sentence_states_the_largest_part_first():
    found = ti.decompose(OLD, NEW, currency="AFN", synthetic=True)
    assert found.text.startswith("Synthetic data. Revenue fell by 300 m AFN, from 1.0 bn AFN to 700 m AFN: volume took")
    assert "Most of it at islam_qala" in found.text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.drop(columns="assessed"), "lacks assessed"),
        (lambda t: t.assign(volume=0), "value above 0 and volume 0"),
        (lambda t: t.assign(value=np.nan), "value of torkham is missing"),
        (lambda t: t.assign(value=-1), "expected at least 0"),
        (lambda t: pd.concat([t, t]), "'torkham' more than once"),
        (lambda t: t.assign(value="many"), "no number"),
    ],
)
def test_tables_that_make_no_sense_are_refused(change, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.decompose(change(OLD), NEW)


def test_the_waterfall_ends_at_what_was_collected_after():
    ax = ti.decompose(OLD, NEW, currency="AFN", source="Invented", synthetic=True).plot()
    bars = {bar.get_gid(): bar for bar in ax.patches if str(bar.get_gid()).startswith("bar-")}
    assert bars["bar-after"].get_width() == pytest.approx(0.7)
    last = bars["bar-collection"]
    assert last.get_x() + last.get_width() == pytest.approx(0.7)
    assert any("Synthetic data" in text.get_text() for text in ax.figure.texts)

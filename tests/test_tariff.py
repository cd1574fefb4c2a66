"""From customs value to revenue (MODEL section 2): the cascade, the gap and its split, evasion, three views."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tradeimpact import TradeImpactError
from tradeimpact.model.tariff import Charge, cascade, split_gap, statutory_rate, three_views, undeclared_share

DUTY = Charge("duty", 0.10)
EXCISE = Charge("excise", 0.05, "value+duty")
VAT = Charge("vat", 0.10, "value+duty+excise")


def share(low=0.0, high=1.0):
    return st.floats(low, high, allow_nan=False)


# --- the cascade ------------------------------------------------------------------------------------------


def test_the_published_cascade_of_duty_excise_and_value_added_tax():
    # EVIDENCE section 2: 10 + 5.5 + 11.55 = 27.05 on 100
    found = cascade(100.0, [DUTY, EXCISE, VAT])
    assert {name: pytest.approx(float(x), rel=1e-14) for name, x in found.items()} == {
        "duty": 10.0,
        "excise": 5.5,
        "vat": 11.55,
        "assessed": 27.05,
    }
    assert statutory_rate([DUTY, EXCISE, VAT]) == pytest.approx(0.2705, rel=1e-14)


def test_taxes_of_afghanistan_take_duty_into_their_base():
    # MODEL section 2: 4 % advance income tax on value + duty, 2 % import tax on its base, here value alone
    found = cascade(1000.0, [DUTY, Charge("bt", 0.04, "value+duty"), Charge("import", 0.02)])
    assert float(found["assessed"]) == pytest.approx(100 + 44 + 20, rel=1e-14)


def test_the_order_of_the_schedule_decides_what_a_base_can_hold():
    with pytest.raises(TradeImpactError, match=r"'excise'.*'duty'"):
        cascade(100.0, [EXCISE, DUTY])


def test_specific_charges_are_per_tonne_or_truck_and_enter_later_bases():
    # 100 of value in 3 tonnes on 2 trucks: 4 a tonne is 12, 7 a truck is 14, then 10 % of 100 + 12 = 11.2
    schedule = [Charge("weight", 4.0, per="tonne"), Charge("fee", 7.0, per="truck"), Charge("vat", 0.1, "value+weight")]
    found = cascade(100.0, schedule, tonnes=3.0, trucks=2.0)
    assert float(found["assessed"]) == pytest.approx(12 + 14 + 11.2, rel=1e-14)


def test_an_exemption_is_a_share_of_the_base():
    # three quarters of the base pay duty, all of the base pays the tax on value and duty
    found = cascade(100.0, [Charge("duty", 0.10, exempt_share=0.25), Charge("vat", 0.10, "value+duty")])
    assert float(found["duty"]) == pytest.approx(7.5, rel=1e-14)
    assert float(found["vat"]) == pytest.approx(10.75, rel=1e-14)


def test_a_cascade_of_arrays_is_that_of_each_entry():
    value, tonnes = np.array([[0.0, 100.0, 7.0]]), np.array([[5.0, 0.0, 2.0]])
    schedule = [DUTY, Charge("weight", 4.0, per="tonne"), VAT_ON_DUTY]
    found = cascade(value, schedule, tonnes=tonnes)["assessed"]
    for i in range(3):
        v, t = value[0, i], tonnes[0, i]
        assert found[0, i] == pytest.approx(0.1 * v + 4 * t + 0.1 * 1.1 * v, rel=1e-14)


VAT_ON_DUTY = Charge("vat", 0.10, "value+duty")


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1e9), share(), share(), share(), share(0, 0.99))
def test_with_one_exemption_for_all_charges_only_what_pays_is_assessed(value, duty, excise, vat, exempt):
    names = (("duty", duty, "value"), ("excise", excise, "value+duty"), ("vat", vat, "value+duty+excise"))
    found = cascade(value, [Charge(*row, exempt_share=exempt) for row in names])
    pays = 1 - exempt
    d = duty * value * pays
    e = excise * (value + d) * pays
    v = vat * (value + d + e) * pays
    assert float(found["assessed"]) == pytest.approx(d + e + v, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize(
    ("charge", "words"),
    [
        (Charge("toll", -0.1), "toll"),
        (Charge("toll", np.nan), "toll"),
        (Charge("toll", np.inf), "toll"),
        (Charge("toll", 25.0), "toll"),
        (Charge("toll", 0.1, "value+dutty"), "toll.*dutty.*duty"),
        (Charge("toll", 0.1, exempt_share=1.5), "toll"),
        (Charge("toll", 0.1, per="mile"), "toll.*mile"),
        (Charge("toll", 5.0, per="tonne"), "toll.*tonne"),
        (Charge("duty", 0.1), "duty"),
    ],
    ids=["negative", "NaN", "infinite", "per cent for fraction", "base", "exemption", "unit", "quantity", "twice"],
)
def test_an_error_names_the_charge(charge, words):
    with pytest.raises(TradeImpactError, match=words):
        cascade(100.0, [DUTY, charge])


@pytest.mark.parametrize("tonnes", [-1.0, np.nan, np.inf])
def test_a_quantity_out_of_range_is_an_error_that_names_the_charge(tonnes):
    with pytest.raises(TradeImpactError, match="weight"):
        cascade(100.0, [DUTY, Charge("weight", 4.0, per="tonne")], tonnes=tonnes)


@pytest.mark.parametrize("value", [-1.0, np.nan, np.inf])
def test_a_declared_value_out_of_range_is_an_error(value):
    with pytest.raises(TradeImpactError, match="value"):
        cascade(value, [DUTY])


# --- the gap and its split --------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(share(0, 0.95), share())
def test_what_is_not_declared_and_what_leaks_make_up_the_gap_together(gap, split):
    undeclared, leakage = split_gap(gap, split)
    assert 0 <= undeclared <= gap + 1e-12
    assert 0 <= leakage <= gap + 1e-12
    assert (1 - undeclared) * (1 - leakage) == pytest.approx(1 - gap, rel=1e-12)


def test_a_gap_is_split_by_hand():
    # gap 0.36, half of it in logs each: 0.64 = 0.8 x 0.8
    undeclared, leakage = split_gap(0.36, 0.5)
    assert float(undeclared) == pytest.approx(0.2, rel=1e-13)
    assert float(leakage) == pytest.approx(0.2, rel=1e-13)


def test_the_ends_of_the_split_put_the_whole_gap_on_one_side():
    np.testing.assert_allclose(split_gap([0.47, 0.47], [0.0, 1.0]), [[0, 0.47], [0.47, 0]], atol=1e-15)


@pytest.mark.parametrize(
    ("gap", "split"), [(1.0, 0.5), (-0.1, 0.5), (0.5, 1.1), (0.5, -0.1), (np.nan, 0.5), (0.5, np.nan)]
)
def test_a_gap_or_split_out_of_range_is_an_error(gap, split):
    with pytest.raises(TradeImpactError, match="gap"):
        split_gap(gap, split)


# --- evasion ----------------------------------------------------------------------------------------------


def test_one_point_more_tax_lowers_the_declared_share_by_three_per_cent():
    # Fisman and Wei 2004: d log(1 - u) / d rate = -3
    low, high = (np.log(1 - undeclared_share(0.4, 0.2 + d, 0.2, semi_elasticity=3)) for d in (0.0, 0.01))
    assert (high - low) / 0.01 == pytest.approx(-3, rel=1e-10)


def test_at_the_rate_it_was_observed_at_evasion_is_what_was_observed():
    np.testing.assert_allclose(
        undeclared_share([0.0, 0.3, 1.0], 0.17, 0.17, semi_elasticity=3), [0, 0.3, 1], atol=1e-15
    )


def test_a_cut_of_the_rate_cannot_declare_more_than_everything():
    assert undeclared_share(0.1, 0.0, 0.5, semi_elasticity=3) == 0


# --- three views ------------------------------------------------------------------------------------------


def test_three_views_by_hand():
    # true value 200 in 10 tonnes, 40 % undeclared, 25 % leaks; duty 10 % and 1 a tonne
    #   potential 20 + 10 = 30; declared 120 in 6 tonnes; assessed 12 + 6 = 18; collected 13.5
    found = three_views(200.0, [DUTY, Charge("weight", 1.0, per="tonne")], 0.4, 0.25, tonnes=10.0)
    assert {name: round(float(x), 9) for name, x in found.items()} == {
        "potential": 30.0,
        "declared": 120.0,
        "assessed": 18.0,
        "collected": 13.5,
    }


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 1e12), share(), share(), share(0, 100))
def test_potential_is_at_least_assessed_is_at_least_collected(value, undeclared, leakage, per_truck):
    schedule = [DUTY, EXCISE, VAT, Charge("fee", per_truck, per="truck")]
    found = three_views(value, schedule, undeclared, leakage, trucks=value / 1e4)
    assert found["potential"] * (1 + 1e-12) >= found["assessed"]
    assert found["assessed"] * (1 + 1e-12) >= found["collected"] >= 0
    # every charge is linear in what is declared: collected / potential = (1 - u)(1 - leakage)
    kept = (1 - undeclared) * (1 - leakage)
    assert float(found["collected"]) == pytest.approx(kept * float(found["potential"]), rel=1e-12, abs=1e-300)


def test_the_gap_of_nimroz_comes_back_from_its_split():
    # EVIDENCE: 93.2 of a potential 176 million dollars collected, a gap of 0.47
    gap = 1 - 93.2 / 176
    undeclared, leakage = split_gap(gap, 0.75)
    rate = statutory_rate([DUTY, EXCISE, VAT])
    found = three_views(176e6 / rate, [DUTY, EXCISE, VAT], undeclared, leakage)
    assert float(found["potential"]) == pytest.approx(176e6, rel=1e-12)
    assert float(found["collected"]) == pytest.approx(93.2e6, rel=1e-12)


@pytest.mark.parametrize(
    ("undeclared", "leakage", "name"), [(1.2, 0.1, "undeclared"), (0.1, -0.2, "leakage"), (np.nan, 0, "undeclared")]
)
def test_a_share_out_of_range_is_an_error_that_names_it(undeclared, leakage, name):
    with pytest.raises(TradeImpactError, match=name):
        three_views(100.0, [DUTY], undeclared, leakage)

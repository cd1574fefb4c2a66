"""One case worked out on paper, every ledger line to the cent (synthetic: tests/cases/by-hand-synthetic).

Three gates and an inland city, two days, no spread in any assumption. The numbers below follow MODEL sections 2, 3,
5 and 6 step by step; none was taken from the library.

Rates (section 2)
    gap 0.36, half of it in logs each:    1 - u = 1 - leakage = 0.64^(1/2) = 0.8
    r0 = 0.2 x 0.8 = 0.16                 (collected on declared value, times what is declared)
    bribes = 0.16 x 0.2 / 0.8 x 0.5 = 0.02    (half of what leaks, and 0.16 is 0.8 of what is assessed)
    road levies = 400 x 0.5 / 10,000 = 0.02   (per truck, times the share that pays, over the value of a truck)
    levy = 500 / 10,000 = 0.05                inland charge r_in = 0.75 x 0.16 = 0.12, d = 0.25
    cost in the baseline 1 + 0.16 + 0.02 + 0.02 = 1.2

Baseline (section 3): 4,320,000 in April, 144,000 a day, no growth, shares 25 39 24.888... 11.111... per cent
                     revenue   value M0 = revenue / 0.16
    a west            36,000   225,000     22.5 trucks of 10,000
    b west            56,160   351,000     no count: 10,000 a truck is assumed
    c east            35,840   224,000     22.4 trucks of 10,000
    d the city        16,000   100,000     40 % fed by a, 10 % by b, 20 % by c, 30 % by air
    sum              144,000   V = 800,000 at the gates; S west 0.72, east 0.28

Day 1: a is captured, b is shut by the neighbour.               theta 2, phi 1, epsilon 1/2, friction 0.42
    cost at a: 1 + levy 0.05 + 0.25 x 0.12 + friction 0.42 = 1.5; h = 1.25 (the receipt is honoured: no road levies)
    x = 225/800 x 1.25^-2 = 0.18 | 0 | 0.28;  X/S west 0.25, east 1
    y = 0.72 x 0.25^(1/2) = 0.36 | 0.28;      Y = 0.64;  Q = 0.64^(1/2) = 0.8
    M free = 800,000 x 0.8 x 0.36/0.64 = 360,000 at a, 280,000 at c
    kappa 1.28 on the first day: a 288,000, c 286,720. 72,000 is over at a; its group has no room (b is shut);
    c takes 6,720, the remaining 65,280 is suppressed.   M = 288,000 | 0 | 286,720
    city: 0.4 x 1.28 + 0 + 0.2 x 1.28 + 0.3 = 1.068, M = 106,800; its Q = 1 - 0.7 x 0.2 = 0.86
    kept away by the closure: 800,000 - 574,720 = 225,280 of b's 351,000; a quarter waits: 56,320

Day 2: a holiday halves all trade; a is nine tenths open; b reopens; the government shares c with nobody and c is
threatened at half strength; insurgents hold half of the district centres: E = 0.9, r = 0.95 x 0.16 = 0.152.
    M0 = 112,500 | 175,500 | 112,000 | 50,000;  V = 400,000
    o = 0.9 | 0.9 - (0.9 - 0.4) = 0.4 | 1 - 0.5 x 0.8 = 0.6
    cost a 1.5, h 1.25;  b 1 + 0.152 + 0.04 = 1.192, h = 0.99333 (no friction at a recovering post)
    c 1 + half of 0.192 + half of 0.02 + half of (0.42 + 0.1) + half of half of 0.08 = 1.386, h = 1.155
    x = 0.28125 x 0.9 x 0.64 = 0.162 | 0.43875 x 0.4 x 1.0134679 = 0.17786361 | 0.28 x 0.6 x 0.74961129 = 0.12593467
    X/S = 0.47203279 | 0.44976668;  y = 0.72 x 0.68704643 = 0.49467343 | 0.28 x 0.67064647 = 0.18778101
    Y = 0.68245444;  Q = 0.82610801;  Q V = 330,443.2023
    M free = 114,170.0234 | 125,349.9537 | 90,923.2252
    kappa: half of the way from 1.28 to 1.88 = 1.58; 1 at b, which recovers
    limits 1.58 x 0.9 x 112,500 = 159,975 | 0.4 x 175,500 = 70,200 | 1.58 x 0.6 x 112,000 = 106,176
    55,149.9537 is over at b; a of its group takes 45,804.9766, c the remaining 9,344.9771:
    M = 159,975 | 70,200 | 100,268.2023;  times E: M* = 143,977.5 | 63,180 | 90,241.3821
    b returns the lesser of a tenth of 56,320 and the room of 70,200 - 63,180 = 7,020:  B = 5,632
    city: 0.3 + 0.4 x 1.2798 + 0.1 x 0.36 + 0.2 x 0.80572663 = 1.00906533
          M* = 50,453.2663; B = 50,000 x 0.1 x 5,632 / 175,500 = 160.4558
          Q = 1 - 0.7 x 0.17389199 = 0.87827560;  Q E = 1 - 0.7 x (1 - 0.74349721) = 0.82044804

Illicit transit: 36,525 dollars a year is 100 a day, at 2 to the dollar 200 a day, whatever falls.
"""

from pathlib import Path

import pytest

import tradeimpact as ti

CENT = 0.005

# day, crossing -> lines; lines that are 0 are left out
PAPER = {
    (1, "a_gate"): {
        "baseline": 36_000.00,
        "lost_to_insurgent_control": 36_000.00,
        "levy_received": 14_400.00,  # 0.05 x 288,000
        "levy_gap": 31_680.00,  # 0.11 x 288,000
        "trade_lost_at_captured": -10_080.00,  # 0.16 x (225,000 - 288,000)
        "collected_inland": -8_640.00,  # 0.12 x 0.25 x 288,000
        "government_revenue": 8_640.00,
        "insurgent_baseline": 4_500.00,  # road levies 0.02 x 225,000
        "insurgent_revenue": 14_400.00,
    },
    (1, "b_gate"): {"baseline": 56_160.00, "lost_to_closure": 56_160.00, "insurgent_baseline": 7_020.00},
    (1, "c_gate"): {
        "baseline": 35_840.00,
        "contraction": 7_168.00,  # 35,840 x 0.2
        "rerouting": -17_203.20,  # 0.16 x (0.8 x 224,000 - 286,720)
        "government_revenue": 45_875.20,
        "insurgent_baseline": 4_480.00,
        "insurgent_revenue": 5_734.40,  # road levies 0.02 x 286,720
        "road_levies": 5_734.40,
    },
    (1, "d_city"): {
        "baseline": 16_000.00,
        "contraction": 2_240.00,  # 16,000 x 0.14
        "rerouting": -3_328.00,  # 0.16 x (86,000 - 106,800)
        "government_revenue": 17_088.00,
    },
    (2, "a_gate"): {
        "baseline": 18_000.00,
        "lost_to_insurgent_control": 18_000.00,
        "levy_received": 7_198.875,  # 0.05 x 143,977.5
        "levy_gap": 15_837.525,  # 0.11 x 143,977.5
        "trade_lost_at_captured": -6_836.40,  # 0.16 x (0.9 x 112,500 - 143,977.5)
        "shut_while_held": 1_800.00,  # 18,000 x 0.1
        "collected_inland": -4_319.325,  # 0.03 x 143,977.5
        "government_revenue": 4_319.325,
        "insurgent_baseline": 2_250.00,
        "insurgent_revenue": 7_198.875,
    },
    (2, "b_gate"): {
        "baseline": 28_080.00,
        "contraction": 4_882.8872,  # 28,080 x 0.17389199
        "held_back": 2_319.7113,  # 28,080 x 0.82610801 x 0.1
        "rerouting": 10_768.6015,  # 0.16 x (0.74349721 x 175,500 - 63,180)
        "deferred_returned": -901.12,  # 0.16 x 5,632
        "weaker_collection": 550.496,  # 0.008 x 68,812
        "government_revenue": 10_459.424,  # 0.152 x 68,812
        "insurgent_baseline": 3_510.00,
        "insurgent_revenue": 1_376.24,  # 0.02 x 68,812
        "road_levies": 1_376.24,
    },
    (2, "c_gate"): {
        "baseline": 17_920.00,
        "lost_to_nobody": 8_960.00,
        "contraction": 1_558.0723,  # 8,960 x 0.17389199
        "held_back": 740.1928,  # 8,960 x 0.082610801
        "rerouting": -557.5756,  # 0.16 x 0.5 x (0.74349721 x 112,000 - 90,241.3821)
        "weaker_collection": 360.9655,  # 0.008 x 0.5 x 90,241.3821
        "government_revenue": 6_858.3450,  # 0.152 x 0.5 x 90,241.3821
        "insurgent_baseline": 2_240.00,
        "insurgent_revenue": 1_804.8276,
        "road_levies": 1_804.8276,
    },
    (2, "d_city"): {
        "baseline": 8_000.00,
        "contraction": 973.7952,  # 8,000 x 0.12172440
        "held_back": 462.6205,  # 8,000 x (0.87827560 - 0.82044804)
        "rerouting": -1_508.9383,  # 0.16 x (0.82044804 x 50,000 - 50,453.2663)
        "deferred_returned": -25.6729,  # 0.16 x 160.4558
        "weaker_collection": 404.9098,  # 0.008 x 50,613.7221
        "government_revenue": 7_693.2858,  # 0.152 x 50,613.7221
    },
    (1, "(national)"): {"insurgent_baseline": 200.00, "insurgent_revenue": 200.00},
    (2, "(national)"): {"insurgent_baseline": 200.00, "insurgent_revenue": 200.00},
}

# added up by hand from the rows above
TOTAL = {
    "baseline": 216_000.00,
    "government_revenue": 100_933.5798,
    "government_loss": 115_066.4202,
    "insurgent_baseline": 24_400.00,
    "insurgent_revenue": 30_914.3426,
    "insurgent_gain": 6_514.3426,
    "transfer_ratio": 6_514.3426 / 115_066.4202,
    "lost_to_insurgent_control": 54_000.00,
    "lost_to_nobody": 8_960.00,
    "lost_to_closure": 56_160.00,
    "contraction": 16_822.7547,
    "held_back": 3_522.5245,
    "rerouting": -11_829.1123,
    "deferred_returned": -926.7929,
    "weaker_collection": 1_316.3713,
    "collected_inland": -12_959.325,
    "levy_received": 21_598.875,
    "levy_gap": 47_517.525,
    "trade_lost_at_captured": -16_916.40,
    "shut_while_held": 1_800.00,
    "road_levies": 8_915.4676,
    "illicit_transit": 400.00,
    "days_held": 153_040.00,  # baseline times the share the government held: 108,000 and 28,080 + 8,960 + 8,000
}

DAYS = {1: "2001-05-01", 2: "2001-05-02"}


@pytest.fixture(scope="module")
def case():
    return ti.load_case(Path(__file__).parent / "cases" / "by-hand-synthetic")


@pytest.fixture(scope="module")
def scenario():
    one, two = DAYS[1], DAYS[2]
    return (
        ti.Scenario("by hand (synthetic)")
        .capture("a_gate", on=one)
        .close("b_gate", one, one)
        .close("a_gate", two, two, open_share=0.9)
        .capture("c_gate", on=two, by={"government": 0.5, "nobody": 0.5})
        .threat("c_gate", two, two, level=0.5)
        .insecurity(two, two, 0.5)
    )


def test_the_rows_on_paper_add_up_to_the_totals_on_paper():
    for line, total in TOTAL.items():
        if line in ("transfer_ratio", "days_held", "illicit_transit", "government_loss", "insurgent_gain"):
            continue
        assert sum(row.get(line, 0.0) for row in PAPER.values()) == pytest.approx(total, abs=CENT), line
    assert TOTAL["baseline"] - TOTAL["government_revenue"] == pytest.approx(TOTAL["government_loss"], abs=CENT)
    assert TOTAL["insurgent_revenue"] - TOTAL["insurgent_baseline"] == pytest.approx(TOTAL["insurgent_gain"], abs=CENT)


def test_both_days_together_are_equal_to_paper_to_the_cent(case, scenario):
    draws = ti.simulate(case, scenario, start=DAYS[1], end=DAYS[2], draws=9, rng=0).draws()
    for line, wanted in TOTAL.items():
        within = 1e-7 if line == "transfer_ratio" else CENT
        assert draws[line].to_numpy() == pytest.approx(wanted, abs=within), line


@pytest.mark.parametrize("day", [1, 2])
def test_every_line_of_every_crossing_on_each_day_is_equal_to_paper_to_the_cent(case, scenario, day):
    found = ti.simulate(case, scenario, start=DAYS[day], end=DAYS[day], draws=1, rng=0).by("crossing")["mean"]
    lines = found.index.get_level_values("line").unique()
    for (when, crossing), wanted in PAPER.items():
        if when != day:
            continue
        for line in lines:
            if line in ("transfer_ratio", "government_loss", "insurgent_gain"):
                continue  # differences of the others
            assert found[crossing, line] == pytest.approx(wanted.get(line, 0.0), abs=CENT), (crossing, line)
        loss = wanted.get("baseline", 0.0) - wanted.get("government_revenue", 0.0)
        assert found[crossing, "government_loss"] == pytest.approx(loss, abs=CENT), crossing


def test_the_same_case_as_nothing_falls_collects_the_baseline(case):
    draws = ti.simulate(case, None, start=DAYS[1], end=DAYS[2], draws=1, rng=0).draws()
    assert draws["government_revenue"].item() == pytest.approx(216_000.00, abs=CENT)
    assert draws["insurgent_revenue"].item() == pytest.approx(24_400.00, abs=CENT)


def test_in_dollars_every_money_line_is_half(case, scenario):
    found = ti.simulate(case, scenario, start=DAYS[1], end=DAYS[2], draws=1, rng=0).to("usd").draws()
    for line, wanted in TOTAL.items():
        if line != "transfer_ratio":
            assert found[line].item() == pytest.approx(wanted / 2, abs=CENT), line


def test_the_response_of_both_days_is_that_of_the_paper():
    group = ["west", "west", "east"]
    elasticities = {"theta": 2, "phi": 1, "epsilon": 0.5}
    first = ti.trade_response([225e3, 351e3, 224e3], group, [1.25, 1, 1], [1, 0, 1], **elasticities, ceiling=1.28)
    assert first == pytest.approx([288_000, 0, 286_720], abs=CENT)
    second = ti.trade_response(
        [112_500, 175_500, 112_000],
        group,
        [1.25, 1.192 / 1.2, 1.155],
        [0.9, 0.4, 0.6],
        **elasticities,
        ceiling=[1.58, 1, 1.58],
    )
    assert second == pytest.approx([159_975, 70_200, 100_268.2023], abs=CENT)

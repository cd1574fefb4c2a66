"""Trade response of MODEL section 5: against a scalar program, against algebra, in the edge cases of the page."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalar_reference import hold, respond, respond_everywhere

import tradeimpact as ti
from tradeimpact import TradeImpactError, trade_response
from tradeimpact.model.trade import apply_ceiling, defer, group_codes, recovery

CLOSE = 1e-10


def some(low, high):
    return st.floats(low, high, allow_nan=False, allow_subnormal=False)


def ordered_elasticities():
    """(theta, phi, epsilon) with theta >= phi >= epsilon >= 0, ties and zero included."""
    part = st.one_of(st.just(1.0), some(0.1, 1.0))
    last = st.one_of(st.just(0.0), st.just(1.0), some(0.0, 1.0))
    return st.tuples(some(0.2, 12.0), part, last).map(lambda t: (t[0], t[0] * t[1], t[0] * t[1] * t[2]))


def array(draw, elements, shape):
    size = math.prod(shape)
    return np.array(draw(st.lists(elements, min_size=size, max_size=size))).reshape(shape)


def shortened(draw, full):
    """A shape that aligns on the left with `full`: cut at the end, or with ones."""
    kept = full[: draw(st.integers(1, len(full)))]
    return tuple(n if i == 0 or draw(st.booleans()) else 1 for i, n in enumerate(kept))


def left(x):
    """Entry of a left-aligned array at (crossing, day, draw)."""
    return lambda *at: float(x[tuple(min(i, n - 1) for i, n in zip(at, x.shape, strict=False))])


def right(x):
    """Entry of an array that broadcasts in numpy's way to (day, draw)."""
    return lambda *at: float(
        np.asarray(x)[tuple(min(i, n - 1) for i, n in zip(at[len(at) - np.ndim(x) :], np.shape(x), strict=True))]
    )


@st.composite
def problems(draw, with_ceiling):
    count = draw(st.integers(1, 8))
    full = (count, *draw(st.sampled_from([(), (3,), (2, 3)])))
    groups = draw(st.integers(1, 4))
    group = draw(st.lists(st.integers(0, groups - 1).map(lambda n: f"g{n}"), min_size=count, max_size=count))
    value = array(draw, st.one_of(st.just(0.0), some(1e-3, 1e6)), draw(st.just(full)))
    cost = array(draw, st.one_of(st.just(1.0), some(0.3, 5.0)), shortened(draw, full))
    opened = array(draw, st.one_of(st.sampled_from([0.0, 1.0]), some(0.0, 1.0)), shortened(draw, full))
    # tiny open shares only test underflow, and relative agreement means nothing there
    opened = np.where(opened < 1e-6, 0.0, opened)
    tail = full[1:]
    shape = draw(st.sampled_from([(), tail[-1:], tail]))  # one number, one per draw, one per day and draw
    triples = [draw(ordered_elasticities()) for _ in range(math.prod(shape))]
    theta, phi, epsilon = (np.array([t[i] for t in triples]).reshape(shape) for i in range(3))
    ceiling = None
    if with_ceiling:
        ceiling = array(draw, st.one_of(st.sampled_from([0.0, 1.0]), some(1e-3, 2.5)), shortened(draw, full))
    return full, value, group, cost, opened, theta, phi, epsilon, ceiling


def expected(full, value, group, cost, opened, theta, phi, epsilon, ceiling):
    ceiling = None if ceiling is None else left(ceiling)
    found = respond_everywhere(
        left(value), group, left(cost), left(opened), right(theta), right(phi), right(epsilon), ceiling, full
    )
    out = np.empty(full)
    for at, column in found.items():
        out[(slice(None), *at)] = column
    return out


# --- against the scalar program -----------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(problems(with_ceiling=False))
def test_arrays_of_every_shape_agree_with_the_scalar_program(problem):
    full, value, group, cost, opened, theta, phi, epsilon, _ = problem
    found = trade_response(value, group, cost, opened, theta=theta, phi=phi, epsilon=epsilon)
    assert found.shape == full
    np.testing.assert_allclose(found, expected(*problem), rtol=CLOSE, atol=1e-300)


@settings(max_examples=80, deadline=None)
@given(problems(with_ceiling=True))
def test_arrays_with_a_ceiling_agree_with_the_scalar_program(problem):
    full, value, group, cost, opened, theta, phi, epsilon, ceiling = problem
    found = trade_response(value, group, cost, opened, theta=theta, phi=phi, epsilon=epsilon, ceiling=ceiling)
    assert found.shape == full
    # what is left over after rounding, 1e-14 of a day's trade, may be passed on or not
    slack = 1e-13 * expected(full, value, group, cost, opened, theta, phi, epsilon, None).sum(axis=0, keepdims=True)
    gap = np.abs(found - expected(*problem))
    assert (gap <= CLOSE * np.abs(found) + slack).all()


def test_a_large_number_of_draws_agrees_with_the_scalar_program():
    rng = np.random.default_rng(5)
    count, draws = 6, 400
    value, group = rng.uniform(1, 90, count), ["a", "b", "a", "c", "b", "a"]
    cost, opened = rng.uniform(0.8, 1.6, (count, 2, draws)), rng.choice([0.0, 0.4, 1.0], (count, 2))
    theta = rng.uniform(3, 9, draws)
    phi = theta * rng.uniform(0.2, 1, draws)
    epsilon = phi * rng.uniform(0, 1, draws)
    found = trade_response(value, group, cost, opened, theta=theta, phi=phi, epsilon=epsilon, ceiling=1.1)
    for day, draw in itertools.product(range(2), range(0, draws, 7)):
        wanted = respond(
            list(value),
            group,
            list(cost[:, day, draw]),
            list(opened[:, day]),
            theta[draw],
            phi[draw],
            epsilon[draw],
            [1.1] * count,
        )
        np.testing.assert_allclose(found[:, day, draw], wanted, rtol=CLOSE)


# --- by hand ------------------------------------------------------------------------------------------------


def test_two_groups_by_hand():
    # v 225, 351 | 224, V 800; the second shut, the first a quarter dearer; theta 2, phi 1, epsilon 1/2
    #   x = 225/800 x 1.25^-2 = 0.18, 0, 0.28        S = 0.72, 0.28     X/S = 0.25, 1
    #   y = 0.72 x 0.25^(1/2) = 0.36, 0.28           Y = 0.64           Q = 0.64^(1/2) = 0.8
    #   M = 800 x 0.8 x (0.36, 0.28) / 0.64 = 360, 280
    found = trade_response(
        [225, 351, 224], ["west", "west", "east"], [1.25, 1, 1], [1, 0, 1], theta=2, phi=1, epsilon=0.5
    )
    np.testing.assert_allclose(found, [360, 0, 280], rtol=1e-14)


def test_a_closed_crossing_without_substitution_between_groups_nor_in_total_moves_inside_its_group():
    # epsilon = 0 keeps V; phi -> 0 keeps each group's share: A's 60 goes to B (same group), C stays
    found = trade_response([60, 40, 50], ["g", "g", "h"], 1, [0, 1, 1], theta=5, phi=1e-9, epsilon=0)
    np.testing.assert_allclose(found, [0, 100, 50], rtol=1e-7)


@pytest.mark.parametrize(
    ("epsilon", "wanted"),
    [(0.0, 100.0), (1.0, 100 / 1.25), (2.0, 100 / 1.5625)],
    ids=["total fixed", "unit elasticity", "elasticity two"],
)
def test_one_price_everywhere_moves_the_total_by_its_elasticity(epsilon, wanted):
    found = trade_response([30, 30, 40], ["a", "a", "b"], 1.25, 1, theta=6, phi=3, epsilon=epsilon)
    assert found.sum() == pytest.approx(wanted, rel=1e-13)
    np.testing.assert_allclose(found / found.sum(), [0.3, 0.3, 0.4], rtol=1e-13)


# --- edge cases of the page ---------------------------------------------------------------------------------


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_nothing_changed_gives_back_the_baseline_to_the_bit(data):
    count = data.draw(st.integers(1, 8))
    full = (count, *data.draw(st.sampled_from([(), (3,), (2, 2)])))
    value = array(data.draw, st.one_of(st.just(0.0), some(1e-6, 1e12)), full)
    group = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
    theta, phi, epsilon = data.draw(ordered_elasticities())
    ceiling = data.draw(st.sampled_from([None, 1.0, 1.05, np.inf]))
    found = trade_response(value, group, 1.0, np.ones(count), theta=theta, phi=phi, epsilon=epsilon, ceiling=ceiling)
    assert (found == value).all()


@pytest.mark.parametrize("epsilon", [0.0, 0.7])
def test_a_shut_group_trades_nothing_and_its_trade_goes_to_the_others(epsilon):
    found = trade_response([30, 20, 50], ["a", "a", "b"], 1, [0, 0, 1], theta=5, phi=2, epsilon=epsilon)
    # X[a] = 0: y[a] = 0, Y = 1/2, Q = (1/2)^(epsilon/2), all of it in b
    np.testing.assert_array_equal(found[:2], 0)
    assert found[2] == pytest.approx(100 * 0.5 ** (epsilon / 2), rel=1e-13)


@pytest.mark.parametrize("epsilon", [0.0, 0.7])
@pytest.mark.parametrize("ceiling", [None, 1.5])
def test_everything_shut_trades_nothing_even_when_total_trade_does_not_answer(epsilon, ceiling):
    found = trade_response([30, 20, 50], ["a", "a", "b"], 1.3, 0, theta=5, phi=2, epsilon=epsilon, ceiling=ceiling)
    np.testing.assert_array_equal(found, [0, 0, 0])


def test_a_day_of_many_on_which_all_is_shut_trades_nothing_and_leaves_the_others_alone():
    opened = np.array([[1.0, 0.0], [1.0, 0.0]])
    found = trade_response([3.0, 7.0], ["a", "b"], 1, opened, theta=5, phi=2, epsilon=0)
    np.testing.assert_array_equal(found, [[3, 0], [7, 0]])


def test_equal_elasticities_are_the_plain_logit_with_its_diversion_ratios():
    value = np.array([10.0, 25.0, 25.0, 40.0])
    share = value / 100
    group, shut = ["a", "a", "b", "b"], 1
    found = trade_response(value, group, 1, [1, 0, 1, 1], theta=4, phi=4, epsilon=0)
    for j in (0, 2, 3):  # of what leaves k, s[j] / (1 - s[k]) goes to j, whatever the group
        assert (found[j] - value[j]) / value[shut] == pytest.approx(share[j] / (1 - share[shut]), rel=1e-12)


def test_under_equal_elasticities_the_partition_into_groups_changes_nothing():
    value, cost, opened = [10, 25, 25, 40], [1.2, 0.9, 1, 1.4], [1, 0.5, 1, 0.2]
    kw = {"theta": 4, "phi": 4, "epsilon": 1.5}
    one = trade_response(value, ["a"] * 4, cost, opened, **kw)
    np.testing.assert_allclose(trade_response(value, ["a", "a", "b", "c"], cost, opened, **kw), one, rtol=1e-12)


def test_with_substitution_inside_groups_only_neighbours_gain_more_than_strangers():
    found = trade_response([30, 30, 30], ["a", "a", "b"], 1, [0, 1, 1], theta=6, phi=2, epsilon=0)
    assert found[1] / 30 > found[2] / 30 > 1


def test_a_crossing_without_baseline_trade_stays_without():
    found = trade_response([0, 40, 60], ["a", "a", "b"], [0.5, 1, 2], 1, theta=5, phi=2, epsilon=1, ceiling=3)
    assert found[0] == 0
    np.testing.assert_allclose(
        found[1:],
        trade_response([40, 60], ["a", "b"], [1, 2], 1, theta=5, phi=2, epsilon=1, ceiling=3),
        rtol=1e-13,
    )


def test_a_group_without_baseline_trade_stays_without():
    found = trade_response([0, 0, 60], ["a", "a", "b"], [0.5, 1, 1], 1, theta=5, phi=2, epsilon=1)
    np.testing.assert_array_equal(found, [0, 0, 60])


@pytest.mark.parametrize("ceiling", [None, 1.0])
def test_no_baseline_trade_anywhere_gives_zeros(ceiling):
    found = trade_response(np.zeros((3, 2)), ["a", "b", "b"], 1.5, 1, theta=5, phi=2, epsilon=0, ceiling=ceiling)
    np.testing.assert_array_equal(found, np.zeros((3, 2)))


def test_an_open_share_is_a_weight_and_no_capacity():
    # half open in one group with one price: trade follows the weights and the total stays (epsilon = 0)
    found = trade_response([50, 50], ["a", "a"], 1, [0.5, 1], theta=5, phi=2, epsilon=0)
    np.testing.assert_allclose(found, [100 / 3, 200 / 3], rtol=1e-13)


@settings(max_examples=30, deadline=None)
@given(problems(with_ceiling=False), some(1e-3, 1e3))
def test_value_in_another_unit_gives_trade_in_that_unit(problem, unit):
    _, value, group, cost, opened, theta, phi, epsilon, _ = problem
    kw = {"theta": theta, "phi": phi, "epsilon": epsilon}
    small, large = (trade_response(v, group, cost, opened, **kw) for v in (value, value * unit))
    np.testing.assert_allclose(large, small * unit, rtol=1e-10, atol=1e-300)


def test_order_and_labels_of_crossings_and_groups_do_not_matter():
    rng = np.random.default_rng(3)
    value, cost, opened = rng.uniform(1, 9, 7), rng.uniform(0.8, 1.5, 7), rng.choice([0.0, 0.3, 1.0], 7)
    group, order = np.array(list("abcabca")), rng.permutation(7)
    kw = {"theta": 5, "phi": 2, "epsilon": 1, "ceiling": 1.05}
    plain = trade_response(value, group, cost, opened, **kw)
    np.testing.assert_allclose(
        trade_response(value[order], [f"x{g}" for g in group[order]], cost[order], opened[order], **kw),
        plain[order],
        rtol=1e-12,
    )


# --- shapes -------------------------------------------------------------------------------------------------


def test_shorter_arrays_are_aligned_on_the_left():
    # three crossings and three days: an array of length three is one number per crossing, not per day
    cost = np.array([1.0, 2.0, 1.0])
    value = np.array([[30.0, 30, 30], [30, 30, 30], [40, 40, 40]])
    found = trade_response(value, ["a", "a", "b"], cost, 1, theta=5, phi=2, epsilon=1)
    one_day = trade_response(value[:, 0], ["a", "a", "b"], cost, 1, theta=5, phi=2, epsilon=1)
    np.testing.assert_array_equal(found, np.stack([one_day] * 3, axis=1))


def test_elasticities_are_broadcast_to_the_axes_after_the_first():
    # three draws and three crossings: three thetas are one per draw
    value, theta = np.full((3, 1, 3), 10.0), np.array([3.0, 5.0, 9.0])
    found = trade_response(value, ["a", "a", "a"], [1.5, 1, 1], 1, theta=theta, phi=2, epsilon=0)
    for draw, t in enumerate(theta):
        np.testing.assert_allclose(
            found[:, 0, draw], respond([10.0] * 3, ["a"] * 3, [1.5, 1, 1], [1, 1, 1], t, 2, 0), rtol=CLOSE
        )


@pytest.mark.parametrize(
    ("value", "theta"),
    [
        (np.full(3, 10.0), [3.0, 4.0, 5.0]),  # no draws: three numbers would be read as one per crossing
        (np.full((3, 1), 10.0), [3.0, 4.0]),
        (np.full((3, 2), 10.0), np.full((3, 2), 4.0)),
        (np.full((3, 2), 10.0), np.full(5, 4.0)),
    ],
    ids=["as many as crossings", "draws that no array has", "with a crossing axis", "another length"],
)
def test_elasticities_that_do_not_fit_the_axes_after_the_first_are_an_error_of_ours(value, theta):
    with pytest.raises(TradeImpactError, match="theta"):
        trade_response(value, ["a", "b", "c"], [1.2, 1, 1], 1, theta=theta, phi=2, epsilon=1)


# --- the ceiling --------------------------------------------------------------------------------------------


def test_excess_goes_to_the_group_then_across_groups_then_is_suppressed_by_hand():
    # one group a b of 60 + 40 and a lone c of 100, a shut, total and group shares fixed (phi tiny):
    #   unconstrained 0 100 100.
    kw = {"theta": 5, "phi": 1e-12, "epsilon": 0}
    value, group, opened = [60, 40, 100], ["g", "g", "h"], [0, 1, 1]
    np.testing.assert_allclose(trade_response(value, group, 1, opened, **kw), [0, 100, 100], rtol=1e-9)
    #   ceiling 1.4: b may take 56, c 140; 44 leaves b, its group has no room, c takes 40, 4 is suppressed
    np.testing.assert_allclose(trade_response(value, group, 1, opened, **kw, ceiling=1.4), [0, 56, 140], rtol=1e-9)
    #   ceiling 2 for c only: 44 leaves b and all of it finds room at c
    np.testing.assert_allclose(
        trade_response(value, group, 1, opened, **kw, ceiling=[9, 1.4, 2]), [0, 56, 144], rtol=1e-9
    )


def test_the_group_comes_first_even_when_others_have_room():
    # a b c in one group, d alone, all v = 10; c shut. Plain logit inside the group: 15 15 0 | 10.
    #   a is held to 12: its 3 is offered to b (held to 20) and not to d
    kw = {"theta": 5, "phi": 1e-12, "epsilon": 0}
    found = trade_response([10, 10, 10, 10], list("gggh"), 1, [1, 1, 0, 1], **kw, ceiling=[1.2, 2, 1, 9])
    np.testing.assert_allclose(found, [12, 18, 0, 10], rtol=1e-9)


def test_excess_is_offered_in_proportion_to_unconstrained_trade_and_again_until_nobody_has_room():
    # free 40 30 20 10, limits 20 33 100 11: 20 over; first offer 10 : 20/3 : 10/3 (of 60) ...
    #   b and d fill (room 3 and 1), 16 is left and goes to c: 20 33 36 11
    found = apply_ceiling(np.array([40.0, 30, 20, 10]), np.array([20.0, 33, 100, 11]), group_codes("gggg"))
    np.testing.assert_allclose(found, [20, 33, 36, 11], rtol=1e-13)
    np.testing.assert_allclose(found, hold([40.0, 30, 20, 10], [20.0, 33, 100, 11], list("gggg")), rtol=1e-13)


def test_across_groups_excess_is_shared_in_proportion_to_unconstrained_trade():
    # 30 over at a, which is alone; b and c of other groups take it 1 : 2
    found = apply_ceiling(np.array([50.0, 10, 20]), np.array([20.0, 99, 99]), group_codes("abc"))
    np.testing.assert_allclose(found, [20, 20, 40], rtol=1e-13)


@settings(max_examples=80, deadline=None)
@given(problems(with_ceiling=True))
def test_excess_leaves_a_group_only_when_it_is_full_and_is_lost_only_when_all_are(problem):
    full, value, group, cost, opened, theta, phi, epsilon, ceiling = problem
    kw = {"theta": theta, "phi": phi, "epsilon": epsilon}
    free = trade_response(value, group, cost, opened, **kw)
    held = trade_response(value, group, cost, opened, **kw, ceiling=ceiling)
    limit = np.empty(full)
    for at in np.ndindex(full):
        limit[at] = left(ceiling)(*at) * left(opened)(*at) * left(value)(*at)
    assert (held <= limit * (1 + 1e-14)).all()
    assert (held >= np.minimum(free, limit) * (1 - 1e-14)).all()
    # whoever still has room proves that nobody was turned away (only who trades can be offered anything)
    room = np.where(free > 0, np.maximum(limit - held, 0), 0)
    rounding = 1e-12 * np.maximum(free.sum(axis=0), limit.sum(axis=0))
    every = np.ones(len(group), dtype=bool)
    for members in (every, *(np.array([g == n for g in group]) for n in sorted(set(group)))):
        left_them = free[members].sum(axis=0) - held[members].sum(axis=0)
        assert (np.minimum(left_them, room[members].sum(axis=0)) <= rounding).all()
    assert (held.sum(axis=0) <= free.sum(axis=0) + rounding).all()


def test_an_infinite_ceiling_is_no_ceiling():
    args = ([60, 40, 10], ["a", "a", "b"], [1.5, 1, 1], [1, 0, 1])
    kw = {"theta": 5, "phi": 2, "epsilon": 1}
    np.testing.assert_array_equal(trade_response(*args, **kw, ceiling=np.inf), trade_response(*args, **kw))


def test_a_ceiling_of_zero_trades_nothing():
    np.testing.assert_array_equal(
        trade_response([60, 40], ["a", "b"], 1, 1, theta=5, phi=2, epsilon=1, ceiling=0), [0, 0]
    )


# --- errors -------------------------------------------------------------------------------------------------

GOOD = {
    "value": [60.0, 40, 10],
    "group": ["a", "a", "b"],
    "cost_ratio": [1.0, 1, 1],
    "open_share": [1.0, 1, 1],
    "theta": 5.0,
    "phi": 2.0,
    "epsilon": 1.0,
}
BAD = [
    ("value", -1.0),
    ("value", np.nan),
    ("value", np.inf),
    ("cost_ratio", 0.0),
    ("cost_ratio", -2.0),
    ("cost_ratio", np.nan),
    ("cost_ratio", np.inf),
    ("open_share", -0.1),
    ("open_share", 1.1),
    ("open_share", np.nan),
    ("ceiling", -0.5),
    ("ceiling", np.nan),
]


def call(**changes):
    return trade_response(**(GOOD | changes))


@pytest.mark.parametrize(("what", "bad"), BAD, ids=[f"{what} {bad}" for what, bad in BAD])
@pytest.mark.parametrize("tail", [(), (2, 2)], ids=["one day", "days and draws"])
def test_an_input_out_of_range_is_an_error_that_names_the_input_and_the_crossing(what, bad, tail):
    x = np.ones((3, *tail))
    x[(1, *[-1] * len(tail))] = bad
    with pytest.raises(TradeImpactError, match=rf"(?s){what}.*torkham") as caught:
        call(**{what: x}, names=["spin_boldak", "torkham", "zaranj"])
    assert isinstance(caught.value, ValueError)
    assert "spin_boldak" not in str(caught.value)
    with pytest.raises(TradeImpactError, match=rf"(?s){what}.*\b1\b"):  # without names, by its place
        call(**{what: x})


@pytest.mark.parametrize(
    "wrong",
    [
        {"theta": 2.0, "phi": 3.0},
        {"phi": 1.0, "epsilon": 1.5},
        {"epsilon": -0.1},
        {"phi": 0.0, "epsilon": 0.0},
        {"theta": np.nan},
        {"phi": np.inf, "theta": np.inf},
        {"epsilon": np.nan},
    ],
    ids=[
        "phi above theta",
        "epsilon above phi",
        "epsilon negative",
        "phi zero",
        "theta NaN",
        "infinite",
        "epsilon NaN",
    ],
)
def test_elasticities_out_of_order_are_an_error_that_names_them(wrong):
    with pytest.raises(TradeImpactError, match=r"theta|phi|epsilon"):
        call(**wrong)


def test_one_draw_out_of_order_among_good_ones_is_an_error():
    with pytest.raises(TradeImpactError, match="phi"):
        call(value=np.ones((3, 2)), theta=[5.0, 2.0], phi=[2.0, 2.1])


def test_the_borders_of_the_ranges_are_allowed():
    found = call(theta=2.0, phi=2.0, epsilon=2.0, open_share=[0.0, 1, 1], value=[0.0, 40, 10])
    np.testing.assert_allclose(found, [0, 40, 10], rtol=1e-14)


def test_groups_that_do_not_fit_the_crossings_are_an_error():
    with pytest.raises(TradeImpactError, match="group"):
        call(group=["a", "b"])
    with pytest.raises(TradeImpactError, match="crossings"):
        call(cost_ratio=[1.0, 1.0])


def test_arguments_are_left_alone():
    value, cost, opened = np.array([60.0, 40, 10]), np.array([2.0, 1, 1]), np.array([1.0, 0, 1])
    kept = [x.copy() for x in (value, cost, opened)]
    found = trade_response(value, ["a", "a", "b"], cost, opened, theta=5, phi=2, epsilon=1, ceiling=1.05)
    found[:] = -1
    for x, before in zip((value, cost, opened), kept, strict=True):
        np.testing.assert_array_equal(x, before)


# --- recovery -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "loss"), [(0.2, 0.1), (0.05, 0.0), (0.6, 0.3)])
def test_recovery_starts_at_its_share_is_half_way_at_the_half_life_and_ends_below_the_permanent_loss(start, loss):
    half_life = 14.0
    assert recovery(0, start, half_life, loss) == pytest.approx(start, rel=1e-14)
    assert recovery(half_life, start, half_life, loss) == pytest.approx((start + 1 - loss) / 2, rel=1e-14)
    assert recovery(2 * half_life, start, half_life, loss) == pytest.approx(
        start + 0.75 * (1 - loss - start), rel=1e-14
    )
    assert recovery(1e5, start, half_life, loss) == pytest.approx(1 - loss, rel=1e-14)
    path = recovery(np.arange(200), start, half_life, loss)
    assert (np.diff(path[:100]) > 0).all()
    assert path.max() <= 1 - loss


def test_a_start_above_what_can_come_back_is_held_there():
    np.testing.assert_allclose(recovery([0, 3, 50], 0.9, 10, 0.3), 0.7, rtol=1e-14)


def test_a_crossing_that_was_never_shut_is_open():
    np.testing.assert_array_equal(recovery([-1, -1], 0.2, 10, 0.1), [1, 1])


# --- deferral -----------------------------------------------------------------------------------------------


def test_deferral_by_hand():
    # 100 kept away on day 1 at one crossing, 30 % waits, half of the stock comes back on each open day
    #   stock 30; day 2 shut: 0; day 3: min(15, 10) = 10; day 4: stock 20, room 99: 10; day 5: 5
    kept = np.array([100.0, 0, 0, 0, 0]).reshape(1, 5, 1)
    room = np.array([99.0, 99, 10, 99, 99]).reshape(1, 5, 1)
    is_open = np.array([False, False, True, True, True]).reshape(1, 5, 1)
    found = defer(kept, room * is_open, np.array([0.3]), np.array([0.5]))
    np.testing.assert_allclose(found[0, :, 0], [0, 0, 10, 10, 5], rtol=1e-14)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_nothing_returns_that_was_not_put_away_nor_on_shut_days_nor_beyond_the_room(data):
    shape = (data.draw(st.integers(1, 3)), data.draw(st.integers(1, 12)), 2)
    kept = array(data.draw, st.one_of(st.just(0.0), some(0, 100)), shape)
    room = array(data.draw, st.one_of(st.just(0.0), some(-10, 100)), shape)
    is_open = array(data.draw, st.booleans(), (*shape[:2], 1))
    delta, omega = (array(data.draw, some(0, 1), (2,)) for _ in range(2))
    found = defer(kept, room * is_open, delta, omega)
    assert found.shape == shape
    assert (found >= 0).all()
    assert (found <= np.maximum(room, 0)).all()
    assert (found[~np.broadcast_to(is_open, shape)] == 0).all()
    away = np.cumsum(delta * kept, axis=1)
    back = np.cumsum(found, axis=1)
    assert (back[:, 0] == 0).all()  # what waits today returns tomorrow at the earliest
    assert (back[:, 1:] <= away[:, :-1] + 1e-9).all()


def test_with_room_and_time_all_that_waits_comes_back_where_it_was_put_away():
    kept = np.zeros((2, 400, 1))
    kept[0, :10] = 7.0
    found = defer(kept, np.full((2, 400, 1), np.inf), np.array([0.4]), np.array([0.1]))
    assert found[0].sum() == pytest.approx(0.4 * 70, rel=1e-12)
    assert (found[1] == 0).all()


def test_nothing_that_waited_returns_in_a_run_while_a_crossing_is_shut():
    case = ti.load_case("afghanistan-2021")
    shut = ti.Scenario("shut twice").close("torkham", "2021-06-25", "2021-06-28")
    shut = shut.close("torkham", "2021-07-12", "2021-07-15")
    run = ti.simulate(
        case, shut, start="2021-06-22", end="2021-07-31", draws=64, rng=1, keep=("deferred_returned",), progress=False
    )
    back = -run.totals.kept["deferred_returned"][run.inputs.crossings.index("torkham")]  # (days, draws)
    waits = (back[:20] > 0).any(axis=0) & (back[24:] > 0).any(axis=0)
    assert waits.any()  # before the second closure cargo was returning, and some of it returns after it
    assert (back[20:24] == 0).all()

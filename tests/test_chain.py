"""The chain on bare arrays against brute force over all paths, its sampled paths, and its limits."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradeimpact as ti
from tradeimpact.model.histories import SILENT_DAYS, Moves, backward_shares, sample_histories


def random_chain(seed, days, tail=()):
    """Initial, time-varying transitions and likelihoods; rows carry weights and do not sum to 1."""
    rng = np.random.default_rng(seed)
    initial = rng.dirichlet(np.ones(3), size=tail) if tail else rng.dirichlet(np.ones(3))
    initial = np.moveaxis(initial, -1, 0)
    move = rng.uniform(0.05, 1, size=(max(days - 1, 1), 3, 3, *tail))
    seen = rng.uniform(0.01, 5, size=(days, 3, *tail))
    return initial, move, seen


def brute_force(initial, move, seen):
    """Filtered and smoothed probabilities and the total weight by summing over every path."""
    days = len(seen)
    filtered, smoothed = np.zeros((days, 3)), np.zeros((days, 3))
    for last in range(days):
        marginal = np.zeros((last + 1, 3))
        for path in product(range(3), repeat=last + 1):
            weight = initial[path[0]] * seen[0, path[0]]
            for day in range(1, last + 1):
                weight *= move[day - 1, path[day - 1], path[day]] * seen[day, path[day]]
            for day in range(last + 1):
                marginal[day, path[day]] += weight
        filtered[last] = marginal[last] / marginal[last].sum()
        smoothed = marginal / marginal.sum(axis=1, keepdims=True)
    return filtered, smoothed, np.log(marginal[0].sum())


@pytest.mark.parametrize("days", [1, 2, 3, 5, 7])
@pytest.mark.parametrize("seed", range(4))
def test_filter_and_smoother_equal_the_sum_over_all_paths(seed, days):
    initial, move, seen = random_chain(100 * seed + days, days)
    chain = ti.control_chain(initial, move, seen)
    filtered, smoothed, total = brute_force(initial, move, seen)
    np.testing.assert_allclose(chain.filtered, filtered, rtol=0, atol=1e-10)
    np.testing.assert_allclose(chain.smoothed, smoothed, rtol=0, atol=1e-10)
    assert chain.log_likelihood == pytest.approx(total, abs=1e-10)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_crossings_and_draws_are_chains_of_their_own(seed, days):
    initial, move, seen = random_chain(seed, days, (2, 3))
    chain = ti.control_chain(initial, move, seen)
    for c in range(2):
        for draw in range(3):
            alone = ti.control_chain(initial[:, c, draw], move[..., c, draw], seen[..., c, draw])
            np.testing.assert_allclose(chain.smoothed[..., c, draw], alone.smoothed, atol=1e-12)


def silent_chain(seed, days, draws):
    """Hazards, silence and sparse statements drawn at random: the pieces of a chain and its dense arrays."""
    rng = np.random.default_rng(seed)
    crossings = 2
    fall, recapture, silence = rng.uniform(0.01, 0.3, (3, draws))
    moves = Moves.of(fall, rng.uniform(0.2, 0.8, draws), rng.uniform(0.1, 0.6, draws), recapture, silence)
    loss, back = rng.integers(0, SILENT_DAYS + 1, (2, days, crossings))
    initial = rng.uniform(0.05, 1, (3, crossings, draws))
    cells = {(day, c): row for row, (day, c) in enumerate([(0, 1), (2, 0), (2, 1), (days - 1, 0)])}
    likelihood = rng.uniform(0.01, 1, (len(cells), 3, draws))
    dense = np.ones((days, 3, crossings, draws))
    by_day = [(np.zeros(0, int), np.zeros(0, int))] * days
    for (day, c), row in cells.items():
        dense[day, :, c] = likelihood[row]
        by_day[day] = tuple(np.append(have, new) for have, new in zip(by_day[day], (row, c), strict=True))
    shares, last = backward_shares(initial, moves, loss, back, by_day, likelihood)
    return initial, moves.dense(loss, back), dense, shares, last


def sampled_states(shares, last, uniform, histories=1):
    """States of one history or eight, (days, histories, crossings, draws), of `uniform` (days, crossings, draws)."""
    days, *cell = uniform.shape
    states = np.empty((days, 2, *cell), dtype=bool if histories == 1 else np.uint8)
    sample_histories(shares, last, uniform, states)
    return (states[:, :, None] >> np.arange(histories)[:, None, None] & 1).sum(axis=1)


def test_sampled_histories_reproduce_the_smoother_and_its_pairs_of_days():
    count = 40_000
    initial, move, dense, shares, last = silent_chain(7, 5, 1)
    uniform = np.random.default_rng(1).integers(0, 2**31, (5, 2, count), dtype=np.int32)
    paths = sampled_states(shares, last, uniform)[:, 0]
    smoothed = ti.control_chain(initial, move, dense).smoothed[..., 0]
    found = np.stack([(paths == state).mean(axis=-1) for state in range(3)], axis=1)
    error = np.sqrt(smoothed * (1 - smoothed) / count)
    assert (np.abs(found - smoothed) < 4.5 * error + 1e-6).all()
    c = 0
    joint = np.zeros((3, 3))
    for path in product(range(3), repeat=5):
        weight = initial[path[0], c, 0] * dense[0, path[0], c, 0]
        for day in range(1, 5):
            weight *= move[day - 1, path[day - 1], path[day], c, 0] * dense[day, path[day], c, 0]
        joint[path[2], path[3]] += weight
    joint /= joint.sum()
    sampled = np.array([[((paths[2, c] == a) & (paths[3, c] == b)).mean() for b in range(3)] for a in range(3)])
    assert (np.abs(sampled - joint) < 4.5 * np.sqrt(joint * (1 - joint) / count) + 1e-6).all()


@pytest.mark.parametrize("seed", range(4))
def test_every_sampled_state_is_the_one_that_its_uniform_number_picks(seed):
    days, histories, draws = 9, 8, 64
    initial, move, dense, shares, last = silent_chain(seed, days, draws)
    uniform = np.random.default_rng(seed).integers(0, 2**31, (days, 2, draws), dtype=np.int32)
    paths = sampled_states(shares, last, uniform, histories)
    filtered = ti.control_chain(initial, move, dense).filtered
    for c, k, n in np.ndindex(2, histories, draws):
        after = None
        for day in range(days - 1, -1, -1):
            weight = filtered[day, :, c, n] if after is None else filtered[day, :, c, n] * move[day, :, after, c, n]
            edges = np.cumsum(weight / weight.sum())
            picked = (uniform[day, c, n] / 2**31 + k / histories) % 1
            if np.abs(edges - picked).min() > 1e-9:  # whole numbers cannot tell nearer ones apart
                assert paths[day, k, c, n] == (picked >= edges[:2]).sum()
            after = paths[day, k, c, n]


def test_histories_of_one_draw_are_spread_over_what_the_chain_can_do():
    initial, move, dense, shares, last = silent_chain(3, 7, 500)
    uniform = np.random.default_rng(3).integers(0, 2**31, (7, 2, 500), dtype=np.int32)
    paths = sampled_states(shares, last, uniform, 8)
    likely = ti.control_chain(initial, move, dense).filtered[-1]
    for state in range(3):  # eight histories hold each state of the last day as often as is likely, but for one
        assert np.abs((paths[-1] == state).sum(axis=0) - 8 * likely[state]).max() < 1 + 1e-6


def test_statements_that_leave_no_holder_are_refused():
    none, one = (np.zeros(0, int), np.zeros(0, int)), (np.array([0]), np.array([0]))
    moves = Moves.of(*(np.full(1, x) for x in (0.0, 0.5, 0.5, 0.0, 0.5)))
    start, silent = np.array([1.0, 0.0, 0.0]).reshape(3, 1, 1), np.zeros((2, 1), int)
    impossible = np.array([[[0.0], [1], [1]]])
    with pytest.raises(ti.ModelError, match=r"day 1 .* every holder is impossible"):
        backward_shares(start, moves, silent, silent, [none, one], impossible)


def test_without_information_filter_and_smoother_are_the_prior_chain():
    initial = np.array([0.99, 0.006, 0.004])
    move = np.array([[0.98, 0.012, 0.008], [0.01, 0.74, 0.25], [0.02, 0.0, 0.98]])
    chain = ti.control_chain(initial, move, np.ones((20, 3)))
    prior = initial.copy()
    for day in range(20):
        np.testing.assert_allclose(chain.filtered[day], prior, atol=1e-14)
        np.testing.assert_allclose(chain.smoothed[day], prior, atol=1e-14)
        prior = prior @ move
    assert chain.log_likelihood == pytest.approx(0, abs=1e-12)


def test_one_overwhelming_report_gives_certainty():
    move = np.array([[0.99, 0.005, 0.005], [0.01, 0.74, 0.25], [0.01, 0.0, 0.99]])
    seen = np.ones((9, 3))
    seen[4] = [1e-15, 1e-15, 1.0]
    chain = ti.control_chain([0.99, 0.005, 0.005], move, seen)
    assert chain.filtered[4, 2] == pytest.approx(1, abs=1e-9)
    assert chain.filtered[3, 2] < 0.1
    impossible = seen.copy()
    impossible[4] = [0, 0, 1]
    assert ti.control_chain([0.99, 0.005, 0.005], move, impossible).smoothed[4, 2] == 1


def test_what_is_observed_later_moves_the_smoother_and_not_the_filter():
    initial, move, seen = random_chain(3, 6)
    later = seen.copy()
    later[5] = [0.01, 1, 30]
    a, b = ti.control_chain(initial, move, seen), ti.control_chain(initial, move, later)
    np.testing.assert_array_equal(a.filtered[:5], b.filtered[:5])
    assert np.abs(a.smoothed[:5] - b.smoothed[:5]).max() > 1e-3


@pytest.mark.parametrize(
    ("initial", "move", "seen", "words"),
    [
        ([1, 0, 0], np.eye(3), np.ones(3), "likelihood has shape"),
        ([1, 0], np.eye(3), np.ones((4, 3)), "initial has shape"),
        ([1, 0, 0], np.ones((2, 3, 3)), np.ones((4, 3)), "transition has shape"),
        ([1, 0, 0], np.eye(3), -np.ones((4, 3)), "likelihood has a negative or missing"),
        ([1, 0, 0], np.full((3, 3), np.nan), np.ones((4, 3)), "transition has a negative or missing"),
        ([1, 0, 0], np.eye(3), np.array([[1, 1, 1], [0, 1, 1]]), "on day 1 .* every state is impossible"),
    ],
)
def test_arrays_that_make_no_chain_are_an_error_of_ours(initial, move, seen, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.control_chain(initial, move, seen)


def test_a_chain_of_one_day_needs_no_transition():
    chain = ti.control_chain([0.9, 0.05, 0.05], np.ones((0, 3, 3)), [[1, 2, 3]])
    np.testing.assert_allclose(chain.filtered[0], np.array([0.9, 0.1, 0.15]) / 1.15)


def test_holders_that_change_every_day_in_silence_are_no_contradiction():
    """The most that silence can lower a chain: both changes certain on every day, each all but certain to be told."""
    one, days = np.ones(1), 40
    moves = Moves.of(one, 0.5 * one, 0.0 * one, one, 0.999 * one)
    silent, start = np.full((days, 1), SILENT_DAYS), np.array([1.0, 0.0, 0.0]).reshape(3, 1, 1)
    nothing_said = [(np.zeros(0, int), np.zeros(0, int))] * days
    shares, last = backward_shares(start, moves, silent, silent, nothing_said, np.zeros((0, 3, 1)))
    np.testing.assert_allclose(last.sum(axis=0), 1, rtol=1e-12)
    assert (shares[-1] > 0).any()

"""Sampled histories are kept small and laid out some days at a time: as the paths they stand for, in every way."""

from datetime import date

import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact import holders, kernel
from tradeimpact.engine.blocks import BLOCK
from tradeimpact.inferred import Sampled, _first_events, _Shut
from tradeimpact.model.control import days_since_reopening, first_changes
from tradeimpact.run import How, prepared

CROSSINGS, DAYS, AHEAD = 5, 40, 6
SOME = (slice(60, 200), slice(200, 256))
OPEN = (np.ones((1, 1)), np.full((1, 1), -1.0))  # of a crossing that is always wholly open


class Known:
    """What `_first_events` asks of what is inferred."""

    threat_days = AHEAD

    def __init__(self, offset):
        self.offset = offset


def spell(draw, left=None):
    """A closure somewhere from before the run until after it, in every draw another."""
    start = draw.integers(-15, DAYS + 5, BLOCK)
    return _Shut(start, start + draw.integers(0, 12, BLOCK), np.zeros(BLOCK) if left is None else left)


def sampled(seed, offset=0, driven=True):
    """A history with holders that change, closures that overlap, and roads that are partly or wholly cut."""
    draw = np.random.default_rng(seed)
    turns = draw.random((CROSSINGS, DAYS + AHEAD, BLOCK)) < 0.03
    states = (np.cumsum(turns, axis=1) % 3).astype(np.int8)
    states[:, :offset] = 0
    states[0] = 0
    partly = np.where(draw.random(BLOCK) < 0.3, 0.0, draw.random(BLOCK))
    shut = {1: [spell(draw), spell(draw), spell(draw, partly)], 3: [spell(draw, partly)], 4: [spell(draw)]}
    shares = np.zeros((4, CROSSINGS, DAYS))
    shares[2:] = draw.dirichlet(np.ones(2), (CROSSINGS, DAYS)).transpose(2, 0, 1)
    shares[:, 2, 10:] = np.array([0.1, 0.2, 0.3, 0.4])[:, None]
    insecurity = np.full((DAYS, 1), np.nan)
    insecurity[30 if driven else DAYS :] = 0.2
    none = np.full((2, CROSSINGS, DAYS, 1), np.nan)
    first = _first_events(states, shut, Known(offset), insecurity)
    return Sampled(states, shares, shut, offset, AHEAD, insecurity, none, none, first, 0)


def threat_by_hand(states, offset):
    """Days on which the government holds a crossing that it loses within the days that threat lasts."""
    threat = np.zeros((CROSSINGS, DAYS, BLOCK), dtype=bool)
    for day in range(offset, DAYS):
        for ahead in range(1, AHEAD + 1):
            if day + ahead < states.shape[1]:
                threat[:, day] |= (states[:, day + ahead - 1] == 0) & (states[:, day + ahead] > 0)
        threat[:, day] &= states[:, day] == 0
    return threat


@pytest.mark.parametrize("offset", [0, 7])
def test_holders_openings_and_threat_are_those_of_the_states(offset):
    history = sampled(1, offset)
    paths, states = history.dense(), history.states[:, :DAYS]
    lost, share = states == 2, history.shares[..., None]
    np.testing.assert_array_equal(paths.holders[0], (states == 0) + lost * share[0])
    np.testing.assert_array_equal(paths.holders[1], (states == 1) + lost * share[1])
    np.testing.assert_array_equal(paths.holders[2:], lost * share[2:])
    np.testing.assert_allclose(paths.holders.sum(axis=0), 1, atol=1e-15)
    np.testing.assert_array_equal(paths.threat, threat_by_hand(history.states, offset))
    opened = np.ones((CROSSINGS, DAYS, BLOCK))
    for row, spells in history.closures.items():
        for day in range(DAYS):
            for s in spells:
                shut = (s.start <= day) & (day <= s.end)
                opened[row, day] = np.where(shut, np.minimum(opened[row, day], s.left), opened[row, day])
    np.testing.assert_array_equal(paths.open_share, opened)
    assert (opened == 0).any()  # all kinds were tried
    assert ((opened > 0) & (opened < 1)).any()


@pytest.mark.parametrize(("offset", "driven"), [(0, True), (0, False), (7, False)])
def test_days_since_reopening_and_first_events_are_those_of_the_paths(offset, driven):
    history = sampled(2, offset, driven)
    paths = history.dense()
    np.testing.assert_array_equal(paths.days_since_reopening, days_since_reopening(paths.open_share))
    assert (paths.days_since_reopening >= 0).any()
    first = first_changes(paths.holders, paths.open_share, paths.threat, paths.insecurity)
    np.testing.assert_array_equal(history.first_events, first)


def test_a_threat_of_no_days_threatens_nobody():
    from dataclasses import replace

    history = replace(sampled(3), threat_days=0, states=sampled(3).states[:, :DAYS])
    assert not history.dense().threat.any()


@pytest.mark.parametrize("step", [1, 7, 16])
def test_some_days_at_a_time_are_the_same_as_all_at_once(step):
    history = sampled(4, 3)
    whole = history.dense()
    for start in range(0, DAYS, step):
        days = slice(start, min(start + step, DAYS))
        some, same = history.on(days), whole.on(days)
        for name in ("government", "nobody", "insurgent", "open_share"):
            found = np.broadcast_to(getattr(some, name), same.government.shape)
            np.testing.assert_array_equal(found, getattr(same, name), err_msg=name)
        np.testing.assert_array_equal(*np.broadcast_arrays(history.threatened(days), whole.threatened(days)))
        for found, expected in zip(some.shares, same.shares, strict=True):
            np.testing.assert_array_equal(np.broadcast_to(found, expected.shape), expected)
        closed, full = history.closed(days), whole.closed(days)
        for row in range(CROSSINGS):
            for found, expected in zip(closed.get(row, OPEN), full.get(row, OPEN), strict=True):
                np.testing.assert_array_equal(*np.broadcast_arrays(found, expected))


def test_some_crossings_at_a_time_are_the_same_as_all_at_once():
    history, days = sampled(4, 3), slice(5, 29)
    whole = history.dense()
    closed = history.closed(days)
    for rows in (slice(0, 2), slice(2, 5), slice(3, 4)):
        some, same = history.on(days, rows=rows, closed=closed), history.on(days)
        for name in ("government", "nobody", "insurgent", "open_share"):
            found = np.broadcast_to(getattr(some, name), some.government.shape)
            expected = np.broadcast_to(getattr(same, name), same.government.shape)[rows]
            np.testing.assert_array_equal(found, expected, err_msg=name)
        found, expected = history.threatened(days, rows), whole.threatened(days)[rows]
        np.testing.assert_array_equal(np.broadcast_to(found, expected.shape), expected)
        np.testing.assert_array_equal(np.stack(some.shares), np.stack(same.shares)[:, rows])


def test_sums_over_draws_are_those_of_the_paths():
    history = sampled(5, 3)
    days = slice(2, 33)
    for found, expected in zip(history.sums(days, SOME), history.dense().sums(days, SOME), strict=True):
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("afghanistan-2021", date(2021, 6, 22), date(2021, 8, 17)),
        ("myanmar-2023", date(2023, 9, 16), date(2023, 11, 20)),
    ],
)
def test_blocks_worked_out_together_are_to_the_bit_what_each_is_alone(name, start, end, monkeypatch):
    monkeypatch.setattr(kernel, "TOGETHER", 10**6)
    case = ti.load_case(name)
    r = prepared(case, case.as_reported(), start, end, None, "persist", 4 * BLOCK, 5, How(threads=1))
    task = r.task()
    alone = [b for n in range(4) for b in kernel.run_blocks(r.inputs, task.sampler, [n], task.day_weights)]
    together = list(kernel.run_blocks(r.inputs, task.sampler, range(4), task.day_weights))
    assert (len(together), len(alone)) == (1, 4)
    for kept in ("by_crossing", "by_month", "by_day", "by_authority"):
        one, other = (np.concatenate([getattr(b, kept) for b in done], axis=-1) for done in (alone, together))
        np.testing.assert_array_equal(one, other)
    first = min(b.history.first_event for b in alone)
    assert r.inputs.inferred.begins <= first  # quiet days are left out by what no draw can precede


def test_crossings_worked_out_in_parts_have_the_histories_they_have_together(monkeypatch):
    case = ti.load_case("afghanistan-2021")
    start, end, seen = date(2021, 7, 1), date(2021, 8, 20), date(2021, 8, 10)
    r = prepared(case, case.as_reported(), start, end, seen, "contagion", BLOCK, 5, How(threads=1))
    h = r.inputs.inferred
    assert h.known.counts  # a count joins all crossings
    drawn = kernel.draw_block(r.inputs, r.task().sampler, 0)

    def states():
        return holders.block_paths(h.known, drawn.p, 5, [0], h.known_until, "contagion")

    together = states()
    assert len(h.known.parts) == 1
    monkeypatch.setattr(holders, "CHAIN_CELLS", 3 * h.known.days)
    h.known.__dict__.pop("parts")
    assert len(h.known.parts) == 6
    np.testing.assert_array_equal(states(), together)
    np.testing.assert_array_equal(
        holders.block_paths(h.known, drawn.p, 5, [0], h.known_until, "contagion", 30), together[:, :30]
    )
    h.known.__dict__.pop("parts")

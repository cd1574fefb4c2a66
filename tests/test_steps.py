"""A response is the same however it is cut into days and crossings, and so are what is summed and what traders pay."""

from dataclasses import fields
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact import kernel, memory
from tradeimpact.model.ledger import (
    PRODUCTS,
    SAME_WHEN_QUIET,
    government_loss,
    insurgent_gain,
    ledger_lines,
    lines_from,
    products,
)
from tradeimpact.run import How, prepared
from tradeimpact.setting import Setting

CASE = Path(__file__).parent / "cases" / "synthetic-3"
START, END = date(2001, 6, 10), date(2001, 6, 30)


def busy():
    """A history of events of every kind, shut for a while and partly shut."""
    s = ti.Scenario("a synthetic season").threat("north_gate", "2001-06-12", "2001-06-13", level=0.5)
    s = s.capture("north_gate", "2001-06-14").close("north_gate", "2001-06-14", "2001-06-16")
    s = s.close("south_gate", "2001-06-15", "2001-06-18", open_share=0.4)
    return s.capture("south_gate", "2001-06-20").insecurity("2001-06-15", "2001-06-30", 0.1, to=0.6)


@pytest.fixture(params=["stated", "reported"])
def run(request):
    case = ti.load_case(CASE)
    scenario = busy() if request.param == "stated" else case.as_reported()
    return prepared(case, scenario, START, END, None, "persist", 256, 3, How(threads=1))


@pytest.fixture
def drawn(run):
    x = run.inputs
    d = kernel.draw_block(x, run.task().sampler, 0)
    return x, d, kernel.history(x, d)


def test_days_one_by_one_and_crossings_one_by_one_are_the_whole(drawn, monkeypatch):
    x, d, paths = drawn
    whole = kernel.respond(x, d, paths)
    setting = Setting.of(x, d.p, paths, d.m0, d.r0, d.ordinary)
    stock = np.zeros((x.border, d.draws))
    monkeypatch.setattr(memory, "NEAR", 1)
    for day in range(len(x.days)):
        r = setting.respond(slice(day, day + 1), stock)
        for name in ("star", "back", "cost", "friction"):
            np.testing.assert_allclose(
                getattr(r, name)[:, 0],
                getattr(whole, name)[:, day],
                rtol=1e-12,
                atol=1e-9,
                err_msg=f"{name}, day {day}",
            )
    assert (whole.back > 0).any()
    assert (whole.cost != 1).any()


def test_some_crossings_of_a_response_are_those_of_all(drawn):
    x, d, paths = drawn
    r = kernel.respond(x, d, paths)
    for rows in (slice(0, 1), slice(1, x.border), slice(x.border, len(x.crossings)), slice(1, len(x.crossings))):
        flows, rates, held = r.at(rows)
        for some, every in ((flows, r.flows), (rates, r.rates)):
            for field in fields(every):
                found, expected = getattr(some, field.name), getattr(every, field.name)
                expected = expected[rows] if len(expected) > 1 else expected
                np.testing.assert_array_equal(*np.broadcast_arrays(found, expected), err_msg=field.name)
        np.testing.assert_array_equal(*np.broadcast_arrays(held.government, r.flows.government[rows]))


@pytest.mark.parametrize("cells", [1, 2**11, 2**16])
def test_sums_do_not_depend_on_how_many_crossings_are_taken_at_a_time(run, drawn, monkeypatch, cells):
    x, d, paths = drawn
    r = kernel.respond(x, d, paths)
    flows, rates = r.flows.over(x.window), r.rates.over(x.window)
    expected = ledger_lines(flows, rates)
    monkeypatch.setattr(memory, "NEAR", cells)
    sums = kernel._Sums(x, kernel._illicit(x, d.p), run.task().day_weights, ())
    with memory.scratch("crossings") as new:
        for days, part in kernel.tiles(x, d, paths):
            sums.add(days, part, new)
    for name, line in lines_from(sums.by_crossing).items():
        np.testing.assert_allclose(line, expected[name].sum(axis=1), rtol=1e-9, atol=1e-6, err_msg=name)
    for name, line in lines_from(sums.by_day).items():
        np.testing.assert_allclose(line, expected[name].sum(axis=0), rtol=1e-9, atol=1e-6, err_msg=name)
    loss, gain = kernel.outcome(x, d, paths)
    np.testing.assert_allclose(loss, government_loss(flows, rates), rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(gain, insurgent_gain(flows, rates), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("run", ["stated"], indirect=True)
def test_on_quiet_days_products_are_the_baseline_the_road_levies_or_nothing(run, drawn):
    x, d, paths = drawn
    r = Setting.of(x, d.p, paths, d.m0, d.r0, d.ordinary).nothing(slice(0, 3))
    found = {name: product.copy() for name, rows, product in products(r.flows, r.rates) if rows.stop}
    same = {name: one for one, names in SAME_WHEN_QUIET.items() for name in (one, *names)}
    for name in PRODUCTS:
        if name in same:
            np.testing.assert_array_equal(found[name], found[same[name]], err_msg=name)
        else:
            assert not found.get(name, np.zeros(1)).any()
    assert (found["baseline"] > 0).any()


def test_what_no_crossing_in_other_hands_has_is_zero_there(drawn):
    x, d, paths = drawn
    r = kernel.respond(x, d, paths)
    whole = {name: product.copy() for name, rows, product in products(r.flows, r.rates) if rows.stop}
    alone: dict[str, list] = {name: [] for name in whole}
    for row in range(len(x.crossings)):
        flows, rates, _ = r.at(slice(row, row + 1))
        one = {name: product.copy() for name, rows, product in products(flows, rates) if rows.stop}
        for name in whole:
            alone[name].append(one.get(name, np.zeros((1, *whole["baseline"].shape[1:]))))
    for name, rows in ((name, rows) for name, rows, _ in products(r.flows, r.rates) if rows.stop):
        np.testing.assert_array_equal(np.concatenate(alone[name])[rows], whole[name], err_msg=name)


def test_a_short_buffer_changes_no_bit_and_is_given_back():
    rng = np.random.default_rng(1)
    x, row = rng.random((3, 40, 512)), rng.random(512)
    before = np.getbufsize()
    expected = x * row, x.sum(axis=-1), x.sum(), (x > 0.5).sum(axis=-1, dtype=float)
    with memory.unbuffered():
        assert np.getbufsize() == memory.BUFFER
        found = x * row, x.sum(axis=-1), x.sum(), (x > 0.5).sum(axis=-1, dtype=float)
    assert np.getbufsize() == before
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_cost_of_traders_is_made_of_what_each_holder_charges(drawn):
    x, d, paths = drawn
    r = kernel.respond(x, d, paths)
    posts = slice(0, x.border)
    f, rates = r.flows, r.rates
    g, n, i = (np.broadcast_to(h[posts], r.cost.shape) for h in (f.government, f.nobody, f.insurgent))
    road = rates.road[posts]
    gate = rates.levy[posts] + rates.inland_probability * rates.inland[posts] + road * (1 - rates.once)
    paid = g * (rates.collected[posts] + r.bribes + road) + n * road + i * gate
    before = 1 + rates.collected_baseline[posts] + r.bribes + road
    np.testing.assert_allclose(r.cost, (1 + paid + r.friction) / before, rtol=1e-12)

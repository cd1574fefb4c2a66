"""Two ledgers and what joins them (MODEL section 6): every identity in every draw, crossing, day and month."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tradeimpact as ti
from tradeimpact.model.ledger import Flows, Rates, ledger_lines

COMPONENTS = (
    "lost_to_insurgent_control",
    "lost_to_nobody",
    "lost_to_closure",
    "contraction",
    "held_back",
    "rerouting",
    "deferred_returned",
    "weaker_collection",
    "collected_inland",
)
DETAILS = ("levy_received", "levy_gap", "trade_lost_at_captured", "shut_while_held")
EXACT = 1e-9


def assert_ledgers_close(lines):
    """Every identity between the lines of a mapping, to 1e-9 of the largest amount in it, entry by entry."""
    scale = np.max(
        [np.abs(np.asarray(lines[name])) for name in ("baseline", "government_revenue", *COMPONENTS, *DETAILS)], axis=0
    )
    pairs = {
        "baseline - government": (lines["baseline"] - lines["government_revenue"], lines["government_loss"]),
        "nine components": (sum(lines[name] for name in COMPONENTS), lines["government_loss"]),
        "four details": (sum(lines[name] for name in DETAILS), lines["lost_to_insurgent_control"]),
    }
    for name, (one, other) in pairs.items():
        gap = np.abs(np.asarray(one) - np.asarray(other))
        assert (gap <= EXACT * scale).all(), f"{name} misses by {(gap / np.maximum(scale, 1e-300)).max():.3g}"
    gain = np.abs(np.asarray(lines["insurgent_revenue"] - lines["insurgent_baseline"] - lines["insurgent_gain"]))
    assert (gain <= EXACT * np.maximum(np.abs(lines["insurgent_revenue"]), np.abs(lines["insurgent_baseline"]))).all()


# --- the lines themselves ---------------------------------------------------------------------------------


def share(low=0.0, high=1.0):
    return st.floats(low, high, allow_nan=False)


@st.composite
def books(draw):
    """Any trade, any rates, any holders whose shares sum to 1; shapes that broadcast as in a run."""
    crossings, days, draws = draw(st.integers(1, 4)), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    full, fixed, common = (crossings, days, draws), (crossings, days, 1), (1, 1, draws)
    scale = 10 ** rng.uniform(0, 10)

    def money():
        return scale * rng.uniform(0, 1, full) * rng.choice([0.0, 1.0, 1.0], full)

    pure = rng.multinomial(1, [0.4, 0.2, 0.4], (crossings, days)).astype(float)
    mixed = rng.dirichlet([1, 1, 1], (crossings, days))
    holders = np.where(rng.random((crossings, days, 1)) < 0.7, pure, mixed).transpose(2, 0, 1)[..., None]
    total = rng.uniform(0, 1.3, full)
    flows = Flows(
        baseline_trade=money(),
        response_trade=money() * rng.uniform(0, 2),
        returned_trade=money() * rng.uniform(0, 0.5),
        total_ratio=total,
        total_held=total * rng.uniform(0.4, 1.1, full),
        open_share=rng.choice([0.0, 0.3, 1.0], fixed),
        government=holders[0],
        nobody=holders[1],
        insurgent=holders[2],
    )
    r0 = rng.uniform(0.01, 0.4, (crossings, 1, draws))
    rates = Rates(
        collected_baseline=r0,
        collected=r0 * rng.uniform(0.3, 1, full),
        inland=rng.uniform(0, 0.3, (crossings, 1, draws)),
        inland_probability=rng.uniform(0, 1, common),
        levy=rng.uniform(0, 0.5, draw(st.sampled_from([full, (crossings, 1, draws)]))),
        road=rng.uniform(0, 0.1, (crossings, 1, draws)),
        once=rng.choice([0.0, 1.0], common),
    )
    return full, flows, rates


@settings(max_examples=60, deadline=None)
@given(books())
def test_any_books_close_in_every_crossing_day_and_draw(book):
    full, flows, rates = book
    lines = ledger_lines(flows, rates)
    assert all(x.shape == full for x in lines.values())
    assert_ledgers_close(lines)


@settings(max_examples=60, deadline=None)
@given(books())
def test_both_ledgers_are_rate_times_trade_times_holder(book):
    full, f, r = book
    lines = {name: np.array(x) for name, x in ledger_lines(f, r).items()}
    wide = {name: np.broadcast_to(x, full) for name, x in {**f.__dict__, **r.__dict__}.items()}
    for at in np.ndindex(full):
        v = {name: float(x[at]) for name, x in wide.items()}
        trade = v["response_trade"] + v["returned_trade"]
        g, insurgent = v["government"], v["insurgent"]
        assert lines["baseline"][at] == pytest.approx(v["collected_baseline"] * v["baseline_trade"], rel=EXACT)
        government = v["collected"] * trade * g + v["inland"] * v["inland_probability"] * trade * insurgent
        assert lines["government_revenue"][at] == pytest.approx(government, rel=EXACT)
        taken = v["levy"] * trade * insurgent + v["road"] * trade * (1 - v["once"] * insurgent)
        assert lines["insurgent_revenue"][at] == pytest.approx(taken, rel=EXACT)
        assert lines["insurgent_baseline"][at] == pytest.approx(v["road"] * v["baseline_trade"], rel=EXACT)
        assert lines["collected_inland"][at] <= 0


# --- whole runs of the Afghan case ------------------------------------------------------------------------

FIRST, LAST = date(2021, 6, 15), date(2021, 7, 25)
INLAND = ("herat_city", "kabul")  # nobody counts trucks there


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@st.composite
def scenarios(draw, crossings):
    """Any sequence of verbs at any crossings, inland houses included."""
    days = st.integers(0, (LAST - FIRST).days).map(lambda n: FIRST + timedelta(days=n))
    spans = st.tuples(days, st.integers(0, 12)).map(lambda t: (t[0], t[0] + timedelta(days=t[1])))
    where = st.sampled_from(crossings)
    scenario = ti.Scenario("random")
    for verb in draw(
        st.lists(
            st.sampled_from(["capture", "recapture", "close", "reopen", "levy", "threat", "insecurity"]),
            min_size=1,
            max_size=8,
        )
    ):
        crossing, (start, end) = draw(where), draw(spans)
        if verb == "capture":
            by = draw(
                st.sampled_from(
                    ["taliban", "nobody", {"taliban": 0.6, "nobody": 0.4}, {"government": 0.5, "taliban": 0.5}]
                )
            )
            scenario = scenario.capture(crossing, on=start, by=by)
        elif verb == "close":
            scenario = scenario.close(
                crossing, start, draw(st.sampled_from([end, None])), open_share=draw(st.sampled_from([0.0, 0.4]))
            )
        elif verb == "levy":
            kinds = [{"rate": 0.04}] if crossing in INLAND else [{"rate": 0.04}, {"per_truck": 50_000.0}]
            kind = draw(st.sampled_from(kinds))
            scenario = scenario.levy(crossing, start, end, **kind)
        elif verb == "threat":
            scenario = scenario.threat(crossing, start, end, level=draw(share()))
        elif verb == "insecurity":
            scenario = scenario.insecurity(start, end, draw(share()), to=draw(share()))
        else:
            scenario = getattr(scenario, verb)(crossing, on=start)
    return scenario


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whole_runs_close_in_every_draw_crossing_month_and_day(case, data):
    units = sorted(case.units["crossing"])
    scenario = data.draw(scenarios(units))
    start = data.draw(st.sampled_from([FIRST, date(2021, 6, 22), date(2021, 7, 10)]))
    run = ti.simulate(
        case, scenario, start=start, end=start + timedelta(days=15), draws=40, rng=data.draw(st.integers(0, 9))
    )
    draws = run.draws()
    assert np.isfinite(draws.drop(columns="transfer_ratio").to_numpy()).all()
    assert_ledgers_close(draws)
    ratio = draws["insurgent_gain"] / draws["government_loss"].where(draws["government_loss"] != 0)
    np.testing.assert_allclose(draws["transfer_ratio"], ratio, rtol=EXACT)
    # the same inside every crossing, every month, and on one day alone
    table = run.to_xarray()
    assert_ledgers_close({name: table[name].to_numpy() for name in table.data_vars if not name.endswith("_by_month")})
    months = {
        name.removesuffix("_by_month"): table[name].to_numpy() for name in table.data_vars if name.endswith("_by_month")
    }
    assert_ledgers_close(months)
    day = start + timedelta(days=data.draw(st.integers(0, 15)))
    assert_ledgers_close(ti.simulate(case, scenario, start=day, end=day, draws=40, rng=0).draws())
    # crossings, months and days add up to the same totals
    scale = draws["baseline"].to_numpy()
    for name in ("baseline", "government_loss", "insurgent_revenue", *COMPONENTS, *DETAILS, "road_levies"):
        for parts in (table[name].to_numpy(), months[name]):
            assert (np.abs(parts.sum(axis=0) - draws[name]) <= EXACT * scale).all(), name
    for name in ("baseline", "government_revenue", "government_loss", "insurgent_revenue", "insurgent_gain"):
        by_day = run.daily(name)["mean"].sum()
        assert abs(by_day - draws[name].mean()) <= EXACT * scale.mean(), name
    # no line that cannot be negative is
    for name in (
        "government_revenue",
        "insurgent_revenue",
        "lost_to_insurgent_control",
        "lost_to_nobody",
        "lost_to_closure",
        "levy_received",
        "shut_while_held",
    ):
        assert (draws[name] >= 0).all(), name
    assert (draws["collected_inland"] <= 0).all()
    assert (draws["deferred_returned"] <= 0).all()


def test_the_revenue_of_the_authorities_is_the_insurgent_ledger(case):
    scenario = (
        ti.Scenario("two fall").capture("spin_boldak", "2021-07-14").capture("islam_qala", "2021-07-09", by="nobody")
    )
    run = ti.simulate(case, scenario, start="2021-07-05", end="2021-07-20", draws=30, rng=2)
    table, draws = run.by("authority")["mean"], run.draws().mean()
    for line, column in (
        ("baseline", "insurgent_baseline"),
        ("revenue", "insurgent_revenue"),
        ("gain", "insurgent_gain"),
    ):
        assert table["taliban", line] == pytest.approx(draws[column], rel=EXACT)
    assert table["government", "loss"] == pytest.approx(draws["government_loss"], rel=EXACT)


def test_groups_add_up_to_the_totals(case):
    run = ti.simulate(case, case.as_reported(), start="2021-06-22", end="2021-07-22", draws=30, rng=2)
    by_group, draws = run.by("group")["mean"].unstack("line"), run.draws().mean()
    for line in ("baseline", "government_loss", "insurgent_revenue", *COMPONENTS):
        assert by_group[line].sum() == pytest.approx(draws[line], rel=EXACT, abs=EXACT * draws["baseline"])


def test_means_of_a_bridge_add_up(case):
    bridge = ti.simulate(case, case.as_reported(), start="2021-06-22", end="2021-07-22", draws=300, rng=2).bridge()
    mean = bridge["mean"]
    assert list(bridge.index[bridge["role"] == "component"]) == list(COMPONENTS)
    assert mean["baseline"] - mean[list(COMPONENTS)].sum() == pytest.approx(mean["government_revenue"], rel=EXACT)
    assert mean[list(DETAILS)].sum() == pytest.approx(mean["lost_to_insurgent_control"], rel=EXACT)

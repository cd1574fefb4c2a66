"""Nothing that was published after the as-of day can change a result, whatever table it stands in."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tradeimpact as ti
from tradeimpact.case.vintage import HINDSIGHT

CASE = ti.load_case("afghanistan-2021")
DATED = sorted(name for name in CASE.tables if "published_latest" in CASE.tables[name])
AS_OF = ("2021-06-25", "2021-07-14")
ONE_EACH = ("baseline",)  # one row per unit: its later rows are rebuilt, see the second test


def run(case, day):
    """Draws of the loss by day, every drawn assumption, and the probabilities, as of a day."""
    result = ti.simulate(case, case.as_reported(), start="2021-06-22", end="2021-07-30", draws=64, rng=3, as_of=day)
    control = ti.infer_control(
        case.as_of(day), start="2021-07-01", end=day if day > "2021-07-01" else "2021-07-02", as_of=day, draws=32, rng=3
    )
    return result.totals.by_day, result.totals.by_crossing, result.drawn().to_numpy(), control.filtered.to_numpy()


@pytest.fixture(scope="module", params=AS_OF)
def vintage(request):
    return request.param, run(CASE, request.param)


def assert_same(before, after):
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)


def put(case, **tables):
    """The case with tables swapped unchecked, as a careless or hostile hand would."""
    return case.replaced({**{name: case.tables[name] for name in case.tables}, **tables}, case.assumption_records)


def shaken(table, rows, seed):
    """Every number of some rows changed."""
    rng = np.random.default_rng(seed)
    out = table.copy()
    for column in table.columns[1:]:
        if pd.api.types.is_float_dtype(table[column]):
            out.loc[rows, column] = table.loc[rows, column].fillna(1.0) * rng.uniform(0.01, 50, int(rows.sum()))
    return out


@pytest.mark.parametrize("name", [name for name in DATED if name not in ONE_EACH])
def test_rows_planted_in_the_future_change_no_bit(vintage, name):
    day, before = vintage
    table = CASE.tables[name]
    later = pd.Timestamp(day) + pd.Timedelta(days=1)
    key = table.columns[0]
    planted = shaken(table, pd.Series(True, index=table.index), 1).assign(published_latest=later)
    if key in ("row", "report", "outcome", "closure", "entry", "constraint", "source"):
        planted[key] = [f"zz{i}" for i in range(len(planted))]
    assert_same(before, run(put(CASE, **{name: pd.concat([table, planted], ignore_index=True)}), day))


@pytest.mark.parametrize("name", DATED)
def test_rows_of_the_future_may_say_anything(vintage, name):
    day, before = vintage
    table = CASE.tables[name]
    after = table["published_latest"] > pd.Timestamp(day)
    if not after.any():
        pytest.skip("every row was public by then")
    assert_same(before, run(put(CASE, **{name: shaken(table, after, 2)}), day))


def test_reports_of_the_future_may_turn_into_their_opposite(vintage):
    day, before = vintage
    table = CASE.reports
    after = table["published_latest"] > pd.Timestamp(day)
    turned = table.assign(
        event=table["event"].where(~after, "recaptured"), claimed_by=table["claimed_by"].where(~after, "Taliban")
    )
    assert_same(before, run(put(CASE, reports=turned), day))


def test_assumptions_that_rest_on_later_sources_are_not_read(vintage):
    day, before = vintage
    records = {
        name: replace(r, low=r.low * 0.5, best=r.best * 0.6, high=r.high * 0.7, alternatives=())
        if r.published_latest and r.published_latest > date.fromisoformat(day)
        else r
        for name, r in CASE.assumption_records.items()
    }
    changed = CASE.replaced({name: CASE.tables[name] for name in CASE.tables}, records)
    assert any(records[name] != r for name, r in CASE.assumption_records.items())
    assert_same(before, run(changed, day))


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 55), st.integers(1, 400), st.integers(0, 2**16))
def test_any_report_planted_after_any_day_changes_nothing_known_on_it(offset, delay, seed):
    day = date(2021, 6, 20) + timedelta(days=offset)
    rng = np.random.default_rng(seed)
    table = CASE.reports
    planted = table.iloc[[int(rng.integers(len(table)))]].assign(
        report="zz_planted",
        crossing=str(rng.choice(CASE.border_units["crossing"])),
        event=str(rng.choice(["captured", "denied", "recaptured", "contested", "closed_by_neighbour", "reopened"])),
        about="control",
        date=pd.Timestamp(day),
        published_latest=pd.Timestamp(day) + pd.Timedelta(days=delay),
    )
    case = put(CASE, reports=pd.concat([planted, table], ignore_index=True))
    args = {"start": day, "end": day + timedelta(days=5), "draws": 32, "rng": 1, "as_of": day}
    a, b = (ti.simulate(c, c.as_reported(), **args).totals.by_day for c in (CASE, case))
    np.testing.assert_array_equal(a, b)
    filtered = [ti.infer_control(c, start=day, end=day, draws=16, rng=1).filtered for c in (CASE, case)]
    assert filtered[0].equals(filtered[1])


@pytest.mark.parametrize("day", AS_OF)
def test_a_vintage_holds_only_what_was_public_and_no_hindsight(day):
    known = CASE.as_of(day)
    for name in DATED:
        table = known.tables[name]
        assert name not in HINDSIGHT or table.empty
        assert not (table["published_latest"] > pd.Timestamp(day)).any()
    assert "published_latest" in known.reports
    assert all(r.published_latest is None or str(r.published_latest) <= day for r in known.assumption_records.values())
    assert set(known.baseline["crossing"]) == set(CASE.baseline["crossing"])


def test_a_vintage_of_a_vintage_is_the_earlier_of_the_two():
    twice, once = CASE.as_of("2021-07-24").as_of("2021-07-14"), CASE.as_of("2021-07-14")
    assert list(twice.reports["report"]) == list(once.reports["report"])
    assert CASE.as_of("2021-07-14").as_of("2021-08-20").reports.equals(once.reports)


def test_an_explicit_scenario_keeps_the_events_its_author_set():
    fall = ti.Scenario("later").capture("torkham", "2021-07-25")
    result = ti.simulate(CASE, fall, start="2021-07-20", end="2021-07-30", draws=32, rng=1, as_of="2021-07-14")
    assert result.scenario.captured == ("torkham",)
    assert (result.draws()["lost_to_insurgent_control"] > 0).all()
    now = ti.simulate(CASE, fall, start="2021-07-20", end="2021-07-30", draws=32, rng=1)
    assert not np.allclose(result.draws()["baseline"], now.draws()["baseline"])  # its data are older


def test_the_earliest_day_of_the_summer_can_be_simulated():
    result = ti.simulate(
        CASE, CASE.as_reported(), start="2021-06-22", end="2021-07-22", draws=32, rng=1, as_of="2021-06-20"
    )
    assert np.isfinite(result.draws()["government_loss"]).all()

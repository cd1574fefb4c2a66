"""The whole pipeline under changes whose effect is known: scale, rename, permute, split, merge, shift, repeat.

No expected number is needed: the two runs tell it. Draws are tied by the names of what is drawn, so that two runs of
one seed are compared draw by draw. Where a change adds or takes a crossing, figures of single crossings are settled
(low = best = high): what remains is drawn under general names, which a crossing more or less leaves as they were.
"""

import re
import shutil
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import tradeimpact as ti
from tradeimpact.case.package import package

ROOT = Path(__file__).resolve().parents[1]
SYNTHETIC = ROOT / "tests" / "cases" / "synthetic-3"
WINDOW = {"start": "2001-06-08", "end": "2001-06-25"}
SUMMER = {"start": "2021-07-01", "end": "2021-07-12"}
# what is told of single crossings: a stated history needs none of it
TOLD = ("diversion", "revenue", "trade", "reports", "closures", "hindsight_control", "hindsight_reports", "levies",
        "leakage", "outcomes", "reported_holders", "truth", "corrections")  # fmt: skip
TWO_LEAP_CYCLES = timedelta(days=2 * 1461)  # eight years with two leap days: months keep their days
DRAWS = 64


def draws_of(case, scenario, rng=3, **window):
    return ti.simulate(case, scenario, **(window or WINDOW), draws=DRAWS, rng=rng, threads=1).draws()


def assert_same(one, other, exact=False):
    """All lines of two runs, draw by draw: to the bit, or to 1e-9 of each draw's baseline."""
    if exact:
        pd.testing.assert_frame_equal(one, other, check_exact=True)
        return
    money = one.columns.drop("transfer_ratio")
    gap = (one[money] - other[money]).abs().div(one["baseline"], axis=0).max()
    if not gap.max() <= 1e-9:
        pytest.fail(f"off by shares of the baseline: {gap[gap > 1e-9].round(9).to_dict()}", pytrace=False)
    safe = one["government_loss"].abs() > 1e-6 * one["baseline"]
    np.testing.assert_allclose(one.loc[safe, "transfer_ratio"], other.loc[safe, "transfer_ratio"], rtol=1e-6)


def events(*crossings):
    """A history in which everything happens, the same at each of `crossings`."""
    s = ti.Scenario("everything").insecurity("2001-06-09", "2001-06-24", 0.1, to=0.3)
    for c in crossings:
        s = s.threat(c, "2001-06-08", "2001-06-11").capture(c, "2001-06-12", by="rebels")
        s = s.close(c, "2001-06-14", "2001-06-16").levy(c, "2001-06-17", per_truck=45.0).recapture(c, "2001-06-22")
    return s.capture("east_gate", "2001-06-18", by="nobody")


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def afghan():
    return ti.load_case("afghanistan-2021")


def settled(case):
    """The case with figures of single crossings and of the country at their best."""
    tables = {}
    for name in ("baseline", "constraints", "trucks", "inland", "national", "calendar"):
        table = case.tables[name]
        for best in [c for c in table.columns if re.match(r"(feed_|factor_)?best", c)]:
            ends = [best.replace("best", end) for end in ("low", "high")]
            table[ends] = np.repeat(table[[best]].to_numpy(), 2, axis=1)
        tables[name] = table
    country = tables["baseline"]["best_xts"].sum()
    tables["constraints"] = tables["constraints"].loc[lambda t: t["members"] == "*"]
    tables["constraints"][["low_xts", "best_xts", "high_xts"]] = country
    tables["national"] = tables["national"].loc[lambda t: t["use"] != "growth"]
    own = {name: case.best(name) for name in case.assumption_records if "." in name}
    own |= {name: r.alternatives[0].label for name, r in case.assumption_records.items() if r.alternatives}
    return case.with_tables(tables).assume(own)


@pytest.fixture(scope="module")
def plain(case):
    return settled(case)


def text_changed(folder, to, change):
    """A copy of a case folder with the text of every file changed, packaged anew."""
    shutil.copytree(folder, to)
    for path in sorted(to.iterdir()):
        path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8")
    package(to)
    return ti.load_case(to)


# --- money ------------------------------------------------------------------------------------------------------------


def redenominated(case, factor):
    """The case with `factor` of its new money for one of the old, in every table, rate and assumption."""
    unit, tables = case.currency.lower(), {}
    for name in case.tables:
        table = case.tables[name]
        per_dollar = f"{unit}_per_usd" in table
        for column in table.columns:
            if re.search(rf"_{unit}$|^{unit}_per_usd$", column) or (per_dollar and column in ("low", "high")):
                table[column] = table[column] * factor
        said = next((c for c in ("unit", "currency") if c in table), None)
        if said:
            ours = table[said].str.lower().str.split("_").str[0].str.split(" ").str[0] == unit
            for column in table.columns.intersection(["low", "best", "high", "value"]):
                if table[column].dtype.kind == "f":
                    table.loc[ours, column] = table.loc[ours, column] * factor
        tables[name] = table
    money = {
        name: {"low": r.low * factor, "best": r.best * factor, "high": r.high * factor}
        for name, r in case.assumption_records.items()
        if r.unit.startswith(f"{case.currency} ") and not r.alternatives
    }
    return case.with_tables(tables).assume(money)


def test_money_counted_in_another_unit_scales_every_line_and_no_ratio(afghan):
    factor = 1000.0
    other = redenominated(afghan, factor)
    one, two = (ti.simulate(c, c.as_reported(), **SUMMER, draws=DRAWS, rng=3, threads=1) for c in (afghan, other))
    money = one.draws().columns.drop("transfer_ratio")
    scaled = two.draws().assign(**{name: two.draws()[name] / factor for name in money})
    assert_same(one.draws(), scaled)
    assert_same(one.to("usd").draws(), two.to("usd").draws())
    np.testing.assert_allclose(two.bridge()["mean"], factor * one.bridge()["mean"], rtol=1e-9, atol=1e-6 * factor)


def test_the_name_of_the_currency_changes_no_bit(case, tmp_path):
    other = text_changed(SYNTHETIC, tmp_path / "renamed", lambda t: t.replace("XTS", "XAU").replace("xts", "xau"))
    assert other.currency == "XAU"
    assert_same(draws_of(case, case.as_reported()), draws_of(other, other.as_reported()), exact=True)


# --- order ------------------------------------------------------------------------------------------------------------


def shuffled(case, seed):
    """The case with the rows of every table in another order, but for speakers: the first pattern found decides."""
    rng = np.random.default_rng(seed)
    tables = {name: case.tables[name] for name in case.tables if name != "speakers"}
    return case.with_tables({name: table.iloc[rng.permutation(len(table))] for name, table in tables.items()})


def test_the_order_of_rows_changes_nothing(case, afghan):
    for one, window in ((case, WINDOW), (afghan, SUMMER)):
        other = shuffled(one, seed=2)
        assert_same(draws_of(one, one.as_reported(), **window), draws_of(other, other.as_reported(), **window))


def test_the_order_of_verbs_at_different_crossings_changes_no_bit(case):
    north, south = (
        [("capture", c, "2001-06-12", "rebels"), ("close", c, "2001-06-14", "2001-06-16")]
        for c in ("north_gate", "south_gate")
    )

    def told(verbs):
        s = ti.Scenario("s")
        for verb, *rest in verbs:
            s = getattr(s, verb)(*rest)
        return s

    assert_same(draws_of(case, told(north + south)), draws_of(case, told(south + north)), exact=True)


# --- crossings --------------------------------------------------------------------------------------------------------


def split(case, crossing, share):
    """The case with `crossing` cut in two, ``<crossing>_a`` with `share` of its trade, trucks and feeds."""
    tables = {name: case.tables[name].iloc[:0] for name in TOLD if name in case.tables}
    for name, parts in (("crossings", []), ("baseline", ["xts"]), ("trucks", [""]), ("inland", ["feed"])):
        table = case.tables[name]
        mine = table["crossing"] == crossing
        pieces = []
        for end, of in (("a", share), ("b", 1 - share)):
            piece = table[mine].assign(crossing=f"{crossing}_{end}")
            for part in parts:
                columns = [c for c in piece.columns if re.fullmatch(rf"({part}_)?(low|best|high)(_{part})?", c)]
                piece[columns] = of * piece[columns]
            pieces.append(piece)
        tables[name] = pd.concat([table[~mine], *pieces], ignore_index=True)
    return case.with_tables(tables)


@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.sampled_from(["north_gate", "south_gate"]), st.floats(0.02, 0.98), st.integers(0, 9))
def test_a_crossing_cut_in_two_that_share_its_fate_changes_no_total(plain, crossing, share, seed):
    both = split(plain, crossing, share)
    one = draws_of(plain, events(crossing), seed)
    two = draws_of(both, events(f"{crossing}_a", f"{crossing}_b"), seed)
    assert_same(one, two)
    assert (one["government_loss"] > 0).any()


def test_halves_of_a_crossing_do_the_same(plain):
    both = split(plain, "north_gate", 0.5)
    run = ti.simulate(both, events("north_gate_a", "north_gate_b"), **WINDOW, draws=DRAWS, rng=3, threads=1)
    data = run.to_xarray()
    for line in ("baseline", "government_revenue", "insurgent_revenue", "rerouting", "deferred_returned"):
        a, b = (data[line].sel(crossing=f"north_gate_{end}").to_numpy() for end in "ab")
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_two_gates_of_one_group_with_one_fate_are_one_gate(plain):
    # the other way round: what is merged here stands apart in the case
    share = plain.baseline.set_index("crossing")["best_xts"]
    trucks = plain.trucks.set_index("crossing")["best"]
    # their loads are worth the same, else two gates could not be one
    assert share["north_gate"] / trucks["north_gate"] == pytest.approx(share["south_gate"] / trucks["south_gate"])
    tables = {name: plain.tables[name].iloc[:0] for name in TOLD if name in plain.tables}
    for name in ("crossings", "baseline", "trucks", "inland"):
        table = plain.tables[name]
        gone = table["crossing"] == "south_gate"
        left = table[~gone].reset_index(drop=True)
        money = [c for c in table.columns if re.match(r"(low|best|high)(_xts)?$", c)]
        if money:
            left.loc[left["crossing"] == "north_gate", money] += table.loc[gone, money].to_numpy()
        tables[name] = left
    one = plain.with_tables(tables)
    assert_same(draws_of(plain, events("north_gate", "south_gate")), draws_of(one, events("north_gate")))


@pytest.mark.parametrize("group", ["norland", "estland", "a_group_of_its_own"])
def test_a_crossing_where_nothing_passes_changes_nothing(plain, group):
    row = plain.crossings.loc[lambda t: t["crossing"] == "east_gate"].assign(crossing="idle_gate", route_group=group)
    zero = {column: 0.0 for column in ("low_xts", "best_xts", "high_xts")}
    part = plain.baseline.loc[lambda t: t["crossing"] == "east_gate"].assign(crossing="idle_gate", **zero)
    more = plain.with_tables(
        {"crossings": pd.concat([plain.crossings, row]), "baseline": pd.concat([plain.baseline, part])}
    )
    assert_same(draws_of(plain, events("north_gate")), draws_of(more, events("north_gate")))
    fallen = events("north_gate").capture("idle_gate", "2001-06-10", by="rebels").close("idle_gate", "2001-06-12")
    assert_same(draws_of(plain, events("north_gate")), draws_of(more, fallen))


# --- time -------------------------------------------------------------------------------------------------------------


def later(text):
    """Every day of a text moved by two leap cycles."""

    def moved(found):
        return str(date.fromisoformat(found[0]) + TWO_LEAP_CYCLES)

    return re.sub(r"\b(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b", moved, text)


@pytest.mark.parametrize(("folder", "window"), [(SYNTHETIC, WINDOW), (ROOT / "data" / "afghanistan-2021", SUMMER)])
def test_all_days_moved_by_whole_leap_cycles_change_no_bit(folder, window, tmp_path):
    moved = text_changed(folder, tmp_path / "later", later)
    one = ti.load_case(folder)
    then = {name: later(day) for name, day in window.items()}
    assert_same(draws_of(one, one.as_reported(), **window), draws_of(moved, moved.as_reported(), **then), exact=True)
    as_of = later(window["end"])
    runs = [
        ti.simulate(c, c.as_reported(), **w, as_of=day, draws=DRAWS, rng=3, threads=1).summary()
        for c, w, day in ((one, window, window["end"]), (moved, then, as_of))
    ]
    pd.testing.assert_frame_equal(*runs, check_exact=True)


def test_a_window_cut_in_two_adds_up_to_the_whole(case):
    for scenario in (events("north_gate"), case.as_reported()):
        whole = draws_of(case, scenario)
        first = draws_of(case, scenario, start="2001-06-08", end="2001-06-15")
        second = draws_of(case, scenario, start="2001-06-16", end="2001-06-25")
        both = first + second
        ratio = both["insurgent_gain"] / both["government_loss"].where(both["government_loss"] != 0)
        assert_same(whole, both.assign(transfer_ratio=ratio))


def test_what_happens_after_the_window_changes_no_bit(case):
    s = events("north_gate")
    after = s.capture("south_gate", "2001-06-26", by="rebels").close("south_gate", "2001-07-01")
    assert_same(draws_of(case, s), draws_of(case, after), exact=True)


# --- reports and levies -----------------------------------------------------------------------------------------------


def test_a_report_copied_by_the_same_source_says_nothing_new(case):
    alone = case.assume({"repeat_power": 0.0})
    copy = alone.reports.loc[lambda t: t["report"] == "rp001"].assign(report="rp001_copy")
    twice = alone.with_table("reports", pd.concat([alone.reports, copy], ignore_index=True))
    assert_same(draws_of(alone, alone.as_reported()), draws_of(twice, twice.as_reported()), exact=True)


def test_twice_the_levies_are_twice_the_gain_where_trade_does_not_answer(case):
    rigid = case.assume({
        "theta": 1e-12, "phi": 1e-12, "epsilon": 0.0, "road_levy_per_truck": 0.0, "illicit_transit_per_year": 0.0,
    })  # fmt: skip
    records = rigid.assumption_records["levy_per_truck"]
    double = rigid.assume({"levy_per_truck": tuple(2 * x for x in (records.low, records.best, records.high))})
    fall = ti.Scenario("fall").capture("north_gate", "2001-06-12", by="rebels")
    one, two = (draws_of(c, fall) for c in (rigid, double))
    np.testing.assert_allclose(two["insurgent_gain"], 2 * one["insurgent_gain"], rtol=1e-9)
    np.testing.assert_allclose(two["government_loss"], one["government_loss"], rtol=1e-9)
    assert (one["insurgent_gain"] > 0).all()

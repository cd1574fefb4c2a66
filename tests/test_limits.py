"""What must come out without knowing a number: nothing falls, all falls, other units, order, halves, windows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
WINDOW = {"start": "2021-06-22", "end": "2021-07-22"}
SMALL = {**WINDOW, "draws": 60, "rng": 3}
RATIO = "transfer_ratio"


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def synthetic():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def summer():
    """Every mechanism at once: falls, nobody, closures, recapture, levies, threat, insecurity, an inland house."""
    return (
        ti.Scenario("summer")
        .threat("islam_qala", "2021-07-01", "2021-07-08")
        .capture("sher_khan_bandar", on="2021-06-22", by="nobody")
        .capture("sher_khan_bandar", on="2021-06-25")
        .capture("islam_qala", on="2021-07-09")
        .capture("spin_boldak", on="2021-07-14")
        .close("spin_boldak", "2021-07-14", "2021-07-18")
        .close("torkham", "2021-07-03", "2021-07-08")
        .close("zaranj", "2021-07-12", "2021-08-01", open_share=0.5)
        .recapture("sher_khan_bandar", on="2021-07-16")
        .capture("herat_city", on="2021-07-19")
        .levy("islam_qala", "2021-07-12", per_truck=60_000)
        .levy("spin_boldak", "2021-07-19", rate=0.03)
        .insecurity("2021-06-22", "2021-07-22", 0.2, to=0.5)
    )


def money(draws):
    return draws.drop(columns=RATIO)


def assert_same(one, other, rel=1e-9):
    """Every money column equal to `rel` of the baseline of its draw, and the ratio of gain to loss with them."""
    scale = other["baseline"].abs().to_numpy()[:, None]
    gap = (money(one) - money(other)).abs().to_numpy() / scale
    worst = money(one).columns[gap.max(axis=0).argmax()]
    assert gap.max() <= rel, f"{worst} differs by {gap.max():.3g} of the baseline"


# --- nothing falls ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "scenario",
    [
        None,
        ti.Scenario("empty"),
        ti.Scenario("later").capture("torkham", on="2021-07-23").close("zaranj", "2021-08-01"),
        ti.Scenario("a levy where nobody takes one").levy("torkham", "2021-06-25", rate=0.2),
        ti.Scenario("no threat at all").threat("torkham", "2021-06-25", level=0.0),
    ],
    ids=["none", "empty", "after the window", "levy under the government", "threat of level 0"],
)
def test_a_scenario_in_which_nothing_happens_has_no_loss_to_the_bit(case, scenario):
    run = ti.simulate(case, scenario, **SMALL)
    draws = run.draws()
    assert (draws["baseline"] > 0).all()
    for column in draws.columns.difference(
        [
            "baseline",
            "government_revenue",
            "insurgent_baseline",
            "insurgent_revenue",
            RATIO,
            "road_levies",
            "illicit_transit",
            "days_held",
        ]
    ):
        assert (draws[column] == 0).all(), column
    assert (draws["government_revenue"] == draws["baseline"]).all()
    assert (draws["days_held"] == draws["baseline"]).all()
    assert (draws["insurgent_revenue"] == draws["insurgent_baseline"]).all()
    assert draws[RATIO].isna().all()
    table = run.to_xarray()
    assert (table["government_loss"] == 0).all()
    assert (table["government_revenue"] == table["baseline"]).all()
    assert (run.daily("government_loss")["mean"] == 0).all()


def test_a_fall_that_is_undone_on_its_day_never_happened(case):
    undone = ti.Scenario("undone").capture("torkham", on="2021-07-01").recapture("torkham", on="2021-07-01")
    draws = ti.simulate(case, undone, **SMALL).draws()
    assert (draws["government_loss"] == 0).all()
    assert (draws["government_revenue"] == draws["baseline"]).all()


def test_days_before_the_first_event_lose_nothing(case, summer):
    late = ti.Scenario("late").capture("islam_qala", on="2021-07-10")
    run = ti.simulate(case, late, **SMALL)
    loss = run.daily("government_loss")["mean"]
    assert (loss[:"2021-07-09"] == 0).all()
    assert (loss["2021-07-10":] != 0).all()


# --- everything falls -------------------------------------------------------------------------------------


def everything(case, verb, *args):
    scenario = ti.Scenario("everything")
    for name in case.units["crossing"]:
        scenario = getattr(scenario, verb)(name, *args)
    return scenario


def test_with_everything_captured_and_no_charge_inland_the_government_collects_exactly_nothing(case):
    fallen = everything(case, "capture", "2021-06-22").close("torkham", "2021-06-25", "2021-06-28")
    draws = ti.simulate(case.assume({"inland_charge_probability": 0.0}), fallen, **SMALL).draws()
    assert (draws["government_revenue"] == 0).all()
    assert (draws["government_loss"] == draws["baseline"]).all()
    assert (draws["lost_to_insurgent_control"] == draws["baseline"]).all()
    assert (draws["levy_received"] > 0).all()


def test_with_everything_held_by_nobody_neither_side_takes_a_levy_or_a_duty(case):
    draws = ti.simulate(case, everything(case, "capture", "2021-06-22", "nobody"), **SMALL).draws()
    assert (draws["government_revenue"] == 0).all()
    assert (draws["levy_received"] == 0).all()
    assert (draws["lost_to_nobody"] == draws["baseline"]).all()


def test_with_everything_closed_nobody_collects_anything_at_the_gates(case):
    draws = ti.simulate(case, everything(case, "close", "2021-06-22", "2021-07-22"), **SMALL).draws()
    assert (draws["government_revenue"] == 0).all()
    assert (draws["road_levies"] == 0).all()
    assert (draws["deferred_returned"] == 0).all()
    np.testing.assert_allclose(draws["lost_to_closure"], draws["baseline"], rtol=1e-12)


def test_a_captured_crossing_pays_no_duty_and_the_others_cannot_gain_more_than_it_lost(case):
    # no response at all: nothing moves, so the loss is the baseline of the fallen post and the fallen post alone
    still = case.assume({"theta": 1e-9, "phi": 1e-9, "epsilon": 0.0, "inland_charge_probability": 0.0})
    run = ti.simulate(still, ti.Scenario("one").capture("torkham", on="2021-06-22"), **SMALL)
    torkham = run.to_xarray()["baseline"].sel(crossing="torkham").to_numpy()
    np.testing.assert_allclose(run.draws()["government_loss"], torkham, rtol=1e-6)
    np.testing.assert_allclose(run.draws()["government_revenue"], run.draws()["days_held"], rtol=1e-6)


# --- other units ------------------------------------------------------------------------------------------


def in_other_money(case, k):
    """The case in a currency of which one old unit is k: every amount, rate of exchange and specific charge times k."""

    def times(table, columns):
        frame = getattr(case, table)
        return frame.assign(**{c: frame[c] * k for c in columns})

    bounds = [f"{b}_afn" for b in ("low", "best", "high")]
    national = case.national
    own = national["unit"].isin(["afn", "afn_per_day"])
    national = national.assign(**{c: national[c].where(~own, national[c] * k) for c in ("low", "best", "high")})
    tables = {"baseline": times("baseline", bounds), "constraints": times("constraints", bounds), "national": national}
    tables["fx"] = times("fx", ["afn_per_usd", "low", "high"])
    records = case.assumption_records
    paid = [n for n in records if n.split(".")[0] in ("levy_per_truck", "road_levy_per_truck", "value_per_truck")]
    assert len(paid) >= 3
    changed = {n: tuple(k * getattr(records[n], b) for b in ("low", "best", "high")) for n in paid}
    return case.with_tables(tables).assume(changed)


@pytest.mark.parametrize("k", [1000.0, 0.37])
def test_money_in_other_units_scales_every_money_result(case, k):
    def fallen(amount):
        scenario = ti.Scenario("fallen").capture("islam_qala", on="2021-07-09").capture("spin_boldak", on="2021-07-14")
        scenario = scenario.close("spin_boldak", "2021-07-14", "2021-07-16").insecurity("2021-07-01", "2021-07-22", 0.4)
        return scenario.levy("islam_qala", "2021-07-12", per_truck=amount)

    one = ti.simulate(case, fallen(50_000.0), **SMALL).draws()
    other = ti.simulate(in_other_money(case, k), fallen(50_000.0 * k), **SMALL).draws()
    assert (one["illicit_transit"] > 0).all()
    assert_same(other / np.where(one.columns == RATIO, 1.0, k), one)
    np.testing.assert_allclose(other[RATIO], one[RATIO], rtol=1e-7)


def test_dollars_are_the_case_currency_at_the_rate_of_each_day(synthetic):
    # 10 to the dollar until the end of June, 12 from then on (synthetic)
    fall = ti.Scenario("fall (synthetic)").capture("north_gate", on="2001-06-25")
    for start, end, rate in (("2001-06-20", "2001-06-30", 10.0), ("2001-07-01", "2001-07-05", 12.0)):
        run = ti.simulate(synthetic, fall, start=start, end=end, draws=40, rng=1)
        assert_same(run.to("usd").draws() * np.where(run.draws().columns == RATIO, 1.0, rate), run.draws())


# --- order ------------------------------------------------------------------------------------------------


def test_the_order_of_rows_in_the_tables_changes_not_one_bit(case, summer):
    rng = np.random.default_rng(7)
    names = (
        "crossings",
        "authorities",
        "baseline",
        "constraints",
        "inland",
        "national",
        "trucks",
        "calendar",
        "fx",
        "insecurity",
    )
    shuffled = {name: case.tables[name].sample(frac=1, random_state=rng) for name in names}
    shuffled["baseline"] = case.baseline.iloc[::-1]
    members = shuffled["constraints"]["members"].map(lambda text: " ".join(reversed(text.split())))
    shuffled["constraints"] = shuffled["constraints"].assign(members=members)
    other = case.with_tables(shuffled)
    assert list(other.crossings["crossing"]) != list(case.crossings["crossing"])
    pd.testing.assert_frame_equal(
        ti.simulate(other, summer, **SMALL).draws(), ti.simulate(case, summer, **SMALL).draws(), check_exact=True
    )


def test_the_order_in_which_events_of_different_days_are_entered_changes_nothing(case, summer):
    backwards = ti.Scenario("summer", summer.events[::-1])
    pd.testing.assert_frame_equal(
        ti.simulate(case, backwards, **SMALL).draws(), ti.simulate(case, summer, **SMALL).draws(), check_exact=True
    )


# --- halves -----------------------------------------------------------------------------------------------


def certain(case):
    """The synthetic case at its best values, without spread in any input and without growth."""
    records = case.assumption_records
    best = {n: r.alternatives[0].best if r.alternatives else r.best for n, r in records.items()}
    tables = {}
    for name, columns in {
        "baseline": ("low_xts", "best_xts", "high_xts"),
        "constraints": ("low_xts", "best_xts", "high_xts"),
        "inland": ("feed_low", "feed_best", "feed_high"),
        "trucks": ("low", "best", "high"),
        "calendar": ("factor_low", "factor_best", "factor_high"),
    }.items():
        frame = case.tables[name]
        tables[name] = frame.assign(**dict.fromkeys(columns, frame[columns[1]]))
    national = case.national
    tables["national"] = national.assign(use=national["use"].replace("growth", "context"))
    return case.with_tables(tables).assume(best)


def halved(case, name):
    """The case with one border crossing as two of the same group, each with half of its baseline, trucks and feed."""
    half, tables = f"{name}_half", {}
    money = {
        "baseline": ("low_xts", "best_xts", "high_xts"),
        "inland": ("feed_low", "feed_best", "feed_high"),
        "trucks": ("low", "best", "high"),
        "crossings": (),
    }
    for table, columns in money.items():
        frame = case.tables[table]
        mine = frame["crossing"] == name
        frame = frame.assign(**{c: frame[c].where(~mine, frame[c] / 2) for c in columns})
        twin = frame[mine].assign(crossing=half)
        tables[table] = pd.concat([twin, frame], ignore_index=True)
    members = case.constraints["members"].str.replace(name, f"{name} {half}")
    tables["constraints"] = case.constraints.assign(members=members)
    own = {f"{n.split('.')[0]}.{half}": r.best for n, r in case.assumption_records.items() if n.endswith(f".{name}")}
    return case.with_tables(tables).assume(own)


@pytest.mark.parametrize("name", ["north_gate", "east_gate"])
def test_a_crossing_split_into_two_equal_halves_changes_no_total(synthetic, name):
    whole = certain(synthetic)
    split = halved(whole, name)
    assert len(split.border_units) == len(whole.border_units) + 1
    window = {"start": "2001-06-05", "end": "2001-07-05", "draws": 2, "rng": 0}

    def story(posts):
        scenario = (
            ti.Scenario("story (synthetic)")
            .capture("south_gate", on="2001-06-20")
            .insecurity("2001-06-10", "2001-07-05", 0.1, to=0.6)
        )
        for post in posts:
            scenario = scenario.threat(post, "2001-06-06", "2001-06-07").close(post, "2001-06-08", "2001-06-12")
            scenario = scenario.capture(post, on="2001-06-18", by="nobody").capture(post, on="2001-06-22")
            scenario = scenario.close(post, "2001-06-25", "2001-06-26").levy(post, "2001-06-28", rate=0.02)
            scenario = scenario.recapture(post, on="2001-07-02")
        return scenario

    one = ti.simulate(whole, story([name]), **window).draws()
    two = ti.simulate(split, story([name, f"{name}_half"]), **window).draws()
    assert (one.drop(columns=RATIO).abs().sum() > 0).all()
    assert_same(two, one)
    np.testing.assert_allclose(two[RATIO], one[RATIO], rtol=1e-9)


def test_a_crossing_that_is_added_leaves_the_general_assumptions_as_they_were(case):
    # the sampler promises it, so that two cases can be compared draw by draw
    twin = case.crossings.query("crossing == 'aqina'").assign(crossing="synthetic_post")
    row = case.baseline.query("crossing == 'aqina'").assign(
        crossing="synthetic_post", low_afn=0, best_afn=0, high_afn=0
    )
    more = case.with_tables(
        {"crossings": pd.concat([case.crossings, twin]), "baseline": pd.concat([case.baseline, row])}
    )
    # structural alternatives take their option from a dimension behind those of the crossings
    names = [n for n, record in case.assumption_records.items() if "." not in n and not record.alternatives]
    one, other = (ti.simulate(c, None, **SMALL).drawn()[names] for c in (case, more))
    pd.testing.assert_frame_equal(other, one, check_exact=True)


# --- windows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "last",
    ["2021-06-21", "2021-07-05", "2021-07-09", "2021-07-16", "2021-07-20"],
    ids=["before all", "in a closure", "in a recovery", "in the closure of a fallen post", "while cargo returns"],
)
def test_two_windows_add_up_to_the_whole(case, summer, last):
    split = pd.Timestamp(last)
    kw = {"draws": 60, "rng": 3}
    whole = ti.simulate(case, summer, start="2021-06-15", end="2021-07-25", **kw).draws()
    first = ti.simulate(case, summer, start="2021-06-15", end=split, **kw).draws()
    second = ti.simulate(case, summer, start=split + pd.Timedelta(days=1), end="2021-07-25", **kw).draws()
    assert (whole["deferred_returned"] < 0).any()
    assert_same(first + second, whole)


@pytest.mark.parametrize("last", ["2021-07-05", "2021-07-13"], ids=["days before Islam Qala", "day before Spin Boldak"])
def test_two_windows_of_the_history_as_reported_add_up_to_the_whole(case, last):
    # what was published is the same for both, so a fall after the first window threatens inside it all the same
    split, kw = pd.Timestamp(last), {"draws": 60, "rng": 3}
    whole = ti.simulate(case, case.as_reported(), start="2021-06-22", end="2021-07-25", **kw).draws()
    first = ti.simulate(case, case.as_reported(), start="2021-06-22", end=split, **kw).draws()
    rest = ti.simulate(case, case.as_reported(), start=split + pd.Timedelta(days=1), end="2021-07-25", **kw).draws()
    assert_same(first + rest, whole)


def test_the_days_of_a_window_add_up_to_it(case, summer):
    kw = {"draws": 20, "rng": 3}
    whole = ti.simulate(case, summer, start="2021-07-12", end="2021-07-20", **kw).draws()
    days = [ti.simulate(case, summer, start=d, end=d, **kw).draws() for d in pd.date_range("2021-07-12", "2021-07-20")]
    assert_same(sum(days[1:], days[0]), whole)


def test_a_day_without_a_rate_of_exchange_takes_the_last_one_before_it_whatever_the_window(synthetic):
    # synthetic: 10 to the dollar until 31 May, none for June, 12 from July on
    fx = synthetic.fx.assign(end=["2001-05-31", "2001-12-31"])
    gap = synthetic.with_table("fx", fx).assume({"illicit_transit_per_year": 3652.5})
    kw = {"draws": 1, "rng": 0}
    spans = (("2001-05-31", "2001-07-01"), ("2001-06-01", "2001-06-30"), ("2001-05-31", "2001-06-01"))
    # ten dollars a day: 32 days of which one at 12; 30 days; 2 days
    for (start, end), wanted in zip(spans, (31 * 100 + 120, 3000, 200), strict=True):
        found = ti.simulate(gap, None, start=start, end=end, **kw).draws()["illicit_transit"]
        assert found.item() == pytest.approx(wanted, rel=1e-9), (start, end)


def test_a_post_that_was_only_partly_shut_is_back_at_once_and_one_that_was_shut_is_not(case):
    # nothing deferred, so the day after a closure shows its recovery alone
    still = case.assume({"deferral_share": 0.0})
    for share, back in ((0.3, True), (0.0, False)):
        scenario = ti.Scenario("closed").close("torkham", "2021-07-01", "2021-07-04", open_share=share)
        loss = ti.simulate(still, scenario, **SMALL).daily("government_loss")["mean"]
        assert (loss["2021-07-01":"2021-07-04"] > 0).all()
        assert bool((loss["2021-07-05":] == 0).all()) is back


def test_a_closure_long_past_and_fully_recovered_leaves_no_trace(case):
    # no permanent loss, nothing deferred, a half-life of a day, capacity without a ramp: half a year later the post is
    # as it was, and a fall there must cost the same as without the closure
    plain = case.assume(
        {
            "permanent_loss": 0.0,
            "deferral_share": 0.0,
            "recovery_half_life_days": 1.0,
            "capacity_start": 1.5,
            "capacity_ceiling": 1.5,
        }
    )
    fall = ti.Scenario("fall").capture("spin_boldak", on="2021-07-14")
    before = (
        ti.Scenario("closed in January")
        .close("spin_boldak", "2021-01-10", "2021-01-10")
        .capture("spin_boldak", on="2021-07-14")
    )
    assert_same(ti.simulate(plain, before, **SMALL).draws(), ti.simulate(plain, fall, **SMALL).draws())


# --- draws ------------------------------------------------------------------------------------------------


def test_the_first_draws_of_many_are_the_draws_of_few(case, summer):
    many = ti.simulate(case, summer, **WINDOW, draws=600, rng=11)
    for count in (1, 100, 300):
        few = ti.simulate(case, summer, **WINDOW, draws=count, rng=11)
        pd.testing.assert_frame_equal(few.draws(), many.draws().iloc[:count], check_exact=True)
        pd.testing.assert_frame_equal(few.drawn(), many.drawn().iloc[:count], check_exact=True)


def test_the_same_seed_gives_the_same_bits_and_another_seed_other_draws(case, summer):
    def run(rng):
        return ti.simulate(case, summer, start="2021-07-10", end="2021-07-16", draws=30, rng=rng)

    zero = run(0)
    assert zero.seed == 0
    pd.testing.assert_frame_equal(run(0).draws(), zero.draws(), check_exact=True)
    assert not np.allclose(run(1).draws()["baseline"], zero.draws()["baseline"])
    one, same = (run(np.random.default_rng(5)) for _ in range(2))
    pd.testing.assert_frame_equal(one.draws(), same.draws(), check_exact=True)
    fresh, other = run(None), run(None)
    assert fresh.seed != other.seed
    pd.testing.assert_frame_equal(run(fresh.seed).draws(), fresh.draws(), check_exact=True)


def test_every_draw_keeps_the_order_of_the_elasticities_and_every_share_is_a_share(case):
    drawn = ti.simulate(case, None, start="2021-06-22", end="2021-06-22", draws=4000, rng=4).drawn()
    assert (drawn["theta"] >= drawn["phi"]).all()
    assert (drawn["phi"] >= drawn["epsilon"]).all()
    assert (drawn["epsilon"] >= 0).all()
    shares = (
        "recovery_start_share permanent_loss nobody_open_share deferral_share deferral_return gap gap_split "
        "bribe_share inland_charge_probability road_paying_share receipt_honoured"
    )
    for name in shares.split():
        assert drawn[name].between(0, 1).all(), f"{name} reaches {drawn[name].max():.3g}"


def test_a_levy_above_what_the_government_took_leaves_a_negative_gap(case):
    kw = {"start": "2021-07-14", "end": "2021-07-20", "draws": 40, "rng": 1}
    fall = ti.Scenario("fall").capture("spin_boldak", on="2021-07-14")
    dear = ti.simulate(case, fall.levy("spin_boldak", "2021-07-14", rate=0.5), **kw).draws()
    assert (dear["levy_gap"] < 0).all()
    free = ti.simulate(case, fall.levy("spin_boldak", "2021-07-14", rate=0.0), **kw).draws()
    assert (free["levy_received"] == 0).all()
    # a dearer gate loses trade to its neighbours: what the government gains by rerouting grows
    assert (dear["rerouting"] < free["rerouting"]).all()

"""What was put into a synthetic world comes out again; everything here is synthetic.

The coverage of loss and gain over 200 worlds takes some minutes and runs on demand::

    pytest -m slow -s tests/test_recovery.py
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.evidence import CLASSES
from tradeimpact.synthetic import told
from tradeimpact.synthetic.world import Past

SHIPPED = Path(__file__).parents[1] / "data" / "synthetic-posts"
SHIPPED_SEED = 4  # the first with nobody in charge, a recapture, a closure and more than one post lost
SCORING = ("hindsight_control", "closures", "truth")
LINES = {"loss": "government_loss", "gain": "insurgent_gain"}
WORLDS = 200
# nothing moves but the holder: no response to cost, no insecurity, nobody's gate, road levy, second charge or growth
STILL = {
    "theta": 1e-9, "phi": 1e-9, "epsilon": 0.0, "fall_to_nobody": 0.0, "friction_insurgent": 0.0,
    "friction_threat": 0.0, "insecurity_sensitivity": 0.0, "collection_weakening": 0.0, "annual_growth": 0.0,
    "inland_charge_probability": 0.0, "road_levy_per_truck": 0.0, "levy_per_truck": 2000.0, "deferral_share": 0.0,
}  # fmt: skip
STILL_SEED = 11  # a world without closures, with falls and recaptures


def window(truth):
    return {"start": truth.start, "end": truth.end}


def lost_days(truth):
    """True days out of government hands by crossing, in the window."""
    inside = truth.holders.loc[str(truth.start) : str(truth.end)]
    return (inside != "government").sum()


def settled(case, truth):
    """The case with every figure and every assumption at its true value and no range around it."""
    total = truth.revenue.sum()
    baseline, national, constraints, trucks = (
        case.tables[name] for name in ("baseline", "national", "constraints", "trucks")
    )
    for bound in ("low", "best", "high"):
        baseline[f"{bound}_xts"] = truth.revenue[baseline["crossing"]].to_numpy()
        national[bound], constraints[f"{bound}_xts"] = total, total
        trucks[bound] = truth.values[["trucks." + c for c in trucks["crossing"]]].to_numpy()
    tables = {"baseline": baseline, "national": national, "constraints": constraints, "trucks": trucks}
    assumed = {name: value for name, value in truth.values.items() if not name.startswith("trucks.")}
    return case.with_tables(tables).assume(assumed)


def control(case, truth):
    """Inferred probability of a loss and what was true, by day and crossing in the window."""
    found = ti.infer_control(case, **window(truth), draws=64, rng=0).probability["government"].unstack("crossing")
    true = truth.holders.loc[found.index, found.columns] != "government"
    return 1 - found.to_numpy(), true.to_numpy().astype(float)


def brier(pairs):
    return float(np.mean(np.concatenate([((p - true) ** 2).ravel() for p, true in pairs])))


@pytest.fixture(scope="module")
def worlds():
    return [ti.synthetic_case(seed) for seed in range(5)]


# --- what it says of itself -------------------------------------------------------------------------------------------


def test_a_synthetic_case_says_so_in_name_title_repr_every_crossing_statement_and_footer(worlds):
    case, truth = worlds[1]
    assert case.synthetic
    for text in (case.name, case.title, repr(case), repr(truth), truth.text):
        assert "synthetic" in text.lower()
    assert case.crossings["name"].str.contains("synthetic").all()
    assert case.reports["statement"].str.startswith("Synthetic").all()
    ax = ti.simulate(case, truth.scenario, **window(truth), draws=16, rng=0).plot.bridge()
    assert any("synthetic data" in text.get_text().lower() for text in ax.figure.texts)


@pytest.mark.parametrize(("name", "expected"), [("", "synthetic-3"), ("border", "synthetic-border")])
def test_no_name_hides_that_a_case_is_synthetic(name, expected):
    assert ti.synthetic_case(3, crossings=2, days=5, name=name)[0].name == expected


def test_the_same_seed_gives_the_same_world_and_a_generator_serves_as_well():
    case, truth = ti.synthetic_case(5, crossings=2, days=10)
    again, other = ti.synthetic_case(5, crossings=2, days=10)
    assert (case.hashes, truth.as_dict()) == (again.hashes, other.as_dict())
    generator = np.random.default_rng(1)
    assert ti.synthetic_case(generator, crossings=2, days=10)[1].loss not in (truth.loss, 0.0)


@pytest.mark.parametrize(("given", "said"), [({"crossings": 0}, "1 to 26"), ({"crossings": 27}, "1 to 26"),
                                             ({"days": 0}, "1 to 365"), ({"days": 2.5}, "1 to 365")])  # fmt: skip
def test_impossible_sizes_are_refused(given, said):
    with pytest.raises(ti.TradeImpactError, match=said):
        ti.synthetic_case(1, **given)


def test_an_unknown_assumption_is_refused_with_a_suggestion():
    with pytest.raises(ti.CaseError, match="hazard_fall"):
        ti.synthetic_case(1, assumptions={"hazard_fal": 0.1})


# --- what the analyst sees --------------------------------------------------------------------------------------------


def test_the_analyst_gets_no_hindsight_and_every_stated_range_holds_the_truth(worlds):
    for case, truth in worlds:
        assert not set(SCORING) & set(case.tables)
        figures = case.baseline.set_index("crossing")
        assert (figures["low_xts"] <= truth.revenue).all()
        assert (truth.revenue <= figures["high_xts"]).all()
        row = case.national.iloc[0]
        assert row["low"] <= truth.revenue.sum() <= row["high"]


def test_voices_err_as_often_as_the_weight_of_their_class_says(monkeypatch):
    # P(says lost | lost) / P(says lost | held) is the weight of "lost" from that voice, and the other way round
    weights = {"admission": 20.0, "neighbour": 10.0, "witness": 5.0, "other_side": 4.0, "own_side": 3.0, "relay": 1.5}
    expected = {"witness": (5.0, 5.0), "government": (20.0, 3.0), "insurgent": (3.0, 20.0), "relay": (1.5, 1.5)}
    monkeypatch.setattr(told, "best", lambda *name: 1.0)  # somebody speaks every day
    rng, said = np.random.default_rng(1), {}
    for state in (0, 2):
        for _ in range(12_000):
            (report,) = told._status(0, 0, state, told._Post(), weights, rng)
            role = next(role for role, words in told.SPEAKERS.items() if report.speaker.startswith(words))
            said.setdefault((role, state), []).append(report.event == "status_insurgent_held")
    for role, (lost, held) in expected.items():
        of_lost, of_held = np.mean(said[role, 2]), np.mean(said[role, 0])
        for odds, weight, rare, count in (
            (of_lost / of_held, lost, of_held, len(said[role, 0])),
            ((1 - of_held) / (1 - of_lost), held, 1 - of_lost, len(said[role, 2])),
        ):
            assert abs(np.log(odds / weight)) < 4 * np.sqrt((1 - rare) / rare / count) + 0.05, role


def test_a_change_is_told_each_day_with_the_stated_chance():
    # lost from the first day on: the first word of it comes after a geometric number of days, mean (1 - rho) / rho
    values = {f"weight_{name}": 1e9 for name in CLASSES} | {"silence": 0.25, "repeat_power": 0.0}
    past = Past(np.full((60, 200), 2, dtype=np.int8), (), 0, 0)
    first = {}
    for report in told.reports(past, values, np.random.default_rng(2)):
        if report.event in ("captured", "claimed_captured"):
            first.setdefault(report.post, report.day)
    # now and then somebody says who holds it before (0.06 a day), or relays, whose weight is at most 3, correct it
    assert np.mean(list(first.values())) == pytest.approx(3.0, abs=0.7)


# --- the truth itself -------------------------------------------------------------------------------------------------


def test_where_nothing_moves_but_the_holder_the_truth_is_days_lost_times_daily_revenue_and_levies_of_its_trucks():
    case, truth = ti.synthetic_case(STILL_SEED, assumptions=STILL)
    assert "closures" not in truth.hindsight
    days = lost_days(truth)
    assert 0 < days.sum() < days.size * 40
    trucks = pd.Series({c: truth.values[f"trucks.{c}"] for c in days.index})
    assert truth.loss == pytest.approx((days * truth.revenue / 365).sum(), rel=1e-6)
    assert truth.gain == pytest.approx((days * trucks * 2000.0).sum(), rel=1e-6)
    assert case.best("levy_per_truck") == 2000.0


def test_with_all_uncertainty_switched_off_the_pipeline_returns_the_truth(worlds):
    for case, truth in worlds[:4]:
        draws = ti.simulate(settled(case, truth), truth.scenario, **window(truth), draws=16, rng=3).draws()
        np.testing.assert_allclose(draws["government_loss"], truth.loss, rtol=1e-9)
        np.testing.assert_allclose(draws["insurgent_gain"], truth.gain, rtol=1e-9, atol=1e-9 * abs(truth.loss))


def test_daily_losses_and_gains_sum_to_the_truth(worlds):
    for _, truth in worlds:
        np.testing.assert_allclose(truth.daily.sum(), [truth.loss, truth.gain], rtol=1e-12)


# --- recovered --------------------------------------------------------------------------------------------------------


def test_control_is_recovered_from_reports_far_better_than_by_the_share_of_lost_days(worlds):
    pairs = [control(case, truth) for case, truth in worlds]
    share = np.mean([true.mean() for _, true in pairs])
    assert brier(pairs) < 0.08
    assert brier(pairs) < brier([(np.full_like(p, share), true) for p, true in pairs]) / 2
    assert abs(np.mean([p.mean() for p, _ in pairs]) - share) < 0.05


@pytest.mark.filterwarnings(
    "ignore:Possible, but check:tradeimpact.TradeImpactWarning"
)  # weights beyond belief are meant
def test_better_voices_make_control_better_known():
    def scored(weight):
        certain = {f"weight_{name}": weight for name in CLASSES[:-1]}
        return brier([control(*ti.synthetic_case(seed, assumptions=certain)) for seed in range(2)])

    assert scored(1000.0) < scored(1.5) / 2


def test_baseline_shares_are_recovered_inside_their_intervals_nine_times_in_ten(worlds):
    inside, error = [], []
    for case, truth in worlds:
        drawn = ti.simulate(case, None, **window(truth), draws=256, rng=1).drawn()
        shares = drawn[[f"share.{c}" for c in truth.revenue.index]]
        true = (truth.revenue / truth.revenue.sum()).to_numpy()
        low, high = shares.quantile(0.05).to_numpy(), shares.quantile(0.95).to_numpy()
        inside += list((low <= true) & (true <= high))
        error += list(abs(shares.median().to_numpy() / true - 1))
    assert 0.8 <= np.mean(inside) <= 1.0
    assert np.median(error) < 0.1  # single figures are stated to a quarter


def test_knowing_more_makes_intervals_narrower(worlds):
    width = {"settled": [], "known": [], "reported": []}
    for case, truth in worlds[:4]:
        runs = {"settled": (settled(case, truth), truth.scenario), "known": (case, truth.scenario),
                "reported": (case, case.as_reported())}  # fmt: skip
        for name, (known, history) in runs.items():
            loss = ti.simulate(known, history, **window(truth), draws=200, rng=2).draws()["government_loss"]
            width[name].append(loss.quantile(0.95) - loss.quantile(0.05))
    none, known, reported = (np.mean(width[name]) for name in width)
    assert none < 1e-6 * known
    assert known < reported


def test_one_fall_less_is_less_lost_and_less_gained(worlds):
    case, truth = ti.synthetic_case(STILL_SEED, assumptions=STILL)
    runs = {c: truth.scenario.without(c) for c in truth.scenario.captured} | {"": truth.scenario}
    means = {
        name: ti.simulate(case, history, **window(truth), draws=64, rng=1).draws()[list(LINES.values())].mean()
        for name, history in runs.items()
    }
    for name, mean in means.items():
        fell = name and lost_days(truth)[name] > 0
        assert ((mean < means[""]).all()) if fell else np.allclose(mean, means[""])


# --- the case that ships ----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped():
    return ti.load_case("synthetic-posts")


def test_the_shipped_case_is_what_its_seed_gives(shipped):
    case, truth = ti.synthetic_case(SHIPPED_SEED, name="posts")
    made = case.with_tables(truth.hindsight)
    assert set(shipped.tables) == set(made.tables)
    for name in made.tables:
        pd.testing.assert_frame_equal(shipped.tables[name], made.tables[name], rtol=1e-9)
    known = json.loads((SHIPPED / "truth.json").read_text(encoding="utf-8"))
    assert known["government_loss"] == pytest.approx(truth.loss, rel=1e-9)
    assert known["insurgent_gain"] == pytest.approx(truth.gain, rel=1e-9)


def test_the_shipped_case_is_listed_valid_and_says_synthetic_in_its_files(shipped):
    rows = ti.list_cases().set_index("case")
    assert "synthetic" in rows.loc["synthetic-posts", "title"].lower()
    assert ti.validate(SHIPPED).empty
    assert shipped.synthetic
    silent = {path.name for path in SHIPPED.iterdir() if "synthetic" not in path.read_text(encoding="utf-8").lower()}
    assert silent <= {"authorities.csv"}  # government, nobody, insurgents


def test_the_truth_that_ships_with_the_case_never_feeds_the_filter(shipped):
    blind = shipped.with_tables({name: shipped.tables[name].iloc[:0] for name in SCORING})
    span = {"start": "2002-04-01", "end": "2002-05-10", "draws": 64, "rng": 1}
    with_it, without = (ti.simulate(case, case.as_reported(), **span).draws() for case in (shipped, blind))
    pd.testing.assert_frame_equal(with_it, without)


def test_its_intervals_hold_its_truth_where_control_is_known(shipped):
    known = json.loads((SHIPPED / "truth.json").read_text(encoding="utf-8"))
    history = shipped.in_hindsight(known["end"])
    draws = ti.simulate(shipped, history, start=known["start"], end=known["end"], draws=400, rng=1).draws()
    for line in LINES.values():
        assert draws[line].quantile(0.05) <= known[line] <= draws[line].quantile(0.95)


# --- on demand: coverage over 200 worlds ------------------------------------------------------------------------------


@pytest.mark.slow
def test_intervals_of_loss_and_gain_cover_the_truth_nine_times_in_ten_with_control_known_and_inferred():
    """Three to five posts, 40 days, 400 draws, seeds 0 to 199; the standard error of a share of 0.9 is 0.02."""
    covered = {"control known": [], "control from reports": []}
    for seed in range(WORLDS):
        case, truth = ti.synthetic_case(seed, crossings=3 + seed % 3)
        for name, history in zip(covered, (truth.scenario, case.as_reported()), strict=True):
            result = ti.simulate(case, history, **window(truth), draws=400, rng=10_000 + seed, threads=1)
            covered[name].append(truth.covers(result.draws()))
    shares = pd.DataFrame({name: pd.DataFrame(rows).mean() for name, rows in covered.items()})
    print(f"\nShare of {WORLDS} synthetic worlds whose truth lies in the 90 % interval:\n{shares.to_string()}")
    assert ((shares >= 0.85) & (shares <= 0.95)).all(axis=None), shares

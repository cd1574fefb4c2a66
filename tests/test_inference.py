"""Control inferred from reports: what statements do, what must not matter, and the dated tests set beforehand."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.closing import closings
from tradeimpact.case.evidence import clusters, evidence, unused, voice, weight_class
from tradeimpact.engine.sampling import Sampler
from tradeimpact.holders import chain_of
from tradeimpact.inference import gather
from tradeimpact.marginals import marginals_of

SUMMER = {"start": "2021-06-20", "end": "2021-08-15"}


@pytest.fixture(scope="module")
def case():
    return ti.load_case("afghanistan-2021")


@pytest.fixture(scope="module")
def summer(case):
    return ti.infer_control(case, **SUMMER, draws=512, rng=1)


def told(case, table):
    """The case with this table of reports; what speaks about others goes with them."""
    kept = {name: case.tables[name] for name in ("corrections", "hindsight_reports")}
    about = {name: t[t["report"].isin(table["report"])] for name, t in kept.items()}
    return case.with_tables({"reports": table, **about})


def only(case, *reports):
    """The case with only these reports."""
    table = case.reports
    return told(case, table[table["report"].isin(reports)])


def not_held(case, crossing, day, **options):
    control = ti.infer_control(case, start=day, end=day, **({"draws": 256, "rng": 1} | options))
    return float(1 - control.filtered.loc[(pd.Timestamp(day), crossing), "government"])


# --- the dated tests ------------------------------------------------------------------------------


def lost_in_draws(summer, crossing, day):
    """P(the government had lost it), filtered, in each draw of the weights."""
    at = (pd.Timestamp(day) - pd.Timestamp(SUMMER["start"])).days
    return 1 - summer.filtered_draws[at, 0, summer.known.crossings.index(crossing)]


def days(first, last):
    return [str(day.date()) for day in pd.date_range(first, last)]


def test_spin_boldak_passes_one_half_on_14_or_15_july_and_nine_tenths_by_28_july(summer):
    passed = np.maximum(*(lost_in_draws(summer, "spin_boldak", f"2021-07-{d}") for d in (14, 15))) > 0.5
    assert passed.mean() >= 0.8
    assert (lost_in_draws(summer, "spin_boldak", "2021-07-13") < 0.5).mean() >= 0.8
    assert (lost_in_draws(summer, "spin_boldak", "2021-07-28") > 0.9).mean() >= 0.8


@pytest.mark.parametrize(
    ("crossing", "first", "last", "most"),
    [
        ("hairatan", "2021-07-07", "2021-07-10", 0.5),
        ("zaranj", "2021-08-02", "2021-08-03", 0.5),
        ("torkham", "2021-06-20", "2021-08-06", 0.1),
    ],
)
def test_false_alarms_stay_below(summer, crossing, first, last, most):
    below = np.stack([lost_in_draws(summer, crossing, day) < most for day in days(first, last)])
    assert below.all(axis=0).mean() >= 0.8


# --- what statements do ---------------------------------------------------------------------------


def test_three_copies_of_a_report_move_the_probability_hardly_more_than_one(case):
    claim = case.reports[case.reports["report"] == "ev037"]
    copies = [
        claim.assign(
            report=f"copy{n}",
            date=claim["date"] + pd.Timedelta(days=n),
            published_latest=claim["published_latest"] + pd.Timedelta(days=n),
        )
        for n in range(3)
    ]
    one, three = (told(case, pd.concat(part)) for part in (copies[:1], copies))
    nothing = told(case, claim.iloc[:0])
    before, single, triple = (not_held(c, "spin_boldak", "2021-07-16") for c in (nothing, one, three))
    assert len(set(clusters(evidence(three)))) == 1
    odds = [np.log(p / (1 - p)) for p in (before, single, triple)]
    assert before < single <= triple
    assert odds[2] - odds[1] < 0.5 * (odds[1] - odds[0])


def test_three_speakers_with_sources_of_their_own_move_it_much_more_than_three_copies(case):
    claim = case.reports[case.reports["report"] == "ev037"]
    copies = pd.concat([claim.assign(report=f"copy{n}") for n in range(3)])
    who = ["Chaman administration", "Taliban spokesman Mujahid", "AFP reporter"]
    source = ["trtworld_20210714", "bdnews24_20210714", "mehr_20210714"]
    apart = copies.assign(claimed_by=who, source=source)
    same, own = (not_held(told(case, t), "spin_boldak", "2021-07-14") for t in (copies, apart))
    assert own > 0.95 > same


def test_hindsight_cannot_reach_the_filter(case, summer):
    shuffled = {}
    for name in ("hindsight_reports", "hindsight_control", "truth"):
        table = case.tables[name]
        columns = [c for c in table if c not in ("source", "grade", "published_latest", "published_basis", "note")]
        shuffled[name] = table.assign(
            **{columns[-1]: table[columns[-1]].sample(frac=1, random_state=1).to_numpy()}
        ).iloc[::2]
    blind = case.replaced({**{n: case.tables[n] for n in case.tables}, **shuffled}, case.assumption_records)
    assert not blind.truth.equals(case.truth)
    again = ti.infer_control(blind, **SUMMER, draws=512, rng=1)
    assert again.filtered.equals(summer.filtered)
    args = {"start": "2021-07-10", "end": "2021-07-20", "draws": 64, "rng": 2}
    a, b = (ti.simulate(c, c.as_reported(), **args).draws() for c in (case, blind))
    pd.testing.assert_frame_equal(a, b, check_exact=True)


def test_before_any_report_the_filter_is_the_prior_chain(case):
    control = ti.infer_control(case, start="2021-06-15", end="2021-06-20", as_of="2021-06-20", draws=256, rng=1)
    assert gather(case, date(2021, 6, 20)).known(5).statements == []
    p = Sampler(marginals_of(case), (), case.correlations, 1).block(0)
    silent = gather(case, date(2021, 6, 20)).known(5)
    initial, move, _ = chain_of(silent, p, 1, 0, 5)
    state = initial / initial.sum(axis=0)
    for day in range(5):
        state = np.einsum("jcd,jkcd->kcd", state, move[day])
        state = state / state.sum(axis=0)
    expected = state.mean(axis=-1).T
    found = control.filtered.loc["2021-06-20"].to_numpy()
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert (control.filtered["government"] > 0.9).all()


def test_weights_of_one_leave_the_prior_chain_whatever_is_said(case):
    dull = {f"weight_{name}": 1 for name in ("admission", "neighbour", "witness", "other_side", "own_side", "relay")}
    mute = case.assume(dull | {"silence": 1e-9})
    said = ti.infer_control(mute, start="2021-07-14", end="2021-07-20", draws=64, rng=1).filtered
    untold = only(mute, "ev001")
    silent = ti.infer_control(untold, start="2021-07-14", end="2021-07-20", draws=64, rng=1).filtered
    np.testing.assert_allclose(said.to_numpy(), silent.to_numpy(), atol=1e-7)


def test_an_overwhelming_statement_is_believed_on_its_day(case):
    sure = only(case, "ev042").assume({"weight_admission": 1e12, "weight_neighbour": 1e12})
    control = ti.infer_control(sure, start="2021-07-15", end="2021-07-16", as_of="2021-07-16", draws=256, rng=1)
    assert control.probability.loc[(pd.Timestamp("2021-07-15"), "spin_boldak"), "government"] < 1e-6


def test_a_list_of_posts_speaks_for_each_and_a_bare_count_reweights_joint_paths(case):
    rows = evidence(case)
    listed = rows[rows["report"] == "ev054"]
    assert len(listed) == 7
    assert set(listed["weight"]) == {"admission"}
    assert "national" not in set(listed["crossing"])
    window = {"start": "2021-07-09", "end": "2021-07-09"}
    known = only(case, "ev002", "ev020", "ev023")  # two posts lost, then a count of six
    plain = only(case, "ev002", "ev020")
    border = list(case.border_units["crossing"])
    lost = [
        (ti.infer_control(c, **window, draws=64, rng=1).sample(4000, 1).sel(crossing=border) > 0)
        .sum("crossing")
        .to_numpy()
        for c in (known, plain)
    ]
    assert (np.abs(lost[0] - 6) <= 1).mean() > 3 * (np.abs(lost[1] - 6) <= 1).mean()


def test_sampled_histories_reproduce_the_smoother_where_there_is_no_bare_count(case):
    table = case.reports
    named = told(case, table[~table["report"].isin(["ev023", "ev059", "ev064"])])
    control = ti.infer_control(named, start="2021-07-08", end="2021-07-28", draws=2048, rng=3)
    sampled = control.sample(4096, 3)
    shares = np.stack([(sampled == state).mean("draw").to_numpy() for state in range(3)], axis=-1)
    smoothed = control.probability.to_numpy().reshape(shares.shape)
    assert np.abs(shares - smoothed).max() < 4.5 * 0.5 / np.sqrt(4096)


def test_probabilities_sum_to_one_and_authorities_share_the_insurgents_part(case):
    control = ti.infer_control(case, start="2021-07-10", end="2021-07-20", as_of="2021-07-15", draws=64, rng=1)
    for table in (control.probability, control.filtered, control.by_authority):
        np.testing.assert_allclose(table.sum(axis=1), 1, atol=1e-12)
    after = control.probability.xs("spin_boldak", level="crossing").loc["2021-07-15":]
    assert (after == after.iloc[0]).all().all()  # after the as-of day holders stay


def test_forecasts_by_hazard_and_contagion_lose_more_than_holders_that_stay(case):
    args = {"start": "2021-07-12", "end": "2021-08-15", "as_of": "2021-07-12", "draws": 64, "rng": 1}
    last = {
        f: ti.infer_control(case.assume({"contagion": 3}), **args, forecast=f)
        .probability["government"]
        .loc["2021-08-15"]
        .sum()
        for f in ("persist", "hazard", "contagion")
    }
    assert last["persist"] > last["hazard"] > last["contagion"]


# --- rules that a reader can see ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proposition", "role", "expected"),
    [
        ("lost", "government", "admission"), ("held", "insurgent", "admission"), ("lost", "insurgent", "own_side"),
        ("held", "government", "own_side"), ("fighting", "insurgent", "other_side"), ("lost", "neighbour", "neighbour"),
        ("promise", "government", "admission"), ("held", "relay", "relay"),
    ],
)  # fmt: skip
def test_a_statement_against_interest_is_an_admission_and_one_for_it_a_claim(proposition, role, expected):
    assert weight_class(proposition, role) == expected


def test_the_speaker_comes_from_who_said_it_and_the_weightiest_of_several_counts(case):
    speakers = list(zip(case.speakers["pattern"], case.speakers["role"], strict=True))
    assert voice("Interior Ministry spokesman Arian", speakers, "held") == "government"
    assert voice("Taliban spokesman; Chaman administration", speakers, "lost") == "neighbour"
    assert voice("nobody we know", speakers, "lost") == "relay"


def test_corrections_name_reports_that_exist_and_say_why(case):
    table = case.corrections
    assert set(table["report"]) <= set(case.reports["report"])
    assert (table["note"].str.len() > 10).all()
    assert set(unused(case)["report"]) & set(table.loc[table["value"] == "none", "report"])


def test_closures_are_episodes_with_uncertain_ends(case):
    found = closings(case).set_index("crossing")
    shut = found.loc[["spin_boldak"]].iloc[0]
    assert shut["start_first"] <= pd.Timestamp("2021-07-14") <= shut["start_last"] + pd.Timedelta(days=1)
    assert shut["end_first"] <= shut["end_last"]
    assert (found["start_first"] <= found["start_last"]).all()
    ended = found.dropna(subset=["end_first"])
    assert (ended["end_first"] <= ended["end_last"]).all()
    early = closings(case.as_of("2021-07-16")).set_index("crossing")
    assert early.loc[["spin_boldak"], "end_first"].isna().all()  # nobody had said yet that it opened


def test_an_unfinished_closure_lasts_a_drawn_number_of_days_from_the_last_day_known(case):
    args = {"start": "2021-07-14", "end": "2021-08-15", "as_of": "2021-07-16", "draws": 256, "rng": 1}
    result = ti.simulate(case, case.as_reported(), **args)
    row = result.inputs.crossings.index("spin_boldak")
    opened = result.totals.open_share[row]
    assert opened[:3].max() == 0
    assert 0 < opened[10] < 1
    assert (np.diff(opened) >= 0).all()


@pytest.mark.parametrize("as_of", [None, "2021-07-14"])
def test_splitting_the_window_changes_nothing_for_a_history_as_reported(case, as_of):
    def revenue(start, end):
        run = ti.simulate(case, case.as_reported(), start=start, end=end, draws=64, rng=5, as_of=as_of)
        return run.draws()[["baseline", "government_revenue", "insurgent_revenue"]]

    middle = date(2021, 7, 12)
    whole = revenue("2021-06-28", "2021-07-24")
    parts = revenue("2021-06-28", middle) + revenue(middle + timedelta(days=1), "2021-07-24")
    np.testing.assert_allclose(whole, parts, rtol=1e-9)


def test_a_window_before_the_chain_is_an_error_that_says_when_it_starts(case):
    with pytest.raises(ti.TradeImpactError, match="2021-06-15"):
        ti.infer_control(case, start="2021-06-01", end="2021-06-20")
    with pytest.raises(ti.TradeImpactError, match="persist, hazard, contagion"):
        ti.infer_control(case, start="2021-06-20", end="2021-06-21", forecast="guess")

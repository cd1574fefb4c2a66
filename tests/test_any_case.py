"""One code for every crisis: the library knows no case, no crossing and no authority by name.

Docstrings may run their examples on a case that ships with the library, and a citation may name the country it studies;
code, messages and the library's own data may not.
"""

import ast
import csv
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import tradeimpact as ti
from tradeimpact.case.closing import closings
from tradeimpact.case.exchange import conversion, per_usd
from tradeimpact.case.reported import holder_shares
from tradeimpact.errors import CaseError, TradeImpactError

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = ROOT / "tradeimpact"
CASES = sorted(p.parent for p in (ROOT / "data").glob("*/datapackage.json"))
GENERAL = {"government", "nobody", "insurgents", "synthetic"}  # words of the model itself
FILES = [p for p in sorted(LIBRARY.rglob("*")) if p.suffix in (".py", ".toml", ".csv", ".mplstyle")]


def column(folder, table, name):
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return {row[name] for row in csv.DictReader(file)}


def names_of_cases():
    found = set()
    for folder in CASES:
        found |= {folder.name, folder.name.split("-")[0]}
        found |= column(folder, "crossings", "crossing") | column(folder, "authorities", "authority")
    return found - GENERAL


def without_docstrings(path):
    """Code of a module as text without docstrings and comments; other files without citations."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        return "\n".join(line for line in text.splitlines() if not line.startswith("source ="))
    tree = ast.parse(text)
    for node in ast.walk(tree):
        owner = isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        if owner and ast.get_docstring(node, clean=False) is not None:
            node.body[0] = ast.Expr(ast.Constant(None))
    return ast.unparse(tree)


@pytest.fixture(scope="module")
def gates():
    return ti.load_case(ROOT / "tests" / "cases" / "by-hand-synthetic")


# --- names --------------------------------------------------------------------------------------------------------


def test_there_are_at_least_two_cases_with_names_to_look_for():
    assert len(CASES) >= 2
    assert len(names_of_cases()) > 40


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(LIBRARY)))
def test_no_name_of_a_case_a_crossing_or_an_authority_is_in_the_code(path):
    words = set(re.findall(r"[a-z0-9_]+(?:-\d{4})?", without_docstrings(path).lower()))
    assert not words & names_of_cases()


@pytest.mark.parametrize("folder", CASES, ids=lambda p: p.name)
def test_every_case_that_ships_validates_and_runs_through_the_same_calls(folder):
    assert ti.validate(folder).empty
    case = ti.load_case(folder.name)
    first = pd.Timestamp(case.baseline_until) + pd.Timedelta(days=1)
    last = first + pd.Timedelta(days=9)
    result = ti.simulate(case, case.as_reported(), start=first.date(), end=last.date(), draws=32, rng=1)
    draws = result.draws()
    assert np.isfinite(draws["government_loss"]).all()
    assert result.inputs.basis.split()[0] in ("collected", "recorded")


# --- amounts in other currencies ----------------------------------------------------------------------------------


def test_an_amount_in_another_currency_is_worth_its_dated_rate():
    case = ti.load_case("myanmar-2023")
    # 7.22 yuan and 3,400 kyat a dollar, as other_fx.csv has them; the official kyat rate is marked context
    assert conversion(case, "CNY", pd.Timestamp("2023-10-27").date()) == pytest.approx(1 / 7.22)
    assert per_usd(case, "MMK", pd.Timestamp("2023-11-23").date()) == 3400.0
    assert conversion(case, "USD", pd.Timestamp("2023-10-27").date()) == 1.0


def test_the_shortest_period_that_holds_the_day_gives_the_rate_else_the_nearest_one():
    case = ti.load_case("myanmar-2023")
    assert per_usd(case, "CNY", pd.Timestamp("2023-07-20").date()) == 7.1466
    assert per_usd(case, "CNY", pd.Timestamp("2024-06-01").date()) == 7.22
    assert per_usd(case, "MMK", pd.Timestamp("2023-10-27").date()) == 3400.0  # not 2,500 of the year before


def test_a_currency_without_a_rate_is_an_error_that_names_the_table():
    with pytest.raises(CaseError, match=r"amount in THB and no rate for it. Add one to other_fx.csv"):
        per_usd(ti.load_case("myanmar-2023"), "THB", pd.Timestamp("2023-10-27").date())


def test_a_levy_in_yuan_is_drawn_in_dollars_at_that_rate():
    case = ti.load_case("myanmar-2023")
    drawn = ti.simulate(case, start="2023-10-27", end="2023-10-27", draws=1024, rng=1).drawn()["levy_per_truck"]
    assert drawn.median() == pytest.approx(2500 / 7.22, rel=0.02)


# --- several authorities ------------------------------------------------------------------------------------------


def held_by(case, crossing, day, authorities, until=None):
    shares = holder_shares(case, [crossing], authorities, pd.DatetimeIndex([day]), until)[:, 0, 0]
    return {name: round(float(share), 6) for name, share in zip(authorities, shares, strict=True) if share}


@pytest.fixture(scope="module")
def winter():
    case = ti.load_case("myanmar-2023")
    insurgents = sorted(case.authorities.loc[case.authorities["kind"] == "insurgent", "authority"])
    return case, ["government", "nobody", *insurgents]


def test_a_lost_crossing_belongs_to_whom_reports_name_jointly_in_their_shares(winter):
    case, authorities = winter
    assert held_by(case, "rihkhawdar", "2023-12-01", authorities) == {"cna": 0.34, "cdf": 0.33, "pdf": 0.33}
    assert held_by(case, "chinshwehaw", "2023-12-01", authorities) == {"mndaa": 1.0}
    # from the day of the report that names both on
    assert held_by(case, "chinshwehaw", "2024-03-11", authorities) == {"mndaa": 0.7, "government": 0.3}


def test_before_anything_is_published_no_group_is_preferred(winter):
    case, authorities = winter
    shares = held_by(case, "chinshwehaw", "2023-12-01", authorities, pd.Timestamp("2023-10-26").date())
    assert set(shares.values()) == {round(1 / 9, 6)}
    assert len(shares) == 9


def test_probabilities_by_authority_sum_to_one_and_keep_the_governments_share(winter):
    case, _ = winter
    control = ti.infer_control(case, start="2024-03-30", end="2024-03-31", draws=32)
    table = control.by_authority
    assert np.allclose(table.sum(axis=1), 1.0)
    last = table.loc[(pd.Timestamp("2024-03-31"), "chinshwehaw")]
    assert last["government"] == pytest.approx(0.3, abs=0.02)
    assert last["mndaa"] == pytest.approx(0.7, abs=0.02)


# --- a cut road ---------------------------------------------------------------------------------------------------


def test_a_cut_road_is_an_episode_of_its_own_and_starts_after_the_gate_opens_on_that_day(winter):
    case, _ = winter
    rows = closings(case)
    gate, road = rows[rows["crossing"] == "chinshwehaw"].iloc[:2].to_dict("records")
    assert (gate["closed_by"], gate["end_last"]) == ("own_side", pd.Timestamp("2024-03-10"))
    assert (road["closed_by"], road["start_first"]) == ("road", pd.Timestamp("2024-03-11"))


def test_a_cut_road_leaves_the_assumed_share_of_trade_and_a_shut_gate_none(winter):
    case, _ = winter
    result = ti.simulate(case, case.as_reported(), start="2024-02-01", end="2024-02-10", draws=64, rng=1)
    where = {name: i for i, name in enumerate(result.inputs.crossings)}
    left = result.totals.open_share[where["myawaddy"]]
    # the assumption's 90 % range is 0.02 to 0.35; means of draws are stored
    assert 0.05 < left.min() <= left.max() < 0.3
    assert (result.totals.open_share[where["muse"]] == 0).all()


# --- trade value by flow ------------------------------------------------------------------------------------------


def test_shares_of_flows_that_do_not_add_up_are_an_error_that_names_the_crossing(winter):
    case, _ = winter
    flows = case.flows
    flows.loc[flows["flow"] == "exports", "share_best"] = 0.9
    flows["share_high"] = 1.0
    with pytest.raises(CaseError, match=r"(?s)flows\.csv.*add up to something else: chinshwehaw 1\.59"):
        case.with_table("flows", flows)


def test_flows_without_a_word_that_the_baseline_is_trade_value_are_refused(gates):
    first = gates.border_units["crossing"].iloc[0]
    row = {"crossing": first, "flow": "imports", "share_low": "1", "share_best": "1", "share_high": "1"}
    row |= {"reasoning": "", "rests_on": "", "source": gates.sources["source"].iloc[0], "grade": "E"}
    row |= {"published_latest": "2001-04-30", "published_basis": "judged", "note": ""}
    case = gates.with_table("flows", pd.DataFrame([row]))
    day = gates.baseline_until
    with pytest.raises(TradeImpactError, match="baseline_measure: trade_value"):
        ti.simulate(case, start=day, end=day, draws=8, rng=1)


def test_a_case_in_revenue_has_no_recorded_trade_to_score(gates):
    day = gates.baseline_until
    result = ti.simulate(gates, start=day, end=day, draws=8, rng=1)
    assert result.inputs.basis == "collected revenue"
    with pytest.raises(TradeImpactError, match="knows collected revenue, not trade values"):
        ti.recorded_trade(result)
    with pytest.raises(TradeImpactError, match="knows collected revenue, not trade values"):
        ti.by_flow(result)

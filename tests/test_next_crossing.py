"""The next fall: against simulating it, marginal beside average, frozen histories, the map."""

from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact.analysis.next_crossing import frozen
from tradeimpact.model.control import Paths, days_since_reopening

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
DRAWS = {"draws": 64, "rng": 1}


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def past():
    return (
        ti.Scenario("synthetic past")
        .capture("north_gate", on="2001-06-08")
        .close("north_gate", "2001-06-10", "2001-06-14")
        .insecurity("2001-06-02", "2001-06-25", 0.2, to=0.4)
    )


@pytest.fixture(scope="module")
def found(case, past):
    return ti.next_crossing(case, past, on="2001-06-12", days=10, **DRAWS)


@pytest.mark.parametrize("crossing", ["south_gate", "east_gate"])
def test_the_loss_is_that_of_simulating_the_fall_less_that_of_what_happened(case, past, found, crossing):
    window = {"start": "2001-06-13", "end": "2001-06-22"}
    before = ti.simulate(case, past, **window, **DRAWS).draws()
    after = ti.simulate(case, past.capture(crossing, on="2001-06-13"), **window, **DRAWS).draws()
    row = found.table.set_index("crossing").loc[crossing]
    for line, name in (("loss", "government_loss"), ("gain", "insurgent_gain")):
        extra = (after[name] - before[name]) / 10
        assert row[line] == pytest.approx(extra.mean(), rel=1e-9)
        assert row[f"{line}_median"] == pytest.approx(extra.median(), rel=1e-9)
        assert row[f"{line}_low"] == pytest.approx(extra.quantile(0.05), rel=1e-9)
        assert row[f"{line}_high"] == pytest.approx(extra.quantile(0.95), rel=1e-9)
    own = ti.simulate(case, past, **window, **DRAWS).by("crossing").loc[(crossing, "baseline"), "mean"] / 10
    assert row["arithmetic"] == pytest.approx(own, rel=1e-9)
    assert row["ratio"] == pytest.approx(row["loss"] / own)


def test_only_border_crossings_still_held_are_listed_dearest_first(found):
    assert set(found.table["crossing"]) == {"south_gate", "east_gate"}
    assert found.table["loss"].is_monotonic_decreasing
    assert (found.table["held"] == 1).all()
    assert found.holders["north_gate"] == "rebels"
    assert found.holders["mid_city"] == "government"


def test_events_after_the_day_do_not_count(case, past, found):
    longer = past.capture("east_gate", on="2001-06-13").close("south_gate", "2001-06-13")
    again = ti.next_crossing(case, longer, on="2001-06-12", days=10, **DRAWS)
    np.testing.assert_array_equal(again.table["loss"], found.table["loss"])


def test_a_post_costs_more_once_its_substitute_has_fallen(case):
    options = {"on": "2001-06-10", "days": 10, **DRAWS}
    first = ti.next_crossing(case, None, **options).table.set_index("crossing")
    second = ti.next_crossing(case, ti.Scenario("one").capture("north_gate", on="2001-06-05"), **options)
    assert second.table.set_index("crossing").loc["south_gate", "loss"] > first.loc["south_gate", "loss"]


def test_as_reported_each_draw_has_its_own_holders_on_the_day(case):
    found = ti.next_crossing(case, case.as_reported(), on="2001-06-15", days=7, draws=200, rng=2)
    table = found.table.set_index("crossing")
    control = ti.infer_control(case, start="2001-06-15", end="2001-06-15", draws=512, rng=2).probability
    for crossing in table.index:
        held = control["government"].xs(crossing, level="crossing").iloc[0]
        assert table.loc[crossing, "held"] == pytest.approx(held, abs=0.1)
    assert (table["held"] >= 0.5).all()
    assert (table[["loss", "gain", "arithmetic"]].notna()).all(axis=None)


def test_with_as_of_nothing_published_later_matters(case):
    known = ti.next_crossing(case, case.as_reported(), on="2001-06-09", as_of="2001-06-09", days=7, **DRAWS)
    assert "north_gate" in set(known.table["crossing"])  # its fall was reported a day or two later
    assert known.manifest()["as_of"] == "2001-06-09"


def test_a_frozen_history_keeps_holders_ends_running_closures_and_begins_none():
    holders = np.zeros((3, 2, 6, 1))
    holders[0] = 1.0
    holders[:, 1, 4:, 0] = [[0.0], [0.0], [1.0]]  # falls after the day
    opened = np.ones((2, 6, 1))
    opened[0, 2:4] = 0.0  # runs over the day
    opened[1, 4:] = 0.0  # begins after it
    threat = np.zeros((2, 6, 1))
    threat[1, 2:4] = 1.0
    unrest = np.linspace(0.1, 0.6, 6)[:, None]
    nothing = np.full((1, 2, 6, 1), np.nan)
    before = Paths(holders, opened, threat, unrest, days_since_reopening(opened), nothing, nothing, np.zeros(1, int))
    after = frozen(before, 2)
    assert (after.holders[0] == 1).all()
    np.testing.assert_array_equal(after.open_share[:, :, 0], [[1, 1, 0, 0, 1, 1], [1, 1, 1, 1, 1, 1]])
    np.testing.assert_array_equal(after.threat[1, :, 0], [0, 0, 1, 0, 0, 0])
    np.testing.assert_allclose(after.insecurity[:, 0], [0.1, 0.2, 0.3, 0.3, 0.3, 0.3])
    assert before.holders[2, 1, 5, 0] == 1.0  # the history that was given is left alone


def test_threads_change_no_number(case, past, found):
    again = ti.next_crossing(case, past, on="2001-06-12", days=10, **DRAWS, threads=1)
    np.testing.assert_array_equal(again.table["loss"], found.table["loss"])


def test_text_keeps_loss_and_gain_apart_and_names_the_dearest(found):
    assert found.table["name"].iloc[0] in found.text
    assert "would lose" in found.text
    assert "insurgents would gain" in found.text
    assert "<table" in found._repr_html_()


def test_the_map_carries_the_loss_of_every_crossing_still_held(tmp_path):
    case = ti.load_case("afghanistan-2021")
    past = ti.Scenario("two fall").capture("islam_qala", on="2021-07-08").capture("spin_boldak", on="2021-07-14")
    found = ti.next_crossing(case, past, on="2021-07-14", days=5, draws=32, rng=1)
    ax = found.plot(save=tmp_path / "next")
    words = [t.get_text() for t in ax.texts]
    assert any(w.startswith("Torkham: ") for w in words)
    assert "Islam Qala" in words
    assert {p.suffix for p in tmp_path.iterdir()} == {".svg", ".png", ".csv", ".json"}
    plt.close(ax.figure)


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"days": 0}, "days=0"), ({"by": "government"}, "rebels"), ({"by": "nobody_known"}, "rebels")],
)
def test_what_cannot_be_asked_is_refused(case, past, changes, words):
    with pytest.raises(ti.TradeImpactError, match=words):
        ti.next_crossing(case, past, on="2001-06-12", **DRAWS, **changes)


def test_where_no_crossing_is_held_none_can_fall(case):
    lost = ti.Scenario("all")
    for gate in ("north_gate", "south_gate", "east_gate"):
        lost = lost.capture(gate, on="2001-06-05")
    with pytest.raises(ti.TradeImpactError, match="no border crossing"):
        ti.next_crossing(case, lost, on="2001-06-12", days=5, **DRAWS)

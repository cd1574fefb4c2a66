"""A fault put into the machinery of a run is caught by the run, and named: identity, draw, crossing, day and size."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import tradeimpact as ti
from tradeimpact import kernel, parts
from tradeimpact.errors import ModelError
from tradeimpact.model.identities import FORMS, SIGNS, Books, Names, check_block, check_paths
from tradeimpact.model.ledger import LINES

CASE = Path(__file__).parent / "cases" / "synthetic-3"
DAYS = 12
DRAW, DAY = 3, 7  # a week into the window


@pytest.fixture(scope="module")
def case():
    return ti.load_case(CASE)


@pytest.fixture
def run(case):
    """A run of two blocks in which one crossing falls and another is shut."""
    s = ti.Scenario("fall").capture("north_gate", "2001-06-14").close("south_gate", "2001-06-16", "2001-06-18")
    return lambda: ti.simulate(case, s, start="2001-06-10", end="2001-06-21", draws=270, rng=4, threads=1)


@pytest.fixture
def lines(monkeypatch):
    """Change lines as they are made: ``lines(change)``, with change(lines by name, whether they are by day)."""
    real = kernel.lines_from

    def put(change):
        def made(sums):
            found = {name: np.array(x) for name, x in real(sums).items()}
            change(found, found["baseline"].shape[0] == DAYS)
            return found

        monkeypatch.setattr(kernel, "lines_from", made)

    return put


def test_a_run_with_nothing_wrong_passes(run):
    assert run().count == 270


@pytest.mark.parametrize("form", range(len(FORMS)), ids=lambda i: FORMS[i][1].replace(" ", "_"))
def test_a_line_that_is_off_in_one_draw_is_caught_with_draw_and_day(run, lines, form):
    name, said, made_of = FORMS[form]
    part = next(part for part in made_of if part != "illicit_transit")  # which is no line of the products

    def change(found, by_day):
        at = (DAY if by_day else 1, DRAW)
        found[part][at] += 1e-6 * found["baseline"].sum(axis=0)[DRAW]

    lines(change)
    with pytest.raises(ModelError, match=rf"draw {DRAW}, .*2001-06-17: \w+ is not .* of the largest amount") as caught:
        run()
    # a line may be part of two identities: one of them is named
    names = [f"{line} is not {equal}" for line, equal, parts_ in FORMS if part in (line, *parts_)]
    assert any(text in str(caught.value) for text in names), (name, said)


def test_a_line_off_by_less_than_rounding_passes(run, lines):
    def change(found, by_day):
        found["rerouting"][0, DRAW] += 1e-12 * found["baseline"].max()

    lines(change)
    assert run().count == 270


def test_shares_of_holders_that_do_not_sum_to_one_are_caught_where_they_are(case, monkeypatch):
    real = kernel.history

    def history(x, drawn):
        paths = real(x, drawn).dense()
        holders = np.array(paths.holders)
        holders[0, x.crossings.index("north_gate"), x.window.start + DAY, 3] += 0.01
        return replace(paths, holders=holders)

    monkeypatch.setattr(kernel, "history", history)
    with pytest.raises(ModelError, match=r"draw 3, north_gate, 2001-06-17: government_loss"):
        ti.simulate(case, case.as_reported(), start="2001-06-10", end="2001-06-21", draws=20, rng=4)


def test_shares_of_holders_are_checked_even_where_nothing_is_traded(run, monkeypatch):
    real = parts.run_blocks

    def run_blocks(x, *rest):
        for block in real(x, *rest):
            paths = block.history.dense()
            holders = np.array(paths.holders)
            holders[:, 1, x.window.start + DAY] *= 0.5
            yield replace(block, history=replace(paths, holders=holders))

    monkeypatch.setattr(parts, "run_blocks", run_blocks)
    with pytest.raises(ModelError, match=r"the mean of 256 draws, \w+, 2001-06-17: shares of the holders do not sum"):
        run()


def test_a_levy_below_zero_is_caught(run, monkeypatch):
    from tradeimpact import setting

    real = setting._levies
    monkeypatch.setattr(setting, "_levies", lambda *given: [-levy for levy in real(*given)])
    with pytest.raises(ModelError, match=r"draw \d+, north_gate, 2001-06-\d\d: \w+ is below zero, by"):
        run()


def test_a_number_that_is_missing_is_caught(run, lines):
    def change(found, by_day):
        found["days_held"][DAY if by_day else 1, DRAW] = np.nan

    lines(change)
    with pytest.raises(ModelError, match=rf"draw {DRAW}, \w+, 2001-06-17: days_held is not finite"):
        run()


def test_days_that_tell_another_total_than_crossings_are_caught(run, lines):
    def change(found, by_day):
        if by_day:
            for name in ("levy_received", "insurgent_revenue", "insurgent_gain"):
                found[name][DAY, DRAW] += 1e-6 * found["baseline"].sum(axis=0)[DRAW]
            found["levy_gap"][DAY, DRAW] -= 1e-6 * found["baseline"].sum(axis=0)[DRAW]

    lines(change)
    with pytest.raises(ModelError, match=rf"draw {DRAW}: \w+: days do not add up to what crossings add up to"):
        run()


def test_a_loss_before_anything_happened_is_caught(run, monkeypatch):
    from tradeimpact.setting import Setting

    real = Setting.nothing

    def nothing(self, days, new):
        made = real(self, days, new)
        return replace(made, star=made.star * (1 + 1e-11))

    monkeypatch.setattr(Setting, "nothing", nothing)
    with pytest.raises(ModelError, match=r"2001-06-1[0-3]: government_loss is not zero before the first event"):
        run()


def test_authorities_that_take_more_than_the_insurgents_are_caught(run, monkeypatch):
    real = kernel._Sums._authorities
    monkeypatch.setattr(kernel._Sums, "_authorities", lambda self, daily: real(self, daily) * 1.001)
    with pytest.raises(ModelError, match=r"draw \d+: insurgent_\w+: authorities do not add up"):
        run()


def test_shares_of_the_baseline_that_do_not_sum_to_one_are_caught(run, monkeypatch):
    real = kernel.draw_block

    def draw_block(*given):
        d = real(*given)
        return replace(d, kept=d.kept | {"share.north_gate": d.kept["share.north_gate"] + 1e-6})

    monkeypatch.setattr(kernel, "draw_block", draw_block)
    with pytest.raises(ModelError, match=r"draw \d+: shares of the baseline do not sum to 1, by 1e-06"):
        run()


# --- the checks by themselves -------------------------------------------------------------------------------------


def empty_books(crossings=2, days=3, draws=4):
    """Books in which nothing moves, all lines zero."""
    lines = np.zeros((len(LINES), crossings + 1, draws))
    daily = {name: np.zeros((days, draws)) for name in LINES}
    shares = np.full((crossings, draws), 1 / crossings)
    return Books(lines, np.zeros((len(LINES), 1, draws)), daily, np.zeros((1, 3, draws)), shares)


NAMES = Names(("a", "b"), ("2001-01-01", "2001-01-02", "2001-01-03"))


def test_books_of_a_case_without_any_revenue_pass():
    check_block(empty_books(), NAMES, quiet=3)


@pytest.mark.parametrize("line", SIGNS)
def test_each_line_with_a_sign_is_held_to_it(line):
    # no form says anything of this line here: all others are zero, so that only forms with it could fail first
    books = empty_books()
    books.crossing[LINES.index("baseline"), 0] = 1e6
    books.crossing[LINES.index("government_revenue"), 0] = 1e6
    books.crossing[LINES.index(line), 1, 2] = -SIGNS[line] * 5.0
    with pytest.raises(ModelError, match="draw 2, b"):
        check_block(books, NAMES)


@pytest.mark.parametrize("line", ["government_loss", "rerouting", "levy_gap", "lost_to_insurgent_control"])
def test_identities_hold_to_a_billionth_of_the_largest_amount_and_no_worse(line):
    books = empty_books()
    for name in ("baseline", "government_revenue"):
        books.crossing[LINES.index(name), 0] = books.month[LINES.index(name), 0] = 4e6
    books.crossing[LINES.index(line), 0, 1] = 4e6 * 0.9e-9
    check_block(books, NAMES)
    books.crossing[LINES.index(line), 0, 1] = 4e6 * 1.1e-9
    with pytest.raises(ModelError, match="draw 1, a: "):
        check_block(books, NAMES)


def test_a_draw_is_numbered_from_the_first_of_the_run():
    books = empty_books()
    books.crossing[LINES.index("baseline"), 0, 3] = 5.0
    with pytest.raises(ModelError, match="draw 259, a: government_loss"):
        check_block(books, Names(NAMES.crossings, NAMES.days, first_draw=256))


def summed(draws=10):
    """Paths of two crossings on three days, summed over draws: all in government hands and open."""
    holders, opened = np.zeros((3, 2, 3)), np.full((2, 3), float(draws))
    holders[0] = draws
    return holders, opened


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((0.5, 0, 0), "shares of the holders do not sum to 1, by 0.05"),
        ((-2, 0, 0), "shares of the holders do not sum to 1, by 0.2"),
        ((np.nan, 0, 0), "shares of the holders do not sum to 1"),
        ((2, -2, 0), "share of a holder outside 0 to 1, by 0.2"),
    ],
)
def test_holders_that_cannot_be_are_refused(change, said):
    holders, opened = summed()
    check_paths(holders, opened, 10, NAMES)
    holders[:, 1, 2] += change
    with pytest.raises(ModelError, match=f"the mean of 10 draws, b, 2001-01-03: {said}"):
        check_paths(holders, opened, 10, NAMES)


@pytest.mark.parametrize("change", [0.1, -10.1, np.nan])
def test_an_open_share_that_cannot_be_is_refused(change):
    holders, opened = summed()
    opened[0, 0] += change
    with pytest.raises(ModelError, match="a, 2001-01-01: open share outside 0 to 1"):
        check_paths(holders, opened, 10, NAMES)

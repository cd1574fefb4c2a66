"""Titles break between words that belong apart, labels keep off lines and marks, and no chart hides part of itself."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba

from tradeimpact.figures import animate, compare, fan, sensitivity, strips
from tradeimpact.figures.labels import centre, gap, has_leader, inside, overlap, place_labels
from tradeimpact.figures.style import COUNTERFACTUAL, TITLE_SIZE, balanced, text_width, wrap
from tradeimpact.figures.text import label_of, lower_first

mpl.use("Agg")

SOURCE = "invented numbers"
TITLE = (
    "By 22 July 2021 the loss adds up to 4.5 bn AFN (90 %: 2.7 to 6.3), of which 44 m AFN a day at one crossing, "
    "12 thousand USD at another and 21 % at a third by 3 Aug 2021"
)
WHOLE = ("22 July 2021", "4.5 bn AFN", "(90 %: 2.7 to 6.3)", "44 m AFN", "12 thousand USD", "21 %", "3 Aug 2021")


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


@pytest.mark.parametrize("width", range(150, 640, 35))
def test_no_line_breaks_inside_an_amount_an_interval_or_a_day(width):
    lines = wrap(TITLE, width, TITLE_SIZE, bold=True).split("\n")
    assert len(lines) > 1
    assert all(any(part in line.replace("\u00a0", " ") for line in lines) for part in WHOLE)
    assert " ".join(lines).replace("\u00a0", " ") == TITLE


@pytest.mark.parametrize("width", range(200, 640, 35))
def test_the_lines_of_a_title_are_as_few_and_no_word_stands_alone(width):
    title = "The government loses a mean of one amount; the largest part of all of it is lost to insurgent control"
    greedy, even = wrap(title, width, TITLE_SIZE, bold=True), balanced(title, width, TITLE_SIZE)
    assert even.replace("\n", " ") == title
    assert even.count("\n") == greedy.count("\n")
    wide = [text_width(line, TITLE_SIZE, bold=True) for line in even.split("\n")]
    assert max(wide) <= width
    assert min(wide) > 0.55 * max(wide)


def test_a_title_of_one_line_and_one_with_breaks_of_its_own_stay():
    assert balanced("Short", 500, TITLE_SIZE) == "Short"
    assert balanced("First\nsecond", 500, TITLE_SIZE) == "First\nsecond"


def test_names_inside_a_sentence_begin_small_unless_they_are_abbreviations():
    assert lower_first(label_of("lost_to_closure")) == "lost to closure"
    assert lower_first("VAT refunds") == "VAT refunds"
    assert lower_first("") == ""


# --- labels on maps -------------------------------------------------------------------------------------------


def test_a_label_keeps_off_a_line_that_is_drawn_beside_its_mark():
    frame = (0.0, 0.0, 400.0, 400.0)
    marks, sizes = [(200.0, 200.0, 5.0)], [(80.0, 12.0)]
    free = place_labels(marks, sizes, frame=frame)[0]
    line = np.array([[centre(free)[0], 0.0], [centre(free)[0], 400.0]])
    moved = place_labels(marks, sizes, frame=frame, lines=[line])[0]
    assert inside(tuple(line[0]), tuple(line[1]), free) > 0
    assert inside(tuple(line[0]), tuple(line[1]), moved) == 0


def test_no_leader_runs_through_a_label_or_the_mark_of_another_where_posts_crowd():
    marks = [(200.0, 200.0, 9.0), (206.0, 203.0, 4.0), (196.0, 204.0, 4.0), (203.0, 196.0, 7.0), (225.0, 190.0, 16.0)]
    sizes = [(50.0, 12.0), (70.0, 12.0), (40.0, 12.0), (90.0, 12.0), (80.0, 12.0)]
    boxes = place_labels(marks, sizes, frame=(0.0, 0.0, 400.0, 400.0))
    for i, box in enumerate(boxes):
        others = [other for j, other in enumerate(boxes) if j != i]
        assert not any(overlap(box, other) for other in others)
        if has_leader(box, i, marks, scale=1.0):
            assert all(inside(centre(box), marks[i][:2], other) == 0 for other in others)


def test_a_label_nearer_to_the_mark_of_another_has_a_leader():
    marks = [(0.0, 0.0, 2.0), (20.0, 0.0, 2.0)]
    between = (10.0, -3.0, 15.0, 3.0)
    assert gap(between, (0.0, 0.0, 0.0, 0.0)) == 10
    assert has_leader(between, 0, marks, scale=1.0)
    assert not has_leader(between, 1, marks, scale=1.0)
    assert not has_leader((3.0, -3.0, 8.0, 3.0), 0, marks, scale=1.0)


# --- bars, strips and lines -----------------------------------------------------------------------------------


def test_a_tornado_bar_with_both_ends_on_one_side_shows_both_and_both_values():
    table = pd.DataFrame(
        {"label": ["phi", "gamma"], "set_low": ["1.5", "0.1"], "set_high": ["5.0", "0.9"], "grade": ["E", "E"],
         "at_low": [9.8e9, 9.0e9], "at_high": [9.5e9, 11.0e9]}
    )  # fmt: skip
    ax = sensitivity.tornado(table, middle=10e9, outcome="Loss", source=SOURCE)
    bars = [patch for patch in ax.patches if patch.get_gid() == "bar"]
    spans = [(bar.get_y(), bar.get_y() + bar.get_height()) for bar in bars[:2]]
    assert spans[0][1] <= spans[1][0]  # neither stands before the other
    said = {text.get_text(): text for text in ax.texts if text.get_gid() == "value"}
    assert said["1.5"].xy[0] == pytest.approx(9.8)
    assert said["5.0"].xy[0] == pytest.approx(9.5)
    assert {said[value].get_ha() for value in ("1.5", "5.0")} == {"right"}
    assert said["0.1"].get_ha() == "right"
    assert said["0.9"].get_ha() == "left"


def test_a_day_shut_leaves_the_look_of_the_holder_to_be_seen():
    table = pd.DataFrame(
        {"crossing": ["a", "b"], "name": ["A", "B"], "start": ["2001-06-01"] * 2, "end": ["2001-06-05"] * 2,
         "holder": ["government", "rebels"], "open_share": [0.0, 0.5]}
    )  # fmt: skip
    ax = strips.holders(table, source=SOURCE)
    held = [patch for patch in ax.patches if patch.get_gid() == "strip"]
    shut = [patch for patch in ax.patches if patch.get_gid() == "shut"]
    heights = [part.get_height() / whole.get_height() for part, whole in zip(shut, held, strict=True)]
    assert max(heights) < 0.6
    assert heights[0] == pytest.approx(2 * heights[1])  # half shut, half as high
    for part, whole in zip(shut, held, strict=True):
        assert part.get_y() + part.get_height() == pytest.approx(whole.get_y() + whole.get_height())


def test_the_counterfactual_is_dashed_black_in_the_ledgers_and_in_the_fan():
    rows = [("government", line, 5e9, 4e9, 6e9, "total") for line in ("baseline", "government_revenue")]
    table = pd.DataFrame(rows, columns=["ledger", "line", "mean", "low", "high", "role"])
    bars = compare.ledgers(table, source=SOURCE).patches
    assert [bar.get_linestyle() for bar in bars] == ["--", "solid"]
    assert bars[0].get_edgecolor() == to_rgba(COUNTERFACTUAL)
    rivals = fan._rivals(pd.DataFrame({"method": ["Model", "Days-held arithmetic", "No change"]}))
    assert rivals["No change"]["color"] == COUNTERFACTUAL
    assert rivals["No change"]["linestyle"] == "--"
    assert rivals["Days-held arithmetic"]["color"] != COUNTERFACTUAL


def test_methods_are_told_in_the_unit_of_their_medians_rounded_to_what_the_interval_supports():
    table = pd.DataFrame(
        {"method": ["Model", "No change"], "median": [4.604e8, 8.637e8], "low": [3.2e8, 6.4e8], "high": [6.8e8, 1.06e9]}
    )
    ax = compare.comparison(table, observed=3.804e8, observed_label="Recorded", currency="USD", source=SOURCE)
    said = {text.get_text() for text in ax.texts}
    assert {"460", "860", "Recorded: 380 m USD"} <= said
    assert "m USD" in ax.get_xlabel()


def test_the_footer_of_a_film_stands_below_the_axis_of_days():
    figure, _, lower = animate._stage("\n".join(["A line of the footer."] * 8))
    lower.set_xlabel("Day (2001)")
    figure.draw_without_rendering()
    footer = next(text for text in figure.texts if text.get_gid() == "footer").get_window_extent()
    assert footer.y1 < lower.get_tightbbox().y0

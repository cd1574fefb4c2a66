"""The figures of crossings, rerouting, the fan, the film, the ports and the page: each draws what its table says.

Tables with invented numbers stand in for results; where a result is used its accounts are checked against identities,
not against the code that made them.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.text import Text

import tradeimpact as ti
from tradeimpact import TradeImpactError
from tradeimpact.crossing_tables import CROSSING_LINES, collection_days, crossing_days, published_collection
from tradeimpact.figures import animate, dashboard, fan, flows, links, small_multiples
from tradeimpact.figures.save import save
from tradeimpact.kernel import draw_block, history, respond
from tradeimpact.rerouting import match_trade, rerouting

mpl.use("Agg")

SYNTHETIC = Path(__file__).parent / "cases" / "synthetic-3"
SOURCE = "invented numbers"
KEEP = list(CROSSING_LINES.values())
DAYS = pd.date_range("2001-06-01", "2001-06-10")
SQUARE = [[60.0, 29.0], [72.0, 29.0], [72.0, 38.0], [60.0, 38.0], [60.0, 29.0]]
EAST = [[72.0, 24.0], [80.0, 24.0], [80.0, 38.0], [72.0, 38.0], [72.0, 24.0]]
OUTLINES = {
    "type": "FeatureCollection",
    "features": [
        {"properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
        for name, ring in (("Toyland", SQUARE), ("Eastland", EAST))
    ],
}
PLACES = pd.DataFrame(
    [
        ("east", "East Pass", "border", 34.0, 72.0, 9e9, "B", "rebels", "Eastland"),
        ("west", "West Gate", "border", 34.0, 60.0, 3e9, "C", "government", "Westland"),
        ("hill", "Hill Road", "border", 30.0, 72.0, 6e9, "E", "government", "Eastland"),
    ],
    columns=["crossing", "name", "kind", "latitude", "longitude", "revenue", "grade", "holder", "neighbour"],
)
PORTS = pd.DataFrame(
    {"crossing": ["east", "hill"], "name": ["Southport"] * 2, "country": ["Eastland"] * 2, "latitude": [24.5] * 2,
     "longitude": [75.0] * 2}
)  # fmt: skip
FLOWS = pd.DataFrame(
    [
        ("east", "East Pass", "levied", "rebels", "East Pass", 30.0),
        ("east", "East Pass", "rerouted", "government", "West Gate", 45.0),
        ("east", "East Pass", "suppressed", "", "", 25.0),
        ("hill", "Hill Road", "rerouted", "government", "West Gate", 60.0),
        ("hill", "Hill Road", "waiting", "", "", 40.0),
    ],
    columns=["crossing", "name", "outcome", "holder", "to_name", "mean"],
).replace({"holder": {"rebels": "insurgent"}})


def totals_of(table):
    sums = table.groupby(["outcome", "holder"], sort=False)["mean"].sum().reset_index()
    share = sums["mean"] / sums["mean"].sum()
    return sums.assign(share_mean=share, share_low=share / 2, share_high=share * 1.5)


def by_day(low=0.5, high=1.5):
    rows = []
    for crossing, name, size in (("big", "Big Gate", 8e6), ("small", "Small Gate", 3e5)):
        for number, day in enumerate(DAYS):
            for line, part in (("baseline", 1.0), ("government", 1 - number / 9), ("levy", number / 30)):
                rows.append((crossing, name, day, line, size * part, size * part * low, size * part * high))
    return pd.DataFrame(rows, columns=["crossing", "name", "day", "line", "median", "low", "high"])


def sums_by_day():
    rows = []
    for method, daily in (("Model", 2e8), ("Days-held arithmetic", 2.4e8), ("No change", 3e8)):
        rows += [(method, day, daily * n, 0.8 * daily * n, 1.2 * daily * n) for n, day in enumerate(DAYS, start=1)]
    return pd.DataFrame(rows, columns=["method", "day", "median", "low", "high"])


def knowledge():
    rows = []
    for number, day in enumerate(DAYS):
        for crossing in PLACES["crossing"]:
            lost = number / 9 if crossing == "east" else 0.02
            rows.append((day, crossing, lost, max(lost - 0.2, 0.0), min(lost + 0.2, 1.0)))
    probability = pd.DataFrame(rows, columns=["day", "crossing", "lost", "low", "high"])
    loss = pd.DataFrame(
        [(day, "so_far", 1e8 * n, 0.5e8 * n, 2e8 * n) for n, day in enumerate(DAYS)],
        columns=["day", "line", "median", "low", "high"],
    )
    return probability, loss


def shown(drawn):
    figure = drawn.figure if hasattr(drawn, "figure") and drawn.figure is not None else drawn
    return " ".join(" ".join(t.get_text() for t in figure.findobj(Text)).split())


def inside(drawn):
    """Texts that stick out of their figure, with a point's grace."""
    figure = drawn.figure if hasattr(drawn, "figure") and drawn.figure is not None else drawn
    figure.draw_without_rendering()
    box = figure.bbox.padded(figure.dpi / 72)
    texts = [t for t in figure.findobj(Text) if t.get_text().strip() and t.get_visible()]
    out = []
    for text in texts:
        place = text.get_window_extent()
        if place.x0 < box.x0 or place.x1 > box.x1 or place.y0 < box.y0 or place.y1 > box.y1:
            out.append(text.get_text())
    return out


@pytest.fixture(scope="module")
def case():
    return ti.load_case(SYNTHETIC)


@pytest.fixture(scope="module")
def fall():
    s = ti.Scenario("a synthetic June").capture("north_gate", "2001-06-10", by="rebels")
    return s.capture("south_gate", "2001-06-12", by="nobody").close("east_gate", "2001-06-20", "2001-06-22")


@pytest.fixture(scope="module")
def result(case, fall):
    return ti.simulate(case, fall, start="2001-06-05", end="2001-06-30", draws=80, rng=2, keep=KEEP)


DRAWN = {
    "small_multiples": lambda: (
        small_multiples.crossings(by_day(), source=SOURCE), small_multiples.alt_crossings(by_day()), by_day()
    ),
    "flows": lambda: (
        flows.rerouting(FLOWS, totals_of(FLOWS), source=SOURCE), flows.alt_rerouting(FLOWS, totals_of(FLOWS)), FLOWS
    ),
    "fan": lambda: (
        fan.collection(sums_by_day(), observed=(1.9e9, 2.1e9), source=SOURCE),
        fan.alt_collection(sums_by_day(), observed=(1.9e9, 2.1e9)), sums_by_day(),
    ),
    "film": lambda: (
        animate.film_strip(*knowledge(), PLACES, OUTLINES, country="Toyland", source=SOURCE),
        animate.alt_film(*knowledge(), PLACES), knowledge()[0],
    ),
    "links": lambda: (
        links.links(PLACES, PORTS, OUTLINES, country="Toyland", on="2001-06-10", source=SOURCE),
        links.alt_links(PLACES, PORTS, country="Toyland", on="2001-06-10"), PLACES,
    ),
}  # fmt: skip


# --- every chart ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DRAWN)
def test_every_chart_names_its_source_and_keeps_its_text_inside_the_figure(name):
    drawn, _, _ = DRAWN[name]()
    assert f"Source: {SOURCE}" in shown(drawn)
    assert inside(drawn) == []


@pytest.mark.parametrize("name", DRAWN)
def test_the_same_table_gives_the_same_bytes(name, tmp_path):
    digests = []
    for folder in ("one", "two"):
        drawn, words, table = DRAWN[name]()
        paths = save(drawn, tmp_path / folder / name, table=table, alt=words, manifest={"seed": 1})
        digests.append({kind: hashlib.sha256(path.read_bytes()).hexdigest() for kind, path in paths.items()})
        plt.close("all")
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("small_multiples", ["Big Gate", "baseline 8.0 m AFN", "levies 90 thousand AFN"]),
        ("flows", ["baseline trade of 200 AFN", "52 % (90 %: 26 to 79)", "12 %", "West Gate"]),
        ("fan", ["Model 2.0 bn AFN (90 %: 1.6 to 2.4)", "1.9–2.1 bn AFN", "inside"]),
        ("film", ["10 Jun: 1 lost (none new), loss 0.9 bn AFN"]),
        ("links", ["Southport: East Pass (rebels), Hill Road (government)", "83 %", "40 %"]),
    ],
)
def test_alternative_texts_carry_the_numbers_of_the_table(name, numbers):
    _, words, _ = DRAWN[name]()
    assert [number for number in numbers if number not in words] == []


# --- small multiples --------------------------------------------------------------------------------------------------


def test_each_panel_draws_its_own_lines_in_its_own_unit():
    ax = small_multiples.crossings(by_day(), source=SOURCE)
    panels = ax.figure.axes
    lines = {line.get_gid(): line for line in panels[0].lines}
    assert lines["line-government"].get_ydata() == pytest.approx([8 * (1 - n / 9) for n in range(10)])
    small = {line.get_gid(): line for line in panels[1].lines}
    assert small["line-baseline"].get_ydata() == pytest.approx([300.0] * 10)  # thousand AFN
    assert "m AFN a day" in shown(ax)
    assert "thousand AFN a day" in shown(ax)


def test_crossings_left_out_are_said():
    assert "The one smallest are left out" in shown(small_multiples.crossings(by_day(), most=1, source=SOURCE))


def test_a_result_without_kept_lines_says_how_to_simulate(case, fall):
    plain = ti.simulate(case, fall, start="2001-06-05", end="2001-06-30", draws=64, rng=2)
    with pytest.raises(TradeImpactError, match=r"simulate with keep=\['baseline', 'government_revenue'"):
        plain.plot.crossings()


def test_the_crossings_of_a_day_add_up_to_the_day(result):
    table = crossing_days(result)
    whole = table[table["line"] == "baseline"].groupby("day")["mean"].sum()
    assert whole.to_numpy() == pytest.approx(result.daily("baseline")["mean"].to_numpy(), rel=1e-12)


# --- where the trade went ---------------------------------------------------------------------------------------------


def test_gains_are_matched_inside_the_route_group_first_then_across():
    # 10 and 5 missing in group 0 with 6 gained there: 4 and 2; 9 gained in group 1: 6 of the 9 left and 3
    missing = np.array([[10.0], [5.0], [0.0], [0.0]])
    gained = np.array([[0.0], [0.0], [6.0], [9.0]])
    routes = match_trade(missing, gained, np.array([0, 0, 0, 1]))[..., 0]
    assert routes[:2, 2] == pytest.approx([4.0, 2.0])
    assert routes[:2, 3] == pytest.approx([6.0, 3.0])
    assert routes.sum() == pytest.approx(15.0)


def test_nothing_more_is_rerouted_than_is_missing_or_gained():
    rng = np.random.default_rng(3)
    change = rng.normal(size=(6, 50))
    missing, gained = np.maximum(change, 0), np.maximum(-change, 0)
    routes = match_trade(missing, gained, np.array([0, 0, 1, 1, 2, 2]))
    assert (routes >= 0).all()
    assert (routes.sum(axis=1) <= missing + 1e-12).all()
    assert (routes.sum(axis=0) <= gained + 1e-12).all()
    assert routes.sum(axis=(0, 1)) == pytest.approx(np.minimum(missing.sum(axis=0), gained.sum(axis=0)))


def test_the_ways_of_each_crossing_add_up_to_its_fallen_baseline(result):
    found = rerouting(result)
    ways = found.flows.groupby("crossing")["mean"].sum()
    fallen = found.fallen.set_index("crossing")["mean"]
    assert ways.sort_index().to_numpy() == pytest.approx(fallen.sort_index().to_numpy(), rel=1e-9)
    assert found.totals["share_mean"].sum() == pytest.approx(1.0)
    assert set(fallen.index) == {"north_gate", "south_gate"}  # a closure is no fall


def test_the_fallen_baseline_is_that_of_the_days_after_the_fall(result):
    x = result.inputs
    d = draw_block(x, result.task.sampler, 0)
    f = respond(x, d, history(x, d)).flows.over(x.window)
    lost = (f.baseline_trade * (1 - f.government))[: x.border, :, : result.count].sum(axis=1).mean(axis=-1)
    fallen = rerouting(result).fallen.set_index("crossing")["mean"]
    for i, crossing in enumerate(x.crossings[: x.border]):
        assert fallen.get(crossing, 0.0) == pytest.approx(lost[i])


def test_without_waiting_nothing_waits_and_without_nobody_nobody_carries(case):
    still = case.assume({"deferral_share": 0.0}, source="test")
    only = ti.Scenario("north").capture("north_gate", "2001-06-10", by="rebels")
    totals = rerouting(ti.simulate(still, only, start="2001-06-05", end="2001-06-30", draws=64, rng=2)).totals
    assert {"returned", "waiting", "unstaffed"} & set(totals["outcome"]) == set()


def test_money_of_another_currency_changes_amounts_and_no_share(result):
    own, usd = rerouting(result), rerouting(result.to("usd"))
    assert usd.currency == "USD"
    assert usd.totals["share_mean"].to_numpy() == pytest.approx(own.totals["share_mean"].to_numpy(), abs=0.01)


def test_a_run_in_which_nothing_falls_is_refused(case):
    quiet = ti.simulate(case, ti.Scenario("quiet"), start="2001-06-05", end="2001-06-10", draws=64, rng=2)
    with pytest.raises(TradeImpactError, match="no border crossing falls"):
        rerouting(quiet)


def test_widths_of_ribbons_are_the_tables_and_share_one_scale():
    left, right, ribbons = flows.sankey(FLOWS)
    assert {node.label: node.amount for node in left} == {"East Pass": 100.0, "Hill Road": 100.0}
    assert sum(ribbons.values()) == pytest.approx(FLOWS["mean"].sum())
    assert next(node.amount for node in right if node.key == ("rerouted", "government", "West Gate")) == 105.0
    stacked = [flows._stack(nodes) for nodes in (left, right)]
    heights = [sum(high - low for low, high in places) for places in stacked]
    assert heights[0] == pytest.approx(heights[1])


def test_tables_of_two_runs_are_refused():
    with pytest.raises(TradeImpactError, match="one run"):
        flows.rerouting(FLOWS, totals_of(FLOWS.assign(mean=1.0)), source=SOURCE)


# --- the fan ----------------------------------------------------------------------------------------------------------


def test_the_fan_ends_where_the_summary_ends(result):
    end = collection_days(result).groupby("method").tail(1).set_index("method")
    summary = result.summary()
    assert end.loc["Model", "median"] == pytest.approx(summary.loc["government_revenue", "median"])
    assert end.loc["No change", "high"] == pytest.approx(summary.loc["baseline", "high"])
    assert end.loc["Days-held arithmetic", "mean"] == pytest.approx(result.draws()["days_held"].mean())


def test_only_targets_on_exactly_the_window_are_shown_as_published():
    afghan = ti.load_case("afghanistan-2021")
    june = ti.simulate(afghan, start="2021-06-22", end="2021-07-22", draws=64, rng=1)
    assert published_collection(june) == (4.5e9, 4.6e9)
    assert published_collection(ti.simulate(afghan, start="2021-06-22", end="2021-07-21", draws=64, rng=1)) == ()


def test_the_title_says_where_the_published_figure_lies():
    assert "lies below the interval" in shown(fan.collection(sums_by_day(), observed=[1e9], source=SOURCE))
    assert "lies above the interval" in shown(fan.collection(sums_by_day(), observed=[9e9], source=SOURCE))


# --- the film ---------------------------------------------------------------------------------------------------------


def test_a_film_has_a_frame_a_day_and_the_same_bytes_twice(tmp_path):
    from PIL import Image

    words = animate.alt_film(*knowledge(), PLACES)
    first = [table[table["day"] <= "2001-06-03"] for table in knowledge()]
    written = []
    for folder in ("one", "two"):
        paths = animate.animate(
            *first, PLACES, OUTLINES, tmp_path / folder / "film",
            country="Toyland", source=SOURCE, manifest={"seed": 1}, table=knowledge()[0], alt=words,
        )  # fmt: skip
        written.append({kind: path.read_bytes() for kind, path in paths.items()})
    assert written[0] == written[1]
    with Image.open(tmp_path / "one" / "film.gif") as film:
        assert film.n_frames == 3
        assert film.info["comment"].decode() == words
    assert json.loads(written[0]["json"])["alt"] == words


def test_a_film_shows_days_of_the_table_only():
    with pytest.raises(TradeImpactError, match="no day of knowledge"):
        animate.film_strip(
            *knowledge(), PLACES, OUTLINES, country="Toyland", source=SOURCE, days=["2001-07-01"]
        )  # fmt: skip


def test_marks_are_shaded_by_the_probability_and_ringed_where_it_is_open():
    ax = animate.film_strip(*knowledge(), PLACES, OUTLINES, country="Toyland", source=SOURCE, days=["2001-06-06"])
    marks = {c.get_gid(): c for c in ax.collections}
    assert sorted(marks["marks"].get_array()) == pytest.approx([0.02, 0.02, 5 / 9])
    assert len(marks["unsure"].get_offsets()) == 1  # 0.36 to 0.76 holds one half


# --- ports ------------------------------------------------------------------------------------------------------------


def test_lines_run_from_crossings_to_ports_and_strokes_into_the_neighbour():
    ax = links.links(PLACES, PORTS, OUTLINES, country="Toyland", on="2001-06-10", source=SOURCE)
    lines = {line.get_gid(): line for line in ax.lines}
    path = lines["link-east-Southport"].get_xydata()
    assert path[0] == pytest.approx([72.0, 34.0])
    assert path[-1] == pytest.approx([75.0, 24.5])
    assert lines["link-east-Southport"].get_linestyle() != lines["link-hill-Southport"].get_linestyle()
    assert lines["stroke-west"].get_xdata()[1] < 60.0


def test_ports_stand_where_the_gazetteer_has_them_and_every_link_names_its_source():
    table = pd.read_csv(Path(__file__).parents[1] / "data" / "ports.csv", keep_default_na=False)
    assert table.groupby("port")[["latitude", "longitude", "place_source"]].nunique().to_numpy().max() == 1
    assert table["place_source"].str.match(r"GeoNames \d+$").all()
    assert (table["link_source"] != "").all()
    assert set(table["grade"]) <= set("ABCDE")
    karachi = table.set_index("port").loc["karachi"].iloc[0]  # on the Arabian Sea: 24.86 N, 67.01 E
    assert (karachi["latitude"], karachi["longitude"]) == (24.8608, 67.0104)


def test_a_case_without_ports_is_told_where_they_would_stand(result):
    with pytest.raises(TradeImpactError, match=r"ports\.csv"):
        result.plot.links()


# --- one page ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("paper", ["16:9", "A4"])
def test_the_page_holds_its_panels_its_sentences_and_its_text(paper, tmp_path):
    afghan = ti.load_case("afghanistan-2021")
    fallen = ti.Scenario("fall").capture("islam_qala", on="2021-07-08")
    run = ti.simulate(afghan, fallen, start="2021-06-22", end="2021-07-22", draws=64, rng=1)
    page = run.plot.dashboard(paper=paper, save=tmp_path / "page")
    text = shown(page)
    for sentence in run.report().text.split("\n")[1:]:
        assert " ".join(sentence.split()) in text.replace("\u00a0", " ")
    assert inside(page) == []
    assert text.count("Source:") == 1  # one footer for all panels
    saved = pd.read_csv(tmp_path / "page.csv")
    assert set(saved["panel"]) == {"bridge", "cumulative", "holders", "map"}
    assert "Waterfall" in json.loads((tmp_path / "page.json").read_text())["alt"]


def test_a_page_without_room_for_its_sentences_is_refused(result):
    with pytest.raises(TradeImpactError, match="there is room for"):
        dashboard.dashboard(
            {"bridge": result.bridge(), "cumulative": result.cumulative(), "map": PLACES,
             "holders": pd.DataFrame({"crossing": ["east"], "name": ["East"], "start": [DAYS[0]], "end": [DAYS[-1]],
                                      "holder": ["rebels"], "open_share": [1.0]})},
            ["word " * 400], OUTLINES, title="Too much", country="Toyland", on="2001-06-10", source=SOURCE,
        )  # fmt: skip


@pytest.mark.parametrize("name", ["crossings", "rerouting", "collection"])
def test_the_charts_of_a_result_save_four_files_and_say_that_it_is_synthetic(name, result, tmp_path):
    ax = getattr(result.plot, name)(save=tmp_path / name)
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".csv", ".json", ".png", ".svg"]
    assert "synthetic data" in shown(ax).lower()
    assert "not statistics" in shown(ax)

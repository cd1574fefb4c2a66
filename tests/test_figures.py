"""Charts picture their tables truthfully, stay inside their canvas, and are saved to the same bytes.

All tables here are synthetic: their numbers are made up for the test.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_hex
from matplotlib.text import Text

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures import (
    alt,
    bridge,
    charts,
    compare,
    labels,
    maps,
    save,
    strips,
    style,
    text,
    timelines,
)
from tradeimpact.figures.axes import span_from_zero, spread

mpl.use("Agg")

SOURCE = "invented numbers"
LONG = "Crossing of the Extraordinarily Longwinded and Unabbreviated Name at Kilometre Seventy-Eight"
MANIFEST = {"version": "0.1.0", "seed": 1, "draws": 100, "scenario": "toy"}

PLACES = pd.DataFrame(
    [
        ("west", "West Gate", "border", 34.7, 61.1, 15e9, 13e9, 18e9, "B", "rebels"),
        ("north", "North Bridge", "border", 37.2, 67.4, 8e9, 5e9, 10e9, "C", "government"),
        ("east", "East Pass", "border", 34.1, 71.1, 14e9, 10e9, 17e9, "C", "government"),
        ("south", "South Road", "border", 30.9, 66.4, 7.8e9, 5.5e9, 8.5e9, "B", "nobody"),
        ("ferry", "Ferry", "border", 37.16, 69.4, 0.05e9, 0.01e9, 0.2e9, "E", "rebels"),
        ("capital", "Capital", "inland", 34.5, 69.2, 10e9, 3e9, 16e9, "E", "government"),
    ],
    columns=[
        "crossing",
        "name",
        "kind",
        "latitude",
        "longitude",
        "revenue",
        "low",
        "high",
        "grade",
        "holder",
    ],
)
CROSSINGS = PLACES.assign(median=PLACES["revenue"], mean=PLACES["revenue"])
VIEWS = PLACES.assign(
    collected=PLACES["revenue"],
    collected_low=PLACES["low"],
    collected_high=PLACES["high"],
    assessed=PLACES["revenue"] * 1.5,
    potential=PLACES["revenue"] * 2,
)
COMPONENTS = {
    "lost_to_insurgent_control": 0.92e9,
    "lost_to_nobody": 0.06e9,
    "lost_to_closure": 0.21e9,
    "contraction": 0.12e9,
    "held_back": 0.55e9,
    "rerouting": -0.17e9,
    "deferred_returned": -0.02e9,
    "weaker_collection": 0.14e9,
    "collected_inland": -0.11e9,
}
BASELINE = 5.91e9
COLLECTED = 4.21e9  # 5.91 less 1.70, the sum of the nine above, by hand
OUTLINES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": name},
            "geometry": {"type": "Polygon", "coordinates": [[[w, s], [e, s], [e, n], [w, n], [w, s]]]},
        }
        for name, w, s, e, n in (
            ("Toyland", 63, 30, 70, 38),
            ("Westland", 50, 25, 63, 45),
            ("Eastland", 70, 25, 85, 45),
        )
    ],
}
LEDGER = pd.DataFrame(
    [
        ("government", "baseline", 5.91e9, 5.2e9, 6.7e9, "total"),
        ("government", "government_revenue", 4.2e9, 3.3e9, 5.1e9, "total"),
        ("government", "collected_inland", 0.11e9, 0.0, 0.3e9, "component"),
        ("insurgent", "levy_received", 0.11e9, 0.05e9, 0.2e9, "component"),
        ("insurgent", "road_levies", 0.22e9, 0.1e9, 0.4e9, "component"),
        ("insurgent", "insurgent_gain", -0.05e9, -0.2e9, 0.4e9, "total"),
    ],
    columns=["ledger", "line", "mean", "low", "high", "role"],
)
METHODS = pd.DataFrame(
    [
        ("Model", 4.9e9, 3.8e9, 5.9e9),
        ("Days-held arithmetic", 5.8e9, 5.2e9, 6.5e9),
        ("No change", 7.3e9, 6.6e9, 8e9),
    ],
    columns=["method", "median", "low", "high"],
)
HELD = pd.DataFrame(
    [
        ("west", "West Gate", "2021-06-22", "2021-07-07", "government", 1.0),
        ("west", "West Gate", "2021-07-08", "2021-07-10", "nobody", 0.2),
        ("west", "West Gate", "2021-07-11", "2021-07-22", "rebels", 1.0),
        ("south", "South Road", "2021-06-22", "2021-07-13", "government", 1.0),
        ("south", "South Road", "2021-07-14", "2021-07-22", "rebels", 0.0),
        ("east", "East Pass", "2021-06-22", "2021-07-22", "government", 1.0),
    ],
    columns=["crossing", "name", "start", "end", "holder", "open_share"],
)
EVENTS = [
    ("2021-07-08", "West Gate"),
    ("2021-07-09", "Ferry"),
    ("2021-07-21", "A long name near the right-hand edge"),
]


def bridge_table() -> pd.DataFrame:
    rows = [("baseline", "total", BASELINE, 5.2e9, 6.7e9)]
    rows += [(name, "component", mean, mean - 0.05e9, mean + 0.1e9) for name, mean in COMPONENTS.items()]
    rows += [
        ("levy_received", "detail", 0.1e9, 0.05e9, 0.2e9),
        ("government_loss", "total", 1.7e9, 0.9e9, 2.6e9),
    ]
    rows += [
        ("government_revenue", "total", COLLECTED, 3.3e9, 5.1e9),
        ("insurgent_gain", "total", 0.1e9, 0.0, 0.3e9),
    ]
    return pd.DataFrame(rows, columns=["component", "role", "mean", "low", "high"]).set_index("component")


def day_table(*lines: tuple[str, float, float]) -> pd.DataFrame:
    days = pd.date_range("2021-06-22", "2021-07-22")
    parts = [
        pd.DataFrame(
            {
                "day": days,
                "line": line,
                "median": (path := np.linspace(first, last, len(days))),
                "mean": path,
                "low": 0.8 * path,
                "high": 1.2 * path,
            }
        )
        for line, first, last in lines
    ]
    return pd.concat(parts, ignore_index=True)


DAYS = day_table(("baseline", 195e6, 195e6), ("government", 195e6, 80e6), ("insurgent", 2e6, 15e6))
SUMS = day_table(("loss", 0.0, 1.7e9), ("gain", 0.0, 0.15e9))

Draw = Callable[..., Any]
CHARTS: dict[str, Draw] = {
    "map": lambda **more: maps.map_crossings(
        PLACES, OUTLINES, country="Toyland", on="2021-07-14", source=SOURCE, **more
    ),
    "revenue": lambda **more: charts.revenue_by_crossing(CROSSINGS, source=SOURCE, **more),
    "views": lambda **more: charts.three_views(VIEWS, source=SOURCE, **more),
    "bridge": lambda **more: bridge.bridge(bridge_table(), source=SOURCE, **more),
    "ledgers": lambda **more: compare.ledgers(LEDGER, source=SOURCE, **more),
    "comparison": lambda **more: compare.comparison(METHODS, observed=(4.5e9, 4.6e9), source=SOURCE, **more),
    "who": lambda **more: timelines.who_collects(DAYS, events=EVENTS, source=SOURCE, **more),
    "cumulative": lambda **more: timelines.cumulative(SUMS, events=EVENTS, source=SOURCE, **more),
    "holders": lambda **more: strips.holders(HELD, source=SOURCE, **more),
}


def written(figure: Any) -> list[str]:
    return [found.get_text() for found in figure.findobj(Text) if found.get_visible() and found.get_text().strip()]


def cut_off(figure: Any) -> list[str]:
    figure.canvas.draw()
    canvas = figure.bbox
    lost = []
    for found in figure.findobj(Text):
        if not (found.get_visible() and found.get_text().strip()):
            continue
        box = found.get_window_extent()
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= canvas.width + 1 and box.y1 <= canvas.height + 1
        if not inside and not _unused_tick(found, figure):
            lost.append(found.get_text())
    return lost


def _unused_tick(found: Text, figure: Any) -> bool:
    for ax in figure.axes:
        for axis in (ax.xaxis, ax.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in axis.get_major_ticks():
                if found in (tick.label1, tick.label2) and not low <= tick.get_loc() <= high:
                    return True
    return False


@pytest.mark.parametrize("name", CHARTS)
def test_every_chart_says_source_grade_and_synthetic_in_its_footer(name: str) -> None:
    figure = CHARTS[name](grade="C", note="A remark.", synthetic=True).get_figure()
    foot = next(found.get_text() for found in figure.findobj(Text) if found.get_gid() == "footer")
    for piece in ("Synthetic data", f"Source: {SOURCE}", "Evidence grade: C", "A remark."):
        assert piece in foot.replace("\n", " ")


@pytest.mark.parametrize("name", CHARTS)
def test_no_text_leaves_the_canvas(name: str) -> None:
    figure = CHARTS[name](title="A finding that goes on for a good while and so must be broken " * 3).get_figure()
    assert cut_off(figure) == []


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_drawn_into_a_given_axes_makes_no_figure_and_has_title_and_footer(name: str) -> None:
    figure, ax = plt.subplots(figsize=(9, 6), layout="constrained")
    drawn = CHARTS[name](ax=ax, title="The finding", grade="B")
    assert drawn is ax
    assert plt.get_fignums() == [figure.number]
    assert ax.get_title(loc="left") == "The finding"
    assert any("Source" in line for line in written(figure))
    assert cut_off(figure) == []


def test_long_names_of_crossings_and_methods_are_wrapped_not_cut() -> None:
    renamed = CROSSINGS.assign(name=LONG)
    report = "Figures of the ministry as quoted in the press, and what others wrote about them afterwards. " * 4
    drawn = [
        charts.revenue_by_crossing(renamed, source=report, note=report),
        charts.three_views(VIEWS.assign(name=LONG), source=SOURCE),
        strips.holders(HELD.assign(name=LONG), source=SOURCE),
        compare.comparison(METHODS.assign(method=LONG), source=report, observed=4.5e9),
        compare.ledgers(LEDGER.assign(line=LONG), source=SOURCE),
        maps.map_crossings(PLACES.assign(name=LONG[:40]), OUTLINES, country="Toyland", on="2021-07-14", source=report),
        timelines.who_collects(DAYS, source=SOURCE, events=[("2021-07-01", LONG), ("2021-07-20", LONG)]),
    ]
    assert [cut_off(ax.get_figure()) for ax in drawn] == [[]] * len(drawn)


def test_names_at_line_ends_do_not_touch_when_the_lines_end_together() -> None:
    close = day_table(("baseline", 195e6, 81e6), ("government", 195e6, 80e6), ("insurgent", 2e6, 79e6))
    figure = timelines.who_collects(close, source=SOURCE, events=EVENTS, note="A note. " * 60).get_figure()
    figure.canvas.draw()
    boxes = [Text.get_window_extent(found) for found in figure.findobj(Text) if found.get_gid() == "end"]
    assert len(boxes) == 3
    assert not [1 for a in boxes for b in boxes if a is not b and labels.overlap(a.extents, b.extents) > 0]
    assert cut_off(figure) == []


def test_drawing_leaves_the_style_of_other_figures_alone() -> None:
    before = dict(mpl.rcParams)
    for draw in CHARTS.values():
        draw()
    assert dict(mpl.rcParams) == before


def test_importing_the_charts_does_not_import_matplotlib() -> None:
    code = (
        "import sys, types; package = types.ModuleType('tradeimpact'); sys.modules['tradeimpact'] = package; "
        f"package.__path__ = [{str(Path(style.__file__).parents[1])!r}]; "
        "from tradeimpact.figures import alt, bridge, charts, compare, maps, save, strips, timelines; "
        "sys.exit('matplotlib' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_bridge_steps_from_the_baseline_to_what_was_collected() -> None:
    ax = bridge.bridge(bridge_table(), source=SOURCE)
    bars = {bar.get_gid().removeprefix("bar-"): bar for bar in ax.patches if bar.get_gid()}
    assert list(bars) == ["baseline", *COMPONENTS, "government_revenue"]
    assert bars["baseline"].get_x() == 0
    assert bars["baseline"].get_width() == pytest.approx(5.91)
    level = 5.91
    for name, mean in COMPONENTS.items():
        assert bars[name].get_x() == pytest.approx(level)
        level -= mean / 1e9
        assert bars[name].get_x() + bars[name].get_width() == pytest.approx(level)
    assert bars["government_revenue"].get_x() == 0
    assert bars["government_revenue"].get_width() == pytest.approx(level)


def test_the_bridge_starts_at_zero_and_tells_gains_from_losses_without_colour() -> None:
    ax = bridge.bridge(bridge_table(), source=SOURCE)
    assert ax.get_xlim()[0] == 0
    hatched = {bar.get_gid().removeprefix("bar-") for bar in ax.patches if bar.get_hatch()}
    assert hatched == {name for name, mean in COMPONENTS.items() if mean < 0}
    values = [found.get_text() for found in ax.texts if found.get_gid() == "value"]
    assert values == [
        "5.91",
        "−0.92",
        "−0.06",
        "−0.21",
        "−0.12",
        "−0.55",
        "+0.17",
        "+0.02",
        "−0.14",
        "+0.11",
        "4.21",
    ]


def test_the_bridge_refuses_numbers_that_do_not_add_up() -> None:
    table = bridge_table()
    table.loc["rerouting", "mean"] += 1e7
    with pytest.raises(TradeImpactError, match="misses government_revenue"):
        bridge.bridge(table, source=SOURCE)
    with pytest.raises(TradeImpactError, match="'baseline'"):
        bridge.bridge(bridge_table().drop(index="baseline"), source=SOURCE)


def test_the_bridge_whiskers_span_the_interval_of_each_component() -> None:
    ax = bridge.bridge(bridge_table(), source=SOURCE)
    whisker = next(line for line in ax.lines if line.get_marker() == "|" and line.get_ydata()[0] == 1)
    assert sorted(whisker.get_xdata()) == pytest.approx([5.91 - 1.02, 5.91 - 0.87])


def test_revenue_bars_start_at_zero_stand_in_order_and_carry_their_grade() -> None:
    ax = charts.revenue_by_crossing(CROSSINGS, source=SOURCE)
    bars = [bar for bar in ax.patches if bar.get_gid() == "bar"]
    assert [bar.get_x() for bar in bars] == [0] * 6
    assert [bar.get_width() for bar in bars] == pytest.approx([15, 14, 10, 8, 7.8, 0.05])
    assert [label.get_text() for label in ax.get_yticklabels()][2] == "Capital (inland)"
    assert to_hex(bars[2].get_facecolor()) == "#ffffff"
    assert [found.get_text()[-1] for found in ax.texts if found.get_gid() == "value"] == list("BCECBE")
    assert ax.get_xlim()[0] == 0


def test_a_missing_revenue_is_said_and_not_drawn_as_zero() -> None:
    table = CROSSINGS.copy()
    table.loc[4, ["median", "low", "high"]] = np.nan
    ax = charts.revenue_by_crossing(table, source=SOURCE)
    assert "no figure" in written(ax.get_figure())
    with_gap = maps.map_crossings(
        PLACES.assign(revenue=table["median"]), OUTLINES, country="Toyland", on="2021-07-14", source=SOURCE
    )
    assert "Ferry (no figure)" in written(with_gap.get_figure())


def test_the_ledgers_share_one_scale_and_say_that_they_are_no_mirror() -> None:
    ax = compare.ledgers(LEDGER, source=SOURCE)
    bars = [bar for bar in ax.patches if (bar.get_gid() or "").startswith("bar-")]
    assert [bar.get_height() for bar in bars] == pytest.approx([5.91, 4.2, 0.11, 0.11, 0.22, -0.05])
    assert {bar.get_y() for bar in bars} == {0}
    assert ax.get_ylim()[0] < -0.2
    assert len(ax.get_figure().axes) == 1
    assert any("not each other's mirror" in line for line in written(ax.get_figure()))


def test_no_chart_draws_an_arrow_from_one_ledger_to_the_other() -> None:
    for name in ("bridge", "ledgers"):
        ax = CHARTS[name]()
        assert not [found for found in ax.texts if getattr(found, "arrow_patch", None) is not None]


def test_lines_are_told_apart_by_dash_and_hatch_as_well_as_colour() -> None:
    ax = timelines.who_collects(DAYS, source=SOURCE)
    lines = {line.get_gid(): line for line in ax.lines if (line.get_gid() or "").startswith("line-")}
    assert [lines[f"line-{name}"].get_linestyle() for name in ("baseline", "government", "insurgent")] == [
        "--",
        "-",
        "-.",
    ]
    assert lines["line-government"].get_color() == "#0072B2"
    assert lines["line-insurgent"].get_color() == "#D55E00"
    assert lines["line-government"].get_ydata()[-1] == pytest.approx(80)
    assert ax.get_ylim()[0] == 0
    bands = {band.get_gid(): band.get_hatch() for band in ax.collections if band.get_gid()}
    assert bands == {"band-government": None, "band-insurgent": "////"}
    assert "m AFN per day" in ax.get_ylabel()


def test_events_outside_the_days_are_left_out_and_others_named() -> None:
    ax = timelines.who_collects(DAYS, source=SOURCE, events=[*EVENTS, ("2022-01-01", "Much later")])
    names = [found.get_text() for found in ax.texts if found.get_gid() == "event"]
    assert sorted(names) == sorted(label for _day, label in EVENTS)


def test_an_unknown_line_is_an_error_that_names_it() -> None:
    with pytest.raises(TradeImpactError, match="'treasury'"):
        timelines.who_collects(DAYS.replace({"line": {"government": "treasury"}}), source=SOURCE)


def test_a_table_without_a_column_is_an_error_that_suggests() -> None:
    with pytest.raises(TradeImpactError, match=r"lacks 'median'.*Did you mean 'median_afn'"):
        compare.comparison(METHODS.rename(columns={"median": "median_afn"}), source=SOURCE)
    with pytest.raises(TradeImpactError, match="no rows"):
        compare.comparison(METHODS.iloc[:0], source=SOURCE)


def test_strips_cover_both_their_first_and_last_day() -> None:
    ax = strips.holders(HELD, source=SOURCE)
    drawn = [bar for bar in ax.patches if bar.get_gid() == "strip"]
    assert [bar.get_width() for bar in drawn] == [16, 3, 12, 22, 9, 31]
    shut = [bar for bar in ax.patches if bar.get_gid() == "shut"]
    assert [bar.get_height() / drawn[0].get_height() for bar in shut] == pytest.approx([0.8 * 0.55, 0.55])
    with pytest.raises(TradeImpactError, match="west"):
        strips.holders(HELD.assign(end="2021-06-01"), source=SOURCE)


def test_holders_differ_in_shape_and_colour_on_the_map_and_inland_houses_are_hollow() -> None:
    ax = maps.map_crossings(PLACES, OUTLINES, country="Toyland", on="2021-07-14", source=SOURCE)
    marks = {mark.get_gid(): mark for mark in ax.collections if (mark.get_gid() or "").startswith("mark-")}
    colours = {name: to_hex(marks[f"mark-{name}"].get_facecolor()[0]) for name in ("west", "north", "south", "capital")}
    assert colours == {"west": "#d55e00", "north": "#0072b2", "south": "#999999", "capital": "#ffffff"}
    shapes = {marks[f"mark-{name}"].get_paths()[0].vertices.tobytes() for name in ("west", "north", "south")}
    assert len(shapes) == 3
    sizes = {name: float(marks[f"mark-{name}"].get_sizes()[0]) for name in ("west", "north")}
    assert sizes["west"] / sizes["north"] == pytest.approx(15 / 8)


def test_labels_on_the_map_do_not_touch_each_other() -> None:
    figure = CHARTS["map"]().get_figure()
    figure.canvas.draw()
    boxes = [found.get_window_extent() for found in figure.findobj(Text) if found.get_gid() in ("place", "country")]
    assert len(boxes) == 9
    pairs = [(a, b) for index, a in enumerate(boxes) for b in boxes[index + 1 :]]
    assert not [pair for pair in pairs if labels.overlap(pair[0].extents, pair[1].extents) > 0]


def test_the_map_refuses_an_unknown_country_a_lost_position_and_a_file_that_is_no_outline() -> None:
    more: dict[str, Any] = {"on": "2021-07-14", "source": SOURCE}
    with pytest.raises(TradeImpactError, match="Did you mean 'Toyland'"):
        maps.map_crossings(PLACES, OUTLINES, country="Toylnd", **more)
    with pytest.raises(TradeImpactError, match="west"):
        maps.map_crossings(PLACES.assign(latitude=np.nan), OUTLINES, country="Toyland", **more)
    with pytest.raises(TradeImpactError, match="FeatureCollection"):
        maps.map_crossings(PLACES, {}, country="Toyland", **more)
    with pytest.raises(TradeImpactError, match="Outline number 1"):
        maps.map_crossings(PLACES, {"features": [{"properties": {"name": "A"}}]}, country="A", **more)


def test_several_insurgent_authorities_stay_apart_in_grey() -> None:
    looks = style.holder_looks(["nobody", "north_army", "government", "south_front"])
    assert list(looks) == ["government", "north_army", "south_front", "nobody"]
    assert len({look.marker for look in looks.values()}) == 4
    assert looks["north_army"].colour == looks["south_front"].colour == "#D55E00"
    assert looks["north_army"].hatch != looks["south_front"].hatch


@pytest.mark.parametrize("name", CHARTS)
def test_a_figure_drawn_again_or_saved_again_has_the_same_bytes(name: str, tmp_path: Path) -> None:
    def saved(chart: Any) -> dict[str, bytes]:
        paths = save.save(chart, tmp_path / name, table=METHODS, alt="What it shows.", manifest=MANIFEST)
        return {kind: path.read_bytes() for kind, path in paths.items()}

    ax = CHARTS[name]()
    first = saved(ax)
    assert set(first) == {"svg", "png", "csv", "json"}
    assert saved(ax.get_figure()) == first
    assert saved(CHARTS[name]()) == first


def test_a_figure_without_alternative_text_is_not_saved(tmp_path: Path) -> None:
    with pytest.raises(TradeImpactError, match="alternative text"):
        save.save(CHARTS["comparison"](), tmp_path / "x", table=METHODS, alt=" \n", manifest=MANIFEST)
    assert list(tmp_path.iterdir()) == []


def test_the_drawing_carries_its_alternative_text_for_screen_readers(tmp_path: Path) -> None:
    words = 'Loss < gain & "more"'
    paths = save.save(CHARTS["comparison"](), tmp_path / "a b.c", table=METHODS, alt=words, manifest=MANIFEST)
    assert paths["svg"].name == "a b.c.svg"
    root = ElementTree.fromstring(paths["svg"].read_text(encoding="utf-8"))
    space = "{http://www.w3.org/2000/svg}"
    title, described = root.find(f"{space}title"), root.find(f"{space}desc")
    assert root.get("role") == "img"
    assert title is not None
    assert described is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {described.get('id')}"
    assert described.text == words
    assert json.loads(paths["json"].read_text(encoding="utf-8"))["alt"] == words


def test_files_hold_no_clock_and_no_maker(tmp_path: Path) -> None:
    paths = save.save(CHARTS["comparison"](), tmp_path / "x", table=METHODS, alt="Words.", manifest=MANIFEST)
    assert "<dc:date>" not in paths["svg"].read_text(encoding="utf-8")
    png = paths["png"].read_bytes()
    assert b"Software" not in png
    assert b"tEXt" not in png
    record = json.loads(paths["json"].read_text(encoding="utf-8"))
    assert list(record) == sorted(record)
    assert record["libraries"]["matplotlib"] == mpl.__version__
    assert str(tmp_path) not in paths["json"].read_text(encoding="utf-8")


def test_the_table_beside_the_figure_keeps_its_index_and_cannot_run_as_a_formula() -> None:
    table = pd.DataFrame({"name": ["=1+1", "+a", "-b", "@c", "plain"], "value": [-1.5, 2, 3, 4, 5]}).rename_axis("row")
    rows = list(csv.reader(io.StringIO(save.csv_text(table))))
    assert rows[0] == ["row", "name", "value"]
    assert [row[1] for row in rows[1:]] == ["'=1+1", "'+a", "'-b", "'@c", "plain"]
    assert rows[1][2] == "-1.5"
    assert table["name"].iloc[0] == "=1+1"
    assert save.csv_text(bridge_table()).startswith("component,role,mean,low,high\nbaseline,total,")


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"alt": "mine"}, "'alt'"),
        ({"data": {"file": "/home/someone/data.csv"}}, "data.file"),
        ({"data": "C:\\data"}, "absolute path"),
        ({"made": object()}, "'made'"),
    ],
)
def test_a_manifest_that_tells_too_much_is_refused(manifest: dict[str, Any], words: str) -> None:
    with pytest.raises(TradeImpactError, match=words):
        save.manifest_text(manifest, alt="a", name="b")


def test_a_manifest_sorts_sets_and_leaves_out_what_json_does_not_know() -> None:
    told = json.loads(save.manifest_text({"who": {"b", "a"}, "where": Path("data/x")}, alt="a", name="n"))
    assert told["who"] == ["a", "b"]
    assert told["where"] == str(Path("data/x"))
    with pytest.raises(TradeImpactError, match="'who' is a object, which JSON cannot hold"):
        save.manifest_text({"who": object()}, alt="a", name="n")


def test_only_an_svg_can_carry_its_alternative_text() -> None:
    with pytest.raises(TradeImpactError, match="not an SVG"):
        save.accessible("<html></html>", name="n", alt="a")


def test_a_manifest_takes_dates_numpy_numbers_and_missing_values() -> None:
    given = {
        "day": pd.Timestamp("2021-07-14"),
        "n": np.int64(3),
        "x": float("nan"),
        "l": (1, {"b": Path("data/a")}),
    }
    record = json.loads(save.manifest_text(given, alt="a", name="b"))
    assert (record["day"], record["n"], record["x"], record["l"]) == (
        "2021-07-14T00:00:00",
        3,
        None,
        [1, {"b": "data/a"}],
    )


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [
        (0.827, 0.119, 0.83),
        (0.827, 0.367, 0.8),
        (4.567e9, 0.5e9, 4.6e9),
        (12.34, 0.96, 12.3),
        (5.5, 0.0, 5.5),
    ],
)
def test_numbers_are_rounded_as_the_particle_data_group_does(value: float, error: float, expected: float) -> None:
    assert text.round_to_error(value, error) == pytest.approx(expected)


def test_missing_and_empty_numbers_are_said_and_never_crash() -> None:
    assert text.fixed(float("nan"), 2) == "?"
    assert text.millions(float("inf")) == "?"
    assert text.amount(float("nan")) == "an unknown amount"
    assert text.estimate(float("nan"), 1.0, 2.0) == "an unknown amount"
    assert text.amount(0.0) == "0 AFN"
    assert text.unit_of(float("nan")) == (1.0, "")
    assert text.decimals_for(0.0) == text.decimals_for(float("nan")) == 0
    assert text.two_digits(0.0) == "0"
    assert text.percent(float("nan")) == "? %"


def test_amounts_take_their_currency_from_the_caller() -> None:
    assert text.amount(4.567e9, 0.5e9) == "4.6 bn AFN"
    assert text.amount(-250e6, currency="MMK") == "−250 m MMK"
    assert text.amount(float("nan")) == "an unknown amount"
    assert text.amount(0.0) == "0 AFN"
    assert text.estimate(1.5e9, 0.98e9, 2.44e9, currency="USD") == "1.5 bn USD (90 %: 1.0 to 2.4)"
    for name in CHARTS:
        if name != "holders":
            assert not [line for line in written(CHARTS[name](currency="MMK").get_figure()) if "AFN" in line]


def test_axes_of_bars_hold_zero_whatever_the_numbers() -> None:
    assert span_from_zero([5.0, 6.0])[0] == 0
    low, high = span_from_zero([-5.0, -6.0])
    assert low < -6
    assert high == 0
    assert span_from_zero([float("nan")]) == (0.0, 0.04)


def test_labels_at_line_ends_keep_apart_in_order_and_inside() -> None:
    places = spread([5.0, 5.1, 4.9, 0.0], gap=1.0, low=0.5, high=9.0)
    assert sorted(places) == [places[3], places[2], places[0], places[1]]
    assert np.diff(sorted(places)).min() >= 1 - 1e-9
    assert min(places) >= 0.5
    crowded = spread([1.0] * 5, gap=3.0, low=0.0, high=4.0)
    assert crowded == [0, 1, 2, 3, 4]


def test_alternative_texts_hold_the_numbers_of_their_tables() -> None:
    words = alt.alt_bridge(bridge_table())
    assert "baseline of 5.9 bn AFN" in words
    assert "lost to insurgent control 0.92 bn AFN (90 %: 0.87 to 1.02)" in words
    assert words.index("Taken off") < words.index("Added back")
    assert "Observed: 4.5–4.6 bn AFN." in alt.alt_comparison(METHODS, observed=(4.5e9, 4.6e9))
    assert "Model 4.9 bn AFN (90 %: 3.8 to 5.9), which reaches it" in alt.alt_comparison(METHODS, observed=4.55e9)
    assert "West Gate: government, nobody from 8 Jul, Rebels from 11 Jul, shut or partly shut 8 Jul to 10 Jul" in (
        alt.alt_holders(HELD, names={"rebels": "Rebels"})
    )
    assert "rebels: West Gate and Ferry (27 % of" in alt.alt_map(
        PLACES, country="Toyland", on="2021-07-14", names={"rebels": "rebels"}
    )
    assert "West Gate 15" in alt.alt_revenue(CROSSINGS)
    assert "82 bn AFN is assessed" in alt.alt_three_views(VIEWS)
    assert "one is not the mirror of the other" in alt.alt_ledgers(LEDGER)
    assert "government collects 200 m AFN on the first day and 80 m AFN on the last" in alt.alt_who_collects(DAYS)
    assert "By 22 Jul 2021: government loss 1.70 bn AFN" in alt.alt_cumulative(SUMS)


def test_a_footer_can_be_put_under_any_figure() -> None:
    figure, _ax = plt.subplots(layout="constrained")
    style.footer(figure, source=SOURCE, grade=None, synthetic=True)
    assert "Evidence grade: none, the data are synthetic" in "".join(written(figure))
    assert cut_off(figure) == []
    assert "Evidence grade: not stated" in style.footer_text(source=SOURCE, grade=None)


def test_a_third_ledger_is_an_error_and_not_silently_left_out() -> None:
    with pytest.raises(TradeImpactError, match="'traders'"):
        compare.ledgers(LEDGER.replace({"ledger": {"insurgent": "traders"}}), source=SOURCE)

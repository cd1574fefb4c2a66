"""Figures of a briefing: the result's own charts, saved through the one door and read back as bytes."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from ..figures.alt import alt_comparison
from ..figures.compare import comparison
from ..figures.save import save
from ..plots import MODEL_NOTE, credit, grades
from .content import Figure
from .facts import Facts
from .official import Official
from .words import span_words

KINDS = ("svg", "png", "csv", "json")
# name of the chart: what it shows, and what it does not
CAPTIONS = {
    "bridge": "Shows where the lost revenue went, means over draws with 90 % intervals. Does not show who gained: a "
    "loss that nobody collects is no one's income.",
    "ledgers": "Shows both ledgers on one scale. Does not show a transfer: no draw moves money from one to the other.",
    "map": "Shows who probably held each crossing on the last day, sized by annual baseline revenue. Does not show "
    "roads, nor how sure each holder is.",
    "holders": "Shows who probably held each crossing by day and when it was shut to cargo. Does not show the "
    "probability behind each colour.",
    "who_collects": "Shows revenue by day with 90 % bands. Does not show single days as measured: no daily figure is "
    "published.",
    "cumulative": "Shows loss and gain added up since the first day. Does not show what comes after the last day.",
    "comparison": "Shows the model beside two simpler rivals and what was reported. Does not show that the model is "
    "right: one figure can refute it, not prove it.",
}


def draw_figures(facts: Facts, official: Official) -> dict[str, Figure]:
    """Every figure of the briefing by name; the map for a country, the comparison where a figure was published."""
    import matplotlib as mpl

    names = [name for name in CAPTIONS if name != "comparison"]
    if not facts.case.metadata.get("country"):
        names.remove("map")
    made = {}
    with TemporaryDirectory() as folder, mpl.rc_context({"backend": "agg"}):
        for name in names:
            made[name] = drawn_figure(facts, name, Path(folder))
        if official.methods is not None:
            made["comparison"] = _compared(facts, official, official.methods, Path(folder))
    return made


def drawn_figure(facts: Facts, name: str, folder: Path) -> Figure:
    """One of the result's own charts, saved to `folder` and read back."""
    import matplotlib.pyplot as plt

    axes = getattr(facts.result.plot, name)(save=folder / name)
    plt.close(axes.get_figure(root=True))
    return _read(folder, name)


def _compared(facts: Facts, official: Official, table: pd.DataFrame, folder: Path) -> Figure:
    """The model, two rivals and what was officially reported, over the days of the official figure."""
    import matplotlib.pyplot as plt

    case = facts.case
    start, end = official.days
    common: dict[str, Any] = {
        "observed": official.observed, "observed_label": "Official figure", "currency": facts.currency
    }  # fmt: skip
    axes = comparison(
        table, title=official.finding, axis_label=f"Customs revenue from {span_words(start, end)}", source=credit(case),
        grade=grades(case), note=MODEL_NOTE, synthetic=case.synthetic, **common,
    )  # fmt: skip
    manifest = facts.result.manifest() | {"start": str(start), "end": str(end)}
    save(axes, folder / "comparison", table=table, alt=alt_comparison(table, **common), manifest=manifest)
    plt.close(axes.get_figure(root=True))
    return _read(folder, "comparison")


def _read(folder: Path, name: str) -> Figure:
    files = {kind: (folder / f"{name}.{kind}").read_bytes() for kind in KINDS}
    return Figure(name=name, alt=str(json.loads(files["json"])["alt"]), caption=CAPTIONS[name], files=files)

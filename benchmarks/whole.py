"""The library as it is used: a whole run, a slider's step, memory, import, and how cost grows."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from . import AFGHANISTAN, WINDOW
from .clock import alternating, apart
from .engine_job import engine
from .job import Job

FIRST = date.fromisoformat(WINDOW["start"])


def reported(draws: int, threads: int | None = None, days: int = 57) -> Any:
    """The Afghan case as reported: control paths, ledgers, summary and bridge."""
    import tradeimpact as ti

    case = _case()
    end = FIRST + timedelta(days=days - 1)
    result = ti.simulate(case, case.as_reported(), start=FIRST, end=end, draws=draws, rng=1, threads=threads)
    result.summary()
    result.bridge()
    return result


def by_workbench(experiments: int) -> dict[str, float]:
    """The same model, a function per experiment: seconds per experiment and means found."""
    return dict(apart("-m", "benchmarks.one_draw", str(experiments)))


def slider_step(day: int, draws: int = 500, days: int = 90) -> Any:
    """What follows when a slider moves: a capture on another day, simulated and summed up."""
    import tradeimpact as ti

    case = _case()
    fall = ti.Scenario("slider").capture("spin_boldak", on=FIRST + timedelta(days=day))
    fall = fall.close("spin_boldak", FIRST + timedelta(days=day), FIRST + timedelta(days=day + 12))
    result = ti.simulate(case, fall, start=FIRST, end=FIRST + timedelta(days=days - 1), draws=draws, rng=1)
    result.summary()
    result.bridge()
    return result


def growth(quick: bool) -> pd.DataFrame:
    """Seconds when draws, days or crossings double: columns what, measure, size, seconds, ratio to half the size."""
    base = 2048 if quick else 8192
    runs: list[tuple[str, str, list[int], Any]] = [
        ("job", "draws", [base, 2 * base, 4 * base], lambda n: engine(Job(), n, 1)),
        ("job", "days", [180, 360, 720], lambda n: engine(Job(days=n), base, 1)),
        ("job", "crossings", [14, 28, 56], lambda n: engine(Job(copies=n // 14), base, 1)),
        ("simulate", "draws", [base, 2 * base, 4 * base], lambda n: reported(n, threads=1)),
        ("simulate", "days", [45, 90, 180], lambda n: reported(base // 2, threads=1, days=n)),
    ]
    rows = []
    for what, measure, sizes, call in runs:
        calls = {str(n): lambda call=call, n=n: call(n) for n in sizes}
        spent = list(alternating(calls, 4 if quick else 7).values())
        for i, (size, took) in enumerate(zip(sizes, spent, strict=True)):
            rows.append((what, measure, size, took, took / spent[i - 1] if i else float("nan")))
    return pd.DataFrame(rows, columns=["what", "measure", "size", "seconds", "ratio"])


def draw_growth(table: pd.DataFrame, folder: Path) -> None:
    """growth.csv and growth.png: time against size, with a line of slope one through each first point."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt
    from matplotlib.ticker import LogLocator, StrMethodFormatter

    table.round({"seconds": 4, "ratio": 3}).to_csv(folder / "growth.csv", index=False)
    figure, axes = plt.subplots(1, 3, figsize=(9.5, 3.6), sharey=True, layout="constrained")
    looks = {"job": ("#0072B2", "o", "-"), "simulate": ("#333333", "s", "--")}
    for ax, measure in zip(axes, ("draws", "days", "crossings"), strict=True):
        for what, (colour, marker, line) in looks.items():
            some = table[(table["measure"] == measure) & (table["what"] == what)]
            if len(some):
                ax.plot(some["size"], some["seconds"], color=colour, marker=marker, ls=line, label=what)
                first = some.iloc[0]
                ax.plot(some["size"], first["seconds"] * some["size"] / first["size"], color="0.6", lw=0.8, ls=":")
        sizes = sorted(set(table.loc[table["measure"] == measure, "size"]))
        ax.set(xscale="log", yscale="log", xlabel=measure)
        ax.set_xticks(sizes, [f"{n:,}" for n in sizes], fontsize=7)
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        ax.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        ax.minorticks_off()
        ax.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("seconds of one processor")
    axes[0].legend(frameon=False, fontsize=8)
    worst = table["ratio"].max()
    figure.suptitle(
        f"Doubling draws, days or crossings multiplies time by {worst:.2f} at most (dotted: in proportion)", fontsize=10
    )
    figure.savefig(folder / "growth.png", dpi=130, metadata={"Software": None})
    plt.close(figure)


def _case() -> Any:
    import tradeimpact as ti

    if AFGHANISTAN not in _CASES:
        _CASES[AFGHANISTAN] = ti.load_case(AFGHANISTAN)
    return _CASES[AFGHANISTAN]


_CASES: dict[str, Any] = {}

"""``python -m benchmarks [--quick] [--draws-of-peak N]``: one table of ratios, also in benchmarks/results.md.

Slow rivals are measured on fewer draws and scaled to the job's 10,000; the table says so. Everything runs in one go, so
that ratios are of one machine in one mood.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import WINDOW, whole
from .clock import alternating, imports, machine, peak, seconds
from .engine_job import engine, floor, given
from .job import Job
from .rivals import by_draw, by_frame, chunked, ema_workbench, looped, plain, salib, unchunked

HERE = Path(__file__).parent
DRAWS = 10_000
AGREE = 1e-9
TWO = "tradeimpact, two threads"


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    seconds: float
    ratio: str
    note: str = ""


def uniforms(job: Job, draws: int) -> np.ndarray:
    """Uniform numbers for rivals that draw with numpy."""
    return np.random.default_rng(1).random((len(job.names), draws))


def agreement(job: Job) -> float:
    """Largest relative difference among all rivals and the engine on the same uniform numbers."""
    values = job.values(uniforms(job, 24))
    truth = looped(job, values, plain)
    found = [rival(job, values).differs(truth) for rival in (by_frame, by_draw, unchunked, chunked, given)]
    for framework in (ema_workbench, salib):
        drawn, answer = framework(job, 24, 1)
        found.append(answer.differs(given(job, job.values(drawn))))
    return max(found)


def the_job(job: Job, quick: bool) -> tuple[list[Row], dict[str, float]]:
    """The job by every rival, seconds for DRAWS draws."""
    few, some = (20, 200) if quick else (60, 1000)
    wide = 2000 if quick else DRAWS
    slow = {
        "DataFrame loop": (few, lambda: by_frame(job, job.values(uniforms(job, few)))),
        "EMA Workbench, a function per experiment": (some, lambda: ema_workbench(job, some, 1)),
        "SALib, a function per sample": (some, lambda: salib(job, some, 1)),
        "numpy function per draw": (some, lambda: by_draw(job, job.values(uniforms(job, some)))),
        "numpy, broadcast in one piece": (wide, lambda: unchunked(job, job.values(uniforms(job, wide)))),
        "numpy in chunks, draws last": (DRAWS, lambda: chunked(job, job.values(uniforms(job, DRAWS)))),
        "tradeimpact, one thread": (DRAWS, lambda: engine(job, DRAWS, 1)),
        TWO: (DRAWS, lambda: engine(job, DRAWS, 1, 2)),
        "floor: draws, unavoidable exp and log, quantiles": (DRAWS, lambda: floor(job, DRAWS, 1)),
    }
    spent = alternating({name: call for name, (_, call) in slow.items()}, 2 if quick else 5, wall={TWO})
    spent = {name: took * DRAWS / slow[name][0] for name, took in spent.items()}
    ours = spent["tradeimpact, one thread"]
    cells = DRAWS * job.days * job.crossings / 1e6
    rows = []
    for name, took in spent.items():
        ratio = f"{took / ours:.2f}" if took < ours else f"{took / ours:.1f}"
        note = f"ours is {ours / took:.1f} times it" if name.startswith("floor") else f"{cells / took:,.1f} Mcells/s"
        if slow[name][0] < DRAWS:
            note += f"; measured on {slow[name][0]:,} draws and scaled"
        rows.append(Row(name, took, ratio, note))
    return rows, spent


def the_whole(job: Job, quick: bool) -> list[Row]:
    """A whole run of the Afghan case beside the same model a draw at a time, and a slider's step.

    A machine that is shared has slow hours: the job's floor is measured in the same minutes.
    """
    draws, experiments = (2000, 100) if quick else (DRAWS, 400)
    calls = {
        "one": lambda: whole.reported(draws, threads=1),
        "two": lambda: whole.reported(draws, threads=2),
        "floor": lambda: floor(job, DRAWS, 1),
    }
    alternating(calls, 1)  # what is loaded and laid out once
    spent = alternating(calls, 2 if quick else 7, wall={"two"})
    days = iter(range(15, 75))  # a slider moves step by step
    spent["slider"] = seconds(lambda: whole.slider_step(next(days)), 12)
    spent["slider as reported"] = seconds(lambda: whole.reported(500, days=90), 7)
    one, two = (spent[name] * DRAWS / draws for name in ("one", "two"))
    least = spent["floor"]
    ema = whole.by_workbench(experiments)
    theirs = ema["seconds_per_experiment"] * DRAWS
    scaled = f"; measured on {draws:,} draws and scaled" if draws < DRAWS else ""
    return [
        Row("tradeimpact, one thread", one, "1.0", "summary and bridge included" + scaled),
        Row(TWO, two, f"{two / one:.2f}", f"EMA Workbench takes {theirs / two:.0f} times that"),
        Row(
            "EMA Workbench, the same model a draw at a time", theirs, f"{theirs / one:.0f}",
            f"measured on {experiments} experiments and scaled; its mean loss is {ema['loss']:.3g} "
            f"(standard error {ema['loss_error']:.2g})",
        ),
        Row(
            "slider's step: 500 draws x 90 days, summary, bridge; a scenario of one's own", spent["slider"], "",
            f"{spent['slider'] / least:.1f} times the floor",
        ),
        Row("the same with the history as reported", spent["slider as reported"], "", ""),
        Row(
            "floor of the job above, in the same minutes", least, "",
            f"the whole run on two threads is {two / least:.0f} times it",
        ),
    ]  # fmt: skip


def other_marks(peak_draws: int) -> list[Row]:
    """Memory, import."""
    memory = peak(peak_draws, **WINDOW)
    pandas, alone, used = imports()
    return [
        Row(
            f"{peak_draws:,} draws x 57 days as reported", memory["seconds"], "",
            f"peak memory {memory['bytes'] / 1e9:.2f} GB",
        ),
        Row("import tradeimpact, after import pandas", alone, "", f"import pandas itself {1e3 * pandas:.0f} ms"),
        Row("the same and all that a first simulation loads", used, "", ""),
    ]  # fmt: skip


def written(parts: dict[str, list[Row]], agree: float, growth: str) -> str:
    """The table as Markdown."""
    lines = [
        f"Measured in one run on: {machine()}. Seconds of the processor, with two threads and for memory's run by the "
        "clock; ratio: over those of tradeimpact on one thread.",
        "",
        "| what | seconds | ratio | |",
        "|---|---:|---:|---|",
    ]
    for title, rows in parts.items():
        lines.append(f"| **{title}** | | | |")
        lines += [f"| {r.what} | {r.seconds:,.3g} | {r.ratio} | {r.note} |" for r in rows]
    lines += ["", f"All rivals and the library agree to {agree:.0e} on the same uniform numbers. {growth}"]
    return "\n".join(lines) + "\n"


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without the frameworks' progress bars and notices."""
    with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def main() -> None:
    """Measure, print, write."""
    ask = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    ask.add_argument("--quick", action="store_true", help="fewer draws and repeats: a minute instead of ten")
    ask.add_argument("--peak-draws", type=int, help="draws of the run whose memory is measured (default 1,000,000)")
    told = ask.parse_args()
    job = Job()
    with quiet():
        agree = agreement(job)
        if not agree <= AGREE:
            raise SystemExit(f"the rivals differ by {agree:.2g}; they must compute the same numbers")
        rows, _ = the_job(job, told.quick)
        parts = {f"Response, sampling, quantiles: {DRAWS:,} draws x {job.days} days x {job.crossings} crossings": rows}
        parts[f"Whole run of the Afghan case as reported: {DRAWS:,} draws x 57 days"] = the_whole(job, told.quick)
        parts["Other marks"] = other_marks(told.peak_draws or (100_000 if told.quick else 1_000_000))
        table = whole.growth(told.quick)
        whole.draw_growth(table, HERE)
    worst = table.loc[table["ratio"].idxmax()]
    growth = (
        f"Doubling draws, days or crossings multiplies time by {table['ratio'].median():.2f} in the middle case and by "
        f"{worst['ratio']:.2f} at most ({worst['what']}, {worst['measure']}): growth.png, growth.csv."
    )
    text = written(parts, agree, growth)
    (HERE / "results.md").write_text(text, encoding="utf-8")
    print(text)
    if importlib.util.find_spec("benchmarks.shapley"):
        from . import shapley

        shapley.main()


if __name__ == "__main__":
    main()

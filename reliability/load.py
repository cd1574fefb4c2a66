"""Load: a case of 500 crossings, 3,650 days and 100,000 reports step by step; and ten explorer sessions at once.

Each step is a process of its own, so that its peak memory is its own. Seconds are those of the processor; those by the
clock stand beside them with the load of the machine, which stretches them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median
from typing import Any

from .jobs import POSTS, ROOT

WHOLE = (500, 3650, 100_000)
STEPS = ("generate", "load", "validate", "infer", "run", "reported")
AT_MOST = 12.0  # GB a step may take
SESSIONS, MOVES, PAUSE = 10, 6, 3.0


def main(words: list[str]) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m reliability load", description=__doc__)
    parser.add_argument("--crossings", type=int, default=WHOLE[0])
    parser.add_argument("--days", type=int, default=WHOLE[1])
    parser.add_argument("--reports", type=int, default=WHOLE[2])
    parser.add_argument("--draws", type=int, default=256)
    parser.add_argument("--window", type=int, help="days of the run as reported and of control (a year unless given)")
    parser.add_argument("--gigabytes", type=float, default=AT_MOST, help="that a step may take")
    parser.add_argument("--explorer", action="store_true", help="explorer sessions in place of the large case")
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--step", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args(words)
    if options.step:
        return _step(options)
    return _explorer(options.sessions) if options.explorer else _large(words, options)


# --- a large case -----------------------------------------------------------------------------------------------------


def _large(words: list[str], options: argparse.Namespace) -> int:
    print(f"synthetic case: {options.crossings} crossings x {options.days:,} days x {options.reports:,} reports")
    print(f"{'step':<10}{'seconds':>9}{'by clock':>10}{'peak MB':>9}{'load':>6}")
    failed = 0
    with tempfile.TemporaryDirectory() as place:
        for step in STEPS:
            command = [sys.executable, "-m", "reliability", "load", *words, "--step", step, "--folder", f"{place}/case"]
            ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
            print(
                ended.stdout.strip() or f"{step:<10}failed: {ended.stderr.strip().splitlines()[-1][:200]}", flush=True
            )
            failed += bool(ended.returncode)
    return int(bool(failed))


def _step(options: argparse.Namespace) -> int:
    """One step in this process, its memory bounded so that a step too large ends and the machine does not."""
    if options.step == "session":
        return _session(options.sessions)
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (int(options.gigabytes * 2**30),) * 2)
    call = _prepared(options)
    cpu, wall = time.process_time(), time.perf_counter()
    call()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{options.step:<10}{cpu:>9.1f}{wall:>10.1f}{peak:>9,.0f}{os.getloadavg()[0]:>6.1f}")
    return 0


def _prepared(options: argparse.Namespace) -> Callable[[], Any]:
    """What a step does, all that comes before it being done."""
    import tradeimpact as ti

    from .large_case import FIRST, large_case

    folder, draws = Path(options.folder), options.draws
    if options.step == "generate":
        how = {"crossings": options.crossings, "days": options.days, "reports": options.reports}
        return lambda: large_case(folder, **how)
    if options.step == "load":
        return lambda: ti.load_case(folder)
    if options.step == "validate":
        return lambda: ti.validate(folder)
    case = ti.load_case(folder)
    last = FIRST + timedelta(days=options.days - 1)
    part = min(last, FIRST + timedelta(days=(options.window or 365) - 1))
    run = {"draws": draws, "rng": 1, "threads": 1, "progress": False}
    if options.step == "run":
        fall = (
            ti.Scenario("a synthetic fall").capture("post_001", FIRST).capture("post_002", FIRST + timedelta(days=50))
        )
        return lambda: ti.simulate(case, fall, start=FIRST, end=last, **run).summary()
    if options.step == "reported":
        return lambda: ti.simulate(case, case.as_reported(), start=FIRST, end=part, **run).summary()
    return lambda: ti.infer_control(case, start=FIRST, end=part, draws=draws).probability


# --- explorer sessions ------------------------------------------------------------------------------------------------


def _explorer(sessions: int) -> int:
    """Sessions at once, each a process as behind Voila's page, each moving a fall every few seconds."""
    command = [sys.executable, "-W", "ignore", "-m", "reliability", "load", "--step", "session"]
    start = time.time() + 15.0 + 3.0 * sessions  # all have opened by then
    children = [
        subprocess.Popen(
            [*command, "--sessions", str(n)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1", "TRADEIMPACT_START": str(start)},
        )
        for n in range(sessions)
    ]  # fmt: skip
    told = [json.loads(child.communicate()[0]) for child in children]
    numbers = sorted(second for one in told for second in one["numbers"])
    pictures = sorted(second for one in told for second in one["pictures"])
    print(f"{sessions} sessions, {len(numbers)} moves, one every {PAUSE:g} s in each, load {os.getloadavg()[0]:.1f}")
    for what, seconds in (("new numbers", numbers), ("all pictures", pictures)):
        print(f"from a move to {what}: median {median(seconds):.2f} s, worst {max(seconds):.2f} s")
    for what, key in (("to new numbers", "cpu"), ("with all pictures", "used")):
        print(f"processor seconds of a move {what}: median {median(s for one in told for s in one[key]):.2f}")
    print(f"memory of a session: {max(one['megabytes'] for one in told):,.0f} MB")
    return 0


def _session(number: int) -> int:
    """One session: open the panel, then move the day of a fall and wait until numbers and pictures are new."""
    import tradeimpact as ti
    from tradeimpact.explore.panel import Panel
    from tradeimpact.explore.state import Plan

    async def moved() -> dict[str, Any]:
        panel = Panel(Plan.begin(ti.load_case(POSTS)))
        await _until(lambda: "of one run" in _word(panel))
        await asyncio.sleep(max(0.0, float(os.environ.get("TRADEIMPACT_START", "0")) - time.time() + 0.3 * number))
        numbers, pictures, cpu, used = [], [], [], []
        for move in range(MOVES):
            began, before, clock = time.perf_counter(), panel.result, time.process_time()
            day = panel.plan.start + timedelta(days=2 + 3 * move)
            panel._change(lambda plan, day=day: plan.capture("post_a", day))
            await _until(lambda before=before: panel.result is not before)
            numbers.append(time.perf_counter() - began)
            cpu.append(time.process_time() - clock)
            await _until(lambda: "of one run" in _word(panel))
            pictures.append(time.perf_counter() - began)
            used.append(time.process_time() - clock)
            await asyncio.sleep(max(0.0, PAUSE - pictures[-1]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return {"numbers": numbers, "pictures": pictures, "cpu": cpu, "used": used, "megabytes": peak}

    print(json.dumps(asyncio.run(moved())))
    return 0


def _word(panel: Any) -> str:
    return str(panel._view._word.value)


async def _until(done: Callable[[], bool]) -> None:
    while not done():
        await asyncio.sleep(0.005)

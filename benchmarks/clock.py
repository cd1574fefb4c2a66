"""Timing, a machine named without naming anybody, and memory of a process of its own."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Container
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def seconds(call: Callable[[], Any], repeat: int = 3, *, wall: bool = False) -> float:
    """Shortest of some runs, in seconds: other programs can only make a run longer.

    Seconds of the processor, which other work on the machine disturbs less, or by the clock on the wall where several
    threads share the work.
    """
    clock = time.perf_counter if wall else time.process_time
    best = float("inf")
    for _ in range(repeat):
        begun = clock()
        call()
        best = min(best, clock() - begun)
    return best


def alternating(calls: dict[str, Callable[[], Any]], repeat: int = 3, *, wall: Container[str] = ()) -> dict[str, float]:
    """Shortest of some runs of each, in turn, so that a busy minute of the machine falls on all alike."""
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(repeat):
        for name, call in calls.items():
            best[name] = min(best[name], seconds(call, 1, wall=name in wall))
    return best


def machine() -> str:
    """Kind of processor, cores, memory, Python and numpy."""
    import numpy as np
    import pandas as pd

    facts = Path("/proc/cpuinfo")
    model = platform.processor() or platform.machine()
    if facts.is_file():
        lines = facts.read_text(encoding="utf-8").splitlines()
        model = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), model)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    python = platform.python_version()
    return f"{model}, {cores} cores, Python {python}, numpy {np.__version__}, pandas {pd.__version__}"


def apart(*arguments: str, **more: str) -> Any:
    """What a Python process of its own prints as JSON; `more` are variables of its environment."""
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"} | more
    environment = {name: value for name, value in environment.items() if value}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)[:80]} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def imports(repeat: int = 9) -> tuple[float, float, float]:
    """Seconds in fresh processes, the shortest of some: ``import pandas``, ``import tradeimpact`` after it, and what
    the first case and the first simulation load besides.
    """
    ours = "import tradeimpact as ti", "import tradeimpact as ti; ti.load_case, ti.Scenario; import tradeimpact.run"
    before = {"import pandas": "", ours[0]: "import pandas; ", ours[1]: "import pandas; "}
    best = dict.fromkeys(before, float("inf"))
    clock = "import time, json; {}t = time.process_time(); {}; print(json.dumps(time.process_time() - t))"
    with tempfile.TemporaryDirectory() as compiled:
        for _ in range(repeat):  # the first compiles, as an installed package has been
            for step, first in before.items():
                text = clock.format(first, step)
                took = apart("-c", text, PYTHONPYCACHEPREFIX=compiled, PYTHONDONTWRITEBYTECODE="")
                best[step] = min(best[step], took)
    pandas, alone, used = best.values()
    return pandas, alone, used


def peak(draws: int, start: str, end: str) -> dict[str, float]:
    """Peak memory (bytes) and seconds of a run of the Afghan case as reported with its summary, in its own process."""
    text = (
        "import json, resource, time, tradeimpact as ti;"
        "case = ti.load_case('afghanistan-2021'); begun = time.perf_counter();"
        f"r = ti.simulate(case, case.as_reported(), start='{start}', end='{end}', draws={draws}, rng=1);"
        "r.summary(); r.bridge(); spent = time.perf_counter() - begun;"
        "peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024;"
        "print(json.dumps({'bytes': peak, 'seconds': spent}))"
    )
    return dict(apart("-c", text))

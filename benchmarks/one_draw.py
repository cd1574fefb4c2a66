"""The library's own model, one draw a call, driven by EMA Workbench: what a function per experiment costs.

The workbench samples the assumptions; each experiment runs the very equations of the library (baseline, control
sampled from reports, response, ledgers) on arrays that hold one draw, so that model and case are the same and only the
number of draws worked at once differs. Run as ``python -m benchmarks.one_draw EXPERIMENTS``: it shrinks the library's
block to one draw in its own process and prints JSON.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from datetime import date
from typing import Any

import numpy as np

from . import AFGHANISTAN, WINDOW

WIDTH = 1


def shrink() -> None:
    """Make every module of the library work one draw at a time, in this process."""
    for name, module in list(sys.modules.items()):
        if name.startswith("tradeimpact") and hasattr(module, "BLOCK"):
            module.BLOCK = WIDTH  # type: ignore[attr-defined]
    # tiles of days bound the memory of blocks; one draw is spared them
    sys.modules["tradeimpact.kernel"].TILE_CELLS = 2**40  # type: ignore[attr-defined]


def experiment_of() -> tuple[list[str], Any]:
    """Names of what is sampled, and the function of an experiment: loss and gain over the window in one draw."""
    from scipy.special import ndtri

    import tradeimpact as ti
    from tradeimpact.inputs import prepare
    from tradeimpact.kernel import run_blocks
    from tradeimpact.model.ledger import LINES
    from tradeimpact.run import Run

    case = ti.load_case(AFGHANISTAN)
    first, last = (date.fromisoformat(day) for day in WINDOW.values())
    run = Run(prepare(case, case.as_reported(), first, last, as_of=None, forecast="persist"), 1, 1)
    x, sampler = run.inputs, run.sampler()
    shrink()
    names = list(sampler._column)
    weights = np.ones(len(x.window_days))
    loss, gain = LINES.index("government_loss"), LINES.index("insurgent_gain")
    count = 0

    def function(**uniform: float) -> dict[str, float]:
        nonlocal count
        count += 1
        score = ndtri(np.array([uniform[str(i)] for i in range(len(names))]))[:, None]
        for members, factor in sampler._mixing.values():
            score[members] = factor @ score[members]
        sampler.normals = lambda number: score  # type: ignore[method-assign]
        sampler.seed = count  # the streams beside the sample differ from experiment to experiment
        (block,) = run_blocks(x, sampler, [0], weights)
        return {"loss": float(block.by_crossing[loss].sum()), "gain": float(block.by_crossing[gain].sum())}

    return names, function


def driven(experiments: int) -> dict[str, float]:
    """Seconds per experiment and the means found."""
    from ema_workbench import Model, RealParameter, ScalarOutcome, SequentialEvaluator

    names, function = experiment_of()
    model = Model("case", function=function)
    model.uncertainties = [RealParameter(str(i), 1e-6, 1 - 1e-6) for i in range(len(names))]
    model.outcomes = [ScalarOutcome("loss"), ScalarOutcome("gain")]
    with SequentialEvaluator(model) as evaluator:
        evaluator.perform_experiments(scenarios=3)
        begun = time.process_time()
        _, outcomes = evaluator.perform_experiments(scenarios=experiments)
        seconds = time.process_time() - begun
    error = float(outcomes["loss"].std() / np.sqrt(experiments))
    return {
        "seconds_per_experiment": seconds / experiments,
        "loss": float(outcomes["loss"].mean()),
        "loss_error": error,
        "gain": float(outcomes["gain"].mean()),
    }


if __name__ == "__main__":
    with contextlib.redirect_stderr(io.StringIO()):
        found = driven(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(json.dumps(found))

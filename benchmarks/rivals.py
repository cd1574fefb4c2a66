"""The job by what an analyst would otherwise use. Every function takes the job and its drawn numbers or its draws.

`plain` is one draw in straightforward numpy, the function one hands to a framework; `careful` is one draw in numpy by
somebody who minds speed (group sums by matrix product, what is constant taken out). The frameworks draw with their own
samplers and call `plain` once for each sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .job import POINTS, Answer, Array, Job

Values = dict[str, Any]


def collected(government: Array, insurgent: Array) -> Answer:
    """Quantiles and totals from revenue by draw and day, (draws, days) each."""
    return Answer(
        np.quantile(government, POINTS, axis=0),
        np.quantile(insurgent, POINTS, axis=0),
        government.sum(axis=1),
        insurgent.sum(axis=1),
    )


def one(values: Values, draw: int) -> dict[str, float]:
    """The numbers of one draw."""
    return {name: float(x[draw]) for name, x in values.items()}


def shares(job: Job, values: Values) -> Array:
    """Shares of the crossings, (crossings, ...), summing to 1."""
    weights = np.stack([values[f"share_{c:02d}"] for c in range(job.crossings)])
    return np.asarray(weights / weights.sum(axis=0))


def opened(job: Job, values: Values) -> Array:
    """Open share of each crossing and day in one draw, (crossings, days)."""
    out = np.ones((job.crossings, job.days))
    ceiling = 1 - values["permanent"]
    for c, (first, last) in job.closed.items():
        out[c, first : last + 1] = 0
        since = np.arange(max(job.days - last - 1, 0))
        lag = ceiling - min(values["start"], ceiling)
        out[c, last + 1 :] = ceiling - lag * 2 ** (-since / values["half_life"])
    return out


# --- one draw ---------------------------------------------------------------------------------------------------------


def plain(job: Job, values: Values) -> tuple[Array, Array]:
    """Both revenues by day in one draw, straightforward numpy on (crossings, days)."""
    theta, phi, epsilon = (values[name] for name in ("theta", "phi", "epsilon"))
    share = shares(job, values)
    cost = np.where(job.held, (1 + values["levy"] + values["friction"]) / (1 + values["collected"]), 1.0)
    x = share[:, None] * opened(job, values) * cost**-theta
    inner, y = np.zeros_like(x), np.zeros((job.codes.max() + 1, job.days))
    for n in range(len(y)):
        members = job.codes == n
        total = x[members].sum(axis=0)
        size = share[members].sum()
        inner[members] = total
        y[n] = size * (total / size) ** (phi / theta)
    index = y.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        trade = job.value * index ** (epsilon / phi) * y[job.codes] / index * np.where(inner > 0, x / inner, 0.0)
    government = values["collected"] * np.where(job.held, 0.0, trade).sum(axis=0)
    insurgent = values["levy"] * np.where(job.held, trade, 0.0).sum(axis=0)
    return government, insurgent


def frame(job: Job, values: Values) -> tuple[Array, Array]:
    """The same draw as a DataFrame with a row per day and crossing, sums by groupby."""
    theta, phi, epsilon = (values[name] for name in ("theta", "phi", "epsilon"))
    share = shares(job, values)
    day = np.tile(np.arange(job.days), job.crossings)
    table = pd.DataFrame({"day": day, "group": np.repeat(job.groups, job.days), "share": np.repeat(share, job.days)})
    table["held"] = job.held.ravel()
    table["open"] = opened(job, values).ravel()
    table["cost"] = 1.0
    table.loc[table["held"], "cost"] = (1 + values["levy"] + values["friction"]) / (1 + values["collected"])
    table["x"] = table["share"] * table["open"] * table["cost"] ** -theta
    nest = table.groupby(["day", "group"], sort=False)
    table["inner"], table["size"] = nest["x"].transform("sum"), nest["share"].transform("sum")
    table["power"] = (table["inner"] / table["size"]) ** (phi / theta)
    table["index"] = (table["share"] * table["power"]).groupby(table["day"], sort=False).transform("sum")
    within = (table["x"] / table["inner"]).fillna(0.0)  # a group that is shut trades nothing
    national = np.tile(job.value, job.crossings) * table["index"] ** (epsilon / phi - 1)
    table["trade"] = national * table["size"] * table["power"] * within
    by_holder = table["trade"].groupby([table["day"], table["held"]]).sum().unstack(fill_value=0.0)
    by_holder = by_holder.reindex(columns=[False, True], fill_value=0.0)
    return (
        values["collected"] * by_holder[False].to_numpy(dtype=float),
        values["levy"] * by_holder[True].to_numpy(dtype=float),
    )


def careful(job: Job, values: Values, member: Array, held: Array, free: Array) -> tuple[Array, Array]:
    """The same draw in numpy by somebody who minds speed; `member` is (groups, crossings), `held` and `free` (c, d)."""
    theta, phi, epsilon = (values[name] for name in ("theta", "phi", "epsilon"))
    share = shares(job, values)
    taken = ((1 + values["levy"] + values["friction"]) / (1 + values["collected"])) ** -theta
    x = opened(job, values)
    x *= free + held * taken
    x *= share[:, None]
    inner = member @ x
    size = member @ share
    with np.errstate(divide="ignore"):
        nest = np.exp(phi / theta * np.log(inner / size[:, None]))
    index = size @ nest
    outer = job.value * np.exp((epsilon / phi - 1) * np.log(index))
    factor = size[:, None] * nest * outer / np.where(inner > 0, inner, 1.0)
    total = (inner * factor).sum(axis=0)
    insurgent = ((member @ (x * held)) * factor).sum(axis=0)
    return values["collected"] * (total - insurgent), values["levy"] * insurgent


def looped(job: Job, values: Values, function: Any) -> Answer:
    """`function` called once for each draw."""
    count = len(values["theta"])
    government, insurgent = np.empty((2, count, job.days))
    for draw in range(count):
        government[draw], insurgent[draw] = function(job, one(values, draw))
    return collected(government, insurgent)


def by_frame(job: Job, values: Values) -> Answer:
    """DataFrame loop."""
    return looped(job, values, frame)


def by_draw(job: Job, values: Values) -> Answer:
    """A numpy function per draw."""
    member = (job.codes == np.arange(job.codes.max() + 1)[:, None]).astype(float)
    held, free = job.held.astype(float), (~job.held).astype(float)
    return looped(job, values, lambda job, values: careful(job, values, member, held, free))


# --- many draws at once -----------------------------------------------------------------------------------------------


def trade_of(job: Job, values: Values) -> Array:
    """Trade by crossing, day and draw, (crossings, days, draws), by broadcasting over everything."""
    theta, phi, epsilon = (values[name] for name in ("theta", "phi", "epsilon"))
    share = shares(job, values)[:, None]
    cost = np.where(job.held[..., None], (1 + values["levy"] + values["friction"]) / (1 + values["collected"]), 1.0)
    x = share * opened_draws(job, values) * np.exp(-theta * np.log(cost))
    groups = range(int(job.codes.max()) + 1)
    inner = np.stack([x[job.codes == n].sum(axis=0) for n in groups])
    size = np.stack([share[job.codes == n].sum(axis=0) for n in groups])
    with np.errstate(divide="ignore"):
        y = size * np.exp(phi / theta * np.log(inner / size))
    index = y.sum(axis=0)
    outer = job.value[:, None] * np.exp((epsilon / phi - 1) * np.log(index))
    return np.asarray(outer * (y / np.where(inner > 0, inner, 1.0))[job.codes] * x)


def opened_draws(job: Job, values: Values) -> Array:
    """Open share by crossing, day and draw."""
    out = np.ones((job.crossings, job.days, len(values["theta"])))
    ceiling = 1 - values["permanent"]
    for c, (first, last) in job.closed.items():
        out[c, first : last + 1] = 0
        since = np.arange(max(job.days - last - 1, 0))[:, None]
        out[c, last + 1 :] = ceiling - (ceiling - np.minimum(values["start"], ceiling)) * np.exp2(
            -since / values["half_life"]
        )
    return out


def unchunked(job: Job, values: Values) -> Answer:
    """Everything broadcast in one piece."""
    trade = trade_of(job, values)
    government = values["collected"] * (trade * ~job.held[..., None]).sum(axis=0)
    insurgent = values["levy"] * (trade * job.held[..., None]).sum(axis=0)
    return collected(government.T, insurgent.T)


def chunked(job: Job, values: Values, size: int = 128) -> Answer:
    """The same in chunks of draws that stay in the cache."""
    count = len(values["theta"])
    government, insurgent = np.empty((2, job.days, count))
    for start in range(0, count, size):
        some = {name: x[start : start + size] for name, x in values.items()}
        trade = trade_of(job, some)
        government[:, start : start + size] = some["collected"] * np.einsum("cdn,cd->dn", trade, ~job.held * 1.0)
        insurgent[:, start : start + size] = some["levy"] * np.einsum("cdn,cd->dn", trade, job.held * 1.0)
    return collected(government.T, insurgent.T)


# --- frameworks -------------------------------------------------------------------------------------------------------


def ema_workbench(job: Job, samples: int, seed: int) -> tuple[Array, Answer]:
    """EMA Workbench: a Model with `plain` as function, run in sequence; the uniform numbers it drew and the answer."""
    from ema_workbench import ArrayOutcome, Model, RealParameter, SequentialEvaluator

    def function(**uniform: float) -> dict[str, Array]:
        values = job.values(np.array([uniform[name] for name in job.names]))
        government, insurgent = plain(job, values)
        return {"government": government, "insurgent": insurgent}

    np.random.seed(seed)  # noqa: NPY002 -- the workbench draws from numpy's global state
    model = Model("border", function=function)
    model.uncertainties = [RealParameter(name, 1e-9, 1 - 1e-9) for name in job.names]
    model.outcomes = [ArrayOutcome("government"), ArrayOutcome("insurgent")]
    with SequentialEvaluator(model) as evaluator:
        experiments, outcomes = evaluator.perform_experiments(scenarios=samples)
    uniform = experiments[list(job.names)].to_numpy(dtype=float).T
    return uniform, collected(outcomes["government"], outcomes["insurgent"])


def salib(job: Job, samples: int, seed: int) -> tuple[Array, Answer]:
    """SALib: its sampler and `plain` for each sample; the uniform numbers it drew and the answer."""
    from SALib.sample import latin

    problem = {"num_vars": len(job.names), "names": list(job.names), "bounds": [[0.0, 1.0]] * len(job.names)}
    drawn = latin.sample(problem, samples, seed=seed)
    government, insurgent = np.empty((2, samples, job.days))
    for row, uniform in enumerate(drawn):
        government[row], insurgent[row] = plain(job, job.values(uniform))
    return drawn.T, collected(government, insurgent)

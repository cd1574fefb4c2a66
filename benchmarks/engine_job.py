"""The job through the library's own doors, and the floor below which no numpy program can do it.

Draws come from the library's Sampler in its fixed blocks, trade from `model.trade`, quantiles from `statistics`. What
does not change is not computed again: cost changes only when a crossing falls, so a block is worked in stretches of
days between falls; days before the first event are the baseline.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from tradeimpact.engine.blocks import BLOCK, blocks
from tradeimpact.engine.sampling import Marginal, Sampler
from tradeimpact.memory import unbuffered
from tradeimpact.model.trade import nest_factors, recovery
from tradeimpact.statistics import quantiles

from .job import POINTS, Answer, Array, Job, ordered

STRETCH = 16  # days worked at once: what a stretch touches stays in the cache


def sampler_of(job: Job, seed: int) -> Sampler:
    """The library's sampler for what the job draws."""
    marginals = [Marginal(name, ((1.0, *points),), family) for name, (family, *points) in job.records().items()]
    return Sampler(marginals, (), {}, seed)


def stretches(job: Job) -> list[tuple[int, int]]:
    """First day and day after the last of stretches without a change of holder, STRETCH days at most."""
    first = min([*(day for day, _ in job.closed.values()), *job.captured.values(), job.days])
    edges = sorted({0, first, *job.captured.values(), job.days} - {d for d in job.captured.values() if d > job.days})
    found = []
    for start, stop in pairwise(edges):
        found += [(a, min(a + STRETCH, stop)) for a in range(start, stop, STRETCH)]
    return found


@unbuffered()
def block(job: Job, values: dict[str, Array]) -> tuple[Array, Array]:
    """Both revenues by day of one block of draws, (days, draws) each.

    The nest is an exact index, so that a group answers as one crossing with the summed attraction of its members: only
    posts that recover are summed day by day, and the response is asked for groups.
    """
    weights = np.stack([values[f"share_{c:02d}"] for c in range(job.crossings)])
    share = weights / weights.sum(axis=0)
    fallen = ((1 + values["levy"] + values["friction"]) / (1 + values["collected"])) ** -values["theta"] * share
    elasticities = {name: values[name] for name in ("theta", "phi", "epsilon")}
    groups = int(job.codes.max()) + 1
    size = np.stack([share[job.codes == n].sum(axis=0) for n in range(groups)])[:, None]
    posts, draws = recovering(job, values, share), share.shape[1]
    government, insurgent = np.zeros((2, job.days, draws))
    begun = min([*(day for day, _ in job.closed.values()), *job.captured.values()])
    government[:begun] = 1.0
    for start, stop in stretches(job):
        if start < begun:
            continue
        free, taken = np.empty((groups, stop - start, draws)), np.zeros((groups, 1, draws))
        steady = np.zeros((groups, draws))
        for c, n in enumerate(job.codes):
            if job.held[c, start]:
                taken[n, 0] += fallen[c]
            elif c not in posts:
                steady[n] += share[c]
        free[:] = steady[:, None]
        for c, path in posts.items():
            free[job.codes[c]] += path[start:stop]
        factor, _ = nest_factors(free + taken, size, **elasticities)
        np.einsum("ntb,ntb->tb", factor, free, out=government[start:stop])
        np.einsum("ntb,nb->tb", factor, taken[:, 0], out=insurgent[start:stop])
    government *= job.value[:, None] * values["collected"]
    insurgent *= job.value[:, None] * values["levy"]
    return government, insurgent


def recovering(job: Job, values: dict[str, Array], share: Array) -> dict[int, Array]:
    """Attraction of the posts that are shut at some time, crossing -> (days, draws)."""
    found = {}
    reopened = min((last for _, last in job.closed.values()), default=job.days) + 1
    since = np.arange(max(job.days - reopened, 0))[:, None]
    back = recovery(since, values["start"], values["half_life"], values["permanent"])  # the same at every post
    for c, (first, last) in job.closed.items():
        path = np.zeros((job.days, share.shape[1]))
        path[:first] = share[c]
        np.multiply(back[: max(job.days - last - 1, 0)], share[c], out=path[last + 1 :])
        found[c] = path
    return found


def answer(government: Array, insurgent: Array) -> Answer:
    """Quantiles and totals from revenue by day and draw, (days, draws) each."""
    return Answer(
        quantiles(government, POINTS), quantiles(insurgent, POINTS), government.sum(axis=0), insurgent.sum(axis=0)
    )


def engine(job: Job, draws: int, seed: int, threads: int = 1) -> Answer:
    """Sampling, response and quantiles through the library."""
    sampler = sampler_of(job, seed)
    government, insurgent = np.empty((2, job.days, draws))

    def one(part: tuple[int, int]) -> None:
        number, wanted = part
        here = slice(number * BLOCK, number * BLOCK + wanted)
        found = block(job, ordered(sampler.block(number)))
        government[:, here], insurgent[:, here] = (x[:, :wanted] for x in found)

    if threads == 1:
        for part in blocks(draws):
            one(part)
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(one, blocks(draws)))
    return answer(government, insurgent)


def given(job: Job, values: dict[str, Array]) -> Answer:
    """The engine's answer for drawn numbers handed in, to compare with the rivals'."""
    return answer(*block(job, values))


def floor(job: Job, draws: int, seed: int) -> dict[str, Array]:
    """What cannot be avoided: draws, the exponentials and logarithms of the changing nests, the quantiles.

    Where a group has a recovering post its nest changes every day: a logarithm and an exponential for each such group
    and day and for each day's total; cost takes one logarithm and one exponential for each crossing that falls. Worked
    in blocks that stay in the cache, in place, with nothing between them.
    """
    from scipy.special import ndtri

    rng = np.random.Generator(np.random.SFC64(seed))
    score = rng.random((len(job.names), draws))
    ndtri(score, out=score)
    np.exp(score, out=score)
    changing = {job.codes[c]: first for c, (first, _) in job.closed.items()}
    cells = sum(max(job.days - first, 0) for first in changing.values()) + job.days - min(changing.values())
    x = rng.random((cells + len(job.captured), BLOCK)) + 0.5
    work = np.empty((STRETCH, BLOCK))
    for _ in range(-(-draws // BLOCK)):
        for start in range(0, len(x), STRETCH):
            some = work[: len(x) - start]
            np.log(x[start : start + STRETCH], out=some)
            np.exp(some, out=some)
    series = rng.random((2, job.days, draws))
    series.sort(axis=-1)  # faster than a partition where numpy sorts by vector instructions
    return {"score": score, "quantiles": series[..., [int(p * (draws - 1)) for p in POINTS]]}

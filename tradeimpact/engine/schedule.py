"""Who does which part of a run, and when: here, on threads, or on the workers of a Dask client.

Parts come back in their order whoever did them, so scheduling cannot change a sum. At most a few parts for each worker
are under way at once, which bounds memory.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

from ..errors import TradeImpactError

Part = TypeVar("Part")
AHEAD = 2  # parts under way or waiting for each worker
RETRIES = 5  # times a part may lose its worker


def worker_count(threads: int | None, parts: int) -> int:
    """Threads to use: those asked for, else one for each processor this process may use, never more than parts."""
    if threads is None:
        threads = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if isinstance(threads, bool) or not isinstance(threads, int) or threads < 1:
        raise TradeImpactError(
            f"threads={threads!r}: expected a whole number of at least 1, or None for all processors"
        )
    return max(min(threads, parts), 1)


def in_order(
    work: Callable[[Any, Sequence[int]], Part],
    run: Any,
    parts: Sequence[Sequence[int]],
    *,
    threads: int | None = None,
    client: Any = None,
) -> Iterator[Part]:
    """Yield ``work(run, part)`` for every part, in order.

    Parameters
    ----------
    work, run, parts
        A function of a module, what all parts share, and the block numbers of each part. With a client all three are
        sent to its workers.
    threads : int, optional
        Threads of this process; None for one a processor. Not used with a client.
    client : dask.distributed.Client, optional
        A part whose worker dies is done again by another.
    """
    if client is not None:
        yield from _on_cluster(work, run, parts, client)
        return
    count = worker_count(threads, len(parts))
    if count == 1:
        yield from (work(run, part) for part in parts)
        return
    pool = ThreadPoolExecutor(count)
    try:
        yield from _drain(lambda part: pool.submit(work, run, part), parts, count * AHEAD)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _on_cluster(
    work: Callable[[Any, Sequence[int]], Part], run: Any, parts: Sequence[Sequence[int]], client: Any
) -> Iterator[Part]:
    for name in ("submit", "scatter", "nthreads"):
        if not hasattr(client, name):
            raise TradeImpactError(
                f"client={type(client).__name__}: expected a dask.distributed.Client (pip install 'tradeimpact[scale]')"
            )
    send = partial(client.scatter, run, broadcast=True, hash=False)
    shared = send()

    def submit(part: Sequence[int]) -> Any:
        nonlocal shared
        if shared.status in ("cancelled", "lost"):  # with the last worker that had it
            shared = send()
        return client.submit(work, shared, part, pure=False, retries=RETRIES)

    workers = max(sum(client.nthreads().values()), 1)
    yield from _drain(submit, parts, workers * AHEAD)


def _drain(submit: Callable[[Sequence[int]], Any], parts: Sequence[Sequence[int]], ahead: int) -> Iterator[Any]:
    waiting: deque[tuple[Sequence[int], Future[Any]]] = deque()

    def first() -> Any:
        part, future = waiting.popleft()
        for _ in range(RETRIES):
            try:
                return future.result()
            except CancelledError:  # what it rests on went with a worker: not to be confused with an interruption
                future = submit(part)
        return future.result()

    try:
        for part in parts:
            waiting.append((part, submit(part)))
            if len(waiting) >= ahead:
                yield first()
        while waiting:
            yield first()
    finally:
        for _, future in waiting:
            future.cancel()

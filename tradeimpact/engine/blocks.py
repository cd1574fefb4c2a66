"""Fixed blocks of draws: all work is done in blocks of BLOCK draws, the last one padded and cut.

Scheduling only orders blocks, so chunking, threads and workers cannot change a number.
"""

from __future__ import annotations

from collections.abc import Iterator
from numbers import Integral

from ..errors import DrawError

BLOCK = 256
MOST_DRAWS = 10**9


def each_block(draws: int) -> list[slice]:
    """Where each block lies among the draws of several whole blocks."""
    return [slice(begin, begin + BLOCK) for begin in range(0, draws, BLOCK)]


def blocks(draws: int) -> Iterator[tuple[int, int]]:
    """(block number, draws of it that are wanted), in order."""
    if not isinstance(draws, Integral) or isinstance(draws, bool) or draws < 1:
        raise DrawError(f"draws={draws!r}: expected a whole number of at least 1")
    draws = int(draws)
    if draws > MOST_DRAWS:
        raise DrawError(f"draws={draws:,}: at most {MOST_DRAWS:,}; result.convergence() says how many are enough")
    for number in range(-(-draws // BLOCK)):
        yield number, min(BLOCK, draws - number * BLOCK)

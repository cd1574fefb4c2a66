"""Memory that a step of work uses again: arrays that begin on a cache line and cost no fresh pages.

Operations on arrays that begin on a cache line take about half as long as on those numpy allocates, and asking the
system for pages anew takes longer than filling them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

New = Callable[..., NDArray[Any]]  # an array of a shape and type, its values not set: `aligned`, or a Scratch

LINE = 64  # bytes
NEAR = 2**17  # numbers in each array of a step that stays near the processor
KEPT = 128 << 20  # bytes; what is larger goes back to the system
BUFFER = 256  # numbers
_free: dict[str, list[Scratch]] = {}  # by purpose; taken from and added to by any thread, each in one step


def near(rows: int, each: int) -> list[slice]:
    """Rows of `each` numbers taken together in a step, so that what it touches stays near the processor."""
    step = max(NEAR // max(each, 1), 1)
    return [slice(begin, min(begin + step, rows)) for begin in range(0, rows, step)]


def aligned(shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
    """An array of its own that begins on a cache line, its values not set."""
    size = math.prod(shape) * np.dtype(dtype).itemsize
    memory = np.empty(size + LINE, dtype=np.uint8)
    start = -memory.__array_interface__["data"][0] % LINE
    return memory[start : start + size].view(dtype).reshape(shape)


@contextmanager
def unbuffered() -> Iterator[None]:
    """Have numpy read a row that is broadcast over others where it lies.

    It copies one that its buffer has room for, time and again, which makes a multiplication by it half as long again.
    What has to be converted goes through a shorter buffer; no bit changes.
    """
    with np.errstate():  # which the size of the buffer belongs to
        np.setbufsize(BUFFER)
        yield


class Scratch:
    """Arrays given out one after another, all of them void at the next `rewind`.

    Not for two threads at once. Memory grows to what one round takes and stays there.
    """

    def __init__(self) -> None:
        self._memory = aligned((0,), np.uint8)
        self._taken = 0  # bytes of this round, whether there was memory for them or not

    def __call__(self, shape: tuple[int, ...], dtype: DTypeLike = np.float64) -> NDArray[Any]:
        """An array that begins on a cache line, its values not set."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        begin, self._taken = self._taken, self._taken + -(-size // LINE) * LINE
        if self._taken > len(self._memory):
            return aligned(shape, dtype)
        return self._memory[begin : begin + size].view(dtype).reshape(shape)

    @property
    def size(self) -> int:
        """Bytes it holds, or will from the next round on."""
        return max(len(self._memory), self._taken)

    def rewind(self) -> None:
        """Begin another round."""
        if self._taken > len(self._memory):
            self._memory = aligned((self._taken,), np.uint8)
        self._taken = 0


@contextmanager
def scratch(purpose: str) -> Iterator[Scratch]:
    """Scratch memory that the next piece of work of a purpose takes up again; two pieces at once have one each."""
    free = _free.setdefault(purpose, [])
    try:
        one = free.pop()
    except IndexError:
        one = Scratch()
    one.rewind()
    try:
        yield one
    finally:
        if one.size <= KEPT:
            free.append(one)

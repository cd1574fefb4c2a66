"""How far a run is: a bar in the terminal or the notebook on whatever takes longer than two seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from types import TracebackType
from typing import Any

from ..errors import TradeImpactError

DELAY_SECONDS = 2.0

Progress = bool | Callable[[int, int], None] | None


class Meter:
    """Counts draws done. Use as a context; `add` after each part.

    Parameters
    ----------
    total : int
    progress : bool, callable or None
        None shows a bar after two seconds where somebody may be watching (a terminal or a notebook), True always,
        False never; a function is called with draws done and draws in all, from the thread that called `simulate`.
    label : str
    """

    def __init__(self, total: int, progress: Progress, label: str) -> None:
        if not (progress is None or isinstance(progress, bool) or callable(progress)):
            raise TradeImpactError(f"progress={progress!r}: expected None, True, False or a function of (done, total)")
        self.total, self.done = total, 0
        self._call = progress if callable(progress) else None
        show = watched() if progress is None else progress is True
        self._bar = _bar(total, label, 0.0 if progress is True else DELAY_SECONDS) if show else None

    def add(self, count: int) -> None:
        """`count` more draws are done."""
        self.done += count
        if self._bar is not None:
            self._bar.update(count)
        if self._call is not None:
            self._call(self.done, self.total)

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()


def watched() -> bool:
    """Whether somebody may be watching: standard error is a terminal, or this is a notebook's kernel."""
    return in_notebook() or bool(getattr(sys.stderr, "isatty", bool)())


def in_notebook() -> bool:
    """Whether this process is a Jupyter kernel."""
    shell = sys.modules.get("IPython")
    return shell is not None and type(shell.get_ipython()).__name__ == "ZMQInteractiveShell"


def _bar(total: int, label: str, delay: float) -> Any:
    if in_notebook() and find_spec("ipywidgets") is not None:
        from tqdm.notebook import tqdm
    else:
        from tqdm import tqdm  # type: ignore[assignment]
    return tqdm(total=total, desc=label, unit=" draws", delay=delay, leave=False, unit_scale=True)

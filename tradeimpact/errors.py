"""What can go wrong, in the words of the person who has to mend it.

One parent, :class:`TradeImpactError` (a ``ValueError``), and one child per part of the work. A broken case is
reported whole: :class:`CaseError` carries every :class:`Problem` found, not only the first.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

SHOWN_ROWS = 5


class TradeImpactError(ValueError):
    """Parent of every error that this library raises on purpose."""


class TradeImpactWarning(UserWarning):
    """Something is odd but possible, and the work goes on."""


class ScenarioError(TradeImpactError):
    """A scenario contradicts itself or the case it is used with."""


class ModelError(TradeImpactError):
    """An equation was given values outside the range in which it means anything."""


class DrawError(TradeImpactError):
    """Assumptions cannot be sampled as asked."""


class WriteError(TradeImpactError, OSError):
    """A file or folder cannot be written; what was there is as it was."""


class Interrupted(KeyboardInterrupt):
    """A run was stopped by the user.

    `result` holds the draws that were finished, as if only they had been asked for; None if none was.
    """

    def __init__(self, result: Any, done: int, wanted: int, note: str = "") -> None:
        rest = "they are in .result of this exception" if result is not None else note
        super().__init__(f"stopped after {done:,} of {wanted:,} draws" + (f"; {rest}" if rest else ""))
        self.result, self.done, self.wanted = result, done, wanted


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong in one place of a case.

    Parameters
    ----------
    file : str
        File of the case, or the table's name where a table was given by hand.
    column : str
        Column, or "" where the whole file is meant.
    rows : tuple of int
        Row numbers as a spreadsheet shows them: the header is row 1.
    found, expected, remedy : str
        What is there, what should be there, what to do.
    severity : str
        "error" stops the loading, "warning" does not.
    """

    file: str
    column: str = ""
    rows: tuple[int, ...] = ()
    found: str
    expected: str
    remedy: str
    severity: str = "error"

    def __str__(self) -> str:
        where = [self.file]
        if self.column:
            where.append(f"column {self.column!r}")
        if self.rows:
            where.append(shown_rows(self.rows))
        remedy = self.remedy[:1].upper() + self.remedy[1:]
        stop = "" if remedy.endswith((".", "?", "!")) else "."
        return f"{', '.join(where)}: found {self.found}; expected {self.expected}. {remedy}{stop}"


class CaseError(TradeImpactError):
    """A case, or a table given to it, cannot be used.

    Parameters
    ----------
    problems : sequence of Problem, or str
        Every problem found; or one sentence where there is nothing to list (no such case).
    what : str
        What cannot be used, for the first line.
    """

    def __init__(self, problems: Sequence[Problem] | str, what: str = "The case") -> None:
        self.problems: tuple[Problem, ...] = ()
        if isinstance(problems, str):
            super().__init__(problems)
            return
        self.problems = tuple(problems)
        count = "1 problem" if len(self.problems) == 1 else f"{len(self.problems)} problems"
        lines = [f"{number}. {problem}" for number, problem in enumerate(self.problems, start=1)]
        super().__init__("\n".join([f"{what} cannot be used: {count}.", *lines]))


def shown_rows(rows: Sequence[int]) -> str:
    """Row numbers for a message, :data:`SHOWN_ROWS` at most: "rows 3, 5 and 9 more"."""
    word = "row" if len(rows) == 1 else "rows"
    listed = ", ".join(str(row) for row in rows[:SHOWN_ROWS])
    rest = len(rows) - SHOWN_ROWS
    return f"{word} {listed} and {rest} more" if rest > 0 else f"{word} {listed}"


def version_remedy(found: Any, current: int) -> str:
    """What to do with a file whose schema version is not the one this release reads; "" where it is.

    There has been one version of every file so far. When there is another, files of the older one are brought up to it
    where they are read, and no longer come here.

    >>> version_remedy(1, 1), version_remedy("1", 1)
    ('', '')
    >>> version_remedy(2, 1)
    'A newer release wrote it: update tradeimpact (pip install --upgrade tradeimpact).'
    """
    text = str(found)
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
    if number > current:
        return "A newer release wrote it: update tradeimpact (pip install --upgrade tradeimpact)."
    if number == current:
        return ""
    return f"Write schema_version {current} if the file follows the documentation of this release, else make it anew."


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Sentence that suggests the nearest of `names`, or "" if none is near.

    >>> did_you_mean("Spin Boldack", ["spin_boldak", "torkham"])
    "Did you mean 'spin_boldak'?"
    """
    known = {known_name.lower(): known_name for known_name in names}
    plain = name.strip().lower().replace(" ", "_").replace("-", "_")
    near = difflib.get_close_matches(plain, known, n=1, cutoff=0.6)
    return f"Did you mean {known[near[0]]!r}?" if near else ""

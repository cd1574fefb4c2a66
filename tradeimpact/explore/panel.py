"""The panel: widgets that show a plan and change it. It computes nothing and knows no file.

A change shows numbers first, then picture by picture; one that comes meanwhile takes over. Whatever goes wrong in what
a user asked for is a sentence in the panel.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from ..errors import TradeImpactError
from .show import Pictures, numbers
from .state import History, Plan
from .view import View

if TYPE_CHECKING:
    from ..results import Results
    from ..scenario import Scenario

DEBOUNCE = 0.15  # seconds in which further changes join the one before
LOG = logging.getLogger(__name__)


class Panel:
    """A panel over one plan; shows itself in a notebook.

    Parameters
    ----------
    plan : Plan
    pictured : bool
        Draw the first pictures here and now. Otherwise they come to a page that is there with its numbers; a page that
        is still being built when they come would miss them.

    Attributes
    ----------
    plan : Plan
        What is chosen now: ``panel.plan.to_yaml()``, ``panel.plan.to_code()``.
    result : Results or None
        The newest numbers, those that the panel shows.
    """

    def __init__(self, plan: Plan, *, pictured: bool = False) -> None:
        self.history = History(plan)
        self.result: Results | None = None
        self._first = plan
        self._pictures = Pictures()
        self._waiting: asyncio.Task[None] | None = None
        self._moving: Any = None  # control whose move is not worked out yet
        self._refused = False  # whether the last change was; what work says meanwhile does not hide why
        self._failed = False  # whether the newest numbers could not be worked out or shown
        self._view = View(
            plan,
            change=self._change,
            draw_map=self._draw_map,
            undo=self._undo,
            redo=self._redo,
            start_over=self._start_over,
        )
        self.widget = self._view.widget
        self._show_controls()
        self._numbers()
        if pictured:
            self._at_once(self._drawn)
        else:
            self._soon(self._drawn)

    @property
    def plan(self) -> Plan:
        """What is chosen now."""
        return self.history.now

    @property
    def scenario(self) -> Scenario:
        """The scenario chosen now."""
        return self.plan.scenario

    def _repr_mimebundle_(self, **asked: Any) -> Any:
        return self.widget._repr_mimebundle_(**asked)

    def __repr__(self) -> str:
        return f"Explorer of {self.plan.case.title}: {self.plan.scenario!r}"

    # --- changes ------------------------------------------------------------------------------------------------------

    def _change(self, verb: Callable[[Plan], Plan], by: Any = None) -> None:
        """Do what a control asks, or say why not.

        A field that was refused keeps what was typed, since a day that is half typed is a wrong day. Moves of one
        control that come before the numbers of the first are one step.
        """
        try:
            plan = verb(self.plan)
        except TradeImpactError as problem:
            self._refused = True
            self._view.say(f"{_sentence(problem)} Nothing has changed.", trouble=True)
            return
        moves_on = by is not None and by is self._moving
        self._go(self.history.join(plan) if moves_on else self.history.do(plan), by)

    def _undo(self) -> None:
        self._go(self.history.undo())

    def _redo(self) -> None:
        self._go(self.history.redo())

    def _start_over(self) -> None:
        self._go(self.history.do(self._first))

    def _go(self, history: History, by: Any = None) -> None:
        refused, self._refused = self._refused, False
        if history is self.history:
            self._show_controls()  # a field may still show what was refused
            if refused:
                self._done()
            return
        self.history, self._moving, self._failed = history, by, False
        self._show_controls()
        self._soon(self._steps)

    def _draw_map(self) -> None:
        self._soon(lambda: iter([self._map, self._done]))

    def _show_controls(self) -> None:
        self._view.show(self.plan, undo=bool(self.history.past), redo=bool(self.history.future))

    # --- work ---------------------------------------------------------------------------------------------------------

    def _soon(self, steps: Callable[[], Iterator[Callable[[], None]]]) -> None:
        """Work after a short wait, in pieces between which the panel listens; at once where no loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._at_once(steps)
            return
        if self._waiting is not None and not self._waiting.done():
            self._waiting.cancel()
            steps = self._steps  # what was cancelled is done with it
        self._say("Working …")
        self._waiting = loop.create_task(self._work(steps))

    @staticmethod
    def _at_once(steps: Callable[[], Iterator[Callable[[], None]]]) -> None:
        for step in steps():
            step()

    async def _work(self, steps: Callable[[], Iterator[Callable[[], None]]]) -> None:
        await asyncio.sleep(DEBOUNCE)
        for step in steps():
            step()
            await asyncio.sleep(0.01)

    def _steps(self) -> Iterator[Callable[[], None]]:
        """Numbers, then each picture; a refusal ends it."""
        yield self._numbers
        yield from self._drawn()

    def _drawn(self) -> Iterator[Callable[[], None]]:
        """Each picture of the newest numbers, then the word that all is done."""
        if self.result is not None and not self._failed:
            yield from (self._bridge, self._map, self._holders, self._done)

    def _numbers(self) -> None:
        def compute() -> None:
            self._moving, before = None, self.result
            self.result = self.plan.run()
            self._view.numbers.value = numbers(self.result, before)
            self._say("Numbers are new; the pictures follow.")

        self._failed = False
        self._guarded(compute)

    def _bridge(self) -> None:
        self._guarded(lambda: self._set(self._view.bridge, self._pictures.bridge))

    def _holders(self) -> None:
        self._guarded(lambda: self._set(self._view.holders, self._pictures.holders))

    def _map(self) -> None:
        if self.result is not None:
            first, last = self.result.window
            day = min(max(self._view.day, first), last)
            self._guarded(lambda: self._set(self._view.map, lambda result: self._pictures.map(result, day)))

    def _set(self, place: Any, draw: Callable[[Results], str]) -> None:
        if self.result is not None:
            place.value = draw(self.result)

    def _done(self) -> None:
        if self.result is not None:
            draws = f"{self.result.count:,} draws, seed {self.result.seed}"
            self._say(f"Numbers and pictures are of one run: {draws}.")

    def _say(self, text: str) -> None:
        """What work has to say, unless what went wrong stands there."""
        if not (self._refused or self._failed):
            self._view.say(text)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Do a piece of work; what goes wrong becomes a sentence, what should never go wrong goes to the log too."""
        try:
            step()
            return
        except TradeImpactError as problem:
            self._view.say(
                f"{_sentence(problem)} Numbers and pictures below are those of the step before.", trouble=True
            )
        except Exception as problem:
            LOG.exception("the explorer could not show a step")
            said = f"This should not have happened: {type(problem).__name__}: {problem}. Undo the step, and report it."
            self._view.say(said, trouble=True)
        self._failed = True


def _sentence(problem: Exception) -> str:
    """What an error says, as a sentence."""
    text = str(problem).strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")

"""What somebody has chosen in the explorer: a scenario, a window and assumptions held at a value; no widget, no clock.

A :class:`Plan` never changes: every verb returns another one, so that :class:`History` undoes by going back. Numbers
come from ``plan.run()``, which is ``simulate`` and nothing else; the same plan as a scenario file (``to_yaml``) or as
Python (``to_code``) gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from ..case import Case
from ..errors import TradeImpactError
from ..scenario import Event, Holder, Scenario, to_day
from ..simulate import simulate
from . import DRAWS, SEED
from .code import python_lines

if TYPE_CHECKING:
    from ..results import Results

DAYS = 30  # length of a window that nobody chose, as in `python -m tradeimpact run`
MOST_DAYS = 3660
NAME = "explored"
SOURCE = "held in the explorer"
STEPS_KEPT = 200

Held = float | str


@dataclass(frozen=True, eq=False)
class Plan:
    """A case with the scenario, window and assumptions chosen so far.

    Attributes
    ----------
    case : Case
        As it was opened.
    scenario : Scenario
    start, end : date
        Window, both ends included.
    held : tuple of (name, value)
        Assumptions held at one value in place of their range: a number, or the label of a structural alternative.
    draws, seed : int
    opened : str
        How the case was opened: name or folder for ``ti.load_case``; "" where that is not known.
    """

    case: Case
    scenario: Scenario
    start: date
    end: date
    held: tuple[tuple[str, Held], ...] = ()
    draws: int = DRAWS
    seed: int = SEED
    opened: str = ""

    @classmethod
    def begin(
        cls,
        case: Case,
        scenario: Scenario | None = None,
        *,
        start: Any = None,
        end: Any = None,
        draws: int = DRAWS,
        seed: int = SEED,
        opened: str = "",
    ) -> Plan:
        """The plan an explorer opens with: `scenario` as given, or nothing fallen.

        The window begins on the day after the baseline and is a month long, longer where the scenario goes on.

        Raises
        ------
        TradeImpactError
            If the scenario is no list of events, or the window ends before it starts.
        """
        chosen = Scenario(NAME) if scenario is None else scenario
        if not isinstance(chosen, Scenario):
            raise TradeImpactError(
                "the explorer moves dated events: give a Scenario (from verbs, a file, or case.in_hindsight(day)); "
                "a history as reported has probabilities instead"
            )
        for crossing in chosen.crossings:
            case.crossing(crossing)
        first = case.baseline_until + timedelta(days=1) if start is None else to_day(start)
        latest = max((event.start for event in chosen.events), default=first)
        last = max(first + timedelta(days=DAYS), latest) if end is None else to_day(end)
        return cls(case, chosen, first, last, draws=draws, seed=seed, opened=opened).during(first, last)

    # --- questions ----------------------------------------------------------------------------------------------------

    def fall(self, crossing: str) -> Event | None:
        """The first fall of a crossing in the scenario, None where it does not fall."""
        return next((e for e in self.scenario.events if (e.verb, e.crossing) == ("capture", crossing)), None)

    @property
    def timeline(self) -> tuple[date, ...]:
        """Every day that a slider offers: the window, and further to where events of the scenario lie."""
        days = [self.start, self.end, *(e.start for e in self.scenario.events if e.verb == "capture")]
        first, last = min(days), max(days)
        return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))

    # --- verbs --------------------------------------------------------------------------------------------------------

    def capture(self, crossing: str, on: Any, by: Holder = None) -> Plan:
        """`crossing` falls on the day `on` to `by`; a fall that it already has is moved."""
        self.case.crossing(crossing)
        plan = self._with(Scenario().capture(crossing, _text(on), by).events[0], self.fall(crossing))
        return plan.during(self.start, self.end)

    def move(self, crossing: str, on: Any) -> Plan:
        """A crossing that falls does so on another day, to the same holder."""
        fall = self.fall(crossing)
        return self.capture(crossing, on, None if fall is None else holder_of(fall))

    def give(self, crossing: str, by: Holder) -> Plan:
        """A crossing that falls does so to another holder, on the same day."""
        fall = self.fall(crossing)
        return self.capture(crossing, self.start if fall is None else fall.start, by)

    def spare(self, crossing: str) -> Plan:
        """`crossing` does not fall: its falls and recaptures go, its closures stay."""
        gone = ("capture", "recapture")
        return self._events(tuple(e for e in self.scenario.events if e.crossing != crossing or e.verb not in gone))

    def shut(self, crossing: str, start: Any, end: Any = None, by: str = "neighbour") -> Plan:
        """`crossing` is shut to cargo from `start` to `end`, both included."""
        self.case.crossing(crossing)
        return self._with(
            Scenario().close(crossing, _text(start), None if end is None else _text(end), by=by).events[0]
        )

    def without(self, event: Event) -> Plan:
        """The plan without one event."""
        return self._events(tuple(e for e in self.scenario.events if e != event))

    def hold(self, name: str, value: Held) -> Plan:
        """Hold an assumption at one value instead of drawing it from its range."""
        self.case.assume({name: value}, source=SOURCE)  # refuses what is no assumption or no value of it
        return replace(self, held=(*(entry for entry in self.held if entry[0] != name), (name, value)))

    def release(self, name: str) -> Plan:
        """Draw an assumption from its range again."""
        return replace(self, held=tuple(entry for entry in self.held if entry[0] != name))

    def during(self, start: Any, end: Any) -> Plan:
        """The same over another window, both ends included."""
        first, last = to_day(start), to_day(end)
        if last < first:
            raise TradeImpactError(f"the window ends on {last}, before it starts on {first}; both ends are included")
        if (last - first).days >= MOST_DAYS:
            raise TradeImpactError(f"the window is longer than {MOST_DAYS} days; choose a shorter one")
        for event in self.scenario.events:
            if event.verb == "capture" and max((first - event.start).days, (event.start - last).days) > MOST_DAYS:
                raise TradeImpactError(f"{event} lies more than {MOST_DAYS} days outside the window {first} to {last}")
        return replace(self, start=first, end=last)

    def named(self, name: str) -> Plan:
        """The same under another name of the scenario."""
        return replace(self, scenario=self.scenario.named(" ".join(name.split()) or NAME))

    # --- what it is for -----------------------------------------------------------------------------------------------

    def to_case(self) -> Case:
        """The case with the assumptions that are held."""
        return self.case.assume(dict(self.held), source=SOURCE) if self.held else self.case

    def run(self) -> Results:
        """Simulate the plan.

        Raises
        ------
        TradeImpactError
            Where the plan contradicts itself or the case.
        """
        return simulate(
            self.to_case(), self.scenario, start=self.start, end=self.end, draws=self.draws, rng=self.seed,
            progress=False,
        )  # fmt: skip

    def to_yaml(self) -> str:
        """The scenario file, with what it cannot say (assumptions, window) in comments above it."""
        held = [f"# assumption held: {name} = {value}" for name, value in self.held]
        notes = [f"# case {self.case.name}, {self.start} to {self.end}", *held]
        return "\n".join(" ".join(note.split()) for note in notes) + "\n" + self.scenario.to_yaml()

    def to_code(self) -> str:
        """Python that makes this scenario and these assumptions, and simulates them: the same numbers."""
        return python_lines(
            self.case, self.scenario, opened=self.opened, held=dict(self.held), source=SOURCE,
            run={"start": self.start, "end": self.end, "draws": self.draws, "rng": self.seed},
        )  # fmt: skip

    def same_as(self, other: Plan) -> bool:
        """Whether both would give the same numbers under the same name."""
        return self._choices == other._choices

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _choices(self) -> tuple[Any, ...]:
        return (self.scenario, self.start, self.end, dict(self.held), self.draws, self.seed, id(self.case))

    def _with(self, event: Event, instead_of: Event | None = None) -> Plan:
        events = self.scenario.events
        if instead_of is None:
            return self._events((*events, event))
        at = events.index(instead_of)
        return self._events((*events[:at], event, *events[at + 1 :]))

    def _events(self, events: tuple[Event, ...]) -> Plan:
        return replace(self, scenario=replace(self.scenario, events=events))


@dataclass(frozen=True, eq=False)
class History:
    """The plan now, those before it, and those undone."""

    now: Plan
    past: tuple[Plan, ...] = ()
    future: tuple[Plan, ...] = ()

    def do(self, plan: Plan) -> History:
        """Go on with `plan`; what was undone is forgotten. A plan that changes nothing is no step."""
        if plan.same_as(self.now):
            return self
        return History(plan, (*self.past, self.now)[-STEPS_KEPT:])

    def join(self, plan: Plan) -> History:
        """Go on with `plan` as part of the step before, as when a slider moves on: one undo takes back both."""
        return replace(self, now=plan, future=()) if self.past else self.do(plan)

    def undo(self) -> History:
        """One step back; the same where there is none."""
        if not self.past:
            return self
        return History(self.past[-1], self.past[:-1], (self.now, *self.future))

    def redo(self) -> History:
        """One undone step forward again; the same where there is none."""
        if not self.future:
            return self
        return History(self.future[0], (*self.past, self.now), self.future[1:])


def holder_of(event: Event) -> Holder:
    """Who takes the crossing in a fall, in the form that ``Scenario.capture`` takes."""
    if not event.by:
        return None
    return event.by[0][0] if len(event.by) == 1 and event.by[0][1] == 1.0 else dict(event.by)


def _text(day: Any) -> str:
    """A day as text: events made from it share no date object, which YAML would write as a reference."""
    return to_day(day).isoformat()


def holders(case: Case) -> Mapping[str, str]:
    """Who can hold a crossing beside the government: name by authority, insurgents first."""
    table = case.authorities
    kinds = dict(zip(table["authority"], table["kind"], strict=True))
    names = dict(zip(table["authority"], table["name"], strict=True))
    order = sorted(names, key=lambda authority: kinds[authority] != "insurgent")
    return {authority: names[authority] for authority in order if kinds[authority] != "government"}


def crossings_by_size(case: Case) -> Mapping[str, str]:
    """Printed names of crossings and inland houses by short name, those with the largest baseline first."""
    units = case.units
    best = case.baseline.set_index("crossing")[f"best_{case.currency.lower()}"]
    size = units["crossing"].map(best.groupby(level=0).sum()).fillna(0.0)
    ordered = units.assign(size=size).sort_values(["size", "crossing"], ascending=[False, True])
    return dict(zip(ordered["crossing"], ordered["name"], strict=True))

"""Controls for assumptions: one row each, held at a value by a slider, a number or a choice, inside its range."""

from __future__ import annotations

import math
from html import escape
from typing import Any

from ..case import Case
from ..case.assumptions import Assumption
from .controls import CHOOSE, NARROW, Wire
from .state import Plan

FIRST = ("theta", "phi", "epsilon", "gap", "friction_insurgent", "levy_per_truck")  # rows from the start
STEPS = 50  # of a slider, about


class Held:
    """One row per assumption: is it held at a value, and at which."""

    def __init__(self, wire: Wire, case: Case) -> None:
        import ipywidgets as w

        self._wire, self._records = wire, case.assumption_records
        self._rows: dict[str, tuple[Any, tuple[Any, ...]]] = {}
        self._box = w.VBox()
        self._more = w.Dropdown(
            description="Another assumption", options=[("choose …", CHOOSE)], style=NARROW, layout=w.Layout(width="95%")
        )
        wire.listen(self._more, self._add)
        for name in [name for name in FIRST if name in self._records]:
            self._add(name)
        self._offer()
        note = "A held assumption has one value in every draw: the interval that is left is that of the others."
        self.widget = w.VBox([w.HTML(f"<p style='margin:0'>{note}</p>"), self._box, self._more])

    def _offer(self) -> None:
        rest = [(_told(record), name) for name, record in self._records.items() if name not in self._rows]
        with self._wire.still():
            self._more.options = [("choose …", CHOOSE), *rest]

    def _add(self, name: str) -> None:
        import ipywidgets as w

        record = self._records[name]
        wire, value = self._wire, _start(record)
        check = w.Checkbox(description=name, indent=False, layout=w.Layout(width="210px"))
        wire.on(check, lambda on: lambda p: p.hold(name, value) if on else p.release(name))
        inputs = _inputs(record)
        for control in inputs:
            wire.on(control, lambda new: lambda p: p.hold(name, _rounded(record, new)))
        self._rows[name] = (check, inputs)
        about = f"{record.description.rstrip('.')}. {_range(record)}"
        words = w.HTML(f'<small style="display:block;line-height:1.3;padding-bottom:6px">{escape(about)}</small>')
        row = w.VBox([w.HBox([check, *inputs], layout=w.Layout(align_items="center")), words])
        row.add_class(f"ti-held-{name.replace('.', '-')}")
        self._box.children = (*self._box.children, row)
        self._offer()

    def show(self, plan: Plan) -> None:
        """Set every row to the plan."""
        held = dict(plan.held)
        for name in held:
            if name not in self._rows:
                self._add(name)
        for name, (check, inputs) in self._rows.items():
            check.value = name in held
            for control in inputs:
                control.value = held.get(name, _start(self._records[name]))


def _inputs(record: Assumption) -> tuple[Any, ...]:
    """What sets an assumption: a choice of alternatives, a number, or a slider and the number beside it."""
    import ipywidgets as w

    if record.alternatives:
        labels = [option.label for option in record.alternatives]
        return (w.Dropdown(description="is", options=labels, style=NARROW, layout=w.Layout(width="260px")),)
    size = w.Layout(width="150px")
    if record.low == record.high:
        return (w.FloatText(description="is", style=NARROW, layout=size),)
    step = _step(record)
    slider = w.FloatSlider(
        min=record.low, max=record.high, step=step, continuous_update=False, readout=False,
        layout=w.Layout(flex="1 1 120px"),
    )  # fmt: skip
    number = w.BoundedFloatText(description="is", min=record.low, max=record.high, step=step, style=NARROW, layout=size)
    return slider, number


def _start(record: Assumption) -> float | str:
    """What an assumption is held at first: its best value, or its first alternative."""
    return record.alternatives[0].label if record.alternatives else record.best


def _step(record: Assumption) -> float:
    """A power of ten, so that a slider has some fifty steps or more."""
    return float(10.0 ** math.floor(math.log10((record.high - record.low) / STEPS)))


def _rounded(record: Assumption, value: float | str) -> float | str:
    """A slider's value without the dust of its steps."""
    if isinstance(value, str) or record.low == record.high:
        return value
    return round(float(value), max(0, -round(math.log10(_step(record)))))


def _range(record: Assumption) -> str:
    """Where an assumption lies, in which unit, and on what evidence."""
    if record.alternatives:
        return f"{len(record.alternatives)} rival readings; grade {record.grade}"
    unit = "" if record.unit in ("", "1") else f" {record.unit}"
    return f"Range {record.low:,.6g} to {record.high:,.6g}{unit}, best {record.best:,.6g}; grade {record.grade}"


def _told(record: Assumption) -> str:
    return f"{record.name}: {record.description}"

"""Controls of the panel by section: falls on a timeline, other events, window, save and copy.

Each section has a widget, tells the panel which verb of the plan a user asked for, and shows a plan when told to.
Every slider has a field with a label beside it that says and sets the same, for keyboards and screen readers.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from html import escape
from typing import Any

from ..case import Case
from ..scenario import CLOSED_BY
from .state import Plan, crossings_by_size, holder_of, holders

Verb = Callable[[Plan], Plan]
ROWS = 16  # crossings with a row of their own from the start
BUTTON = (
    "display:inline-block;padding:4px 12px;border:1px solid #555;border-radius:3px;font:inherit;cursor:pointer;"
    "color:#222;background:#eee;text-decoration:none"
)
CHOOSE = ""  # value of a list in which nothing is chosen yet
NARROW = {"description_width": "initial"}


class Wire:
    """Takes what a user does to the panel, and nothing while the panel itself sets the controls."""

    def __init__(self, change: Callable[[Verb, Any], None]) -> None:
        self._change = change
        self._still = False

    @contextmanager
    def still(self) -> Iterator[None]:
        """While controls are set to what holds."""
        before, self._still = self._still, True
        try:
            yield
        finally:
            self._still = before

    def change(self, verb: Verb, by: Any = None) -> None:
        """Change the plan; `by` is the control that moves, whose quick moves are one step."""
        self._change(verb, by)

    def on(self, widget: Any, verb: Callable[[Any], Verb]) -> None:
        """Change the plan by ``verb(new value)`` when a user sets `widget`; an emptied field changes nothing."""
        self.listen(widget, lambda value: self.change(verb(value), widget))

    def listen(self, widget: Any, act: Callable[[Any], None]) -> None:
        """Call `act` with the new value when a user sets `widget`."""

        def told(event: Any) -> None:
            if not self._still and event["new"] is not None and event["new"] != CHOOSE:
                act(event["new"])

        widget.observe(told, "value")


def day_controls(label: str, days: Sequence[date]) -> tuple[Any, Any]:
    """A slider over days, and the labelled date field beside it."""
    import ipywidgets as w

    slider = w.SelectionSlider(options=day_options(days), continuous_update=False, layout=w.Layout(flex="1 1 150px"))
    field = w.DatePicker(description=label, style=NARROW, layout=w.Layout(width="208px", margin="2px 2px 2px 10px"))
    return slider, field


def day_options(days: Sequence[date]) -> list[tuple[str, date]]:
    """Options of a slider over days; the year stands in the field beside it, and here where there are several."""
    year = " %Y" if len({day.year for day in days}) > 1 else ""
    return [(f"{day.day} {day:%b}{day.strftime(year)}", day) for day in days]


class Falls:
    """One row per crossing: does it fall, when, to whom."""

    def __init__(self, wire: Wire, case: Case) -> None:
        import ipywidgets as w

        self._wire, self._names = wire, crossings_by_size(case)
        self._holders = [(name, authority) for authority, name in holders(case).items()]
        self._days: tuple[date, ...] = ()
        self._rows: dict[str, tuple[Any, Any, Any, Any]] = {}
        self._box = w.VBox()
        self._more = w.Dropdown(description="Another crossing", style=NARROW, options=[("choose …", CHOOSE)])
        for crossing in [*self._names][:ROWS]:
            self._add(crossing)
        wire.listen(self._more, self._add)
        self.widget = w.VBox([self._box, self._more])

    def _add(self, crossing: str) -> None:
        import ipywidgets as w

        wire = self._wire
        name = self._names.get(crossing, crossing)
        check = w.Checkbox(description=name, indent=False, layout=w.Layout(width="160px"))
        slider, day = day_controls("on", self._days or [date(2000, 1, 1)])
        by = w.Dropdown(description="to", options=self._holders, style=NARROW, layout=w.Layout(width="190px"))
        first = self._holders[0][1] if self._holders else None
        wire.on(check, lambda on: lambda p: p.capture(crossing, p.start, first) if on else p.spare(crossing))
        wire.on(slider, lambda value: lambda p: p.move(crossing, value))
        wire.on(day, lambda value: lambda p: p.move(crossing, value))
        wire.on(by, lambda value: lambda p: p.give(crossing, value))
        self._rows[crossing] = (check, slider, day, by)
        row = w.HBox([check, slider, day, by], layout=w.Layout(align_items="center"))
        row.add_class(f"ti-fall-{crossing}")
        self._box.children = (*self._box.children, row)
        for control in (slider, day, by):
            control.disabled = True
        with wire.still():
            rest = [(name, crossing) for crossing, name in self._names.items() if crossing not in self._rows]
            self._more.options = [("choose …", CHOOSE), *rest]
            self._more.layout.display = None if rest else "none"

    def show(self, plan: Plan) -> None:
        """Set every row to the plan."""
        for crossing in plan.scenario.captured:
            if crossing not in self._rows:
                self._add(crossing)
        renew = plan.timeline != self._days
        self._days = plan.timeline
        for crossing, (check, slider, day, by) in self._rows.items():
            fall = plan.fall(crossing)
            if renew or len(slider.options) != len(self._days):
                slider.options = day_options(self._days)
            check.value = fall is not None
            for control in (slider, day, by):
                control.disabled = fall is None
            slider.value = day.value = plan.start if fall is None else fall.start
            if fall is not None:
                held = [name for name, _ in fall.by]
                mixed = [(" and ".join(held), holder_of(fall))] if len(held) > 1 else []
                by.options = [*self._holders, *mixed]
                by.value = mixed[0][1] if mixed else (held or [self._holders[0][1]])[0]


class Events:
    """Every event of the scenario with a button that removes it, and a form to shut a crossing."""

    def __init__(self, wire: Wire, case: Case) -> None:
        import ipywidgets as w

        self._wire = wire
        names = crossings_by_size(case)
        self._crossing = w.Dropdown(
            description="Shut", options=[(name, crossing) for crossing, name in names.items()], style=NARROW
        )
        self._from = w.DatePicker(description="from", style=NARROW, layout=w.Layout(width="200px"))
        self._until = w.DatePicker(description="until", style=NARROW, layout=w.Layout(width="200px"))
        who = [(name.replace("_", " "), name) for name in CLOSED_BY]
        self._by = w.Dropdown(description="by the", options=who, style=NARROW, layout=w.Layout(width="160px"))
        button = w.Button(description="Shut it", layout=w.Layout(width="90px"))
        button.on_click(lambda _: self._shut())
        self._list = w.VBox()
        form = w.HBox([self._crossing, self._from, self._until, self._by, button], layout=w.Layout(flex_flow="wrap"))
        self.widget = w.VBox([form, self._list])

    def _shut(self) -> None:
        crossing, start, end, by = (c.value for c in (self._crossing, self._from, self._until, self._by))
        self._wire.change(lambda plan: plan.shut(crossing, start or plan.start, end, by))

    def show(self, plan: Plan) -> None:
        """List the events of the plan."""
        import ipywidgets as w

        self._from.value = self._from.value or plan.start
        self._until.value = self._until.value or plan.end
        rows = []
        for event in plan.scenario.events:
            button = w.Button(description=f"Remove: {event}", layout=w.Layout(width="auto"))
            button.on_click(lambda _, event=event: self._wire.change(lambda plan: plan.without(event)))
            rows.append(button)
        self._list.children = tuple(rows) or (w.HTML("<p>No events: every crossing stays as it was.</p>"),)


class Window:
    """First and last day, and the name of the scenario."""

    def __init__(self, wire: Wire) -> None:
        import ipywidgets as w

        self._start = w.DatePicker(description="First day", style=NARROW)
        self._end = w.DatePicker(description="Last day", style=NARROW)
        self._name = w.Text(description="Name of the scenario", style=NARROW, continuous_update=False)
        wire.on(self._start, lambda day: lambda p: p.during(day, p.end))
        wire.on(self._end, lambda day: lambda p: p.during(p.start, day))
        wire.on(self._name, lambda name: lambda p: p.named(name))
        self.widget = w.VBox([self._start, self._end, self._name])
        self.widget.add_class("ti-window")

    def show(self, plan: Plan) -> None:
        """Set the fields to the plan."""
        self._start.value, self._end.value, self._name.value = plan.start, plan.end, plan.scenario.name


class Keep:
    """The scenario as a file to save, and the plan as code to copy."""

    def __init__(self) -> None:
        import ipywidgets as w

        self._buttons = w.HTML()
        self._code = w.Textarea(description="Code", rows=12, layout=w.Layout(width="98%"), style=NARROW)
        self._file = w.Textarea(description="File", rows=8, layout=w.Layout(width="98%"), style=NARROW)
        self.widget = w.VBox([self._buttons, self._code, self._file], layout=w.Layout(width="100%"))

    def show(self, plan: Plan) -> None:
        """Make file and code anew."""
        code, file = plan.to_code(), plan.to_yaml()
        self._code.value, self._file.value = code, file
        name = "".join(c if c.isascii() and c.isalnum() else "_" for c in plan.scenario.name.lower()).strip("_")
        data = b64encode(file.encode("utf-8")).decode("ascii")
        # the one script of the panel: text in an attribute of the button goes to the clipboard
        copy = "navigator.clipboard.writeText(this.dataset.code); this.textContent = 'Copied'"
        save = f'download="{name or "scenario"}.yaml" href="data:application/yaml;base64,{data}"'
        self._buttons.value = (
            f'<a class="ti-save" style="{BUTTON}" {save}>Save as scenario file</a> &nbsp; '
            f'<button class="ti-copy" style="{BUTTON}" type="button" data-code="{escape(code)}" onclick="{copy}">'
            "Copy as code</button>"
        )

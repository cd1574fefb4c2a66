"""How the panel is laid out: what holds above, controls and numbers side by side, pictures below."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from html import escape
from typing import Any

from .controls import Events, Falls, Keep, Verb, Window, Wire, day_controls, day_options
from .held import Held
from .state import Plan

TROUBLE = "color:#8a1c00;background:#fff1ec;border-left:4px solid #D55E00"
FINE = "color:#222;background:#f3f6f8;border-left:4px solid #0072B2"

# Jupyter's sliders have no names of their own, and a day's field is only labelled "on": each row becomes a group named
# after its crossing or assumption, and so does its slider. Runs in the page when the panel comes, and on new rows.
NAMING = """
const panel = this.closest('.ti-explore');
const named = () => panel.querySelectorAll('.noUi-handle:not([aria-label])').forEach(handle => {
  const row = handle.closest('.widget-hbox');
  const label = row.querySelector('.widget-checkbox span') || row.querySelector('.widget-label[for]');
  handle.setAttribute('aria-label', label.innerText.trim());
  row.setAttribute('role', 'group');
  row.setAttribute('aria-label', label.innerText.trim());
});
named();
new MutationObserver(named).observe(panel, {childList: true, subtree: true});
"""


class View:
    """The widgets of one panel.

    Attributes
    ----------
    widget : the whole panel
    numbers, bridge, map, holders : HTML widgets that the panel fills
    """

    def __init__(
        self,
        plan: Plan,
        *,
        change: Callable[[Verb, Any], None],
        draw_map: Callable[[], None],
        undo: Callable[[], None],
        redo: Callable[[], None],
        start_over: Callable[[], None],
    ) -> None:
        import ipywidgets as w

        self._wire = Wire(change)
        self.numbers, self.bridge, self.map, self.holders, self._word = (w.HTML() for _ in range(5))
        self._undo = self._button("Undo", undo)
        self._redo = self._button("Redo", redo)
        self._over = self._button("Start over", start_over)
        case = plan.case
        self._sections: dict[str, Any] = {
            "Falls": Falls(self._wire, case),
            "Closures and other events": Events(self._wire, case),
            "Assumptions": Held(self._wire, case),
            "Window": Window(self._wire),
            "Save and copy": Keep(),
        }
        self._map_slider, self._map_day = day_controls("Map of", [plan.start])
        for control in (self._map_slider, self._map_day):
            self._wire.listen(control, lambda day: self._on_day(day, draw_map))
        self._days: tuple[date, ...] = ()
        self.widget = self._arranged(plan)
        self.widget.add_class("ti-explore")

    @property
    def day(self) -> date:
        """Day of the map."""
        chosen: date = self._map_slider.value
        return chosen

    def say(self, text: str, *, trouble: bool = False) -> None:
        """Show one sentence to the user; screen readers speak it."""
        role, style = ("alert", TROUBLE) if trouble else ("status", FINE)
        said = escape(text).replace("\n", "<br>")
        self._word.value = f'<div class="ti-word" role="{role}" style="padding:4px 10px;{style}">{said}</div>'

    def show(self, plan: Plan, *, undo: bool, redo: bool) -> None:
        """Set every control to a plan."""
        with self._wire.still():
            for section in self._sections.values():
                section.show(plan)
            self._undo.disabled, self._redo.disabled = not undo, not redo
            self._show_day(plan)

    def _show_day(self, plan: Plan) -> None:
        days = plan.timeline
        days = days[days.index(plan.start) : days.index(plan.end) + 1]
        if days != self._days:
            chosen = self._map_slider.value if self._days else plan.end
            self._days = days
            self._map_slider.options = day_options(days)
            self._set_day(min(max(chosen, plan.start), plan.end))

    def _set_day(self, day: date) -> None:
        with self._wire.still():
            self._map_slider.value = self._map_day.value = day

    def _on_day(self, day: date, draw_map: Callable[[], None]) -> None:
        first, last = self._days[0], self._days[-1]
        if not first <= day <= last:
            self._set_day(min(max(day, first), last))
            self.say(f"The window covers {first} to {last}; the map shows a day inside it.", trouble=True)
            return
        self._set_day(day)
        draw_map()

    @staticmethod
    def _button(words: str, act: Callable[[], None]) -> Any:
        import ipywidgets as w

        button = w.Button(description=words, layout=w.Layout(width="100px"))
        button.on_click(lambda _: act())
        return button

    def _arranged(self, plan: Plan) -> Any:
        import ipywidgets as w

        synthetic = " Synthetic data: invented to show the method." if plan.case.synthetic else ""
        naming = f'<style onload="{escape(NAMING)}"></style>'
        title = w.HTML(f"<h2 style='margin:0'>{escape(plan.case.title)}: what if …</h2>{synthetic}{naming}")
        tools = w.HBox([self._undo, self._redo, self._over])
        stack = w.Stack(
            [section.widget for section in self._sections.values()], selected_index=0, layout=w.Layout(width="100%")
        )
        chooser = w.ToggleButtons(options=[*self._sections], style={"button_width": "auto"})
        chooser.observe(lambda event: setattr(stack, "selected_index", event["owner"].index), "value")
        wide = w.Layout(flex="1 1 620px", min_width="0", padding="0 12px 0 0")
        left = w.VBox([chooser, stack], layout=wide)
        right = w.VBox([self.numbers], layout=w.Layout(flex="1 1 460px", min_width="0"))
        rows = w.Layout(flex_flow="row wrap", align_items="flex-start")
        day = w.HBox([self._map_slider, self._map_day], layout=w.Layout(align_items="center"))
        day.add_class("ti-map-day")
        pictures = [w.VBox([self.bridge], layout=wide), w.VBox([day, self.map], layout=wide)]
        holders = w.VBox([self.holders], layout=w.Layout(max_width="900px"))
        upper, lower = w.HBox([left, right], layout=rows), w.HBox(pictures, layout=rows)
        return w.VBox([w.HBox([title, tools], layout=rows), self._word, upper, lower, holders])

"""Effects: what an event did to a series, measured by several methods, each with placebos.

For example::

    e = ti.effects.synthetic_control(outcome, "myawaddy", "2023-12")
    e.table, e.text, e.placebos
    e.plot()
"""

from .differences import difference_in_differences
from .interrupted import interrupted_series
from .placebo import Placebos
from .rates import placebo_rate
from .results import Effect
from .state_space import structural
from .synthetic import synthetic_control
from .windows import Windows, windows

__all__ = [
    "Effect",
    "Placebos",
    "Windows",
    "difference_in_differences",
    "interrupted_series",
    "placebo_rate",
    "structural",
    "synthetic_control",
    "windows",
]

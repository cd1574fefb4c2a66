"""What is known: the tables of one crisis, read, checked and kept unchanged."""

from .calendar_systems import calendar_table
from .case import Case
from .load import find_case, list_cases, load_case
from .package import package
from .save import save_case
from .spreadsheet import read_tables
from .template import new_case
from .validate import report_text, validate

__all__ = [
    "Case",
    "calendar_table",
    "find_case",
    "list_cases",
    "load_case",
    "new_case",
    "package",
    "read_tables",
    "report_text",
    "save_case",
    "validate",
]

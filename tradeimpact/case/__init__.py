"""What is known: the tables of one crisis, read, checked and kept unchanged."""

from .case import Case
from .load import find_case, list_cases, load_case
from .package import package
from .validate import report_text, validate

__all__ = ["Case", "find_case", "list_cases", "load_case", "package", "report_text", "validate"]

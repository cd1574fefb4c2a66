"""Going through a table row by row, for the few places that must."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table in its order, each as column name to value; none for an empty table."""
    return [{str(name): value for name, value in row.items()} for row in table.to_dict("records")]

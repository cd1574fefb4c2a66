"""Going through a table row by row, for the few places that must."""

from __future__ import annotations

from typing import Any

import pandas as pd


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows of a table in its order, each as column name to value; none for an empty table."""
    names = [str(name) for name in table.columns]
    columns = [table.iloc[:, i].tolist() for i in range(len(names))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]

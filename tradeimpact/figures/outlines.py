"""Country outlines from GeoJSON, as rings of longitude and latitude in degrees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tradeimpact.errors import TradeImpactError
from tradeimpact.figures.labels import Ring


def read_outlines(outlines: Mapping[str, Any]) -> dict[str, list[Ring]]:
    """Outer rings of each country of a GeoJSON FeatureCollection, by property `name`.

    Each ring is an array of shape (n, 2): longitude, latitude.

    Raises
    ------
    TradeImpactError
        If there are no features, or one is no named polygon.
    """
    features = outlines.get("features") if isinstance(outlines, Mapping) else None
    if not features:
        raise TradeImpactError("The outlines are no GeoJSON FeatureCollection with features.")
    rings: dict[str, list[Ring]] = {}
    for number, feature in enumerate(features):
        name = (feature.get("properties") or {}).get("name")
        shape = feature.get("geometry") or {}
        kind = shape.get("type")
        if not name or kind not in ("Polygon", "MultiPolygon"):
            raise TradeImpactError(f"Outline number {number + 1} is not a polygon with a name.")
        polygons = [shape["coordinates"]] if kind == "Polygon" else shape["coordinates"]
        rings.setdefault(str(name), []).extend(np.asarray(polygon[0], dtype=float)[:, :2] for polygon in polygons)
    return rings

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
    if not isinstance(features, list) or not features:
        raise TradeImpactError("The outlines are no GeoJSON FeatureCollection with features. Give another file.")
    rings: dict[str, list[Ring]] = {}
    for number, feature in enumerate(features, start=1):
        given = feature if isinstance(feature, Mapping) else {}
        properties, shape = given.get("properties"), given.get("geometry")
        name = properties.get("name") if isinstance(properties, Mapping) else None
        kind = shape.get("type") if isinstance(shape, Mapping) else None
        if not name or not isinstance(name, str) or kind not in ("Polygon", "MultiPolygon"):
            raise TradeImpactError(f"Outline number {number} is not a polygon with a name. Name it, or leave it out.")
        rings.setdefault(name, []).extend(_rings(shape, kind, f"Outline number {number}, {name!r},"))
    return rings


def _rings(shape: Any, kind: str, what: str) -> list[Ring]:
    """Outer rings of one shape, each a closed line of longitudes and latitudes in degrees."""
    coordinates: Any = shape.get("coordinates")
    try:
        polygons = [coordinates] if kind == "Polygon" else list(coordinates or ())
        rings = [np.asarray(polygon[0], dtype=float)[:, :2] for polygon in polygons]
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        rings = []
    if not rings or any(len(ring) < 4 or ring.shape[1] < 2 for ring in rings):
        raise TradeImpactError(f"{what} has no rings of four points or more. Mend it or leave it out.")
    if any(not (np.abs(ring) <= (180.0, 90.0)).all() for ring in rings):
        raise TradeImpactError(
            f"{what} leaves longitude -180 to 180 and latitude -90 to 90. Give degrees, longitude first."
        )
    return rings

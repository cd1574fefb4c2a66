"""Labels on a map: where each name goes so that names cover neither marks nor one another.

Boxes are (left, bottom, right, top); everything is in one unit of length on the page (pixels).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

Box = tuple[float, float, float, float]
Ring = np.ndarray[Any, Any]
Point = tuple[float, float]

DIRECTIONS = ((1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (1, -1), (-1, 1), (-1, -1))
DISTANCES = (1.0, 6.0, 14.0, 26.0, 40.0)
OUTSIDE = 50.0
CLEAR = 7.0
LEADER = 9.0
STRUCK = 4.0
SWEEPS = 6
GRID = 48


def overlap(first: Box, second: Box) -> float:
    """Area that two boxes share.

    >>> overlap((0, 0, 2, 2), (1, 1, 3, 3)), overlap((0, 0, 1, 1), (2, 2, 3, 3))
    (1.0, 0.0)
    """
    wide = min(first[2], second[2]) - max(first[0], second[0])
    high = min(first[3], second[3]) - max(first[1], second[1])
    return float(wide * high) if wide > 0 and high > 0 else 0.0


def gap(first: Box, second: Box) -> float:
    """Distance between two boxes, 0 where they touch.

    >>> gap((0, 0, 1, 1), (4, 5, 6, 6))
    5.0
    """
    wide = max(first[0] - second[2], second[0] - first[2], 0.0)
    high = max(first[1] - second[3], second[1] - first[3], 0.0)
    return math.hypot(wide, high)


def inside(start: Point, end: Point, box: Box) -> float:
    """Length of the part of a straight line that lies in a box.

    >>> inside((-1.0, 1.0), (5.0, 1.0), (0, 0, 2, 2)), inside((0.0, 3.0), (2.0, 3.0), (0, 0, 2, 2))
    (2.0, 0.0)
    """
    first, last = 0.0, 1.0
    for from_, to, low, high in ((start[0], end[0], box[0], box[2]), (start[1], end[1], box[1], box[3])):
        if from_ == to:
            if not low <= from_ <= high:
                return 0.0
            continue
        ends = sorted(((low - from_) / (to - from_), (high - from_) / (to - from_)))
        first, last = max(first, ends[0]), min(last, ends[1])
    return max(0.0, last - first) * math.hypot(end[0] - start[0], end[1] - start[1])


def along(line: Ring, step: float) -> Ring:
    """Points on a line of straight pieces, `step` apart: shape (m, 2)."""
    walked = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.arange(0.0, walked[-1] + step / 2, step)
    return np.stack([np.interp(at, walked, line[:, side]) for side in (0, 1)], axis=1)


def centre(box: Box) -> Point:
    """Middle of a box."""
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def has_leader(box: Box, own: int, marks: Sequence[tuple[float, float, float]], *, scale: float) -> bool:
    """Whether a label needs a line to its mark: it stands away from it, or nearer to the mark of another."""
    gaps = [gap(box, (x, y, x, y)) - radius for x, y, radius in marks]
    others = [distance for other, distance in enumerate(gaps) if other != own]
    return gaps[own] > LEADER * scale or (bool(others) and min(others) < min(gaps[own], CLEAR * scale))


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def candidates(x: float, y: float, radius: float, width: float, height: float, *, scale: float) -> list[Box]:
    """Boxes of `width` by `height` around a mark at (x, y), nearest first, beside before above it."""
    boxes: list[Box] = []
    for distance in DISTANCES:
        for dx, dy in DIRECTIONS:
            reach = radius + distance * scale
            slant = reach / math.sqrt(2) if dx and dy else reach
            left = x + dx * slant - (width if dx < 0 else width / 2 if dx == 0 else 0.0)
            bottom = y + dy * slant - (height if dy < 0 else height / 2 if dy == 0 else 0.0)
            boxes.append((left, bottom, left + width, bottom + height))
    return boxes


def place_labels(
    marks: Sequence[tuple[float, float, float]],
    sizes: Sequence[tuple[float, float]],
    *,
    frame: Box,
    lines: Sequence[Ring] = (),
    scale: float = 1.0,
) -> list[Box]:
    """Box for the label of each mark, with the least overlap among a fixed set of places around it.

    Labels are placed in the order given, then each is tried again against all others until nothing improves. A label
    keeps off `lines` and off the lines that lead other labels to their marks.

    Parameters
    ----------
    marks : sequence of (x, y, radius)
    sizes : sequence of (width, height)
        Of the labels, in the order of `marks`.
    frame : Box
        Labels should stay inside.
    lines : sequence of array, shape (n, 2)
        What is drawn between the marks.
    scale : float
        Length of a point on the page.

    Returns
    -------
    list of Box
        In the order of `marks`; the same input gives the same places.
    """
    blocks: list[Box] = [(x - r, y - r, x + r, y + r) for x, y, r in marks]
    options = [candidates(x, y, r, *size, scale=scale) for (x, y, r), size in zip(marks, sizes, strict=True)]
    led = [[has_leader(box, i, marks, scale=scale) for box in boxes] for i, boxes in enumerate(options)]
    drawn = np.concatenate([along(line, scale) for line in lines]) if lines else np.empty((0, 2))
    chosen: dict[int, int] = {}

    def alone(index: int, option: int) -> float:
        box = options[index][option]
        covered = sum(overlap(box, block) for block in blocks)
        beyond = OUTSIDE * (_area(box) - overlap(box, frame))
        strangers = sum(
            max(0.0, 1 - gap(box, block) / (CLEAR * scale)) for other, block in enumerate(blocks) if other != index
        )
        if led[index][option]:
            others = blocks[:index] + blocks[index + 1 :]
            struck = sum(inside(centre(box), marks[index][:2], other) for other in others)
            covered += STRUCK * struck * (box[3] - box[1])
        crossed = scale * float(((drawn >= box[:2]) & (drawn <= box[2:])).all(axis=1).sum()) * (box[3] - box[1])
        return 2 * covered + beyond + crossed + (0.35 * strangers + 0.004 * option) * _area(box)

    own = [[alone(index, option) for option in range(len(boxes))] for index, boxes in enumerate(options)]

    def through(index: int, option: int, box: Box) -> float:
        """Area of `box` that the line from a label to its mark strikes out."""
        if not led[index][option]:
            return 0.0
        return inside(centre(options[index][option]), marks[index][:2], box) * (box[3] - box[1])

    def cost(index: int, option: int) -> float:
        box, total = options[index][option], own[index][option]
        for other, place in chosen.items():
            if other != index:
                there = options[other][place]
                struck = through(index, option, there) + through(other, place, box)
                total += 3 * overlap(box, there) + 2 * STRUCK * struck
        return total

    for _sweep in range(SWEEPS):
        before = dict(chosen)
        for index, places in enumerate(options):
            costs = [cost(index, option) for option in range(len(places))]
            chosen[index] = costs.index(min(costs))
        if chosen == before:
            break
    return [options[index][chosen[index]] for index in range(len(marks))]


def name_place(rings: Sequence[Ring], size: tuple[float, float], *, frame: Box, taken: Sequence[Box]) -> Box | None:
    """Box for an area's name inside its visible part, away from what is `taken`; None if there is no room.

    Parameters
    ----------
    rings : sequence of array, shape (n, 2)
        Outer rings of the area, on the page.
    size : (width, height)
    frame : Box
        What can be seen.
    taken : sequence of Box
    """
    from matplotlib.path import Path

    width, height = size
    if frame[2] - frame[0] <= width or frame[3] - frame[1] <= height:
        return None
    xs = np.linspace(frame[0] + width / 2, frame[2] - width / 2, GRID)
    ys = np.linspace(frame[1] + height / 2, frame[3] - height / 2, GRID)
    centres = np.stack(np.meshgrid(xs, ys), axis=-1).reshape(-1, 2)
    corners = [(dx * width / 2, dy * height / 2) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    inside = np.zeros((len(centres), len(corners)), dtype=bool)
    for ring in rings:
        path = Path(ring)
        inside |= np.stack([path.contains_points(centres + corner) for corner in corners], axis=1)
    room = np.full(len(centres), np.inf)
    for box in taken:
        across = np.maximum(np.maximum(box[0] - centres[:, 0], centres[:, 0] - box[2]) - width / 2, 0)
        along = np.maximum(np.maximum(box[1] - centres[:, 1], centres[:, 1] - box[3]) - height / 2, 0)
        room = np.minimum(room, np.hypot(across, along))
    edge = _distance_to_rings(centres, rings)
    fit = inside.all(axis=1) & (room > 0.2 * height)
    if not fit.any():
        return None
    score = np.where(fit, np.minimum(np.minimum(edge, 3 * height) + np.minimum(room, 3 * height), 6 * height), -1.0)
    middle = np.array([(frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2])
    best = int(np.argmax(score - 1e-3 * np.hypot(*(centres - middle).T)))
    x, y = centres[best]
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _distance_to_rings(points: np.ndarray[Any, Any], rings: Sequence[Ring]) -> np.ndarray[Any, Any]:
    nearest = np.full(len(points), np.inf)
    for ring in rings:
        for start, end in pairwise(ring):
            line = end - start
            along = np.clip(((points - start) @ line) / (float(line @ line) or 1.0), 0, 1)
            nearest = np.minimum(nearest, np.hypot(*(points - (start + along[:, None] * line)).T))
    return nearest

"""The radar of a profile: assessed against target level, one numbered axis a competency.

The page embeds the drawing and typst sets it as a picture. The origin is the centre of the chart, y
grows downwards, and the unit is a CSS pixel. Names and figures stand in the table beside it, under
the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.documents.markup import load_template

HIGHEST = 4
RADIUS = 110.0
_NUMBERS = RADIUS + 14

Point = tuple[float, float]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Radar:
    """A radar chart, ready to be drawn.

    Parameters
    ----------
    rings : tuple of str
        One polygon a level, from 1 to 4.
    target : str
        Polygon of the target levels.
    actual : str
        Path of the assessed levels. It connects neighbours that are both assessed, so an unknown
        level leaves a gap and not a point at 0.
    axes, marks, numbers : tuple
        End of each axis, where the mark of each competency stands (at its level, or at the end of
        the axis where it is to be assessed first) and its number; each with the competency.
    """

    rings: tuple[str, ...]
    target: str
    actual: str
    axes: tuple[tuple[Point, Row], ...]
    marks: tuple[tuple[Point, Row], ...]
    numbers: tuple[tuple[Point, Row], ...]


def draw_radar(view: Mapping[str, Any]) -> str:
    """Draw the profile of a plan.

    Parameters
    ----------
    view : Mapping
        The plan as `plan_view` gives it.

    Returns
    -------
    str
        An SVG element as a page embeds it; empty where there are too few competencies for a radar.
    """
    if not view["as_radar"]:
        return ""
    return load_template("radar.svg.j2").render(
        radar=lay_out_radar(view["competencies"]),
        description=view["meta"]["chart"],
    )


def lay_out_radar(rows: Sequence[Row]) -> Radar:
    """Lay out the chart of a profile.

    Parameters
    ----------
    rows : sequence of Mapping
        The competencies as `plan_view` gives them, at least three, clockwise from the top.

    Returns
    -------
    Radar
    """
    count = len(rows)

    def at(index: float, level: float) -> Point:
        return _point(index, count, RADIUS * level / HIGHEST)

    corners = [at(i, HIGHEST) for i in range(count)]
    marks = [at(i, HIGHEST if row["at"] is None else row["at"]) for i, row in enumerate(rows)]
    numbers = [_point(i, count, _NUMBERS) for i in range(count)]
    both = [i for i in range(count) if rows[i]["assessed"] and rows[(i + 1) % count]["assessed"]]
    return Radar(
        rings=tuple(
            _polygon(at(i, level) for i in range(count)) for level in range(1, HIGHEST + 1)
        ),
        target=_polygon(at(i, row["target_at"]) for i, row in enumerate(rows)),
        actual="".join(_stroke(marks[i], marks[(i + 1) % count]) for i in both),
        axes=_with_rows(corners, rows),
        marks=_with_rows(marks, rows),
        numbers=_with_rows(numbers, rows),
    )


def _point(index: float, count: int, length: float) -> Point:
    angle = 2 * math.pi * index / count
    return length * math.sin(angle), -length * math.cos(angle)


def _with_rows(points: Sequence[Point], rows: Sequence[Row]) -> tuple[tuple[Point, Row], ...]:
    rounded = ((round(x, 1), round(y, 1)) for x, y in points)
    return tuple(zip(rounded, rows, strict=True))


def _polygon(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _stroke(start: Point, end: Point) -> str:
    return f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"

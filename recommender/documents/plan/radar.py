"""The radar of a profile: assessed against target level, one numbered axis a competency.

The page embeds the drawing and typst sets it as a picture. The origin is the centre of the chart, y
grows downwards, and the unit is a CSS pixel. On paper names and figures stand in the table beside
it, under the same numbers; a page of the console names the axes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recommender.documents.markup import load_template
from recommender.texts import say

HIGHEST = 4
RADIUS = 110.0
_NUMBERS = RADIUS + 14
# English names are longer, and have to stand beside the chart too
_NAMED_RADIUS = {"zh-CN": 116.0, "en": 92.0}
FEWEST_ON_RADAR = 3
_WIDEST_LINE = 13  # characters of an English name
_LINE = 11.5  # pixels from line to line
# names of two lines need more room above and below than beside the chart
_STRETCH = {"zh-CN": 1.0, "en": 1.2}
_APART = 4.0  # pixels between the lines of one name and those of the next
_MIDDLE = 44.0  # pixels from the centre within which only the names right above and below it stand

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
    names : tuple
        The lines of each competency's name, with the anchor of the text; empty where axes are
        numbered.
    """

    rings: tuple[str, ...]
    target: str
    actual: str
    axes: tuple[tuple[Point, Row], ...]
    marks: tuple[tuple[Point, Row], ...]
    numbers: tuple[tuple[Point, Row], ...]
    names: tuple[AxisName, ...] = ()


@dataclass(frozen=True)
class AxisName:
    """The name at the end of an axis: its lines with the place of each, and how they are set."""

    lines: tuple[tuple[Point, str], ...]
    anchor: str
    row: Row


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


def draw_named_radar(rows: Sequence[Row], *, finding: str, lang: str) -> str:
    """Draw a profile for a page of the console: with names at its axes, a title and a finding.

    Parameters
    ----------
    rows : sequence of Mapping
        The competencies as `competency_views` gives them, clockwise from the top.
    finding : str
        What the chart shows, in a sentence.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    str
        An SVG element without inline styles; empty where there are too few competencies.
    """
    if len(rows) < FEWEST_ON_RADAR:
        return ""
    return load_template("radar.svg.j2").render(
        radar=lay_out_radar(rows, radius=_NAMED_RADIUS[lang], named_in=lang),
        description=finding,
        lang=lang,
        title=say("document.radar.title", lang),
        scale=[
            (level, round(-_NAMED_RADIUS[lang] * level / HIGHEST, 1))
            for level in range(1, HIGHEST + 1)
        ],
    )


def lay_out_radar(
    rows: Sequence[Row], *, radius: float = RADIUS, named_in: str | None = None
) -> Radar:
    """Lay out the chart of a profile.

    Parameters
    ----------
    rows : sequence of Mapping
        The competencies as `plan_view` gives them, at least three, clockwise from the top.
    radius : float
        In pixels.
    named_in : str, optional
        The language of the names; without it axes are numbered only.

    Returns
    -------
    Radar
    """
    count = len(rows)

    def at(index: float, level: float) -> Point:
        return _point(index, count, radius * level / HIGHEST)

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
        names=_spread(
            [_name_axis(_point(i, count, radius + 12), row, named_in) for i, row in enumerate(rows)]
        )
        if named_in
        else (),
    )


def _name_axis(at: Point, row: Row, lang: str) -> AxisName:
    x, y = at[0], at[1] * _STRETCH[lang]
    lines = _break_name(row["name"], lang)
    # beside the chart a name begins or ends at its axis; above and below it is centred
    anchor = "middle" if abs(x) < 12 else "start" if x > 0 else "end"
    # at the height of the centre the middle of the lines is at the axis; the higher the axis ends,
    # the nearer to its end is the last line, and the lower, the first: names stay off the chart
    first = y - _LINE * (len(lines) - 1) * (1 - y / math.hypot(x, y)) / 2
    if anchor != "middle":
        x = math.copysign(max(abs(x) + 4, _MIDDLE), x)
    placed = tuple(
        ((round(x, 1), round(first + 4 + _LINE * i, 1)), line) for i, line in enumerate(lines)
    )
    return AxisName(placed, anchor, row)


def _spread(names: Sequence[AxisName]) -> tuple[AxisName, ...]:
    """Move names up or down, away from the height of the centre, until no two of a side touch."""
    moved = list(names)
    for anchor in ("start", "end"):
        side = [at for at, name in enumerate(names) if name.anchor == anchor]
        side.sort(key=lambda at: abs(names[at].lines[0][0][1]))
        for below in (False, True):
            free = -math.inf
            for at in side:
                heights = [y for (_, y), _ in names[at].lines]
                if (heights[0] >= 0) is not below:
                    continue
                # measured outwards from the centre
                nearest, furthest = (heights[0], heights[-1])
                if not below:
                    nearest, furthest = -heights[-1], -heights[0]
                by = max(free - nearest, 0.0)
                free = furthest + by + _LINE + _APART
                by = by if below else -by
                lines = (((x, round(y + by, 1)), line) for (x, y), line in names[at].lines)
                moved[at] = replace(names[at], lines=tuple(lines))
    return tuple(moved)


def _break_name(name: str, lang: str) -> list[str]:
    if lang == "zh-CN":
        # they nearly all end in it, and the heading says what they are
        return [re.sub("(?<=..)能力$", "", name)]
    lines: list[str] = []
    for word in name.split():
        if lines and len(f"{lines[-1]} {word}") <= _WIDEST_LINE:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines


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

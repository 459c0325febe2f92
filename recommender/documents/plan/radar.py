"""The radar of a profile: assessed against target level, one axis a competency.

The page embeds the drawing and typst sets it as a picture. The origin is the centre of the chart, y
grows downwards, and the unit is a CSS pixel on the page. The widths of labels are estimates,
because the reader's browser chooses the font.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from recommender.documents.markup import load_template

HIGHEST = 4
WIDTH = 860.0
_RADIUS = 200.0
_OFFSET = _RADIUS + 20  # of the labels
_LABEL_WIDTH = 240.0
_NAME_SIZE, _NAME_LINE, _NOTE_LINE, _LABEL_SPACE = 14.0, 17.0, 15.0, 4.0
_NAME_LINES = 4  # a longer name is cut, so that a label cannot push all others away
_MARGIN = 8.0
_KEY_HEIGHT, _KEY_MARK, _KEY_SPACE = 22.0, 42.0, 28.0
# what stays together when a name is broken: one Chinese character, spaces, a word, or anything else
_PIECE = re.compile(r"[\u2e80-\u9fff\uf900-\uffef\U00020000-\U0003ffff]|\s+|[!-~\u00a1-\u2e7f]+|.")

Point = tuple[float, float]


@dataclass(frozen=True)
class Label:
    """What stands at the end of an axis.

    Parameters
    ----------
    x, y : float
        Where its first line stands: the end that `anchor` names, on the base line.
    anchor : str
        ``start``, ``middle`` or ``end``, as in SVG.
    lines : tuple of str
        The name, broken into lines.
    row : Mapping
        The competency.
    leader : str
        Path from the axis to a label that had to be moved away from it, else empty.
    """

    x: float
    y: float
    anchor: str
    lines: tuple[str, ...]
    row: Mapping[str, Any]
    leader: str = ""


@dataclass(frozen=True)
class KeyEntry:
    """What one form of the chart stands for.

    Parameters
    ----------
    x, y : float
        Left end of the sample, at half its height.
    what : str
        What the sample shows.
    text : str
        What it stands for, in words.
    """

    x: float
    y: float
    what: Literal["level", "target", "assess_first"]
    text: str


@dataclass(frozen=True)
class Radar:
    """A radar chart, ready to be drawn.

    Parameters
    ----------
    view_box : str
        The part of the plane that holds the whole chart.
    rings : tuple of str
        One polygon a level, from 1 to 4.
    axes : tuple
        End of each axis, and its competency.
    target : str
        Polygon of the target levels.
    actual : str
        Path of the assessed levels. It connects neighbours that are both assessed, so an unknown
        level leaves a gap and not a point at 0.
    marks : tuple
        Where the mark of each competency stands, and the competency: at its level, or at the end
        of the axis where it is to be assessed first.
    scale : tuple
        Where the number of each level from 0 to 4 stands.
    labels : tuple of Label
        One an axis.
    key : tuple of KeyEntry
        From left to right, below the chart.
    """

    view_box: str
    rings: tuple[str, ...]
    axes: tuple[tuple[Point, Mapping[str, Any]], ...]
    target: str
    actual: str
    marks: tuple[tuple[Point, Mapping[str, Any]], ...]
    scale: tuple[Point, ...]
    labels: tuple[Label, ...]
    key: tuple[KeyEntry, ...]


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
    chart = view["chart"]
    if not chart["as_radar"]:
        return ""
    return load_template("radar.svg.j2").render(
        radar=lay_out_radar(view["competencies"], view["labels"], detailed=chart["detailed"]),
        detailed=chart["detailed"],
        description=view["meta"]["chart"],
    )


def lay_out_radar(
    rows: Sequence[Mapping[str, Any]], words: Mapping[str, str], *, detailed: bool
) -> Radar:
    """Lay out the chart of a profile.

    Parameters
    ----------
    rows : sequence of Mapping
        The competencies as `plan_view` gives them, at least three, clockwise from the top.
    words : Mapping
        The fixed texts of the document, for the key.
    detailed : bool
        Whether the levels stand under each name.

    Returns
    -------
    Radar
    """
    count = len(rows)

    def at(index: float, level: float) -> Point:
        return _point(index, count, _RADIUS * level / HIGHEST)

    labels = _labels(rows, detailed=detailed)
    heights = [_height(label.lines, detailed=detailed) for label in labels]
    tops = [label.y - _NAME_LINE for label in labels]
    top = min(-_RADIUS, *tops) - _MARGIN
    ends = [start + height for start, height in zip(tops, heights, strict=True)]
    corners = [at(i, HIGHEST) for i in range(count)]
    bottom = max(*ends, *(y for _, y in corners)) + _MARGIN
    marks = [at(i, HIGHEST if row["at"] is None else row["at"]) for i, row in enumerate(rows)]
    both = [i for i in range(count) if rows[i]["assessed"] and rows[(i + 1) % count]["assessed"]]
    # The numbers of the scale stand between the last and the first axis, where no mark lies; there
    # a ring is nearer to the centre than at an axis.
    between = math.cos(math.pi / count)
    return Radar(
        view_box=f"{-WIDTH / 2:.0f} {top:.0f} {WIDTH:.0f} {bottom + _KEY_HEIGHT - top:.0f}",
        rings=tuple(
            _polygon(at(i, level) for i in range(count)) for level in range(1, HIGHEST + 1)
        ),
        axes=tuple((_rounded(corner), row) for corner, row in zip(corners, rows, strict=True)),
        target=_polygon(at(i, row["target_at"]) for i, row in enumerate(rows)),
        actual="".join(_stroke(marks[i], marks[(i + 1) % count]) for i in both),
        marks=tuple((_rounded(mark), row) for mark, row in zip(marks, rows, strict=True)),
        scale=tuple(_rounded(at(-0.5, level * between)) for level in range(HIGHEST + 1)),
        labels=labels,
        key=_key(rows, words, y=bottom + _KEY_HEIGHT / 2),
    )


def _point(index: float, count: int, length: float) -> Point:
    angle = 2 * math.pi * index / count
    return length * math.sin(angle), -length * math.cos(angle)


def _rounded(point: Point) -> Point:
    return round(point[0], 1), round(point[1], 1)


def _polygon(points: Iterable[Point]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _stroke(start: Point, end: Point) -> str:
    return f"M{start[0]:.1f} {start[1]:.1f}L{end[0]:.1f} {end[1]:.1f}"


def _height(lines: tuple[str, ...], *, detailed: bool) -> float:
    return _NAME_LINE * len(lines) + (_NOTE_LINE if detailed else 0) + _LABEL_SPACE


def _labels(rows: Sequence[Mapping[str, Any]], *, detailed: bool) -> tuple[Label, ...]:
    count = len(rows)
    right = [i for i in range(1, count) if 2 * i < count]
    left = [i for i in range(count - 1, 0, -1) if 2 * i > count]
    placed: dict[int, Label] = {}
    boxes: list[tuple[float, float, float]] = []  # distance from the middle, top, bottom
    for side, anchor in ((right, "start"), (left, "end")):
        spots = [_point(i, count, _OFFSET) for i in side]
        names = [
            _name_lines(rows[i], width=min(WIDTH / 2 - abs(x), _LABEL_WIDTH))
            for i, (x, _) in zip(side, spots, strict=True)
        ]
        heights = [_height(lines, detailed=detailed) for lines in names]
        middles = spread([y for _, y in spots], heights)
        for i, (x, y), lines, height, middle in zip(
            side, spots, names, heights, middles, strict=True
        ):
            top = middle - height / 2
            leader = ""
            if abs(middle - y) > 6:  # moved by less, a label still clearly stands at its axis
                end = (x - math.copysign(3, x), middle)
                leader = _stroke(_point(i, count, _RADIUS + 6), end)
            place = _rounded((x, top + _NAME_LINE - 2))
            placed[i] = Label(*place, anchor, lines, rows[i], leader)
            boxes.append((abs(x), top, top + height))
    # the label at the top and, for an even count, the one at the bottom go last: they keep clear of
    # those at the sides
    for i, down in [(0, False), *([(count // 2, True)] if count % 2 == 0 else [])]:
        lines = _name_lines(rows[i], width=_LABEL_WIDTH)
        near = [box for box in boxes if box[0] < _LABEL_WIDTH / 2 and (box[1] > 0) == down]
        edge = max([_OFFSET - 8, *(bottom if down else -top for _, top, bottom in near)])
        start = edge if down else -edge - _height(lines, detailed=detailed)
        placed[i] = Label(0.0, round(start + _NAME_LINE - 2, 1), "middle", lines, rows[i])
    return tuple(placed[i] for i in range(count))


def _key(
    rows: Sequence[Mapping[str, Any]], words: Mapping[str, str], *, y: float
) -> tuple[KeyEntry, ...]:
    forms: list[Literal["level", "target", "assess_first"]] = ["level", "target"]
    if not all(row["assessed"] for row in rows):
        forms.append("assess_first")
    texts = [words[f"radar.{form}"] for form in forms]
    widths = [_KEY_MARK + _NAME_SIZE * _text_width(text) for text in texts]
    x = -(sum(widths) + _KEY_SPACE * (len(widths) - 1)) / 2
    entries: list[KeyEntry] = []
    for form, text, width in zip(forms, texts, widths, strict=True):
        entries.append(KeyEntry(round(x, 1), round(y, 1), form, text))
        x += width + _KEY_SPACE
    return tuple(entries)


def spread(middles: Sequence[float], heights: Sequence[float]) -> list[float]:
    """Move labels of one side apart so that none overlaps.

    Parameters
    ----------
    middles : sequence of float
        Preferred middles of the labels, from the top down.
    heights : sequence of float
        Their heights.

    Returns
    -------
    list of float
        Their middles. Labels that touch form a group, which stands as close as possible (in least
        squares) to where its members would like to be.
    """
    # isotonic regression by pooling adjacent violators, where what is pooled is labels that overlap
    groups: list[tuple[float, float, int]] = []  # start, height, labels
    for middle, height in zip(middles, heights, strict=True):
        groups.append((middle - height / 2, height, 1))
        while len(groups) > 1 and groups[-2][0] + groups[-2][1] > groups[-1][0]:
            low, high = groups.pop(), groups.pop()
            count = high[2] + low[2]
            # the mean of the starts that the members would like; for those of `low` the group
            # starts higher than they do, by the height of `high`
            start = (high[0] * high[2] + (low[0] - high[1]) * low[2]) / count
            groups.append((start, high[1] + low[1], count))
    placed: list[float] = []
    for start, _, count in groups:
        y = start
        for height in heights[len(placed) : len(placed) + count]:
            placed.append(y + height / 2)
            y += height
    return placed


def _name_lines(row: Mapping[str, Any], *, width: float) -> tuple[str, ...]:
    number = _text_width(f"{row['number']} ")
    # a name with a gap is set in bold, which is some 6 % wider
    em = width / _NAME_SIZE / (1.06 if row["has_gap"] else 1.0)
    return _broken(row["name"], em, first=em - number)


def _broken(text: str, width: float, *, first: float) -> tuple[str, ...]:
    """Break a text into at most four lines, `width` and, for the first, `first` in em."""
    lines = [""]
    for piece in _PIECE.findall(text):
        room = first if len(lines) == 1 else width
        if lines[-1] and _text_width((lines[-1] + piece).rstrip()) > room:
            lines.append("")
        if _text_width(piece) <= (first if len(lines) == 1 else width):
            lines[-1] += piece if lines[-1] else piece.lstrip()
            continue
        # a word longer than a line is broken wherever the line ends
        for character in piece:
            if _text_width(lines[-1] + character) > (first if len(lines) == 1 else width):
                lines.append("")
            lines[-1] += character
    shown = [line.rstrip() for line in lines if line.strip()] or [""]
    if len(shown) > _NAME_LINES:
        return (*shown[: _NAME_LINES - 1], shown[_NAME_LINES - 1][:-1] + "…")
    return tuple(shown)


def _text_width(text: str) -> float:
    """Estimate the width of a text in em, rather too wide: a label must not leave the picture."""
    return sum(map(_character_width, text))


def _character_width(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;'|!il":
        return 0.3
    if character in "mwMW@%":
        return 0.92
    return 0.68 if character.isupper() else 0.57

"""Units that people write into headers and cells: which can be converted, and which cannot.

A unit that is not known is a remark like any other. One that is known but belongs to something
else, such as days for a column of hours, must not pass for the unit of the column.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from recommender.table_kinds import Column

_MONEY: dict[str, float] = {
    **dict.fromkeys(("元", "人民币", "人民币元", "cny", "rmb", "¥", "yuan"), 1.0),
    **dict.fromkeys(("百元",), 100.0),
    **dict.fromkeys(("千元", "千", "k", "仟元", "千元人民币"), 1e3),
    **dict.fromkeys(("万元", "万", "w", "萬元", "人民币万元", "万元人民币", "万人民币"), 1e4),
    **dict.fromkeys(("百万元", "百万"), 1e6),
    **dict.fromkeys(("亿元", "亿"), 1e8),
}
_HOURS: dict[str, float] = {
    **dict.fromkeys(("小时", "学时", "课时", "时", "h", "hr", "hrs", "hour", "hours", "钟头"), 1.0),
    **dict.fromkeys(("分钟", "分", "min", "mins", "minute", "minutes"), 1 / 60),
}
_SCORE: dict[str, float] = dict.fromkeys(
    ("分", "%", "百分制", "百分比", "满分100", "满分100分", "100分制", "percent", "points"), 1.0
)
_POINTS: dict[str, float] = dict.fromkeys(("分", "points"), 1.0)
_LEVEL: dict[str, float] = dict.fromkeys(("级", "level", "levels"), 1.0)
_PEOPLE: dict[str, float] = dict.fromkeys(("人", "名", "个", "位", "people", "seats"), 1.0)

UNITS: Mapping[str, Mapping[str, float]] = {
    "money": _MONEY,
    "hours": _HOURS,
    "score": _SCORE,
    "points": _POINTS,
    "level": _LEVEL,
    "people": _PEOPLE,
}
"""For each measure the units that are understood, and how many of ours one of them is."""

# what cannot be converted: how long a day of training is, or what a dollar costs, nobody said
_FOREIGN: Mapping[str, frozenset[str]] = {
    "hours": frozenset(
        (
            *("天", "日", "周", "星期", "月", "个月", "年", "半天", "节", "次", "期", "秒"),
            *("day", "days", "week", "weeks", "month", "months", "sessions", "sec", "s", "seconds"),
        )
    ),
    "money": frozenset(
        ("美元", "港元", "港币", "欧元", "日元", "usd", "hkd", "eur", "jpy", "$", "us$", "€", "£")
    ),
    "score": frozenset(
        (
            "十分制",
            "五分制",
            "四分制",
            "10分制",
            "5分制",
            "4分制",
            "150分制",
            "120分制",
            "等级",
            "‰",
        )
    ),
    "people": frozenset(("班", "十人", "百人", "千人", "万人", "打")),
}
ALL_UNITS = frozenset(unit for units in (*UNITS.values(), *_FOREIGN.values()) for unit in units)
_SCALE = re.compile(r"([0-9]{1,3})\s*(?:-|~|—|–|至|到|to)\s*([0-9]{1,3})[分级]?(?:制)?")
_FULL_SCORE = re.compile(r"(?:满分|总分|full score|out of|max)[:：]?([0-9]+)分?")
# per participant is what the catalogue counts; per class or per group is another figure
_EACH = frozenset(("人", "人次", "每人", "员工", "person", "head"))


@dataclass(frozen=True)
class Unit:
    """A unit that was found.

    Parameters
    ----------
    text : str
        As it was written.
    factor : float or None
        How many of the column's own unit it is; None if it cannot be converted.
    """

    text: str
    factor: float | None


def find_unit(remark: str, column: Column) -> Unit | None:
    """Find a unit in a remark such as ``万元`` or ``单位：元/人``.

    Parameters
    ----------
    remark : str
        What stands behind the name of a column, or behind a number.
    column : Column
        What it stands behind.

    Returns
    -------
    Unit or None
        None where the remark names no unit.
    """
    text = unicodedata.normalize("NFKC", remark).strip().casefold()
    text = re.sub(r"^(?:单位|计量单位|unit|in)\s*[:：]?\s*", "", text).replace(" ", "")
    if not text:
        return None
    full = _FULL_SCORE.fullmatch(text)
    scale = _SCALE.fullmatch(text)
    if (full or scale) and column.measure in ("score", "points", "level"):
        # 1 to 5 in a column that goes from 0 to 3 is another scale, whatever the numbers are
        is_same = float(full[1] if full else scale[2] if scale else 0) == column.maximum
        if scale and column.measure != "level":  # not assessed yet is 0, and often left out
            is_same &= float(scale[1]) == column.minimum
        return Unit(remark.strip(), 1.0 if is_same else None)
    parts = [
        part.replace("每", "/").partition("/") for part in re.split(r"[,，、;；:：]", text) if part
    ]
    known = UNITS.get(column.measure, {})
    for unit, slash, each in parts:
        if unit in known:
            is_each = not slash or each in _EACH or (column.measure == "hours" and each == "门")
            return Unit(remark.strip(), known[unit] if is_each else None)
    # 万元、分钟 above a table has one for each of its columns; a single one is of this column
    if any(unit in ALL_UNITS for unit, _, _ in parts):
        return Unit(remark.strip(), None)
    return None


def is_meant(unit: Unit, column: Column) -> bool:
    """Say whether a unit that stands for a whole table can be meant for a column."""
    text = unicodedata.normalize("NFKC", unit.text).casefold()
    foreign = _FOREIGN.get("score" if column.measure == "points" else column.measure, ())
    return unit.factor is not None or any(part in foreign for part in re.split("[、,/]", text))


def describe_measure(column: Column, unit: Unit) -> dict[str, str]:
    """Return the unit that was found and those that a column understands, for a message."""
    understood = [name for name in UNITS.get(column.measure, {}) if not name.isascii()]
    return {"unit": unit.text, "units": "、".join(understood[:6])}

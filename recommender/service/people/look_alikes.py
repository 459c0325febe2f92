"""Ids that look like others: the same person twice, more often than two people."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Difference = Literal["zeros", "case", "width", "marks", "letters"]

# what stands between the characters of an id, or is seen by nobody
_MARKS = re.compile(r"[\s\-_.·/\\\u115f\u1160\u2800\u3164]+")
_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")
# which of them was typed, nobody sees in every font; some are Cyrillic
_LETTERS = str.maketrans(
    "oli\u0430\u0432\u0435\u043a\u043c\u043d\u043e\u0440\u0441\u0442\u0445\u0443",
    "011abekmh0pctxy",
)


@dataclass(frozen=True)
class LookAlike:
    """An id of a table that looks like another one.

    Parameters
    ----------
    row : int
        Its row in the spreadsheet, from 1.
    id : str
        The id.
    like : str
        The one it looks like.
    difference : str
        In what they differ: zeros in front, case, width, marks (spaces, hyphens and what nobody
        sees), or letters that look like digits.
    """

    row: int
    id: str
    like: str
    difference: Difference


def find_look_alikes(
    ids: Sequence[str], rows: Sequence[int], known: Iterable[str]
) -> list[LookAlike]:
    """Find the ids that look like a known one, or like an earlier one of the same table.

    Parameters
    ----------
    ids : sequence of str
        Those of the table that are not known, each once.
    rows : sequence of int
        The row of the spreadsheet of each.
    known : iterable of str
        Ids that are stored already.
    """
    seen: dict[str, str] = {}
    for id_ in known:
        seen.setdefault(_skeleton(id_), id_)
    look_alikes: list[LookAlike] = []
    for id_, row in zip(ids, rows, strict=True):
        like = seen.setdefault(_skeleton(id_), id_)
        if like != id_:
            look_alikes.append(LookAlike(int(row), id_, like, _difference(id_, like)))
    return look_alikes


def _skeleton(id_: str) -> str:
    return _ZEROS.sub("", _without_marks(_folded(id_)).translate(_LETTERS))


def _folded(id_: str) -> str:
    return unicodedata.normalize("NFKC", id_).casefold()


def _without_marks(text: str) -> str:
    # marks above letters and variation selectors, too: they may be shown or not
    return "".join(
        c for c in _MARKS.sub("", text) if unicodedata.category(c) not in ("Cf", "Mn", "Cc")
    )


def _difference(id_: str, like: str) -> Difference:
    first, second = (unicodedata.normalize("NFKC", text) for text in (id_, like))
    if first == second:
        return "width"
    first, second = first.casefold(), second.casefold()
    if first == second:
        return "case"
    if _without_marks(first) == _without_marks(second):
        return "marks"
    first, second = (_ZEROS.sub("", _without_marks(text)) for text in (first, second))
    return "zeros" if first == second else "letters"

"""Reading one cell as text, id, number or choice; a `BadCellError` says why it cannot be.

These functions see each distinct value of a column once, however often it occurs.
"""

from __future__ import annotations

import math
import re
import unicodedata

from recommender.exchange.tables.faults import BadCell
from recommender.exchange.tables.sheets.sheet import Unreadable
from recommender.exchange.tables.units import describe_measure, find_unit
from recommender.identifiers import FORMAT_CHARACTERS, ID_LENGTH, is_id
from recommender.table_kinds import Column

TEXT_LENGTH = 200
# references that may be given by name in place of the id
_NAMED = frozenset({"grade", "competency", "module", "subject", "figure"})
_STROKES = frozenset({"-", "–", "—", "——", "/"})
EMPTY_MARKS = _STROKES | {"无", "n/a", "null"}

# the quick way: no rule below would change such a text of Latin letters, digits and ideographs
_PLAIN = re.compile(
    "[0-9A-Za-z\u3400-\u4dbf\u4e00-\u9fff][0-9A-Za-z\u3400-\u4dbf\u4e00-\u9fff._:/-]{0,79}"
)
_SLUG = re.compile("[a-z0-9]+(-[a-z0-9]+)*")
# marks that reverse the direction of text are left for `_UNSAFE`: without them it reads otherwise
_INVISIBLE = re.compile(
    f"(?![\u202a-\u202e\u2066-\u2069])[{FORMAT_CHARACTERS}\U000e0001\U000e0020-\U000e007f]"
)
# all but compatibility ideographs: some names are written with one, and NFC would replace it
_NOT_COMPATIBILITY = re.compile("[^\uf900-\ufaff\U0002f800-\U0002fa1f]+")
# control characters and line separators; marks that reverse the direction of text, so that it
# looks different from what it is; halves of surrogate pairs, which UTF-8 cannot encode
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# the full-width space, digits and letters that a Chinese keyboard gives
_WIDE = {
    0x3000: " ",
    **{code: chr(code - 0xFEE0) for code in range(0xFF10, 0xFF1A)},
    **{code: chr(code - 0xFEE0) for code in range(0xFF21, 0xFF3B)},
    **{code: chr(code - 0xFEE0) for code in range(0xFF41, 0xFF5B)},
}
_SLASHES = str.maketrans("/／", "  ")
_FORMULA_SIGNS = tuple("=+-@＝＋－＠")
# ="00123" and '00123: how people keep Excel from taking the zeros of an id
_QUOTED_CSV_TEXT = re.compile(r'="([^"]*)"')
_APOSTROPHE = re.compile(r"^['’](?=[^\s'’]+$)")
# 123.0: programs that take an id for a number write it so
_DECIMAL = re.compile(r"[0-9]+\.0+")
# what Excel, WPS and LibreOffice show in place of a value, as text: in a CSV, or pasted
_ERROR_TEXT = re.compile(
    r"#(?:N/A|REF!|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|BUSY!"
    r"|UNKNOWN!|EXTERNAL!|PYTHON!|GETTING_DATA|#{2,}|[\u4e00-\u9fff]{1,4}[!?])|^Err:[0-9]{3}$",
    re.IGNORECASE,
)
# 1.23E+10: Excel writes what a narrow column shows
_SHORTENED = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+[0-9]+")
# what is left of characters that an encoding could not hold
_LOST = re.compile("\ufffd|锟斤拷|^[?？]{2,}$")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?")
_MEASURED = re.compile(r"([+-]?[0-9][0-9,]*(?:\.[0-9]*)?)\s*([^0-9.,\s].*)")
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?")


class BadCellError(Exception):
    """A cell cannot be read as its column asks."""

    def __init__(self, problem: BadCell) -> None:
        super().__init__(problem.code)
        self.problem = problem


def is_identifier(column: Column) -> bool:
    """Say whether a column holds ids, or names that stand for ids, and not free text."""
    return column.refers_to is not None or column.name.endswith("_id")


def _is_unit(column: Column) -> bool:
    return column.name in ("org_unit", "owner_unit")


def is_empty(value: object, column: Column) -> bool:
    """Say whether a cell is empty, or has a mark for "nothing" in a column that may be empty."""
    if not isinstance(value, str):
        return False
    text = value.strip()
    if text and not text[0].isalnum():
        text = _INVISIBLE.sub("", text).strip()
    if _is_unit(column) and not _INVISIBLE.sub("", text).translate(_SLASHES).strip():
        return True  # no unit between the slashes
    if column.nullable:
        return not text or text.casefold() in EMPTY_MARKS
    # a stroke is no name, and no title
    return not text or (column.type == "text" and text in _STROKES)


def read_text(value: object, column: Column) -> str:
    """Return a cell as text.

    An id is brought into Unicode form NFKC. Free text keeps its Chinese punctuation and every
    character of a name: only full-width digits and letters are narrowed, and white space is
    tidied.
    """
    text = value if type(value) is str and _PLAIN.fullmatch(value) else _tidy(value, column)
    if _LOST.search(text):
        raise BadCellError(BadCell("table.lost_character", "text"))
    if is_identifier(column) and _DECIMAL.fullmatch(text):
        raise BadCellError(BadCell("table.decimal_id", "text"))
    if column.slug and text and not _SLUG.fullmatch(text):
        raise BadCellError(BadCell("table.not_a_slug", "slug"))
    if column.makes_ids and text and not is_id(text):
        raise BadCellError(BadCell("table.not_an_id", "id"))
    # Excel keeps 15 digits of a number, and writes zeros for the others
    if len(text) >= 17 and is_identifier(column) and text.isdigit() and not text[15:].strip("0"):
        raise BadCellError(BadCell("table.digits_lost", "text"))
    return text


def longest(column: Column) -> int:
    """Return how many characters a text may have: an id as many as its database column holds.

    A list of ids, or a name that stands for an id, may be as long as any other text.
    """
    if is_identifier(column) and column.type != "ids" and column.refers_to not in _NAMED:
        return ID_LENGTH
    return TEXT_LENGTH


def _tidy(value: object, column: Column) -> str:
    identifier = is_identifier(column)
    text = _INVISIBLE.sub("", _as_text(value, identifier=identifier)).strip()
    if identifier:
        if match := _QUOTED_CSV_TEXT.fullmatch(text):
            text = match[1].strip()
        text = unicodedata.normalize("NFKC", text).strip()
    else:
        text = " ".join(text.translate(_WIDE).split())
        text = _NOT_COMPATIBILITY.sub(lambda m: unicodedata.normalize("NFC", m[0]), text)
        if _is_unit(column):
            text = "/".join(part.strip() for part in text.replace("／", "/").split("/"))
    text = _APOSTROPHE.sub("", text)
    if _SHORTENED.fullmatch(text):
        raise BadCellError(BadCell("table.digits_lost", "text"))
    if _ERROR_TEXT.search(text):
        raise BadCellError(BadCell("table.error_value", "text"))
    if _UNSAFE.search(text):
        raise BadCellError(BadCell("table.control_character", "plain_text"))
    maximum = longest(column)
    if len(text) > maximum:
        raise BadCellError(BadCell("table.too_long", "short_text", {"maximum": str(maximum)}))
    # what goes out as CSV again would get a quote in front, and be another id
    if (identifier or column.name == "name") and text.startswith(_FORMULA_SIGNS):
        raise BadCellError(BadCell("table.formula_text", "plain_text"))
    return text


def _as_text(value: object, *, identifier: bool) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, Unreadable):
        raise BadCellError(BadCell(value.code, "text"))
    if isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise BadCellError(BadCell("table.not_text", "text"))
        # Excel keeps 15 digits of a number: a longer id typed as one has lost its end
        if abs(value) >= 1e15:
            raise BadCellError(BadCell("table.digits_lost", "text"))
        if float(value).is_integer():
            return str(int(value))
        # an id such as 1.10 that became the number 1.1 cannot be told from 1.1
        if not identifier:
            return str(value)
    raise BadCellError(BadCell("table.not_text", "text"))


def read_number(value: object, column: Column, factor: float = 1.0) -> float:
    """Return a cell as a finite number within the column's bounds.

    Parameters
    ----------
    value : object
        The cell.
    column : Column
        What it should hold.
    factor : float
        How many of the column's own unit one unit of the header is, as in 费用（万元）. A unit in
        the cell itself counts instead.
    """
    expected = BadCell("", *number_expected(column))
    if isinstance(value, Unreadable):
        raise BadCellError(expected._replace(code=value.code))
    if isinstance(value, str):
        number = _number_of_text(value, column, factor, expected)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = scale(float(value), factor)
    else:
        raise BadCellError(expected._replace(code="table.not_a_number"))
    # the first test catches NaN, with which every comparison is false
    if not column.minimum <= number <= column.maximum or not math.isfinite(number):
        raise BadCellError(expected._replace(code="table.out_of_range"))
    if column.whole:
        # a formula in a spreadsheet may give 2.0000000000000004
        if abs(number - round(number)) > 1e-9:
            raise BadCellError(expected._replace(code="table.not_whole"))
        number = float(round(number))
    return number + 0.0  # no negative zero


def _number_of_text(value: str, column: Column, factor: float, expected: BadCell) -> float:
    text = _APOSTROPHE.sub("", as_plain(value)).casefold()
    text = text.replace("−", "-")  # the minus sign of mathematics, which NFKC leaves alone
    if _ERROR_TEXT.search(text):
        raise BadCellError(expected._replace(code="table.error_value"))
    if (match := _MEASURED.fullmatch(text)) and (unit := find_unit(match[2], column)):
        if unit.factor is None:
            values = {**expected.values, **describe_measure(column, unit)}
            raise BadCellError(expected._replace(code="table.other_unit", values=values))
        text, factor = match[1], unit.factor
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if text.lstrip("+-") in ("nan", "inf", "infinity"):
        raise BadCellError(expected._replace(code="table.out_of_range"))
    if not _NUMBER.fullmatch(text):
        raise BadCellError(expected._replace(code="table.not_a_number"))
    return scale(float(text), factor)


def as_plain(text: str) -> str:
    """Return the text of a number or date: in Unicode form NFKC, without what nobody sees."""
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).strip()


def scale(number: float, factor: float) -> float:
    """Return a number in the column's own unit: 1.1 of 10,000 is 11,000 to the last digit."""
    return number if factor == 1.0 else float(f"{number * factor:.12g}")


def number_expected(column: Column) -> tuple[str, dict[str, str]]:
    """Return what a number column expects: a key under ``expected.`` and its values."""
    if math.isinf(column.minimum) or math.isinf(column.maximum):
        return ("whole" if column.whole else "number"), {}
    key = "whole_between" if column.whole else "number_between"
    return key, {"minimum": f"{column.minimum:g}", "maximum": f"{column.maximum:.10g}"}


def list_choices(column: Column) -> dict[str, str]:
    """Return the choices of a column as one line in each language."""
    return {
        "choices_zh": "、".join(spellings[0] for spellings in column.choices.values()),
        "choices_en": ", ".join(column.choices),
    }


def expectation(column: Column) -> BadCell:
    """Return what a column expects, in the form of the problem of a missing cell."""
    if column.type == "number":
        return BadCell("table.missing", *number_expected(column))
    if column.type == "date":
        return BadCell("table.missing", "date")
    if column.type == "choice":
        return BadCell("table.missing", "choice", list_choices(column))
    if column.type == "ids":
        return BadCell("table.missing", f"list_{column.refers_to}")
    if column.refers_to == "subject":
        return BadCell("table.missing", "subject")
    if column.refers_to is not None:
        return BadCell("table.missing", f"known_{column.refers_to}")
    if column.slug:
        return BadCell("table.missing", "slug")
    if column.makes_ids:
        return BadCell("table.missing", "id")
    return BadCell("table.missing", "text")

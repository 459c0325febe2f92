"""Number formats of Excel that change what a number says: what the reader of the sheet sees.

Most formats only shape a number: 1234.5 as ``1,234.50`` is the same number. Some do more: ``00000``
turns 901 into the staff number 00901, ``"EMP"000`` turns 7 into EMP007, ``0%`` turns .86 into 86%,
and ``0.0"万元"`` says that 1.2 means 12,000.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable

from recommender.exchange.tables.units import ALL_UNITS

Show = Callable[[float], str]

# one token of a format: a quoted text, an escaped character (WPS and Chinese Excel write `!`), a
# space as wide as a character, a fill, a condition or colour, or a single character
_TOKEN = re.compile(r'"([^"]*)"|[\\!](.)|_.|\*.|\[[^\]]*\]|(.)', re.DOTALL)
_DIGITS = frozenset("0#?")
# letters that make a format one of dates and times, which the reader of the workbook turns into
# dates by itself
_OF_DATES = frozenset("ymdhsYMDHSeg")
_BUILT_IN = {9: "0%", 10: "0.00%"}


def find_show(code: str) -> Show | None:
    """Return a function that shows a number as a format does, or None where the number says it all.

    Parameters
    ----------
    code : str
        A format as Excel keeps it, such as ``00000`` or ``0.0%``.
    """
    if len(code) > 255:  # as many as Excel allows
        return None
    # (is it a placeholder or sign of the format, its character or text)
    tokens: list[tuple[bool, str]] = []
    for match in _TOKEN.finditer(code):
        quoted, escaped, single = match.groups()
        if single == ";":
            break  # of several sections the first is for numbers above 0
        if single is not None:
            tokens.append((single in "0#?.,%/Ee+-@" or single.isascii(), single))
        elif quoted is not None or escaped is not None:
            tokens.append((False, quoted if quoted is not None else escaped))
    signs = "".join(text for is_sign, text in tokens if is_sign).replace(" ", "")
    literal = "".join(text for is_sign, text in tokens if not is_sign).strip()
    if signs == "General" or not signs:
        return None
    if "%" in signs:
        return lambda number: f"{number * 100:.12g}%"
    if not _DIGITS.issuperset(signs.replace(".", "").replace(",", "")):
        return None if _OF_DATES & set(signs) else _pad(tokens)
    if literal.casefold() in ALL_UNITS:
        # each comma at the end shows a thousandth of the number
        thousands = 1000.0 ** (len(signs) - len(signs.rstrip(",")))
        return lambda number: f"{number / thousands:.12g}{literal}"
    if signs.endswith(",") and literal[:1] == "." and literal[1:].casefold() in ALL_UNITS:
        # 0!.0,"万元" puts a point into the thousands: 12,000 is shown as 1.2
        dot = next(at for at, (is_sign, text) in enumerate(tokens) if not is_sign and "." in text)
        behind = sum(is_sign and text in _DIGITS for is_sign, text in tokens[dot:])
        parts = 1000.0 ** (len(signs) - len(signs.rstrip(","))) * 10.0**behind
        return lambda number: f"{number / parts:.12g}{literal[1:]}"
    return _pad(tokens)


def built_in(number: int) -> Show | None:
    """Return how a format that has a number and no text shows numbers."""
    return find_show(_BUILT_IN[number]) if number in _BUILT_IN else None


def _pad(tokens: list[tuple[bool, str]]) -> Show | None:
    """Return a function that fills in the digits of a whole number, as in staff numbers."""
    pattern: list[tuple[bool, str]] = []
    for is_sign, text in tokens:
        if is_sign and text not in "0#?-/ ":
            return None
        pattern.append((is_sign and text in _DIGITS, text))
    places = [text for is_digit, text in pattern if is_digit]
    first = next((at for at, (is_digit, _) in enumerate(pattern) if is_digit), 0)
    before = "".join(text for _, text in pattern[:first])
    # a single 0 pads nothing, and a text behind it is a unit; letters in front make another id
    if not places or (places.count("0") < 2 and not re.search("[A-Za-z0-9]", before)):
        return None

    def show(number: float) -> str:
        if not math.isfinite(number) or number < 0 or number >= 1e15 or number != int(number):
            return f"{number:.15g}"
        digits = list(str(int(number)))
        shown: list[str] = []
        left = len(places)
        for is_digit, text in reversed(pattern):
            if not is_digit:
                shown.append(text)
                continue
            left -= 1
            if digits:
                shown.append(digits.pop())
            elif text == "0":
                shown.append("0")
            if not left:
                # more digits than places: all stand at the first one
                shown.extend(reversed(digits))
                digits.clear()
        return "".join(reversed(shown)).strip()

    return show

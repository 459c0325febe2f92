"""Numbers, dates and sentences as the documents print them."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterable
from decimal import ROUND_HALF_DOWN, ROUND_HALF_UP, Decimal

from recommender.texts import say

MINUS = "\N{MINUS SIGN}"
UNKNOWN = "\N{EM DASH}"
_SENTENCE_END = re.compile(r"[\s.。;；]+$")
# Runs that offer no place to end a line. Chinese is not among them: it can break anywhere.
_UNBROKEN = re.compile(r"[^\s\u200b\u2e80-\u9fff\uf900-\uffef\U00020000-\U0003ffff]{14,}")
_WORD = re.compile(r"[A-Z]?[a-z]{1,21}[,;:.)]?")
_PIECE = 8


def known(number: float | None) -> float | None:
    """Return the number, or None if it is None, NaN or infinite."""
    return number if number is not None and math.isfinite(number) else None


def decimal(number: float | None, *, digits: int) -> str:
    """Return a number with a fixed count of decimals, or a dash where it is not known."""
    value = known(number)
    if value is None:
        return UNKNOWN
    text = f"{value:,.{digits}f}"
    if text.startswith("-"):
        # a small negative number that rounds to 0 must not print as -0.00
        return text[1:] if float(text.replace(",", "")) == 0 else MINUS + text[1:]
    return text


def evidence(number: float, unit: str) -> str:
    """Return the figure of a result of work with its unit, with the decimals that it has."""
    text = f"{number:,.6f}".rstrip("0").rstrip(".").replace("-", MINUS)
    return text + unit if unit == "%" else f"{text} {unit}"


def level(number: float | None) -> str:
    """Return an assessed level, in two decimals.

    Halves are rounded down, and those of gaps up: so level and gap as shown are the target.
    """
    return _in_hundredths(number, ROUND_HALF_DOWN)


def gap(number: float | None) -> str:
    """Return a gap, or that times its weight, in two decimals; never 0.00 unless it is 0."""
    text = _in_hundredths(number, ROUND_HALF_UP)
    return "<0.01" if number and text == "0.00" else text


def target(number: float) -> str:
    """Return a target level: with one decimal, and with a second where it has one."""
    text = _in_hundredths(number, ROUND_HALF_UP)
    return text.removesuffix("0") if "." in text else text


def _in_hundredths(number: float | None, rounding: str) -> str:
    value = known(number)
    if value is None:
        return UNKNOWN
    # by the decimals in which sums agree: 0.145 counts as a half, whatever its last bits are
    return str(Decimal(f"{value:.9f}").quantize(Decimal("0.01"), rounding))


def total(numbers: Iterable[float], *, digits: int = 2) -> float:
    """Return the sum of numbers as they are shown, so that whoever adds them up agrees."""
    return math.fsum(round(number, digits) for number in numbers)


def signed(number: float | None, *, digits: int) -> str:
    """Return a number with its sign, as an improvement is printed."""
    text = decimal(number, digits=digits)
    return text if text[0] in (MINUS, UNKNOWN) else f"+{text}"


def hours(number: float | None) -> str:
    """Return hours, with up to two decimals."""
    text = decimal(number, digits=2)
    return text.rstrip("0").rstrip(".") if "." in text else text


def money(number: float | None) -> str:
    """Return an amount of money, with decimals only where it is not whole."""
    return decimal(number, digits=2).removesuffix(".00")


def percent(share: float | None) -> str:
    """Return a probability in whole per cent; never 0 % or 100 % unless it is exactly that."""
    value = known(share)
    if value is None:
        return UNKNOWN
    if 0 < value < 0.01:
        return "<1%"
    if 0.99 < value < 1:
        return ">99%"
    return f"{value:.0%}"


def day(date: dt.date | None) -> str:
    """Return a date as ``2026-03-01``, or an empty text."""
    return date.isoformat() if date else ""


def say_month(month: str | None, until: str | None, lang: str) -> str:
    """Say for which month, or from which to which, something is proposed; empty without one."""
    if month is None:
        return ""
    if until is None:
        return say("document.plan.proposed", lang, month=month)
    return say("document.plan.proposed_span", lang, month=month, until=until)


def sentences(parts: Iterable[str], *, lang: str) -> str:
    """Join sentences into one text in which each ends in a full stop, whether or not it did."""
    stop = say("document.full_stop", lang)
    texts = [_sentence(part, stop) for part in parts]
    return ("" if stop == "。" else " ").join(text for text in texts if text)


def _sentence(part: str, stop: str) -> str:
    bare = _SENTENCE_END.sub("", part.strip())
    if not bare:
        return ""
    return bare[0].upper() + bare[1:] + ("" if bare[-1] in "!?！？" else stop)


def breakable(text: str) -> str:
    """Put zero-width spaces into unbroken runs of letters and digits (ids, names without a space).

    A line may end there; the template shows nothing of them. Ordinary words stay whole.
    """
    return _UNBROKEN.sub(_with_break_points, text)


def _with_break_points(run: re.Match[str]) -> str:
    text = run.group()
    if _WORD.fullmatch(text):
        return text
    return "\u200b".join(text[at : at + _PIECE] for at in range(0, len(text), _PIECE))

"""Figures as the cells of a workbook: numbers, rounded as pages and documents show them."""

from __future__ import annotations

from recommender.documents import figures


def level(number: float | None) -> float | str | None:
    """Return a level in two decimals; None where it is not known."""
    return _number(figures.level(number))


def gap(number: float | None) -> float | str | None:
    """Return a gap, or a priority, in two decimals; a text where it is too small for them."""
    return _number(figures.gap(number))


def error(number: float | None) -> float | str | None:
    """Return a standard error in two decimals."""
    return _number(figures.decimal(number, digits=2))


def share(number: float | None) -> float | str | None:
    """Return a probability in whole per cent; a text where it is too near to 0 or 1 for that."""
    text = figures.percent(number)
    return float(text.removesuffix("%")) / 100 if text[:-1].isdigit() else _number(text)


def _number(text: str) -> float | str | None:
    if text == figures.UNKNOWN:
        return None
    try:
        return float(text)
    except ValueError:
        return text

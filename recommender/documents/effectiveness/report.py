"""The effect of modules as PDF, a page each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict

from recommender.documents.effectiveness.document import EffectivenessSheet
from recommender.documents.typesetting import RenderedPdf, make_showable, typeset
from recommender.texts import say

_LABELS = (
    *("author", "report", "verdict", "needs", "level", "figure", "interval", "rests_on"),
    *("missing", "for_whom", "group", "people", "gain", "reading"),
)


def render_effectiveness_pdf(
    sheets: Sequence[EffectivenessSheet], *, as_of: dt.date, lang: str
) -> RenderedPdf:
    """Set a page for each module.

    Parameters
    ----------
    sheets : sequence of EffectivenessSheet
        At least one, worded in the language.
    as_of : date
        The day of the figures, which is also that of the file.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    RenderedPdf
        The same bytes for the same sheets.
    """
    missing: dict[str, None] = {}
    content = {
        "lang": lang,
        "labels": {name: say(f"effectiveness.sheet.{name}", lang) for name in _LABELS},
        "synthetic": say("evaluation.synthetic", lang),
        "year": as_of.year,
        "month": as_of.month,
        "day": as_of.day,
        "sheets": [_plain(asdict(sheet)) for sheet in sheets],
    }
    timestamp = dt.datetime.combine(as_of, dt.time(), dt.UTC)
    shown = make_showable(content, missing)
    pdf = typeset("effectiveness.typ", "effectiveness", shown, timestamp=timestamp)
    return RenderedPdf(pdf, tuple(missing))


def _plain(value: object) -> object:
    """Return tuples as lists, which is what JSON has."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value

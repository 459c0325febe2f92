"""The report on a proposed standard as PDF."""

from __future__ import annotations

import datetime as dt

from recommender.documents.standards.document import StandardReport
from recommender.documents.standards.view import ReportView
from recommender.documents.typesetting import RenderedPdf, make_showable, typeset


def render_standard_report(report: StandardReport, *, lang: str) -> RenderedPdf:
    """Set the report on a proposed standard on A4 pages.

    Parameters
    ----------
    report : StandardReport
        What it shows, its names in the language of `lang`.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    RenderedPdf
        The same bytes for the same report and language.

    Raises
    ------
    RuntimeError
        As `typeset` does.
    """
    missing: dict[str, None] = {}
    shown = make_showable(ReportView(report, lang).whole(), missing)
    # the day it speaks of: not the present time, which would change the bytes
    moment = dt.datetime.combine(report.as_of, dt.time(), tzinfo=dt.UTC)
    return RenderedPdf(typeset("standard.typ", "standard", shown, timestamp=moment), tuple(missing))

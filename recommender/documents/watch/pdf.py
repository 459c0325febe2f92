"""The report for the works council as PDF."""

from __future__ import annotations

import datetime as dt

from recommender.documents.typesetting import RenderedPdf, make_showable, typeset
from recommender.documents.watch.document import WatchReport
from recommender.documents.watch.view import council_view


def render_council_pdf(report: WatchReport, *, lang: str) -> RenderedPdf:
    """Set the report on one or two A4 pages.

    Parameters
    ----------
    report : WatchReport
        Told coarsely, for it goes to people who may see nobody's data.
    lang : str
        ``zh-CN`` or ``en``: language of the text and of the file.

    Returns
    -------
    RenderedPdf
        The same bytes for the same report and language.
    """
    missing: dict[str, None] = {}
    content = make_showable(council_view(report, lang), missing)
    day = dt.datetime.combine(report.as_of, dt.time(), tzinfo=dt.UTC)
    return RenderedPdf(typeset("watch.typ", "watch", content, timestamp=day), tuple(missing))

"""The development plan as PDF."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from recommender.documents.plan.document import PlanDocument
from recommender.documents.plan.view import plan_view
from recommender.documents.typesetting import make_showable, typeset


@dataclass(frozen=True)
class RenderedPdf:
    """A document ready to be kept, sent or printed.

    Parameters
    ----------
    content : bytes
        The PDF (PDF/A-2a, PDF/UA-1: archivable, tagged).
    missing_characters : tuple of str
        Characters of the plan that the fonts lack, each once. The page shows each as a mark such as
        ``〔U+2A6A5〕``; tell the user.
    """

    content: bytes
    missing_characters: tuple[str, ...]


def render_plan_pdf(document: PlanDocument, *, lang: str) -> RenderedPdf:
    """Set a development plan on A4 pages.

    Parameters
    ----------
    document : PlanDocument
        The plan, its names in the language of `lang`.
    lang : str
        ``zh-CN`` or ``en``: language of labels and of the file.

    Returns
    -------
    RenderedPdf
        The same bytes for the same plan, language and version of typst.

    Raises
    ------
    RuntimeError
        In a process forked from one that had already set a document: typst would wait there for
        threads that the fork left behind. Start workers by spawn, or before the first document.
    """
    missing: dict[str, None] = {}
    view = plan_view(document, lang=lang)
    meta = _storable(view.pop("meta"))
    view = make_showable(view, missing)
    as_of = dt.datetime.combine(document.as_of, dt.time(), tzinfo=dt.UTC)
    content = typeset("plan.typ", "plan", view | {"meta": meta}, timestamp=as_of)
    return RenderedPdf(content, tuple(missing))


def _storable(value: Any) -> Any:
    """Return the file's properties as they are, less what no PDF text can hold."""
    if isinstance(value, str):
        whole = value.encode("utf-8", "replace").decode("utf-8")
        return "".join(c if c.isprintable() else " " for c in whole).strip()
    if isinstance(value, list):
        return [_storable(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _storable(entry) for key, entry in value.items()}
    return value

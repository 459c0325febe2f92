"""Development plans as PDF."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from recommender.documents.glyphs import FONT_FAMILY
from recommender.documents.plan.document import PlanDocument
from recommender.documents.plan.radar import draw_radar
from recommender.documents.plan.view import labels, plan_view
from recommender.documents.typesetting import (
    RenderedPdf,
    make_showable,
    typeset,
    typeset_each,
)

_TEMPLATE = ("plan.typ", "plan")
# The text of an English plan asks the font for quotation marks of Latin width (plan.typ, `pwid`).
# A picture cannot, and would show the wide Chinese ones.
_STRAIGHT_QUOTES = str.maketrans(
    {
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT DOUBLE QUOTATION MARK}": "&#34;",
        "\N{RIGHT DOUBLE QUOTATION MARK}": "&#34;",
    }
)


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
    return _set([document], lang=lang, meta={})


def render_each_plan_pdf(documents: Sequence[PlanDocument], *, lang: str) -> Iterator[bytes]:
    """Set many plans, a file each: the same bytes as above, by processes started for it.

    Parameters
    ----------
    documents : sequence of PlanDocument
        The plans.
    lang : str
        Language of labels and of the files.

    Yields
    ------
    bytes
        The PDFs, in the order of the plans.
    """
    contents = (_prepare([document], lang=lang, meta={})[:2] for document in documents)
    yield from typeset_each(*_TEMPLATE, contents)


def render_plans_pdf(documents: Sequence[PlanDocument], title: str, *, lang: str) -> RenderedPdf:
    """Set several plans in one file, each on pages of its own numbered from 1; see the above.

    Parameters
    ----------
    documents : sequence of PlanDocument
        The plans, at least one.
    title : str
        Title of the file.
    lang : str
        Language of labels and of the file.

    Returns
    -------
    RenderedPdf
        The same bytes for the same plans, language and version of typst.
    """
    return _set(documents, lang=lang, meta={"title": title, "subject": title, "keywords": []})


def _set(
    documents: Sequence[PlanDocument], *, lang: str, meta: Mapping[str, object]
) -> RenderedPdf:
    content, as_of, missing = _prepare(documents, lang=lang, meta=meta)
    return RenderedPdf(typeset(*_TEMPLATE, content, timestamp=as_of), missing)


def _prepare(
    documents: Sequence[PlanDocument], *, lang: str, meta: Mapping[str, object]
) -> tuple[dict[str, Any], dt.datetime, tuple[str, ...]]:
    """Return what the template shows, the date of the file, and the characters fonts lack."""
    missing: dict[str, None] = {}
    views: list[dict[str, Any]] = []
    whole: dict[str, Any] = {}
    for document in documents:
        view = plan_view(document, lang=lang)
        # properties of the file are for programs: no marks for missing glyphs, no break points in
        # them
        own = view.pop("meta")
        del view["labels"]  # the same for all plans
        view = make_showable(view, missing) | {"meta": _storable(own)}
        # drawn after that, so that the words in the picture are checked against the fonts as well
        view["radar"] = picture_of(draw_radar(view), lang=lang)
        views.append(view)
        whole = whole or _storable(own | meta)
    as_of = dt.datetime.combine(documents[0].as_of, dt.time(), tzinfo=dt.UTC)
    content = {"meta": whole, "lang": lang, "labels": _labels(lang), "plans": views}
    return content, as_of, tuple(missing)


@cache
def _labels(lang: str) -> dict[str, str]:
    return make_showable(labels(lang), {})


def picture_of(svg: str, *, lang: str) -> str:
    """Return a drawing as typst takes it: a file of its own, in the font of the text around it."""
    if lang == "en":
        svg = svg.translate(_STRAIGHT_QUOTES)
    opened = f'<svg xmlns="http://www.w3.org/2000/svg" font-family="{FONT_FAMILY}" '
    # no zero-width spaces: the drawing has broken its lines already
    return svg.replace("<svg ", opened, 1).replace("\u200b", "")


def _storable(value: Any) -> Any:
    """Return the file's properties without the characters that no PDF text can hold."""
    if isinstance(value, str):
        whole = value.encode("utf-8", "replace").decode("utf-8")
        return "".join(c if c.isprintable() else " " for c in whole).strip()
    if isinstance(value, list):
        return [_storable(entry) for entry in value]
    if isinstance(value, dict):
        return {key: _storable(entry) for key, entry in value.items()}
    return value

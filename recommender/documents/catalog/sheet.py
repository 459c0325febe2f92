"""Module sheet and catalogue booklet as PDF."""

from __future__ import annotations

import datetime as dt
from typing import Any

from recommender.documents.catalog.booklet_view import BookletView
from recommender.documents.catalog.view import CatalogView
from recommender.documents.typesetting import RenderedPdf, make_showable, typeset
from recommender.errors import NotFoundError
from training_catalog import Catalog

# A catalogue has no date of its own; a fixed one keeps the bytes of the PDF the same.
_UNDATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


def render_module_sheet_pdf(catalog: Catalog, module_id: str, lang: str) -> RenderedPdf:
    """Set one module on one A4 page.

    Parameters
    ----------
    catalog : Catalog
        The catalogue that holds it.
    module_id : str
        The module.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    RenderedPdf
        The same bytes for the same catalogue and language.

    Raises
    ------
    NotFoundError
        If there is no such module.
    """
    view = CatalogView(catalog, lang)
    if module_id not in view.modules:
        raise NotFoundError("module.unknown", module_id=module_id)
    return _render(view, {"modules": [view.module(view.modules[module_id])]})


def render_booklet_pdf(catalog: Catalog, lang: str) -> RenderedPdf:
    """Set a whole catalogue: contents, coverage, a page a module, index.

    Parameters
    ----------
    catalog : Catalog
        The catalogue; retired modules are left out.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    RenderedPdf
        The same bytes for the same catalogue and language.
    """
    view = BookletView(catalog, lang)
    return _render(view, {"booklet": view.booklet(), "modules": []})


def _render(view: CatalogView, content: dict[str, Any]) -> RenderedPdf:
    missing: dict[str, None] = {}
    catalog = view.catalog
    shown = {
        **content,
        "lang": view.lang,
        "labels": view.labels(),
        "name": catalog.name.in_language(view.lang),
        "digest": catalog.digest,
    }
    pdf = typeset("catalog.typ", "catalog", make_showable(shown, missing), timestamp=_UNDATED)
    return RenderedPdf(pdf, tuple(missing))

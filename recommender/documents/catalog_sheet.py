"""Module sheet and catalogue booklet as PDF, set by typst with the vendored fonts only."""

from __future__ import annotations

import datetime as dt
import json
import os
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from recommender.documents.catalog_view import CatalogView
from recommender.documents.glyphs import FONT_FOLDER
from recommender.documents.pdf import RenderedPdf, _showable
from recommender.errors import NotFoundError
from training_catalog import Catalog

_TEMPLATES = Path(__file__).parent / "templates"
_STANDARDS: Any = ["a-2a", "ua-1"]
_UNDATED = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_one_at_a_time = Lock()


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
    view = CatalogView(catalog, lang)
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
    inputs = {"catalog": json.dumps(_showable(shown, missing), ensure_ascii=False)}
    compiler, process = _compiler()
    if process != os.getpid():
        raise RuntimeError("typst ran before this process was forked; start workers by spawn")
    with _one_at_a_time:  # a compiler holds the inputs of its last run
        pdf = compiler.compile(
            format="pdf", sys_inputs=inputs, timestamp=_UNDATED, pdf_standards=_STANDARDS
        )
    assert isinstance(pdf, bytes)
    return RenderedPdf(pdf, tuple(missing))


@cache
def _compiler() -> tuple[typst.Compiler, int]:
    fonts = typst.Fonts(
        include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONT_FOLDER)]
    )
    template = str(_TEMPLATES / "catalog.typ")
    return typst.Compiler(input=template, root=str(_TEMPLATES), font_paths=fonts), os.getpid()

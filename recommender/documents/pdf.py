"""The development plan as PDF, set by typst with the vendored fonts only.

The plan goes into typst as JSON and is shown as text: nothing in a name or a reason is ever read as
markup. The same plan gives the same bytes.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import typst

from recommender.documents.figures import breakable
from recommender.documents.glyphs import FONT_FOLDER, show
from recommender.documents.plan_document import PlanDocument
from recommender.documents.plan_view import plan_view

_TEMPLATES = Path(__file__).parent / "templates"
_STANDARDS: Any = ["a-2a", "ua-1"]
_one_at_a_time = Lock()


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
    view = _showable(view, missing)
    as_of = dt.datetime.combine(document.as_of, dt.time(), tzinfo=dt.UTC)
    inputs = {"plan": json.dumps(view | {"meta": meta}, ensure_ascii=False)}
    compiler, process = _compiler()
    if process != os.getpid():
        raise RuntimeError("typst ran before this process was forked; start workers by spawn")
    with _one_at_a_time:  # a compiler holds the inputs of its last run
        content = compiler.compile(
            format="pdf", sys_inputs=inputs, timestamp=as_of, pdf_standards=_STANDARDS
        )
    assert isinstance(content, bytes)
    return RenderedPdf(content, tuple(missing))


@cache
def _compiler() -> tuple[typst.Compiler, int]:
    """Return the compiler of the process, which holds the fonts, and the id of that process."""
    fonts = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(FONT_FOLDER)],
    )
    template = str(_TEMPLATES / "plan.typ")
    return typst.Compiler(input=template, root=str(_TEMPLATES), font_paths=fonts), os.getpid()


def _showable(value: Any, missing: dict[str, None]) -> Any:
    """Return `value` with every text in it fit for the fonts and able to end a line."""
    if isinstance(value, str):
        shown = show(value)
        missing.update(dict.fromkeys(shown.missing))
        return breakable(shown.text)
    if isinstance(value, list):
        return [_showable(entry, missing) for entry in value]
    if isinstance(value, dict):
        return {key: _showable(entry, missing) for key, entry in value.items()}
    return value


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

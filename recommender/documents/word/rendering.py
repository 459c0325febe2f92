"""Filling a template with a plan.

docxtpl turns the parts of a template into templates of Jinja; that takes a multiple of the time of
filling one in, so what it makes is kept and a batch of plans pays for it once.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from recommender.documents.plan.document import PlanDocument
from recommender.documents.plan.pdf import picture_of
from recommender.documents.plan.radar import draw_radar
from recommender.documents.plan.view import plan_view
from recommender.documents.typesetting import draw_png
from recommender.documents.word.controls import put_in
from recommender.documents.word.package import BODY, Parts, pack, parse, unpack
from recommender.documents.word.parts import add_code, add_picture, find_filled, inline_picture
from recommender.documents.word.placeholders import fields, fill, storable
from recommender.documents.word.starting_template import make_template
from recommender.errors import InputError

_KEPT = 4  # templates: one a language, the shipped one and an organisation's own


@dataclass(frozen=True)
class FilledPart:
    """A part of a template that is filled in: its Jinja template, ready to be run."""

    name: str
    template: Any


@dataclass(frozen=True)
class WordTemplate:
    """A template, ready to be filled.

    Parameters
    ----------
    parts : dict of str to bytes
        All parts of the file.
    filled : tuple of FilledPart
        Those that have placeholders.
    """

    parts: Parts
    filled: tuple[FilledPart, ...]


def render_plan_docx(document: PlanDocument, *, lang: str, template: bytes | None = None) -> bytes:
    """Fill a template with a development plan.

    Parameters
    ----------
    document : PlanDocument
        The plan, its names in the language of `lang`.
    lang : str
        ``zh-CN`` or ``en``: language of words.
    template : bytes or None
        A .docx that `check_template` has passed; None for the one that ships.

    Returns
    -------
    bytes
        The .docx, the same for the same plan, language, template and version of typst. Names and
        reasons stand in it as text, never as markup or a field.

    Raises
    ------
    InputError
        If the template does not hold together with what this plan has and lacks.
    """
    ready = prepare(make_template(lang) if template is None else template)
    view = plan_view(document, lang=lang)
    drawing = storable(draw_radar(view))
    png = draw_png(picture_of(drawing, lang=lang)) if drawing else b""
    return fill_template(
        ready,
        fill(document, lang=lang),
        fields(document),
        png=png,
        description=storable(view["meta"]["chart"]),
    )


def fill_template(
    ready: WordTemplate,
    context: Mapping[str, Any],
    controls: Mapping[str, bool | dt.date],
    *,
    png: bytes = b"",
    description: str = "",
) -> bytes:
    """Fill a template with values that fit `SHAPES`; `description` says what the picture shows."""
    from lxml import etree  # pyright: ignore[reportAttributeAccessIssue] - it has no stubs

    values = {**context, "radar": inline_picture(description) if png else ""}
    parts = dict(ready.parts)
    for part in ready.filled:
        xml = part.template.render(values).encode()
        tree = parse(xml, file=part.name)
        if part.name == BODY:
            put_in(tree, controls)
        parts[part.name] = etree.tostring(
            tree, xml_declaration=True, encoding="UTF-8", standalone=True
        )
    add_code(parts, context["code"])
    if png:
        add_picture(parts, png)
    return pack(parts)


@lru_cache(maxsize=_KEPT)
def prepare(template: bytes) -> WordTemplate:
    """Make a template ready to be filled.

    Raises
    ------
    InputError
        If it is no .docx, or what stands in it is no template of Jinja.
    """
    from jinja2 import TemplateSyntaxError

    parts = unpack(template, file="template.docx")
    filled: list[FilledPart] = []
    for name, source in sources_of(template, parts).items():
        try:
            filled.append(FilledPart(name, sandbox().from_string(source)))
        except (TemplateSyntaxError, RecursionError) as error:
            raise InputError("word.template.syntax", where=name) from error
    return WordTemplate(parts, tuple(filled))


def sources_of(template: bytes, parts: Parts) -> dict[str, str]:
    """Return the text of each part that has placeholders, as Jinja reads it, a paragraph a line."""
    from docxtpl import DocxTemplate

    # only to mend what Word does to placeholders: it cuts them into runs
    mend = DocxTemplate(io.BytesIO(template)).patch_xml
    return {name: mend(_by_paragraph(parts[name].decode())) for name in find_filled(parts)}


def _by_paragraph(xml: str) -> str:
    # so that a fault's line tells the paragraph; between elements, a line end is nothing in Word
    return (
        xml.replace("\r", "")
        .replace("\n", " ")
        .replace("<w:p ", "\n<w:p ")
        .replace("<w:p>", "\n<w:p>")
    )


@lru_cache(maxsize=1)
def sandbox() -> Any:
    """Return the environment in which templates run: values are escaped, nothing is called."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(
        autoescape=True, undefined=StrictUndefined, cache_size=0
    )
    # `checking` lets nothing else through; here, nothing else is there
    environment.globals.clear()
    environment.filters = {name: environment.filters[name] for name in FILTERS}
    return environment


FILTERS = ("join", "length")

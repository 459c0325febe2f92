"""The development plan as one self-contained web page: no script, no font, no request.

The page shows what the PDF shows, in the same words and figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from recommender.documents.markup import css_text, load_template, storable
from recommender.documents.plan.document import PlanDocument
from recommender.documents.plan.radar import draw_radar
from recommender.documents.plan.view import plan_view


def render_plan_page(document: PlanDocument, *, lang: str, links: Mapping[str, str] = {}) -> str:
    """Return a development plan as an HTML page.

    Parameters
    ----------
    document : PlanDocument
        The plan, its names in the language of `lang`.
    lang : str
        ``zh-CN`` or ``en``: language of labels and of the page.
    links : Mapping
        Other forms of the plan, shown in this order: what the reader sees (``PDF``, ``JSON``,
        ``English``) to the address.

    Returns
    -------
    str
        The same text for the same plan, language and links; store it as UTF-8. Names and reasons
        are shown as text, never read as markup.

    Raises
    ------
    ValueError
        If a link is neither relative nor of http or https.
    """
    # escaping does not help against `javascript:` in an href
    for address in links.values():
        if urlsplit(address).scheme not in ("", "http", "https"):
            raise ValueError(f"not the address of a page: {address!r}")
    view = plan_view(document, lang=lang, left_out_shown=None)
    html = load_template("plan.html.j2").render(
        view,
        links=links,
        radar=draw_radar(view),
        running_title=css_text("   ".join((view["name"], view["person_id"]))),
        running_mark=css_text(view["labels"]["synthetic"] if view["synthetic"] else ""),
        page_number=_page_number(view["labels"]["page_pattern"]),
    )
    return storable(html)


def draw_plan(document: PlanDocument, *, lang: str) -> dict[str, Any]:
    """Return what another page of ours shows of a plan: the same words, figures and picture.

    Parameters
    ----------
    document : PlanDocument
        The plan, its names in the language of `lang`.
    lang : str
        ``zh-CN`` or ``en``.

    Returns
    -------
    dict
        As `plan_view`, with the drawing of the profile as ``radar``, an SVG element.
    """
    view = plan_view(document, lang=lang)
    return {**view, "radar": draw_radar(view)}


def _page_number(pattern: str) -> str:
    # only the style sheet knows the pages of a print, by counters between quoted texts
    counters = {"<page>": "counter(page)", "<pages>": "counter(pages)"}
    parts = re.split(r"(<pages?>)", pattern)
    return " ".join(counters.get(part) or css_text(part) for part in parts)

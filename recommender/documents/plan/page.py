"""The development plan as one web page that needs nothing else: no script, no font, no request.

The page shows what the PDF shows, in the same words and figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from recommender.documents.plan.document import PlanDocument
from recommender.documents.plan.radar import lay_out_radar
from recommender.documents.plan.view import plan_view

_TEMPLATES = Path(__file__).parent.parent / "templates"
_CONTROLS = [c for c in (*range(0x20), *range(0x7F, 0xA0)) if chr(c) not in "\t\n"]
_SURROGATES = range(0xD800, 0xE000)
# what no HTML file can hold
_STORABLE: dict[int, str | None] = {
    **dict.fromkeys(_CONTROLS),
    **dict.fromkeys(_SURROGATES, "\N{REPLACEMENT CHARACTER}"),
}


def render_plan_page(document: PlanDocument, *, lang: str, links: Mapping[str, str] = {}) -> str:
    """Return a development plan as an HTML page.

    Parameters
    ----------
    document : PlanDocument
        The plan, its names in the language of `lang`.
    lang : str
        ``zh-CN`` or ``en``: language of labels and of the page.
    links : Mapping
        Where the plan is to be had in other forms: what the reader sees (``PDF``, ``JSON``,
        ``English``) to the address, shown in this order.

    Returns
    -------
    str
        The same text for the same plan, language and links; keep it as UTF-8. Names and reasons
        are shown as text, never read as markup.

    Raises
    ------
    ValueError
        If a link is neither relative nor of http or https.
    """
    for address in links.values():
        if urlsplit(address).scheme not in ("", "http", "https"):
            raise ValueError(f"not the address of a page: {address!r}")
    view = plan_view(document, lang=lang, left_out_shown=None)
    chart = view["chart"]
    html = load_template("plan.html.j2").render(
        view,
        links=links,
        radar=lay_out_radar(view["competencies"], detailed=chart["detailed"])
        if chart["as_radar"]
        else None,
        running_title=css_text("   ".join((view["name"], view["person_id"]))),
        running_mark=css_text(view["labels"]["synthetic"] if view["synthetic"] else ""),
        page_number=_page_number(view["labels"]["page_pattern"]),
    )
    return storable(html)


def storable(html: str) -> str:
    """Leave out, or put a mark for, the characters that no HTML file can hold."""
    return html.translate(_STORABLE)


@cache
def load_template(name: str) -> Template:
    """Load a page's template; what is filled in is escaped, and nothing may be left out."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def css_text(text: str) -> str:
    """Return a text as a string of a style sheet, in its quotation marks.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        All but letters, digits and spaces are escaped, so that nothing ends the string or the
        element of the style sheet.
    """
    shown = (c if c.isalnum() or c == " " else f"\\{ord(c):x} " for c in text)
    return f'"{"".join(shown)}"'


def _page_number(pattern: str) -> str:
    counters = {"<page>": "counter(page)", "<pages>": "counter(pages)"}
    parts = re.split(r"(<pages?>)", pattern)
    return " ".join(counters.get(part) or css_text(part) for part in parts)

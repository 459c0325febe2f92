"""From a template and what a use case answered to the page that goes out."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from api.admission import Call
from api.pages.assets import asset, takes_gzip
from api.pages.csrf import mask
from api.pages.menu import menu_of
from recommender.documents import figures
from recommender.service.framework import word_changed_standards
from recommender.texts import all_texts, say

HEADERS = {
    # scripts, styles, fonts and requests of this server only, and none within the page
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    ),
    # a page shows people's data; a shared computer must not keep it
    "Cache-Control": "no-store",
    # with "no-referrer" a browser does not say of which page a form was, and each would be refused
    "Referrer-Policy": "same-origin",
}
SAID_COOKIE = "said"
# not by `strftime`, whose names are of the machine's language
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_TEMPLATES = Path(__file__).parent.parent / "templates" / "console"


def render(
    call: Call,
    template: str,
    *,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **values: Any,
) -> Response:
    """Return a page, or a fragment of one, for somebody who is signed in.

    Parameters
    ----------
    call : Call
        The request.
    template : str
        Path below ``templates/console``; the name of a fragment begins with ``_``.
    status : int
        422 where a form comes back with what is wrong.
    headers : dict of str to str, optional
        Further headers, such as ``HX-Push-Url``.
    **values
        What the template shows.
    """
    said = take_said(call.request)
    signed_in = call.request.state.signed_in
    html = fill(
        template,
        call.lang,
        call=call,
        csrf=mask(signed_in.csrf),
        user={"name": signed_in.name, "role": say(f"role.{call.session.who.role}", call.lang)},
        unit=call.session.who.org_unit or "",
        as_of=call.session.today,
        here=_here(call.request),
        menu=menu_of(call),
        menu_kind="employee" if call.session.who.role == "employee" else "full",
        made_up=signed_in.made_up,
        may=lambda permission: permission in call.session.who.permissions,
        standards_note=lambda changed: word_changed_standards(
            call.session.service.framework, changed, call.lang
        ),
        toast=say(said[0], call.lang, **said[1]) if said else "",
        **values,
    )
    response = HTMLResponse(html, status, headers=HEADERS | (headers or {}))
    response.headers["Vary"] = "Accept-Encoding"
    if takes_gzip(call.request.headers):
        # quick rather than small: it is done anew for each page
        response.body = gzip.compress(response.body, compresslevel=5)
        response.headers["Content-Encoding"] = "gzip"
        response.headers["Content-Length"] = str(len(response.body))
    if said and not Path(template).name.startswith("_"):
        response.delete_cookie(SAID_COOKIE)
    return call.respond(response)


def render_open(
    request: Request, template: str, lang: str, *, status: int = 200, **values: Any
) -> Response:
    """Return a page for somebody who is not signed in."""
    return HTMLResponse(fill(template, lang, **values), status, headers=HEADERS)


def fill(template: str, lang: str, **values: Any) -> str:
    """Fill a template of the console; every value is escaped."""
    return (
        _environment().get_template(template).render(lang=lang, t=partial(say, lang=lang), **values)
    )


def take_said(request: Request) -> tuple[str, dict[str, str]] | None:
    """Return what `see_other` left to be said on this page: the key of a text and its values."""
    try:
        key, values = json.loads(unquote(request.cookies.get(SAID_COOKIE, "")))
        # the cookie is the browser's, so anything can stand in it
        return (
            (key, {str(name): str(value) for name, value in values.items()})
            if key in all_texts()
            else None
        )
    except (ValueError, TypeError, AttributeError):
        return None


def leave_said(response: Response, key: str, values: dict[str, Any]) -> None:
    """Let the next page say something once."""
    text = json.dumps([key, {name: str(value)[:200] for name, value in values.items()}])
    response.set_cookie(
        SAID_COOKIE, quote(text, safe=""), max_age=60, httponly=True, samesite="lax"
    )


def _here(request: Request) -> str:
    """Return where a form that changes nothing here leads back to."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["asset"] = lambda name: f"/{asset(name)}"
    environment.filters |= {
        "level": figures.level,
        "level1": partial(figures.decimal, digits=1),
        "decimal2": partial(figures.decimal, digits=2),
        "decimal3": partial(figures.decimal, digits=3),
        "gap": figures.gap,
        "target": figures.target,
        "signed": partial(figures.signed, digits=2),
        "share": figures.percent,
        "hours": figures.hours,
        "money": _money,
        "day": figures.day,
        "day_words": _day_words,
        "moment": _moment,
        "pathpart": _path_part,
    }
    return environment


def _money(amount: float | None) -> str:
    text = figures.money(amount)
    return text if text == figures.UNKNOWN else f"¥{text}"


@pass_context
def _day_words(context: Context, day: dt.date | None) -> str:
    """Say a day as in a sentence: 11 月 30 日, 30 November."""
    if day is None:
        return figures.UNKNOWN
    lang: str = context["lang"]
    month = _MONTHS[day.month - 1] if lang == "en" else f"{day.month}"
    return say("console.day", lang, month=month, day=day.day)


@pass_context
def _moment(context: Context, at: dt.datetime) -> str:
    """Return a moment of UTC as the clock on the wall shows it: 2026-11-30 09:12."""
    call: Call = context["call"]
    zone = call.session.service.zone
    aware = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return f"{aware.astimezone(zone):%Y-%m-%d %H:%M}"


def _path_part(text: str) -> str:
    """Escape an id or a unit for its place in an address."""
    return quote(text, safe="")

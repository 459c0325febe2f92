"""The language of the console, kept by the browser."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Form, Request, Response
from fastapi.responses import RedirectResponse

from api.pages.addresses import local_address
from api.pages.routing import Pages
from api.problems import LANGUAGE_COOKIE

PAGES = Pages()
_A_YEAR = 31_536_000


# needs no sign-in and no proof of the sender: it changes nothing but the words on the page
@PAGES.post("/language", include_in_schema=False)
def choose_language(
    request: Request,
    lang: Annotated[Literal["zh-CN", "en"], Form()],
    after: Annotated[str, Form(alias="next")] = "/",
) -> Response:
    """Show the console in another language from now on, beginning with the page that was open."""
    response = RedirectResponse(local_address(after), 303)
    secure = request.url.scheme == "https"
    response.set_cookie(
        LANGUAGE_COOKIE, lang, max_age=_A_YEAR, httponly=True, samesite="lax", secure=secure
    )
    return response

"""The guide for HR: three pages with pictures of the console; `make help-pictures` takes them."""

from __future__ import annotations

from typing import Literal

from fastapi import Response

from api.pages.assets import STATIC, asset
from api.pages.rendering import render
from api.pages.routing import Pages, Visited

PAGES = Pages()

Page = Literal["data", "plans", "all"]
GUIDE: dict[Page, tuple[str, ...]] = {
    "data": ("start", "imports", "people"),
    "plans": ("person", "build", "plan"),
    "all": ("today", "organisation", "campaign", "team", "me"),
}
"""The sections of each page; a picture has the name of its section."""


@PAGES.page("GET", "/help", None)
def show_help(call: Visited) -> Response:
    """Show how data comes in."""
    return _show(call, "data")


@PAGES.page("GET", "/help/{page}", None)
def show_help_page(call: Visited, page: Page) -> Response:
    """Show one of the pages."""
    return _show(call, page)


def _show(call: Visited, page: Page) -> Response:
    order = list(GUIDE)
    after = order[order.index(page) + 1 :]
    return render(
        call,
        "help/guide.html.j2",
        page=page,
        order=order,
        sections=[(name, _find_picture(name, call.lang)) for name in GUIDE[page]],
        after=after[0] if after else "",
    )


def _find_picture(name: str, lang: str) -> str:
    """Return the address of the picture of a section; empty where none was taken."""
    file = f"help/{name}.{lang}.webp"
    return f"/{asset(file)}" if (STATIC / file).exists() else ""

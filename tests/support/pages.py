"""The pages of the console, found in the application."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi.routing import APIRoute

from api.pages import AREAS


def page_routes() -> Iterator[tuple[str, str, APIRoute]]:
    """Yield method, path and route of every page, fragment and form."""
    for area in AREAS:
        for route in area.routes:
            assert isinstance(route, APIRoute), f"{route} hides its pages: list it in AREAS"
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path, route

"""The cookies of a browser that is signed in.

Where pages are reached by https, the browser is told by the name ``__Host-`` to take the cookie
from this server alone, for all paths, and never without encryption. Only on this computer itself
http will do.
"""

from __future__ import annotations

from fastapi import Request, Response

SESSION = "session"
"""Holds the token of a session; `read_cookie` and `set_cookie` add what belongs before it."""

_HOST = "__Host-"
_THIS_COMPUTER = ("localhost", "127.0.0.1", "[::1]", "::1")


def read_cookie(request: Request, name: str) -> str | None:
    """Return the value of one of our cookies, or None."""
    return request.cookies.get(_full_name(request, name))


def set_cookie(
    request: Request, response: Response, name: str, value: str, *, seconds: int | None = None
) -> None:
    """Give the browser a cookie that no script can read.

    Without `seconds` it lasts until the browser is closed.
    """
    response.set_cookie(
        _full_name(request, name),
        value,
        max_age=seconds,
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def drop_cookie(request: Request, response: Response, name: str) -> None:
    """Let the browser forget a cookie."""
    response.delete_cookie(
        _full_name(request, name),
        path="/",
        secure=_is_secure(request),
        httponly=True,
        samesite="lax",
    )


def _full_name(request: Request, name: str) -> str:
    return f"{_HOST}{name}" if _is_secure(request) else name


def _is_secure(request: Request) -> bool:
    # a proxy that ends https says so, if it is one of RECOMMENDER_PROXIES
    return request.url.scheme == "https" or request.url.hostname not in _THIS_COMPUTER

"""Problems as a person in a browser sees them: a page, or a piece of the page that is open."""

from __future__ import annotations

import json
from typing import Any

from starlette.requests import Request
from starlette.types import Message, Scope, Send

from api.pages.rendering import HEADERS, fill
from api.problems import MEDIA_TYPE, language_of, wants_page

# what a page has to say of its own: where to sign in, what changed meanwhile
_KEPT = (b"retry-after", b"allow", b"www-authenticate", b"connection")


def show_problems(scope: Scope, send: Send) -> Send:
    """Return a `send` that turns a problem document into a page, if a browser asks.

    Handlers make one kind of problem, RFC 9457, for programs and for people; here alone is decided
    how it is shown.
    """
    if not wants_page(Request(scope)):
        return send
    start: Message | None = None
    parts: list[bytes] = []

    async def send_shown(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            headers = dict(message.get("headers", []))
            if headers.get(b"content-type", b"").startswith(MEDIA_TYPE.encode()):
                start = message
                return
        elif start is not None:
            parts.append(message.get("body", b""))
            if message.get("more_body", False):
                return
            # a HEAD has no body to show
            body = _show(scope, json.loads(b"".join(parts))) if any(parts) else b""
            await send({**start, "headers": _headers(scope, start, body)})
            await send({**message, "body": body})
            return
        await send(message)

    return send_shown


def _show(scope: Scope, problem: dict[str, Any]) -> bytes:
    request = Request(scope)
    # of a page that is open only the region for problems is exchanged: nothing typed is lost
    name = "_problem.html.j2" if "hx-request" in request.headers else "problem.html.j2"
    return fill(name, language_of(request), problem=problem).encode()


def _headers(scope: Scope, start: Message, body: bytes) -> list[tuple[bytes, bytes]]:
    headers = [pair for pair in start["headers"] if pair[0] in _KEPT or pair[0].startswith(b"x-")]
    headers += [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
    headers += [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
    ]
    if "hx-request" in Request(scope).headers:
        headers += [(b"hx-retarget", b"#problem"), (b"hx-reswap", b"innerHTML")]
    return headers

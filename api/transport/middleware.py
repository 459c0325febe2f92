"""What holds for every request: an id, limits on bodies, security headers, a log line, metrics."""

from __future__ import annotations

import asyncio
import re
import secrets
import time
from typing import Any

import structlog
from prometheus_client import Counter, Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.pages.problems import show_problems
from api.problems import Refusal, language_of, problem_response
from recommender.settings import Settings
from recommender.texts import hint, say

REQUESTS = Counter("recommender_requests", "Requests answered.", ("method", "route", "status"))
SECONDS = Histogram("recommender_request_seconds", "Time to answer.", ("method", "route"))

_UPLOADS = re.compile(r"/v1/imports(/[a-z-]+)?|/imports|(/v1)?/plan-(returns|template)")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# anything else could forge log lines, or be too long for them
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{8,64}")
_BODY_SECONDS = 10  # a whole body may take this many times the wait for one piece
# for answers that are data; pages bring a policy of their own, which then stays
_SECURITY = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"strict-transport-security", b"max-age=31536000"),
]
_log = structlog.get_logger("recommender.api")


# Plain ASGI: Starlette's BaseHTTPMiddleware puts a task and a stream between the application and
# each answer, and gives no hold of a body while it comes in.
class Middleware:
    """The outermost layer of the application.

    Parameters
    ----------
    app : ASGI application
        What answers.
    settings : Settings
        Limits.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        method = scope["method"]
        if (
            method == "HEAD"
        ):  # answered as GET is, by a scope of its own: the server knows it as HEAD
            scope = {**scope, "method": "GET"}
        headers = dict(scope["headers"])
        sent_id = headers.get(b"x-request-id", b"")
        request_id = sent_id.decode() if _REQUEST_ID.fullmatch(sent_id) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        status = 0
        send = show_problems(scope, send)

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                present = {name for name, _ in message.get("headers", [])}
                message["headers"] = [
                    *message.get("headers", []),
                    *((name, value) for name, value in _SECURITY if name not in present),
                    (b"x-request-id", request_id.encode()),
                ]
            elif method == "HEAD":
                message["body"] = b""
            await send(message)

        failure: Exception | None = None
        try:
            limit = self._limit(scope["path"])
            # Refused before a byte of the body is read. A body without a length is counted as it
            # comes (`_bounded`).
            length = headers.get(b"content-length", b"0")
            if b"content-length" in headers and b"transfer-encoding" in headers:
                # a proxy that goes by the other one would take part of the body for a request
                await self._refuse(400, "request.two-lengths", scope, receive, send_on)
            elif not length.isdigit() or int(length) > limit:
                await self._refuse(413, "request.too-large", scope, receive, send_on)
            else:
                await self.app(scope, self._bounded(receive, limit), send_on)
        except Exception as error:  # a bug: the caller learns the request's id, the log the rest
            failure = error
            if status == 0:  # once an answer has begun, its status can't be changed
                await self._refuse(500, "request.bug", scope, receive, send_on)
        finally:
            self._note(scope, method, status, time.perf_counter() - started, failure)
            # Call and request refer to each other. Separated, they free a body of 50 MB at once and
            # not when the garbage collector comes round.
            scope["state"].pop("call", None)

    def _limit(self, path: str) -> int:
        settings = self.settings
        megabytes = settings.upload_limit_mb if _UPLOADS.fullmatch(path) else settings.body_limit_mb
        return megabytes * 1_000_000

    def _bounded(self, receive: Receive, limit: int) -> Receive:
        taken = 0
        complete = False
        deadline = time.monotonic() + _BODY_SECONDS * self.settings.slow_body_seconds

        async def receive_some() -> Message:
            nonlocal taken, complete
            if complete:
                # from now on this waits for the client to leave, which may take any time
                return await receive()
            patience = min(self.settings.slow_body_seconds, deadline - time.monotonic())
            try:
                message = await asyncio.wait_for(receive(), max(patience, 0.01))
            except TimeoutError:
                raise Refusal(408, "request.too-slow", headers={"Connection": "close"}) from None
            taken += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if taken > limit:
                raise Refusal(
                    413,
                    "request.too-large",
                    headers={"Connection": "close"},
                    megabytes=limit // 1_000_000,
                )
            return message

        return receive_some

    async def _refuse(
        self, status: int, code: str, scope: Scope, receive: Receive, send: Send
    ) -> None:
        lang = language_of(Request(scope))
        values: dict[str, Any] = {"megabytes": self._limit(scope["path"]) // 1_000_000}
        response = problem_response(
            status,
            code,
            lang=lang,
            request_id=scope["state"]["request_id"],
            detail=say(code, lang, **values),
            advice=hint(code, lang, **values),
            headers={"Connection": "close"},
        )
        await response(scope, receive, send)

    def _note(
        self, scope: Scope, method: str, status: int, seconds: float, failure: Exception | None
    ) -> None:
        # the route's template, never the path: a path holds people's ids
        route = getattr(scope.get("route"), "path_format", None) or "–"
        # Any word can be sent as a method, and each would become a metric that is kept for ever.
        method = method if method in _METHODS else "other"
        REQUESTS.labels(method, route, status).inc()
        SECONDS.labels(method, route).observe(seconds)
        state = scope.get("state", {})
        values: dict[str, Any] = {
            "method": method,
            "route": route,
            "status": status,
            "milliseconds": round(seconds * 1000, 1),
            "request_id": state["request_id"],
            "actor": state.get("actor"),
        }
        if "refused" in state:
            values["refused"] = state["refused"]
        if failure is not None:
            # where it happened, not its message, which may hold people's data
            _log.error("bug", **values, error=type(failure).__name__, at=_frames(failure))
        elif status >= 400:
            _log.warning("refused", **values)
        else:
            _log.info("answered", **values)


def _frames(failure: Exception) -> list[str]:
    frames: list[str] = []
    at = failure.__traceback__
    while at is not None:
        code = at.tb_frame.f_code
        frames.append(f"{code.co_filename.rsplit('/', 2)[-1]}:{at.tb_lineno} {code.co_name}")
        at = at.tb_next
    return frames[-12:]  # the innermost; those before are the framework's

"""Who is calling: a request is admitted before its path, query and body are judged.

A route asks for ``call: Admitted``. That dependency checks the key or token, the permission that
the operation was declared with, and the rate limit. FastAPI settles dependencies first, so nobody
learns from a 422 what they may not ask. When the route is done, what it read is put into the audit
trail before the answer goes out.
"""

from __future__ import annotations

import asyncio
import hashlib
import math
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from limits import RateLimitItem
from starlette.concurrency import run_in_threadpool

from api.identity.principals import principal_of_claims
from api.identity.tokens import TokenRefused
from api.problems import FieldProblem, Refusal, language_of
from api.server_state import REFUSALS, ServerState
from recommender.service.access.idempotency import KeptAnswer, answering_once
from recommender.service.access.keys import identify
from recommender.service.installation import Service
from recommender.service.permissions import Permission, Principal
from recommender.service.session import Session

# Visible ASCII only: a header carries nothing else unchanged.
IDEMPOTENCY_KEY = r"^[!-~]{1,200}$"
WITH_BODY = ("POST", "PUT", "PATCH")
PERMISSION = "x-permission"
SOLVES = "x-solves-a-plan"
# Begins every API key and no JWT, so neither is ever tried as the other.
_KEY = "trk_"
# The issuer is down or has just changed its keys. The caller did nothing wrong, so such a refusal
# does not count against their address.
_NOT_GUESSING = ("keys-unavailable", "unknown-key")
# HTTP wants a challenge with every 401 (RFC 9110, 11.6.1)
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="training-recommender"'}


@dataclass
class Call:
    """An admitted request.

    Parameters
    ----------
    request : Request
        The request as it came.
    state : ServerState
        The parts of the server.
    session : Session
        Says for whom use cases run.
    headers : dict of str to str
        Headers that go with any answer.
    response : Response or None
        The answer, once there is one.
    """

    request: Request
    state: ServerState
    session: Session
    headers: dict[str, str] = field(default_factory=dict[str, str])
    response: Response | None = None

    @property
    def lang(self) -> str:
        """Language of texts in the answer."""
        return self.session.lang

    def respond(self, response: Response) -> Response:
        """Add the headers that go with every answer, and remember the answer for `once`."""
        response.headers.update(self.headers)
        self.response = response
        return response

    @contextmanager
    def once(
        self, *, keep: Callable[[Response], Response] = lambda response: response
    ) -> Iterator[None]:
        """Do what a request asks and keep its answer, in one transaction.

        A request with an ``Idempotency-Key`` that was answered before gets that answer again.

        Parameters
        ----------
        keep : callable
            Turns the answer into what is kept and sent to a repeated request; by default the
            answer itself is kept.
        """
        key = self.request.headers.get("idempotency-key")
        with answering_once(self.session, key, self._fingerprint()) as keep_answer:
            yield
            assert self.response is not None  # made by `respond`
            stored = keep(self.response)
            keep_answer(KeptAnswer(stored.status_code, dict(stored.headers), bytes(stored.body)))

    def seen_version(self) -> int | None:
        """Return the version that ``If-Match`` names; None for ``*``, whichever there is.

        Raises
        ------
        Refusal
            If the header is missing (428), or is not the ETag of a version (412).
        """
        etag = self.request.headers.get("if-match")
        if etag is None:
            raise Refusal(428, "request.if-match-missing")
        # an existing plan, offering or person of whatever version
        if etag.strip() == "*":
            return None
        # only the version has to agree: the digest after it changes with language and fields, too
        match = re.fullmatch(r'"([0-9]{1,9})(-[0-9a-f]+)?"', etag)
        if match is None:
            raise Refusal(412, "request.if-match")
        return int(match[1])

    def _fingerprint(self) -> str:
        # Starlette keeps the body here once it was read. Most routes are plain functions, which
        # cannot await `request.body()`.
        body: bytes = getattr(self.request, "_body", b"")
        text = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n"
        return hashlib.sha256(text.encode() + body).hexdigest()


async def admit(request: Request) -> AsyncIterator[Call]:
    """Admit a request; note what it read once the route is done.

    Raises
    ------
    Refusal
        401 without a valid key or token, 415 with a body that is compressed, 422 for a malformed
        ``Idempotency-Key`` or a parameter that the operation does not have, 429 past the rate
        limit.
    ForbiddenError
        If the caller lacks the permission.
    """
    call = await run_in_threadpool(check_caller, request)
    yield call
    await note_reads(call)


async def note_reads(call: Call) -> None:
    """Put into the audit trail what a request has read."""
    note = call.session.take_note()
    if note is not None:
        # awaited: a request that waits for the disk must not hold one of the few threads
        await asyncio.wrap_future(call.state.writer.note(note))


# scope="function" runs what follows the `yield` before the answer is sent; by default FastAPI
# would run it after, and a crash could lose the audit entry of an answer that went out.
Admitted = Annotated[Call, Depends(admit, scope="function")]


def check_caller(request: Request) -> Call:
    """Check who is calling and whether the operation is allowed to them; see `admit`."""
    state: ServerState = request.app.state.server
    token = _token(request)
    is_key = token.startswith(_KEY)
    # Checked before a connection is taken, because it may wait for the identity provider.
    claimed = None if is_key else _check_claims(state, request, token)
    if not is_key and claimed is None:
        raise refused(state, request)
    service, who = identify(state.installation, token if is_key else None)
    who = who or claimed
    if who is None:
        raise refused(state, request)
    call = admit_principal(request, service, who, lang=language_of(request))
    # "none" fits the pattern, so a request without the header passes
    if not re.fullmatch(IDEMPOTENCY_KEY, request.headers.get("idempotency-key", "none")):
        raise Refusal(422, "request.idempotency-key")
    _refuse_unknown(request, request.scope["route"])
    return call


def admit_principal(request: Request, service: Service, who: Principal, *, lang: str) -> Call:
    """Admit somebody who is known by now: what holds for operations and for pages.

    Raises
    ------
    Refusal
        403 from an address that the key is not for, 415 with a body that is compressed, 429 past
        the rate limit.
    ForbiddenError
        If the principal lacks the permission that the route was declared with.
    """
    state: ServerState = request.app.state.server
    route: APIRoute = request.scope["route"]
    # Set first, so that the log line of a refusal below names the actor too.
    request.state.actor = who.actor
    address = request.client.host if request.client else None
    if not who.may_come_from(address):
        raise refused(state, request, Refusal(403, "access.network", address=address or "–"))
    # Counted before the permission is checked: refused requests use up the rate limit as well.
    headers = _count(state, state.limit, who.actor)
    declared = route.openapi_extra or {}
    needed = declared.get(PERMISSION)
    if needed is not None:
        who.need(Permission(needed))
    if declared.get(SOLVES):
        headers = _count(state, state.plan_limit, who.actor)
    coding = request.headers.get("content-encoding", "").strip().lower()
    if request.method in WITH_BODY and coding not in ("", "identity"):
        headers = {"Accept-Encoding": "identity"}
        raise Refusal(415, "request.content-encoding", headers=headers, coding=coding[:40])
    session = Session(
        service=service,
        who=who,
        action=route.operation_id or route.name,
        today=state.settings.today(),
        lang=lang,
        request_id=request.state.request_id,
        resource=_without_people(route.path_format, request.path_params),
    )
    request.state.call = Call(request, state, session, headers)
    return request.state.call


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        raise Refusal(401, "access.no-token", headers=_CHALLENGE)
    return token


def _check_claims(state: ServerState, request: Request, token: str) -> Principal | None:
    if state.verifier is None:
        return None
    try:
        return principal_of_claims(state.verifier.verify(token))
    except TokenRefused as refused:
        request.state.refused = refused.reason
        if refused.reason in _NOT_GUESSING:
            raise Refusal(401, "access.bad-token", headers=_CHALLENGE) from None
        return None


def _count(state: ServerState, limit: RateLimitItem, actor: str) -> dict[str, str]:
    window = state.rates.hit(limit, actor)
    # rounded up: a client that came back a moment too early would be refused again
    seconds = math.ceil(window.seconds)
    headers = {
        "RateLimit-Limit": str(limit.amount),
        "RateLimit-Remaining": str(window.remaining),
        "RateLimit-Reset": str(seconds),
    }
    if not window.allowed:
        headers["Retry-After"] = str(seconds)
        raise Refusal(429, "request.too-many", headers=headers, seconds=seconds)
    return headers


def refused(state: ServerState, request: Request, refusal: Refusal | None = None) -> Refusal:
    """Return a refusal: 401 unless given, or 429 for an address refused too often lately."""
    address = request.client.host if request.client else ""
    if not state.rates.hit(REFUSALS, f"refused {address}").allowed:
        return Refusal(429, "request.too-many", headers={"Retry-After": "60"}, seconds=60)
    return refusal or Refusal(401, "access.bad-token", headers=_CHALLENGE)


def _without_people(template: str, parameters: dict[str, Any]) -> str:
    # The audit trail outlives the erasure of a person and names people by a `ref` of their row,
    # so the path in it must not name them. 400 is the length of the column.
    for name, value in parameters.items():
        if name != "person_id":
            template = template.replace("{" + name + "}", str(value))
    return template[:400]


def _refuse_unknown(request: Request, route: APIRoute) -> None:
    """Refuse a parameter that the operation does not have: it may be a misspelt filter."""
    known = set(_query_names(route.dependant))
    unknown = sorted({name for name, _ in request.query_params.multi_items()} - known)
    if unknown:
        raise Refusal(
            422,
            "request.unknown-parameter",
            names=", ".join(unknown)[:200],
            known=", ".join(sorted(known)) or "–",
            errors=[
                FieldProblem(pointer=f"query:{name[:80]}", detail="unknown")
                for name in unknown[:20]
            ],
        )


def _query_names(dependant: Dependant) -> Iterator[str]:
    # FastAPI ignores unknown parameters, and offers no list of the known ones but this tree.
    for parameter in dependant.query_params:
        yield parameter.alias
    for below in dependant.dependencies:
        yield from _query_names(below)

"""Who is calling: a request is admitted before anything of it is looked at.

`admit` checks the key or token, the permission that the operation needs, and the rate limit. A
route gets the `Call` it returns by ``call: Call = CALL``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from fastapi import Depends, Request, Response

from api.identity.tokens import Claims, TokenRefused
from api.problems import Refusal, language_of
from api.server_state import REFUSALS, Running
from recommender.service.access.keys import check_token, is_valid, principal_of
from recommender.service.permissions import PERMISSIONS, Permission, Principal, Role
from recommender.service.session import Session
from recommender.store import (
    Connection,
    KeptAnswer,
    claim_answer,
    keep_answer,
    org_path,
    read_counters,
    reading,
)

T = TypeVar("T")
IDEMPOTENCY_KEY = r"^[!-~]{1,200}$"
_KEY = "trk_"
# the issuer is down, or has just changed its keys: no fault of whoever sits behind this address
_NOT_GUESSING = ("keys-unavailable", "unknown-key")
_WHOLE_ORGANISATION = "*"
_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="training-recommender"'}


@dataclass
class Call:
    """An admitted request.

    Parameters
    ----------
    request : Request
        As it came.
    running : Running
        The parts of the server.
    session : Session
        On whose behalf use cases run.
    headers : dict of str to str
        Go with the answer, whatever it is.
    """

    request: Request
    running: Running
    session: Session
    headers: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def lang(self) -> str:
        """Language of texts in the answer."""
        return self.session.lang

    def read(self, use: Callable[[Connection], T]) -> T:
        """Run a use case that reads."""
        return self.session.read(use)

    def write(
        self,
        use: Callable[[Connection], T],
        respond: Callable[[T], Response],
        *,
        keep: Callable[[Response], Response] = lambda response: response,
    ) -> Response:
        """Run a use case that writes, and keep the answer with it in one transaction.

        A request with an ``Idempotency-Key`` that was answered before gets that answer again;
        the use case does not run a second time.

        Parameters
        ----------
        use : callable
            The use case.
        respond : callable
            Makes the answer out of what the use case returns.
        keep : callable
            Makes what is kept, to be answered to the same request, out of the answer; the
            answer itself unless given.

        Returns
        -------
        Response
            The answer.
        """
        key = self.request.headers.get("idempotency-key")
        if key is None:
            return respond(self.session.write(use))
        actor, asked = self.session.who.actor, self._fingerprint()
        self.session.once = hashlib.sha256(f"{actor} {key} {asked}".encode()).hexdigest()

        def once(connection: Connection) -> Response:
            earlier = claim_answer(connection, actor, key, asked)
            if earlier is not None:
                headers = {**earlier.headers, "Idempotent-Replayed": "true"}
                return Response(earlier.body, earlier.status, headers=headers)
            response = respond(use(connection))
            kept = keep(response)
            keep_answer(
                connection,
                actor,
                key,
                KeptAnswer(kept.status_code, dict(kept.headers), bytes(kept.body)),
            )
            return response

        return self.session.write(once)

    def seen_version(self) -> int:
        """Return the version that ``If-Match`` names.

        Raises
        ------
        Refusal
            If the header is not there (428), or no ETag of a version (412).
        """
        given = self.request.headers.get("if-match")
        if given is None:
            raise Refusal(428, "request.if-match-missing")
        match = re.fullmatch(r'"([0-9]{1,9})(-[0-9a-f]+)?"', given)
        if match is None:
            raise Refusal(412, "request.if-match")
        return int(match[1])

    def _fingerprint(self) -> str:
        body: bytes = getattr(self.request, "_body", b"")
        text = f"{self.request.method} {self.request.url.path}?{self.request.url.query}\n"
        return hashlib.sha256(text.encode() + body).hexdigest()


def admit(
    request: Request, *, operation: str, template: str, permission: Permission | None
) -> Call:
    """Check who is calling and whether the operation is allowed to him.

    Parameters
    ----------
    request : Request
        As it came.
    operation : str
        Name of the operation.
    template : str
        Path of the operation.
    permission : Permission or None
        What it needs; None where every principal may.

    Returns
    -------
    Call
        Admitted.

    Raises
    ------
    Refusal
        401 without a valid key or token, 422 with an ``Idempotency-Key`` that is none, 429 past
        the rate limit.
    ForbiddenError
        If the permission is not there.
    """
    running: Running = request.app.state.running
    token = _token(request)
    # checked before a connection is taken: it may have to wait for the identity provider
    who = None if token.startswith(_KEY) else _check_claims(running, request, token)
    with reading(running.live.engine) as connection:
        counters = read_counters(connection)
        if who is None:
            who = _check_key(running, request, token, connection, changes=counters["access"])
    request.state.actor = who.actor
    headers = _count(running, who.actor)
    if permission is not None:
        who.need(permission)
    if not re.fullmatch(IDEMPOTENCY_KEY, request.headers.get("idempotency-key", "none")):
        raise Refusal(422, "request.idempotency-key")
    session = Session(
        service=running.live.current(counters["catalog"]),
        who=who,
        action=operation,
        today=running.settings.today(),
        lang=language_of(request),
        request_id=request.state.request_id,
        resource=_without_people(template, request.path_params),
    )
    return Call(request, running, session, headers)


async def _request(request: Request) -> Request:
    return request


# what `api.operations.admitted` finds in this place it replaces by the admitted call
CALL: Any = Depends(_request)


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if kind.lower() != "bearer" or not token:
        raise Refusal(401, "access.no-token", headers=_CHALLENGE)
    return token


def _check_key(
    running: Running, request: Request, token: str, connection: Connection, *, changes: int
) -> Principal:
    key = running.keys.get(token, changes=changes)
    if key is None:
        _refuse_guessing(running, request)
        key = check_token(connection, token)
        if key is not None:
            running.keys.put(token, key, changes=changes)
    if key is not None and is_valid(key, dt.datetime.now(dt.UTC)):
        return principal_of(key)
    raise _refused(running, request)


def _check_claims(running: Running, request: Request, token: str) -> Principal:
    _refuse_guessing(running, request)
    if running.verifier is not None:
        try:
            return _principal_of_claims(running.verifier.verify(token))
        except TokenRefused as refused:
            request.state.refused = refused.reason
            if refused.reason in _NOT_GUESSING:
                raise Refusal(401, "access.bad-token", headers=_CHALLENGE) from None
    raise _refused(running, request)


def _principal_of_claims(claims: Claims) -> Principal:
    if claims.role is None:
        raise TokenRefused("claims")
    role = Role(claims.role)
    if role in (Role.EMPLOYEE, Role.MANAGER) and claims.person_id is None:
        raise TokenRefused("claims")
    unit = None
    if role is Role.HR and claims.org_unit != _WHOLE_ORGANISATION:
        unit = org_path(claims.org_unit or "")
        if not unit:
            raise TokenRefused("claims")
    # the subject may be a person's name or mail address; its hash tells tokens apart as well
    subject = hashlib.sha256(f"{claims.issuer} {claims.subject}".encode()).hexdigest()[:16]
    return Principal(
        actor=f"token:{subject}",
        role=role,
        permissions=PERMISSIONS[role],
        person_id=claims.person_id,
        org_unit=unit,
    )


def _count(running: Running, actor: str) -> dict[str, str]:
    window = running.windows.hit(running.limit, actor)
    seconds = math.ceil(window.seconds)
    headers = {
        "RateLimit-Limit": str(running.limit.amount),
        "RateLimit-Remaining": str(window.remaining),
        "RateLimit-Reset": str(seconds),
    }
    if not window.allowed:
        headers["Retry-After"] = str(seconds)
        raise Refusal(429, "request.too-many", headers=headers, seconds=seconds)
    return headers


def _client(request: Request) -> str:
    return f"refused {request.client.host if request.client else ''}"


def _refuse_guessing(running: Running, request: Request) -> None:
    """Refuse a client whose tokens were refused too often of late."""
    if not running.windows.is_open(REFUSALS, _client(request)):
        raise Refusal(429, "request.too-many", headers={"Retry-After": "60"}, seconds=60)


def _refused(running: Running, request: Request) -> Refusal:
    running.windows.hit(REFUSALS, _client(request))
    return Refusal(401, "access.bad-token", headers=_CHALLENGE)


def _without_people(template: str, parameters: dict[str, Any]) -> str:
    for name, value in parameters.items():
        if name != "person_id":
            template = template.replace("{" + name + "}", str(value))
    return template[:400]

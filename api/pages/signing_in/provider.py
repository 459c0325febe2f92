"""Signing in at the organisation's identity provider: there, and back."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.admission import refused
from api.identity.cookies import SESSION, drop_cookie, read_cookie, set_cookie
from api.identity.principals import principal_of_claims
from api.identity.provider import Attempt, Provider, ProviderUnavailableError
from api.identity.tokens import TokenRefused
from api.pages.addresses import local_address
from api.pages.signing_in.entering import lead_on, show_form
from api.problems import Refusal, language_of
from api.server_state import ServerState
from recommender.errors import ForbiddenError
from recommender.service.access.signing_in.entering import enter_as
from recommender.texts import hint, say

PAGES = APIRouter(include_in_schema=False)
_ATTEMPT = "sign-in"
_ATTEMPT_SECONDS = 600
# of an address that is kept in a cookie, of which browsers take 4 kB
_LONGEST_AFTER = 1000

Sent = Annotated[str, Query(max_length=4000)]


@PAGES.get("/login/oidc")
def lead_to_provider(request: Request) -> Response:
    """Lead the browser to the identity provider."""
    provider = _provider(request)
    after = local_address(request.query_params.get("next", "/"))
    attempt = Attempt.begin(after if len(after) <= _LONGEST_AFTER else "/")
    try:
        address = provider.address_for(attempt, _back(request))
    except ProviderUnavailableError:
        return _refuse(request, "sign-in.provider-down", 503, attempt)
    response = RedirectResponse(address, 303)
    set_cookie(request, response, _ATTEMPT, attempt.as_cookie(), seconds=_ATTEMPT_SECONDS)
    return response


@PAGES.get("/login/oidc/callback")
def enter_by_provider(
    request: Request, code: Sent = "", state: Sent = "", error: Sent = ""
) -> Response:
    """Sign in whoever comes back from the identity provider."""
    provider = _provider(request)
    attempt = Attempt.read(read_cookie(request, _ATTEMPT))
    if attempt is None or not hmac.compare_digest(state.encode(), attempt.state.encode()):
        request.state.refused = "state"
        return _refuse(request, "sign-in.provider-state", 400, attempt)
    if error or not code:
        # of the provider's own words nothing is shown: anybody could have written them
        request.state.refused = error[:40] if error.isidentifier() else "no code"
        return _refuse(request, "sign-in.provider-denied", 403, attempt)
    try:
        claims = provider.claims_for(attempt, code, _back(request))
        token = enter_as(
            request.app.state.server.installation,
            principal_of_claims(claims),
            name=claims.name or claims.person_id or claims.subject,
            request_id=request.state.request_id,
            instead_of=read_cookie(request, SESSION),
        )
    except ProviderUnavailableError:
        return _refuse(request, "sign-in.provider-down", 503, attempt)
    except TokenRefused as problem:
        request.state.refused = str(problem)
        if problem.reason == "keys-unavailable":
            return _refuse(request, "sign-in.provider-down", 503, attempt)
        known = problem.reason == "claims"  # the provider's word is good, but gives no rights here
        said = "sign-in.no-access" if known else "sign-in.provider-refused"
        return _refuse(request, said, 403, attempt)
    except ForbiddenError as problem:
        return _refuse(request, problem.code, 403, attempt)
    response = lead_on(request, token, local_address(attempt.after))
    drop_cookie(request, response, _ATTEMPT)
    return response


def _provider(request: Request) -> Provider:
    state: ServerState = request.app.state.server
    if state.provider is None:
        raise HTTPException(404)
    return state.provider


def _back(request: Request) -> str:
    """Return the address that is registered at the provider."""
    return f"{request.base_url}login/oidc/callback"


def _refuse(request: Request, code: str, status: int, attempt: Attempt | None) -> Response:
    """Say on the page to sign in on what went wrong, and end the attempt."""
    # each can make us ask the provider, so they are counted by address
    limited = refused(request.app.state.server, request, Refusal(status, code))
    if limited.status_code == 429:
        raise limited
    lang = language_of(request)
    response = show_form(
        request,
        after=local_address(attempt.after) if attempt else "/",
        problem=(say(code, lang), hint(code, lang)),
        status=status,
    )
    drop_cookie(request, response, _ATTEMPT)
    return response

"""How a page is declared, who is admitted to it, and where a form leads.

::

    PAGES = Pages()

    @PAGES.page("GET", "/people/{person_id}", Permission.READ_ASSESSMENTS)
    def show_person(call: Visited, person_id: PersonId) -> Response:
        '''Show where a person stands.'''
        return render(call, "people/person.html.j2", person=...)

The permissions, the scope, the rate limit and the audit trail are those of the API; what differs is
that a cookie says who asks, and that a form has to prove that one of our pages sent it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api.admission import PERMISSION, SOLVES, Call, admit_principal, note_reads
from api.identity.cookies import SESSION, read_cookie
from api.pages.csrf import is_mask_of
from api.pages.rendering import leave_said
from api.problems import Refusal, language_of
from api.server_state import ServerState
from recommender.service.access.signing_in.browsers import identify_browser
from recommender.service.permissions import Permission

SAFE_METHODS = ("GET", "HEAD")


class Pages(APIRouter):
    """Pages of one area. They stand beside the API and are no part of its description."""

    def page(
        self, method: str, path: str, permission: Permission | None, *, solves: bool = False
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Declare a page, a fragment of one, or where a form is sent.

        Parameters
        ----------
        method, path : str
            As in HTTP.
        permission : Permission or None
            The permission it needs; None where everybody who is signed in may.
        solves : bool
            Whether it solves a plan: of these a caller has fewer an hour.

        Returns
        -------
        callable
            A decorator that leaves the function as it is.
        """
        extra: dict[str, Any] = {}
        if permission is not None:
            extra[PERMISSION] = permission.value
        if solves:
            extra[SOLVES] = True

        def declare(function: Callable[..., Any]) -> Callable[..., Any]:
            self.add_api_route(
                path,
                function,
                methods=[method],
                operation_id=function.__name__,
                include_in_schema=False,
                response_model=None,
                openapi_extra=extra,
            )
            return function

        return declare


class SignInFirst(Exception):  # noqa: N818 - not an error: the visitor is led on
    """Nobody is signed in, or not any more."""


async def visit(request: Request) -> AsyncIterator[Call]:
    """Admit whoever is signed in; note what was read once the route is done.

    Raises
    ------
    SignInFirst
        If nobody is signed in.
    Refusal
        403 for a form that none of our pages has sent; else as `api.admission.admit_principal`.
    ForbiddenError
        If the permission is not there.
    """
    call = await run_in_threadpool(_check_visitor, request)
    if request.method not in SAFE_METHODS:
        await _check_sender(request)
    yield call
    await note_reads(call)


Visited = Annotated[Call, Depends(visit, scope="function")]


def see_other(call: Call, address: str, *, said: str = "", **values: Any) -> Response:
    """Lead on to another page after a form was handled; `said` is the text shown there once."""
    response = RedirectResponse(address, 303)
    if said:
        leave_said(response, said, values)
    return call.respond(response)


def lead_to_sign_in(app: FastAPI) -> None:
    """Make an application lead visitors who are not signed in to the page where they can."""

    async def on_signed_out(request: Request, error: Exception) -> Response:
        if "hx-request" in request.headers:
            # a redirect would put the sign-in page into the middle of the page that is open
            return Response(status_code=401, headers={"HX-Redirect": "/login"})
        seen = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        # a form cannot be sent again after the sign-in
        after = quote(seen, safe="") if request.method in SAFE_METHODS else ""
        return RedirectResponse(f"/login?next={after}" if after else "/login", 303)

    app.add_exception_handler(SignInFirst, on_signed_out)


def _check_visitor(request: Request) -> Call:
    state: ServerState = request.app.state.server
    service, signed_in = identify_browser(state.installation, read_cookie(request, SESSION))
    if signed_in is None:
        raise SignInFirst
    request.state.signed_in = signed_in
    return admit_principal(request, service, signed_in.who, lang=language_of(request))


async def _check_sender(request: Request) -> None:
    sent = request.headers.get("x-csrf-token")
    if sent is None:
        sent = (await request.form()).get("csrf")
    if not isinstance(sent, str) or not is_mask_of(sent, request.state.signed_in.csrf):
        raise Refusal(403, "console.csrf")

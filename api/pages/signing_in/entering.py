"""Where nobody is signed in yet: password, one-time links."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Path, Request, Response
from fastapi.responses import RedirectResponse

from api.admission import refused
from api.identity.cookies import SESSION, read_cookie, set_cookie
from api.pages.addresses import local_address
from api.pages.rendering import render_open
from api.problems import Refusal, describe_problem, language_of
from api.server_state import ServerState
from recommender.errors import ForbiddenError, InputError
from recommender.service.access.signing_in.choosing import find_reset, reset_password
from recommender.service.access.signing_in.entering import enter_by_link, sign_in
from recommender.service.access.signing_in.passwords import SHORTEST

PAGES = APIRouter(include_in_schema=False)

Login = Annotated[str, Form(max_length=200)]
Password = Annotated[str, Form(max_length=1000)]
Link = Annotated[str, Path(max_length=100)]
After = Annotated[str, Form(alias="next", max_length=2000)]


@PAGES.get("/login")
def show_sign_in(request: Request) -> Response:
    """Show the form to sign in with."""
    after = local_address(request.query_params.get("next", "/"))
    return show_form(request, after=after)


@PAGES.post("/login")
def enter_with_password(
    request: Request, login: Login = "", password: Password = "", after: After = "/"
) -> Response:
    """Sign in with login and password, and lead on to where the visitor was going."""
    _refuse_other_sites(request)
    state: ServerState = request.app.state.server
    try:
        token = sign_in(
            state.installation,
            login,
            password,
            request_id=request.state.request_id,
            instead_of=read_cookie(request, SESSION),
        )
    except ForbiddenError as problem:
        # counted by address as well: many accounts could be tried with one password each
        limited = refused(state, request, Refusal(403, problem.code))
        if limited.status_code == 429:
            raise limited from None
        detail, advice = describe_problem(problem, language_of(request))
        return show_form(
            request, after=local_address(after), login=login, problem=(detail, advice), status=403
        )
    return lead_on(request, token, local_address(after))


@PAGES.get("/enter/{link}")
def show_link(request: Request, link: Link) -> Response:
    """Show what a one-time link opens; a program that looks links through does not use it up."""
    return render_open(
        request, "signing_in/enter.html.j2", language_of(request), address=f"/enter/{link}"
    )


@PAGES.post("/enter/{link}")
def enter_with_link(request: Request, link: Link) -> Response:
    """Sign in by a one-time link."""
    _refuse_other_sites(request)
    state: ServerState = request.app.state.server
    token = enter_by_link(
        state.installation,
        link,
        request_id=request.state.request_id,
        instead_of=read_cookie(request, SESSION),
    )
    return lead_on(request, token, "/")


@PAGES.get("/login/reset/{link}")
def show_reset(request: Request, link: Link) -> Response:
    """Show the form in which a password is chosen."""
    find_reset(request.app.state.server.installation, link)
    return _show_reset(request, link)


@PAGES.post("/login/reset/{link}")
def choose_password(
    request: Request, link: Link, password: Password = "", again: Password = ""
) -> Response:
    """Choose a password by a one-time link; signing in comes after."""
    _refuse_other_sites(request)
    lang = language_of(request)
    installation = request.app.state.server.installation
    try:
        if password != again:
            raise InputError("password.differs")
        reset_password(installation, link, password, request_id=request.state.request_id)
    except InputError as problem:
        return _show_reset(request, link, problem=describe_problem(problem, lang), status=422)
    return RedirectResponse("/login", 303)


def show_form(
    request: Request,
    *,
    after: str,
    login: str = "",
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    """Return the page to sign in on, with what went wrong."""
    state: ServerState = request.app.state.server
    return render_open(
        request,
        "signing_in/login.html.j2",
        language_of(request),
        status=status,
        after=after,
        has_provider=state.provider is not None,
        login=login,
        problem=problem,
    )


def _show_reset(
    request: Request, link: str, *, problem: tuple[str, str] | None = None, status: int = 200
) -> Response:
    return render_open(
        request,
        "signing_in/reset.html.j2",
        language_of(request),
        status=status,
        address=f"/login/reset/{link}",
        shortest=SHORTEST,
        problem=problem,
    )


def lead_on(request: Request, token: str, after: str) -> Response:
    """Let a browser that has signed in go where it was going."""
    response = RedirectResponse(after, 303)
    set_cookie(request, response, SESSION, token)
    return response


def _refuse_other_sites(request: Request) -> None:
    """Refuse a form that another site has sent: it could sign its victim in as somebody else."""
    # there is no session yet whose token a form could bring; browsers name the page that sends
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Refusal(403, "console.csrf")

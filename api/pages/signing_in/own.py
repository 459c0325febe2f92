"""One's own account: signing out, the password, where one is signed in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Response

from api.admission import Call
from api.identity.cookies import SESSION, drop_cookie
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.problems import describe_problem
from recommender.errors import InputError
from recommender.service.access.signing_in.browsers import (
    get_sessions,
    sign_out,
    sign_out_everywhere,
)
from recommender.service.access.signing_in.choosing import change_password, get_own_account
from recommender.service.access.signing_in.passwords import SHORTEST

PAGES = Pages()
Password = Annotated[str, Form(max_length=1000)]


@PAGES.page("POST", "/logout", None)
def leave(call: Visited) -> Response:
    """Sign this browser out."""
    sign_out(call.session, call.request.state.signed_in.token_hash)
    response = see_other(call, "/login")
    drop_cookie(call.request, response, SESSION)
    return response


@PAGES.page("POST", "/logout/everywhere", None)
def leave_elsewhere(call: Visited) -> Response:
    """Sign the visitor's other browsers out."""
    count = sign_out_everywhere(call.session, but=call.request.state.signed_in.token_hash)
    return see_other(call, "/account", said="signing_in.left_elsewhere", count=count)


@PAGES.page("GET", "/account", None)
def show_account(call: Visited) -> Response:
    """Show where the visitor is signed in, and the form for another password."""
    return _show(call)


@PAGES.page("POST", "/account/password", None)
def choose_other_password(
    call: Visited, present: Password = "", password: Password = "", again: Password = ""
) -> Response:
    """Change the visitor's password; other browsers are signed out."""
    try:
        if password != again:
            raise InputError("password.differs")
        change_password(
            call.session, present, password, keep=call.request.state.signed_in.token_hash
        )
    except InputError as problem:
        return _show(call, problem=describe_problem(problem, call.lang), status=422)
    return see_other(call, "/account", said="signing_in.changed")


def _show(call: Call, *, problem: tuple[str, str] | None = None, status: int = 200) -> Response:
    account = get_own_account(call.session)
    return render(
        call,
        "signing_in/account.html.j2",
        status=status,
        account=account,
        sessions=get_sessions(call.session),
        this=call.request.state.signed_in.token_hash,
        shortest=SHORTEST,
        problem=problem,
    )

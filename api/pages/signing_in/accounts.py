"""The accounts of an installation, for those who manage who may do what."""

from __future__ import annotations

from typing import Annotated

from fastapi import Form, Path, Response

from api.admission import Call
from api.pages.rendering import render
from api.pages.routing import Pages, Visited, see_other
from api.problems import describe_problem
from recommender.errors import ConflictError, InputError, NotFoundError
from recommender.service.access.signing_in.accounts import (
    LINK_HOURS,
    RESET,
    AccountRequest,
    confirm_account,
    create_account,
    disable_account,
    enable_account,
    get_account,
    get_accounts,
    make_link,
    state_of,
)
from recommender.service.access.two_person import needs_second
from recommender.service.permissions import Permission, Role

PAGES = Pages()
_MOST = 500
Line = Annotated[str, Form(max_length=200)]
AccountId = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]


@PAGES.page("GET", "/accounts", Permission.MANAGE_KEYS)
def list_all_accounts(call: Visited) -> Response:
    """Show every account and the form for another one."""
    return _show(call, {})


@PAGES.page("POST", "/accounts", Permission.MANAGE_KEYS)
def add_account(
    call: Visited,
    login: Line = "",
    name: Line = "",
    role: Annotated[Role, Form()] = Role.EMPLOYEE,
    person_id: Line = "",
    org_unit: Line = "",
) -> Response:
    """Add an account, and show the link by which its owner chooses a password."""
    request = AccountRequest(
        login, name, role, person_id=person_id or None, org_unit=org_unit or None
    )
    try:
        with call.session.together():
            account = create_account(call.session, request)
            link = make_link(call.session, account.account_id, RESET)
    except (InputError, NotFoundError, ConflictError) as problem:
        typed = {
            "login": login,
            "name": name,
            "role": role.value,
            "person_id": person_id,
            "org_unit": org_unit,
        }
        return _show(call, typed, problem=describe_problem(problem, call.lang), status=422)
    return _show_link(call, account.login, link)


@PAGES.page("POST", "/accounts/{account_id}/reset-link", Permission.MANAGE_KEYS)
def send_reset_link(call: Visited, account_id: AccountId) -> Response:
    """Make a link by which the owner of an account chooses a password, and show it once."""
    link = make_link(call.session, account_id, RESET)
    return _show_link(call, get_account(call.session, account_id).login, link)


@PAGES.page("POST", "/accounts/{account_id}/disable", Permission.MANAGE_KEYS)
def close_account(call: Visited, account_id: AccountId) -> Response:
    """Let nobody sign in with an account from now on."""
    account = disable_account(call.session, account_id)
    return see_other(call, "/accounts", said="signing_in.disabled", login=account.login)


@PAGES.page("POST", "/accounts/{account_id}/enable", Permission.MANAGE_KEYS)
def open_account(call: Visited, account_id: AccountId) -> Response:
    """Let somebody sign in with an account again."""
    account = enable_account(call.session, account_id)
    return see_other(call, "/accounts", said="signing_in.enabled", login=account.login)


@PAGES.page("POST", "/accounts/{account_id}/confirm", Permission.MANAGE_KEYS)
def confirm_waiting(call: Visited, account_id: AccountId) -> Response:
    """Let what somebody else has asked for an account take effect."""
    account = confirm_account(call.session, account_id)
    return see_other(call, "/accounts", said="signing_in.confirmed", login=account.login)


def _show(
    call: Call,
    typed: dict[str, str],
    *,
    problem: tuple[str, str] | None = None,
    status: int = 200,
) -> Response:
    accounts = get_accounts(call.session, limit=_MOST)
    return render(
        call,
        "signing_in/accounts.html.j2",
        status=status,
        accounts=[(account, state_of(account)) for account in accounts],
        roles=[role.value for role in Role],
        typed=typed,
        problem=problem,
    )


def _show_link(call: Call, login: str, link: str) -> Response:
    address = f"{call.request.base_url}login/reset/{link}"
    return render(
        call,
        "signing_in/link.html.j2",
        login=login,
        address=address,
        valid_hours=LINK_HOURS[RESET],
        waits=needs_second(call.session),
    )

"""Commands for people who sign in with a browser: accounts …."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from recommender.cli.app import command_group
from recommender.cli.common import Terminal, command
from recommender.service.access.signing_in.accounts import (
    ENTER,
    LINK_HOURS,
    RESET,
    AccountRequest,
    StoredAccount,
    create_account,
    disable_account,
    enable_account,
    find_account,
    get_accounts,
    make_link,
    state_of,
)
from recommender.service.permissions import Permission, Role

Login = Annotated[str, typer.Argument(help="Login name.")]
Url = Annotated[
    str, typer.Option(metavar="URL", help="Address at which browsers reach the server.")
]
_ON_THIS_COMPUTER = "http://localhost:8000"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    accounts = command_group("Add, list and disable accounts; make links to sign in with.")
    command(
        accounts,
        "add",
        examples=[
            "recommender accounts add li.na --name 李娜 --role hr --org-unit 东区分公司",
            "recommender accounts add 00012345 --name 王敏 --role manager --person 00012345",
        ],
    )(add)
    command(accounts, "list", examples=["recommender accounts list --json"])(list_)
    command(accounts, "disable", examples=["recommender accounts disable li.na"])(disable)
    command(accounts, "enable", examples=["recommender accounts enable li.na"])(enable)
    command(
        accounts,
        "reset-link",
        examples=["recommender accounts reset-link li.na --url https://training.example.com"],
    )(reset_link)
    command(accounts, "enter-link", examples=["recommender accounts enter-link li.na"])(enter_link)
    app.add_typer(accounts, name="accounts")


def add(
    term: Terminal,
    login: Login,
    name: Annotated[str, typer.Option(help="Name shown on pages.")],
    role: Annotated[Role, typer.Option(help="Role of the account.")],
    person: Annotated[
        str | None,
        typer.Option(help="Person the account belongs to; required for employees and managers."),
    ] = None,
    org_unit: Annotated[
        str | None,
        typer.Option(
            help="Org unit an HR account is limited to; the whole organisation by default."
        ),
    ] = None,
    also: Annotated[
        list[Permission] | None,
        typer.Option(help="Add a permission that the role has only when it is named; repeatable."),
    ] = None,
    url: Url = _ON_THIS_COMPUTER,
) -> None:
    """Add an account, and show the link by which its owner chooses a password."""
    request = AccountRequest(
        login=login, name=name, role=role, person_id=person, org_unit=org_unit, also=also or ()
    )
    with term.session("accounts add") as session:
        account = create_account(session, request)
    # a second transaction, and so a second entry of the audit trail
    _show_link(term, account.login, RESET, url, more=to_plain(account))


def list_(term: Terminal) -> None:
    """List the accounts, without their passwords."""
    with term.session("accounts list") as session:
        accounts = get_accounts(session, limit=10_000)
    if term.as_json:
        term.print_json({"accounts": [to_plain(account) for account in accounts]})
        return
    term.print_table(
        term.say("cli.accounts-title"),
        [
            (term.say("cli.login"), "left"),
            (term.say("cli.account-name"), "left"),
            (term.say("cli.role"), "left"),
            (term.say("cli.bound-to"), "left"),
            (term.say("cli.last-sign-in"), "left"),
            (term.say("cli.state"), "left"),
        ],
        [
            (
                account.login,
                account.name,
                term.say(f"role.{account.role}"),
                " ".join(filter(None, [account.person_id, account.org_unit])) or "–",
                f"{account.last_login_at:%Y-%m-%d %H:%M}" if account.last_login_at else "–",
                term.say(f"account-state.{state_of(account)}"),
            )
            for account in accounts
        ],
    )


def disable(term: Terminal, login: Login) -> None:
    """Disable an account and sign its browsers out at once."""
    with term.session("accounts disable") as session:
        account = disable_account(session, find_account(session, login).account_id)
    if term.as_json:
        term.print_json(to_plain(account))
    term.print("cli.account-disabled", login=account.login)


def enable(term: Terminal, login: Login) -> None:
    """Enable an account that was disabled."""
    with term.session("accounts enable") as session:
        account = enable_account(session, find_account(session, login).account_id)
    if term.as_json:
        term.print_json(to_plain(account))
    term.print("cli.account-enabled", login=account.login)


def reset_link(term: Terminal, login: Login, url: Url = _ON_THIS_COMPUTER) -> None:
    """Show a one-time link by which the owner of an account chooses a new password."""
    _show_link(term, login, RESET, url)


def enter_link(term: Terminal, login: Login, url: Url = _ON_THIS_COMPUTER) -> None:
    """Show a one-time link that signs in, for whoever runs the server."""
    _show_link(term, login, ENTER, url)


def to_plain(account: StoredAccount) -> dict[str, Any]:
    """Return all that may be shown of an account, which is all but the hash of its password."""
    return {name: value for name, value in account.__dict__.items() if name != "password_hash"}


def _show_link(
    term: Terminal, login: str, purpose: str, url: str, *, more: dict[str, Any] | None = None
) -> None:
    with term.session(f"accounts {purpose}-link") as session:
        account = find_account(session, login)
        token = make_link(session, account.account_id, purpose)
    path = "/login/reset/" if purpose == RESET else "/enter/"
    link = f"{url.rstrip('/')}{path}{token}"
    if term.as_json:
        term.print_json((more or {}) | {"link": link, "hours": LINK_HOURS[purpose]})
        return
    # the link alone goes to the output, so that it can be piped
    said = term.say(f"cli.{purpose}-link", login=account.login, hours=LINK_HOURS[purpose])
    term.problems.print(said, markup=False, highlight=False, soft_wrap=True)
    typer.echo(link)

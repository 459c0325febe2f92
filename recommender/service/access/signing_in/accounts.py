"""Accounts: made and taken away by who manages keys, with a link to choose the first password."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from recommender.errors import ConflictError, ForbiddenError, InputError, NotFoundError
from recommender.service.access.rights import check_rights, permissions_kept
from recommender.service.access.signing_in.browsers import hash_token
from recommender.service.access.signing_in.entering import fold_login, is_locked
from recommender.service.access.two_person import WAITING, is_same_hand, needs_second
from recommender.service.permissions import Permission, Role
from recommender.service.session import Session
from recommender.store import (
    Connection,
    StoredAccount,
    StoredLink,
    change_account_row,
    confirm_links,
    count_change,
    delete_links,
    delete_sessions,
    insert_account,
    list_accounts,
    list_links,
    org_path,
    read_account,
    replace_link,
)

LONGEST_LOGIN, LONGEST_NAME = 120, 200
RESET, ENTER = "reset", "enter"
# a reset link travels by hand or mail; one that signs in is opened by who made it
LINK_HOURS = {RESET: 72, ENTER: 1}


@dataclass(frozen=True)
class AccountRequest:
    """What an account is to be.

    Parameters
    ----------
    login : str
        What its owner types in; case and width of letters make no difference.
    name : str
        What its owner is called on pages.
    role : Role
        As of a `KeyRequest`, with `person_id`, `org_unit`, `permissions` and `also`.
    """

    login: str
    name: str
    role: Role
    person_id: str | None = None
    org_unit: str | None = None
    permissions: Sequence[Permission] | None = None
    also: Sequence[Permission] = ()


def create_account(session: Session, request: AccountRequest) -> StoredAccount:
    """Make an account; where it takes two people, it opens nothing until the second confirms it.

    Raises
    ------
    InputError
        If login or name is empty, too long or cannot be shown, or the role cannot be given so.
    NotFoundError
        If there is no such person or unit.
    ConflictError
        If the login is taken.
    """
    session.need(Permission.MANAGE_KEYS)
    login = fold_login(request.login)
    with session.writing() as connection:
        rights = _check(connection, request)
        if read_account(connection, login=login) is not None:
            raise ConflictError("accounts.login-taken", login=login)
        now = dt.datetime.now(dt.UTC)
        account = StoredAccount(
            account_id=secrets.token_hex(6),
            login=login,
            password_hash=None,
            failures=0,
            locked_until=None,
            disabled_at=None,
            created_at=now,
            created_by=session.who.actor,
            waits_until=now + WAITING if needs_second(session) else None,
            **rights,
        )
        insert_account(connection, account)
        session.details |= {"account": account.account_id, "account_role": account.role}
        return account


def change_account(session: Session, account_id: str, request: AccountRequest) -> StoredAccount:
    """Give an account other rights or another name; its browsers are signed out at once.

    Where it takes two people, it opens nothing until the second has confirmed it.

    Raises
    ------
    InputError, NotFoundError
        As of `create_account`; or there is no such account.
    ConflictError
        If it is the principal's own.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        rights = _check(connection, request)
        return _change(session, connection, account_id, **rights, **_anew(session))


def disable_account(session: Session, account_id: str) -> StoredAccount:
    """Let nobody sign in with an account; its browsers are signed out and its links end at once.

    Raises
    ------
    NotFoundError
        If there is no such account.
    ConflictError
        If it is the principal's own.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        delete_links(connection, account_id)
        now = dt.datetime.now(dt.UTC)
        return _change(session, connection, account_id, disabled_at=now)


def enable_account(session: Session, account_id: str) -> StoredAccount:
    """Let an account sign in again; where it takes two people, once the second has confirmed it.

    Raises
    ------
    NotFoundError
        If there is no such account.
    ConflictError
        If it is the principal's own.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        return _change(session, connection, account_id, disabled_at=None, **_anew(session))


def make_link(session: Session, account_id: str, purpose: str) -> str:
    """Make a one-time link in place of an earlier one, and return the token that stands in it.

    By a link for `RESET` a password is chosen, by one for `ENTER` its owner signs in. Where it
    takes two people, it does not work until the second has confirmed it: with it, an administrator
    could take the account over.

    Raises
    ------
    NotFoundError
        If there is no such account.
    ConflictError
        If the account is disabled.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        account = get_account(session, account_id)
        if account.disabled_at is not None:
            raise ConflictError("accounts.disabled", login=account.login)
        now, token = dt.datetime.now(dt.UTC), secrets.token_urlsafe(32)
        replace_link(
            connection,
            StoredLink(
                token_sha256=hash_token(token),
                account_id=account_id,
                purpose=purpose,
                created_by=session.who.actor,
                created_at=now,
                expires_at=now + dt.timedelta(hours=LINK_HOURS[purpose]),
                waits_until=now + WAITING if needs_second(session) else None,
            ),
        )
        session.details |= {"account": account_id, "purpose": purpose}
        return token


def confirm_account(session: Session, account_id: str) -> StoredAccount:
    """Let an account or its links take effect that somebody else has made.

    Raises
    ------
    NotFoundError
        If there is no such account.
    ConflictError
        If nothing of it waits for that, or no longer.
    ForbiddenError
        If the principal may be the one who made it.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        account, now = get_account(session, account_id), dt.datetime.now(dt.UTC)
        asked = [link.created_by for link in waiting_links(connection, account_id, now)]
        if account.waits_until is not None and now < account.waits_until:
            asked.append(account.confirmed_by or account.created_by)
        if not asked:
            raise ConflictError("accounts.not-waiting", login=account.login)
        if any(is_same_hand(connection, actor, session.who) for actor in asked):
            raise ForbiddenError("access.second-person")
        confirm_links(connection, account_id)
        changes = {"waits_until": None, "confirmed_by": session.who.actor}
        change_account_row(connection, account_id, **changes)
        session.details |= {"account": account_id, "asked_by": asked}
        return replace(account, **changes)


def state_of(account: StoredAccount) -> str:
    """Return what an account can be used for now.

    Returns
    -------
    str
        ``disabled``; ``waits`` or ``lapsed`` while a second person can confirm it, or no longer;
        ``locked``; ``new`` until its first password is chosen; else ``active``.
    """
    now = dt.datetime.now(dt.UTC)
    if account.disabled_at is not None:
        return "disabled"
    if account.waits_until is not None:
        return "waits" if now < account.waits_until else "lapsed"
    if is_locked(account):
        return "locked"
    return "active" if account.password_hash else "new"


def waiting_links(connection: Connection, account_id: str, now: dt.datetime) -> list[StoredLink]:
    """Return the links of an account that wait for a second person."""
    return [
        link
        for link in list_links(connection, account_id)
        if link.waits_until is not None and now < min(link.waits_until, link.expires_at)
    ]


def get_account(session: Session, account_id: str) -> StoredAccount:
    """Return an account.

    Raises
    ------
    NotFoundError
        If there is no such account.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.reading() as connection:
        account = read_account(connection, account_id=account_id)
    if account is None:
        raise NotFoundError("accounts.unknown", account=account_id)
    return account


def find_account(session: Session, login: str) -> StoredAccount:
    """Return the account of a login.

    Raises
    ------
    NotFoundError
        If there is no such account.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.reading() as connection:
        account = read_account(connection, login=fold_login(login))
    if account is None:
        raise NotFoundError("accounts.unknown", account=login)
    return account


def get_accounts(session: Session, *, after: str = "", limit: int) -> list[StoredAccount]:
    """Return accounts in the order of their logins."""
    session.need(Permission.MANAGE_KEYS)
    with session.reading() as connection:
        return list_accounts(connection, after=after, limit=limit)


def _check(connection: Connection, request: AccountRequest) -> dict[str, Any]:
    """Check what an account is to be, and return what is stored of it."""
    for field, text, longest in (
        ("login", fold_login(request.login), LONGEST_LOGIN),
        ("name", request.name.strip(), LONGEST_NAME),
    ):
        if not 1 <= len(text) <= longest or not text.isprintable():
            raise InputError("accounts.text", field=f"#/{field}", longest=longest)
    check_rights(
        connection,
        request.role,
        person_id=request.person_id,
        org_unit=request.org_unit,
        permissions=(*(request.permissions or ()), *request.also),
    )
    return {
        "name": request.name.strip(),
        "role": request.role.value,
        "person_id": request.person_id,
        "org_unit": org_path(request.org_unit) if request.org_unit else None,
        "permissions": permissions_kept(request.role, request.permissions, request.also),
    }


def _anew(session: Session) -> dict[str, Any]:
    """Return what makes an account wait for a second person, where it takes one."""
    if not needs_second(session):
        return {}
    # whoever asks takes the place of the one who made it, and has to be another than who confirms
    waits_until = dt.datetime.now(dt.UTC) + WAITING
    return {"waits_until": waits_until, "confirmed_by": session.who.actor}


def _change(
    session: Session, connection: Connection, account_id: str, **changes: Any
) -> StoredAccount:
    account = get_account(session, account_id)
    if session.who.actor == f"account:{account_id}":
        raise ConflictError("accounts.own")
    change_account_row(connection, account_id, **changes)
    delete_sessions(connection, actor=f"account:{account_id}")
    count_change(connection, "access")
    session.details |= {"account": account_id}
    return replace(account, **changes)

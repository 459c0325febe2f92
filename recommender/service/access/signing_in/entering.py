"""Signing in: with a password, by a one-time link, or as an identity provider says.

What is refused is refused alike, whatever the reason: the same text, one password hashed, one
entry of the audit trail. So nobody learns from it which logins there are.
"""

from __future__ import annotations

import datetime as dt
import unicodedata

from recommender.errors import ForbiddenError, NotFoundError
from recommender.service.access.signing_in.browsers import (
    begin_session,
    has_left,
    hash_token,
    may_enter,
    principal_of_account,
)
from recommender.service.access.signing_in.passwords import (
    hash_password,
    is_outdated,
    is_password,
)
from recommender.service.installation import Installation
from recommender.service.permissions import Principal
from recommender.store import (
    AuditEntry,
    Connection,
    StoredAccount,
    StoredLink,
    append_entries,
    change_account_row,
    read_account,
    read_link,
    reading,
    use_link,
    writing,
)

FREE_FAILURES = 5
"""Wrong passwords in a row after which an account is locked for a while."""
_LONGEST_LOCK = 60  # minutes
VISITOR = "visitor"
"""Actor and role, in the audit trail, of somebody who is not signed in."""


def fold_login(login: str) -> str:
    """Return a login name as it is kept: case and width of letters make no difference."""
    return unicodedata.normalize("NFKC", login).strip().casefold()


def sign_in(
    installation: Installation,
    login: str,
    password: str,
    *,
    request_id: str = "",
    instead_of: str | None = None,
) -> str:
    """Sign a browser in with login and password; return the token for its cookie.

    A wrong password counts against the account, and `FREE_FAILURES` of them lock it for a minute;
    each further one for twice as long, up to an hour. Whoever tries a locked account is told the
    same as with a wrong password, and what is tried meanwhile is neither right nor counted.

    Parameters
    ----------
    installation : Installation
        What is open.
    login, password : str
        As typed.
    request_id : str
        Of the request, for the audit trail.
    instead_of : str, optional
        Token that the browser has come with; it ends.

    Raises
    ------
    ForbiddenError
        If they are not those of an account that may sign in now.
    """
    with reading(installation.engine) as connection:
        stored = read_account(connection, login=fold_login(login)[:120])
    kept = stored.password_hash if stored else None
    # outside of any transaction: it is slow on purpose
    is_right = is_password(password, kept)
    renewed = hash_password(password) if is_right and kept and is_outdated(kept) else None
    token = None
    with writing(installation.engine) as connection:
        account = None
        if stored is not None:
            # as it is now: others may have been guessing while the password was hashed
            account = read_account(connection, lock=True, account_id=stored.account_id)
        is_right = is_right and account is not None and account.password_hash == kept
        reason = _refusal(installation, connection, account, is_right)
        if account is not None and reason is None:
            if renewed is not None:
                change_account_row(connection, account.account_id, password_hash=renewed)
            token = _enter(
                installation,
                connection,
                account,
                how="password",
                request_id=request_id,
                instead_of=instead_of,
            )
        else:
            if account is not None and reason == "password":
                count_failure(connection, account)
            # without the login where nobody has it: passwords are typed there by mistake
            details = {"account": account.account_id} if account is not None else {}
            note_sign_in(
                connection,
                VISITOR,
                VISITOR,
                "sign-in-refused",
                request_id=request_id,
                reason=reason,
                **details,
            )
    if token is None:
        raise ForbiddenError("sign-in.refused")
    return token


def enter_by_link(
    installation: Installation,
    link: str,
    *,
    request_id: str = "",
    instead_of: str | None = None,
) -> str:
    """Sign a browser in by a one-time link; return the token for its cookie.

    Raises
    ------
    NotFoundError
        If there is no such link, it was used or has expired, or its account is disabled.
    """
    with writing(installation.engine) as connection:
        account = take_link(installation, connection, link, "enter")
        return _enter(
            installation,
            connection,
            account,
            how="link",
            request_id=request_id,
            instead_of=instead_of,
        )


def enter_as(
    installation: Installation,
    who: Principal,
    *,
    name: str,
    request_id: str = "",
    instead_of: str | None = None,
) -> str:
    """Sign a browser in as an identity provider says; return the token for its cookie.

    Raises
    ------
    ForbiddenError
        If the person has left the organisation.
    """
    with writing(installation.engine) as connection:
        left = has_left(connection, who.person_id, installation.settings.today())
        details = {"reason": "left"} if left else {"how": "provider"}
        action = "sign-in-refused" if left else "sign-in"
        token = None
        if not left:
            token = begin_session(
                connection, installation.settings, who, name=name, instead_of=instead_of
            )
        note_sign_in(
            connection, who.actor, who.role.value, action, request_id=request_id, **details
        )
    if token is None:
        raise ForbiddenError("sign-in.no-access")
    return token


def take_link(
    installation: Installation, connection: Connection, link: str, purpose: str
) -> StoredAccount:
    """Use a one-time link up, within a transaction, and return the account it is for.

    Raises
    ------
    NotFoundError
        If it cannot be used, or not any more.
    """
    account = find_account_of_link(installation, connection, link, purpose)
    # two that come at the same time find it good, and one of them is the first to use it
    if not use_link(connection, hash_token(link), dt.datetime.now(dt.UTC)):
        raise NotFoundError("sign-in.link-ended")
    return account


def find_account_of_link(
    installation: Installation, connection: Connection, link: str, purpose: str
) -> StoredAccount:
    """Return the account that a one-time link is for.

    Raises
    ------
    NotFoundError
        If it cannot be used, or not any more.
    """
    found, account = read_link(connection, hash_token(link)), None
    if found is not None and _is_open(found, purpose):
        account = read_account(connection, account_id=found.account_id)
    if account is None or not may_enter(connection, account, installation.settings.today()):
        raise NotFoundError("sign-in.link-ended")
    return account


def _is_open(link: StoredLink, purpose: str) -> bool:
    return (
        link.purpose == purpose
        and link.used_at is None
        and link.waits_until is None
        and dt.datetime.now(dt.UTC) < link.expires_at
    )


def _refusal(
    installation: Installation,
    connection: Connection,
    account: StoredAccount | None,
    is_right: bool,
) -> str | None:
    """Return why somebody is not let in, for the audit trail alone; None where they are."""
    if account is None:
        return "unknown"
    if not may_enter(connection, account, installation.settings.today()):
        return "disabled"
    if is_locked(account):
        return "locked"
    return None if is_right else "password"


def is_locked(account: StoredAccount) -> bool:
    """Say whether an account takes no password now."""
    return account.locked_until is not None and dt.datetime.now(dt.UTC) < account.locked_until


def count_failure(connection: Connection, account: StoredAccount) -> None:
    """Count a wrong password against an account, and lock it if there were too many."""
    failures, locked_until = account.failures + 1, account.locked_until
    if failures >= FREE_FAILURES:
        minutes = min(_LONGEST_LOCK, 2 ** min(10, failures - FREE_FAILURES))
        locked_until = dt.datetime.now(dt.UTC) + dt.timedelta(minutes=minutes)
    change_account_row(connection, account.account_id, failures=failures, locked_until=locked_until)


def _enter(
    installation: Installation,
    connection: Connection,
    account: StoredAccount,
    *,
    how: str,
    request_id: str,
    instead_of: str | None,
) -> str:
    who = principal_of_account(account)
    token = begin_session(
        connection,
        installation.settings,
        who,
        name=account.name,
        account_id=account.account_id,
        instead_of=instead_of,
    )
    change_account_row(
        connection,
        account.account_id,
        failures=0,
        locked_until=None,
        last_login_at=dt.datetime.now(dt.UTC),
    )
    note_sign_in(connection, who.actor, who.role.value, "sign-in", request_id=request_id, how=how)
    return token


def note_sign_in(
    connection: Connection,
    actor: str,
    role: str,
    action: str,
    *,
    request_id: str,
    **details: str | None,
) -> None:
    """Put into the audit trail what somebody did who was not signed in yet."""
    # the last statement of its transaction: writers of the trail queue behind it
    entry = AuditEntry(
        at=dt.datetime.now(dt.UTC),
        actor=actor,
        role=role,
        action=action,
        resource="/login",
        request_id=request_id,
        details=details,
    )
    append_entries(connection, [entry])

"""Choosing a password: by a one-time link, or by who knows the present one."""

from __future__ import annotations

from recommender.errors import ConflictError, InputError
from recommender.service.access.signing_in.accounts import RESET
from recommender.service.access.signing_in.entering import (
    count_failure,
    find_account_of_link,
    is_locked,
    note_sign_in,
    take_link,
)
from recommender.service.access.signing_in.passwords import (
    check_password,
    hash_password,
    is_password,
)
from recommender.service.installation import Installation
from recommender.service.session import Session
from recommender.store import (
    Connection,
    StoredAccount,
    change_account_row,
    count_change,
    delete_sessions,
    read_account,
    reading,
    writing,
)


def find_reset(installation: Installation, link: str) -> StoredAccount:
    """Return the account whose password can be chosen by a one-time link.

    Raises
    ------
    NotFoundError
        If it cannot be used, or not any more.
    """
    with reading(installation.engine) as connection:
        return find_account_of_link(installation, connection, link, RESET)


def reset_password(
    installation: Installation, link: str, password: str, *, request_id: str = ""
) -> None:
    """Choose a password by a one-time link; the account is no longer locked.

    Its browsers are signed out: the link may have been asked for because somebody else was in.

    Raises
    ------
    NotFoundError
        If the link cannot be used, or not any more.
    InputError
        If the password is easy to guess; the link can be used again then.
    """
    check_password(password, login=find_reset(installation, link).login)
    # outside of the transaction: it is slow on purpose
    kept = hash_password(password)
    with writing(installation.engine) as connection:
        account = take_link(installation, connection, link, RESET)
        _keep(connection, account.account_id, kept)
        note_sign_in(
            connection,
            f"account:{account.account_id}",
            account.role,
            "password-reset",
            request_id=request_id,
        )


def change_password(
    session: Session, present: str, password: str, *, keep: str | None = None
) -> None:
    """Change the password of the principal's account, and sign its other browsers out.

    Parameters
    ----------
    session : Session
        Of somebody who has signed in with an account.
    present, password : str
        The password so far, and the new one.
    keep : str, optional
        Hash of the token of the browser that stays signed in.

    Raises
    ------
    ConflictError
        If the principal has no password here.
    InputError
        If `present` is wrong, which counts as when signing in, or `password` is easy to guess.
    """
    account = get_own_account(session)
    if account is None or account.password_hash is None:
        raise ConflictError("password.none")
    is_right = is_password(present, account.password_hash)
    if is_right and not is_locked(account):
        check_password(password, login=account.login)
        kept = hash_password(password)
        with session.writing() as connection:
            _keep(connection, account.account_id, kept, but=keep)
        return
    with session.writing() as connection:
        current = read_account(connection, lock=True, account_id=account.account_id)
        session.details |= {"reason": "password"}
        if current is not None and not is_locked(current):
            count_failure(connection, current)
    raise InputError("password.present-wrong")


def get_own_account(session: Session) -> StoredAccount | None:
    """Return the account that the principal has signed in with; None where there is none."""
    kind, _, number = session.who.actor.partition(":")
    if kind != "account":
        return None
    with session.reading() as connection:
        return read_account(connection, account_id=number)


def _keep(connection: Connection, account_id: str, kept: str, *, but: str | None = None) -> None:
    change_account_row(connection, account_id, password_hash=kept, failures=0, locked_until=None)
    delete_sessions(connection, actor=f"account:{account_id}", but=but)
    count_change(connection, "access")

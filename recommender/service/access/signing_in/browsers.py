"""Browsers that are signed in: who they are, how long, and how they are signed out.

The cookie holds a random token; only its hash is stored, with the rights that its owner had when
signing in. Whoever takes a right away ends the sessions, so what is stored is never out of date.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import secrets
from dataclasses import dataclass, replace
from typing import Literal

from recommender.service.installation import Installation, Service
from recommender.service.permissions import PERMISSIONS, Principal, Role, grant
from recommender.service.session import Session
from recommender.settings import Settings
from recommender.store import (
    EVERYONE,
    MADE_UP,
    Connection,
    StoredAccount,
    StoredSession,
    count_change,
    delete_sessions,
    find_person,
    insert_session,
    list_sessions,
    read_counters,
    read_session,
    reading,
    touch_session,
    writing,
)
from recommender.store.people.people import has_synthetic

_SEEN_EVERY = dt.timedelta(minutes=1)
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class SignedIn:
    """A browser that is signed in.

    Parameters
    ----------
    who : Principal
        For whom use cases run; the same as that of a key of the role.
    csrf : str
        What each form of its pages has to send.
    name : str
        What its owner is called on pages.
    token_hash : str
        Names the session; its token is not kept.
    account_id : str or None
        Of the account; None where an identity provider has told who it is.
    made_up : {"all", "some", "none"}
        Which of the people in the database are made up.
    """

    who: Principal
    csrf: str
    name: str
    token_hash: str
    account_id: str | None = None
    made_up: Literal["all", "some", "none"] = "none"


def identify_browser(
    installation: Installation, token: str | None
) -> tuple[Service, SignedIn | None]:
    """Return the service as it is now and who is signed in by a token, mostly in two reads.

    Nobody is without a token, or with one that was signed out or not used for too long.
    """
    session, made_up, now = None, "none", dt.datetime.now(dt.UTC)
    with reading(installation.engine) as connection:
        counters = read_counters(connection)
        if token is not None and _TOKEN.fullmatch(token):
            # the counter is part of the key: what was signed out in any process is read anew
            held = hash_token(token), counters["access"]
            session = installation.caches.sessions.get(held)
            # another process may have seen the browser meanwhile, so old news are read anew, too
            if session is None or now - session.seen_at >= _SEEN_EVERY:
                session = read_session(connection, held[0])
                if session is not None and _is_over(installation, connection, session, now):
                    session = None
                if session is not None:
                    session = _keep_seen(installation, session, now)
                    installation.caches.sessions.put(held, session)
        if MADE_UP in counters:
            made_up = "all"
        elif session is not None and has_synthetic(connection):
            made_up = "some"
    signed_in = None
    if session is not None and now < session.ends_at:
        signed_in = SignedIn(
            who=_principal_of(session),
            csrf=session.csrf,
            name=session.name,
            token_hash=session.token_sha256,
            account_id=session.account_id,
            made_up=made_up,
        )
    return installation.current(counters["catalog"]), signed_in


def principal_of_account(account: StoredAccount) -> Principal:
    """Return the principal that an account signs in as."""
    role = Role(account.role)
    return Principal(
        actor=f"account:{account.account_id}",
        role=role,
        permissions=grant(role, account.permissions),
        person_id=account.person_id,
        org_unit=account.org_unit,
    )


def begin_session(
    connection: Connection,
    settings: Settings,
    who: Principal,
    *,
    name: str,
    account_id: str | None = None,
    instead_of: str | None = None,
) -> str:
    """Sign a browser in and return the token for its cookie.

    Parameters
    ----------
    connection : Connection
        In a transaction.
    settings : Settings
        How long it lasts.
    who : Principal
        As whom.
    name : str
        What its owner is called on pages.
    account_id : str, optional
        Of the account that signs in.
    instead_of : str, optional
        Token that the browser has come with; it ends.
    """
    now, token = dt.datetime.now(dt.UTC), secrets.token_urlsafe(32)
    if instead_of is not None and delete_sessions(connection, token_sha256=hash_token(instead_of)):
        count_change(connection, "access")
    insert_session(
        connection,
        StoredSession(
            token_sha256=hash_token(token),
            account_id=account_id,
            actor=who.actor,
            name=name,
            role=who.role.value,
            person_id=who.person_id,
            org_unit=who.org_unit,
            permissions=None
            if who.permissions == PERMISSIONS[who.role]
            else sorted(permission.value for permission in who.permissions),
            csrf=secrets.token_urlsafe(32),
            created_at=now,
            seen_at=now,
            ends_at=now + dt.timedelta(hours=settings.session_hours),
        ),
    )
    return token


def sign_out(session: Session, token_hash: str) -> None:
    """Sign a browser of the principal out, at once and in every process."""
    with session.writing() as connection:
        mine = [each.token_sha256 for each in list_sessions(connection, session.who.actor)]
        if token_hash in mine:
            delete_sessions(connection, token_sha256=token_hash)
            count_change(connection, "access")


def sign_out_everywhere(session: Session, *, but: str | None = None) -> int:
    """Sign all browsers of the principal out, `but` one; return how many there were."""
    with session.writing() as connection:
        ended = delete_sessions(connection, actor=session.who.actor, but=but)
        count_change(connection, "access")
        session.details |= {"sessions": ended}
        return ended


def get_sessions(session: Session) -> list[StoredSession]:
    """Return the browsers in which the principal is signed in, the one used last first."""
    with session.reading() as connection:
        return list_sessions(connection, session.who.actor)


def hash_token(token: str) -> str:
    """Return what is kept of a random token."""
    # a plain hash suffices: 32 random bytes cannot be guessed, so nothing has to slow guessing
    return hashlib.sha256(token.encode()).hexdigest()


def has_left(connection: Connection, person_id: str | None, today: dt.date) -> bool:
    """Say whether a person has left the organisation by a day."""
    head = find_person(connection, EVERYONE, person_id) if person_id else None
    return head is not None and head.left_on is not None and head.left_on <= today


def may_enter(connection: Connection, account: StoredAccount, today: dt.date) -> bool:
    """Say whether an account is in use: neither disabled nor unconfirmed, and its person there."""
    return (
        account.disabled_at is None
        and account.waits_until is None
        and not has_left(connection, account.person_id, today)
    )


def _is_over(
    installation: Installation, connection: Connection, session: StoredSession, now: dt.datetime
) -> bool:
    settings = installation.settings
    idle = dt.timedelta(minutes=settings.session_idle_minutes)
    return (
        now >= min(session.ends_at, session.seen_at + idle)
        # looked at once a minute, for nobody ends the sessions of who leaves on a day to come
        or has_left(connection, session.person_id, settings.today())
    )


def _keep_seen(
    installation: Installation, session: StoredSession, now: dt.datetime
) -> StoredSession:
    if now - session.seen_at < _SEEN_EVERY:
        return session
    with writing(installation.engine) as connection:
        touch_session(connection, session.token_sha256, now)
    return replace(session, seen_at=now)


def _principal_of(session: StoredSession) -> Principal:
    role = Role(session.role)
    return Principal(
        actor=session.actor,
        role=role,
        permissions=grant(role, session.permissions),
        person_id=session.person_id,
        org_unit=session.org_unit,
    )

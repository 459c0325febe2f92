"""API keys: made once, kept as a hash, limited in rights and time, rotated."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recommender.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    RecommenderError,
)
from recommender.service.access.rights import check_rights, permissions_kept
from recommender.service.access.two_person import WAITING, is_same_hand, needs_second
from recommender.service.installation import Installation, Service
from recommender.service.permissions import (
    Permission,
    Principal,
    Role,
    grant,
)
from recommender.service.session import Session
from recommender.store import (
    Connection,
    StoredKey,
    change_key,
    count_change,
    has_keys,
    insert_key,
    list_keys,
    org_path,
    read_counters,
    read_key,
    reading,
    try_write,
    writing,
)

LIFETIME_DAYS, LONGEST_DAYS = 90, 730
# how long a rotated key goes on, so that whoever uses it can be given the new one
OVERLAP_HOURS = 24
# the id in it finds the row, so that the secret is compared here and not by the database
_TOKEN = re.compile(r"trk_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class KeyRequest:
    """What a new key is for.

    Parameters
    ----------
    person_id : str or None
        The person the key belongs to; employees and managers need one.
    org_unit : str or None
        The unit an HR key is for; None for the whole organisation.
    permissions : sequence of Permission or None
        Some of those that the role has; None for all of them.
    also : sequence of Permission
        Those besides that a key of the role has only if it is given them by name.
    networks : sequence of str or None
        The only addresses it is accepted from, as CIDR blocks; None for all.
    days : int
        How long the key is valid.
    """

    label: str
    role: Role
    person_id: str | None = None
    org_unit: str | None = None
    permissions: Sequence[Permission] | None = None
    also: Sequence[Permission] = ()
    networks: Sequence[str] | None = None
    days: int = LIFETIME_DAYS


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; its `token` is shown now and never again."""

    key: StoredKey
    token: str


def identify(installation: Installation, token: str | None) -> tuple[Service, Principal | None]:
    """Return the service as it is now and the principal of an API key, in one read.

    There is no principal without a token, or with one that is not valid.
    """
    key = None
    with reading(installation.engine) as connection:
        counters = read_counters(connection)
        if token is not None:
            # the counter is part of the cache key: one that was revoked in any process is read anew
            held = token, counters["access"]
            key = installation.caches.keys.get(held)
            if key is None:
                key = check_token(connection, token)
                # unknown tokens are not held: guessing must not push good keys out of the cache
                if key is not None:
                    installation.caches.keys.put(held, key)
    who = None
    # expiry is checked each time, for a key that is held may run out meanwhile
    if key is not None and is_valid(key, dt.datetime.now(dt.UTC)):
        who = principal_of(key)
    return installation.current(counters["catalog"]), who


def can_answer(installation: Installation) -> bool:
    """Say whether the database can be read and written now.

    No answer about a person goes out before the audit trail says so, so reading alone is no use.
    """
    try:
        with writing(installation.engine) as connection:
            # stored, not rolled back: a full disk is only noticed by what is put on it
            try_write(connection)
    except RecommenderError:
        return False
    return True


def check_token(connection: Connection, token: str) -> StoredKey | None:
    """Return the key that a token belongs to, also if it has expired or was revoked."""
    match = _TOKEN.fullmatch(token)
    key = read_key(connection, match[1]) if match else None
    if match is None or key is None:
        return None
    # in constant time, so that no answer is quicker the more of the hash is right
    return key if hmac.compare_digest(key.secret_sha256, _hash(match[2])) else None


def principal_of(key: StoredKey) -> Principal:
    """Return the principal that a key speaks for."""
    role = Role(key.role)
    return Principal(
        actor=f"key:{key.key_id}",
        role=role,
        permissions=grant(role, key.permissions),
        person_id=key.person_id,
        org_unit=key.org_unit,
        networks=key.networks,
    )


def is_valid(key: StoredKey, now: dt.datetime) -> bool:
    """Say whether a key is neither expired nor revoked, and waits for nobody to confirm it."""
    return key.revoked_at is None and key.waits_until is None and now < key.expires_at


def state_of(key: StoredKey) -> str:
    """Return what a key is: ``valid``, ``waits``, ``lapsed``, ``expired`` or ``revoked``.

    One that lapsed was not confirmed in time.
    """
    now = dt.datetime.now(dt.UTC)
    if key.revoked_at is not None:
        return "revoked"
    if key.waits_until is not None:
        return "waits" if now < key.waits_until else "lapsed"
    return "valid" if is_valid(key, now) else "expired"


def create_key(session: Session, request: KeyRequest) -> NewKey:
    """Make a key; where it takes two people, it opens nothing until the second has confirmed it.

    Raises
    ------
    InputError
        If the role needs a person, cannot have a unit, or lacks one of the permissions; or a
        network is none.
    NotFoundError
        If there is no such person or unit.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        check_rights(
            connection,
            request.role,
            person_id=request.person_id,
            org_unit=request.org_unit,
            permissions=(*(request.permissions or ()), *request.also),
        )
        now = dt.datetime.now(dt.UTC)
        made = _make(
            StoredKey(
                key_id=secrets.token_hex(6),
                label=request.label,
                secret_sha256="",
                role=request.role.value,
                person_id=request.person_id,
                org_unit=org_path(request.org_unit) if request.org_unit else None,
                permissions=permissions_kept(request.role, request.permissions, request.also),
                networks=_networks(request),
                replaces=None,
                created_by=session.who.actor,
                created_at=now,
                expires_at=now + dt.timedelta(days=request.days),
                revoked_at=None,
                waits_until=now + WAITING if needs_second(session) else None,
            )
        )
        insert_key(connection, made.key)
        session.details |= {"key_id": made.key.key_id, "key_role": made.key.role}
        return made


def rotate_key(session: Session, key_id: str) -> NewKey:
    """Make a key with the rights and the lifetime of another.

    The old key ends `OVERLAP_HOURS` later, or when it would have ended anyway. Where it takes two
    people, that is after the second has confirmed the new one.

    Raises
    ------
    NotFoundError
        If there is no such key.
    ConflictError
        If it has ended already.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        old = get_key(session, key_id)
        now = dt.datetime.now(dt.UTC)
        if not is_valid(old, now):
            raise ConflictError("keys.ended", key_id=key_id)
        made = _make(
            replace(
                old,
                key_id=secrets.token_hex(6),
                replaces=key_id,
                created_by=session.who.actor,
                created_at=now,
                expires_at=now + (old.expires_at - old.created_at),
                waits_until=now + WAITING if needs_second(session) else None,
                confirmed_by=None,
            )
        )
        insert_key(connection, made.key)
        if made.key.waits_until is None:
            _end_soon(connection, old, now)
        session.details |= {"key_id": made.key.key_id, "replaces": key_id}
        return made


def confirm_key(session: Session, key_id: str) -> StoredKey:
    """Let a key take effect that somebody else has made.

    Raises
    ------
    NotFoundError
        If there is no such key.
    ConflictError
        If it does not wait for that, or no longer, or the key it was to replace has ended.
    ForbiddenError
        If the principal may be the one who made it.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        key, now = get_key(session, key_id), dt.datetime.now(dt.UTC)
        if key.waits_until is None or now >= key.waits_until or key.revoked_at is not None:
            raise ConflictError("keys.not-waiting", key_id=key_id)
        if is_same_hand(connection, key.created_by, session.who):
            raise ForbiddenError("access.second-person")
        if key.replaces is not None:
            old = read_key(connection, key.replaces)
            # it may have been revoked meanwhile because it was stolen
            if old is None or not is_valid(old, now):
                raise ConflictError("keys.ended", key_id=key.replaces)
            _end_soon(connection, old, now)
        changes = {"waits_until": None, "confirmed_by": session.who.actor}
        change_key(connection, key_id, **changes)
        count_change(connection, "access")
        session.details |= {"key_id": key_id, "asked_by": key.created_by}
        return replace(key, **changes)


def revoke_key(session: Session, key_id: str) -> StoredKey:
    """End a key at once; a second time changes nothing.

    Raises
    ------
    NotFoundError
        If there is no such key.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.writing() as connection:
        key = get_key(session, key_id)
        session.details |= {"key_id": key_id}
        if key.revoked_at is not None:
            return key
        now = dt.datetime.now(dt.UTC)
        change_key(connection, key_id, revoked_at=now)
        count_change(connection, "access")
        return replace(key, revoked_at=now)


def get_key(session: Session, key_id: str) -> StoredKey:
    """Return a key.

    Raises
    ------
    NotFoundError
        If there is no such key.
    """
    session.need(Permission.MANAGE_KEYS)
    with session.reading() as connection:
        key = read_key(connection, key_id)
    if key is None:
        raise NotFoundError("keys.unknown", key_id=key_id)
    return key


def get_keys(session: Session, *, after: str, limit: int) -> list[StoredKey]:
    """Return keys in the order of their ids."""
    session.need(Permission.MANAGE_KEYS)
    with session.reading() as connection:
        return list_keys(connection, after=after, limit=limit)


def issue_first_key(session: Session) -> NewKey | None:
    """Make an admin key if no key was ever made; otherwise return None."""
    with session.writing() as connection:
        if has_keys(connection):
            return None
        return create_key(session, KeyRequest("first admin key", Role.ADMIN))


def _networks(request: KeyRequest) -> list[str] | None:
    if request.networks is None:
        return None
    networks: list[str] = []
    for place, text in enumerate(request.networks):
        try:
            networks.append(str(ipaddress.ip_network(text)))
        except ValueError:
            field = f"#/networks/{place}"
            raise InputError("keys.network", found=text[:60], field=field) from None
    return networks


def _end_soon(connection: Connection, old: StoredKey, now: dt.datetime) -> None:
    """Let a key end that was rotated."""
    # a rotation must not lengthen the life of the old key
    ends = min(old.expires_at, now + dt.timedelta(hours=OVERLAP_HOURS))
    change_key(connection, old.key_id, expires_at=ends)
    # every worker holds keys that it has read
    count_change(connection, "access")


def _make(key: StoredKey) -> NewKey:
    """Give a key its secret, of which only the hash is kept."""
    secret = secrets.token_urlsafe(32)
    return NewKey(replace(key, secret_sha256=_hash(secret)), f"trk_{key.key_id}_{secret}")


def _hash(secret: str) -> str:
    # a plain hash suffices: 32 random bytes cannot be guessed, so nothing has to slow guessing
    return hashlib.sha256(secret.encode()).hexdigest()

"""What administrators and auditors look through: keys, and the newest of the audit trail."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from recommender.errors import NotFoundError
from recommender.service.access.audit import read_trail
from recommender.service.access.keys import get_keys, state_of
from recommender.service.access.signing_in.entering import fold_login
from recommender.service.permissions import Permission
from recommender.service.privacy.accesses import find_area
from recommender.service.session import Session
from recommender.store import StoredEntry, StoredKey, read_account
from recommender.store.access.audit import read_last_entries
from recommender.store.access.keys import read_actor_names
from recommender.working_days import find_zone

PER_PAGE = 50
# a key more than that is made by nobody who looks after them
_MOST_KEYS = 1000
_OPEN = ("waits", "valid")


@dataclass(frozen=True)
class KeyLine:
    """A key in the list.

    Parameters
    ----------
    key : StoredKey
        The key.
    state : str
        What it can be used for, as `state_of` has it.
    made_by : str
        The label of the key or the login of the account that made it; the actor as the audit trail
        names it where there is neither.
    last_at : datetime or None
        When it last left an entry in the audit trail, in UTC.
    """

    key: StoredKey
    state: str
    made_by: str
    last_at: dt.datetime | None


@dataclass(frozen=True)
class KeyList:
    """Keys of one of two kinds, the newest first; those that wait for a second person before them.

    Parameters
    ----------
    lines : list of KeyLine
        The keys.
    n_open, n_ended : int
        How many there are that are valid or can still be confirmed, and that have ended.
    """

    lines: Sequence[KeyLine]
    n_open: int
    n_ended: int


def read_keys(session: Session, *, ended: bool = False) -> KeyList:
    """Read the keys that are valid or can still be confirmed, or those that have ended."""
    with session.reading() as connection:
        keys = [(key, state_of(key)) for key in get_keys(session, after="", limit=_MOST_KEYS)]
        shown = [(key, state) for key, state in keys if (state not in _OPEN) is ended]
        names = read_actor_names(connection, {key.created_by for key, _ in shown})
        last = read_last_entries(connection, [_actor_of(key) for key, _ in shown])
    shown.sort(key=lambda line: line[0].created_at, reverse=True)
    shown.sort(key=lambda line: line[1] != "waits")
    n_open = sum(state in _OPEN for _, state in keys)
    return KeyList(
        [
            KeyLine(key, state, names.get(key.created_by, key.created_by), last.get(_actor_of(key)))
            for key, state in shown
        ],
        n_open,
        len(keys) - n_open,
    )


@dataclass(frozen=True)
class TrailFilter:
    """Which entries of the audit trail are looked for; None and empty texts are no condition.

    Parameters
    ----------
    who : str
        An actor as the trail names it, or the login of an account.
    action : str
        Name of an operation.
    person_id : str
        Whom the entry is about.
    first_day, last_day : date or None
        From and up to when, both included, by the clock of the installation's country.
    before : int or None
        Only entries with a lower number.
    """

    who: str = ""
    action: str = ""
    person_id: str = ""
    first_day: dt.date | None = None
    last_day: dt.date | None = None
    before: int | None = None


@dataclass(frozen=True)
class TrailLine:
    """An entry of the audit trail, and what people call what stands in it.

    Parameters
    ----------
    entry : StoredEntry
        The entry; people by their ids.
    name : str
        The label of the key or the login of the account; empty where there is neither.
    area : str
        What the operation is about, as `find_area` has it; ``other`` where it is about nobody.
    """

    entry: StoredEntry
    name: str
    area: str


@dataclass(frozen=True)
class TrailPage:
    """Entries of the audit trail, the newest first.

    Parameters
    ----------
    lines : list of TrailLine
        The entries.
    older : int or None
        With which `before` the next page is asked for; None where this is the last.
    """

    lines: Sequence[TrailLine]
    older: int | None


def read_trail_page(session: Session, wanted: TrailFilter) -> TrailPage:
    """Read one page of the audit trail, the newest entries first.

    Raises
    ------
    NotFoundError
        If there is no such person.
    """
    session.need(Permission.READ_AUDIT)
    zone = find_zone(session.service.framework.catalog.settings.country) or dt.UTC

    def midnight(day: dt.date | None, later: int = 0) -> dt.datetime | None:
        if day is None:
            return None
        return dt.datetime.combine(day + dt.timedelta(days=later), dt.time(), zone)

    with session.reading() as connection:
        account = read_account(connection, login=fold_login(wanted.who)) if wanted.who else None
        actor = f"account:{account.account_id}" if account else wanted.who
        entries = read_trail(
            session,
            person_id=wanted.person_id or None,
            actor=actor or None,
            action=wanted.action or None,
            since=midnight(wanted.first_day),
            until=midnight(wanted.last_day, 1),
            before=wanted.before,
            newest_first=True,
            limit=PER_PAGE + 1,
        )
        shown = entries[:PER_PAGE]
        names = read_actor_names(connection, {entry.actor for entry in shown})
    return TrailPage(
        [_describe(entry, names) for entry in shown],
        shown[-1].seq if len(entries) > PER_PAGE else None,
    )


def read_trail_entry(session: Session, seq: int) -> TrailLine:
    """Read one entry of the audit trail.

    Raises
    ------
    NotFoundError
        If the trail has no entry of that number.
    """
    with session.reading() as connection:
        entries = read_trail(session, after=seq - 1, before=seq + 1, limit=1)
        if not entries:
            raise NotFoundError("audit.unknown", seq=seq)
        return _describe(entries[0], read_actor_names(connection, {entries[0].actor}))


def _describe(entry: StoredEntry, names: dict[str, str]) -> TrailLine:
    area = find_area(entry.action)
    # what nothing else is said of is about levels, but not where it is about nobody
    if area == "levels" and not entry.subjects:
        area = "other"
    return TrailLine(entry, names.get(entry.actor, ""), area)


def _actor_of(key: StoredKey) -> str:
    return f"key:{key.key_id}"

"""Reading the audit trail, and checking that nobody changed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import (
    AuditVerdict,
    StoredEntry,
    list_entries,
    read_people_of_refs,
    verify_trail,
)


@dataclass(frozen=True)
class TrailFilter:
    """Which entries to read; None for all.

    Parameters
    ----------
    person_id : str or None
        Those about this person.
    actor, action : str or None
        Those of this actor, of this operation.
    since, until : datetime or None
        Those from this moment on, and before that one.
    """

    person_id: str | None = None
    actor: str | None = None
    action: str | None = None
    since: dt.datetime | None = None
    until: dt.datetime | None = None


def read_trail(
    session: Session, wanted: TrailFilter, *, after: int = 0, limit: int
) -> list[StoredEntry]:
    """Read entries of the trail, the oldest first.

    Parameters
    ----------
    session : Session
        Needs `Permission.READ_AUDIT`.
    wanted : TrailFilter
        Which entries.
    after : int
        Only those of a higher number.
    limit : int
        How many at most.

    Returns
    -------
    list of StoredEntry
        `subjects` are the ids of people; of those who were erased it is what the trail calls
        them.

    Raises
    ------
    NotFoundError
        If there is no such person.
    """
    session.need(Permission.READ_AUDIT)
    ref = None
    with session.reading() as connection:
        if wanted.person_id is not None:
            ref = session.person(connection, wanted.person_id).ref
        entries = list_entries(
            connection,
            ref=ref,
            actor=wanted.actor,
            action=wanted.action,
            since=wanted.since,
            until=wanted.until,
            after=after,
            limit=limit,
        )
        people = read_people_of_refs(
            connection, {ref for entry in entries for ref in entry.subjects}
        )
    session.saw(people)
    return [
        replace(entry, subjects=[people.get(ref, ref) for ref in entry.subjects])
        for entry in entries
    ]


def check_trail(session: Session, *, noted: Sequence[str] = ()) -> AuditVerdict:
    """Check that no entry of the trail was changed, left out or put in later.

    Parameters
    ----------
    session : Session
        Needs `Permission.READ_AUDIT`.
    noted : sequence of str
        Hashes of the newest entry noted earlier, outside the database.

    Returns
    -------
    AuditVerdict
        Where the chain breaks, if it does.
    """
    session.need(Permission.READ_AUDIT)
    with session.reading() as connection:
        return verify_trail(connection, noted=noted)

"""Reading the audit trail, and checking that nobody changed it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace

from recommender.errors import NotFoundError
from recommender.service.permissions import Permission
from recommender.service.session import Session
from recommender.store import (
    EVERYONE,
    AuditVerdict,
    StoredEntry,
    find_person,
    list_entries,
    read_people_of_refs,
    verify_trail,
)

_PAGE = 500


def read_trail(
    session: Session,
    *,
    person_id: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    after: int = 0,
    before: int | None = None,
    newest_first: bool = False,
    limit: int,
) -> list[StoredEntry]:
    """Read the entries that meet every condition given, the oldest first unless told otherwise.

    `since` is included, `until` is not. `after` or, where the newest comes first, `before` is the
    number of the last entry already read.

    Entries name people by their ids, and those who were erased by their `ref`.

    Raises
    ------
    NotFoundError
        If there is no such person.
    """
    session.need(Permission.READ_AUDIT)
    with session.reading() as connection:
        ref = None
        if person_id is not None:
            # not within the principal's scope: an auditor sees nobody, and whoever reads the trail
            # finds everybody in it
            head = find_person(connection, EVERYONE, person_id)
            if head is None:
                raise NotFoundError("person.unknown", person_id=person_id)
            session.saw([head.ref])
            ref = head.ref
        entries = list_entries(
            connection,
            ref=ref,
            actor=actor,
            action=action,
            since=since,
            until=until,
            after=after,
            before=before,
            newest_first=newest_first,
            limit=limit,
        )
        people = read_people_of_refs(
            connection, {ref for entry in entries for ref in entry.subjects}
        )
    # reading the trail tells who was looked at, so it is an access to their data as well
    session.saw(people)
    return [
        replace(entry, subjects=[people.get(ref, ref) for ref in entry.subjects])
        for entry in entries
    ]


def export_trail(
    session: Session, *, after: int = 0, since: dt.datetime | None = None
) -> Iterator[StoredEntry]:
    """Read the trail as it is stored, for a collector outside, the oldest entry first.

    People stand there by their `ref`, as the hashes have it: what a collector holds can be checked
    against them, and names nobody who is erased here later.
    """
    session.need(Permission.READ_AUDIT)
    while True:
        with session.reading() as connection:
            entries = list_entries(connection, since=since, after=after, limit=_PAGE)
        yield from entries
        if len(entries) < _PAGE:
            return
        after = entries[-1].seq


def check_trail(session: Session, *, noted: Sequence[str] = ()) -> AuditVerdict:
    """Check that no entry of the trail was changed, left out or put in later.

    `noted` holds hashes of the newest entry that were written down outside the database. Without
    one, nobody can tell a trail from one that was computed anew as a whole.
    """
    session.need(Permission.READ_AUDIT)
    with session.reading() as connection:
        return verify_trail(connection, noted=noted)

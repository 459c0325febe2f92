"""The audit trail: entries are only ever added, and each one's hash covers the one before it."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from recommender.store import schema

# what stands for the hash before the first entry; migration 0002 writes it as well
_FIRST = "0" * 64
# the trail is never cut, so a check cannot hold all of it in memory
_PAGE = 5000


@dataclass(frozen=True)
class AuditEntry:
    """What somebody did, or saw.

    Parameters
    ----------
    at : datetime
        When, in UTC.
    actor : str
        Who: a key, a token's subject, or the command line.
    role : str
        The role of the actor.
    action : str
        Name of the operation.
    resource : str
        What it was done to; never a person's id or name.
    subjects : sequence of str
        `ref` of each person concerned.
    request_id : str
        The request, job or command it belongs to.
    details : mapping
        Further figures, without personal data.
    """

    at: dt.datetime
    actor: str
    role: str
    action: str
    resource: str
    subjects: Sequence[str] = ()
    request_id: str = ""
    details: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class AuditVerdict:
    """The outcome of a check of the trail.

    Parameters
    ----------
    entries : int
        How many entries were read.
    head : str
        Hash of the newest entry.
    broken_at : int or None
        Number of the first entry that does not fit the chain; None where all fit.
    """

    entries: int
    head: str
    broken_at: int | None


@dataclass(frozen=True)
class StoredEntry:
    """An entry of the trail as stored; see `AuditEntry`.

    Parameters
    ----------
    seq : int
        Its number, from 1.
    at : datetime
        In UTC.
    actor, role, action, resource : str
        Who did what, to what.
    subjects : list of str
        Refs of the people concerned.
    request_id : str
        The request, job or command it belongs to.
    details : dict
        Further figures.
    hash : str
        Hash of this entry and the hash before it, and so of all entries up to this one.
    """

    seq: int
    at: dt.datetime
    actor: str
    role: str
    action: str
    resource: str
    subjects: list[str]
    request_id: str
    details: dict[str, Any]
    hash: str


def append_entries(connection: sa.Connection, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the trail.

    Parameters
    ----------
    connection : Connection
        In a transaction, as its last statement: other writers of the trail wait from here on.
    entries : sequence of AuditEntry
        In their order.
    """
    if not entries:
        return
    head = schema.audit_head
    # locked on PostgreSQL; on SQLite this transaction is the only one that writes
    seq, last = connection.execute(
        sa.select(head.c.seq, head.c.hash).where(head.c.id == 1).with_for_update()
    ).one()
    rows: list[dict[str, Any]] = []
    for number, entry in enumerate(entries, start=seq + 1):
        row = {
            "seq": number,
            "at": entry.at,
            "actor": entry.actor,
            "role": entry.role,
            "action": entry.action,
            "resource": entry.resource,
            "subjects": list(entry.subjects),
            "request_id": entry.request_id,
            "details": dict(entry.details),
        }
        last = _hash(last, row)
        rows.append(row | {"hash": last})
    connection.execute(schema.audit_entry.insert(), rows)
    connection.execute(head.update().where(head.c.id == 1).values(seq=seq + len(rows), hash=last))


def names_subject(ref: str) -> sa.ColumnElement[bool]:
    """Return the condition that an audit entry is about the person of a `ref`."""
    # both databases can search JSON as text; a quoted random ref is found nowhere else
    return sa.cast(schema.audit_entry.c.subjects, sa.Text).contains(f'"{ref}"')


def list_entries(
    connection: sa.Connection,
    *,
    ref: str | None = None,
    actor: str | None = None,
    action: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    after: int = 0,
    before: int | None = None,
    newest_first: bool = False,
    limit: int,
) -> list[StoredEntry]:
    """Return entries of the trail in their order.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    ref : str, optional
        Only entries about this person.
    actor, action : str, optional
        Only entries of this actor, of this operation.
    since, until : datetime, optional
        Only entries from `since` on and before `until`.
    after, before : int
        Only entries with a higher number than `after`, and a lower one than `before`.
    newest_first : bool
        Whether the newest entry comes first, not the oldest.
    limit : int
        How many at most.
    """
    entry = schema.audit_entry
    order = entry.c.seq.desc() if newest_first else entry.c.seq
    query = sa.select(entry).where(entry.c.seq > after).order_by(order).limit(limit)
    if before is not None:
        query = query.where(entry.c.seq < before)
    if ref is not None:
        query = query.where(names_subject(ref))
    for column, value in ((entry.c.actor, actor), (entry.c.action, action)):
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(entry.c.at >= since)
    if until is not None:
        query = query.where(entry.c.at < until)
    return [StoredEntry(**row._mapping) for row in connection.execute(query)]


def list_latest(connection: sa.Connection, ref: str, *, limit: int) -> list[StoredEntry]:
    """Return the latest entries about a person, the newest first."""
    entry = schema.audit_entry
    query = sa.select(entry).where(names_subject(ref)).order_by(entry.c.seq.desc()).limit(limit)
    return [StoredEntry(**row._mapping) for row in connection.execute(query)]


def read_last_entries(connection: sa.Connection, actors: Iterable[str]) -> dict[str, dt.datetime]:
    """Return when each actor left its last entry, in UTC; those who left none are left out."""
    entry = schema.audit_entry
    last: dict[str, dt.datetime] = {}
    for actor in actors:
        # one step of the index for each, and not through all entries of a busy key
        query = sa.select(entry.c.at).where(entry.c.actor == actor)
        at = connection.scalar(query.order_by(entry.c.seq.desc()).limit(1))
        if at is not None:
            last[actor] = at
    return last


def read_people_of_refs(connection: sa.Connection, refs: Iterable[str]) -> dict[str, str]:
    """Return the ids of people by their refs; a person who was erased is left out."""
    person, wanted = schema.person.c, sorted(set(refs))
    people: dict[str, str] = {}
    for start in range(0, len(wanted), 500):
        some = person.ref.in_(wanted[start : start + 500])
        rows = connection.execute(sa.select(person.ref, person.person_id).where(some))
        people |= {row.ref: row.person_id for row in rows}
    return people


def verify_trail(connection: sa.Connection, *, noted: Sequence[str] = ()) -> AuditVerdict:
    """Check that no entry of the trail was changed, left out or put in later.

    Parameters
    ----------
    connection : Connection
        Open for reading.
    noted : sequence of str
        Hashes of the head that were noted outside of the database earlier. They have to be in
        the chain: a chain that was written anew from some point on lacks them.

    Returns
    -------
    AuditVerdict
        Where the chain breaks, if it does.
    """
    entry, head = schema.audit_entry, schema.audit_head
    last, number = _FIRST, 0
    # the hash of the empty trail may have been noted, too
    missing = set(noted) - {last}
    after = -(2**31)  # numbers begin with 1; an entry with a lower one was put in later
    while True:
        query = sa.select(entry).where(entry.c.seq > after).order_by(entry.c.seq).limit(_PAGE)
        page = connection.execute(query).mappings().all()
        for row in page:
            expected = _hash(last, dict(row))
            if row["seq"] != number + 1 or row["hash"] != expected:
                return AuditVerdict(number, last, row["seq"])
            last, number = expected, number + 1
            missing.discard(last)
        after = number
        if len(page) < _PAGE:
            break
    # entries cut off at the end leave a chain that fits; the head still knows them
    noted_head = connection.execute(sa.select(head.c.seq, head.c.hash)).one_or_none()
    whole = noted_head is not None and tuple(noted_head) == (number, last) and not missing
    return AuditVerdict(number, last, None if whole else number + 1)


def _hash(last: str, row: Mapping[str, Any]) -> str:
    # one spelling, whichever database the row comes from: names in order, always microseconds
    content = {name: row[name] for name in row if name != "hash"}
    content["at"] = row["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256((last + text).encode()).hexdigest()

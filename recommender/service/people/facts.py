"""Ratings, exam results and assessments of a person: read and added row by row."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from recommender.errors import ForbiddenError
from recommender.exchange import check_items
from recommender.service.people.imports import store_frame
from recommender.service.people.known_ids import make_known
from recommender.service.permissions import Permission, Principal, Role, hide_raters
from recommender.service.session import Session
from recommender.store import Written, schema
from recommender.store.people.facts import read_facts
from recommender.table_kinds import KINDS

Row = dict[str, Any]
Key = tuple[str | int, ...]

# what the rows of a kind are ordered by after their day, in types that a cursor can hold
_ORDER: dict[str, tuple[str, Callable[[Row], Key]]] = {
    "ratings": (
        "rated_on",
        lambda row: (
            row["competency_id"],
            row["indicator_id"],
            row["rater_type"],
            row["rater_id"] or "",
            row["rating"],
        ),
    ),
    "exams": ("sat_on", lambda row: (row["competency_id"], row["exam_level"], row["subject"])),
    "assessments": ("assessed_on", lambda row: (row["competency_id"],)),
}
_LAST_DAY = dt.date.max.toordinal()


@dataclass(frozen=True)
class FactFilter:
    """Which rows are wanted; what is None does not matter.

    Parameters
    ----------
    competency_id : str or None
        Of this competency.
    since, until : date or None
        First and last day.
    """

    competency_id: str | None = None
    since: dt.date | None = None
    until: dt.date | None = None


def list_facts(
    session: Session,
    kind: str,
    person_id: str,
    wanted: FactFilter,
    *,
    after: Key,
    limit: int,
) -> list[tuple[Key, Row]]:
    """List what is recorded of a person, newest first.

    Parameters
    ----------
    session : Session
        Needs `Permission.READ_ASSESSMENTS`.
    kind : str
        ``ratings``, ``exams`` or ``assessments``.
    person_id : str
        Of whom.
    wanted : FactFilter
        Which rows.
    after : tuple
        Key of the last row known; one of zeros and empty texts for the beginning.
    limit : int
        How many at most.

    Returns
    -------
    list of tuple
        Key and row. A rater whom the principal may not know is None.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    """
    session.need(Permission.READ_ASSESSMENTS)
    with session.reading() as connection:
        session.person(connection, person_id)
        day, rest = _ORDER[kind]
        rows = read_facts(
            connection,
            schema.TABLE_OF_KIND[kind],
            person_id,
            day=day,
            competency_id=wanted.competency_id,
            since=wanted.since,
            until=wanted.until,
        )
    if kind == "ratings":
        rows = hide_raters(session.who, rows)
    # one person has few enough of them to order them here, by what the reader may see of them
    keyed: list[tuple[Key, Row]] = []
    seen: dict[Key, int] = {}
    for row in rows:
        key: Key = (_LAST_DAY - row[day].toordinal(), *rest(row))
        seen[key] = seen.get(key, 0) + 1
        keyed.append(((*key, seen[key]), row))
    keyed.sort(key=lambda pair: pair[0])
    start = bisect_right([key for key, _ in keyed], after)
    return keyed[start : start + limit]


def add_facts(
    session: Session,
    kind: str,
    person_id: str,
    items: Sequence[Mapping[str, Any]],
) -> Written:
    """Add facts about a person, all of them or none; a row of the same key is replaced.

    Parameters
    ----------
    session : Session
        Needs `Permission.WRITE_ASSESSMENTS`.
    kind : str
        ``ratings``, ``exams`` or ``assessments``.
    person_id : str
        About whom.
    items : sequence of mapping
        Columns of that kind but the person.

    Returns
    -------
    Written
        What became of the rows.

    Raises
    ------
    ForbiddenError
        If a manager hands in anything but the own ratings of somebody else.
    NotFoundError
        If there is no such person within the principal's scope.
    TableFaultsError
        If the import would refuse a row.
    """
    session.need(Permission.WRITE_ASSESSMENTS)
    refuse_manager(session.who, kind, person_id, items)
    with session.writing() as connection:
        head = session.person(connection, person_id, lock=True)
        frame = check_items(
            [{**item, "person_id": person_id} for item in items],
            KINDS[kind],
            make_known(session.service.framework, people=[head.person_id]),
            latest=session.today,
        )
        written = store_frame(connection, KINDS[kind], frame)
        session.details |= {"kind": kind, "rows": len(frame)}
        return written


def refuse_manager(
    who: Principal, kind: str, person_id: str, items: Sequence[Mapping[str, Any]]
) -> None:
    """Raise a `ForbiddenError` if a manager changes anything but his own ratings of others."""
    if who.role is not Role.MANAGER:
        return
    if kind != "ratings":
        raise ForbiddenError("access.ratings-only")
    if person_id == who.person_id or any(
        item["rater_type"] != "manager" or item["rater_id"] != who.person_id for item in items
    ):
        raise ForbiddenError("access.own-ratings-only")

"""Ratings, exam results and assessments of a person: read and added row by row."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from recommender.errors import ForbiddenError
from recommender.exchange import check_items
from recommender.service.levels.raters import rating_order, tell_ratings
from recommender.service.people.comparing import compare
from recommender.service.people.imports import store_frame
from recommender.service.people.known_ids import make_known
from recommender.service.permissions import Permission, Principal, Role
from recommender.service.session import Session
from recommender.store import Written, schema
from recommender.store.people.facts import read_facts
from recommender.store.people.stored_rows import read_stored_rows
from recommender.table_kinds import KINDS

Row = dict[str, Any]
Key = tuple[str | int, ...]

# what the rows of a kind are ordered by after their day, in types that a cursor can hold
_ORDER: dict[str, tuple[str, Callable[[Row], Key]]] = {
    "ratings": ("rated_on", rating_order),
    "exams": ("sat_on", lambda row: (row["competency_id"], row["exam_level"], row["subject"])),
    "assessments": ("assessed_on", lambda row: (row["competency_id"],)),
}
# days are counted back from here, so that ascending keys give the newest row first
_LAST_DAY = dt.date.max.toordinal()


@dataclass(frozen=True)
class FactFilter:
    """Which rows are wanted: of a competency, between two days; what is None does not matter."""

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
    """List a person's ratings, exams or assessments, newest first, each row with its key.

    The list begins `after` a key; one of zeros and empty texts stands for the beginning. A rater
    whom the principal may not know is None, and ratings by so few that they could be guessed are
    not listed.

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
            competency_id=wanted.competency_id,
        )
    if kind == "ratings":
        # before the days are looked at: a day must not make the raters of an assessment fewer
        rows, _ = tell_ratings(session.who, rows, session.service.framework.catalog.settings)
    since, until = wanted.since or dt.date.min, wanted.until or dt.date.max
    rows = [row for row in rows if since <= row[day] <= until]
    # One person has few enough rows to order them here, by what the reader may see of them: their
    # order must not tell of hidden raters. Equal rows are numbered, since a cursor needs keys that
    # differ.
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

    `items` have the columns of the kind without the person. A column that an item lacks keeps
    what is stored; None takes it away.

    Raises
    ------
    ForbiddenError
        If a manager hands in anything but their own ratings of somebody else.
    NotFoundError
        If there is no such person within the principal's scope.
    TableFaultsError
        If the import would refuse a row.
    """
    session.need(Permission.WRITE_ASSESSMENTS)
    refuse_manager(session.who, kind, person_id, items)
    with session.writing() as connection:
        # locked: an erasure at the same time must not leave these rows behind
        session.person(connection, person_id, lock=True)
        frame = check_items(
            [{**item, "person_id": person_id} for item in items],
            KINDS[kind],
            make_known(session.service.framework, people=[person_id]),
            latest=session.today,
        )
        stored = read_stored_rows(connection, kind, KINDS[kind].key, frame)
        keeps = {
            column.name: np.array([column.name not in item for item in items])
            for column in KINDS[kind].columns
            if column.nullable and len(frame) == len(items)
        }
        rows = range(1, len(frame) + 1)
        frame = compare(KINDS[kind], frame, stored, rows, keeps=keeps).frame
        written = store_frame(connection, KINDS[kind], frame)
        session.details |= {"kind": kind, "rows": len(frame)}
        return written


def refuse_manager(
    who: Principal, kind: str, person_id: str, items: Sequence[Mapping[str, Any]]
) -> None:
    """Raise a `ForbiddenError` if a manager changes anything but their own ratings of others."""
    if who.role is not Role.MANAGER:
        return
    if kind != "ratings":
        raise ForbiddenError("access.ratings-only")
    if person_id == who.person_id or any(
        item["rater_type"] != "manager" or item["rater_id"] != who.person_id for item in items
    ):
        raise ForbiddenError("access.own-ratings-only")

"""People and org units: listed, added, corrected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from recommender.errors import ConflictError, StaleError
from recommender.exchange import check_items
from recommender.service.people.known_ids import make_known
from recommender.service.people.leavers import is_back
from recommender.service.permissions import Permission, Role, round_count
from recommender.service.session import Session
from recommender.store import EVERYONE, Connection, PersonHead, covers_unit, org_path, to_rows
from recommender.store.people import staff as store
from recommender.store.people.staff import PeopleFilter
from recommender.table_kinds import KINDS

_PEOPLE = KINDS["people"]
_COLUMNS = ("name", "org_unit", "grade", "manager_id", "hired_on", "left_on")


@dataclass(frozen=True)
class OrgUnit:
    """An org unit as it is shown; `path` and `parent` have ``/`` between the units.

    `people` are those whom the principal may see in the unit and those below it; None where their
    number may not be told.
    """

    path: str
    name: str
    parent: str | None
    people: int | None


def list_people(
    session: Session, wanted: PeopleFilter, *, after: str, limit: int
) -> list[PersonHead]:
    """List the people within the principal's scope, in the order of their ids."""
    session.need(Permission.READ_PEOPLE)
    if wanted.org_unit is not None:
        wanted = replace(wanted, org_unit=org_path(wanted.org_unit))
    with session.reading() as connection:
        heads = store.search_people(connection, session.who.scope, wanted, after=after, limit=limit)
    session.saw(head.ref for head in heads)
    return heads


def read_person(session: Session, person_id: str) -> PersonHead:
    """Return a person; raise a `NotFoundError` if there is none within the principal's scope."""
    session.need(Permission.READ_PEOPLE)
    with session.reading() as connection:
        return session.person(connection, person_id)


def create_person(session: Session, values: Mapping[str, Any]) -> PersonHead:
    """Add a person; `values` are the columns of the kind ``people``.

    Raises
    ------
    TableFaultsError
        If the import would refuse the values.
    ConflictError
        If the id is taken.
    """
    session.need(Permission.WRITE_PEOPLE)
    with session.writing() as connection:
        row = _check(session, connection, values)
        row = {name: row[name] for name in ("person_id", *_COLUMNS)}
        if not store.insert_person(connection, row):
            raise ConflictError("person.exists", person_id=row["person_id"])
        return session.person(connection, row["person_id"])


def change_person(
    session: Session,
    person_id: str,
    changes: Mapping[str, Any],
    *,
    seen: int | None,
) -> PersonHead:
    """Correct what is known of a person who was seen at a version; other columns stay.

    A day of hiring after the person has left takes the day of leaving away.

    Raises
    ------
    NotFoundError
        If there is no such person within the principal's scope.
    StaleError
        If the person, or a fact about the person, has changed since.
    TableFaultsError
        If the import would refuse the changes.
    """
    session.need(Permission.WRITE_PEOPLE)
    with session.writing() as connection:
        head = session.person(connection, person_id, lock=True)
        if seen is not None and seen != head.version:
            raise StaleError(seen=seen, present=head.version)
        if is_back(changes.get("hired_on"), head.left_on):
            changes = {"left_on": None, **changes}
        row = _check(
            session, connection, head._asdict() | dict(changes), known_manager=head.manager_id
        )
        store.update_person(connection, person_id, {name: row[name] for name in changes})
        session.details |= {"fields": sorted(changes)}
        return session.person(connection, person_id)


def list_units(session: Session) -> list[OrgUnit]:
    """List the org units of people whom the principal may see, and all those of HR's own unit.

    Analysts, who may see nobody, are shown all units. Counts for who may read no people are rounded
    down to a multiple of five and left out below it, so that no difference of two tells who is
    where.
    """
    session.need(Permission.READ_CATALOG)
    scope = session.who.scope
    analyst = session.who.role is Role.ANALYST
    with session.reading() as connection:
        units = store.list_units(connection, EVERYONE if analyst else scope, on=session.today)
    counts = {unit.path: 0 for unit in units}
    for unit in units:
        # each unit that a path leads through is stored as one itself
        parts = unit.path.split("/")
        for depth in range(1, len(parts) + 1):
            counts["/".join(parts[:depth])] += unit.people
    sees_people = Permission.READ_PEOPLE in session.who.permissions
    countable = sees_people or Permission.READ_STATISTICS in session.who.permissions
    return [
        OrgUnit(
            path=unit.path,
            name=unit.name,
            parent=unit.path.rpartition("/")[0] or None,
            people=(n if sees_people else round_count(n)) if countable else None,
        )
        for unit, n in ((unit, counts[unit.path]) for unit in units)
        if analyst or unit.people or covers_unit(scope, unit.path)
    ]


def _check(
    session: Session,
    connection: Connection,
    values: Mapping[str, Any],
    *,
    known_manager: str | None = None,
) -> dict[str, Any]:
    """Check a person as the import does, and return the row as it is to be stored."""
    who, manager_id = session.who, values["manager_id"]
    people: set[str] = set()
    managers: dict[str, str] = {}
    # a manager from outside of the scope may stay, or nobody could correct anything else
    if manager_id is not None and (
        manager_id == known_manager or store.may_be_manager(connection, who.scope, manager_id)
    ):
        people.add(manager_id)
        managers = store.lock_managers(connection, who.scope, manager_id)
    known = make_known(session.service.framework, people=people, managers=managers)
    own_unit = "" if who.scope.everyone else who.org_unit or ""
    frame = check_items(
        [values],
        _PEOPLE,
        replace(known, org_unit=own_unit),
        latest=session.today,
        listed=False,
    )
    return to_rows(frame)[0]

"""Whom an export is about: the people of a unit, or all within a principal's scope."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from recommender.documents import PlanDocument
from recommender.errors import InputError, NotFoundError
from recommender.service.permissions import Role
from recommender.store import Connection, PersonHead, org_path
from recommender.store.people.people import reaches_unit
from recommender.store.people.staff import PeopleFilter, search_people
from recommender.store.plans.versions import PlanHead

if TYPE_CHECKING:
    from recommender.service.plans.stored import StoredPlan
    from recommender.service.session import Session

ReadPlan = Callable[["Session", Connection, PlanHead], "tuple[StoredPlan, PlanDocument]"]
"""Reads a plan and puts it into words; handed in, as it stands on use cases of its own."""


def list_team(
    session: Session, connection: Connection, org_unit: str | None, *, most: int
) -> list[PersonHead]:
    """Return the people of a unit and those below it, by unit and id, and note that they are read.

    Without a unit they are everybody within the principal's scope. Of a manager they are those who
    report to the manager, without the manager.

    Raises
    ------
    NotFoundError
        If there is no such unit, or nobody of it lies within the scope of the principal.
    InputError
        If there is nobody, or there are more than `most`.
    """
    who = session.who
    unit = None if org_unit is None else org_path(org_unit)
    wanted = PeopleFilter(
        org_unit=unit,
        manager_id=who.person_id if who.role is Role.MANAGER else None,
        present_on=session.today,
    )
    if unit is not None and not reaches_unit(connection, who.scope, unit):
        raise NotFoundError("org-unit.unknown", org_unit=org_unit)
    # one more than may be tells whether there are too many
    people = search_people(connection, who.scope, wanted, limit=most + 1)
    if not people:
        raise InputError("export.nobody")
    if len(people) > most:
        raise InputError("export.too-many", most=most)
    session.saw(head.ref for head in people)
    return sorted(people, key=lambda head: (head.org_unit, head.person_id))
